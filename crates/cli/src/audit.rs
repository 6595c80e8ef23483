//! `lockkeeper audit`: what was done, and whether the log is whole.

use crate::arguments::{AuditCommand, AuditShow, AuditVerify};
use crate::failure::Failure;
use crate::local::{Local, Open, block_on};
use crate::output::{Output, note};
use lockkeeper::redact::{Clean, clean};
use lockkeeper::store::audit::verify;
use lockkeeper::store::{AuditEvent, AuditHash, AuditLog, AuditRecord, AuditSummary, StoreError};
use std::collections::VecDeque;

/// How many records are read at a time.
const PAGE: usize = 1000;

/// Runs one of the commands.
pub(crate) fn run(open: Open<'_>, command: AuditCommand) -> Result<(), Failure> {
    match command {
        AuditCommand::Show(arguments) => block_on(show(open, arguments)),
        AuditCommand::Verify(arguments) => block_on(check(open, arguments)),
    }
}

async fn show(open: Open<'_>, arguments: AuditShow) -> Result<(), Failure> {
    let AuditShow { store, limit, format } = arguments;
    let log = Local::open(open, store)?.audit()?;
    let mut newest = VecDeque::new();
    each(&*log, |record| {
        newest.push_back(record);
        if newest.len() > limit {
            newest.pop_front();
        }
    })
    .await?;
    let columns = ["Number", "Time", "Principal", "Action", "Connection", "Outcome", "Revision"];
    let rows: Vec<_> = newest.iter().map(row).collect();
    let mut output = Output::new();
    output.rows(format, &columns, &rows)?;
    Ok(output.flush()?)
}

async fn check(open: Open<'_>, arguments: AuditVerify) -> Result<(), Failure> {
    let AuditVerify { store, expect } = arguments;
    let expected = expect.map(AuditHash::try_from).transpose().map_err(|_| Failure::Usage {
        message: Clean::literal("the expected head is not 64 hexadecimal digits"),
        hint: Some(Clean::literal("give what an earlier audit verify printed")),
    })?;
    let local = Local::open(open, store)?;
    let log = local.audit()?;
    // Before the log is read: others may append meanwhile.
    let counted = match &local.backend.file {
        Some(file) => Some(file.audit_head().await?),
        None => None,
    };
    let AuditSummary { records, head } = match verify(&*log).await {
        Ok(summary) => summary,
        Err(error @ StoreError::Damaged { .. }) => {
            note(&clean!("damaged: {}", Clean::text(&error.to_string())));
            return Err(Failure::Damage);
        }
        Err(error) => return Err(error.into()),
    };
    if let Some(counted) = counted
        && !contains(&*log, counted.head).await?
    {
        let counted = counted.records;
        note(&clean!("damaged: of {} records that were written, {} are in the log", counted, records));
        return Err(Failure::Damage);
    }
    let mut output = Output::new();
    output.line(&clean!("{} records, the chain is whole", records))?;
    output.line(&clean!("head {}", Clean::text(&head.to_string())))?;
    output.flush()?;
    match expected {
        Some(expected) if !contains(&*log, expected).await? => {
            note(&Clean::literal(
                "damaged: the expected head is not in the log: it was cut off, or written anew",
            ));
            Err(Failure::Damage)
        }
        _ => Ok(()),
    }
}

/// Whether a link of the chain is, or was, the head of the log.
async fn contains(log: &dyn AuditLog, head: AuditHash) -> Result<bool, Failure> {
    let mut found = head == AuditHash::START;
    each(log, |record| found |= record.hash == head).await?;
    Ok(found)
}

async fn each(log: &dyn AuditLog, mut visit: impl FnMut(AuditRecord)) -> Result<(), Failure> {
    let mut after = 0;
    loop {
        let page = log.read(after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = last.sequence;
        page.into_iter().for_each(&mut visit);
    }
}

fn row(record: &AuditRecord) -> Vec<Clean> {
    let AuditEvent { time, principal, action, target, outcome, revision } = &record.event;
    vec![
        Clean::from(record.sequence),
        Clean::text(&time.to_string()),
        Clean::text(principal),
        Clean::text(action),
        target.as_deref().map(Clean::text).unwrap_or_default(),
        Clean::text(outcome),
        revision.map(Clean::from).unwrap_or_default(),
    ]
}
