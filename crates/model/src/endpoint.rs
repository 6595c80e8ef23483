//! Endpoints: URLs that a credential may be sent to.

use crate::secret_words::denotes_secret;
use fluent_uri::Uri;
use fluent_uri::component::Host as UriHost;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A URL with a host and without secrets, as RFC 3986 has it; for JDBC, the URL behind the `jdbc:`.
///
/// Nothing is repaired: white space, backslashes, user info, fragments and hosts that some resolvers read as
/// numbers are refused, so that every reader of the text sees the same host.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Endpoint {
    text: String,
    scheme: String,
    host: Host,
    port: Option<u16>,
    path: String,
    query: Option<String>,
}

/// The host of an endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Host {
    /// A name, in lower case.
    Name(String),
    /// An address.
    Address(IpAddr),
}

/// Scheme, host and port: where a credential may go.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Origin {
    /// The scheme, in lower case.
    pub scheme: String,
    /// The host.
    pub host: Host,
    /// The port; the scheme's own where the URL has none, and `None` where the scheme has none either.
    pub port: Option<u16>,
}

impl Endpoint {
    /// Reads a URL.
    ///
    /// # Errors
    /// Says what is wrong with it; the text is not repeated.
    pub fn parse(text: &str) -> Result<Self, EndpointError> {
        let (scheme, url, properties) = split_jdbc(text);
        let uri = Uri::parse(url.as_str()).map_err(|_| EndpointError::Invalid)?;
        let authority = uri.authority().ok_or(EndpointError::NoHost)?;
        if authority.has_userinfo() {
            return Err(EndpointError::UserInfo);
        }
        if uri.fragment().is_some() {
            return Err(EndpointError::Fragment);
        }
        let query = uri.query().map(|query| query.as_str().to_owned());
        let pairs = query
            .iter()
            .flat_map(|q| q.split(['&', ';']))
            .chain(properties.iter().flat_map(|p| p.split(';')));
        if pairs
            .filter_map(|pair| pair.split('=').next())
            .any(|name| denotes_secret(&String::from_utf8_lossy(&percent_decoded(name.as_bytes()))))
        {
            return Err(EndpointError::SecretInQuery);
        }
        Ok(Self {
            text: text.to_owned(),
            scheme: scheme.unwrap_or_else(|| uri.scheme().as_str().to_ascii_lowercase()),
            host: read_host(authority.host_parsed())?,
            port: authority.port_to_u16().map_err(|_| EndpointError::Port)?,
            path: uri.path().as_str().to_owned(),
            query,
        })
    }

    /// The text as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The scheme in lower case; for JDBC with the driver, as in `jdbc:postgresql`.
    pub fn scheme(&self) -> &str {
        &self.scheme
    }

    /// The host.
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// The port, if the text has one.
    pub fn port(&self) -> Option<u16> {
        self.port
    }

    /// The path, percent-encoded as written; empty or with a leading `/`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The query without `?`, percent-encoded as written.
    pub fn query(&self) -> Option<&str> {
        self.query.as_deref()
    }

    /// Scheme, host and port.
    pub fn origin(&self) -> Origin {
        let port = self.port.or_else(|| default_port(&self.scheme));
        Origin { scheme: self.scheme.clone(), host: self.host.clone(), port }
    }

