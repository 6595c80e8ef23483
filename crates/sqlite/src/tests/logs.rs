//! Flipped bytes and cuts in the write-ahead log of a store that was not closed.

use super::Folder;
use crate::SqliteStore;
use lockkeeper_store::{Blob, BlobKey, BlobStore, StoreError};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use std::fs;
use std::path::Path;

const CHANGES: usize = 12;

/// File and log of a store whose process was killed, and how long the log was after each change.
async fn killed(folder: &Folder) -> (Vec<u8>, Vec<u8>, Vec<usize>) {
    let store = folder.store();
    let log = store.path().with_extension("db-wal");
    let mut lengths = Vec::new();
    for i in 0..CHANGES {
        let blob = Blob { key: BlobKey::new(format!("secret/{i}")).unwrap(), bytes: vec![i as u8; 5000] };
        store.write_new(vec![blob]).await.unwrap();
        lengths.push(fs::metadata(&log).unwrap().len() as usize);
    }
    (fs::read(store.path()).unwrap(), fs::read(&log).unwrap(), lengths)
}

/// How many changes a store with this log has.
async fn changes(file: &Path, store: &[u8], log: &[u8]) -> Result<usize, StoreError> {
    crate::place::create(file).unwrap();
    fs::write(file, store).unwrap();
    fs::write(file.with_extension("db-wal"), log).unwrap();
    let store = SqliteStore::open(file)?;
    assert!(store.verify().await.unwrap().is_sound());
    Ok(BlobStore::list(&*store, "secret/", None, usize::MAX).await.unwrap().len())
}

fn runner() -> TestRunner {
    TestRunner::new(Config { cases: 200, failure_persistence: None, ..Config::default() })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flipped_byte_of_the_log_loses_nothing_without_a_word() {
    let folder = Folder::new();
    let (store, log, lengths) = killed(&folder).await;
    assert_eq!(log.len(), lengths[CHANGES - 1]);
    let handle = tokio::runtime::Handle::current();
    // The last change cannot be told from one that a crash of the machine cut off; see docs/sealing.md.
    let places = (0..lengths[CHANGES - 2], 0u8..8);
    let outcome = tokio::task::block_in_place(|| {
        runner().run(&places, |(at, bit)| {
            let mut log = log.clone();
            log[at] ^= 1 << bit;
            let file = folder.path();
            match handle.block_on(changes(&file, &store, &log)) {
                Ok(changes) => prop_assert_eq!(changes, CHANGES, "byte {}", at),
                Err(StoreError::Damaged { .. }) => {
                    // Looking at it destroys nothing.
                    prop_assert!(SqliteStore::open(&file).is_err());
                    prop_assert_eq!(fs::read(file.with_extension("db-wal")).unwrap(), log);
                }
                Err(error) => prop_assert!(false, "byte {}: {:?}", at, error),
            }
            Ok(())
        })
    });
    outcome.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_was_cut_off_has_what_it_has() {
    let folder = Folder::new();
    let (store, log, lengths) = killed(&folder).await;
    let handle = tokio::runtime::Handle::current();
    let outcome = tokio::task::block_in_place(|| {
        runner().run(&(0..=log.len()), |length| {
            let expected = lengths.iter().filter(|whole| **whole <= length).count();
            let found = handle.block_on(changes(&folder.path(), &store, &log[..length])).unwrap();
            prop_assert_eq!(found, expected, "cut at {}", length);
            Ok(())
        })
    });
    outcome.unwrap();
}
