//! Reads beside changes: what is seen is what was there at one instant.

use super::processes::entry;
use super::{Folder, path};
use crate::SqliteStore;
use lockkeeper_store::{Catalog, Edit, Riders, Selection, StoreError, default_database};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

const CHANGES: usize = 400;

/// Renames and drops what there is, in a loop.
async fn change(store: &SqliteStore) {
    for _ in 0..CHANGES {
        let first = entry("uno");
        let mut second = first.clone();
        second.path = path("dos");
        let rename = Edit::Rename(first.path.clone(), first.expected(), second.clone());
        let remove = Edit::Remove(second.path.clone(), second.expected());
        for edit in [Edit::Create(first), rename, remove] {
            store.commit(edit, Riders::default()).await.unwrap();
        }
    }
}

/// Does `read` again and again while another store over the same file changes names.
async fn beside_changes(file: &Path, read: impl AsyncFn()) {
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let changing = scope.spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            runtime.block_on(async { change(&SqliteStore::open(file).unwrap()).await });
            done.store(true, Ordering::Relaxed);
        });
        tokio::task::block_in_place(|| {
            tokio::runtime::Handle::current().block_on(async {
                while !done.load(Ordering::Relaxed) {
                    read().await;
                }
            });
        });
        changing.join().unwrap();
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_beside_changes_of_names_is_no_damage() {
    let folder = Folder::new();
    let store = folder.store();
    let like = Selection { pattern: Some(lockkeeper_store::NamePattern::new("u%")), negated: false };
    beside_changes(store.path(), async || {
        for selection in [&Selection::default(), &like] {
            let listed = Catalog::list(&*store, &default_database(), selection, None, 1000).await.unwrap();
            assert!(listed.iter().all(|listed| !listed.damaged), "{listed:?}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_is_not_there_beside_changes_is_no_damage() {
    let folder = Folder::new();
    let store = folder.store();
    beside_changes(store.path(), async || {
        for name in ["otro", "uno"] {
            let read = Catalog::read(&*store, &path(name)).await;
            assert!(!matches!(read, Err(StoreError::Damaged { .. })), "{read:?}");
            let read = store.read_with_secrets(&path(name)).await;
            assert!(!matches!(read, Err(StoreError::Damaged { .. })), "{read:?}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_verification_beside_changes_finds_no_damage() {
    let folder = Folder::new();
    let store = folder.store();
    beside_changes(store.path(), async || {
        let report = store.verify().await.unwrap();
        assert!(report.is_sound(), "{report:?}");
    })
    .await;
}
