//! `lockkeeper proxy`: applications call it without holding a credential.

use crate::arguments::{Proxy as Arguments, Recorded};
use crate::failure::Failure;
use crate::keys::file::new_private;
use crate::local::{Open, session};
use crate::network::{SessionSource, client};
use crate::output::note;
use lockkeeper::model::SecretValue;
use lockkeeper::redact::{Clean, clean};
use lockkeeper::store::KeyBytes;
use lockkeeper_egress::{CallerToken, Proxy, ProxySettings};
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use zeroize::Zeroizing;

/// Serves until it is told to stop.
pub(crate) fn run(open: Open<'_>, arguments: Arguments) -> Result<(), Failure> {
    let mut builder = match arguments.threads {
        Some(1) => tokio::runtime::Builder::new_current_thread(),
        threads => {
            let mut builder = tokio::runtime::Builder::new_multi_thread();
            threads.map(|threads| builder.worker_threads(threads.max(1)));
            builder
        }
    };
    builder.enable_all().build()?.block_on(serve(open, arguments))
}

async fn serve(open: Open<'_>, arguments: Arguments) -> Result<(), Failure> {
    let mut settings = ProxySettings::default();
    if arguments.access.recording.audit == Recorded::All {
        settings.record_every = Duration::ZERO;
    }
    let session = session(open, arguments.access).await?;
    let proxy = Proxy::new(client()?, Arc::new(SessionSource(session)), settings);
    let token = arguments.token_file.as_deref().map(caller_token).transpose()?;
    if let Some(path) = &arguments.socket {
        return serve_socket(&proxy, path, token).await;
    }
    let Some(token) = token else {
        return Err(Failure::Usage {
            message: Clean::literal("callers over TCP need a token"),
            hint: Some(Clean::literal("give --token-file; the file is made on first use")),
        });
    };
    let listener = TcpListener::bind(&arguments.listen)
        .await
        .map_err(|error| Failure::Listen { place: Clean::text(&arguments.listen), source: error })?;
    note(&clean!("listening on {}", Clean::text(&listener.local_addr()?.to_string())));
    Ok(proxy.serve_tcp(listener, token, told_to_stop()).await?)
}

#[cfg(unix)]
async fn serve_socket(proxy: &Proxy, path: &Path, token: Option<CallerToken>) -> Result<(), Failure> {
    let place = || Clean::text(&path.display().to_string());
    let listener = bind_private(path).map_err(|source| Failure::Listen { place: place(), source })?;
    note(&clean!("listening on {}", place()));
    let served = proxy.serve_unix(listener, token, told_to_stop()).await;
    std::fs::remove_file(path)?;
    Ok(served?)
}

/// Makes a socket that is its owner's alone from its first moment on: its mode says who may call.
///
/// A socket on which nobody listens any more, left behind by a process that was killed, is replaced.
#[cfg(unix)]
fn bind_private(path: &Path) -> io::Result<tokio::net::UnixListener> {
    use rustix::fs::Mode;
    use std::os::unix::fs::FileTypeExt;
    use std::os::unix::net::UnixStream;
    let is_socket = std::fs::symlink_metadata(path).is_ok_and(|found| found.file_type().is_socket());
    let refused = |error: io::Error| error.kind() == io::ErrorKind::ConnectionRefused;
    if is_socket && UnixStream::connect(path).is_err_and(refused) {
        std::fs::remove_file(path)?;
    }
    let before = rustix::process::umask(Mode::XUSR | Mode::RWXG | Mode::RWXO);
    let bound = tokio::net::UnixListener::bind(path);
    rustix::process::umask(before);
    bound
}

#[cfg(not(unix))]
async fn serve_socket(_: &Proxy, _: &Path, _: Option<CallerToken>) -> Result<(), Failure> {
    Err(Failure::Usage { message: Clean::literal("there are no Unix sockets here"), hint: None })
}

/// Reads the token that callers have to know, and makes it if there is none.
fn caller_token(path: &Path) -> Result<CallerToken, Failure> {
    match make_token(path) {
        Ok(()) => note(&clean!("made a token in {}", Clean::text(&path.display().to_string()))),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(Failure::written(path, error)),
    }
    let text = read_private(path).map_err(|error| Failure::file(path, error))?;
    CallerToken::new(SecretValue::copy_of(text.trim())).ok_or_else(|| Failure::Usage {
        message: Clean::literal("the token file does not hold a token of 32 or more characters"),
        hint: Some(Clean::literal("remove it, and a token is made")),
    })
}

/// Writes a new token for its owner's eyes only; a file that is there already stays.
fn make_token(path: &Path) -> io::Result<()> {
    let mut file = new_private(path)?;
    let key = KeyBytes::random().map_err(io::Error::other)?;
    let token: Zeroizing<String> =
        Zeroizing::new(key.expose().iter().map(|byte| format!("{byte:02x}")).collect());
    file.write_all(token.as_bytes())
}

/// Reads a file that nobody else may read.
fn read_private(path: &Path) -> io::Result<Zeroizing<String>> {
    let mut file = File::open(path)?;
    #[cfg(unix)]
    if std::os::unix::fs::PermissionsExt::mode(&file.metadata()?.permissions()) & 0o077 != 0 {
        return Err(io::Error::other("others can read it; run: chmod 600 on it"));
    }
    let mut text = Zeroizing::new(String::with_capacity(4096));
    file.read_to_string(&mut text)?;
    Ok(text)
}

/// Waits for an interrupt, or for a request to terminate.
async fn told_to_stop() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
            return;
        }
    }
    // Without signals it runs until it is killed.
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
