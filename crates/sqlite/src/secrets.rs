//! Sealed secrets by number, since version 3 of the tables.
//!
//! The identity of a secret begins with its time. Its first half as a number is the place of a row: so new rows are behind
//! each other, and the pages that lead to one hold numbers and not whole rows, of which a page takes twenty times fewer.
//! The few secrets whose place is taken by another one, and those of earlier versions, are with the other blobs.

use crate::failure::{Abort, is_new};
use crate::rows::blob_sum;
use crate::statements::Kept;
use lockkeeper_store::{BlobKey, SecretId};
use rusqlite::{Connection, OptionalExtension, Row, params};

/// Every secret by number.
pub(crate) const READ_ALL: &str = "SELECT place, rest, bytes, sum FROM secrets";

/// Where a secret is.
pub(crate) struct Place {
    number: i64,
    rest: [u8; 8],
}

/// What is at a place.
pub(crate) enum Found {
    Bytes(Vec<u8>),
    Damaged,
    /// Nothing, or another secret.
    Nothing,
}

impl Place {
    /// Nothing for what is no secret, and for secrets that were made after the year 6429.
    pub(crate) fn of(key: &BlobKey) -> Option<Self> {
        let id: SecretId = key.as_str().strip_prefix(BlobKey::SECRETS)?.parse().ok()?;
        let (number, rest) = id.as_bytes().split_first_chunk()?;
        let place = Self { number: i64::from_be_bytes(*number), rest: *rest.first_chunk()? };
        // Numbers are in the order of the keys.
        (place.number >= 0).then_some(place)
    }

    /// The key of what is in a row of [`READ_ALL`]; of a damaged one it is that of no secret.
    pub(crate) fn key_of(row: &Row<'_>) -> rusqlite::Result<BlobKey> {
        let rest = row.get_ref(1)?.as_blob().ok().and_then(|rest| rest.try_into().ok()).unwrap_or_default();
        Ok(Self { number: row.get(0)?, rest }.key())
    }

    fn key(&self) -> BlobKey {
        let Self { number, rest } = self;
        let mut id = [0; 16];
        id[..8].copy_from_slice(&number.to_be_bytes());
        id[8..].copy_from_slice(rest);
        BlobKey::of_secret(SecretId::from_bytes(id))
    }

    /// What is there of the secret with this key.
    pub(crate) fn read(&self, connection: &Connection, key: &BlobKey) -> Result<Found, Abort> {
        let mut statement =
            connection.prepare_cached("SELECT place, rest, bytes, sum FROM secrets WHERE place = ?1")?;
        let mut rows = statement.query([self.number])?;
        let Some(row) = rows.next()? else { return Ok(Found::Nothing) };
        if row.get_ref(1)?.as_blob() == Ok(&self.rest) {
            return Ok(sound_bytes(row, key).map_or(Found::Damaged, |bytes| Found::Bytes(bytes.to_vec())));
        }
        Ok(match sound_bytes(row, &Self::key_of(row)?) {
            Some(_) => Found::Nothing,
            // It may have been this one.
            None => Found::Damaged,
        })
    }

    /// Whether it was free.
    pub(crate) fn insert(&self, add: &mut Kept<'_>, bytes: &[u8], sum: [u8; 8]) -> Result<bool, Abort> {
        is_new(add.execute(params![self.number, self.rest, bytes, sum]))
    }

    pub(crate) fn is_taken_by_it(&self, connection: &Connection) -> Result<bool, Abort> {
        let mut statement = connection.prepare_cached("SELECT rest = ?2 FROM secrets WHERE place = ?1")?;
        let same = statement.query_row(params![self.number, self.rest], |row| row.get(0)).optional()?;
        Ok(same == Some(true))
    }

    /// Whether it was there.
    pub(crate) fn remove(&self, connection: &Connection) -> Result<bool, Abort> {
        let mut statement =
            connection.prepare_cached("DELETE FROM secrets WHERE place = ?1 AND rest = ?2")?;
        Ok(statement.execute(params![self.number, self.rest])? > 0)
    }
}

/// The bytes in a row of [`READ_ALL`], if they are what was written under the key.
pub(crate) fn sound_bytes<'a>(row: &'a Row<'_>, key: &BlobKey) -> Option<&'a [u8]> {
    let bytes = |column| row.get_ref(column).ok()?.as_blob().ok();
    let (bytes, sum) = (bytes(2)?, bytes(3)?);
    (blob_sum(key.as_str().as_bytes(), bytes) == sum).then_some(bytes)
}

