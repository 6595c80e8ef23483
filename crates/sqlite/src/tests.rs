//! The suite over SQLite, and what only a file can do.

use crate::{Options, SqliteStore};
use lockkeeper_model::{ConnectionPath, Identifier};
use lockkeeper_store::conformance::{self, Joint};
use lockkeeper_store::{
    AuditLog, BlobStore, Catalog, LocalKeys, MemorySecrets, MemoryStore, SealedSecrets, SecretStore,
    default_database,
};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tempfile::TempDir;

mod copies;
mod damage;
mod files;
mod here;
mod logs;
mod names;
mod processes;
mod readers;
mod replaced;
mod rest;
mod restoring;
mod series;
mod steps;

/// New stores in a folder that goes away.
struct Folder {
    folder: TempDir,
    next: AtomicUsize,
}

impl Folder {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), next: AtomicUsize::new(0) }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join(format!("{}.db", self.next.fetch_add(1, Ordering::Relaxed)))
    }

    fn store(&self) -> Arc<SqliteStore> {
        SqliteStore::open(self.path()).unwrap()
    }
}

fn path(name: &str) -> ConnectionPath {
    default_database().connection(Identifier::new(name).unwrap())
}

fn sealed(blobs: Arc<dyn BlobStore>) -> Arc<dyn SecretStore> {
    Arc::new(SealedSecrets::new(blobs, Arc::new(LocalKeys::generate().unwrap())))
}

/// Changes a byte of an entry as a failing disk would: without SQLite's or our knowledge.
fn damage_entry(file: &Path, path: &ConnectionPath) {
    let connection = rusqlite::Connection::open(file).unwrap();
    let changed = connection
        .execute(
            "UPDATE entries SET body = CAST(substr(body, 1, 40) || x'00' || substr(body, 42) AS BLOB) \
             WHERE id = (SELECT entry FROM names WHERE name = ?1)",
            [path.name.as_str().as_bytes()],
        )
        .unwrap();
    assert_eq!(changed, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn catalogs_pass_the_suite() {
    let folder = Folder::new();
    conformance::catalog(async || folder.store() as Arc<dyn Catalog>).await;
    conformance::damaged_catalog(async || {
        let store = folder.store();
        let file = store.path().to_owned();
        (store as Arc<dyn Catalog>, async move |path: &ConnectionPath| damage_entry(&file, path))
    })
    .await;
    conformance::audit_log(async || folder.store() as Arc<dyn AuditLog>).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn blob_stores_pass_the_suite() {
    let folder = Folder::new();
    conformance::blob_store(async || folder.store() as Arc<dyn BlobStore>).await;
    conformance::sealing(async || folder.store() as Arc<dyn BlobStore>).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn joint_stores_pass_the_suite() {
    let folder = Folder::new();
    conformance::joint(async || {
        let store = folder.store();
        Joint { catalog: store.clone(), blobs: store.clone(), audit: store }
    })
    .await;
    conformance::sweeping(async || {
        let store = folder.store();
        (store.clone() as Arc<dyn Catalog>, sealed(store))
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stores_of_two_kinds_are_swept_together() {
    let folder = Folder::new();
    let memory = || Arc::new(MemoryStore::new().unwrap());
    conformance::sweeping(async || (folder.store() as Arc<dyn Catalog>, sealed(folder.store()))).await;
    conformance::sweeping(async || (folder.store() as Arc<dyn Catalog>, sealed(memory()))).await;
    conformance::sweeping(async || (memory() as Arc<dyn Catalog>, sealed(folder.store()))).await;
    conformance::sweeping(async || {
        (folder.store() as Arc<dyn Catalog>, Arc::new(MemorySecrets::new()) as Arc<dyn SecretStore>)
    })
    .await;
}

/// On one thread, reads go to tokio's blocking threads.
#[tokio::test]
async fn the_suite_passes_on_one_thread() {
    let folder = Folder::new();
    conformance::catalog(async || folder.store() as Arc<dyn Catalog>).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn histories_are_linearizable() {
    let folder = Folder::new();
    conformance::histories(0..8, async || {
        let store: Arc<dyn Catalog> = folder.store();
        vec![store; 4]
    })
    .await;
    // Each client with a writer of its own, as processes have.
    conformance::histories(8..16, async || {
        let file = folder.path();
        (0..4).map(|_| SqliteStore::open(&file).unwrap() as Arc<dyn Catalog>).collect()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_changes_nothing() {
    let folder = Folder::new();
    let file = folder.path();
    drop(SqliteStore::open(&file).unwrap());
    let options = Options { max_pages: Some(40), ..Options::default() };
    let store = SqliteStore::open_with(&file, options).unwrap();
    let blob = |i: usize| lockkeeper_store::Blob {
        key: lockkeeper_store::BlobKey::new(format!("secret/{i}")).unwrap(),
        bytes: vec![7; 20_000],
    };
    let mut written = 0;
    let error = loop {
        match store.write_new(vec![blob(written)]).await {
            Ok(()) => written += 1,
            Err(error) => break error,
        }
    };
    insta::assert_snapshot!(error, @"the disk is full");
    assert!(written > 0);
    assert_eq!(BlobStore::list(&*store, "", None, 100).await.unwrap().len(), written);
    assert!(store.verify().await.unwrap().is_sound());
    // What makes room is still possible.
    store.remove(&[blob(0).key]).await.unwrap();
    store.write_new(vec![blob(0)]).await.unwrap();
}
