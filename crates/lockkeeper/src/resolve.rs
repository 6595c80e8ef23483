//! From a name in a statement to a connection.

use crate::code::Code;
use crate::error::Error;
use crate::policy::Action;
use crate::session::Session;
use crate::storage::Storage;
use lockkeeper_grammar::{Ident, Name, Span};
use lockkeeper_model::{Connection, ConnectionPath, Credential, DatabasePath, Identifier};
use lockkeeper_redact::Clean;
use lockkeeper_store::{ConnectionUid, Entry, Object, Revision, StoreError, WithSecrets};

/// A connection ready for use.
#[expect(missing_debug_implementations, reason = "it holds secrets")]
pub struct Resolved {
    /// Type, endpoint, plain options.
    pub connection: Connection,
    /// Its secrets, opened.
    pub credential: Credential,
    /// Which state of it this is.
    pub version: ConnectionVersion,
}

/// A state of a connection; a key for caches of what was made of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ConnectionVersion {
    /// Its identity.
    pub uid: ConnectionUid,
    /// How often it was changed.
    pub revision: Revision,
    /// How often its secrets were changed; with the identity a key for caches of tokens.
    pub secret_version: u64,
}

/// A connection that was found, and where it is kept.
pub(crate) struct Found {
    pub(crate) entry: Entry,
    pub(crate) storage: Storage,
    pub(crate) temporary: bool,
}

impl Session {
    /// Finds a connection by its name as a statement has it, and opens its secrets.
    ///
    /// # Errors
    /// [`Code::PERMISSION_DENIED`], [`Code::CONNECTION_MISSING`], a wrong name, or a failure of the store.
    pub async fn resolve(&self, name: &Name) -> Result<Resolved, Error> {
        let path = self.connection_path(name)?;
        self.authorize(Action::UseConnection, Some(&path.database), None, name.span)?;
        let (storage, mut found) = self.find_for_use(&path, name.span).await?;
        let of_store = |error| Error::of_store(error, name.span);
        let credential = loop {
            let error = match storage.open(&found).await {
                Ok(credential) => break credential,
                Err(error) => error,
            };
            // Whoever changed the connection since it was read has destroyed its old secrets.
            let now = storage.catalog.read_anew(&path).await.map_err(of_store)?;
            match now.ok_or_else(|| missing(&path, name.span))? {
                now if now.expected() == found.entry.expected() => return Err(of_store(error)),
                entry => found = WithSecrets { entry, sealed: Vec::new() },
            }
        };
        let Entry { connection, uid, revision, secret_version, .. } = found.entry;
        Ok(Resolved { connection, credential, version: ConnectionVersion { uid, revision, secret_version } })
    }

    /// Says which state of which connection has a name now, without opening its secrets.
    ///
    /// # Errors
    /// As [`Session::resolve`].
    pub async fn version(&self, name: &Name) -> Result<ConnectionVersion, Error> {
        let path = self.connection_path(name)?;
        self.authorize(Action::UseConnection, Some(&path.database), None, name.span)?;
        let Entry { uid, revision, secret_version, .. } = self.require(&path, name.span).await?.entry;
        Ok(ConnectionVersion { uid, revision, secret_version })
    }

    /// The full path of a connection's name of one to three parts.
    pub(crate) fn connection_path(&self, name: &Name) -> Result<ConnectionPath, Error> {
        let (last, database) = match name.parts.split_last() {
            Some((last, database)) if database.len() <= 2 => (last, database),
            _ => return Err(too_many_parts(name, "[catalog.][database.]connection")),
        };
        let name = identifier(last)?;
        Ok(self.path_of(database)?.connection(name))
    }

    /// The full path of a database's name of one or two parts.
    pub(crate) fn database_path(&self, name: &Name) -> Result<DatabasePath, Error> {
        match name.parts.len() {
            1 | 2 => self.path_of(&name.parts),
            _ => Err(too_many_parts(name, "[catalog.]database")),
        }
    }

