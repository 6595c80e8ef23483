//! The record of what was done by whom, and the chain that makes a changed record show.

use crate::error::{Object, StoreError};
use crate::id::StoreId;
use async_trait::async_trait;
use ring::digest::{Context, SHA256};
use serde::{Deserialize, Serialize};
use std::fmt;

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

/// An event at its place in the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditRecord {
    /// Its number, from 1, without gaps.
    pub sequence: u64,
    /// The event.
    pub event: AuditEvent,
    /// The hash over it and over all before it.
    pub hash: AuditHash,
}

/// A link of the chain: SHA-256 over the previous link, the number and the event; 32 zero bytes before the first.
///
/// Printed and serialised as 64 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AuditHash([u8; 32]);

/// What [`verify`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuditSummary {
    /// How many records there are.
    pub records: u64,
    /// The last link. Kept elsewhere, it shows later whether the log was cut off at its end or written anew, which
    /// the chain by itself cannot.
    pub head: AuditHash,
}

/// Keeps events, in order, for good.
///
/// The event of a change rides on the change's commit ([`crate::Riders::audit`]) where the catalog keeps an audit log
/// too; this trait is for all others, and for reading.
#[async_trait]
pub trait AuditLog: Send + Sync {
    /// Whether the events of changes ride on the commits of the catalog with this identity.
    fn rides_with(&self, catalog: StoreId) -> bool;

    /// Appends an event, durably.
    ///
    /// # Errors
    /// Only failures of the backend; then the statement must not be reported as done.
    async fn append(&self, event: AuditEvent) -> Result<(), StoreError>;

    /// Reads records in order, at most `limit`, those whose number is greater than `after`.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] if one of them cannot be read.
    async fn read(&self, after: u64, limit: usize) -> Result<Vec<AuditRecord>, StoreError>;
}

impl AuditHash {
    /// What the first record is chained to.
    pub const START: Self = Self([0; 32]);

    /// The hash with these bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The link that follows this one.
    ///
    /// Every text is preceded by its length (8 bytes, big-endian), every optional field by a byte 0 or 1, so that no
    /// two events have the same encoding.
    pub fn chain(&self, sequence: u64, event: &AuditEvent) -> Self {
        let AuditEvent { time, principal, action, target, outcome, revision } = event;
        let mut context = Context::new(&SHA256);
        let text = |context: &mut Context, text: &str| {
            context.update(&(text.len() as u64).to_be_bytes());
            context.update(text.as_bytes());
        };
        text(&mut context, "lockkeeper audit 1");
        context.update(&self.0);
        context.update(&sequence.to_be_bytes());
        context.update(&time.as_nanosecond().to_be_bytes());
        text(&mut context, principal);
        text(&mut context, action);
        context.update(&[u8::from(target.is_some())]);
        text(&mut context, target.as_deref().unwrap_or_default());
        text(&mut context, outcome);
        context.update(&[u8::from(revision.is_some())]);
        context.update(&revision.unwrap_or_default().to_be_bytes());
        let mut hash = [0; 32];
        hash.copy_from_slice(context.finish().as_ref());
        Self(hash)
    }
}

impl fmt::Display for AuditHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl TryFrom<String> for AuditHash {
    type Error = StoreError;

    fn try_from(text: String) -> Result<Self, StoreError> {
        let mut bytes = [0; 32];
        match crate::hex::decode(&text, &mut bytes) {
            true => Ok(Self(bytes)),
            false => Err(StoreError::Damaged { object: Object::AuditEvent, name: "hash".to_owned() }),
        }
    }
}

impl From<AuditHash> for String {
    fn from(hash: AuditHash) -> Self {
        hash.to_string()
    }
}

/// Reads a whole log and checks every link.
///
/// # Errors
/// [`StoreError::Damaged`] with the number of the first record that is missing or is not what was written; failures
/// of the backend.
pub async fn verify(log: &dyn AuditLog) -> Result<AuditSummary, StoreError> {
    const PAGE: usize = 1000;
    let mut summary = AuditSummary { records: 0, head: AuditHash::START };
    loop {
        let page = log.read(summary.records, PAGE).await?;
        for AuditRecord { sequence, event, hash } in &page {
            let expected = summary.records + 1;
            if *sequence != expected || summary.head.chain(expected, event) != *hash {
                return Err(StoreError::Damaged { object: Object::AuditEvent, name: expected.to_string() });
            }
            summary = AuditSummary { records: expected, head: *hash };
        }
        if page.is_empty() {
            return Ok(summary);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chain_is_the_released_one() {
        let mut event = AuditEvent {
            time: "2026-01-02T03:04:05.678Z".parse().unwrap(),
            principal: "alice".to_owned(),
            action: "CREATE_CONNECTION".to_owned(),
            target: Some("`a`.`b`.`c`".to_owned()),
            outcome: "ok".to_owned(),
            revision: Some(1),
        };
        let first = AuditHash::START.chain(1, &event);
        insta::assert_snapshot!(first, @"7ad8c80badcb44594e40fa29c8ed519b93add2ce91a439a78cbc4e16a121ec81");
        event.target = None;
        insta::assert_snapshot!(first.chain(2, &event), @"48a540f2b2104c263bdcdd4529dddc17622513a74836a9893ee7e48035cbbdc7");
    }
}
