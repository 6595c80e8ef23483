//! Credentials that are one header, the same for every request.

use crate::apply::{Apply, Given};
use crate::error::EgressError;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{AUTHORIZATION, HeaderName, HeaderValue};
use http::request::Parts;
use lockkeeper_model::{ConnectionType, OptionKey, SecretValue};
use zeroize::Zeroizing;

const ANTHROPIC_VERSION: HeaderName = HeaderName::from_static("anthropic-version");
const API_KEY: HeaderName = HeaderName::from_static("api-key");
const PINECONE_VERSION: HeaderName = HeaderName::from_static("x-pinecone-api-version");
const X_API_KEY: HeaderName = HeaderName::from_static("x-api-key");
const X_GOOG_API_KEY: HeaderName = HeaderName::from_static("x-goog-api-key");

/// A header with the credential, and one that the vendor wants beside it.
#[expect(missing_debug_implementations, reason = "it holds a secret")]
pub struct HeaderCredential {
    credential: Option<(HeaderName, HeaderValue)>,
    /// Written only if the caller gave none.
    version: Option<(HeaderName, HeaderValue)>,
}

impl HeaderCredential {
    /// No credential at all, as published samples of `rest` and `mcp_server` have it.
    pub const fn none() -> Self {
        Self { credential: None, version: None }
    }

    /// An API key in the header that the vendor's own client sends.
    ///
    /// Where the key of `mcp_server` and `a2a` goes is not documented; a bearer header is our reading.
    ///
    /// # Errors
    /// [`EgressError::UnusableCredential`] if a header cannot carry the key.
    pub fn api_key(connection_type: ConnectionType, key: &SecretValue) -> Result<Self, EgressError> {
        let (name, prefix, version) = match connection_type {
            ConnectionType::Anthropic => {
                (X_API_KEY, "", Some((ANTHROPIC_VERSION, HeaderValue::from_static("2023-06-01"))))
            }
            ConnectionType::Azureopenai => (API_KEY, "", None),
            ConnectionType::Elastic => (AUTHORIZATION, "ApiKey ", None),
            ConnectionType::Googleai => (X_GOOG_API_KEY, "", None),
            ConnectionType::Pinecone => {
                (API_KEY, "", Some((PINECONE_VERSION, HeaderValue::from_static("2025-04"))))
            }
            _ => (AUTHORIZATION, "Bearer ", None),
        };
        let value = secret_header(prefix, key, OptionKey::ApiKey)?;
        Ok(Self { credential: Some((name, value)), version })
    }

    /// User name and password by RFC 7617, in UTF-8.
    ///
    /// # Errors
    /// [`EgressError::UnusableCredential`] if the name contains a colon, or one of both a control character.
    pub fn basic(username: &SecretValue, password: &SecretValue) -> Result<Self, EgressError> {
        if username.expose().contains(':') {
            let reason = "contains a colon, which Basic authentication cannot carry";
            return Err(EgressError::UnusableCredential { option: OptionKey::Username, reason });
        }
        for (option, value) in [(OptionKey::Username, username), (OptionKey::Password, password)] {
            if value.expose().chars().any(char::is_control) {
                let reason = "contains a control character, which Basic authentication cannot carry";
                return Err(EgressError::UnusableCredential { option, reason });
            }
        }
        let value = basic_value(username.expose(), password.expose(), OptionKey::Password)?;
        Ok(Self { credential: Some((AUTHORIZATION, value)), version: None })
    }

    /// A token by RFC 6750.
    ///
    /// # Errors
    /// [`EgressError::UnusableCredential`] if a header cannot carry the token.
    pub fn bearer(token: &SecretValue) -> Result<Self, EgressError> {
        let value = secret_header("Bearer ", token, OptionKey::Token)?;
        Ok(Self { credential: Some((AUTHORIZATION, value)), version: None })
    }
}

impl Apply for HeaderCredential {
    fn apply(&self, request: &mut Parts, _: &Given<'_>) -> Result<Vec<SecretValue>, EgressError> {
        if let Some((name, value)) = &self.credential {
            request.headers.insert(name, value.clone());
        }
        if let Some((name, value)) = &self.version
            && !request.headers.contains_key(name)
        {
            request.headers.insert(name, value.clone());
        }
        Ok(Vec::new())
    }
}

/// Makes a header's value of a prefix and a secret: marked as sensitive, and wiped with its last copy.
///
/// # Errors
/// [`EgressError::UnusableCredential`] if the secret is empty, begins or ends with a space, or has anything but
/// printable ASCII, so that it could end the header or be changed on the way.
pub fn secret_header(
    prefix: &str,
    secret: &SecretValue,
    option: OptionKey,
) -> Result<HeaderValue, EgressError> {
    let text = secret.expose();
    let printable = text.bytes().all(|b| matches!(b, b' '..=b'~'));
    if text.is_empty() || !printable || text.trim() != text {
        let reason = "is not printable ASCII without spaces around, which a header cannot carry";
        return Err(EgressError::UnusableCredential { option, reason });
    }
    let mut value = Zeroizing::new(Vec::with_capacity(prefix.len() + text.len()));
    value.extend_from_slice(prefix.as_bytes());
    value.extend_from_slice(text.as_bytes());
    sensitive(value, option)
}

