//! TLS against a server whose certificate an authority of our own signed.

use crate::client::{Body, Client, Settings};
use crate::dial::{AddressPolicy, Resolve};
use crate::error::{EgressError, TlsFailure};
use crate::target::{Identity, Target};
use async_trait::async_trait;
use http::{Request, StatusCode};
use lockkeeper_model::{Connection, ConnectionType, Credential, Endpoint};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::version::{TLS12, TLS13};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

const AUTHORITY: &[u8] = include_bytes!("../../tests-data/made-up-authority.pem");
const SERVER: &[u8] = include_bytes!("../../tests-data/made-up-server.pem");

/// Every name is this machine.
struct Here;

#[async_trait]
impl Resolve for Here {
    async fn resolve(&self, _: &str) -> std::io::Result<Vec<IpAddr>> {
        Ok(vec![IpAddr::V4(Ipv4Addr::LOCALHOST)])
    }
}

/// A server that answers each connection once, in one version of TLS.
async fn server(version: &'static rustls::SupportedProtocolVersion) -> u16 {
    let certificate = CertificateDer::from_pem_slice(SERVER).unwrap();
    let key = PrivateKeyDer::from_pem_slice(SERVER).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_protocol_versions(&[version])
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let acceptor = TlsAcceptor::from(Arc::new(config));
        while let Ok((tcp, _)) = listener.accept().await {
            if let Ok(mut tls) = acceptor.accept(tcp).await {
                let _ = tls.read(&mut [0; 4096]).await;
                let _ = tls.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await;
            }
        }
    });
    port
}

async fn call(host: &str, port: u16, roots: &[u8]) -> Result<StatusCode, EgressError> {
    let mut settings = Settings::new(AddressPolicy::PERSONAL);
    settings.extra_roots_pem = roots.to_vec();
    settings.resolver = Arc::new(Here);
    let connection = Connection {
        connection_type: ConnectionType::Rest,
        endpoint: Endpoint::parse(&format!("https://{host}:{port}/")).unwrap(),
        options: Default::default(),
        auth: None,
        sealed: Default::default(),
        comment: None,
    };
    let target = Target::new(Identity { uid: [0; 16], secret_version: 1 }, &connection, &Credential::new())?;
    let request = Request::get("/").body(Body::empty()).unwrap();
    Client::new(settings)?.send(&target, request).await.map(|answer| answer.status())
}

fn failed(host: &str, reason: TlsFailure) -> Result<StatusCode, EgressError> {
    Err(EgressError::Tls { host: host.to_owned(), reason })
}

#[tokio::test]
async fn certificates_are_verified() {
    for version in [&TLS12, &TLS13] {
        let port = server(version).await;
        assert_eq!(call("upstream.example", port, AUTHORITY).await, Ok(StatusCode::NO_CONTENT));
        assert_eq!(
            call("upstream.example", port, b"").await,
            failed("upstream.example", TlsFailure::Untrusted)
        );
        assert_eq!(
            call("other.example", port, AUTHORITY).await,
            failed("other.example", TlsFailure::WrongName)
        );
        assert_eq!(call("127.0.0.1", port, AUTHORITY).await, failed("127.0.0.1", TlsFailure::WrongName));
    }
    let broken = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    assert_eq!(call("upstream.example", 1, broken).await, Err(EgressError::UnusableCertificate));
}

#[tokio::test]
async fn what_is_not_tls_is_not_spoken_to() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut tcp, _)) = listener.accept().await {
            let _ = tcp.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        }
    });
    assert_eq!(
        call("upstream.example", port, AUTHORITY).await,
        failed("upstream.example", TlsFailure::Protocol)
    );
}
