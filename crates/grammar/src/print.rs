//! Canonical SQL: Flink's normal forms, right where Flink's own do not parse again.

use std::fmt::{self, Display, Formatter, Write};

use crate::{
    AlterAction, AlterConnection, Body, CreateConnection, CreateDatabase, DropConnection, DropDatabase, Like,
    OptionEntry, Scope, Statement, Text,
};

/// Stands for every option value that is not revealed; always of the same length.
const MASK: &str = "<REDACTED>";

impl Statement {
    /// Prints the statement with its option values, **secrets included**.
    ///
    /// Everything that is shown, stored or logged prints the statement itself, which masks them.
    pub fn reveal(&self) -> Revealed<'_> {
        Revealed { statement: self }
    }
}

/// Prints canonical SQL in which every option value is `'<REDACTED>'`.
///
/// For what parses and holds no mask, parsing the text of [`Statement::reveal`] gives an equal statement back; but
/// a statement of kind [`Kind::Other`](crate::Kind::Other) prints as nothing.
impl Display for Statement {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        Printer { f, values: Values::Masked }.statement(self)
    }
}

/// Prints a statement with its option values, **secrets included**.
#[expect(
    missing_debug_implementations,
    reason = "it is there to print secrets, and only when asked by Display"
)]
pub struct Revealed<'a> {
    statement: &'a Statement,
}

impl Display for Revealed<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        Printer { f, values: Values::Shown }.statement(self.statement)
    }
}

#[derive(Clone, Copy)]
enum Values {
    Masked,
    Shown,
}

struct Printer<'a, 'b> {
    f: &'a mut Formatter<'b>,
    values: Values,
}

