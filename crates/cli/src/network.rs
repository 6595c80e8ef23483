//! The network part: connections tried out, and handed to the proxy.

use async_trait::async_trait;
use lockkeeper::grammar::Name;
use lockkeeper::redact::Clean;
use lockkeeper::{Code, ConnectionVersion, Error, Resolved, Session, Use, Validator, Verdict, VerdictStatus};
use lockkeeper_egress::{
    AddressPolicy, Client, ConnectionSource, EgressError, Identity, Settings, SourceError, UseOutcome,
    VALIDATION_DEADLINE, ValidationStatus, Version,
};
use std::sync::OnceLock;
use std::time::Duration;

/// A client that may call this machine and private networks, as a person's own program may.
pub(crate) fn client() -> Result<Client, EgressError> {
    client_within(None)
}

/// A client whose calls take no longer than `total`.
pub(crate) fn client_within(total: Option<Duration>) -> Result<Client, EgressError> {
    let mut settings = Settings::new(AddressPolicy::PERSONAL);
    settings.limits.total = total;
    Client::new(settings)
}

/// The identity under which tokens are kept.
pub(crate) fn identity(version: ConnectionVersion) -> Identity {
    Identity { uid: *version.uid.as_bytes(), secret_version: version.secret_version }
}

/// Tries connections out over the network; its client is made when it is needed first.
#[derive(Default)]
pub(crate) struct NetworkValidator(OnceLock<Client>);

impl NetworkValidator {
    fn client(&self) -> Result<&Client, EgressError> {
        match self.0.get() {
            Some(client) => Ok(client),
            None => client().map(|client| self.0.get_or_init(|| client)),
        }
    }
}

#[async_trait]
impl Validator for NetworkValidator {
    async fn validate(&self, resolved: &Resolved) -> Verdict {
        let Resolved { connection, credential, version } = resolved;
        let client = match self.client() {
            Ok(client) => client,
            Err(error) => {
                return Verdict {
                    status: VerdictStatus::Unsupported,
                    detail: Clean::text(&error.to_string()),
                };
            }
        };
        let verdict = client.validate(identity(*version), connection, credential, VALIDATION_DEADLINE).await;
        let status = match verdict.status {
            ValidationStatus::Ready => VerdictStatus::Ready,
            ValidationStatus::Unreachable => VerdictStatus::Unreachable,
            ValidationStatus::InvalidAuth => VerdictStatus::InvalidAuth,
            _ => VerdictStatus::Unsupported,
        };
        Verdict { status, detail: Clean::text(&verdict.detail) }
    }
}

/// The connections of a session's current database, for the proxy.
pub(crate) struct SessionSource(pub(crate) Session);

#[async_trait]
impl ConnectionSource for SessionSource {
    async fn resolve(&self, name: &str) -> Result<Option<lockkeeper_egress::Resolved>, SourceError> {
        found(self.0.resolve(&Name::new([name])).await).map(|resolved| {
            resolved.map(|Resolved { connection, credential, version }| lockkeeper_egress::Resolved {
                version: version_of(version),
                connection,
                credential,
            })
        })
    }

    async fn version(&self, name: &str) -> Result<Option<Version>, SourceError> {
        found(self.0.version(&Name::new([name])).await).map(|version| version.map(version_of))
    }

    async fn used(&self, name: &str, version: &Version, outcome: UseOutcome) -> Result<(), SourceError> {
        let name = Name::new([name]);
        let (outcome, revision) = (outcome.as_str(), Some(version.revision));
        let used = Use { name: &name, action: "PROXY", outcome, revision };
        self.0.record_use(&used).await.map_err(|error| {
            tracing::error!(%error, "the use of a connection could not be recorded");
            SourceError::NotRecorded
        })
    }
}

fn version_of(version: ConnectionVersion) -> Version {
    let ConnectionVersion { uid, revision, secret_version } = version;
    Version { uid: *uid.as_bytes(), revision, secret_version }
}

/// What a session says of a name, as the proxy takes it; the reason goes to the log.
fn found<T>(outcome: Result<T, Error>) -> Result<Option<T>, SourceError> {
    match outcome {
        Ok(found) => Ok(Some(found)),
        Err(Error::Rejected(_)) => Ok(None),
        Err(error) => {
            tracing::error!(%error, "a connection could not be resolved");
            match error.code() {
                Code::RECORD_DAMAGED | Code::KEY_MISSING | Code::KEY_REFUSED => Err(SourceError::Sealed),
                _ => Err(SourceError::Unavailable),
            }
        }
    }
}
