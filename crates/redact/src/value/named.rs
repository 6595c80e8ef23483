//! Where a name begins and ends that a word is a part of.

use crate::sql::lex::{Text, is_name, last_word, quote_length, separator};
use crate::statement::recognise::is_any;
use crate::statement::words::is_verb;
use crate::wrapping::{colour, numbered_code};
use std::ops::Range;

/// Words of a statement that a comment may follow without a blank.
const COMMENTED: [&[u8]; 5] = [b"CREATE", b"ALTER", b"CONNECTION", b"WITH", b"SET"];
/// How far a word goes on behind a position.
const LONGEST: usize = 256;
/// How long a part of a name is that has characters written by their numbers.
const LONGEST_ESCAPED: usize = 64;
/// How far before a position the part of a URL begins.
const LONGEST_PART: usize = 4096;

/// The word that holds a position, without what stands before words. Anchors reach over its end: then there is none.
pub(crate) fn word_around(text: &Text<'_>, floor: usize, hit: usize) -> Range<usize> {
    let mut start = hit;
    while start > floor && is_name(text.at(start - 1)) && hit - start < 128 && !text.ends_blank(start) {
        start -= 1;
    }
    let ahead = text.slice(hit..hit + LONGEST);
    let ends = |(at, byte): (usize, &u8)| !is_name(*byte) || *byte >= 0x80 && text.is_wide_blank(hit + at);
    let mut end = match ahead.iter().enumerate().position(ends) {
        Some(length) => hit + length,
        None if ahead.len() < LONGEST => text.end(),
        None => hit + LONGEST,
    };
    // A comment may begin directly behind a word of a statement, if it is none of a name in quotes.
    let quoted = start > floor
        && matches!(text.at(start - 1), b'\'' | b'"' | b'`')
        && text.at(end) == text.at(start - 1);
    match if quoted { None } else { before_comment(text.slice(start..end)) } {
        Some(length) if start + length > hit => end = start + length,
        // What is looked at stands in the comment.
        Some(length) => start += length,
        None => {}
    }
    // The digits of an encoded sign are no part of the word behind it.
    if start > floor && text.at(start - 1) == b'%' {
        while text.has(start, b"25") && end > start + 4 {
            start += 2;
        }
        let digits = text.slice(start..end).iter().take(2).filter(|byte| byte.is_ascii_hexdigit()).count();
        start += if digits == 2 && end > start + 2 { 2 } else { 0 };
    }
    // Nor are those of a sign as syslog has it.
    if start > floor && text.at(start - 1) == b'#' && (text.has(start, b"012") || text.has(start, b"011")) {
        start += if start + 3 <= hit { 3 } else { 0 };
    }
    // Nor are marks of the order of bytes.
    while start + 3 < end && start <= hit && text.has(start, b"\xef\xbb\xbf") {
        start += 3;
    }
    // Nor is the quote before a statement.
    let quote = quote_length(text, start);
    start += if quote > 1 && is_verb(text.slice(start + quote..end)) { quote } else { 0 };
    // Nor are those of a quotation mark that is written by its number.
    if start > floor
        && text.at(start - 1) == b'\\'
        && let Some((_, behind)) = numbered_code(text, start - 1).filter(|(_, behind)| *behind <= hit)
        && (is_verb(text.slice(behind..end)) || is_any(text.slice(behind..end), &["CONNECTION", "SET"]))
    {
        start = behind;
    }
    // Nor is the letter of an escape before the mark of a diff.
    let escape = start > floor && text.at(start - 1) == b'\\' && b"nrt".contains(&text.at(start));
    start += usize::from(escape && text.at(start + 1) == b'-' && start < hit);
    // Nor are colours, and the marks of a line in a diff, of a comment or of `grep`.
    let before = text.slice(start..hit);
    let dashes = before.iter().take_while(|byte| **byte == b'-').count();
    let number = memchr::memrchr(b'-', before).filter(|dash| *dash > 0 && before[dash - 1].is_ascii_digit());
    if dashes > 0 {
        let word = text.slice(start + dashes..end);
        start += if is_verb(word) || is_any(word, &["CONNECTION"]) { dashes } else { 0 };
    } else if let Some(dash) = number {
        start += dash + 1;
    } else if start > floor
        && matches!(text.at(start - 1), b'[' | b';')
        && let Some(colour) = colour::end_before(text, floor, start).filter(|end| (start..=hit).contains(end))
    {
        start = colour;
    }
    start..end
}

/// How long the word of a statement is that a name begins with, if a comment follows it.
fn before_comment(name: &[u8]) -> Option<usize> {
    let is_one = |word: &&&[u8]| name.get(word.len()..word.len() + 2) == Some(b"--");
    COMMENTED
        .iter()
        .find(is_one)
        .map(|word| word.len())
        .filter(|length| COMMENTED.iter().any(|word| name[..*length].eq_ignore_ascii_case(word)))
}

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
    // A quote behind a word closes something else, but behind SET.
    let padded = padded
        && (start - 1 == floor
            || !text.at(start - 2).is_ascii_graphic()
            || b"([{,".contains(&text.at(start - 2))
            || is_any(last_word(text.slice(floor..start - 1)), &["SET"]));
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
