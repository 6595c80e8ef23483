//! `DESCRIBE CONNECTION` and `SHOW CREATE CONNECTION`

use crate::error::Error;
use crate::outcome::Outcome;
use crate::policy::Action;
use crate::resolve::Found;
use crate::session::Session;
use lockkeeper_grammar::{
    Body, CreateConnection, DescribeConnection, Kind, Name, OptionEntry, ShowCreateConnection, Statement,
};
use lockkeeper_model::{MASK, OptionKey};
use lockkeeper_redact::{Clean, clean};
use lockkeeper_store::Entry;

pub(super) async fn run(session: &Session, describe: &DescribeConnection) -> Result<Outcome, Error> {
    let Found { entry, temporary, .. } = describable(session, &describe.name).await?;
    let connection = &entry.connection;
    if describe.extended {
        return Ok(Outcome::table(Kind::DescribeConnection, &["name", "value"], extended(&entry, temporary)));
    }
    let row = vec![
        Clean::name(&entry.path.name),
        Clean::literal(connection.connection_type.name()),
        Clean::text(connection.endpoint.as_str()),
        Clean::remark(connection.comment.as_deref().unwrap_or_default()),
    ];
    Ok(Outcome::table(Kind::DescribeConnection, &["Name", "Type", "Endpoint", "Comment"], vec![row]))
}

pub(super) async fn show_create(session: &Session, show: &ShowCreateConnection) -> Result<Outcome, Error> {
    let Found { entry, temporary, .. } = describable(session, &show.name).await?;
    Ok(Outcome::table(Kind::ShowCreateConnection, &["result"], vec![vec![canonical(&entry, temporary)]]))
}

/// The statement that would create the connection, but for its secrets.
///
/// The redactor would mask most comments inside of a statement, where they may be anything; this one is known to be a
/// comment, and DESCRIBE shows it as well.
fn canonical(entry: &Entry, temporary: bool) -> Clean {
    let statement = Statement::new(Body::CreateConnection(as_statement(entry, temporary)));
    // The values are plain ones and masks, so there is nothing to hide from the redactor.
    let mut lines = Clean::text(&statement.reveal().to_string()).lines();
    if let Some(comment) = &entry.connection.comment {
        // The first line is the name, which has no line breaks.
        lines.insert(1, clean!("COMMENT '{}'", Clean::remark(comment).doubled('\'')));
    }
    Clean::join("\n", lines)
}

async fn describable(session: &Session, name: &Name) -> Result<Found, Error> {
    let path = session.connection_path(name)?;
    session.authorize(Action::DescribeConnection, Some(&path.database), None, name.span)?;
    session.require(&path, name.span).await
}

/// Name and value of everything that may be known.
fn extended(entry: &Entry, temporary: bool) -> Vec<Vec<Clean>> {
    let connection = &entry.connection;
    let mut rows = vec![
        ("type", Clean::literal(connection.connection_type.name())),
        ("auth-method", Clean::literal(connection.auth.map_or("NONE", |auth| auth.name()))),
        ("endpoint", Clean::text(connection.endpoint.as_str())),
    ];
    rows.extend(connection.options.iter().map(|(key, value)| (key.name(), Clean::text(value))));
    rows.extend(connection.sealed.iter().map(|key| (key.name(), Clean::mask())));
    rows.extend([
        ("comment", Clean::remark(connection.comment.as_deref().unwrap_or_default())),
        ("revision", Clean::from(entry.revision)),
        ("secret-version", Clean::from(entry.secret_version)),
        ("created", Clean::text(&entry.created.to_string())),
        ("altered", Clean::text(&entry.altered.to_string())),
        ("temporary", Clean::from(temporary)),
    ]);
    rows.into_iter().map(|(name, value)| vec![Clean::literal(name), value]).collect()
}

/// The same as a tree, without its comment.
fn as_statement(entry: &Entry, temporary: bool) -> CreateConnection {
    let connection = &entry.connection;
    let mut options: Vec<_> =
        connection.plain_options().map(|(key, value)| OptionEntry::new(key.name(), value)).collect();
    options.extend(connection.sealed.iter().map(|key| OptionEntry::new(key.name(), MASK)));
    if connection.auth.is_none() {
        options.push(OptionEntry::new(OptionKey::Token.name(), ""));
    }
    let path = &entry.path;
    let parts = [&path.database.catalog, &path.database.database, &path.name];
    CreateConnection {
        temporary,
        ..CreateConnection::new(Name::new(parts.map(|part| part.as_str())), options)
    }
}
