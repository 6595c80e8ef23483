//! A write transaction and the one row that every one of them changes.

use crate::failure::{Abort, damaged_store};
use crate::links::Behind;
use crate::rows::checksum;
use crate::statements::Statements;
use lockkeeper_model::DatabasePath;
use lockkeeper_store::{AuditEvent, AuditHash, DataKeyId, StoreError, StoreId};
use rusqlite::{Connection, params};

/// The row of `meta`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Meta {
    pub(crate) identity: StoreId,
    /// Grows with every transaction, so that an older copy of the file can be told from a newer one.
    pub(crate) generation: i64,
    /// How many connections there are, so that a lost page shows.
    pub(crate) entries: i64,
    /// Likewise.
    pub(crate) catalogs: i64,
    /// Likewise.
    pub(crate) databases: i64,
    pub(crate) next_database: i64,
    pub(crate) audit_sequence: i64,
    pub(crate) audit_hash: AuditHash,
}

impl Meta {
    /// That of a store without anything.
    pub(crate) fn new(identity: StoreId) -> Self {
        Self {
            identity,
            generation: 1,
            entries: 0,
            catalogs: 0,
            databases: 0,
            next_database: 1,
            audit_sequence: 0,
            audit_hash: AuditHash::START,
        }
    }

    pub(crate) fn read(connection: &Connection) -> Result<Self, Abort> {
        let mut statement = connection.prepare_cached(
            "SELECT identity, generation, entries, catalogs, databases, next_database, audit_sequence, audit_hash, sum \
             FROM meta",
        )?;
        let (meta, sum) = statement.query_row([], |row| {
            let meta = Self {
                identity: StoreId::from_bytes(row.get(0)?),
                generation: row.get(1)?,
                entries: row.get(2)?,
                catalogs: row.get(3)?,
                databases: row.get(4)?,
                next_database: row.get(5)?,
                audit_sequence: row.get(6)?,
                audit_hash: AuditHash::from_bytes(row.get(7)?),
            };
            Ok((meta, row.get::<_, [u8; 8]>(8)?))
        })?;
        match meta.sum() == sum {
            true => Ok(meta),
            false => Err(damaged_store().into()),
        }
    }

    /// Refuses another store.
    pub(crate) fn require(self, identity: StoreId) -> Result<Self, Abort> {
        match self.identity == identity {
            true => Ok(self),
            false => Err(StoreError::Replaced.into()),
        }
    }

    pub(crate) fn insert(&self, connection: &Connection) -> rusqlite::Result<()> {
        let mut statement =
            connection.prepare_cached("INSERT INTO meta VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)")?;
        statement.execute(params![
            self.identity.as_bytes(),
            self.generation,
            self.entries,
            self.catalogs,
            self.databases,
            self.next_database,
            self.audit_sequence,
            self.audit_hash.as_bytes(),
            self.sum()
        ])?;
        Ok(())
    }

    fn update(&self, connection: &Connection) -> rusqlite::Result<()> {
        let mut statement = connection.prepare_cached(
            "UPDATE meta SET generation = ?1, entries = ?2, catalogs = ?3, databases = ?4, next_database = ?5, \
             audit_sequence = ?6, audit_hash = ?7, sum = ?8 WHERE one = 1",
        )?;
        statement.execute(params![
            self.generation,
            self.entries,
            self.catalogs,
            self.databases,
            self.next_database,
            self.audit_sequence,
            self.audit_hash.as_bytes(),
            self.sum()
        ])?;
        Ok(())
    }

    fn sum(&self) -> [u8; 8] {
        let Self {
            identity,
            generation,
            entries,
            catalogs,
            databases,
            next_database,
            audit_sequence,
            audit_hash,
        } = self;
        let numbers = [generation, entries, catalogs, databases, next_database, audit_sequence];
        let numbers = numbers.map(|number| number.to_be_bytes());
        checksum("meta", &[identity.as_bytes(), numbers.as_flattened(), audit_hash.as_bytes()])
    }
}

/// A write transaction that is under way.
pub(crate) struct Ledger<'a> {
    pub(crate) connection: &'a Connection,
    pub(crate) meta: Meta,
    pub(crate) point: &'a dyn Fn(&'static str),
    /// The database that was looked up last.
    pub(crate) found: Option<(DatabasePath, i64)>,
    /// The gap behind the name that was added last: names are often added in order.
    pub(crate) behind: Option<Behind>,
    /// Whether there may be secrets among the blobs, as in stores of earlier versions; nothing before it was looked up.
    pub(crate) has_stray_secrets: Option<bool>,
    /// A data key that is there, looked up for the last secret.
    pub(crate) data_key: Option<DataKeyId>,
    pub(crate) statements: Statements<'a>,
}

impl<'a> Ledger<'a> {
    /// A transaction that has begun.
    pub(crate) fn of(connection: &'a Connection, meta: Meta, point: &'a dyn Fn(&'static str)) -> Self {
        let statements = Statements::new(connection);
        let (found, behind, has_stray_secrets, data_key) = (None, None, None, None);
        Self { connection, meta, point, found, behind, has_stray_secrets, data_key, statements }
    }

    /// Waits for other writers. Of another store than `identity` nothing is changed: secrets were sealed for that one.
    pub(crate) fn begin(
        connection: &'a Connection,
        identity: StoreId,
        point: &'a dyn Fn(&'static str),
    ) -> Result<Self, Abort> {
        point("before-begin");
        connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        match Meta::read(connection).and_then(|meta| meta.require(identity)) {
            Ok(meta) => Ok(Self::of(connection, meta, point)),
            Err(error) => {
                roll_back(connection);
                Err(error)
            }
        }
    }

    /// Makes it durable.
    pub(crate) fn commit(mut self) -> rusqlite::Result<()> {
        self.meta.generation += 1;
        self.meta.update(self.connection)?;
        (self.point)("before-commit");
        self.connection.prepare_cached("COMMIT")?.execute([])?;
        (self.point)("after-commit");
        Ok(())
    }

    /// Links the row behind the name that was added last, if it is not: before the names are read, and before the piece
    /// of work ends.
    pub(crate) fn close_gap(&mut self) -> rusqlite::Result<()> {
        match &mut self.behind {
            Some(behind) => behind.close(&mut self.statements.set_link),
            None => Ok(()),
        }
    }

    /// Appends an event to the audit log; `bytes` are those of its JSON.
    pub(crate) fn append(&mut self, event: &AuditEvent, bytes: &[u8]) -> Result<(), Abort> {
        let sequence = self.meta.audit_sequence + 1;
        let number = u64::try_from(sequence).map_err(|_| damaged_store())?;
        let hash = self.meta.audit_hash.chain(number, event);
        self.statements.add_audit.execute(params![sequence, bytes, hash.as_bytes()])?;
        self.meta.audit_sequence = sequence;
        self.meta.audit_hash = hash;
        (self.point)("after-audit");
        Ok(())
    }
}

/// Ends a transaction without effect. If that fails too, SQLite has done it already, or the connection is given up.
pub(crate) fn roll_back(connection: &Connection) {
    if !connection.is_autocommit() {
        let _ = connection.execute_batch("ROLLBACK");
    }
}
