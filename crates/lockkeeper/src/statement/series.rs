//! Creations that share a commit, as in a script that imports many connections.

use super::create;
use crate::error::Error;
use crate::outcome::Outcome;
use crate::session::Session;
use lockkeeper_grammar::{Body, CreateConnection, Statement};
use lockkeeper_store::StoreError;

/// Executes the first statement, and those behind it that can share its commit; tells what became of each, in order.
///
/// Nothing behind a statement that fails is executed.
pub(crate) async fn run_first(
    session: &mut Session,
    statements: &[Statement],
) -> Vec<Result<Outcome, Error>> {
    let creations: Vec<_> = statements.iter().map_while(|statement| plain(session, statement)).collect();
    let mut prepared = Vec::new();
    if creations.len() > 1 {
        for (statement, creation) in statements.iter().zip(creations) {
            // A mistake is reported when its turn comes.
            let Ok(creation) = create::prepare(session, statement, creation).await else { break };
            prepared.push(creation);
        }
    }
    let (made, outcome) = match prepared.is_empty() {
        true => (0, Ok(())),
        false => session.storage().commit_series(prepared).await,
    };
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
