//! Why the program ends with another status than 0.

use lockkeeper::redact::Clean;
use lockkeeper::store::StoreError;
use lockkeeper_egress::EgressError;
use std::io;
use std::path::Path;
use std::process::ExitCode;

/// What ended the program. What a statement did wrong has been printed when this is made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// At least one statement failed.
    #[error("a statement failed")]
    Statement,
    /// At least one statement failed because of the environment.
    #[error("the store or the key failed")]
    StatementEnvironment,
    /// A check found damage.
    #[error("something is damaged")]
    Damage,
    /// Text that was checked holds secrets.
    #[error("there are secrets")]
    Findings,
    /// A service answered with an error.
    #[error("the service answered with status {status}")]
    Answer { status: u16 },
    /// A service compressed its answer.
    #[error("the service compressed its answer, so it was not searched for the credential and is not shown")]
    Compressed,
    /// An address or a socket is not to be had.
    #[error("\"{place}\" cannot be listened on")]
    Listen { place: Clean, source: io::Error },
    /// A call was not made, or not answered.
    #[error(transparent)]
    Egress(#[from] EgressError),
    /// The command line is wrong.
    #[error("{message}")]
    Usage { message: Clean, hint: Option<Clean> },
    /// A file cannot be read.
    #[error("file \"{place}\" cannot be read")]
    File { place: Clean, source: io::Error },
    /// A text is not in UTF-8 or another encoding that has ASCII in it as it is.
    #[error("\"{place}\" is in UTF-16, in which no secret is found")]
    Encoding { place: Clean },
    /// A file cannot be written.
    #[error("file \"{place}\" cannot be written")]
    Written { place: Clean, source: io::Error },
    /// A file that is to be made is there already.
    #[error("\"{place}\" is there already, and is not replaced")]
    Taken { place: Clean },
    /// A recovery file gives no keys.
    #[error(transparent)]
    Recovery(StoreError),
    /// The store or the key cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Standard input or output failed.
    #[error("standard input or output failed")]
    Stream(#[from] io::Error),
}

impl Failure {
    pub(crate) fn file(path: &Path, source: io::Error) -> Self {
        Self::File { place: Clean::text(&path.display().to_string()), source }
    }

    pub(crate) fn taken(path: &Path) -> Self {
        Self::Taken { place: Clean::text(&path.display().to_string()) }
    }

    pub(crate) fn written(path: &Path, source: io::Error) -> Self {
        Self::Written { place: Clean::text(&path.display().to_string()), source }
    }

    /// Sorts what a session says about a name on the command line.
    pub(crate) fn of_session(error: lockkeeper::Error) -> Self {
        match error {
            lockkeeper::Error::Storage { source, .. } => Self::Store(source),
            error => {
                let hint = error.diagnostics().into_iter().find_map(|diagnostic| diagnostic.hint);
                Self::Usage { message: Clean::text(&error.to_string()), hint }
            }
        }
    }

    /// Whether it has been said already, or need not be: who closes a pipe knows it.
    pub(crate) fn is_printed(&self) -> bool {
        match self {
            Self::Statement | Self::StatementEnvironment | Self::Damage | Self::Findings => true,
            Self::Stream(error) => error.kind() == io::ErrorKind::BrokenPipe,
            _ => false,
        }
    }

    pub(crate) fn hint(&self) -> Option<Clean> {
        match self {
            Self::Usage { hint, .. } => hint.clone(),
            Self::Store(error) => error.hint().map(Clean::literal),
            Self::Egress(error) => error.hint().map(Clean::literal),
            Self::Encoding { .. } => Some(Clean::literal("convert it to UTF-8, with iconv for example")),
            Self::Taken { .. } => Some(Clean::literal("move it away first, or give another name")),
            Self::Recovery(_) => {
                Some(Clean::literal("give the file and the passphrase of the same key export-recovery"))
            }
            Self::Compressed => Some(Clean::literal("ask for no compression: leave out Accept-Encoding")),
            Self::Answer { .. }
            | Self::Listen { .. }
            | Self::File { .. }
            | Self::Findings
            | Self::Written { .. }
            | Self::Stream(_)
            | Self::Statement
            | Self::StatementEnvironment
            | Self::Damage => None,
        }
    }

    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::Statement
            | Self::Damage
            | Self::Findings
            | Self::Answer { .. }
            | Self::Compressed
            | Self::Egress(_) => 1,
            Self::Usage { .. } | Self::Taken { .. } | Self::Encoding { .. } => 2,
            Self::StatementEnvironment
            | Self::File { .. }
            | Self::Listen { .. }
            | Self::Written { .. }
            | Self::Recovery(_)
            | Self::Store(_)
            | Self::Stream(_) => 3,
        })
    }
}
