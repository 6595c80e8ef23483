//! The proxy between a raw caller and services that behave well and badly.

mod upgrade;
mod uses;

use super::*;
use crate::client::Settings;
use crate::dial::AddressPolicy;
use crate::upstream::{Act, Upstream, answer, ok};
use async_trait::async_trait;
use lockkeeper_model::{AuthGroup, Connection, ConnectionType, Credential, Endpoint, OptionKey, SecretValue};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const CANARY: &str = "canary-0123456789-abcdefghij";
const TOKEN: &str = "made-up-0123456789-0123456789-01";

/// One connection, `c 1`, whose endpoint and state a test may change.
struct Source {
    endpoint: String,
    auth: (ConnectionType, AuthGroup),
    version: Mutex<Option<Version>>,
    resolved: AtomicUsize,
    uses: Mutex<Vec<String>>,
    log_fails: AtomicBool,
}

#[async_trait]
impl ConnectionSource for Source {
    async fn resolve(&self, name: &str) -> Result<Option<Resolved>, SourceError> {
        let Some(version) = self.version(name).await? else { return Ok(None) };
        self.resolved.fetch_add(1, Ordering::SeqCst);
        let (connection_type, auth) = self.auth;
        let sealed: Vec<OptionKey> = auth.required().iter().copied().filter(|key| key.is_sealed()).collect();
        let connection = Connection {
            connection_type,
            endpoint: Endpoint::parse(&self.endpoint).unwrap(),
            options: Default::default(),
            auth: Some(auth),
            sealed: sealed.iter().copied().collect(),
            comment: None,
        };
        let value = || SecretValue::new(format!("{CANARY}-{}", version.secret_version));
        let credential: Credential = sealed.into_iter().map(|key| (key, value())).collect();
        Ok(Some(Resolved { version, connection, credential }))
    }

    async fn version(&self, name: &str) -> Result<Option<Version>, SourceError> {
        match name {
            "c 1" => Ok(*self.version.lock().unwrap()),
            "sealed" => Err(SourceError::Sealed),
            _ => Ok(None),
        }
    }

    async fn used(&self, name: &str, version: &Version, outcome: UseOutcome) -> Result<(), SourceError> {
        assert_eq!(name, "c 1");
        if self.log_fails.load(Ordering::SeqCst) {
            return Err(SourceError::NotRecorded);
        }
        self.uses.lock().unwrap().push(format!("{} at {}", outcome.as_str(), version.revision));
        Ok(())
    }
}

struct Running {
    port: u16,
    source: Arc<Source>,
    proxy: Proxy,
    stop: tokio::sync::oneshot::Sender<()>,
    served: tokio::task::JoinHandle<std::io::Result<()>>,
}

async fn start(endpoint: String, change: impl FnOnce(&mut ProxySettings, &mut Settings)) -> Running {
    start_as(endpoint, (ConnectionType::Openai, AuthGroup::ApiKey), change).await
}

async fn start_as(
    endpoint: String,
    auth: (ConnectionType, AuthGroup),
    change: impl FnOnce(&mut ProxySettings, &mut Settings),
) -> Running {
    let version = Version { uid: [3; 16], revision: 1, secret_version: 1 };
    let source = Arc::new(Source {
        endpoint,
        auth,
        version: Mutex::new(Some(version)),
        resolved: AtomicUsize::new(0),
        uses: Mutex::default(),
        log_fails: AtomicBool::new(false),
    });
    let mut settings = Settings::new(AddressPolicy::PERSONAL);
    settings.limits.head = Duration::from_millis(500);
    let mut proxy = ProxySettings { grace: Duration::from_millis(500), ..ProxySettings::default() };
    change(&mut proxy, &mut settings);
    let client = Client::new(settings).unwrap();
    let proxy = Proxy::new(client, Arc::clone(&source) as Arc<dyn ConnectionSource>, proxy);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (stop, stopped) = tokio::sync::oneshot::channel();
    let token = CallerToken::new(SecretValue::copy_of(TOKEN)).unwrap();
    let served = tokio::spawn({
        let proxy = proxy.clone();
        async move { proxy.serve_tcp(listener, token, async { drop(stopped.await) }).await }
    });
    Running { port, source, proxy, stop, served }
}

