//! How secrets leak around HTTP (L20, L21, L25), tried on the whole program against services that misbehave.

use crate::canary::Canary;
use crate::program::{Program, run_bytes};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Stdio};

/// Runs `lockkeeper request` in every way of showing things, and searches all of it.
#[track_caller]
fn check_request(program: &Program, canary: &Canary, arguments: &[&str]) {
    for more in [&[][..], &["--include"], &["--log", "trace"], &["--include", "--stream", "--log", "trace"]] {
        let arguments: Vec<&str> = ["request"].iter().chain(arguments).chain(more).copied().collect();
        let (_, stdout, stderr) = run_bytes(program.command(&arguments).env("RUST_BACKTRACE", "full"), b"");
        canary.assert_absent("standard output", &stdout);
        canary.assert_absent("standard error", &stderr);
    }
    let log = program.run(&["audit", "show", "--format", "json"], "");
    canary.assert_absent("the audit log", log.to_string().as_bytes());
    program.assert_no_trace(canary);
}

/// A service that answers every call on a port of its own, from the call's bytes.
fn service(answer: impl Fn(&str) -> Vec<u8> + Send + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let call = read_call(&mut stream);
            // A caller that went away is none of the service's business.
            let _ = stream.write_all(&answer(&call));
        }
    });
    port
}

/// Head and body of a call.
fn read_call(stream: &mut TcpStream) -> String {
    let mut reader = BufReader::new(stream);
    let (mut call, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) == 0 || line == "\r\n" {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        }
        call += &line;
    }
    let mut body = vec![0; length];
    let _ = reader.read_exact(&mut body);
    call + "\r\n" + &String::from_utf8_lossy(&body)
}

