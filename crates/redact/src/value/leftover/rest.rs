//! What is left of a value behind its mask: another half, what stands behind a quote in it, and what a diff puts in its place.

use super::way::{Way, begins_value};
use super::{LONGEST, LONGEST_GAP, LONGEST_NAME, looks_drawn};
use crate::edit::holds_mask;
use crate::secret::names::{Folded, Secrecy};
use crate::secret::shape::{is_chosen, is_odd_word};
use crate::sql::lex::Text;
use crate::wrapping::piece::{Piece, literal, next};
use std::ops::Range;

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
            (!quotes && end < text.len() && memchr::memchr_iter(b'\\', said).any(odd)).then_some(end)
        }
        _ => None,
    }
}

/// Where a value ends that itself holds a quote before a line break or a comma: no entry stands behind that, and another quote ends it.
pub(super) fn rest_end(text: &Text<'_>, mask: &Range<usize>) -> Option<usize> {
    let whole = usize::from(text.at(mask.end - 1) == b'\'');
    let close = mask.end - whole;
    let before = text.slice(mask.start.saturating_sub(LONGEST_NAME)..mask.start).trim_ascii_end();
    let key = before.strip_suffix(b"'").unwrap_or(before).trim_ascii_end().strip_suffix(b"=")?;
    if text.at(close) != b'\'' || !key.trim_ascii_end().ends_with(b"'") {
        return None;
    }
    let start = match text.at(close + 1) {
        b'\n' => close + 2,
        b',' => {
            let open = text.skip_space(close + 2);
            (text.at(open) == b'\'').then_some(open + 1)?
        }
        _ => return None,
    };
    let blank = text.at(start - 1) == b'\'';
    let goes_on = |at: &usize| text.at(*at) > b' ' && text.at(*at) != b'\'' || blank && text.at(*at) == b' ';
    let end = start + (start..start + LONGEST).take_while(goes_on).count();
    let behind = text.skip_blank(end + 1);
    let ends = text.at(end) == b'\'' && matches!(text.at(behind), b')' | b';' | b'\r' | b'\n' | 0);
    // A name may stand there, whose value is lost.
    let said = text.slice(start..end);
    let says = said.iter().any(u8::is_ascii_alphanumeric) && !b"),;".contains(&text.at(start));
    let named = || is_chosen(said) || Folded::of(said).secrecy() != Secrecy::None;
    (ends && says && !named() && !holds_mask(said)).then_some(end + whole)
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
