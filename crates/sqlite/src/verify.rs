//! Reading everything once.

use crate::audit;
use crate::catalog::{READ_ALL, READ_ALL_1};
use crate::changes;
use crate::failure::Abort;
use crate::ledger::Meta;
use crate::links::Walk;
use crate::place;
use crate::readers::Snapshot;
use crate::rows::{EntryRow, blob_sum, identifier};
use crate::schema;
use crate::secrets::{self, Place};
use crate::store::SqliteStore;
use lockkeeper_store::{AuditHash, BlobKey, SecretId, StoreError};
use rusqlite::Connection;
use std::collections::BTreeSet;
use std::path::Path;

/// What a verification found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VerifyReport {
    /// Connections that can be read.
    pub connections: u64,
    /// Names of connections that cannot.
    pub damaged_connections: Vec<String>,
    /// Blobs (sealed secrets and wrapped keys) that are as they were written.
    pub blobs: u64,
    /// Keys of blobs that are not.
    pub damaged_blobs: Vec<String>,
    /// Audit events whose chain is whole.
    pub audit_events: u64,
    /// The first audit event that is missing or changed.
    pub damaged_audit_event: Option<u64>,
    /// Secrets that connections refer to and that are not in this file. They may be in another store.
    pub secrets_elsewhere: u64,
    /// What SQLite says about the structure of the file; nothing if it is sound.
    pub structure: Vec<String>,
}

impl VerifyReport {
    /// Whether nothing is wrong.
    pub fn is_sound(&self) -> bool {
        self.damaged_connections.is_empty()
            && self.damaged_blobs.is_empty()
            && self.damaged_audit_event.is_none()
            && self.structure.is_empty()
    }
}

impl SqliteStore {
    /// Reads every record at one instant, checks it, and counts. No secret is opened.
    ///
    /// # Errors
    /// Only if the file cannot be read at all; damage is in the report.
    pub async fn verify(&self) -> Result<VerifyReport, StoreError> {
        self.readers
            .read(|connection| {
                let mut report = verify(connection)?;
                if connection.path().is_some_and(|path| place::has_foreign_header(Path::new(path))) {
                    let said = "the header tells a version of SQLite's format that is not the store's";
                    report.structure.push(said.to_owned());
                }
                Ok(report)
            })
            .await
    }
}

pub(crate) fn verify(connection: &Connection) -> Result<VerifyReport, Abort> {
    let _snapshot = Snapshot::of(connection)?;
    let mut report = VerifyReport { structure: structure(connection)?, ..VerifyReport::default() };
    let mut referenced = BTreeSet::new();
    let mut walk = Walk::default();
    let version = schema::version(connection)?;
    let entries = if version < 2 { READ_ALL_1 } else { READ_ALL };
    each(connection, entries, |row| {
        let (database, name) = (row.get(6)?, row.get_ref(0)?.as_blob().unwrap_or_default());
        if !walk.step(database, name, row.get_ref(5)?.as_blob().ok()) {
            return Ok(());
        }
        let entry = EntryRow::read(row, 0, database).and_then(|row| row.entry().ok());
        match entry {
            Some(entry) => {
                report.connections += 1;
                referenced.extend(entry.secrets.values().copied());
            }
            None => {
                report
                    .damaged_connections
                    .push(identifier(name).map_or_else(|_| String::new(), String::from));
            }
        }
        Ok(())
    })?;
    let mut count = |report: &mut VerifyReport, key: &str, is_sound: bool| match is_sound {
        true => {
            report.blobs += 1;
            let id = key.strip_prefix(BlobKey::SECRETS).and_then(|id| id.parse::<SecretId>().ok());
            id.map(|id| referenced.remove(&id));
        }
        false => report.damaged_blobs.push(key.to_owned()),
    };
    each(connection, "SELECT key, bytes, sum FROM blobs", |row| {
        let (key, bytes): (Vec<u8>, Vec<u8>) = (row.get(0)?, row.get(1)?);
        let is_sound = row.get_ref(2)?.as_blob() == Ok(&blob_sum(&key, &bytes));
        count(&mut report, &String::from_utf8_lossy(&key), is_sound);
        Ok(())
    })?;
    if version >= 3 {
        each(connection, secrets::READ_ALL, |row| {
            let key = Place::key_of(row)?;
            count(&mut report, key.as_str(), secrets::sound_bytes(row, &key).is_some());
            Ok(())
        })?;
    }
    report.secrets_elsewhere = referenced.len() as u64;
    let meta = Meta::read(connection)?;
    if u64::try_from(meta.entries) != Ok(report.connections + report.damaged_connections.len() as u64) {
        report.structure.push("the number of connections is not the one that was written".to_owned());
    }
    if !walk.is_whole(meta.databases) {
        report.structure.push("rows of connections are missing or out of place".to_owned());
    }
    if changes::check_databases(connection).is_err() {
        report.structure.push("a catalog or a database is missing or not as it was written".to_owned());
    }
    check_audit(connection, &meta, &mut report)?;
    Ok(report)
}

fn check_audit(connection: &Connection, meta: &Meta, report: &mut VerifyReport) -> Result<(), Abort> {
    let mut head = AuditHash::START;
    loop {
        let expected = report.audit_events + 1;
        // One by one, so that a record that cannot be read is found by its number.
        let record = match audit::read(connection, report.audit_events, 1) {
            Ok(page) => page.into_iter().next(),
            Err(Abort::Refused(_)) => {
                report.damaged_audit_event = Some(expected);
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        let Some(record) = record else { break };
        if record.sequence != expected || head.chain(expected, &record.event) != record.hash {
            report.damaged_audit_event = Some(expected);
            return Ok(());
        }
        head = record.hash;
        report.audit_events = expected;
    }
    // Events that were cut off at the end.
    if u64::try_from(meta.audit_sequence) != Ok(report.audit_events) || meta.audit_hash != head {
        report.damaged_audit_event = Some(report.audit_events + 1);
    }
    Ok(())
}

fn structure(connection: &Connection) -> Result<Vec<String>, Abort> {
    let mut found = Vec::new();
    each(connection, "PRAGMA integrity_check(20)", |row| {
        found.push(row.get::<_, String>(0)?);
        Ok(())
    })?;
    found.retain(|line| line != "ok");
    Ok(found)
}

fn each(
    connection: &Connection,
    query: &str,
    mut visit: impl FnMut(&rusqlite::Row<'_>) -> Result<(), Abort>,
) -> Result<(), Abort> {
    let mut statement = connection.prepare(query)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        visit(row)?;
    }
    Ok(())
}
