//! What is recorded of calls.

use super::*;

/// A record covers further uses of the same kind; without one there is no answer.
#[tokio::test]
async fn uses_are_recorded() {
    let upstream = Upstream::start(|request| match request.split(' ').nth(1).unwrap() {
        "/bad" => Act::Send(answer("403 Forbidden", "", "")),
        "/broken" => Act::Send(answer("500 Broken", "", "")),
        "/close" => Act::SendAndClose(Vec::new()),
        "/stall" => Act::SendAndStall(Vec::new()),
        _ => Act::Send(ok("hello")),
    })
    .await;
    let proxy = start(upstream.url("/"), |proxy, _| proxy.recheck = Duration::ZERO).await;
    for path in ["/fine", "/fine", "/bad", "/bad", "/broken", "/close", "/fine"] {
        proxy.call(&format!("GET /c%201{path}"), "", "").await;
    }
    proxy.call("GET /unknown/", "", "").await;
    let mut gone = TcpStream::connect(("127.0.0.1", proxy.port)).await.unwrap();
    let stall = format!("GET /c%201/stall HTTP/1.1\r\nhost: p\r\nauthorization: Bearer {TOKEN}\r\n\r\n");
    gone.write_all(stall.as_bytes()).await.unwrap();
    while !upstream.requests().iter().any(|request| request.starts_with("GET /stall")) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    drop(gone);
    while proxy.source.uses.lock().unwrap().len() < 5 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    *proxy.source.version.lock().unwrap() = Some(Version { uid: [3; 16], revision: 2, secret_version: 1 });
    proxy.call("GET /c%201/fine", "", "").await;
    insta::assert_snapshot!(proxy.source.uses.lock().unwrap().join(", "), @"ok at 1, answered_4xx at 1, answered_5xx at 1, unanswered at 1, abandoned at 1, ok at 2");
    *proxy.source.version.lock().unwrap() = Some(Version { uid: [3; 16], revision: 3, secret_version: 1 });
    proxy.source.log_fails.store(true, Ordering::SeqCst);
    let unrecorded = proxy.call("GET /c%201/fine", "", "").await;
    insta::assert_snapshot!(brief(&unrecorded), @r#"HTTP/1.1 502 Bad Gateway | {"error":{"code":"not_recorded","message":"the use of the connection could not be recorded, so its answer is not passed on","type":"lockkeeper_proxy"}}"#);
    proxy.source.log_fails.store(false, Ordering::SeqCst);
    assert_eq!(brief(&proxy.call("GET /c%201/fine", "", "").await), "HTTP/1.1 200 OK | hello");
}

#[tokio::test]
async fn every_use_is_recorded_when_asked() {
    let upstream = Upstream::of_body("hello").await;
    let proxy = start(upstream.url("/"), |proxy, _| proxy.record_every = Duration::ZERO).await;
    for _ in 0..3 {
        proxy.call("GET /c%201/", "", "").await;
    }
    assert_eq!(proxy.source.uses.lock().unwrap().join(", "), "ok at 1, ok at 1, ok at 1");
}
