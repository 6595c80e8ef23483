//! A session: one principal, a current database, temporary connections.

use crate::engine::Engine;
use crate::error::Error;
use crate::outcome::Outcome;
use crate::policy::{Action, Principal, Request};
use crate::statement::{self, Series};
use crate::storage::Storage;
use lockkeeper_grammar::{Span, Statement, parse_statement};
use lockkeeper_model::{DatabasePath, Identifier};
use lockkeeper_store::{Catalog, Listed, MemorySecrets, MemoryStore, Object, StoreError};
use std::sync::Arc;

/// Executes statements for one principal, one at a time.
///
/// A statement that fails has changed nothing. Temporary connections live in the session's own memory, are seen by
/// nobody else and end with it.
#[expect(missing_debug_implementations, reason = "it holds temporary connections")]
pub struct Session {
    pub(crate) engine: Engine,
    pub(crate) principal: Principal,
    pub(crate) current: DatabasePath,
    pub(crate) temporary: Option<Storage>,
}

impl Session {
    pub(crate) fn new(engine: Engine, principal: Principal) -> Self {
        let current = engine.shared.default_database.clone();
        Self { engine, principal, current, temporary: None }
    }

    /// The database in which names without one are looked up.
    pub fn current_database(&self) -> &DatabasePath {
        &self.current
    }

    /// Makes another database the current one.
    ///
    /// # Errors
    /// [`crate::Code::CATALOG_MISSING`], [`crate::Code::DATABASE_MISSING`], or a failure of the store.
    pub async fn use_database(&mut self, database: DatabasePath) -> Result<(), Error> {
        self.require_database(&database, Span::default()).await?;
        self.current = database;
        Ok(())
    }

    /// Creates a database, and its catalog, unless they exist.
    ///
    /// A statement can only create databases of catalogs that exist; this is for whoever sets the engine up.
    ///
    /// # Errors
    /// [`crate::Code::PERMISSION_DENIED`], or a failure of the store.
    pub async fn ensure_database(&self, database: &DatabasePath) -> Result<(), Error> {
        self.authorize(Action::CreateDatabase, Some(database), None, Span::default())?;
        match self.catalog().create_database(database).await {
            Ok(()) | Err(StoreError::Exists { .. }) => Ok(()),
            Err(error) => Err(Error::of_store(error, Span::default())),
        }
    }

    /// Parses and executes one statement; a `;` at its end is allowed.
    ///
    /// # Errors
    /// See [`Error`]; nothing was changed then.
    pub async fn execute(&mut self, sql: &str) -> Result<Outcome, Error> {
        self.run(&parse_statement(sql)?).await
    }

    /// Executes a parsed statement.
    ///
    /// # Errors
    /// See [`Error`]; nothing was changed then. Spans are those of the statement.
    pub async fn run(&mut self, statement: &Statement) -> Result<Outcome, Error> {
        let outcome = statement::run(self, statement).await;
        self.recorded(statement, outcome).await
    }

    /// Executes the first of these statements, and at once those right behind it that may share its commit: plain
    /// creations of connections, if it is one. Returns what became of them, in order, one at least unless there is none.
    ///
    /// It is as if they were executed one after another: nothing behind one that fails is executed. What it returns is
    /// durable.
    pub async fn run_first(&mut self, statements: &[Statement]) -> Vec<Result<Outcome, Error>> {
        statement::run_first(self, statements).await
    }

    /// Checks and seals ahead of their turn the creations with which a series begins, as far as they can share a commit.
    ///
    /// It changes nothing. A series that is not executed after all is to be given to [`Series::discard`]; if it is dropped
    /// and the secrets are kept apart from the catalog, some are left that nobody refers to, for a sweep to remove.
    pub async fn prepare(&self, statements: Vec<Statement>) -> Series {
        statement::prepare(self, statements).await
    }

    /// Executes the first statements of a series like [`Session::run_first`], and does something else while their commit
    /// waits for the disk, such as to prepare the next series. Whatever is left is for [`Session::run_first`].
    ///
    /// What was prepared is done again if it was for another session or another current database, if it is a minute old,
    /// or if the policy does not allow it any more.
    pub async fn run_prepared<T>(
        &mut self,
        series: &mut Series,
        meanwhile: impl AsyncFnOnce(&Self) -> T,
    ) -> (Vec<Result<Outcome, Error>>, T) {
        statement::run_prepared(self, series, meanwhile).await
    }

    /// The session's own storage for temporary connections, made when it is needed first.
    pub(crate) async fn temporary_storage(
        &mut self,
        database: &DatabasePath,
        span: Span,
    ) -> Result<Storage, Error> {
        self.require_database(database, span).await?;
        let of_store = |error| Error::of_store(error, span);
        let storage = match &self.temporary {
            Some(storage) => storage.clone(),
            None => {
                let catalog = Arc::new(MemoryStore::new().map_err(of_store)?);
                self.temporary.insert(Storage { catalog, secrets: Arc::new(MemorySecrets::new()) }).clone()
            }
        };
        match storage.catalog.create_database(database).await {
            Ok(()) | Err(StoreError::Exists { .. }) => Ok(storage),
            Err(error) => Err(of_store(error)),
        }
    }

    /// Asks the policy.
    pub(crate) fn authorize(
        &self,
        action: Action,
        database: Option<&DatabasePath>,
        catalog: Option<&Identifier>,
        span: Span,
    ) -> Result<(), Error> {
        let catalog = catalog.or(database.map(|database| &database.catalog));
        let request = Request { action, catalog, database };
        self.engine
            .shared
            .policy
            .check(&self.principal, &request)
            .map_err(|denied| Error::denied(denied, span))
    }

    /// Refuses a database that does not exist.
    pub(crate) async fn require_database(&self, database: &DatabasePath, span: Span) -> Result<(), Error> {
        let catalog = &self.engine.shared.storage.catalog;
        let databases = catalog.databases(&database.catalog).await.map_err(|e| Error::of_store(e, span))?;
        if databases.iter().any(|listed| listed.is_sound(&database.database)) {
            return Ok(());
        }
        // One that is damaged may have had this name.
        let error = Self::damage(&databases).unwrap_or_else(|| StoreError::Missing {
            object: Object::Database,
            name: database.database.as_str().to_owned(),
        });
        Err(Error::of_store(error, span))
    }

    /// The error about the first damaged database.
    pub(crate) fn damage(databases: &[Listed]) -> Option<StoreError> {
        let damaged = databases.iter().find(|listed| listed.damaged)?;
        Some(StoreError::Damaged { object: Object::Database, name: damaged.name.as_str().to_owned() })
    }

    pub(crate) fn storage(&self) -> &Storage {
        &self.engine.shared.storage
    }

    pub(crate) fn catalog(&self) -> &dyn Catalog {
        &*self.engine.shared.storage.catalog
    }

    /// The time, in milliseconds: nobody wants to read more of it.
    pub(crate) fn now(&self) -> jiff::Timestamp {
        let now = self.engine.shared.clock.now();
        jiff::Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
    }
}
