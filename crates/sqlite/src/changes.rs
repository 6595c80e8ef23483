//! What each kind of change does inside a transaction.
//!
//! Whatever is likely to be refused is refused before anything is written: then the transactions of others that share
//! the commit need not be done again.

use crate::blobs;
use crate::catalog::{READ_ALL, READ_KNOWN};
use crate::failure::{Abort, damaged_store, is_new};
use crate::ledger::{Ledger, Meta};
use crate::links::{self, Behind, END, Walk, link};
use crate::rows::{EntryRow, catalog_sum, damaged_connection, database_sum, identifier};
use crate::statements::Statements;
use lockkeeper_model::{ConnectionPath, DatabasePath};
use lockkeeper_store::{Edit, Entry, Expected, Object, Riders, SecretId, StoreError};
use rusqlite::{Connection, OptionalExtension, params};
use serde::Serialize;
use std::collections::BTreeSet;

/// What is written of an edit and its riders, beside what they hold as it is.
#[derive(Default)]
pub(crate) struct Written {
    /// The body of the entry that is put somewhere.
    body: Vec<u8>,
    /// The checksums of the blobs.
    sums: Vec<[u8; 8]>,
    /// The event.
    record: Vec<u8>,
}

/// An edit, its riders, and what is written of them.
struct Change<'a> {
    edit: &'a Edit,
    riders: &'a Riders,
    written: &'a Written,
}

impl Written {
    pub(crate) fn of(edit: &Edit, riders: &Riders) -> Result<Self, StoreError> {
        let mut written = Self::default();
        written.fill(edit, riders)?;
        Ok(written)
    }

    /// The same, in memory that is there already.
    fn fill(&mut self, edit: &Edit, riders: &Riders) -> Result<(), StoreError> {
        let Self { body, sums, record } = self;
        let entry = match edit {
            Edit::Create(entry) | Edit::Replace(_, entry) | Edit::Rename(_, _, entry) => Some(entry),
            Edit::Remove(..) | Edit::RemoveDamaged(_) | Edit::Nothing => None,
        };
        json(body, entry)?;
        json(record, riders.audit.as_ref())?;
        sums.clear();
        sums.extend(riders.written.iter().map(blobs::sum));
        Ok(())
    }
}

/// Nothing for nothing.
fn json(bytes: &mut Vec<u8>, value: Option<&impl Serialize>) -> Result<(), StoreError> {
    bytes.clear();
    let Some(value) = value else { return Ok(()) };
    serde_json::to_writer(bytes, value).map_err(|error| StoreError::Backend(Box::new(error)))
}

/// The identity of a database.
pub(crate) fn database_id(connection: &Connection, path: &DatabasePath) -> Result<i64, Abort> {
    let (catalog, name) = (path.catalog.as_str().as_bytes(), path.database.as_str().as_bytes());
    let mut statement =
        connection.prepare_cached("SELECT id, sum FROM databases WHERE catalog = ?1 AND name = ?2")?;
    let found = statement.query_row([catalog, name], |row| Ok((row.get(0)?, row.get::<_, [u8; 8]>(1)?)));
    match found.optional()? {
        Some((id, sum)) if sum == database_sum(catalog, name, id) => Ok(id),
        Some(_) => Err(StoreError::Damaged { object: Object::Database, name: path.to_string() }.into()),
        None => Err(missing_database(connection, path)),
    }
}

/// What to say about a database that was not found: that it does not exist, unless one was lost.
pub(crate) fn missing_database(connection: &Connection, path: &DatabasePath) -> Abort {
    match check_databases(connection) {
        Ok(()) => {
            StoreError::Missing { object: Object::Database, name: path.database.as_str().to_owned() }.into()
        }
        Err(error) => error,
    }
}

