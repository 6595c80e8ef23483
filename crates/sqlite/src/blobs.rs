//! Sealed bytes.

use crate::failure::{Abort, is_new};
use crate::ledger::{Ledger, Meta};
use crate::rows::blob_sum;
use crate::secrets::{self, Found, Place};
use crate::store::SqliteStore;
use async_trait::async_trait;
use lockkeeper_store::{Blob, BlobKey, BlobStore, Object, StoreError, StoreId};
use rusqlite::{Connection, params};
use std::collections::BTreeSet;

#[async_trait]
impl BlobStore for SqliteStore {
    fn identity(&self) -> StoreId {
        self.identity
    }

    async fn read(&self, key: &BlobKey) -> Result<Option<Vec<u8>>, StoreError> {
        if let Some(found) = self.readers.read_point(|connection| read(connection, key)) {
            return found;
        }
        let key = key.clone();
        self.readers.read(move |connection| read(connection, &key)).await
    }

    async fn write_new(&self, blobs: Vec<Blob>) -> Result<(), StoreError> {
        let sums: Vec<_> = blobs.iter().map(sum).collect();
        let write = move |ledger: &mut Ledger<'_>| {
            check_keys(ledger, &blobs)?;
            write_new(ledger, &blobs, &sums)
        };
        self.writer.write(write).await
    }

    async fn confirm(&self) -> Result<(), StoreError> {
        let identity = self.identity;
        self.readers.read(move |connection| Meta::read(connection)?.require(identity).map(drop)).await
    }

    async fn swap(&self, key: &BlobKey, expected: Option<&[u8]>, new: &[u8]) -> Result<bool, StoreError> {
        let (key, expected, new) = (key.clone(), expected.map(<[u8]>::to_vec), new.to_vec());
        self.writer.write(move |ledger| swap(ledger, &key, expected.as_deref(), &new)).await
    }

    async fn remove(&self, keys: &[BlobKey]) -> Result<(), StoreError> {
        let keys = keys.to_vec();
        self.writer.write(move |ledger| remove(ledger, &keys)).await
    }

    async fn list(
        &self,
        prefix: &str,
        after: Option<&BlobKey>,
        limit: usize,
    ) -> Result<Vec<BlobKey>, StoreError> {
        let (prefix, after) = (prefix.to_owned(), after.cloned());
        self.readers.read(move |connection| list(connection, &prefix, after.as_ref(), limit)).await
    }
}

/// The checksum of a blob.
pub(crate) fn sum(blob: &Blob) -> [u8; 8] {
    blob_sum(blob.key.as_str().as_bytes(), &blob.bytes)
}

/// Refuses secrets whose data key is not there, as it is if an older copy was put in the place of the store since they
/// were sealed: they would never open.
pub(crate) fn check_keys(ledger: &mut Ledger<'_>, blobs: &[Blob]) -> Result<(), Abort> {
    for id in blobs.iter().filter_map(Blob::sealed_under) {
        if ledger.data_key == Some(id) {
            continue;
        }
        let key = BlobKey::of_data_key(id);
        if read(ledger.connection, &key)?.is_none() && !blobs.iter().any(|blob| blob.key == key) {
            return Err(StoreError::Replaced.into());
        }
        ledger.data_key = Some(id);
    }
    Ok(())
}

/// New blobs with their checksums, all or nothing.
pub(crate) fn write_new(ledger: &mut Ledger<'_>, blobs: &[Blob], sums: &[[u8; 8]]) -> Result<(), Abort> {
    for (Blob { key, bytes }, sum) in blobs.iter().zip(sums) {
        if !insert(ledger, key, bytes, *sum)? {
            return Err(StoreError::Exists { object: Object::Secret, name: key.to_string() }.into());
        }
        if key.as_str().starts_with(BlobKey::DATA_KEYS) {
            (ledger.point)("key-created");
        }
    }
    Ok(())
}

/// Blobs that are not there are no mistake.
pub(crate) fn remove(ledger: &mut Ledger<'_>, keys: &[BlobKey]) -> Result<(), Abort> {
    if keys.iter().any(|key| key.as_str().starts_with(BlobKey::DATA_KEYS)) {
        ledger.data_key = None;
    }
    keys.iter().try_for_each(|key| delete(ledger.connection, key))
}

/// Compare and set.
fn swap(ledger: &mut Ledger<'_>, key: &BlobKey, expected: Option<&[u8]>, new: &[u8]) -> Result<bool, Abort> {
    match read(ledger.connection, key) {
        Ok(found) if found.as_deref() == expected => {}
        Ok(_) | Err(Abort::Refused(StoreError::Damaged { .. })) => return Ok(false),
        Err(error) => return Err(error),
    }
    delete(ledger.connection, key)?;
    insert(ledger, key, new, blob_sum(key.as_str().as_bytes(), new))?;
    (ledger.point)("key-swapped");
    Ok(true)
}

