//! Catalogs and databases, as far as names need them.

use crate::code::Code;
use crate::error::Error;
use crate::outcome::Outcome;
use crate::policy::Action;
use crate::session::Session;
use lockkeeper_grammar::{CreateDatabase, DropDatabase, Kind, UseCatalog, UseDatabase};
use lockkeeper_model::DatabasePath;
use lockkeeper_redact::{Clean, clean};
use lockkeeper_store::{Object, StoreError};

/// `USE CATALOG`: its default database becomes the current one.
pub(super) async fn use_catalog(session: &mut Session, statement: &UseCatalog) -> Result<Outcome, Error> {
    let span = statement.name.span;
    let catalog = session.catalog_name(&statement.name)?;
    session.authorize(Action::ListCatalogs, None, Some(&catalog), span)?;
    let databases =
        session.catalog().databases(&catalog).await.map_err(|error| Error::of_store(error, span))?;
    let default = &session.engine.shared.default_database.database;
    let database = match databases.iter().find(|listed| !listed.damaged) {
        Some(first) if !databases.iter().any(|listed| listed.is_sound(default)) => first.name.clone(),
        _ => default.clone(),
    };
    session.current = DatabasePath { catalog, database };
    Ok(Outcome::done(Kind::UseCatalog))
}

pub(super) async fn use_database(session: &mut Session, statement: &UseDatabase) -> Result<Outcome, Error> {
    let span = statement.name.span;
    let database = session.database_path(&statement.name)?;
    session.authorize(Action::ListCatalogs, Some(&database), None, span)?;
    session.require_database(&database, span).await?;
    session.current = database;
    Ok(Outcome::done(Kind::UseDatabase))
}

pub(super) fn current_catalog(session: &Session) -> Outcome {
    let row = vec![Clean::name(&session.current.catalog)];
    Outcome::table(Kind::ShowCurrentCatalog, &["current catalog name"], vec![row])
}

pub(super) fn current_database(session: &Session) -> Outcome {
    let row = vec![Clean::name(&session.current.database)];
    Outcome::table(Kind::ShowCurrentDatabase, &["current database name"], vec![row])
}

pub(super) async fn create(session: &Session, statement: &CreateDatabase) -> Result<Outcome, Error> {
    let span = statement.name.span;
    let database = session.database_path(&statement.name)?;
    session.authorize(Action::CreateDatabase, Some(&database), None, span)?;
    let of_store = |error| Error::of_store(error, span);
    // The store would make the catalog too; a statement must not, it may be a typing error.
    let databases = session.catalog().databases(&database.catalog).await.map_err(of_store)?;
    // One that is damaged may have had this name.
    let is_sound = databases.iter().any(|listed| listed.is_sound(&database.database));
    if let (false, Some(error)) = (is_sound, Session::damage(&databases)) {
        return Err(of_store(error));
    }
    let outcome = Outcome::done(Kind::CreateDatabase);
    match session.catalog().create_database(&database).await {
        Ok(()) if statement.comment.is_none() && statement.options.is_empty() => Ok(outcome),
        Ok(()) => Ok(outcome.noticing(Clean::literal("a database keeps neither comment nor options here"))),
        Err(StoreError::Exists { .. }) if statement.if_not_exists => Ok(outcome.noticing(clean!(
            "database \"{}\" exists already; nothing was changed",
            Clean::name(&database.database)
        ))),
        Err(error) => Err(of_store(error)),
    }
}

pub(super) async fn drop(session: &Session, statement: &DropDatabase) -> Result<Outcome, Error> {
    let span = statement.name.span;
    let database = session.database_path(&statement.name)?;
    session.authorize(Action::DropDatabase, Some(&database), None, span)?;
    if database == session.current {
        return Err(Error::one(
            Code::DATABASE_IN_USE,
            span,
            clean!("database \"{}\" is the current one", Clean::name(&database.database)),
            Some(Clean::literal("make another one current with USE")),
        ));
    }
    if statement.cascade {
        return Err(Error::one(
            Code::NOT_SUPPORTED,
            span,
            Clean::literal("CASCADE would destroy credentials unseen"),
            Some(Clean::literal("drop the connections one by one")),
        ));
    }
    match session.catalog().drop_database(&database).await {
        Ok(()) => Ok(Outcome::done(Kind::DropDatabase)),
        Err(StoreError::Missing { object: Object::Database, .. }) if statement.if_exists => {
            Ok(Outcome::done(Kind::DropDatabase).noticing(clean!(
                "database \"{}\" does not exist; nothing was changed",
                Clean::name(&database.database)
            )))
        }
        Err(error) => Err(Error::of_store(error, span)),
    }
}
