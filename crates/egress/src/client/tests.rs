//! The client against services that behave well and badly.

use super::*;
use crate::dial::{AddressPolicy, Resolve};
use crate::target::Identity;
use crate::upstream::{Act, Upstream, answer, ok};
use async_trait::async_trait;
use http_body_util::BodyExt;
use lockkeeper_model::{AuthGroup, Connection, ConnectionType, Credential, Endpoint, OptionKey};
use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

const CANARY: &str = "canary-0123456789-abcdefghij";

fn connection(connection_type: ConnectionType, auth: AuthGroup, endpoint: &str) -> Connection {
    let sealed = auth.required().iter().copied().filter(|key| key.is_sealed());
    Connection {
        connection_type,
        endpoint: Endpoint::parse(endpoint).unwrap(),
        options: Default::default(),
        auth: Some(auth),
        sealed: sealed.collect(),
        comment: None,
    }
}

fn target_of(connection: &Connection, secret_version: u64) -> Target {
    let value = |key: &OptionKey| lockkeeper_model::SecretValue::new(format!("{CANARY}{}", key.name().len()));
    let credential: Credential = connection.sealed.iter().map(|key| (*key, value(key))).collect();
    Target::new(Identity { uid: [7; 16], secret_version }, connection, &credential).unwrap()
}

fn bearer(upstream: &Upstream) -> Target {
    target_of(&connection(ConnectionType::Rest, AuthGroup::Bearer, &upstream.url("/base")), 1)
}

fn oauth(upstream: &Upstream, secret_version: u64) -> Target {
    let mut connection = connection(ConnectionType::Rest, AuthGroup::Oauth2, &upstream.url("/base"));
    connection.options.insert(OptionKey::TokenEndpoint, upstream.url("/token"));
    target_of(&connection, secret_version)
}

fn client(change: impl FnOnce(&mut Settings)) -> Client {
    let mut settings = Settings::new(AddressPolicy::PERSONAL);
    settings.limits.head = Duration::from_secs(1);
    settings.limits.body_idle = Duration::from_secs(1);
    settings.limits.connect = Duration::from_secs(2);
    change(&mut settings);
    Client::new(settings).unwrap()
}

fn get(path: &str) -> Request<Body> {
    Request::get(path).body(Body::empty()).unwrap()
}

