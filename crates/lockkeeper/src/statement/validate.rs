//! `VALIDATE CONNECTION`

use crate::error::Error;
use crate::outcome::Outcome;
use crate::session::Session;
use crate::validator::{Verdict, VerdictStatus};
use lockkeeper_grammar::{Kind, ValidateConnection};
use lockkeeper_redact::Clean;

pub(super) async fn run(session: &Session, validate: &ValidateConnection) -> Result<Outcome, Error> {
    // Opened in any case: a credential that cannot be opened is no valid one.
    let resolved = session.resolve(&validate.name).await?;
    let verdict = match &session.engine.shared.validator {
        Some(validator) => validator.validate(&resolved).await,
        None => Verdict {
            status: VerdictStatus::Unsupported,
            detail: Clean::literal(
                "the credential opens; this engine was put together without a network part",
            ),
        },
    };
    let name = Clean::name(&session.connection_path(&validate.name)?.name);
    let row = vec![name, Clean::literal(verdict.status.as_str()), verdict.detail];
    let tried = Some((verdict.status, resolved.version.revision));
    let outcome = Outcome::table(Kind::ValidateConnection, &["Name", "Status", "Detail"], vec![row]);
    Ok(Outcome { tried, ..outcome })
}
