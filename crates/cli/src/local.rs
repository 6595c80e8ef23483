//! The store, the keys and the session of this machine, for all commands.

use crate::arguments::{Access, Beginning, Store};
use crate::failure::Failure;
use crate::keys::Keys;
use crate::network::NetworkValidator;
use crate::places;
use crate::recording::ChangesOnly;
use lockkeeper::model::{DatabasePath, Identifier};
use lockkeeper::redact::Clean;
use lockkeeper::store::{AuditEvent, AuditLog, BlobStore, Catalog, SealedSecrets, SecretStore, StoreError};
use lockkeeper::{Engine, Principal, Session};
use lockkeeper_sqlite::SqliteStore;
use std::path::PathBuf;
use std::sync::Arc;

/// Where a backend is to be opened, as the command line has it.
#[expect(missing_debug_implementations, reason = "the command of a key may hold what it asks with")]
pub struct Place {
    /// The store: a file for the backend that is built in; whatever another one makes of the path.
    pub store: PathBuf,
    /// Where the key-encryption keys come from.
    pub keys: Keys,
}

/// What the program keeps connections in.
///
/// Commands that ask for more than a catalog and secrets (`key`, `backup`, `audit`, …) say so if the backend does not
/// have it.
#[expect(missing_debug_implementations, reason = "made of trait objects only")]
pub struct Backend {
    pub(crate) catalog: Arc<dyn Catalog>,
    pub(crate) secrets: Arc<dyn SecretStore>,
    pub(crate) sealed: Option<Arc<SealedSecrets>>,
    pub(crate) audit: Option<Arc<dyn AuditLog>>,
    pub(crate) file: Option<Arc<SqliteStore>>,
}

/// Opens a backend.
pub(crate) type Open<'a> = &'a dyn Fn(&Place) -> Result<Backend, StoreError>;

/// A backend that was opened, and where.
pub(crate) struct Local {
    pub(crate) backend: Backend,
    pub(crate) place: Place,
}

impl Backend {
    /// A catalog, and secrets that are sealed by whoever keeps them.
    pub fn new(catalog: Arc<dyn Catalog>, secrets: Arc<dyn SecretStore>) -> Self {
        Self { catalog, secrets, sealed: None, audit: None, file: None }
    }

    /// A catalog, and secrets that we seal; then the commands under `key` work too.
    pub fn sealed(catalog: Arc<dyn Catalog>, secrets: Arc<SealedSecrets>) -> Self {
        Self { sealed: Some(Arc::clone(&secrets)), ..Self::new(catalog, secrets) }
    }

    /// Sets where statements are recorded.
    #[must_use]
    pub fn audit(mut self, log: Arc<dyn AuditLog>) -> Self {
        self.audit = Some(log);
        self
    }

    /// Opens the backend that is built in: everything in one SQLite file, which is made on first use.
    ///
    /// # Errors
    /// Those of [`SqliteStore::open`].
    pub fn sqlite(place: &Place) -> Result<Self, StoreError> {
        let store = SqliteStore::open_with(&place.store, options())?;
        let blobs: Arc<dyn BlobStore> = Arc::clone(&store) as _;
        let keys = place.keys.provider(&blobs);
        let secrets = Arc::new(SealedSecrets::new(blobs, keys));
        let backend = Self::sealed(Arc::clone(&store) as _, secrets).audit(Arc::clone(&store) as _);
        Ok(Self { file: Some(store), ..backend })
    }
}

impl Local {
    /// Opens the backend of the command line. No key is read before it is needed.
    pub(crate) fn open(open: Open<'_>, given: Store) -> Result<Self, Failure> {
        let place = places::choose(given)?;
        Ok(Self { backend: open(&place)?, place })
    }

    /// The log of what was done.
    pub(crate) fn audit(&self) -> Result<Arc<dyn AuditLog>, Failure> {
        self.backend.audit.clone().ok_or_else(|| lacks("keeps no audit log"))
    }

