//! Accepting callers, and ending in good order.

use crate::proxy::caller::CallerToken;
use crate::proxy::{Inner, Proxy};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::future::Future;
use std::io::Result;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
#[cfg(unix)]
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

/// A place among the requests that are forwarded at a time.
pub(super) struct Permit(#[expect(dead_code, reason = "it is held, not read")] OwnedSemaphorePermit);

impl Permit {
    pub(super) fn of(open: &Arc<Semaphore>) -> Option<Self> {
        Arc::clone(open).try_acquire_owned().ok().map(Self)
    }
}

impl Proxy {
    /// Serves callers over TCP, who have to know the token, until `shutdown` is ready; requests under way may then end
    /// within [`crate::ProxySettings::grace`].
    ///
    /// # Errors
    /// None so far: failures to accept a caller are waited out.
    pub async fn serve_tcp<F>(&self, listener: TcpListener, token: CallerToken, shutdown: F) -> Result<()>
    where
        F: Future<Output = ()>,
    {
        self.serve(listener, Some(Arc::new(token)), shutdown).await
    }

    /// Serves callers over a Unix socket, whose mode says who may connect; with a token, they have to know it too.
    ///
    /// # Errors
    /// None so far: failures to accept a caller are waited out.
    #[cfg(unix)]
    pub async fn serve_unix<F>(
        &self,
        listener: UnixListener,
        token: Option<CallerToken>,
        shutdown: F,
    ) -> Result<()>
    where
        F: Future<Output = ()>,
    {
        self.serve(listener, token.map(Arc::new), shutdown).await
    }

    async fn serve<L, F>(&self, listener: L, token: Option<Arc<CallerToken>>, shutdown: F) -> Result<()>
    where
        L: Accept,
        F: Future<Output = ()>,
    {
        let open = Arc::new(Semaphore::new(self.0.settings.requests));
        let callers = Arc::new(Semaphore::new(self.0.settings.connections));
        let (stop, stopped) = watch::channel(());
        let mut tasks = tokio::task::JoinSet::new();
        let mut shutdown = std::pin::pin!(shutdown);
        loop {
            let accepted = async {
                // Those who do not fit in wait in the listener's queue.
                let place = Arc::clone(&callers).acquire_owned().await;
                (place, listener.accept().await)
            };
            let (place, stream) = tokio::select! {
                () = &mut shutdown => break,
                accepted = accepted => accepted,
                Some(_) = tasks.join_next(), if !tasks.is_empty() => continue,
            };
            match stream {
                Ok(stream) => {
                    let inner = Arc::clone(&self.0);
                    let (open, token, stopped) = (Arc::clone(&open), token.clone(), stopped.clone());
                    tasks.spawn(async move {
                        let _place = place;
                        inner.serve_caller(stream, token, open, stopped).await;
                    });
                }
                // Usually too many open files: some are closed soon.
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
        // Whoever comes from now on is told so at once, and does not wait in the listener's queue.
        drop(listener);
        drop((stop, stopped));
        let ended = async { while tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(self.0.settings.grace, ended).await.is_err() {
            tasks.shutdown().await;
        }
        self.0.late.settle().await;
        Ok(())
    }
}

/// A listener of some kind.
trait Accept {
    type Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static;

    fn accept(&self) -> impl Future<Output = Result<Self::Stream>> + Send;
}

impl Accept for TcpListener {
    type Stream = TcpStream;

    async fn accept(&self) -> Result<TcpStream> {
        let (stream, _) = Self::accept(self).await?;
        // Answers are written whole; a failure to say so only costs time.
        let _ = stream.set_nodelay(true);
        Ok(stream)
    }
}

#[cfg(unix)]
impl Accept for UnixListener {
    type Stream = UnixStream;

    async fn accept(&self) -> Result<UnixStream> {
        Ok(Self::accept(self).await?.0)
    }
}

impl Inner {
    async fn serve_caller<S>(
        self: Arc<Self>,
        stream: S,
        token: Option<Arc<CallerToken>>,
        open: Arc<Semaphore>,
        mut stopped: watch::Receiver<()>,
    ) where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        self.metrics.callers.fetch_add(1, Ordering::Relaxed);
        let this = Arc::clone(&self);
        let service = service_fn(move |request| {
            let (inner, token, open) = (Arc::clone(&this), token.clone(), Arc::clone(&open));
            async move { Ok::<_, Infallible>(inner.answer(request, token.as_deref(), &open).await) }
        });
        let mut builder = http1::Builder::new();
        builder
            .timer(TokioTimer::new())
            .header_read_timeout(self.settings.caller_head)
            .max_buf_size(self.settings.head_bytes.max(8192));
        let mut connection =
            std::pin::pin!(builder.serve_connection(TokioIo::new(stream), service).with_upgrades());
        // A caller's failures are the caller's: nothing to log that it would not know.
        tokio::select! {
            _ = &mut connection => {}
            _ = stopped.changed() => {
                connection.as_mut().graceful_shutdown();
                let _ = connection.await;
            }
        }
        self.metrics.callers.fetch_sub(1, Ordering::Relaxed);
    }
}
