//! Entries of lists, and what is set, whose key is missing or is none, `, = '…'`, `'' = '…'`; and secrets in the place of a
//! key, `'…' = 'reader'`.

use crate::edit::{Edits, Rule, holds_mask};
use crate::secret::shape::{is_chosen, is_random, is_scrambled, is_shuffled};
use crate::sql::lex::{Text, is_name, separator};
use crate::statement::comments::skip_all_comments;
use crate::url::scheme::first_scheme;
use std::ops::Range;

/// How many entries of a list are looked at, and how far.
const ENTRIES: usize = 64;
const AHEAD: usize = 4096;
/// How long a literal may be, and the prefix before it.
const LONGEST: usize = 512;
const LONGEST_PREFIX: usize = 8;
/// How many literals stand in a row behind the first.
const PIECES: usize = 4;
/// How long a key may be that is none.
const LONGEST_SIGN: usize = 8;
/// How long a secret is at least that stands in the place of a key.
const SHORTEST_KEY: usize = 16;

/// A secret beside which nothing says that it is one.
pub(crate) struct Stray {
    content: Range<usize>,
    pub(crate) end: usize,
}

impl Stray {
    /// One that stands in quotes.
    pub(crate) fn of(content: Range<usize>) -> Self {
        Self { end: content.end + 1, content }
    }

    /// Masks it, unless one of the edits from `before` on does.
    pub(crate) fn mask(&self, before: usize, edits: &mut Edits) {
        let masked = |range: &Range<usize>| range.start < self.content.end && self.content.start < range.end;
        if !edits.as_slice().iter().skip(before).any(|edit| masked(&edit.range)) {
            edits.mask(self.content.clone(), Rule::SecretOption);
        }
    }
}

/// Those in the list whose first entry begins at a position.
pub(crate) fn in_list(text: &Text<'_>, first: usize) -> Vec<Stray> {
    let mut found = Vec::new();
    let mut at = first;
    for _ in 0..ENTRIES {
        let start = skip_all_comments(text, at);
        let Some((stray, end)) = entry(text, start, false).filter(|_| start < first + AHEAD) else { break };
        found.extend(stray);
        let behind = skip_all_comments(text, end);
        if text.at(behind) != b',' {
            break;
        }
        at = behind + 1;
    }
    found
}

/// The one that stands behind a SET that ends at a position.
pub(crate) fn behind_set(text: &Text<'_>, set: usize) -> Option<Stray> {
    let start = skip_all_comments(text, set);
    entry(text, start, true).and_then(|(stray, _)| stray)
}

/// The secret in an entry, and where the entry ends. Behind SET, a single sign is that of a variable.
fn entry(text: &Text<'_>, start: usize, set: bool) -> Option<(Option<Stray>, usize)> {
    let key = literal(text, start);
    let keyless = key.as_ref().is_none_or(|key| is_none(text.slice(key.clone())));
    let stray = usize::from(key.is_none() && b"@#$%^&*~!?.:;|".contains(&text.at(start)));
    let sign = skip_all_comments(text, key.as_ref().map_or(start + stray, |key| key.end + 1));
    let mut behind = separator(text, sign);
    if behind == sign {
        return None;
    }
    let twice = separator(text, skip_all_comments(text, behind));
    if twice > skip_all_comments(text, behind) {
        behind = twice;
    } else if set && key.is_none() {
        return None;
    }
    let (value, secret) = with_next(text, literal(text, skip_all_comments(text, behind))?);
    let end = value.end + 1;
    let secret = match key {
        Some(key) if !keyless => is_secret_key(text.slice(key.clone())).then_some(key),
        _ => secret.then_some(value),
    };
    Some((secret.map(Stray::of), end))
}

/// A value with the literals behind it in a row, and whether any of them is a secret.
fn with_next(text: &Text<'_>, first: Range<usize>) -> (Range<usize>, bool) {
    let mut secret = is_secret(text.slice(first.clone()));
    let mut value = first;
    for _ in 0..PIECES {
        let start = skip_all_comments(text, value.end + 1);
        let Some(next) = literal(text, start).filter(|_| text.at(start) == b'\'') else { break };
        secret |= is_secret(text.slice(next.clone()));
        value.end = next.end;
    }
    (value, secret)
}

