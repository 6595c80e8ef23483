//! `lockkeeper request` where somebody means harm: L35 to L47, and whatever else a service may do.

use crate::canary::Canary;
use crate::program::{Program, run};
use crate::request::{request, with_key};
use crate::serving::read_until;
use crate::upstream::{Upstream, answer, endless, stall};
use std::io::Write;
use std::process::Stdio;

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
