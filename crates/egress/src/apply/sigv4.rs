//! AWS Signature Version 4, in headers.
//!
//! Source: AWS, "Create a signed AWS API request"; checked against AWS's own vectors.

mod canonical;

use crate::apply::region::region_of_host;
use crate::apply::sigv4::canonical::{canonical_request, push_ascii, push_hex, required};
use crate::apply::{Apply, Given, header, secret};
use crate::error::EgressError;
use http::header::{AUTHORIZATION, HeaderName, HeaderValue};
use http::request::Parts;
use jiff::Timestamp;
use jiff::tz::Offset;
use lockkeeper_model::{Connection, ConnectionType, Credential, Host, OptionKey, SecretValue};
use ring::{digest, hmac};
use std::sync::Mutex;
use zeroize::Zeroizing;

const X_AMZ_DATE: HeaderName = HeaderName::from_static("x-amz-date");
const X_AMZ_SECURITY_TOKEN: HeaderName = HeaderName::from_static("x-amz-security-token");

/// Signs requests with an AWS access key.
#[expect(missing_debug_implementations, reason = "it holds secrets")]
pub struct SigV4 {
    access_key: SecretValue,
    secret_key: SecretValue,
    session_token: Option<HeaderValue>,
    region: String,
    service: String,
    paths: PathRules,
    /// Which headers are signed, besides the host.
    signs: fn(&HeaderName) -> bool,
    /// The key of the day, so that a request costs one HMAC instead of five.
    signing_key: Mutex<Option<([u8; 8], hmac::Key)>>,
}

/// How the path goes into the canonical request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PathRules {
    /// Whether dot segments and empty segments are taken out.
    pub normalize: bool,
    /// Whether what is percent-encoded already is encoded once more.
    pub encode_again: bool,
}

impl PathRules {
    /// The rules of every service but S3.
    pub const USUAL: Self = Self { normalize: true, encode_again: true };

    /// The rules of S3, whose keys may hold empty segments.
    pub const S3: Self = Self { normalize: false, encode_again: false };
}

impl SigV4 {
    /// Takes a key for one region and service.
    ///
    /// # Errors
    /// [`EgressError::UnusableCredential`] if a header cannot carry the access key or the session token.
    pub fn new(
        access_key: &SecretValue,
        secret_key: &SecretValue,
        session_token: Option<&SecretValue>,
        region: &str,
        service: &str,
        paths: PathRules,
    ) -> Result<Self, EgressError> {
        header::secret_header("", access_key, OptionKey::AwsAccessKey)?;
        let session_token = session_token
            .map(|token| header::secret_header("", token, OptionKey::AwsSessionToken))
            .transpose()?;
        Ok(Self {
            access_key: SecretValue::copy_of(access_key.expose()),
            secret_key: SecretValue::copy_of(secret_key.expose()),
            session_token,
            region: region.to_owned(),
            service: service.to_owned(),
            paths,
            signs: required,
            signing_key: Mutex::new(None),
        })
    }

    /// Takes region and service from the connection: the region from the host; for an endpoint on this machine, where
    /// a stand-in for AWS runs, it is `us-east-1`.
    ///
    /// # Errors
    /// Those of [`SigV4::new`]; [`EgressError::NoRegion`] if the host names none.
    pub(crate) fn of_connection(
        connection: &Connection,
        credential: &Credential,
    ) -> Result<Self, EgressError> {
        let service = match connection.connection_type {
            // The host is bedrock-runtime, the service is not.
            ConnectionType::Bedrock => "bedrock",
            ConnectionType::Sagemaker => "sagemaker",
            ConnectionType::S3vectors => "s3vectors",
            _ => return Err(EgressError::Internal { what: "AWS keys for a type that is not AWS's" }),
        };
        let region = match connection.endpoint.host() {
            Host::Name(name) => region_of_host(name),
            Host::Address(_) => None,
        };
        let region = match region {
            Some(region) => region,
            None if connection.endpoint.is_loopback() => "us-east-1",
            None => return Err(EgressError::NoRegion),
        };
        Self::new(
            secret(credential, OptionKey::AwsAccessKey)?,
            secret(credential, OptionKey::AwsSecretKey)?,
            credential.get(&OptionKey::AwsSessionToken),
            region,
            service,
            PathRules::USUAL,
        )
    }

