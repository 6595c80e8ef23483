//! Files that are written under a name of their own and take their place when they are whole.

use lockkeeper::store::{StoreError, StoreId};
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// What follows the random part of the name.
const END: &str = ".unfinished";

/// A new file beside another one. It goes away again unless it is put in that one's place.
pub(super) struct Unfinished {
    path: PathBuf,
    file: File,
    put: bool,
}

impl Unfinished {
    /// Makes an empty file that only its owner can read, under a name that nobody else has.
    pub(super) fn beside(place: &Path) -> io::Result<Self> {
        let mut name = beginning(place)?;
        let random = StoreId::random().map_err(|error: StoreError| io::Error::other(error))?;
        name.push(random.to_string());
        name.push(END);
        let path = place.with_file_name(name);
        let file = super::file::new_private(&path)?;
        Ok(Self { path, file, put: false })
    }

    /// Writes the whole content, durably.
    pub(super) fn fill(&mut self, content: &[u8]) -> io::Result<()> {
        self.file.write_all(content)?;
        self.file.sync_all()
    }

    /// Puts the file in its place.
    pub(super) fn put(mut self, place: &Path) -> io::Result<()> {
        fs::rename(&self.path, place)?;
        self.put = true;
        Ok(())
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if !self.put {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Removes what processes that were killed have left beside a file, as far as that is possible. Nobody else may be
/// making one meanwhile.
pub(super) fn remove_left(place: &Path, folder: &Path) {
    let (Ok(beginning), Ok(entries)) = (beginning(place), fs::read_dir(folder)) else { return };
    for entry in entries.flatten().filter(|entry| is_ours(&entry.file_name(), &beginning)) {
        let _ = fs::remove_file(entry.path());
    }
}

/// What stands before the random part of the name.
fn beginning(place: &Path) -> io::Result<OsString> {
    let name = place.file_name();
    let name =
        name.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "it is not the path of a file"))?;
    let mut beginning = OsString::from(".");
    beginning.push(name);
    beginning.push(".");
    Ok(beginning)
}

fn is_ours(name: &OsStr, beginning: &OsStr) -> bool {
    let name = name.as_encoded_bytes().strip_prefix(beginning.as_encoded_bytes());
    let random = name.and_then(|rest| rest.strip_suffix(END.as_bytes()));
    random
        .and_then(|random| std::str::from_utf8(random).ok())
        .is_some_and(|random| random.parse::<StoreId>().is_ok())
}
