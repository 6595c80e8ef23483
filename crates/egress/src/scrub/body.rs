//! Scrubbing of a body while it passes.

use crate::scrub::Scrubber;
use bytes::{Bytes, BytesMut};
use http_body::{Body, Frame, SizeHint};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

/// A body in which secrets are masked as it streams.
///
/// It holds back no more than an end that may be the beginning of a secret, so that events pass as they come. Its
/// length is unknown beforehand: a `Content-Length` has to be taken out of the head.
#[expect(missing_debug_implementations, reason = "it holds parts of what may be a secret")]
pub struct ScrubbedBody<B> {
    inner: B,
    scrubbers: Vec<Arc<Scrubber>>,
    held: BytesMut,
    /// What comes after the last data: trailers.
    after: Option<Frame<Bytes>>,
    ended: bool,
}

impl<B> ScrubbedBody<B> {
    /// Wraps a body whose data is not compressed.
    pub fn new(inner: B, scrubbers: Vec<Arc<Scrubber>>) -> Self {
        Self { inner, scrubbers, held: BytesMut::new(), after: None, ended: false }
    }

    /// Whether data can be passed on as it came, which is so with most.
    fn is_clean(&self, data: &[u8], end: bool) -> bool {
        let clean = |scrubber: &Arc<Scrubber>| {
            !scrubber.finds(data) && (end || scrubber.unfinished(data) == data.len())
        };
        self.held.is_empty() && self.scrubbers.iter().all(clean)
    }

    /// Masks what is complete, and returns what can be passed on.
    fn release(&mut self, end: bool) -> Bytes {
        for scrubber in &self.scrubbers {
            if let std::borrow::Cow::Owned(clean) = scrubber.scrub(&self.held) {
                self.held = BytesMut::from(clean.as_slice());
            }
        }
        let keep_from = match end {
            true => self.held.len(),
            false => self
                .scrubbers
                .iter()
                .map(|scrubber| scrubber.unfinished(&self.held))
                .min()
                .unwrap_or(self.held.len()),
        };
        self.held.split_to(keep_from).freeze()
    }
}

impl<B: Body<Data = Bytes> + Unpin> Body for ScrubbedBody<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let this = &mut *self;
        loop {
            if this.ended {
                return Poll::Ready(this.after.take().map(Ok));
            }
            let frame = match ready!(Pin::new(&mut this.inner).poll_frame(cx)) {
                Some(Ok(frame)) => frame,
                Some(Err(error)) => {
                    // What is held back may be a part of a secret, so it does not leave.
                    this.ended = true;
                    return Poll::Ready(Some(Err(error)));
                }
                None => {
                    this.ended = true;
                    let rest = this.release(true);
                    if rest.is_empty() {
                        continue;
                    }
                    return Poll::Ready(Some(Ok(Frame::data(rest))));
                }
            };
            match frame.into_data() {
                Ok(data) => {
                    let end = this.inner.is_end_stream();
                    if this.is_clean(&data, end) {
                        return Poll::Ready(Some(Ok(Frame::data(data))));
                    }
                    this.held.extend_from_slice(&data);
                    let ready = this.release(end);
                    if !ready.is_empty() {
                        return Poll::Ready(Some(Ok(Frame::data(ready))));
                    }
                }
                Err(mut frame) => {
                    if let (Some(trailers), scrubbers) = (frame.trailers_mut(), &this.scrubbers) {
                        scrubbers.iter().for_each(|scrubber| scrubber.scrub_headers(trailers));
                    }
                    this.after = Some(frame);
                    this.ended = true;
                    let rest = this.release(true);
                    if !rest.is_empty() {
                        return Poll::Ready(Some(Ok(Frame::data(rest))));
                    }
                }
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.after.is_none() && (self.ended || (self.held.is_empty() && self.inner.is_end_stream()))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt;
    use proptest::prelude::*;
    use std::convert::Infallible;

    struct Chunks(Vec<Vec<u8>>);

    impl Body for Chunks {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            let next = (!self.0.is_empty()).then(|| self.0.remove(0));
            Poll::Ready(next.map(|chunk| Ok(Frame::data(Bytes::from(chunk)))))
        }
    }

    /// A body says so when its last part was read, and then nothing is held back.
    #[test]
    fn the_last_part_passes_whole() {
        let scrubber = Arc::new(Scrubber::new(["canary-0123456789"]));
        let mut body =
            ScrubbedBody::new(http_body_util::Full::new(Bytes::from_static(b"a can")), vec![scrubber]);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let frame = runtime.block_on(body.frame()).unwrap().unwrap();
        assert_eq!(frame.into_data().unwrap(), "a can");
        assert!(body.is_end_stream());
    }

    fn passed(chunks: Vec<Vec<u8>>) -> String {
        let scrubber = Arc::new(Scrubber::new(["canary-0123456789"]));
        let body = ScrubbedBody::new(Chunks(chunks), vec![scrubber]);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let bytes = runtime.block_on(body.collect()).unwrap().to_bytes();
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    #[test]
    fn an_event_is_not_held_back() {
        let scrubber = Scrubber::new(["canary-0123456789"]);
        assert_eq!(scrubber.unfinished(b"data: 1\n\n"), 9);
        assert_eq!(scrubber.unfinished(b"data: canary-01"), 6);
        assert_eq!(scrubber.unfinished(b""), 0);
    }

    proptest! {
        #[test]
        fn a_secret_split_over_chunks_is_found(cuts in proptest::collection::vec(0..60_usize, 0..8)) {
            let text = b"{\"error\": \"no such key: canary-0123456789, nor canary-0123456789\"}";
            let mut cuts = cuts;
            cuts.extend([0, text.len()]);
            cuts.sort_unstable();
            let chunks = cuts.windows(2).map(|cut| text[cut[0]..cut[1]].to_vec()).collect();
            prop_assert_eq!(passed(chunks), "{\"error\": \"no such key: <REDACTED>, nor <REDACTED>\"}");
        }
    }
}
