//! CONNECTION statements, executed: for engines that want connection DDL and secrets of their own.
//!
//! An [`Engine`] is put together from a catalog, a secret store and a policy; it is shared. A [`Session`] has a
//! principal, a current database and temporary connections; it executes statements and gives typed [`Outcome`]s.
//! This crate knows no concrete backend: they are handed in, as `Arc<dyn Catalog>` and `Arc<dyn SecretStore>`. For a
//! ready program, see the `lockkeeper-cli` package; for single layers, the crates re-exported below.
#![doc = "\n\n"]
#![doc = include_str!("../../../docs/embedding.md")]

mod audit;
mod code;
mod engine;
mod error;
mod outcome;
mod policy;
mod resolve;
mod roles;
mod session;
mod statement;
mod storage;
mod validator;

pub use audit::Use;
pub use code::Code;
pub use engine::{Clock, Engine, EngineBuilder, SystemClock};
pub use error::{Diagnostic, Error};
pub use outcome::{Outcome, Status};
pub use policy::{Action, AllowAll, Denied, Policy, Principal, Request, Right};
pub use resolve::{ConnectionVersion, Resolved};
pub use roles::{Role, RoleBinding, RolePolicy, Scope};
pub use session::Session;
pub use statement::Series;
pub use validator::{Validator, Verdict, VerdictStatus};

pub use lockkeeper_grammar as grammar;
pub use lockkeeper_model as model;
pub use lockkeeper_redact as redact;
pub use lockkeeper_store as store;

#[cfg(test)]
mod tests;
