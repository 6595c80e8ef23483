//! The engine: what sessions share.

use crate::policy::{AllowAll, Policy, Principal};
use crate::session::Session;
use crate::storage::Storage;
use crate::validator::Validator;
use lockkeeper_model::{DatabasePath, Identifier, NameError};
use lockkeeper_store::{AuditLog, Catalog, SecretStore};
use std::sync::Arc;

/// Catalog, secrets, policy and whatever else sessions share. Cheap to clone.
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "made of trait objects only")]
pub struct Engine {
    pub(crate) shared: Arc<Shared>,
}

pub(crate) struct Shared {
    pub(crate) storage: Storage,
    pub(crate) policy: Box<dyn Policy>,
    pub(crate) clock: Box<dyn Clock>,
    pub(crate) audit: Option<Arc<dyn AuditLog>>,
    pub(crate) validator: Option<Arc<dyn Validator>>,
    pub(crate) default_database: DatabasePath,
}

/// Tells the time; handed in, so that tests can tell it themselves.
pub trait Clock: Send + Sync {
    /// The time now.
    fn now(&self) -> jiff::Timestamp;
}

/// The system's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> jiff::Timestamp {
        jiff::Timestamp::now()
    }
}

/// Puts an [`Engine`] together.
#[expect(missing_debug_implementations, reason = "made of trait objects only")]
pub struct EngineBuilder {
    shared: Shared,
}

impl Engine {
    /// Begins with the two things that have no default.
    ///
    /// Everything is allowed, nothing is audited and nothing can be validated until the builder is told otherwise.
    ///
    /// # Errors
    /// None that can happen; the default names are checked like all others.
    pub fn builder(
        catalog: Arc<dyn Catalog>,
        secrets: Arc<dyn SecretStore>,
    ) -> Result<EngineBuilder, NameError> {
        Ok(EngineBuilder {
            shared: Shared {
                storage: Storage { catalog, secrets },
                policy: Box::new(AllowAll),
                clock: Box::new(SystemClock),
                audit: None,
                validator: None,
                default_database: DatabasePath {
                    catalog: Identifier::new("default_catalog")?,
                    database: Identifier::new("default_database")?,
                },
            },
        })
    }

    /// A session for someone, in the default database.
    pub fn session(&self, principal: Principal) -> Session {
        Session::new(self.clone(), principal)
    }
}

impl EngineBuilder {
    /// Sets who may do what.
    #[must_use]
    pub fn policy(mut self, policy: impl Policy + 'static) -> Self {
        self.shared.policy = Box::new(policy);
        self
    }

    /// Sets where to record every statement.
    ///
    /// If the log is part of the catalog's store, changes and their records are one transaction.
    #[must_use]
    pub fn audit(mut self, log: Arc<dyn AuditLog>) -> Self {
        self.shared.audit = Some(log);
        self
    }

    /// Sets who tries connections out for `VALIDATE CONNECTION`.
    #[must_use]
    pub fn validator(mut self, validator: Arc<dyn Validator>) -> Self {
        self.shared.validator = Some(validator);
        self
    }

    /// Sets the clock.
    #[must_use]
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.shared.clock = Box::new(clock);
        self
    }

    /// Sets the database in which sessions begin.
    #[must_use]
    pub fn default_database(mut self, database: DatabasePath) -> Self {
        self.shared.default_database = database;
        self
    }

    /// The engine.
    pub fn build(self) -> Engine {
        Engine { shared: Arc::new(self.shared) }
    }
}
