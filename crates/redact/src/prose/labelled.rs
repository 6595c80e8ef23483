//! What a comment of SQL says behind the name of a secret and a sign: all of it is the value, also several words.

use crate::edit::{Edits, Rule};
use crate::prose::commented::{drawn_below, ends_string_of_json, precedes_comment};
use crate::prose::former;
use crate::prose::is_common;
use crate::prose::remark::is_remarked;
use crate::secret::names::Secrecy;
use crate::secret::shape::{is_odd_word, is_random};
use crate::sql::lex::{Text, is_blank, is_word};
use crate::value::harmless::is_no_secret;
use crate::wrapping::lines::line_start;
use lockkeeper_model::MASK;
use std::ops::Range;

/// How long a comment is.
const LONGEST: usize = 1024;
/// How long a word with hyphens is that may be a phrase.
const SHORTEST_PHRASE: usize = 16;
/// How long a word is at least that is a password.
const SHORTEST_WORD: usize = 8;
/// How short the first part of a word is that says nothing.
const SHORTEST_PART: usize = 2;
/// How many blanks stand between columns.
const GAP: usize = 4;
/// How many words that nobody writes in remarks are a phrase.
const PHRASE: usize = 4;

/// Masks the value that begins at `start`, behind a name and its sign, if both stand in a comment. Returns its end.
pub(crate) fn mask(
    text: &Text<'_>,
    floor: usize,
    name: &Range<usize>,
    start: usize,
    secrecy: Secrecy,
    edits: &mut Edits,
) -> Option<usize> {
    // Two dashes may be counted to the name, as those of a flag.
    let dashes = text.has(name.start, b"--") && text.slice(name.end..start).starts_with(b": ");
    let end = comment_end(text, floor, name.start + if dashes { 2 } else { 0 }, start)?;
    let said = value_of(text.slice(start..end))?;
    let value = start..start + said.len();
    let mut words = said.split(|byte| is_blank(*byte)).filter(|word| !word.is_empty());
    let first = words.next()?;
    let rest = words.clone().count();
    // A line break stands in it.
    if rest == 0 && said.len() <= SHORTEST_PART && drawn_below(text, value.end).is_some() {
        return None;
    }
    // One word is found as anywhere, if nothing in it looks like code.
    if rest == 0
        && secrecy == Secrecy::Secret
        && !is_common(said)
        && said.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_.,:;/+=~%&@".contains(byte))
    {
        return None;
    }
    let secret = match secrecy {
        Secrecy::Secret => !is_common(said),
        Secrecy::Weak => {
            let odd = |word: &[u8]| is_random(word) || is_odd_word(word) || !word.is_ascii();
            let hyphens = first.iter().filter(|byte| **byte == b'-').count();
            let phrase = rest == 0 && hyphens > 1 && first.len() >= SHORTEST_PHRASE;
            let several = rest + 1 >= PHRASE && !words.any(is_common) && !is_common(first);
            let before =
                || rest == 0 && first.len() >= SHORTEST_WORD && is_one_before(text.slice(floor..name.start));
            said.split(|byte| is_blank(*byte)).any(odd) || phrase || several || !is_common(first) && before()
        }
        Secrecy::Part { last: true } if rest == 0 && first.len() >= SHORTEST_WORD => !is_common(first),
        _ => return None,
    };
    if secret {
        edits.mask(value.clone(), Rule::SecretOption);
    }
    // Words of remarks are no secret.
    (secret || rest > 0 || secrecy == Secrecy::Secret).then_some(value.end)
}

/// What is the value in a comment, of what it says behind a name and its sign.
pub(crate) fn value_of(said: &[u8]) -> Option<&[u8]> {
    let said = before_remark(without_signs(said));
    let mut words = said.split(|byte| is_blank(*byte)).filter(|word| !word.is_empty());
    let is_masked = words.next()?.starts_with(MASK.as_bytes());
    (!is_masked && !is_no_secret(said) && !is_call(said) && !words.any(is_label)).then_some(said)
}

/// Where the comment ends that a name and its value stand in, on their line.
fn comment_end(text: &Text<'_>, floor: usize, name: usize, value: usize) -> Option<usize> {
    let from = floor.max(line_start(text, name));
    let before = text.slice(from..name);
    // A blank may have come between them.
    let line = memchr::memmem::rfind(before, b"--").or_else(|| memchr::memmem::rfind(before, b"- - "));
    let block = memchr::memmem::rfind(before, b"/*");
    if line.is_none() && block.is_none() {
        let quote = if is_remarked(text, floor, name) {
            text.find_either([b'\'', b'\n'], value, LONGEST)
        } else {
            None
        };
        return quote.filter(|quote| text.at(*quote) == b'\'' && text.at(quote + 1) != b'\'');
    }
    // Colours end it, too, and so does the string of JSON that it stands in.
    let end = text.find_either([b'\n', 0x1b], value, LONGEST).unwrap_or(value + LONGEST);
    let ends_string = |quote: &usize| ends_string_of_json(text, value, *quote);
    let string =
        memchr::memchr_iter(b'"', text.slice(value..end)).map(|quote| value + quote).find(ends_string);
    let end = string.unwrap_or(end);
    let ahead = text.slice(value..end);
    // In a string, a line ends in an escape; none begins on a line that the comment begins.
    let ends = |at: &usize| {
        let slashes = ahead[*at..].iter().take_while(|byte| **byte == b'\\').count();
        matches!(ahead.get(at + slashes), Some(b'n' | b'r'))
    };
    let alone =
        line.is_some_and(|line| from == line_start(text, name) && before[..line].trim_ascii().is_empty());
    let escape = || if alone { None } else { memchr::memchr_iter(b'\\', ahead).find(ends) };
    let length = match (line, block) {
        (_, Some(open)) if line.is_none_or(|line| line < open || is_flag(&before[open..line])) => {
            if memchr::memmem::find(&before[open..], b"*/").is_some() || before.get(open + 2) == Some(&b'+') {
                return None;
            }
            // Its end is told by its sign, and not by a quote, but for that of COMMENT in a statement that is commented out.
            let length = memchr::memmem::find(ahead, b"*/")?;
            let quote =
                if is_remarked(text, floor, name) { memchr::memchr(b'\'', &ahead[..length]) } else { None };
            return Some(value + quote.unwrap_or(length));
        }
        (Some(line), _) if precedes_comment(&before[..line]) => escape().unwrap_or(ahead.len()),
        _ => return None,
    };
    // What it stands in may end behind it.
    let quote =
        memchr::memchr3_iter(b'"', b'\'', b'`', &ahead[..length]).find(|at| before.contains(&ahead[*at]));
    quote.is_none().then_some(value + length)
}

