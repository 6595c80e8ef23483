//! Google service accounts.
//!
//! Source: Google, "Using OAuth 2.0 for server to server applications"; RFC 7515, RFC 7523.

use crate::apply::form::form;
use crate::apply::{Apply, Given};
use crate::error::EgressError;
use crate::token::{TokenAttempt, TokenRequest, fingerprint};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::header::AUTHORIZATION;
use http::request::Parts;
use jiff::Timestamp;
use lockkeeper_model::{Endpoint, Host, OptionKey, SecretValue};
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::pki_types::pem::PemObject;
use serde::Deserialize;
use zeroize::Zeroizing;

const SCOPE: &str = "https://www.googleapis.com/auth/cloud-platform";
const GRANT: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
/// Google accepts assertions of up to an hour.
const ASSERTION_SECONDS: i64 = 3600;

/// Signs assertions with a service account's key, and exchanges them for bearer tokens.
#[expect(missing_debug_implementations, reason = "it holds a secret")]
pub struct ServiceAccount {
    key: RsaKeyPair,
    key_id: Option<String>,
    email: String,
    token_endpoint: Endpoint,
    fingerprint: [u8; 32],
}

#[derive(Deserialize)]
struct Document {
    #[serde(rename = "type")]
    kind: String,
    private_key_id: Option<String>,
    private_key: Zeroizing<String>,
    client_email: String,
    #[serde(default = "default_token_uri")]
    token_uri: String,
}

fn default_token_uri() -> String {
    "https://oauth2.googleapis.com/token".to_owned()
}

impl ServiceAccount {
    /// Reads the JSON document that Google hands out for a service account.
    ///
    /// Its `token_uri` is the writer's choice, so it has to be one of Google's token hosts; `loopback_token_uri` adds this
    /// machine, for stand-ins.
    ///
    /// # Errors
    /// [`EgressError::UnusableCredential`] if it is not such a document, and [`EgressError::RefusedUrl`] if its token
    /// URI leads elsewhere.
    pub fn new(service_key: &SecretValue, loopback_token_uri: bool) -> Result<Self, EgressError> {
        let unusable = |reason| EgressError::UnusableCredential { option: OptionKey::ServiceKey, reason };
        // The parser's message would repeat a part of the document.
        let document: Document = serde_json::from_str(service_key.expose())
            .map_err(|_| unusable("is not the JSON document of a service account"))?;
        if document.kind != "service_account" {
            return Err(unusable("is not of type \"service_account\""));
        }
        let pkcs8 = PrivatePkcs8KeyDer::from_pem_slice(document.private_key.as_bytes())
            .map_err(|_| unusable("has no private key in PEM form (PKCS #8)"))?;
        let key = RsaKeyPair::from_pkcs8(pkcs8.secret_pkcs8_der())
            .map_err(|_| unusable("has a private key that is not RSA of 2048 bits or more"))?;
        let token_endpoint = token_endpoint(&document.token_uri, loopback_token_uri)?;
        Ok(Self {
            fingerprint: fingerprint(&[service_key.expose(), SCOPE]),
            key,
            key_id: document.private_key_id,
            email: document.client_email,
            token_endpoint,
        })
    }

    /// A signed JWT that asks for a token.
    fn assertion(&self, now: Timestamp) -> Result<Zeroizing<String>, EgressError> {
        let header = serde_json::json!({ "alg": "RS256", "typ": "JWT", "kid": self.key_id });
        let claims = serde_json::json!({
            "iss": self.email,
            "scope": SCOPE,
            "aud": self.token_endpoint.as_str(),
            "iat": now.as_second(),
            "exp": now.as_second() + ASSERTION_SECONDS,
        });
        let [header, claims] = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
        let mut jwt = Zeroizing::new([header, claims].join("."));
        let mut signature = vec![0; self.key.public().modulus_len()];
        self.key
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), jwt.as_bytes(), &mut signature)
            .map_err(|_| EgressError::Internal { what: "an RSA signature failed" })?;
        jwt.push('.');
        jwt.push_str(&URL_SAFE_NO_PAD.encode(signature));
        Ok(jwt)
    }
}

impl Apply for ServiceAccount {
    fn token_fingerprint(&self) -> Option<&[u8; 32]> {
        Some(&self.fingerprint)
    }

    fn token_request(&self, now: Timestamp) -> Result<TokenRequest, EgressError> {
        let assertion = self.assertion(now)?;
        let form = form(&[("grant_type", GRANT), ("assertion", &assertion)]);
        let first = TokenAttempt { authorization: None, form };
        Ok(TokenRequest { endpoint: self.token_endpoint.clone(), first, fallback: None })
    }

