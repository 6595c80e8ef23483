//! `lockkeeper proxy` between callers and services that mean harm: L35 to L47, and whatever else a service may do.

use crate::canary::Canary;
use crate::program::Program;
use crate::serving::{Serving, brief, read_until};
use crate::upstream::{Received, Upstream, answer, endless, stall};
use std::io::{Error, Result, Write};
use std::net::TcpStream;

/// Repeats the credential everywhere, and does harm by the path.
fn hostile(request: &Received, stream: &mut TcpStream) -> Result<()> {
    let credential = request.header("authorization").unwrap_or_default();
    let key = credential.trim_start_matches("Bearer ");
    let echo = format!("x-echo: {credential}\r\nset-cookie: k={key}\r\nx-{key}: 1\r\n");
    match request.path() {
        "/echo" => stream.write_all(&answer(&format!("200 {credential}"), &echo, credential)),
        "/error" => stream.write_all(&answer("401 No", &echo, credential)),
        "/hex" => {
            let hex: String = key.bytes().map(|byte| format!("{byte:02x}")).collect();
            stream.write_all(&answer("200 OK", &format!("etag: {hex}\r\n"), &hex))
        }
        "/packed" => stream.write_all(&answer("200 OK", "content-encoding: br\r\n", credential)),
        "/trailers" => {
            let head = "HTTP/1.1 200 OK\r\ntrailer: x-echo\r\ntransfer-encoding: chunked\r\n\r\n";
            stream.write_all(format!("{head}2\r\nok\r\n0\r\nx-echo: {credential}\r\n\r\n").as_bytes())
        }
        "/split" => {
            stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")?;
            key.bytes().try_for_each(|byte| {
                stream.write_all(&[b'1', b'\r', b'\n', byte, b'\r', b'\n'])?;
                std::thread::sleep(std::time::Duration::from_millis(1));
                Ok::<(), Error>(())
            })?;
            stream.write_all(b"0\r\n\r\n")
        }
        "/cut" => {
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: 999\r\n\r\n{credential}");
            stream.write_all(head.as_bytes())?;
            Err(Error::other("closed early"))
        }
        "/again" => stream.write_all(&answer("302 Found", "location: /again\r\n", "")),
        "/away" => {
            let head = format!("location: https://evil.example/?k={key}\r\n{echo}");
            stream.write_all(&answer("307 Away", &head, ""))
        }
        "/early" => stream.write_all(&answer("103 Early", "", "")).and(stall(stream)),
        "/headers" => endless(stream, b"HTTP/1.1 200 OK\r\n", b"x: 0123456789\r\n"),
        "/header" => endless(stream, b"HTTP/1.1 200 OK\r\nx: ", b"0123456789"),
        "/status" => endless(stream, b"HTTP/1.1 200 ", b"0123456789"),
        "/body" => endless(stream, b"HTTP/1.1 200 OK\r\n\r\n", &[b'x'; 4096]),
        "/garbage" => {
            stream.write_all(format!("{credential} is not HTTP\r\n\r\n").as_bytes())?;
            Err(Error::other("garbage"))
        }
        "/two-lengths" => stream.write_all(
            b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 30\r\n\r\nokHTTP/1.1 200 OK\r\n\r\n",
        ),
        "/switch" => stream.write_all(b"HTTP/1.1 101 x\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n"),
        "/close" => Err(Error::other("closed")),
        "/stall" => stall(stream),
        _ => stream.write_all(&answer("200 OK", "", "fine")),
    }
}

fn with_key(upstream: &Upstream, canary: &Canary) -> Program {
    let program = Program::new();
    let key = format!("'api-key' = '{}'", canary.as_str());
    program.sql(&upstream.create("c", "openai", "/v1", &key)).done();
    program
}

