//! Backups in the place of damaged stores, and backups that nobody should restore.

use super::processes::entry;
use super::{Folder, path};
use crate::{SqliteStore, Stamp};
use lockkeeper_store::{Catalog, Edit, Riders, StoreError};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The bytes of a closed store, and a backup of it.
async fn sample(folder: &Folder) -> (Vec<u8>, PathBuf) {
    let store = folder.store();
    for number in 0..20 {
        store.commit(Edit::Create(entry(&format!("c{number}"))), Riders::default()).await.unwrap();
    }
    let backup = folder.path();
    store.backup(&backup, Arc::new(|_| {})).await.unwrap();
    let file = store.path().to_owned();
    drop(store);
    (fs::read(file).unwrap(), backup)
}

/// Restores a backup over these bytes, and looks at what is there then.
async fn restore_over(folder: &Folder, bytes: &[u8], backup: &Path, what: &str) {
    let file = folder.path();
    crate::place::create(&file).unwrap();
    fs::write(&file, bytes).unwrap();
    let restored = SqliteStore::restore(backup, &file, true);
    assert!(restored.is_ok(), "{what}: {restored:?}");
    assert_eq!(Stamp::of_file(&file).unwrap(), Stamp::of_file(backup).unwrap(), "{what}");
    let store = SqliteStore::open(&file).unwrap();
    let report = store.verify().await.unwrap();
    assert!(report.is_sound() && report.connections == 20, "{what}: {report:?}");
    store.commit(Edit::Create(entry("new")), Riders::default()).await.unwrap();
    let kept = fs::read(file.with_extension("db.damaged"));
    assert!(kept.is_err() || kept.is_ok_and(|kept| kept == bytes), "{what}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_is_restored_over_any_damaged_header() {
    let folder = Folder::new();
    let (bytes, backup) = sample(&folder).await;
    for at in 0..108 {
        let mut bytes = bytes.clone();
        bytes[at] ^= 1 << (at * 5 % 8);
        restore_over(&folder, &bytes, &backup, &format!("byte {at}")).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_is_restored_over_any_damaged_page() {
    let folder = Folder::new();
    let (bytes, backup) = sample(&folder).await;
    for page in 0..bytes.len() / 4096 {
        for fill in [0, 0xa5] {
            let mut bytes = bytes.clone();
            bytes[page * 4096..][..4096].fill(fill);
            restore_over(&folder, &bytes, &backup, &format!("page {page} filled with {fill}")).await;
        }
    }
    // The texts of the tables.
    for at in (108..4096).step_by(97) {
        let mut bytes = bytes.clone();
        bytes[at] ^= 1 << (at % 8);
        restore_over(&folder, &bytes, &backup, &format!("byte {at}")).await;
    }
    for length in [1, 99, 511, 512, 4095, 4096, 10_000, bytes.len() - 1] {
        restore_over(&folder, &bytes[..length], &backup, &format!("{length} bytes")).await;
    }
}

/// SQLite opens the one for reading only, and reads the other without its log.
#[tokio::test(flavor = "multi_thread")]
async fn a_changed_version_of_the_format_is_damage_or_harmless() {
    let folder = Folder::new();
    let (sound, backup) = sample(&folder).await;
    for (at, bit) in [18, 19].into_iter().flat_map(|at| (0..8).map(move |bit| (at, bit))) {
        let mut bytes = sound.clone();
        bytes[at] ^= 1 << bit;
        let file = folder.path();
        crate::place::create(&file).unwrap();
        fs::write(&file, &bytes).unwrap();
        match SqliteStore::open(&file) {
            Ok(store) => match store.commit(Edit::Create(entry("new")), Riders::default()).await {
                // SQLite takes it for what it was, or it is made that again.
                Ok(()) => {
                    assert!(store.verify().await.unwrap().is_sound());
                    assert!(file.with_extension("db-wal").exists());
                }
                Err(error) => {
                    assert!(matches!(error, StoreError::Damaged { .. }), "bit {bit} of byte {at}: {error:?}");
                    assert!(!store.verify().await.unwrap().is_sound());
                }
            },
            Err(error) => {
                let is_damage = matches!(error, StoreError::Damaged { .. } | StoreError::NotAStore);
                assert!(is_damage, "bit {bit} of byte {at}: {error:?}");
            }
        }
        restore_over(&folder, &bytes, &backup, &format!("bit {bit} of byte {at}")).await;
    }
}

/// What is in the log counts, and is moved into the file.
#[tokio::test(flavor = "multi_thread")]
async fn a_header_that_the_log_has_as_well_is_no_damage() {
    let folder = Folder::new();
    let store = folder.store();
    let (mut file, log) =
        (fs::read(store.path()).unwrap(), fs::read(store.path().with_extension("db-wal")).unwrap());
    let to = folder.path();
    crate::place::create(&to).unwrap();
    for (at, bit) in [(18, 2), (19, 0)] {
        if let Some(byte) = file.get_mut(at) {
            *byte ^= 1 << bit;
        }
    }
    fs::write(&to, &file).unwrap();
    fs::write(to.with_extension("db-wal"), &log).unwrap();
    let copy = SqliteStore::open(&to).unwrap();
    copy.commit(Edit::Create(entry("new")), Riders::default()).await.unwrap();
    assert!(copy.verify().await.unwrap().is_sound());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_else_is_in_a_schema_is_refused_before_it_runs() {
    let folder = Folder::new();
    let (bytes, backup) = sample(&folder).await;
    for change in [
        "CREATE TRIGGER t AFTER INSERT ON audit BEGIN DELETE FROM names; END",
        "CREATE TRIGGER t AFTER UPDATE ON meta BEGIN DELETE FROM names; END",
        "CREATE VIEW v AS SELECT * FROM names",
        "CREATE TABLE other (c)",
        "CREATE INDEX i ON names (link)",
        "ALTER TABLE entries ADD COLUMN more BLOB GENERATED ALWAYS AS (zeroblob(9)) VIRTUAL",
        "DROP TABLE secrets; CREATE VIEW secrets AS SELECT 1 AS place, link AS rest, link AS bytes, link AS sum FROM names",
        "DROP TABLE secrets",
    ] {
        let hostile = folder.path();
        crate::place::create(&hostile).unwrap();
        fs::write(&hostile, &bytes).unwrap();
        rusqlite::Connection::open(&hostile).unwrap().execute_batch(change).unwrap();
        for force in [false, true] {
            for to in [folder.path(), backup.clone()] {
                let refused = SqliteStore::restore(&hostile, &to, force);
                assert!(matches!(refused, Err(StoreError::Damaged { .. })), "{change}: {refused:?}");
            }
        }
        assert!(matches!(SqliteStore::open(&hostile), Err(StoreError::Damaged { .. })), "{change}");
        assert!(matches!(Stamp::of_file(&hostile), Err(StoreError::Damaged { .. })), "{change}");
        // A store that is open runs none of it either.
        let file = folder.path();
        crate::place::create(&file).unwrap();
        fs::write(&file, &bytes).unwrap();
        let store = SqliteStore::open(&file).unwrap();
        if change.starts_with("CREATE TRIGGER") {
            rusqlite::Connection::open(&file).unwrap().execute_batch(change).unwrap();
            store.commit(Edit::Create(entry("new")), Riders::default()).await.unwrap();
            assert!(Catalog::read(&*store, &path("c1")).await.unwrap().is_some(), "{change}");
        }
    }
    assert!(SqliteStore::open(&backup).unwrap().verify().await.unwrap().is_sound());
}
