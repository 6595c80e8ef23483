//! The command line.

use clap::{ArgAction, Args, FromArgMatches, Parser, Subcommand, ValueEnum};
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

/// What is run, against which store, and how results are printed.
#[derive(Args)]
#[command(
    after_help = "Without -e and -f, statements are read from standard input. Do not write secrets on the \
                        command line, where other users can see them: use a file, or --expand with \
                        '${env:NAME}' or '${file:PATH}' in the place of the secret."
)]
pub(crate) struct Sql {
    #[command(flatten)]
    pub(crate) inputs: Inputs,
    #[command(flatten)]
    pub(crate) store: Store,
    #[command(flatten)]
    pub(crate) recording: Recording,
    #[command(flatten)]
    pub(crate) beginning: Beginning,
    /// How results are printed
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(crate) format: Format,
    /// Go on with the next statement after one that failed
    #[arg(long)]
    pub(crate) continue_on_error: bool,
    /// Replace ${env:NAME} and ${file:PATH} in option values; $${ stands for ${ itself
    #[arg(long)]
    pub(crate) expand: bool,
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

#[derive(Args)]
pub(crate) struct Parse {
    /// Inputs are texts that end with NUL; one line is printed for each
    #[arg(short = '0', long)]
    pub(crate) null: bool,
    /// Print the values of options as they are, secrets included
    #[arg(long)]
    pub(crate) reveal: bool,
    /// The file to read; standard input if there is none
    pub(crate) file: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct Redact {
    /// Change nothing; say where secrets stand, never which, and exit with 1 if there are any
    #[arg(long)]
    pub(crate) check: bool,
    /// How --check reports
    #[arg(long, value_enum, default_value_t = Report::Text, requires = "check")]
    pub(crate) format: Report,
    /// The files to read; standard input if there is none
    pub(crate) files: Vec<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Report {
    /// A line per place: file, line, column, rule
    Text,
    /// A JSON line per place
    Json,
    /// SARIF 2.1.0, for code review tools
    Sarif,
}

/// The answer's body is written to standard output as it comes, without the credential if the service repeats it.
#[derive(Args)]
pub(crate) struct Request {
    /// The connection
    pub(crate) name: String,
    /// Where to at the endpoint: `/…` at its origin, `?…` for a query, or a path below its own
    pub(crate) path: Option<String>,
    #[command(flatten)]
    pub(crate) store: Store,
    #[command(flatten)]
    pub(crate) recording: Recording,
    #[command(flatten)]
    pub(crate) beginning: Beginning,
    /// The method; GET, or POST if there is data
    #[arg(short = 'X', long, value_name = "METHOD")]
    pub(crate) method: Option<String>,
    /// Add a header; one that carries a credential is refused
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE")]
    pub(crate) headers: Vec<String>,
    /// Send this body; @FILE for a file, @- for standard input
    #[arg(short = 'd', long, value_name = "DATA")]
    pub(crate) data: Option<String>,
    /// Write each part of the answer when it comes, for events
    #[arg(long)]
    pub(crate) stream: bool,
    /// Give up after this time, also in the middle of the answer
    #[arg(short = 'm', long, value_name = "SECONDS")]
    pub(crate) max_time: Option<u64>,
    /// Write status and headers to standard error
    #[arg(short = 'i', long)]
    pub(crate) include: bool,
}

/// `http://ADDRESS/<connection>/<path>` is `<path>` at the origin of the connection's endpoint, with the credential
/// applied. Callers give the proxy's own token where they would give an API key.
#[derive(Args)]
pub(crate) struct Proxy {
    /// Listen on this address
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8411", conflicts_with = "socket")]
    pub(crate) listen: String,
    /// Listen on this Unix socket, whose mode says who may call
    #[arg(long, value_name = "PATH")]
    pub(crate) socket: Option<PathBuf>,
    /// The file with the callers' token; made on first use
    #[arg(long, value_name = "PATH", env = "LOCKKEEPER_TOKEN_FILE")]
    pub(crate) token_file: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) store: Store,
    #[command(flatten)]
    pub(crate) recording: Recording,
    #[command(flatten)]
    pub(crate) beginning: Beginning,
    /// How many threads serve; as many as there are processors if it is not given
    #[arg(long, value_name = "N")]
    pub(crate) threads: Option<usize>,
}

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

/// SQL texts and files in the order in which they stand on the command line.
pub(crate) struct Inputs(pub(crate) Vec<Input>);

pub(crate) enum Input {
    Text(String),
    File(PathBuf),
}

/// How the two options look to clap; their order among each other comes from the indexes it keeps.
#[derive(Args)]
struct UnorderedInputs {
    /// Run this text; may be given several times
    #[arg(short = 'e', long = "execute", value_name = "SQL", action = ArgAction::Append)]
    texts: Vec<String>,
    /// Run this file; may be given several times
    #[arg(short = 'f', long = "file", value_name = "FILE", action = ArgAction::Append)]
    files: Vec<PathBuf>,
}

impl FromArgMatches for Inputs {
    fn from_arg_matches(matches: &clap::ArgMatches) -> Result<Self, clap::Error> {
        let UnorderedInputs { texts, files } = UnorderedInputs::from_arg_matches(matches)?;
        let indexes = |id| matches.indices_of(id).into_iter().flatten();
        let mut inputs: Vec<(usize, Input)> =
            indexes("texts").zip(texts.into_iter().map(Input::Text)).collect();
        inputs.extend(indexes("files").zip(files.into_iter().map(Input::File)));
        inputs.sort_by_key(|(index, _)| *index);
        Ok(Self(inputs.into_iter().map(|(_, input)| input).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &clap::ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Args for Inputs {
    fn augment_args(command: clap::Command) -> clap::Command {
        UnorderedInputs::augment_args(command)
    }

    fn augment_args_for_update(command: clap::Command) -> clap::Command {
        UnorderedInputs::augment_args_for_update(command)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn texts_and_files_keep_their_order() {
        let line = ["lockkeeper", "sql", "-f", "a.sql", "-e", "SHOW CONNECTIONS", "-f", "b.sql"];
        let Command::Sql(sql) =
            Arguments::try_parse_from(line).map(|a| a.command).unwrap_or_else(|e| panic!("{e}"))
        else {
            panic!("not sql")
        };
        let order: Vec<_> = sql
            .inputs
            .0
            .iter()
            .map(|input| match input {
                Input::Text(text) => text.clone(),
                Input::File(path) => path.display().to_string(),
            })
            .collect();
        assert_eq!(order, ["a.sql", "SHOW CONNECTIONS", "b.sql"]);
    }
}
