//! Definitions.

use crate::blobs;
use crate::changes::{self, Written, missing_database};
use crate::failure::Abort;
use crate::links;
use crate::readers::Snapshot;
use crate::rows::{EntryRow, catalog_sum, damaged_connection, database_sum, identifier};
use crate::statements::Statements;
use crate::store::SqliteStore;
use async_trait::async_trait;
use lockkeeper_model::{ConnectionPath, DatabasePath, Identifier};
use lockkeeper_store::{
    BlobKey, Catalog, Edit, Entry, Listed, Object, Riders, SecretId, Selection, StoreError, StoreId,
    WithSecrets,
};
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::BTreeMap;
use std::sync::{PoisonError, RwLock};

#[async_trait]
impl Catalog for SqliteStore {
    fn identity(&self) -> StoreId {
        self.identity
    }

    async fn read(&self, path: &ConnectionPath) -> Result<Option<Entry>, StoreError> {
        let known = self.databases.find(&path.database);
        let found = match self.readers.read_point(|connection| read(connection, path, known)) {
            Some(found) => found?,
            None => {
                let path = path.clone();
                self.readers.read(move |connection| read(connection, &path, known)).await?
            }
        };
        self.databases.keep(&path.database, known, found.database);
        Ok(found.entry)
    }

    async fn read_with_secrets(&self, path: &ConnectionPath) -> Result<Option<WithSecrets>, StoreError> {
        let known = self.databases.find(&path.database);
        let found = self.readers.read_point(|connection| read_with_secrets(connection, path, known));
        let (database, found) = match found {
            Some(found) => found?,
            None => {
                let path = path.clone();
                self.readers.read(move |connection| read_with_secrets(connection, &path, known)).await?
            }
        };
        self.databases.keep(&path.database, known, database);
        Ok(found)
    }

    async fn list(
        &self,
        database: &DatabasePath,
        selection: &Selection,
        after: Option<&Identifier>,
        limit: usize,
    ) -> Result<Vec<Listed>, StoreError> {
        let (database, selection, after) = (database.clone(), selection.clone(), after.cloned());
        self.readers
            .read(move |connection| list(connection, &database, &selection, after.as_ref(), limit))
            .await
    }

    async fn commit(&self, edit: Edit, riders: Riders) -> Result<(), StoreError> {
        let written = Written::of(&edit, &riders)?;
        self.writer.write(move |ledger| changes::commit(ledger, &edit, &riders, &written)).await
    }

    async fn commit_series(&self, edits: Vec<(Edit, Riders)>) -> (usize, Result<(), StoreError>) {
        // What is to be written is made by the thread that writes it: the caller may be preparing what comes next.
        match self.writer.write(move |ledger| changes::commit_series(ledger, &edits)).await {
            Ok((made, refusal)) => (made, refusal.map_or(Ok(()), Err)),
            Err(error) => (0, Err(error)),
        }
    }

    async fn unreferenced(&self, secrets: &[SecretId]) -> Result<Vec<SecretId>, StoreError> {
        let secrets = secrets.to_vec();
        self.readers.read(move |connection| unreferenced(connection, secrets)).await
    }

    async fn catalogs(&self) -> Result<Vec<Listed>, StoreError> {
        self.readers.read(catalogs).await
    }

    async fn databases(&self, catalog: &Identifier) -> Result<Vec<Listed>, StoreError> {
        let catalog = catalog.clone();
        self.readers.read(move |connection| databases(connection, &catalog)).await
    }

    async fn create_database(&self, database: &DatabasePath) -> Result<(), StoreError> {
        let database = database.clone();
        self.writer.write(move |ledger| changes::create_database(ledger, &database)).await
    }

    async fn drop_database(&self, database: &DatabasePath) -> Result<(), StoreError> {
        let database = database.clone();
        self.writer.write(move |ledger| changes::drop_database(ledger, &database)).await
    }
}

/// Numbers of databases, kept from one read to the next.
///
/// No number is given twice, and a database that was dropped has no entries: an entry that is found under a number is
/// the right one if it has the name of the database in it. If none is found, the name is looked up.
#[derive(Default)]
pub(crate) struct KnownDatabases(RwLock<BTreeMap<DatabasePath, i64>>);

impl KnownDatabases {
    const MOST: usize = 1000;

    fn find(&self, path: &DatabasePath) -> Option<i64> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(path).copied()
    }

    fn keep(&self, path: &DatabasePath, known: Option<i64>, id: i64) {
        if known == Some(id) {
            return;
        }
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= Self::MOST {
            known.clear();
        }
        known.insert(path.clone(), id);
    }
}

struct Found {
    database: i64,
    entry: Option<Entry>,
}

pub(crate) const READ: &str = "
    SELECT d.id, d.sum, n.name, e.uid, e.revision, e.body, e.sum
    FROM databases AS d LEFT JOIN names AS n ON n.database = d.id AND n.name = ?3 LEFT JOIN entries AS e ON e.id = n.entry
    WHERE d.catalog = ?1 AND d.name = ?2";

