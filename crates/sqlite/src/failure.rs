//! What SQLite's result codes mean to a store's caller.

use lockkeeper_store::{Object, StoreError};
use rusqlite::ErrorCode;
use std::fmt;

/// Why a piece of work in a transaction was not done.
#[derive(Debug)]
pub(crate) enum Abort {
    /// The store is well, and said no.
    Refused(StoreError),
    /// SQLite failed.
    Failed(rusqlite::Error),
}

impl From<StoreError> for Abort {
    fn from(error: StoreError) -> Self {
        Self::Refused(error)
    }
}

impl From<rusqlite::Error> for Abort {
    fn from(error: rusqlite::Error) -> Self {
        Self::Failed(error)
    }
}

impl Abort {
    pub(crate) fn into_store_error(self) -> StoreError {
        match self {
            Self::Refused(error) => error,
            Self::Failed(error) => store_error(&error),
        }
    }
}

/// A result code of SQLite; its message is not kept, because it may quote what it is about.
#[derive(Clone, Copy, Debug)]
struct ResultCode(i32);

impl fmt::Display for ResultCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SQLite reports code {}: {}", self.0, rusqlite::ffi::code_to_str(self.0))
    }
}

impl std::error::Error for ResultCode {}

/// The error that a caller can act on.
pub(crate) fn store_error(error: &rusqlite::Error) -> StoreError {
    let rusqlite::Error::SqliteFailure(code, _) = error else {
        // A column that has another type than it was written with.
        return damaged_store();
    };
    match code.code {
        ErrorCode::DiskFull => StoreError::Full,
        ErrorCode::ReadOnly | ErrorCode::PermissionDenied => StoreError::ReadOnly,
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => StoreError::Busy,
        ErrorCode::DatabaseCorrupt => damaged_store(),
        ErrorCode::NotADatabase => StoreError::NotAStore,
        // A table or a column that is not there.
        ErrorCode::Unknown if code.extended_code == rusqlite::ffi::SQLITE_ERROR => damaged_store(),
        _ => StoreError::Backend(Box::new(ResultCode(code.extended_code))),
    }
}

/// The damage is not in one record.
pub(crate) fn damaged_store() -> StoreError {
    StoreError::Damaged { object: Object::Store, name: "sqlite".to_owned() }
}

/// Whether a transaction may have become durable although its commit failed.
pub(crate) fn leaves_doubt(error: &rusqlite::Error) -> bool {
    !matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::DiskFull | ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::ReadOnly)
    )
}

/// Whether a row was inserted; it was not if its primary key is there already.
pub(crate) fn is_new(inserted: rusqlite::Result<usize>) -> Result<bool, Abort> {
    match inserted {
        Ok(_) => Ok(true),
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => Ok(false),
        Err(error) => Err(error.into()),
    }
}
