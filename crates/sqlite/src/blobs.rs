//! Sealed bytes.

use crate::changes;
use crate::failure::Abort;
use crate::rows::blob_sum;
use crate::store::SqliteStore;
use async_trait::async_trait;
use lockkeeper_store::{Blob, BlobKey, BlobStore, Object, StoreError, StoreId};
use rusqlite::{Connection, params};

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
        let blobs = changes::summed(blobs);
        self.writer.write(move |ledger| changes::write_new(ledger, &blobs)).await
    }

    async fn swap(&self, key: &BlobKey, expected: Option<&[u8]>, new: &[u8]) -> Result<bool, StoreError> {
        let (key, expected, new) = (key.clone(), expected.map(<[u8]>::to_vec), new.to_vec());
        self.writer.write(move |ledger| changes::swap(ledger, &key, expected.as_deref(), &new)).await
    }

    async fn remove(&self, keys: &[BlobKey]) -> Result<(), StoreError> {
        let keys = keys.to_vec();
        self.writer.write(move |ledger| changes::remove_blobs(ledger, &keys)).await
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

fn read(connection: &Connection, key: &BlobKey) -> Result<Option<Vec<u8>>, Abort> {
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

fn list(
    connection: &Connection,
    prefix: &str,
    after: Option<&BlobKey>,
    limit: usize,
) -> Result<Vec<BlobKey>, Abort> {
    let after = after.map_or("", BlobKey::as_str);
    // Keys are ASCII: `~` is greater than all of it that they may hold.
    let to = format!("{prefix}~");
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut statement = connection.prepare_cached(
        "SELECT key FROM blobs WHERE key >= ?1 AND key > ?2 AND key < ?3 ORDER BY key LIMIT ?4",
    )?;
    let mut rows = statement.query(params![prefix.as_bytes(), after.as_bytes(), to.as_bytes(), limit])?;
    let mut keys = Vec::new();
    while let Some(row) = rows.next()? {
        // A key that is none any more is found by verification; it must not hide the others.
        let key = row.get_ref(0)?.as_blob().ok().and_then(|key| String::from_utf8(key.to_vec()).ok());
        keys.extend(key.and_then(|key| BlobKey::new(key).ok()));
    }
    Ok(keys)
}

/// Tells a key from a secret, which are read alike.
pub(crate) fn damaged(key: &str) -> StoreError {
    match key.split_once('/') {
        Some(("secret", id)) => StoreError::Damaged { object: Object::Secret, name: id.to_owned() },
        Some(("key", id)) => StoreError::Damaged { object: Object::DataKey, name: id.to_owned() },
        _ => StoreError::Damaged { object: Object::Store, name: key.to_owned() },
    }
}
