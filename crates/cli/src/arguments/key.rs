//! The commands under `key`.

use super::{Format, Store};
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// What is done with key-encryption keys.
#[derive(Subcommand)]
pub(crate) enum KeyCommand {
    /// Show the key-encryption keys and what is wrapped under them
    Status(KeyStatus),
    /// Make a key file; it is also made on first use
    Init(KeyInit),
    /// Make a new key-encryption key and wrap every data key under it, while others read and write
    Rotate(KeyRotate),
    /// Go on with a rotation that was stopped
    Rewrap(KeyRewrap),
    /// Write the keys into a file that a passphrase opens, for the safe
    ExportRecovery(KeyRecovery),
    /// Make the key file from what export-recovery wrote
    ImportRecovery(KeyRecovery),
}

#[derive(Args)]
pub(crate) struct KeyStatus {
    #[command(flatten)]
    pub(crate) store: Store,
    /// How results are printed
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(crate) format: Format,
}

#[derive(Args)]
pub(crate) struct KeyInit {
    #[command(flatten)]
    pub(crate) store: Store,
}

#[derive(Args)]
pub(crate) struct KeyRotate {
    #[command(flatten)]
    pub(crate) store: Store,
    /// Leave the older keys in the key file; backups made before need them
    #[arg(long)]
    pub(crate) keep_old: bool,
    /// Seal what comes from now on under a new data key too
    #[arg(long)]
    pub(crate) data_key: bool,
}

#[derive(Args)]
pub(crate) struct KeyRewrap {
    #[command(flatten)]
    pub(crate) store: Store,
    /// Leave the older keys in the key file; backups made before need them
    #[arg(long)]
    pub(crate) keep_old: bool,
}

/// The passphrase is read from standard input, or asked for on a terminal, unless there is a file with it.
#[derive(Args)]
pub(crate) struct KeyRecovery {
    /// The file with the sealed keys
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) store: Store,
    /// Read the passphrase, of at least 12 bytes, from the first line of this file
    #[arg(long, value_name = "PATH")]
    pub(crate) passphrase_file: Option<PathBuf>,
}