pub(crate) const READ_KNOWN: &str = "
    SELECT n.name, e.uid, e.revision, e.body, e.sum
    FROM names AS n LEFT JOIN entries AS e ON e.id = n.entry
    WHERE n.database = ?1 AND n.name = ?2";

pub(crate) const LIST: &str = "
    SELECT n.name, e.uid, e.revision, e.body, e.sum, n.link
    FROM names AS n LEFT JOIN entries AS e ON e.id = n.entry
    WHERE n.database = ?1 AND n.name >= ?2 AND n.name < ?3
    ORDER BY n.name";

/// Every entry, by database and name, with the ends of the databases.
pub(crate) const READ_ALL: &str = "
    SELECT n.name, e.uid, e.revision, e.body, e.sum, n.link, n.database
    FROM names AS n LEFT JOIN entries AS e ON e.id = n.entry
    ORDER BY n.database, n.name";

/// The same in version 1 of the tables.
pub(crate) const READ_ALL_1: &str =
    "SELECT name, uid, revision, body, sum, link, database FROM entries ORDER BY database, name";

fn read(connection: &Connection, path: &ConnectionPath, known: Option<i64>) -> Result<Found, Abort> {
    if let Some(database) = known {
        let mut statement = connection.prepare_cached(READ_KNOWN)?;
        let mut rows = statement.query(params![database, path.name.as_str().as_bytes()])?;
        let entry = rows.next()?.and_then(|row| EntryRow::read(row, 0, database)?.entry().ok());
        if let Some(entry) = entry.filter(|entry| entry.path == *path) {
            return Ok(Found { database, entry: Some(entry) });
        }
    }
    // Whether there really is none takes a look at the rows on both sides.
    let _snapshot = Snapshot::of(connection)?;
    let ConnectionPath { database, name } = path;
    let (catalog, database_name) =
        (database.catalog.as_str().as_bytes(), database.database.as_str().as_bytes());
    let name = name.as_str().as_bytes();
    let mut statement = connection.prepare_cached(READ)?;
    let mut rows = statement.query(params![catalog, database_name, name])?;
    let Some(row) = rows.next()? else {
        return Err(missing_database(connection, database));
    };
    let id = row.get(0)?;
    if row.get::<_, [u8; 8]>(1)? != database_sum(catalog, database_name, id) {
        return Err(StoreError::Damaged { object: Object::Database, name: database.to_string() }.into());
    }
    if row.get_ref(2)? == rusqlite::types::ValueRef::Null {
        return match links::gap(&mut Statements::new(connection), id, name)?.is_whole {
            true => Ok(Found { database: id, entry: None }),
            false => Err(damaged_connection(name).into()),
        };
    }
    let row = EntryRow::read(row, 2, id).ok_or_else(|| damaged_connection(name))?;
    let entry = row.entry()?;
    match entry.path == *path {
        true => Ok(Found { database: id, entry: Some(entry) }),
        false => Err(damaged_connection(name).into()),
    }
}

/// Both at one instant.
fn read_with_secrets(
    connection: &Connection,
    path: &ConnectionPath,
    known: Option<i64>,
) -> Result<(i64, Option<WithSecrets>), Abort> {
    let _snapshot = Snapshot::of(connection)?;
    let Found { database, entry } = read(connection, path, known)?;
    let Some(entry) = entry else { return Ok((database, None)) };
    let mut sealed = Vec::with_capacity(entry.secrets.len());
    for id in entry.secrets.values() {
        match blobs::read(connection, &BlobKey::of_secret(*id)) {
            Ok(bytes) => sealed.extend(bytes.map(|bytes| (*id, bytes))),
            Err(Abort::Refused(StoreError::Damaged { .. })) => {}
            Err(error) => return Err(error),
        }
    }
    Ok((database, Some(WithSecrets { entry, sealed })))
}

fn list(
    connection: &Connection,
    database: &DatabasePath,
    selection: &Selection,
    after: Option<&Identifier>,
    limit: usize,
) -> Result<Vec<Listed>, Abort> {
    let id = changes::database_id(connection, database)?;
    let (from, to) = range(selection.prefix(), after.map(Identifier::as_str));
    let mut listed = Vec::new();
    let mut before: Option<Vec<u8>> = None;
    let mut statement = connection.prepare_cached(LIST)?;
    let mut rows = statement.query(params![id, from, to])?;
    while listed.len() < limit
        && let Some(row) = rows.next()?
    {
        let name = row.get_ref(0)?.as_blob().unwrap_or_default();
        let is_wanted = std::str::from_utf8(name).is_ok_and(|name| selection.wants(name));
        let before_it = before.take().map_or_else(|| links::before(connection, id, name), Ok)?;
        let is_linked = row.get_ref(5)?.as_blob() == Ok(&links::link(id, &before_it, name));
        let is_readable = (is_linked && !is_wanted) || EntryRow::read(row, 0, id).is_some();
        // A damaged name explains why it and the next one are not linked. Otherwise the link was changed, or rows are
        // missing before it; the others are listed all the same.
        let damaged = !is_readable || !is_linked && is_sound(connection, id, &before_it);
        if is_wanted || damaged {
            listed.push(Listed { name: identifier(name)?, damaged });
        }
        before = Some(name.to_vec());
    }
    // The page before has told what is the matter behind its last row.
    if rows.next()?.is_none() && (before.is_some() || after.is_none()) {
        let last = before.as_deref().unwrap_or(&from);
        if is_broken_behind(connection, id, last)? {
            let name = identifier(before.as_deref().unwrap_or(links::END))?;
            match listed.last_mut().filter(|listed| listed.name == name) {
                Some(listed) => listed.damaged = true,
                None => listed.push(Listed { name, damaged: true }),
            }
        }
    }
    Ok(listed)
}