/// Whether there are as many catalogs and databases as there must be, each as it was written; there are few of them.
///
/// One whose name was changed is found under no name.
pub(crate) fn check_databases(connection: &Connection) -> Result<(), Abort> {
    check_counts(connection)?;
    let mut statement = connection.prepare_cached("SELECT catalog, name, id, sum FROM databases")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let bytes = |column| row.get_ref(column).ok()?.as_blob().ok();
        let (catalog, name) = (bytes(0).unwrap_or_default(), bytes(1).unwrap_or_default());
        let sum = row.get(2).map(|id| database_sum(catalog, name, id)).ok();
        if sum.is_none() || row.get(3).ok() != sum {
            let name = identifier(name)?.to_string();
            return Err(StoreError::Damaged { object: Object::Database, name }.into());
        }
    }
    let mut statement = connection.prepare_cached("SELECT name, sum FROM catalogs")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let name = row.get_ref(0)?.as_blob().unwrap_or_default();
        if row.get(1).ok() != Some(catalog_sum(name)) {
            let name = identifier(name)?.to_string();
            return Err(StoreError::Damaged { object: Object::Catalog, name }.into());
        }
    }
    Ok(())
}

/// Whether there are as many catalogs and databases as there must be.
pub(crate) fn check_counts(connection: &Connection) -> Result<(), Abort> {
    let mut statement = connection.prepare_cached(
        "SELECT (SELECT count(*) FROM catalogs) = catalogs AND (SELECT count(*) FROM databases) = databases FROM meta",
    )?;
    match statement.query_row([], |row| row.get(0))? {
        true => Ok(()),
        false => Err(damaged_store().into()),
    }
}

/// One edit and its riders.
pub(crate) fn commit(
    ledger: &mut Ledger<'_>,
    edit: &Edit,
    riders: &Riders,
    written: &Written,
) -> Result<(), Abort> {
    make(ledger, Change { edit, riders, written })?;
    Ok(ledger.close_gap()?)
}

/// The same, after which the gap behind a new name may have to be closed.
fn make(ledger: &mut Ledger<'_>, change: Change<'_>) -> Result<(), Abort> {
    let Change { edit, riders, written } = change;
    blobs::check_keys(ledger, &riders.written)?;
    match edit {
        Edit::Create(entry) => {
            let database = find(ledger, &entry.path.database)?;
            insert(ledger, database, entry, &written.body)?;
        }
        Edit::Replace(expected, entry) => replace(ledger, *expected, entry, &written.body)?,
        Edit::Rename(from, expected, entry) => rename(ledger, from, *expected, entry, &written.body)?,
        Edit::Remove(path, expected) => {
            let database = find(ledger, &path.database)?;
            check_expected(ledger, database, path, *expected)?;
            remove(ledger, database, path)?;
        }
        Edit::RemoveDamaged(path) => remove_damaged(ledger, path)?,
        Edit::Nothing => {}
    }
    (ledger.point)("after-entry");
    blobs::write_new(ledger, &riders.written, &written.sums)?;
    blobs::remove(ledger, &riders.removed)?;
    (ledger.point)("after-blobs");
    match &riders.audit {
        Some(event) => ledger.append(event, &written.record),
        None => Ok(()),
    }
}

/// Edits up to the first that is refused: how many were made, and the refusal if it was not that of the first.
///
/// If one is refused after it wrote something, none counts.
pub(crate) fn commit_series(
    ledger: &mut Ledger<'_>,
    series: &[(Edit, Riders)],
) -> Result<(usize, Option<StoreError>), Abort> {
    // In memory of this thread's own: that of each change would be given free by another thread, or in its way.
    let mut written = Written::default();
    for (made, (edit, riders)) in series.iter().enumerate() {
        if !fits_behind(ledger, edit) {
            // What is refused below must not have written this.
            ledger.close_gap()?;
        }
        let (changes, meta) = (ledger.connection.total_changes(), ledger.meta.clone());
        let filled = written.fill(edit, riders).map_err(Abort::from);
        match filled.and_then(|()| make(ledger, Change { edit, riders, written: &written })) {
            Err(Abort::Refused(error)) if made > 0 && ledger.connection.total_changes() == changes => {
                ledger.close_gap()?;
                ledger.meta = meta;
                return Ok((made, Some(error)));
            }
            outcome => outcome?,
        }
    }
    ledger.close_gap()?;
    Ok((series.len(), None))
}

/// Whether the change adds a name behind the one that was added last: then that gap is closed once for both.
fn fits_behind(ledger: &Ledger<'_>, edit: &Edit) -> bool {
    match (edit, &ledger.found, &ledger.behind) {
        (Edit::Create(entry), Some((path, id)), Some(behind)) => {
            entry.path.database == *path && behind.holds(*id, entry.path.name.as_str().as_bytes())
        }
        _ => false,
    }
}

