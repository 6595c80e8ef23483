//! The record of every statement, and of every other use of a connection.

use crate::error::Error;
use crate::outcome::{Outcome, Status};
use crate::session::Session;
use lockkeeper_grammar::{Body, Kind, Name, Statement};
use lockkeeper_model::ConnectionPath;
use lockkeeper_store::{AuditEvent, Revision};

/// A use of a connection that is not a statement, such as a call made with its credential.
///
/// It holds names and codes, never values.
#[derive(Clone, Copy, Debug)]
pub struct Use<'a> {
    /// The connection.
    pub name: &'a Name,
    /// What was done, in capitals as the kinds of statements are.
    pub action: &'static str,
    /// `ok`, or a code that says what went wrong.
    pub outcome: &'static str,
    /// The state of the connection that was used, if it was found.
    pub revision: Option<Revision>,
}

impl Session {
    /// Whether the record of a change rides on the change's commit.
    pub(crate) fn rides(&self, temporary: bool) -> bool {
        let catalog = self.catalog().identity();
        !temporary && self.engine.shared.audit.as_ref().is_some_and(|log| log.rides_with(catalog))
    }

    /// Whether nothing has to be recorded behind a change's commit.
    pub(crate) fn records_on_commit(&self) -> bool {
        self.engine.shared.audit.is_none() || self.rides(false)
    }

    /// The record of a change, if it rides on the change's commit.
    pub(crate) fn rider(
        &self,
        temporary: bool,
        kind: Kind,
        path: &ConnectionPath,
        revision: u64,
    ) -> Option<AuditEvent> {
        self.rides(temporary).then(|| self.event(kind.as_str(), Some(path.to_string()), "ok", Some(revision)))
    }

    /// Records a use of a connection that [`Session::resolve`] gave.
    ///
    /// Resolving by itself records nothing, because only whoever makes the call knows what came of it.
    ///
    /// # Errors
    /// A wrong name, or a failure of the log; what is not recorded must not be reported as done.
    pub async fn record_use(&self, used: &Use<'_>) -> Result<(), Error> {
        let Some(log) = &self.engine.shared.audit else { return Ok(()) };
        let Use { name, action, outcome, revision } = *used;
        let event = self.event(action, Some(self.connection_path(name)?.to_string()), outcome, revision);
        log.append(event).await.map_err(|error| Error::Storage { span: name.span, source: error })
    }

    /// Records a statement whose record did not ride, and gives its outcome back.
    ///
    /// If that fails, so does the statement: what is not recorded must not be reported as done.
    pub(crate) async fn recorded(
        &self,
        statement: &Statement,
        outcome: Result<Outcome, Error>,
    ) -> Result<Outcome, Error> {
        let Some(log) = &self.engine.shared.audit else { return outcome };
        let (code, revision) = match &outcome {
            Ok(Outcome { recorded: true, .. } | Outcome { status: Status::Passed(_), .. }) => return outcome,
            Ok(Outcome { tried: Some((verdict, revision)), .. }) => (verdict.code(), Some(*revision)),
            Ok(_) => ("ok", None),
            Err(error) => (error.code().as_str(), None),
        };
        let event = self.event(statement.kind().as_str(), self.target(statement), code, revision);
        let appended = log.append(event).await;
        appended.map_err(|error| Error::Storage { span: statement.span, source: error })?;
        outcome
    }

    fn event(
        &self,
        action: &str,
        target: Option<String>,
        outcome: &str,
        revision: Option<Revision>,
    ) -> AuditEvent {
        AuditEvent {
            time: self.now(),
            principal: self.principal.as_str().to_owned(),
            action: action.to_owned(),
            target,
            outcome: outcome.to_owned(),
            revision,
        }
    }

    /// The full name of what a statement is about: a connection, a database or a catalog.
    fn target(&self, statement: &Statement) -> Option<String> {
        let connection = |name| self.connection_path(name).ok().map(|path| path.to_string());
        let database = |name| self.database_path(name).ok().map(|path| path.to_string());
        match &statement.body {
            Body::CreateConnection(create) => connection(&create.name),
            Body::AlterConnection(alter) => connection(&alter.name),
            Body::DropConnection(drop) => connection(&drop.name),
            Body::DescribeConnection(describe) => connection(&describe.name),
            Body::ShowCreateConnection(show) => connection(&show.name),
            Body::ValidateConnection(validate) => connection(&validate.name),
            Body::CreateDatabase(create) => database(&create.name),
            Body::DropDatabase(drop) => database(&drop.name),
            Body::UseDatabase(used) => database(&used.name),
            Body::UseCatalog(used) => {
                let catalog = self.catalog_name(&used.name).ok()?;
                Some(format!("`{}`", catalog.as_str().replace('`', "``")))
            }
            _ => None,
        }
    }
}