/// What a short literal says that begins here, with or without a prefix.
fn literal(text: &Text<'_>, start: usize) -> Option<Range<usize>> {
    let prefix = text.ahead(start, LONGEST_PREFIX);
    let prefix =
        prefix.iter().take_while(|byte| byte.is_ascii_alphanumeric() || b"_&".contains(byte)).count();
    let open = start + prefix;
    if text.at(open) != b'\'' {
        return None;
    }
    let mut at = open + 1;
    loop {
        let quote = text.find_either([b'\''; 2], at, (open + LONGEST).saturating_sub(at))?;
        if text.at(quote + 1) != b'\'' || quote == open + 1 {
            return Some(open + 1..quote);
        }
        at = quote + 2;
    }
}

/// Whether a key is none: there is no letter in it.
fn is_none(key: &[u8]) -> bool {
    key.len() <= LONGEST_SIGN && !key.iter().any(|byte| byte.is_ascii_alphanumeric() || *byte >= 0x80)
}

/// Whether a value is none that people choose.
pub(crate) fn is_secret(value: &[u8]) -> bool {
    let drawn = |word: &[u8]| is_scrambled(word) || !is_chosen(word) && word.iter().any(u8::is_ascii_digit);
    // What a URL says is looked at by itself.
    !holds_mask(value) && first_scheme(value).is_none() && value.split(|byte| *byte == b' ').any(drawn)
}

/// Whether small letters and capitals stand in a part of a key.
fn is_mixed(part: &[u8]) -> bool {
    part.iter().any(u8::is_ascii_lowercase) && part.iter().any(u8::is_ascii_uppercase)
}

/// Whether a key is rather a secret.
pub(crate) fn is_secret_key(key: &[u8]) -> bool {
    key.len() >= SHORTEST_KEY
        && !key.contains(&b' ')
        && (is_random(key)
            || is_shuffled(key) && key.split(|byte| !byte.is_ascii_alphanumeric()).any(is_mixed)
            || is_scrambled(key) && !key.iter().all(|byte| is_name(*byte) && !byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use crate::expect::redacted_for_good as check;

    #[test]
    fn values_without_a_key_are_masked_if_they_look_drawn() {
        for (text, masked) in [
            (
                "CREATE CATALOG c WITH ('username' = 'reader',\n = 'Z8yGbvP0ALPQgjNAoW',\n 'type' = 'jdbc');",
                "CREATE CATALOG c WITH ('username' = 'reader',\n = '<REDACTED>',\n 'type' = 'jdbc');",
            ),
            (
                "CREATE TABLE t (a INT) WITH ('' = 'k9Xw2LqPz7Rt4', 'n' = 'x')",
                "CREATE TABLE t (a INT) WITH ('' = '<REDACTED>', 'n' = 'x')",
            ),
            (
                "CREATE TABLE t (a INT) WITH ('n' = 'x', @ = E'k9Xw2LqPz7Rt4')",
                "CREATE TABLE t (a INT) WITH ('n' = 'x', @ = E'<REDACTED>')",
            ),
            (
                "ALTER TABLE t SET ('|' = 'hf' '_jdGBIEgwF1iJu3O7_r', 'n' = 'x')",
                "ALTER TABLE t SET ('|' = '<REDACTED>', 'n' = 'x')",
            ),
            ("SET = = 'k9Xw2LqPz7Rt4';", "SET = = '<REDACTED>';"),
            ("SET '' = 'k9Xw2LqPz7Rt4';", "SET '' = '<REDACTED>';"),
        ] {
            check(text, masked);
        }
        for text in [
            "CREATE TABLE t (a INT) WITH ('' = 'films_2024', = 'https://a.example/v1?key=<REDACTED>')",
            "SET '' = 'films';",
            "if set == 'k9Xw2LqPz7Rt4': pass",
            "set = 'k9Xw2LqPz7Rt4'",
        ] {
            check(text, text);
        }
    }

    #[test]
    fn a_key_that_looks_drawn_is_masked() {
        for (text, masked) in [
            (
                "CREATE CATALOG c WITH ('type' = 'jdbc',\n'f709bfb2-9217-dba1-dadf-a133e0c0b309' = 'reader', 'n' = 'x')",
                "CREATE CATALOG c WITH ('type' = 'jdbc',\n'<REDACTED>' = 'reader', 'n' = 'x')",
            ),
            (
                "SET 'f0ca9ceb90227fe16680a41fe8c89128d5140177b0064a' = 'sql.secrets.mine'",
                "SET '<REDACTED>' = 'sql.secrets.mine'",
            ),
        ] {
            check(text, masked);
        }
        let text = "SET 'table.exec.sink.upsert-materialize2' = 'none'; SET 'parallelism.default' = '4'";
        check(text, text);
    }
}
