//! Whether a connection works: one real call that changes nothing.
//!
//! Which call it is for each type, and how answers are read, is documented in `docs/validate.md`.

mod calls;
mod ports;
#[cfg(feature = "postgres")]
mod postgres;

use crate::client::Client;
use crate::error::EgressError;
use crate::target::{Identity, Target};
use lockkeeper_model::{Connection, ConnectionType, Credential};
use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

/// How long a validation takes at most, unless the caller says otherwise.
pub const VALIDATION_DEADLINE: Duration = Duration::from_secs(10);

/// What came out of a validation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// In one word.
    pub status: ValidationStatus,
    /// In a sentence of our own words and numbers: nothing of what the other side sent.
    pub detail: Cow<'static, str>,
}

/// What a validation says in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ValidationStatus {
    /// The service answered, and took the credential as far as the call shows.
    Ready,
    /// The service was not reached, or not in order.
    Unreachable,
    /// The service refused the credential.
    InvalidAuth,
    /// There is no call for it, or the service does not know the call.
    Unsupported,
}

impl ValidationStatus {
    /// The word as the statement shows it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ready => "READY",
            Self::Unreachable => "UNREACHABLE",
            Self::InvalidAuth => "INVALID_AUTH",
            Self::Unsupported => "UNSUPPORTED",
        }
    }
}

impl fmt::Display for ValidationStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Verdict {
    fn new(status: ValidationStatus, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { status, detail: detail.into() }
    }

    /// What an error on the way means.
    fn of_error(error: &EgressError) -> Self {
        use EgressError as Error;
        let status = match error {
            Error::TokenRefused { status: 500.., .. } => ValidationStatus::Unreachable,
            Error::TokenRefused { .. } | Error::UnusableCredential { .. } | Error::MissingOption { .. } => {
                ValidationStatus::InvalidAuth
            }
            Error::NoRegion | Error::NotHttp { .. } | Error::NotDriver { .. } => {
                ValidationStatus::Unsupported
            }
            _ => ValidationStatus::Unreachable,
        };
        Self::new(status, error.to_string())
    }
}

impl Client {
    /// Makes the cheapest call that shows whether the connection works and its credential is taken.
    ///
    /// It always returns within `deadline`, and never fails: what goes wrong is the result.
    pub async fn validate(
        &self,
        identity: Identity,
        connection: &Connection,
        credential: &Credential,
        deadline: Duration,
    ) -> Verdict {
        let validated = async {
            match connection.connection_type {
                ConnectionType::ConfluentJdbc | ConnectionType::Couchbase | ConnectionType::Mongodb => {
                    ports::validate(self.dialer(), connection, credential).await
                }
                _ => match Target::new(identity, connection, credential) {
                    Ok(target) => calls::validate(self, &target).await,
                    Err(error) => Verdict::of_error(&error),
                },
            }
        };
        tokio::time::timeout(deadline, validated).await.unwrap_or_else(|_| {
            let detail = format!("no result within {} seconds", deadline.as_secs_f32());
            Verdict::new(ValidationStatus::Unreachable, detail)
        })
    }
}

#[cfg(test)]
mod tests;
