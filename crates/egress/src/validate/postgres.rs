//! A real login to PostgreSQL, over a connection that was checked and encrypted by us.

use crate::dial::{Dialer, Stream};
use crate::driver::DriverCredential;
use crate::error::EgressError;
use crate::validate::{ValidationStatus, Verdict};
use lockkeeper_model::{Connection, Credential, Host};
use std::future::Future;
use std::io::{Error, Result};
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_postgres::config::SslMode;
use tokio_postgres::error::SqlState;
use tokio_postgres::tls::{ChannelBinding, TlsConnect, TlsStream};

/// Logs in and out. Another machine is logged in to over verified TLS only; this one without, unless the URL asks for it,
/// because servers on it usually have a certificate that nobody signed.
pub(super) async fn validate(dialer: &Dialer, connection: &Connection, credential: &Credential) -> Verdict {
    match log_in(dialer, connection, credential).await {
        Ok(verdict) => verdict,
        Err(error) => Verdict::of_error(&error),
    }
}

async fn log_in(
    dialer: &Dialer,
    connection: &Connection,
    credential: &Credential,
) -> std::result::Result<Verdict, EgressError> {
    let driver = DriverCredential::new(connection, credential)?;
    let endpoint = &connection.endpoint;
    let asked = endpoint.query().is_some_and(|query| {
        query.split('&').any(|pair| {
            let pair = pair.to_ascii_lowercase();
            ["sslmode=require", "sslmode=verify-ca", "sslmode=verify-full", "ssl=true"]
                .contains(&pair.as_str())
        })
    });
    let encrypted = asked || !endpoint.is_loopback();
    let origin = endpoint.origin();
    let tcp = dialer.open(&origin.host, origin.port, encrypted).await?;
    let mut config = tokio_postgres::Config::new();
    config
        .user(driver.user.expose())
        .password(driver.secret.expose())
        .application_name("lockkeeper")
        .ssl_mode(if encrypted { SslMode::Require } else { SslMode::Disable });
    if !driver.database.is_empty() {
        config.dbname(&driver.database);
    }
    let tls = Encrypt { dialer: dialer.clone(), host: origin.host };
    // Logging in sends nothing but the login; the connection ends when both halves are dropped.
    Ok(match config.connect_raw(tcp, tls).await {
        Ok(_) => Verdict::new(ValidationStatus::Ready, "logged in"),
        Err(error) => verdict_of(&error),
    })
}

/// PostgreSQL's message may hold anything; its five-letter state does not.
fn verdict_of(error: &tokio_postgres::Error) -> Verdict {
    let Some(state) = error.code() else {
        return match tls_cause(error) {
            Some(error) => Verdict::of_error(error),
            None => Verdict::new(
                ValidationStatus::Unreachable,
                "the server did not accept an encrypted login, or does not speak PostgreSQL's protocol",
            ),
        };
    };
    let (status, detail) = match *state {
        SqlState::INVALID_PASSWORD | SqlState::INVALID_AUTHORIZATION_SPECIFICATION => {
            (ValidationStatus::InvalidAuth, "the server refused user and password, or the way of the login")
        }
        SqlState::INVALID_CATALOG_NAME => {
            (ValidationStatus::Ready, "logged in, but there is no such database")
        }
        SqlState::INSUFFICIENT_PRIVILEGE => {
            (ValidationStatus::InvalidAuth, "the user may not connect to the database")
        }
        SqlState::TOO_MANY_CONNECTIONS => {
            (ValidationStatus::Unreachable, "the server has too many connections at the moment")
        }
        SqlState::CANNOT_CONNECT_NOW => (ValidationStatus::Unreachable, "the server is starting or stopping"),
        _ => (ValidationStatus::Unreachable, "the server ended the login with an error"),
    };
    Verdict::new(status, detail)
}

fn tls_cause(error: &tokio_postgres::Error) -> Option<&EgressError> {
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        if let Some(error) = cause.downcast_ref::<EgressError>() {
            return Some(error);
        }
        source = cause.source();
    }
    None
}

/// Our TLS for the driver.
struct Encrypt {
    dialer: Dialer,
    host: Host,
}

impl TlsConnect<TcpStream> for Encrypt {
    type Stream = Encrypted;
    type Error = EgressError;
    type Future = Pin<Box<dyn Future<Output = std::result::Result<Encrypted, EgressError>> + Send>>;

    fn connect(self, stream: TcpStream) -> Self::Future {
        Box::pin(async move { self.dialer.secure(stream, &self.host).await.map(Encrypted) })
    }
}

struct Encrypted(Stream);

impl TlsStream for Encrypted {
    /// SCRAM without channel binding: the certificate was verified.
    fn channel_binding(&self) -> ChannelBinding {
        ChannelBinding::none()
    }
}

impl AsyncRead for Encrypted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Encrypted {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::result::Result<(), Error>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}
