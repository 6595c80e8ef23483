//! A connection with its credential, ready for requests.

use crate::apply::{Apply, applier};
use crate::destination::{check_headers, check_host, check_path, same_origin};
use crate::dial::authority_of;
use crate::error::EgressError;
use crate::scrub::Scrubber;
use crate::token::TokenKey;
use http::header::{HOST, HeaderValue};
use http::request::Parts;
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{StatusCode, Uri};
use lockkeeper_model::{Connection, ConnectionType, Credential, Endpoint, OptionKey, Origin};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Which state of which connection a credential belongs to; tokens are kept by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Identity {
    /// The connection's identity, which a connection of the same name created later does not share.
    pub uid: [u8; 16],
    /// How often its secrets were changed.
    pub secret_version: u64,
}

/// A connection with its credential in the form that requests need.
///
/// It is made once for each state of a connection, and shared by requests.
#[expect(missing_debug_implementations, reason = "it holds secrets")]
pub struct Target {
    identity: Identity,
    connection_type: ConnectionType,
    endpoint: Endpoint,
    origin: Origin,
    scheme: Scheme,
    authority: Authority,
    host: HeaderValue,
    options: BTreeMap<OptionKey, String>,
    has_credential: bool,
    applier: Arc<dyn Apply>,
    scrubber: Arc<Scrubber>,
}

impl Target {
    /// Prepares a connection that is called over HTTP.
    ///
    /// # Errors
    /// [`EgressError::NotHttp`] and the errors of [`applier`].
    pub fn new(
        identity: Identity,
        connection: &Connection,
        credential: &Credential,
    ) -> Result<Self, EgressError> {
        let scrubber = Scrubber::of_credential(credential);
        Self::with_applier(identity, connection, applier(connection, credential)?, scrubber)
    }

    /// Prepares a connection with a way to authenticate of the caller's own; `scrubber` has to know its secrets.
    ///
    /// # Errors
    /// [`EgressError::NotHttp`] if the endpoint is not an http or https URL.
    pub fn with_applier(
        identity: Identity,
        connection: &Connection,
        applier: Arc<dyn Apply>,
        scrubber: Scrubber,
    ) -> Result<Self, EgressError> {
        let endpoint = connection.endpoint.clone();
        let not_http = EgressError::NotHttp { connection_type: connection.connection_type };
        let scheme = match endpoint.scheme() {
            "https" => Scheme::HTTPS,
            "http" => Scheme::HTTP,
            _ => return Err(not_http),
        };
        let authority = authority_of(&endpoint);
        let host = HeaderValue::try_from(&authority).map_err(|_| not_http.clone())?;
        let authority = Authority::try_from(authority).map_err(|_| not_http)?;
        Ok(Self {
            identity,
            connection_type: connection.connection_type,
            origin: endpoint.origin(),
            endpoint,
            scheme,
            authority,
            host,
            options: connection.options.clone(),
            has_credential: connection.auth.is_some(),
            applier,
            scrubber: Arc::new(scrubber),
        })
    }

    /// Which state of which connection it is.
    pub fn identity(&self) -> Identity {
        self.identity
    }

    /// The connection's type.
    pub fn connection_type(&self) -> ConnectionType {
        self.connection_type
    }

    /// The connection's endpoint.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// A plain option of the connection.
    pub fn option(&self, key: OptionKey) -> Option<&str> {
        self.options.get(&key).map(String::as_str)
    }

    /// Whether the connection has a credential at all.
    pub fn has_credential(&self) -> bool {
        self.has_credential
    }

    /// Where its requests may go.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// How it authenticates.
    pub fn applier(&self) -> &dyn Apply {
        &*self.applier
    }

    /// Finds the credential in what comes back.
    pub fn scrubber(&self) -> &Arc<Scrubber> {
        &self.scrubber
    }

    /// The URL that `path` means, always at the connection's origin.
    ///
    /// Nothing, or an empty text, is the endpoint itself with its query; `/…` starts at the origin; `?…` is the
    /// endpoint with another query; anything else continues the endpoint's path.
    ///
    /// # Errors
    /// [`EgressError::AmbiguousPath`].
    pub fn url(&self, path: Option<&str>) -> Result<Uri, EgressError> {
        let endpoint = || match self.endpoint.path() {
            "" => "/",
            path => path,
        };
        let text = match path.unwrap_or_default() {
            "" => match self.endpoint.query() {
                Some(query) => format!("{}?{query}", endpoint()),
                None => endpoint().to_owned(),
            },
            absolute if absolute.starts_with('/') => absolute.to_owned(),
            query if query.starts_with('?') => format!("{}{query}", endpoint()),
            relative => format!("{}/{relative}", endpoint().trim_end_matches('/')),
        };
        // The parser of `PathAndQuery` would drop a fragment in silence.
        if text.contains('#') {
            return Err(EgressError::AmbiguousPath);
        }
        self.url_at(PathAndQuery::try_from(text).map_err(|_| EgressError::AmbiguousPath)?)
    }