impl Running {
    /// Sends a request with the token, and returns the whole answer.
    async fn call(&self, line: &str, headers: &str, body: &str) -> String {
        self.raw(&format!("{line} HTTP/1.1\r\nhost: p\r\nauthorization: Bearer {TOKEN}\r\nconnection: close\r\n{headers}\r\n{body}"))
            .await
    }

    async fn raw(&self, request: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        let _ = tokio::time::timeout(Duration::from_secs(10), stream.read_to_end(&mut answer)).await;
        String::from_utf8_lossy(&answer).into_owned()
    }
}

/// The first line and the body, unchunked for small ones.
fn brief(answer: &str) -> String {
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((answer, ""));
    let mut body = body.to_owned();
    if head.to_ascii_lowercase().contains("transfer-encoding: chunked") {
        body = body.split("\r\n").skip(1).step_by(2).collect();
    }
    format!("{} | {body}", head.lines().next().unwrap_or_default())
}

#[tokio::test]
async fn a_path_is_at_the_endpoints_origin() {
    let upstream = Upstream::of_body("hello").await;
    let proxy = start(upstream.url("/v1/chat/completions?a=b"), |_, _| ()).await;
    for path in ["/c%201/v1/models?x=y", "/c%201", "/c%201?q", "/c%201/"] {
        assert_eq!(brief(&proxy.call(&format!("GET {path}"), "", "").await), "HTTP/1.1 200 OK | hello");
    }
    let lines: Vec<String> =
        upstream.requests().iter().map(|r| r.lines().next().unwrap().to_owned()).collect();
    insta::assert_snapshot!(lines.join("\n"), @"
    GET /v1/models?x=y HTTP/1.1
    GET /v1/chat/completions?a=b HTTP/1.1
    GET /v1/chat/completions?q HTTP/1.1
    GET / HTTP/1.1
    ");
    assert_eq!(proxy.source.resolved.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn the_token_is_replaced_by_the_credential() {
    let upstream = Upstream::of_body("").await;
    let proxy = start(upstream.url("/v1"), |_, _| ()).await;
    let headers = "x-api-key: other\r\ncookie: a=b\r\nx-amz-date: 1\r\nconnection: x-hop, close\r\nx-hop: 1\r\n\
                   proxy-authorization: Basic x\r\ncontent-length: 4\r\ncontent-type: text/plain\r\n";
    proxy.call("POST /c%201/v1", headers, "body").await;
    let request = upstream.requests().remove(0).replace(&upstream.port.to_string(), "PORT");
    let request = request.replace(CANARY, "CREDENTIAL");
    let mut lines: Vec<&str> = request.lines().collect();
    lines[1..].sort_unstable();
    insta::assert_snapshot!(lines.join("\n").trim(), @"
    POST /v1 HTTP/1.1

    authorization: Bearer CREDENTIAL-1
    body
    content-length: 4
    content-type: text/plain
    host: 127.0.0.1:PORT
    ");
}

#[tokio::test]
async fn only_callers_with_the_token_are_served() {
    let upstream = Upstream::of_body("").await;
    let proxy = start(upstream.url("/"), |_, _| ()).await;
    let get = |path: &str| format!("GET {path} HTTP/1.1\r\nhost: p\r\nconnection: close\r\n\r\n");
    for path in ["/c%201/", "/unknown/", "/metrics"] {
        let answer = proxy.raw(&get(path)).await;
        assert!(answer.starts_with("HTTP/1.1 401 ") && answer.contains("token_required"), "{path}");
    }
    assert!(upstream.requests().is_empty());
    assert_eq!(brief(&proxy.raw(&get("/health")).await), "HTTP/1.1 200 OK | ok\n");
    let unknown = proxy.call("GET /unknown/", "", "").await;
    insta::assert_snapshot!(brief(&unknown), @r#"HTTP/1.1 404 Not Found | {"error":{"code":"no_connection","message":"there is no connection of this name","type":"lockkeeper_proxy"}}"#);
    insta::assert_snapshot!(brief(&proxy.call("GET /sealed/", "", "").await), @r#"HTTP/1.1 502 Bad Gateway | {"error":{"code":"no_credential","message":"the credential of the connection could not be opened","type":"lockkeeper_proxy"}}"#);
    let metrics = proxy.call("GET /metrics", "", "").await;
    assert!(
        metrics.contains("lockkeeper_proxy_unproven_total 3")
            && metrics.contains("lockkeeper_proxy_unknown_total 1")
    );
    assert!(!metrics.contains(CANARY) && !metrics.contains(TOKEN));
}

/// L38: paths that climb, and hosts in the request line.
#[tokio::test]
async fn l38_the_caller_cannot_lead_elsewhere() {
    let upstream = Upstream::of_body("").await;
    let proxy = start(upstream.url("/v1"), |_, _| ()).await;
    for path in ["/c%201/../x", "/c%201/%2e%2e/x", "/c%201/a%5c..%5cx", "/c%201/..;/x", "//c%201/x"] {
        let answer = proxy.call(&format!("GET {path}"), "", "").await;
        assert!(answer.starts_with("HTTP/1.1 400 "), "{path}");
    }
    assert!(upstream.requests().is_empty());
    proxy.call("GET http://evil.example/c%201/x", "", "").await;
    proxy.call("GET /c%201//evil.example/x", "", "").await;
    let requests = upstream.requests();
    assert!(requests[0].starts_with("GET /x ") && requests[1].starts_with("GET //evil.example/x "));
    assert!(requests.iter().all(|request| request.contains("host: 127.0.0.1:")));
}

/// L39, L37: echoes are masked; redirects lead back through the proxy or nowhere.
#[tokio::test]
async fn l37_l39_answers_are_searched() {
    let upstream = Upstream::start(|request| {
        let line = request.lines().find(|line| line.starts_with("authorization")).unwrap_or_default();
        let headers = format!("x-echo: {line}\r\nset-cookie: a=b\r\nalt-svc: h3=\":443\"\r\n");
        if request.starts_with("GET /same") {
            return Act::Send(answer("302 x", "location: /next?x\r\n", ""));
        }
        if request.starts_with("GET /other") {
            return Act::Send(answer("307 x", "location: https://evil.example/\r\n", ""));
        }
        if request.starts_with("GET /fine") {
            return Act::Send(answer("200 OK", &headers, &format!("fine: {line}")));
        }
        if request.starts_with("GET /packed") {
            return Act::Send(answer("200 OK", "content-encoding: gzip\r\n", &format!("packed: {line}")));
        }
        Act::Send(answer(&format!("401 {line}"), &headers, &format!("bad: {line}")))
    })
    .await;
    let proxy = start(upstream.url("/"), |_, _| ()).await;
    let echo = proxy.call("GET /c%201/echo", "", "").await;
    assert!(!echo.contains("canary") && !echo.contains("set-cookie") && !echo.contains("alt-svc"));
    assert_eq!(brief(&echo), "HTTP/1.1 401 Unauthorized | bad: authorization: Bearer <REDACTED>");
    let fine = proxy.call("GET /c%201/fine", "", "").await;
    assert_eq!(brief(&fine), "HTTP/1.1 200 OK | fine: authorization: Bearer <REDACTED>");
    let packed = proxy.call("GET /c%201/packed", "", "").await;
    assert!(packed.starts_with("HTTP/1.1 502 ") && packed.contains("unsearchable_answer"));
    assert!(proxy.call("GET /c%201/same", "", "").await.contains("\r\nlocation: /c%201/next?x\r\n"));
    let other = proxy.call("GET /c%201/other", "", "").await;
    assert!(
        other.contains("\r\nlockkeeper-location: https://evil.example/\r\n")
            && !other.contains("\r\nlocation:")
    );
}

#[tokio::test]
async fn a_changed_connection_is_noticed() {
    let upstream = Upstream::of_body("").await;
    let proxy = start(upstream.url("/"), |proxy, _| proxy.recheck = Duration::ZERO).await;
    let used = || upstream.requests().pop().unwrap().contains(&format!("{CANARY}-2"));
    proxy.call("GET /c%201/", "", "").await;
    assert!(!used());
    *proxy.source.version.lock().unwrap() = Some(Version { uid: [3; 16], revision: 2, secret_version: 2 });
    proxy.call("GET /c%201/", "", "").await;
    assert!(used());
    *proxy.source.version.lock().unwrap() = None;
    assert!(proxy.call("GET /c%201/", "", "").await.starts_with("HTTP/1.1 404 "));
    proxy.proxy.forget(&[3; 16]);
    assert_eq!(proxy.source.resolved.load(Ordering::SeqCst), 2);
}

/// Events pass as they come, in both directions.
#[tokio::test]
async fn bodies_stream_both_ways() {
    let upstream = Upstream::start(|request| match request.starts_with("GET /events") {
        true => Act::SendAndStall(
            b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\ndata: 1\n\n".to_vec(),
        ),
        false => Act::Send(ok(&request.len().to_string())),
    })
    .await;
    let proxy = start(upstream.url("/"), |proxy, _| proxy.bodies = BodyScrub::Always).await;
    let mut stream = TcpStream::connect(("127.0.0.1", proxy.port)).await.unwrap();
    let request = format!("GET /c%201/events HTTP/1.1\r\nhost: p\r\nx-api-key: {TOKEN}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut seen = String::new();
    while !seen.contains("data: 1\n\n") {
        let mut part = [0; 1024];
        let size =
            tokio::time::timeout(Duration::from_secs(5), stream.read(&mut part)).await.unwrap().unwrap();
        assert!(size > 0, "the stream ended before its first event");
        seen.push_str(&String::from_utf8_lossy(&part[..size]));
    }
    let chunks = "5\r\nhello\r\n3\r\nyou\r\n0\r\n\r\n";
    proxy.call("POST /c%201/x", "transfer-encoding: chunked\r\n", chunks).await;
    assert!(upstream.requests().pop().unwrap().contains("hello"));
}

/// A service that stalls, ends early or never ends stops neither the proxy nor other callers.
#[tokio::test]
async fn hostile_services_stop_nothing() {
    let upstream = Upstream::start(|request| {
        let head = b"HTTP/1.1 200 OK\r\n".to_vec();
        match request.split(' ').nth(1).unwrap() {
            "/stall" => Act::SendAndStall(Vec::new()),
            "/headers" => Act::Endless(head, b"x: 0123456789\r\n".to_vec()),
            "/body" => Act::Endless(b"HTTP/1.1 200 OK\r\n\r\n".to_vec(), vec![b'x'; 4096]),
            "/early" => Act::SendAndClose(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc".to_vec()),
            "/close" => Act::SendAndClose(Vec::new()),
            "/switch" => Act::SendAndClose(
                b"HTTP/1.1 101 x\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n".to_vec(),
            ),
            _ => Act::Send(ok("fine")),
        }
    })
    .await;
    // Long enough for a busy machine to read a head that is too large.
    let proxy = start(upstream.url("/"), |_, settings| settings.limits.head = Duration::from_secs(3)).await;
    let status = async |path: &str| {
        let answer = proxy.call(&format!("GET /c%201{path}"), "", "").await;
        answer.lines().next().unwrap_or_default().to_owned()
    };
    // Nobody reads this one: backpressure holds the service.
    let mut unread = TcpStream::connect(("127.0.0.1", proxy.port)).await.unwrap();
    let endless = format!("GET /c%201/body HTTP/1.1\r\nhost: p\r\nauthorization: Bearer {TOKEN}\r\n\r\n");
    unread.write_all(endless.as_bytes()).await.unwrap();
    assert_eq!(status("/stall").await, "HTTP/1.1 504 Gateway Timeout");
    assert_eq!(status("/headers").await, "HTTP/1.1 502 Bad Gateway");
    assert_eq!(status("/early").await, "HTTP/1.1 200 OK");
    assert_eq!(status("/close").await, "HTTP/1.1 502 Bad Gateway");
    assert_eq!(status("/switch").await, "HTTP/1.1 502 Bad Gateway");
    assert_eq!(status("/fine").await, "HTTP/1.1 200 OK");
}

#[tokio::test]
async fn more_requests_than_allowed_are_refused() {
    let upstream = Upstream::start(|_| Act::SendAndStall(Vec::new())).await;
    let proxy = start(upstream.url("/"), |proxy, _| proxy.requests = 1).await;
    let answers = tokio::join!(proxy.call("GET /c%201/", "", ""), proxy.call("GET /c%201/", "", ""));
    let mut lines = [&answers.0, &answers.1].map(|answer| answer.lines().next().unwrap().to_owned());
    lines.sort_unstable();
    assert_eq!(lines, ["HTTP/1.1 503 Service Unavailable", "HTTP/1.1 504 Gateway Timeout"]);
}

#[tokio::test]
async fn a_callers_head_with_too_many_lines_is_refused() {
    let upstream = Upstream::of_body("").await;
    let proxy = start(upstream.url("/"), |_, _| ()).await;
    let head = format!("GET /c%201/ HTTP/1.1\r\nhost: p\r\n{}\r\n", "x: 0123456789\r\n".repeat(150));
    let answer = proxy.raw(&head).await;
    assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
}

#[tokio::test]
async fn requests_under_way_end_before_the_proxy_does() {
    let upstream = Upstream::start(|request| {
        let slow = request.starts_with("GET /slow");
        if slow {
            std::thread::sleep(Duration::from_millis(100));
        }
        Act::Send(ok("done"))
    })
    .await;
    let proxy = start(upstream.url("/"), |_, _| ()).await;
    let slow = proxy.call("GET /c%201/slow", "", "");
    let Running { stop, .. } = &proxy;
    assert!(!stop.is_closed());
    let answer = slow.await;
    assert_eq!(brief(&answer), "HTTP/1.1 200 OK | done");
    // A caller that is connected and silent does not hold the end up.
    let _silent = TcpStream::connect(("127.0.0.1", proxy.port)).await.unwrap();
    proxy.stop.send(()).unwrap();
    tokio::time::timeout(Duration::from_secs(5), proxy.served).await.unwrap().unwrap().unwrap();
}

#[cfg(unix)]
#[tokio::test]
async fn a_unix_socket_needs_no_token() {
    let folder = tempfile::tempdir().unwrap();
    let upstream = Upstream::of_body("hello").await;
    let running = start(upstream.url("/"), |_, _| ()).await;
    let listener = tokio::net::UnixListener::bind(folder.path().join("s")).unwrap();
    let proxy = running.proxy.clone();
    let served = tokio::spawn(async move { proxy.serve_unix(listener, None, std::future::pending()).await });
    let mut stream = tokio::net::UnixStream::connect(folder.path().join("s")).await.unwrap();
    stream.write_all(b"GET /c%201/ HTTP/1.1\r\nhost: p\r\nconnection: close\r\n\r\n").await.unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    assert_eq!(brief(&text), "HTTP/1.1 200 OK | hello");
    served.abort();
}
