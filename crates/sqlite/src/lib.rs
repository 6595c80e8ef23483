//! Connections and sealed secrets in one SQLite file, for whoever needs a store without setting up a server.
//!
//! [`SqliteStore`] is a catalog, a blob store and an audit log with one identity, so a change, its sealed secrets and its
//! record are one transaction. It seals nothing by itself: see `lockkeeper_store::SealedSecrets`. This crate knows
//! nothing about SQL statements of streaming engines; to run those over a store, see the `lockkeeper` crate.
//!
//! The file is safe to use from several processes and threads at once. It is in WAL mode with `synchronous=FULL`: what
//! was acknowledged survives a crash of the machine. Rows carry checksums, so that a flipped byte is an error and not
//! another connection.

mod audit;
mod backup;
mod blobs;
mod catalog;
mod changes;
mod failure;
mod group;
mod ledger;
mod links;
mod log;
mod partial;
mod place;
mod readers;
mod restore;
mod rows;
mod schema;
mod secrets;
mod statements;
mod still;
mod store;
mod tail;
#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "they copy and damage files as others would")]
mod tests;
mod verify;
mod writer;

pub use backup::{BackupProgress, Stamp};
pub use store::{Options, SqliteStore};
pub use verify::VerifyReport;
