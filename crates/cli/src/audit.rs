//! `lockkeeper audit`: what was done, and whether the log is whole.

use crate::arguments::{AuditCommand, AuditShow, AuditVerify};
use crate::failure::Failure;
use crate::local::{Local, Open, block_on};
use crate::output::{Output, note};
use lockkeeper::redact::{Clean, clean};
use lockkeeper::store::audit::verify;
use lockkeeper::store::{AuditEvent, AuditHash, AuditLog, AuditRecord, AuditSummary, Object, StoreError};
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
    each(&*log, |shown| {
        newest.push_back(shown);
        if newest.len() > limit {
            newest.pop_front();
        }
    })
    .await?;
    let columns = ["Number", "Time", "Principal", "Action", "Connection", "Outcome", "Revision"];
    let rows: Vec<_> = newest.iter().map(row).collect();
    let mut output = Output::new();
    output.rows(format, &columns, &rows)?;
    output.flush()?;
    let mut damaged = false;
    for shown in &newest {
        if let Shown::Damaged(number) = shown {
            damaged = true;
            note(&clean!("damaged: audit event {}", *number));
        }
    }
    if damaged { Err(Failure::Damage) } else { Ok(()) }
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
        Some(AuditHash::START) => {
            note(&Clean::literal(
                "the expected head is that of an empty log, which shows nothing about this one",
            ));
            Ok(())
        }
        _ => Ok(()),
    }
}

/// Whether a link of the chain is, or was, the head of the log.
async fn contains(log: &dyn AuditLog, head: AuditHash) -> Result<bool, Failure> {
    let mut found = head == AuditHash::START;
    each(log, |shown| found |= matches!(shown, Shown::Record(record) if record.hash == head)).await?;
    Ok(found)
}

/// A record, or the number of one that cannot be read.
enum Shown {
    Record(AuditRecord),
    Damaged(u64),
}

/// Reads the whole log. A record that cannot be read does not keep the others back.
async fn each(log: &dyn AuditLog, mut visit: impl FnMut(Shown)) -> Result<(), Failure> {
    let mut after = 0;
    // The next one that cannot be read; up to it they are read one by one, because a page is read wholly or not at all.
    let mut damaged: Option<u64> = None;
    loop {
        let limit = if damaged.is_some() { 1 } else { PAGE };
        match log.read(after, limit).await {
            Ok(page) => {
                let Some(last) = page.last() else { return Ok(()) };
                after = last.sequence;
                damaged = damaged.filter(|number| *number > after);
                page.into_iter().map(Shown::Record).for_each(&mut visit);
            }
            Err(error) => match number(&error).filter(|number| *number > after) {
                None => return Err(error.into()),
                Some(number) if limit == 1 => {
                    visit(Shown::Damaged(number));
                    after = number;
                    damaged = None;
                }
                number => damaged = number,
            },
        }
    }
}

/// The number of the record that an error is about.
fn number(error: &StoreError) -> Option<u64> {
    match error {
        StoreError::Damaged { object: Object::AuditEvent, name } => name.parse().ok(),
        _ => None,
    }
}

fn row(shown: &Shown) -> Vec<Clean> {
    let record = match shown {
        Shown::Record(record) => record,
        Shown::Damaged(number) => {
            let mut row = vec![Clean::default(); 7];
            row[0] = Clean::from(*number);
            row[5] = Clean::literal("damaged");
            return row;
        }
    };
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
