//! One request and its answer over HTTP/1.

use crate::client::body::{Body, ResponseBody};
use crate::client::pool::{HostPool, Lease, Pools};
use crate::client::settings::Limits;
use crate::dial::{Dialer, authority_of};
use crate::error::{EgressError, Stage, TokenErrorCode};
use crate::token::{AccessToken, TokenAttempt, TokenRequest, read_refusal, read_token};
use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST, HeaderValue};
use http::{Request, Response, StatusCode, Uri};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use lockkeeper_model::Endpoint;
use std::sync::Arc;
use tokio::time::Instant;
use zeroize::Zeroizing;

/// No answer with a token in it is larger.
const TOKEN_ANSWER_BYTES: usize = 64 * 1024;

/// Sends a request over a waiting connection or a new one. A request that a closed connection did not take is sent over
/// the next one.
pub(super) async fn exchange(
    dialer: &Dialer,
    limits: &Limits,
    pool: &Arc<HostPool>,
    mut request: Request<Body>,
    deadline: Option<Instant>,
) -> Result<Response<ResponseBody>, EgressError> {
    // The authority is in `Host`; only proxies are given absolute URLs.
    let path = request.uri().path_and_query().cloned();
    *request.uri_mut() = path.map_or_else(Uri::default, Uri::from);
    let uploaded = request.body_mut().watch();
    loop {
        let (mut sender, fresh) = match pool.take() {
            Some(mut waiting) => match tokio::time::timeout(limits.connect, waiting.ready()).await {
                Ok(Ok(())) => (waiting, false),
                _ => continue,
            },
            None => (connect(dialer, limits, pool).await?, true),
        };
        let answer = tokio::time::timeout(limits.head, sender.try_send_request(request))
            .await
            .map_err(|_| EgressError::Timeout { stage: Stage::Head })?;
        match answer {
            Ok(answer) => {
                // A connection that became a WebSocket serves no other request.
                let lease = (answer.status() != StatusCode::SWITCHING_PROTOCOLS).then(|| Lease {
                    pool: Arc::clone(pool),
                    sender,
                    uploaded,
                });
                return Ok(answer.map(|body| ResponseBody::new(body, lease, limits.body_idle, deadline)));
            }
            Err(mut failure) => match (failure.take_message(), fresh) {
                (Some(unsent), false) => request = unsent,
                _ => return Err(failure_of(failure.error())),
            },
        }
    }
}

async fn connect(
    dialer: &Dialer,
    limits: &Limits,
    pool: &HostPool,
) -> Result<SendRequest<Body>, EgressError> {
    let stream = dialer.dial(&pool.origin).await?;
    let mut builder = http1::Builder::new();
    builder.max_headers(limits.head_lines).max_buf_size(limits.head_bytes.max(8192));
    let (sender, connection) =
        builder.handshake(TokioIo::new(stream)).await.map_err(|error| failure_of(&error))?;
    tokio::spawn(async move {
        // Its failures reach whoever waits for an answer.
        let _ = connection.with_upgrades().await;
    });
    Ok(sender)
}

/// Our words for hyper's errors, whose own may hold parts of what the other side sent.
fn failure_of(error: &hyper::Error) -> EgressError {
    if error.is_parse() || error.is_parse_too_large() || error.is_parse_status() {
        EgressError::InvalidResponse
    } else if error.is_user() {
        EgressError::RequestBody
    } else {
        EgressError::Closed
    }
}

/// Asks a token endpoint; follows no redirect, and forwards nothing of an error answer but a code of the RFC.
pub(super) async fn fetch_token(
    dialer: &Dialer,
    limits: &Limits,
    pools: &Pools,
    request: TokenRequest,
) -> Result<AccessToken, EgressError> {
    let TokenRequest { endpoint, first, fallback } = request;
    let asked = async {
        let refused = match ask(dialer, limits, pools, &endpoint, first).await? {
            Ok(token) => return Ok(token),
            Err(refused) => refused,
        };
        let client = matches!(
            refused,
            EgressError::TokenRefused { status: 401, .. }
                | EgressError::TokenRefused {
                    code: Some(TokenErrorCode::InvalidClient | TokenErrorCode::InvalidRequest),
                    ..
                }
        );
        match fallback {
            Some(fallback) if client => match ask(dialer, limits, pools, &endpoint, fallback).await? {
                Ok(token) => Ok(token),
                Err(refused) => Err(refused),
            },
            _ => Err(refused),
        }
    };
    tokio::time::timeout(limits.token, asked)
        .await
        .unwrap_or(Err(EgressError::Timeout { stage: Stage::Total }))
}

/// The inner result is the endpoint's verdict, the outer one whether it came.
async fn ask(
    dialer: &Dialer,
    limits: &Limits,
    pools: &Pools,
    endpoint: &Endpoint,
    attempt: TokenAttempt,
) -> Result<Result<AccessToken, EgressError>, EgressError> {
    struct Form(Zeroizing<String>);

    impl AsRef<[u8]> for Form {
        fn as_ref(&self) -> &[u8] {
            self.0.as_bytes()
        }
    }

    let path = match (endpoint.path(), endpoint.query()) {
        ("", None) => "/".to_owned(),
        ("", Some(query)) => format!("/?{query}"),
        (path, None) => path.to_owned(),
        (path, Some(query)) => format!("{path}?{query}"),
    };
    let mut request = Request::post(path)
        .header(HOST, authority_of(endpoint))
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(ACCEPT, HeaderValue::from_static("application/json"))
        .body(Body::from(Bytes::from_owner(Form(attempt.form))))
        .map_err(|_| EgressError::Internal { what: "a token request was not built" })?;
    if let Some(authorization) = attempt.authorization {
        request.headers_mut().insert(AUTHORIZATION, authorization);
    }
    let pool = pools.of(&endpoint.origin());
    let response = exchange(dialer, limits, &pool, request, None).await?;
    let status = response.status();
    let body = response.into_body().collect_raw(TOKEN_ANSWER_BYTES).await?;
    Ok(match status {
        StatusCode::OK => read_token(&body, Timestamp::now()),
        _ => Err(read_refusal(status.as_u16(), &body)),
    })
}
