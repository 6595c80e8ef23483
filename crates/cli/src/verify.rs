//! `lockkeeper verify`: whether every connection is as it was written, and every secret opens.

use crate::arguments::Verify;
use crate::failure::Failure;
use crate::local::{Backend, Local, Open, block_on};
use crate::output::{Output, Progress, note};
use lockkeeper::model::ConnectionPath;
use lockkeeper::redact::{Clean, clean};
use lockkeeper::store::{Binding, Entry, Listed, Selection, StoreError};

/// How many names are read at a time.
const PAGE: usize = 1000;

/// What became of a record.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Status {
    Ok,
    /// It is not what was written.
    Damaged,
    /// Its secret is not there.
    Missing,
    /// The key of its secret is not at hand.
    NoKey,
}

/// Connections by their status, and what is wrong with those that are not well.
#[derive(Default)]
struct Report {
    counts: [u64; Status::ALL.len()],
    secrets: u64,
    problems: Vec<Vec<Clean>>,
    /// Catalogs and databases that cannot be used, and so none of what is in them.
    closed: Vec<Clean>,
}

impl Status {
    const ALL: [Self; 4] = [Self::Ok, Self::Damaged, Self::Missing, Self::NoKey];

    fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Damaged => "damaged",
            Self::Missing => "missing",
            Self::NoKey => "no key",
        }
    }
}

/// Reads every connection and opens every secret.
pub(crate) fn run(open: Open<'_>, arguments: Verify) -> Result<(), Failure> {
    let Verify { store, deep, format } = arguments;
    let local = Local::open(open, store)?;
    let (report, structure) = block_on(async {
        let structure = if deep { look_deep(&local).await? } else { Vec::new() };
        Ok((look(&local.backend).await?, structure))
    })?;
    let mut output = Output::new();
    if !report.problems.is_empty() {
        output.rows(format, &["Connection", "Status", "Problem"], &report.problems)?;
    }
    let counts = Status::ALL.iter().zip(report.counts);
    let counts: Vec<_> =
        counts.map(|(status, count)| vec![Clean::literal(status.name()), Clean::from(count)]).collect();
    output.rows(format, &["Status", "Connections"], &counts)?;
    output.flush()?;
    note(&clean!("{} secrets open", report.secrets));
    for line in structure.iter().chain(&report.closed) {
        note(&clean!("damaged: {}", line));
    }
    match report.problems.is_empty() && structure.is_empty() && report.closed.is_empty() {
        true => Ok(()),
        false => Err(Failure::Damage),
    }
}

async fn look(backend: &Backend) -> Result<Report, Failure> {
    let mut report = Report::default();
    let progress = Progress::new("connections");
    for Listed { name: catalog, damaged } in backend.catalog.catalogs().await? {
        if damaged {
            report.closed.push(clean!("catalog `{}`", Clean::name(&catalog)));
            continue;
        }
        for Listed { name: database, damaged } in backend.catalog.databases(&catalog).await? {
            let database = lockkeeper::model::DatabasePath { catalog: catalog.clone(), database };
            if damaged {
                report.closed.push(clean!("database {}", Clean::from(&database)));
                continue;
            }
            let mut after = None;
            loop {
                let page =
                    backend.catalog.list(&database, &Selection::default(), after.as_ref(), PAGE).await?;
                let Some(last) = page.last() else { break };
                after = Some(last.name.clone());
                for Listed { name, damaged } in page {
                    report.add(backend, &database.connection(name), damaged).await?;
                }
                let seen = report.counts.iter().sum();
                progress.at(seen, seen);
            }
        }
    }
    Ok(report)
}

impl Report {
    /// Adds a connection that was listed, as damaged or not.
    async fn add(&mut self, backend: &Backend, path: &ConnectionPath, damaged: bool) -> Result<(), Failure> {
        let (status, problem) = match backend.catalog.read(path).await {
            Ok(Some(entry)) => match self.open(backend, &entry).await? {
                // It can be used, but what was beside it cannot.
                (Status::Ok, _) if damaged => (
                    Status::Damaged,
                    Clean::literal("its place in the list is damaged: others beside it may be lost"),
                ),
                found => found,
            },
            // Dropped since it was listed.
            Ok(None) => return Ok(()),
            Err(error) => of_error(error)?,
        };
        self.counts[status as usize] += 1;
        if status != Status::Ok {
            self.problems.push(vec![Clean::from(path), Clean::literal(status.name()), problem]);
        }
        Ok(())
    }

    /// The status of an entry is that of its worst secret.
    async fn open(&mut self, backend: &Backend, entry: &Entry) -> Result<(Status, Clean), Failure> {
        let destination = entry.connection.destination();
        for (option, id) in &entry.secrets {
            let binding =
                Binding { connection: entry.uid, option: *option, destination: destination.clone() };
            match backend.secrets.open(*id, &binding).await {
                Ok(_) => self.secrets += 1,
                // Someone changed the connection after it was read, and destroyed the old secret.
                Err(StoreError::Missing { .. }) if changed(backend, entry).await? => {}
                Err(error) => {
                    let (status, problem) = of_error(error)?;
                    return Ok((status, clean!("{}: {}", Clean::from(*option), problem)));
                }
            }
        }
        Ok((Status::Ok, Clean::default()))
    }
}

async fn changed(backend: &Backend, entry: &Entry) -> Result<bool, Failure> {
    let now = backend.catalog.read(&entry.path).await?;
    Ok(now.is_none_or(|now| (now.uid, now.revision) != (entry.uid, entry.revision)))
}

/// The status that an error means for one record; other errors are not about one record.
fn of_error(error: StoreError) -> Result<(Status, Clean), Failure> {
    let status = match &error {
        StoreError::Damaged { .. } => Status::Damaged,
        StoreError::Missing { .. } => Status::Missing,
        StoreError::KeyMissing { .. } => Status::NoKey,
        _ => return Err(error.into()),
    };
    Ok((status, Clean::text(&error.to_string())))
}

/// What is wrong with the file as a whole; damaged connections are found one by one.
async fn look_deep(local: &Local) -> Result<Vec<Clean>, Failure> {
    let report = local.file()?.verify().await?;
    let mut lines: Vec<Clean> = report.structure.iter().map(|line| Clean::text(line)).collect();
    lines.extend(report.damaged_blobs.iter().map(|key| clean!("blob {}", Clean::text(key))));
    lines.extend(report.damaged_audit_event.map(|number| clean!("audit event {}", number)));
    note(&clean!("{} blobs and {} audit events are as they were written", report.blobs, report.audit_events));
    Ok(lines)
}
