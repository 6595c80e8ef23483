//! The trait for definitions.

use crate::audit::AuditEvent;
use crate::blob_store::{Blob, BlobKey};
use crate::entry::{Entry, Revision};
use crate::error::StoreError;
use crate::id::{ConnectionUid, SecretId, StoreId};
use crate::name_pattern::NamePattern;
use async_trait::async_trait;
use lockkeeper_model::{ConnectionPath, DatabasePath, Identifier};

/// Keeps the definitions of connections, and the databases they live in.
///
/// Every change is one compare-and-set, durable when the call returns. Reads see a whole entry or none. A catalog
/// never sees a secret in clear.
#[async_trait]
pub trait Catalog: Send + Sync {
    /// The store this catalog is a part of. If a [`crate::BlobStore`] has the same identity, one transaction covers
    /// both, and [`Riders`] carry the blobs.
    fn identity(&self) -> StoreId;

    /// Reads one entry; `None` if there is none of that name.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] if the entry cannot be read, [`StoreError::Missing`] if its database does not exist.
    async fn read(&self, path: &ConnectionPath) -> Result<Option<Entry>, StoreError>;

    /// Reads one entry as it is now, past whatever is kept in memory.
    ///
    /// # Errors
    /// Those of [`Catalog::read`].
    async fn read_anew(&self, path: &ConnectionPath) -> Result<Option<Entry>, StoreError> {
        self.read(path).await
    }

    /// Reads one entry and, at the same instant, those of its secrets that this store keeps under
    /// [`crate::BlobKey::of_secret`], still sealed: one read instead of two for whoever uses a connection.
    ///
    /// Secrets that are elsewhere, missing or damaged are left out; [`crate::SecretStore::open`] says what is the matter.
    /// By itself it reads the entry only.
    ///
    /// # Errors
    /// Those of [`Catalog::read`].
    async fn read_with_secrets(&self, path: &ConnectionPath) -> Result<Option<WithSecrets>, StoreError> {
        Ok(self.read(path).await?.map(|entry| WithSecrets { entry, sealed: Vec::new() }))
    }

    /// Lists names of a database in ascending order (by code point), at most `limit`, those after `after`.
    ///
    /// Damaged entries are listed too. The cost grows with the rows returned, and for a pattern without a literal
    /// prefix with the names of the database; never with other databases.
    ///
    /// # Errors
    /// [`StoreError::Missing`] if the database does not exist.
    async fn list(
        &self,
        database: &DatabasePath,
        selection: &Selection,
        after: Option<&Identifier>,
        limit: usize,
    ) -> Result<Vec<Listed>, StoreError>;

    /// Makes one edit and what rides on it, all or nothing, durably.
    ///
    /// # Errors
    /// [`StoreError::Exists`], [`StoreError::Conflict`] (also if the entry is gone), [`StoreError::Missing`] for an
    /// unknown database; then nothing was changed. [`StoreError::Misuse`] if blobs ride that are not of this store.
    async fn commit(&self, edit: Edit, riders: Riders) -> Result<(), StoreError>;

    /// Makes edits one after another as [`Catalog::commit`] does, up to the first that is refused; those before it
    /// stay. Returns how many were made, and why no more.
    ///
    /// A backend may make what is made durable all at once, and nothing of it if the environment fails.
    async fn commit_series(&self, edits: Vec<(Edit, Riders)>) -> (usize, Result<(), StoreError>) {
        let mut made = 0;
        for (edit, riders) in edits {
            if let Err(error) = self.commit(edit, riders).await {
                return (made, Err(error));
            }
            made += 1;
        }
        (made, Ok(()))
    }

    /// Those of the given secrets that no entry refers to, judged at one instant.
    ///
    /// # Errors
    /// Only failures of the backend. A damaged entry makes every secret count as referred to.
    async fn unreferenced(&self, secrets: &[SecretId]) -> Result<Vec<SecretId>, StoreError>;

    /// All catalogs, in ascending order; damaged ones are listed too.
    ///
    /// # Errors
    /// Only failures of the backend; [`StoreError::Damaged`] if one is lost and not even its name is known.
    async fn catalogs(&self) -> Result<Vec<Listed>, StoreError>;