/// A database, and its catalog if need be.
pub(crate) fn create_database(ledger: &mut Ledger<'_>, path: &DatabasePath) -> Result<(), Abort> {
    let (catalog, name) = (path.catalog.as_str().as_bytes(), path.database.as_str().as_bytes());
    let id = ledger.meta.next_database;
    let sum = database_sum(catalog, name, id);
    let mut statement = ledger.connection.prepare_cached("INSERT INTO databases VALUES (?1, ?2, ?3, ?4)")?;
    if !is_new(statement.execute(params![catalog, name, id, sum]))? {
        let name = path.database.as_str().to_owned();
        return Err(StoreError::Exists { object: Object::Database, name }.into());
    }
    let mut statement = ledger.connection.prepare_cached("INSERT OR IGNORE INTO catalogs VALUES (?1, ?2)")?;
    ledger.meta.catalogs +=
        i64::try_from(statement.execute(params![catalog, catalog_sum(catalog)])?).unwrap_or(0);
    let mut statement = ledger.connection.prepare_cached("INSERT INTO names VALUES (?1, ?2, ?3, NULL)")?;
    statement.execute(params![id, END, link(id, b"", END)])?;
    ledger.meta.databases += 1;
    ledger.meta.next_database += 1;
    Ok(())
}

/// An empty database.
pub(crate) fn drop_database(ledger: &mut Ledger<'_>, path: &DatabasePath) -> Result<(), Abort> {
    let id = find(ledger, path)?;
    ledger.found = None;
    let mut statement = ledger
        .connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM names WHERE database = ?1 AND name < ?2)")?;
    if statement.query_row(params![id, END], |row| row.get(0))? {
        return Err(StoreError::NotEmpty { name: path.database.as_str().to_owned() }.into());
    }
    let mut statement =
        ledger.connection.prepare_cached("DELETE FROM databases WHERE catalog = ?1 AND name = ?2")?;
    statement.execute([path.catalog.as_str().as_bytes(), path.database.as_str().as_bytes()])?;
    let mut statement = ledger.connection.prepare_cached("DELETE FROM names WHERE database = ?1")?;
    statement.execute([id])?;
    ledger.meta.databases -= 1;
    Ok(())
}

/// The identity of a database, which is the same for many changes of a transaction.
fn find(ledger: &mut Ledger<'_>, path: &DatabasePath) -> Result<i64, Abort> {
    if let Some((found, id)) = &ledger.found
        && found == path
    {
        return Ok(*id);
    }
    let id = database_id(ledger.connection, path)?;
    ledger.found = Some((path.clone(), id));
    Ok(id)
}

fn replace(ledger: &mut Ledger<'_>, expected: Expected, entry: &Entry, body: &[u8]) -> Result<(), Abort> {
    let database = find(ledger, &entry.path.database)?;
    check_expected(ledger, database, &entry.path, expected)?;
    let row = EntryRow::of(database, entry, body)?;
    let mut statement = ledger.connection.prepare_cached(
        "UPDATE entries SET uid = ?3, revision = ?4, body = ?5, sum = ?6 \
         WHERE id = (SELECT entry FROM names WHERE database = ?1 AND name = ?2)",
    )?;
    statement.execute(params![database, row.name, row.uid, row.revision, row.body, row.sum()])?;
    Ok(())
}

fn rename(
    ledger: &mut Ledger<'_>,
    from: &ConnectionPath,
    expected: Expected,
    entry: &Entry,
    body: &[u8],
) -> Result<(), Abort> {
    if from.database != entry.path.database {
        return Err(StoreError::Misuse("a connection is renamed within its database only").into());
    }
    let database = find(ledger, &from.database)?;
    check_expected(ledger, database, from, expected)?;
    insert(ledger, database, entry, body)?;
    remove(ledger, database, from)
}

fn remove_damaged(ledger: &mut Ledger<'_>, path: &ConnectionPath) -> Result<(), Abort> {
    let database = find(ledger, &path.database)?;
    match current(ledger, database, path) {
        Err(Abort::Refused(StoreError::Damaged { .. })) => {}
        Err(other) => return Err(other),
        Ok(_) => return Err(StoreError::Conflict.into()),
    }
    // What is damaged may be the number of its entry, which is then that of another connection.
    let name = path.name.as_str().as_bytes();
    let mut statement = ledger.connection.prepare_cached(
        "SELECT count(*) > 1 FROM names \
         WHERE entry = (SELECT entry FROM names WHERE database = ?1 AND name = ?2)",
    )?;
    match statement.query_row(params![database, name], |row| row.get(0))? {
        true => remove_name(ledger, database, name),
        false => remove(ledger, database, path),
    }
}

