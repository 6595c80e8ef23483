//! Definitions, sealed bytes and the audit log in memory, under one lock.

use crate::audit::{AuditEvent, AuditHash, AuditLog, AuditRecord};
use crate::blob_store::{Blob, BlobKey, BlobStore};
use crate::catalog::{Catalog, Edit, Expected, Listed, Riders, Selection};
use crate::entry::Entry;
use crate::error::{Object, StoreError};
use crate::id::{SecretId, StoreId};
use async_trait::async_trait;
use lockkeeper_model::{ConnectionPath, DatabasePath, Identifier};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A whole store in memory: catalog, blobs and audit log with one identity and joint transactions.
///
/// The reference implementation: what it does is what the traits mean. Nothing survives it.
#[derive(Debug)]
pub struct MemoryStore {
    identity: StoreId,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    catalogs: BTreeMap<Identifier, BTreeMap<Identifier, Database>>,
    blobs: BTreeMap<BlobKey, Vec<u8>>,
    audit: Vec<AuditRecord>,
}

type Database = BTreeMap<Identifier, Slot>;

#[derive(Debug)]
enum Slot {
    Whole(Box<Entry>),
    /// Made by tests only.
    #[cfg_attr(not(any(test, feature = "conformance")), expect(dead_code, reason = "memory is not damaged"))]
    Damaged,
}

impl MemoryStore {
    /// An empty store with the database `default_catalog.default_database`.
    ///
    /// # Errors
    /// [`StoreError::Randomness`] if the system has none for its identity.
    pub fn new() -> Result<Self, StoreError> {
        let mut state = State::default();
        let database = crate::default_database();
        state.catalogs.entry(database.catalog).or_default().insert(database.database, Database::new());
        Ok(Self { identity: StoreId::random()?, state: Mutex::new(state) })
    }

