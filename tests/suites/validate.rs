//! `VALIDATE CONNECTION` by the program, against services on this machine.

use crate::canary::Canary;
use crate::program::Program;
use crate::upstream::{Upstream, answer, stall};
use std::io::Write;
use std::net::TcpListener;

/// The row of `VALIDATE CONNECTION c`, after a connection was made to a service.
#[track_caller]
fn check(connection_type: &str, endpoint: &str, options: &str) -> String {
    let (program, canary) = (Program::new(), Canary::new());
    let options = options.replace("{}", canary.as_str());
    let create = format!(
        "CREATE CONNECTION c WITH ('type' = '{connection_type}', 'endpoint' = '{endpoint}', {options})"
    );
    let ran = program
        .run(&["--log", "trace", "sql", "-e", &create, "-e", "VALIDATE CONNECTION c", "--format", "csv"], "");
    assert_eq!(ran.status, 0, "{ran}");
    canary.assert_absent("standard output", ran.stdout.as_bytes());
    canary.assert_absent("standard error", ran.stderr.as_bytes());
    program.assert_no_trace(&canary);
    let (head, row) = ran.stdout.trim().split_once('\n').unwrap_or_else(|| panic!("{ran}"));
    assert_eq!(head.trim(), "Name,Status,Detail");
    let recorded = crate::audit::log(&program);
    let recorded = recorded.lines().last().unwrap().rsplit('`').next().unwrap();
    let port = endpoint.rsplit(':').next().unwrap().split('/').next().unwrap();
    format!("{} |{recorded}", row.replace(port, "PORT"))
}

/// A service that takes any credential, refuses it, fails, leads elsewhere, or does not answer; what it says repeats
/// the credential.
fn service() -> Upstream {
    Upstream::start(|request, stream| {
        let credential = request.header("authorization").or(request.header("x-api-key")).unwrap_or_default();
        let status = match request.path().split('/').nth(1).unwrap_or_default() {
            "taken" | "v1" => "200 OK",
            "refused" => "401 Unauthorized",
            "forbidden" => "403 Forbidden",
            "busy" => "429 Too Many Requests",
            "broken" => "503 Service Unavailable",
            "moved" => "307 Temporary Redirect",
            "silent" => return stall(stream),
            _ => "404 Not Found",
        };
        let head = format!("x-echo: {credential}\r\nlocation: /v1\r\n");
        stream.write_all(&answer(status, &head, &format!("your credential is {credential}")))
    })
}

#[test]
fn services_that_answer() {
    let service = service();
    let rest = |path: &str| check("rest", &service.url(path), "'token' = '{}'");
    insta::assert_snapshot!(rest("/taken"), @"c,READY,the service answered 200 and took the credential | ok 1");
    insta::assert_snapshot!(rest("/refused"), @"c,INVALID_AUTH,the service answered 401 and refused the credential | invalid_auth 1");
    insta::assert_snapshot!(rest("/forbidden"), @"c,INVALID_AUTH,the service answered 403 and refused the credential | invalid_auth 1");
    insta::assert_snapshot!(rest("/busy"), @"c,UNREACHABLE,the service answered 429: too many requests at the moment | unreachable 1");
    insta::assert_snapshot!(rest("/broken"), @"c,UNREACHABLE,the service answered 503 | unreachable 1");
    let openai = |path: &str| check("openai", &service.url(path), "'api-key' = '{}'");
    insta::assert_snapshot!(openai("/v1/chat/completions"), @"c,READY,the service answered 200 and took the credential | ok 1");
    insta::assert_snapshot!(openai("/refused/chat/completions"), @"c,INVALID_AUTH,the service answered 401 and refused the credential | invalid_auth 1");
    insta::assert_snapshot!(openai("/moved/chat/completions"), @r#"c,UNSUPPORTED,"the service answered 307, a redirect, which is not followed with a credential" | unsupported 1"#);
    insta::assert_snapshot!(openai("/other/chat/completions"), @"c,UNSUPPORTED,the service answered 404 to a call that services of this type know | unsupported 1");
    assert!(service.lines().iter().all(|line| line.starts_with("GET ")));
}

#[test]
fn nobody_there() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let key = "'api-key' = '{}'";
    let login = "'username' = 'u', 'password' = '{}'";
    insta::assert_snapshot!(check("openai", &format!("http://127.0.0.1:{closed}/v1"), key), @r#"c,UNREACHABLE,"the host ""127.0.0.1"" did not accept a connection on port PORT: connection refused" | unreachable 1"#);
    insta::assert_snapshot!(check("mongodb", &format!("mongodb://127.0.0.1:{closed}/d"), login), @r#"c,UNREACHABLE,"the host ""127.0.0.1"" did not accept a connection on port PORT: connection refused" | unreachable 1"#);
    let postgres = format!("jdbc:postgresql://127.0.0.1:{closed}/d");
    insta::assert_snapshot!(check("confluent_jdbc", &postgres, login), @r#"c,UNREACHABLE,"the host ""127.0.0.1"" did not accept a connection on port PORT: connection refused" | unreachable 1"#);
}

/// A service that takes the connection and then says nothing is waited for, and not for long.
#[test]
fn nobody_answering() {
    let service = service();
    insta::assert_snapshot!(check("rest", &service.url("/silent"), "'token' = '{}'"), @"c,UNREACHABLE,no result within 10 seconds | unreachable 1");
}

#[test]
fn connections_that_are_not_there_or_do_not_open() {
    let (program, service) = (Program::new(), service());
    insta::assert_snapshot!(program.sql("VALIDATE CONNECTION nowhere"), @r#"
    --- stderr
    error[connection_missing]: connection "nowhere" does not exist
     --> standard input:1:21
      |
    1 | VALIDATE CONNECTION nowhere
      |                     ^^^^^^^

    --- status 1
    "#);
    program.sql(&service.create("c", "rest", "/taken", "'token' = 'made-up'")).done();
    std::fs::remove_file(program.key_file()).unwrap();
    let ran = program.sql("VALIDATE CONNECTION c");
    assert_eq!(ran.status, 3, "{ran}");
    assert!(service.lines().is_empty());
}

#[test]
fn a_token_endpoint_that_refuses() {
    let service = service();
    let options = format!(
        "'token-endpoint' = '{}', 'client-id' = 'i', 'client-secret' = '{{}}', 'scope' = 's'",
        service.url("/refused")
    );
    insta::assert_snapshot!(check("rest", &service.url("/taken"), &options), @"c,INVALID_AUTH,the token endpoint answered 401 | invalid_auth 1");
}
