//! One request on its way to the service, and the answer on its way back.

use crate::client::{Body, ResponseBody, is_websocket};
use crate::destination::{AWS_HEADERS, CREDENTIAL_HEADERS};
use crate::proxy::answer::{AnswerBody, Guards, Problem, own};
use crate::proxy::caller::CallerToken;
use crate::proxy::mcp::{self, EndpointBody};
use crate::proxy::routes::{NoRoute, Route};
use crate::proxy::serve::Permit;
use crate::proxy::source::UseOutcome;
use crate::proxy::uses::Underway;
use crate::proxy::{BodyScrub, Inner, metrics, upgrade};
use crate::target::Target;
use http::header::{
    ACCEPT_ENCODING, CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, COOKIE, HOST, HeaderName,
    HeaderValue, LOCATION, SET_COOKIE, TE, TRAILER, TRANSFER_ENCODING, UPGRADE,
};
use http::uri::PathAndQuery;
use http::{HeaderMap, Method, Request, Response, StatusCode, Uri};
use hyper::body::Incoming;
use lockkeeper_model::ConnectionType;
use percent_encoding::percent_decode_str;
use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

/// Where a redirect to another origin would lead; under this name no client follows it, with the token or without.
const OTHER_LOCATION: HeaderName = HeaderName::from_static("lockkeeper-location");
const ALT_SVC: HeaderName = HeaderName::from_static("alt-svc");

impl Inner {
    /// Answers a caller.
    pub(super) async fn answer(
        self: &Arc<Self>,
        request: Request<Incoming>,
        token: Option<&CallerToken>,
        open: &Arc<tokio::sync::Semaphore>,
    ) -> Response<AnswerBody> {
        if request.uri().path() == "/health" {
            return own(StatusCode::OK, "text/plain; charset=utf-8", "ok\n".to_owned());
        }
        if token.is_some_and(|token| !token.is_in(request.headers())) {
            self.metrics.unproven.fetch_add(1, Ordering::Relaxed);
            return Problem::unproven().into_answer();
        }
        if request.uri().path() == "/metrics" {
            let busy = self.settings.requests.saturating_sub(open.available_permits());
            let text = metrics::print(&self.metrics, &self.routes.counters(), busy as u64);
            return own(StatusCode::OK, "text/plain; version=0.0.4; charset=utf-8", text);
        }
        let Some(permit) = Permit::of(open) else {
            self.metrics.refused.fetch_add(1, Ordering::Relaxed);
            let message = "too many requests are being forwarded";
            return Problem::new(StatusCode::SERVICE_UNAVAILABLE, "busy", message).into_answer();
        };
        self.forward(request, permit).await.unwrap_or_else(Problem::into_answer)
    }

    async fn forward(
        self: &Arc<Self>,
        mut request: Request<Incoming>,
        permit: Permit,
    ) -> Result<Response<AnswerBody>, Problem> {
        let asked = request.uri().clone();
        let (name, path) = split(&asked)?;
        let route = self.routes.route(&name).await.map_err(|reason| self.no_route(reason))?;
        let url = match path {
            Some(path) => route.target.url_at(path)?,
            None => route.target.url(asked.query().map(|query| format!("?{query}")).as_deref())?,
        };
        let upgrading = request.headers().get(UPGRADE).is_some_and(is_websocket);
        let upgrade = upgrading.then(|| hyper::upgrade::on(&mut request));
        let (parts, body) = request.into_parts();
        let mut headers = parts.headers;
        self.strip_request(&mut headers);
        let mut outbound = Request::new(Body::from(body));
        *outbound.method_mut() = parts.method.clone();
        *outbound.uri_mut() = url.clone();
        *outbound.headers_mut() = headers;
        let guards: Guards = (permit, route.counters.open());
        let underway = Underway::new(self, &route, &name);
        let start = Instant::now();
        let answer = match self.client.send(&route.target, outbound).await {
            Ok(answer) => answer,
            Err(error) => {
                route.counters.failed();
                tracing::warn!(connection = %name, %error, "a request was not answered");
                underway.record(UseOutcome::of_error(&error)).await?;
                return Err(error.into());
            }
        };
        route.counters.answered(answer.status().as_u16(), start.elapsed());
        underway.record(UseOutcome::of_status(answer.status())).await?;
        match (answer.status(), upgrade) {
            (StatusCode::SWITCHING_PROTOCOLS, Some(caller)) => {
                Ok(upgrade::tunnel(answer, caller, guards, self.settings.upgraded_idle))
            }
            (StatusCode::SWITCHING_PROTOCOLS, None) => {
                let message = "the service changed the protocol without being asked";
                Err(Problem::new(StatusCode::BAD_GATEWAY, "unreachable", message))
            }
            _ => Ok(self.passed(answer, &route, &name, &url, &parts.method, guards)),
        }
    }

    fn no_route(&self, reason: NoRoute) -> Problem {
        match reason {
            NoRoute::Unknown => {
                self.metrics.unknown.fetch_add(1, Ordering::Relaxed);
                Problem::new(StatusCode::NOT_FOUND, "no_connection", "there is no connection of this name")
            }
            NoRoute::Source(error) => {
                Problem::new(StatusCode::BAD_GATEWAY, "no_credential", error.to_string())
            }
            NoRoute::Unusable(error) => error.into(),
        }
    }

