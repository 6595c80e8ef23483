//! What can go wrong on the way out.

use lockkeeper_model::{ConnectionType, OptionKey};
use std::fmt;

/// Why a request was not sent, or its answer not delivered.
///
/// It holds names out of our own tables, hosts of endpoints, sizes and numbers: never a part of a request, of an
/// answer or of a credential. The caller's mistakes come first, then what the environment does, then our bugs.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EgressError {
    /// The request's URL or `Host` header is not at the origin of the connection's endpoint.
    #[error("the URL leads to another origin than the endpoint of the connection")]
    OtherOrigin,
    /// The path has a segment `.` or `..` in some spelling, a backslash, or a control character.
    #[error("the path is not one that every server reads in the same way")]
    AmbiguousPath,
    /// The caller's request has a credential of its own.
    #[error("the request has a header \"{header}\" of its own")]
    CallerCredential {
        /// The header's name, out of our table.
        header: &'static str,
    },
    /// A header of the request has a value that is not text, so that it cannot be signed.
    #[error("a header of the request is not text")]
    InvalidHeader,
    /// The body is signed or kept for a second attempt, and larger than may be held in memory.
    #[error("the body of the request has more than {limit} bytes")]
    RequestTooLarge {
        /// The limit, in bytes.
        limit: usize,
    },
    /// The credential has a form that the way to authenticate cannot use.
    #[error("option \"{option}\" {reason}")]
    UnusableCredential {
        /// The option.
        option: OptionKey,
        /// What is wrong with its form.
        reason: &'static str,
    },
    /// The connection lacks an option that its way to authenticate needs.
    #[error("option \"{option}\" is missing")]
    MissingOption {
        /// The option.
        option: OptionKey,
    },
    /// The endpoint's host does not name an AWS region.
    #[error("the host of the endpoint does not name an AWS region")]
    NoRegion,
    /// The connection is for a driver, not for HTTP requests.
    #[error("connection type \"{connection_type}\" is not called over HTTP")]
    NotHttp {
        /// The type.
        connection_type: ConnectionType,
    },
    /// The connection is for HTTP requests, not for a driver.
    #[error("connection type \"{connection_type}\" has no driver")]
    NotDriver {
        /// The type.
        connection_type: ConnectionType,
    },
    /// A URL that we would have to call is not one to call.
    #[error("option \"{option}\" leads to a URL that is not one to call")]
    RefusedUrl {
        /// The option it stands in.
        option: OptionKey,
    },
    /// The settings hold a certificate that cannot be read.
    #[error("a trusted certificate is not a certificate in PEM form")]
    UnusableCertificate,
    /// The host has an address that must not be called.
    #[error("the host \"{host}\" has {reach} address, which is not called")]
    RefusedAddress {
        /// The host.
        host: String,
        /// What kind of address it is.
        reach: Reach,
    },
    /// The host's name was not resolved.
    #[error("the host \"{host}\" was not found")]
    HostNotFound {
        /// The host.
        host: String,
    },
    /// No connection was made.
    #[error("the host \"{host}\" did not accept a connection on port {port}: {kind}")]
    Unreachable {
        /// The host.
        host: String,
        /// The port.
        port: u16,
        /// The operating system's reason.
        kind: std::io::ErrorKind,
    },
    /// TLS was not established.
    #[error("TLS with the host \"{host}\" failed: {reason}")]
    Tls {
        /// The host.
        host: String,
        /// Why, in our words.
        reason: TlsFailure,
    },
    /// Something took longer than its limit.
    #[error("{stage} took longer than allowed")]
    Timeout {
        /// What took long.
        stage: Stage,
    },
    /// The other side closed the connection early or reset it.
    #[error("the service closed the connection before its answer was complete")]
    Closed,
    /// What came back is not HTTP/1, or its head is too large.
    #[error("the service did not answer in valid HTTP/1, or with a head beyond the limits")]
    InvalidResponse,
    /// The answer is larger than may be held in memory.
    #[error("the answer of the service has more than {limit} bytes")]
    ResponseTooLarge {
        /// The limit, in bytes.
        limit: usize,
    },
    /// The caller's own body failed while it was sent.
    #[error("the body of the request could not be read to its end")]
    RequestBody,
    /// The token endpoint refused the credential.
    #[error("the token endpoint answered {status}{}", TokenErrorCode::suffix(*.code))]
    TokenRefused {
        /// The status.
        status: u16,
        /// The error code, if it is one of RFC 6749 section 5.2.
        code: Option<TokenErrorCode>,
    },
    /// The token endpoint answered with something that is not a bearer token.
    #[error("the token endpoint did not answer with a bearer token ({reason})")]
    InvalidToken {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A bug in this crate.
    #[error("internal error: {what}")]
    Internal {
        /// What did not hold.
        what: &'static str,
    },
}

/// Whose fault an error is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The request or the connection's definition has to be changed.
    Caller,
    /// The network or the other side has to.
    Environment,
    /// We have to.
    Bug,
}

