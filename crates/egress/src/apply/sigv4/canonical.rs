//! The canonical form of a request, which is what is signed.

use crate::apply::sigv4::PathRules;
use crate::error::EgressError;
use http::HeaderMap;
use http::header::{CONTENT_TYPE, HOST, HeaderName, HeaderValue};
use http::request::Parts;
use percent_encoding::percent_decode_str;
use ring::digest;
use zeroize::Zeroizing;

/// The canonical request, which is wiped because it holds the session token, and the names of the signed headers.
pub(super) fn canonical_request(
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
pub(super) fn required(name: &HeaderName) -> bool {
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

pub(super) fn push_path(text: &mut String, path: &str, rules: PathRules) {
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

pub(super) fn push_hex(text: &mut String, bytes: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for byte in bytes {
        text.push(char::from(DIGITS[usize::from(byte >> 4)]));
        text.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
}

pub(super) fn push_ascii(text: &mut String, bytes: &[u8]) {
    text.extend(bytes.iter().map(|byte| char::from(*byte)));
}
