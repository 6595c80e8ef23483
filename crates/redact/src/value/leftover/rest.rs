//! What is left of a value behind its mask: another half, what stands behind a quote in it, and what a diff puts in its place.

use super::way::{Way, begins_value};
use super::{LONGEST, LONGEST_GAP, LONGEST_NAME, looks_drawn};
use crate::edit::holds_mask;
use crate::secret::names::{Folded, Secrecy};
use crate::secret::shape::{is_chosen, is_odd_word};
use crate::sql::keyword::statement_begins;
use crate::sql::lex::{Text, is_name, last_word};
use crate::statement::cut::may_be_secret;
use crate::statement::recognise::is_any;
use crate::value::harmless::is_no_secret;
use crate::wrapping::lines::line_start;
use crate::wrapping::piece::{Piece, literal, next};
use std::ops::Range;

/// How long a sign and the quotes behind it are.
const LONGEST_SIGN: usize = 12;
/// How long a mark before a line is.
const LONGEST_MARK: usize = 3;

/// The literal that looks drawn behind the end of a mask, with quotes, blanks and escaped line breaks between the two; an odd word is
/// enough directly behind one that is `closed`, or ends with a sign, or began with another quote.
pub(super) fn second_half(text: &Text<'_>, mask: &Range<usize>, closed: bool) -> Option<Range<usize>> {
    let end = mask.end;
    let open = mask.start.checked_sub(1).map_or(0, |before| text.at(before));
    let other = matches!(open, b'\'' | b'"' | b'`') && open != text.at(end) && text.at(end) != b'\\';
    let closed = closed || other || text.at(end - 1) == b'=';
    let mut at = end;
    while at < end + LONGEST_NAME && text.at(at) != b'\n' {
        let (piece, behind) = next(text, at);
        match piece {
            Piece::Quote if (at > end || closed) && begins_value(text, behind) => {
                let value = literal(text, behind, LONGEST);
                let said = text.slice(value.clone());
                return (looks_drawn(said) || at == end && is_odd_word(said)).then_some(value);
            }
            Piece::Quote | Piece::Blank | Piece::Break => at = behind,
            _ => return None,
        }
    }
    None
}

/// Where a value ends of which a backslash or another quote, that only in a string would mean something, was taken for the end.
pub(super) fn unread_end(text: &Text<'_>, mask: &Range<usize>) -> Option<usize> {
    let open = text.at(mask.start.checked_sub(1)?);
    let quoted = matches!(open, b'\'' | b'`');
    let goes_on =
        |at: &usize| text.at(*at) > b' ' && !b"=,;)".contains(&text.at(*at)) && text.at(*at) != open;
    let end = mask.end + (mask.end..mask.end + LONGEST_GAP).take_while(goes_on).count();
    let said = text.slice(mask.end..end);
    match text.at(mask.end) {
        b'\\' | b'"' | b'`' if quoted && open != text.at(mask.end) => {
            let behind = text.at(text.skip_space(end + 1));
            let ends = text.at(end) == open && matches!(behind, b',' | b')' | b';' | b'\r' | b'\n' | 0);
            let says = said.iter().any(u8::is_ascii_alphanumeric) && !holds_mask(said);
            (ends && says && text.at(end - 1) != b'\\').then_some(end)
        }
        b'\\' if matches!(open, b'=' | b' ') => {
            // No string has such an escape.
            let odd = |at: usize| said.get(at + 1).is_some_and(|sign| !b"nrtux0\\/'\"`".contains(sign));
            let quotes = memchr::memchr3(b'\'', b'"', b'`', said).is_some();
            // A copy may end before a quote.
            let read = || !quotes && memchr::memchr_iter(b'\\', said).any(odd);
            let once = memchr::memchr_iter(b'\\', said).count() == 1;
            let inside = once && quotes && said.last().is_some_and(u8::is_ascii_alphanumeric);
            let plain = || inside && is_plain(text, mask.start) && !statement_begins(text, mask.end + 2);
            (end < text.len() && (read() || plain())).then_some(end)
        }
        _ => None,
    }
}

/// Whether a position stands in no string: nothing on its line is escaped, and all quotes before it are closed.
fn is_plain(text: &Text<'_>, at: usize) -> bool {
    let before = text.slice(line_start(text, at)..at);
    let closed = |quote: u8| memchr::memchr_iter(quote, before).count().is_multiple_of(2);
    memchr::memchr(b'\\', before).is_none() && [b'"', b'\'', b'`'].into_iter().all(closed)
}

/// Where a value ends that itself holds a quote before a line break or a comma.
pub(super) fn rest_end(text: &Text<'_>, mask: &Range<usize>) -> Option<usize> {
    let whole = usize::from(text.at(mask.end - 1) == b'\'');
    rest(text, mask).filter(|(_, apart)| !apart).map(|(rest, _)| rest.end + whole)
}

/// The rest of such a value on the next line, behind what stands before that.
pub(super) fn next_line(text: &Text<'_>, mask: &Range<usize>) -> Option<Range<usize>> {
    rest(text, mask).filter(|(_, apart)| *apart).map(|(rest, _)| rest)
}

