//! Trying a connection out.

use crate::resolve::Resolved;
use async_trait::async_trait;
use lockkeeper_redact::Clean;

/// Makes one harmless authenticated call with a connection, for `VALIDATE CONNECTION`.
///
/// The engine has no network part; whoever puts it together hands one in.
#[async_trait]
pub trait Validator: Send + Sync {
    /// Tries the connection out, within a time of the validator's own.
    async fn validate(&self, connection: &Resolved) -> Verdict;
}

/// What came of trying.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// In one word.
    pub status: VerdictStatus,
    /// In a sentence, without a full stop and without anything the other side said.
    pub detail: Clean,
}

/// How a connection fared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VerdictStatus {
    /// The service answered and took the credential.
    Ready,
    /// The service could not be reached.
    Unreachable,
    /// The service refused the credential.
    InvalidAuth,
    /// There is no harmless call for this type or setting.
    Unsupported,
}

impl VerdictStatus {
    /// The word as it is shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ready => "READY",
            Self::Unreachable => "UNREACHABLE",
            Self::InvalidAuth => "INVALID_AUTH",
            Self::Unsupported => "UNSUPPORTED",
        }
    }

    /// The word as it is recorded, where `ok` means that nothing went wrong.
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::Ready => "ok",
            Self::Unreachable => "unreachable",
            Self::InvalidAuth => "invalid_auth",
            Self::Unsupported => "unsupported",
        }
    }
}