/// Keys of secrets with a prefix, after a key, in their order.
pub(crate) fn list(
    connection: &Connection,
    prefix: &str,
    after: &str,
    limit: usize,
) -> Result<Vec<BlobKey>, Abort> {
    // The text from which on keys are wanted, and what of it are digits.
    let from = prefix.max(after);
    let digits = match from.strip_prefix(BlobKey::SECRETS) {
        Some(digits) => digits,
        None if from < BlobKey::SECRETS => "",
        None => return Ok(Vec::new()),
    };
    if !prefix.starts_with(BlobKey::SECRETS) && !BlobKey::SECRETS.starts_with(prefix) {
        return Ok(Vec::new());
    }
    let mut statement =
        connection.prepare_cached("SELECT place, rest FROM secrets WHERE place >= ?1 ORDER BY place")?;
    let mut rows = statement.query([lowest(digits)])?;
    let mut keys = Vec::new();
    while keys.len() < limit
        && let Some(row) = rows.next()?
    {
        let key = Place::key_of(row)?;
        match key.as_str() {
            text if text <= after => {}
            text if text.starts_with(prefix) => keys.push(key),
            text if text > prefix => break,
            _ => {}
        }
    }
    Ok(keys)
}

/// The lowest number whose digits may begin with these.
fn lowest(digits: &str) -> i64 {
    let digits = digits.bytes().map_while(|digit| char::from(digit).to_digit(16));
    let digits = digits.chain(std::iter::repeat(0)).take(16);
    i64::try_from(digits.fold(0_u64, |number, digit| number << 4 | u64::from(digit))).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SqliteStore;
    use lockkeeper_store::{Blob, BlobStore, StoreError};
    use std::collections::BTreeMap;
    use std::sync::Arc;

    fn secret(number: u64, rest: u64) -> BlobKey {
        let bytes = u128::from(number) << 64 | u128::from(rest);
        BlobKey::of_secret(SecretId::from_bytes(bytes.to_be_bytes()))
    }

    /// Secrets that share a place, that have none, and blobs that are no secrets.
    fn keys() -> Vec<BlobKey> {
        let others = ["a", "key/1", "secret", "secret/", "secret/0", "secret/-", "secret/x", "secret0", "z"];
        let places = [0, 1, 0x0190_0000_0000_0000, 0x0190_0000_0000_0001, i64::MAX as u64, 1 << 63, u64::MAX];
        let secrets = places.into_iter().flat_map(|place| [u64::MAX, 7, 0].map(|rest| secret(place, rest)));
        secrets.chain(others.map(|key| BlobKey::new(key).unwrap())).collect()
    }

    async fn filled() -> (tempfile::TempDir, Arc<SqliteStore>, BTreeMap<BlobKey, Vec<u8>>) {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(folder.path().join("store.db")).unwrap();
        let blobs = keys().into_iter().map(|key| Blob { bytes: key.to_string().into_bytes(), key });
        let blobs: Vec<_> = blobs.collect();
        store.write_new(blobs.clone()).await.unwrap();
        (folder, store, blobs.into_iter().map(|blob| (blob.key, blob.bytes)).collect())
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn lists_are_in_order_whatever_table_a_key_is_in() {
        let (_folder, store, blobs) = filled().await;
        for prefix in
            ["", "a", "s", "secret", "secret/", "secret/0", "secret/0190", "secret/f", "secret/x", "y"]
        {
            let wanted: Vec<_> = blobs.keys().filter(|key| key.as_str().starts_with(prefix)).collect();
            for limit in [1, 2, 5, 100] {
                let mut listed: Vec<BlobKey> = Vec::new();
                loop {
                    let page = store.list(prefix, listed.last(), limit).await.unwrap();
                    let is_last = page.len() < limit;
                    listed.extend(page);
                    if is_last {
                        break;
                    }
                }
                assert!(listed.iter().eq(wanted.iter().copied()), "{prefix} by {limit}: {listed:?}");
            }
            for after in blobs.keys() {
                let listed = store.list(prefix, Some(after), 100).await.unwrap();
                let wanted: Vec<_> = wanted.iter().copied().filter(|key| *key > after).collect();
                assert!(listed.iter().eq(wanted), "{prefix} after {after}");
            }
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn secrets_of_one_place_are_each_on_its_own() {
        let (_folder, store, mut blobs) = filled().await;
        let all: Vec<_> = blobs.keys().cloned().collect();
        for (round, key) in all.iter().enumerate() {
            let again = vec![Blob { key: key.clone(), bytes: b"again".to_vec() }];
            assert!(matches!(store.write_new(again.clone()).await, Err(StoreError::Exists { .. })), "{key}");
            match round % 3 {
                0 => {
                    store.remove(std::slice::from_ref(key)).await.unwrap();
                    blobs.remove(key);
                }
                1 => {
                    assert!(!store.swap(key, Some(b"other"), b"new").await.unwrap());
                    assert!(!store.swap(key, None, b"new").await.unwrap());
                    assert!(store.swap(key, Some(&blobs[key]), b"new").await.unwrap());
                    blobs.insert(key.clone(), b"new".to_vec());
                }
                _ => {
                    store.remove(std::slice::from_ref(key)).await.unwrap();
                    store.write_new(again).await.unwrap();
                    blobs.insert(key.clone(), b"again".to_vec());
                }
            }
            for key in &all {
                assert_eq!(store.read(key).await.unwrap().as_ref(), blobs.get(key), "{key} in round {round}");
            }
        }
        let report = store.verify().await.unwrap();
        assert!(report.is_sound());
        assert_eq!(report.blobs, blobs.len() as u64);
    }
}
