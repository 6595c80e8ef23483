//! The shapes of what stands before the lines of a log: times, levels and sources differ, and their signs do not.

use super::progress::is_sign;
use crate::sql::lex::{Text, is_blank};
use crate::statement::resync::LEVELS;

/// How long a field is that a statement begins behind without a blank.
const LONGEST_FIELD: usize = 48;

/// What stands between blanks.
pub(super) fn fields(said: &[u8]) -> impl Iterator<Item = &[u8]> {
    said.split(|byte| is_blank(*byte)).filter(|field| !field.is_empty())
}

/// Whether a field stands in no sentence: it is a number, a level, or has signs around it.
pub(super) fn is_distinct(field: &[u8]) -> bool {
    let is_sign = |byte: &u8| !byte.is_ascii() || byte.is_ascii_digit() || b"[]{}()<>|:#".contains(byte);
    field.iter().any(is_sign) || LEVELS.contains(&field)
}

/// Where a line goes on behind fields of the same shapes as those before the first line.
pub(super) fn behind_fields(text: &Text<'_>, first: &[u8], line: usize, end: usize) -> Option<usize> {
    let mut at = text.skip_space(line);
    // Quotations and diffs have nothing but signs before each line, and layers of their own.
    let (mut distinct, mut named) = (false, false);
    let mut fields = fields(first).enumerate().peekable();
    while let Some((place, field)) = fields.next() {
        let rest = text.slice(at..end);
        let length = rest.iter().position(|byte| is_blank(*byte)).unwrap_or(rest.len());
        // Behind the last, a statement may begin without a blank.
        let glued = fields.peek().is_none() && first.ends_with(field);
        let length = if glued { glued_length(field, &rest[..length]) } else { length };
        let own = &rest[..length];
        // As before the name of an author, and what is said.
        let dashes = |field: &[u8]| field.iter().all(|byte| *byte == b'-');
        let marks = |field: &[u8]| dashes(field) || field.len() > 1 && field[0] == b'(';
        let sign = |field| is_sign(field) && !marks(field);
        if sign(field) || sign(own) || !have_one_shape(field, own, place == 0) {
            break;
        }
        // What is said may begin behind a sign: only there the two differ.
        let (kept, last) = (before_last_word(field), before_last_word(own));
        if !glued && field[kept..] != own[last..] && kept > 0 && !field[kept].is_ascii_digit() {
            at += last;
            distinct |= is_distinct(&field[..kept]);
            named = true;
            break;
        }
        distinct |= is_distinct(field) && is_distinct(own);
        named |= own.iter().any(u8::is_ascii_alphanumeric);
        at = text.skip_space(at + length);
    }
    (distinct && named && at <= end).then_some(at)
}

/// The length of what stands before the last word of a field, with the colon at its end; 0 if there is none.
fn before_last_word(field: &[u8]) -> usize {
    let colon = memchr::memrchr(b':', field).filter(|colon| colon + 1 < field.len());
    colon.map_or(0, |colon| colon + 1)
}

/// How much of a word is a field of the shape of another, with the same sign at its end.
fn glued_length(field: &[u8], word: &[u8]) -> usize {
    let ends = |length: &usize| {
        word[..*length].last() == field.last() && have_one_shape(field, &word[..*length], false)
    };
    (1..word.len().min(LONGEST_FIELD)).find(ends).unwrap_or(word.len())
}

/// Whether two fields have the same signs between their words; `strictly`: and numbers where the other has some.
pub(super) fn have_one_shape(a: &[u8], b: &[u8], strictly: bool) -> bool {
    let mut shapes = (shape(a), shape(b));
    loop {
        match (shapes.0.next(), shapes.1.next()) {
            (None, None) => return true,
            (Some(x), Some(y)) if x == y || !strictly && b"0a".contains(&x) && b"0a".contains(&y) => {}
            _ => return false,
        }
    }
}

/// A field with one sign for each word and each number.
fn shape(field: &[u8]) -> impl Iterator<Item = u8> {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || *byte >= 0x80 || b"_.-/$#@+".contains(byte);
    let mut rest = field;
    std::iter::from_fn(move || {
        let length = rest.iter().take_while(|byte| is_part(byte)).count();
        let (part, behind) = rest.split_at(length.max(1).min(rest.len()));
        rest = behind;
        let first = *part.first()?;
        let is_word = |byte: &u8| byte.is_ascii_alphabetic() || *byte >= 0x80;
        Some(match part.iter().any(is_word) {
            true => b'a',
            false if part.iter().any(u8::is_ascii_digit) => b'0',
            false => first,
        })
    })
}
