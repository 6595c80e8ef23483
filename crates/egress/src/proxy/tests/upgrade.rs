//! WebSockets, and other protocols that a caller may ask for.

use super::*;

#[tokio::test]
async fn websockets_pass() {
    let agreed = "HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-accept: x\r\n\r\n";
    let upstream = Upstream::start(move |_| Act::Echo(agreed.as_bytes().to_vec())).await;
    let proxy = start(upstream.url("/"), |_, _| ()).await;
    let mut stream = TcpStream::connect(("127.0.0.1", proxy.port)).await.unwrap();
    let head = format!(
        "GET /c%201/live HTTP/1.1\r\nhost: p\r\nauthorization: Bearer {TOKEN}\r\nconnection: keep-alive, Upgrade\r\nupgrade: websocket\r\nsec-websocket-key: x\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut seen = String::new();
    let mut part = [0; 1024];
    while !seen.contains("\r\n\r\n") {
        let size = stream.read(&mut part).await.unwrap();
        assert!(size > 0);
        seen.push_str(&String::from_utf8_lossy(&part[..size]));
    }
    assert!(seen.starts_with("HTTP/1.1 101 ") && seen.contains("sec-websocket-accept: x"));
    stream.write_all(b"ping").await.unwrap();
    let mut echo = [0; 4];
    tokio::time::timeout(Duration::from_secs(5), stream.read_exact(&mut echo)).await.unwrap().unwrap();
    assert_eq!(&echo, b"ping");
    let request = upstream.requests().remove(0);
    assert!(request.contains("upgrade: websocket") && request.contains(CANARY) && !request.contains(TOKEN));
}

/// Upgrades to anything but WebSockets are not passed on, so nothing is smuggled behind them.
#[tokio::test]
async fn other_upgrades_do_not_pass() {
    let upstream = Upstream::of_body("").await;
    let proxy = start(upstream.url("/"), |_, _| ()).await;
    let head = format!(
        "GET /c%201/ HTTP/1.1\r\nhost: p\r\nauthorization: Bearer {TOKEN}\r\nconnection: Upgrade, HTTP2-Settings, close\r\nupgrade: h2c\r\nhttp2-settings: x\r\n\r\n"
    );
    proxy.raw(&head).await;
    let request = upstream.requests().remove(0);
    assert!(!request.contains("upgrade") && !request.contains("h2c") && !request.contains("http2-settings"));
}
