use std::fmt::{self, Write};

use crate::Span;
use crate::meaning::equal_by_meaning;

/// Holds a name of one or more dotted parts, such as `catalog.database.connection`.
///
/// How many parts an object may have is the reader's business. Printed, every part stands in backticks.
#[derive(Clone, Debug)]
pub struct Name {
    /// The parts from left to right; at least one after parsing.
    pub parts: Vec<Ident>,
    /// From the first part to the last.
    pub span: Span,
}

impl Name {
    /// Makes a name that was not read from a statement.
    pub fn new<I>(parts: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        Self { parts: parts.into_iter().map(Ident::new).collect(), span: Span::default() }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, part) in self.parts.iter().enumerate() {
            if at > 0 {
                f.write_char('.')?;
            }
            part.fmt(f)?;
        }
        Ok(())
    }
}

equal_by_meaning!(Name { parts } ignoring { span });

/// Holds one part of a name, without its quotes.
///
/// Flink keeps the case of names and compares them with it.
#[derive(Clone, Debug)]
pub struct Ident {
    /// What the part says; after parsing not empty, and at most 256 UTF-16 units.
    pub value: String,
    /// Where it stands, quotes included.
    pub span: Span,
}

impl Ident {
    /// Makes a part that was not read from a statement.
    pub fn new(value: impl Into<String>) -> Self {
        Self { value: value.into(), span: Span::default() }
    }
}

impl fmt::Display for Ident {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Backticks cannot hold a line break.
        if self.value.contains(['\n', '\r']) {
            return write_with_escapes(&self.value, f);
        }
        f.write_char('`')?;
        for (at, run) in self.value.split('`').enumerate() {
            if at > 0 {
                f.write_str("``")?;
            }
            f.write_str(run)?;
        }
        f.write_char('`')
    }
}

equal_by_meaning!(Ident { value } ignoring { span });

fn write_with_escapes(value: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str("U&\"")?;
    for letter in value.chars() {
        match letter {
            '"' => f.write_str("\"\"")?,
            '\\' => f.write_str("\\\\")?,
            '\n' | '\r' => write!(f, "\\{:04x}", u32::from(letter))?,
            _ => f.write_char(letter)?,
        }
    }
    f.write_char('"')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_is_quoted() {
        insta::assert_snapshot!(Name::new(["cat", "my-db", "a`b"]), @"`cat`.`my-db`.`a``b`");
    }

    #[test]
    fn line_breaks_are_escaped() {
        insta::assert_snapshot!(Name::new(["a\nb\r\\\""]), @r#"U&"a\000ab\000d\\""""#);
    }
}
