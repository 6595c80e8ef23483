//! `lockkeeper request` against services on this machine.

use crate::canary::Canary;
use crate::program::{Program, Ran};
use crate::serving::read_until;
use crate::upstream::{Upstream, answer};
use std::fs;
use std::io::Write;
use std::process::Stdio;
use std::sync::{Mutex, mpsc};

/// A connection `c` of the type `openai` to a service.
pub(crate) fn with_key(upstream: &Upstream, canary: &Canary) -> Program {
    let program = Program::new();
    let key = format!("'api-key' = '{}'", canary.as_str());
    program.sql(&upstream.create("c", "openai", "/v1/chat/completions", &key)).done();
    program
}

/// Runs `request` with the log at its most verbose, and asserts that a canary is nowhere but in the request.
#[track_caller]
pub(crate) fn request(program: &Program, canary: &Canary, arguments: &[&str]) -> Ran {
    let ran = program.run(&[&["--log", "trace", "request", "-i"], arguments].concat(), "from standard input");
    canary.assert_absent("standard output", ran.stdout.as_bytes());
    canary.assert_absent("standard error", ran.stderr.as_bytes());
    program.assert_no_trace(canary);
    let log = program.run(&["audit", "show"], "").done();
    canary.assert_absent("the audit log", log.as_bytes());
    Ran { stderr: without_log(&ran.stderr), ..ran }
}

/// What the program itself says.
fn without_log(stderr: &str) -> String {
    let levels = [" TRACE ", " DEBUG ", " INFO ", " WARN "];
    let lines = stderr.lines().filter(|line| !levels.iter().any(|level| line.contains(level)));
    lines.map(|line| format!("{line}\n")).collect()
}