async fn text(response: Response<ResponseBody>) -> Result<String, EgressError> {
    let bytes = response.into_body().collect_scrubbed(64 * 1024).await?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[tokio::test]
async fn a_request_carries_the_credential_over_one_connection() {
    let upstream = Upstream::of_body("hello").await;
    let (client, target) = (client(|_| ()), bearer(&upstream));
    for _ in 0..3 {
        let response = client.send(&target, get("/base/x?y=1")).await.unwrap();
        assert_eq!(text(response).await.unwrap(), "hello");
    }
    let requests = upstream.requests();
    assert_eq!(requests.len(), 3);
    assert!(requests[0].starts_with("GET /base/x?y=1 HTTP/1.1\r\n"));
    assert!(requests[0].contains(&format!("host: 127.0.0.1:{}\r\n", upstream.port)));
    assert!(requests[0].contains("authorization: Bearer canary-"));
    assert_eq!(requests[0].matches("authorization:").count(), 1);
}

#[tokio::test]
async fn a_stream_is_sent_in_chunks_and_a_whole_body_with_its_length() {
    let upstream = Upstream::of_body("").await;
    let (client, target) = (client(|_| ()), bearer(&upstream));
    let whole = Request::post("/").body(Body::from("abc")).unwrap();
    client.send(&target, whole).await.unwrap();
    let stream = Body::stream(
        http_body_util::Full::new(bytes::Bytes::from_static(b"abc")).map_err(|never| match never {}),
    );
    client.send(&target, Request::post("/").body(stream).unwrap()).await.unwrap();
    let requests = upstream.requests();
    assert!(requests[0].contains("content-length: 3\r\n") && requests[0].ends_with("abc"));
    assert!(requests[1].ends_with("abc"));
}

/// L37: a redirect is returned and not followed; the other origin sees nothing.
#[tokio::test]
async fn l37_redirects_are_not_followed() {
    let other = Upstream::of_body("").await;
    let location = other.url("/stolen");
    let upstream =
        Upstream::start(move |_| Act::Send(answer("307 x", &format!("location: {location}\r\n"), ""))).await;
    let (client, target) = (client(|_| ()), bearer(&upstream));
    let response = client.send(&target, Request::post("/").body(Body::from("body")).unwrap()).await.unwrap();
    assert_eq!(response.status(), 307);
    let decision =
        target.redirect(&target.url(None).unwrap(), response.status(), &response.headers()["location"]);
    assert_eq!(decision, crate::target::Redirect::Leave);
    assert!(other.requests().is_empty());
}

/// L38, L40: nothing is sent if the caller's request competes with the credential.
#[tokio::test]
async fn l38_l40_competing_requests_are_not_sent() {
    let upstream = Upstream::of_body("").await;
    let (client, target) = (client(|_| ()), bearer(&upstream));
    for request in [
        Request::get("http://127.0.0.1:1/base").body(Body::empty()).unwrap(),
        Request::get("/base/../admin").body(Body::empty()).unwrap(),
        Request::get("/").header("authorization", "Bearer x").body(Body::empty()).unwrap(),
        Request::get("/").header("host", "evil.example").body(Body::empty()).unwrap(),
    ] {
        assert_eq!(client.send(&target, request).await.unwrap_err().fault(), crate::error::Fault::Caller);
    }
    assert!(upstream.requests().is_empty());
}

/// L39: what the service repeats of the credential comes out masked, in head and body.
#[tokio::test]
async fn l39_echoes_are_masked() {
    let upstream = Upstream::start(|request| {
        let line = request.lines().find(|line| line.starts_with("authorization")).unwrap();
        let headers = format!("x-echo: {line}\r\nx-{CANARY}5: y\r\n");
        Act::Send(answer(&format!("401 {line}"), &headers, &format!("{{\"error\": \"bad key: {line}\"}}")))
    })
    .await;
    let response = client(|_| ()).send(&bearer(&upstream), get("/")).await.unwrap();
    let head = format!("{response:?}");
    assert!(!head.contains("canary") && head.contains("<REDACTED>"));
    assert!(response.extensions().get::<hyper::ext::ReasonPhrase>().is_none());
    assert_eq!(text(response).await.unwrap(), "{\"error\": \"bad key: authorization: Bearer <REDACTED>\"}");
}

/// L39: also a signature that was made for one request.
#[tokio::test]
async fn l39_signatures_are_masked() {
    let upstream = Upstream::start(|request| {
        let line = request.lines().find(|line| line.starts_with("authorization")).unwrap();
        Act::Send(answer("403 x", "", line.rsplit_once("Signature=").unwrap().1))
    })
    .await;
    let target =
        target_of(&connection(ConnectionType::Bedrock, AuthGroup::Aws, &upstream.url("/model/m/invoke")), 1);
    let request = Request::post("/model/m%3A0/invoke").body(Body::from("{}")).unwrap();
    let response = client(|_| ()).send(&target, request).await.unwrap();
    assert_eq!(text(response).await.unwrap(), "<REDACTED>");
    assert!(
        upstream.requests()[0].contains("/us-east-1/bedrock/aws4_request, SignedHeaders=host;x-amz-date,")
    );
}

/// L43: a name that resolves to an internal address, to a mixture, or differently the second time.
#[tokio::test]
async fn l43_resolved_addresses_are_checked_and_dialled() {
    struct Turns(Vec<Vec<IpAddr>>, AtomicUsize);

    #[async_trait]
    impl Resolve for Turns {
        async fn resolve(&self, _: &str) -> std::io::Result<Vec<IpAddr>> {
            Ok(self.0[self.1.fetch_add(1, Ordering::SeqCst).min(self.0.len() - 1)].clone())
        }
    }

    let address = |text: &str| text.parse::<IpAddr>().unwrap();
    let send = async |turns: Vec<Vec<IpAddr>>| {
        let resolver = Arc::new(Turns(turns, AtomicUsize::new(0)));
        let client = client(|settings| {
            settings.resolver = Arc::clone(&resolver) as Arc<dyn Resolve>;
            settings.addresses = AddressPolicy::SHARED;
        });
        let connection = connection(ConnectionType::Rest, AuthGroup::Bearer, "https://rebound.example:1/");
        let error = client.send(&target_of(&connection, 1), get("/")).await.unwrap_err();
        (error, resolver.1.load(Ordering::SeqCst))
    };
    for internal in ["169.254.169.254", "127.0.0.1", "::1", "10.0.0.1", "fd00:ec2::254"] {
        for addresses in [vec![address(internal)], vec![address("93.184.216.34"), address(internal)]] {
            let (error, _) = send(vec![addresses]).await;
            assert!(matches!(error, EgressError::RefusedAddress { .. }), "{internal}");
        }
    }
    // Resolved once: there is no second answer that could be dialled instead of the one that was checked.
    let (error, asked) = send(vec![vec![address("192.0.2.1")], vec![address("127.0.0.1")]]).await;
    assert!(!matches!(error, EgressError::RefusedAddress { .. }));
    assert_eq!(asked, 1);
}

/// L46: proxies in the environment are not asked. The variables cannot be set in a test without unsafe code; that no
/// code reads them is what this checks.
#[test]
fn l46_the_environment_is_not_read() {
    for source in [
        include_str!("mod.rs"),
        include_str!("exchange.rs"),
        include_str!("../dial/mod.rs"),
        include_str!("../dial/resolve.rs"),
    ] {
        assert!(!source.contains("env::") && !source.contains("PROXY"));
    }
}

/// L44, L47: at the finest level, the log has neither credential nor path nor headers.
#[tokio::test]
async fn l44_l47_the_log_has_no_secret() {
    use std::fmt::Write;
    use std::sync::Mutex;
    use tracing::field::{Field, Visit};
    use tracing::span::{Attributes, Id, Record};
    use tracing::{Event, Metadata, Subscriber};

    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<String>>);

    struct Line<'a>(&'a mut String);

    impl Visit for Line<'_> {
        fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
            write!(self.0, "{field}={value:?} ").unwrap();
        }
    }

    impl Subscriber for Log {
        fn enabled(&self, _: &Metadata<'_>) -> bool {
            true
        }
        fn new_span(&self, span: &Attributes<'_>) -> Id {
            span.record(&mut Line(&mut self.0.lock().unwrap()));
            Id::from_u64(1)
        }
        fn record(&self, _: &Id, values: &Record<'_>) {
            values.record(&mut Line(&mut self.0.lock().unwrap()));
        }
        fn record_follows_from(&self, _: &Id, _: &Id) {}
        fn event(&self, event: &Event<'_>) {
            event.record(&mut Line(&mut self.0.lock().unwrap()));
        }
        fn enter(&self, _: &Id) {}
        fn exit(&self, _: &Id) {}
    }

    let log = Log::default();
    let guard = tracing::subscriber::set_default(log.clone());
    let upstream = Upstream::start(|request| Act::Send(ok(request))).await;
    let target = target_of(&connection(ConnectionType::Bedrock, AuthGroup::Aws, &upstream.url("/model")), 1);
    let request = Request::post("/model/private-path/invoke").body(Body::from("{}")).unwrap();
    text(client(|_| ()).send(&target, request).await.unwrap()).await.unwrap();
    drop(guard);
    let log = log.0.lock().unwrap();
    assert!(log.contains("sending a request"));
    let leak = Scrubber::new([CANARY, "Signature=", "private-path", "x-amz-date"]);
    assert!(!leak.finds(log.as_bytes()), "the log holds a part of the request");
}

