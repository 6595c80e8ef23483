//! The one answer whose body names a URL that the client will call: the first event of MCP's SSE transport.
//!
//! Source: Model Context Protocol 2024-11-05, "HTTP with SSE": an event `endpoint` whose data is where messages go.

use crate::client::ResponseBody;
use crate::error::EgressError;
use crate::scrub::ScrubbedBody;
use crate::target::Target;
use bytes::{Bytes, BytesMut};
use http::{HeaderValue, Uri};
use http_body::{Body, Frame};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// No server's first event is longer.
const FIRST_EVENT_BYTES: usize = 16 * 1024;

/// A stream of events whose first one, if it is `endpoint`, leads through the proxy.
pub(super) struct EndpointBody {
    inner: ScrubbedBody<ResponseBody>,
    leads: Leads,
    /// What came before the end of the first event; `None` after it.
    first: Option<BytesMut>,
}

/// Where an endpoint leads, as the caller sees it.
pub(super) type Leads = Box<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// Endpoints at the target's origin are led through the proxy; others nowhere.
pub(super) fn through(target: &Target, from: &Uri, endpoint: &str, name: &str) -> Option<String> {
    let url = target.locate(from, &HeaderValue::from_str(endpoint).ok()?)?;
    Some(through_proxy(name, &url))
}

/// The path by which a URL at a connection's origin is called through the proxy.
pub(super) fn through_proxy(name: &str, url: &Uri) -> String {
    let path = url.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
    format!("/{}{path}", crate::apply::percent_encoded(name).as_str())
}

impl EndpointBody {
    pub(super) fn new(inner: ScrubbedBody<ResponseBody>, leads: Leads) -> Self {
        Self { inner, leads, first: Some(BytesMut::new()) }
    }

    /// Changes the first event, if it is complete.
    fn first_event(&mut self) -> Option<Result<Bytes, EgressError>> {
        let held = self.first.as_mut()?;
        let Some(end) = event_end(held) else {
            return (held.len() > FIRST_EVENT_BYTES).then_some(Err(EgressError::InvalidResponse));
        };
        if held[..end]
            .split(|b| matches!(b, b'\n' | b'\r'))
            .all(|line| line.is_empty() || line.starts_with(b":"))
        {
            // A comment that keeps the connection open is no event.
            return Some(Ok(held.split_to(end).freeze()));
        }
        let rest = held.split_off(end);
        let event = self.first.take()?;
        let changed = match rewritten(&event, &*self.leads) {
            Some(changed) => changed,
            None => return Some(Err(EgressError::InvalidResponse)),
        };
        Some(Ok([changed.as_bytes(), &rest].concat().into()))
    }
}

impl Body for EndpointBody {
    type Data = Bytes;
    type Error = EgressError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, EgressError>>> {
        loop {
            let frame = match ready!(Pin::new(&mut self.inner).poll_frame(cx)) {
                Some(Ok(frame)) => frame,
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                // An event that never ended is none.
                None => return Poll::Ready(None),
            };
            let Some(held) = self.first.as_mut() else { return Poll::Ready(Some(Ok(frame))) };
            match frame.into_data() {
                Ok(data) => held.extend_from_slice(&data),
                Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
            }
            if let Some(event) = self.first_event() {
                return Poll::Ready(Some(event.map(Frame::data)));
            }
        }
    }
}

/// Behind the empty line that ends an event, in any of the three line ends of the format.
fn event_end(bytes: &[u8]) -> Option<usize> {
    let ends: [&[u8]; 3] = [b"\n\n", b"\r\n\r\n", b"\r\r"];
    let find = |end: &[u8]| bytes.windows(end.len()).position(|part| part == end).map(|at| at + end.len());
    ends.into_iter().filter_map(find).min()
}

/// The event with its endpoint led through the proxy; another event as it is; `None` if it leads elsewhere.
fn rewritten(event: &[u8], leads: &(dyn Fn(&str) -> Option<String> + Send + Sync)) -> Option<String> {
    let text = std::str::from_utf8(event).ok()?;
    let field = |line: &str, name: &str| {
        line.strip_prefix(name)?
            .strip_prefix(':')
            .map(|value| value.strip_prefix(' ').unwrap_or(value).to_owned())
    };
    if !text.lines().any(|line| field(line, "event").as_deref() == Some("endpoint")) {
        return Some(text.to_owned());
    }
    let data = text.lines().find_map(|line| field(line, "data"))?;
    Some(format!("event: endpoint\r\ndata: {}\r\n\r\n", leads(data.trim())?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_lead_through_the_proxy_or_nowhere() {
        let leads = |endpoint: &str| endpoint.starts_with('/').then(|| format!("/c{endpoint}"));
        let changed = |event: &str| rewritten(event.as_bytes(), &leads);
        assert_eq!(
            changed("event: endpoint\ndata: /messages/?id=1\n\n").as_deref(),
            Some("event: endpoint\r\ndata: /c/messages/?id=1\r\n\r\n")
        );
        assert_eq!(
            changed("data:/m\r\nevent:endpoint\r\n\r\n").as_deref(),
            Some("event: endpoint\r\ndata: /c/m\r\n\r\n")
        );
        assert_eq!(changed("event: endpoint\ndata: https://evil.example/\n\n"), None);
        assert_eq!(changed("event: endpoint\n\n"), None);
        assert_eq!(changed("event: message\ndata: /x\n\n").as_deref(), Some("event: message\ndata: /x\n\n"));
        assert_eq!(event_end(b"a\n\nb"), Some(3));
        assert_eq!(event_end(b"a\r\n\r\nb"), Some(5));
        assert_eq!(event_end(b"a\n"), None);
    }
}
