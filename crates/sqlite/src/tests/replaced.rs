//! Stores that another one, or an older copy, is put in the place of while they are open.

use super::{Folder, path};
use crate::{SqliteStore, Stamp};
use lockkeeper_model::{OptionKey, SecretValue};
use lockkeeper_store::{
    Binding, Catalog, Edit, LocalKeys, NewSecret, Riders, SealedSecrets, SecretId, SecretStore, StoreError,
};
use std::path::PathBuf;
use std::sync::Arc;

/// A store, what seals for it, and its keys.
struct Open {
    store: Arc<SqliteStore>,
    secrets: SealedSecrets,
    keys: Arc<LocalKeys>,
}

impl Open {
    fn new(folder: &Folder) -> Self {
        let (store, keys) = (folder.store(), Arc::new(LocalKeys::generate().unwrap()));
        Self { secrets: SealedSecrets::new(store.clone(), keys.clone()), store, keys }
    }

    async fn backup(&self, folder: &Folder) -> PathBuf {
        let file = folder.path();
        self.store.backup(&file, Arc::new(|_| {})).await.unwrap();
        file
    }

    /// Seals a secret and creates a connection that has it, as one change.
    async fn create(&self, name: &str) -> Result<(SecretId, Binding), StoreError> {
        let mut entry = super::processes::entry(name);
        let id = SecretId::new(jiff::Timestamp::now()).unwrap();
        entry.secrets = [(OptionKey::Token, id)].into();
        let destination = entry.connection.destination();
        let binding = Binding { connection: entry.uid, option: OptionKey::Token, destination };
        let new = NewSecret { id, binding: binding.clone(), value: SecretValue::copy_of("made-up-secret") };
        let written = self.secrets.write(vec![new], Catalog::identity(&*self.store)).await?;
        let riders = Riders { written, ..Riders::default() };
        let committed = self.store.commit(Edit::Create(entry), riders).await;
        committed.inspect_err(|error| self.secrets.refused(error))?;
        Ok((id, binding))
    }

    /// Whether a program that is started now opens it.
    async fn opens(&self, (id, binding): &(SecretId, Binding)) -> bool {
        let store = SqliteStore::open(self.store.path()).unwrap();
        let opened = SealedSecrets::new(store, self.keys.clone()).open(*id, binding).await;
        opened.is_ok_and(|value| value.expose() == "made-up-secret")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_changed_in_another_store() {
    let folder = Folder::new();
    let (here, there) = (Open::new(&folder), Open::new(&folder));
    let mine = here.create("mine").await.unwrap();
    there.create("theirs").await.unwrap();
    let backup = there.backup(&folder).await;
    SqliteStore::restore(&backup, here.store.path(), true).unwrap();
    let stamp = Stamp::of_file(here.store.path()).unwrap();
    let refused = here.create("another").await.unwrap_err();
    insta::assert_snapshot!(refused, @"the store was replaced since it was opened");
    for _ in 0..2 {
        let refused = here.create("another").await;
        assert!(matches!(refused, Err(StoreError::Replaced)), "{refused:?}");
        let refused = here.store.create_database(&path("x").database).await;
        assert!(matches!(refused, Err(StoreError::Replaced)), "{refused:?}");
        // What is not there any more is not called missing or damaged.
        let refused = here.secrets.open(mine.0, &mine.1).await.map(drop);
        assert!(matches!(refused, Err(StoreError::Replaced)), "{refused:?}");
    }
    assert_eq!(Stamp::of_file(here.store.path()).unwrap(), stamp);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_is_not_written_without_its_data_key() {
    let folder = Folder::new();
    let open = Open::new(&folder);
    let backup = open.backup(&folder).await;
    open.create("before").await.unwrap();
    SqliteStore::restore(&backup, open.store.path(), true).unwrap();
    let refused = open.create("after").await;
    assert!(matches!(refused, Err(StoreError::Replaced)), "{refused:?}");
    assert_eq!(Catalog::read(&*open.store, &path("after")).await.unwrap(), None);
    // The key is made anew.
    let after = open.create("after").await.unwrap();
    assert!(open.opens(&after).await);
    assert!(open.store.verify().await.unwrap().is_sound());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_has_the_data_key_is_written_to() {
    let folder = Folder::new();
    let open = Open::new(&folder);
    let before = open.create("before").await.unwrap();
    let backup = open.backup(&folder).await;
    SqliteStore::restore(&backup, open.store.path(), true).unwrap();
    let after = open.create("after").await.unwrap();
    assert!(open.opens(&before).await && open.opens(&after).await);
}

/// A restoration moves a file away that cannot be read, whoever has it open.
#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_acknowledged_that_went_into_a_file_moved_away() {
    let folder = Folder::new();
    let open = Open::new(&folder);
    open.create("before").await.unwrap();
    let backup = open.backup(&folder).await;
    let file = open.store.path();
    for suffix in ["db", "db-wal", "db-shm"] {
        std::fs::rename(file.with_extension(suffix), file.with_extension(format!("away-{suffix}"))).unwrap();
    }
    SqliteStore::restore(&backup, file, false).unwrap();
    // Who only reads notices, too.
    let there = SqliteStore::open(file).unwrap();
    there.commit(Edit::Create(super::processes::entry("there")), Riders::default()).await.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(150)).await;
    assert!(Catalog::read(&*open.store, &path("there")).await.unwrap().is_some());
    let refused = open.create("after").await;
    assert!(matches!(refused, Err(StoreError::Replaced)), "{refused:?}");
    let after = open.create("after").await.unwrap();
    assert!(open.opens(&after).await);
}
