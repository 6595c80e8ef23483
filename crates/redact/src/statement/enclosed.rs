//! What a statement stands in, told by what stands directly behind it: quotes, text blocks, signs of a sentence.

use crate::sql::keyword::starts_statement;
use crate::sql::lex::{Text, is_blank, is_word};
use crate::wrapping::lines::line_start;

/// How many signs may stand behind a sentence.
const LONGEST_PUNCTUATION: usize = 8;
/// How far before a literal the beginning of its statement is looked for.
const LONGEST_HEAD: usize = 160;
/// How long the tag of a string of PostgreSQL may be.
const LONGEST_TAG: usize = 32;

/// How many signs stand here that end a sentence or go around a word, and nothing else up to the next blank.
pub(crate) fn punctuation(text: &Text<'_>, at: usize) -> usize {
    let length =
        text.ahead(at, LONGEST_PUNCTUATION).iter().take_while(|byte| b".!?:>~*".contains(byte)).count();
    let behind = at + length;
    if behind >= text.len() || is_blank(text.at(behind)) { length } else { 0 }
}

/// Where what stands in three quotes ends, with the call around it, or in a tag of PostgreSQL (`$q$`) or C++ (`R"q(`), if they
/// stand before a statement and here.
pub(crate) fn closes_text_block(text: &Text<'_>, start: usize, end: usize) -> Option<usize> {
    let before = text.slice(start.saturating_sub(LONGEST_TAG)..start);
    if let Some(before) = before.strip_suffix(b"(") {
        let tag = &before[before.iter().rposition(|byte| !is_word(*byte))? + 1..];
        let quote = end + tag.len();
        let is_one = before[..before.len() - tag.len()].ends_with(b"\"");
        return (is_one && text.has(end, tag) && text.at(quote) == b'"')
            .then(|| quote + 1 + brackets(text, quote + 1));
    }
    if text.at(end) == b'$' {
        let tag = text.ahead(end + 1, LONGEST_TAG).iter().take_while(|byte| is_word(**byte)).count() + 2;
        let before = text.slice(start.saturating_sub(tag)..start);
        let is_one = text.at(end + tag - 1) == b'$' && text.has(end, before);
        return is_one.then(|| end + tag + brackets(text, end + tag));
    }
    let quotes = text.slice(start.checked_sub(3)?..start);
    let is_one = quotes == b"'''" || quotes == b"\"\"\"";
    (is_one && text.has(end, quotes)).then(|| end + 3 + brackets(text, end + 3))
}

/// Whether the quote behind a statement ends what it stands in, for all its own are in pairs.
pub(crate) fn closes_around(text: &Text<'_>, start: usize, end: usize) -> bool {
    let quote = text.at(end);
    // Text blocks, and code in a chat.
    let run = text.ahead(end, 3).iter().take_while(|byte| **byte == quote).count();
    let behind = end + if run == 3 || quote == b'`' { run } else { 1 };
    let inside = || {
        let before = text.slice(line_start(text, start)..start);
        matches!(text.at(end - 1), b')' | b';') && memchr::memchr_iter(quote, before).count() % 2 == 1
    };
    (quote == b'\'' && (behind > end + 1 || is_before_field(text, end) || inside())
        || matches!(quote, b'"' | b'`'))
        && (behind >= text.len() || b" \r\n;),.#:".contains(&text.at(behind)))
        && memchr::memchr_iter(quote, text.slice(start..end)).count().is_multiple_of(2)
}

/// How many brackets stand here that end a call.
fn brackets(text: &Text<'_>, at: usize) -> usize {
    text.ahead(at, 4).iter().take_while(|byte| b")]}".contains(byte)).count()
}

/// Whether the bracket behind a statement ends its line and the call that the statement stands in.
pub(crate) fn ends_call(text: &Text<'_>, start: usize, bracket: usize) -> bool {
    let before = text.slice(line_start(text, start)..start);
    let opened = memchr::memchr_iter(b'(', before).count() > memchr::memchr_iter(b')', before).count();
    opened && text.slice(bracket..text.line_end(bracket)).iter().all(|byte| b");\r".contains(byte))
}

/// Whether the quote of a literal ends it although another one stands behind: that is the quote of what the statement stands in,
/// a text block or a field of an object, whose own literals are not written in another way.
pub(crate) fn closes_both(text: &Text<'_>, start: usize, quote: usize) -> bool {
    let before = text.slice(start.saturating_sub(LONGEST_HEAD)..start);
    let block = text.has(quote, b"''''")
        && matches!(text.at(quote + 4), 0 | b' ' | b'\r' | b'\n' | b')' | b',' | b';')
        && memchr::memmem::find(before, b"'''").is_some();
    let held = || memchr::memchr_iter(b'\'', before).any(|open| starts_statement(&before[open + 1..]));
    block || is_before_field(text, quote + 1) && held()
}

/// Whether a quote stands here, and the next field of an object behind it.
fn is_before_field(text: &Text<'_>, quote: usize) -> bool {
    let name = text.ahead(quote + 3, 32);
    let length = name.iter().take_while(|byte| is_word(**byte)).count();
    text.has(quote, b"', ") && length > 0 && matches!(name.get(length), Some(b'=' | b':'))
}
