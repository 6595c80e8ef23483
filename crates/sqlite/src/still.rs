//! Files that nobody writes to: backups, and stores on a medium that cannot be written to.
//!
//! SQLite makes files beside one that it reads. There they cannot be made, and beside a backup they would be left by a
//! process that is killed.

use crate::place;
use lockkeeper_store::{Object, StoreError, StoreId};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use rusqlite::{Connection, ErrorCode, OpenFlags};
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

/// What stands for itself in no path of an address.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'.').remove(b'-').remove(b'_');

/// Opens a backup, and makes nothing beside it.
///
/// One with a log beside it is a store that somebody has open, or had when they were killed: the log belongs to it.
pub(crate) fn connect_backup(path: &Path) -> Result<Connection, StoreError> {
    match cfg!(unix) && !place::log_of(path).exists() {
        true => connect(path),
        false => place::connect(path),
    }
}

/// Opens a file that does not change.
pub(crate) fn connect(path: &Path) -> Result<Connection, StoreError> {
    let flags =
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = place::configured(Connection::open_with_flags(address(path), flags), path)?;
    match has_foreign_version(path) {
        true => Err(StoreError::Damaged { object: Object::Store, name: "header".to_owned() }),
        false => Ok(connection),
    }
}

/// Whether the header tells a version of SQLite's format that none of ours has. Reading goes on all the same, but what is
/// copied from there cannot be written to.
#[expect(
    clippy::disallowed_methods,
    reason = "whoever has locks on it has a log beside it, and this has none"
)]
fn has_foreign_version(path: &Path) -> bool {
    let mut header = [0; 20];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut header));
    read.is_ok() && header.starts_with(b"SQLite format 3\0") && !matches!(header[18..], [1, 1] | [2, 2])
}

/// Whether a connection cannot read because SQLite cannot make its files on a medium that is read-only.
pub(crate) fn is_needed(connection: &Connection, path: &Path) -> bool {
    let read = connection.pragma_query_value(None, "schema_version", |row| row.get::<_, i64>(0));
    if !read.is_err_and(|error| error.sqlite_error_code() == Some(ErrorCode::CannotOpen)) {
        return false;
    }
    // What is only in the log would be missing without a word.
    let is_whole = fs::metadata(place::log_of(path)).ok().is_none_or(|log| log.len() == 0);
    is_whole && is_on_read_only(path)
}

/// Whether nothing can be made beside a file because the medium is read-only. The file itself must not be opened for that:
/// closing it would give up the locks that this process has on it.
pub(crate) fn is_on_read_only(path: &Path) -> bool {
    let Ok(random) = StoreId::random() else { return false };
    let probe = path.with_file_name(format!(".{random}.probe"));
    let made = place::create(&probe);
    if made.is_ok() {
        let _ = fs::remove_file(&probe);
    }
    made.is_err_and(|error| error.kind() == io::ErrorKind::ReadOnlyFilesystem)
}

/// What SQLite calls the file at a path that does not change.
fn address(path: &Path) -> String {
    // Two slashes at the beginning of a path would be taken for a host.
    let mut address = String::from(if path.is_absolute() { "file://" } else { "file:" });
    address.extend(percent_encode(path.as_os_str().as_encoded_bytes(), RESERVED));
    address.push_str("?immutable=1");
    address
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "they damage files that nobody has open")]
mod tests {
    use super::*;

    #[test]
    fn a_backup_is_read_with_nothing_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a b?c=d#e%f\u{fc}");
        let writer = Connection::open(&path).unwrap();
        writer
            .execute_batch("PRAGMA journal_mode=wal; CREATE TABLE t (a); INSERT INTO t VALUES (1)")
            .unwrap();
        writer.close().unwrap();
        let reader = connect_backup(&path).unwrap();
        let number = || reader.query_row("SELECT a FROM t", [], |row| row.get::<_, i64>(0));
        assert_eq!(number().unwrap(), 1);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        assert!(reader.execute("DELETE FROM t", []).is_err());
        let mut bytes = fs::read(&path).unwrap();
        bytes[18] ^= 4;
        fs::write(&path, bytes).unwrap();
        assert!(matches!(connect_backup(&path), Err(StoreError::Damaged { .. })));
    }
}
