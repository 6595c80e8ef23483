//! Stable codes of everything that can go wrong when a statement runs.

use lockkeeper_model::ProblemCode;
use lockkeeper_store::{Object, StoreError};
use std::fmt;

/// A code that programs may compare; listed in `docs/errors.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Code {
    /// The text is not a statement: one of the grammar's codes.
    Syntax(&'static str),
    /// The options are wrong.
    Problem(ProblemCode),
    /// One of [`Code::OWN`].
    Own(&'static str),
}

macro_rules! own_codes {
    ($($constant:ident = $text:literal: $meaning:literal,)*) => {
        impl Code {
            $(#[doc = $meaning] pub const $constant: Self = Self::Own($text);)*

            /// The codes of this crate with their meanings, in alphabetical order.
            pub const OWN: &'static [(&'static str, &'static str)] = &[$(($text, $meaning),)*];
        }
    };
}

own_codes! {
    CATALOG_MISSING = "catalog_missing": "The catalog does not exist.",
    CONFLICTING_CLAUSES = "conflicting_clauses": "`OR REPLACE` and `IF NOT EXISTS` stand together: one replaces what exists, the other leaves it.",
    CONNECTION_EXISTS = "connection_exists": "A connection of that name exists.",
    CONNECTION_MISSING = "connection_missing": "There is no connection of that name.",
    DATABASE_EXISTS = "database_exists": "A database of that name exists.",
    DATABASE_IN_USE = "database_in_use": "The session's current database cannot be dropped.",
    DATABASE_MISSING = "database_missing": "The database does not exist.",
    DATABASE_NOT_EMPTY = "database_not_empty": "A database with connections in it cannot be dropped.",
    KEY_MISSING = "key_missing": "The key a secret was sealed with is not at hand.",
    KEY_REFUSED = "key_refused": "The key file's content is not a usable key.",
    NAME_INVALID = "name_invalid": "A name is empty, only white space, or contains control characters.",
    NAME_TOO_LONG = "name_too_long": "A name has more than 100 characters.",
    NOT_A_STORE = "not_a_store": "The file is not a store.",
    NOT_SUPPORTED = "not_supported": "The statement parses but cannot be executed here.",
    PERMISSION_DENIED = "permission_denied": "The principal lacks the right.",
    RECORD_DAMAGED = "record_damaged": "A stored record is not what was written.",
    RENAME_ELSEWHERE = "rename_elsewhere": "A connection cannot be renamed into another database.",
    STORE_BUSY = "store_busy": "Others kept the store locked for too long.",
    STORE_CONFLICT = "store_conflict": "Others changed the same connection again and again.",
    STORE_FAILED = "store_failed": "The store failed.",
    STORE_FULL = "store_full": "The disk is full.",
    STORE_NEWER = "store_newer": "The store was written by a newer version.",
    STORE_PLACE = "store_place": "A file or folder of the store cannot be used as it is.",
    STORE_READ_ONLY = "store_read_only": "The store cannot be written to.",
    STORE_REPLACED = "store_replaced": "Another store, or an older copy, was put in the place of the one that was opened.",
    TEMPORARY_EXISTS = "temporary_exists": "A temporary connection hides the name.",
    TOO_MANY_NAME_PARTS = "too_many_name_parts": "A name has more parts than catalog, database and connection.",
}

impl Code {
    /// The stable text.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Syntax(text) | Self::Own(text) => text,
            Self::Problem(code) => code.as_str(),
        }
    }

    /// The code of a store's error.
    pub const fn of_store(error: &StoreError) -> Self {
        match error {
            StoreError::Exists { object: Object::Database | Object::Catalog, .. } => Self::DATABASE_EXISTS,
            StoreError::Exists { .. } => Self::CONNECTION_EXISTS,
            StoreError::Missing { object: Object::Catalog, .. } => Self::CATALOG_MISSING,
            StoreError::Missing { object: Object::Database, .. } => Self::DATABASE_MISSING,
            StoreError::Missing { object: Object::Connection, .. } => Self::CONNECTION_MISSING,
            StoreError::Missing { .. } | StoreError::Damaged { .. } => Self::RECORD_DAMAGED,
            StoreError::Conflict => Self::STORE_CONFLICT,
            StoreError::Replaced => Self::STORE_REPLACED,
            StoreError::NotEmpty { .. } => Self::DATABASE_NOT_EMPTY,
            StoreError::KeyMissing { .. } => Self::KEY_MISSING,
            StoreError::KeyRefused { .. } => Self::KEY_REFUSED,
            StoreError::NewerVersion { .. } => Self::STORE_NEWER,
            StoreError::NotAStore => Self::NOT_A_STORE,
            StoreError::Place { .. } => Self::STORE_PLACE,
            StoreError::Full => Self::STORE_FULL,
            StoreError::ReadOnly => Self::STORE_READ_ONLY,
            StoreError::Busy => Self::STORE_BUSY,
            _ => Self::STORE_FAILED,
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_sorted_and_unlike_each_other() {
        assert!(Code::OWN.is_sorted_by_key(|(code, _)| *code));
        for (code, _) in Code::OWN {
            assert!(ProblemCode::ALL.iter().all(|problem| problem.as_str() != *code), "{code}");
        }
    }
}