/// Whether rows are missing behind a name, or the link of the next one was changed.
fn is_broken_behind(connection: &Connection, database: i64, name: &[u8]) -> rusqlite::Result<bool> {
    let gap = links::gap(&mut Statements::new(connection), database, name)?;
    let is_end = gap.after.is_empty() || gap.after == links::END;
    Ok(!gap.is_whole
        && is_sound(connection, database, &gap.before)
        && (is_end || is_sound(connection, database, &gap.after)))
}

/// Whether there is no damaged row of that name.
fn is_sound(connection: &Connection, database: i64, name: &[u8]) -> bool {
    let sound = connection.prepare_cached(READ_KNOWN).and_then(|mut statement| {
        let read = |row: &rusqlite::Row<'_>| Ok(EntryRow::read(row, 0, database).is_some());
        statement.query_row(params![database, name], read).optional()
    });
    matches!(sound, Ok(None | Some(true)))
}

/// The names with a prefix, after a name: from the first one, and up to the second one without it.
fn range(prefix: &str, after: Option<&str>) -> (Vec<u8>, Vec<u8>) {
    // The next text in order has one zero byte more.
    let after = after.map(|after| [after.as_bytes(), b"\0"].concat()).unwrap_or_default();
    let from = after.max(prefix.as_bytes().to_vec());
    let mut to = prefix.as_bytes().to_vec();
    match to.last_mut() {
        // No byte of UTF-8 is 0xff.
        Some(last) => *last += 1,
        None => to.push(0xff),
    }
    (from, to)
}

/// Looks at every entry: an index of references would be one more page for every change, and a reference that a
/// damaged page hides would cost a secret.
fn unreferenced(connection: &Connection, mut secrets: Vec<SecretId>) -> Result<Vec<SecretId>, Abort> {
    match changes::referenced(connection)? {
        Some(referenced) => secrets.retain(|id| !referenced.contains(id)),
        None => secrets.clear(),
    }
    Ok(secrets)
}

fn catalogs(connection: &Connection) -> Result<Vec<Listed>, Abort> {
    changes::check_counts(connection)?;
    let mut statement = connection.prepare_cached("SELECT name, sum FROM catalogs ORDER BY name")?;
    let mut rows = statement.query([])?;
    let mut listed = Vec::new();
    while let Some(row) = rows.next()? {
        let name = row.get_ref(0)?.as_blob().unwrap_or_default();
        let damaged = row.get(1).ok() != Some(catalog_sum(name));
        listed.push(Listed { name: identifier(name)?, damaged });
    }
    Ok(listed)
}

/// A damaged database is listed in the catalog that its row tells, or in all if there is none such.
fn databases(connection: &Connection, catalog: &Identifier) -> Result<Vec<Listed>, Abort> {
    let catalogs = catalogs(connection)?;
    let mut statement =
        connection.prepare_cached("SELECT catalog, name, id, sum FROM databases ORDER BY name")?;
    let mut rows = statement.query([])?;
    let mut listed = Vec::new();
    while let Some(row) = rows.next()? {
        let bytes = |column| row.get_ref(column).ok()?.as_blob().ok();
        let (told, name) = (bytes(0).unwrap_or_default(), bytes(1).unwrap_or_default());
        let sum = row.get(2).map(|id| database_sum(told, name, id)).ok();
        let damaged = sum.is_none() || row.get(3).ok() != sum;
        let is_of = |catalog: &Identifier| catalog.as_str().as_bytes() == told;
        let is_stray = || damaged && !catalogs.iter().any(|listed| !listed.damaged && is_of(&listed.name));
        if is_of(catalog) || is_stray() {
            listed.push(Listed { name: identifier(name)?, damaged });
        }
    }
    let is_known =
        || listed.iter().any(|listed| !listed.damaged) || catalogs.iter().any(|c| c.name == *catalog);
    match catalogs.iter().find(|catalog| catalog.damaged) {
        _ if is_known() => Ok(listed),
        // It may have had this name.
        Some(damaged) => {
            Err(StoreError::Damaged { object: Object::Catalog, name: damaged.name.to_string() }.into())
        }
        None => {
            Err(StoreError::Missing { object: Object::Catalog, name: catalog.as_str().to_owned() }.into())
        }
    }
}
