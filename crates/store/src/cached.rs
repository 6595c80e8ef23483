//! A catalog whose entries are kept in memory for a while.

use crate::catalog::{Catalog, Edit, Listed, Riders, Selection, WithSecrets};
use crate::entry::Entry;
use crate::error::StoreError;
use crate::id::{SecretId, StoreId};
use async_trait::async_trait;
use lockkeeper_model::{ConnectionPath, DatabasePath, Identifier};
use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockWriteGuard};
use std::time::{Duration, Instant};

/// Keeps the entries that were read last, for services that resolve the same connections again and again.
///
/// What changes through this catalog is seen at once. What another process changes is seen when the entry is older
/// than the age given to [`CachedCatalog::new`], and before that by whoever opens a secret: a secret that was replaced
/// is gone, and the connection is then read anew. It holds no secrets, sealed or not.
pub struct CachedCatalog {
    inner: Arc<dyn Catalog>,
    age: Duration,
    capacity: usize,
    kept: RwLock<HashMap<ConnectionPath, Kept>>,
    /// Counts what was forgotten, so that a read which began before a change is not kept after it.
    changes: AtomicU64,
}

struct Kept {
    entry: Arc<Entry>,
    since: Instant,
}

impl CachedCatalog {
    /// Keeps at most `capacity` entries, each for `age` at most. An entry takes about 1 KiB.
    pub fn new(inner: Arc<dyn Catalog>, capacity: usize, age: Duration) -> Self {
        Self { inner, age, capacity, kept: RwLock::default(), changes: AtomicU64::new(0) }
    }

    fn find(&self, path: &ConnectionPath) -> Option<Entry> {
        let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
        let entry = kept.get(path).filter(|kept| kept.since.elapsed() < self.age)?.entry.clone();
        drop(kept);
        Some((*entry).clone())
    }

    /// Keeps what was found after so many changes, or that nothing was.
    fn note(&self, path: &ConnectionPath, changes: u64, found: Option<&Entry>) {
        match found {
            Some(entry) => self.keep(entry, changes),
            None => self.forget([path]),
        }
    }

    fn keep(&self, entry: &Entry, changes: u64) {
        let mut kept = self.write();
        if self.changes.load(Ordering::Acquire) != changes {
            return;
        }
        if kept.len() >= self.capacity {
            kept.retain(|_, kept| kept.since.elapsed() < self.age);
        }
        if kept.len() >= self.capacity {
            kept.clear();
        }
        if self.capacity > 0 {
            kept.insert(entry.path.clone(), Kept { entry: Arc::new(entry.clone()), since: Instant::now() });
        }
    }