impl EgressError {
    /// Whose fault it is.
    pub const fn fault(&self) -> Fault {
        match self {
            Self::OtherOrigin
            | Self::AmbiguousPath
            | Self::CallerCredential { .. }
            | Self::InvalidHeader
            | Self::RequestTooLarge { .. }
            | Self::UnusableCredential { .. }
            | Self::MissingOption { .. }
            | Self::NoRegion
            | Self::NotHttp { .. }
            | Self::NotDriver { .. }
            | Self::RefusedUrl { .. }
            | Self::UnusableCertificate
            | Self::RefusedAddress { .. }
            | Self::RequestBody => Fault::Caller,
            Self::HostNotFound { .. }
            | Self::Unreachable { .. }
            | Self::Tls { .. }
            | Self::Timeout { .. }
            | Self::Closed
            | Self::InvalidResponse
            | Self::ResponseTooLarge { .. }
            | Self::TokenRefused { .. }
            | Self::InvalidToken { .. } => Fault::Environment,
            Self::Internal { .. } => Fault::Bug,
        }
    }

    /// What to do about it, as a sentence without full stop.
    pub const fn hint(&self) -> Option<&'static str> {
        match self {
            Self::OtherOrigin => {
                Some("a credential goes to the origin of its endpoint only; give a path instead")
            }
            Self::AmbiguousPath => {
                Some("write the path without \".\", \"..\" and backslashes, encoded or not")
            }
            Self::CallerCredential { .. } => Some("leave it out: the connection's credential is applied"),
            Self::NoRegion => Some("use a host such as \"bedrock-runtime.us-east-1.amazonaws.com\""),
            Self::NotHttp { .. } => Some("use the driver's form of the credential"),
            Self::RefusedUrl { .. } => {
                Some("https only, and for a service account one of Google's token hosts")
            }
            Self::RefusedAddress { reach: Reach::Private, .. } => {
                Some("the policy in force refuses private addresses")
            }
            Self::RefusedAddress { reach: Reach::Loopback, .. } => {
                Some("only an endpoint that itself names this machine may lead to it")
            }
            Self::Tls { reason: TlsFailure::Untrusted, .. } => {
                Some("a private certificate authority has to be added to the trusted ones")
            }
            Self::TokenRefused { .. } => Some("check client-id, client-secret and scope"),
            _ => None,
        }
    }
}

/// How far away an address is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reach {
    /// Unspecified, link-local, metadata, multicast: never called.
    Never,
    /// This machine.
    Loopback,
    /// A private network.
    Private,
    /// The internet.
    Public,
}

impl fmt::Display for Reach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Never => "a link-local, metadata, multicast or unspecified",
            Self::Loopback => "a loopback",
            Self::Private => "a private",
            Self::Public => "a public",
        })
    }
}

/// Why TLS was not established.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TlsFailure {
    /// The certificate is not from a trusted authority.
    Untrusted,
    /// The certificate is for another name.
    WrongName,
    /// The certificate has expired, or is not valid yet.
    Expired,
    /// Another fault of the certificate.
    Certificate,
    /// No common version or cipher, or not TLS at all.
    Protocol,
}

impl fmt::Display for TlsFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Untrusted => "its certificate is not from a trusted authority",
            Self::WrongName => "its certificate is for another name",
            Self::Expired => "its certificate is not valid at this time",
            Self::Certificate => "its certificate is not acceptable",
            Self::Protocol => "it does not speak TLS 1.2 or later as we do",
        })
    }
}

/// A part of a call that has a time limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stage {
    /// Resolving, connecting and TLS.
    Connect,
    /// From the end of connecting to the head of the answer.
    Head,
    /// Between two parts of the answer's body.
    Body,
    /// The call as a whole.
    Total,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connect => "connecting to the service",
            Self::Head => "waiting for the service to answer",
            Self::Body => "waiting for the next part of the answer",
            Self::Total => "the call",
        })
    }
}

/// The error codes of a token endpoint (RFC 6749 section 5.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the RFC's own names, nothing to add")]
pub enum TokenErrorCode {
    InvalidClient,
    InvalidGrant,
    InvalidRequest,
    InvalidScope,
    UnauthorizedClient,
    UnsupportedGrantType,
}

impl TokenErrorCode {
    const ALL: [Self; 6] = [
        Self::InvalidClient,
        Self::InvalidGrant,
        Self::InvalidRequest,
        Self::InvalidScope,
        Self::UnauthorizedClient,
        Self::UnsupportedGrantType,
    ];

    /// Finds a code by the RFC's name for it.
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|code| code.as_str() == name)
    }

    /// The RFC's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidClient => "invalid_client",
            Self::InvalidGrant => "invalid_grant",
            Self::InvalidRequest => "invalid_request",
            Self::InvalidScope => "invalid_scope",
            Self::UnauthorizedClient => "unauthorized_client",
            Self::UnsupportedGrantType => "unsupported_grant_type",
        }
    }

    fn suffix(code: Option<Self>) -> String {
        code.map_or_else(String::new, |code| format!(", {}", code.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_read_well() {
        let text = |error: EgressError| format!("{error} ({:?})", error.fault());
        insta::assert_snapshot!(
            text(EgressError::TokenRefused { status: 401, code: Some(TokenErrorCode::InvalidClient) }),
            @"the token endpoint answered 401, invalid_client (Environment)"
        );
        insta::assert_snapshot!(
            text(EgressError::TokenRefused { status: 500, code: None }),
            @"the token endpoint answered 500 (Environment)"
        );
        insta::assert_snapshot!(
            text(EgressError::RefusedAddress { host: "db.example.com".into(), reach: Reach::Private }),
            @r#"the host "db.example.com" has a private address, which is not called (Caller)"#
        );
        insta::assert_snapshot!(
            text(EgressError::Unreachable { host: "h".into(), port: 443, kind: std::io::ErrorKind::ConnectionRefused }),
            @r#"the host "h" did not accept a connection on port 443: connection refused (Environment)"#
        );
    }
}
