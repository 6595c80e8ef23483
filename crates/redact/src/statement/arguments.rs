//! Values that are given to a statement apart from it: the arguments of a format, parameters that are bound.

use crate::edit::{Edits, Rule};
use crate::sql::lex::{Text, is_blank, is_word};
use lockkeeper_model::MASK;

/// What stands in a statement for a value that is given apart from it.
const PLACES: [&[u8]; 8] = [b"%s", b"{}", b"?", b"$1", b"{0}", b":1", b"%1", b"{!r}"];
/// How long a statement with such a place is.
const LONGEST: usize = 4096;
/// How many values are given to it, and how long what stands before the first is.
const MOST: usize = 16;
const LONGEST_JOINT: usize = 48;

/// Masks the literals that are given to the statement from `start` to `end`, if the string that it stands in ends there and a
/// place for a value is in it. Returns where to go on.
pub(crate) fn mask(text: &Text<'_>, start: usize, end: usize, edits: &mut Edits) -> usize {
    let Some(mut at) = begin(text, text.skip_space(end)) else { return end };
    if end - start > LONGEST || !has_place(text.slice(start..end)) {
        return end;
    }
    let mut behind = end;
    for _ in 0..MOST {
        let mark = text.at(at);
        if !matches!(mark, b'"' | b'\'') {
            break;
        }
        let length = text.ahead(at + 1, LONGEST).iter().position(|byte| *byte == mark || *byte == b'\n');
        let Some(close) = length.map(|length| at + 1 + length).filter(|close| text.at(*close) == mark) else {
            break;
        };
        let said = text.slice(at + 1..close);
        if said != MASK.as_bytes() && !said.is_empty() {
            edits.mask(at + 1..close, Rule::ConnectionLiteral);
        }
        behind = close + 1;
        let next = text.skip_space(behind);
        if text.at(next) != b',' {
            break;
        }
        at = text.skip_space(next + 1);
    }
    behind
}

/// Whether a value of a statement is nothing but the place of one.
fn has_place(statement: &[u8]) -> bool {
    memchr::memchr_iter(b'=', statement).any(|sign| {
        let value = statement[sign + 1..].trim_ascii_start();
        let value = &value[value.iter().take_while(|byte| b"\\'\"".contains(byte)).count()..];
        let ends =
            |rest: &[u8]| rest.first().is_none_or(|byte| is_blank(*byte) || b"\\'\"),;".contains(byte));
        PLACES.iter().any(|place| value.strip_prefix(*place).is_some_and(ends))
    })
}

/// Where the first of the values stands that are given to a statement whose string ends at a quote.
fn begin(text: &Text<'_>, quote: usize) -> Option<usize> {
    let mark = text.at(quote);
    if !matches!(mark, b'"' | b'\'' | b'`') {
        return None;
    }
    let run = text.ahead(quote, 3).iter().take_while(|byte| **byte == mark).count();
    let ahead = text.ahead(quote + run, LONGEST_JOINT);
    let length = ahead.iter().take_while(|byte| is_word(**byte) || b" ,.%([{&:".contains(byte)).count();
    let joint = &ahead[..length];
    let joined = [&b","[..], b"%", b".", b"USING", b"using"]
        .iter()
        .any(|sign| joint.trim_ascii_start().starts_with(sign));
    joined.then_some(quote + run + length)
}

/// Whether a flag and the quotes of its value stand here.
pub(crate) fn is_flag(text: &Text<'_>, at: usize) -> bool {
    let name = at + 2;
    text.has(at, b"--")
        && text.at(name).is_ascii_lowercase()
        && b"'\"$=".contains(&text.at(text.skip_space(text.word_end(name))))
}
