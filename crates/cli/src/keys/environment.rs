//! Keys in an environment variable.

use super::Load;
use async_trait::async_trait;
use lockkeeper::store::{LocalKeys, StoreError};
use std::env::{self, VarError};
use zeroize::Zeroizing;

/// The variable whose value is the text of a key file.
pub(crate) const VARIABLE: &str = "LOCKKEEPER_KEY";

/// Reads the keys from the environment; a process cannot wipe that, so a file or a command is the better place.
pub(super) struct EnvironmentKeys;

#[async_trait]
impl Load for EnvironmentKeys {
    const LIVE: bool = false;

    async fn load(&self) -> Result<LocalKeys, StoreError> {
        match env::var(VARIABLE).map(Zeroizing::new) {
            Ok(text) if text.trim().is_empty() => {
                Err(StoreError::KeyRefused { reason: "LOCKKEEPER_KEY is set, but empty" })
            }
            Ok(text) => LocalKeys::parse(&text),
            Err(VarError::NotPresent) => Err(StoreError::KeyRefused { reason: "LOCKKEEPER_KEY is not set" }),
            Err(VarError::NotUnicode(value)) => {
                drop(Zeroizing::new(value.into_encoded_bytes()));
                Err(StoreError::KeyRefused { reason: "LOCKKEEPER_KEY is not text" })
            }
        }
    }
}