    fn apply(&self, request: &mut Parts, given: &Given<'_>) -> Result<Vec<SecretValue>, EgressError> {
        let token = given.token.ok_or(EgressError::Internal { what: "a token is missing" })?;
        request.headers.insert(AUTHORIZATION, token.header().clone());
        Ok(Vec::new())
    }
}

/// Accepts Google's token hosts: `oauth2.googleapis.com` and its regional and mTLS forms `oauth2.….googleapis.com`.
fn token_endpoint(url: &str, loopback: bool) -> Result<Endpoint, EgressError> {
    let refused = EgressError::RefusedUrl { option: OptionKey::ServiceKey };
    let endpoint = Endpoint::parse(url).map_err(|_| refused.clone())?;
    let google = match endpoint.host() {
        Host::Name(name) => {
            name == "oauth2.googleapis.com"
                || (name.starts_with("oauth2.") && name.ends_with(".googleapis.com"))
        }
        Host::Address(_) => false,
    };
    let default_port = endpoint.origin().port == Some(443);
    match endpoint.scheme() {
        "https" if google && default_port => Ok(endpoint),
        "http" | "https" if loopback && endpoint.is_loopback() => Ok(endpoint),
        _ => Err(refused),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ring::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};

    const KEY: &str = include_str!("../../tests-data/made-up-rsa-key.pem");

    fn account(token_uri: &str, loopback: bool) -> Result<ServiceAccount, EgressError> {
        let document = serde_json::json!({
            "type": "service_account", "project_id": "p", "private_key_id": "k1", "private_key": KEY,
            "client_email": "robot@p.iam.gserviceaccount.com", "client_id": "1", "token_uri": token_uri,
        });
        ServiceAccount::new(&SecretValue::new(document.to_string()), loopback)
    }

    #[test]
    fn the_assertion_is_a_signed_jwt() {
        let account = account("https://oauth2.googleapis.com/token", false).unwrap();
        let jwt = account.assertion(Timestamp::from_second(1_700_000_000).unwrap()).unwrap();
        let (signed, signature) = jwt.rsplit_once('.').unwrap();
        let decoded = |part: &str| URL_SAFE_NO_PAD.decode(part).unwrap();
        let text = |part: &str| String::from_utf8(decoded(part)).unwrap();
        let (header, claims) = signed.split_once('.').unwrap();
        insta::assert_snapshot!(text(header), @r#"{"alg":"RS256","kid":"k1","typ":"JWT"}"#);
        insta::assert_snapshot!(text(claims), @r#"{"aud":"https://oauth2.googleapis.com/token","exp":1700003600,"iat":1700000000,"iss":"robot@p.iam.gserviceaccount.com","scope":"https://www.googleapis.com/auth/cloud-platform"}"#);
        let public = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, account.key.public());
        assert!(public.verify(signed.as_bytes(), &decoded(signature)).is_ok());
        let request = account.token_request(Timestamp::UNIX_EPOCH).unwrap();
        assert!(
            request
                .first
                .form
                .starts_with("grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=ey")
        );
        assert!(request.first.authorization.is_none() && request.fallback.is_none());
    }

    /// L41: a crafted document cannot make us call anywhere.
    #[test]
    fn l41_token_uris_are_googles() {
        for (url, expected) in [
            ("https://oauth2.googleapis.com/token", true),
            ("https://oauth2.mtls.googleapis.com/token", true),
            ("http://oauth2.googleapis.com/token", false),
            ("https://oauth2.googleapis.com:8443/token", false),
            ("https://oauth2.googleapis.com.evil.example/token", false),
            ("https://oauth2.googleapis.com@evil.example/token", false),
            ("https://evil-googleapis.com/token", false),
            ("https://storage.googleapis.com/token", false),
            ("http://127.0.0.1:8080/token", false),
            ("https://169.254.169.254/token", false),
        ] {
            assert_eq!(account(url, false).is_ok(), expected, "{url}");
        }
        assert!(account("http://127.0.0.1:8080/token", true).is_ok());
    }

    #[test]
    fn what_is_no_service_account_is_refused_without_repeating_it() {
        let refused = |text: &str| match ServiceAccount::new(&SecretValue::copy_of(text), false) {
            Ok(_) => "accepted".to_owned(),
            Err(error) => error.to_string(),
        };
        insta::assert_snapshot!(refused("made-up"), @r#"option "service-key" is not the JSON document of a service account"#);
        insta::assert_snapshot!(refused(r#"{"type":"authorized_user","private_key":"made-up","client_email":"e"}"#), @r#"option "service-key" is not of type "service_account""#);
        insta::assert_snapshot!(refused(r#"{"type":"service_account","private_key":"made-up","client_email":"e"}"#), @r#"option "service-key" has no private key in PEM form (PKCS #8)"#);
    }
}
