//! `SHOW CONNECTIONS`, `SHOW DATABASES`, `SHOW CATALOGS`

use crate::error::Error;
use crate::outcome::Outcome;
use crate::policy::Action;
use crate::session::Session;
use lockkeeper_grammar::{Kind, Like, ShowCatalogs, ShowConnections, ShowDatabases, Span};
use lockkeeper_model::{DatabasePath, Identifier};
use lockkeeper_redact::{Clean, clean};
use lockkeeper_store::{Catalog, Listed, NamePattern, Selection, StoreError};
use std::collections::BTreeMap;

/// How many names are asked for at once.
const PAGE: usize = 1000;

const UNUSABLE: &str = "is damaged and cannot be used";

pub(super) async fn connections(
    session: &Session,
    show: &ShowConnections,
    statement: Span,
) -> Result<Outcome, Error> {
    let (database, span) = match &show.scope {
        Some(scope) => (session.database_path(&scope.name)?, scope.name.span),
        None => (session.current_database().clone(), statement),
    };
    session.authorize(Action::ListConnections, Some(&database), None, span)?;
    let selection = selection(show.like.as_ref());
    let of_store = |error| Error::of_store(error, span);
    let mut names = list(session.catalog(), &database, &selection).await.map_err(of_store)?;
    if let Some(temporary) = &session.temporary {
        match list(&*temporary.catalog, &database, &selection).await {
            Ok(hiding) => names.extend(hiding),
            Err(StoreError::Missing { .. }) => {}
            Err(error) => return Err(of_store(error)),
        }
    }
    let rows = names.keys().map(|name| vec![Clean::name(name)]).collect();
    let outcome = Outcome::table(Kind::ShowConnections, &["Connection Name"], rows);
    let damaged = names.iter().filter(|(_, damaged)| **damaged).map(|(name, _)| name);
    Ok(noticing_damage(outcome, "connection", "is damaged, or one beside it is lost", damaged))
}

pub(super) async fn databases(
    session: &Session,
    show: &ShowDatabases,
    statement: Span,
) -> Result<Outcome, Error> {
    let (catalog, span) = match &show.scope {
        Some(scope) => (session.catalog_name(&scope.name)?, scope.name.span),
        None => (session.current_database().catalog.clone(), statement),
    };
    session.authorize(Action::ListCatalogs, None, Some(&catalog), span)?;
    let names = session.catalog().databases(&catalog).await.map_err(|error| Error::of_store(error, span))?;
    let rows = matching(&names, show.like.as_ref());
    let outcome = Outcome::table(Kind::ShowDatabases, &["database name"], rows);
    Ok(noticing_damage(outcome, "database", UNUSABLE, damaged(&names)))
}

pub(super) async fn catalogs(
    session: &Session,
    show: &ShowCatalogs,
    statement: Span,
) -> Result<Outcome, Error> {
    session.authorize(Action::ListCatalogs, None, None, statement)?;
    let names = session.catalog().catalogs().await.map_err(|error| Error::of_store(error, statement))?;
    let may_see = |listed: &Listed| {
        session.authorize(Action::ListCatalogs, None, Some(&listed.name), statement).is_ok()
    };
    let names: Vec<_> = names.into_iter().filter(may_see).collect();
    let rows = matching(&names, show.like.as_ref());
    let outcome = Outcome::table(Kind::ShowCatalogs, &["catalog name"], rows);
    Ok(noticing_damage(outcome, "catalog", UNUSABLE, damaged(&names)))
}

fn damaged(names: &[Listed]) -> impl Iterator<Item = &Identifier> {
    names.iter().filter(|listed| listed.damaged).map(|listed| &listed.name)
}

fn noticing_damage<'a>(
    outcome: Outcome,
    kind: &'static str,
    state: &'static str,
    damaged: impl Iterator<Item = &'a Identifier>,
) -> Outcome {
    damaged.fold(outcome, |outcome, name| {
        outcome.noticing(clean!("{} \"{}\" {}", kind, Clean::name(name), state))
    })
}

/// All wanted names of a database, and whether they are damaged.
async fn list(
    catalog: &dyn Catalog,
    database: &DatabasePath,
    selection: &Selection,
) -> Result<BTreeMap<Identifier, bool>, StoreError> {
    let mut names = BTreeMap::new();
    let mut after = None;
    loop {
        let page = catalog.list(database, selection, after.as_ref(), PAGE).await?;
        let last_page = page.len() < PAGE;
        after = page.last().map(|listed| listed.name.clone());
        names.extend(page.into_iter().map(|Listed { name, damaged }| (name, damaged)));
        if last_page {
            return Ok(names);
        }
    }
}

fn selection(like: Option<&Like>) -> Selection {
    Selection {
        pattern: like.map(|like| NamePattern::new(like.pattern.as_str())),
        negated: like.is_some_and(|like| like.negated),
    }
}

/// One row for every name that is wanted or damaged; `ILIKE` folds case on both sides.
fn matching(names: &[Listed], like: Option<&Like>) -> Vec<Vec<Clean>> {
    let fold = like.is_some_and(|like| like.case_insensitive);
    let folded = |text: &str| if fold { text.to_lowercase() } else { text.to_owned() };
    let pattern = like.map(|like| (NamePattern::new(&folded(like.pattern.as_str())), like.negated));
    let wanted = |name: &Identifier| {
        pattern.as_ref().is_none_or(|(pattern, negated)| pattern.matches(&folded(name.as_str())) != *negated)
    };
    let shown = names.iter().filter(|listed| listed.damaged || wanted(&listed.name));
    shown.map(|listed| vec![Clean::name(&listed.name)]).collect()
}
