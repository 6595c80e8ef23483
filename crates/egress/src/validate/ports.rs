//! Validation of what drivers call: the port is opened, with TLS where the scheme says so.

use crate::dial::{Dialer, Stream};
use crate::error::EgressError;
use crate::validate::{ValidationStatus, Verdict};
use lockkeeper_model::{Connection, Credential};

/// The port that MongoDB servers have; which of them a `mongodb+srv` name means is said by DNS.
const MONGODB_PORT: u16 = 27017;

pub(super) async fn validate(dialer: &Dialer, connection: &Connection, credential: &Credential) -> Verdict {
    let endpoint = &connection.endpoint;
    #[cfg(feature = "postgres")]
    if endpoint.scheme() == "jdbc:postgresql" {
        return super::postgres::validate(dialer, connection, credential).await;
    }
    #[cfg(not(feature = "postgres"))]
    let _ = credential;
    let opened = match endpoint.scheme() {
        "mongodb+srv" => return validate_srv(dialer, connection).await,
        "couchbases" => open(dialer, connection, true).await,
        _ => open(dialer, connection, false).await,
    };
    match opened {
        Ok(Stream::Tls(_)) => {
            let detail = "the port is open and TLS was established; only a driver can try the login";
            Verdict::new(ValidationStatus::Ready, detail)
        }
        Ok(Stream::Plain(_)) => {
            Verdict::new(ValidationStatus::Ready, "the port is open; only a driver can try the login")
        }
        Err(error) => Verdict::of_error(&error),
    }
}

/// Opens the port; a database's own protocol decides about encryption, so its first bytes are not sent.
async fn open(dialer: &Dialer, connection: &Connection, tls: bool) -> Result<Stream, EgressError> {
    let origin = connection.endpoint.origin();
    let local = connection.endpoint.is_loopback();
    let tcp = dialer.open(&origin.host, origin.port, tls || !local).await?;
    match tls {
        true => dialer.secure(tcp, &origin.host).await,
        false => Ok(Stream::Plain(tcp)),
    }
}

/// The name of a `mongodb+srv` endpoint has SRV records, which the operating system's resolver does not read. Where it
/// also has addresses, they are tried.
async fn validate_srv(dialer: &Dialer, connection: &Connection) -> Verdict {
    let endpoint = &connection.endpoint;
    match dialer.open(endpoint.host(), endpoint.port().or(Some(MONGODB_PORT)), true).await {
        Ok(tcp) => match dialer.secure(tcp, endpoint.host()).await {
            Ok(_) => Verdict::new(
                ValidationStatus::Ready,
                "the name's own address is open and TLS was established; its SRV records were not resolved, and only \
                 a driver can try the login",
            ),
            Err(error) => Verdict::of_error(&error),
        },
        Err(EgressError::HostNotFound { .. }) => Verdict::new(
            ValidationStatus::Unsupported,
            "the name has no address of its own, as usual with mongodb+srv, and its SRV records are not resolved here: \
             only a driver can try it",
        ),
        Err(error) => Verdict::of_error(&error),
    }
}
