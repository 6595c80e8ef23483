use std::iter::FusedIterator;

use crate::parse::{Parsed, first_of_ours, parse_statement};
use crate::syntax::{Rule, measure, measure_blanks, measure_separators};
use crate::{ParseError, ParseErrorKind, Span, Statement};

/// Cuts a script into its statements at the semicolons.
///
/// It never fails and loses no statement. Semicolons in strings, quoted names, comments and between `STATEMENT SET
/// BEGIN` and `END` do not part statements. It takes time linear in the script.
pub fn split(script: &str) -> Split<'_> {
    Split { script, at: 0 }
}

/// Cuts a script as [`split`] does and parses each statement as [`parse_statement`] does, most of them in one pass.
///
/// Spans in a statement are offsets into its piece, as if that had been parsed alone.
pub fn split_and_parse(script: &str) -> SplitAndParse<'_> {
    SplitAndParse(split(script))
}

/// Gives the statements of a script one after the other, where they stand and what they say.
#[expect(missing_debug_implementations, reason = "it holds the script, and so secrets")]
pub struct SplitAndParse<'a>(Split<'a>);

impl Iterator for SplitAndParse<'_> {
    type Item = (Piece, Result<Statement, ParseError>);

    fn next(&mut self) -> Option<Self::Item> {
        let Split { script, at } = &mut self.0;
        *at += measure_separators(&script[*at..]);
        let start = *at;
        if let Some(Parsed { statement, end, after }) = first_of_ours(&script[start..], 0) {
            *at = start + after;
            return Some((Piece { span: Span { start, end: start + end }, error: None }, statement));
        }
        let piece = self.0.next()?;
        let statement = parse_statement(piece.span.slice(self.0.script).unwrap_or_default());
        Some((piece, statement))
    }
}

impl FusedIterator for SplitAndParse<'_> {}

/// Gives the statements of a script one after the other.
#[expect(missing_debug_implementations, reason = "it holds the script, and so secrets")]
pub struct Split<'a> {
    script: &'a str,
    at: usize,
}

/// Says where one statement of a script stands.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Piece {
    /// The statement without its semicolon and without the blanks and comments around it.
    ///
    /// What does not lex may end with a comment, and from an unclosed string, comment or quoted name on it reaches to
    /// the end of the script.
    pub span: Span,
    /// Why the statement does not lex, if it does not.
    pub error: Option<ParseError>,
}

impl Iterator for Split<'_> {
    type Item = Piece;

    fn next(&mut self) -> Option<Piece> {
        let start = self.at + measure_separators(&self.script[self.at..]);
        let mut end = start;
        let mut error = None;
        loop {
            end += measure(Rule::piece, &self.script[end..]);
            let after = end + measure_blanks(&self.script[end..]);
            let Some(kind) = unlexable(&self.script[after..]) else {
                self.at = after;
                break;
            };
            let bad = Span { start: after, end: after + kind.length(&self.script[after..]) };
            end = bad.end;
            error = error.or(Some(ParseError::new(kind.0, bad)));
        }
        (start < end).then_some(Piece { span: Span { start, end }, error })
    }
}

impl FusedIterator for Split<'_> {}

struct Unlexable(ParseErrorKind);

impl Unlexable {
    /// Only a stray character can be stepped over: after the others nobody knows what is inside and what outside.
    fn length(&self, rest: &str) -> usize {
        match self.0 {
            ParseErrorKind::UnexpectedCharacter => rest.chars().next().map_or(0, char::len_utf8),
            _ => rest.len(),
        }
    }
}

/// Says what is wrong with `rest`, where a piece has ended for another reason than a semicolon or the end.
fn unlexable(rest: &str) -> Option<Unlexable> {
    let kind = match rest.chars().next()? {
        ';' => return None,
        '\'' => ParseErrorKind::UnterminatedString,
        '`' => ParseErrorKind::UnterminatedIdentifier,
        '/' => ParseErrorKind::UnterminatedComment,
        _ => ParseErrorKind::UnexpectedCharacter,
    };
    Some(Unlexable(kind))
}
