//! Query plans, and the storage steps that failing is tested at.

use super::Folder;
use crate::SqliteStore;
use crate::catalog::{LIST, READ, READ_ALL, READ_KNOWN};

#[test]
fn lists_and_reads_search_and_never_scan() {
    let folder = Folder::new();
    let store = folder.store();
    let connection = rusqlite::Connection::open(store.path()).unwrap();
    let plan = |query: &str| {
        let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {query}")).unwrap();
        let parameters = statement.parameter_count();
        let lines = statement
            .query_map(rusqlite::params_from_iter(vec![0; parameters]), |row| row.get::<_, String>(3));
        lines.unwrap().map(Result::unwrap).collect::<Vec<_>>().join("\n")
    };
    insta::assert_snapshot!(plan(LIST), @"
    SEARCH n USING PRIMARY KEY (database=? AND name>? AND name<?)
    SEARCH e USING INTEGER PRIMARY KEY (rowid=?) LEFT-JOIN
    ");
    insta::assert_snapshot!(plan(READ), @"
    SEARCH d USING PRIMARY KEY (catalog=? AND name=?)
    SEARCH n USING PRIMARY KEY (database=? AND name=?) LEFT-JOIN
    SEARCH e USING INTEGER PRIMARY KEY (rowid=?) LEFT-JOIN
    ");
    insta::assert_snapshot!(plan(READ_KNOWN), @"
    SEARCH n USING PRIMARY KEY (database=? AND name=?)
    SEARCH e USING INTEGER PRIMARY KEY (rowid=?) LEFT-JOIN
    ");
    insta::assert_snapshot!(plan(READ_ALL), @"
    SCAN n
    SEARCH e USING INTEGER PRIMARY KEY (rowid=?) LEFT-JOIN
    ");
}

#[test]
fn opening_a_store_starts_no_writer() {
    let folder = Folder::new();
    let file = folder.path();
    drop(SqliteStore::open(&file).unwrap());
    let store = SqliteStore::open(&file).unwrap();
    assert!(!store.writer.is_started());
}

#[cfg(feature = "failpoints")]
#[tokio::test(flavor = "multi_thread")]
async fn every_storage_step_is_a_failpoint() {
    use lockkeeper_store::{Blob, BlobKey, BlobStore, Catalog, Edit, Riders};
    use std::sync::{Arc, Mutex};
    let folder = Folder::new();
    let passed = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&passed);
    let options = crate::Options {
        failpoint: Some(Arc::new(move |name| told.lock().unwrap().push(name))),
        ..crate::Options::default()
    };
    let store = SqliteStore::open_with(folder.path(), options).unwrap();
    let key = BlobKey::new("key/1").unwrap();
    let written = vec![Blob { key: key.clone(), bytes: b"1".to_vec() }];
    store.commit(Edit::Nothing, Riders { written, ..Riders::default() }).await.unwrap();
    assert!(store.swap(&key, Some(b"1"), b"2").await.unwrap());
    insta::assert_snapshot!(passed.lock().unwrap().join("\n"), @"
    migration-begun
    migration-before-commit
    migration-committed
    before-begin
    after-entry
    key-created
    after-blobs
    before-commit
    after-commit
    before-begin
    key-swapped
    before-room-made
    after-room-made
    before-commit
    after-commit
    ");
}
