//! Names whose quotes, or those of their values, are written as what they stand in has them.

use crate::edit::Edits;
use crate::sql::lex::{Text, is_name, quote_length, separator};
use crate::statement::around::{breaks_in_string, opens_in_shell, shell_end, shell_start};
use crate::value::named::part_start;
use crate::value::pairs::mask_value;
use crate::wrapping::numbered;
use crate::wrapping::view::View;
use std::ops::Range;

/// How far a pair with encoded signs is looked at.
const ENCODED: usize = 4096;
/// How far before a name what it stands in is looked at, where its sign is written by its number.
const BEFORE_NUMBERED: usize = 512;
/// How long most of them are.
const MOST_ENCODED: usize = 256;

/// Masks the value of a name whose quotes may be encoded; most are short.
pub(crate) fn mask_encoded(
    text: &Text<'_>,
    floor: usize,
    name: &Range<usize>,
    [typographic, shell]: [bool; 2],
    edits: &mut Edits,
) -> Option<usize> {
    // A quote before what is encoded as in a URL is none of its own.
    let url = matches!(text.at(name.end), b'%' | b'+');
    let slashes = numbered::sign(text, name.end);
    let start = match url {
        true => part_start(text, floor, name.start),
        false if shell => shell_start(text, floor, name.start),
        false if slashes.is_some() => floor.max(name.start.saturating_sub(BEFORE_NUMBERED)),
        false => floor,
    };
    let before = edits.len();
    for length in [MOST_ENCODED, ENCODED] {
        let limit = name.end + text.ahead(name.end, length).len();
        let until = match slashes {
            _ if shell => shell_end(text, name.end, limit),
            Some(slashes) => numbered::string_end(text, name.end, limit, slashes),
            None => limit,
        };
        let view = View::of_message(text, floor, name, limit);
        let view = view.or_else(|| View::of_any(text, start, until, limit))?;
        let end = mask_in(&view, text, name, typographic, edits);
        if limit < name.end + MOST_ENCODED || length == ENCODED || end.is_none_or(|end| end + 16 < limit) {
            return end;
        }
        edits.truncate(before);
    }
    None
}

fn mask_in(
    view: &View,
    text: &Text<'_>,
    name: &Range<usize>,
    typographic: bool,
    edits: &mut Edits,
) -> Option<usize> {
    let behind = name.end;
    let broken = breaks_in_string(text, behind);
    let name = view.position(name.start)..view.position(name.end);
    view.mask(text, edits, |inner, found| {
        let start = (name.start..name.end).find(|at| inner.at(*at) != b'\'').unwrap_or(name.start);
        let end = if typographic { start } else { name.end };
        let end = (end..end + 64).find(|at| !is_name(inner.at(*at))).unwrap_or(end);
        // Blanks before the quote belong to the name.
        let open = if start > 0 { inner.at(start - 1) } else { 0 };
        let close = inner.skip_blank(end);
        let end = if quote_length(inner, close) > 0 && inner.at(close) == open { close } else { end };
        let name = start..end;
        let quoted = matches!(inner.at(end), b'\'' | b'"' | b'`' | b'\\') || broken;
        let sign = inner.skip_space(end);
        let shown = matches!(text.at(behind), b'%' | b'+')
            || opens_in_shell(text, behind)
            || numbered::sign(text, behind).is_some();
        let assigned = shown && separator(inner, sign) > sign;
        (quoted || assigned).then(|| mask_value(inner, 0, name, found)).flatten()
    })
}

/// Masks the value of a name whose quotes are written more than once each; most are short.
pub(crate) fn mask_repeated(
    text: &Text<'_>,
    floor: usize,
    name: &Range<usize>,
    edits: &mut Edits,
) -> Option<usize> {
    let before = edits.len();
    for limit in [name.end + ENCODED / 8, name.end + 2 * ENCODED] {
        let view = View::of_repeated(text, floor, name.clone(), limit)?;
        let inner = view.position(name.start)..view.position(name.end);
        let end = view.mask(text, edits, |text, found| mask_value(text, 0, inner, found));
        if limit > name.end + ENCODED || end.is_none_or(|end| end + 2 < limit) {
            return end;
        }
        edits.truncate(before);
    }
    None
}
