//! OAuth 2 client credentials (RFC 6749 section 4.4).

use crate::apply::form::{form, percent_encoded};
use crate::apply::{Apply, Given, header, secret};
use crate::error::EgressError;
use crate::token::{TokenAttempt, TokenRequest, fingerprint};
use http::header::AUTHORIZATION;
use http::request::Parts;
use jiff::Timestamp;
use lockkeeper_model::{Connection, Credential, Endpoint, OptionKey, SecretValue};

/// Exchanges a client's id and secret for a bearer token.
#[expect(missing_debug_implementations, reason = "it holds secrets")]
pub struct ClientCredentials {
    token_endpoint: Endpoint,
    client_id: SecretValue,
    client_secret: SecretValue,
    scope: String,
    fingerprint: [u8; 32],
}

impl ClientCredentials {
    /// Takes the four options. An empty scope is not sent.
    ///
    /// # Errors
    /// [`EgressError::RefusedUrl`] if the token endpoint is neither https nor on this machine (RFC 6749 section 3.2
    /// requires TLS).
    pub fn new(
        token_endpoint: Endpoint,
        client_id: &SecretValue,
        client_secret: &SecretValue,
        scope: &str,
    ) -> Result<Self, EgressError> {
        let allowed = match token_endpoint.scheme() {
            "https" => true,
            "http" => token_endpoint.is_loopback(),
            _ => false,
        };
        if !allowed {
            return Err(EgressError::RefusedUrl { option: OptionKey::TokenEndpoint });
        }
        let parts = [token_endpoint.as_str(), client_id.expose(), client_secret.expose(), scope];
        Ok(Self {
            fingerprint: fingerprint(&parts),
            token_endpoint,
            client_id: SecretValue::copy_of(client_id.expose()),
            client_secret: SecretValue::copy_of(client_secret.expose()),
            scope: scope.to_owned(),
        })
    }

    pub(crate) fn of_connection(
        connection: &Connection,
        credential: &Credential,
    ) -> Result<Self, EgressError> {
        let option = OptionKey::TokenEndpoint;
        let url = connection.options.get(&option).ok_or(EgressError::MissingOption { option })?;
        Self::new(
            Endpoint::parse(url).map_err(|_| EgressError::RefusedUrl { option })?,
            secret(credential, OptionKey::ClientId)?,
            secret(credential, OptionKey::ClientSecret)?,
            connection.options.get(&OptionKey::Scope).map_or("", String::as_str),
        )
    }
}

impl Apply for ClientCredentials {
    fn token_fingerprint(&self) -> Option<&[u8; 32]> {
        Some(&self.fingerprint)
    }

    /// Basic authentication of the client first, which every server has to support that issues passwords (section
    /// 2.3.1); then id and secret in the body, for servers that know nothing else.
    fn token_request(&self, _: Timestamp) -> Result<TokenRequest, EgressError> {
        let mut fields = vec![("grant_type", "client_credentials")];
        if !self.scope.is_empty() {
            fields.push(("scope", &self.scope));
        }
        let [id, secret] =
            [&self.client_id, &self.client_secret].map(|value| percent_encoded(value.expose()));
        let authorization = header::basic_value(&id, &secret, OptionKey::ClientSecret)?;
        let basic = TokenAttempt { authorization: Some(authorization), form: form(&fields) };
        fields
            .extend([("client_id", self.client_id.expose()), ("client_secret", self.client_secret.expose())]);
        let body = TokenAttempt { authorization: None, form: form(&fields) };
        Ok(TokenRequest { endpoint: self.token_endpoint.clone(), first: basic, fallback: Some(body) })
    }

    fn apply(&self, request: &mut Parts, given: &Given<'_>) -> Result<Vec<SecretValue>, EgressError> {
        let token = given.token.ok_or(EgressError::Internal { what: "a token is missing" })?;
        request.headers.insert(AUTHORIZATION, token.header().clone());
        Ok(Vec::new())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(scope: &str) -> TokenRequest {
        let endpoint = Endpoint::parse("https://login.example.com/token").unwrap();
        // Form-encoding comes before base64 (RFC 6749 section 2.3.1): a colon in the id must not cut it in two.
        let [id, secret] = ["id:1", "made up&"].map(SecretValue::copy_of);
        let credentials = ClientCredentials::new(endpoint, &id, &secret, scope).unwrap();
        credentials.token_request(Timestamp::UNIX_EPOCH).unwrap()
    }

    #[test]
    fn the_forms_are_the_rfcs() {
        let request = request("read write");
        insta::assert_snapshot!(request.first.form.as_str(), @"grant_type=client_credentials&scope=read%20write");
        let header = request.first.authorization.unwrap();
        // base64 of `id%3A1:made%20up%26`
        insta::assert_snapshot!(header.to_str().unwrap(), @"Basic aWQlM0ExOm1hZGUlMjB1cCUyNg==");
        let fallback = request.fallback.unwrap();
        assert!(fallback.authorization.is_none());
        insta::assert_snapshot!(fallback.form.as_str(), @"grant_type=client_credentials&scope=read%20write&client_id=id%3A1&client_secret=made%20up%26");
    }

    #[test]
    fn an_empty_scope_is_not_sent() {
        insta::assert_snapshot!(request("").first.form.as_str(), @"grant_type=client_credentials");
    }

    /// L41: the token endpoint is https, or on this machine.
    #[test]
    fn l41_token_endpoints_are_encrypted() {
        let secret = SecretValue::copy_of("made-up");
        for (url, accepted) in [
            ("http://login.example.com/token", false),
            ("http://localhost.example.com/token", false),
            ("ftp://login.example.com/token", false),
            ("http://127.0.0.1:8080/token", true),
            ("https://login.example.com/token", true),
        ] {
            let endpoint = Endpoint::parse(url).unwrap();
            assert_eq!(ClientCredentials::new(endpoint, &secret, &secret, "").is_ok(), accepted, "{url}");
        }
    }
}