/// The secrets of all entries; `None` if one cannot be read or is not there.
pub(crate) fn referenced(connection: &Connection) -> Result<Option<BTreeSet<SecretId>>, Abort> {
    let mut statement = connection.prepare_cached(READ_ALL)?;
    let mut rows = statement.query([])?;
    let mut referenced = BTreeSet::new();
    let mut walk = Walk::default();
    while let Some(row) = rows.next()? {
        let (database, name) = (row.get(6)?, row.get_ref(0)?.as_blob().unwrap_or_default());
        if walk.step(database, name, row.get_ref(5)?.as_blob().ok()) {
            match EntryRow::read(row, 0, database).and_then(|row| row.secrets()) {
                Some(secrets) => referenced.extend(secrets),
                None => return Ok(None),
            }
        }
    }
    let databases = Meta::read(connection)?.databases;
    Ok(walk.is_whole(databases).then_some(referenced))
}

/// What is under a name; an error if it is damaged.
fn current(ledger: &Ledger<'_>, database: i64, path: &ConnectionPath) -> Result<Option<Expected>, Abort> {
    let mut statement = ledger.connection.prepare_cached(READ_KNOWN)?;
    let name = path.name.as_str().as_bytes();
    let mut rows = statement.query(params![database, name])?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    let row = EntryRow::read(row, 0, database).ok_or_else(|| damaged_connection(name))?;
    let entry = row.entry()?;
    Ok(Some(Expected { uid: entry.uid, revision: entry.revision }))
}

fn check_expected(
    ledger: &Ledger<'_>,
    database: i64,
    path: &ConnectionPath,
    expected: Expected,
) -> Result<(), Abort> {
    match current(ledger, database, path)? {
        Some(found) if found == expected => Ok(()),
        _ => Err(StoreError::Conflict.into()),
    }
}

fn insert(ledger: &mut Ledger<'_>, database: i64, entry: &Entry, body: &[u8]) -> Result<(), Abort> {
    let row = EntryRow::of(database, entry, body)?;
    let gap = match ledger.behind.take_if(|behind| behind.holds(database, row.name)) {
        Some(behind) => behind.gap,
        None => {
            ledger.close_gap()?;
            links::gap(&mut ledger.statements, database, row.name)?
        }
    };
    if gap.is_taken(row.name) {
        let name = entry.path.name.as_str().to_owned();
        return Err(StoreError::Exists { object: Object::Connection, name }.into());
    }
    if !gap.is_whole {
        return Err(damaged_connection(row.name).into());
    }
    let link = gap.link(database, row.name);
    let Statements { add_entry, add_name, .. } = &mut ledger.statements;
    add_entry.execute(params![row.uid, row.revision, row.body, row.sum()])?;
    let id = ledger.connection.last_insert_rowid();
    add_name.execute(params![database, row.name, link, id])?;
    ledger.meta.entries += 1;
    ledger.behind = Some(Behind { database, gap: gap.behind(row.name), is_closed: false });
    Ok(())
}

fn remove(ledger: &mut Ledger<'_>, database: i64, path: &ConnectionPath) -> Result<(), Abort> {
    let name = path.name.as_str().as_bytes();
    let mut statement = ledger.connection.prepare_cached(
        "DELETE FROM entries WHERE id = (SELECT entry FROM names WHERE database = ?1 AND name = ?2)",
    )?;
    statement.execute(params![database, name])?;
    remove_name(ledger, database, name)
}

/// Leaves the entry.
fn remove_name(ledger: &mut Ledger<'_>, database: i64, name: &[u8]) -> Result<(), Abort> {
    ledger.close_gap()?;
    ledger.behind = None;
    let mut statement =
        ledger.connection.prepare_cached("DELETE FROM names WHERE database = ?1 AND name = ?2")?;
    statement.execute(params![database, name])?;
    links::gap(&mut ledger.statements, database, name)?.close(&mut ledger.statements.set_link, database)?;
    ledger.meta.entries -= 1;
    Ok(())
}
