//! WebSockets through the proxy.

use crate::client::ResponseBody;
use crate::proxy::answer::{AnswerBody, Guards};
use crate::proxy::forward::strip_response;
use http::Response;
use http::header::{CONNECTION, HeaderValue, UPGRADE};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Passes on the agreement to change the protocol, and copies bytes both ways from then on.
pub(super) fn tunnel(
    mut answer: Response<ResponseBody>,
    caller: OnUpgrade,
    guards: Guards,
    idle: Duration,
) -> Response<AnswerBody> {
    let service = hyper::upgrade::on(&mut answer);
    let (mut parts, _) = answer.into_parts();
    strip_response(&mut parts.headers);
    parts.headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
    parts.headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    tokio::spawn(async move {
        let _guards = guards;
        let (Ok(caller), Ok(service)) = tokio::join!(caller, service) else { return };
        let moved = Arc::new(AtomicU64::new(0));
        let mut caller = Counted { io: TokioIo::new(caller), moved: Arc::clone(&moved) };
        let mut service = Counted { io: TokioIo::new(service), moved: Arc::clone(&moved) };
        let mut copying = std::pin::pin!(tokio::io::copy_bidirectional(&mut caller, &mut service));
        loop {
            let before = moved.load(Ordering::Relaxed);
            tokio::select! {
                // Either side's failure ends both; there is nobody to tell.
                _ = &mut copying => return,
                () = tokio::time::sleep(idle) => {
                    if moved.load(Ordering::Relaxed) == before {
                        return;
                    }
                }
            }
        }
    });
    Response::from_parts(parts, AnswerBody::empty())
}

/// A stream that counts what is read from it.
struct Counted<T> {
    io: T,
    moved: Arc<AtomicU64>,
}

impl<T: AsyncRead + Unpin> AsyncRead for Counted<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.io).poll_read(cx, buffer);
        self.moved.fetch_add((buffer.filled().len() - before) as u64, Ordering::Relaxed);
        read
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Counted<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}
