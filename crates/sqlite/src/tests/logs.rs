//! Flipped bytes and cuts in the write-ahead log of a store that was not closed.

use super::Folder;
use crate::SqliteStore;
use lockkeeper_store::{Blob, BlobKey, BlobStore, StoreError};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

const CHANGES: usize = 12;

/// How many changes it takes until the log has room for more.
const MANY: usize = 60;

/// File and log of a store whose process was killed, and how much of the log was in use after each change.
async fn killed(folder: &Folder, changes: usize) -> (Vec<u8>, Vec<u8>, Vec<usize>) {
    let store = folder.store();
    let mut lengths = Vec::new();
    for i in 0..changes {
        store.write_new(vec![blob(i, 5000)]).await.unwrap();
        lengths.push(used(store.path()));
    }
    (fs::read(store.path()).unwrap(), fs::read(log(store.path())).unwrap(), lengths)
}

fn blob(i: usize, size: usize) -> Blob {
    Blob { key: BlobKey::new(format!("secret/{i}")).unwrap(), bytes: vec![i as u8 | 0x80; size] }
}

fn log(file: &Path) -> PathBuf {
    file.with_extension("db-wal")
}

/// How many bytes of the log SQLite would read.
fn used(file: &Path) -> usize {
    let connection = rusqlite::Connection::open(file).unwrap();
    let frames = connection.query_row("PRAGMA wal_checkpoint(NOOP)", [], |row| row.get::<_, u32>(1));
    32 + frames.unwrap() as usize * (24 + 4096)
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

/// Whether a store with any one bit of its log flipped has all changes or says that it is damaged.
fn flip_anywhere(folder: &Folder, (store, log, lengths): (Vec<u8>, Vec<u8>, Vec<usize>)) {
    let handle = tokio::runtime::Handle::current();
    let all = lengths.len();
    // The last change cannot be told from one that a crash of the machine cut off; see docs/sealing.md.
    let places = (0..lengths[all - 2], 0u8..8);
    let outcome = tokio::task::block_in_place(|| {
        runner().run(&places, |(at, bit)| {
            let mut log = log.clone();
            log[at] ^= 1 << bit;
            let file = folder.path();
            match handle.block_on(changes(&file, &store, &log)) {
                Ok(changes) => prop_assert_eq!(changes, all, "byte {}", at),
                Err(StoreError::Damaged { .. }) => {
                    // Looking at it destroys nothing.
                    prop_assert!(SqliteStore::open(&file).is_err());
                    prop_assert!(fs::read(file.with_extension("db-wal")).unwrap() == log);
                }
                Err(error) => prop_assert!(false, "byte {}: {:?}", at, error),
            }
            Ok(())
        })
    });
    outcome.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flipped_byte_of_the_log_loses_nothing_without_a_word() {
    let folder = Folder::new();
    let killed = killed(&folder, CHANGES).await;
    assert_eq!(killed.1.len(), killed.2[CHANGES - 1]);
    flip_anywhere(&folder, killed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flipped_byte_of_a_log_with_room_loses_nothing_without_a_word() {
    let folder = Folder::new();
    let killed = killed(&folder, MANY).await;
    assert!(killed.1.len() > killed.2[MANY - 1]);
    flip_anywhere(&folder, killed);
}

/// Whether a store with this log says that it is damaged, or has all changes.
#[track_caller]
fn notices(folder: &Folder, store: &[u8], log: &[u8], all: usize, what: &str) {
    let handle = tokio::runtime::Handle::current();
    let found = tokio::task::block_in_place(|| handle.block_on(changes(&folder.path(), store, log)));
    assert!(
        matches!(found, Err(StoreError::Damaged { .. })) || found.as_ref().ok() == Some(&all),
        "{what}: {found:?}"
    );
}

/// Where the headers of the frames are that are in use.
fn frames(lengths: &[usize]) -> impl Iterator<Item = usize> {
    (32..lengths[lengths.len() - 1]).step_by(24 + 4096)
}

/// The header of the log says which frames belong to it, and how long they are.
#[tokio::test(flavor = "multi_thread")]
async fn any_bit_of_the_header_of_a_log_is_noticed() {
    let folder = Folder::new();
    for changes in [1, 3] {
        let (store, log, _) = killed(&folder, changes).await;
        for bit in (0..32 * 8).step_by(changes) {
            let mut log = log.clone();
            log[bit / 8] ^= 1 << (bit % 8);
            notices(&folder, &store, &log, changes, &format!("bit {bit} of a log of {changes}"));
        }
    }
}

/// So does the header of each frame; the one that ends a transaction says so.
#[tokio::test(flavor = "multi_thread")]
async fn any_byte_of_the_header_of_a_frame_is_noticed() {
    let folder = Folder::new();
    let (store, log, lengths) = killed(&folder, CHANGES).await;
    let last = lengths[CHANGES - 2];
    for at in frames(&lengths).take_while(|at| *at < last).flat_map(|at| (at..at + 24).step_by(3)) {
        let mut log = log.clone();
        log[at] ^= 1 << (at % 8);
        notices(&folder, &store, &log, CHANGES, &format!("byte {at} of {}", log.len()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_sector_of_a_log_is_noticed() {
    let folder = Folder::new();
    let (store, log, lengths) = killed(&folder, CHANGES).await;
    let last = lengths[CHANGES - 2];
    for (size, step) in [(512, 512), (4096, 1536), (4 * 4096, 4608)] {
        for at in (0..last - size).step_by(step) {
            let mut log = log.clone();
            log[at..at + size].fill(0);
            notices(&folder, &store, &log, CHANGES, &format!("{size} bytes at {at} of {}", log.len()));
        }
    }
}

/// What is left of an older log, and of a transaction that did not come to its end, is nothing that was lost.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_left_of_an_older_log_is_no_damage() {
    let folder = Folder::new();
    let store = folder.store();
    for i in 0..CHANGES {
        store.write_new(vec![blob(i, 5000)]).await.unwrap();
    }
    let connection = rusqlite::Connection::open(store.path()).unwrap();
    connection.execute_batch("PRAGMA wal_checkpoint(PASSIVE)").unwrap();
    for i in CHANGES..CHANGES + 3 {
        store.write_new(vec![blob(i, 10)]).await.unwrap();
        let read = || (fs::read(store.path()).unwrap(), fs::read(log(store.path())).unwrap());
        let (file, log) = read();
        assert!(log.len() > used(store.path()), "the log was begun anew");
        assert_eq!(changes(&folder.path(), &file, &log).await.unwrap(), i + 1);
    }
}

/// Whether a store has the changes that are whole in what is left of its log.
fn cut_anywhere(folder: &Folder, (store, log, lengths): (Vec<u8>, Vec<u8>, Vec<usize>)) {
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

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_was_cut_off_has_what_it_has() {
    let folder = Folder::new();
    let killed = killed(&folder, CHANGES).await;
    cut_anywhere(&folder, killed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_with_room_that_was_cut_off_has_what_it_has() {
    let folder = Folder::new();
    let killed = killed(&folder, MANY).await;
    cut_anywhere(&folder, killed);
}

#[tokio::test(flavor = "multi_thread")]
async fn room_is_made_for_small_changes_ahead_of_them() {
    let folder = Folder::new();
    let store = folder.store();
    let length = || fs::metadata(log(store.path())).unwrap().len() as usize;
    let mut lengths = BTreeSet::new();
    for i in 0..500 {
        store.write_new(vec![blob(i, 100)]).await.unwrap();
        if used(store.path()) > 160 * 4120 {
            assert!(length() > used(store.path()));
            lengths.insert(length());
        }
    }
    // Hundreds of changes found room that was there.
    assert!(lengths.len() < 12, "{lengths:?}");
    // Large ones bring their own.
    for i in 500..505 {
        store.write_new((0..100).map(|j| blob(i * 1000 + j, 5000)).collect()).await.unwrap();
    }
    assert_eq!(length(), used(store.path()));
}
