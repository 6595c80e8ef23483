//! The master key of Azure Cosmos DB.
//!
//! Source: Microsoft, "Access control in the Azure Cosmos DB SQL API" (REST).

use crate::apply::form::RESERVED;
use crate::apply::{Apply, Given, header};
use crate::error::EgressError;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{AUTHORIZATION, HeaderName, HeaderValue};
use http::request::Parts;
use jiff::Timestamp;
use lockkeeper_model::{OptionKey, SecretValue};
use percent_encoding::{percent_decode_str, utf8_percent_encode};
use ring::hmac;
use std::borrow::Cow;
use zeroize::Zeroizing;

const X_MS_DATE: HeaderName = HeaderName::from_static("x-ms-date");
const X_MS_VERSION: HeaderName = HeaderName::from_static("x-ms-version");

/// Signs requests with an account's master key.
#[expect(missing_debug_implementations, reason = "it holds a secret")]
pub struct CosmosKey(hmac::Key);

impl CosmosKey {
    /// Takes the key as the portal shows it, in base64.
    ///
    /// # Errors
    /// [`EgressError::UnusableCredential`] if it is not base64.
    pub fn new(key: &SecretValue) -> Result<Self, EgressError> {
        let bytes = STANDARD.decode(key.expose()).map(Zeroizing::new);
        match bytes {
            Ok(bytes) if !bytes.is_empty() => Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, &bytes))),
            _ => {
                let reason = "is not base64, as the master keys of Cosmos DB are";
                Err(EgressError::UnusableCredential { option: OptionKey::ApiKey, reason })
            }
        }
    }

    /// The header's value before it is encoded for a URL, and the signature in it.
    fn token(&self, method: &str, resource: &Resource<'_>, date: &str) -> (String, String) {
        let text = format!(
            "{}\n{}\n{}\n{}\n\n",
            method.to_ascii_lowercase(),
            resource.kind,
            resource.link,
            date.to_ascii_lowercase()
        );
        let signature = STANDARD.encode(hmac::sign(&self.0, text.as_bytes()));
        (format!("type=master&ver=1.0&sig={signature}"), signature)
    }
}

impl Apply for CosmosKey {
    fn apply(&self, request: &mut Parts, given: &Given<'_>) -> Result<Vec<SecretValue>, EgressError> {
        let date = http_date(given.now);
        let path = request.uri.path().to_owned();
        let (token, signature) = self.token(request.method.as_str(), &Resource::of_path(&path), &date);
        let mut encoded = Zeroizing::new(Vec::with_capacity(3 * token.len()));
        for part in utf8_percent_encode(&token, RESERVED) {
            encoded.extend_from_slice(part.as_bytes());
        }
        request.headers.insert(AUTHORIZATION, header::sensitive(encoded, OptionKey::ApiKey)?);
        let date =
            HeaderValue::try_from(date).map_err(|_| EgressError::Internal { what: "a date is not ASCII" })?;
        request.headers.insert(X_MS_DATE, date);
        request.headers.entry(X_MS_VERSION).or_insert(HeaderValue::from_static("2018-12-31"));
        Ok(vec![SecretValue::new(signature)])
    }
}

/// What a path names, in the words of the signature.
#[derive(Debug, PartialEq, Eq)]
struct Resource<'a> {
    kind: String,
    link: Cow<'a, str>,
}

impl<'a> Resource<'a> {
    /// A path alternates kinds and names: one that ends with a kind is a feed, whose link is that of its parent.
    fn of_path(path: &'a str) -> Self {
        let path = path.trim_matches('/');
        let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
        let (kind, link) = match segments.as_slice() {
            [] => ("", ""),
            [kind] => (*kind, ""),
            [.., kind] if segments.len() % 2 == 1 => (*kind, &path[..path.len() - kind.len() - 1]),
            [.., kind, _] => (*kind, path),
        };
        let link = percent_decode_str(link).decode_utf8_lossy();
        // Offers are addressed by their id alone.
        let link = match (kind, link.rsplit_once('/')) {
            ("offers", Some((_, id))) => Cow::Owned(id.to_ascii_lowercase()),
            _ => link,
        };
        Self { kind: kind.to_ascii_lowercase(), link }
    }
}

/// The date of RFC 9110 section 5.6.7, which is RFC 1123's in GMT.
fn http_date(now: Timestamp) -> String {
    now.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example in Microsoft's documentation.
    #[test]
    fn the_documented_example_passes() {
        let key = "dsZQi3KtZmCv1ljt3VNWNm7sQUF1y5rJfC6kv5JiwvW0EndXdDku/dkKBp8/ufDToSxLzR4y+O/0H/t4bQtVNw==";
        let key = CosmosKey::new(&SecretValue::copy_of(key)).unwrap();
        let resource = Resource { kind: "dbs".into(), link: "dbs/ToDoList".into() };
        let (token, _) = key.token("GET", &resource, "Thu, 27 Apr 2017 00:51:12 GMT");
        assert_eq!(
            utf8_percent_encode(&token, RESERVED).to_string().to_lowercase(),
            "type%3dmaster%26ver%3d1.0%26sig%3dc09PEVJrgp2uQRkr934kFbTqhByc7TVr3OHyqlu%2bc%2bc%3d"
                .to_lowercase()
        );
    }

    #[test]
    fn paths_name_resources() {
        let check = |path: &str, kind: &str, link: &str| {
            let found = Resource::of_path(path);
            assert_eq!((found.kind.as_str(), &*found.link), (kind, link), "{path}");
        };
        check("/", "", "");
        check("/dbs", "dbs", "");
        check("/dbs/Films", "dbs", "dbs/Films");
        check("/dbs/Films/colls", "colls", "dbs/Films");
        check("/dbs/Films/colls/C1/docs", "docs", "dbs/Films/colls/C1");
        check("/dbs/Films/colls/C1/docs/a%20b", "docs", "dbs/Films/colls/C1/docs/a b");
        check("/offers/AbC", "offers", "abc");
    }

    #[test]
    fn dates_are_http_dates() {
        let time: Timestamp = "2017-04-27T00:51:12Z".parse().unwrap();
        assert_eq!(http_date(time), "Thu, 27 Apr 2017 00:51:12 GMT");
    }

    #[test]
    fn a_key_has_to_be_base64() {
        assert!(CosmosKey::new(&SecretValue::copy_of("made up")).is_err());
        assert!(CosmosKey::new(&SecretValue::copy_of("")).is_err());
    }
}