fn respond(status: &str, content_type: &str, body: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// Makes connection `c` of a type that leads to a port, with the canary in the last option.
fn connect(program: &Program, canary: &Canary, port: u16, connection_type: &str, options: &str) {
    let _ = program
        .sql(&format!(
            "CREATE CONNECTION c WITH ('type' = '{connection_type}', 'endpoint' = 'http://127.0.0.1:{port}/v1', {options})"
        )
        .replace("{}", canary.as_str())
        .replace("{port}", &port.to_string()))
        .done();
}

fn closed_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Types of which the credential goes into a header, into the URL, or through a signature.
const TYPES: &[(&str, &str)] = &[
    ("openai", "'api-key' = '{}'"),
    ("googleai", "'api-key' = '{}'"),
    ("azureopenai", "'api-key' = '{}'"),
    ("rest", "'username' = 'u', 'password' = '{}'"),
    ("rest", "'token' = '{}'"),
    (
        "rest",
        "'token-endpoint' = 'http://127.0.0.1:{port}/token', 'client-id' = 'i', 'client-secret' = '{}', 'scope' = 's'",
    ),
];

#[test]
fn l20_a_failed_call_does_not_show_its_url_or_headers() {
    for (connection_type, options) in TYPES {
        let (program, canary) = (Program::new(), Canary::new());
        connect(&program, &canary, closed_port(), connection_type, options);
        check_request(&program, &canary, &["c", "/v1/things?api-version=1"]);
        // Not HTTP at all, and an answer that stops in the middle.
        for answer in ["SSH-2.0-OpenSSH_9.7\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nab", ""] {
            let (program, canary) = (Program::new(), Canary::new());
            let port = service(move |_| answer.as_bytes().to_vec());
            connect(&program, &canary, port, connection_type, options);
            check_request(&program, &canary, &["c"]);
            let validated = program.run(&["sql", "--log", "trace"], "VALIDATE CONNECTION c");
            canary.assert_absent("what validating says", validated.to_string().as_bytes());
        }
    }
    // A credential that a caller puts into the URL or a header is refused, and not repeated.
    let (program, canary) = (Program::new(), Canary::new());
    connect(&program, &canary, closed_port(), "openai", "'api-key' = 'made-up'");
    let url = format!("https://u:{}@example.com/", canary.as_str());
    let header = format!("Authorization: Bearer {}", canary.as_str());
    check_request(&program, &canary, &["c", &url]);
    check_request(&program, &canary, &["c", "-H", &header]);
    check_request(&program, &canary, &["c", "-H", canary.as_str()]);
}

#[test]
fn l21_what_a_service_repeats_is_scrubbed() {
    for (connection_type, options) in TYPES {
        for status in ["200 OK", "401 Unauthorized", "500 Internal Server Error"] {
            let (program, canary) = (Program::new(), Canary::new());
            let port = service(move |call| respond(status, "text/plain", &format!("you said: {call}")));
            connect(&program, &canary, port, connection_type, options);
            check_request(&program, &canary, &["c", "-d", "{\"a\":1}"]);
            let validated = program.run(&["sql", "--log", "trace"], "VALIDATE CONNECTION c");
            canary.assert_absent("what validating says", validated.to_string().as_bytes());
        }
    }
}

#[test]
fn l21_what_a_token_endpoint_repeats_is_not_passed_on() {
    for (status, kind) in
        [("400 Bad Request", "application/json"), ("200 OK", "text/html"), ("302 Found", "text/plain")]
    {
        let (program, canary) = (Program::new(), Canary::new());
        let port = service(move |call| {
            let body = format!("{{\"error\":\"invalid_client\",\"error_description\":{:?}}}", call);
            respond(status, kind, &body)
        });
        let options = "'token-endpoint' = 'http://127.0.0.1:{port}/token', 'client-id' = 'i', 'client-secret' = '{}', 'scope' = 's'";
        connect(&program, &canary, port, "rest", options);
        check_request(&program, &canary, &["c"]);
    }
}

/// A proxy that ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Requests that are none, each with the caller's token and the canary at a place where no filter expects it.
#[test]
fn l25_a_malformed_request_does_not_get_past_the_log() {
    let (program, canary, held) = (Program::new(), Canary::new(), Canary::new());
    let port = service(|call| respond("200 OK", "text/plain", &format!("you said: {call}")));
    connect(&program, &held, port, "openai", "'api-key' = '{}'");
    let token_file = program.folder().join("token");
    let log_file = program.folder().join("proxy.log");
    let mut command =
        program.command(["proxy", "--listen", "127.0.0.1:0", "--threads", "1", "--log", "trace"]);
    command.arg("--audit").arg("all").arg("--token-file").arg(&token_file);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(std::fs::File::create(&log_file).unwrap());
    let running = Running(command.spawn().unwrap());
    let address = listening(&log_file);
    let token = std::fs::read_to_string(&token_file).unwrap();
    let secret = canary.as_str();
    let calls = [
        format!("{secret}\r\n\r\n"),
        format!("GET {secret} HTTP/1.1\r\n\r\n"),
        format!("{secret} /c/ HTTP/1.1\r\nHost: a\r\n\r\n"),
        format!("GET /c/ HTTP/9.{secret}\r\n\r\n"),
        format!("GET /c/?password={secret} HTTP/1.1\r\nHost: a\r\n\r\n"),
        format!("GET /{secret}/ HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\n\r\n"),
        format!(
            "POST /c/ HTTP/1.1\r\nHost: a\r\nContent-Type: {secret}\r\nContent-Length: x{secret}\r\n\r\n"
        ),
        format!(
            "POST /c/ HTTP/1.1\r\nHost: a\r\nAuthorization: Basic {secret}\r\nContent-Length: 3\r\n\r\nabc"
        ),
        format!("POST /c/ HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz{secret}\r\n"),
        format!("GET /c/ HTTP/1.1\r\nHost: a\r\nX: {secret}\u{1}\u{0}\r\n{secret}\r\n\r\n"),
        format!(
            "GET /c/../{secret}/%00 HTTP/1.1\r\nHost: {secret}@a\r\nAuthorization: Bearer {token}\r\n\r\n"
        ),
    ];
    for call in calls {
        let mut stream = TcpStream::connect(&address).unwrap();
        stream.set_read_timeout(Some(std::time::Duration::from_millis(300))).unwrap();
        let _ = stream.write_all(call.as_bytes());
        let _ = stream.shutdown(std::net::Shutdown::Write);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        canary.assert_absent("the answer", &answer);
        held.assert_absent("the answer", &answer);
    }
    drop(running);
    let log = std::fs::read(&log_file).unwrap();
    canary.assert_absent("the proxy's log", &log);
    held.assert_absent("the proxy's log", &log);
    program.assert_no_trace(&canary);
    program.assert_no_trace(&held);
}

/// Waits until the proxy says where it listens.
fn listening(log: &std::path::Path) -> String {
    for _ in 0..200 {
        let text = std::fs::read_to_string(log).unwrap();
        if let Some((_, rest)) = text.split_once("listening on ")
            && let Some((address, _)) = rest.split_once('\n')
        {
            return address.to_owned();
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    panic!("the proxy does not listen");
}
