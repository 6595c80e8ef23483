//! How callers prove that they may use the proxy.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use http::header::{AUTHORIZATION, PROXY_AUTHORIZATION};
use lockkeeper_model::SecretValue;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// The token that callers of a proxy have.
///
/// A client puts it where it would put its vendor's key: a bearer token, an API key in any of the vendors' headers, the
/// user name or password of Basic authentication, or the access key id of an AWS signature.
#[expect(missing_debug_implementations, reason = "it holds a secret")]
pub struct CallerToken(SecretValue);

impl CallerToken {
    /// The shortest token that is taken, in bytes: 128 bits in hex.
    pub const SHORTEST_BYTES: usize = 32;

    /// Takes a token of printable ASCII without spaces, `/`, `:` and `,`, which some of the headers end at; `None` if it
    /// is not one, or shorter than [`CallerToken::SHORTEST_BYTES`].
    pub fn new(token: SecretValue) -> Option<Self> {
        let fits = token.expose().bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'/' | b':' | b','));
        (fits && token.len() >= Self::SHORTEST_BYTES).then_some(Self(token))
    }

    /// Whether some header of a request has the token.
    pub(super) fn is_in(&self, headers: &HeaderMap) -> bool {
        ["api-key", "x-api-key", "x-goog-api-key"]
            .into_iter()
            .filter_map(|name| headers.get(name))
            .any(|value| self.equals(value.as_bytes()))
            || [AUTHORIZATION, PROXY_AUTHORIZATION]
                .into_iter()
                .filter_map(|name| headers.get(name))
                .any(|value| self.is_authorization(value.as_bytes()))
    }

    fn is_authorization(&self, value: &[u8]) -> bool {
        let Some(space) = value.iter().position(|b| *b == b' ') else { return false };
        let (scheme, rest) = (&value[..space], value[space..].trim_ascii_start());
        if scheme.eq_ignore_ascii_case(b"bearer") {
            self.equals(rest)
        } else if scheme.eq_ignore_ascii_case(b"apikey") {
            self.equals(rest) || self.is_in_pair(rest)
        } else if scheme.eq_ignore_ascii_case(b"basic") {
            self.is_in_pair(rest)
        } else if scheme.eq_ignore_ascii_case(b"aws4-hmac-sha256") {
            let after = |part: &[u8]| {
                let start = part.trim_ascii_start().strip_prefix(b"Credential=")?;
                start.split(|b| *b == b'/').next().map(|key| self.equals(key))
            };
            rest.split(|b| *b == b',').find_map(after).unwrap_or(false)
        } else {
            false
        }
    }

    /// `base64(one:other)`, where either may be the token.
    fn is_in_pair(&self, encoded: &[u8]) -> bool {
        let Ok(pair) = STANDARD.decode(encoded).map(Zeroizing::new) else { return false };
        pair.split(|b| *b == b':').any(|part| self.equals(part))
    }

    /// Compares in a time that does not depend on where the two differ.
    fn equals(&self, given: &[u8]) -> bool {
        self.0.expose().as_bytes().ct_eq(given).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    const TOKEN: &str = "made-up-0123456789-0123456789-01";

    #[track_caller]
    fn check(name: &'static str, value: &str, accepted: bool) {
        let token = CallerToken::new(SecretValue::copy_of(TOKEN)).unwrap();
        let headers = HeaderMap::from_iter([(name.parse().unwrap(), HeaderValue::from_str(value).unwrap())]);
        assert_eq!(token.is_in(&headers), accepted, "{name}");
    }

    #[test]
    fn the_token_is_found_where_clients_put_their_key() {
        check("authorization", &format!("Bearer {TOKEN}"), true);
        check("authorization", &format!("bearer  {TOKEN}"), true);
        check("authorization", &format!("ApiKey {TOKEN}"), true);
        check("authorization", &format!("Basic {}", STANDARD.encode(format!("anyone:{TOKEN}"))), true);
        check("authorization", &format!("Basic {}", STANDARD.encode(format!("{TOKEN}:x"))), true);
        check(
            "authorization",
            &format!(
                "AWS4-HMAC-SHA256 Credential={TOKEN}/20261123/r/s/aws4_request, SignedHeaders=host, Signature=0"
            ),
            true,
        );
        check("proxy-authorization", &format!("Bearer {TOKEN}"), true);
        for name in ["api-key", "x-api-key", "x-goog-api-key"] {
            check(name, TOKEN, true);
        }
    }

    #[test]
    fn nothing_else_is_taken_for_it() {
        check("authorization", TOKEN, false);
        check("authorization", "Bearer ", false);
        check("authorization", &format!("Bearer {TOKEN}x"), false);
        check("authorization", &format!("Bearer {}", &TOKEN[..31]), false);
        check("authorization", "Basic !", false);
        check("authorization", "AWS4-HMAC-SHA256 Credential=", false);
        check("x-token", TOKEN, false);
        for short_or_odd in
            ["", "short", "made up 0123456789 0123456789 01", "made/up/0123456789/0123456789/01"]
        {
            assert!(CallerToken::new(SecretValue::copy_of(short_or_odd)).is_none());
        }
    }
}
