//! A service on this machine that behaves as a test wants it to, well or badly.

use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What the service does after it read a request.
pub(crate) enum Act {
    /// Sends these bytes and waits for the next request.
    Send(Vec<u8>),
    /// Sends these bytes and closes.
    SendAndClose(Vec<u8>),
    /// Sends these bytes and then nothing more.
    SendAndStall(Vec<u8>),
    /// Sends the first bytes, and then the others again and again.
    Endless(Vec<u8>, Vec<u8>),
    /// Sends back whatever comes, after these bytes.
    Echo(Vec<u8>),
}

/// A running service.
pub(crate) struct Upstream {
    pub(crate) port: u16,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Upstream {
    /// Starts one; `act` sees the head and the body of each request.
    pub(crate) async fn start<F>(act: F) -> Self
    where
        F: Fn(&str) -> Act + Send + Sync + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (act, seen) = (Arc::new(act), Arc::clone(&requests));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (act, seen) = (Arc::clone(&act), Arc::clone(&seen));
                tokio::spawn(async move { serve(stream, &*act, &seen).await });
            }
        });
        Self { port, requests }
    }

    /// One that answers everything with 200 and a body.
    pub(crate) async fn of_body(body: &'static str) -> Self {
        Self::start(move |_| Act::Send(ok(body))).await
    }

    /// The requests so far, head and body.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }
}

/// A whole answer.
pub(crate) fn answer(status: &str, headers: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status}\r\n{headers}content-length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

pub(crate) fn ok(body: &str) -> Vec<u8> {
    answer("200 OK", "", body)
}

async fn serve(mut stream: TcpStream, act: &(dyn Fn(&str) -> Act + Send + Sync), seen: &Mutex<Vec<String>>) {
    let mut buffer = Vec::new();
    while let Some(request) = read_request(&mut stream, &mut buffer).await {
        seen.lock().unwrap().push(request.clone());
        let sent = match act(&request) {
            Act::Send(bytes) => stream.write_all(&bytes).await,
            Act::SendAndClose(bytes) => {
                let _ = stream.write_all(&bytes).await;
                return;
            }
            Act::SendAndStall(bytes) => {
                let _ = stream.write_all(&bytes).await;
                return std::future::pending().await;
            }
            Act::Endless(first, again) => {
                let mut sent = stream.write_all(&first).await;
                while sent.is_ok() {
                    sent = stream.write_all(&again).await;
                }
                sent
            }
            Act::Echo(first) => {
                let _ = stream.write_all(&first).await;
                let (mut reader, mut writer) = stream.split();
                let _ = tokio::io::copy(&mut reader, &mut writer).await;
                return;
            }
        };
        if sent.is_err() {
            return;
        }
    }
}

/// The head and, by its length or in chunks as they are, the body.
async fn read_request(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<String> {
    loop {
        let text = String::from_utf8_lossy(buffer).into_owned();
        if let Some(end) = text.find("\r\n\r\n") {
            let head = text[..end].to_ascii_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
            let complete = match length {
                Some(length) => text.len() >= end + 4 + length,
                None => !head.contains("transfer-encoding: chunked") || text.ends_with("0\r\n\r\n"),
            };
            if complete {
                let size = length.map_or(text.len(), |length: usize| end + 4 + length);
                buffer.drain(..size);
                return Some(text[..size].to_owned());
            }
        }
        let mut part = [0; 4096];
        match stream.read(&mut part).await {
            Ok(0) | Err(_) => return None,
            Ok(size) => buffer.extend_from_slice(&part[..size]),
        }
    }
}
