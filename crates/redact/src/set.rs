//! `SET` and the name of a secret: what follows is its value, however the two are written.

use crate::edit::{Edits, Rule};
use crate::lex::{Text, is_blank, is_name};
use crate::listed::look_through;
use crate::names::{Folded, Secrecy};
use crate::opened::is_value;
use crate::seen::Seen;
use crate::values::is_no_secret;
use lockkeeper_model::MASK;
use std::ops::Range;

/// How long a statement may be on its line.
const LONGEST: usize = 4096;
/// How long a name may be.
const LONGEST_NAME: usize = 96;
/// How many lines a value may have that looks drawn.
const LINES: usize = 8;

/// Masks the value behind the SET that ends at `set`, if a name that denotes a secret follows it. Returns where to go on.
pub(crate) fn mask(
    text: &Text<'_>,
    floor: usize,
    set: usize,
    seen: &mut Seen,
    edits: &mut Edits,
) -> Option<usize> {
    if seen.in_list {
        return None;
    }
    let name = name(text, set)?;
    let end = text.find_either([b'\n'; 2], name.end, LONGEST).unwrap_or(text.len().min(name.end + LONGEST));
    let said = text.slice(name.start - 1..end);
    if !said.iter().any(|byte| b"'\"`=:".contains(byte)) {
        return None;
    }
    let before = edits.len();
    let at = look_through(text, floor, set..end, &[name.start], seen, edits);
    if edits.len() == before {
        let value = value(text, name.end, end)?;
        edits.mask(value.clone(), Rule::SecretOption);
        return Some(rest(text, value.end, edits));
    }
    Some(if at <= end { rest(text, at, edits) } else { at })
}

/// The name behind SET, if it denotes a secret; quotes may stand in it.
fn name(text: &Text<'_>, set: usize) -> Option<Range<usize>> {
    let quote = |byte: u8| matches!(byte, b'\'' | b'"' | b'`');
    let mut start = text.skip_blank(set);
    while quote(text.at(start)) {
        start += 1;
    }
    let near = text.slice(start..start + LONGEST_NAME);
    let length = near.iter().take_while(|byte| is_name(**byte) || quote(**byte)).count();
    let name = start..start + length;
    let known = start > set && Folded::of(text.slice(name.clone())).secrecy() == Secrecy::Secret;
    known.then_some(name)
}

/// The value between a name and the end of the line, or on the next line, without signs, quotes and comments around it.
fn value(text: &Text<'_>, name: usize, end: usize) -> Option<Range<usize>> {
    let mut start = name;
    loop {
        if let Some((behind, true)) = text.comment(start) {
            start = behind;
        } else if is_blank(text.at(start)) || b"'\"`=:>(),;.".contains(&text.at(start)) {
            start += 1;
        } else {
            break;
        }
        if start > end + LONGEST_NAME {
            return None;
        }
    }
    let end =
        if start < end { end } else { text.find_either([b'\n'; 2], start, LONGEST).unwrap_or(text.len()) };
    let said = text.slice(start..end);
    let closers = |byte: &&u8| is_blank(**byte) || b"'\"`;)".contains(*byte);
    let value = start..end - said.iter().rev().take_while(closers).count();
    let is_secret = value.start < value.end
        && !is_no_secret(text.slice(value.clone()))
        && memchr::memmem::find(said, MASK.as_bytes()).is_none();
    is_secret.then_some(value)
}

/// Masks the lines behind a value that look like the rest of it, if one of them ends a literal. Returns the end.
fn rest(text: &Text<'_>, value: usize, edits: &mut Edits) -> usize {
    let mut line = text.line_end(value);
    let mut found: Vec<Range<usize>> = Vec::new();
    for _ in 0..LINES {
        let start = text.skip_blank(line);
        if !is_value(text, start) {
            break;
        }
        line = text.line_end(start);
        let said = text.slice(start..line);
        let length = said.iter().rposition(|byte| !is_blank(*byte) && !b"'\"`;)".contains(byte));
        found.push(start..start + length.map_or(0, |last| last + 1));
        if memchr::memchr3(b'\'', b'"', b'`', said).is_some() {
            for line in found {
                edits.mask(line, Rule::SecretOption);
            }
            return line;
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use crate::expect::redacted_for_good as check;

    #[test]
    fn the_value_of_what_is_set_is_masked_however_it_is_written() {
        for (text, masked) in [
            ("SET \"sql.secrets.a\" =) \"made-up\";", "SET \"sql.secrets.a\" =) \"<REDACTED>\";"),
            ("SET `client.token` =) `made-up`; ;", "SET `client.token` =) `<REDACTED>`; ;"),
            (
                "set \"client.passphrase\" /* c */  \"made-up\";",
                "set \"client.passphrase\" /* c */  \"<REDACTED>\";",
            ),
            ("set 'sql.secrets.a' made-up';", "set 'sql.secrets.a' <REDACTED>';"),
            ("SET 'client.API_KEY' :\nmade-up';", "SET 'client.API_KEY' :\n<REDACTED>';"),
            ("SET 'sql.sec'rets.a' -- x\n= ''made-up'", "SET 'sql.sec'rets.a' -- x\n= ''<REDACTED>'"),
            (
                "SET 'sql.secrets.a' = Yff5i2Zpa\nDvFTvnAdL\ngtwOtTsJRZH0'",
                "SET 'sql.secrets.a' = <REDACTED>\n<REDACTED>\n<REDACTED>'",
            ),
        ] {
            check(text, masked);
        }
        for text in
            ["Please set password for the user: now", "SET 'client.token.type' = 'jwt'", "SET token\nx"]
        {
            check(text, text);
        }
    }
}
