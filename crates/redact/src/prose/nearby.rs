//! Words in comments that look drawn, behind letters that spell the name of a secret but for slips of the pen: whatever signs, blanks and
//! line breaks stand in it and behind it.

use crate::edit::holds_mask;
use crate::prose::login;
use crate::secret::issuers::is_token_byte;
use crate::secret::names::{Folded, ends_nearly};
use crate::secret::shape::{is_odd_word, is_scrambled, is_shredded, is_uuid};
use crate::sql::keyword::statement_begins;
use crate::sql::lex::{SIGNS, Text, is_blank, is_name};
use crate::statement::recognise::is_any;
use crate::wrapping::numbered_code;
use std::ops::Range;

/// How far a comment is looked at.
const LONGEST: usize = 512;
/// How short a word is that looks drawn.
const SHORTEST: usize = 8;
/// How short a name is that it begins with.
const SHORTEST_NAME: usize = 5;
/// How short the name of a secret is that may be misspelt.
const SHORTEST_SECRET: usize = 8;
/// How long one is that is no name.
const LONG: usize = 14;
/// What people say before hexadecimal digits.
const HEXADECIMAL: &[&str] = &[
    "BUILD",
    "CHECKSUM",
    "COMMIT",
    "DIGEST",
    "ETAG",
    "FINGERPRINT",
    "HASH",
    "ID",
    "MD",
    "REV",
    "REVISION",
    "SHA",
    "SUM",
    "THUMBPRINT",
    "TRACE",
    "UUID",
    "VERSION",
];
/// What people say before a secret.
const TOLD: &[&str] =
    &["CREDS", "FORMER", "KEY", "LOGIN", "OLD", "PASS", "PREVIOUS", "PW", "ROTATE", "ROTATED", "WAS"];
/// How much of what stands before it is read.
const BEFORE: usize = 48;
/// How many letters may stand between the name and it: `password was once …`.
const BETWEEN: usize = 8;

/// The words that look drawn behind such letters in the comment that begins before `start`.
pub(crate) fn words(text: &Text<'_>, start: usize) -> Vec<Range<usize>> {
    let said = text.ahead(start, LONGEST);
    let length = match text.at(start - 1) {
        b'*' => memchr::memmem::find(said, b"*/"),
        _ => memchr::memchr(b'\n', said),
    };
    // What is cut is not read.
    let cut = || {
        if said.len() < LONGEST {
            said.len()
        } else {
            said.iter().rposition(|byte| is_blank(*byte)).unwrap_or(0)
        }
    };
    let end = start + length.unwrap_or_else(cut);
    let found = words_in(text, start..end);
    // A line break may stand in the name, or before the value.
    let next = text.skip_space(end + 1);
    let goes_on = text.at(start - 1) == b'-' && found.is_empty() && text.at(next).is_ascii_alphanumeric();
    if !goes_on || statement_begins(text, next) {
        return found;
    }
    let line = text.ahead(next, LONGEST);
    words_in(text, start..next + memchr::memchr(b'\n', line).unwrap_or(0))
}

fn words_in(text: &Text<'_>, part: Range<usize>) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut at = part.start;
    while let Some(word) = next_word(text, at..part.end) {
        at = word.end;
        let from = found.last().map_or(part.start, |last| last.end).max(word.start.saturating_sub(BEFORE));
        found.extend(value_in(text, &part, from, word));
    }
    found
}

/// The next run of characters that may stand in a token, of a certain length.
fn next_word(text: &Text<'_>, part: Range<usize>) -> Option<Range<usize>> {
    let is_one = |byte: &u8| is_token_byte(*byte) && *byte != b'=' || *byte >= 0x80;
    let mut at = part.start;
    while at < part.end {
        let said = text.slice(at..part.end);
        let start = at + said.iter().position(is_one)?;
        let length = text.slice(start..part.end).iter().take_while(|byte| is_one(byte)).count();
        at = start + length;
        if length >= SHORTEST {
            let padding = text.slice(at..part.end).iter().take_while(|byte| **byte == b'=').count();
            // It is a sign behind a name.
            let signed = text.slice(at + padding..part.end).first().is_some_and(is_one);
            return Some(start..at + if signed { 0 } else { padding });
        }
    }
    None
}

