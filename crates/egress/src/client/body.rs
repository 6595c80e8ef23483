//! Bodies of requests and of answers.

use crate::body::Framed;
use crate::client::pool::Lease;
use crate::error::{EgressError, Stage};
use crate::scrub::{ScrubbedBody, Scrubber};
use bytes::{Bytes, BytesMut};
use http_body::{Body as HttpBody, Frame, SizeHint};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::{Instant, Sleep};

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The body of a request: nothing, bytes, or a stream.
pub struct Body(Framed<BoxError, Upload>);

/// Tells that a body was read to its end or given up, by being dropped.
struct Upload(Arc<AtomicBool>);

impl Body {
    /// No body.
    pub const fn empty() -> Self {
        Self(Framed::empty())
    }

    /// A body that is read as it is sent; it can be sent once only.
    pub fn stream<B>(body: B) -> Self
    where
        B: HttpBody<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        Self(Framed::stream(body))
    }

    /// The same body once more, unless it is a stream.
    pub(super) fn again(&self) -> Option<Self> {
        self.0.at_hand().cloned().map(Self::from)
    }

    /// All of it in memory.
    pub(super) async fn buffered(self, limit: usize) -> Result<Bytes, EgressError> {
        let too_large = EgressError::RequestTooLarge { limit };
        if self.size_hint().lower() > limit as u64 {
            return Err(too_large);
        }
        if let Some(bytes) = self.0.at_hand() {
            return Ok(bytes.clone());
        }
        collect(self, limit).await.map_err(|error| error.map_or(too_large, |_| EgressError::RequestBody))
    }

    /// Something to ask later whether the body is still being sent; `None` if it is small work to send it.
    pub(super) fn watch(&mut self) -> Option<Arc<AtomicBool>> {
        if self.0.at_hand().is_some() {
            return None;
        }
        let upload = self.0.guard_mut().get_or_insert_with(|| Upload(Arc::default()));
        Some(Arc::clone(&upload.0))
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0.at_hand() {
            Some(bytes) if bytes.is_empty() => "Body::Empty",
            Some(_) => "Body::Whole",
            None => "Body::Stream",
        })
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        Self(Framed::whole(bytes))
    }
}

impl From<Vec<u8>> for Body {
    fn from(bytes: Vec<u8>) -> Self {
        Self::from(Bytes::from(bytes))
    }
}

impl From<String> for Body {
    fn from(text: String) -> Self {
        Self::from(Bytes::from(text))
    }
}

impl From<&'static str> for Body {
    fn from(text: &'static str) -> Self {
        Self::from(Bytes::from_static(text.as_bytes()))
    }
}

impl From<Incoming> for Body {
    fn from(body: Incoming) -> Self {
        Self::stream(body)
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

impl HttpBody for Body {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        Pin::new(&mut self.0).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.size_hint()
    }
}

/// The body of an answer, which streams.
///
/// It fails when the next part takes too long. When it is dropped before its end, the connection is closed; otherwise the
/// connection serves another request.
pub struct ResponseBody {
    body: Incoming,
    lease: Option<Lease>,
    scrubbers: Vec<Arc<Scrubber>>,
    idle: Duration,
    deadline: Option<Instant>,
    timer: Option<Pin<Box<Sleep>>>,
    waiting: bool,
}

impl ResponseBody {
    pub(super) fn new(
        body: Incoming,
        lease: Option<Lease>,
        idle: Duration,
        deadline: Option<Instant>,
    ) -> Self {
        let mut this =
            Self { body, lease, scrubbers: Vec::new(), idle, deadline, timer: None, waiting: false };
        this.finish_early();
        this
    }

    pub(super) fn look_for(&mut self, scrubbers: Vec<Arc<Scrubber>>) {
        self.scrubbers = scrubbers;
    }

    /// Masks the connection's credential in the body as it streams.
    ///
    /// The body must not be compressed, and its length is no longer the one that the head states.
    pub fn scrubbed(mut self) -> ScrubbedBody<Self> {
        let scrubbers = std::mem::take(&mut self.scrubbers);
        ScrubbedBody::new(self, scrubbers)
    }

    /// The same body without the search, where the type has to be the same.
    pub(crate) fn unscrubbed(self) -> ScrubbedBody<Self> {
        ScrubbedBody::new(self, Vec::new())
    }

    /// Reads the whole body, with the credential masked.
    ///
    /// # Errors
    /// [`EgressError::ResponseTooLarge`] if it has more than `limit` bytes; those of reading.
    pub async fn collect_scrubbed(self, limit: usize) -> Result<Bytes, EgressError> {
        collect(self.scrubbed(), limit)
            .await
            .map_err(|error| error.unwrap_or(EgressError::ResponseTooLarge { limit }))
    }

    /// Reads the whole body as it is.
    pub(super) async fn collect_raw(self, limit: usize) -> Result<Bytes, EgressError> {
        collect(self, limit).await.map_err(|error| error.unwrap_or(EgressError::ResponseTooLarge { limit }))
    }

    /// Gives the connection back as soon as nothing more can come.
    fn finish_early(&mut self) {
        if self.body.is_end_stream()
            && let Some(lease) = self.lease.take()
        {
            lease.give_back();
        }
    }

    fn poll_timer(&mut self, cx: &mut Context<'_>) -> Poll<EgressError> {
        if !self.waiting {
            self.waiting = true;
            let idle = Instant::now() + self.idle;
            let until = self.deadline.map_or(idle, |deadline| deadline.min(idle));
            match &mut self.timer {
                Some(timer) => timer.as_mut().reset(until),
                None => self.timer = Some(Box::pin(tokio::time::sleep_until(until))),
            }
        }
        match &mut self.timer {
            Some(timer) => timer.as_mut().poll(cx).map(|()| {
                let total = self.deadline.is_some_and(|deadline| deadline <= Instant::now());
                EgressError::Timeout { stage: if total { Stage::Total } else { Stage::Body } }
            }),
            None => Poll::Pending,
        }
    }
}

impl fmt::Debug for ResponseBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ResponseBody")
    }
}

impl HttpBody for ResponseBody {
    type Data = Bytes;
    type Error = EgressError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, EgressError>>> {
        let this = &mut *self;
        match Pin::new(&mut this.body).poll_frame(cx) {
            Poll::Ready(Some(Ok(mut frame))) => {
                this.waiting = false;
                if let Some(trailers) = frame.trailers_mut() {
                    this.scrubbers.iter().for_each(|scrubber| scrubber.scrub_headers(trailers));
                }
                this.finish_early();
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Ready(Some(Err(_))) => {
                this.lease = None;
                Poll::Ready(Some(Err(EgressError::Closed)))
            }
            Poll::Ready(None) => {
                if let Some(lease) = this.lease.take() {
                    lease.give_back();
                }
                Poll::Ready(None)
            }
            Poll::Pending => this.poll_timer(cx).map(|error| {
                this.lease = None;
                Some(Err(error))
            }),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Reads a body to its end; `Err(None)` if it has more bytes than the limit.
async fn collect<B>(body: B, limit: usize) -> Result<Bytes, Option<B::Error>>
where
    B: HttpBody<Data = Bytes>,
{
    let mut body = std::pin::pin!(body);
    let mut all = BytesMut::new();
    while let Some(frame) = body.frame().await {
        if let Ok(data) = frame.map_err(Some)?.into_data() {
            if all.len() + data.len() > limit {
                return Err(None);
            }
            all.extend_from_slice(&data);
        }
    }
    Ok(all.freeze())
}
