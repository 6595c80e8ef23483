//! Settings of a client.

use crate::dial::{AddressPolicy, Resolve, SystemResolver};
use std::sync::Arc;
use std::time::Duration;

/// How a client behaves.
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "a resolver has none")]
pub struct Settings {
    /// Which addresses may be called.
    pub addresses: AddressPolicy,
    /// Times and sizes.
    pub limits: Limits,
    /// Certificates of further authorities, in PEM form, beside Mozilla's; may be empty.
    pub extra_roots_pem: Vec<u8>,
    /// What finds the addresses of hosts.
    pub resolver: Arc<dyn Resolve>,
}

impl Settings {
    /// The default limits and the operating system's resolver, with a policy for addresses.
    pub fn new(addresses: AddressPolicy) -> Self {
        Self {
            addresses,
            limits: Limits::default(),
            extra_roots_pem: Vec::new(),
            resolver: Arc::new(SystemResolver),
        }
    }
}

/// How long and how large things may be.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Limits {
    /// Resolving, connecting and TLS together.
    pub connect: Duration,
    /// From the request to the head of the answer; language models think for minutes.
    pub head: Duration,
    /// Between two parts of the answer's body.
    pub body_idle: Duration,
    /// The call as a whole with its body, if it is limited.
    pub total: Option<Duration>,
    /// A whole exchange with a token endpoint.
    pub token: Duration,
    /// The head of an answer, in bytes; at least 8192.
    pub head_bytes: usize,
    /// The number of headers of an answer.
    pub head_lines: usize,
    /// A body that has to be held in memory to be signed, in bytes.
    pub buffered_request: usize,
    /// How long an unused connection is kept.
    pub pooled_idle: Duration,
    /// How many unused connections are kept for one origin.
    pub pooled_per_origin: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            head: Duration::from_secs(600),
            body_idle: Duration::from_secs(300),
            total: None,
            token: Duration::from_secs(15),
            head_bytes: 64 * 1024,
            head_lines: 128,
            buffered_request: 32 * 1024 * 1024,
            pooled_idle: Duration::from_secs(60),
            pooled_per_origin: 256,
        }
    }
}