    /// A catalog's name, of one part.
    pub(crate) fn catalog_name(&self, name: &Name) -> Result<Identifier, Error> {
        match name.parts.as_slice() {
            [catalog] => identifier(catalog),
            _ => Err(too_many_parts(name, "catalog")),
        }
    }

    /// Finds a connection; a temporary one hides one of the same name.
    pub(crate) async fn find(&self, path: &ConnectionPath, span: Span) -> Result<Option<Found>, Error> {
        if let Some(entry) = self.find_temporary(path, span).await? {
            let storage = self.temporary.clone().unwrap_or_else(|| self.storage().clone());
            return Ok(Some(Found { entry, storage, temporary: true }));
        }
        let entry = self.of_read(self.catalog().read(path).await, path, span).await?;
        Ok(entry.map(|entry| Found { entry, storage: self.storage().clone(), temporary: false }))
    }

    /// Finds a connection that has to be there and is about to be used.
    async fn find_for_use(&self, path: &ConnectionPath, span: Span) -> Result<(Storage, WithSecrets), Error> {
        if self.temporary.is_some()
            && let Some(found) = self.find_temporary(path, span).await?
        {
            let storage = self.temporary.clone().unwrap_or_else(|| self.storage().clone());
            return Ok((storage, WithSecrets { entry: found, sealed: Vec::new() }));
        }
        let storage = self.storage().clone();
        let found = self.of_read(storage.read_for_use(path).await, path, span).await?;
        Ok((storage, found.ok_or_else(|| missing(path, span))?))
    }

    /// Says which part of the name is wrong, which the store does not.
    async fn of_read<T>(
        &self,
        read: Result<T, StoreError>,
        path: &ConnectionPath,
        span: Span,
    ) -> Result<T, Error> {
        if let Err(StoreError::Missing { .. }) = read {
            self.require_database(&path.database, span).await?;
        }
        read.map_err(|error| Error::of_store(error, span))
    }

    /// Finds a connection that has to be there.
    pub(crate) async fn require(&self, path: &ConnectionPath, span: Span) -> Result<Found, Error> {
        self.find(path, span).await?.ok_or_else(|| missing(path, span))
    }

    /// Finds a temporary connection.
    pub(crate) async fn find_temporary(
        &self,
        path: &ConnectionPath,
        span: Span,
    ) -> Result<Option<Entry>, Error> {
        let Some(temporary) = &self.temporary else { return Ok(None) };
        match temporary.catalog.read(path).await {
            // A database of which the session has no temporary connection.
            Err(StoreError::Missing { .. }) => Ok(None),
            other => other.map_err(|e| Error::of_store(e, span)),
        }
    }

    fn path_of(&self, parts: &[Ident]) -> Result<DatabasePath, Error> {
        Ok(match parts {
            [] => self.current.clone(),
            [database] => {
                DatabasePath { catalog: self.current.catalog.clone(), database: identifier(database)? }
            }
            [catalog, database, ..] => {
                DatabasePath { catalog: identifier(catalog)?, database: identifier(database)? }
            }
        })
    }
}

/// The error for a connection that is not there.
pub(crate) fn missing(path: &ConnectionPath, span: Span) -> Error {
    let name = path.name.as_str().to_owned();
    Error::of_store(StoreError::Missing { object: Object::Connection, name }, span)
}

pub(crate) fn identifier(part: &Ident) -> Result<Identifier, Error> {
    Identifier::new(part.value.as_str()).map_err(|error| Error::name(error, part.span))
}

fn too_many_parts(name: &Name, form: &'static str) -> Error {
    let message = format!("a name of {} parts is too long", name.parts.len());
    let hint = format!("the form is {form}");
    Error::one(Code::TOO_MANY_NAME_PARTS, name.span, Clean::text(&message), Some(Clean::text(&hint)))
}
