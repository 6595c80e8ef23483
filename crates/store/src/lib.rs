//! Where connections and their secrets are kept, for engine builders and for authors of backends.
//!
//! A backend implements [`Catalog`] for definitions, and for secrets either [`BlobStore`] (Lockkeeper seals, the
//! backend keeps bytes) or [`SecretStore`] (the backend seals by itself). This crate knows nothing about SQL or any
//! database. To run statements over a store, see the `lockkeeper` crate; for a ready backend, `lockkeeper-sqlite`.

mod audit;
mod blob_store;
mod catalog;
mod entry;
mod error;
mod id;
mod name_pattern;
mod secret_store;

pub use audit::{AuditEvent, AuditLog};
pub use blob_store::{Blob, BlobKey, BlobStore};
pub use catalog::{Catalog, Edit, Expected, Listed, Riders, Selection};
pub use entry::{Entry, Revision};
pub use error::{Object, StoreError};
pub use id::{ConnectionUid, SecretId, StoreId};
pub use name_pattern::NamePattern;
pub use secret_store::{Binding, NewSecret, SecretStore};
