//! Tokens: how they are asked for, read, kept and given up.

mod cache;
mod read;

pub(crate) use cache::{TokenCache, TokenKey};
pub(crate) use read::{read_refusal, read_token};

use crate::scrub::Scrubber;
use http::HeaderValue;
use jiff::Timestamp;
use lockkeeper_model::Endpoint;
use ring::digest;
use std::sync::Arc;
use zeroize::Zeroizing;

/// A request for a token: a POST of a form to one endpoint, in one or two ways.
#[expect(missing_debug_implementations, reason = "it holds secrets")]
pub struct TokenRequest {
    /// Where it goes, and nowhere else.
    pub endpoint: Endpoint,
    /// What is sent first.
    pub first: TokenAttempt,
    /// What is sent if the first way is answered with 401 or `invalid_client`.
    pub fallback: Option<TokenAttempt>,
}

/// One way to ask.
#[expect(missing_debug_implementations, reason = "it holds secrets")]
pub struct TokenAttempt {
    /// The header `Authorization`, if the client authenticates by it.
    pub authorization: Option<HeaderValue>,
    /// The body, of type `application/x-www-form-urlencoded`.
    pub form: Zeroizing<String>,
}

/// A bearer token and how long it may be used.
#[expect(missing_debug_implementations, reason = "it holds a secret")]
pub struct AccessToken {
    header: HeaderValue,
    scrubber: Arc<Scrubber>,
    refresh: Timestamp,
    expires: Timestamp,
}

impl AccessToken {
    /// The value of the header `Authorization`, marked as sensitive.
    pub fn header(&self) -> &HeaderValue {
        &self.header
    }

    /// Finds the token in what the other side sends.
    pub(crate) fn scrubber(&self) -> &Arc<Scrubber> {
        &self.scrubber
    }

    fn is_fresh(&self, now: Timestamp) -> bool {
        now < self.refresh
    }

    fn is_valid(&self, now: Timestamp) -> bool {
        now < self.expires
    }
}

/// Tells token requests apart without keeping what they consist of.
pub(crate) fn fingerprint(parts: &[&str]) -> [u8; 32] {
    let mut context = digest::Context::new(&digest::SHA256);
    for part in parts {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part.as_bytes());
    }
    let mut fingerprint = [0; 32];
    fingerprint.copy_from_slice(context.finish().as_ref());
    fingerprint
}
