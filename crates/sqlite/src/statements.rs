//! The statements that nearly every change executes, kept at hand for a transaction.
//!
//! To look each of them up by its text, as the others are, is a tenth of the work of a creation that shares a commit.

use rusqlite::{CachedStatement, Connection, Params, Row};

/// Those of one transaction.
pub(crate) struct Statements<'a> {
    pub(crate) name_before: Kept<'a>,
    pub(crate) name_after: Kept<'a>,
    pub(crate) add_entry: Kept<'a>,
    pub(crate) add_name: Kept<'a>,
    pub(crate) set_link: Kept<'a>,
    pub(crate) add_secret: Kept<'a>,
    pub(crate) add_audit: Kept<'a>,
}

impl<'a> Statements<'a> {
    pub(crate) fn new(connection: &'a Connection) -> Self {
        let kept = |sql| Kept { connection, sql, statement: None };
        Self {
            name_before: kept(
                "SELECT name FROM names WHERE database = ?1 AND name <= ?2 ORDER BY name DESC LIMIT 1",
            ),
            name_after: kept(
                "SELECT name, link FROM names WHERE database = ?1 AND name > ?2 ORDER BY name LIMIT 1",
            ),
            add_entry: kept("INSERT INTO entries VALUES (NULL, ?1, ?2, ?3, ?4)"),
            add_name: kept("INSERT INTO names VALUES (?1, ?2, ?3, ?4)"),
            set_link: kept("UPDATE names SET link = ?3 WHERE database = ?1 AND name = ?2"),
            add_secret: kept("INSERT INTO secrets VALUES (?1, ?2, ?3, ?4)"),
            add_audit: kept("INSERT INTO audit VALUES (?1, ?2, ?3)"),
        }
    }
}

/// A statement that is prepared when it is executed first, and goes back to the connection's others in the end.
pub(crate) struct Kept<'a> {
    connection: &'a Connection,
    sql: &'static str,
    statement: Option<CachedStatement<'a>>,
}

impl<'a> Kept<'a> {
    pub(crate) fn execute(&mut self, params: impl Params) -> rusqlite::Result<usize> {
        self.statement()?.execute(params)
    }

    pub(crate) fn query_row<T>(
        &mut self,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<T> {
        self.statement()?.query_row(params, read)
    }

    fn statement(&mut self) -> rusqlite::Result<&mut CachedStatement<'a>> {
        match &mut self.statement {
            Some(statement) => Ok(statement),
            none => Ok(none.insert(self.connection.prepare_cached(self.sql)?)),
        }
    }
}
