//! Who may do what.

use lockkeeper_model::{DatabasePath, Identifier};
use std::fmt;

/// Someone on whose behalf statements run.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Principal(String);

impl Principal {
    /// A principal of that name.
    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Decides about every statement, before anything is looked up.
///
/// So a denial says the same whether the connection exists or not.
pub trait Policy: Send + Sync {
    /// Allows a request or says which right is missing.
    ///
    /// # Errors
    /// [`Denied`].
    fn check(&self, principal: &Principal, request: &Request<'_>) -> Result<(), Denied>;
}

/// What is about to be done, and where.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// What.
    pub action: Action,
    /// In which catalog; `None` for what concerns no catalog.
    pub catalog: Option<&'a Identifier>,
    /// In which database; `None` for what concerns a catalog.
    pub database: Option<&'a DatabasePath>,
}

/// What a statement, or a call, does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Action {
    /// `ALTER CONNECTION`.
    AlterConnection,
    /// `CREATE CONNECTION`.
    CreateConnection,
    /// `CREATE DATABASE`.
    CreateDatabase,
    /// `DESCRIBE CONNECTION` and `SHOW CREATE CONNECTION`.
    DescribeConnection,
    /// `DROP CONNECTION`.
    DropConnection,
    /// `DROP DATABASE`.
    DropDatabase,
    /// `SHOW CATALOGS`, `SHOW DATABASES`, `USE`.
    ListCatalogs,
    /// `SHOW CONNECTIONS`.
    ListConnections,
    /// Applying a credential to a call, and `VALIDATE CONNECTION`.
    UseConnection,
}

/// A right over a catalog, which a role gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Right {
    /// Create, alter and drop.
    Manage,
    /// See names and what is not secret.
    View,
    /// Have a credential applied.
    Use,
}

impl Action {
    /// All actions.
    pub const ALL: [Self; 9] = [
        Self::AlterConnection,
        Self::CreateConnection,
        Self::CreateDatabase,
        Self::DescribeConnection,
        Self::DropConnection,
        Self::DropDatabase,
        Self::ListCatalogs,
        Self::ListConnections,
        Self::UseConnection,
    ];

    /// The right it takes.
    pub const fn right(self) -> Right {
        match self {
            Self::AlterConnection
            | Self::CreateConnection
            | Self::CreateDatabase
            | Self::DropConnection
            | Self::DropDatabase => Right::Manage,
            Self::DescribeConnection | Self::ListCatalogs | Self::ListConnections => Right::View,
            Self::UseConnection => Right::Use,
        }
    }
}

impl fmt::Display for Right {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Manage => "manage",
            Self::View => "view",
            Self::Use => "use",
        })
    }
}

/// A right is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the right to {right} connections is missing")]
pub struct Denied {
    /// Which.
    pub right: Right,
}

/// Allows everything: for one person's own program.
#[derive(Clone, Copy, Debug, Default)]
pub struct AllowAll;

impl Policy for AllowAll {
    fn check(&self, _: &Principal, _: &Request<'_>) -> Result<(), Denied> {
        Ok(())
    }
}
