//! The command line: all commands, and the options that several of them have.

mod call;
mod key;
mod text;
mod upkeep;

pub(crate) use call::{Proxy, Request};
pub(crate) use key::{KeyCommand, KeyInit, KeyRecovery, KeyRewrap, KeyRotate, KeyStatus};
pub(crate) use text::{Input, Parse, Redact, Report, Sql};
pub(crate) use upkeep::{AuditCommand, AuditShow, AuditVerify, Backup, Restore, Sweep, Verify};

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Connections for streaming SQL: secrets are taken out of the statement, sealed, and never shown again
#[derive(Parser)]
#[command(name = "lockkeeper", version, max_term_width = 100, disable_help_subcommand = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
    /// Write a log to standard error: off, error, warn, info, debug, trace, or a filter per module
    #[arg(long, global = true, value_name = "FILTER", env = "LOCKKEEPER_LOG")]
    pub(crate) log: Option<String>,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Run statements against the store
    Sql(Sql),
    /// Parse texts and print what they say, as JSON
    Parse(Parse),
    /// Copy text to standard output without secrets, or say where they stand
    Redact(Redact),
    /// Make one call with a connection's credential
    Request(Request),
    /// Serve callers who then need no credential of their own
    Proxy(Proxy),
    /// Look at, make, replace and save key-encryption keys
    #[command(subcommand)]
    Key(KeyCommand),
    /// Copy the store, while it is in use, into a new file
    Backup(Backup),
    /// Put a backup in the place of the store
    Restore(Restore),
    /// Open every secret with the key, and count what is damaged
    Verify(Verify),
    /// Destroy sealed secrets that no connection refers to
    Sweep(Sweep),
    /// Read and check the log of what was done
    #[command(subcommand)]
    Audit(AuditCommand),
}

/// What a session is opened with.
#[derive(Args)]
pub(crate) struct Access {
    #[command(flatten)]
    pub(crate) store: Store,
    #[command(flatten)]
    pub(crate) recording: Recording,
    #[command(flatten)]
    pub(crate) beginning: Beginning,
}

/// Where names without a database are looked up.
#[derive(Args)]
pub(crate) struct Beginning {
    /// Begin in this catalog
    #[arg(long, value_name = "NAME")]
    pub(crate) catalog: Option<String>,
    /// Begin in this database
    #[arg(long, value_name = "NAME")]
    pub(crate) database: Option<String>,
    /// Create --catalog and --database if they do not exist
    #[arg(long)]
    pub(crate) create: bool,
}

/// Where the sealed secrets and the key are.
#[derive(Args)]
pub(crate) struct Store {
    /// The store's file; made on first use
    #[arg(long, value_name = "PATH", env = "LOCKKEEPER_STORE")]
    pub(crate) store: Option<PathBuf>,
    /// The key file; made on first use, and to be kept apart from the store [env: LOCKKEEPER_KEY_FILE]
    #[arg(long, value_name = "PATH")]
    pub(crate) key_file: Option<PathBuf>,
    /// Take the key from what this program prints; it is run without a shell [env: LOCKKEEPER_KEY_COMMAND]
    #[arg(long, value_name = "PROGRAM ARGS", conflicts_with = "key_file")]
    pub(crate) key_command: Option<String>,
    /// How long --key-command may take
    #[arg(long, value_name = "SECONDS", env = "LOCKKEEPER_KEY_TIMEOUT", default_value_t = 300,
          value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) key_timeout: u64,
}

/// What is recorded of what is run.
#[derive(Args)]
pub(crate) struct Recording {
    /// What the audit log records
    #[arg(long, value_enum, value_name = "WHAT", default_value_t = Recorded::Changes, env = "LOCKKEEPER_AUDIT")]
    pub(crate) audit: Recorded,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Recorded {
    /// Every statement; each one that only looks then waits for the disk
    All,
    /// Changes, uses of connections, and whatever failed or was denied
    Changes,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Aligned tables, for people
    Table,
    /// A line per column, for wide rows
    Vertical,
    /// A JSON line per statement
    Json,
    /// Rows only, RFC 4180; everything else goes to standard error
    Csv,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }
}
