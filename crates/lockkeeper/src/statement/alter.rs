//! `ALTER CONNECTION`

use super::{entries, place_of};
use crate::code::Code;
use crate::error::Error;
use crate::outcome::Outcome;
use crate::policy::Action;
use crate::resolve::{Found, missing};
use crate::session::Session;
use crate::storage::{Rounds, Sealed, Storage, left_behind};
use lockkeeper_grammar::{AlterAction, AlterConnection, Name, Span, Statement};
use lockkeeper_model::{Alteration, ConnectionPath, Place, reset_options, set_options};
use lockkeeper_redact::{Clean, clean};
use lockkeeper_store::{AuditEvent, Edit, Entry, NewIds, StoreError};

pub(super) async fn run(
    session: &mut Session,
    statement: &Statement,
    alter: &AlterConnection,
) -> Result<Outcome, Error> {
    let path = session.connection_path(&alter.name)?;
    let span = alter.name.span;
    session.authorize(Action::AlterConnection, Some(&path.database), None, span)?;
    let mut rounds = Rounds::new();
    loop {
        let Some(Found { entry, storage, temporary }) = session.find(&path, span).await? else {
            if !alter.if_exists {
                return Err(missing(&path, span));
            }
            let notice =
                clean!("connection \"{}\" does not exist; nothing was changed", Clean::name(&path.name));
            return Ok(Outcome::done(statement.kind()).noticing(notice));
        };
        let rider = |revision| session.rider(temporary, statement.kind(), &path, revision);
        let done = match &alter.action {
            AlterAction::Rename(new_name) => {
                rename(&storage, &entry, new_path(session, &path, new_name)?, session.now(), rider).await
            }
            AlterAction::Set(options) => {
                let alteration = set_options(&entry.connection, &entries(options))
                    .map_err(|problems| Error::problems(problems, place_of(options, None, span)))?;
                change(&storage, &entry, alteration, session.now(), rider).await
            }
            AlterAction::Reset(keys) => {
                let names: Vec<_> = keys.iter().map(|key| key.as_str()).collect();
                let place = |place| match place {
                    Place::Key(index) | Place::Value(index) => keys.get(index).map_or(span, |key| key.span()),
                    Place::List | Place::Comment => span,
                };
                let alteration = reset_options(&entry.connection, &names)
                    .map_err(|problems| Error::problems(problems, place))?;
                change(&storage, &entry, alteration, session.now(), rider).await
            }
        };
        match done {
            Ok(()) => return Ok(Outcome::changed(statement.kind(), session.rides(temporary))),
            // A conflict: read and decide anew.
            Err(StoreError::Conflict) if rounds.again(&StoreError::Conflict).await => {}
            Err(error) => return Err(Error::of_store(error, error_span(alter, span))),
        }
    }
}

/// Seals what is new and puts the altered entry in the place of the old one.
async fn change(
    storage: &Storage,
    old: &Entry,
    alteration: Alteration,
    now: jiff::Timestamp,
    rider: impl Fn(u64) -> Option<AuditEvent>,
) -> Result<(), StoreError> {
    let Alteration { connection, written, removed } = alteration;
    let secrets_change = !written.is_empty() || !removed.is_empty();
    let sealed = storage.seal(old.uid, &connection, written, now, &mut NewIds::about(1)).await?;
    let mut secrets = old.secrets.clone();
    secrets.retain(|key, _| !removed.contains(key));
    secrets.extend(&sealed.secrets);
    let entry = Entry {
        connection,
        secrets,
        revision: old.revision + 1,
        secret_version: old.secret_version + u64::from(secrets_change),
        altered: now,
        ..old.clone()
    };
    let (revision, left) = (entry.revision, left_behind(old, &entry));
    let outcome = storage.commit(Edit::Replace(old.expected(), entry), &sealed, &left, rider(revision)).await;
    if let Err(error) = &outcome {
        storage.discard(&sealed, error).await;
    }
    outcome
}

/// Gives the entry another name; its secrets stay sealed as they are.
async fn rename(
    storage: &Storage,
    old: &Entry,
    path: ConnectionPath,
    now: jiff::Timestamp,
    rider: impl Fn(u64) -> Option<AuditEvent>,
) -> Result<(), StoreError> {
    let entry = Entry { path, revision: old.revision + 1, altered: now, ..old.clone() };
    let revision = entry.revision;
    let edit = Edit::Rename(old.path.clone(), old.expected(), entry);
    storage.commit(edit, &Sealed::nothing(), &[], rider(revision)).await
}

/// The new path: in the same database, whether that is said or not.
fn new_path(session: &Session, path: &ConnectionPath, new_name: &Name) -> Result<ConnectionPath, Error> {
    let new = match new_name.parts.as_slice() {
        [name] => path.database.connection(crate::resolve::identifier(name)?),
        _ => session.connection_path(new_name)?,
    };
    match new.database == path.database {
        true => Ok(new),
        false => Err(Error::one(
            Code::RENAME_ELSEWHERE,
            new_name.span,
            Clean::literal("a connection stays in its database"),
            Some(Clean::literal("give the new name alone")),
        )),
    }
}

/// A taken name is the new one's fault.
fn error_span(alter: &AlterConnection, span: Span) -> Span {
    match &alter.action {
        AlterAction::Rename(new_name) => new_name.span,
        AlterAction::Set(_) | AlterAction::Reset(_) => span,
    }
}
