//! The one line that says what a statement did.

use lockkeeper::Outcome;
use lockkeeper::grammar::{AlterAction, Body, Name, Statement};
use lockkeeper::redact::{Clean, clean};

/// What was done, for statements without rows; nothing if notices say it.
pub(crate) fn summary(statement: &Statement, outcome: &Outcome) -> Option<Clean> {
    let done = |verb, name| Some(clean!("{} {}", Clean::literal(verb), shown(name)));
    if !outcome.notices.is_empty() && outcome.rows.is_empty() {
        return None;
    }
    match &statement.body {
        Body::CreateConnection(create) => {
            let verb = match (create.or_replace, create.temporary) {
                (true, true) => "put temporary connection",
                (true, false) => "put connection",
                (false, true) => "created temporary connection",
                (false, false) => "created connection",
            };
            done(verb, &create.name)
        }
        Body::AlterConnection(alter) => match &alter.action {
            AlterAction::Rename(new) => {
                Some(clean!("renamed connection {} to {}", shown(&alter.name), shown(new)))
            }
            AlterAction::Set(_) | AlterAction::Reset(_) => done("altered connection", &alter.name),
        },
        Body::DropConnection(drop) => done("dropped connection", &drop.name),
        Body::UseCatalog(used) => done("using catalog", &used.name),
        Body::UseDatabase(used) => done("using database", &used.name),
        Body::CreateDatabase(create) => done("created database", &create.name),
        Body::DropDatabase(drop) => done("dropped database", &drop.name),
        _ => None,
    }
}

fn shown(name: &Name) -> Clean {
    Clean::text(&name.to_string())
}