    /// All databases of a catalog, in ascending order; damaged ones are listed too, in every catalog they may belong to.
    ///
    /// # Errors
    /// [`StoreError::Missing`] if the catalog does not exist, [`StoreError::Damaged`] if it may be one that is damaged, or
    /// if a database is lost and not even its name is known.
    async fn databases(&self, catalog: &Identifier) -> Result<Vec<Listed>, StoreError>;

    /// Creates a database, and its catalog if there is none.
    ///
    /// # Errors
    /// [`StoreError::Exists`] if the database exists.
    async fn create_database(&self, database: &DatabasePath) -> Result<(), StoreError>;

    /// Drops an empty database. Its catalog stays.
    ///
    /// # Errors
    /// [`StoreError::Missing`], or [`StoreError::NotEmpty`].
    async fn drop_database(&self, database: &DatabasePath) -> Result<(), StoreError>;
}

/// An entry and sealed secrets of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WithSecrets {
    /// The entry.
    pub entry: Entry,
    /// What is under the keys of its secrets, for [`crate::SecretStore::open_sealed`].
    pub sealed: Vec<(SecretId, Vec<u8>)>,
}

/// One change of one connection.
#[derive(Clone, Debug)]
pub enum Edit {
    /// Adds an entry; [`StoreError::Exists`] if the name is taken.
    Create(Entry),
    /// Puts an entry in the place of the expected one, under the same name.
    Replace(Expected, Entry),
    /// Puts an entry, under another name of the same database, in the place of the expected one;
    /// [`StoreError::Exists`] if the new name is taken.
    Rename(ConnectionPath, Expected, Entry),
    /// Removes the expected entry.
    Remove(ConnectionPath, Expected),
    /// Removes an entry that cannot be read; [`StoreError::Conflict`] if it can.
    RemoveDamaged(ConnectionPath),
    /// Changes nothing; for riders alone.
    Nothing,
}

impl Edit {
    /// The names that it gives an entry to or takes one from.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &ConnectionPath> {
        let (from, to) = match self {
            Self::Create(entry) | Self::Replace(_, entry) => (None, Some(&entry.path)),
            Self::Rename(from, _, entry) => (Some(from), Some(&entry.path)),
            Self::Remove(path, _) | Self::RemoveDamaged(path) => (Some(path), None),
            Self::Nothing => (None, None),
        };
        from.into_iter().chain(to)
    }
}

/// The entry as it was when the change was decided. The identity is compared too, so that a connection dropped and
/// created again is not mistaken for the old one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expected {
    /// Its identity.
    pub uid: ConnectionUid,
    /// Its revision.
    pub revision: Revision,
}

/// What becomes durable in the same transaction as an edit.
#[derive(Debug, Default)]
pub struct Riders {
    /// Sealed secrets to write; only for a blob store of the same identity.
    pub written: Vec<Blob>,
    /// Blobs to remove; only for a blob store of the same identity.
    pub removed: Vec<BlobKey>,
    /// The record of the statement.
    pub audit: Option<AuditEvent>,
}

/// Which names to list.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// `LIKE` pattern; `None` for all.
    pub pattern: Option<NamePattern>,
    /// Whether the names that do *not* match are wanted.
    pub negated: bool,
}

impl Selection {
    /// Whether a name is wanted.
    pub fn wants(&self, name: &str) -> bool {
        self.pattern.as_ref().is_none_or(|pattern| pattern.matches(name) != self.negated)
    }

    /// What every wanted name begins with; empty if nothing is known.
    pub fn prefix(&self) -> &str {
        match &self.pattern {
            Some(pattern) if !self.negated => pattern.prefix(),
            _ => "",
        }
    }
}

/// The name of a connection, a database or a catalog in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The name; of a damaged one, what can be read of it.
    pub name: Identifier,
    /// Whether what it names cannot be used, or others that stood beside it may be lost.
    pub damaged: bool,
}

impl Listed {
    /// What can be used.
    pub fn sound(name: Identifier) -> Self {
        Self { name, damaged: false }
    }

    /// Whether it is this one, and can be used.
    pub fn is_sound(&self, name: &Identifier) -> bool {
        !self.damaged && self.name == *name
    }
}