/// What is under a key.
pub(crate) fn read(connection: &Connection, key: &BlobKey) -> Result<Option<Vec<u8>>, Abort> {
    if let Some(place) = Place::of(key) {
        match place.read(connection, key)? {
            Found::Bytes(bytes) => return Ok(Some(bytes)),
            Found::Damaged => return Err(damaged(key.as_str()).into()),
            Found::Nothing => {}
        }
    }
    let key_bytes = key.as_str().as_bytes();
    let mut statement = connection.prepare_cached("SELECT bytes, sum FROM blobs WHERE key = ?1")?;
    let mut rows = statement.query([key_bytes])?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    let bytes: Vec<u8> = row.get(0)?;
    match row.get_ref(1)?.as_blob() == Ok(&blob_sum(key_bytes, &bytes)) {
        true => Ok(Some(bytes)),
        false => Err(damaged(key.as_str()).into()),
    }
}

/// Whether there was none under that key.
fn insert(ledger: &mut Ledger<'_>, key: &BlobKey, bytes: &[u8], sum: [u8; 8]) -> Result<bool, Abort> {
    let (connection, key_bytes) = (ledger.connection, key.as_str().as_bytes());
    if let Some(place) = Place::of(key) {
        if has_stray_secrets(ledger)? {
            let mut statement = connection.prepare_cached("SELECT 1 FROM blobs WHERE key = ?1")?;
            if statement.exists([key_bytes])? {
                return Ok(false);
            }
        }
        if place.insert(&mut ledger.statements.add_secret, bytes, sum)? {
            return Ok(true);
        }
        if place.is_taken_by_it(connection)? {
            return Ok(false);
        }
        ledger.has_stray_secrets = Some(true);
    }
    let mut statement = connection.prepare_cached("INSERT INTO blobs VALUES (?1, ?2, ?3)")?;
    is_new(statement.execute(params![key_bytes, bytes, sum]))
}

/// Whether there are secrets without a place of their own: where there are none, none of them has to be looked for.
fn has_stray_secrets(ledger: &mut Ledger<'_>) -> rusqlite::Result<bool> {
    if let Some(known) = ledger.has_stray_secrets {
        return Ok(known);
    }
    // The sign after `/` is `0`.
    let mut statement = ledger.connection.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM blobs WHERE key >= x'7365637265742f' AND key < x'73656372657430')",
    )?;
    let found = statement.query_row([], |row| row.get(0))?;
    ledger.has_stray_secrets = Some(found);
    Ok(found)
}

fn delete(connection: &Connection, key: &BlobKey) -> Result<(), Abort> {
    let is_done = Place::of(key).map(|place| place.remove(connection)).transpose()?;
    if is_done != Some(true) {
        let mut statement = connection.prepare_cached("DELETE FROM blobs WHERE key = ?1")?;
        statement.execute([key.as_str().as_bytes()])?;
    }
    Ok(())
}

fn list(
    connection: &Connection,
    prefix: &str,
    after: Option<&BlobKey>,
    limit: usize,
) -> Result<Vec<BlobKey>, Abort> {
    let after = after.map_or("", BlobKey::as_str);
    let placed = secrets::list(connection, prefix, after, limit)?;
    let mut keys = BTreeSet::from_iter(placed);
    // Keys are ASCII: `~` is greater than all of it that they may hold.
    let to = format!("{prefix}~");
    let most = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut statement = connection.prepare_cached(
        "SELECT key FROM blobs WHERE key >= ?1 AND key > ?2 AND key < ?3 ORDER BY key LIMIT ?4",
    )?;
    let mut rows = statement.query(params![prefix.as_bytes(), after.as_bytes(), to.as_bytes(), most])?;
    while let Some(row) = rows.next()? {
        // A key that is none any more is found by verification; it must not hide the others.
        let key = row.get_ref(0)?.as_blob().ok().and_then(|key| String::from_utf8(key.to_vec()).ok());
        keys.extend(key.and_then(|key| BlobKey::new(key).ok()));
    }
    Ok(keys.into_iter().take(limit).collect())
}

/// Tells a key from a secret, which are read alike.
pub(crate) fn damaged(key: &str) -> StoreError {
    match key.split_once('/') {
        Some(("secret", id)) => StoreError::Damaged { object: Object::Secret, name: id.to_owned() },
        Some(("key", id)) => StoreError::Damaged { object: Object::DataKey, name: id.to_owned() },
        _ => StoreError::Damaged { object: Object::Store, name: key.to_owned() },
    }
}
