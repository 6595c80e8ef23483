//! Values that look drawn behind a name, or behind a mask, where the quotes between the two are broken beyond reading.

use crate::edit::{Edits, Rule};
use crate::secret::issuers::is_known_token;
use crate::secret::names::{Folded, Secrecy};
use crate::secret::shape::is_scrambled;
use crate::sql::lex::{Text, is_name, quote_length, separator};
use crate::statement::comments::skip_comments;
use crate::statement::recognise::is_any;
use crate::value::harmless::is_no_secret;
use crate::value::{changed, document, tail};
use lockkeeper_model::MASK;
use std::ops::Range;

/// How much may stand between a name and its value.
const GAP: usize = 24;
/// How long a name may be.
const LONGEST_NAME: usize = 64;
/// How long a value may be.
const LONGEST: usize = 1024;

/// Masks what looks drawn behind each of the edits from the given one on, and what no rule has read in the part of the text that they
/// stand in. Returns up to where all is decided.
pub(crate) fn mask(text: &Text<'_>, first: usize, part: Range<usize>, edits: &mut Edits) -> usize {
    document::extend(text, first, edits);
    tail::mask(text, first, part.start, edits);
    changed::mask(text, first, edits);
    mask_behind_edits(text, first, edits);
    mask_unread(text, part.clone(), edits);
    edits.as_slice().last().map_or(part.end, |last| last.range.end.max(part.end))
}

/// Masks the value behind a key that was taken for the end of what is masked by the last edit from the given one on. Returns its end.
pub(crate) fn mask_swallowed(text: &Text<'_>, first: usize, edits: &mut Edits) -> Option<usize> {
    let mask = edits.as_slice().iter().skip(first).next_back()?.range.clone();
    let value = behind_swallowed(text, &mask)?;
    edits.mask(value.clone(), Rule::SecretOption);
    Some(value.end)
}

fn mask_behind_edits(text: &Text<'_>, first: usize, edits: &mut Edits) {
    let masks = edits.as_slice().iter().skip(first).map(|edit| edit.range.clone());
    let values: Vec<_> = masks
        .filter_map(|mask| {
            let before = text.slice(mask.start.saturating_sub(GAP)..mask.start).trim_ascii_end();
            let signed = matches!(before.last(), Some(b'=' | b':'));
            rest_of_literal(text, &mask)
                .or_else(|| behind_verb(text, &mask))
                .or_else(|| behind_swallowed(text, &mask))
                .or_else(|| behind(text, mask.end, signed))
        })
        .collect();
    for value in values {
        if !edits.reach_into(&value) {
            edits.cover(value, MASK, Rule::SecretOption);
        }
    }
}

/// The rest of a literal of which a part is masked: a quote that is written twice stands behind that.
fn rest_of_literal(text: &Text<'_>, mask: &Range<usize>) -> Option<Range<usize>> {
    let end = mask.end;
    let start = match (text.at(end), text.at(end + 1)) {
        (b'\'', b'\'') => end + 2,
        (b'\'', _) if end > 0 && text.at(end - 1) == b'\'' => end + 1,
        (b',' | b')' | b';', _) if matches!(text.slice(0..end), [.., byte, b'\'', b'\''] if is_name(*byte)) => {
            end
        }
        _ => return None,
    };
    // Where an entry seems to end, the next quote has to be the last of a literal, and its first must not be there twice.
    let ended = text.at(start) == b' ' || b",;)".contains(&text.at(start));
    let doubled = || text.has(mask.start, b"''") || text.slice(0..mask.start).ends_with(b"''");
    if ended && doubled() {
        return None;
    }
    if text.at(start) < b' ' || b"'\"`:=(\\<&".contains(&text.at(start)) {
        return None;
    }
    // Byte by byte: the next line may not be there yet.
    let mut at = start;
    while at < start + LONGEST && !matches!(text.at(at), 0 | b'\n') {
        match (text.at(at), text.at(at + 1)) {
            (b'\'', b'\'') => at += 2,
            (b'\'', _) => {
                let next = text.skip_space(at + 1);
                let closes = matches!(text.at(next), b',' | b')' | b';' | b'"' | b'\\' | b'\r' | b'\n' | 0);
                let opens = ended && b" \t=(,'".contains(&text.at(at - 1));
                return (closes && !opens).then_some(start..at);
            }
            _ => at += 1,
        }
    }
    None
}

/// The value of a key that was taken for the end of the value before it, because no comma stands between the two:
/// `'password' = 'a''token' = 'b'`.
fn behind_swallowed(text: &Text<'_>, mask: &Range<usize>) -> Option<Range<usize>> {
    let said = text.slice(mask.start..mask.end + usize::from(text.at(mask.end) == b'\''));
    let before = said.strip_suffix(b"'")?;
    let name = before.iter().rev().take_while(|byte| is_name(**byte)).count();
    let (before, name) = before.split_at(before.len() - name);
    if !before.ends_with(b"'") || name.len() > LONGEST_NAME || !Folded::of(name).may_be_secret() {
        return None;
    }
    let sign = skip_to_next(text, mask.start + said.len());
    let open = skip_to_next(text, separator(text, sign));
    let literal = text.literal(open).filter(|_| separator(text, sign) > sign && text.at(open) == b'\'')?;
    (literal.closed && !is_no_secret(text.slice(literal.content.clone()))).then_some(literal.content)
}

