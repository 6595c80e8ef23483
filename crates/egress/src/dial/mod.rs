//! Opening connections: to the address that was checked, and with TLS where the scheme says so.

mod address;
mod resolve;
mod stream;
mod tls;

pub use address::{AddressPolicy, reach_of};
pub use resolve::{Resolve, SystemResolver};
pub use stream::Stream;
pub(crate) use tls::{TlsSettings, tls_error};

use crate::error::{EgressError, Stage};
use http::Uri;
use lockkeeper_model::{Endpoint, Host, Origin};
use rustls::pki_types::ServerName;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// Opens connections to origins, by one policy.
#[derive(Clone)]
pub(crate) struct Dialer {
    pub(crate) resolver: Arc<dyn Resolve>,
    pub(crate) policy: AddressPolicy,
    pub(crate) tls: TlsSettings,
    pub(crate) timeout: Duration,
}

impl Dialer {
    /// Resolves, checks, connects, and establishes TLS for `https`.
    ///
    /// # Errors
    /// Those of each step, and [`EgressError::Timeout`] for all of them together.
    pub(crate) async fn dial(&self, origin: &Origin) -> Result<Stream, EgressError> {
        let dialled = async {
            let tcp = self.open(&origin.host, origin.port, origin.scheme == "https").await?;
            match origin.scheme.as_str() {
                "https" => self.secure(tcp, &origin.host).await,
                _ => Ok(Stream::Plain(tcp)),
            }
        };
        tokio::time::timeout(self.timeout, dialled)
            .await
            .unwrap_or(Err(EgressError::Timeout { stage: Stage::Connect }))
    }

    /// Resolves and connects, without TLS and without a time limit.
    ///
    /// Every address of the name has to pass, and only those that passed are dialled, so a name that resolves
    /// differently later, or to a mixture, gains nothing. Without encryption only this machine is called.
    pub(crate) async fn open(
        &self,
        host: &Host,
        port: Option<u16>,
        encrypted: bool,
    ) -> Result<TcpStream, EgressError> {
        let port = port.ok_or(EgressError::Internal { what: "an origin without a port is dialled" })?;
        let addresses = match host {
            Host::Address(address) => vec![*address],
            Host::Name(name) => self
                .resolver
                .resolve(name)
                .await
                .ok()
                .filter(|addresses| !addresses.is_empty())
                .ok_or_else(|| EgressError::HostNotFound { host: name.clone() })?,
        };
        for address in &addresses {
            self.policy.check(host, *address, encrypted)?;
        }
        let mut last = std::io::ErrorKind::AddrNotAvailable;
        for address in in_turns(addresses) {
            match TcpStream::connect(SocketAddr::new(address, port)).await {
                Ok(stream) => {
                    // Small writes are whole requests; a failure to say so only costs time.
                    let _ = stream.set_nodelay(true);
                    return Ok(stream);
                }
                Err(error) => last = error.kind(),
            }
        }
        Err(EgressError::Unreachable { host: host.to_string(), port, kind: last })
    }

    /// Establishes TLS over an open stream.
    pub(crate) async fn secure(&self, tcp: TcpStream, host: &Host) -> Result<Stream, EgressError> {
        let name = match host {
            Host::Name(name) => ServerName::try_from(name.trim_end_matches('.').to_owned())
                .map_err(|_| EgressError::HostNotFound { host: name.clone() })?,
            Host::Address(address) => ServerName::IpAddress((*address).into()),
        };
        let connector = TlsConnector::from(self.tls.config());
        match connector.connect(name, tcp).await {
            Ok(stream) => Ok(Stream::Tls(Box::new(stream))),
            Err(error) => Err(tls_error(host, &error)),
        }
    }
}

/// Both families by turns, so that a machine without one of them does not wait for all of its addresses.
fn in_turns(addresses: Vec<IpAddr>) -> Vec<IpAddr> {
    let (v4, v6): (Vec<IpAddr>, Vec<IpAddr>) = addresses.into_iter().partition(IpAddr::is_ipv4);
    let count = v4.len().max(v6.len());
    (0..count).flat_map(|at| [v4.get(at), v6.get(at)]).flatten().copied().collect()
}

/// Host and port as they stand in a URL and in `Host`: the scheme's own port is left out.
pub(crate) fn authority_of(endpoint: &Endpoint) -> String {
    let host = endpoint.host().to_string();
    match (endpoint.scheme(), endpoint.port()) {
        (_, None) | ("https", Some(443)) | ("http", Some(80)) => host,
        (_, Some(port)) => format!("{host}:{port}"),
    }
}

/// The same for an absolute URL; `None` if it has no host.
pub(crate) fn host_header(url: &Uri) -> Option<String> {
    let host = url.host()?.to_ascii_lowercase();
    Some(match (url.scheme_str(), url.port_u16()) {
        (_, None) | (Some("https"), Some(443)) | (Some("http"), Some(80)) => host,
        (_, Some(port)) => format!("{host}:{port}"),
    })
}

#[cfg(test)]
mod tests;
