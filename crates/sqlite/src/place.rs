//! The file, its folder, their modes, and connections to it.

use crate::failure::{damaged_store, store_error};
use crate::still;
use crate::tail;
use lockkeeper_store::{Object, StoreError};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use std::cell::Cell;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long to wait for other processes.
const PATIENCE: Duration = Duration::from_secs(30);

/// Sees to it that there is a file that nobody else can read. Returns whether it is new (or still empty).
pub(crate) fn prepare(path: &Path) -> Result<bool, StoreError> {
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_file() => {
            check_mode(path, &metadata)?;
            match metadata.len() {
                // SQLite takes less than a header for an empty file, and would fill it.
                1..512 => Err(StoreError::NotAStore),
                length => Ok(length == 0),
            }
        }
        Ok(_) => Err(place(path, "it is not a file")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let folder = folder_of(path);
            make_folder(folder).map_err(|error| place(folder, error))?;
            match create(path) {
                Ok(()) => sync_folder(folder).map_err(|error| place(folder, error)).map(|()| true),
                // Another process was faster; it may not have filled it yet.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => prepare(path),
                Err(error) => Err(place(path, error)),
            }
        }
        Err(error) => Err(place(path, error)),
    }
}

/// Which file is at a path, for whoever has it open: it may be moved away meanwhile, and what is written then is lost.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct FileId(Option<(u64, u64)>);

impl FileId {
    #[cfg(unix)]
    pub(crate) fn of(path: &Path) -> Self {
        use std::os::unix::fs::MetadataExt;
        Self(fs::metadata(path).ok().map(|metadata| (metadata.dev(), metadata.ino())))
    }

    /// Files that are open cannot be moved there.
    #[cfg(not(unix))]
    pub(crate) fn of(_path: &Path) -> Self {
        Self(None)
    }

    /// Refuses if it is not there any more.
    pub(crate) fn require(&self, path: &Path) -> Result<(), StoreError> {
        match Self::of(path) == *self {
            true => Ok(()),
            false => Err(StoreError::Replaced),
        }
    }
}

/// Creates an empty file with mode 0600, whatever the umask; SQLite gives the files beside it the same mode.
#[expect(clippy::disallowed_methods, reason = "a file that is only now created, nobody has open")]
pub(crate) fn create(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

/// Makes a new directory entry survive a crash of the machine.
#[expect(clippy::disallowed_methods, reason = "SQLite has no folder open")]
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    match cfg!(unix) {
        true => File::open(folder)?.sync_all(),
        false => Ok(()),
    }
}

/// Opens a connection with everything that every connection needs.
pub(crate) fn connect(path: &Path) -> Result<Connection, StoreError> {
    let connection = unread(path)?;
    if tail::is_lost(&connection, path) {
        return Err(StoreError::Damaged { object: Object::Store, name: "write-ahead log".to_owned() });
    }
    keep_log(&connection, false)?;
    match still::is_needed(&connection, path) {
        true => still::connect(path),
        false => Ok(connection),
    }
}

/// Opens a connection that has read nothing yet, and that leaves the log as it is.
fn unread(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = configured(Connection::open_with_flags(path, flags), path)?;
    keep_log(&connection, true)?;
    Ok(connection)
}

/// A connection that was opened, made ready.
pub(crate) fn configured(
    opened: rusqlite::Result<Connection>,
    path: &Path,
) -> Result<Connection, StoreError> {
    let mut connection = opened.map_err(|error| match store_error(&error) {
        StoreError::Backend(_) => place(path, "it cannot be opened"),
        other => other,
    })?;
    configure(&mut connection).map_err(|error| store_error(&error))?;
    Ok(connection)
}

