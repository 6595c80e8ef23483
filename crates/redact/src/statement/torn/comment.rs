//! Texts that begin inside of a comment which says a secret: before its end, or before the statement on the next line.

use super::begins_text;
use crate::edit::holds_mask;
use crate::secret::issuers::is_token_byte;
use crate::secret::shape::{is_chosen, is_mixed, is_odd_word, is_scrambled};
use crate::sql::keyword::{starts_statement, statement_begins};
use crate::sql::lex::{Text, is_blank};
use crate::statement::severed::{MARGIN, begins_apart};
use crate::url::scheme::first_scheme;
use crate::wrapping::lines::line_start;
use crate::wrapping::strings::joint;
use std::ops::Range;

/// How much of a comment is looked at.
const LONGEST: usize = 256;
/// How many words may be left of a comment without an end of its own.
pub(super) const FEW: usize = 4;
/// What stands before a text of several lines.
const BLOCK: &[u8] = b"\"\"\"\n";
/// How much may stand before the statement on the next line.
const LONGEST_MARGIN: usize = 8;

/// The word that looks drawn in the rest of a comment that ends at a sign, `*/` or a line break; `apart`: nothing before the text can
/// have begun it.
pub(super) fn word_before(text: &Text<'_>, floor: usize, sign: usize, apart: bool) -> Option<Range<usize>> {
    let block = text.has(sign, b"*/");
    if !block && next_line(text, sign).is_none() {
        return None;
    }
    let line = line_start(text, sign);
    let near = line.max(floor).max(sign.saturating_sub(LONGEST));
    let said = text.slice(near..sign).trim_ascii_end();
    if [&b"/*"[..], b"--"].iter().any(|open| memchr::memmem::find(said, open).is_some()) {
        return None;
    }
    let start = (near..near + said.len()).rev().find(|at| begins(text, line, *at))?;
    let quoted = || text.slice(line.saturating_sub(BLOCK.len())..line) == BLOCK;
    let first = if block { begins_apart(text, line, apart) } else { line == 0 && apart || quoted() };
    if !first && text.slice(line..start).iter().all(|byte| MARGIN.contains(byte)) {
        return None;
    }
    // No comment, but a statement without an end or a list.
    if !block && starts_statement(text.slice(start..near + said.len())) {
        return None;
    }
    let rest = start..near + said.len();
    let words = || text.slice(rest.clone()).split(|byte| is_blank(*byte));
    let one = |word: &[u8]| {
        !holds_mask(word)
            && first_scheme(word).is_none()
            && memchr::memchr3(b'\'', b'"', b'`', word).is_none()
    };
    if !words().all(one) || !block && words().count() > FEW {
        return None;
    }
    let last = rest.end - words().next_back().map_or(0, <[u8]>::len);
    let first = rest.start + words().next().map_or(0, <[u8]>::len);
    let any = block && is_blank(text.at(sign - 1));
    let drawn_in = |word: Range<usize>| {
        let found = drawn(text.slice(word.clone()), any)?;
        Some(word.start + found.start..word.start + found.end)
    };
    let found = drawn_in(last..rest.end).or_else(|| drawn_in(rest.start..first))?;
    // What follows may not be there yet, so it is asked last.
    (block || next_line(text, sign).is_some_and(|line| begins_statement(text, line))).then_some(found)
}

/// Where the next line begins if one ends at a sign, perhaps in a string.
fn next_line(text: &Text<'_>, sign: usize) -> Option<usize> {
    if text.at(sign) == b'\n' {
        return Some(sign + 1);
    }
    let end = sign + text.slashes(sign) + 1;
    (end > sign + 1 && text.at(end - 1) == b'n').then(|| joint(text, end).unwrap_or(end))
}

/// Whether a statement begins on a line, behind marks.
fn begins_statement(text: &Text<'_>, line: usize) -> bool {
    let margin = text.ahead(line, LONGEST_MARGIN).iter().take_while(|byte| MARGIN.contains(byte)).count();
    statement_begins(text, line + margin)
}

/// Whether a line, a string or what a log says begins at a position, with a word.
fn begins(text: &Text<'_>, line: usize, at: usize) -> bool {
    let assigned = || matches!(text.slice(line..at), [.., b'=', b'\'']);
    !is_blank(text.at(at))
        && (at == line || !text.at(at - 1).is_ascii_alphanumeric())
        && (assigned() || begins_text(text, at, false))
}

/// A word that looks drawn, or what looks so behind the sign in it; with `any`, also one that is only odd.
pub(super) fn drawn(said: &[u8], any: bool) -> Option<Range<usize>> {
    let end = said.len() - said.iter().rev().take_while(|byte| b".,;!)".contains(byte)).count();
    let said = &said[..end];
    let name =
        said.iter().take_while(|byte| byte.is_ascii_lowercase() || matches!(byte, b'_' | b'-')).count();
    let start = if matches!(said.get(name), Some(b'=' | b':')) { name + 1 } else { 0 };
    let value = &said[start..];
    let odd = || {
        let mixed = || is_mixed(value) && value.iter().all(|byte| is_token_byte(*byte));
        is_odd_word(value) && !is_chosen(value) && (any || mixed())
    };
    (!value.iter().any(|byte| matches!(byte, b',' | b';' | b':')) && (is_scrambled(value) || odd()))
        .then_some(start..end)
}

#[cfg(test)]
mod tests {
    use crate::expect::redacted_for_good as check;

    #[test]
    fn a_text_may_begin_inside_of_a_comment() {
        for (text, masked) in [
            ("Xb7LqPz7 */ SELECT 1;", "<REDACTED> */ SELECT 1;"),
            ("en: 7Xb7LqPz7Rt4, for now */ SELECT 1;", "en: <REDACTED>, for now */ SELECT 1;"),
            ("ord is 5b9cfdb6-3879-7d19-89d2-cd23b6f1d766\nSELECT 1;", "ord is <REDACTED>\nSELECT 1;"),
            ("{\"sql\": \"t_key=7Xb7LqPz7Rt4\\nSELECT 1;\"}", "{\"sql\": \"t_key=<REDACTED>\\nSELECT 1;\"}"),
            ("+d76Xb7LqPz7Rt4\n-SELECT 1;", "+<REDACTED>\n-SELECT 1;"),
        ] {
            check(text, masked);
        }
        for text in [
            "src/a1/B2.java */ SELECT 1;",
            "films-2026.example.com\nSELECT 1;",
            "SELECT 'Xb7LqPz7';\nSELECT 1;",
            "0 */2 * * * a1b2C3d4 run",
        ] {
            check(text, text);
        }
    }
}
