//! One client for all connections: it sends a request with the credential of one, and nothing anywhere else.

mod body;
mod exchange;
mod pool;
mod settings;

pub use body::{Body, ResponseBody};
pub use settings::{Limits, Settings};

use crate::apply::Given;
use crate::client::pool::{HostPool, Pools};
use crate::dial::{Dialer, TlsSettings};
use crate::error::{EgressError, Stage};
use crate::scrub::Scrubber;
use crate::target::Target;
use crate::token::{AccessToken, TokenCache};
use http::header::{CONNECTION, HeaderName, TE, TRAILER, TRANSFER_ENCODING, UPGRADE};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use jiff::Timestamp;
use lockkeeper_model::SecretValue;
use std::sync::Arc;
use tokio::time::Instant;

/// Sends requests with the credentials of connections.
///
/// Cheap to clone; clones share connections and tokens. It reads no environment, follows no redirect and keeps no
/// cookie. It runs on tokio.
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "it holds tokens")]
pub struct Client(Arc<Inner>);

struct Inner {
    dialer: Dialer,
    limits: Limits,
    pools: Pools,
    tokens: TokenCache,
}

impl Client {
    /// Makes a client.
    ///
    /// # Errors
    /// [`EgressError::UnusableCertificate`] if the extra roots are not readable.
    pub fn new(settings: Settings) -> Result<Self, EgressError> {
        let Settings { addresses, limits, extra_roots_pem, resolver } = settings;
        let tls = TlsSettings::new(&extra_roots_pem)?;
        let dialer = Dialer { resolver, policy: addresses, tls, timeout: limits.connect };
        let pools = Pools::new(limits.pooled_idle, limits.pooled_per_origin);
        Ok(Self(Arc::new(Inner { dialer, limits, pools, tokens: TokenCache::default() })))
    }

    /// Sends a request with the credential of a connection, and returns the head of the answer with a body that streams.
    ///
    /// The request's URL is absolute at the connection's origin, or a path. Headers that concern one hop are set here
    /// and not by the caller. A redirect is returned like any other answer: see [`Target::redirect`]. After a 401 to a
    /// fetched token, the token is given up, and the request is sent once more if its body is still at hand. The
    /// credential is masked in the headers of the answer; for its body, see [`ResponseBody::scrubbed`].
    ///
    /// # Errors
    /// [`EgressError`]; its [`EgressError::fault`] says whose.
    pub async fn send(
        &self,
        target: &Target,
        request: Request<Body>,
    ) -> Result<Response<ResponseBody>, EgressError> {
        match self.0.limits.total {
            None => self.send_within(target, request, None).await,
            Some(total) => {
                let deadline = Instant::now() + total;
                tokio::time::timeout_at(deadline, self.send_within(target, request, Some(deadline)))
                    .await
                    .unwrap_or(Err(EgressError::Timeout { stage: Stage::Total }))
            }
        }
    }

    /// Checks a request and applies the credential, for callers that send it by a client of their own.
    ///
    /// Such a client must follow no redirect, and has to check addresses by itself. `body` is needed for the types whose
    /// requests are signed ([`crate::Apply::reads_body`]).
    ///
    /// # Errors
    /// Those of [`Target::check`] and of the way to authenticate; those of the token endpoint.
    pub async fn authorize(
        &self,
        target: &Target,
        request: &mut Parts,
        body: &[u8],
    ) -> Result<(), EgressError> {
        target.check(request)?;
        let token = self.token(target).await?;
        let given = Given { now: Timestamp::now(), body, token: token.as_deref() };
        target.applier().apply(request, &given).map(drop)
    }

    /// Gives up the tokens of a connection, after it was altered or dropped.
    pub fn forget(&self, uid: &[u8; 16]) {
        self.0.tokens.forget(uid);
    }

    /// The limits in force.
    pub fn limits(&self) -> &Limits {
        &self.0.limits
    }

    pub(crate) fn dialer(&self) -> &Dialer {
        &self.0.dialer
    }

    async fn send_within(
        &self,
        target: &Target,
        request: Request<Body>,
        deadline: Option<Instant>,
    ) -> Result<Response<ResponseBody>, EgressError> {
        let (mut parts, mut body) = request.into_parts();
        target.check(&mut parts)?;
        keep_to_one_hop(&mut parts.headers);
        let whole = match target.applier().reads_body() {
            false => None,
            true => {
                let whole = body.buffered(self.0.limits.buffered_request).await?;
                body = Body::from(whole.clone());
                Some(whole)
            }
        };
        let Some(token) = self.token(target).await? else {
            return self.attempt(target, parts, body, whole.as_deref(), None, deadline).await;
        };
        let again = body.again().map(|body| (copy_of(&parts), body));
        let refused = self.attempt(target, parts, body, None, Some(&token), deadline).await?;
        let (StatusCode::UNAUTHORIZED, Some((parts, body))) = (refused.status(), again) else {
            if refused.status() == StatusCode::UNAUTHORIZED {
                self.reject(target, &token);
            }
            return Ok(refused);
        };
        self.reject(target, &token);
        match self.token(target).await {
            Ok(Some(other)) if !Arc::ptr_eq(&other, &token) => {
                drop(refused);
                self.attempt(target, parts, body, None, Some(&other), deadline).await
            }
            // The answer that is there says more than the failure to get another token.
            _ => Ok(refused),
        }
    }

