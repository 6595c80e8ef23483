//! AWS Signature Version 4, in headers.
//!
//! Source: AWS, "Create a signed AWS API request"; checked against AWS's own vectors.

use crate::apply::region::region_of_host;
use crate::apply::{Apply, Given, header, secret};
use crate::error::EgressError;
use http::HeaderMap;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderName, HeaderValue};
use http::request::Parts;
use jiff::Timestamp;
use jiff::tz::Offset;
use lockkeeper_model::{Connection, ConnectionType, Credential, Host, OptionKey, SecretValue};
use percent_encoding::percent_decode_str;
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

/// The canonical request, which is wiped because it holds the session token, and the names of the signed headers.
fn canonical_request(
    request: &Parts,
    body: &[u8],
    paths: PathRules,
    chosen: fn(&HeaderName) -> bool,
) -> Result<(Zeroizing<String>, String), EgressError> {
    let headers = signed_headers(request, chosen)?;
    let size: usize = headers.iter().map(|(name, value)| 2 * name.len() + value.len() + 3).sum();
    let uri_size = request.uri.path().len() + request.uri.query().map_or(0, str::len);
    // Large enough from the start: a string that grows leaves copies behind.
    let mut text = Zeroizing::new(String::with_capacity(128 + size + 9 * uri_size));
    text.push_str(request.method.as_str());
    text.push('\n');
    push_path(&mut text, request.uri.path(), paths);
    text.push('\n');
    push_query(&mut text, request.uri.query().unwrap_or_default());
    text.push('\n');
    let mut names = String::with_capacity(size);
    for (name, value) in &headers {
        text.push_str(name);
        text.push(':');
        text.push_str(value);
        text.push('\n');
        if !names.is_empty() {
            names.push(';');
        }
        names.push_str(name);
    }
    text.push('\n');
    text.push_str(&names);
    text.push('\n');
    push_hex(&mut text, digest::digest(&digest::SHA256, body).as_ref());
    Ok((text, names))
}

/// The host and the chosen headers, sorted.
fn signed_headers(
    request: &Parts,
    chosen: fn(&HeaderName) -> bool,
) -> Result<Vec<(&str, Zeroizing<String>)>, EgressError> {
    let host = match request.headers.get(HOST) {
        Some(host) => header_text(host)?,
        None => Zeroizing::new(crate::dial::host_header(&request.uri).ok_or(EgressError::OtherOrigin)?),
    };
    let mut headers = vec![("host", host)];
    for name in request.headers.keys() {
        if *name != HOST && chosen(name) {
            headers.push((name.as_str(), joined(&request.headers, name)?));
        }
    }
    headers.sort_unstable_by_key(|(name, _)| *name);
    Ok(headers)
}

/// What AWS asks for; a proxy on the way may change any other header.
fn required(name: &HeaderName) -> bool {
    *name == CONTENT_TYPE || name.as_str().starts_with("x-amz-")
}

/// All values of a header, each trimmed, with inner spaces reduced to one, joined by commas.
fn joined(headers: &HeaderMap, name: &HeaderName) -> Result<Zeroizing<String>, EgressError> {
    let mut values = headers.get_all(name).iter();
    let mut text = match values.next() {
        Some(first) => header_text(first)?,
        None => Zeroizing::new(String::new()),
    };
    for value in values {
        text.push(',');
        text.push_str(&header_text(value)?);
    }
    Ok(text)
}

fn header_text(value: &HeaderValue) -> Result<Zeroizing<String>, EgressError> {
    // What is not text cannot be canonical; the caller has to leave it out.
    let text = std::str::from_utf8(value.as_bytes()).map_err(|_| EgressError::InvalidHeader)?;
    let mut canonical = Zeroizing::new(String::with_capacity(text.len()));
    for word in text.split_ascii_whitespace() {
        if !canonical.is_empty() {
            canonical.push(' ');
        }
        canonical.push_str(word);
    }
    Ok(canonical)
}

fn push_path(text: &mut String, path: &str, rules: PathRules) {
    let path = if path.is_empty() { "/" } else { path };
    let kept: &[u8] = if rules.encode_again { b"/" } else { b"/%" };
    if !rules.normalize {
        return push_encoded(text, path.as_bytes(), kept);
    }
    let mut segments: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => drop(segments.pop()),
            _ => segments.push(segment),
        }
    }
    for segment in &segments {
        text.push('/');
        push_encoded(text, segment.as_bytes(), kept);
    }
    let directory = path.ends_with('/') || path.ends_with("/.") || path.ends_with("/..");
    if segments.is_empty() || directory {
        text.push('/');
    }
}

/// Names and values decoded, encoded as AWS wants it, and sorted; `+` is read as a space, as in forms.
fn push_query(text: &mut String, query: &str) {
    let encoded = |part: &str| {
        let part = part.replace('+', " ");
        let decoded: Vec<u8> = percent_decode_str(&part).collect();
        let mut encoded = String::with_capacity(decoded.len() + 8);
        push_encoded(&mut encoded, &decoded, b"");
        encoded
    };
    let mut pairs: Vec<(String, String)> = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (encoded(name), encoded(value)))
        .collect();
    pairs.sort_unstable();
    for (at, (name, value)) in pairs.iter().enumerate() {
        if at > 0 {
            text.push('&');
        }
        text.push_str(name);
        text.push('=');
        text.push_str(value);
    }
}

