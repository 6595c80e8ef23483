//! Changes that share a transaction, and the chain of names behind them.

use super::processes::entry;
use super::{Folder, path};
use crate::SqliteStore;
use lockkeeper_store::{Blob, BlobKey, BlobStore, Catalog, Edit, Riders, SecretId, Selection, StoreError};

fn creations(names: &[&str]) -> Vec<(Edit, Riders)> {
    names.iter().map(|name| (Edit::Create(entry(name)), Riders::default())).collect()
}

/// The names in the order of the store, whose chain is whole.
async fn names(store: &SqliteStore) -> Vec<String> {
    assert!(store.verify().await.unwrap().is_sound());
    let database = lockkeeper_store::default_database();
    let listed = Catalog::list(store, &database, &Selection::default(), None, 1000).await.unwrap();
    listed.into_iter().map(|listed| listed.name.to_string()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn names_are_linked_in_whatever_order_they_come() {
    let orders: [&[&str]; 6] = [
        &["n", "o", "p", "q"],
        &["q", "p", "o", "n"],
        &["n", "p", "o", "q"],
        &["a", "b", "y", "z", "c", "d", "x"],
        &["l", "n", "la", "lb", "na", "k"],
        &["z"],
    ];
    for names_before in [&[][..], &["m"], &["c1", "m", "w"]] {
        for order in orders {
            let folder = Folder::new();
            let store = folder.store();
            assert_eq!(store.commit_series(creations(names_before)).await.0, names_before.len());
            let (made, outcome) = store.commit_series(creations(order)).await;
            outcome.unwrap();
            assert_eq!(made, order.len());
            let mut wanted = [names_before, order].concat();
            wanted.sort_unstable();
            assert_eq!(names(&store).await, wanted);
        }
    }
}

/// Wherever the refusal comes: behind names in a row, and behind one that begins another row.
#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_leaves_the_names_before_it_linked() {
    for order in [&["a", "b", "m", "c"][..], &["n", "o", "m"], &["a", "z", "m", "b"], &["a", "b", "a"]] {
        let folder = Folder::new();
        let store = folder.store();
        assert_eq!(store.commit_series(creations(&["m", "s"])).await.0, 2);
        let (made, outcome) = store.commit_series(creations(order)).await;
        assert!(matches!(outcome, Err(StoreError::Exists { .. })), "{order:?}");
        assert_eq!(made, 2);
        let mut wanted = vec!["m", "s", order[0], order[1]];
        wanted.sort_unstable();
        assert_eq!(names(&store).await, wanted, "{order:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_series_may_take_away_and_rename_what_it_added() {
    let folder = Folder::new();
    let store = folder.store();
    let [a, b, c] = ["a", "b", "c"].map(entry);
    let mut renamed = a.clone();
    renamed.path = path("bb");
    renamed.revision += 1;
    let edits = [
        Edit::Create(a.clone()),
        Edit::Create(b.clone()),
        Edit::Create(c.clone()),
        Edit::Remove(path("b"), b.expected()),
        Edit::Create(entry("d")),
        Edit::Rename(path("a"), a.expected(), renamed),
        Edit::Create(entry("ba")),
        Edit::Remove(path("c"), c.expected()),
        Edit::Create(entry("e")),
    ];
    let (made, outcome) =
        store.commit_series(edits.into_iter().map(|edit| (edit, Riders::default())).collect()).await;
    outcome.unwrap();
    assert_eq!(made, 9);
    assert_eq!(names(&store).await, ["ba", "bb", "d", "e"]);
}

/// Of three secrets with one place, the second is among the other blobs, where the third is looked for.
#[tokio::test(flavor = "multi_thread")]
async fn a_secret_is_new_once_in_a_transaction() {
    let folder = Folder::new();
    let store = folder.store();
    let blob = |rest: u128| Blob {
        key: BlobKey::of_secret(SecretId::from_bytes((0x0190_u128 << 112 | rest).to_be_bytes())),
        bytes: b"sealed".to_vec(),
    };
    for again in [1, 2] {
        let outcome = store.write_new(vec![blob(1), blob(2), blob(again)]).await;
        assert!(matches!(outcome, Err(StoreError::Exists { .. })));
        assert_eq!(BlobStore::list(&*store, "", None, 10).await.unwrap(), []);
    }
    store.write_new(vec![blob(1), blob(2)]).await.unwrap();
    for again in [1, 2] {
        assert!(matches!(store.write_new(vec![blob(3), blob(again)]).await, Err(StoreError::Exists { .. })));
    }
    assert_eq!(BlobStore::list(&*store, "", None, 10).await.unwrap().len(), 2);
}
