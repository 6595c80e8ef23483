//! The audit log.

use crate::failure::{Abort, damaged_store};
use crate::ledger::Meta;
use crate::store::SqliteStore;
use async_trait::async_trait;
use lockkeeper_store::{
    AuditEvent, AuditHash, AuditLog, AuditRecord, AuditSummary, Object, StoreError, StoreId,
};
use rusqlite::Connection;

#[async_trait]
impl AuditLog for SqliteStore {
    fn rides_with(&self, catalog: StoreId) -> bool {
        self.identity == catalog
    }

    async fn append(&self, event: AuditEvent) -> Result<(), StoreError> {
        let bytes = serde_json::to_vec(&event).map_err(|error| StoreError::Backend(Box::new(error)))?;
        self.writer.write(move |ledger| ledger.append(&event, &bytes)).await
    }

    async fn read(&self, after: u64, limit: usize) -> Result<Vec<AuditRecord>, StoreError> {
        self.readers.read(move |connection| read(connection, after, limit)).await
    }
}

impl SqliteStore {
    /// How many records there are and what the last link is, as the store counts them beside the log: records that are
    /// gone from its end leave the count behind.
    ///
    /// # Errors
    /// Only failures of the file.
    pub async fn audit_head(&self) -> Result<AuditSummary, StoreError> {
        let head = |connection: &Connection| {
            let meta = Meta::read(connection)?;
            let records = u64::try_from(meta.audit_sequence).map_err(|_| damaged_store())?;
            Ok(AuditSummary { records, head: meta.audit_hash })
        };
        self.readers.read(head).await
    }
}

pub(crate) fn read(connection: &Connection, after: u64, limit: usize) -> Result<Vec<AuditRecord>, Abort> {
    let after = i64::try_from(after).unwrap_or(i64::MAX);
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut statement = connection.prepare_cached(
        "SELECT sequence, event, hash FROM audit WHERE sequence > ?1 ORDER BY sequence LIMIT ?2",
    )?;
    let mut rows = statement.query([after, limit])?;
    let mut records = Vec::new();
    while let Some(row) = rows.next()? {
        let sequence: i64 = row.get(0)?;
        let damaged = || StoreError::Damaged { object: Object::AuditEvent, name: sequence.to_string() };
        let event = row.get_ref(1)?.as_blob().ok().and_then(|event| serde_json::from_slice(event).ok());
        records.push(AuditRecord {
            sequence: u64::try_from(sequence).map_err(|_| damaged())?,
            event: event.ok_or_else(damaged)?,
            hash: AuditHash::from_bytes(row.get(2).map_err(|_| damaged())?),
        });
    }
    Ok(records)
}
