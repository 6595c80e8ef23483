use crate::meaning::equal_by_meaning;
use crate::{Name, OptionEntry, Span, Text};

/// Holds one parsed statement.
///
/// Equality compares what statements say, not where: spans do not count. Printing it gives canonical SQL in which
/// every option value is masked; [`Statement::reveal`] prints the values.
#[derive(Debug)]
pub struct Statement {
    /// What the statement says.
    pub body: Body,
    /// From its first word to its end, without the semicolon.
    pub span: Span,
}

impl Statement {
    /// Makes a statement that was not read from a text.
    pub fn new(body: Body) -> Self {
        Self { body, span: Span::default() }
    }

    /// Says of which kind the statement is.
    pub fn kind(&self) -> Kind {
        match self.body {
            Body::CreateConnection(_) => Kind::CreateConnection,
            Body::AlterConnection(_) => Kind::AlterConnection,
            Body::DropConnection(_) => Kind::DropConnection,
            Body::DescribeConnection(_) => Kind::DescribeConnection,
            Body::ShowConnections(_) => Kind::ShowConnections,
            Body::ShowCreateConnection(_) => Kind::ShowCreateConnection,
            Body::ValidateConnection(_) => Kind::ValidateConnection,
            Body::UseCatalog(_) => Kind::UseCatalog,
            Body::UseDatabase(_) => Kind::UseDatabase,
            Body::ShowCurrentCatalog => Kind::ShowCurrentCatalog,
            Body::ShowCurrentDatabase => Kind::ShowCurrentDatabase,
            Body::CreateDatabase(_) => Kind::CreateDatabase,
            Body::DropDatabase(_) => Kind::DropDatabase,
            Body::ShowDatabases(_) => Kind::ShowDatabases,
            Body::ShowCatalogs(_) => Kind::ShowCatalogs,
            Body::Other(_) => Kind::Other,
        }
    }
}

equal_by_meaning!(Statement { body } ignoring { span });

/// Holds what a statement says, by its kind.
#[derive(Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Body {
    /// `CREATE CONNECTION`
    CreateConnection(CreateConnection),
    /// `ALTER CONNECTION`
    AlterConnection(AlterConnection),
    /// `DROP CONNECTION`
    DropConnection(DropConnection),
    /// `DESCRIBE CONNECTION`
    DescribeConnection(DescribeConnection),
    /// `SHOW CONNECTIONS`
    ShowConnections(ShowConnections),
    /// `SHOW CREATE CONNECTION`
    ShowCreateConnection(ShowCreateConnection),
    /// `VALIDATE CONNECTION`
    ValidateConnection(ValidateConnection),
    /// `USE CATALOG`
    UseCatalog(UseCatalog),
    /// `USE`
    UseDatabase(UseDatabase),
    /// `SHOW CURRENT CATALOG`
    ShowCurrentCatalog,
    /// `SHOW CURRENT DATABASE`
    ShowCurrentDatabase,
    /// `CREATE DATABASE`
    CreateDatabase(CreateDatabase),
    /// `DROP DATABASE`
    DropDatabase(DropDatabase),
    /// `SHOW DATABASES`
    ShowDatabases(ShowDatabases),
    /// `SHOW CATALOGS`
    ShowCatalogs(ShowCatalogs),
    /// A statement that is not ours, to be passed on untouched.
    Other(Other),
}

/// Names the kinds of statements.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the names say it, as those of `Body` do")]
pub enum Kind {
    CreateConnection,
    AlterConnection,
    DropConnection,
    DescribeConnection,
    ShowConnections,
    ShowCreateConnection,
    ValidateConnection,
    UseCatalog,
    UseDatabase,
    ShowCurrentCatalog,
    ShowCurrentDatabase,
    CreateDatabase,
    DropDatabase,
    ShowDatabases,
    ShowCatalogs,
    Other,
}

