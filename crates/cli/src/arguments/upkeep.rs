//! The commands that look after a store: `backup`, `restore`, `verify`, `sweep`, and those under `audit`.

use super::{Format, Store};
use clap::{Args, Subcommand};
use std::path::PathBuf;

#[derive(Args)]
pub(crate) struct Backup {
    /// The file to make; there must be none
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) store: Store,
}

#[derive(Args)]
pub(crate) struct Restore {
    /// The backup
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) store: Store,
    /// Also if the store is newer than the backup, is another one, or cannot be read
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(Args)]
pub(crate) struct Verify {
    #[command(flatten)]
    pub(crate) store: Store,
    /// Check every byte of the file and the chain of the audit log too
    #[arg(long)]
    pub(crate) deep: bool,
    /// How results are printed
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(crate) format: Format,
}

/// Secrets are left without a connection when a process dies in the middle of a change.
#[derive(Args)]
pub(crate) struct Sweep {
    #[command(flatten)]
    pub(crate) store: Store,
    /// Leave alone what is younger than this: someone may be about to refer to it
    #[arg(long, value_name = "SECONDS", default_value_t = 3600)]
    pub(crate) grace: u64,
    /// Count, and destroy nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// What is done with the audit log.
#[derive(Subcommand)]
pub(crate) enum AuditCommand {
    /// Print records, the newest last
    Show(AuditShow),
    /// Check that no record was changed, removed or put in between
    Verify(AuditVerify),
}

#[derive(Args)]
pub(crate) struct AuditShow {
    #[command(flatten)]
    pub(crate) store: Store,
    /// How many of the newest records are printed
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub(crate) limit: usize,
    /// How results are printed
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(crate) format: Format,
}

#[derive(Args)]
pub(crate) struct AuditVerify {
    #[command(flatten)]
    pub(crate) store: Store,
    /// A head that was printed earlier: it must still be a part of the log, or the log was cut off or written anew
    #[arg(long, value_name = "HASH")]
    pub(crate) expect: Option<String>,
}
