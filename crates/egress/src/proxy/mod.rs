//! A local HTTP server that forwards requests to connections, with their credentials applied.
//!
//! `http://127.0.0.1:PORT/<connection>/<path>` is `<path>` at the origin of the connection's endpoint, whatever the
//! endpoint's own path is: with the endpoint `https://api.openai.com/v1/chat/completions`, a client whose base URL is
//! `http://127.0.0.1:PORT/<connection>/v1` works unchanged. `/<connection>` alone is the endpoint itself. Callers prove
//! themselves by a token in any header where a vendor's client puts its key; the token is taken out.

mod answer;
mod caller;
mod forward;
mod mcp;
mod metrics;
mod routes;
mod serve;
mod source;
mod upgrade;
mod uses;

pub use caller::CallerToken;
pub use source::{ConnectionSource, Resolved, SourceError, UseOutcome, Version};

use crate::client::Client;
use crate::proxy::metrics::Metrics;
use crate::proxy::routes::Routes;
use crate::proxy::uses::Late;
use std::sync::Arc;
use std::time::Duration;

/// Forwards requests to connections.
///
/// Cheap to clone; clones share connections and counters. [`Proxy::serve_tcp`] and [`Proxy::serve_unix`] run it; it also
/// answers `/health`, and `/metrics` in the text format of Prometheus.
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "it holds secrets")]
pub struct Proxy(Arc<Inner>);

struct Inner {
    client: Client,
    routes: Routes,
    metrics: Metrics,
    late: Late,
    settings: ProxySettings,
}

/// How a proxy behaves.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ProxySettings {
    /// How long a connection is used before it is asked whether it changed.
    pub recheck: Duration,
    /// How long a record of a use covers further ones of the same state of the connection with the same outcome; zero
    /// for a record of each.
    pub record_every: Duration,
    /// In which bodies the credential is masked.
    pub bodies: BodyScrub,
    /// How many requests are forwarded at a time, WebSockets among them.
    pub requests: usize,
    /// How many callers may be connected at a time.
    pub connections: usize,
    /// How long a caller may take for the head of a request, and may be silent between requests.
    pub caller_head: Duration,
    /// The head of a caller's request, in bytes; at least 8192.
    pub head_bytes: usize,
    /// How long a WebSocket may be silent in both directions.
    pub upgraded_idle: Duration,
    /// How long requests may take to end after the proxy was told to.
    pub grace: Duration,
}

impl Default for ProxySettings {
    fn default() -> Self {
        Self {
            recheck: Duration::from_secs(1),
            record_every: Duration::from_secs(60),
            bodies: BodyScrub::Always,
            requests: 4096,
            connections: 8192,
            caller_head: Duration::from_secs(75),
            head_bytes: 64 * 1024,
            upgraded_idle: Duration::from_secs(3600),
            grace: Duration::from_secs(30),
        }
    }
}

/// In which bodies of answers the credential is masked; in headers it always is.
///
/// A body can be searched only if it is not compressed: for the last two, services are asked for uncompressed ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyScrub {
    /// In none: bodies pass as they are.
    Never,
    /// In those of answers with a status of 400 or more, where services repeat what they did not accept. A service that
    /// repeats requests, or is made to by the caller, then shows the credential.
    Errors,
    /// In all.
    Always,
}

impl Proxy {
    /// Makes a proxy over a source of connections.
    pub fn new(client: Client, source: Arc<dyn ConnectionSource>, settings: ProxySettings) -> Self {
        let routes = Routes::new(source, settings.recheck);
        Self(Arc::new(Inner { client, routes, metrics: Metrics::default(), late: Late::default(), settings }))
    }

    /// Gives up what is kept of a connection, after it was altered or dropped: the next request resolves it anew.
    pub fn forget(&self, uid: &[u8; 16]) {
        self.0.routes.forget(uid);
        self.0.client.forget(uid);
    }
}

#[cfg(test)]
mod tests;
