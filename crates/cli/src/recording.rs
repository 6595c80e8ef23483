//! What the program records of what it runs; `docs/audit.md` says why.

use crate::arguments::{Recorded, Recording};
use async_trait::async_trait;
use lockkeeper::grammar::Kind;
use lockkeeper::store::{AuditEvent, AuditLog, AuditRecord, StoreError, StoreId};
use std::sync::Arc;

/// A log that leaves out successful reads of definitions: every record waits for the disk, and reads do not otherwise.
pub(crate) struct ChangesOnly(Arc<dyn AuditLog>);

impl ChangesOnly {
    /// The log itself if everything is to be recorded.
    pub(crate) fn unless_all(recording: &Recording, log: Arc<dyn AuditLog>) -> Arc<dyn AuditLog> {
        match recording.audit {
            Recorded::All => log,
            Recorded::Changes => Arc::new(Self(log)),
        }
    }
}

#[async_trait]
impl AuditLog for ChangesOnly {
    fn rides_with(&self, catalog: StoreId) -> bool {
        self.0.rides_with(catalog)
    }

    async fn append(&self, event: AuditEvent) -> Result<(), StoreError> {
        match event.outcome == "ok" && is_look(&event.action) {
            true => Ok(()),
            false => self.0.append(event).await,
        }
    }

    async fn read(&self, after: u64, limit: usize) -> Result<Vec<AuditRecord>, StoreError> {
        self.0.read(after, limit).await
    }
}

/// Whether an action changes nothing and opens no secret.
fn is_look(action: &str) -> bool {
    const LOOKS: [Kind; 9] = [
        Kind::DescribeConnection,
        Kind::ShowCatalogs,
        Kind::ShowConnections,
        Kind::ShowCreateConnection,
        Kind::ShowCurrentCatalog,
        Kind::ShowCurrentDatabase,
        Kind::ShowDatabases,
        Kind::UseCatalog,
        Kind::UseDatabase,
    ];
    LOOKS.iter().any(|kind| kind.as_str() == action)
}