/// `Basic base64(first:second)`; both parts are checked or encoded by the caller.
pub(crate) fn basic_value(first: &str, second: &str, option: OptionKey) -> Result<HeaderValue, EgressError> {
    let mut pair = Zeroizing::new(String::with_capacity(first.len() + 1 + second.len()));
    for part in [first, ":", second] {
        pair.push_str(part);
    }
    let mut value = Zeroizing::new(b"Basic ".to_vec());
    let start = value.len();
    value.resize(start + pair.len().div_ceil(3) * 4, 0);
    STANDARD
        .encode_slice(pair.as_bytes(), &mut value[start..])
        .map_err(|_| EgressError::Internal { what: "the size of a Basic header was miscounted" })?;
    sensitive(value, option)
}

/// A value over memory that is wiped when the last request holding it is gone.
pub(crate) fn sensitive(value: Zeroizing<Vec<u8>>, option: OptionKey) -> Result<HeaderValue, EgressError> {
    struct Wiped(Zeroizing<Vec<u8>>);

    impl AsRef<[u8]> for Wiped {
        fn as_ref(&self) -> &[u8] {
            &self.0
        }
    }

    let mut value = HeaderValue::from_maybe_shared(Bytes::from_owner(Wiped(value))).map_err(|_| {
        EgressError::UnusableCredential { option, reason: "is not one that a header can carry" }
    })?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;

    fn headers_of(credential: Result<HeaderCredential, EgressError>) -> String {
        let given = Given { now: Timestamp::UNIX_EPOCH, body: b"", token: None };
        let mut parts = http::Request::new(()).into_parts().0;
        let Ok(credential) = credential.inspect_err(|error| assert!(!error.to_string().is_empty())) else {
            return "refused".to_owned();
        };
        credential.apply(&mut parts, &given).unwrap();
        let line =
            |(name, value): (&HeaderName, &HeaderValue)| format!("{name}: {}", value.to_str().unwrap());
        let debug = format!("{parts:?}");
        assert!(!debug.contains("made-up"), "the request's Debug shows the credential");
        parts.headers.iter().map(line).collect::<Vec<_>>().join(" | ")
    }

    fn api_key(connection_type: ConnectionType) -> String {
        headers_of(HeaderCredential::api_key(connection_type, &SecretValue::copy_of("made-up")))
    }

    #[test]
    fn every_vendor_gets_its_own_header() {
        use ConnectionType as Type;
        for bearer in [Type::Openai, Type::Fireworksai, Type::Azureml, Type::McpServer, Type::A2a] {
            assert_eq!(api_key(bearer), "authorization: Bearer made-up", "{bearer}");
        }
        insta::assert_snapshot!(api_key(Type::Azureopenai), @"api-key: made-up");
        insta::assert_snapshot!(api_key(Type::Anthropic), @"x-api-key: made-up | anthropic-version: 2023-06-01");
        insta::assert_snapshot!(api_key(Type::Googleai), @"x-goog-api-key: made-up");
        insta::assert_snapshot!(api_key(Type::Pinecone), @"api-key: made-up | x-pinecone-api-version: 2025-04");
        insta::assert_snapshot!(api_key(Type::Elastic), @"authorization: ApiKey made-up");
    }

    #[test]
    fn the_callers_version_stays() {
        let key = SecretValue::copy_of("made-up");
        let credential = HeaderCredential::api_key(ConnectionType::Anthropic, &key).unwrap();
        let mut parts = http::Request::builder()
            .header("Anthropic-Version", "2024-01-01")
            .body(())
            .unwrap()
            .into_parts()
            .0;
        credential.apply(&mut parts, &Given { now: Timestamp::UNIX_EPOCH, body: b"", token: None }).unwrap();
        assert_eq!(parts.headers.get_all("anthropic-version").iter().count(), 1);
        assert_eq!(parts.headers["anthropic-version"], "2024-01-01");
    }

    /// The examples of RFC 7617 sections 2 and 2.1.
    #[test]
    fn basic_is_by_the_rfc() {
        let basic = |user: &str, password: &str| {
            headers_of(HeaderCredential::basic(&SecretValue::copy_of(user), &SecretValue::copy_of(password)))
        };
        assert_eq!(basic("Aladdin", "open sesame"), "authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
        assert_eq!(basic("test", "123\u{a3}"), "authorization: Basic dGVzdDoxMjPCow==");
        assert_eq!(basic("a:b", "c"), "refused");
        assert_eq!(basic("a", "c\nd"), "refused");
    }

    /// L40: a line end in a secret cannot become a header.
    #[test]
    fn l40_line_ends_in_a_secret_are_refused() {
        for text in ["a\r\nX-Injected: 1", "a\nb", "a\0b", "bücher", "", " a", "a ", "\u{7f}"] {
            let secret = SecretValue::copy_of(text);
            assert_eq!(headers_of(HeaderCredential::bearer(&secret)), "refused", "{text:?}");
            assert_eq!(
                headers_of(HeaderCredential::api_key(ConnectionType::Openai, &secret)),
                "refused",
                "{text:?}"
            );
        }
    }
}
