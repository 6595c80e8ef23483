//! The nineteen connection types: what each needs.

use crate::option::OptionKey;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The kind of service a connection leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[non_exhaustive]
#[expect(missing_docs, reason = "the vendors' own names, nothing to add")]
pub enum ConnectionType {
    A2a,
    Anthropic,
    Azureml,
    Azureopenai,
    Bedrock,
    ConfluentJdbc,
    Cosmosdb,
    Couchbase,
    Elastic,
    Fireworksai,
    Googleai,
    McpServer,
    Mongodb,
    Openai,
    Pinecone,
    Rest,
    S3vectors,
    Sagemaker,
    Vertexai,
}

/// Keys that only make sense together, and exclude the other groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[non_exhaustive]
pub enum AuthGroup {
    /// One key in a header.
    ApiKey,
    /// AWS Signature Version 4.
    Aws,
    /// User name and password.
    Basic,
    /// One token in the `Authorization` header.
    Bearer,
    /// OAuth 2 client credentials.
    Oauth2,
    /// A Google service account's JSON document.
    ServiceKey,
}

/// The URLs that fit a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EndpointForm {
    /// Schemes for any host, in lower case.
    pub schemes: &'static [&'static str],
    /// Schemes without encryption, for loopback hosts only.
    pub loopback_schemes: &'static [&'static str],
    /// An example to show in a hint.
    pub example: &'static str,
}

impl ConnectionType {
    /// All types, in alphabetical order of their names.
    pub const ALL: [Self; 19] = [
        Self::A2a,
        Self::Anthropic,
        Self::Azureml,
        Self::Azureopenai,
        Self::Bedrock,
        Self::ConfluentJdbc,
        Self::Cosmosdb,
        Self::Couchbase,
        Self::Elastic,
        Self::Fireworksai,
        Self::Googleai,
        Self::McpServer,
        Self::Mongodb,
        Self::Openai,
        Self::Pinecone,
        Self::Rest,
        Self::S3vectors,
        Self::Sagemaker,
        Self::Vertexai,
    ];

    /// Finds a type without regard to case.
    pub fn find(name: &str) -> Option<Self> {
        // Most are told apart by their lengths, without a call.
        let is = |known: &str| known.len() == name.len() && known.eq_ignore_ascii_case(name);
        Self::ALL.into_iter().find(|known| is(known.name()))
    }

    /// The name as it is shown and as REST has it, in upper case.
    pub const fn name(self) -> &'static str {
        match self {
            Self::A2a => "A2A",
            Self::Anthropic => "ANTHROPIC",
            Self::Azureml => "AZUREML",
            Self::Azureopenai => "AZUREOPENAI",
            Self::Bedrock => "BEDROCK",
            Self::ConfluentJdbc => "CONFLUENT_JDBC",
            Self::Cosmosdb => "COSMOSDB",
            Self::Couchbase => "COUCHBASE",
            Self::Elastic => "ELASTIC",
            Self::Fireworksai => "FIREWORKSAI",
            Self::Googleai => "GOOGLEAI",
            Self::McpServer => "MCP_SERVER",
            Self::Mongodb => "MONGODB",
            Self::Openai => "OPENAI",
            Self::Pinecone => "PINECONE",
            Self::Rest => "REST",
            Self::S3vectors => "S3VECTORS",
            Self::Sagemaker => "SAGEMAKER",
            Self::Vertexai => "VERTEXAI",
        }
    }

    /// The ways to authenticate, of which a connection has exactly one.
    ///
    /// Source: Confluent CLI 762b3ff, August 2026.
    pub const fn auth_groups(self) -> &'static [AuthGroup] {
        use AuthGroup::{ApiKey, Aws, Basic, Bearer, Oauth2, ServiceKey};
        match self {
            Self::Anthropic
            | Self::Azureml
            | Self::Azureopenai
            | Self::Cosmosdb
            | Self::Fireworksai
            | Self::Googleai
            | Self::Openai
            | Self::Pinecone => &[ApiKey],
            Self::Bedrock | Self::S3vectors | Self::Sagemaker => &[Aws],
            Self::ConfluentJdbc | Self::Couchbase | Self::Mongodb => &[Basic],
            Self::Elastic => &[ApiKey, Basic],
            Self::Vertexai => &[ServiceKey],
            Self::Rest => &[Basic, Bearer, Oauth2],
            Self::A2a | Self::McpServer => &[ApiKey, Basic, Bearer, Oauth2],
        }
    }

    /// Keys that belong to the type and to no way of authenticating.
    pub const fn own_options(self) -> &'static [OptionKey] {
        match self {
            Self::McpServer => &[OptionKey::SseEndpoint, OptionKey::TransportType],
            _ => &[],
        }
    }

    /// Whether an empty credential is a way to say "none": published samples of these types do so.
    pub const fn may_lack_credential(self) -> bool {
        matches!(self, Self::A2a | Self::McpServer | Self::Rest)
    }

    /// The URLs that fit.
    pub const fn endpoint_form(self) -> EndpointForm {
        let (schemes, loopback_schemes, example): (&[&str], &[&str], _) = match self {
            Self::ConfluentJdbc => (
                &["jdbc:mysql", "jdbc:oracle:thin", "jdbc:postgresql", "jdbc:sqlserver"],
                &[],
                "jdbc:postgresql://db.example.com:5432/stock",
            ),
            Self::Couchbase => (&["couchbases"], &["couchbase"], "couchbases://cb.example.com"),
            Self::Mongodb => {
                (&["mongodb+srv"], &["mongodb"], "mongodb+srv://cluster0.example.mongodb.net/films")
            }
            Self::A2a => (&["https"], &["http"], "https://agent.example.com"),
            Self::Anthropic => (&["https"], &["http"], "https://api.anthropic.com/v1/messages"),
            Self::Azureml => (&["https"], &["http"], "https://ws1.westeurope.inference.ml.azure.com/score"),
            Self::Azureopenai => (
                &["https"],
                &["http"],
                "https://proj.openai.azure.com/openai/deployments/gpt/chat/completions?api-version=2025-01-01-preview",
            ),
            Self::Bedrock => (
                &["https"],
                &["http"],
                "https://bedrock-runtime.us-east-1.amazonaws.com/model/amazon.titan-embed-text-v1/invoke",
            ),
            Self::Cosmosdb => (&["https"], &["http"], "https://acct.documents.azure.com:443/"),
            Self::Elastic => (&["https"], &["http"], "https://es.example.com:9243"),
            Self::Fireworksai => {
                (&["https"], &["http"], "https://api.fireworks.ai/inference/v1/chat/completions")
            }
            Self::Googleai => (
                &["https"],
                &["http"],
                "https://generativelanguage.googleapis.com/v1beta/models/gemini-2.0-flash:generateContent",
            ),
            Self::McpServer => (&["https"], &["http"], "https://mcp.example.com/mcp"),
            Self::Openai => (&["https"], &["http"], "https://api.openai.com/v1/chat/completions"),
            Self::Pinecone => (&["https"], &["http"], "https://films-a1b2c3.svc.pinecone.io/query"),
            Self::Rest => (&["https"], &["http"], "https://api.example.com"),
            Self::S3vectors => (&["https"], &["http"], "https://s3vectors.us-east-1.api.aws"),
            Self::Sagemaker => (
                &["https"],
                &["http"],
                "https://runtime.sagemaker.us-east-1.amazonaws.com/endpoints/scorer/invocations",
            ),
            Self::Vertexai => (
                &["https"],
                &["http"],
                "https://us-central1-aiplatform.googleapis.com/v1/projects/p/locations/us-central1/publishers/google/models/m:generateContent",
            ),
        };
        EndpointForm { schemes, loopback_schemes, example }
    }

    /// Whether a key may stand in a connection of this type.
    pub fn allows(self, key: OptionKey) -> bool {
        matches!(key, OptionKey::Type | OptionKey::Endpoint)
            || self.own_options().contains(&key)
            || self.auth_groups().iter().any(|group| group.contains(key))
    }

    /// All keys that may stand in a connection of this type: the two common ones, those of its credentials, its own.
    pub fn keys(self) -> impl Iterator<Item = OptionKey> {
        OptionKey::ALL.into_iter().filter(move |key| self.allows(*key))
    }
}