/// The rest of a value behind a quote in it: no entry stands there, and another quote ends it; and whether something stands between
/// the two.
fn rest(text: &Text<'_>, mask: &Range<usize>) -> Option<(Range<usize>, bool)> {
    let whole = usize::from(text.at(mask.end - 1) == b'\'');
    let close = mask.end - whole;
    let before = text.slice(mask.start.saturating_sub(LONGEST_NAME)..mask.start).trim_ascii_end();
    let key = before.strip_suffix(b"'").unwrap_or(before).trim_ascii_end().strip_suffix(b"=")?;
    if text.at(close) != b'\'' || !key.trim_ascii_end().ends_with(b"'") {
        return None;
    }
    let start = match text.at(close + 1) {
        b'\n' => behind_margin(text, close + 2),
        b',' => {
            let open = text.skip_space(close + 2);
            (text.at(open) == b'\'').then_some(open + 1)?
        }
        _ => return None,
    };
    let quoted = text.at(start - 1) == b'\'';
    // What is set is one value.
    let set = quoted && is_set(key.trim_ascii_end());
    let goes_on = |at: &usize| match text.at(*at) {
        b'\'' => set && (text.at(at + 1) == b'\'' || text.at(at - 1) == b'\''),
        b' ' => quoted,
        byte => byte > b' ',
    };
    let end = start + (start..start + LONGEST).take_while(goes_on).count();
    let behind = text.skip_blank(end + 1);
    let ends = text.at(end) == b'\'' && matches!(text.at(behind), b')' | b';' | b'\r' | b'\n' | 0);
    // A name may stand there, whose value is lost.
    let said = text.slice(start..end);
    let says = said.iter().any(u8::is_ascii_alphanumeric) && !b"),;".contains(&text.at(start));
    let named = || !set && (is_chosen(said) || Folded::of(said).secrecy() != Secrecy::None);
    let apart = !quoted && start > close + 2;
    (ends && says && !named() && !holds_mask(said)).then_some((start..end, apart))
}

/// Whether a key with its quotes is what a SET stands before.
fn is_set(key: &[u8]) -> bool {
    let name = key.strip_suffix(b"'").and_then(|name| Some(&name[..memchr::memrchr(b'\'', name)?]));
    name.is_some_and(|before| is_any(last_word(before.trim_ascii_end()), &["SET"]))
}

/// Behind what stands before a line: marks, and blanks.
fn behind_margin(text: &Text<'_>, line: usize) -> usize {
    let start = text.skip_space(line);
    let marks = (start..start + LONGEST_MARK).take_while(|at| b"*>|+-#/!".contains(&text.at(*at))).count();
    if marks > 0 && text.at(start + marks) == b' ' { text.skip_space(start + marks) } else { line }
}

/// The value behind a comma and a sign, whose key was written before the comma and so became a part of a masked value: two quotes
/// stand before it, which are one in a literal.
pub(super) fn keyless(text: &Text<'_>, mask: &Range<usize>) -> Option<Range<usize>> {
    let said = text.slice(mask.clone());
    let said = said.strip_suffix(b"'").unwrap_or(said);
    let name = said.iter().rev().take_while(|byte| is_name(**byte)).count();
    let (before, name) = said.split_at(said.len() - name);
    if !before.ends_with(b"'") && !before.ends_with(b"\\") || !may_be_secret(name) {
        return None;
    }
    let mut at = mask.end;
    let mut commas = 0;
    while at < mask.end + LONGEST_NAME {
        let (piece, end) = next(text, at);
        match piece {
            Piece::Sign if commas == 1 => break,
            Piece::Comma => commas += 1,
            Piece::Quote | Piece::Blank | Piece::Break => {}
            // What stands before a line.
            Piece::Other if commas == 0 && b"+->|#*/".contains(&text.at(at)) => {}
            _ => return None,
        }
        at = end;
    }
    let mut way = Way::behind(text, at, true);
    way.value(at + LONGEST_GAP).filter(|_| way.signs == 1)
}

/// The literal behind a sign with which what was read ends: what that stands in has lost the quote that should open it.
pub(super) fn dangling(text: &Text<'_>, end: usize) -> Option<Range<usize>> {
    let near = text.slice(end.saturating_sub(LONGEST_SIGN)..end);
    let sign = near.iter().rposition(|byte| !b"'\\ \t".contains(byte)).filter(|sign| near[*sign] == b'=')?;
    let mut way = Way::behind(text, end, true);
    let value = way.value(end + LONGEST_SIGN).filter(|_| sign + 1 < near.len() && way.is_short())?;
    (!is_no_secret(text.slice(value.clone()))).then_some(value)
}

/// What a diff puts in the place of a masked value on the next line, behind a sign: `- = '…'` and `+ = '…'`.
pub(super) fn replacement(text: &Text<'_>, mask: &Range<usize>) -> Option<Range<usize>> {
    let before = text.slice(mask.start.saturating_sub(LONGEST_NAME)..mask.start);
    let begins = |dash: usize| before[..dash].ends_with(b"\n") || before[..dash].ends_with(b"\\n");
    memchr::memrchr_iter(b'-', before).find(|dash| begins(*dash))?;
    let mut at = mask.end;
    loop {
        let (piece, end) = next(text, at);
        match piece {
            Piece::Break => break at = end,
            _ if end > mask.end + LONGEST_NAME => return None,
            Piece::Quote | Piece::Blank | Piece::Comma => at = end,
            Piece::Other if b");".contains(&text.at(at)) => at = end,
            _ => return None,
        }
    }
    let mut way = Way::behind(text, at + 1, false);
    let value = way.value(at + LONGEST_GAP).filter(|_| text.at(at) == b'+' && way.signs == 1)?;
    is_odd_word(text.slice(value.clone())).then_some(value)
}