impl Kind {
    /// Gives the kind the name that interfaces use, in the way of Confluent's `sql_kind`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CreateConnection => "CREATE_CONNECTION",
            Self::AlterConnection => "ALTER_CONNECTION",
            Self::DropConnection => "DROP_CONNECTION",
            Self::DescribeConnection => "DESCRIBE_CONNECTION",
            Self::ShowConnections => "SHOW_CONNECTIONS",
            Self::ShowCreateConnection => "SHOW_CREATE_CONNECTION",
            Self::ValidateConnection => "VALIDATE_CONNECTION",
            Self::UseCatalog => "USE_CATALOG",
            Self::UseDatabase => "USE_DATABASE",
            Self::ShowCurrentCatalog => "SHOW_CURRENT_CATALOG",
            Self::ShowCurrentDatabase => "SHOW_CURRENT_DATABASE",
            Self::CreateDatabase => "CREATE_DATABASE",
            Self::DropDatabase => "DROP_DATABASE",
            Self::ShowDatabases => "SHOW_DATABASES",
            Self::ShowCatalogs => "SHOW_CATALOGS",
            Self::Other => "OTHER",
        }
    }
}

/// `CREATE [OR REPLACE] [TEMPORARY [SYSTEM]] CONNECTION [IF NOT EXISTS] name [COMMENT 'text'] WITH (…)`
#[derive(Debug)]
pub struct CreateConnection {
    /// `OR REPLACE` is there. Together with `IF NOT EXISTS` it parses.
    pub or_replace: bool,
    /// `TEMPORARY` is there.
    pub temporary: bool,
    /// `SYSTEM` is there; never without `TEMPORARY`.
    pub system: bool,
    /// `IF NOT EXISTS` is there.
    pub if_not_exists: bool,
    /// The connection.
    pub name: Name,
    /// The comment, which may be empty.
    pub comment: Option<Text>,
    /// The options in order, duplicates kept; `WITH ()` parses.
    pub options: Vec<OptionEntry>,
    /// Where the clauses stand.
    pub clauses: ClauseSpans,
}

impl CreateConnection {
    /// Makes a plain `CREATE CONNECTION`.
    pub fn new(name: Name, options: Vec<OptionEntry>) -> Self {
        Self {
            or_replace: false,
            temporary: false,
            system: false,
            if_not_exists: false,
            name,
            comment: None,
            options,
            clauses: ClauseSpans::default(),
        }
    }
}

equal_by_meaning!(CreateConnection {
    or_replace, temporary, system, if_not_exists, name, comment, options
} ignoring { clauses });

/// Says where the optional words of a `CREATE` or `DROP` stand, for messages about them.
#[derive(Clone, Copy, Debug, Default)]
pub struct ClauseSpans {
    /// `OR REPLACE`
    pub or_replace: Option<Span>,
    /// `TEMPORARY`
    pub temporary: Option<Span>,
    /// `SYSTEM`
    pub system: Option<Span>,
    /// `IF NOT EXISTS` or `IF EXISTS`
    pub existence: Option<Span>,
}

/// `ALTER CONNECTION [IF EXISTS] name …`
#[derive(Debug, Eq, PartialEq)]
pub struct AlterConnection {
    /// `IF EXISTS` is there.
    pub if_exists: bool,
    /// The connection.
    pub name: Name,
    /// What is to change.
    pub action: AlterAction,
}

/// Says what an `ALTER CONNECTION` changes.
#[derive(Debug, Eq, PartialEq)]
pub enum AlterAction {
    /// `SET ('key' = 'value', …)`, duplicates kept; may be empty.
    Set(Vec<OptionEntry>),
    /// `RESET ('key', …)`, duplicates kept; may be empty.
    Reset(Vec<Text>),
    /// `RENAME TO name`
    Rename(Name),
}

/// `DROP [TEMPORARY [SYSTEM]] CONNECTION [IF EXISTS] name`
#[derive(Debug)]
pub struct DropConnection {
    /// `TEMPORARY` is there.
    pub temporary: bool,
    /// `SYSTEM` is there; never without `TEMPORARY`.
    pub system: bool,
    /// `IF EXISTS` is there.
    pub if_exists: bool,
    /// The connection.
    pub name: Name,
    /// Where the clauses stand.
    pub clauses: ClauseSpans,
}

equal_by_meaning!(DropConnection { temporary, system, if_exists, name } ignoring { clauses });

/// `{DESCRIBE | DESC} CONNECTION [EXTENDED] name`
#[derive(Debug, Eq, PartialEq)]
pub struct DescribeConnection {
    /// `EXTENDED` is there.
    pub extended: bool,
    /// The connection.
    pub name: Name,
}