    /// Applies the credential and sends the request once.
    async fn attempt(
        &self,
        target: &Target,
        mut parts: Parts,
        body: Body,
        whole: Option<&[u8]>,
        token: Option<&Arc<AccessToken>>,
        deadline: Option<Instant>,
    ) -> Result<Response<ResponseBody>, EgressError> {
        let now = if whole.is_some() { Timestamp::now() } else { Timestamp::UNIX_EPOCH };
        let given = Given { now, body: whole.unwrap_or_default(), token: token.map(|token| &**token) };
        let one_time = target.applier().apply(&mut parts, &given)?;
        // The log gets the origin, the method and sizes: a path may hold what the caller means to keep.
        tracing::debug!(origin = %target.origin(), method = %parts.method, "sending a request");
        let pool = self.0.pools.of(target.origin());
        let sent = self.exchange(&pool, Request::from_parts(parts, body), deadline).await?;
        Ok(self.scrubbed(sent, target, token, &one_time))
    }

    /// Masks the credential in the head of the answer, and tells the body what to look for.
    fn scrubbed(
        &self,
        mut response: Response<ResponseBody>,
        target: &Target,
        token: Option<&Arc<AccessToken>>,
        one_time: &[SecretValue],
    ) -> Response<ResponseBody> {
        let mut scrubbers = vec![Arc::clone(target.scrubber())];
        scrubbers.extend(token.map(|token| Arc::clone(token.scrubber())));
        if !one_time.is_empty() {
            scrubbers.push(Arc::new(Scrubber::of_values(one_time)));
        }
        for scrubber in &scrubbers {
            scrubber.scrub_headers(response.headers_mut());
        }
        // A reason phrase is free text of the other side.
        response.extensions_mut().remove::<hyper::ext::ReasonPhrase>();
        response.body_mut().look_for(scrubbers);
        response
    }

    /// Sends over a pooled or a new connection.
    async fn exchange(
        &self,
        pool: &Arc<HostPool>,
        request: Request<Body>,
        deadline: Option<Instant>,
    ) -> Result<Response<ResponseBody>, EgressError> {
        exchange::exchange(&self.0.dialer, &self.0.limits, pool, request, deadline).await
    }

    async fn token(&self, target: &Target) -> Result<Option<Arc<AccessToken>>, EgressError> {
        let Some(fingerprint) = target.applier().token_fingerprint() else { return Ok(None) };
        let key = target.token_key(fingerprint);
        let fetch = async {
            let request = target.applier().token_request(Timestamp::now())?;
            exchange::fetch_token(&self.0.dialer, &self.0.limits, &self.0.pools, request).await
        };
        self.0.tokens.token(&key, fetch).await.map(Some)
    }

    fn reject(&self, target: &Target, token: &Arc<AccessToken>) {
        if let Some(fingerprint) = target.applier().token_fingerprint() {
            self.0.tokens.reject(&target.token_key(fingerprint), token);
        }
    }
}

/// Takes out what concerns one hop (RFC 9110 section 7.6.1) and what hyper writes by itself. The upgrade to a WebSocket
/// stays; one to another protocol would let a request pass that nobody looked at.
fn keep_to_one_hop(headers: &mut HeaderMap) {
    let mut upgrade = false;
    let connection: Vec<HeaderName> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in connection {
        match name == UPGRADE && headers.get(UPGRADE).is_some_and(is_websocket) {
            true => upgrade = true,
            false => drop(headers.remove(name)),
        }
    }
    for name in ["keep-alive", "proxy-connection", "content-length", "expect"] {
        headers.remove(name);
    }
    for name in [CONNECTION, TE, TRAILER, TRANSFER_ENCODING] {
        headers.remove(name);
    }
    match upgrade {
        true => drop(headers.insert(CONNECTION, HeaderValue::from_static("upgrade"))),
        false => drop(headers.remove(UPGRADE)),
    }
}

pub(crate) fn is_websocket(value: &HeaderValue) -> bool {
    value.as_bytes().eq_ignore_ascii_case(b"websocket")
}

/// The head of a request for a second attempt, without the extensions.
fn copy_of(parts: &Parts) -> Parts {
    let mut copy = Request::new(()).into_parts().0;
    copy.method = parts.method.clone();
    copy.uri = parts.uri.clone();
    copy.headers = parts.headers.clone();
    copy
}

#[cfg(test)]
mod tests;