    /// Makes an entry unreadable, as a torn page would.
    #[cfg(any(test, feature = "conformance"))]
    pub fn damage(&self, path: &ConnectionPath) {
        if let Some(slot) = self.state().database_mut(&path.database).ok().and_then(|d| d.get_mut(&path.name))
        {
            *slot = Slot::Damaged;
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Catalog for MemoryStore {
    fn identity(&self) -> StoreId {
        self.identity
    }

    async fn read(&self, path: &ConnectionPath) -> Result<Option<Entry>, StoreError> {
        match self.state().database(&path.database)?.get(&path.name) {
            Some(Slot::Whole(entry)) => Ok(Some(entry.as_ref().clone())),
            Some(Slot::Damaged) => Err(damaged(&path.name)),
            None => Ok(None),
        }
    }

    async fn list(
        &self,
        database: &DatabasePath,
        selection: &Selection,
        after: Option<&Identifier>,
        limit: usize,
    ) -> Result<Vec<Listed>, StoreError> {
        let state = self.state();
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let names = state.database(database)?.range((from, Bound::Unbounded));
        let wanted = names.filter(|(name, _)| selection.wants(name.as_str())).take(limit);
        let listed = |(name, slot): (&Identifier, &Slot)| Listed {
            name: name.clone(),
            damaged: matches!(slot, Slot::Damaged),
        };
        Ok(wanted.map(listed).collect())
    }

    async fn commit(&self, edit: Edit, riders: Riders) -> Result<(), StoreError> {
        let mut state = self.state();
        let Riders { written, removed, audit } = riders;
        // Everything that can be refused is refused before anything is changed.
        state.check_new(&written)?;
        state.apply(edit)?;
        for key in &removed {
            state.blobs.remove(key);
        }
        state.blobs.extend(written.into_iter().map(|Blob { key, bytes }| (key, bytes)));
        if let Some(event) = audit {
            state.append(event);
        }
        Ok(())
    }

    async fn unreferenced(&self, secrets: &[SecretId]) -> Result<Vec<SecretId>, StoreError> {
        let state = self.state();
        let mut referenced: BTreeSet<SecretId> = BTreeSet::new();
        for slot in state.catalogs.values().flat_map(BTreeMap::values).flat_map(BTreeMap::values) {
            match slot {
                Slot::Whole(entry) => referenced.extend(entry.secrets.values()),
                Slot::Damaged => return Ok(Vec::new()),
            }
        }
        Ok(secrets.iter().copied().filter(|id| !referenced.contains(id)).collect())
    }

    async fn catalogs(&self) -> Result<Vec<Listed>, StoreError> {
        Ok(self.state().catalogs.keys().cloned().map(Listed::sound).collect())
    }

    async fn databases(&self, catalog: &Identifier) -> Result<Vec<Listed>, StoreError> {
        let state = self.state();
        state
            .catalogs
            .get(catalog)
            .map(|databases| databases.keys().cloned().map(Listed::sound).collect())
            .ok_or_else(|| StoreError::Missing { object: Object::Catalog, name: catalog.as_str().to_owned() })
    }

    async fn create_database(&self, database: &DatabasePath) -> Result<(), StoreError> {
        let mut state = self.state();
        let databases = state.catalogs.entry(database.catalog.clone()).or_default();
        if databases.contains_key(&database.database) {
            return Err(StoreError::Exists { object: Object::Database, name: name_of(database) });
        }
        databases.insert(database.database.clone(), Database::new());
        Ok(())
    }

    async fn drop_database(&self, database: &DatabasePath) -> Result<(), StoreError> {
        let mut state = self.state();
        if !state.database(database)?.is_empty() {
            return Err(StoreError::NotEmpty { name: name_of(database) });
        }
        if let Some(databases) = state.catalogs.get_mut(&database.catalog) {
            databases.remove(&database.database);
        }
        Ok(())
    }
}

#[async_trait]
impl BlobStore for MemoryStore {
    fn identity(&self) -> StoreId {
        self.identity
    }

    async fn read(&self, key: &BlobKey) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.state().blobs.get(key).cloned())
    }

    async fn write_new(&self, blobs: Vec<Blob>) -> Result<(), StoreError> {
        let mut state = self.state();
        state.check_new(&blobs)?;
        state.blobs.extend(blobs.into_iter().map(|Blob { key, bytes }| (key, bytes)));
        Ok(())
    }

    async fn swap(&self, key: &BlobKey, expected: Option<&[u8]>, new: &[u8]) -> Result<bool, StoreError> {
        let mut state = self.state();
        let as_expected = state.blobs.get(key).map(Vec::as_slice) == expected;
        if as_expected {
            state.blobs.insert(key.clone(), new.to_vec());
        }
        Ok(as_expected)
    }

    async fn remove(&self, keys: &[BlobKey]) -> Result<(), StoreError> {
        let mut state = self.state();
        for key in keys {
            state.blobs.remove(key);
        }
        Ok(())
    }

    async fn list(
        &self,
        prefix: &str,
        after: Option<&BlobKey>,
        limit: usize,
    ) -> Result<Vec<BlobKey>, StoreError> {
        let state = self.state();
        let wanted =
            |key: &&BlobKey| key.as_str().starts_with(prefix) && after.is_none_or(|after| *key > after);
        Ok(state.blobs.keys().filter(wanted).take(limit).cloned().collect())
    }
}

#[async_trait]
impl AuditLog for MemoryStore {
    fn rides_with(&self, catalog: StoreId) -> bool {
        self.identity == catalog
    }

    async fn append(&self, event: AuditEvent) -> Result<(), StoreError> {
        self.state().append(event);
        Ok(())
    }

    async fn read(&self, after: u64, limit: usize) -> Result<Vec<AuditRecord>, StoreError> {
        let state = self.state();
        Ok(state.audit.iter().filter(|record| record.sequence > after).take(limit).cloned().collect())
    }
}

impl State {
    fn database(&self, path: &DatabasePath) -> Result<&Database, StoreError> {
        let found = self.catalogs.get(&path.catalog).and_then(|databases| databases.get(&path.database));
        found.ok_or_else(|| StoreError::Missing { object: Object::Database, name: name_of(path) })
    }

