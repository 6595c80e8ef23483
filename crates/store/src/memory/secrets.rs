//! Secrets in memory.

use crate::blob_store::Blob;
use crate::error::{Object, StoreError};
use crate::id::{SecretId, StoreId};
use crate::secret_store::{Binding, NewSecret, SecretStore};
use async_trait::async_trait;
use lockkeeper_model::SecretValue;
use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Secrets in memory that is wiped when they are destroyed or this is dropped; nothing is sealed.
#[derive(Default)]
#[expect(missing_debug_implementations, reason = "it holds secrets")]
pub struct MemorySecrets {
    secrets: Mutex<BTreeMap<SecretId, (Binding, SecretValue)>>,
}

impl MemorySecrets {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    fn secrets(&self) -> MutexGuard<'_, BTreeMap<SecretId, (Binding, SecretValue)>> {
        self.secrets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl SecretStore for MemorySecrets {
    fn rides_with(&self, _catalog: StoreId) -> bool {
        false
    }

    async fn write(&self, new: Vec<NewSecret>, _catalog: StoreId) -> Result<Vec<Blob>, StoreError> {
        let mut secrets = self.secrets();
        if let Some(taken) = new.iter().find(|secret| secrets.contains_key(&secret.id)) {
            return Err(StoreError::Exists { object: Object::Secret, name: taken.id.to_string() });
        }
        secrets.extend(new.into_iter().map(|NewSecret { id, binding, value }| (id, (binding, value))));
        Ok(Vec::new())
    }

    async fn open(&self, id: SecretId, binding: &Binding) -> Result<SecretValue, StoreError> {
        match self.secrets().get(&id) {
            Some((bound, value)) if bound == binding => Ok(SecretValue::copy_of(value.expose())),
            Some(_) => Err(StoreError::Damaged { object: Object::Secret, name: id.to_string() }),
            None => Err(StoreError::Missing { object: Object::Secret, name: id.to_string() }),
        }
    }

    async fn destroy(&self, ids: &[SecretId]) -> Result<(), StoreError> {
        let mut secrets = self.secrets();
        for id in ids {
            secrets.remove(id);
        }
        Ok(())
    }

    async fn list(&self, after: Option<SecretId>, limit: usize) -> Result<Vec<SecretId>, StoreError> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        Ok(self.secrets().range((from, Bound::Unbounded)).map(|(id, _)| *id).take(limit).collect())
    }
}