    /// Whether the host is this machine, by name or address.
    pub fn is_loopback(&self) -> bool {
        match &self.host {
            Host::Name(name) => is_loopback_name(name),
            Host::Address(address) => address.is_loopback(),
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl TryFrom<String> for Endpoint {
    type Error = EndpointError;

    fn try_from(text: String) -> Result<Self, EndpointError> {
        Self::parse(&text)
    }
}

impl From<Endpoint> for String {
    fn from(endpoint: Endpoint) -> Self {
        endpoint.text
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Address(IpAddr::V4(address)) => write!(f, "{address}"),
            Self::Address(IpAddr::V6(address)) => write!(f, "[{address}]"),
        }
    }
}

/// Prints `scheme://host:port`.
impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme, self.host)?;
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

/// What is wrong with a URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EndpointError {
    /// Not a URL by RFC 3986.
    #[error("not a valid URL")]
    Invalid,
    /// No `//host`, or an empty one.
    #[error("the URL has no host")]
    NoHost,
    /// A host that some programs read as a number, that is percent-encoded, or of a future address form.
    #[error("the URL's host is ambiguous")]
    AmbiguousHost,
    /// A port that is not a number up to 65535.
    #[error("the URL's port is not a number up to 65535")]
    Port,
    /// `user:password@`.
    #[error("the URL contains user info")]
    UserInfo,
    /// A query parameter or JDBC property that names a secret.
    #[error("the URL contains a credential in its parameters")]
    SecretInQuery,
    /// `#…`.
    #[error("the URL contains a fragment")]
    Fragment,
}

/// Whether a host name always means this machine (RFC 6761 section 6.3, without its subdomains, which not every
/// resolver keeps to).
pub fn is_loopback_name(name: &str) -> bool {
    name.eq_ignore_ascii_case("localhost")
}

/// Whether an address must never be called: unspecified, link-local (where clouds keep their metadata services),
/// multicast, broadcast, and the metadata addresses outside of link-local; also when written as IPv6.
pub fn is_never_a_target(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            v4.octets()[0] == 0
                || v4.is_link_local()
                || v4.is_multicast()
                || v4.is_broadcast()
                || v4 == Ipv4Addr::new(100, 100, 100, 200)
        }
        IpAddr::V6(v6) => {
            let nat64 = matches!(v6.segments(), [0x64, 0xff9b, 0, 0, 0, 0, ..]);
            let embedded = v6.to_ipv4_mapped().or_else(|| nat64.then(|| low_ipv4(v6)));
            v6.is_unspecified()
                || v6.is_unicast_link_local()
                || v6.is_multicast()
                || v6 == Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254)
                || embedded.is_some_and(|v4| is_never_a_target(IpAddr::V4(v4)))
        }
    }
}

/// The IPv4 address in the last 32 bits.
fn low_ipv4(v6: Ipv6Addr) -> Ipv4Addr {
    let [.., a, b, c, d] = v6.octets();
    Ipv4Addr::new(a, b, c, d)
}

/// Cuts a JDBC URL into its scheme, a URL that RFC 3986 covers, and SQL Server's properties.
fn split_jdbc(text: &str) -> (Option<String>, String, Option<String>) {
    let rest = match text.get(..5) {
        Some(prefix) if prefix.eq_ignore_ascii_case("jdbc:") => &text[5..],
        _ => return (None, text.to_owned(), None),
    };
    let Some((driver, hierarchy)) = rest.split_once("//") else {
        return (None, text.to_owned(), None);
    };
    let driver = driver.trim_end_matches('@').trim_end_matches(':').to_ascii_lowercase();
    let (hierarchy, properties) = match hierarchy.split_once(';') {
        Some((hierarchy, properties)) if driver == "sqlserver" => (hierarchy, Some(properties.to_owned())),
        _ => (hierarchy, None),
    };
    (Some(format!("jdbc:{driver}")), format!("jdbc://{hierarchy}"), properties)
}

fn read_host(host: UriHost<'_>) -> Result<Host, EndpointError> {
    match host {
        UriHost::Ipv4(address) => Ok(Host::Address(IpAddr::V4(address))),
        UriHost::Ipv6(address) => Ok(Host::Address(IpAddr::V6(address))),
        UriHost::RegName(name) => {
            let name = name.as_str();
            if name.is_empty() {
                return Err(EndpointError::NoHost);
            }
            // Resolvers read `127.1`, `0x7f000001` and `2130706433` as addresses (WHATWG URL, "ends in a number").
            let last = name.trim_end_matches('.').rsplit('.').next().unwrap_or_default();
            let number = last.bytes().all(|b| b.is_ascii_digit())
                || last.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("0x"));
            let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_'));
            if number || !plain || name.starts_with('.') {
                return Err(EndpointError::AmbiguousHost);
            }
            Ok(Host::Name(name.to_ascii_lowercase()))
        }
        _ => Err(EndpointError::AmbiguousHost),
    }
}

