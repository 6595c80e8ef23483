//! The proxy's own answers, and the body that all answers have.

use crate::body::Framed;
use crate::error::{EgressError, Fault};
use crate::proxy::metrics::Open;
use crate::proxy::serve::Permit;
use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue, WWW_AUTHENTICATE};
use http::{Response, StatusCode};

/// The body of an answer: the service's, or our own.
pub(super) type AnswerBody = Framed<EgressError, Guards>;

/// What lasts as long as the answer does.
pub(super) type Guards = (Permit, Open);

/// Something went wrong before the service answered, or instead.
pub(super) struct Problem {
    pub(super) status: StatusCode,
    pub(super) code: &'static str,
    pub(super) message: String,
}

impl Problem {
    pub(super) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into() }
    }

    pub(super) fn unproven() -> Self {
        let message = "the proxy's token is missing or wrong; give it in place of the vendor's key";
        Self::new(StatusCode::UNAUTHORIZED, "token_required", message)
    }

    /// The answer in the form that most vendors' clients know how to show.
    pub(super) fn into_answer(self) -> Response<AnswerBody> {
        let error = serde_json::json!({
            "error": { "type": "lockkeeper_proxy", "code": self.code, "message": self.message }
        });
        let mut answer = own(self.status, "application/json", error.to_string());
        if self.status == StatusCode::UNAUTHORIZED {
            answer
                .headers_mut()
                .insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"lockkeeper\""));
        }
        answer
    }
}

impl From<EgressError> for Problem {
    fn from(error: EgressError) -> Self {
        let (status, code) = match &error {
            EgressError::RequestTooLarge { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "request_too_large"),
            EgressError::AmbiguousPath
            | EgressError::CallerCredential { .. }
            | EgressError::InvalidHeader
            | EgressError::OtherOrigin
            | EgressError::RequestBody => (StatusCode::BAD_REQUEST, "refused_request"),
            EgressError::Timeout { .. } => (StatusCode::GATEWAY_TIMEOUT, "timeout"),
            error => match error.fault() {
                Fault::Caller => (StatusCode::BAD_GATEWAY, "unusable_connection"),
                Fault::Environment => (StatusCode::BAD_GATEWAY, "unreachable"),
                Fault::Bug => (StatusCode::INTERNAL_SERVER_ERROR, "internal"),
            },
        };
        let message = match error.hint() {
            Some(hint) => format!("{error}; {hint}"),
            None => error.to_string(),
        };
        Self { status, code, message }
    }
}

/// An answer of our own.
pub(super) fn own(status: StatusCode, content_type: &'static str, body: String) -> Response<AnswerBody> {
    let mut answer = Response::new(AnswerBody::whole(Bytes::from(body)));
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}
