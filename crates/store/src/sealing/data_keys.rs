//! The data keys of a store: opened, counted, replaced.

use super::record::{self, DataKeyRecord};
use super::{SEALS_PER_BLOCK, SEALS_PER_DATA_KEY, id_after};
use crate::blob_store::{Blob, BlobKey, BlobStore};
use crate::error::{Object, StoreError};
use crate::id::DataKeyId;
use crate::keys::{KeyBytes, KeyProvider, WrappedKey};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub(super) const PREFIX: &str = BlobKey::DATA_KEYS;
const PAGE: usize = 1000;

pub(super) struct DataKeys {
    pub(super) blobs: Arc<dyn BlobStore>,
    pub(super) provider: Arc<dyn KeyProvider>,
    opened: Mutex<HashMap<DataKeyId, Arc<KeyBytes>>>,
    block: Mutex<Option<Arc<Block>>>,
    /// Held while the provider is asked or a block reserved, so that callers who wait together ask once.
    asking: tokio::sync::Mutex<()>,
}

/// Seals that were reserved.
struct Block {
    data_key: DataKeyId,
    key: Arc<KeyBytes>,
    left: AtomicU64,
}

/// A record together with its bytes, which a swap compares with.
pub(super) struct Stored {
    pub(super) id: DataKeyId,
    pub(super) record: DataKeyRecord,
    pub(super) bytes: Vec<u8>,
}

impl DataKeys {
    pub(super) fn new(blobs: Arc<dyn BlobStore>, provider: Arc<dyn KeyProvider>) -> Self {
        let (opened, block) = (Mutex::default(), Mutex::default());
        Self { blobs, provider, opened, block, asking: tokio::sync::Mutex::new(()) }
    }

    /// A data key that may be used for one seal.
    pub(super) async fn for_one_seal(&self) -> Result<(DataKeyId, Arc<KeyBytes>), StoreError> {
        if let Some(taken) = self.take() {
            return Ok(taken);
        }
        let _asking = self.asking.lock().await;
        loop {
            if let Some(taken) = self.take() {
                return Ok(taken);
            }
            let block = self.reserve().await?;
            *lock(&self.block) = Some(Arc::new(block));
        }
    }

    /// The data key with an identity; `None` if there is none.
    pub(super) async fn for_opening(&self, id: DataKeyId) -> Result<Option<Arc<KeyBytes>>, StoreError> {
        if let Some(key) = self.opened(id) {
            return Ok(Some(key));
        }
        let _asking = self.asking.lock().await;
        if let Some(key) = self.opened(id) {
            return Ok(Some(key));
        }
        match self.read(id).await? {
            Some(stored) => self.open(id, &stored.record.wrapped).await.map(Some),
            None => Ok(None),
        }
    }

    /// Makes a new data key, which seals from now on; other processes follow when their reserved seals are used up.
    pub(super) async fn rotate(&self) -> Result<DataKeyId, StoreError> {
        let _asking = self.asking.lock().await;
        let newest = self.newest().await?;
        let block = self.create(newest).await?;
        let id = block.data_key;
        *lock(&self.block) = Some(Arc::new(block));
        Ok(id)
    }

    /// Gives up the seals that were reserved: the store does not have their data key any more. The next seal looks anew.
    pub(super) fn forget(&self) {
        *lock(&self.block) = None;
    }

    /// Reads a record; `None` if there is none.
    pub(super) async fn read(&self, id: DataKeyId) -> Result<Option<Stored>, StoreError> {
        let Some(bytes) = self.blobs.read(&BlobKey::of_data_key(id)).await? else {
            return Ok(None);
        };
        let record = DataKeyRecord::parse(&bytes).ok_or_else(|| damaged(id))?;
        Ok(Some(Stored { id, record, bytes }))
    }

    /// Puts another record in the place of one; false if that was changed meanwhile.
    pub(super) async fn swap(&self, stored: &Stored, record: &DataKeyRecord) -> Result<bool, StoreError> {
        self.blobs.swap(&BlobKey::of_data_key(stored.id), Some(&stored.bytes), &record.to_bytes()?).await
    }

    /// Identities of data keys in ascending order, a page of those after `after`.
    pub(super) async fn list(&self, after: Option<DataKeyId>) -> Result<Vec<DataKeyId>, StoreError> {
        let after = after.map(BlobKey::of_data_key);
        let keys = self.blobs.list(PREFIX, after.as_ref(), PAGE).await?;
        keys.iter().map(|key| id_after(PREFIX, key, Object::DataKey)).collect()
    }

