//! Where a name begins and ends that a word is a part of.

use crate::lex::{Text, is_name, separator};
use crate::recognise::is_any;
use std::ops::Range;

/// How far before a position the part of a URL begins.
const LONGEST_PART: usize = 4096;

/// The whole name that a word is a part of.
pub(crate) fn name_of(text: &Text<'_>, floor: usize, word: Range<usize>) -> Range<usize> {
    padded(text, floor, spaced(text, floor, whole(text, floor, word)))
}

/// Where the part of a URL or of a form begins that a position stands in.
pub(crate) fn part_start(text: &Text<'_>, floor: usize, at: usize) -> usize {
    let before = text.slice(floor.max(at.saturating_sub(LONGEST_PART))..at);
    at - before.iter().rev().take_while(|byte| **byte > b' ' && !b"'\"`".contains(byte)).count()
}

/// A name with the part of it before or behind a quote that stands in it by mistake: `'pass'word' =`.
fn whole(text: &Text<'_>, floor: usize, name: Range<usize>) -> Range<usize> {
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
