//! How far the value of what is set reaches: nothing but the end of its line, a semicolon or a quote ends it.

use super::LONGEST;
use crate::edit::{Edits, Rule, holds_mask};
use crate::secret::shape::is_odd_word;
use crate::sql::keyword::{starts_statement, statement_begins};
use crate::sql::lex::{Text, is_blank, is_word};
use crate::sql::literal::Literal;
use crate::statement::opened::is_value;
use crate::statement::resync::is_end_of_text;
use crate::value::harmless::is_no_secret;
use crate::value::loose::value;
use crate::value::rows::next_in_row;
use std::ops::Range;

/// How many lines a value may have that looks drawn.
const LINES: usize = 8;

/// The value with a quote in it that is not written twice, up to the last quote before the end of its line or statement: their
/// number is odd, the one that begins it among them.
pub(super) fn odd_value(text: &Text<'_>, name: usize, first: usize) -> Option<Range<usize>> {
    let open = open_before(text, name, first);
    if text.at(open) != b'\'' || open + 1 != first {
        return None;
    }
    let line = text.find_either([b'\n'; 2], first, LONGEST)?;
    let said = text.slice(first..line);
    let (mut at, mut odd) = (0, true);
    loop {
        at += memchr::memchr(b'\'', &said[at..])?;
        let behind = said[at + 1..].trim_ascii_start();
        let inside = at > 0 && is_word(said[at - 1]) && said.get(at + 1).is_some_and(u8::is_ascii_lowercase);
        if said.get(at + 1) == Some(&b'\'') {
            // One quote, or the end of a text block.
            at += 2;
        } else if matches!(behind.first(), None | Some(b';')) {
            // A part of it may have been masked.
            return (!odd && !holds_mask(&said[..at])).then_some(first..first + at);
        } else {
            odd ^= !inside;
            at += 1;
        }
    }
}

/// The value with which the rest of a line begins; what stands before SET, and whether a statement begins there, say where it ends
/// without a quote.
pub(super) fn value_at(
    text: &Text<'_>,
    name: usize,
    line: Range<usize>,
    (around, begins): (&[u8], bool),
) -> Option<Range<usize>> {
    let Range { start: first, end: line } = line;
    let end = match text.literal(open_before(text, name, first)) {
        Some(literal) if literal.closed && ends(text, &literal) => literal.end,
        // A quote in it by mistake.
        Some(literal) if literal.closed && text.at(literal.end).is_ascii_alphanumeric() => {
            let rest = text.slice(literal.end..line);
            literal.end + memchr::memchr(b';', rest).unwrap_or(rest.len())
        }
        Some(literal) if literal.closed => literal.end,
        Some(_) => line,
        None => first + stop(text, around, begins, first..line),
    };
    value(text, first, end)
}

/// How long a value without quotes may be: up to a semicolon, or the quote that closes what the statement stands in; one word, if
/// the statement does not begin with SET.
pub(super) fn stop(text: &Text<'_>, around: &[u8], begins: bool, value: Range<usize>) -> usize {
    let quote = match around.last() {
        Some(b'[') => Some(b']'),
        last => last.copied().filter(|last| matches!(last, b'\'' | b'"' | b'`')),
    };
    let said = text.slice(value);
    // The end of a string of JSON that it stands in.
    let closes = |at: usize| said[at] == b'"' && said.get(at + 1).is_some_and(|next| b"},]".contains(next));
    let blank = |byte: u8| !begins && (is_blank(byte) || byte == b',');
    let ends = |at: &usize| {
        said[*at] == b';' && !is_inside(&said[at + 1..]) && !goes_on(&said[at + 1..])
            || blank(said[*at])
            || Some(said[*at]) == quote
            || closes(*at)
            || said[*at..].starts_with(b"\\n") && !is_odd_line(&said[*at + 2..])
    };
    (0..said.len()).find(ends).unwrap_or(said.len())
}

/// Whether a word without blanks goes on directly behind a semicolon with this, and no statement begins there.
fn goes_on(behind: &[u8]) -> bool {
    let word = behind.iter().position(|byte| is_blank(*byte)).unwrap_or(behind.len());
    let said = behind[..word].strip_suffix(b";").unwrap_or(&behind[..word]);
    let said = said.strip_suffix(b"'").unwrap_or(said);
    said.len() > 2
        && behind[word..].trim_ascii().is_empty()
        && is_odd_word(said)
        && !said.iter().any(|byte| b"'\"=(".contains(byte))
        && !starts_statement(said)
}

