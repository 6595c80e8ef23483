//! Lists of connection options without their first words: cut off, lost, or misspelt beyond recognition.
//!
//! They are known by what they list. Everything in them is masked but what is known, as in a broken statement.

use crate::beginning::{has_known_type, pairs};
use crate::broken;
use crate::edit::Edits;
use crate::ending::opens;
use crate::lex::{Text, opens_list};
use crate::recognise::{OBJECTS, is_any};
use crate::view::View;
use lockkeeper_model::OptionKey;
use std::ops::Range;

/// How far the pairs of a list are looked at.
const AHEAD: usize = 2048;

/// Masks the list of connection options that a quoted name belongs to, if it does; nothing before `floor` is looked at.
/// Returns its end.
pub(crate) fn mask(text: &Text<'_>, floor: usize, name: Range<usize>, edits: &mut Edits) -> Option<usize> {
    if name.start == floor {
        return None;
    }
    if text.at(name.start - 1) != b'\'' || text.at(name.end) != b'\'' {
        return mask_encoded(text, floor, name, edits);
    }
    if !is_list(text, floor, &name) {
        return None;
    }
    let (start, inside) = beginning(text, floor, name.start - 1);
    Some(broken::mask_rest(text, start, inside, edits))
}

/// The same where the quotes are encoded.
fn mask_encoded(text: &Text<'_>, floor: usize, name: Range<usize>, edits: &mut Edits) -> Option<usize> {
    let encoded = matches!(text.at(name.end), b'\\' | b'&' | b'%');
    let view = encoded.then(|| View::of_any(text, floor, text.line_end(name.end))).flatten()?;
    let inner = view.text();
    let mut found = Edits::default();
    let name = view.position(name.start)..view.position(name.end);
    if inner.at(name.end) != b'\'' {
        return None;
    }
    let end = mask(&inner, 0, name, &mut found)?;
    view.carry(text, &found, edits);
    Some(view.source(end))
}

/// Whether the pairs around a name are those of a connection, and of nothing else.
fn is_list(text: &Text<'_>, floor: usize, name: &Range<usize>) -> bool {
    if is_other(text.slice(floor..name.start)) {
        return false;
    }
    let mut known = 0;
    for (key, value) in pairs(text, floor, name.end - floor + AHEAD) {
        match OptionKey::find(key) {
            Some(OptionKey::Type) if has_known_type(text, value) => return true,
            Some(_) => known += 1,
            None if key.eq_ignore_ascii_case(b"connector") => return false,
            None if known < 2 => return false,
            None => break,
        }
    }
    known >= 2
}

/// Whether the words of another statement stand there.
fn is_other(before: &[u8]) -> bool {
    let mut words = before.split(|byte| !byte.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let mut last: &[u8] = b"";
    words.any(|word| {
        let verb = std::mem::replace(&mut last, word);
        (is_any(verb, &["CREATE", "ALTER", "REPLACE", "TEMPORARY"]) && is_any(word, OBJECTS))
            || word.eq_ignore_ascii_case(b"OPTIONS")
    })
}

/// Where the list begins that reaches to the quote of a known key, and whether inside of a value.
fn beginning(text: &Text<'_>, floor: usize, key: usize) -> (usize, bool) {
    let before = text.slice(floor..key);
    let Some(quote) = memchr::memchr(b'\'', before).map(|at| floor + at) else {
        return (key, false);
    };
    if let Some(open) = text.slice(floor..quote).iter().rposition(|byte| opens_list(*byte)) {
        return (floor + open + 1, true);
    }
    if opens(text, quote) {
        return (quote, true);
    }
    // The end of a literal: it began behind what stands before texts.
    let head = text.slice(floor..quote);
    let behind = |sign: &[u8]| memchr::memmem::rfind(head, sign).map(|at| floor + at + sign.len());
    let start = [&b"..."[..], "…".as_bytes(), b"\""].into_iter().filter_map(behind).max();
    let start = start.or_else(|| [&b": "[..], b" - ", b"] "].into_iter().filter_map(behind).max());
    (start.unwrap_or(floor), true)
}