    fn forget<'a>(&self, paths: impl IntoIterator<Item = &'a ConnectionPath>) {
        let mut kept = self.write();
        self.changes.fetch_add(1, Ordering::Release);
        for path in paths {
            kept.remove(path);
        }
    }

    fn write(&self) -> RwLockWriteGuard<'_, HashMap<ConnectionPath, Kept>> {
        self.kept.write().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Catalog for CachedCatalog {
    fn identity(&self) -> StoreId {
        self.inner.identity()
    }

    async fn read(&self, path: &ConnectionPath) -> Result<Option<Entry>, StoreError> {
        if let Some(entry) = self.find(path) {
            return Ok(Some(entry));
        }
        self.read_anew(path).await
    }

    async fn read_anew(&self, path: &ConnectionPath) -> Result<Option<Entry>, StoreError> {
        let changes = self.changes.load(Ordering::Acquire);
        let found = self.inner.read_anew(path).await;
        self.note(path, changes, found.as_ref().ok().and_then(Option::as_ref));
        found
    }

    async fn read_with_secrets(&self, path: &ConnectionPath) -> Result<Option<WithSecrets>, StoreError> {
        if let Some(entry) = self.find(path) {
            return Ok(Some(WithSecrets { entry, sealed: Vec::new() }));
        }
        let changes = self.changes.load(Ordering::Acquire);
        let found = self.inner.read_with_secrets(path).await;
        self.note(path, changes, found.as_ref().ok().and_then(Option::as_ref).map(|found| &found.entry));
        found
    }

    async fn list(
        &self,
        database: &DatabasePath,
        selection: &Selection,
        after: Option<&Identifier>,
        limit: usize,
    ) -> Result<Vec<Listed>, StoreError> {
        self.inner.list(database, selection, after, limit).await
    }

    async fn commit(&self, edit: Edit, riders: Riders) -> Result<(), StoreError> {
        let paths: Vec<_> = edit.paths().cloned().collect();
        let done = self.inner.commit(edit, riders).await;
        // Also after a refusal: it was decided by what others have changed.
        self.forget(&paths);
        done
    }

    async fn commit_series(&self, edits: Vec<(Edit, Riders)>) -> (usize, Result<(), StoreError>) {
        let paths: Vec<_> = edits.iter().flat_map(|(edit, _)| edit.paths()).cloned().collect();
        let done = self.inner.commit_series(edits).await;
        self.forget(&paths);
        done
    }

    async fn unreferenced(&self, secrets: &[SecretId]) -> Result<Vec<SecretId>, StoreError> {
        self.inner.unreferenced(secrets).await
    }

    async fn catalogs(&self) -> Result<Vec<Listed>, StoreError> {
        self.inner.catalogs().await
    }

    async fn databases(&self, catalog: &Identifier) -> Result<Vec<Listed>, StoreError> {
        self.inner.databases(catalog).await
    }

    async fn create_database(&self, database: &DatabasePath) -> Result<(), StoreError> {
        self.inner.create_database(database).await
    }

    async fn drop_database(&self, database: &DatabasePath) -> Result<(), StoreError> {
        self.inner.drop_database(database).await
    }
}

impl fmt::Debug for CachedCatalog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CachedCatalog")
            .field("age", &self.age)
            .field("capacity", &self.capacity)
            .finish_non_exhaustive()
    }
}

#[cfg(all(test, feature = "conformance"))]
mod tests {
    use super::*;
    use crate::conformance::samples::{entry, path};
    use crate::memory::MemoryStore;

    fn over(inner: &Arc<MemoryStore>, capacity: usize) -> CachedCatalog {
        CachedCatalog::new(inner.clone(), capacity, Duration::from_secs(3600))
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn it_passes_the_suite_of_catalogs() {
        let make = async || Arc::new(over(&Arc::new(MemoryStore::new().unwrap()), 3)) as Arc<dyn Catalog>;
        crate::conformance::catalog(make).await;
    }

    #[tokio::test]
    async fn changes_of_others_are_seen_when_read_anew() {
        let inner = Arc::new(MemoryStore::new().unwrap());
        let cached = over(&inner, 10);
        let first = entry(path("c1"));
        inner.commit(Edit::Create(first.clone()), Riders::default()).await.unwrap();
        assert_eq!(cached.read(&first.path).await.unwrap().as_ref(), Some(&first));
        let remove = Edit::Remove(first.path.clone(), first.expected());
        inner.commit(remove, Riders::default()).await.unwrap();
        assert_eq!(cached.read(&first.path).await.unwrap().as_ref(), Some(&first));
        let found = cached.read_with_secrets(&first.path).await.unwrap();
        assert_eq!(found.map(|found| found.entry).as_ref(), Some(&first), "as it is kept");
        assert_eq!(cached.read_anew(&first.path).await.unwrap(), None);
        assert_eq!(cached.read_with_secrets(&first.path).await.unwrap(), None);
        assert_eq!(cached.read(&first.path).await.unwrap(), None);
    }

    #[tokio::test]
    async fn no_more_is_kept_than_was_allowed() {
        let inner = Arc::new(MemoryStore::new().unwrap());
        let cached = over(&inner, 2);
        for name in ["c1", "c2", "c3"] {
            let entry = entry(path(name));
            inner.commit(Edit::Create(entry.clone()), Riders::default()).await.unwrap();
            cached.read(&entry.path).await.unwrap();
        }
        assert_eq!(cached.write().len(), 1);
    }
}