/// Whether a semicolon before this is a part of a value: the word behind it ends with the quote of that.
fn is_inside(behind: &[u8]) -> bool {
    let word = behind.iter().position(|byte| is_blank(*byte) || *byte == b';').unwrap_or(behind.len());
    matches!(&behind[..word], [first, .., b'\''] if !is_blank(*first) && *first != b'\'')
        && memchr::memchr_iter(b'\'', &behind[..word]).count() == 1
}

/// Whether a line of a string is one odd word, up to a semicolon.
fn is_odd_line(said: &[u8]) -> bool {
    let end = said.iter().position(|byte| is_blank(*byte) || b";\\'\"`".contains(byte)).unwrap_or(said.len());
    said.get(end) == Some(&b';') && is_odd_word(&said[..end])
}

/// Masks the lines behind the value of a name that look like the rest of it, if one of them ends a literal. Returns the end.
pub(super) fn rest(text: &Text<'_>, name: usize, value: usize, edits: &mut Edits) -> usize {
    let mut value = value;
    while let Some(part) = next_part(text, value) {
        edits.mask(part.content, Rule::SecretOption);
        value = part.end;
    }
    let mut line = text.find_either([b'\n'; 2], value, LONGEST).unwrap_or(text.len().min(value + LONGEST));
    let behind = text.slice(value..line).trim_ascii_start();
    let behind = behind.strip_prefix(b"'").unwrap_or(behind);
    let paired = memchr::memchr_iter(b'\'', text.slice(name..line - behind.len())).count().is_multiple_of(2);
    // The next entry, where the bracket of a list is missing, or a comment, which is looked at by itself.
    let commented = |sign: &[u8]| behind.trim_ascii_start().starts_with(sign);
    if behind.starts_with(b",") || paired && (commented(b"--") || commented(b"/*")) {
        return value;
    }
    // Something else may stand behind it.
    if paired && behind.iter().any(u8::is_ascii_alphanumeric) {
        return value;
    }
    let said = text.slice(name..line);
    let ended = memchr::memmem::find(said, b"';").is_some()
        && memchr::memchr_iter(b'\'', said).count().is_multiple_of(2);
    let mut found: Vec<Range<usize>> = Vec::new();
    for _ in 0..LINES {
        let start = text.skip_blank(line);
        if !is_value(text, start)
            || statement_begins(text, start)
            || is_end_of_text(text.slice(start..text.line_end(start)))
        {
            break;
        }
        line = text.line_end(start);
        let said = text.slice(start..line);
        let length = said.iter().rposition(|byte| !is_blank(*byte) && !b"'\"`;)".contains(byte));
        found.push(start..start + length.map_or(0, |last| last + 1));
        // A literal of what follows.
        if ended && matches!(said, [b'\'', rest @ ..] if memchr::memchr_iter(b'\'', rest).count() % 2 == 1) {
            break;
        }
        // The end of the statement.
        let last = said.ends_with(b";") && !behind.contains(&b';') && !ended;
        if last || memchr::memchr3(b'\'', b'"', b'`', said).is_some() {
            for line in found {
                edits.mask(line, Rule::SecretOption);
            }
            return line;
        }
    }
    value
}

/// Whether a literal is the last of what is set.
pub(super) fn ends(text: &Text<'_>, literal: &Literal) -> bool {
    matches!(text.at(text.skip_space(literal.end)), 0 | b';' | b'\r' | b'\n')
}

/// The quote before a value that begins with signs, of those that stand between it and its name.
fn open_before(text: &Text<'_>, name: usize, first: usize) -> usize {
    let signs = text.slice(name..first);
    let quote =
        signs.iter().rposition(|byte| !byte.is_ascii_punctuation() || matches!(byte, b'\'' | b'"' | b'`'));
    quote.filter(|quote| !is_blank(signs[*quote])).map_or(first - 1, |quote| name + quote)
}

/// The next literal in a row behind a value, if the last of them is the last of what is set.
fn next_part(text: &Text<'_>, value: usize) -> Option<Literal> {
    let quote = if text.at(value) == b'"' { b'"' } else { b'\'' };
    let end = value + usize::from(text.at(value) == quote);
    let behind = |end: usize| {
        let next = next_in_row(text, end);
        text.literal(next).filter(|part| part.closed && next > end && text.at(next) == quote)
    };
    let part = behind(end)?;
    let mut last = part.clone();
    for _ in 0..LINES {
        if ends(text, &last) {
            return Some(part).filter(|part| !is_no_secret(text.slice(part.content.clone())));
        }
        last = behind(last.end)?;
    }
    None
}
