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
mod tests;
