//! Secrets sealed by us over a store of bytes.
//!
//! # Protocol, version 1
//!
//! All numbers are big-endian. `encode(purpose, parts…)` is each of them preceded by its length in 4 bytes.
//!
//! | blob | bytes |
//! |---|---|
//! | `secret/<secret id>` | version `01` · algorithm `01` · data key id (16) · nonce (12) · ciphertext · tag (16) |
//! | `key/<data key id>` | version `01` · algorithm `01` · seals reserved (8) · length of key id (1) · key id · wrapped data key |
//!
//! Algorithm 1 is AES-256-GCM (SP 800-38D) with a random nonce. The plaintext of a secret is its length (4), its UTF-8
//! bytes, and zero bytes up to a multiple of 64, so that lengths show in steps only. Its associated data is
//! `encode("lockkeeper secret 1", store id, secret id, connection uid, option name, destination, data key id)`:
//! a ciphertext opens at its own place only. The associated data of a wrapped data key is
//! `encode("lockkeeper data key 1", store id, data key id)`; how it is wrapped is the [`KeyProvider`]'s matter.
//!
//! A data key's identity begins with its time, so the last one listed is the newest, and seals. Seals are counted by
//! reserving [`SEALS_PER_BLOCK`] of them at a time, with a compare-and-set on the key's record: any number of processes
//! stay below [`SEALS_PER_DATA_KEY`] together, and in steady state a seal costs no write. Then a new data key is made;
//! the old ones go on opening. Numbers that a process reserved and did not use are lost, which is no harm.

mod data_keys;
mod record;
mod rotation;

pub use rotation::{DataKeyStatus, KeyStatus, RewrapProgress};

use crate::blob_store::{Blob, BlobKey, BlobStore};
use crate::cipher;
use crate::error::{Object, StoreError};
use crate::id::{DataKeyId, SecretId, StoreId};
use crate::keys::KeyProvider;
use crate::secret_store::{Binding, NewSecret, SecretStore};
use async_trait::async_trait;
use data_keys::DataKeys;
use lockkeeper_model::SecretValue;
use record::SecretRecord;
use std::sync::Arc;

/// How often a data key seals at most: a quarter of what SP 800-38D section 8.3 allows with random nonces.
pub const SEALS_PER_DATA_KEY: u64 = 1 << 30;

/// How many seals are reserved at a time.
pub const SEALS_PER_BLOCK: u64 = 1 << 12;

/// A [`SecretStore`] that seals by itself and leaves the bytes to a [`BlobStore`].
///
/// Making one does nothing; keys are asked for when the first secret is written or opened. Opened data keys are kept
/// for as long as it lives.
#[expect(missing_debug_implementations, reason = "it holds keys")]
pub struct SealedSecrets {
    blobs: Arc<dyn BlobStore>,
    data_keys: DataKeys,
}

impl SealedSecrets {
    /// Seals for `blobs` with data keys wrapped by `keys`.
    pub fn new(blobs: Arc<dyn BlobStore>, keys: Arc<dyn KeyProvider>) -> Self {
        Self { data_keys: DataKeys::new(Arc::clone(&blobs), keys), blobs }
    }

    async fn seal(&self, secret: NewSecret) -> Result<Blob, StoreError> {
        let NewSecret { id, binding, value } = secret;
        let (data_key, key) = match self.data_keys.for_one_seal().await {
            Ok(taken) => taken,
            // Data keys of another store may be wrapped under keys that are not at hand.
            Err(error) => {
                self.blobs.confirm().await?;
                return Err(error);
            }
        };
        let bound = record::secret_bound(self.blobs.identity(), id, &binding, data_key);
        let bytes = record::seal(&key, data_key, cipher::random_nonce()?, &bound, &value)?;
        Ok(Blob { key: BlobKey::of_secret(id), bytes })
    }

    async fn unseal(
        &self,
        id: SecretId,
        binding: &Binding,
        sealed: &[u8],
    ) -> Result<SecretValue, StoreError> {
        // One error for whatever is wrong with it.
        let damaged = || StoreError::Damaged { object: Object::Secret, name: id.to_string() };
        let record = SecretRecord::parse(sealed).ok_or_else(damaged)?;
        let key = self.data_keys.for_opening(record.data_key).await?.ok_or_else(damaged)?;
        let bound = record::secret_bound(self.blobs.identity(), id, binding, record.data_key);
        record.open(&key, &bound).ok_or_else(damaged)
    }
}

#[async_trait]
impl SecretStore for SealedSecrets {
    fn rides_with(&self, catalog: StoreId) -> bool {
        self.blobs.identity() == catalog
    }

    async fn write(&self, secrets: Vec<NewSecret>, catalog: StoreId) -> Result<Vec<Blob>, StoreError> {
        let mut sealed = Vec::with_capacity(secrets.len());
        for secret in secrets {
            sealed.push(self.seal(secret).await?);
        }
        if sealed.is_empty() || self.rides_with(catalog) {
            return Ok(sealed);
        }
        let written = self.blobs.write_new(sealed).await;
        if let Err(error) = &written {
            self.refused(error);
        }
        written.map(|()| Vec::new())
    }

    fn refused(&self, why: &StoreError) {
        if matches!(why, StoreError::Replaced | StoreError::Damaged { object: Object::DataKey, .. }) {
            self.data_keys.forget();
        }
    }

    async fn open(&self, id: SecretId, binding: &Binding) -> Result<SecretValue, StoreError> {
        let missing = || StoreError::Missing { object: Object::Secret, name: id.to_string() };
        let Some(bytes) = self.blobs.read(&BlobKey::of_secret(id)).await? else {
            self.blobs.confirm().await?;
            return Err(missing());
        };
        self.open_sealed(id, binding, &bytes).await
    }

    async fn open_sealed(
        &self,
        id: SecretId,
        binding: &Binding,
        sealed: &[u8],
    ) -> Result<SecretValue, StoreError> {
        match self.unseal(id, binding, sealed).await {
            // Every secret of another store looks damaged to whoever opened this one.
            Err(error @ StoreError::Damaged { .. }) => {
                self.blobs.confirm().await?;
                Err(error)
            }
            opened => opened,
        }
    }

    async fn destroy(&self, ids: &[SecretId]) -> Result<(), StoreError> {
        let keys: Vec<_> = ids.iter().copied().map(BlobKey::of_secret).collect();
        self.blobs.remove(&keys).await
    }

    async fn list(&self, after: Option<SecretId>, limit: usize) -> Result<Vec<SecretId>, StoreError> {
        let after = after.map(BlobKey::of_secret);
        let keys = self.blobs.list(BlobKey::SECRETS, after.as_ref(), limit).await?;
        keys.iter().map(|key| id_after(BlobKey::SECRETS, key, Object::Secret)).collect()
    }
}

/// The data key that a sealed secret names; nothing for what is none.
pub(crate) fn data_key_of(sealed: &[u8]) -> Option<DataKeyId> {
    SecretRecord::parse(sealed).map(|record| record.data_key)
}

/// The identity in a blob's key.
fn id_after<T: std::str::FromStr>(prefix: &str, key: &BlobKey, object: Object) -> Result<T, StoreError> {
    let id = key.as_str().strip_prefix(prefix).and_then(|id| id.parse().ok());
    id.ok_or_else(|| StoreError::Damaged { object, name: key.to_string() })
}
