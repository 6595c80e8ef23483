use crate::convert::Converter;
use crate::error::{Expected, ParseError, ParseErrorKind};
use crate::syntax::{self, Rule, measure, measure_blanks, measure_separators, syntax_error};
use crate::{Body, MAX_STATEMENT_BYTES, Other, Piece, Span, Statement, split};

/// Parses exactly one statement.
///
/// A semicolon may follow it. Spans are offsets into `text`. A statement that is not ours comes back as
/// [`Body::Other`], if it lexes; one that would be ours if it were right is an error.
///
/// # Errors
///
/// The first mistake in `text`, or that it holds no statement or several.
pub fn parse_statement(text: &str) -> Result<Statement, ParseError> {
    if let Some(statement) = only_ours(text)? {
        return Ok(statement);
    }
    let mut statements = parse_pieces(text)?;
    match (statements.pop(), statements.len()) {
        (Some(statement), 0) => Ok(statement),
        (_, before) => {
            let span = Span { start: 0, end: text.len() };
            Err(ParseError::new(ParseErrorKind::SeveralStatements { count: before + 1 }, span))
        }
    }
}

/// Parses a whole text of one or more statements, as Flink's list mode does.
///
/// Semicolons stand between statements and may follow the last, one or more; one at the beginning is refused, and so
/// is a text without a statement. Every statement may have up to [`MAX_STATEMENT_BYTES`]; the text may be longer.
///
/// # Errors
///
/// The first mistake in `text`.
pub fn parse(text: &str) -> Result<Vec<Statement>, ParseError> {
    match only_ours(text)? {
        Some(statement) => Ok(vec![statement]),
        None => parse_pieces(text),
    }
}

/// A statement of ours at the beginning of a text.
pub(crate) struct Parsed {
    pub(crate) statement: Result<Statement, ParseError>,
    /// Where it ends.
    pub(crate) end: usize,
    /// Where its semicolon or the end of the text is.
    pub(crate) after: usize,
}

/// Parses the first statement of a text that stands at `base`, if it is one of ours and has nothing wrong with it that
/// the grammar knows of.
pub(crate) fn first_of_ours(text: &str, base: usize) -> Option<Parsed> {
    let pair = syntax::try_parse(Rule::ours, text)?.next()?;
    let end = pair.as_span().end();
    let after = end + measure_blanks(&text[end..]);
    let is_whole = text[after..].chars().next().is_none_or(|next| next == ';');
    let statement = || Converter { base }.statement(pair);
    (is_whole && end <= MAX_STATEMENT_BYTES).then(|| Parsed { statement: statement(), end, after })
}

/// The short way: the text is one statement of ours, as nearly every text is.
fn only_ours(text: &str) -> Result<Option<Statement>, ParseError> {
    let Some(Parsed { statement, after, .. }) = first_of_ours(text, 0) else { return Ok(None) };
    let rest = &text[after..];
    let is_only = rest.is_empty() || measure_separators(rest) == rest.len();
    is_only.then_some(statement).transpose()
}

fn parse_pieces(text: &str) -> Result<Vec<Statement>, ParseError> {
    let first = measure_blanks(text);
    if text[first..].starts_with(';') {
        return Err(syntax_error(Expected(vec![Expected::STATEMENT]), text, first));
    }
    let statements = split(text).map(|piece| parse_piece(text, piece)).collect::<Result<Vec<_>, _>>()?;
    if statements.is_empty() {
        let end = Span { start: text.len(), end: text.len() };
        return Err(ParseError::new(ParseErrorKind::EmptyStatement, end));
    }
    Ok(statements)
}

fn parse_piece(text: &str, piece: Piece) -> Result<Statement, ParseError> {
    let Piece { span, error: unlexable } = piece;
    let source = span.slice(text).unwrap_or_default();
    if source.len() > MAX_STATEMENT_BYTES {
        return Err(ParseError::new(ParseErrorKind::StatementTooLong { bytes: source.len() }, span));
    }
    let converter = Converter { base: span.start };
    let error = match syntax::parse(Rule::ours, source) {
        Ok(mut pairs) => match pairs.next() {
            Some(pair) => return converter.statement(pair),
            None => syntax_error(Expected(vec![Expected::STATEMENT]), source, 0),
        },
        Err(error) => error,
    };
    let error = error.shifted(span.start);
    let nearly_ours = measure(Rule::nearly_ours, source) > 0;
    match unlexable {
        // What does not lex is wrong from there on; what comes before it may be wrong already.
        Some(unlexable) if !nearly_ours || unlexable.span.start <= error.span.start => Err(unlexable),
        _ if nearly_ours => Err(error),
        _ => {
            let parsed = syntax::parse(Rule::other, source).ok().and_then(|mut pairs| pairs.next());
            let nothing = Other { first_words: String::new(), references: Vec::new() };
            let other = parsed.map_or(nothing, |pair| converter.other(pair));
            Ok(Statement { body: Body::Other(other), span })
        }
    }
}