    /// Takes out the caller's token wherever a client may have put it, and what is between the caller and us.
    fn strip_request(&self, headers: &mut HeaderMap) {
        for name in CREDENTIAL_HEADERS {
            headers.remove(name);
        }
        let aws: Vec<HeaderName> =
            headers.keys().filter(|name| name.as_str().starts_with(AWS_HEADERS)).cloned().collect();
        for name in aws {
            headers.remove(name);
        }
        // Cookies of all connections share the proxy's host, so a caller cannot tell them apart.
        headers.remove(COOKIE);
        headers.remove(HOST);
        if self.settings.bodies != BodyScrub::Never {
            headers.remove(ACCEPT_ENCODING);
        }
    }

    /// The service's answer as the caller gets it.
    fn passed(
        &self,
        answer: Response<ResponseBody>,
        route: &Arc<Route>,
        name: &str,
        url: &Uri,
        method: &Method,
        guards: Guards,
    ) -> Response<AnswerBody> {
        let (mut parts, body) = answer.into_parts();
        strip_response(&mut parts.headers);
        if let Some(location) = parts.headers.remove(LOCATION) {
            relocate(&mut parts.headers, &route.target, name, url, parts.status, location);
        }
        let events = |value: &HeaderValue| value.as_bytes().starts_with(b"text/event-stream");
        if route.target.connection_type() == ConnectionType::McpServer
            && *method == Method::GET
            && parts.headers.get(CONTENT_TYPE).is_some_and(events)
        {
            let (route, from, name) = (Arc::clone(route), url.clone(), name.to_owned());
            let leads = Box::new(move |endpoint: &str| mcp::through(&route.target, &from, endpoint, &name));
            parts.headers.remove(CONTENT_LENGTH);
            let body = match self.settings.bodies {
                BodyScrub::Always => body.scrubbed(),
                BodyScrub::Never | BodyScrub::Errors => body.unscrubbed(),
            };
            let body = EndpointBody::new(body, leads);
            return Response::from_parts(parts, AnswerBody::stream(body).guarded(guards));
        }
        let searched = match self.settings.bodies {
            BodyScrub::Never => false,
            BodyScrub::Errors => parts.status.as_u16() >= 400,
            BodyScrub::Always => true,
        };
        if !searched || *method == Method::HEAD || http_body::Body::is_end_stream(&body) {
            return Response::from_parts(parts, AnswerBody::stream(body).guarded(guards));
        }
        let plain = parts.headers.get(CONTENT_ENCODING).is_none_or(|encoding| encoding == "identity");
        if !plain {
            let message = "the service compressed its answer without being asked, so it was not searched for the \
                           credential and is not passed on";
            // An answer that was an error stays one of the same kind.
            let status = if parts.status.as_u16() >= 400 { parts.status } else { StatusCode::BAD_GATEWAY };
            return Problem::new(status, "unsearchable_answer", message).into_answer();
        }
        parts.headers.remove(CONTENT_LENGTH);
        Response::from_parts(parts, AnswerBody::stream(body.scrubbed()).guarded(guards))
    }
}

/// The connection's name and the path behind it; no path if there is nothing behind the name.
fn split(url: &Uri) -> Result<(Cow<'_, str>, Option<PathAndQuery>), Problem> {
    let malformed =
        || Problem::new(StatusCode::BAD_REQUEST, "refused_request", "the path does not name a connection");
    let path = url.path().strip_prefix('/').ok_or_else(malformed)?;
    let end = path.find('/');
    let name =
        percent_decode_str(&path[..end.unwrap_or(path.len())]).decode_utf8().map_err(|_| malformed())?;
    if name.is_empty() {
        return Err(malformed());
    }
    let rest = match (end, url.path_and_query()) {
        (Some(end), Some(all)) => {
            Some(PathAndQuery::try_from(&all.as_str()[1 + end..]).map_err(|_| malformed())?)
        }
        _ => None,
    };
    Ok((name, rest))
}

/// Takes out what is between the service and us, and what would concern the proxy's own host.
pub(super) fn strip_response(headers: &mut HeaderMap) {
    if let Some(connection) = headers.get(CONNECTION) {
        let named: Vec<HeaderName> = connection
            .to_str()
            .unwrap_or_default()
            .split(',')
            .filter_map(|name| name.trim().parse().ok())
            .collect();
        for name in named {
            headers.remove(name);
        }
    }
    for name in [CONNECTION, TE, TRAILER, TRANSFER_ENCODING, UPGRADE, SET_COOKIE, ALT_SVC] {
        headers.remove(name);
    }
    for name in ["keep-alive", "proxy-connection"] {
        headers.remove(name);
    }
}

/// Leads a redirect at the same origin back through the proxy. Any other is shown under a name that no client follows,
/// because a client would take the proxy's token and the body along.
fn relocate(
    headers: &mut HeaderMap,
    target: &Target,
    name: &str,
    from: &Uri,
    status: StatusCode,
    location: HeaderValue,
) {
    let through = target.locate(from, &location);
    let through = through.and_then(|url| HeaderValue::try_from(mcp::through_proxy(name, &url)).ok());
    match through {
        Some(through) => headers.insert(LOCATION, through),
        None if !status.is_redirection() => headers.insert(LOCATION, location),
        None => headers.insert(OTHER_LOCATION, location),
    };
}
