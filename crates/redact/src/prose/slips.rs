//! Names of secrets in comments that are not written as they should be, before a value that looks drawn.

use crate::anchors::is_anchored;
use crate::edit::{Edits, holds_mask};
use crate::prose::{is_common, labelled, nearby};
use crate::secret::names::{Folded, Secrecy};
use crate::secret::password::is_password;
use crate::secret::shape::is_scrambled;
use crate::seen::Seen;
use crate::sql::lex::{Text, is_blank, is_name};
use crate::statement::recognise::is_any;
use crate::value::listed::mask_behind;
use std::ops::Range;

/// How far a comment is looked at.
const LONGEST: usize = 512;
/// How short a name is that may be misspelt.
const SHORTEST: usize = 4;
/// How many signs may stand between a name and its sign by mistake.
const MOST_STRAY: usize = 2;
/// How short the rest of one is that is no word.
const SHORTEST_PART: usize = 3;

/// Masks the values behind such names in the comment that begins at `start`, and looks at what stands before each. Returns where
/// to go on, if there are any.
pub(crate) fn mask(
    text: &Text<'_>,
    floor: usize,
    start: usize,
    seen: &mut Seen,
    edits: &mut Edits,
) -> Option<usize> {
    if std::mem::replace(&mut seen.behind_letters, true) {
        return None;
    }
    let mut found = values(text, start);
    found.extend(nearby::words(text, start));
    found.sort_by_key(|value| value.start);
    let mut at = start;
    for value in found {
        if value.start >= at {
            at = mask_behind(text, floor, at, value, seen, edits);
        }
    }
    seen.behind_letters = false;
    (at > start).then_some(at)
}

/// The values behind names that nearly denote a secret, on the line of a position.
fn values(text: &Text<'_>, start: usize) -> Vec<Range<usize>> {
    let said = text.slice(start..start + LONGEST);
    let end = match memchr::memchr(b'\n', said) {
        Some(end) => end,
        None if said.len() < LONGEST => text.end() - start,
        // What is cut is not read.
        None => said.iter().rposition(|byte| is_blank(*byte)).unwrap_or(0),
    };
    let said = &said[..memchr::memmem::find(&said[..end], b"*/").unwrap_or(end)];
    let mut found = Vec::new();
    if memchr::memchr2(b'=', b':', said).is_none() && memchr::memchr2(b's', b'S', said).is_none() {
        return found;
    }
    let mut before = 0..0;
    let mut at = 0;
    while at < said.len() {
        let blank = said[at..].iter().take_while(|byte| is_blank(**byte)).count();
        let word = at + blank;
        let length = said[word..].iter().position(|byte| is_blank(*byte)).unwrap_or(said.len() - word);
        let sign = memchr::memchr2(b'=', b':', &said[word..word + length]).map(|sign| word + sign);
        // The sign stands in a word, behind one, or is a verb.
        let (name, behind) = match sign {
            Some(sign) if sign > word => (word..sign, sign + 1),
            Some(sign) => (before.clone(), sign + 1),
            None if is_any(&said[word..word + length], &["IS", "WAS"]) => (before.clone(), word + length),
            None => (0..0, word + length),
        };
        // To tell a name takes longer.
        let value = value_at(said, behind).filter(|_| is_nearly_secret(&said[name]));
        // Of a sign that stands apart, the name is the word before.
        let signed = match sign {
            Some(sign) if !said[word..sign].iter().any(u8::is_ascii_alphanumeric) => before.start..sign + 1,
            _ => word..word + length,
        };
        if let Some(value) = value.or_else(|| behind_broken(said, before.start, signed)) {
            at = value.end;
            found.push(start + value.start..start + value.end);
            continue;
        }
        before = word..word + length;
        at = word + length.max(1);
    }
    found
}

