//! Where the proxy takes connections from.

use crate::error::{EgressError, Fault};
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

    /// Records that a connection was used, and what came of it.
    ///
    /// The answer waits for it. How often it is called is said by [`crate::ProxySettings::record_every`].
    ///
    /// # Errors
    /// [`SourceError`] if it was not recorded; the caller then gets no answer.
    async fn used(&self, name: &str, version: &Version, outcome: UseOutcome) -> Result<(), SourceError>;
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

/// What came of a request that carried a connection's credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UseOutcome {
    /// The service answered with a status below 400.
    Answered,
    /// The service answered with a status of 400 to 499.
    Refused,
    /// The service answered with a status of 500 or more.
    Failed,
    /// The service did not answer, or not in HTTP.
    Unanswered,
    /// The request or the connection was not fit to be sent.
    Unsent,
    /// The caller went away before the service answered.
    Abandoned,
}

impl UseOutcome {
    pub(crate) const ALL: [Self; 6] =
        [Self::Answered, Self::Refused, Self::Failed, Self::Unanswered, Self::Unsent, Self::Abandoned];

    /// What an answer with this status is.
    pub const fn of_status(status: http::StatusCode) -> Self {
        match status.as_u16() {
            ..400 => Self::Answered,
            400..500 => Self::Refused,
            500.. => Self::Failed,
        }
    }

    /// What a request is that was not answered.
    pub const fn of_error(error: &EgressError) -> Self {
        match (error, error.fault()) {
            // A body that breaks off has been sent in part.
            (EgressError::RequestBody, _) | (_, Fault::Environment | Fault::Bug) => Self::Unanswered,
            (_, Fault::Caller) => Self::Unsent,
        }
    }

    /// The word for a log.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Answered => "ok",
            Self::Refused => "answered_4xx",
            Self::Failed => "answered_5xx",
            Self::Unanswered => "unanswered",
            Self::Unsent => "not_sent",
            Self::Abandoned => "abandoned",
        }
    }
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
    /// The log of uses is not available.
    #[error("the use of the connection could not be recorded")]
    NotRecorded,
}
