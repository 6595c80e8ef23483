//! Secrets that tell by themselves: tokens of known issuers.

use crate::edit::{Edits, QUOTED_MASK, Rule};
use crate::secret::issuers::{is_known_token, is_token_byte};
use crate::secret::shape::is_odd_word;
use crate::seen::Seen;
use crate::sql::lex::{Text, is_blank};
use crate::sql::prefix::code_point;
use crate::statement::recognise::is_any;
use crate::url;
use lockkeeper_model::MASK;
use std::ops::Range;

/// How long the secret of an access key may be.
const LONGEST_SECRET: usize = 128;
/// Words with which a statement or a clause begins, also one to a line.
const WORDS: &[&str] =
    &["ALTER", "COMMENT", "CONNECTION", "CREATE", "DROP", "INSERT", "SELECT", "SET", "SHOW", "USE", "WITH"];

/// How a line of our own key files begins, with the digits of the key behind it; any number may stand for the form.
const OWN_KEY: &[u8] = b"lockkeeper-key-";
/// How many digits of a key are enough to be one that was cut.
const SHORTEST_KEY: usize = 16;

/// Masks a token whose issuer is known by its beginning.
pub(crate) fn token(
    text: &Text<'_>,
    floor: usize,
    start: usize,
    seen: &mut Seen,
    edits: &mut Edits,
) -> Option<usize> {
    let end = seen.token_end(text, start);
    if !is_known_token(text.slice(start..end)) {
        return if text.at(end) == b':' { own_key(text, start..end, edits) } else { None };
    }
    let end = behind_code_points(text, end, seen);
    // Of a user and a password, both go.
    if text.at(end) == b'@' && url::user_of_oracle(text, floor, end, edits) {
        return Some(end);
    }
    let quote = if start > 0 { text.at(start - 1) } else { 0 };
    let end = behind_break(text, end, quote).unwrap_or(end);
    edits.mask(start..end, Rule::KnownToken);
    Some(beside(text, start..end, edits).unwrap_or(end))
}

/// Masks the digits of a key-encryption key, as a key file has them; what says that they are some stays.
#[cold]
fn own_key(text: &Text<'_>, begins: Range<usize>, edits: &mut Edits) -> Option<usize> {
    let start = begins.end + 1;
    if !text.slice(begins).starts_with(OWN_KEY) {
        return None;
    }
    let is_digit = |at: &usize| text.at(*at).is_ascii_hexdigit() || text.at(*at) == b':';
    let length = (start..start + LONGEST_SECRET).take_while(is_digit).count();
    (length >= SHORTEST_KEY).then(|| {
        edits.mask(start..start + length, Rule::KnownToken);
        start + length
    })
}

/// The end of a token some characters of which are escaped, as `U&'…'` has them.
fn behind_code_points(text: &Text<'_>, end: usize, seen: &mut Seen) -> usize {
    let mut at = end;
    while let Some(next) = code_point(text, at) {
        at = seen.token_end(text, next);
    }
    at
}

/// Where the literal ends whose last part ends with a token, if a line break was put into that.
pub(crate) fn behind_break(text: &Text<'_>, end: usize, quote: u8) -> Option<usize> {
    let breaks = matches!((text.at(end), text.at(end + 1)), (b'\n' | b'\r', _) | (b'\\', b'n' | b'r'));
    if !breaks || !matches!(quote, b'\'' | b'"' | b';') {
        return None;
    }
    let rest = text.ahead(end, LONGEST_SECRET);
    let length = memchr::memchr(quote, rest)?;
    let part = |byte: &u8| is_token_byte(*byte) || b" \t\r\n\\&".contains(byte);
    // Several words on a line are none, nor is one with which something else begins.
    let one = |line: &[u8]| {
        let word = line.trim_ascii();
        !word.iter().any(|byte| is_blank(*byte)) && !is_any(word, WORDS)
    };
    let rest = &rest[..length];
    (rest.iter().all(part)
        && rest.iter().any(u8::is_ascii_alphanumeric)
        && rest.split(|byte| *byte == b'\n').all(one))
    .then_some(end + length)
}

/// Masks the secret of an access key, which stands behind it as the next argument: `S3('…', 'AKIA…', '…')`. Returns its end.
fn beside(text: &Text<'_>, key: Range<usize>, edits: &mut Edits) -> Option<usize> {
    let quote = text.at(key.end);
    if !matches!(text.slice(key.start..key.start + 4), b"AKIA" | b"ASIA") || !matches!(quote, b'\'' | b'"') {
        return None;
    }
    let comma = text.skip_space(key.end + 1);
    let open = text.skip_blank(comma + 1);
    if text.at(comma) != b',' || text.at(open) != quote {
        return None;
    }
    let ahead = text.ahead(open + 1, LONGEST_SECRET);
    let value = &ahead[..memchr::memchr(quote, ahead)?];
    // The name of the next entry stands there elsewhere.
    let behind = text.at(text.skip_blank(open + 1 + value.len() + 1));
    let drawn = matches!(behind, b',' | b')')
        && value.len() >= 16
        && value.iter().all(|byte| is_token_byte(*byte))
        && is_odd_word(value);
    drawn.then(|| {
        edits.mask(open + 1..open + 1 + value.len(), Rule::SecretOption);
        open + 1 + value.len()
    })
}

/// Masks the text of a secret that is created: `CREATE SECRET s WITH (backend = 'meta') AS '…'`; `made` is where the word
/// ends that says so. Returns its end.
pub(crate) fn created(text: &Text<'_>, made: usize, edits: &mut Edits) -> Option<usize> {
    let word = |from: usize| {
        let start = text.skip_blank(from);
        (start, text.word_end(start))
    };
    let is = |(start, end): (usize, usize), known: &str| is_any(text.slice(start..end), &[known]);
    let mut at = made;
    for known in ["IF", "NOT", "EXISTS"] {
        at = if is(word(at), known) { word(at).1 } else { at };
    }
    let (start, end) = word(at);
    at = if end > start { end } else { return None };
    if is(word(at), "WITH") {
        let open = text.skip_blank(word(at).1);
        let key = word(open + 1);
        let sign = text.skip_blank(key.1);
        let value = text.literal(text.skip_blank(sign + 1)).filter(|value| value.closed)?;
        let close = text.skip_blank(value.end);
        let whole = text.at(open) == b'(' && text.at(sign) == b'=' && text.at(close) == b')';
        at = if whole && is(key, "BACKEND") { close + 1 } else { return None };
    }
    if !is(word(at), "AS") {
        return None;
    }
    let literal = text.literal(text.skip_blank(word(at).1)).filter(|literal| literal.closed)?;
    if text.slice(literal.content.clone()) != MASK.as_bytes() {
        edits.push(literal.start..literal.end, QUOTED_MASK, Rule::SecretOption);
    }
    Some(literal.end)
}
