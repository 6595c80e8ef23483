//! Where a name begins and ends that a word is a part of.

use crate::lex::{Text, is_name, separator};
use crate::recognise::is_any;
use crate::wrapping::numbered_code;
use std::ops::Range;

/// How long a part of a name is that has characters written by their numbers.
const LONGEST_ESCAPED: usize = 64;
/// How far before a position the part of a URL begins.
const LONGEST_PART: usize = 4096;

/// The whole name that a word is a part of.
pub(crate) fn name_of(text: &Text<'_>, floor: usize, word: Range<usize>) -> Range<usize> {
    padded(text, floor, spaced(text, floor, whole(text, floor, word)))
}

/// A name with the characters of it that are written by their numbers, as in JSON: `pass\u200bword`.
pub(crate) fn escaped(text: &Text<'_>, floor: usize, word: &Range<usize>) -> Option<Range<usize>> {
    let behind = |at: usize| numbered(text, at).map(|length| at + length);
    let before = |start: usize| {
        let slashes =
            text.slice(floor..start).iter().rev().take(8).take_while(|byte| **byte == b'\\').count();
        (slashes > 0 && numbered(text, start - slashes).is_some()).then(|| start - slashes)
    };
    let (mut start, mut end) = (word.start, word.end);
    while let Some(slash) = before(start).filter(|slash| word.start - slash < LONGEST_ESCAPED) {
        let part =
            text.slice(floor..slash).iter().rev().take(LONGEST_ESCAPED).take_while(|byte| is_name(**byte));
        start = slash - part.count();
    }
    while let Some(next) = behind(end).filter(|next| next - word.end < LONGEST_ESCAPED) {
        end = next + text.ahead(next, LONGEST_ESCAPED).iter().take_while(|byte| is_name(**byte)).count();
    }
    (start < word.start || end > word.end).then_some(start..end)
}

/// How long the escape of a character is that stands here by its number and may be a part of a name.
fn numbered(text: &Text<'_>, at: usize) -> Option<usize> {
    let (code, end) = numbered_code(text, at)?;
    u8::try_from(code).map_or(true, is_name).then_some(end - at)
}

/// Where the part of a URL or of a form begins that a position stands in.
pub(crate) fn part_start(text: &Text<'_>, floor: usize, at: usize) -> usize {
    let before = text.slice(floor.max(at.saturating_sub(LONGEST_PART))..at);
    at - before.iter().rev().take_while(|byte| **byte > b' ' && !b"'\"`".contains(byte)).count()
}

/// A name with the part of it before or behind a quote that stands in it by mistake: `'pass'word' =`.
pub(crate) fn whole(text: &Text<'_>, floor: usize, name: Range<usize>) -> Range<usize> {
    let quote = |at: usize| text.at(at) == b'\'';
    let closes =
        |end: usize| quote(end) && separator(text, text.skip_space(end + 1)) > text.skip_space(end + 1);
    let opens = |start: usize| start > floor && quote(start - 1);
    let part = |at: usize| text.slice(at..at + 64).iter().take_while(|byte| is_name(**byte)).count();
    if !opens(name.start) || !quote(name.end) {
        return name;
    }
    let before =
        text.slice(floor..name.start - 1).iter().rev().take(64).take_while(|byte| is_name(**byte)).count();
    let start = name.start - 1 - before;
    let end = name.end + 1 + part(name.end + 1);
    if before > 0 && opens(start) && closes(name.end) {
        start..name.end
    } else if end > name.end + 1 && closes(end) {
        name.start..end
    } else {
        name
    }
}

/// A name with the blanks between its quotes.
fn padded(text: &Text<'_>, floor: usize, name: Range<usize>) -> Range<usize> {
    let before = text.slice(floor..name.start).iter().rev().take_while(|byte| **byte == b' ').count();
    let behind = text.skip_space(name.end);
    let start = name.start - before;
    let quote = text.at(behind);
    let padded = matches!(quote, b'\'' | b'"' | b'`') && start > floor && text.at(start - 1) == quote;
    if padded { start..behind } else { name }
}

/// A name with the word before it, where the two are written apart: `api key`.
fn spaced(text: &Text<'_>, floor: usize, name: Range<usize>) -> Range<usize> {
    const WORDS: &[&str] =
        &["API", "ACCESS", "SECRET", "PRIVATE", "SERVICE", "ACCOUNT", "AUTH", "SESSION", "CLIENT"];
    let before = text.slice(floor..name.start);
    let Some(word) = before.strip_suffix(b" ") else { return name };
    let length = word.iter().rev().take(8).take_while(|byte| byte.is_ascii_alphabetic()).count();
    match is_any(&word[word.len() - length..], WORDS) {
        true => name.start - 1 - length..name.end,
        false => name,
    }
}
