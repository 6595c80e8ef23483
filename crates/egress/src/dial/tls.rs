//! TLS with ring and Mozilla's roots.

use crate::error::{EgressError, TlsFailure};
use lockkeeper_model::Host;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{CertificateError, ClientConfig, RootCertStore};
use std::sync::Arc;

/// A configuration for clients: TLS 1.2 and 1.3, certificates always verified, HTTP/1.1 only.
#[derive(Clone)]
pub(crate) struct TlsSettings(Arc<ClientConfig>);

impl TlsSettings {
    /// Trusts Mozilla's roots and further authorities in PEM form.
    ///
    /// # Errors
    /// [`EgressError::UnusableCertificate`].
    pub(crate) fn new(extra_roots_pem: &[u8]) -> Result<Self, EgressError> {
        let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        for certificate in CertificateDer::pem_slice_iter(extra_roots_pem) {
            let certificate = certificate.map_err(|_| EgressError::UnusableCertificate)?;
            roots.add(certificate).map_err(|_| EgressError::UnusableCertificate)?;
        }
        // Named here, because a process may have installed another provider.
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
            .map_err(|_| EgressError::Internal { what: "the TLS provider lacks a version" })?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self(Arc::new(config)))
    }

    pub(crate) fn config(&self) -> Arc<ClientConfig> {
        Arc::clone(&self.0)
    }
}

/// Says in our own words why TLS failed; the library's would repeat names out of the certificate.
pub(crate) fn tls_error(host: &Host, error: &std::io::Error) -> EgressError {
    use CertificateError as Certificate;
    let failure = error.get_ref().and_then(|error| error.downcast_ref::<rustls::Error>());
    let reason = match failure {
        Some(rustls::Error::InvalidCertificate(fault)) => match fault {
            Certificate::UnknownIssuer => TlsFailure::Untrusted,
            Certificate::NotValidForName | Certificate::NotValidForNameContext { .. } => {
                TlsFailure::WrongName
            }
            Certificate::Expired
            | Certificate::ExpiredContext { .. }
            | Certificate::NotValidYet
            | Certificate::NotValidYetContext { .. } => TlsFailure::Expired,
            _ => TlsFailure::Certificate,
        },
        Some(_) => TlsFailure::Protocol,
        None => return EgressError::Closed,
    };
    EgressError::Tls { host: host.to_string(), reason }
}
