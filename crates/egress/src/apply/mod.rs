//! Ways to authenticate: each changes a request in place, and does nothing else.
//!
//! Nothing here opens a connection, so a user of reqwest, axum or tonic can take these alone. What needs a token
//! first says which request brings it; [`crate::Client`] makes that request and keeps the token.

mod cosmos;
mod form;
mod google;
mod header;
mod oauth;
mod region;
mod sigv4;

pub use cosmos::CosmosKey;
pub use google::ServiceAccount;
pub use header::{HeaderCredential, secret_header};
pub use oauth::ClientCredentials;
pub use region::region_of_host;
pub use sigv4::{PathRules, SigV4};

pub(crate) use form::percent_encoded;

use crate::error::EgressError;
use crate::token::{AccessToken, TokenRequest};
use http::request::Parts;
use jiff::Timestamp;
use lockkeeper_model::{AuthGroup, Connection, ConnectionType, Credential, OptionKey, SecretValue};
use std::sync::Arc;

/// A way to put a credential into a request.
///
/// Implementations never put a secret into the URL, into an error or into a trace, and mark the headers they write as
/// sensitive, so that the `Debug` of the request does not show them.
pub trait Apply: Send + Sync {
    /// Whether [`Apply::apply`] has to see the whole body.
    fn reads_body(&self) -> bool {
        false
    }

    /// What distinguishes the token that is needed from every other one; `None` if no token is needed.
    fn token_fingerprint(&self) -> Option<&[u8; 32]> {
        None
    }

    /// The request that brings the token.
    ///
    /// # Errors
    /// Where no token is needed, and where the credential cannot be used.
    fn token_request(&self, _now: Timestamp) -> Result<TokenRequest, EgressError> {
        Err(EgressError::Internal { what: "a token was asked for where none is needed" })
    }

    /// Writes the credential into the request.
    ///
    /// The URI has to be absolute. Returns what was made for this request alone and must not be echoed either, such as
    /// a signature.
    ///
    /// # Errors
    /// Only if the credential and the request cannot be brought together; the request is then not to be sent.
    fn apply(&self, request: &mut Parts, given: &Given<'_>) -> Result<Vec<SecretValue>, EgressError>;
}

/// What a way to authenticate may look at, besides the head of the request.
#[derive(Clone, Copy)]
#[expect(missing_debug_implementations, reason = "it lends a token")]
pub struct Given<'a> {
    /// The time of the request.
    pub now: Timestamp,
    /// The whole body, if [`Apply::reads_body`] says so; otherwise anything.
    pub body: &'a [u8],
    /// The token, if [`Apply::token_fingerprint`] names one.
    pub token: Option<&'a AccessToken>,
}

/// Chooses the way to authenticate that the connection's type and options ask for.
///
/// # Errors
/// [`EgressError::NotHttp`] for the types that drivers call; [`EgressError::UnusableCredential`],
/// [`EgressError::MissingOption`], [`EgressError::NoRegion`] and [`EgressError::RefusedUrl`] where the definition does
/// not fit.
pub fn applier(connection: &Connection, credential: &Credential) -> Result<Arc<dyn Apply>, EgressError> {
    use ConnectionType as Type;
    let connection_type = connection.connection_type;
    if matches!(connection_type, Type::ConfluentJdbc | Type::Couchbase | Type::Mongodb) {
        return Err(EgressError::NotHttp { connection_type });
    }
    let Some(group) = connection.auth else { return Ok(Arc::new(HeaderCredential::none())) };
    Ok(match group {
        AuthGroup::ApiKey => {
            let key = secret(credential, OptionKey::ApiKey)?;
            match connection_type {
                Type::Cosmosdb => Arc::new(CosmosKey::new(key)?),
                _ => Arc::new(HeaderCredential::api_key(connection_type, key)?),
            }
        }
        AuthGroup::Basic => Arc::new(HeaderCredential::basic(
            secret(credential, OptionKey::Username)?,
            secret(credential, OptionKey::Password)?,
        )?),
        AuthGroup::Bearer => Arc::new(HeaderCredential::bearer(secret(credential, OptionKey::Token)?)?),
        AuthGroup::Aws => Arc::new(SigV4::of_connection(connection, credential)?),
        AuthGroup::Oauth2 => Arc::new(ClientCredentials::of_connection(connection, credential)?),
        AuthGroup::ServiceKey => {
            let key = secret(credential, OptionKey::ServiceKey)?;
            Arc::new(ServiceAccount::new(key, connection.endpoint.is_loopback())?)
        }
        _ => return Err(EgressError::Internal { what: "a way to authenticate has no implementation" }),
    })
}

/// Lends a sealed option's value.
pub(crate) fn secret(credential: &Credential, option: OptionKey) -> Result<&SecretValue, EgressError> {
    credential.get(&option).ok_or(EgressError::MissingOption { option })
}
