//! Putting a backup in the place of a store.

use crate::backup::{Stamp, backup};
use crate::failure::{Abort, store_error};
use crate::log;
use crate::place::{self, beside, place};
use crate::schema;
use crate::still;
use crate::store::SqliteStore;
use crate::verify::verify;
use lockkeeper_store::{Object, StoreError};
use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};
use std::fs;
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

/// How long to wait for other processes.
const PATIENCE: Duration = Duration::from_secs(30);

impl SqliteStore {
    /// Puts the content of a backup in the place of what the file `to` holds, which need not exist.
    ///
    /// It is one transaction of that file: a crash leaves the old or the new content, and other processes see the one
    /// or the other. Whether the store there is newer, or another one, is for the caller to find out
    /// ([`crate::Stamp::of_file`]). With `force`, a damaged backup is taken too, and a file in whose place nothing can be put
    /// because it is damaged is moved away, to the same name with `.damaged` after it. It blocks as long as the copying
    /// takes, which is twice for a backup of an earlier version.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] if the backup is, or has other tables than ours, triggers or views;
    /// [`StoreError::NotAStore`], [`StoreError::Place`], [`StoreError::Busy`], [`StoreError::Full`].
    pub fn restore(from: impl AsRef<Path>, to: impl AsRef<Path>, force: bool) -> Result<(), StoreError> {
        let (from, to) = (from.as_ref(), to.as_ref());
        Stamp::of_file(from)?;
        let source = still::connect_backup(from)?;
        if !force && !verify(&source).map_err(Abort::into_store_error)?.is_sound() {
            return Err(StoreError::Damaged { object: Object::Store, name: from.display().to_string() });
        }
        match to.try_exists() {
            Ok(true) => {
                let newest = newest(source)?;
                match replace(&newest, to) {
                    Err(error) if force && is_of_damage(&error, to) => {
                        set_aside(to).map_err(|error| place(to, error))?;
                        put(&newest, to)
                    }
                    done => done,
                }
            }
            Ok(false) => put(&source, to),
            Err(error) => Err(place(to, error)),
        }
    }
}

/// Where no file is: the folder, its mode, and then the file in one step.
fn put(source: &Connection, to: &Path) -> Result<(), StoreError> {
    place::prepare(to)?;
    fs::remove_file(to).map_err(|error| place(to, error))?;
    backup(source, to, &|_| {}).map(|_| ())
}

/// All pages in one transaction.
fn replace(source: &Connection, to: &Path) -> Result<(), StoreError> {
    let fail = |error: rusqlite::Error| store_error(&error);
    place::prepare(to)?;
    let mut target = place::connect(to)?;
    // The log is moved once, at the end.
    target.execute_batch("PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0").map_err(fail)?;
    copy(source, &mut target)?;
    log::move_out(&target, to, &|_| {});
    target.close().map_err(|(_, error)| fail(error))?;
    // What is left of a damaged file is in the way, if anything is.
    Stamp::of_file(to).map(|_| ())
}

/// A backup at the newest version: other processes that have the store's file open know no other.
fn newest(source: Connection) -> Result<Connection, StoreError> {
    if schema::version(&source).map_err(Abort::into_store_error)? == schema::VERSION {
        return Ok(source);
    }
    let mut newest = place::connect_scratch()?;
    copy(&source, &mut newest)?;
    schema::migrate(&mut newest, &|_| {}).map_err(Abort::into_store_error)?;
    Ok(newest)
}

fn copy(source: &Connection, target: &mut Connection) -> Result<(), StoreError> {
    let fail = |error: rusqlite::Error| store_error(&error);
    let copying = Backup::new(source, target).map_err(fail)?;
    let begun = Instant::now();
    loop {
        match copying.step(-1).map_err(fail)? {
            StepResult::Done => return Ok(()),
            _ if begun.elapsed() > PATIENCE => return Err(StoreError::Busy),
            _ => std::thread::sleep(Duration::from_millis(5)),
        }
    }
}

/// Whether nothing could be put into a file because of what it is.
fn is_of_damage(error: &StoreError, to: &Path) -> bool {
    match error {
        StoreError::Damaged { .. } | StoreError::NotAStore => true,
        StoreError::ReadOnly => place::has_foreign_header(to),
        _ => false,
    }
}

/// The files beside it belong to it, and must not be taken for those of another.
fn set_aside(path: &Path) -> io::Result<()> {
    for suffix in ["-wal", "-shm", ""] {
        match fs::rename(beside(path, suffix), beside(path, &format!(".damaged{suffix}"))) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}
