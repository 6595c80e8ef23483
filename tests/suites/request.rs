//! `lockkeeper request` against services on this machine, and what L35 to L47 try with it.

use crate::canary::Canary;
use crate::program::{Program, Ran, run};
use crate::serving::read_until;
use crate::upstream::{Upstream, answer, endless, stall};
use std::fs;
use std::io::Write;
use std::process::Stdio;
use std::sync::{Mutex, mpsc};

/// A connection `c` of the type `openai` to a service.
fn with_key(upstream: &Upstream, canary: &Canary) -> Program {
    let program = Program::new();
    let key = format!("'api-key' = '{}'", canary.as_str());
    program.sql(&upstream.create("c", "openai", "/v1/chat/completions", &key)).done();
    program
}

/// Runs `request` with the log at its most verbose, and asserts that a canary is nowhere but in the request.
#[track_caller]
fn request(program: &Program, canary: &Canary, arguments: &[&str]) -> Ran {
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

/// L35, L36, L38, L40: what competes with the credential, or leads elsewhere, is not sent at all.
#[test]
fn l35_l36_l38_l40_competing_requests_are_not_sent() {
    let canary = Canary::new();
    let upstream = Upstream::of_body("");
    let program = with_key(&upstream, &canary);
    let mut said = Vec::new();
    for arguments in [
        &["-H", "Authorization: Bearer mine"][..],
        &["-H", "authorization:"],
        &["-H", "Proxy-Authorization: Basic x"],
        &["-H", "X-Api-Key: mine"],
        &["-H", "Cookie: a=b"],
        &["-H", "X-Amz-Security-Token: x"],
        &["-H", "Host: evil.example"],
        &["-H", "Host: 127.0.0.1"],
        &["-H", "X-A: b\r\nAuthorization: Bearer mine"],
        &["-H", "X-A\r\nB: c"],
        &["-X", "GET /\r\nX-A: b"],
        &["/../admin"],
        &["/%2e%2e/admin"],
        &["../../admin"],
        &["/a\\..\\b"],
        &["/a\r\nX-A: b"],
        &["/a%0d%0aX-A: b"],
        &["/a#fragment"],
    ] {
        let ran = request(&program, &canary, &[&["c"], arguments].concat());
        let first = ran.stderr.lines().next().unwrap_or_default().to_owned();
        said.push(format!("{} {first}", ran.status));
    }
    said.dedup();
    insta::assert_snapshot!(said.join("\n"), @r#"
    1 error: the request has a header "authorization" of its own
    1 error: the request has a header "proxy-authorization" of its own
    1 error: the request has a header "x-api-key" of its own
    1 error: the request has a header "cookie" of its own
    1 error: the request has a header "x-amz-*" of its own
    1 error: the URL leads to another origin than the endpoint of the connection
    2 error: the method, a header or the path is not one of HTTP
    1 error: the path is not one that every server reads in the same way
    "#);
    assert!(upstream.lines().is_empty());
}

/// L40: a line end in a secret does not become a header.
#[test]
fn l40_a_secret_with_a_line_end_is_not_sent() {
    let canary = Canary::new();
    let upstream = Upstream::of_body("");
    let program = Program::new();
    let key = format!("'api-key' = '{}\r\nX-Injected: 1'", canary.as_str());
    let refused = program.sql(&upstream.create("c", "openai", "/v1", &key));
    canary.assert_absent("standard error", refused.stderr.as_bytes());
    insta::assert_snapshot!(refused.stderr.lines().next().unwrap(), @r#"error[control_character]: the value of option "api-key" contains a line break or NUL"#);
    assert_eq!(request(&program, &canary, &["c"]).status, 2);
    assert!(upstream.lines().is_empty());
}

/// L37: neither the credential nor the body follows a redirect to another origin.
#[test]
fn l37_redirects_are_not_followed() {
    let canary = Canary::new();
    let other = Upstream::of_body("stolen");
    let location = other.url("/stolen");
    let upstream = Upstream::start(move |request, stream| {
        stream.write_all(&answer(&request.path()[1..], &format!("location: {location}\r\n"), ""))
    });
    let program = with_key(&upstream, &canary);
    for path in ["/301", "/302", "/303", "/307", "/308"] {
        assert_eq!(request(&program, &canary, &["c", path, "-d", "body"]).status, 0);
    }
    assert_eq!((upstream.lines().len(), other.lines().len()), (5, 0));
}

/// L39, and whatever else a service may do: it gains nothing, and the program ends.
#[test]
fn l39_hostile_services_gain_nothing() {
    let canary = Canary::new();
    let upstream = Upstream::start(|request, stream| {
        let credential = request.header("authorization").unwrap_or_default();
        match request.path() {
            "/echo" => {
                let head = format!("x-echo: {credential}\r\nset-cookie: k={credential}\r\n");
                stream.write_all(&answer(&format!("200 {credential}"), &head, &format!("{credential}\n")))
            }
            "/error" => stream.write_all(&answer("401 No", "", &format!("no such key: {credential}\n"))),
            "/packed" => stream.write_all(&answer("200 OK", "content-encoding: gzip\r\n", credential)),
            "/trailers" => {
                let tail = format!("0\r\nx-echo: {credential}\r\n\r\n");
                stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")?;
                stream.write_all(tail.as_bytes())
            }
            "/split" => {
                let size = credential.len();
                stream.write_all(format!("HTTP/1.1 200 OK\r\ncontent-length: {size}\r\n\r\n").as_bytes())?;
                credential.bytes().try_for_each(|byte| {
                    stream.write_all(&[byte])?;
                    std::thread::sleep(std::time::Duration::from_millis(1));
                    Ok(())
                })
            }
            "/cut" => {
                let head = format!("HTTP/1.1 200 OK\r\ncontent-length: 999\r\n\r\n{credential}");
                stream.write_all(head.as_bytes())?;
                Err(std::io::Error::other("closed early"))
            }
            "/again" => stream.write_all(&answer("302 Found", "location: /again\r\n", "")),
            "/headers" => endless(stream, b"HTTP/1.1 200 OK\r\n", b"x: 0123456789\r\n"),
            "/header" => endless(stream, b"HTTP/1.1 200 OK\r\nx: ", b"0123456789"),
            "/garbage" => {
                stream.write_all(format!("{credential} is not HTTP\r\n\r\n").as_bytes())?;
                Err(std::io::Error::other("garbage"))
            }
            "/close" => Err(std::io::Error::other("closed")),
            _ => stall(stream),
        }
    });
    let program = with_key(&upstream, &canary);
    let mut said = Vec::new();
    for path in [
        "/echo",
        "/error",
        "/packed",
        "/trailers",
        "/split",
        "/cut",
        "/again",
        "/headers",
        "/header",
        "/garbage",
        "/close",
        "/stall",
    ] {
        let ran = request(&program, &canary, &["c", path, "--max-time", "2"]);
        let output: Vec<&str> = ran.stdout.lines().chain(ran.stderr.lines()).collect();
        said.push(format!("{path} {}: {}", ran.status, output.join(" | ")));
    }
    insta::assert_snapshot!(said.join("\n"), @"
    /echo 0: Bearer <REDACTED> | HTTP 200 | x-echo: Bearer <REDACTED> | set-cookie: k=Bearer <REDACTED> | content-length: 32
    /error 1: no such key: Bearer <REDACTED> | HTTP 401 | content-length: 45 | error: the service answered with status 401
    /packed 1: HTTP 200 | content-encoding: gzip | content-length: 31 | error: the service compressed its answer, so it was not searched for the credential and is not shown |   help: ask for no compression: leave out Accept-Encoding
    /trailers 0: HTTP 200 | transfer-encoding: chunked
    /split 0: Bearer <REDACTED> | HTTP 200 | content-length: 31
    /cut 1: Bearer <REDACTED> | HTTP 200 | content-length: 999 | error: the service closed the connection before its answer was complete
    /again 0: HTTP 302 | location: /again | content-length: 0
    /headers 1: error: the service did not answer in valid HTTP/1, or with a head beyond the limits
    /header 1: error: the service did not answer in valid HTTP/1, or with a head beyond the limits
    /garbage 1: error: the service did not answer in valid HTTP/1, or with a head beyond the limits
    /close 1: error: the service closed the connection before its answer was complete
    /stall 1: error: the call took longer than allowed
    ");
    // Who reads no further ends a body that has no end.
    let endless = Upstream::start(|_, stream| endless(stream, b"HTTP/1.1 200 OK\r\n\r\n", &[b'x'; 4096]));
    let program = with_key(&endless, &canary);
    let mut child =
        program.command(["request", "c"]).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut stdout = child.stdout.take().unwrap();
    read_until(&mut stdout, "xxxx");
    drop(stdout);
    assert_eq!(child.wait().unwrap().code(), Some(3));
}

/// L41, L42: tokens are fetched over https or on this machine, and nothing of a refusal is repeated.
#[test]
fn l41_l42_token_endpoints_gain_nothing() {
    let canary = Canary::new();
    let token = Canary::new();
    let secret = canary.as_str().to_owned();
    let given = token.as_str().to_owned();
    let tokens = Upstream::start(move |request, stream| match request.path() {
        "/refuse" => {
            let body = format!("{{\"error\": \"invalid_client\", \"error_description\": \"not {secret}\"}}");
            stream.write_all(&answer("401 No", "", &body))
        }
        "/odd" => stream.write_all(&answer("200 OK", "", &format!("{{\"{secret}\": 1}}"))),
        "/moved" => stream.write_all(&answer("307 Moved", "location: /token\r\n", "")),
        _ => {
            let body =
                format!("{{\"access_token\": \"{given}\", \"token_type\": \"Bearer\", \"expires_in\": 60}}");
            stream.write_all(&answer("200 OK", "", &body))
        }
    });
    let upstream = Upstream::start(|request, stream| {
        stream.write_all(&answer("200 OK", "", request.header("authorization").unwrap_or("nothing")))
    });
    let program = Program::new();
    let mut said = Vec::new();
    for path in ["/token", "/refuse", "/odd", "/moved"] {
        let options = format!(
            "'token-endpoint' = '{}', 'client-id' = 'id', 'client-secret' = '{}', 'scope' = 's'",
            tokens.url(path),
            canary.as_str()
        );
        program.sql(&upstream.create(path, "rest", "", &options)).done();
        let ran = request(&program, &canary, &[path]);
        token.assert_absent("standard output", ran.stdout.as_bytes());
        let output: Vec<&str> = ran.stdout.lines().chain(ran.stderr.lines()).collect();
        said.push(format!("{path} {}: {}", ran.status, output.join(" | ")));
    }
    insta::assert_snapshot!(said.join("\n"), @"
    /token 0: Bearer <REDACTED> | HTTP 200 | content-length: 31
    /refuse 1: error: the token endpoint answered 401, invalid_client |   help: check client-id, client-secret and scope
    /odd 1: error: the token endpoint did not answer with a bearer token (no access token in it)
    /moved 1: error: the token endpoint answered 307 |   help: check client-id, client-secret and scope
    ");
    assert_eq!(upstream.lines().len(), 1);
    program.assert_no_trace(&token);
    let elsewhere =
        "'token-endpoint' = 'http://a.example/', 'client-id' = 'i', 'client-secret' = 's', 'scope' = 's'";
    let ran = program.sql(&upstream.create("elsewhere", "rest", "", elsewhere));
    let used = request(&program, &canary, &["elsewhere"]);
    assert!(ran.status != 0 || used.status != 0, "{ran}{used}");
}

/// L43: addresses that must not be called are not.
#[test]
fn l43_internal_addresses_are_not_called() {
    let canary = Canary::new();
    let program = Program::new();
    let mut said = Vec::new();
    for host in [
        "169.254.169.254",
        "[fe80::1]",
        "0.0.0.0",
        "[::ffff:169.254.169.254]",
        "224.0.0.1",
        "[fd00:ec2::254]",
    ] {
        let create = format!(
            "CREATE OR REPLACE CONNECTION c WITH ('type' = 'openai', 'endpoint' = 'https://{host}/v1', 'api-key' = '{}')",
            canary.as_str()
        );
        // Most are refused when the connection is defined.
        let said_by = match program.sql(&create) {
            ran if ran.status == 0 => request(&program, &canary, &["c", "-m", "5"]),
            refused => refused,
        };
        canary.assert_absent("standard error", said_by.stderr.as_bytes());
        let first = said_by.stderr.lines().next().unwrap_or_default();
        said.push(format!("{host} {} {first}", said_by.status));
    }
    insta::assert_snapshot!(said.join("\n"), @r#"
    169.254.169.254 1 error[endpoint_host]: the host of option "endpoint" is not one to connect to
    [fe80::1] 1 error[endpoint_host]: the host of option "endpoint" is not one to connect to
    0.0.0.0 1 error[endpoint_host]: the host of option "endpoint" is not one to connect to
    [::ffff:169.254.169.254] 1 error[endpoint_host]: the host of option "endpoint" is not one to connect to
    224.0.0.1 1 error[endpoint_host]: the host of option "endpoint" is not one to connect to
    [fd00:ec2::254] 1 error[endpoint_host]: the host of option "endpoint" is not one to connect to
    "#);
}

/// L44, L47: at the finest level, the log has neither signature, nor path, nor headers, nor body.
#[test]
fn l44_l47_the_log_tells_nothing_of_a_request() {
    let (canary, private) = (Canary::new(), Canary::new());
    let upstream = Upstream::of_body("");
    let program = Program::new();
    let options = format!(
        "'aws-access-key' = 'AKIDMADEUP', 'aws-secret-key' = '{0}', 'aws-session-token' = '{0}session'",
        canary.as_str()
    );
    program.sql(&upstream.create("aws", "bedrock", "/model/m/invoke", &options)).done();
    let path = format!("/model/{0}/invoke?x={0}", private.as_str());
    let (header, body) = (format!("x-private: {}", private.as_str()), private.as_str());
    let arguments = ["--log", "trace", "request", "aws", &path, "-H", &header, "-d", body];
    let ran = program.run(&arguments, "");
    assert_eq!(ran.status, 0, "{ran}");
    let received = upstream.received().remove(0);
    let signature = received.header("authorization").unwrap().rsplit('=').next().unwrap().to_owned();
    assert!(received.path().contains(private.as_str()) && signature.len() == 64);
    assert!(ran.stderr.contains(" DEBUG ") && !ran.stderr.contains(&signature));
    for (canary, what) in [(&canary, "the credential"), (&private, "the request")] {
        canary.assert_absent(what, ran.stderr.as_bytes());
        program.assert_no_trace(canary);
    }
}

/// L45: of two connections of one name, the one of the current database is used.
#[test]
fn l45_the_connection_is_the_one_that_is_named() {
    let (here, there) = (Canary::new(), Canary::new());
    let upstream = Upstream::of_body("");
    let program = Program::new();
    let key = |canary: &Canary| format!("'api-key' = '{}'", canary.as_str());
    program.sql(&upstream.create("c", "openai", "/v1", &key(&here))).done();
    let create = upstream.create("c", "openai", "/v1", &key(&there));
    program.run(&["sql", "--database", "other", "--create"], create).done();
    request(&program, &here, &["c"]).done();
    request(&program, &there, &["c", "--database", "other"]).done();
    // Not in another database, if it is in none of that name.
    program.sql("DROP CONNECTION c").done();
    assert_eq!(request(&program, &there, &["c"]).status, 2);
    let used: Vec<bool> = [&here, &there]
        .into_iter()
        .zip(upstream.received())
        .map(|(canary, request)| {
            request.header("authorization") == Some(&format!("Bearer {}", canary.as_str()))
        })
        .collect();
    assert_eq!(used, [true, true]);
}

/// L46: proxies of the environment get nothing.
#[test]
fn l46_the_environments_proxies_are_not_asked() {
    let canary = Canary::new();
    let (upstream, proxy) = (Upstream::of_body("direct"), Upstream::of_body("proxied"));
    let program = with_key(&upstream, &canary);
    let mut command = program.command(["request", "c"]);
    for name in ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
        command.env(name, proxy.url(""));
    }
    assert_eq!(run(&mut command, b"").done(), "direct");
    assert!(proxy.lines().is_empty());
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
