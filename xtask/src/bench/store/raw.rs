//! SQLite without anything of ours.

use super::ours::Bench;
use super::{BATCH, Outcome, pick};
use lockkeeper_store::BlobKey;
use std::path::Path;
use std::time::{Duration, Instant};

/// As many bytes as one creation writes.
pub(super) struct Sample {
    pub(super) entry: Vec<u8>,
    pub(super) blob: Vec<u8>,
}

/// SQLite without anything of ours, with the same durability.
pub(super) struct Raw {
    connection: rusqlite::Connection,
}

impl Raw {
    pub(super) fn open(path: &Path) -> Outcome<Self> {
        let connection = rusqlite::Connection::open(path)?;
        connection.execute_batch(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;
             CREATE TABLE entries (name BLOB PRIMARY KEY, body BLOB) WITHOUT ROWID;
             CREATE TABLE blobs (key BLOB PRIMARY KEY, bytes BLOB) WITHOUT ROWID;
             CREATE TABLE one (id INTEGER PRIMARY KEY, bytes BLOB);",
        )?;
        Ok(Self { connection })
    }

    /// The same bytes as one row in one commit.
    pub(super) fn insert_one(&self, i: u64, sample: &Sample) -> Outcome<()> {
        let bytes = [&sample.entry[..], &sample.blob].concat();
        let mut statement = self.connection.prepare_cached("INSERT INTO one VALUES (?1, ?2)")?;
        statement.execute((i as i64, bytes))?;
        Ok(())
    }

    /// The same bytes as two rows under the same keys, a batch in each commit.
    pub(super) fn insert_many(&self, first: u64, count: u64, sample: &Sample) -> Outcome<()> {
        for batch in (first..first + count).step_by(BATCH as usize) {
            let transaction = self.connection.unchecked_transaction()?;
            let mut entries = transaction.prepare_cached("INSERT INTO entries VALUES (?1, ?2)")?;
            let mut blobs = transaction.prepare_cached("INSERT INTO blobs VALUES (?1, ?2)")?;
            for i in batch..(batch + BATCH).min(first + count) {
                entries.execute((Bench::path(i)?.name.as_str().as_bytes(), &sample.entry))?;
                blobs.execute((BlobKey::of_secret(Bench::secret_id(i)).as_str().as_bytes(), &sample.blob))?;
            }
            drop((entries, blobs));
            transaction.commit()?;
        }
        Ok(())
    }

    pub(super) fn read(&self, reads: u64, count: u64, seed: u64) -> Outcome<Duration> {
        let started = Instant::now();
        for i in 0..reads {
            let i = pick(i, count, seed);
            let mut entries = self.connection.prepare_cached("SELECT body FROM entries WHERE name = ?1")?;
            let _: Vec<u8> =
                entries.query_row([Bench::path(i)?.name.as_str().as_bytes()], |row| row.get(0))?;
            let mut blobs = self.connection.prepare_cached("SELECT bytes FROM blobs WHERE key = ?1")?;
            let key = BlobKey::of_secret(Bench::secret_id(i));
            let _: Vec<u8> = blobs.query_row([key.as_str().as_bytes()], |row| row.get(0))?;
        }
        Ok(started.elapsed())
    }
}