/// Whether SQLite only reads a file because its header tells a version of the format that is not ours.
///
/// What the mode or the medium forbids it knows when it opens the file, before it has read the header. To look at the header
/// here, without SQLite, would not do: closing a file that it has open gives up the locks of the whole process.
pub(crate) fn has_foreign_header(path: &Path) -> bool {
    let Ok(connection) = unread(path) else { return false };
    let is_readonly = || connection.is_readonly(rusqlite::MAIN_DB) == Ok(true);
    let was_readonly = is_readonly();
    let read = connection.pragma_query_value(None, "schema_version", |row| row.get::<_, i64>(0));
    read.is_ok() && !was_readonly && is_readonly()
}

/// What a failure to write to a file comes from.
pub(crate) fn cause(path: &Path, error: StoreError) -> StoreError {
    match error {
        StoreError::ReadOnly if has_foreign_header(path) => damaged_store(),
        error => error,
    }
}

/// Opens a connection to a file without a name, which is for this process alone and goes away with the connection.
pub(crate) fn connect_scratch() -> Result<Connection, StoreError> {
    let opened = Connection::open("").and_then(|mut connection| {
        configure(&mut connection)?;
        Ok(connection)
    });
    opened.map_err(|error| store_error(&error))
}

/// Whether closing leaves the log as it is, for those who look into what is wrong with it.
fn keep_log(connection: &Connection, keeps: bool) -> Result<(), StoreError> {
    let set = connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, keeps);
    set.map(drop).map_err(|error| store_error(&error))
}

/// The write-ahead log of a file.
pub(crate) fn log_of(path: &Path) -> PathBuf {
    beside(path, "-wal")
}

/// The folder that a path is in.
pub(crate) fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// The file whose name is longer by so much.
pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// The error about a path.
pub(crate) fn place(path: &Path, reason: impl ToString) -> StoreError {
    StoreError::Place { place: format!("\"{}\"", path.display()), reason: reason.to_string() }
}

fn configure(connection: &mut Connection) -> rusqlite::Result<()> {
    connection.busy_handler(Some(wait_for_others))?;
    // A hostile file's schema must not run anything.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    // Without this, SQLite plans a range query anew for every value that is bound to it.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.set_prepared_statement_cache_capacity(64);
    connection.execute_batch("PRAGMA cell_size_check=ON; PRAGMA temp_store=MEMORY")
}

thread_local! {
    /// When this thread began to wait.
    static SINCE: Cell<Option<Instant>> = const { Cell::new(None) };
    /// Whether this thread may wait.
    static HURRIED: Cell<bool> = const { Cell::new(false) };
}

/// Does `work`, in which a lock of others is an error at once.
pub(crate) fn without_waiting<T>(work: impl FnOnce() -> T) -> T {
    HURRIED.set(true);
    let done = work();
    HURRIED.set(false);
    done
}

/// Waits a little longer each time, and never long: SQLite's own handler sleeps up to 0.1 s, in which eight writers
/// pass each other by.
fn wait_for_others(round: i32) -> bool {
    let since = match SINCE.get() {
        Some(since) if round > 0 => since,
        _ => Instant::now(),
    };
    SINCE.set(Some(since));
    let patient = !HURRIED.get() && since.elapsed() < PATIENCE;
    if patient {
        // Writers that started together must not stay in step.
        let jitter = u64::from(since.elapsed().subsec_nanos() % 7) * 50;
        let step = u64::from(round.unsigned_abs().min(10));
        std::thread::sleep(Duration::from_micros(100 + 200 * step + jitter));
    }
    patient
}

fn make_folder(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

#[cfg(unix)]
fn check_mode(path: &Path, metadata: &fs::Metadata) -> Result<(), StoreError> {
    let mode = std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o777;
    match mode & 0o077 {
        0 => Ok(()),
        _ => {
            let advice = format!("its mode {mode:04o} lets others in; run: chmod 600 '{}'", path.display());
            Err(place(path, advice))
        }
    }
}

#[cfg(not(unix))]
fn check_mode(_path: &Path, _metadata: &fs::Metadata) -> Result<(), StoreError> {
    Ok(())
}
