//! Copies of a store that is in use.

use crate::failure::{Abort, store_error};
use crate::ledger::Meta;
use crate::partial::Partial;
use crate::place::{self, folder_of, place};
use crate::schema;
use crate::still;
use crate::store::SqliteStore;
use lockkeeper_store::{StoreError, StoreId};
use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};
use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// How far a backup is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BackupProgress {
    /// Pages copied.
    pub done: u64,
    /// All pages; it changes if the store is written to.
    pub total: u64,
}

/// Which store a file is, and how new.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// The store's identity; copies have the same.
    pub identity: StoreId,
    /// Grows with every transaction: of two copies of a store, the one with the greater number is newer.
    pub generation: u64,
}

const PAGES_PER_STEP: i32 = 256;
const THERE: &str = "there is a file already";

impl Stamp {
    /// Reads the stamp of a file without changing it.
    ///
    /// # Errors
    /// Those of [`SqliteStore::open`]; [`StoreError::Place`] if there is no file.
    pub fn of_file(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        let path = path.as_ref();
        if !path.is_file() {
            return Err(place(path, "there is no such file"));
        }
        let connection = still::connect_backup(path)?;
        let read = || -> Result<Self, Abort> {
            match schema::version(&connection)? {
                0 => Err(StoreError::NotAStore.into()),
                _ => Meta::read(&connection).map(|meta| Self::of(&meta)),
            }
        };
        read().map_err(Abort::into_store_error)
    }

    fn of(meta: &Meta) -> Self {
        let generation = u64::try_from(meta.generation).unwrap_or_default();
        Self { identity: meta.identity, generation }
    }
}

impl SqliteStore {
    /// Which store this is, and how new.
    ///
    /// # Errors
    /// Only failures of the file.
    pub async fn stamp(&self) -> Result<Stamp, StoreError> {
        self.readers.read(|connection| Meta::read(connection).map(|meta| Stamp::of(&meta))).await
    }

    /// Copies the store, as it is at one instant, into a new file with mode 0600, while others read and write.
    ///
    /// The copy is made beside its place and moved there when it is whole and synced. Secrets in it are sealed as they
    /// are in the store: it opens with the same keys. `progress` is called after each step.
    ///
    /// # Errors
    /// [`StoreError::Place`] if there is a file already or the place is unusable, [`StoreError::Full`].
    pub async fn backup(
        &self,
        to: impl AsRef<Path>,
        progress: Arc<dyn Fn(BackupProgress) + Send + Sync>,
    ) -> Result<Stamp, StoreError> {
        let to = to.as_ref().to_owned();
        self.readers.lend(move |from| Ok(backup(from, &to, &*progress)?)).await
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "SQLite has closed the part, and its final name is not there yet"
)]
pub(crate) fn backup(
    from: &Connection,
    to: &Path,
    progress: &dyn Fn(BackupProgress),
) -> Result<Stamp, StoreError> {
    if to.exists() {
        return Err(place(to, THERE));
    }
    let partial = Partial::beside(to)?;
    copy(from, partial.path(), progress).map_err(Abort::into_store_error)?;
    let stamp = Stamp::of_file(partial.path())?;
    let synced = File::open(partial.path()).and_then(|file| file.sync_all());
    // A link, unlike a renaming, does not replace what someone else put there meanwhile.
    synced.and_then(|()| fs::hard_link(partial.path(), to)).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => place(to, THERE),
        _ => place(to, error),
    })?;
    let folder = folder_of(to);
    place::sync_folder(folder).map_err(|error| place(folder, error))?;
    Ok(stamp)
}

fn copy(from: &Connection, to: &Path, progress: &dyn Fn(BackupProgress)) -> Result<(), Abort> {
    let mut target = place::connect(to)?;
    let backup = Backup::new(from, &mut target)?;
    loop {
        let step = backup.step(PAGES_PER_STEP)?;
        let state = backup.progress();
        let total = u64::try_from(state.pagecount).unwrap_or_default();
        let left = u64::try_from(state.remaining).unwrap_or_default();
        progress(BackupProgress { done: total.saturating_sub(left), total });
        match step {
            StepResult::Done => break,
            StepResult::More => {}
            _ => std::thread::sleep(Duration::from_millis(5)),
        }
    }
    drop(backup);
    // One file, without a log beside it.
    target.pragma_update(None, "journal_mode", "delete")?;
    target.pragma_update(None, "journal_mode", "wal")?;
    target.close().map_err(|(_, error)| Abort::Refused(store_error(&error)))
}