/// A hostile service: stalls, endless heads and bodies, early ends, garbage. Each ends in an error, in time.
#[tokio::test]
async fn hostile_services_stop_nothing() {
    async fn error_of(act: impl Fn(&str) -> Act + Send + Sync + 'static) -> String {
        let upstream = Upstream::start(act).await;
        let (client, target) = (client(|_| ()), bearer(&upstream));
        let call = async {
            match client.send(&target, get("/")).await {
                Ok(response) => {
                    text(response).await.map_or_else(|error| error.to_string(), |_| "an answer".to_owned())
                }
                Err(error) => error.to_string(),
            }
        };
        tokio::time::timeout(Duration::from_secs(20), call).await.unwrap()
    }
    let head = "HTTP/1.1 200 OK\r\n";
    let bytes = |text: &str| text.as_bytes().to_vec();
    insta::assert_snapshot!(error_of(move |_| Act::SendAndStall(bytes(""))).await, @"waiting for the service to answer took longer than allowed");
    insta::assert_snapshot!(error_of(move |_| Act::SendAndStall(bytes("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc"))).await, @"waiting for the next part of the answer took longer than allowed");
    insta::assert_snapshot!(error_of(move |_| Act::Endless(bytes(head), bytes("x-endless: 0123456789\r\n"))).await, @"the service did not answer in valid HTTP/1, or with a head beyond the limits");
    insta::assert_snapshot!(error_of(move |_| Act::Endless(bytes("HTTP/1.1 200 OK\r\nx: "), bytes("0123456789"))).await, @"the service did not answer in valid HTTP/1, or with a head beyond the limits");
    insta::assert_snapshot!(error_of(move |_| Act::Endless(bytes("HTTP/1.1 200 OK\r\n\r\n"), vec![b'x'; 4096])).await, @"the answer of the service has more than 65536 bytes");
    insta::assert_snapshot!(error_of(move |_| Act::SendAndClose(bytes("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc"))).await, @"the service closed the connection before its answer was complete");
    insta::assert_snapshot!(error_of(move |_| Act::SendAndClose(bytes(""))).await, @"the service closed the connection before its answer was complete");
    insta::assert_snapshot!(error_of(move |_| Act::SendAndClose(bytes("SSH-2.0-x\r\n"))).await, @"the service did not answer in valid HTTP/1, or with a head beyond the limits");
    insta::assert_snapshot!(error_of(move |_| Act::Endless(bytes(""), bytes("HTTP/1.1 100 Continue\r\n\r\n"))).await, @"waiting for the service to answer took longer than allowed");
}

