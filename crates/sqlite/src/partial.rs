//! The file that a backup is before it is whole.

use crate::place::{self, beside, folder_of, place};
use lockkeeper_store::{StoreError, StoreId};
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What follows the random part of the name.
const END: &str = ".partial";
/// What SQLite makes beside a file, after its name; the file itself last.
const BESIDE: [&str; 4] = ["-journal", "-wal", "-shm", ""];
/// One that nobody has written to for so long was left behind by a process that was killed.
const LEFT: Duration = Duration::from_secs(24 * 60 * 60);

/// A file beside the place of a backup, under a name that nobody else has. It goes away again.
pub(crate) struct Partial(PathBuf);

impl Partial {
    /// Makes an empty one, and removes those that were left here.
    ///
    /// # Errors
    /// [`StoreError::Place`], [`StoreError::Randomness`].
    pub(crate) fn beside(to: &Path) -> Result<Self, StoreError> {
        let mut name = beginning(to)?;
        remove_left(to, &name);
        name.push(StoreId::random()?.to_string());
        name.push(END);
        let path = to.with_file_name(name);
        place::create(&path).map_err(|error| place(&path, error))?;
        Ok(Self(path))
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        remove(&self.0);
    }
}

fn remove(path: &Path) {
    for suffix in BESIDE {
        let _ = fs::remove_file(beside(path, suffix));
    }
}

/// Removes what killed processes have left of backups to the same place, as far as that is possible.
fn remove_left(to: &Path, beginning: &OsStr) {
    let Ok(entries) = fs::read_dir(folder_of(to)) else { return };
    for entry in entries.flatten().filter(|entry| is_ours(&entry.file_name(), beginning)) {
        let age = entry.metadata().and_then(|metadata| metadata.modified()).map(|time| time.elapsed());
        if age.is_ok_and(|age| age.is_ok_and(|age| age > LEFT)) {
            remove(&entry.path());
        }
    }
}

/// What stands before the random part of the name.
fn beginning(to: &Path) -> Result<OsString, StoreError> {
    let mut name = to.file_name().ok_or_else(|| place(to, "it is not the path of a file"))?.to_owned();
    name.push(".");
    Ok(name)
}

fn is_ours(name: &OsStr, beginning: &OsStr) -> bool {
    let name = name.as_encoded_bytes().strip_prefix(beginning.as_encoded_bytes());
    let random = name.and_then(|rest| rest.strip_suffix(END.as_bytes()));
    random
        .and_then(|random| std::str::from_utf8(random).ok())
        .is_some_and(|random| random.parse::<StoreId>().is_ok())
}
