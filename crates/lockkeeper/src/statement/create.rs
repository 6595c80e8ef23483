//! `CREATE CONNECTION`

use super::{entries, hidden, place_of, refuse_system};
use crate::code::Code;
use crate::error::Error;
use crate::outcome::Outcome;
use crate::policy::Action;
use crate::session::Session;
use crate::storage::{Rounds, Sealed, Storage, first_entry, secret_ids};
use lockkeeper_grammar::{CreateConnection, Kind, Statement};
use lockkeeper_model::{Connection, ConnectionPath, Definition, define};
use lockkeeper_redact::{Clean, clean};
use lockkeeper_store::{AuditEvent, ConnectionUid, Edit, NewIds, Object, StoreError};

pub(super) async fn run(
    session: &mut Session,
    statement: &Statement,
    create: &CreateConnection,
) -> Result<Outcome, Error> {
    let span = create.name.span;
    let (path, Definition { connection, credential }) = check(session, statement, create)?;
    let of_store = |error| Error::of_store(error, span);
    if let Some(taken) = taken(session, create, &path).await? {
        return taken;
    }
    let storage = match create.temporary {
        true => session.temporary_storage(&path.database, span).await?,
        false => session.storage().clone(),
    };
    let now = session.now();
    let mut new = NewIds::about(1 + credential.len());
    let uid = new.connection().map_err(of_store)?;
    let sealed = storage.seal(uid, &connection, credential, now, &mut new).await.map_err(of_store)?;
    let rider = |revision| session.rider(create.temporary, statement.kind(), &path, revision);
    let created = match create.or_replace {
        true => replace(&storage, &path, uid, &connection, &sealed, now, rider).await,
        false => {
            let entry = first_entry(path.clone(), uid, connection, &sealed, now);
            storage.commit(Edit::Create(entry), &sealed, &[], rider(1)).await
        }
    };
    match created {
        Ok(()) => Ok(Outcome::changed(statement.kind(), session.rides(create.temporary))),
        Err(error) => {
            storage.discard(&sealed, &error).await;
            match error {
                // Someone else was faster: the same as if it had been there.
                StoreError::Exists { object: Object::Connection, .. } if create.if_not_exists => {
                    Ok(skipped(&path))
                }
                // Which part of the name is wrong, the store does not say.
                StoreError::Missing { object: Object::Database, .. } => {
                    session.require_database(&path.database, span).await?;
                    Err(of_store(error))
                }
                error => Err(of_store(error)),
            }
        }
    }
}

/// Checks a creation in the permanent catalog and seals its secrets; what it gives waits for its commit.
pub(super) async fn prepare(
    session: &Session,
    statement: &Statement,
    create: &CreateConnection,
    new: &mut NewIds,
) -> Result<(Edit, Sealed, Option<AuditEvent>), Error> {
    let (path, Definition { connection, credential }) = check(session, statement, create)?;
    let of_store = |error| Error::of_store(error, create.name.span);
    let now = session.now();
    let uid = new.connection().map_err(of_store)?;
    let sealed = session.storage().seal(uid, &connection, credential, now, new).await.map_err(of_store)?;
    let audit = session.rider(false, statement.kind(), &path, 1);
    Ok((Edit::Create(first_entry(path, uid, connection, &sealed, now)), sealed, audit))
}

/// What a creation asks for, if it may and is right.
fn check(
    session: &Session,
    statement: &Statement,
    create: &CreateConnection,
) -> Result<(ConnectionPath, Definition), Error> {
    let span = create.name.span;
    let path = session.connection_path(&create.name)?;
    session.authorize(Action::CreateConnection, Some(&path.database), None, span)?;
    refuse_clauses(statement, create)?;
    let comment = create.comment.as_ref();
    let definition =
        define(&entries(&create.options), comment.map(|text| text.as_str())).map_err(|problems| {
            Error::problems(problems, place_of(&create.options, comment.map(|text| text.span()), span))
        })?;
    Ok((path, definition))
}

/// What the statement comes to if the name is taken, as far as that can be said before trying.
async fn taken(
    session: &Session,
    create: &CreateConnection,
    path: &ConnectionPath,
) -> Result<Option<Result<Outcome, Error>>, Error> {
    let span = create.name.span;
    let temporary = session.find_temporary(path, span).await?.is_some();
    if temporary && !create.temporary && !create.if_not_exists {
        return Ok(Some(Err(hidden(path, span))));
    }
    let taken = match (create.if_not_exists, create.temporary || temporary) {
        (false, _) => false,
        (true, true) => temporary,
        (true, false) => session.find(path, span).await?.is_some(),
    };
    Ok(taken.then(|| Ok(skipped(path))))
}

/// Puts the connection in the place of whatever has the name.
async fn replace(
    storage: &Storage,
    path: &ConnectionPath,
    uid: ConnectionUid,
    connection: &Connection,
    sealed: &Sealed,
    now: jiff::Timestamp,
    rider: impl Fn(u64) -> Option<AuditEvent>,
) -> Result<(), StoreError> {
    let mut rounds = Rounds::new();
    loop {
        let mut entry = first_entry(path.clone(), uid, connection.clone(), sealed, now);
        let outcome = match storage.catalog.read(path).await {
            Ok(None) => storage.commit(Edit::Create(entry), sealed, &[], rider(1)).await,
            Ok(Some(old)) => {
                entry.revision = old.revision + 1;
                entry.secret_version = old.secret_version + 1;
                let revision = entry.revision;
                let edit = Edit::Replace(old.expected(), entry);
                storage.commit(edit, sealed, &secret_ids(&old), rider(revision)).await
            }
            // What cannot be read can be replaced; its secrets are found by the next sweep.
            Err(StoreError::Damaged { object: Object::Connection, .. }) => {
                storage.commit(Edit::RemoveDamaged(path.clone()), &Sealed::nothing(), &[], None).await?;
                continue;
            }
            Err(error) => return Err(error),
        };
        match outcome {
            Err(error) if rounds.again(&error).await => {}
            outcome => return outcome,
        }
    }
}

fn refuse_clauses(statement: &Statement, create: &CreateConnection) -> Result<(), Error> {
    refuse_system(create.system, create.clauses.system, statement)?;
    match create.or_replace && create.if_not_exists {
        true => Err(Error::one(
            Code::CONFLICTING_CLAUSES,
            create.clauses.existence.unwrap_or(statement.span),
            Clean::literal("OR REPLACE and IF NOT EXISTS contradict each other"),
            Some(Clean::literal(
                "OR REPLACE replaces what exists, IF NOT EXISTS leaves it as it is: keep one of them",
            )),
        )),
        false => Ok(()),
    }
}

fn skipped(path: &ConnectionPath) -> Outcome {
    Outcome::done(Kind::CreateConnection)
        .noticing(clean!("connection \"{}\" exists already; nothing was changed", Clean::name(&path.name)))
}
