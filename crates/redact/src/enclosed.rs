//! What a statement stands in, told by what stands directly behind it: quotes, text blocks, signs of a sentence.

use crate::lex::{Text, is_blank, is_word};

/// How long the tag of a string of PostgreSQL may be.
const LONGEST_TAG: usize = 32;

/// How many signs stand here that end a sentence or go around a word, and nothing else up to the next blank.
pub(crate) fn punctuation(text: &Text<'_>, at: usize) -> usize {
    let length = text.ahead(at, 4).iter().take_while(|byte| b".!?:>~*".contains(byte)).count();
    let behind = at + length;
    if behind >= text.len() || is_blank(text.at(behind)) { length } else { 0 }
}

/// Where what stands in three quotes ends, with the call around it, or in a tag of PostgreSQL (`$q$`), if they stand before a
/// statement and here.
pub(crate) fn closes_text_block(text: &Text<'_>, start: usize, end: usize) -> Option<usize> {
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
    let behind = end + if text.has(end, &[quote; 3]) { 3 } else { 1 };
    // Fields of an object.
    let field = || {
        let name = text.ahead(end + 3, 32);
        let length = name.iter().take_while(|byte| is_word(**byte)).count();
        text.has(end, b"', ") && length > 0 && matches!(name.get(length), Some(b'=' | b':'))
    };
    (quote == b'\'' && (behind > end + 1 || field()) || matches!(quote, b'"' | b'`'))
        && (behind >= text.len()
            || matches!(text.at(behind), b' ' | b'\r' | b'\n' | b';' | b')' | b',' | b'.' | b'#'))
        && memchr::memchr_iter(quote, text.slice(start..end)).count().is_multiple_of(2)
}

/// How many brackets stand here that end a call.
fn brackets(text: &Text<'_>, at: usize) -> usize {
    text.ahead(at, 4).iter().take_while(|byte| b")]}".contains(byte)).count()
}
