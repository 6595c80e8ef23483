//! The one way in which bodies are framed, towards services and towards callers.

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use std::pin::Pin;
use std::task::{Context, Poll};

type Stream<E> = Pin<Box<dyn Body<Data = Bytes, Error = E> + Send>>;

/// A body that is at hand or streams, and a guard that lasts as long as it does.
///
/// What is at hand is sent with its length, and so is a stream that knows its own; others are sent in chunks.
pub(crate) struct Framed<E, G> {
    kind: Kind<E>,
    guard: Option<G>,
}

enum Kind<E> {
    /// Nothing, once it was taken.
    Whole(Bytes),
    Stream(Stream<E>),
}

impl<E, G> Framed<E, G> {
    pub(crate) const fn empty() -> Self {
        Self::whole(Bytes::new())
    }

    pub(crate) const fn whole(bytes: Bytes) -> Self {
        Self { kind: Kind::Whole(bytes), guard: None }
    }

    /// A stream; one that has nothing to say is no body.
    pub(crate) fn stream<B>(body: B) -> Self
    where
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<E>,
        E: 'static,
    {
        match body.is_end_stream() {
            true => Self::empty(),
            false => Self { kind: Kind::Stream(Box::pin(body.map_err(Into::into))), guard: None },
        }
    }

    /// Keeps something until the body is dropped.
    pub(crate) fn guarded(mut self, guard: G) -> Self {
        self.guard = Some(guard);
        self
    }

    /// What is at hand; `None` for a stream.
    pub(crate) fn at_hand(&self) -> Option<&Bytes> {
        match &self.kind {
            Kind::Whole(bytes) => Some(bytes),
            Kind::Stream(_) => None,
        }
    }

    pub(crate) fn guard_mut(&mut self) -> &mut Option<G> {
        &mut self.guard
    }
}

impl<E, G: Unpin> Body for Framed<E, G> {
    type Data = Bytes;
    type Error = E;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, E>>> {
        match &mut self.kind {
            Kind::Whole(bytes) if bytes.is_empty() => Poll::Ready(None),
            Kind::Whole(bytes) => Poll::Ready(Some(Ok(Frame::data(std::mem::take(bytes))))),
            Kind::Stream(body) => body.as_mut().poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.kind {
            Kind::Whole(bytes) => bytes.is_empty(),
            Kind::Stream(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.kind {
            Kind::Whole(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Kind::Stream(body) => body.size_hint(),
        }
    }
}
