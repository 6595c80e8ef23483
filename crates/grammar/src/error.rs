use std::fmt;

use crate::{MAX_STATEMENT_BYTES, Position, Span};

/// Says why a text does not parse, and where.
///
/// It never holds a part of the text: names, values and stray characters are told by their kind, key words by
/// themselves.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{kind}")]
pub struct ParseError {
    /// What is wrong.
    pub kind: ParseErrorKind,
    /// Where it is wrong, in the text given to the function that failed.
    pub span: Span,
}

/// Says what is wrong with a text. All kinds are the writer's mistakes.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseErrorKind {
    /// Something else should stand here.
    #[error("expected {expected}, found {found}")]
    Syntax {
        /// What could stand here.
        expected: Expected,
        /// What stands here.
        found: Found,
    },
    /// The name is a reserved key word without backticks.
    #[error("\"{word}\" is a reserved word and cannot be a name by itself")]
    ReservedWord {
        /// The word, in upper case.
        word: &'static str,
    },
    /// A part of a name has more than 256 UTF-16 units.
    #[error("part of a name has {length} characters, more than 256")]
    IdentifierTooLong {
        /// Its length in UTF-16 units.
        length: usize,
    },
    /// The name ends with `.*`. Flink reads it and refuses it later.
    #[error("name ends with a wildcard")]
    WildcardInName,
    /// A string lacks its closing quote.
    #[error("string is not closed")]
    UnterminatedString,
    /// A comment lacks its `*/`.
    #[error("comment is not closed")]
    UnterminatedComment,
    /// A quoted name lacks its closing backtick on the same line, or is empty.
    #[error("quoted name is empty or not closed on its line")]
    UnterminatedIdentifier,
    /// The character stands in no token.
    #[error("unexpected character outside of strings, quoted names and comments")]
    UnexpectedCharacter,
    /// An escape of `U&'..'`, `U&".."` or `E'..'` names no character.
    #[error("unicode escape names no character")]
    BadUnicodeEscape,
    /// What follows `UESCAPE` cannot be the escape character.
    #[error("escape character is not one character that can be told from digits, blanks, \"+\" and quotes")]
    BadEscapeCharacter,
    /// `UESCAPE` stands after a literal without `U&`.
    #[error("\"UESCAPE\" stands after a literal that has no unicode escapes")]
    UnexpectedUescape,
    /// The prefix of a literal names no known character set.
    #[error("character set of the literal is not known")]
    UnknownCharacterSet,
    /// A character is not in the literal's character set, ISO-8859-1.
    #[error("literal has a character beyond its character set, ISO-8859-1")]
    CharacterNotInSet,
    /// The literal is binary, `X'..'`. Flink reads it and fails later.
    #[error("binary literal where a string is needed")]
    UnsupportedLiteral,
    /// There is no statement.
    #[error("text holds no statement")]
    EmptyStatement,
    /// There is more than one statement where one is asked for.
    #[error("text holds {count} statements instead of one")]
    SeveralStatements {
        /// How many there are.
        count: usize,
    },
    /// The statement is longer than [`MAX_STATEMENT_BYTES`].
    #[error("statement has {bytes} bytes, more than {MAX_STATEMENT_BYTES}")]
    StatementTooLong {
        /// Its length.
        bytes: usize,
    },
    /// `OR REPLACE` or `TEMPORARY` stands before `DATABASE`. Flink reads it and forgets it.
    #[error("databases cannot be replaced and cannot be temporary")]
    UnsupportedClause,
    /// `SYSTEM` stands without `TEMPORARY` before it.
    #[error("system connections can be temporary only")]
    SystemNeedsTemporary,
}