fn push_encoded(text: &mut String, bytes: &[u8], kept: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    for byte in bytes {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                text.push(char::from(*byte))
            }
            byte if kept.contains(byte) => text.push(char::from(*byte)),
            _ => {
                text.push('%');
                text.push(char::from(DIGITS[usize::from(byte >> 4)]));
                text.push(char::from(DIGITS[usize::from(byte & 15)]));
            }
        }
    }
}

fn push_hex(text: &mut String, bytes: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for byte in bytes {
        text.push(char::from(DIGITS[usize::from(byte >> 4)]));
        text.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
}

fn push_ascii(text: &mut String, bytes: &[u8]) {
    text.extend(bytes.iter().map(|byte| char::from(*byte)));
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
mod tests {
    use super::*;
    use serde::Deserialize;

    /// One case of AWS's suite; see `tests-data/README.md`.
    #[derive(Deserialize)]
    struct Vector {
        name: String,
        access_key: String,
        secret_key: String,
        session_token: Option<String>,
        region: String,
        service: String,
        normalize: bool,
        encode_again: bool,
        sign_body: bool,
        timestamp: String,
        request: String,
        canonical_request: String,
        string_to_sign: Option<String>,
        signature: Option<String>,
    }

    fn vectors() -> Vec<Vector> {
        let lines = include_str!("../../tests-data/sigv4.jsonl").lines();
        lines.map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Reads a request as it would stand on the wire, with folded headers.
    fn read_request(text: &str) -> (Parts, String) {
        let (head, body) = text.split_once("\n\n").unwrap_or((text, ""));
        let head = head.replace("\n ", " ");
        let mut lines = head.lines();
        let (method, rest) = lines.next().unwrap().split_once(' ').unwrap();
        let target = rest.strip_suffix(" HTTP/1.1").unwrap().replace(' ', "%20");
        let mut request = http::Request::builder().method(method).uri(target);
        for line in lines.filter(|line| !line.is_empty()) {
            let (name, value) = line.split_once(':').unwrap();
            request = request.header(name, value.trim());
        }
        (request.body(()).unwrap().into_parts().0, body.to_owned())
    }

    fn signer(vector: &Vector, token: Option<&SecretValue>) -> SigV4 {
        let paths = PathRules { normalize: vector.normalize, encode_again: vector.encode_again };
        let [access, secret] = [&vector.access_key, &vector.secret_key].map(|key| SecretValue::copy_of(key));
        let mut signer = SigV4::new(&access, &secret, token, &vector.region, &vector.service, paths).unwrap();
        signer.signs = |_| true;
        signer
    }

    #[test]
    fn awss_vectors_pass() {
        let vectors = vectors();
        assert_eq!(vectors.len(), 40);
        for vector in vectors {
            let token = vector.session_token.as_deref().map(SecretValue::copy_of);
            let signer = signer(&vector, token.as_ref());
            let (mut parts, body) = read_request(&vector.request);
            if vector.sign_body {
                let mut hash = String::new();
                push_hex(&mut hash, digest::digest(&digest::SHA256, body.as_bytes()).as_ref());
                parts.headers.insert("x-amz-content-sha256", hash.parse().unwrap());
            }
            let now: Timestamp = vector.timestamp.parse().unwrap();
            let given = Given { now, body: body.as_bytes(), token: None };
            let one_time = signer.apply(&mut parts, &given).unwrap();
            let authorization = parts.headers.remove(AUTHORIZATION).unwrap();
            let (canonical, _) =
                canonical_request(&parts, body.as_bytes(), signer.paths, signer.signs).unwrap();
            assert_eq!(canonical.as_str(), vector.canonical_request, "{}", vector.name);
            assert!(authorization.is_sensitive(), "{}", vector.name);
            let (Some(expected), Some(signature)) = (vector.string_to_sign, vector.signature) else {
                continue;
            };
            let time = basic_format(now);
            let scope = signer.scope(&String::from_utf8_lossy(&time[..8]));
            assert_eq!(
                signer.string_to_sign(&time, &scope, canonical.as_bytes()),
                expected,
                "{}",
                vector.name
            );
            assert!(authorization.to_str().unwrap().ends_with(&signature), "{}", vector.name);
            assert_eq!(one_time[0].expose(), signature, "{}", vector.name);
        }
    }

    #[test]
    fn a_days_key_is_kept_and_the_next_day_has_another() {
        let vector = vectors().swap_remove(0);
        let signer = signer(&vector, None);
        let sign = |time: &str| {
            let (mut parts, _) = read_request(&vector.request);
            let given = Given { now: time.parse().unwrap(), body: b"", token: None };
            signer.apply(&mut parts, &given).unwrap().swap_remove(0)
        };
        let first = sign("2026-11-23T10:00:00Z");
        assert!(first.expose() != sign("2026-11-24T10:00:00Z").expose());
        assert!(first.expose() == sign("2026-11-23T10:00:00Z").expose());
    }

    #[test]
    fn a_model_id_is_encoded_twice() {
        let mut text = String::new();
        push_path(&mut text, "/model/amazon.titan%3A0/invoke", PathRules::USUAL);
        assert_eq!(text, "/model/amazon.titan%253A0/invoke");
    }
}