    /// `<date>/<region>/<service>/aws4_request`.
    fn scope(&self, date: &str) -> String {
        [date, &self.region, &self.service, "aws4_request"].join("/")
    }

    fn string_to_sign(&self, time: &[u8; 16], scope: &str, canonical: &[u8]) -> String {
        let mut text = String::with_capacity(160);
        text.push_str("AWS4-HMAC-SHA256\n");
        push_ascii(&mut text, time);
        text.push('\n');
        text.push_str(scope);
        text.push('\n');
        push_hex(&mut text, digest::digest(&digest::SHA256, canonical).as_ref());
        text
    }

    fn sign(&self, date: [u8; 8], text: &str) -> hmac::Tag {
        let mut cached = self.signing_key.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let key = match &*cached {
            Some((of, key)) if *of == date => key.clone(),
            _ => {
                let key = self.derive(date);
                *cached = Some((date, key.clone()));
                key
            }
        };
        drop(cached);
        hmac::sign(&key, text.as_bytes())
    }

    /// The chain of HMACs over date, region, service and a constant.
    fn derive(&self, date: [u8; 8]) -> hmac::Key {
        let mut first = Zeroizing::new(Vec::with_capacity(4 + self.secret_key.len()));
        first.extend_from_slice(b"AWS4");
        first.extend_from_slice(self.secret_key.expose().as_bytes());
        let parts = [date.as_slice(), self.region.as_bytes(), self.service.as_bytes(), b"aws4_request"];
        parts.into_iter().fold(hmac::Key::new(hmac::HMAC_SHA256, &first), |key, part| {
            hmac::Key::new(hmac::HMAC_SHA256, hmac::sign(&key, part).as_ref())
        })
    }
}

impl Apply for SigV4 {
    fn reads_body(&self) -> bool {
        true
    }

    fn apply(&self, request: &mut Parts, given: &Given<'_>) -> Result<Vec<SecretValue>, EgressError> {
        let time = basic_format(given.now);
        let date: [u8; 8] = std::array::from_fn(|at| time[at]);
        // Digits only, so this cannot fail.
        let now = HeaderValue::from_bytes(&time)
            .map_err(|_| EgressError::Internal { what: "a date is not ASCII" })?;
        request.headers.insert(X_AMZ_DATE, now);
        if let Some(token) = &self.session_token {
            request.headers.insert(X_AMZ_SECURITY_TOKEN, token.clone());
        }
        let (canonical, signed) = canonical_request(request, given.body, self.paths, self.signs)?;
        let date_text = String::from_utf8_lossy(&date);
        let scope = self.scope(&date_text);
        let tag = self.sign(date, &self.string_to_sign(&time, &scope, canonical.as_bytes()));
        let mut signature = String::with_capacity(64);
        push_hex(&mut signature, tag.as_ref());
        let mut value =
            Zeroizing::new(Vec::with_capacity(128 + scope.len() + signed.len() + self.access_key.len()));
        for part in [
            "AWS4-HMAC-SHA256 Credential=",
            self.access_key.expose(),
            "/",
            &scope,
            ", SignedHeaders=",
            &signed,
            ", Signature=",
            &signature,
        ] {
            value.extend_from_slice(part.as_bytes());
        }
        request.headers.insert(AUTHORIZATION, header::sensitive(value, OptionKey::AwsAccessKey)?);
        Ok(vec![SecretValue::new(signature)])
    }
}

/// `YYYYMMDDTHHMMSSZ`.
fn basic_format(now: Timestamp) -> [u8; 16] {
    let time = Offset::UTC.to_datetime(now);
    let mut text = *b"00000000T000000Z";
    let mut put = |at: usize, width: usize, number: u32| {
        let mut rest = number;
        for digit in text[at..at + width].iter_mut().rev() {
            *digit = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
    };
    put(0, 4, u32::from(time.year().unsigned_abs()));
    put(4, 2, u32::from(time.month().unsigned_abs()));
    put(6, 2, u32::from(time.day().unsigned_abs()));
    put(9, 2, u32::from(time.hour().unsigned_abs()));
    put(11, 2, u32::from(time.minute().unsigned_abs()));
    put(13, 2, u32::from(time.second().unsigned_abs()));
    text
}

#[cfg(test)]
mod tests;