    /// Records what was done to the store as a whole, if there is a log.
    pub(crate) async fn record(&self, action: &'static str) -> Result<(), Failure> {
        let Some(log) = &self.backend.audit else { return Ok(()) };
        let now = jiff::Timestamp::now();
        let event = AuditEvent {
            time: jiff::Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now),
            principal: principal().as_str().to_owned(),
            action: action.to_owned(),
            target: None,
            outcome: "ok".to_owned(),
            revision: None,
        };
        Ok(log.append(event).await?)
    }

    /// Secrets that we seal ourselves.
    pub(crate) fn sealed(&self) -> Result<&SealedSecrets, Failure> {
        self.backend.sealed.as_deref().ok_or_else(|| lacks("seals by itself, with keys of its own"))
    }

    /// The store in one file.
    pub(crate) fn file(&self) -> Result<&SqliteStore, Failure> {
        self.backend.file.as_deref().ok_or_else(|| lacks("is not one file; save it by its own means"))
    }
}

/// Opens the backend of the command line, and a session of whoever runs the program in the database that was asked for.
pub(crate) async fn session(open: Open<'_>, access: Access) -> Result<Session, Failure> {
    let Access { store, recording, beginning } = access;
    let Backend { catalog, secrets, audit, .. } = Local::open(open, store)?.backend;
    let builder = Engine::builder(catalog, secrets);
    let mut builder = builder.map_err(|_| StoreError::Misuse("default names"))?;
    if let Some(log) = audit {
        builder = builder.audit(ChangesOnly::unless_all(&recording, log));
    }
    let engine = builder.validator(Arc::new(NetworkValidator::default())).build();
    let mut session = engine.session(principal());
    begin(&mut session, beginning).await?;
    Ok(session)
}

async fn begin(session: &mut Session, beginning: Beginning) -> Result<(), Failure> {
    let Beginning { catalog, database, create } = beginning;
    if catalog.is_none() && database.is_none() {
        return Ok(());
    }
    let identifier = |name: Option<String>, default: &Identifier| match name {
        Some(name) => Identifier::new(name)
            .map_err(|error| Failure::Usage { message: Clean::text(&error.to_string()), hint: None }),
        None => Ok(default.clone()),
    };
    let current = session.current_database();
    let database = DatabasePath {
        catalog: identifier(catalog, &current.catalog)?,
        database: identifier(database, &current.database)?,
    };
    if create {
        session.ensure_database(&database).await.map_err(begin_failure)?;
    }
    session.use_database(database).await.map_err(begin_failure)
}

/// Whoever runs the program, as the audit log names them.
fn principal() -> Principal {
    #[cfg(unix)]
    return Principal::new(format!("uid:{}", rustix::process::getuid().as_raw()));
    #[cfg(not(unix))]
    return Principal::new("local");
}

fn begin_failure(error: lockkeeper::Error) -> Failure {
    match error {
        lockkeeper::Error::Storage { source, .. } => Failure::Store(source),
        error => Failure::Usage {
            message: Clean::text(&error.to_string()),
            hint: Some(Clean::literal("give --create to create it")),
        },
    }
}

/// Runs a command to its end on this thread.
pub(crate) fn block_on<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(work)
}

fn lacks(what: &'static str) -> Failure {
    let mut message = Clean::literal("not possible here: the store ");
    message.push(what);
    Failure::Usage { message, hint: None }
}

#[cfg(feature = "failpoints")]
fn options() -> lockkeeper_sqlite::Options {
    let mut options = lockkeeper_sqlite::Options::default();
    options.reads_here = true;
    options.commits_here = true;
    options.failpoint = Some(Arc::new(crate::failpoint::reach));
    // Short scripts never get to these steps otherwise.
    let moves_log = std::env::var("LOCKKEEPER_FAILPOINT").is_ok_and(|step| step.contains("log-moved"));
    options.log_pages = moves_log.then_some(8);
    options
}

#[cfg(not(feature = "failpoints"))]
fn options() -> lockkeeper_sqlite::Options {
    let mut options = lockkeeper_sqlite::Options::default();
    // A thread for reading would take longer to start than most reads.
    options.reads_here = true;
    // The proxy's; statements run on a single thread, and not this option.
    options.commits_here = true;
    options
}