impl fmt::Display for ConnectionType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl AuthGroup {
    /// All groups.
    pub const ALL: [Self; 6] =
        [Self::ApiKey, Self::Aws, Self::Basic, Self::Bearer, Self::Oauth2, Self::ServiceKey];

    /// The name; where REST has one (`AUTH_TYPE`), the same.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ApiKey => "API_KEY",
            Self::Aws => "AWS",
            Self::Basic => "BASIC",
            Self::Bearer => "BEARER",
            Self::Oauth2 => "OAUTH2",
            Self::ServiceKey => "SERVICE_KEY",
        }
    }

    /// The keys that must all be there.
    pub const fn required(self) -> &'static [OptionKey] {
        match self {
            Self::ApiKey => &[OptionKey::ApiKey],
            Self::Aws => &[OptionKey::AwsAccessKey, OptionKey::AwsSecretKey],
            Self::Basic => &[OptionKey::Username, OptionKey::Password],
            Self::Bearer => &[OptionKey::Token],
            Self::Oauth2 => {
                &[OptionKey::TokenEndpoint, OptionKey::ClientId, OptionKey::ClientSecret, OptionKey::Scope]
            }
            Self::ServiceKey => &[OptionKey::ServiceKey],
        }
    }

    /// The keys that may be there as well.
    pub const fn optional(self) -> &'static [OptionKey] {
        match self {
            Self::Aws => &[OptionKey::AwsSessionToken],
            Self::ApiKey | Self::Basic | Self::Bearer | Self::Oauth2 | Self::ServiceKey => &[],
        }
    }

    /// Whether the key belongs to this group.
    pub fn contains(self, key: OptionKey) -> bool {
        self.required().contains(&key) || self.optional().contains(&key)
    }

    /// The group a key belongs to, if it is about authentication.
    pub fn of(key: OptionKey) -> Option<Self> {
        Self::ALL.into_iter().find(|group| group.contains(key))
    }
}

impl fmt::Display for AuthGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::option::Class;

    #[test]
    fn names_are_found_in_any_case() {
        for known in ConnectionType::ALL {
            assert_eq!(ConnectionType::find(&known.name().to_lowercase()), Some(known));
            assert_eq!(serde_json::to_value(known).unwrap(), known.name());
        }
        assert_eq!(ConnectionType::find("JDBC"), None);
    }

    #[test]
    fn every_sealed_key_belongs_to_exactly_one_group() {
        for key in OptionKey::ALL.into_iter().filter(|key| key.is_sealed()) {
            assert_eq!(AuthGroup::ALL.into_iter().filter(|g| g.contains(key)).count(), 1, "{key}");
        }
    }

    #[test]
    fn every_group_holds_a_secret() {
        for group in AuthGroup::ALL {
            assert!(group.required().iter().any(|key| key.class() == Class::Secret), "{group}");
        }
    }
}
