//! The keys above the data keys: what a provider has to do, and a provider with keys in memory.

mod local;
mod quality;
mod recovery;

pub use local::LocalKeys;

use crate::error::StoreError;
use async_trait::async_trait;
use ring::rand::{SecureRandom, SystemRandom};
use zeroize::Zeroizing;

/// Wraps data keys with a key-encryption key that it need never give away, so a KMS can be one.
///
/// It is asked once per data key and process, not once per secret.
#[async_trait]
pub trait KeyProvider: Send + Sync {
    /// The identity of the key that [`KeyProvider::wrap`] uses now: 1 to 255 bytes, not secret.
    ///
    /// # Errors
    /// [`StoreError::KeyProvider`] if the provider cannot be asked.
    async fn current(&self) -> Result<String, StoreError>;

    /// Wraps a data key with authenticated encryption under the current key.
    ///
    /// # Errors
    /// [`StoreError::KeyProvider`] or [`StoreError::Randomness`].
    async fn wrap(&self, data_key: &KeyBytes, associated_data: &[u8]) -> Result<WrappedKey, StoreError>;

    /// Opens what was wrapped, under the current key or an older one.
    ///
    /// # Errors
    /// [`StoreError::KeyMissing`] if the key with that identity is not at hand, [`StoreError::KeyRefused`] if it is
    /// but the bytes or the associated data are not those of [`KeyProvider::wrap`], [`StoreError::KeyProvider`].
    async fn unwrap(&self, wrapped: &WrappedKey, associated_data: &[u8]) -> Result<KeyBytes, StoreError>;
}

/// A data key as its provider wrapped it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrappedKey {
    /// The identity of the key-encryption key.
    pub key_id: String,
    /// The wrapped bytes, at most 65,535, in the provider's own form.
    pub bytes: Vec<u8>,
}

/// The 32 bytes of a key in memory that is wiped when dropped.
#[expect(missing_debug_implementations, reason = "a key is never printed")]
pub struct KeyBytes(Box<Zeroizing<[u8; 32]>>);

impl KeyBytes {
    /// A new random key.
    ///
    /// # Errors
    /// [`StoreError::Randomness`] if the system has none.
    pub fn random() -> Result<Self, StoreError> {
        let mut key = Self::zero();
        SystemRandom::new().fill(key.0.as_mut_slice()).map_err(|_| StoreError::Randomness)?;
        Ok(key)
    }

    /// Copies a key; the original is the caller's to wipe. `None` unless there are 32 bytes.
    pub fn copy_of(bytes: &[u8]) -> Option<Self> {
        let mut key = Self::zero();
        (bytes.len() == key.0.len()).then(|| key.0.copy_from_slice(bytes)).map(|()| key)
    }

    /// Lends the key. Every call of this function is a place to review.
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    fn zero() -> Self {
        Self(Box::new(Zeroizing::new([0; 32])))
    }
}
