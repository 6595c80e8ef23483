//! Commits on the caller's thread.

use super::Folder;
use crate::{Options, SqliteStore};
use lockkeeper_store::conformance::{self, Joint};
use lockkeeper_store::{Blob, BlobKey, BlobStore, Catalog};
use std::sync::Arc;
use std::time::Duration;

impl Folder {
    fn store_here(&self) -> Arc<SqliteStore> {
        SqliteStore::open_with(self.path(), Options { commits_here: true, ..Options::default() }).unwrap()
    }
}

async fn write(store: &SqliteStore, name: String) {
    let blob = Blob { key: BlobKey::new(name).unwrap(), bytes: vec![7; 100] };
    store.write_new(vec![blob]).await.unwrap();
}

async fn count(store: &SqliteStore) -> usize {
    BlobStore::list(store, "", None, usize::MAX).await.unwrap().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lone_writer_needs_no_thread() {
    let folder = Folder::new();
    let store = folder.store_here();
    for i in 0..20 {
        write(&store, format!("secret/{i}")).await;
    }
    let spawned = Arc::clone(&store);
    tokio::spawn(async move { write(&spawned, "secret/spawned".to_owned()).await }).await.unwrap();
    assert!(!store.writer.is_started());
    assert_eq!(count(&store).await, 21);
    assert!(store.verify().await.unwrap().is_sound());
}

#[tokio::test]
async fn on_the_only_thread_nothing_waits_for_the_disk() {
    let folder = Folder::new();
    let store = folder.store_here();
    write(&store, "secret/1".to_owned()).await;
    assert!(store.writer.is_started());
}

/// Whoever comes while another commits is neither forgotten nor left behind.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_and_few_writers_take_turns() {
    let folder = Folder::new();
    let store = folder.store_here();
    let mut all = 0;
    for round in 0..40 {
        let writers = [1, 2, 3, 16][round % 4];
        let tasks: Vec<_> = (0..writers)
            .map(|writer| {
                let store = Arc::clone(&store);
                tokio::spawn(async move {
                    for i in 0..10 {
                        write(&store, format!("secret/{round}-{writer}-{i}")).await;
                    }
                })
            })
            .collect();
        for task in tasks {
            tokio::time::timeout(Duration::from_secs(60), task).await.unwrap().unwrap();
        }
        all += writers * 10;
    }
    assert_eq!(count(&store).await, all);
    assert!(store.verify().await.unwrap().is_sound());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn other_tasks_go_on_while_a_commit_waits() {
    let folder = Folder::new();
    let store = folder.store_here();
    write(&store, "secret/1".to_owned()).await;
    let other = rusqlite::Connection::open(store.path()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let writer = Arc::clone(&store);
    let waits = tokio::spawn(async move { write(&writer, "secret/2".to_owned()).await });
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(!waits.is_finished());
    // There is one thread for tasks, and it is the one that waits.
    tokio::time::timeout(Duration::from_secs(10), tokio::spawn(async {})).await.unwrap().unwrap();
    other.execute_batch("ROLLBACK").unwrap();
    waits.await.unwrap();
    assert!(!store.writer.is_started());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_suite_passes() {
    let folder = Folder::new();
    conformance::catalog(async || folder.store_here() as Arc<dyn Catalog>).await;
    conformance::blob_store(async || folder.store_here() as Arc<dyn BlobStore>).await;
    conformance::joint(async || {
        let store = folder.store_here();
        Joint { catalog: store.clone(), blobs: store.clone(), audit: store }
    })
    .await;
    conformance::histories(0..8, async || {
        let store: Arc<dyn Catalog> = folder.store_here();
        vec![store; 4]
    })
    .await;
}