    fn database_mut(&mut self, path: &DatabasePath) -> Result<&mut Database, StoreError> {
        let found = self.catalogs.get_mut(&path.catalog).and_then(|d| d.get_mut(&path.database));
        found.ok_or_else(|| StoreError::Missing { object: Object::Database, name: name_of(path) })
    }

    fn check_new(&self, blobs: &[Blob]) -> Result<(), StoreError> {
        let mut keys = BTreeSet::new();
        let has = |id| self.blobs.contains_key(&BlobKey::of_data_key(id));
        if !blobs.iter().filter_map(Blob::sealed_under).all(has) {
            return Err(StoreError::Replaced);
        }
        match blobs.iter().find(|blob| self.blobs.contains_key(&blob.key) || !keys.insert(&blob.key)) {
            Some(blob) => Err(StoreError::Exists { object: Object::Secret, name: blob.key.to_string() }),
            None => Ok(()),
        }
    }

    fn apply(&mut self, edit: Edit) -> Result<(), StoreError> {
        match edit {
            Edit::Create(entry) => {
                let database = self.database_mut(&entry.path.database)?;
                check_absent(database, &entry.path.name)?;
                database.insert(entry.path.name.clone(), Slot::Whole(Box::new(entry)));
            }
            Edit::Replace(expected, entry) => {
                let database = self.database_mut(&entry.path.database)?;
                check_expected(database, &entry.path.name, expected)?;
                database.insert(entry.path.name.clone(), Slot::Whole(Box::new(entry)));
            }
            Edit::Rename(from, expected, entry) => {
                if from.database != entry.path.database {
                    return Err(StoreError::Misuse("a connection is renamed within its database only"));
                }
                let database = self.database_mut(&from.database)?;
                check_expected(database, &from.name, expected)?;
                check_absent(database, &entry.path.name)?;
                database.remove(&from.name);
                database.insert(entry.path.name.clone(), Slot::Whole(Box::new(entry)));
            }
            Edit::Remove(path, expected) => {
                let database = self.database_mut(&path.database)?;
                check_expected(database, &path.name, expected)?;
                database.remove(&path.name);
            }
            Edit::RemoveDamaged(path) => {
                let database = self.database_mut(&path.database)?;
                if !matches!(database.get(&path.name), Some(Slot::Damaged)) {
                    return Err(StoreError::Conflict);
                }
                database.remove(&path.name);
            }
            Edit::Nothing => {}
        }
        Ok(())
    }

    fn append(&mut self, event: AuditEvent) {
        let (sequence, hash) =
            self.audit.last().map_or((1, AuditHash::START), |last| (last.sequence + 1, last.hash));
        let hash = hash.chain(sequence, &event);
        self.audit.push(AuditRecord { sequence, event, hash });
    }
}

fn check_absent(database: &Database, name: &Identifier) -> Result<(), StoreError> {
    match database.contains_key(name) {
        true => Err(StoreError::Exists { object: Object::Connection, name: name.as_str().to_owned() }),
        false => Ok(()),
    }
}

fn check_expected(database: &Database, name: &Identifier, expected: Expected) -> Result<(), StoreError> {
    match database.get(name) {
        Some(Slot::Whole(entry)) if entry.uid == expected.uid && entry.revision == expected.revision => {
            Ok(())
        }
        Some(Slot::Damaged) => Err(damaged(name)),
        Some(Slot::Whole(_)) | None => Err(StoreError::Conflict),
    }
}

fn damaged(name: &Identifier) -> StoreError {
    StoreError::Damaged { object: Object::Connection, name: name.as_str().to_owned() }
}

fn name_of(database: &DatabasePath) -> String {
    database.database.as_str().to_owned()
}