impl ParseError {
    /// All codes with their meanings, in alphabetical order.
    pub const CODES: &[(&str, &str)] = &[
        ("bad_escape_character", "What follows `UESCAPE` cannot be the escape character."),
        ("bad_unicode_escape", "A unicode escape names no character."),
        ("character_not_in_set", "A literal has a character beyond its character set."),
        ("empty_statement", "There is no statement."),
        ("identifier_too_long", "A part of a name has more than 256 characters."),
        ("reserved_word", "A reserved word stands where a name should, without backticks."),
        ("several_statements", "There are several statements where one is asked for."),
        ("statement_too_long", "A statement has more than 131072 bytes."),
        ("syntax_error", "Something else should stand there."),
        ("system_needs_temporary", "`SYSTEM` stands without `TEMPORARY`."),
        ("unexpected_character", "A character stands in no token."),
        ("unexpected_uescape", "`UESCAPE` stands after a literal without `U&`."),
        ("unknown_character_set", "The prefix of a literal names no known character set."),
        (
            "unsupported_clause",
            "A clause is read by Flink and means nothing there, such as `OR REPLACE` before `DATABASE`.",
        ),
        ("unsupported_literal", "A binary literal stands where a string should."),
        ("unterminated_comment", "A comment is not closed."),
        ("unterminated_identifier", "A quoted name is empty, or not closed on its line."),
        ("unterminated_string", "A string is not closed."),
        ("wildcard_in_name", "A name ends with `.*`."),
    ];

    pub(crate) fn new(kind: ParseErrorKind, span: Span) -> Self {
        Self { kind, span }
    }

    /// Gives the error a name that does not change.
    pub fn code(&self) -> &'static str {
        match self.kind {
            ParseErrorKind::Syntax { .. } => "syntax_error",
            ParseErrorKind::ReservedWord { .. } => "reserved_word",
            ParseErrorKind::IdentifierTooLong { .. } => "identifier_too_long",
            ParseErrorKind::WildcardInName => "wildcard_in_name",
            ParseErrorKind::UnterminatedString => "unterminated_string",
            ParseErrorKind::UnterminatedComment => "unterminated_comment",
            ParseErrorKind::UnterminatedIdentifier => "unterminated_identifier",
            ParseErrorKind::UnexpectedCharacter => "unexpected_character",
            ParseErrorKind::BadUnicodeEscape => "bad_unicode_escape",
            ParseErrorKind::BadEscapeCharacter => "bad_escape_character",
            ParseErrorKind::UnexpectedUescape => "unexpected_uescape",
            ParseErrorKind::UnknownCharacterSet => "unknown_character_set",
            ParseErrorKind::CharacterNotInSet => "character_not_in_set",
            ParseErrorKind::UnsupportedLiteral => "unsupported_literal",
            ParseErrorKind::EmptyStatement => "empty_statement",
            ParseErrorKind::SeveralStatements { .. } => "several_statements",
            ParseErrorKind::StatementTooLong { .. } => "statement_too_long",
            ParseErrorKind::UnsupportedClause => "unsupported_clause",
            ParseErrorKind::SystemNeedsTemporary => "system_needs_temporary",
        }
    }

    /// Advises what to do about it, where there is something to say.
    pub fn hint(&self) -> Option<&'static str> {
        Some(match &self.kind {
            ParseErrorKind::Syntax { expected, found } => return syntax_hint(expected, *found),
            ParseErrorKind::ReservedWord { .. } => "put the name in backticks",
            ParseErrorKind::IdentifierTooLong { .. } | ParseErrorKind::EmptyStatement => return None,
            ParseErrorKind::WildcardInName => "name one object",
            ParseErrorKind::UnterminatedString => "close the string with ', and double a quote inside it",
            ParseErrorKind::UnterminatedComment => "close the comment with */",
            ParseErrorKind::UnterminatedIdentifier => {
                "close the name with `, and double a backtick inside it"
            }
            ParseErrorKind::UnexpectedCharacter => {
                "put names with other characters than letters, digits, _ and $ in backticks"
            }
            ParseErrorKind::BadUnicodeEscape => {
                "write four hexadecimal digits after the escape character, and both halves of a surrogate pair"
            }
            ParseErrorKind::BadEscapeCharacter => "leave UESCAPE out to escape with a backslash",
            ParseErrorKind::UnexpectedUescape => "put U& before the literal's opening quote",
            ParseErrorKind::UnknownCharacterSet => {
                "leave the prefix out: strings hold any character without it"
            }
            ParseErrorKind::CharacterNotInSet => "leave the prefix out, or use U&'..'",
            ParseErrorKind::UnsupportedLiteral => "write the value as a string: '..'",
            ParseErrorKind::SeveralStatements { .. } => "run the statements one by one",
            ParseErrorKind::StatementTooLong { .. } => "split the statement",
            ParseErrorKind::UnsupportedClause => "leave the words before DATABASE out",
            ParseErrorKind::SystemNeedsTemporary => "write TEMPORARY SYSTEM CONNECTION",
        })
    }

    /// Counts out where the error begins in the text that was parsed.
    pub fn position(&self, text: &str) -> Position {
        self.span.position(text)
    }

    pub(crate) fn shifted(self, base: usize) -> Self {
        Self { kind: self.kind, span: self.span.shifted(base) }
    }
}

