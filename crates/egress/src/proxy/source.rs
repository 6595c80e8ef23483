//! Where the proxy takes connections from.

use async_trait::async_trait;
use lockkeeper_model::{Connection, Credential};

/// Finds connections by the name in the proxy's URL.
#[async_trait]
pub trait ConnectionSource: Send + Sync {
    /// Returns the connection and its credential as they are now; `None` if there is no such connection.
    ///
    /// # Errors
    /// [`SourceError`] if it cannot be said.
    async fn resolve(&self, name: &str) -> Result<Option<Resolved>, SourceError>;

    /// Returns which state of which connection has the name now; `None` if there is none. It is asked often, and should
    /// open no secret.
    ///
    /// # Errors
    /// [`SourceError`] if it cannot be said; the connection is then not used.
    async fn version(&self, name: &str) -> Result<Option<Version>, SourceError>;
}

/// A connection with its credential.
#[expect(missing_debug_implementations, reason = "it holds secrets")]
pub struct Resolved {
    /// Which state it is.
    pub version: Version,
    /// The part that is not secret.
    pub connection: Connection,
    /// The part that is.
    pub credential: Credential,
}

/// A state of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version {
    /// The connection's identity.
    pub uid: [u8; 16],
    /// How often it was changed.
    pub revision: u64,
    /// How often its secrets were changed.
    pub secret_version: u64,
}

/// A connection could not be looked up. The reason is for the source's own log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SourceError {
    /// The store is not available.
    #[error("the connection could not be looked up")]
    Unavailable,
    /// The connection is there, but its secret cannot be opened.
    #[error("the credential of the connection could not be opened")]
    Sealed,
}
