//! The commands that make calls: `request`, `proxy`.

use super::Access;
use clap::Args;
use std::path::PathBuf;

/// The answer's body is written to standard output as it comes, without the credential if the service repeats it.
#[derive(Args)]
pub(crate) struct Request {
    /// The connection
    pub(crate) name: String,
    /// Where to at the endpoint: `/…` at its origin, `?…` for a query, or a path below its own
    pub(crate) path: Option<String>,
    #[command(flatten)]
    pub(crate) access: Access,
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
    pub(crate) access: Access,
    /// How many threads serve; as many as there are processors if it is not given
    #[arg(long, value_name = "N")]
    pub(crate) threads: Option<usize>,
}