#[test]
fn the_credential_goes_out_in_one_header() {
    let (canary, other) = (Canary::new(), Canary::new());
    let (upstream, second) = (Upstream::of_body("hello\n"), Upstream::of_body("other\n"));
    let program = with_key(&upstream, &canary);
    let token = format!("'token' = '{}'", other.as_str());
    program.sql(&second.create("d", "rest", "", &token)).done();
    insta::assert_snapshot!(request(&program, &canary, &["c", "/v1/models?x=y", "-H", "X-Trace: 1"]), @"
    hello
    --- stderr
    HTTP 200
    content-length: 6
    --- status 0
    ");
    insta::assert_snapshot!(request(&program, &other, &["d"]), @"
    other
    --- stderr
    HTTP 200
    content-length: 6
    --- status 0
    ");
    let received = upstream.received().remove(0);
    assert!(received.header("authorization") == Some(&format!("Bearer {}", canary.as_str())));
    canary.assert_absent("the rest of the request", &received.without("authorization"));
    assert_eq!((received.line(), received.header("x-trace")), ("GET /v1/models?x=y", Some("1")));
    for request in second.received() {
        canary.assert_absent("a request of another connection", request.head.as_bytes());
    }
}

#[test]
fn paths_are_at_the_endpoints_origin() {
    let canary = Canary::new();
    let upstream = Upstream::of_body("");
    let program = with_key(&upstream, &canary);
    for path in [
        &[][..],
        &["?a=b"],
        &["/"],
        &["batch"],
        &["//evil.example/x"],
        &["@evil.example"],
        &[".evil.example"],
    ] {
        assert_eq!(request(&program, &canary, &[&["c"], path].concat()).status, 0);
    }
    insta::assert_snapshot!(upstream.lines().join("\n"), @"
    GET /v1/chat/completions
    GET /v1/chat/completions?a=b
    GET /
    GET /v1/chat/completions/batch
    GET //evil.example/x
    GET /v1/chat/completions/@evil.example
    GET /v1/chat/completions/.evil.example
    ");
    let host = format!("127.0.0.1:{}", upstream.port);
    assert!(upstream.received().iter().all(|request| request.header("host") == Some(&host)));
}

#[test]
fn bodies_and_methods_are_curls() {
    let canary = Canary::new();
    let upstream = Upstream::of_body("");
    let program = with_key(&upstream, &canary);
    fs::write(program.folder().join("body.json"), "{\"from\": \"a file\"}").unwrap();
    for arguments in [
        &["-d", "{}"][..],
        &["-d", "@body.json", "-H", "Content-Type: application/json"],
        &["-d", "@-", "-X", "PUT"],
        &["-X", "DELETE"],
        &["-d", ""],
    ] {
        assert_eq!(request(&program, &canary, &[&["c", "/x"], arguments].concat()).status, 0);
    }
    let seen: Vec<String> = upstream
        .received()
        .iter()
        .map(|request| {
            let kind = request.header("content-type").unwrap_or("no type");
            format!("{} | {kind} | {}", request.line(), String::from_utf8_lossy(&request.body))
        })
        .collect();
    insta::assert_snapshot!(seen.join("\n"), @r#"
    POST /x | no type | {}
    POST /x | application/json | {"from": "a file"}
    PUT /x | no type | from standard input
    DELETE /x | no type | 
    POST /x | no type |
    "#);
    insta::assert_snapshot!(request(&program, &canary, &["c", "-d", "@nowhere"]), @r#"
    --- stderr
    error: file "nowhere" cannot be read
      caused by: No such file or directory (os error 2)
    --- status 3
    "#);
}

#[test]
fn events_are_written_as_they_come() {
    let canary = Canary::new();
    let (go_on, wait) = mpsc::channel::<()>();
    let wait = Mutex::new(wait);
    let upstream = Upstream::start(move |_, stream| {
        stream.write_all(
            b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\ndata: 1\n\n",
        )?;
        // The second event is not sent before the first one was read behind the program.
        wait.lock().unwrap().recv().map_err(std::io::Error::other)?;
        stream.write_all(b"data: 2\n\n")?;
        Err(std::io::Error::other("that was all"))
    });
    let program = with_key(&upstream, &canary);
    for arguments in [&["request", "c"][..], &["request", "c", "--stream"]] {
        let mut child = program.command(arguments).stdout(Stdio::piped()).spawn().unwrap();
        let mut stdout = child.stdout.take().unwrap();
        assert_eq!(read_until(&mut stdout, "\n\n"), "data: 1\n\n");
        go_on.send(()).unwrap();
        assert_eq!(read_until(&mut stdout, "\n\n"), "data: 2\n\n");
        assert_eq!(child.wait().unwrap().code(), Some(0));
    }
}

#[test]
fn the_status_says_what_happened() {
    let canary = Canary::new();
    let upstream = Upstream::start(|request, stream| {
        stream.write_all(&answer(&format!("{} Whatever", &request.path()[1..]), "", "because\n"))
    });
    let program = with_key(&upstream, &canary);
    for (path, status) in [("/200", 0), ("/302", 0), ("/400", 1), ("/401", 1), ("/404", 1), ("/500", 1)] {
        assert_eq!(request(&program, &canary, &["c", path]).status, status, "{path}");
    }
    insta::assert_snapshot!(request(&program, &canary, &["c", "/404"]), @"
    because
    --- stderr
    HTTP 404
    content-length: 8
    error: the service answered with status 404
    --- status 1
    ");
    insta::assert_snapshot!(request(&program, &canary, &["nowhere"]), @r#"
    --- stderr
    error: connection "nowhere" does not exist
    --- status 2
    "#);
    insta::assert_snapshot!(request(&program, &canary, &["c", "-H", "no colon"]), @"
    --- stderr
    error: a header has the form 'Name: value'
    --- status 2
    ");
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let url = format!("http://127.0.0.1:{closed}/v1");
    let key = canary.as_str();
    program
        .sql(&format!("CREATE CONNECTION r WITH ('type'='openai', 'endpoint'='{url}', 'api-key'='{key}')"))
        .done();
    let refused = request(&program, &canary, &["r"]).to_string().replace(&closed.to_string(), "PORT");
    insta::assert_snapshot!(refused, @r#"
    --- stderr
    error: the host "127.0.0.1" did not accept a connection on port PORT: connection refused
    --- status 1
    "#);
}

#[test]
fn requests_are_recorded() {
    let canary = Canary::new();
    let upstream = Upstream::start(|request, stream| match request.path() {
        "/close" => Err(std::io::Error::other("closed")),
        path => stream.write_all(&answer(path[1..].split('?').next().unwrap_or_default(), "", "")),
    });
    let program = with_key(&upstream, &canary);
    let secret = format!("/200?token={}", canary.as_str());
    let upper = program.run(&["request", "c", &secret], "");
    assert_eq!(upper.status, 0, "{upper}");
    for path in ["/200", "/403", "/503", "/close"] {
        let _ = request(&program, &canary, &["c", path]);
    }
    let _ = request(&program, &canary, &["nowhere"]);
    let _ = request(&program, &canary, &["c", "-H", "Cookie: a=b"]);
    program.sql("ALTER CONNECTION c SET ('api-key' = 'made-up')").done();
    request(&program, &canary, &["c", "/200"]).done();
    insta::assert_snapshot!(crate::audit::log(&program), @"
    1 CREATE_CONNECTION `default_catalog`.`default_database`.`c` ok 1
    2 REQUEST `default_catalog`.`default_database`.`c` ok 1
    3 REQUEST `default_catalog`.`default_database`.`c` ok 1
    4 REQUEST `default_catalog`.`default_database`.`c` answered_4xx 1
    5 REQUEST `default_catalog`.`default_database`.`c` answered_5xx 1
    6 REQUEST `default_catalog`.`default_database`.`c` unanswered 1
    7 REQUEST `default_catalog`.`default_database`.`nowhere` connection_missing
    8 REQUEST `default_catalog`.`default_database`.`c` not_sent 1
    9 ALTER_CONNECTION `default_catalog`.`default_database`.`c` ok 2
    10 REQUEST `default_catalog`.`default_database`.`c` ok 2
    ");
    program.run(&["audit", "verify"], "").done();
    program.assert_no_trace(&canary);
}
