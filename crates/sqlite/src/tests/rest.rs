//! What happens to the log of a store to which nobody writes for a while.

use super::Folder;
use crate::log::{REST, WriteAheadLog};
use crate::{Options, SqliteStore, place};
use lockkeeper_store::{Blob, BlobKey, BlobStore};
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

const LOG_PAGES: u32 = 400;

fn store(folder: &Folder) -> Arc<SqliteStore> {
    let options = Options { log_pages: Some(LOG_PAGES), ..Options::default() };
    SqliteStore::open_with(folder.path(), options).unwrap()
}

async fn write(store: &SqliteStore, pages: usize, i: usize) {
    let blob = Blob { key: BlobKey::new(format!("secret/{i}")).unwrap(), bytes: vec![7; pages * 4096] };
    store.write_new(vec![blob]).await.unwrap();
}

/// How many pages are in the log, and not in the file.
fn pages(file: &Path) -> i64 {
    let connection = rusqlite::Connection::open(file).unwrap();
    let read = |row: &rusqlite::Row<'_>| Ok(row.get::<_, i64>(1)? - row.get::<_, i64>(2)?);
    connection.query_row("PRAGMA wal_checkpoint(NOOP)", [], read).unwrap()
}

/// Whether all of it is in the file before the time is over.
fn is_moved_within(file: &Path, time: Duration) -> bool {
    let started = Instant::now();
    while pages(file) > 0 {
        if started.elapsed() > time {
            return false;
        }
        thread::sleep(Duration::from_millis(20));
    }
    true
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_log_is_moved_when_nobody_writes() {
    let folder = Folder::new();
    let store = store(&folder);
    write(&store, 200, 1).await;
    assert!(pages(store.path()) > 200);
    assert!(is_moved_within(store.path(), Duration::from_secs(30)));
    write(&store, 1, 2).await;
    assert!(store.verify().await.unwrap().is_sound());
    // And so is the next one.
    write(&store, 200, 3).await;
    assert!(is_moved_within(store.path(), Duration::from_secs(30)));
    assert_eq!(BlobStore::list(&*store, "", None, usize::MAX).await.unwrap().len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_short_log_stays() {
    let folder = Folder::new();
    let store = store(&folder);
    write(&store, 20, 1).await;
    assert!(!is_moved_within(store.path(), 6 * REST));
}

/// While a store is written to, by this program or another, changes would wait.
#[tokio::test(flavor = "multi_thread")]
async fn a_log_stays_while_somebody_writes() {
    let folder = Folder::new();
    let store = store(&folder);
    let mut connection = place::connect(store.path()).unwrap();
    let mut log = WriteAheadLog::watch(&mut connection).unwrap();
    let change = |bytes: u32| {
        connection.execute("INSERT INTO blobs VALUES (randomblob(9), zeroblob(?1), x'')", [bytes]).unwrap();
    };
    change(4096 * LOG_PAGES / 2);
    for i in 0..5 {
        assert!(log.rest(&connection, &store.shared));
        write(&store, 1, i).await;
        assert!(log.rest(&connection, &store.shared));
        change(1);
        assert!(pages(store.path()) > i64::from(LOG_PAGES / 2));
    }
    assert!(log.rest(&connection, &store.shared));
    assert!(!log.rest(&connection, &store.shared));
    assert_eq!(pages(store.path()), 0);
    // There is no reason to look again.
    assert!(!log.rest(&connection, &store.shared));
}
