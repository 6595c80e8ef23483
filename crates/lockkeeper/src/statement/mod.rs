//! What each statement does.

mod alter;
mod create;
mod database;
mod describe;
mod drop;
mod series;
mod show;
mod validate;

use crate::code::Code;
use crate::error::Error;
use crate::outcome::{Outcome, Status};
use crate::session::Session;
use lockkeeper_grammar::{Body, Kind, OptionEntry, Span, Statement};
use lockkeeper_model::{ConnectionPath, Entry, Place};
use lockkeeper_redact::{Clean, clean};

pub use series::Series;
pub(crate) use series::{prepare, run_first, run_prepared};

/// Executes a statement.
pub(crate) async fn run(session: &mut Session, statement: &Statement) -> Result<Outcome, Error> {
    let kind = statement.kind();
    match &statement.body {
        Body::CreateConnection(create) => create::run(session, statement, create).await,
        Body::AlterConnection(alter) => alter::run(session, statement, alter).await,
        Body::DropConnection(drop) => drop::run(session, statement, drop).await,
        Body::DescribeConnection(describe) => describe::run(session, describe).await,
        Body::ShowConnections(show) => show::connections(session, show, statement.span).await,
        Body::ShowCreateConnection(show) => describe::show_create(session, show).await,
        Body::ValidateConnection(validate) => validate::run(session, validate).await,
        Body::UseCatalog(use_catalog) => database::use_catalog(session, use_catalog).await,
        Body::UseDatabase(use_database) => database::use_database(session, use_database).await,
        Body::ShowCurrentCatalog => Ok(database::current_catalog(session)),
        Body::ShowCurrentDatabase => Ok(database::current_database(session)),
        Body::CreateDatabase(create) => database::create(session, create).await,
        Body::DropDatabase(drop) => database::drop(session, drop).await,
        Body::ShowDatabases(show) => show::databases(session, show, statement.span).await,
        Body::ShowCatalogs(show) => show::catalogs(session, show, statement.span).await,
        Body::Other(other) => {
            Ok(Outcome { status: Status::Passed(other.references.clone()), ..Outcome::done(Kind::Other) })
        }
        _ => Err(Error::one(
            Code::NOT_SUPPORTED,
            statement.span,
            Clean::literal(kind.as_str()),
            Some(Clean::literal("this engine is older than its grammar")),
        )),
    }
}

/// The options of a statement as the model takes them.
fn entries(options: &[OptionEntry]) -> Vec<Entry<'_>> {
    options.iter().map(|option| Entry { key: option.key.as_str(), value: option.value.as_str() }).collect()
}

/// Where a problem with options stands in the text.
fn place_of(options: &[OptionEntry], comment: Option<Span>, list: Span) -> impl Fn(Place) -> Span {
    move |place| match place {
        Place::Key(index) => options.get(index).map_or(list, |option| option.key.span()),
        Place::Value(index) => options.get(index).map_or(list, |option| option.value.span()),
        Place::Comment => comment.unwrap_or(list),
        Place::List => list,
    }
}

/// Refuses `SYSTEM`.
fn refuse_system(system: bool, span: Option<Span>, statement: &Statement) -> Result<(), Error> {
    match system {
        true => Err(Error::one(
            Code::NOT_SUPPORTED,
            span.unwrap_or(statement.span),
            Clean::literal("there are no system connections"),
            Some(Clean::literal("leave out SYSTEM")),
        )),
        false => Ok(()),
    }
}

/// The error for a name behind which a temporary connection stands in front of the permanent one.
fn hidden(path: &ConnectionPath, span: Span) -> Error {
    Error::one(
        Code::TEMPORARY_EXISTS,
        span,
        clean!("a temporary connection \"{}\" hides the name", Clean::name(&path.name)),
        Some(Clean::literal("drop it first, with DROP TEMPORARY CONNECTION")),
    )
}
