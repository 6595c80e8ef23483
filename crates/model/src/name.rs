//! Names of connections, and where they live.

use crate::limits::MAX_NAME_CHARACTERS;
use serde::{Deserialize, Serialize};
use std::fmt::{self, Write};

/// One part of a name: a catalog, a database or a connection.
///
/// Case counts, as in Flink. It has 1 to 100 characters, is not only white space, and holds no control characters
/// (which could rewrite a terminal).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Identifier(String);

impl Identifier {
    /// Checks and takes over a name.
    ///
    /// # Errors
    /// Says which rule the name breaks; the name itself is not repeated.
    pub fn new(name: impl Into<String>) -> Result<Self, NameError> {
        let name = name.into();
        // Nearly every name, looked at once.
        if (1..=MAX_NAME_CHARACTERS).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_graphic()) {
            return Ok(Self(name));
        }
        if name.trim().is_empty() {
            return Err(NameError::Empty);
        }
        if name.chars().any(char::is_control) {
            return Err(NameError::ControlCharacter);
        }
        match name.chars().count() {
            length if length > MAX_NAME_CHARACTERS => Err(NameError::TooLong { characters: length }),
            _ => Ok(Self(name)),
        }
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Identifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Identifier {
    type Error = NameError;

    fn try_from(name: String) -> Result<Self, NameError> {
        Self::new(name)
    }
}

impl From<Identifier> for String {
    fn from(name: Identifier) -> Self {
        name.0
    }
}

/// Where connections live: a database of a catalog.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct DatabasePath {
    /// The catalog; in the service, an environment.
    pub catalog: Identifier,
    /// The database.
    pub database: Identifier,
}

impl DatabasePath {
    /// The path of a connection in this database.
    pub fn connection(&self, name: Identifier) -> ConnectionPath {
        ConnectionPath { database: self.clone(), name }
    }
}

/// Prints the parts in backticks, as SQL has them.
impl fmt::Display for DatabasePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_quoted(f, &self.catalog)?;
        f.write_str(".")?;
        write_quoted(f, &self.database)
    }
}

/// The full name of a connection.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ConnectionPath {
    /// The database it lives in.
    pub database: DatabasePath,
    /// Its name in that database.
    pub name: Identifier,
}

/// Prints the parts in backticks, as SQL has them.
impl fmt::Display for ConnectionPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.database, f)?;
        f.write_char('.')?;
        write_quoted(f, &self.name)
    }
}

fn write_quoted(f: &mut fmt::Formatter<'_>, name: &Identifier) -> fmt::Result {
    f.write_char('`')?;
    for (at, run) in name.as_str().split('`').enumerate() {
        if at > 0 {
            f.write_str("``")?;
        }
        f.write_str(run)?;
    }
    f.write_char('`')
}

/// What is wrong with a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameError {
    /// Nothing, or white space only.
    #[error("a name must not be empty or only white space")]
    Empty,
    /// A line break, a tabulator, an escape or the like.
    #[error("a name must not contain control characters")]
    ControlCharacter,
    /// More than 100 characters.
    #[error("a name of {characters} characters is longer than {MAX_NAME_CHARACTERS}")]
    TooLong {
        /// How many characters it has.
        characters: usize,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_count_characters() {
        assert!(Identifier::new("ü".repeat(100)).is_ok());
        assert_eq!(Identifier::new("ü".repeat(101)), Err(NameError::TooLong { characters: 101 }));
        assert_eq!(Identifier::new(" "), Err(NameError::Empty));
        assert_eq!(Identifier::new("a\u{1b}[2J"), Err(NameError::ControlCharacter));
    }

    #[test]
    fn paths_print_as_sql() {
        let id = |name: &str| Identifier::new(name).unwrap();
        let database = DatabasePath { catalog: id("prod env"), database: id("d`b") };
        assert_eq!(database.connection(id("c1")).to_string(), "`prod env`.`d``b`.`c1`");
    }
}
