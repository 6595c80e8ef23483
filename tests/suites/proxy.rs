//! `lockkeeper proxy`: who is served, what goes out, and how it ends.

use crate::canary::Canary;
use crate::program::Program;
use crate::serving::{Serving, brief, read_until};
use crate::upstream::{Upstream, answer, wait_until};
use std::fs;
use std::io::{Error, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::{Mutex, mpsc};

/// A store with a connection `c` of the type `openai` to a service.
fn with_key(upstream: &Upstream, canary: &Canary) -> Program {
    let program = Program::new();
    let key = format!("'api-key' = '{}'", canary.as_str());
    program.sql(&upstream.create("c", "openai", "/v1/chat/completions", &key)).done();
    program
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn the_token_is_replaced_by_the_credential() {
    let canary = Canary::new();
    let upstream = Upstream::of_body("hello");
    let program = with_key(&upstream, &canary);
    let proxy = Serving::start(&program);
    assert_eq!(proxy.brief("GET /c/v1/models?x=y"), "200 hello");
    assert_eq!(proxy.brief("GET /c"), "200 hello");
    let headers = "cookie: a=b\r\nx-api-key: mine\r\nx-amz-date: 1\r\nx-trace: 1\r\n";
    assert_eq!(brief(&proxy.raw(&proxy.text("PUT /c/x", headers, "body"))), "200 hello");
    assert_eq!(upstream.lines(), ["GET /v1/models?x=y", "GET /v1/chat/completions", "PUT /x"]);
    for request in upstream.received() {
        assert!(request.header("authorization") == Some(&format!("Bearer {}", canary.as_str())));
        let rest = request.without("authorization");
        canary.assert_absent("the rest of the request", &rest);
        assert!(!String::from_utf8_lossy(&rest).contains(&proxy.token), "the proxy's token went out");
    }
    let head = proxy.call("HEAD /c/x");
    assert!(head.contains("\r\ncontent-length: 5\r\n") && head.ends_with("\r\n\r\n"), "{head}");
    let last = upstream.received().remove(2);
    assert_eq!((last.header("x-trace"), last.body.as_slice()), (Some("1"), &b"body"[..]));
    assert_eq!([last.header("cookie"), last.header("x-api-key"), last.header("x-amz-date")], [None; 3]);
    proxy.end_without_trace(&program, &[&canary]);
}

#[test]
fn only_callers_with_the_token_are_served() {
    let canary = Canary::new();
    let upstream = Upstream::of_body("hello");
    let program = with_key(&upstream, &canary);
    let proxy = Serving::start(&program);
    assert_eq!(mode(&program.folder().join("token")), 0o600);
    assert!(proxy.token.len() >= 32);
    let wrong = proxy.token.replace(|c: char| c.is_ascii_digit(), "x");
    for header in [
        String::new(),
        format!("authorization: Bearer {wrong}\r\n"),
        format!("authorization: Bearer {}\r\n", &proxy.token[1..]),
        format!("x-token: {}\r\n", proxy.token),
        "authorization: Bearer \r\n".to_owned(),
    ] {
        for path in ["/c/x", "/nowhere", "/metrics"] {
            let request = format!("GET {path} HTTP/1.1\r\nhost: p\r\nconnection: close\r\n{header}\r\n");
            assert!(proxy.raw(&request).starts_with("HTTP/1.1 401 "), "{path}");
        }
    }
    assert!(upstream.lines().is_empty());
    insta::assert_snapshot!(proxy.brief("GET /nowhere/x"), @r#"404 {"error":{"code":"no_connection","message":"there is no connection of this name","type":"lockkeeper_proxy"}}"#);
    // The second start takes the token that is there.
    let token = proxy.token.clone();
    proxy.end_without_trace(&program, &[&canary]);
    let again = Serving::start(&program);
    assert!(again.token == token && again.brief("GET /c") == "200 hello");
}

#[test]
fn a_token_that_others_can_read_is_not_taken() {
    let program = Program::new();
    let token = program.folder().join("token");
    let arguments = ["proxy", "--listen", "127.0.0.1:0", "--token-file", "token"];
    fs::write(&token, "0123456789012345678901234567890123456789").unwrap();
    fs::set_permissions(&token, fs::Permissions::from_mode(0o644)).unwrap();
    insta::assert_snapshot!(program.run(&arguments, ""), @r#"
    --- stderr
    error: file "token" cannot be read
      caused by: others can read it; run: chmod 600 on it
    --- status 3
    "#);
    fs::set_permissions(&token, fs::Permissions::from_mode(0o600)).unwrap();
    fs::write(&token, "short").unwrap();
    insta::assert_snapshot!(program.run(&arguments, ""), @"
    --- stderr
    error: the token file does not hold a token of 32 or more characters
      help: remove it, and a token is made
    --- status 2
    ");
    insta::assert_snapshot!(program.run(&["proxy", "--listen", "127.0.0.1:0"], ""), @"
    --- stderr
    error: callers over TCP need a token
      help: give --token-file; the file is made on first use
    --- status 2
    ");
    fs::remove_file(&token).unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let place = taken.local_addr().unwrap().to_string();
    let ran = program.run(&["proxy", "--listen", &place, "--token-file", "token"], "");
    insta::assert_snapshot!(ran.to_string().replace(&place, "PLACE"), @r#"
    --- stderr
    made a token in token
    error: "PLACE" cannot be listened on
      caused by: Address already in use (os error 98)
    --- status 3
    "#);
}

#[test]
fn a_socket_is_its_owners() {
    let canary = Canary::new();
    let upstream = Upstream::of_body("hello");
    let program = with_key(&upstream, &canary);
    let socket = program.folder().join("socket");
    // What a process left behind that was killed is no obstacle.
    drop(std::os::unix::net::UnixListener::bind(&socket).unwrap());
    let proxy = Serving::start_with(&program, &["--socket", "socket"]);
    assert_eq!(mode(&socket), 0o600);
    let call = |headers: &str| {
        let mut stream = UnixStream::connect(&socket).unwrap();
        let request = format!("GET /c HTTP/1.1\r\nhost: p\r\nconnection: close\r\n{headers}\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        brief(&answer)
    };
    assert_eq!(call(""), "200 hello");
    // A socket in use is not taken away.
    let second = program.run(&["proxy", "--socket", "socket"], "");
    assert_eq!(second.status, 3, "{second}");
    assert_eq!(call(""), "200 hello");
    proxy.end_without_trace(&program, &[&canary]);
    assert!(!socket.exists());
    // With a token, both are needed.
    let proxy = Serving::start_with(&program, &["--socket", "socket", "--token-file", "token"]);
    assert!(call("").starts_with("401 "));
    assert_eq!(call(&format!("x-api-key: {}\r\n", proxy.token)), "200 hello");
}

#[test]
fn bodies_stream_both_ways() {
    let canary = Canary::new();
    let (go_on, wait) = mpsc::channel::<()>();
    let wait = Mutex::new(wait);
    let upstream = Upstream::start(move |request, stream| match request.path() {
        "/events" => {
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\ndata: 1\n\n")?;
            wait.lock().unwrap().recv().map_err(Error::other)?;
            stream.write_all(b"data: 2\n\n")?;
            Err(Error::other("that was all"))
        }
        _ => stream.write_all(&answer("200 OK", "", &request.body.len().to_string())),
    });
    let program = with_key(&upstream, &canary);
    let proxy = Serving::start(&program);
    let mut stream = proxy.connect();
    stream.write_all(proxy.text("GET /c/events", "", "").as_bytes()).unwrap();
    read_until(&mut stream, "data: 1\n\n");
    go_on.send(()).unwrap();
    read_until(&mut stream, "data: 2\n\n");
    let large = "x".repeat(3_000_000);
    assert_eq!(brief(&proxy.raw(&proxy.text("POST /c/large", "", &large))), "200 3000000");
    proxy.end_without_trace(&program, &[&canary]);
}

/// Statements of another process take effect in a proxy that runs.
#[test]
fn changes_take_effect_while_it_runs() {
    let keys = [Canary::new(), Canary::new(), Canary::new()];
    let upstream = Upstream::start(|_, stream| stream.write_all(&answer("200 OK", "", "hello")));
    let program = with_key(&upstream, &keys[0]);
    let proxy = Serving::start(&program);
    let used = |canary: &Canary| {
        proxy.call("GET /c");
        let last = upstream.received().pop().unwrap();
        last.header("authorization") == Some(&format!("Bearer {}", canary.as_str()))
    };
    assert!(used(&keys[0]));
    program.sql(&format!("ALTER CONNECTION c SET ('api-key' = '{}')", keys[1].as_str())).done();
    wait_until("the altered credential is used", || used(&keys[1]));
    program.sql("DROP CONNECTION c").done();
    wait_until("the dropped connection is unknown", || proxy.brief("GET /c").starts_with("404 "));
    let before = upstream.lines().len();
    assert!(proxy.brief("GET /c").starts_with("404 "));
    assert_eq!(upstream.lines().len(), before);
    let key = format!("'api-key' = '{}'", keys[2].as_str());
    program.sql(&upstream.create("c", "openai", "/v1", &key)).done();
    assert!(used(&keys[2]));
    proxy.end_without_trace(&program, &keys.each_ref());
}

/// An answer that is under way ends before the process does; a silent caller does not hold it up.
#[test]
fn an_open_stream_ends_before_the_proxy_does() {
    let canary = Canary::new();
    let (go_on, wait) = mpsc::channel::<()>();
    let wait = Mutex::new(wait);
    let upstream = Upstream::start(move |_, stream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\ndata: 1\n\n")?;
        wait.lock().unwrap().recv().map_err(Error::other)?;
        stream.write_all(b"data: 2\n\n")?;
        Err(Error::other("that was all"))
    });
    let program = with_key(&upstream, &canary);
    let mut proxy = Serving::start(&program);
    let _silent = proxy.connect();
    let mut stream = proxy.connect();
    stream.write_all(proxy.text("GET /c/events", "", "").as_bytes()).unwrap();
    read_until(&mut stream, "data: 1\n\n");
    proxy.terminate();
    wait_until("nobody is let in any more", || std::net::TcpStream::connect(&proxy.place).is_err());
    go_on.send(()).unwrap();
    let mut rest = String::new();
    stream.read_to_string(&mut rest).unwrap();
    assert!(rest.contains("data: 2\n\n") && rest.ends_with("0\r\n\r\n"), "{rest}");
    let ran = proxy.wait();
    assert_eq!(ran.status, 0, "{ran}");
    canary.assert_absent("the log", ran.stderr.as_bytes());
}

#[test]
fn health_and_metrics_tell_no_secret() {
    let canary = Canary::new();
    let upstream = Upstream::start(|request, stream| {
        stream.write_all(&answer("403 No", "", request.header("authorization").unwrap_or_default()))
    });
    let program = with_key(&upstream, &canary);
    let proxy = Serving::start(&program);
    let path = format!("GET /c/{0}?x={0}", canary.as_str());
    assert_eq!(proxy.brief(&path), "403 Bearer <REDACTED>");
    assert!(proxy.brief("GET /nowhere").starts_with("404 "));
    assert_eq!(brief(&proxy.raw("GET /health HTTP/1.1\r\nhost: p\r\nconnection: close\r\n\r\n")), "200 ok\n");
    let metrics = proxy.call("GET /metrics");
    canary.assert_absent("metrics", metrics.as_bytes());
    assert!(!metrics.contains(&proxy.token));
    let counted: Vec<&str> =
        metrics.lines().filter(|l| l.contains("_total") && !l.starts_with('#')).collect();
    let counted: Vec<&str> = counted.into_iter().filter(|line| !line.contains("microseconds")).collect();
    insta::assert_snapshot!(counted.join("\n"), @r#"
    lockkeeper_proxy_answers_total{connection="c",class="4xx"} 1
    lockkeeper_proxy_failures_total{connection="c"} 0
    lockkeeper_proxy_unproven_total 0
    lockkeeper_proxy_unknown_total 1
    lockkeeper_proxy_refused_total 0
    "#);
    proxy.end_without_trace(&program, &[&canary]);
}

/// One record covers a minute of calls with one outcome; all of them are recorded when asked.
#[test]
fn calls_are_recorded() {
    let canary = Canary::new();
    let upstream = Upstream::start(|request, stream| match request.path().split('?').next().unwrap() {
        "/close" => Err(Error::other("closed")),
        path => stream.write_all(&answer(&path[1..], "", "")),
    });
    let program = with_key(&upstream, &canary);
    let proxy = Serving::start(&program);
    for path in ["/200", "/200", "/404", "/401", "/500", "/close", "/200"] {
        proxy.call(&format!("GET /c{path}?x={}", canary.as_str()));
    }
    proxy.call("GET /nowhere");
    program.sql("ALTER CONNECTION c SET ('api-key' = 'made-up')").done();
    wait_until("the altered connection is used", || {
        proxy.call("GET /c/200");
        crate::audit::log(&program).lines().count() >= 7
    });
    proxy.end_without_trace(&program, &[&canary]);
    insta::assert_snapshot!(crate::audit::log(&program), @"
    1 CREATE_CONNECTION `default_catalog`.`default_database`.`c` ok 1
    2 PROXY `default_catalog`.`default_database`.`c` ok 1
    3 PROXY `default_catalog`.`default_database`.`c` answered_4xx 1
    4 PROXY `default_catalog`.`default_database`.`c` answered_5xx 1
    5 PROXY `default_catalog`.`default_database`.`c` unanswered 1
    6 ALTER_CONNECTION `default_catalog`.`default_database`.`c` ok 2
    7 PROXY `default_catalog`.`default_database`.`c` ok 2
    ");
    program.run(&["audit", "verify"], "").done();

    let all = ["--listen", "127.0.0.1:0", "--token-file", "token", "--audit", "all"];
    let proxy = Serving::start_with(&program, &all);
    for _ in 0..3 {
        proxy.call("GET /c/200");
    }
    proxy.end_without_trace(&program, &[&canary]);
    let log = crate::audit::log(&program);
    let last: Vec<&str> = log.lines().skip(7).collect();
    insta::assert_snapshot!(last.join("\n"), @"
    8 PROXY `default_catalog`.`default_database`.`c` ok 2
    9 PROXY `default_catalog`.`default_database`.`c` ok 2
    10 PROXY `default_catalog`.`default_database`.`c` ok 2
    ");
    program.run(&["audit", "verify"], "").done();
}
