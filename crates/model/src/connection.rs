//! A connection: what the catalog keeps of it, and the credential beside it.

use crate::connection_type::{AuthGroup, ConnectionType};
use crate::endpoint::Endpoint;
use crate::option::OptionKey;
use crate::secret::SecretValue;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A connection without its secrets: safe to print, to keep, to send.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connection {
    /// The kind of service.
    #[serde(rename = "type")]
    pub connection_type: ConnectionType,
    /// Where it is.
    pub endpoint: Endpoint,
    /// Plain options other than type and endpoint.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub options: BTreeMap<OptionKey, String>,
    /// How it authenticates; `None` if it was said that there is no credential.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth: Option<AuthGroup>,
    /// The sealed options it has, identifiers included.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub sealed: BTreeSet<OptionKey>,
    /// The comment; an empty one counts as none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

impl Connection {
    /// The URLs that may receive the credential, as one text for associated data: whoever moves a sealed credential
    /// under another destination cannot open it.
    ///
    /// `sse-endpoint` is not among them: it has the endpoint's origin.
    pub fn destination(&self) -> String {
        let token_endpoint = self.options.get(&OptionKey::TokenEndpoint).map_or("", String::as_str);
        // A URL holds no line break, so the text is unambiguous.
        [self.connection_type.name(), self.endpoint.as_str(), token_endpoint].join("\n")
    }

    /// All plain options, type and endpoint first, the others by name.
    pub fn plain_options(&self) -> impl Iterator<Item = (OptionKey, &str)> {
        [(OptionKey::Type, self.connection_type.name()), (OptionKey::Endpoint, self.endpoint.as_str())]
            .into_iter()
            .chain(self.options.iter().map(|(key, value)| (*key, value.as_str())))
    }
}

/// The sealed options of a connection and their values.
pub type Credential = BTreeMap<OptionKey, SecretValue>;

/// A checked connection together with its credential.
#[expect(missing_debug_implementations, reason = "it holds secrets")]
pub struct Definition {
    /// The part that is not secret.
    pub connection: Connection,
    /// The part that is; its keys are `connection.sealed`.
    pub credential: Credential,
}