fn default_port(scheme: &str) -> Option<u16> {
    match scheme {
        "https" => Some(443),
        "http" => Some(80),
        "couchbase" => Some(11210),
        "couchbases" => Some(11207),
        "mongodb" => Some(27017),
        "jdbc:mysql" => Some(3306),
        "jdbc:oracle:thin" => Some(1521),
        "jdbc:postgresql" => Some(5432),
        "jdbc:sqlserver" => Some(1433),
        _ => None,
    }
}

/// The name of a query parameter with `%41` decoded; what does not decode stays as it is.
pub fn percent_decoded(name: &[u8]) -> Vec<u8> {
    let digit = |at: usize| name.get(at).and_then(|b| (*b as char).to_digit(16)).map(|d| d as u8);
    let mut decoded = Vec::with_capacity(name.len());
    let mut at = 0;
    while at < name.len() {
        match (name[at], digit(at + 1), digit(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                decoded.push(high << 4 | low);
                at += 3;
            }
            (byte, ..) => {
                decoded.push(byte);
                at += 1;
            }
        }
    }
    decoded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> String {
        match Endpoint::parse(text) {
            Ok(endpoint) => format!("{} {} {:?}", endpoint.origin(), endpoint.path(), endpoint.query()),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn urls_are_taken_apart() {
        insta::assert_snapshot!(parts("https://API.example.com/v1?api-version=1"), @r#"https://api.example.com:443 /v1 Some("api-version=1")"#);
        insta::assert_snapshot!(parts("http://[::1]:8080"), @"http://[::1]:8080  None");
        insta::assert_snapshot!(parts("mongodb+srv://cluster0.mongodb.net/films"), @"mongodb+srv://cluster0.mongodb.net /films None");
        insta::assert_snapshot!(parts("jdbc:postgresql://pg.example.com/stock"), @"jdbc:postgresql://pg.example.com:5432 /stock None");
        insta::assert_snapshot!(parts("jdbc:sqlserver://h:1433;databaseName=d"), @"jdbc:sqlserver://h:1433  None");
        insta::assert_snapshot!(parts("jdbc:oracle:thin:@//h:1521/service"), @"jdbc:oracle:thin://h:1521 /service None");
    }

    #[test]
    fn what_readers_could_disagree_about_is_refused() {
        for text in [
            "api.example.com",
            "https:api.example.com",
            "https://",
            "https://a b/",
            "https://a\\@b/",
            "https://a/\n",
            "https://2130706433/",
            "https://0x7f.1/",
            "https://127.1/",
            "https://ex%61mple.com/",
            "https://bücher.example/",
            "https://h:65536/",
            "https://h:80,i:90/",
            "https://u:p@h/",
            "https://h/#f",
            "https://h/?key=x",
            "https://h/?a=b&X-Amz-Signature=x",
            "https://h/?api%2Dkey=x",
            "jdbc:postgresql://h/d?user=u&password=p",
            "jdbc:sqlserver://h;databaseName=d;password=p",
            "jdbc:postgresql:d",
            "",
        ] {
            assert!(Endpoint::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn addresses_of_metadata_services_are_never_targets() {
        for text in
            ["169.254.169.254", "0.0.0.0", "::", "fe80::1", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe"]
        {
            assert!(is_never_a_target(text.parse().unwrap()), "{text}");
        }
        for text in ["127.0.0.1", "10.0.0.1", "93.184.216.34", "::1", "2001:db8::1"] {
            assert!(!is_never_a_target(text.parse().unwrap()), "{text}");
        }
    }
}