    /// The URL of a path at the connection's origin.
    pub(crate) fn url_at(&self, path: PathAndQuery) -> Result<Uri, EgressError> {
        check_path(path.path())?;
        let mut parts = http::uri::Parts::default();
        parts.scheme = Some(self.scheme.clone());
        parts.authority = Some(self.authority.clone());
        parts.path_and_query = Some(path);
        Uri::from_parts(parts).map_err(|_| EgressError::AmbiguousPath)
    }

    /// Checks that a request may carry the credential: it goes to the connection's origin, has an unambiguous path, and
    /// brings no credential of its own. A request for a mere path is completed.
    ///
    /// # Errors
    /// [`EgressError::OtherOrigin`], [`EgressError::AmbiguousPath`], [`EgressError::CallerCredential`].
    pub fn check(&self, request: &mut Parts) -> Result<(), EgressError> {
        match request.uri.authority() {
            Some(_) if same_origin(&request.uri, &self.origin) => check_path(request.uri.path())?,
            Some(_) => return Err(EgressError::OtherOrigin),
            None => {
                let path = request.uri.path_and_query().filter(|path| path.as_str().starts_with('/'));
                request.uri = self.url_at(path.ok_or(EgressError::AmbiguousPath)?.clone())?;
            }
        }
        check_host(&request.headers, &self.host)?;
        check_headers(&request.headers)?;
        request.headers.insert(HOST, self.host.clone());
        Ok(())
    }

    /// Says what is to be done with a redirect that answered a request to `from`.
    ///
    /// The client itself follows none. A redirect to another origin is the caller's affair, without the credential and
    /// without the body of the request.
    pub fn redirect(&self, from: &Uri, status: StatusCode, location: &HeaderValue) -> Redirect {
        if !matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308) {
            return Redirect::Stay;
        }
        match self.locate(from, location) {
            Some(url) => Redirect::Follow { url, keeps_method: matches!(status.as_u16(), 307 | 308) },
            None => Redirect::Leave,
        }
    }

    /// What a `Location` means that answered a request to `from`, if it is at our origin.
    pub(crate) fn locate(&self, from: &Uri, location: &HeaderValue) -> Option<Uri> {
        std::str::from_utf8(location.as_bytes()).ok().and_then(|text| self.located(from, text))
    }

    /// A location at our origin; absolute, or a path from the root or beside the request's.
    fn located(&self, from: &Uri, location: &str) -> Option<Uri> {
        let location = location.split('#').next()?;
        if let Some(rest) = location.strip_prefix('/') {
            // `//host` is another authority.
            return if rest.starts_with(['/', '\\']) { None } else { self.url(Some(location)).ok() };
        }
        match location.parse::<Uri>() {
            // Without a scheme, a single word would be read as a host.
            Ok(to) if to.scheme().is_some() => {
                (same_origin(&to, &self.origin) && check_path(to.path()).is_ok()).then_some(to)
            }
            _ if location.is_empty() || location.contains(':') => None,
            _ if location.starts_with('?') => self.url(Some(&format!("{}{location}", from.path()))).ok(),
            _ => {
                let folder = from.path().rsplit_once('/').map_or("", |(folder, _)| folder);
                self.url(Some(&format!("{folder}/{location}"))).ok()
            }
        }
    }

    pub(crate) fn token_key(&self, fingerprint: &[u8; 32]) -> TokenKey {
        TokenKey {
            uid: self.identity.uid,
            secret_version: self.identity.secret_version,
            fingerprint: *fingerprint,
        }
    }
}

/// What a redirect means for whoever holds the credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Redirect {
    /// It is no redirect.
    Stay,
    /// It stays at the origin: the credential may go along.
    Follow {
        /// Where to.
        url: Uri,
        /// Whether method and body stay (307, 308), or a GET without body follows.
        keeps_method: bool,
    },
    /// It leaves the origin, or is not readable: neither credential nor body may follow.
    Leave,
}

#[cfg(test)]
mod tests {
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
            assert_eq!(
                target("https://h.example/v1").url(Some(path)),
                Err(EgressError::AmbiguousPath),
                "{path}"
            );
            check("https://h.example/v1", path, false);
        }
        for path in
            ["/v1/a..b", "/v1/...", "/model/arn%3Aaws%3Abedrock%2Fx/invoke", "/v1/%c3%bc", "/v1/x?y=../z"]
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
}
