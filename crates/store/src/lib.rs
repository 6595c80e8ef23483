//! Where connections and their secrets are kept, for engine builders and for authors of backends.
//!
//! A backend implements [`Catalog`] for definitions, and for secrets either [`BlobStore`] (Lockkeeper seals, the
//! backend keeps bytes) or [`SecretStore`] (the backend seals by itself). This crate knows nothing about SQL or any
//! database. To run statements over a store, see the `lockkeeper` crate; for a ready backend, `lockkeeper-sqlite`.

mod associated_data;
pub mod audit;
mod blob_store;
mod cached;
mod catalog;
mod cipher;
#[cfg(feature = "conformance")]
pub mod conformance;
mod entry;
mod error;
mod hex;
mod id;
mod keys;
mod memory;
mod name_pattern;
pub mod sealing;
mod secret_store;
mod sweep;

pub use audit::{AuditEvent, AuditHash, AuditLog, AuditRecord, AuditSummary};
pub use blob_store::{Blob, BlobKey, BlobStore};
pub use cached::CachedCatalog;
pub use catalog::{Catalog, Edit, Expected, Listed, Riders, Selection, WithSecrets};
pub use entry::{Entry, Revision};
pub use error::{Object, StoreError};
pub use id::{ConnectionUid, DataKeyId, NewIds, SecretId, StoreId};
pub use keys::{KeyBytes, KeyProvider, LocalKeys, WrappedKey};
pub use memory::{MemorySecrets, MemoryStore};
pub use name_pattern::NamePattern;
pub use sealing::SealedSecrets;
pub use secret_store::{Binding, NewSecret, SecretStore};
pub use sweep::{SweepReport, sweep};

use lockkeeper_model::{DatabasePath, Identifier};

/// The database that every new store has, `default_catalog.default_database`, as in Flink.
pub fn default_database() -> DatabasePath {
    let name = |name| Identifier::new(name).unwrap_or_else(|_| unreachable!("a name by the rules"));
    DatabasePath { catalog: name("default_catalog"), database: name("default_database") }
}