/// A service that answers before it read the body, and never reads it, does not block the next request.
#[tokio::test]
async fn an_early_answer_frees_the_caller() {
    let upstream = Upstream::of_body("early").await;
    let (client, target) = (client(|_| ()), bearer(&upstream));
    for _ in 0..2 {
        let response = client.send(&target, get("/")).await.unwrap();
        assert_eq!(text(response).await.unwrap(), "early");
    }
}

fn token_service(requests: Arc<AtomicUsize>, seconds: u32) -> impl Fn(&str) -> Act + Send + Sync + 'static {
    move |request| {
        if !request.starts_with("POST /token ") {
            return Act::Send(ok(""));
        }
        let number = requests.fetch_add(1, Ordering::SeqCst);
        Act::Send(ok(&format!("{{\"access_token\":\"token-{number}-{CANARY}\",\"expires_in\":{seconds}}}")))
    }
}

#[tokio::test]
async fn one_token_serves_many_calls() {
    let asked = Arc::new(AtomicUsize::new(0));
    let upstream = Upstream::start(token_service(Arc::clone(&asked), 3600)).await;
    let (client, target) = (client(|_| ()), Arc::new(oauth(&upstream, 1)));
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..250 {
        let (client, target) = (client.clone(), Arc::clone(&target));
        tasks.spawn(async move { client.send(&target, get("/")).await.map(|response| response.status()) });
    }
    assert!(tasks.join_all().await.into_iter().all(|status| status == Ok(StatusCode::OK)));
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    // L41: a new version of the secret has a new token; so has a connection that was altered or dropped.
    client.send(&oauth(&upstream, 2), get("/")).await.unwrap();
    assert_eq!(asked.load(Ordering::SeqCst), 2);
    client.forget(&[7; 16]);
    client.send(&oauth(&upstream, 2), get("/")).await.unwrap();
    assert_eq!(asked.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn a_refused_token_is_replaced_once() {
    let asked = Arc::new(AtomicUsize::new(0));
    let tokens = token_service(Arc::clone(&asked), 3600);
    let upstream = Upstream::start(move |request| match request.contains("Bearer token-0-") {
        true => Act::Send(answer("401 x", "", "expired")),
        false => tokens(request),
    })
    .await;
    let (client, target) = (client(|_| ()), oauth(&upstream, 1));
    let response = client.send(&target, Request::post("/").body(Body::from("x")).unwrap()).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(asked.load(Ordering::SeqCst), 2);
    let last = upstream.requests().pop().unwrap();
    assert!(last.contains("Bearer token-1-") && last.ends_with("\r\n\r\nx"));
}

#[tokio::test]
async fn a_service_that_refuses_every_token_is_asked_twice() {
    let asked = Arc::new(AtomicUsize::new(0));
    let tokens = token_service(Arc::clone(&asked), 3600);
    let upstream = Upstream::start(move |request| match request.starts_with("POST /token ") {
        true => tokens(request),
        false => Act::Send(answer("401 x", "", "no")),
    })
    .await;
    let response = client(|_| ()).send(&oauth(&upstream, 1), get("/")).await.unwrap();
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(asked.load(Ordering::SeqCst), 2);
}

/// The second way of RFC 6749 section 2.3.1, for servers that do not know the first.
#[tokio::test]
async fn the_client_secret_goes_into_the_body_if_the_header_is_refused() {
    let upstream = Upstream::start(|request| {
        if !request.starts_with("POST /token ") {
            return Act::Send(ok(""));
        }
        match request.contains("client_secret=") && !request.contains("authorization:") {
            true => Act::Send(ok("{\"access_token\":\"made-up\"}")),
            false => Act::Send(answer("401 x", "", "{\"error\":\"invalid_client\"}")),
        }
    })
    .await;
    assert!(client(|_| ()).send(&oauth(&upstream, 1), get("/")).await.is_ok());
}

/// L41, L42: a token endpoint that redirects or repeats the secret in its error.
#[tokio::test]
async fn l41_l42_token_endpoints_get_nothing_out() {
    let other = Upstream::of_body("{\"access_token\":\"x\"}").await;
    let location = other.url("/token");
    let upstream =
        Upstream::start(move |_| Act::Send(answer("307 x", &format!("location: {location}\r\n"), ""))).await;
    let error = client(|_| ()).send(&oauth(&upstream, 1), get("/")).await.unwrap_err();
    assert_eq!(error, EgressError::TokenRefused { status: 307, code: None });
    assert!(other.requests().is_empty());

    let upstream = Upstream::start(|request| {
        let echo = request.replace(['"', '\r', '\n'], " ");
        Act::Send(answer(
            "400 x",
            "",
            &format!("{{\"error\":\"invalid_grant\",\"error_description\":\"{echo}\"}}"),
        ))
    })
    .await;
    let error = client(|_| ()).send(&oauth(&upstream, 1), get("/")).await.unwrap_err();
    assert!(!Scrubber::new([CANARY]).finds(format!("{error} {error:?}").as_bytes()));
    insta::assert_snapshot!(error, @"the token endpoint answered 400, invalid_grant");
}

/// L45: a refused refresh does not fall back to an expired token.
#[tokio::test]
async fn l45_expired_tokens_are_not_used() {
    let asked = Arc::new(AtomicUsize::new(0));
    let tokens = token_service(Arc::clone(&asked), 1);
    let upstream = Upstream::start({
        let asked = Arc::clone(&asked);
        move |request| match asked.load(Ordering::SeqCst) > 0 && request.starts_with("POST /token ") {
            true => Act::Send(answer("400 x", "", "{\"error\":\"invalid_grant\"}")),
            false => tokens(request),
        }
    })
    .await;
    let (client, target) = (client(|_| ()), oauth(&upstream, 1));
    client.send(&target, get("/")).await.unwrap();
    tokio::time::sleep(Duration::from_millis(1050)).await;
    assert!(matches!(client.send(&target, get("/")).await, Err(EgressError::TokenRefused { .. })));
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_not_signed() {
    let upstream = Upstream::of_body("").await;
    let target = target_of(&connection(ConnectionType::Bedrock, AuthGroup::Aws, &upstream.url("/")), 1);
    let client = client(|settings| settings.limits.buffered_request = 10);
    let request = Request::post("/").body(Body::from("0123456789a")).unwrap();
    assert_eq!(client.send(&target, request).await.unwrap_err(), EgressError::RequestTooLarge { limit: 10 });
}

/// Users of other clients get a request that is ready.
#[tokio::test]
async fn a_request_for_another_client_is_completed() {
    let target =
        target_of(&connection(ConnectionType::Openai, AuthGroup::ApiKey, "https://api.example.com/v1"), 1);
    let mut parts = Request::get("/v1/models").body(()).unwrap().into_parts().0;
    client(|_| ()).authorize(&target, &mut parts, b"").await.unwrap();
    assert_eq!(parts.uri, "https://api.example.com/v1/models");
    assert!(parts.headers["authorization"].is_sensitive());
    assert!(!format!("{parts:?}").contains("canary"));
}
