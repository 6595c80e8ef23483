//! The credential of a connection applied to one outbound request, for whoever makes calls on behalf of connections.
//!
//! [`Target`] is a connection with its credential, [`Client`] sends requests with it over connections that it checked.
//! Users of reqwest, axum or tonic take [`Client::authorize`], or the ways in [`Apply`] alone, which do no I/O. Drivers
//! of databases take [`DriverCredential`]. A credential goes to the origin of its endpoint (or of its token endpoint) and
//! nowhere else; what comes back is searched for it. This crate knows nothing about SQL or storage. To run statements,
//! see the `lockkeeper` crate; for connections as data, `lockkeeper-model`.

mod apply;
mod body;
mod client;
mod destination;
mod dial;
mod driver;
mod error;
mod proxy;
mod scrub;
mod target;
mod token;
#[cfg(test)]
mod upstream;
mod validate;

pub use apply::{
    Apply, ClientCredentials, CosmosKey, Given, HeaderCredential, PathRules, ServiceAccount, SigV4, applier,
    region_of_host, secret_header,
};
pub use client::{Body, Client, Limits, ResponseBody, Settings};
pub use dial::{AddressPolicy, Resolve, Stream, SystemResolver, reach_of};
pub use driver::DriverCredential;
pub use error::{EgressError, Fault, Reach, Stage, TlsFailure, TokenErrorCode};
pub use proxy::{
    BodyScrub, CallerToken, ConnectionSource, Proxy, ProxySettings, Resolved, SourceError, UseOutcome,
    Version,
};
pub use scrub::{SHORTEST_SECRET_BYTES, ScrubbedBody, Scrubber};
pub use target::{Identity, Redirect, Target};
pub use token::{AccessToken, TokenAttempt, TokenRequest};
pub use validate::{VALIDATION_DEADLINE, ValidationStatus, Verdict};
