//! Rows with checksums.

use crate::failure::damaged_store;
use lockkeeper_model::{Identifier, OptionKey};
use lockkeeper_store::{Entry, Expected, Object, SecretId, StoreError};
use ring::digest::{Context, SHA256};
use rusqlite::Row;
use std::collections::BTreeMap;

/// The beginning of SHA-256 over the parts, each preceded by its length in 8 bytes. It shows accidents, not attacks:
/// against those, secrets are sealed to their place.
pub(crate) fn checksum(table: &str, parts: &[&[u8]]) -> [u8; 8] {
    let mut context = Context::new(&SHA256);
    for part in std::iter::once(table.as_bytes()).chain(parts.iter().copied()) {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part);
    }
    let mut sum = [0; 8];
    sum.copy_from_slice(&context.finish().as_ref()[..8]);
    sum
}

/// A row of `entries`.
pub(crate) struct EntryRow<'a> {
    pub(crate) database: i64,
    pub(crate) name: &'a [u8],
    pub(crate) uid: &'a [u8],
    pub(crate) revision: i64,
    pub(crate) body: &'a [u8],
}

impl<'a> EntryRow<'a> {
    /// That of an entry and its body.
    pub(crate) fn of(database: i64, entry: &'a Entry, body: &'a [u8]) -> Result<Self, StoreError> {
        let revision = i64::try_from(entry.revision);
        let revision = revision.map_err(|_| StoreError::Misuse("a revision is too large"))?;
        let (name, uid) = (entry.path.name.as_str().as_bytes(), entry.uid.as_bytes());
        Ok(Self { database, name, uid, revision, body })
    }

    /// Reads name, uid, revision, body and sum from five columns, the first of them at `at`; `None` if it is not what
    /// was written.
    pub(crate) fn read(row: &'a Row<'_>, at: usize, database: i64) -> Option<Self> {
        let bytes = |column| row.get_ref(at + column).ok()?.as_blob().ok();
        let (name, uid, body, sum) = (bytes(0)?, bytes(1)?, bytes(3)?, bytes(4)?);
        let revision = row.get_ref(at + 2).ok()?.as_i64().ok()?;
        let row = Self { database, name, uid, revision, body };
        (row.sum() == sum).then_some(row)
    }

    pub(crate) fn sum(&self) -> [u8; 8] {
        let Self { database, name, uid, revision, body } = self;
        checksum("entries", &[&database.to_be_bytes(), name, uid, &revision.to_be_bytes(), body])
    }

    pub(crate) fn is(&self, expected: Expected) -> bool {
        self.uid == expected.uid.as_bytes() && u64::try_from(self.revision) == Ok(expected.revision)
    }

    /// The secrets that the entry refers to; `None` if it is damaged.
    pub(crate) fn secrets(&self) -> Option<impl Iterator<Item = SecretId> + use<>> {
        #[derive(serde::Deserialize)]
        struct Part {
            secrets: BTreeMap<OptionKey, SecretId>,
        }
        serde_json::from_slice(self.body).ok().map(|Part { secrets }| secrets.into_values())
    }

    /// The entry; an error if it is damaged or its columns belong to another one.
    pub(crate) fn entry(&self) -> Result<Entry, StoreError> {
        // Checking that the whole is UTF-8 is faster than checking each text in it.
        let body = std::str::from_utf8(self.body).ok();
        let entry: Option<Entry> = body.and_then(|body| serde_json::from_str(body).ok());
        let own = |entry: &Entry| {
            entry.path.name.as_str().as_bytes() == self.name
                && self.is(Expected { uid: entry.uid, revision: entry.revision })
        };
        entry.filter(own).ok_or_else(|| damaged_connection(self.name))
    }
}

pub(crate) fn blob_sum(key: &[u8], bytes: &[u8]) -> [u8; 8] {
    checksum("blobs", &[key, bytes])
}

pub(crate) fn database_sum(catalog: &[u8], name: &[u8], id: i64) -> [u8; 8] {
    checksum("databases", &[catalog, name, &id.to_be_bytes()])
}

pub(crate) fn catalog_sum(name: &[u8]) -> [u8; 8] {
    checksum("catalogs", &[name])
}

pub(crate) fn damaged_connection(name: &[u8]) -> StoreError {
    StoreError::Damaged { object: Object::Connection, name: String::from_utf8_lossy(name).into_owned() }
}

/// A name as it is in the file. One that breaks the rules is damaged, but must not hide the others.
pub(crate) fn identifier(name: &[u8]) -> Result<Identifier, StoreError> {
    let name = String::from_utf8_lossy(name);
    let printable = || name.chars().filter(|c| !c.is_control()).take(99).collect::<String>() + "\u{fffd}";
    Identifier::new(name.as_ref()).or_else(|_| Identifier::new(printable())).map_err(|_| damaged_store())
}