/// What of a word looks drawn, if a name stands before it, or it begins with one, or nobody writes such a word in a comment.
fn value_in(text: &Text<'_>, part: &Range<usize>, from: usize, word: Range<usize>) -> Option<Range<usize>> {
    let said = text.slice(word.clone());
    let drawn = looks_drawn(said);
    // Read with the URL.
    if is_user_info(text, part, &word) {
        return None;
    }
    // With the signs of a password, less is needed.
    let signed = || {
        let whole = with_signs(text, part, word.clone());
        whole != word && holds_signs(text.slice(whole))
    };
    if !drawn && !signed() {
        let told = login::is_told(text, part, word.clone()) || is_assigned(text, part, &word);
        return told.then_some(word);
    }
    let before = letters(text, from..word.start);
    let near = |gap: usize| ends_nearly(&before[..before.len() - gap]);
    let signs = said.iter().rev().take_while(|byte| matches!(byte, b'.' | b'-')).count();
    let whole = with_signs(text, part, word.start..word.end - signs);
    if !holds_mask(text.slice(from..word.start)) && (0..=BETWEEN.min(before.len())).any(near) {
        return Some(whole);
    }
    let name =
        said.iter().take_while(|byte| byte.is_ascii_lowercase() || matches!(byte, b'_' | b'-')).count();
    let ends = |end: &usize| ends_nearly(&letters(text, word.start..word.start + end));
    if let Some(glued) = (SHORTEST_NAME..=name).rev().find(ends).filter(|end| looks_drawn(&said[*end..])) {
        return Some(word.start + glued..word.end);
    }
    let remark = text.slice(part.start..word.start);
    (drawn && text.at(part.start - 1) != b'/' && is_nothing_else(remark, said)).then_some(whole)
}

/// Whether the name of a secret stands before a word that nobody writes, with a sign between the two: misspelt, or with a sign that an
/// anchor is not found before.
fn is_assigned(text: &Text<'_>, part: &Range<usize>, word: &Range<usize>) -> bool {
    let before = text.slice(part.start..word.start);
    let before = before.strip_suffix(b" ").unwrap_or(before);
    let Some(before) = SIGNS.iter().find_map(|sign| before.strip_suffix(*sign)) else { return false };
    let before = before.strip_suffix(b" ").unwrap_or(before);
    let length = before.iter().rev().take_while(|byte| is_name(**byte)).count();
    let name = &before[before.len() - length..];
    let said = text.slice(word.clone());
    name.len() >= SHORTEST_SECRET
        && is_odd_word(said)
        && said.iter().any(u8::is_ascii_alphabetic)
        && Folded::of(name).may_be_secret()
}

/// Whether a word stands between the scheme of a URL and the sign behind its user info.
fn is_user_info(text: &Text<'_>, part: &Range<usize>, word: &Range<usize>) -> bool {
    let is_one = |byte: &&u8| **byte > b' ' && !b"'\"`<>/".contains(*byte);
    let before = text.slice(part.start..word.start);
    let run = before.iter().rev().take_while(is_one).count();
    let behind = text.slice(word.end..part.end);
    // In JSON, slashes may be escaped.
    let schemes = [&b"://"[..], b":\\/\\/"];
    schemes.iter().any(|scheme| before[..before.len() - run].ends_with(scheme))
        && behind.iter().take_while(is_one).any(|byte| *byte == b'@')
}

/// Whether capitals, small letters, digits and signs of passwords stand in a word that is none of a URL or of documentation.
fn holds_signs(word: &[u8]) -> bool {
    let count = |is: fn(&u8) -> bool| word.iter().filter(|byte| is(byte)).count();
    count(u8::is_ascii_digit) > 1
        && count(u8::is_ascii_uppercase) > 0
        && count(u8::is_ascii_lowercase) > 0
        && memchr::memchr(b'/', word).is_none()
        && !matches!(word.first(), Some(b'#' | b'@'))
}

/// A word with the signs of passwords in it or beside it, and what is behind those; URLs have others.
fn with_signs(text: &Text<'_>, part: &Range<usize>, word: Range<usize>) -> Range<usize> {
    let is_one = |at: &usize| {
        let byte = text.at(*at);
        let encodes = || text.slice(at + 1..at + 3).iter().all(u8::is_ascii_hexdigit);
        byte.is_ascii_alphanumeric() || b"!#$*@^|~_-".contains(&byte) || byte == b'%' && !encodes()
    };
    let before = (part.start..word.start).rev().take_while(is_one).count();
    let behind = (word.end..part.end).take_while(is_one).count();
    word.start - before..word.end + behind
}

