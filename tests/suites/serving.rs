//! The program as a proxy, and callers of it.

use crate::canary::Canary;
use crate::program::{Program, Ran};
use crate::upstream::wait_until;
use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// A proxy that runs, with the log at its most verbose.
pub(crate) struct Serving {
    child: Child,
    /// What it listens on: an address, or the path of a socket.
    pub(crate) place: String,
    pub(crate) token: String,
    stderr: Arc<Mutex<String>>,
    reading: Option<JoinHandle<()>>,
}

impl Serving {
    /// Starts it on a port that is free, with a token of its own.
    pub(crate) fn start(program: &Program) -> Self {
        Self::start_with(program, &["--listen", "127.0.0.1:0", "--token-file", "token"])
    }

    pub(crate) fn start_with(program: &Program, arguments: &[&str]) -> Self {
        Self::start_in(program, arguments, Vec::new())
    }

    /// Starts it with variables in its environment.
    pub(crate) fn start_in(program: &Program, arguments: &[&str], variables: Vec<(&str, String)>) -> Self {
        let mut command = program.command(["--log", "trace", "proxy"]);
        command.args(arguments).envs(variables).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let stderr = Arc::new(Mutex::new(String::new()));
        let (lines, written) = (BufReader::new(child.stderr.take().unwrap()), Arc::clone(&stderr));
        let reading = thread::spawn(move || {
            for line in lines.lines() {
                let mut written = written.lock().unwrap();
                written.push_str(&line.unwrap());
                written.push('\n');
            }
        });
        let place = || {
            let written = stderr.lock().unwrap();
            written.lines().find_map(|line| line.strip_prefix("listening on ")).map(str::to_owned)
        };
        wait_until("the proxy listens", || place().is_some() || child.try_wait().unwrap().is_some());
        let place = place().unwrap_or_else(|| panic!("the proxy did not start: {}", stderr.lock().unwrap()));
        let token = fs::read_to_string(program.folder().join("token")).unwrap_or_default();
        Self { child, place, token, stderr, reading: Some(reading) }
    }

    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.place).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream
    }

    /// Sends bytes, and returns what comes until the proxy closes.
    pub(crate) fn raw(&self, request: &str) -> String {
        let mut stream = self.connect();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = Vec::new();
        // A connection that was reset has said what it had to say.
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// A request with the token; `headers` end with a line end each.
    pub(crate) fn text(&self, line: &str, headers: &str, body: &str) -> String {
        let token = &self.token;
        let length =
            if body.is_empty() { String::new() } else { format!("content-length: {}\r\n", body.len()) };
        format!(
            "{line} HTTP/1.1\r\nhost: p\r\nauthorization: Bearer {token}\r\nconnection: close\r\n{length}{headers}\r\n{body}"
        )
    }

    /// Sends a request with the token, and returns the whole answer.
    pub(crate) fn call(&self, line: &str) -> String {
        self.raw(&self.text(line, "", ""))
    }

    /// The status and the body, for small ones.
    pub(crate) fn brief(&self, line: &str) -> String {
        brief(&self.call(line))
    }

    /// What it wrote to standard error so far.
    pub(crate) fn log(&self) -> String {
        self.stderr.lock().unwrap().clone()
    }

    /// Asks it to stop.
    pub(crate) fn terminate(&self) {
        kill_process(Pid::from_child(&self.child), Signal::TERM).unwrap();
    }

    /// Stops it, and returns what it wrote.
    pub(crate) fn stop(mut self) -> Ran {
        self.terminate();
        self.wait()
    }

    /// Waits for its end, and returns what it wrote.
    pub(crate) fn wait(&mut self) -> Ran {
        let status = self.child.wait().unwrap().code().unwrap_or(-1);
        let mut stdout = String::new();
        self.child.stdout.take().unwrap().read_to_string(&mut stdout).unwrap();
        self.reading.take().unwrap().join().unwrap();
        Ran { status, stdout, stderr: self.log() }
    }

    /// Stops it and asserts that nothing it wrote or left has a canary, nor its log the token.
    #[track_caller]
    pub(crate) fn end_without_trace(self, program: &Program, canaries: &[&Canary]) {
        let token = self.token.clone();
        let ran = self.stop();
        assert_eq!(ran.status, 0, "{ran}");
        assert!(!ran.stderr.contains(&token) || token.is_empty(), "the log has the token");
        let audit = program.run(&["audit", "show", "--limit", "1000"], "").done();
        for canary in canaries {
            canary.assert_absent("standard output", ran.stdout.as_bytes());
            canary.assert_absent("the log", ran.stderr.as_bytes());
            canary.assert_absent("the audit log", audit.as_bytes());
            program.assert_no_trace(canary);
        }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The status and the body, unchunked for small ones.
pub(crate) fn brief(answer: &str) -> String {
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((answer, ""));
    let mut body = body.to_owned();
    if head.to_ascii_lowercase().contains("transfer-encoding: chunked") {
        body = body.split("\r\n").skip(1).step_by(2).collect();
    }
    format!("{} {body}", head.split(' ').nth(1).unwrap_or("none"))
}

/// Reads until what was read ends so.
#[track_caller]
pub(crate) fn read_until(stream: &mut impl Read, end: &str) -> String {
    let mut seen = Vec::new();
    while !seen.ends_with(end.as_bytes()) {
        let mut byte = [0];
        let size = stream.read(&mut byte).unwrap();
        assert!(size > 0, "it ended after {:?}", String::from_utf8_lossy(&seen));
        seen.push(byte[0]);
    }
    String::from_utf8_lossy(&seen).into_owned()
}
