//! A service on this machine that behaves as a test wants it to, well or badly; and a search in what it received.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// A running service; it runs until the test ends.
pub(crate) struct Upstream {
    pub(crate) port: u16,
    received: Arc<Mutex<Vec<Received>>>,
}

/// A request as it arrived.
#[derive(Clone)]
pub(crate) struct Received {
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Upstream {
    /// Starts one; `act` writes the answer, and closes the connection by an error.
    pub(crate) fn start(
        act: impl Fn(&Received, &mut TcpStream) -> io::Result<()> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let received = Arc::new(Mutex::new(Vec::new()));
        let (seen, act) = (Arc::clone(&received), Arc::new(act));
        thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let (seen, act) = (Arc::clone(&seen), Arc::clone(&act));
                // A connection ends by an error sooner or later.
                thread::spawn(move || {
                    while let Ok(request) = Received::read(&mut stream) {
                        seen.lock().unwrap().push(request.clone());
                        if act(&request, &mut stream).is_err() {
                            break;
                        }
                    }
                });
            }
        });
        Self { port, received }
    }

    /// One that answers everything with 200 and a body.
    pub(crate) fn of_body(body: &'static str) -> Self {
        Self::start(move |request, stream| {
            let mut answer = answer("200 OK", "", body);
            if request.line().starts_with("HEAD ") {
                answer.truncate(answer.len() - body.len());
            }
            stream.write_all(&answer)
        })
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// A statement that makes a connection of this type to it.
    pub(crate) fn create(&self, name: &str, connection_type: &str, path: &str, options: &str) -> String {
        let endpoint = self.url(path);
        format!(
            "CREATE CONNECTION `{name}` WITH ('type' = '{connection_type}', 'endpoint' = '{endpoint}', {options});"
        )
    }

    /// The requests so far.
    pub(crate) fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }

    /// Method and path of the requests so far.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.received().iter().map(|request| request.line().to_owned()).collect()
    }

    /// Waits for a request that begins so.
    #[track_caller]
    pub(crate) fn wait_for(&self, line: &str) {
        wait_until("a request arrives", || self.lines().iter().any(|found| found.starts_with(line)));
    }
}

impl Received {
    /// Method and path.
    pub(crate) fn line(&self) -> &str {
        self.head.lines().next().unwrap_or_default().trim_end_matches(" HTTP/1.1")
    }

    pub(crate) fn path(&self) -> &str {
        self.line().split(' ').nth(1).unwrap_or_default()
    }

    /// The value of a header; there must not be two of them.
    #[track_caller]
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut values =
            self.head.lines().skip(1).filter_map(|line| line.split_once(": ")).filter(|(n, _)| *n == name);
        let value = values.next().map(|(_, value)| value);
        assert!(values.next().is_none(), "there are two of the header {name}");
        value
    }

    /// Everything but one header.
    pub(crate) fn without(&self, name: &str) -> Vec<u8> {
        let lines = self.head.lines().filter(|line| !line.starts_with(&format!("{name}: ")));
        let mut rest: Vec<u8> = lines.flat_map(|line| [line.as_bytes(), b"\n"].concat()).collect();
        rest.extend_from_slice(&self.body);
        rest
    }

    fn read(stream: &mut TcpStream) -> io::Result<Self> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(read_byte(stream)?);
        }
        let head = String::from_utf8(head).map_err(io::Error::other)?.trim_end().to_owned();
        let lower = head.to_ascii_lowercase();
        let length = lower.lines().find_map(|line| line.strip_prefix("content-length: "));
        let mut body = Vec::new();
        if let Some(length) = length {
            body.resize(length.parse().map_err(io::Error::other)?, 0);
            stream.read_exact(&mut body)?;
        } else if lower.contains("transfer-encoding: chunked") {
            while !body.ends_with(b"0\r\n\r\n") {
                body.push(read_byte(stream)?);
            }
        }
        Ok(Self { head, body })
    }
}

/// A whole answer.
pub(crate) fn answer(status: &str, headers: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status}\r\n{headers}content-length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

/// Keeps the connection open until the other side closes it, and then closes it too.
pub(crate) fn stall(stream: &mut TcpStream) -> io::Result<()> {
    loop {
        read_byte(stream)?;
    }
}

/// Writes the same again and again, until nobody takes it any more.
pub(crate) fn endless(stream: &mut TcpStream, head: &[u8], part: &[u8]) -> io::Result<()> {
    stream.write_all(head)?;
    loop {
        stream.write_all(part)?;
    }
}

/// Waits for something that comes soon.
#[track_caller]
pub(crate) fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < Duration::from_secs(20), "waited in vain until {what}");
        thread::sleep(Duration::from_millis(10));
    }
}

fn read_byte(stream: &mut TcpStream) -> io::Result<u8> {
    let mut byte = [0];
    stream.read_exact(&mut byte)?;
    Ok(byte[0])
}
