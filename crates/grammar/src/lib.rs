//! Parses and prints CONNECTION statements, for tools that read streaming SQL.
//!
//! The dialect is that of Confluent Cloud for Apache Flink and of Apache Flink 2.3.0. To run statements take the
//! crate `lockkeeper`; for connection types and what their options mean, `lockkeeper-model`; to take secrets out of
//! text that may not parse, `lockkeeper-redact`.
//!
//! This crate knows nothing about connection types, about which option is a secret, and about input and output. It
//! says what a statement says: whether a connection may be called that, and whether the option is known, is decided
//! by whoever runs the statement.
//!
//! ```
//! let statement = lockkeeper_grammar::parse_statement("create connection c with ('token' = 'made up')")?;
//! assert_eq!(statement.kind().as_str(), "CREATE_CONNECTION");
//! assert_eq!(statement.to_string(), "CREATE CONNECTION `c`\nWITH (\n  'token' = '<REDACTED>'\n)");
//! # Ok::<(), lockkeeper_grammar::ParseError>(())
//! ```

mod convert;
mod error;
mod keywords;
mod likely;
mod literal;
mod meaning;
mod name;
mod parse;
mod print;
mod span;
mod split;
mod syntax;
mod text;
mod tree;

#[cfg(test)]
mod tests;

pub use error::{Expected, Found, ParseError, ParseErrorKind};
pub use name::{Ident, Name};
pub use parse::{parse, parse_statement};
pub use print::Revealed;
pub use span::{Position, Span};
pub use split::{Piece, Split, SplitAndParse, split, split_and_parse};
pub use text::{OptionEntry, Text};
pub use tree::{
    AlterAction, AlterConnection, Body, ClauseSpans, ConnectionReference, CreateConnection, CreateDatabase,
    DescribeConnection, DropConnection, DropDatabase, Kind, Like, Other, Preposition, Scope, ShowCatalogs,
    ShowConnections, ShowCreateConnection, ShowDatabases, Statement, UseCatalog, UseDatabase,
    ValidateConnection,
};

/// The longest statement that is parsed, in bytes, without its semicolon and what surrounds it.
pub const MAX_STATEMENT_BYTES: usize = 131_072;
