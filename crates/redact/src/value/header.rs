//! Values of headers: where they end, and which hide nothing.

use crate::secret::shape::is_odd_word;
use crate::sql::keyword::{BEGINNING, starts_statement};
use crate::sql::lex::{Text, is_name};
use crate::value::apart::names_scheme;

/// How long a value may be.
const LONGEST: usize = 65_536;
/// How long a value in quotes may be that is a part of one, and how many may be in one.
const LONGEST_PART: usize = 4096;
const MOST_PARTS: usize = 32;
/// How long the name of such a part may be.
const LONGEST_NAME: usize = 24;

/// The end of a header's value: that of the line, or of the string that the header stands in, or before something else that
/// has quotes of its own.
pub(crate) fn end(text: &Text<'_>, start: usize) -> usize {
    let end = line_end(text, start);
    let said = text.slice(start..end);
    if let Some(blank) = before_statement(said) {
        return start + trimmed(&said[..blank]);
    }
    // `Some("…")` and the like.
    let called = said.ends_with(b"(") && !said.contains(&b' ');
    if called || !opens(text, start, end) {
        return end;
    }
    let sign = said[said.len() - 1];
    let before = start + behind_something_else(said);
    let is_part = sign == b'=' && text.slice(before..end).starts_with(b";");
    match before < least(text, start).min(end) || is_part {
        true if sign == b'=' => parts_end(text, end),
        _ => start + text.slice(start..before).trim_ascii_end().len(),
    }
}

/// The first blank behind which a statement begins that a value is not likely to hold.
pub(crate) fn before_statement(said: &[u8]) -> Option<usize> {
    memchr::memchr_iter(b' ', said).find(|blank| {
        let rest = &said[blank + 1..];
        rest.first().is_some_and(|first| b"ACI".contains(&first.to_ascii_uppercase()))
            && starts_statement(&rest[..rest.len().min(BEGINNING)])
    })
}

/// The end of the line, or of the string that a header stands in.
pub(crate) fn line_end(text: &Text<'_>, start: usize) -> usize {
    let mut at = start;
    // As rsyslog and logs of requests have it.
    let breaks = |at: usize| match text.at(at) {
        b'#' => text.has(at, b"#012"),
        b'\\' => text.has(at, b"\\x0A"),
        _ => false,
    };
    while !matches!(text.at(at), 0..=0x1f | b'"' | b'\'' | b'`') && at - start < LONGEST && !breaks(at) {
        if text.at(at) == b'\\' && matches!(text.at(at + 1), b'"' | b'n' | b'r') {
            // In a string inside of a string.
            let before = text.slice(start..at).iter().rev().take_while(|byte| **byte == b'\\').count();
            at -= before;
            break;
        }
        at += 1;
    }
    while at > start && text.at(at - 1) == b' ' {
        at -= 1;
    }
    at
}

/// Whether the value is a list of names of headers.
pub(crate) fn lists_names(name: &[u8], value: &[u8]) -> bool {
    let is_header = |part: &[u8]| {
        part == b"*"
            || part.len() <= 64
                && part.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')
                && !part.split(|byte| *byte == b'-').any(is_odd_word)
    };
    name.starts_with(b"accesscontrol") && value.split(|byte| *byte == b',').all(|p| is_header(p.trim_ascii()))
}

/// Whether the quote behind the end of a value begins something: it stands behind a sign, and something stands in it.
fn opens(text: &Text<'_>, start: usize, end: usize) -> bool {
    let quote = text.skip_space(end);
    let said = text.slice(start..end);
    let Some((sign, before)) = said.split_last() else { return false };
    // Not the end of something in base64.
    let named = || {
        let name = before.iter().rev().take_while(|byte| is_name(**byte)).count();
        (1..=LONGEST_NAME).contains(&name) && !is_odd_word(&before[before.len() - name..])
    };
    matches!(text.at(quote), b'"' | b'\'' | b'`')
        && match sign {
            b'=' => quote == end && named(),
            b'(' | b'[' | b'{' | b':' => true,
            _ => false,
        }
        && !matches!(text.at(quote + 1), 0..=b' ' | b',' | b';' | b')' | b'}' | b']')
}

/// Where what is before a quote begins: a name with its sign, a call, a list, and the sign before it.
fn behind_something_else(said: &[u8]) -> usize {
    let mut rest = said;
    while let [before @ .., b'(' | b'[' | b'{' | b'=' | b':'] = rest {
        rest = before.trim_ascii_end();
        let name = rest.iter().rev().take_while(|byte| is_name(**byte)).count();
        rest = &rest[..rest.len() - name];
    }
    trimmed(rest)
}

/// The length of a text without the signs at its end that stand between two things.
fn trimmed(text: &[u8]) -> usize {
    let mut rest = text;
    while let [before @ .., b' ' | b',' | b';' | b'|'] | [before @ .., b'-', b'>'] = rest {
        rest = before;
    }
    rest.len()
}

/// Up to where a value is one at least: its scheme and the word behind it, or its first word.
fn least(text: &Text<'_>, start: usize) -> usize {
    let word =
        |from: usize| from + text.ahead(from, LONGEST_PART).iter().take_while(|byte| **byte > b' ').count();
    let first = word(start);
    let end = if names_scheme(text, start) { word(text.skip_space(first)) } else { first };
    start + trimmed(text.slice(start..end))
}

/// The end of a value that consists of names with values in quotes, the first of which begins here.
fn parts_end(text: &Text<'_>, quote: usize) -> usize {
    let mut at = quote;
    for _ in 0..MOST_PARTS {
        let close = text.find_either([text.at(at), b'\n'], at + 1, LONGEST_PART);
        let Some(close) = close.filter(|close| text.at(*close) != b'\n') else { return at };
        if !matches!(text.at(close + 1), b',' | b';') {
            return close + 1;
        }
        let end = line_end(text, close + 1);
        if !opens(text, close + 1, end) {
            return end;
        }
        at = end;
    }
    at
}

#[cfg(test)]
mod tests {
    use crate::expect::redacted as check;

    #[test]
    fn what_stands_behind_a_header_is_no_part_of_it() {
        for (text, masked) in [
            ("Authorization: Bearer made-up-1 f ('a')", "Authorization: <REDACTED> f ('a')"),
            ("Authorization: Bearer made-up-1 q=f(\"x\")", "Authorization: <REDACTED> q=f(\"x\")"),
            (
                "Authorization: Bearer made-up-1, sql=\"SELECT 1\"",
                "Authorization: <REDACTED>, sql=\"SELECT 1\"",
            ),
            ("\"Authorization: Basic bWFkZTp1cA=\"", "\"Authorization: <REDACTED>\""),
            ("Cookie: a=\"made\"; b=\"up\"", "Cookie: <REDACTED>"),
            ("Authorization: Digest username=\"made\", response=\"up\" x", "Authorization: <REDACTED> x"),
            ("Authorization=Some(\"made-up\")", "Authorization=Some(\"<REDACTED>\")"),
        ] {
            check(text, masked);
        }
        let names = "Access-Control-Allow-Headers: Authorization, Content-Type";
        check(names, names);
    }
}
