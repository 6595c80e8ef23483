//! `DROP CONNECTION`

use super::{hidden, refuse_system};
use crate::error::Error;
use crate::outcome::Outcome;
use crate::policy::Action;
use crate::resolve::missing;
use crate::session::Session;
use crate::storage::{Rounds, Sealed, Storage, secret_ids};
use lockkeeper_grammar::{DropConnection, Statement};
use lockkeeper_redact::{Clean, clean};
use lockkeeper_store::{Edit, Object, StoreError};

pub(super) async fn run(
    session: &mut Session,
    statement: &Statement,
    drop: &DropConnection,
) -> Result<Outcome, Error> {
    let path = session.connection_path(&drop.name)?;
    let span = drop.name.span;
    session.authorize(Action::DropConnection, Some(&path.database), None, span)?;
    refuse_system(drop.system, drop.clauses.system, statement)?;
    let has_temporary = session.find_temporary(&path, span).await?.is_some();
    if has_temporary && !drop.temporary {
        return Err(hidden(&path, span));
    }
    let storage = match (drop.temporary, &session.temporary) {
        (false, _) => Some(session.storage().clone()),
        (true, Some(temporary)) if has_temporary => Some(temporary.clone()),
        (true, _) => None,
    };
    let dropped = match &storage {
        Some(storage) => {
            let rider = |revision| session.rider(drop.temporary, statement.kind(), &path, revision);
            remove(storage, &path, rider).await.map_err(|error| Error::of_store(error, span))?
        }
        None => false,
    };
    match (dropped, drop.if_exists) {
        (true, _) => Ok(Outcome::changed(statement.kind(), session.rides(drop.temporary))),
        (false, true) => {
            let notice =
                clean!("connection \"{}\" does not exist; nothing was changed", Clean::name(&path.name));
            Ok(Outcome::done(statement.kind()).noticing(notice))
        }
        (false, false) => Err(missing(&path, span)),
    }
}

/// Removes definition and secrets; says whether there was one.
async fn remove(
    storage: &Storage,
    path: &lockkeeper_model::ConnectionPath,
    rider: impl Fn(u64) -> Option<lockkeeper_store::AuditEvent>,
) -> Result<bool, StoreError> {
    let mut rounds = Rounds::new();
    loop {
        let (edit, secrets, revision) = match storage.catalog.read(path).await {
            Ok(None) => return Ok(false),
            Ok(Some(entry)) => {
                (Edit::Remove(path.clone(), entry.expected()), secret_ids(&entry), entry.revision)
            }
            // What cannot be read can be dropped; its secrets are found by the next sweep.
            Err(StoreError::Damaged { object: Object::Connection, .. }) => {
                (Edit::RemoveDamaged(path.clone()), Vec::new(), 0)
            }
            Err(error) => return Err(error),
        };
        match storage.commit(edit, &Sealed::nothing(), &secrets, rider(revision)).await {
            Ok(()) => return Ok(true),
            Err(error) if rounds.again(&error).await => {}
            Err(error) => return Err(error),
        }
    }
}
