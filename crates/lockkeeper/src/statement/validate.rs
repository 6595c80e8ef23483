//! `VALIDATE CONNECTION`

use crate::error::Error;
use crate::outcome::Outcome;
use crate::policy::Action;
use crate::resolve::Found;
use crate::session::Session;
use crate::validator::{Verdict, VerdictStatus};
use lockkeeper_grammar::{Kind, ValidateConnection};
use lockkeeper_redact::Clean;

pub(super) async fn run(session: &Session, validate: &ValidateConnection) -> Result<Outcome, Error> {
    let span = validate.name.span;
    let path = session.connection_path(&validate.name)?;
    session.authorize(Action::UseConnection, Some(&path.database), None, span)?;
    let Found { entry, storage, .. } = session.require(&path, span).await?;
    // Opened in any case: a credential that cannot be opened is no valid one.
    let credential = storage.open(&entry).await.map_err(|error| Error::of_store(error, span))?;
    let verdict = match &session.engine.shared.validator {
        Some(validator) => validator.validate(&entry.connection, credential).await,
        None => Verdict {
            status: VerdictStatus::Unsupported,
            detail: Clean::literal(
                "the credential opens; this engine was put together without a network part",
            ),
        },
    };
    let row = vec![Clean::name(&entry.path.name), Clean::literal(verdict.status.as_str()), verdict.detail];
    Ok(Outcome::table(Kind::ValidateConnection, &["Name", "Status", "Detail"], vec![row]))
}
