//! What can go wrong with a store.

use std::fmt;

/// Kinds of things that stores keep, for messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the words themselves")]
pub enum Object {
    AuditEvent,
    Catalog,
    Connection,
    DataKey,
    Database,
    Secret,
    Store,
}

impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AuditEvent => "audit event",
            Self::Catalog => "catalog",
            Self::Connection => "connection",
            Self::DataKey => "data key",
            Self::Database => "database",
            Self::Secret => "secret",
            Self::Store => "store",
        })
    }
}

/// Why a store did not do what it was asked. It holds names, sizes and kinds, never contents.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// There is one of that name already. Nothing was changed.
    #[error("{object} \"{name}\" exists already")]
    Exists {
        /// What exists.
        object: Object,
        /// Its name.
        name: String,
    },
    /// There is none of that name. Nothing was changed.
    #[error("{object} \"{name}\" does not exist")]
    Missing {
        /// What is missing.
        object: Object,
        /// Its name.
        name: String,
    },
    /// The entry changed since it was read. Nothing was changed; read again and decide anew.
    #[error("the connection was changed by someone else at the same time")]
    Conflict,
    /// Another store, or an older copy of this one, was put in the place of the store since it was opened: what was sealed
    /// for the one would never open in the other. Nothing was changed.
    #[error("the store was replaced since it was opened")]
    Replaced,
    /// A database cannot be dropped while connections live in it.
    #[error("database \"{name}\" is not empty")]
    NotEmpty {
        /// Its name.
        name: String,
    },
    /// A record is not what was written: a torn or changed byte, or a sealed secret that was moved. Other records
    /// are not affected.
    #[error("{object} \"{name}\" is damaged")]
    Damaged {
        /// What is damaged.
        object: Object,
        /// Its name or identity.
        name: String,
    },
    /// A record was sealed under a key that the provider does not have.
    #[error("the key with identity \"{key_id}\" is not at hand")]
    KeyMissing {
        /// The identity of the key, which is not secret.
        key_id: String,
    },
    /// A key is not one: wrong length, wrong form, or obviously not random.
    #[error("not a usable key: {reason}")]
    KeyRefused {
        /// Which rule it breaks.
        reason: &'static str,
    },
    /// The provider of the key-encryption key failed.
    #[error("the key provider failed")]
    KeyProvider(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The store was written by a newer version of this software.
    #[error("the store has version {found}, this program knows versions up to {known}")]
    NewerVersion {
        /// The version found.
        found: u32,
        /// The newest version known.
        known: u32,
    },
    /// The file is no store of ours.
    #[error("the file is not a Lockkeeper store")]
    NotAStore,
    /// The place of a store cannot be used as it is.
    #[error("{place} cannot be used: {reason}")]
    Place {
        /// Which file or folder.
        place: String,
        /// Why.
        reason: String,
    },
    /// The disk is full, so nothing was changed.
    #[error("the disk is full")]
    Full,
    /// The store cannot be written to.
    #[error("the store is read-only")]
    ReadOnly,
    /// Others kept the store locked for longer than the time to wait.
    #[error("the store is busy")]
    Busy,
    /// The backend failed in another way.
    #[error("the store failed")]
    Backend(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The system has no randomness to give.
    #[error("the system has no randomness")]
    Randomness,
    /// A text is not an identity.
    #[error("not an identity of 32 hexadecimal digits")]
    InvalidId,
    /// A rule of this crate was broken by its caller.
    #[error("the store was used wrongly: {0}")]
    Misuse(&'static str),
}

impl StoreError {
    /// What to do about it, if that is not obvious.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Exists { .. } | Self::Missing { .. } | Self::InvalidId | Self::Misuse(_) => None,
            Self::Conflict => Some("run the statement again"),
            Self::Replaced => Some("start anew, and look at what is there now; nothing was changed"),
            Self::NotEmpty { .. } => Some("drop its connections first"),
            Self::Damaged { object: Object::Catalog | Object::Database, .. } => {
                Some("restore it from a backup; others are not affected")
            }
            Self::Damaged { object: Object::Store, .. } => Some("restore it from a backup"),
            Self::Damaged { .. } => Some(
                "restore it from a backup, or drop it and create it again; other records are not affected",
            ),
            Self::KeyMissing { .. } => Some("use the key file that this store was made with"),
            Self::KeyRefused { .. } => {
                Some("a key file is made by the program on first use; restore it from a backup")
            }
            Self::KeyProvider(_) => Some("see the provider's own message"),
            Self::NewerVersion { .. } => Some("use a newer program; this one has changed nothing"),
            Self::NotAStore => Some("check the path of the store"),
            Self::Place { .. } => Some("check the path, the owner and the mode"),
            Self::Full => Some("make room and try again; nothing was changed"),
            Self::ReadOnly => Some("check the owner and the mode of the store's file and folder"),
            Self::Busy => Some("try again later"),
            Self::Backend(_) => Some("nothing is known to have changed; look before trying again"),
            Self::Randomness => Some("this is a fault of the operating system"),
        }
    }
}