/// L39: neither callers nor the log learn what a service repeats, and others are served all the while.
#[test]
fn l39_hostile_services_gain_nothing_and_stop_nothing() {
    let canary = Canary::new();
    let upstream = Upstream::start(hostile);
    let program = with_key(&upstream, &canary);
    let proxy = Serving::start_with(
        &program,
        &["--listen", "127.0.0.1:0", "--token-file", "token", "--threads", "1"],
    );
    let begin = |path: &str| {
        let mut stream = proxy.connect();
        stream.write_all(proxy.text(&format!("GET /c{path}"), "", "").as_bytes()).unwrap();
        upstream.wait_for(&format!("GET {path}"));
        stream
    };
    // Some wait for ever, some for a body that nobody reads: all that stays open beside the others.
    let _open = [begin("/stall"), begin("/early"), begin("/body"), begin("/stall"), begin("/body")];
    let mut said = Vec::new();
    for path in [
        "/echo",
        "/error",
        "/hex",
        "/packed",
        "/trailers",
        "/split",
        "/cut",
        "/again",
        "/away",
        "/headers",
        "/header",
        "/status",
        "/garbage",
        "/two-lengths",
        "/switch",
        "/close",
    ] {
        let answer = proxy.call(&format!("GET /c{path}"));
        canary.assert_absent(path, answer.as_bytes());
        let body = brief(&answer);
        let body = body.split("\"message\"").next().unwrap_or_default();
        said.push(format!("{path} {body}"));
        assert_eq!(proxy.brief("GET /c/fine"), "200 fine", "after {path}");
    }
    insta::assert_snapshot!(said.join("\n"), @r#"
    /echo 200 Bearer <REDACTED>
    /error 401 Bearer <REDACTED>
    /hex 200 <REDACTED>
    /packed 502 {"error":{"code":"unsearchable_answer",
    /trailers 200 ok
    /split 200 <REDACTED>
    /cut 200 Bearer <REDACTED>
    /again 302 
    /away 307 
    /headers 502 {"error":{"code":"unreachable",
    /header 502 {"error":{"code":"unreachable",
    /status 502 {"error":{"code":"unreachable",
    /garbage 502 {"error":{"code":"unreachable",
    /two-lengths 502 {"error":{"code":"unreachable",
    /switch 502 {"error":{"code":"unreachable",
    /close 502 {"error":{"code":"unreachable",
    "#);
    proxy.terminate();
    drop(_open);
    proxy.end_without_trace(&program, &[&canary]);
}

/// L37: a redirect to another origin is shown under a name that no client follows; one at the same origin leads
/// through the proxy.
#[test]
fn l37_redirects_lead_through_the_proxy_or_nowhere() {
    let canary = Canary::new();
    let other = Upstream::of_body("stolen");
    let away = other.url("/stolen");
    let upstream = Upstream::start(move |request, stream| {
        let location = if request.path() == "/away" { &away } else { "/next?x" };
        stream.write_all(&answer("307 Moved", &format!("location: {location}\r\n"), ""))
    });
    let program = with_key(&upstream, &canary);
    let proxy = Serving::start(&program);
    let away = proxy.raw(&proxy.text("POST /c/away", "", "body"));
    assert!(away.starts_with("HTTP/1.1 307 ") && !away.contains("\r\nlocation: "), "{away}");
    assert!(proxy.call("GET /c/same").contains("\r\nlocation: /c/next?x\r\n"));
    assert!(other.lines().is_empty());
    proxy.end_without_trace(&program, &[&canary]);
}

/// L35, L36, L38, L40: a caller leads the credential nowhere else, and adds none of its own.
#[test]
fn l35_l36_l38_l40_callers_lead_nowhere_else() {
    let canary = Canary::new();
    let upstream = Upstream::of_body("hello");
    let program = with_key(&upstream, &canary);
    let proxy = Serving::start(&program);
    for path in
        ["/c/../x", "/c/%2e%2e/x", "/c/%252e%252e/x", "/c/a%5c..%5cx", "/c/..;/x", "//c/x", "/", "/c/%0d%0ax"]
    {
        assert!(proxy.brief(&format!("GET {path}")).starts_with("400 "), "{path}");
    }
    assert!(upstream.lines().is_empty());
    for target in
        ["http://evil.example/c/x", "/c//evil.example/x", "/c/@evil.example", "/c/http://evil.example/x"]
    {
        assert_eq!(proxy.brief(&format!("GET {target}")), "200 hello", "{target}");
    }
    let smuggled = "x-forwarded-host: evil.example\r\nauthorization: Bearer mine\r\nx-goog-api-key: mine\r\n";
    assert_eq!(brief(&proxy.raw(&proxy.text("GET /c/x", smuggled, ""))), "200 hello");
    let host = format!("127.0.0.1:{}", upstream.port);
    for request in upstream.received() {
        assert_eq!(request.header("host"), Some(host.as_str()));
        assert!(request.header("authorization") == Some(&format!("Bearer {}", canary.as_str())));
        assert_eq!(request.header("x-goog-api-key"), None);
    }
    // Two lengths, or a length beside chunks, would be two requests to somebody.
    for headers in
        ["content-length: 1\r\ncontent-length: 2\r\n", "content-length: 4\r\ntransfer-encoding: x\r\n"]
    {
        assert!(proxy.raw(&proxy.text("POST /c/x", headers, "")).starts_with("HTTP/1.1 400 "), "{headers}");
    }
    proxy.end_without_trace(&program, &[&canary]);
}

/// L41, L45: after the secret was changed, no token of the old one is used; many calls fetch one.
#[test]
fn l41_l45_a_changed_secret_has_a_new_token() {
    let canary = Canary::new();
    let tokens = Upstream::start(|request, stream| {
        let credential = request.header("authorization").unwrap_or_default();
        let body = format!(
            "{{\"access_token\": \"token-of-{}\", \"token_type\": \"Bearer\", \"expires_in\": 600}}",
            &credential[credential.len() - 8..]
        );
        stream.write_all(&answer("200 OK", "", &body))
    });
    let upstream = Upstream::of_body("hello");
    let program = Program::new();
    let options = format!(
        "'token-endpoint' = '{}', 'client-id' = 'id', 'client-secret' = '{}', 'scope' = 's'",
        tokens.url("/token"),
        canary.as_str()
    );
    program.sql(&upstream.create("c", "rest", "", &options)).done();
    let proxy = Serving::start(&program);
    std::thread::scope(|scope| {
        for _ in 0..20 {
            scope.spawn(|| assert_eq!(proxy.brief("GET /c"), "200 hello"));
        }
    });
    assert_eq!(tokens.lines().len(), 1);
    program.sql("ALTER CONNECTION c SET ('client-secret' = 'made-up-other')").done();
    std::thread::sleep(std::time::Duration::from_millis(1100));
    assert_eq!(proxy.brief("GET /c"), "200 hello");
    assert_eq!(tokens.lines().len(), 2);
    let used = |index: usize| upstream.received()[index].header("authorization").unwrap().to_owned();
    assert!(used(0) == used(19) && used(0) != used(20));
    proxy.end_without_trace(&program, &[&canary]);
}

/// L44, L46, L47: the log has neither path, headers nor body, and the environment's proxies get nothing.
#[test]
fn l44_l46_l47_nothing_of_a_request_is_logged_or_led_away() {
    let (canary, private) = (Canary::new(), Canary::new());
    let (upstream, other) = (Upstream::of_body("hello"), Upstream::of_body("proxied"));
    let program = Program::new();
    let options = format!(
        "'aws-access-key' = 'AKIDMADEUP', 'aws-secret-key' = '{0}', 'aws-session-token' = '{0}session'",
        canary.as_str()
    );
    program.sql(&upstream.create("aws", "bedrock", "/model/m/invoke", &options)).done();
    let environment: Vec<(&str, String)> =
        ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"].map(|name| (name, other.url(""))).to_vec();
    let proxy =
        Serving::start_in(&program, &["--listen", "127.0.0.1:0", "--token-file", "token"], environment);
    let headers = format!("x-private: {}\r\n", private.as_str());
    let line = format!("POST /aws/model/{0}/invoke?x={0}", private.as_str());
    assert_eq!(brief(&proxy.raw(&proxy.text(&line, &headers, private.as_str()))), "200 hello");
    let received = upstream.received().remove(0);
    let signature = received.header("authorization").unwrap().rsplit('=').next().unwrap().to_owned();
    assert!(signature.len() == 64 && received.path().contains(private.as_str()));
    assert!(proxy.log().contains(" DEBUG ") && !proxy.log().contains(&signature));
    assert!(other.lines().is_empty());
    proxy.end_without_trace(&program, &[&canary, &private]);
}

/// The stream of an MCP server is searched too, and its endpoint leads through the proxy.
#[test]
fn events_of_an_mcp_server_are_searched() {
    let canary = Canary::new();
    let upstream = Upstream::start(|request, stream| {
        let credential = request.header("authorization").unwrap_or_default();
        let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n";
        let events = format!("event: endpoint\ndata: /messages?id=1\n\ndata: {credential}\n\ndata: end\n\n");
        stream.write_all(format!("{head}{events}").as_bytes())?;
        stall(stream)
    });
    let program = Program::new();
    let options = format!("'transport-type' = 'SSE', 'token' = '{}'", canary.as_str());
    program.sql(&upstream.create("tools", "mcp_server", "", &options)).done();
    let proxy = Serving::start(&program);
    let mut stream = proxy.connect();
    stream.write_all(proxy.text("GET /tools/sse", "", "").as_bytes()).unwrap();
    let seen = read_until(&mut stream, "data: end\n\n");
    canary.assert_absent("the events", seen.as_bytes());
    assert!(
        seen.contains("data: /tools/messages?id=1\r\n") && seen.contains("data: Bearer <REDACTED>"),
        "{seen}"
    );
    drop(stream);
    proxy.end_without_trace(&program, &[&canary]);
}
