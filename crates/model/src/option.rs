//! The one table of options.
//!
//! [`OptionKey::spec`] matches every key: a new key that is not classified does not compile. Extraction, display,
//! redaction, the REST mapping and the documentation read this table and nothing else.

use serde::{Deserialize, Serialize};
use std::fmt;

/// An option of a connection, as it stands in `WITH`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum OptionKey {
    /// `api-key`
    ApiKey,
    /// `aws-access-key`
    AwsAccessKey,
    /// `aws-secret-key`
    AwsSecretKey,
    /// `aws-session-token`
    AwsSessionToken,
    /// `client-id`
    ClientId,
    /// `client-secret`
    ClientSecret,
    /// `endpoint`
    Endpoint,
    /// `password`
    Password,
    /// `scope`
    Scope,
    /// `service-key`
    ServiceKey,
    /// `sse-endpoint`
    SseEndpoint,
    /// `token`
    Token,
    /// `token-endpoint`
    TokenEndpoint,
    /// `transport-type`
    TransportType,
    /// `type`
    Type,
    /// `username`
    Username,
}

/// How sensitive a value is. A key that is not in the table is a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Shown, kept in the catalog.
    Plain,
    /// Says who asks. Sealed and masked like a secret; but, being short and guessable, it is not searched for in
    /// what others send back, which would corrupt their data.
    Identifier,
    /// Sealed, masked, and scrubbed from whatever an upstream echoes.
    Secret,
}

/// What a plain value has to be; anything else at its place is masked by the redactor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueForm {
    /// A connection type's name.
    TypeName,
    /// A URL without user info.
    Url,
    /// One of a few words, in any case.
    Choice(&'static [&'static str]),
    /// Any text.
    Text,
}

/// Length of the longest name.
const LONGEST: usize = "aws-session-token".len();

/// The names of [`OptionKey::ALL`], with their lengths.
static FOLDED: [(usize, [u8; LONGEST]); OptionKey::ALL.len()] = {
    let mut names = [(0, [0; LONGEST]); OptionKey::ALL.len()];
    let mut at = 0;
    while at < names.len() {
        let name = OptionKey::ALL[at].name().as_bytes();
        names[at].0 = name.len();
        names[at].1.split_at_mut(name.len()).0.copy_from_slice(name);
        at += 1;
    }
    names
};

struct Spec {
    name: &'static str,
    class: Class,
    form: ValueForm,
    wire_name: &'static str,
}

/// A key and a value as someone wrote them, after unescaping.
#[derive(Clone, Copy)]
#[expect(missing_debug_implementations, reason = "the value may be a secret")]
pub struct Entry<'a> {
    /// The key, in any case.
    pub key: &'a str,
    /// The value.
    pub value: &'a str,
}

impl OptionKey {
    /// All keys, in alphabetical order of their names.
    pub const ALL: [Self; 16] = [
        Self::ApiKey,
        Self::AwsAccessKey,
        Self::AwsSecretKey,
        Self::AwsSessionToken,
        Self::ClientId,
        Self::ClientSecret,
        Self::Endpoint,
        Self::Password,
        Self::Scope,
        Self::ServiceKey,
        Self::SseEndpoint,
        Self::Token,
        Self::TokenEndpoint,
        Self::TransportType,
        Self::Type,
        Self::Username,
    ];

    /// Finds a key without regard to case; `_` counts as `-`.
    pub fn find(name: impl AsRef<[u8]>) -> Option<Self> {
        let name = name.as_ref();
        let mut folded = [0; LONGEST];
        folded.get_mut(..name.len())?.copy_from_slice(name);
        // Of all of them, so that no loop depends on the length.
        folded = folded.map(|byte| if byte == b'_' { b'-' } else { byte.to_ascii_lowercase() });
        let known = FOLDED.iter().position(|known| *known == (name.len(), folded));
        known.map(|at| Self::ALL[at])
    }

    /// The key as SQL has it.
    pub const fn name(self) -> &'static str {
        self.spec().name
    }

    /// How sensitive its value is.
    pub const fn class(self) -> Class {
        self.spec().class
    }

    /// What its value has to be.
    pub const fn form(self) -> ValueForm {
        self.spec().form
    }

    /// Its name in the REST body: in `auth_data.data`, but for the two that stand in `spec` itself.
    pub const fn wire_name(self) -> &'static str {
        self.spec().wire_name
    }

    /// Whether the value is sealed in the secret store and masked wherever it would be shown.
    pub const fn is_sealed(self) -> bool {
        match self.class() {
            Class::Plain => false,
            Class::Identifier | Class::Secret => true,
        }
    }

    const fn spec(self) -> Spec {
        use Class::{Identifier, Plain, Secret};
        use ValueForm::{Choice, Text, TypeName, Url};
        let (name, class, form, wire_name) = match self {
            Self::ApiKey => ("api-key", Secret, Text, "API_KEY"),
            Self::AwsAccessKey => ("aws-access-key", Identifier, Text, "AWS_ACCESS_KEY_ID"),
            Self::AwsSecretKey => ("aws-secret-key", Secret, Text, "AWS_SECRET_ACCESS_KEY"),
            Self::AwsSessionToken => ("aws-session-token", Secret, Text, "AWS_SESSION_TOKEN"),
            Self::ClientId => ("client-id", Identifier, Text, "OAUTH2_CLIENT_ID"),
            Self::ClientSecret => ("client-secret", Secret, Text, "OAUTH2_CLIENT_SECRET"),
            Self::Endpoint => ("endpoint", Plain, Url, "endpoint"),
            Self::Password => ("password", Secret, Text, "PASSWORD"),
            Self::Scope => ("scope", Plain, Text, "OAUTH2_SCOPE"),
            Self::ServiceKey => ("service-key", Secret, Text, "SERVICE_KEY"),
            Self::SseEndpoint => ("sse-endpoint", Plain, Url, "SSE_ENDPOINT"),
            Self::Token => ("token", Secret, Text, "BEARER_TOKEN"),
            Self::TokenEndpoint => ("token-endpoint", Plain, Url, "OAUTH2_TOKEN_ENDPOINT"),
            Self::TransportType => {
                ("transport-type", Plain, Choice(&["SSE", "STREAMABLE_HTTP"]), "TRANSPORT_TYPE")
            }
            Self::Type => ("type", Plain, TypeName, "connection_type"),
            Self::Username => ("username", Identifier, Text, "USERNAME"),
        };
        Spec { name, class, form, wire_name }
    }
}

impl fmt::Display for OptionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_found_in_any_spelling() {
        assert_eq!(OptionKey::find("API_KEY"), Some(OptionKey::ApiKey));
        assert_eq!(OptionKey::find("Token-Endpoint"), Some(OptionKey::TokenEndpoint));
        assert_eq!(OptionKey::find("ap-key"), None);
        assert_eq!(OptionKey::find("api-key "), None);
    }

    #[test]
    fn the_table_is_sorted_and_named_alike_everywhere() {
        assert!(OptionKey::ALL.is_sorted_by_key(|key| key.name()));
        for key in OptionKey::ALL {
            assert_eq!(OptionKey::find(key.name()), Some(key));
            assert_eq!(serde_json::to_value(key).unwrap(), key.name());
        }
    }
}