fn syntax_hint(expected: &Expected, found: Found) -> Option<&'static str> {
    let expects = |what: &str| expected.0.contains(&what);
    match found {
        Found::DoubleQuote => Some("names stand in backticks, strings in single quotes"),
        Found::KeyWord(_) if expects(Expected::NAME) => {
            Some("put a name that is a reserved word in backticks")
        }
        Found::String if expects(Expected::NAME) => Some("names stand in backticks, not in quotes"),
        Found::Symbol(")") if expects(Expected::STRING) => {
            Some("remove the comma before the closing bracket")
        }
        _ if expects(Expected::STRING) => Some("keys and values are strings in single quotes"),
        _ => None,
    }
}

/// Lists what could stand at a place, key words in upper case.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Expected(pub(crate) Vec<&'static str>);

impl Expected {
    pub(crate) const NAME: &'static str = "a name";
    pub(crate) const STRING: &'static str = "a string";
    pub(crate) const STATEMENT: &'static str = "a statement";
    pub(crate) const END: &'static str = "the end of the statement";
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let last = self.0.len().saturating_sub(1);
        for (at, expected) in self.0.iter().enumerate() {
            match at {
                0 => {}
                _ if at == last => f.write_str(" or ")?,
                _ => f.write_str(", ")?,
            }
            if expected.starts_with("a ") || expected.starts_with("the ") {
                f.write_str(expected)?;
            } else {
                write!(f, "\"{expected}\"")?;
            }
        }
        Ok(())
    }
}

/// Tells by its kind what stands at a place.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Found {
    /// A double quote, which opens nothing here.
    DoubleQuote,
    /// The end of the text.
    End,
    /// The beginning of a hint, `/*+`.
    Hint,
    /// A key word, in upper case.
    KeyWord(&'static str),
    /// A number.
    Number,
    /// A name in backticks.
    QuotedName,
    /// A string, of any form.
    String,
    /// One of the grammar's own signs: `(`, `)`, `,`, `.`, `;`, `=`.
    Symbol(&'static str),
    /// A word that is not a key word.
    Word,
    /// Any other sign.
    Sign,
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DoubleQuote => f.write_str("a double quote"),
            Self::End => f.write_str("the end of the text"),
            Self::Hint => f.write_str("a hint"),
            Self::KeyWord(text) | Self::Symbol(text) => write!(f, "\"{text}\""),
            Self::Number => f.write_str("a number"),
            Self::QuotedName => f.write_str("a quoted name"),
            Self::String => f.write_str("a string"),
            Self::Word => f.write_str("a word"),
            Self::Sign => f.write_str("another sign"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_sorted() {
        assert!(ParseError::CODES.is_sorted_by_key(|(code, _)| *code));
        let error = ParseError::new(ParseErrorKind::UnterminatedString, Span::default());
        assert!(ParseError::CODES.iter().any(|(code, _)| *code == error.code()));
    }
}
