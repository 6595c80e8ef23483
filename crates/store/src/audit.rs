//! The record of what was done by whom.

use crate::error::StoreError;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};

/// One executed or denied statement. It holds names and codes, never values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEvent {
    /// When.
    pub time: jiff::Timestamp,
    /// Who.
    pub principal: String,
    /// The statement's kind, as in `CREATE_CONNECTION`.
    pub action: String,
    /// The full name of what it was about, if it was about one thing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// `ok`, or the error's code.
    pub outcome: String,
    /// The connection's revision afterwards, if it was changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<u64>,
}

/// Keeps events, in order, for good.
///
/// The event of a change rides on the change's commit ([`crate::Riders::audit`]) where the catalog keeps an audit log
/// too; this trait is for all others, and for reading.
#[async_trait]
pub trait AuditLog: Send + Sync {
    /// Appends an event, durably.
    ///
    /// # Errors
    /// Only failures of the backend; then the statement must not be reported as done.
    async fn append(&self, event: AuditEvent) -> Result<(), StoreError>;
}
