//! Where a credential may go.

use super::*;
use crate::apply::HeaderCredential;
use http::Request;
use std::collections::BTreeSet;

fn target(endpoint: &str) -> Target {
    let connection = Connection {
        connection_type: ConnectionType::Rest,
        endpoint: Endpoint::parse(endpoint).unwrap(),
        options: BTreeMap::new(),
        auth: None,
        sealed: BTreeSet::new(),
        comment: None,
    };
    let identity = Identity { uid: [0; 16], secret_version: 1 };
    Target::with_applier(identity, &connection, Arc::new(HeaderCredential::none()), Scrubber::new([]))
        .unwrap()
}

#[track_caller]
fn check(endpoint: &str, url: &str, accepted: bool) {
    let mut parts = Request::get(url).body(()).unwrap().into_parts().0;
    assert_eq!(target(endpoint).check(&mut parts).is_ok(), accepted, "{endpoint} and {url}");
}

/// L35, L36: origins are compared parsed, not as text.
#[test]
fn l35_l36_only_the_origin_itself_is_accepted() {
    let endpoint = "https://api.example.com/v1";
    for url in [
        "https://api.example.com/v1",
        "https://API.Example.com:443/other",
        "https://api.example.com",
        "/v1/x",
    ] {
        check(endpoint, url, true);
    }
    for url in [
        "https://api.example.com.evil.net/v1",
        "https://api.example.com@evil.net/v1",
        "https://api.example.com:443@evil.net/v1",
        "https://user@api.example.com/v1",
        "https://xapi.example.com/v1",
        "https://xapi.example.com.evil/v1",
        "https://api.example.com./v1",
        "https://api.example.com:444/v1",
        "https://example.com/v1",
        "http://api.example.com/v1",
        "http://api.example.com:443/v1",
        "wss://api.example.com/v1",
    ] {
        check(endpoint, url, false);
    }
    check("http://[::1]:8080/", "http://[0:0::1]:8080/x", true);
    check("http://127.0.0.1:8080/", "http://127.0.0.1:8080/x", true);
    check("http://127.0.0.1:8080/", "http://localhost:8080/x", false);
}

/// L38: a path cannot climb, whatever its spelling.
#[test]
fn l38_paths_that_climb_are_refused() {
    for path in [
        "/v1/../admin",
        "/v1/..",
        "/./x",
        "/v1/%2e%2e/admin",
        "/v1/.%2E/admin",
        "/v1/%2e%2e%2fadmin",
        "/v1/..%2fadmin",
        "/v1/..%5cadmin",
        "/v1/a%5c..%5cadmin",
        "/v1/..;x=1/admin",
        "/v1/%00",
        "/v1/%0d%0aX:%20y",
        "/v1/%252e%252e/admin",
    ] {
        assert_eq!(target("https://h.example/v1").url(Some(path)), Err(EgressError::AmbiguousPath), "{path}");
        check("https://h.example/v1", path, false);
    }
    for path in ["/v1/a..b", "/v1/...", "/model/arn%3Aaws%3Abedrock%2Fx/invoke", "/v1/%c3%bc", "/v1/x?y=../z"]
    {
        assert!(target("https://h.example/v1").url(Some(path)).is_ok(), "{path}");
    }
    assert!(target("https://h.example/v1").url(Some("a\\b")).is_err());
    assert!(target("https://h.example/v1").url(Some("a b")).is_err());
    assert!(target("https://h.example/v1").url(Some("/x#y")).is_err());
}

#[test]
fn paths_are_completed() {
    let target = target("https://h.example/v1/chat?api-version=1");
    let url = |path: Option<&str>| target.url(path).unwrap().to_string();
    insta::assert_snapshot!(url(None), @"https://h.example/v1/chat?api-version=1");
    insta::assert_snapshot!(url(Some("/v2")), @"https://h.example/v2");
    insta::assert_snapshot!(url(Some("?a=b")), @"https://h.example/v1/chat?a=b");
    insta::assert_snapshot!(url(Some("x/y?z")), @"https://h.example/v1/chat/x/y?z");
    // Two slashes are a path here, never another host.
    insta::assert_snapshot!(url(Some("//evil.example/x")), @"https://h.example//evil.example/x");
}

/// L38, L40: the caller's own credential, and a `Host` that names another one.
#[test]
fn l38_l40_the_callers_credential_headers_are_errors() {
    for (name, value) in [
        ("Authorization", "Bearer x"),
        ("proxy-authorization", "Basic x"),
        ("API-KEY", "x"),
        ("x-api-key", "x"),
        ("x-goog-api-key", "x"),
        ("X-Amz-Security-Token", "x"),
        ("x-amz-date", "x"),
        ("Cookie", "a=b"),
    ] {
        let mut parts = Request::get("/").header(name, value).body(()).unwrap().into_parts().0;
        let error = target("https://h.example/").check(&mut parts).unwrap_err();
        assert!(matches!(error, EgressError::CallerCredential { .. }), "{name}");
    }
    let with_host = |host: &str| {
        let mut parts = Request::get("/").header("host", host).body(()).unwrap().into_parts().0;
        target("https://h.example/").check(&mut parts)
    };
    assert_eq!(with_host("evil.example"), Err(EgressError::OtherOrigin));
    assert_eq!(with_host("h.example"), Ok(()));
}

/// L37: a redirect to another host, scheme or port takes nothing along.
#[test]
fn l37_redirects_stay_at_the_origin() {
    let target = target("https://h.example/v1");
    let from: Uri = "https://h.example/v1/a".parse().unwrap();
    let check = |status: u16, location: &str| {
        let location = HeaderValue::from_str(location).unwrap();
        match target.redirect(&from, StatusCode::from_u16(status).unwrap(), &location) {
            Redirect::Stay => "stay".to_owned(),
            Redirect::Leave => "leave".to_owned(),
            Redirect::Follow { url, keeps_method } => format!("{url} {keeps_method}"),
        }
    };
    insta::assert_snapshot!(check(200, "/x"), @"stay");
    insta::assert_snapshot!(check(302, "/x?y"), @"https://h.example/x?y false");
    insta::assert_snapshot!(check(308, "https://H.example:443/x"), @"https://H.example:443/x true");
    insta::assert_snapshot!(check(307, "b"), @"https://h.example/v1/b true");
    for status in [301, 302, 303, 307, 308] {
        for location in [
            "https://evil.example/x",
            "//evil.example/x",
            "/\\evil.example/x",
            "http://h.example/x",
            "https://h.example:8443/x",
            "https://h.example@evil.example/",
            "javascript:alert(1)",
            "/../x",
            "",
        ] {
            assert_eq!(check(status, location), "leave", "{status} {location}");
        }
    }
}