/// Whether a long word that looks drawn can be nothing but a secret in a comment of SQL: behind what people say of one, or by itself.
/// Hexadecimal digits may be those of a revision, a sum or the like, if what stands before them says so.
fn is_nothing_else(before: &[u8], word: &[u8]) -> bool {
    let says = |words: &[&str]| {
        let before = &before[before.len().saturating_sub(BEFORE)..];
        before.split(|byte| !byte.is_ascii_alphabetic()).any(|word| is_any(word, words))
    };
    let plain = word.len() >= LONG && !word.contains(&b'.') && memchr::memmem::find(word, b"//").is_none();
    plain
        && match word.iter().all(|byte| byte.is_ascii_hexdigit() || *byte == b'-') {
            true => !is_uuid(word) && !says(HEXADECIMAL),
            false => says(TOLD) || is_shredded(word),
        }
}

/// The letters and digits of a text, folded as those of names are; of escapes, those that they stand for.
pub(crate) fn letters(text: &Text<'_>, part: Range<usize>) -> Vec<u8> {
    let mut plain = Vec::new();
    let mut at = part.start;
    while at < part.end {
        let slashes = text.slashes(at);
        if let Some((code, end)) = numbered_code(text, at).filter(|_| slashes > 0) {
            let mut bytes = [0; 4];
            let character = char::from_u32(code).unwrap_or(' ');
            plain.extend_from_slice(character.encode_utf8(&mut bytes).as_bytes());
            at = end;
        } else if slashes > 0 {
            // A line break or another sign.
            plain.push(b' ');
            at += slashes + usize::from(b"nrt".contains(&text.at(at + slashes)));
        } else {
            plain.push(text.at(at));
            at += 1;
        }
    }
    Folded::of(&plain).as_bytes().to_vec()
}

/// Whether a word looks drawn, without the letters in it that only look like those of ASCII.
fn looks_drawn(word: &[u8]) -> bool {
    if word.is_ascii() {
        return is_scrambled(word);
    }
    let plain: Vec<u8> = word.iter().copied().filter(u8::is_ascii).collect();
    is_scrambled(&plain)
}

#[cfg(test)]
mod tests {
    use crate::expect::redacted_for_good as check;

    #[test]
    fn what_looks_drawn_goes_behind_letters_that_nearly_spell_a_name() {
        for (text, masked) in [
            ("-- pa\nssword is k9Xw2LqPz7Rt\nSELECT 1;", "-- pa\nssword is <REDACTED>\nSELECT 1;"),
            ("/* password s k9Xw2LqPz7Rt */ SELECT 1;", "/* password s <REDACTED> */ SELECT 1;"),
            ("/* pass)word is k9Xw2LqPz7Rt */ SELECT 1;", "/* pass)word is <REDACTED> */ SELECT 1;"),
            ("-- secret_keyk9Xw2LqPz7Rt\nSELECT 1;", "-- secret_key<REDACTED>\nSELECT 1;"),
            (r#"{"q": "-- tok\u0435n k9Xw2LqPz7Rt"}"#, r#"{"q": "-- tok\u0435n <REDACTED>"}"#),
            // No name is needed.
            ("/* old ke was k9Xw2LqPz7Rt4Xb8 */ SELECT 1;", "/* old ke was <REDACTED> */ SELECT 1;"),
            ("-- old k}ey was 8f3c2b9d0e4a5f6b\nSELECT 1;", "-- old k}ey was <REDACTED>\nSELECT 1;"),
            ("-- see k9Xw2LqPz7Rt4Xb8\nSELECT 1;", "-- see <REDACTED>\nSELECT 1;"),
        ] {
            check(text, masked);
        }
        for text in [
            "-- broken in 619c4187a1, spoken of in 8b9cfdb63",
            "-- the token\nSELECT k9Xw2LqPz7Rt FROM t;",
            "/* xmlSecGnuTLSKeyDataRawX509CertId, md5WithRSAEncryption */ SELECT 1;",
            "/* since commit 8f3c2b9d0e4a5f6b7c8d, build 20c17d3fe1c84d1ab0 */ SELECT 1;",
            "// k9Xw2LqPz7Rt4Xb8",
        ] {
            check(text, text);
        }
    }
}
