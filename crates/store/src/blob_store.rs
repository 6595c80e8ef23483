//! The trait for bytes that we seal and others keep.

use crate::error::StoreError;
use crate::hex;
use crate::id::{DataKeyId, SecretId, StoreId};
use crate::sealing;
use async_trait::async_trait;
use std::fmt;

/// Keeps sealed bytes under keys.
///
/// It sees ciphertext only. Changes are durable when the call returns. The smallest thing to implement for a custom
/// backend; [`crate::SealedSecrets`] makes a [`crate::SecretStore`] of it.
#[async_trait]
pub trait BlobStore: Send + Sync {
    /// The identity that was drawn when the store was made. It is part of what every secret is sealed to, so it must
    /// never change, and two stores must not share it.
    fn identity(&self) -> StoreId;

    /// Reads a blob; `None` if there is none under that key.
    ///
    /// # Errors
    /// Only failures of the backend.
    async fn read(&self, key: &BlobKey) -> Result<Option<Vec<u8>>, StoreError>;

    /// Writes new blobs, all or nothing.
    ///
    /// A store that others may put an older copy in the place of sees to it, in the same step, that the data keys are there
    /// which the secrets among them are sealed under ([`Blob::sealed_under`]): whoever sealed them may have kept a key that
    /// the copy does not have.
    ///
    /// # Errors
    /// [`StoreError::Exists`] if one of the keys is taken, [`StoreError::Replaced`] if a data key is missing; then none was
    /// written.
    async fn write_new(&self, blobs: Vec<Blob>) -> Result<(), StoreError>;

    /// Replaces the bytes under a key if they are what is expected (`None`: nothing there), in one step.
    ///
    /// Returns whether they were.
    ///
    /// # Errors
    /// Only failures of the backend.
    async fn swap(&self, key: &BlobKey, expected: Option<&[u8]>, new: &[u8]) -> Result<bool, StoreError>;

    /// Removes blobs; one that is not there is no mistake.
    ///
    /// # Errors
    /// Only failures of the backend; then some may be gone.
    async fn remove(&self, keys: &[BlobKey]) -> Result<(), StoreError>;

    /// Confirms that the store is still the one it was when it was opened, for whoever found in it what does not open.
    ///
    /// By itself it does: a store that nobody can put another one in the place of needs nothing else.
    ///
    /// # Errors
    /// [`StoreError::Replaced`] if it is not; failures of the backend.
    async fn confirm(&self) -> Result<(), StoreError> {
        Ok(())
    }

    /// Lists keys that begin with `prefix` in ascending order, at most `limit`, those after `after`.
    ///
    /// # Errors
    /// Only failures of the backend.
    async fn list(
        &self,
        prefix: &str,
        after: Option<&BlobKey>,
        limit: usize,
    ) -> Result<Vec<BlobKey>, StoreError>;
}

/// The name of a blob: 1 to 120 characters of `a-z`, `0-9`, `-` and `/`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlobKey(String);

impl BlobKey {
    /// What the keys of sealed secrets begin with.
    pub const SECRETS: &str = "secret/";

    /// What the keys of wrapped data keys begin with.
    pub const DATA_KEYS: &str = "key/";

    /// Where [`crate::SealedSecrets`] keeps a secret.
    pub fn of_secret(id: SecretId) -> Self {
        let mut key = String::with_capacity(Self::SECRETS.len() + 32);
        key.push_str(Self::SECRETS);
        hex::append(&mut key, id.as_bytes());
        Self(key)
    }

    /// Where [`crate::SealedSecrets`] keeps a data key, wrapped.
    pub fn of_data_key(id: DataKeyId) -> Self {
        Self(format!("{}{id}", Self::DATA_KEYS))
    }

    /// Checks and takes over a key.
    ///
    /// # Errors
    /// [`StoreError::Misuse`] if it breaks the rule above.
    pub fn new(key: impl Into<String>) -> Result<Self, StoreError> {
        let key = key.into();
        let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'/');
        match !key.is_empty() && key.len() <= 120 && key.bytes().all(allowed) {
            true => Ok(Self(key)),
            false => Err(StoreError::Misuse("a blob key has a character or a length that is not allowed")),
        }
    }

    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for BlobKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Sealed bytes and their key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blob {
    /// Where they belong.
    pub key: BlobKey,
    /// The sealed bytes.
    pub bytes: Vec<u8>,
}

impl Blob {
    /// The data key that it is sealed under, if it is a secret as [`crate::SealedSecrets`] writes them.
    pub fn sealed_under(&self) -> Option<DataKeyId> {
        self.key.as_str().strip_prefix(BlobKey::SECRETS)?;
        sealing::data_key_of(&self.bytes)
    }
}
