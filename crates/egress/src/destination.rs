//! Where a request may go, and what it may not bring along.

use crate::error::EgressError;
use http::Uri;
use http::header::{HOST, HeaderMap, HeaderValue};
use lockkeeper_model::{Host, Origin};
use percent_encoding::percent_decode_str;
use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Headers by which some service lets someone in; the caller's own would compete with the connection's.
///
/// `cookie` is among them because it carries sessions.
pub(crate) const CREDENTIAL_HEADERS: [&str; 9] = [
    "authorization",
    "proxy-authorization",
    "api-key",
    "x-api-key",
    "x-goog-api-key",
    "x-goog-iam-authorization-token",
    "x-auth-token",
    "x-ms-date",
    "cookie",
];

/// The prefix of the headers that AWS's signature consists of.
pub(crate) const AWS_HEADERS: &str = "x-amz-";

/// Whether a URL has exactly this origin: same scheme, same host, same port, and no user info.
pub(crate) fn same_origin(url: &Uri, origin: &Origin) -> bool {
    let (Some(scheme), Some(authority)) = (url.scheme_str(), url.authority()) else { return false };
    if scheme != origin.scheme || authority.as_str().contains('@') {
        return false;
    }
    let text = authority.host();
    let same_host = match &origin.host {
        Host::Name(name) => name.eq_ignore_ascii_case(text),
        Host::Address(IpAddr::V4(address)) => text.parse::<Ipv4Addr>().is_ok_and(|found| found == *address),
        Host::Address(IpAddr::V6(address)) => text
            .strip_prefix('[')
            .and_then(|text| text.strip_suffix(']'))
            .and_then(|text| text.parse::<Ipv6Addr>().ok())
            .is_some_and(|found| found == *address),
    };
    // A port that is there but is not a number is not the default one.
    let port = match (authority.port(), authority.port_u16()) {
        (Some(_), None) => return false,
        (_, Some(port)) => Some(port),
        (None, None) if authority.as_str().ends_with(':') => return false,
        (None, None) => match scheme {
            "https" => Some(443),
            "http" => Some(80),
            _ => None,
        },
    };
    same_host && port == origin.port
}

/// Refuses what servers and proxies read in different ways, or as a step upwards: `.` and `..` as segments, also
/// encoded once or twice, with a slash or backslash encoded, or with path parameters; backslashes; control characters.
pub(crate) fn check_path(path: &str) -> Result<(), EgressError> {
    // Most paths have none of it.
    if !path.bytes().any(|b| matches!(b, b'%' | b'\\' | b'.' | b'#') || b.is_ascii_control()) {
        return Ok(());
    }
    let mut text: Cow<'_, [u8]> = Cow::Borrowed(path.as_bytes());
    for _ in 0..3 {
        let control = text.iter().any(|b| b.is_ascii_control() || *b == b'\\');
        let dots = text.split(|b| matches!(b, b'/' | b'\\')).any(|segment| {
            let name = segment.split(|b| *b == b';').next().unwrap_or_default();
            matches!(name, b"." | b"..")
        });
        if control || dots {
            return Err(EgressError::AmbiguousPath);
        }
        if !text.contains(&b'%') {
            break;
        }
        text = Cow::Owned(percent_decode_str(&String::from_utf8_lossy(&text)).collect());
    }
    Ok(())
}

/// Refuses a `Host` of the caller's that is not the target's.
pub(crate) fn check_host(headers: &HeaderMap, host: &HeaderValue) -> Result<(), EgressError> {
    match headers.get_all(HOST).iter().all(|given| given.as_bytes().eq_ignore_ascii_case(host.as_bytes())) {
        true => Ok(()),
        false => Err(EgressError::OtherOrigin),
    }
}

/// Refuses the caller's own credentials.
pub(crate) fn check_headers(headers: &HeaderMap) -> Result<(), EgressError> {
    for name in headers.keys() {
        if let Some(header) = credential_header(name.as_str()) {
            return Err(EgressError::CallerCredential { header });
        }
    }
    Ok(())
}

/// The name in our table of a header that carries a credential.
pub(crate) fn credential_header(name: &str) -> Option<&'static str> {
    if name.starts_with(AWS_HEADERS) {
        return Some("x-amz-*");
    }
    CREDENTIAL_HEADERS.into_iter().find(|known| *known == name)
}
