//! The tables, their versions, and what a new store holds.

use crate::changes;
use crate::failure::{Abort, damaged_store};
use crate::ledger::{Ledger, Meta};
use crate::readers::Snapshot;
use lockkeeper_store::{Object, StoreError, StoreId};
use rusqlite::{Connection, TransactionBehavior};
use std::collections::BTreeMap;

/// `LKPR`: marks the file as ours (SQLite file format, offset 68).
const APPLICATION_ID: i32 = 0x4c4b_5052;

/// Step `i` leads from version `i` to version `i + 1`; version 0 is an empty file.
///
/// Names and keys are `BLOB`, so that they are ordered by byte, which for UTF-8 is by code point.
///
/// Since version 2, names are apart from what they stand for: rows of names are short, so few pages lead to any of them,
/// and new entries are behind each other wherever their names belong. What a damaged row of version 1 holds is taken over
/// as it is; if its name is another's by the damage, the second of the two is lost, which the chain of names shows.
///
/// Since version 3, new secrets are in a table by number. Those that are there stay where they are until they are sealed
/// anew.
const MIGRATIONS: &[&str] = &["
    CREATE TABLE meta (
        one INTEGER PRIMARY KEY CHECK (one = 1),
        identity BLOB NOT NULL,
        generation INTEGER NOT NULL,
        entries INTEGER NOT NULL,
        catalogs INTEGER NOT NULL,
        databases INTEGER NOT NULL,
        next_database INTEGER NOT NULL,
        audit_sequence INTEGER NOT NULL,
        audit_hash BLOB NOT NULL,
        sum BLOB NOT NULL
    ) STRICT;
    CREATE TABLE catalogs (
        name BLOB PRIMARY KEY,
        sum BLOB NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE databases (
        catalog BLOB NOT NULL,
        name BLOB NOT NULL,
        id INTEGER NOT NULL,
        sum BLOB NOT NULL,
        PRIMARY KEY (catalog, name)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE entries (
        database INTEGER NOT NULL,
        name BLOB NOT NULL,
        link BLOB NOT NULL,
        uid BLOB NOT NULL,
        revision INTEGER NOT NULL,
        body BLOB NOT NULL,
        sum BLOB NOT NULL,
        PRIMARY KEY (database, name)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE blobs (
        key BLOB PRIMARY KEY,
        bytes BLOB NOT NULL,
        sum BLOB NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE audit (
        sequence INTEGER PRIMARY KEY,
        event BLOB NOT NULL,
        hash BLOB NOT NULL
    ) STRICT;
", "
    CREATE TABLE names (
        database INTEGER NOT NULL,
        name BLOB NOT NULL,
        link BLOB NOT NULL,
        entry INTEGER,
        PRIMARY KEY (database, name)
    ) STRICT, WITHOUT ROWID;
    ALTER TABLE entries RENAME TO entries_1;
    CREATE TABLE entries (
        id INTEGER PRIMARY KEY,
        uid BLOB NOT NULL,
        revision INTEGER NOT NULL,
        body BLOB NOT NULL,
        sum BLOB NOT NULL
    ) STRICT;
    INSERT OR IGNORE INTO names
        SELECT CAST(database AS INTEGER), CAST(name AS BLOB), ifnull(CAST(link AS BLOB), x''),
            row_number() OVER (ORDER BY database, name)
        FROM entries_1;
    INSERT INTO entries
        SELECT row_number() OVER (ORDER BY database, name), ifnull(CAST(uid AS BLOB), x''),
            ifnull(CAST(revision AS INTEGER), 0), ifnull(CAST(body AS BLOB), x''), ifnull(CAST(sum AS BLOB), x'')
        FROM entries_1;
    DELETE FROM entries WHERE id IN (SELECT entry FROM names WHERE name = x'ff');
    UPDATE names SET entry = NULL WHERE name = x'ff';
    DROP TABLE entries_1;
", "
    CREATE TABLE secrets (
        place INTEGER PRIMARY KEY,
        rest BLOB NOT NULL,
        bytes BLOB NOT NULL,
        sum BLOB NOT NULL
    ) STRICT;
"];

/// The newest version, which this program writes.
pub(crate) const VERSION: u32 = MIGRATIONS.len() as u32;

/// Refuses a file that is not ours or newer. Returns its version; 0 if it is empty.
pub(crate) fn version(connection: &Connection) -> Result<u32, Abort> {
    // One snapshot for all reads, or a store that another process is filling right now looks like somebody else's file.
    let _snapshot = Snapshot::of(connection)?;
    let pragma = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i32>(0));
    match (pragma("application_id")?, pragma("user_version")?) {
        (APPLICATION_ID, version) => match u32::try_from(version) {
            Ok(0) | Err(_) => Err(damaged_store().into()),
            Ok(found) if found > VERSION => Err(StoreError::NewerVersion { found, known: VERSION }.into()),
            Ok(version) => check_tables(connection, version).map(|()| version),
        },
        (0, 0) if is_empty(connection)? => Ok(0),
        _ => Err(StoreError::NotAStore.into()),
    }
}

/// Refuses whatever else than our tables is in the schema, before anything of it can run: a trigger in a backup would
/// destroy what the first change after its restoration finds.
fn check_tables(connection: &Connection, version: u32) -> Result<(), Abort> {
    let damaged = || StoreError::Damaged { object: Object::Store, name: "schema".to_owned() };
    let mut expected = tables(version);
    let mut statement = connection.prepare("SELECT type, name, sql FROM sqlite_schema")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let text = |column| row.get_ref(column).ok()?.as_str().ok();
        let ours = text(1).and_then(|name| expected.remove(name)).unwrap_or_default();
        let found = text(2).unwrap_or_default();
        if text(0) != Some("table") || !found.split_whitespace().eq(ours.split_whitespace()) {
            return Err(damaged().into());
        }
    }
    match expected.is_empty() {
        true => Ok(()),
        false => Err(damaged().into()),
    }
}

/// The tables of a version, and how each was created.
fn tables(version: u32) -> BTreeMap<&'static str, &'static str> {
    let steps = MIGRATIONS.iter().take(version as usize).flat_map(|step| step.split(';'));
    let created = steps.map(str::trim).filter_map(|step| {
        let (name, _) = step.strip_prefix("CREATE TABLE ")?.split_once(' ')?;
        Some((name, step))
    });
    // The last one of a name.
    created.collect()
}

/// Brings a file to the newest version in one transaction, whoever else tries the same.
pub(crate) fn migrate(connection: &mut Connection, point: &dyn Fn(&'static str)) -> Result<(), Abort> {
    while version(connection)? < VERSION {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let from = version(&transaction)?;
        let steps = MIGRATIONS.get(from as usize..).unwrap_or_default();
        if steps.is_empty() {
            return Ok(());
        }
        point("migration-begun");
        for step in steps {
            transaction.execute_batch(step)?;
        }
        if from == 0 {
            fill(&transaction)?;
        }
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", VERSION)?;
        point("migration-before-commit");
        transaction.commit()?;
        point("migration-committed");
    }
    Ok(())
}

/// What a new store holds.
fn fill(connection: &Connection) -> Result<(), Abort> {
    let point = |_| {};
    let meta = Meta::new(StoreId::random()?);
    let mut ledger = Ledger::of(connection, meta, &point);
    changes::create_database(&mut ledger, &lockkeeper_store::default_database())?;
    ledger.meta.insert(connection)?;
    Ok(())
}

fn is_empty(connection: &Connection) -> rusqlite::Result<bool> {
    connection.query_row("SELECT count(*) = 0 FROM sqlite_schema", [], |row| row.get(0))
}
