//! What token endpoints answer (RFC 6749 sections 5.1 and 5.2).

use crate::apply::secret_header;
use crate::error::{EgressError, TokenErrorCode};
use crate::scrub::Scrubber;
use crate::token::AccessToken;
use jiff::{SignedDuration, Timestamp};
use lockkeeper_model::{OptionKey, SecretValue};
use serde::Deserialize;
use serde_json::Value;
use std::sync::Arc;
use zeroize::Zeroizing;

/// How long a token counts that says nothing about it.
const UNSTATED_SECONDS: i64 = 300;
/// Nobody's token is kept longer, whatever it says.
const LONGEST_SECONDS: i64 = 24 * 3600;

#[derive(Deserialize)]
struct Answer {
    access_token: Zeroizing<String>,
    token_type: Option<String>,
    expires_in: Option<Value>,
}

#[derive(Deserialize)]
struct Refusal {
    error: String,
}

/// Reads a token out of a successful answer that came at `now`.
///
/// # Errors
/// [`EgressError::InvalidToken`], which repeats nothing of the answer.
pub(crate) fn read_token(body: &[u8], now: Timestamp) -> Result<AccessToken, EgressError> {
    let invalid = |reason| EgressError::InvalidToken { reason };
    let answer: Answer = serde_json::from_slice(body).map_err(|_| invalid("no access token in it"))?;
    if answer.token_type.is_some_and(|kind| !kind.eq_ignore_ascii_case("bearer")) {
        return Err(invalid("another token type"));
    }
    let mut access_token = answer.access_token;
    let token = SecretValue::new(std::mem::take(&mut *access_token));
    if token.expose().contains(' ') {
        return Err(invalid("not one word of ASCII"));
    }
    let header =
        secret_header("Bearer ", &token, OptionKey::Token).map_err(|_| invalid("not one word of ASCII"))?;
    let life = SignedDuration::from_secs(lifetime(answer.expires_in.as_ref()));
    // A fifth of its life before the end, but at most a minute: the clocks differ and the call takes time.
    let early = (life / 5).min(SignedDuration::from_secs(60));
    let after = |life| now.saturating_add(life).unwrap_or(now);
    Ok(AccessToken {
        header,
        scrubber: Arc::new(Scrubber::new([token.expose()])),
        refresh: after(life - early),
        expires: after(life),
    })
}

/// Takes out of an error answer what may be shown: a code of the RFC, and nothing else.
pub(crate) fn read_refusal(status: u16, body: &[u8]) -> EgressError {
    let refusal: Option<Refusal> = serde_json::from_slice(body).ok();
    EgressError::TokenRefused {
        status,
        code: refusal.and_then(|refusal| TokenErrorCode::find(&refusal.error)),
    }
}

/// Seconds; some servers write the number as a string.
fn lifetime(expires_in: Option<&Value>) -> i64 {
    let stated = match expires_in {
        Some(Value::Number(number)) => {
            number.as_i64().or_else(|| number.as_f64().map(|seconds| seconds as i64))
        }
        Some(Value::String(text)) => text.trim().parse().ok(),
        _ => None,
    };
    stated.unwrap_or(UNSTATED_SECONDS).clamp(0, LONGEST_SECONDS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> String {
        match read_token(body.as_bytes(), Timestamp::UNIX_EPOCH) {
            Ok(token) => {
                let header = token.header().to_str().unwrap();
                format!("{header}, {} to {}", token.refresh.as_second(), token.expires.as_second())
            }
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn answers_are_read() {
        insta::assert_snapshot!(read(r#"{"access_token":"t1","token_type":"Bearer","expires_in":3600}"#), @"Bearer t1, 3540 to 3600");
        insta::assert_snapshot!(read(r#"{"access_token":"t1","token_type":"bearer","expires_in":"20"}"#), @"Bearer t1, 16 to 20");
        insta::assert_snapshot!(read(r#"{"access_token":"t1"}"#), @"Bearer t1, 240 to 300");
        insta::assert_snapshot!(read(r#"{"access_token":"t1","expires_in":-5}"#), @"Bearer t1, 0 to 0");
        insta::assert_snapshot!(read(r#"{"access_token":"t1","token_type":"mac"}"#), @"the token endpoint did not answer with a bearer token (another token type)");
        insta::assert_snapshot!(read(r#"{"access_token":"t1\r\nX: y"}"#), @"the token endpoint did not answer with a bearer token (not one word of ASCII)");
        insta::assert_snapshot!(read("<html>"), @"the token endpoint did not answer with a bearer token (no access token in it)");
    }

    /// L42: a token endpoint that repeats the secret in its error does not get it into ours.
    #[test]
    fn l42_only_the_rfcs_codes_are_forwarded() {
        let refusal = |body: &str| read_refusal(400, body.as_bytes()).to_string();
        insta::assert_snapshot!(
            refusal(r#"{"error":"invalid_scope","error_description":"client_secret=made-up"}"#),
            @"the token endpoint answered 400, invalid_scope"
        );
        insta::assert_snapshot!(refusal(r#"{"error":"made-up"}"#), @"the token endpoint answered 400");
        insta::assert_snapshot!(refusal("client_secret=made-up"), @"the token endpoint answered 400");
    }
}