/// Skips white space, comments, and marks of lines.
fn skip_to_next(text: &Text<'_>, from: usize) -> usize {
    let mut at = skip_comments(text, from);
    while at < from + LONGEST && at > from && text.at(at - 1) == b'\n' && b"+->|".contains(&text.at(at)) {
        at = skip_comments(text, at + 1);
    }
    at
}

/// The word that looks drawn behind a verb which was taken for the value of a flag: `- -password is …`.
fn behind_verb(text: &Text<'_>, mask: &Range<usize>) -> Option<Range<usize>> {
    if !is_any(text.slice(mask.clone()), &["IS", "WAS"]) || text.at(mask.end) != b' ' {
        return None;
    }
    let start = mask.end + 1;
    let value = start..start + (start..start + LONGEST).take_while(|at| text.at(*at) > b' ').count();
    is_scrambled(text.slice(value.clone())).then_some(value)
}

/// Masks what looks drawn behind the name of a secret, where nothing was masked. Only quotes with backslashes are broken beyond
/// reading.
fn mask_unread(text: &Text<'_>, part: Range<usize>, edits: &mut Edits) {
    if memchr::memchr(b'\\', text.slice(part.clone())).is_none() {
        return;
    }
    // The sign of the last value may stand behind what was read, byte by byte: it may not be there yet.
    let behind_part = (part.end..part.end + GAP).take_while(|at| is_gap(text.at(*at))).count();
    let part = part.start..part.end + behind_part;
    let mut from = part.start;
    for sign in memchr::memchr_iter(b'=', text.slice(part.clone())).map(|sign| part.start + sign) {
        let Some(name) = name_before(text, from, sign) else { continue };
        let Some(value) = behind(text, name.end, false) else { continue };
        from = value.end;
        if !edits.reach_into(&(name.start..value.end))
            && Folded::of(text.slice(name)).secrecy() == Secrecy::Secret
        {
            edits.cover(value, MASK, Rule::SecretOption);
        }
    }
}

/// Whether a byte is one of those that may stand between a name and its value.
fn is_gap(byte: u8) -> bool {
    b"'\"`\\= \t".contains(&byte)
}

/// The name before a sign, and quotes, backslashes and blanks.
fn name_before(text: &Text<'_>, from: usize, sign: usize) -> Option<Range<usize>> {
    let before = text.slice(from.max(sign.saturating_sub(GAP + LONGEST_NAME))..sign);
    let gap = before.iter().rev().take_while(|byte| **byte != b'=' && is_gap(**byte)).count();
    let name = before[..before.len() - gap].iter().rev().take_while(|byte| is_name(**byte)).count();
    (name > 0 && gap < GAP).then(|| sign - gap - name..sign - gap)
}

/// What looks drawn behind the end of a name, or of a mask: nothing but quotes, backslashes, blanks and a sign stand between the
/// two. Quotes alone, if it is `signed`, or a backslash says that they are those of what it stands in.
pub(crate) fn behind(text: &Text<'_>, from: usize, signed: bool) -> Option<Range<usize>> {
    let (mut at, mut sign, mut quoted, mut blank, mut escaped) = (from, false, false, false, signed);
    while at < from + GAP {
        let quote = quote_length(text, at);
        match text.at(at) {
            _ if quote > 0 => quoted |= sign || escaped,
            b'=' | b':' => (sign, quoted) = (true, false),
            b' ' | b'\t' => blank = true,
            b'\\' => escaped = true,
            // The escape of a line break.
            b'n' | b'r' | b't' if at > from && text.at(at - 1) == b'\\' => {}
            _ => break,
        }
        at += quote.max(1);
    }
    if !quoted || blank && !sign {
        return None;
    }
    // Byte by byte: what follows may not be there yet.
    let goes_on = |at: &usize| text.at(*at) > b' ' && !b"'\"`\\,;(){}".contains(&text.at(*at));
    let value = at..at + (at..at + LONGEST).take_while(goes_on).count();
    let said = text.slice(value.clone());
    (is_scrambled(said) || is_known_token(said)).then_some(value)
}

#[cfg(test)]
mod tests {
    use crate::expect::redacted_for_good as check;

    #[test]
    fn what_looks_drawn_goes_behind_broken_quotes() {
        for (text, masked) in [
            (r"x='SET \'token\'=\''k9Xw2LqPz7Rt\';'", r"x='SET \'token\'=\'<REDACTED>\';'"),
            (
                r"curl -d 'ALTER CONNECTION c SET ('\''token'\''= '\'k9Xw2LqPz7Rt'\'')'",
                r"curl -d 'ALTER CONNECTION c SET ('\''token'\''= '\''<REDACTED>'\'')'",
            ),
            (
                r"curl -d 'CREATE TABLE t (a INT) WITH ('\''token'\'='\''k9Xw2LqPz7Rt'\'')'",
                r"curl -d 'CREATE TABLE t (a INT) WITH ('\''token'\'='\''<REDACTED>'\'')'",
            ),
        ] {
            check(text, masked);
        }
    }
}
