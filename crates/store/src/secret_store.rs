//! The trait for secrets.

use crate::blob_store::Blob;
use crate::error::StoreError;
use crate::id::{ConnectionUid, SecretId, StoreId};
use async_trait::async_trait;
use lockkeeper_model::{OptionKey, SecretValue};

/// Keeps secrets under fresh identities; never lists or shows a value by any other way than [`SecretStore::open`].
///
/// A store that does its own sealing, such as a Vault server, implements this; one that only keeps bytes implements
/// [`crate::BlobStore`].
#[async_trait]
pub trait SecretStore: Send + Sync {
    /// Whether changes can ride on the commits of the catalog with this identity.
    fn rides_with(&self, catalog: StoreId) -> bool;

    /// Seals secrets under new identities.
    ///
    /// If the store rides with `catalog`, nothing is written: the returned blobs must be given to that catalog's
    /// commit. Otherwise the secrets are durable when the call returns, and the list is empty.
    ///
    /// # Errors
    /// Failures of the backend or the key; then some secrets may be stored, which a sweep removes.
    async fn write(&self, secrets: Vec<NewSecret>, catalog: StoreId) -> Result<Vec<Blob>, StoreError>;

    /// Hears that the secrets of [`SecretStore::write`] were refused by the catalog that they ride with, and why.
    ///
    /// A store that keeps keys in memory gives up those that the catalog does not have any more; by itself it does nothing.
    fn refused(&self, why: &StoreError) {
        let _ = why;
    }

    /// Opens a secret. The binding must be the one it was written with.
    ///
    /// # Errors
    /// [`StoreError::Missing`] if there is none, [`StoreError::Damaged`] if it was changed, moved or bound otherwise,
    /// [`StoreError::KeyMissing`] if its key is not at hand.
    async fn open(&self, id: SecretId, binding: &Binding) -> Result<SecretValue, StoreError>;

    /// Opens a secret of a store that rides with a catalog, which read `sealed` from under its key
    /// ([`crate::Catalog::read_with_secrets`]). By itself it reads the secret once more.
    ///
    /// # Errors
    /// Those of [`SecretStore::open`].
    async fn open_sealed(
        &self,
        id: SecretId,
        binding: &Binding,
        sealed: &[u8],
    ) -> Result<SecretValue, StoreError> {
        let _ = sealed;
        self.open(id, binding).await
    }

    /// Destroys secrets; one that is not there is no mistake.
    ///
    /// # Errors
    /// Only failures of the backend; then some may be left, which a sweep removes.
    async fn destroy(&self, ids: &[SecretId]) -> Result<(), StoreError>;

    /// Lists identities in ascending order (that is, oldest first), at most `limit`, those after `after`.
    ///
    /// # Errors
    /// Only failures of the backend.
    async fn list(&self, after: Option<SecretId>, limit: usize) -> Result<Vec<SecretId>, StoreError>;
}

/// What a secret belongs to. It is sealed to this: moved anywhere else, it does not open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    /// The connection.
    pub connection: ConnectionUid,
    /// The option.
    pub option: OptionKey,
    /// [`lockkeeper_model::Connection::destination`]: type and URLs that may receive it.
    pub destination: String,
}

/// A secret to write.
#[expect(missing_debug_implementations, reason = "it holds a secret")]
pub struct NewSecret {
    /// Its identity, fresh.
    pub id: SecretId,
    /// What it belongs to.
    pub binding: Binding,
    /// The value.
    pub value: SecretValue,
}