/// The value behind a word, if that ends with a sign and denotes a secret but for a slip of the pen, together with the word before it,
/// or without the signs in it: also one that does not look drawn.
fn behind_broken(said: &[u8], before: usize, word: Range<usize>) -> Option<Range<usize>> {
    let sign = word.end.checked_sub(1).filter(|sign| matches!(said.get(*sign), Some(b':' | b'=')))?;
    // As grammars have it.
    if matches!(said.get(word.end), Some(b':' | b'=')) {
        return None;
    }
    let secrecy = |name: &[u8]| Folded::of(name).secrecy();
    let is_secret = |name: &[u8]| secrecy(name) == Secrecy::Secret;
    let name = said[word.start..sign].trim_ascii_end();
    // Quotes around it are none by mistake.
    let quoted =
        |name: &[u8]| name.len() > 2 && name[0] == name[name.len() - 1] && b"'\"`".contains(&name[0]);
    let name = if quoted(name) { &name[1..name.len() - 1] } else { name };
    let stray = name.iter().rev().take_while(|byte| !is_name(**byte)).count();
    let name = &name[..name.len() - stray];
    let mut parts = name.split(|byte| !is_name(*byte));
    let found = match parts.clone().count() {
        1 => {
            // Two words that say nothing apart are one.
            let other = said[before..word.start].trim_ascii_end();
            let apart = || {
                !name.is_empty()
                    && secrecy(name) == Secrecy::None
                    && (name.len() < SHORTEST_PART || secrecy(other) == Secrecy::None)
            };
            let both = &said[before..sign];
            name.len() >= SHORTEST
                && is_secret(name)
                && ((1..=MOST_STRAY).contains(&stray) || !is_anchored(name))
                || both.len() >= SHORTEST && is_secret(both) && (!is_anchored(both) || apart())
        }
        // Code has names with a bracket before and behind it.
        2 if stray <= MOST_STRAY => {
            let call = memchr::memchr(b'(', name).is_some() && !name.ends_with(b"(") && parts.any(is_secret);
            is_secret(name) && !call && memchr::memchr(b'/', name).is_none()
        }
        _ => false,
    };
    if !found {
        return None;
    }
    let start = sign + 1 + said[sign + 1..].iter().take_while(|byte| is_blank(**byte)).count();
    let rest = &said[start..];
    let end = memchr::memchr3(b'"', b'\'', b'`', rest).into_iter().chain(memchr::memchr(b'\\', rest)).min();
    let value = labelled::value_of(&rest[..end.unwrap_or(rest.len())])?;
    // Behind a slip, a word says that it is a remark.
    (!is_common(value) && !value.starts_with(b"see ")).then_some(start..start + value.len())
}

/// Whether a name denotes a secret, or nearly, and no anchor finds it.
fn is_nearly_secret(name: &[u8]) -> bool {
    let from = name.iter().position(|byte| is_name(*byte)).unwrap_or(name.len());
    let length = name[from..].iter().take_while(|byte| is_name(**byte)).count();
    let name = &name[from..from + length];
    let folded = Folded::of(name);
    let near = || match folded.secrecy() {
        Secrecy::None => folded.may_be_secret() || folded.may_be_far_secret(),
        secrecy => secrecy == Secrecy::Secret,
    };
    length >= SHORTEST && near() && !is_anchored(name)
}

/// The value behind a sign, if it looks drawn.
fn value_at(said: &[u8], sign: usize) -> Option<Range<usize>> {
    let around = |byte: &u8| is_blank(*byte) || b"'\"`=:>".contains(byte);
    let start = sign + said[sign..].iter().take_while(|byte| around(byte)).count();
    let ends = |byte: &u8| is_blank(*byte) || b"'\"`,;)".contains(byte);
    let value = start..start + said[start..].iter().position(ends).unwrap_or(said.len() - start);
    let word = &said[value.clone()];
    (!holds_mask(word) && (is_password(word) || is_scrambled(word))).then_some(value)
}

#[cfg(test)]
mod tests {
    use crate::expect::redacted_for_good as check;

    /// Each comment in a comment looked at what stands before its values in turn: the stack was too small for that.
    #[test]
    fn many_comments_in_one_are_looked_at_once() {
        let text = "-- otken: k9Xw2LqPz7Rt4q7 ".repeat(20_000);
        check(&text, &text.replace("k9Xw2LqPz7Rt4q7", "<REDACTED>"));
    }

    #[test]
    fn values_that_look_drawn_go_behind_misspelt_names() {
        for (text, masked) in [
            (
                "/* access otken: 525e314c336eabcdef01 */ SHOW TABLES;",
                "/* access otken: <REDACTED> */ SHOW TABLES;",
            ),
            ("-- pajsswd = bG0SFbOCFSwuR0abc, host a", "-- pajsswd = <REDACTED>, host a"),
            ("// 'api-kvey' = 'g8xEOYYb2e0ZvHzPpU',", "// 'api-kvey' = '<REDACTED>',"),
            ("-- old otken: made up words", "-- old otken: <REDACTED>"),
            ("-- api ky: made up words", "-- api ky: <REDACTED>"),
            ("-- old to=ken: made-up, see a", "-- old to=ken: <REDACTED>, see a"),
            ("-- old to(ken: made up", "-- old to(ken: <REDACTED>"),
            ("/* api-k}ey =  made up of words */ SELECT 1;", "/* api-k}ey =  <REDACTED> */ SELECT 1;"),
            ("-- api-key )= made up\nSELECT 1;", "-- api-key )= <REDACTED>\nSELECT 1;"),
            ("-- old toke n: made up", "-- old toke n: <REDACTED>"),
            ("-- pass,word: m4d3Up\\nSELECT 1", "-- pass,word: <REDACTED>\\nSELECT 1"),
            ("-- client-secxet is 819c4f9f0f725215 now", "-- client-secxet is <REDACTED> now"),
        ] {
            check(text, masked);
        }
        for text in [
            "// fn token(event: &Event)",
            "/// let mut secret = [42u8; 32];",
            "// (key_der: &Der)",
            "-- token bucket: five of them",
            "-- taken: 525 rows",
            "-- broken: made up words",
            "-- the keys are: a b c",
            "/* keys = order_id_2 */ SELECT 1",
            "-- otken: see docs/v2.md",
        ] {
            check(text, text);
        }
    }
}