impl Printer<'_, '_> {
    fn statement(&mut self, statement: &Statement) -> fmt::Result {
        match &statement.body {
            Body::CreateConnection(create) => self.create_connection(create),
            Body::AlterConnection(alter) => self.alter_connection(alter),
            Body::DropConnection(DropConnection { temporary, system, if_exists, name, clauses: _ }) => {
                self.f.write_str("DROP ")?;
                self.words(&[(*temporary, "TEMPORARY "), (*system, "SYSTEM ")])?;
                self.f.write_str("CONNECTION ")?;
                self.words(&[(*if_exists, "IF EXISTS ")])?;
                name.fmt(self.f)
            }
            Body::DescribeConnection(describe) => {
                self.f.write_str("DESCRIBE CONNECTION ")?;
                self.words(&[(describe.extended, "EXTENDED ")])?;
                describe.name.fmt(self.f)
            }
            Body::ShowConnections(show) => self.show("CONNECTIONS", show.scope.as_ref(), show.like.as_ref()),
            Body::ShowCreateConnection(show) => write!(self.f, "SHOW CREATE CONNECTION {}", show.name),
            Body::ValidateConnection(validate) => write!(self.f, "VALIDATE CONNECTION {}", validate.name),
            Body::UseCatalog(r#use) => write!(self.f, "USE CATALOG {}", r#use.name),
            Body::UseDatabase(r#use) => write!(self.f, "USE {}", r#use.name),
            Body::ShowCurrentCatalog => self.f.write_str("SHOW CURRENT CATALOG"),
            Body::ShowCurrentDatabase => self.f.write_str("SHOW CURRENT DATABASE"),
            Body::CreateDatabase(create) => self.create_database(create),
            Body::DropDatabase(DropDatabase { if_exists, name, cascade }) => {
                self.f.write_str("DROP DATABASE ")?;
                self.words(&[(*if_exists, "IF EXISTS ")])?;
                name.fmt(self.f)?;
                self.words(&[(*cascade, " CASCADE")])
            }
            Body::ShowDatabases(show) => self.show("DATABASES", show.scope.as_ref(), show.like.as_ref()),
            Body::ShowCatalogs(show) => self.show("CATALOGS", None, show.like.as_ref()),
            Body::Other(_) => Ok(()),
        }
    }

    fn create_connection(&mut self, create: &CreateConnection) -> fmt::Result {
        let CreateConnection {
            or_replace,
            temporary,
            system,
            if_not_exists,
            name,
            comment,
            options,
            clauses: _,
        } = create;
        self.f.write_str("CREATE ")?;
        self.words(&[(*or_replace, "OR REPLACE "), (*temporary, "TEMPORARY "), (*system, "SYSTEM ")])?;
        self.f.write_str("CONNECTION ")?;
        self.words(&[(*if_not_exists, "IF NOT EXISTS ")])?;
        name.fmt(self.f)?;
        self.comment(comment.as_ref())?;
        self.f.write_str("\nWITH ")?;
        self.options(options)
    }

    fn alter_connection(&mut self, alter: &AlterConnection) -> fmt::Result {
        self.f.write_str("ALTER CONNECTION ")?;
        self.words(&[(alter.if_exists, "IF EXISTS ")])?;
        alter.name.fmt(self.f)?;
        match &alter.action {
            AlterAction::Set(options) => {
                self.f.write_str(" SET ")?;
                self.options(options)
            }
            AlterAction::Reset(keys) => {
                self.f.write_str(" RESET ")?;
                self.list(keys, |printer, key| printer.text(key.as_str()))
            }
            AlterAction::Rename(name) => write!(self.f, " RENAME TO {name}"),
        }
    }

    fn create_database(&mut self, create: &CreateDatabase) -> fmt::Result {
        self.f.write_str("CREATE DATABASE ")?;
        self.words(&[(create.if_not_exists, "IF NOT EXISTS ")])?;
        create.name.fmt(self.f)?;
        self.comment(create.comment.as_ref())?;
        if create.options.is_empty() {
            return Ok(());
        }
        self.f.write_str("\nWITH ")?;
        self.options(&create.options)
    }

    fn show(&mut self, what: &str, scope: Option<&Scope>, like: Option<&Like>) -> fmt::Result {
        write!(self.f, "SHOW {what}")?;
        if let Some(scope) = scope {
            write!(self.f, " {} {}", scope.preposition.as_str(), scope.name)?;
        }
        let Some(like) = like else { return Ok(()) };
        self.words(&[(like.negated, " NOT")])?;
        self.f.write_str(if like.case_insensitive { " ILIKE " } else { " LIKE " })?;
        self.text(like.pattern.as_str())
    }

    fn comment(&mut self, comment: Option<&Text>) -> fmt::Result {
        let Some(comment) = comment else { return Ok(()) };
        self.f.write_str("\nCOMMENT ")?;
        self.text(comment.as_str())
    }

    fn options(&mut self, options: &[OptionEntry]) -> fmt::Result {
        self.list(options, |printer, option| {
            printer.text(option.key.as_str())?;
            printer.f.write_str(" = ")?;
            match printer.values {
                Values::Masked => printer.text(MASK),
                Values::Shown => printer.text(option.value.as_str()),
            }
        })
    }

    fn list<T>(&mut self, items: &[T], item: impl Fn(&mut Self, &T) -> fmt::Result) -> fmt::Result {
        self.f.write_char('(')?;
        for (at, entry) in items.iter().enumerate() {
            self.f.write_str(if at == 0 { "\n  " } else { ",\n  " })?;
            item(self, entry)?;
        }
        self.f.write_str("\n)")
    }

    /// A plain quoted string: it can hold any character, and only the quote is doubled.
    fn text(&mut self, text: &str) -> fmt::Result {
        self.f.write_char('\'')?;
        for (at, run) in text.split('\'').enumerate() {
            if at > 0 {
                self.f.write_str("''")?;
            }
            self.f.write_str(run)?;
        }
        self.f.write_char('\'')
    }

    fn words(&mut self, words: &[(bool, &str)]) -> fmt::Result {
        words.iter().filter(|(there, _)| *there).try_for_each(|(_, word)| self.f.write_str(word))
    }
}