/// `SHOW CONNECTIONS [{FROM | IN} [catalog.]database] [[NOT] LIKE 'pattern']`
#[derive(Debug, Eq, PartialEq)]
pub struct ShowConnections {
    /// The database to look into.
    pub scope: Option<Scope>,
    /// What the names are to be like.
    pub like: Option<Like>,
}

/// `SHOW CREATE CONNECTION name`
#[derive(Debug, Eq, PartialEq)]
pub struct ShowCreateConnection {
    /// The connection.
    pub name: Name,
}

/// `VALIDATE CONNECTION name`, which Flink does not have.
#[derive(Debug, Eq, PartialEq)]
pub struct ValidateConnection {
    /// The connection.
    pub name: Name,
}

/// `USE CATALOG name`
#[derive(Debug, Eq, PartialEq)]
pub struct UseCatalog {
    /// The catalog, of one part.
    pub name: Name,
}

/// `USE [catalog.]database`
#[derive(Debug, Eq, PartialEq)]
pub struct UseDatabase {
    /// The database.
    pub name: Name,
}

/// `CREATE DATABASE [IF NOT EXISTS] name [COMMENT 'text'] [WITH (…)]`
#[derive(Debug, Eq, PartialEq)]
pub struct CreateDatabase {
    /// `IF NOT EXISTS` is there.
    pub if_not_exists: bool,
    /// The database.
    pub name: Name,
    /// The comment, which may be empty.
    pub comment: Option<Text>,
    /// The options; a missing `WITH` and `WITH ()` are the same.
    pub options: Vec<OptionEntry>,
}

/// `DROP DATABASE [IF EXISTS] name [RESTRICT | CASCADE]`
#[derive(Debug, Eq, PartialEq)]
pub struct DropDatabase {
    /// `IF EXISTS` is there.
    pub if_exists: bool,
    /// The database.
    pub name: Name,
    /// `CASCADE` is there; `RESTRICT` is the default.
    pub cascade: bool,
}

/// `SHOW DATABASES [{FROM | IN} catalog] [[NOT] {LIKE | ILIKE} 'pattern']`
#[derive(Debug, Eq, PartialEq)]
pub struct ShowDatabases {
    /// The catalog to look into, of one part.
    pub scope: Option<Scope>,
    /// What the names are to be like.
    pub like: Option<Like>,
}

/// `SHOW CATALOGS [[NOT] {LIKE | ILIKE} 'pattern']`
#[derive(Debug, Eq, PartialEq)]
pub struct ShowCatalogs {
    /// What the names are to be like.
    pub like: Option<Like>,
}

/// Says where a `SHOW` looks.
#[derive(Debug, Eq, PartialEq)]
pub struct Scope {
    /// The word in front.
    pub preposition: Preposition,
    /// What to look into.
    pub name: Name,
}

/// Tells `FROM` from `IN`, which mean the same.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Preposition {
    /// `FROM`
    From,
    /// `IN`
    In,
}

impl Preposition {
    /// Gives the key word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::From => "FROM",
            Self::In => "IN",
        }
    }
}

/// Says what the shown names are to be like.
#[derive(Debug, Eq, PartialEq)]
pub struct Like {
    /// `NOT` is there.
    pub negated: bool,
    /// `ILIKE` stands for `LIKE`; never in `SHOW CONNECTIONS`.
    pub case_insensitive: bool,
    /// The pattern as written.
    pub pattern: Text,
}

/// Holds what is known of a statement that is not ours.
///
/// It prints as nothing: whoever passes it on cuts the text by the statement's span.
#[derive(Debug, Eq, PartialEq)]
pub struct Other {
    /// Its first one or two words if they are key words, in upper case, such as `CREATE TABLE`; else empty.
    pub first_words: String,
    /// The connections it refers to, each once, in order.
    pub references: Vec<ConnectionReference>,
}

/// Holds the name of a connection that another statement uses.
///
/// Read from `'<connector>.connection' = 'name'` and `'connection.identifier' = 'name'` in an option list, whose
/// name is taken whole as one part, and from `USING CONNECTION name` and `USING CONNECTIONS (…)`.
#[derive(Clone, Debug)]
pub struct ConnectionReference {
    /// The connection.
    pub name: Name,
    /// Where the name stands.
    pub span: Span,
}

equal_by_meaning!(ConnectionReference { name } ignoring { span });
