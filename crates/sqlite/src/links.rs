//! The chain of names, by which a lost row shows.
//!
//! Each row of `names` is linked to the name before it in its database, and a last row, which no connection can have
//! the name of, ends the chain (as NSEC records do in DNSSEC, RFC 4034 section 4). A name is absent only if the rows
//! around its place are linked to each other; if a damaged page hides rows, they are not.

use crate::rows::checksum;
use crate::statements::{Kept, Statements};
use rusqlite::{Connection, OptionalExtension, Row, params};

/// The name of the last row of a database: no UTF-8 has this byte, and every name comes before it.
pub(crate) const END: &[u8] = b"\xff";

/// The place of a name, or the place after it if there is such a row.
pub(crate) struct Gap {
    pub(crate) before: Vec<u8>,
    pub(crate) after: Vec<u8>,
    /// Whether nothing is missing between the two.
    pub(crate) is_whole: bool,
}

/// The gap behind a name that was added.
pub(crate) struct Behind {
    pub(crate) database: i64,
    pub(crate) gap: Gap,
    /// Whether the row after it is linked to that name. Where another name comes in between, it need not be.
    pub(crate) is_closed: bool,
}

impl Behind {
    /// Whether a name of a database belongs here, and is not taken.
    pub(crate) fn holds(&self, database: i64, name: &[u8]) -> bool {
        self.database == database && self.gap.holds(name)
    }

    pub(crate) fn close(&mut self, set_link: &mut Kept<'_>) -> rusqlite::Result<()> {
        if !self.is_closed {
            self.gap.close(set_link, self.database)?;
            self.is_closed = true;
        }
        Ok(())
    }
}

/// What the row `name` has to have in its column `link`.
pub(crate) fn link(database: i64, before: &[u8], name: &[u8]) -> [u8; 8] {
    checksum("links", &[&database.to_be_bytes(), before, name])
}

/// Looks at the rows on both sides.
pub(crate) fn gap(statements: &mut Statements<'_>, database: i64, name: &[u8]) -> rusqlite::Result<Gap> {
    let Statements { name_before, name_after, .. } = statements;
    let before = name_before.query_row(params![database, name], |row| bytes(row, 0)).optional()?;
    let after = name_after
        .query_row(params![database, name], |row| Ok((bytes(row, 0)?, bytes(row, 1)?)))
        .optional()?;
    let before = before.unwrap_or_default();
    let (after, found) = after.unwrap_or_default();
    let is_whole = found == link(database, &before, &after);
    Ok(Gap { before, after, is_whole })
}

/// The name before one that is there; empty if it is the first.
pub(crate) fn before(connection: &Connection, database: i64, name: &[u8]) -> rusqlite::Result<Vec<u8>> {
    let mut statement = connection.prepare_cached(
        "SELECT name FROM names WHERE database = ?1 AND name < ?2 ORDER BY name DESC LIMIT 1",
    )?;
    let before = statement.query_row(params![database, name], |row| bytes(row, 0)).optional()?;
    Ok(before.unwrap_or_default())
}

/// What is in a column; nothing if the damage made another type of it.
fn bytes(row: &Row<'_>, column: usize) -> rusqlite::Result<Vec<u8>> {
    Ok(row.get_ref(column)?.as_blob().unwrap_or_default().to_vec())
}

impl Gap {
    /// Whether there is such a row already.
    pub(crate) fn is_taken(&self, name: &[u8]) -> bool {
        self.before == name
    }

    fn holds(&self, name: &[u8]) -> bool {
        self.is_whole && self.before.as_slice() < name && name < self.after.as_slice()
    }

    /// What is left of the gap behind a row that came into it.
    pub(crate) fn behind(self, name: &[u8]) -> Self {
        Self { before: name.to_vec(), ..self }
    }

    /// The link of a row that comes into this place; what is left behind it is to be closed then.
    pub(crate) fn link(&self, database: i64, name: &[u8]) -> [u8; 8] {
        link(database, &self.before, name)
    }

    /// Links the two sides, after what was between them is gone, or a row that came before the second.
    pub(crate) fn close(&self, set_link: &mut Kept<'_>, database: i64) -> rusqlite::Result<()> {
        set_link.execute(params![database, self.after, link(database, &self.before, &self.after)])?;
        Ok(())
    }
}

/// Follows the chain of one database after the other.
#[derive(Default)]
pub(crate) struct Walk {
    /// The database and the name of the row before, or nothing at the beginning of a chain.
    before: Option<(i64, Vec<u8>)>,
    /// How many chains ended.
    pub(crate) ended: i64,
    pub(crate) is_broken: bool,
}

impl Walk {
    /// Takes the next row in the order of the table; whether it is a connection and not an end.
    pub(crate) fn step(&mut self, database: i64, name: &[u8], found: Option<&[u8]>) -> bool {
        let before = match &self.before {
            Some((same, before)) if *same == database => before.as_slice(),
            None => b"",
            // A chain without an end.
            Some(_) => {
                self.is_broken = true;
                b""
            }
        };
        self.is_broken |= found != Some(&link(database, before, name));
        let is_end = name == END;
        self.ended += i64::from(is_end);
        self.before = (!is_end).then(|| (database, name.to_vec()));
        !is_end
    }

    /// Whether every row was there; `databases` is how many chains there must be.
    pub(crate) fn is_whole(&self, databases: i64) -> bool {
        !self.is_broken && self.before.is_none() && self.ended == databases
    }
}
