//! Rotation of keys, and how it stands.

use super::SealedSecrets;
use super::data_keys::DataKeys;
use super::record::DataKeyRecord;
use crate::error::StoreError;
use crate::id::DataKeyId;
use std::collections::BTreeMap;

/// The keys of a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyStatus {
    /// The identity of the key-encryption key that wraps now.
    pub current: String,
    /// Every data key, oldest first; the last one seals.
    pub data_keys: Vec<DataKeyStatus>,
}

/// A data key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataKeyStatus {
    /// Its identity.
    pub id: DataKeyId,
    /// How many seals were reserved so far; not all of them need have been used.
    pub seals: u64,
    /// The identity of the key-encryption key it is wrapped under; `None` if its record is damaged.
    pub wrapped_under: Option<String>,
}

/// How far a re-wrapping is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RewrapProgress {
    /// Data keys that are wrapped under the current key now.
    pub done: u64,
    /// Of these, those that were before.
    pub unchanged: u64,
    /// Data keys that cannot be read and were left as they are.
    pub damaged: u64,
    /// All data keys.
    pub total: u64,
}

impl KeyStatus {
    /// How many data keys are wrapped under each key-encryption key.
    pub fn wrapped_under(&self) -> BTreeMap<&str, usize> {
        let mut counts = BTreeMap::new();
        for key_id in self.data_keys.iter().filter_map(|data_key| data_key.wrapped_under.as_deref()) {
            *counts.entry(key_id).or_default() += 1;
        }
        counts
    }

    /// Whether the older key-encryption keys are needed no more.
    pub fn is_rewrapped(&self) -> bool {
        self.data_keys.iter().all(|data_key| data_key.wrapped_under.as_ref() == Some(&self.current))
    }
}

impl SealedSecrets {
    /// Reads how many data keys there are under which key-encryption key, without opening any.
    ///
    /// # Errors
    /// Failures of the backend or the provider.
    pub async fn status(&self) -> Result<KeyStatus, StoreError> {
        let current = self.data_keys.provider.current().await?;
        let mut data_keys = Vec::new();
        for id in self.all().await? {
            match self.data_keys.read(id).await {
                Ok(Some(stored)) => {
                    let DataKeyRecord { seals, wrapped } = stored.record;
                    data_keys.push(DataKeyStatus { id, seals, wrapped_under: Some(wrapped.key_id) });
                }
                Ok(None) => {}
                Err(StoreError::Damaged { .. }) => {
                    data_keys.push(DataKeyStatus { id, seals: 0, wrapped_under: None });
                }
                Err(error) => return Err(error),
            }
        }
        Ok(KeyStatus { current, data_keys })
    }

    /// Wraps every data key under the current key-encryption key of the provider, while others read and write.
    ///
    /// It can be stopped at any point and run again: what is done stays done. No secret is opened or sealed anew. A
    /// damaged data key is counted and left alone. `progress` is called after each data key.
    ///
    /// # Errors
    /// [`StoreError::KeyMissing`] if a data key is wrapped under a key that the provider does not have; failures of the
    /// backend or the provider.
    pub async fn rewrap(
        &self,
        progress: &(dyn Fn(RewrapProgress) + Send + Sync),
    ) -> Result<RewrapProgress, StoreError> {
        let current = self.data_keys.provider.current().await?;
        let ids = self.all().await?;
        let total = ids.len() as u64;
        let mut state = RewrapProgress { done: 0, unchanged: 0, damaged: 0, total };
        for id in ids {
            match self.data_keys.rewrap(id, &current).await {
                Ok(changed) => {
                    state.done += 1;
                    state.unchanged += u64::from(!changed);
                }
                Err(StoreError::Damaged { .. }) => state.damaged += 1,
                Err(error) => return Err(error),
            }
            progress(state);
        }
        Ok(state)
    }

    /// Makes a new data key that seals from now on, and returns its identity.
    ///
    /// Secrets that are sealed already stay under the old one. Other processes follow when the seals they reserved are
    /// used up, or when they start anew.
    ///
    /// # Errors
    /// Failures of the backend or the provider.
    pub async fn rotate_data_key(&self) -> Result<DataKeyId, StoreError> {
        self.data_keys.rotate().await
    }

    async fn all(&self) -> Result<Vec<DataKeyId>, StoreError> {
        let mut ids = Vec::new();
        loop {
            let page = self.data_keys.list(ids.last().copied()).await?;
            if page.is_empty() {
                return Ok(ids);
            }
            ids.extend(page);
        }
    }
}

impl DataKeys {
    /// Wraps one data key under the current key; returns whether it had to be.
    pub(super) async fn rewrap(&self, id: DataKeyId, current: &str) -> Result<bool, StoreError> {
        loop {
            let Some(stored) = self.read(id).await? else {
                return Ok(false);
            };
            if stored.record.wrapped.key_id == current {
                return Ok(false);
            }
            let key = self.unwrap(id, &stored.record.wrapped).await?;
            let wrapped = self.wrap(id, &key).await?;
            let record = DataKeyRecord { seals: stored.record.seals, wrapped };
            // Someone may have reserved seals meanwhile.
            if self.swap(&stored, &record).await? {
                return Ok(true);
            }
        }
    }
}