/// Whether two dashes behind a part of a block comment begin a flag in it, and no comment of a line.
fn is_flag(comment: &[u8]) -> bool {
    let begins_line = comment.trim_ascii_end().ends_with(b"\\n");
    !begins_line && memchr::memmem::find(comment, b"*/").is_none()
}

/// Whether the name behind a text is said to be that of one before or of the next: `old key`.
fn is_one_before(before: &[u8]) -> bool {
    let before = before.trim_ascii_end();
    let word = before.rsplit(|byte| !is_word(*byte)).next().unwrap_or_default();
    former::is_said(word)
}

/// The word before a comma, if nothing but a remark in common words follows that; anything else as it is.
fn before_remark(said: &[u8]) -> &[u8] {
    let word = said.iter().position(|byte| is_blank(*byte)).unwrap_or(said.len());
    match &said[..word] {
        [value @ .., b',' | b';'] if is_common(&said[word..]) => value,
        _ => said,
    }
}

/// What is said up to a wide gap, without words at the end that are nothing but signs: those of what it stands in.
fn without_signs(said: &[u8]) -> &[u8] {
    let gap = said.windows(GAP).position(|gap| gap.iter().all(|byte| is_blank(*byte)));
    let said = &said[..gap.or_else(|| memchr::memchr(b'\t', said)).unwrap_or(said.len())];
    // A remark in the comment.
    let said = &said[..memchr::memmem::find(said, b" -- ").unwrap_or(said.len())];
    let last = said.iter().rposition(|byte| byte.is_ascii_alphanumeric() || *byte >= 0x80);
    let Some(last) = last else { return &said[..0] };
    // Quotes are those of what it stands in.
    let ends = |byte: &u8| is_blank(*byte) || b"\"'`".contains(byte);
    &said[..last + said[last..].iter().position(ends).unwrap_or(said.len() - last)]
}

/// Whether a text is rather a call: it ends with a bracket that it opened behind a name.
fn is_call(said: &[u8]) -> bool {
    let said = said.strip_suffix(b";").unwrap_or(said);
    let name = said.iter().take_while(|byte| is_word(**byte) || **byte == b'.').count();
    let count = |byte: u8| memchr::memchr_iter(byte, said).count();
    let sign = |byte: &u8| byte.is_ascii_alphanumeric() || b" _.,()'\"-=".contains(byte);
    name > 0
        && said.get(name) == Some(&b'(')
        && said.ends_with(b")")
        && count(b'(') == count(b')')
        && said.iter().all(sign)
}

/// Whether a word is the name of a further value: `host:`, `host=…`.
fn is_label(word: &[u8]) -> bool {
    let name = word.iter().take_while(|byte| is_word(**byte) || matches!(byte, b'-' | b'.')).count();
    name > 1 && matches!(&word[name..], [b':'] | [b'=', ..])
}

#[cfg(test)]
mod tests {
    use crate::expect::redacted_for_good as check;

    #[test]
    fn all_that_a_comment_says_behind_a_name_is_masked() {
        for (text, masked) in [
            ("-- old token: made up of words\nSHOW TABLES;", "-- old token: <REDACTED>\nSHOW TABLES;"),
            (
                "SET 'a' = 'b'; /* password: made up */ USE c;",
                "SET 'a' = 'b'; /* password: <REDACTED> */ USE c;",
            ),
            ("-- password: M(4de3Upx", "-- password: <REDACTED>"),
            ("psql -c \"--password: made up\nSELECT 1\"", "psql -c \"--password: <REDACTED>\nSELECT 1\""),
            ("run - - password: made up\nSELECT 1", "run - - password: <REDACTED>\nSELECT 1"),
            ("-- key: m\u{e4}deup\u{df}x", "-- key: <REDACTED>"),
            (r#"{"sql":"-- api-key = made up\nSELECT 1"}"#, r#"{"sql":"-- api-key = <REDACTED>\nSELECT 1"}"#),
            ("-- password: made7up, host: a.example", "-- password: <REDACTED>, host: a.example"),
        ] {
            check(text, masked);
        }
        for text in ["-- key: id of the table", "-- token: required", "/* password = read_password() */"] {
            check(text, text);
        }
    }
}