    /// What a provider says about bytes it did not wrap becomes a damaged data key.
    pub(super) async fn unwrap(&self, id: DataKeyId, wrapped: &WrappedKey) -> Result<KeyBytes, StoreError> {
        let bound = record::data_key_bound(self.blobs.identity(), id);
        match self.provider.unwrap(wrapped, &bound).await {
            Err(StoreError::KeyRefused { .. }) => {
                // A provider whose own key is not usable says so here.
                self.provider.current().await?;
                Err(damaged(id))
            }
            unwrapped => unwrapped,
        }
    }

    pub(super) async fn wrap(&self, id: DataKeyId, key: &KeyBytes) -> Result<WrappedKey, StoreError> {
        self.provider.wrap(key, &record::data_key_bound(self.blobs.identity(), id)).await
    }

    fn take(&self) -> Option<(DataKeyId, Arc<KeyBytes>)> {
        let block = lock(&self.block).clone()?;
        let taken = block.left.try_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        taken.ok().map(|_| (block.data_key, Arc::clone(&block.key)))
    }

    fn opened(&self, id: DataKeyId) -> Option<Arc<KeyBytes>> {
        lock(&self.opened).get(&id).cloned()
    }

    async fn open(&self, id: DataKeyId, wrapped: &WrappedKey) -> Result<Arc<KeyBytes>, StoreError> {
        let key = Arc::new(self.unwrap(id, wrapped).await?);
        lock(&self.opened).insert(id, Arc::clone(&key));
        Ok(key)
    }

    /// Reserves seals of the newest data key, or of a new one if that is used up or cannot be read.
    async fn reserve(&self) -> Result<Block, StoreError> {
        let newest = self.newest().await?;
        let Some(id) = newest else {
            return self.create(None).await;
        };
        loop {
            let stored = match self.read(id).await {
                Ok(Some(stored)) if stored.record.seals <= SEALS_PER_DATA_KEY - SEALS_PER_BLOCK => stored,
                Ok(_) | Err(StoreError::Damaged { .. }) => return self.create(newest).await,
                Err(error) => return Err(error),
            };
            // Opened before anything is reserved, so that a wrong key changes nothing.
            let key = match self.opened(id) {
                Some(key) => key,
                None => match self.open(id, &stored.record.wrapped).await {
                    Err(StoreError::Damaged { .. }) => return self.create(newest).await,
                    opened => opened?,
                },
            };
            let mut record = stored.record.clone();
            record.seals += SEALS_PER_BLOCK;
            if self.swap(&stored, &record).await? {
                return Ok(Block { data_key: id, key, left: AtomicU64::new(SEALS_PER_BLOCK) });
            }
        }
    }

    /// Makes a data key with a first block of seals.
    async fn create(&self, newest: Option<DataKeyId>) -> Result<Block, StoreError> {
        let id = DataKeyId::new(jiff::Timestamp::now(), newest)?;
        let key = Arc::new(KeyBytes::random()?);
        let record = DataKeyRecord { seals: SEALS_PER_BLOCK, wrapped: self.wrap(id, &key).await? };
        self.blobs.write_new(vec![Blob { key: BlobKey::of_data_key(id), bytes: record.to_bytes()? }]).await?;
        // A rewrapping that listed the data keys a moment earlier has not seen this one, and its operator may forget the
        // older key-encryption key.
        let current = self.provider.current().await?;
        if record.wrapped.key_id != current {
            self.rewrap(id, &current).await?;
        }
        lock(&self.opened).insert(id, Arc::clone(&key));
        Ok(Block { data_key: id, key, left: AtomicU64::new(SEALS_PER_BLOCK) })
    }

    async fn newest(&self) -> Result<Option<DataKeyId>, StoreError> {
        let mut newest = None;
        loop {
            let page = self.list(newest).await?;
            newest = page.last().copied().or(newest);
            if page.len() < PAGE {
                return Ok(newest);
            }
        }
    }
}

fn damaged(id: DataKeyId) -> StoreError {
    StoreError::Damaged { object: Object::DataKey, name: id.to_string() }
}

/// No code panics while it holds these locks, and what they guard is whole at any time.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
