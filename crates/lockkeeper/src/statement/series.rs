//! Creations that share a commit, as in a script that imports many connections.

use super::create;
use crate::engine::Engine;
use crate::error::Error;
use crate::outcome::Outcome;
use crate::policy::{Action, Principal};
use crate::session::Session;
use crate::storage::Sealed;
use lockkeeper_grammar::{Body, CreateConnection, Span, Statement};
use lockkeeper_model::DatabasePath;
use lockkeeper_store::{AuditEvent, Edit, NewIds, StoreError};
use std::sync::Arc;
use std::time::Duration;

/// How long what was prepared may wait: far less than the grace of any sweep, which would take its secrets, and little
/// enough for the times in entries and records to be true.
const FRESH: Duration = Duration::from_secs(60);

/// Statements in a row, with what could be done for the first of them ahead of their turn: see [`Session::prepare`].
#[expect(missing_debug_implementations, reason = "it holds statements, and so secrets")]
pub struct Series {
    statements: Vec<Statement>,
    ready: Option<Ready>,
}

/// Creations that were checked and sealed, when, and for whom.
struct Ready {
    since: jiff::Timestamp,
    engine: Engine,
    principal: Principal,
    current: DatabasePath,
    changes: Vec<(Edit, Sealed, Option<AuditEvent>)>,
}

impl Series {
    /// The statements, in order.
    pub fn statements(&self) -> &[Statement] {
        &self.statements
    }

    /// Destroys what was sealed for it, if that is kept apart from the catalog; for a series that is not executed.
    ///
    /// What cannot be destroyed now, a sweep destroys later.
    pub async fn discard(self) {
        if let Some(ready) = self.ready {
            ready.discard().await;
        }
    }
}

/// Checks and seals creations at the beginning of a series.
pub(crate) async fn prepare(session: &Session, statements: Vec<Statement>) -> Series {
    let since = session.now();
    let changes = changes(session, &statements).await;
    let ready = Ready {
        since,
        engine: session.engine.clone(),
        principal: session.principal.clone(),
        current: session.current.clone(),
        changes,
    };
    Series { statements, ready: Some(ready) }
}

/// Executes the first statement of a series, and does something else while it waits.
pub(crate) async fn run_prepared<T>(
    session: &mut Session,
    series: &mut Series,
    meanwhile: impl AsyncFnOnce(&Session) -> T,
) -> (Vec<Result<Outcome, Error>>, T) {
    let changes = match series.ready.take() {
        Some(ready) if ready.is_for(session) => ready.changes,
        stale => {
            if let Some(stale) = stale {
                stale.discard().await;
            }
            changes(session, &series.statements).await
        }
    };
    let (committed, done) = tokio::join!(biased; commit(session, changes), meanwhile(session));
    (conclude(session, &series.statements, committed).await, done)
}

/// Executes the first statement, and those behind it that can share its commit; tells what became of each, in order.
///
/// Nothing behind a statement that fails is executed.
pub(crate) async fn run_first(
    session: &mut Session,
    statements: &[Statement],
) -> Vec<Result<Outcome, Error>> {
    let changes = changes(session, statements).await;
    let committed = commit(session, changes).await;
    conclude(session, statements, committed).await
}

impl Ready {
    /// Whether nothing has changed that the preparation depended on.
    fn is_for(&self, session: &Session) -> bool {
        let age = Duration::try_from(session.now().duration_since(self.since));
        Arc::ptr_eq(&self.engine.shared, &session.engine.shared)
            && self.principal == session.principal
            && self.current == session.current
            && session.temporary.is_none()
            && age.is_ok_and(|age| age < FRESH)
            && self.changes.iter().all(|(edit, ..)| is_allowed(session, edit))
    }

    async fn discard(self) {
        for (_, sealed, _) in &self.changes {
            self.engine.shared.storage.discard(sealed, &StoreError::Conflict).await;
        }
    }
}

/// Whether whoever was allowed a creation still is.
fn is_allowed(session: &Session, edit: &Edit) -> bool {
    let Edit::Create(entry) = edit else { return false };
    session.authorize(Action::CreateConnection, Some(&entry.path.database), None, Span::default()).is_ok()
}

async fn changes(session: &Session, statements: &[Statement]) -> Vec<(Edit, Sealed, Option<AuditEvent>)> {
    let creations: Vec<_> = statements.iter().map_while(|statement| plain(session, statement)).collect();
    let mut changes = Vec::new();
    if creations.len() > 1 {
        changes.reserve_exact(creations.len());
        // One of the connection and one of its secret; most have one.
        let mut new = NewIds::about(2 * creations.len());
        for (statement, creation) in statements.iter().zip(creations) {
            // A mistake is reported when its turn comes.
            let Ok(change) = create::prepare(session, statement, creation, &mut new).await else { break };
            changes.push(change);
        }
    }
    changes
}

async fn commit(
    session: &Session,
    changes: Vec<(Edit, Sealed, Option<AuditEvent>)>,
) -> (usize, Result<(), StoreError>) {
    match changes.is_empty() {
        true => (0, Ok(())),
        false => session.storage().commit_series(changes).await,
    }
}

async fn conclude(
    session: &mut Session,
    statements: &[Statement],
    (made, outcome): (usize, Result<(), StoreError>),
) -> Vec<Result<Outcome, Error>> {
    let mut outcomes: Vec<_> = statements[..made]
        .iter()
        .map(|made| Ok(Outcome::changed(made.kind(), session.rides(false))))
        .collect();
    match (outcome, statements.get(made)) {
        // Nobody knows what was done; to try again would tell of the consequences instead.
        (Err(error @ StoreError::Backend(_)), Some(next)) => {
            let failed = Err(Error::of_store(error, next.span));
            outcomes.push(session.recorded(next, failed).await);
        }
        // Why the first was refused, it says when it is executed alone.
        (_, Some(first)) if made == 0 => outcomes.push(session.run(first).await),
        _ => {}
    }
    outcomes
}

/// A creation whose outcome depends on nothing but whether its name is free, and whose record rides on its commit.
fn plain<'a>(session: &Session, statement: &'a Statement) -> Option<&'a CreateConnection> {
    match &statement.body {
        Body::CreateConnection(create) => {
            let depends = create.or_replace || create.if_not_exists || create.temporary;
            (!depends && session.temporary.is_none() && session.records_on_commit()).then_some(create)
        }
        _ => None,
    }
}
