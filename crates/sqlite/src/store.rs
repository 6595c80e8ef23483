//! A store in one file.

use crate::catalog::KnownDatabases;
use crate::failure::Abort;
use crate::ledger::Meta;
use crate::log;
use crate::place;
use crate::readers::{Readers, make_reader};
use crate::schema;
use crate::writer::Writer;
use lockkeeper_store::{StoreError, StoreId};
use rusqlite::Connection;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// Catalog, blobs and audit log in one SQLite file, with joint transactions.
///
/// Reads that may take long run on tokio's blocking threads; writes on a thread of their own, which starts with the first
/// and commits what waits together with one sync, or see [`Options::commits_here`]. Dropping it waits for what was begun, and
/// after changes a little more, so that a folder copied meanwhile is whole.
pub struct SqliteStore {
    // Writers end before readers, so that the last connection to close is an idle one.
    pub(crate) writer: Writer,
    pub(crate) readers: Arc<Readers>,
    pub(crate) databases: KnownDatabases,
    pub(crate) identity: StoreId,
    pub(crate) shared: Arc<Shared>,
}

/// How a store is opened.
#[derive(Clone, Default)]
#[non_exhaustive]
pub struct Options {
    /// Whether reads happen on the caller's thread: for a program that does one thing at a time, to which a thread of its
    /// own for reading is only a cost.
    pub reads_here: bool,
    /// Whether a change with which no other waits is committed on the caller's thread, where tokio has several
    /// (`block_in_place`): a quarter faster than on a thread of the store's own. Tokio does not allow it to what runs in a
    /// `LocalSet`, and panics.
    pub commits_here: bool,
    /// The largest size of the file in pages of 4 KiB; a change beyond it is [`StoreError::Full`].
    pub max_pages: Option<u32>,
    /// How long the write-ahead log may get before it is moved into the file, in pages of 4 KiB; 16,384 if it is not said,
    /// and half of the file if that is more. Changes wait meanwhile, up to half a second. A quarter of it is enough after a
    /// second without changes.
    pub log_pages: Option<u32>,
    /// Called with the name of each storage step that is reached.
    #[cfg(feature = "failpoints")]
    pub failpoint: Option<Arc<dyn Fn(&'static str) + Send + Sync>>,
}

/// What the writer's thread needs.
pub(crate) struct Shared {
    /// Which store it was when it was opened; none before.
    pub(crate) identity: StoreId,
    pub(crate) path: PathBuf,
    pub(crate) max_pages: Option<u32>,
    pub(crate) log_pages: u32,
    pub(crate) commits_here: bool,
    #[cfg(feature = "failpoints")]
    failpoint: Option<Arc<dyn Fn(&'static str) + Send + Sync>>,
}

impl SqliteStore {
    /// Opens a store, or makes a new one with the database `default_catalog.default_database`.
    ///
    /// A new file has mode 0600, a new folder 0700. It blocks for a few reads, or as long as a migration takes.
    ///
    /// # Errors
    /// [`StoreError::Place`] if the path is unusable or others may read the file, [`StoreError::NotAStore`],
    /// [`StoreError::NewerVersion`], [`StoreError::Damaged`], [`StoreError::Busy`].
    pub fn open(path: impl AsRef<Path>) -> Result<Arc<Self>, StoreError> {
        Self::open_with(path, Options::default())
    }

    /// Opens a store in another than the usual way.
    ///
    /// # Errors
    /// Those of [`SqliteStore::open`].
    pub fn open_with(path: impl AsRef<Path>, options: Options) -> Result<Arc<Self>, StoreError> {
        let mut shared = Shared {
            identity: StoreId::from_bytes([0; 16]),
            path: path.as_ref().to_owned(),
            max_pages: options.max_pages,
            log_pages: options.log_pages.unwrap_or(log::LARGEST),
            commits_here: options.commits_here,
            #[cfg(feature = "failpoints")]
            failpoint: options.failpoint,
        };
        let is_new = place::prepare(&shared.path)?;
        let mut connection = place::connect(&shared.path)?;
        let meta = ready(&mut connection, &shared, is_new).map_err(Abort::into_store_error)?;
        shared.identity = meta.identity;
        let shared = Arc::new(shared);
        make_reader(&connection)?;
        let readers = Arc::new(Readers::new(shared.path.clone(), connection, options.reads_here));
        let writer = Writer::new(Arc::clone(&shared));
        let databases = KnownDatabases::default();
        Ok(Arc::new(Self { writer, readers, databases, identity: meta.identity, shared }))
    }

    /// The path it was opened with.
    pub fn path(&self) -> &Path {
        &self.shared.path
    }
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteStore")
            .field("path", &self.shared.path)
            .field("identity", &self.identity)
            .finish()
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("max_pages", &self.max_pages)
            .field("log_pages", &self.log_pages)
            .finish_non_exhaustive()
    }
}

impl Shared {
    /// How many pages the log has before room is made in it. Programs that are killed on the way do not get far.
    pub(crate) fn unprepared(&self) -> u32 {
        #[cfg(feature = "failpoints")]
        if self.failpoint.is_some() {
            return 8;
        }
        log::UNPREPARED
    }

    /// Passes a storage step; tests stop the process there.
    pub(crate) fn point(&self, name: &'static str) {
        #[cfg(feature = "failpoints")]
        if let Some(hook) = &self.failpoint {
            hook(name);
        }
        #[cfg(not(feature = "failpoints"))]
        let _ = name;
    }
}

fn ready(connection: &mut Connection, shared: &Shared, is_new: bool) -> Result<Meta, Abort> {
    if is_new {
        write_ahead(connection)?;
    }
    if schema::version(connection)? < schema::VERSION {
        schema::migrate(connection, &|name| shared.point(name))?;
    }
    let meta = Meta::read(connection)?;
    // A damaged header turns the log off.
    let mode: String = connection.pragma_query_value(None, "journal_mode", |row| row.get(0))?;
    if mode != "wal" && !connection.is_readonly(rusqlite::MAIN_DB)? {
        write_ahead(connection)?;
    }
    Ok(meta)
}

/// Turns on WAL, which the file remembers. SQLite does not wait for others here.
fn write_ahead(connection: &Connection) -> rusqlite::Result<()> {
    let mut round = 0;
    loop {
        match connection.pragma_update(None, "journal_mode", "wal") {
            Err(error)
                if round < 1000 && error.sqlite_error_code() == Some(rusqlite::ErrorCode::DatabaseBusy) =>
            {
                round += 1;
                std::thread::sleep(Duration::from_millis(5));
            }
            done => return done,
        }
    }
}
