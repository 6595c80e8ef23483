//! Values that belong to a name which denotes a secret: options, properties, headers, flags, parameters.

use crate::broken::quote_length;
use crate::edit::{Edits, QUOTED_MASK, Rule};
use crate::keyword::starts_statement;
use crate::lex::{Kind, Text, is_blank, is_name, is_word, separator};
use crate::names::{Folded, Secrecy};
use crate::recognise::is_any;
use crate::resync::begins_other;
use crate::shape::{is_known_token, is_odd_word, is_random};
use crate::statement::scrub_comment;
use crate::view::View;
use lockkeeper_model::MASK;
use std::ops::Range;

/// How long a part of a value in a connection string may be.
const LONGEST_LISTED: usize = 65_536;

/// How far a pair with encoded signs is looked at.
const ENCODED: usize = 4096;

/// Masks the value of the name that stands at `name`, if it denotes a secret; nothing before `floor` is looked at.
/// Returns where to go on.
pub(crate) fn mask(text: &Text<'_>, floor: usize, name: Range<usize>, edits: &mut Edits) -> Option<usize> {
    let name = spaced(text, floor, name);
    if let Some(end) = mask_value(text, floor, name.clone(), edits) {
        return Some(end);
    }
    // The quotes around the name may be encoded.
    let encoded = matches!(text.at(name.end), b'%' | b'&' | b'\\' | b'\'')
        && Folded::of(text.slice(name.clone())).secrecy() == Secrecy::Secret;
    let end = name.end + text.ahead(name.end, if encoded { ENCODED } else { 0 }).len();
    let view = encoded.then(|| View::of_any(text, floor, end)).flatten()?;
    let inner = view.text();
    let inside = view.position(name.start)..view.position(name.end);
    if !matches!(inner.at(inside.end), b'\'' | b'"' | b'`') {
        return None;
    }
    let mut found = Edits::default();
    let end = mask_value(&inner, 0, inside, &mut found)?;
    view.carry(text, &found, edits);
    Some(view.source(end))
}

/// A name with the word before it, where the two are written apart: `api key`.
fn spaced(text: &Text<'_>, floor: usize, name: Range<usize>) -> Range<usize> {
    const WORDS: &[&str] =
        &["API", "ACCESS", "SECRET", "PRIVATE", "SERVICE", "ACCOUNT", "AUTH", "SESSION", "CLIENT"];
    let before = text.slice(floor..name.start);
    let Some(word) = before.strip_suffix(b" ") else { return name };
    let length = word.iter().rev().take(8).take_while(|byte| byte.is_ascii_alphabetic()).count();
    match is_any(&word[word.len() - length..], WORDS) {
        true => name.start - 1 - length..name.end,
        false => name,
    }
}

fn mask_value(text: &Text<'_>, floor: usize, name: Range<usize>, edits: &mut Edits) -> Option<usize> {
    let quote = skip_quote(text, name.end);
    let quoted_name = quote > name.end && matches!(text.at(quote - 1), b'\'' | b'"' | b'`');
    // Line breaks and comments may stand on both sides of the sign behind a quoted name.
    let skip = |from| if quoted_name { skip_comments(text, from) } else { text.skip_space(from) };
    let mut after = skip(quote);
    let mut sign = separator(text, after);
    if quoted_name && sign > after {
        // The same sign twice.
        let next = text.skip_space(sign);
        sign = if separator(text, next) > next { separator(text, next) } else { sign };
    }
    if sign == after {
        after = text.skip_space(quote);
        sign = argument(text, floor, &name, quote).unwrap_or(after);
    }
    let flag = text.slice(name.clone()).starts_with(b"-");
    let tagged = text.at(name.end) == b'>' && name.start > 0 && text.at(name.start - 1) == b'<';
    if sign == after && !flag && !tagged {
        // Without a sign between them, only few things are taken for a name and its value.
        if after == name.end {
            return None;
        }
        if text.at(after) != b'\'' {
            let bare = text.slice(after..bare_end(text, after));
            let word = text.slice(name.clone());
            let netrc = is_netrc(text, floor, &name);
            if !netrc && (bare.len() < 8 || !(is_odd_word(bare) || word.eq_ignore_ascii_case(b"bearer"))) {
                return None;
            }
        }
    }
    let folded = Folded::of(text.slice(name.clone()));
    let secrecy = folded.secrecy();
    if secrecy == Secrecy::None {
        return None;
    }
    let (start, assigned) = if sign > after {
        let start = skip(sign);
        let apart = text.slice(sign..start).contains(&b'\n');
        // In YAML and the like, nothing may stand on the line, and something else on the next.
        (
            if apart && text.at(after) == b':' && !opens(text, start) {
                text.skip_space(sign)
            } else {
                start
            },
            true,
        )
    } else if tagged {
        return element(text, name.end + 1, edits);
    } else if flag && after > quote {
        (after, true)
    } else {
        (after, false)
    };
    let quoted = opens(text, start);
    if !assigned {
        let word = folded.as_bytes();
        let scheme = matches!(word, b"bearer") && start > name.end;
        let sql = quoted
            && start > name.end
            && text.at(start) == b'\''
            && matches!(word, b"password" | b"passwd" | b"secret");
        let end = bare_end(text, start);
        let bare = text.slice(start..end);
        let odd = start > name.end
            && bare.len() >= 8
            && is_odd_word(bare)
            && bare.iter().all(|b| b.is_ascii_graphic());
        if !(sql
            || is_netrc(text, floor, &name)
            || (scheme && bare.len() >= 8)
            || (odd && !quoted && secrecy == Secrecy::Secret))
        {
            return None;
        }
    }
    if matches!(text.at(start), 0 | b'\n' | b'\r') {
        return None;
    }
    let (range, content) = match opening(text, start) {
        Some(open) => quoted_value(text, start, open, text.at(after) == b':'),
        None => {
            let header =
                folded.as_bytes().ends_with(b"authorization") || folded.as_bytes().ends_with(b"cookie");
            let end = match header {
                true => header_end(text, start),
                false if is_listed(text, floor, name.start) => listed_end(text, start),
                false if is_property(text, &name, after..start) => property_end(text, start),
                false => bare_end(text, start),
            };
            // `Some("…")` and the like.
            let call = text.at(end.saturating_sub(1)) == b'(' && end > start;
            match opening(text, end).filter(|_| call) {
                Some(open) => quoted_value(text, end, open, false),
                None => (start..end, start..end),
            }
        }
    };
    let value = text.slice(content.clone());
    if is_no_secret(value) {
        return Some(range.end.max(name.end));
    }
    let hide = match secrecy {
        Secrecy::None => false,
        Secrecy::Secret => true,
        Secrecy::About => !is_description(value),
        Secrecy::Weak => {
            (quoted && quote > name.end && text.at(after) == b'=')
                || is_known_token(value)
                || is_random(value)
        }
    };
    if !hide {
        return None;
    }
    if quoted_name {
        scrub_comments(text, quote..start, edits);
    }
    if content == range {
        edits.mask(range.clone(), Rule::SecretOption);
    } else if text.at(start) == b'\'' || !matches!(text.at(start), b'"' | b'`' | b'\\') {
        if text.slice(range.clone()) != QUOTED_MASK.as_bytes() {
            edits.push(range.clone(), QUOTED_MASK, Rule::SecretOption);
        }
    } else {
        edits.mask(content, Rule::SecretOption);
    }
    Some(range.end)
}

/// Whether a password stands behind a login, as in `.netrc`.
fn is_netrc(text: &Text<'_>, floor: usize, name: &Range<usize>) -> bool {
    text.slice(name.clone()) == b"password"
        && memchr::memmem::find(text.slice(floor..name.start), b"login ").is_some()
}

/// Skips white space and comments of SQL.
pub(crate) fn skip_comments(text: &Text<'_>, from: usize) -> usize {
    let mut at = text.skip_blank(from);
    while at < from + 1024 {
        match text.comment(at) {
            Some((end, true)) if text.at(at + 1) != b'/' => at = text.skip_blank(end),
            _ => break,
        }
    }
    at
}

/// Masks what comments say between a name and its value.
pub(crate) fn scrub_comments(text: &Text<'_>, range: Range<usize>, edits: &mut Edits) {
    let mut at = range.start;
    while at < range.end {
        match text.comment(at) {
            Some((end, true)) if end <= range.end => {
                scrub_comment(text, at..end, edits);
                at = end;
            }
            _ => at += 1,
        }
    }
}

/// Where the value begins that a name is called with, `setPassword("…")`, or that follows it as the next argument,
/// `put("password", "…")`, or as the next attribute.
fn argument(text: &Text<'_>, floor: usize, name: &Range<usize>, quote: usize) -> Option<usize> {
    let opens = |at: &usize| matches!(text.at(*at), b'"' | b'\'');
    if quote == name.end {
        return Some(quote + 1).filter(|value| text.at(quote) == b'(' && opens(value));
    }
    let before = text.slice(floor..name.start.saturating_sub(1));
    let next = text.skip_space(quote);
    if text.at(next) == b',' && before.ends_with(b"(") {
        return Some(text.skip_space(next + 1)).filter(opens);
    }
    Some(next + 6).filter(|value| before.ends_with(b"name=") && text.has(next, b"value=") && opens(value))
}

/// Whether a name without quotes, at the beginning of a line, is that of a property: only its value follows.
fn is_property(text: &Text<'_>, name: &Range<usize>, sign: Range<usize>) -> bool {
    let begins = name.start == 0 || text.at(name.start - 1) == b'\n';
    begins && (text.slice(name.clone()).contains(&b'.') || is_blank(text.at(sign.end - 1)))
}

/// The end of a property's value: that of the line, unless another pair stands on it.
fn property_end(text: &Text<'_>, start: usize) -> usize {
    let end = text.line_end(start).min(start + LONGEST_LISTED);
    let line = text.slice(start..end).trim_ascii_end();
    let is_pair = |word: &[u8]| {
        let name = word.iter().take_while(|byte| is_name(**byte)).count();
        name > 0 && matches!(word.get(name), Some(b'=' | b':'))
    };
    match line.split(|byte| *byte == b' ').skip(1).any(is_pair) {
        true => bare_end(text, start),
        false => bare_end(text, start).max(start + line.len()),
    }
}

/// Skips a quote that closes a name, with its backslashes.
fn skip_quote(text: &Text<'_>, from: usize) -> usize {
    let mut at = from;
    while text.at(at) == b'\\' && at - from < 8 {
        at += 1;
    }
    match text.at(at) {
        b'\'' | b'"' | b'`' | b']' => at + 1,
        _ => from,
    }
}

fn opens(text: &Text<'_>, start: usize) -> bool {
    opening(text, start).is_some()
}

/// How a quoted value begins: the number of backslashes, and where its content starts.
fn opening(text: &Text<'_>, start: usize) -> Option<usize> {
    let mut at = start;
    while text.at(at) == b'\\' && at - start < 8 {
        at += 1;
    }
    if matches!(text.at(at), b'\'' | b'"' | b'`') {
        return Some(at + 1);
    }
    let literal = text.literal(start)?;
    (literal.kind != Kind::Name).then_some(literal.content.start)
}

/// The range of a quoted value, and that of its content; `colon`: not SQL, where a backslash is nothing special.
fn quoted_value(text: &Text<'_>, start: usize, open: usize, colon: bool) -> (Range<usize>, Range<usize>) {
    let quote = text.at(open - 1);
    let slashes = if text.at(start) == b'\\' { open - 1 - start } else { 0 };
    if slashes == 0
        && quote == b'$'
        && let Some(literal) = text.literal(start)
    {
        return (start..literal.end, literal.content);
    }
    let mut at = open;
    loop {
        let found = text
            .slice(at..text.len())
            .iter()
            .position(|byte| *byte == quote || *byte == b'\n')
            .map(|o| at + o);
        let Some(found) = found else {
            // Never closed: up to the end of what is known.
            let last = text.end();
            let end = if last > open && text.at(last - 1) == b'\n' { last - 1 } else { last };
            return (start..end, open..end);
        };
        if text.at(found) == b'\n' {
            if begins_other(text, found + 1) || found - start > 65_536 || quote == b'`' {
                let end = if text.at(found - 1) == b'\r' { found - 1 } else { found };
                return (start..end, open..end);
            }
            at = found + 1;
            continue;
        }
        let before = text.slice(open..found).iter().rev().take_while(|byte| **byte == b'\\').count();
        let escaped = match slashes {
            0 => (quote == b'"' || colon) && before % 2 == 1,
            _ => before != slashes,
        };
        if escaped {
            at = found + 1;
            continue;
        }
        let end = found + 1;
        if text.at(end) == quote && slashes == 0 {
            at = end + 1;
            continue;
        }
        if is_word(text.at(end)) && !starts_statement(text.ahead(end, 160)) {
            // Something follows that no value is followed by: the quote was part of it.
            at = end;
            continue;
        }
        if quote == b'\'' && slashes == 0 {
            // A shell has no escapes in quotes: they are closed for one.
            if text.has(end, b"\\''") || text.has(end, b"\"'\"'") {
                at = end + if text.at(end) == b'"' { 4 } else { 3 };
                continue;
            }
            // Literals in a row are one, unless the second is the next key; also with a sign between them.
            let mut next = skip_comments(text, end);
            let sign = match (text.at(next), text.at(next + 1)) {
                (b'|', b'|') => 2,
                (b'+', _) => 1,
                _ => 0,
            };
            next = skip_comments(text, next + sign);
            if text.at(next) == b'\''
                && let Some(more) = text.literal(next).filter(|more| more.closed)
                && separator(text, text.skip_blank(more.end)) == text.skip_blank(more.end)
                && next > end
            {
                at = more.end - 1;
                continue;
            }
        }
        return (start..end, open..found - slashes.min(before));
    }
}

/// Whether a name stands behind the semicolon of a connection string.
fn is_listed(text: &Text<'_>, floor: usize, name: usize) -> bool {
    text.slice(floor.max(name.saturating_sub(64))..name).trim_ascii_end().ends_with(b";")
}

/// The end of a value in a connection string, in which all but a semicolon may stand.
fn listed_end(text: &Text<'_>, start: usize) -> usize {
    let bare = bare_end(text, start);
    let mut at = start;
    while let Some(found) = text.find_either([b';', b'\n'], at, LONGEST_LISTED) {
        if text.at(found) == b'\n' {
            break;
        }
        at = found + 1;
        let mut end = text.skip_space(at);
        let name = end;
        while is_name(text.at(end)) || text.at(end) == b' ' {
            end += 1;
        }
        if end > name && text.at(end) == b'=' {
            return bare.max(at - 1);
        }
    }
    bare
}

/// The end of a value without quotes, or with those of a word processor.
fn bare_end(text: &Text<'_>, start: usize) -> usize {
    let mut at = start;
    if quote_length(text, start) > 1 {
        at += quote_length(text, start);
        while quote_length(text, at) == 0 && !matches!(text.at(at), 0 | b'\n') && at - start < LONGEST_LISTED
        {
            at += 1;
        }
    }
    loop {
        let byte = text.at(at);
        match byte {
            b'<' if text.has(at, MASK.as_bytes()) => at += MASK.len(),
            0..=b' ' | b'"' | b'\'' | b'`' | b'<' | b'>' => break,
            b'\\' if matches!(text.at(at + 1), b'"' | b'n' | b'r' | b't') => break,
            b',' | b';' | b'&' | b')' | b']' | b'}' | b'|' if ends_value(text, at + 1) => break,
            _ => at += 1,
        }
        if at - start > 65_536 {
            break;
        }
    }
    at
}

/// Whether a sign that could be part of a value ends it: nothing, or another pair, follows.
fn ends_value(text: &Text<'_>, from: usize) -> bool {
    let mut at = from;
    while matches!(text.at(at), b',' | b';' | b')' | b']' | b'}') {
        at += 1;
    }
    if is_blank(text.at(at)) || matches!(text.at(at), 0 | b'"' | b'\'' | b'\\' | b'{' | b'[') {
        return true;
    }
    let name = at;
    while is_name(text.at(at)) && at - name < 64 {
        at += 1;
    }
    at > name && matches!(text.at(at), b'=' | b':')
}

/// The end of a header's value: that of the line, or of the string that the header stands in.
fn header_end(text: &Text<'_>, start: usize) -> usize {
    let mut at = start;
    while !matches!(text.at(at), 0..=0x1f | b'"' | b'\'' | b'`') && at - start < 65_536 {
        if text.at(at) == b'\\' && matches!(text.at(at + 1), b'"' | b'n' | b'r') {
            break;
        }
        at += 1;
    }
    while at > start && text.at(at - 1) == b' ' {
        at -= 1;
    }
    at
}

/// Masks the content of `<password>…</password>`.
fn element(text: &Text<'_>, start: usize, edits: &mut Edits) -> Option<usize> {
    let end = memchr::memmem::find(text.slice(start..text.len().min(start + 8192)), b"</")
        .map(|offset| start + offset);
    let Some(end) = end else {
        text.at(start + 8192);
        return None;
    };
    if !is_no_secret(text.slice(start..end)) {
        edits.mask(start..end, Rule::SecretOption);
    }
    Some(end)
}

/// Whether a value is none, or is masked already.
fn is_no_secret(value: &[u8]) -> bool {
    value == MASK.as_bytes()
        || value.trim_ascii().is_empty()
        || value.iter().all(|byte| *byte == b'*')
        || [&b"null"[..], b"none", b"true", b"false", b"nil", b"undefined"]
            .iter()
            .any(|word| word.eq_ignore_ascii_case(value))
}

/// Whether a value says something about a secret: a number, a duration, an address, a kind of token.
fn is_description(value: &[u8]) -> bool {
    let digits = value.iter().take_while(|byte| byte.is_ascii_digit() || **byte == b'.').count();
    let unit = &value[digits..];
    (digits > 0
        && digits <= 10
        && (unit.is_empty()
            || (unit.len() <= 7 && unit.iter().all(|b| b.is_ascii_lowercase() || *b == b' '))))
        || memchr::memmem::find(value, b"://").is_some()
        || value.starts_with(b"/")
        || [&b"bearer"[..], b"jwt", b"basic", b"oauth", b"oauth2", b"opaque", b"mac"]
            .iter()
            .any(|word| word.eq_ignore_ascii_case(value))
}

#[cfg(test)]
mod tests {
    use crate::redact;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(redact(text), expected);
    }

    #[test]
    fn values_go_on_where_their_quotes_do() {
        check("SET 'token' = 'made' /* x */'-up';", "SET 'token' = '<REDACTED>';");
        check(r"export TOKEN='made'\''-up'", "export TOKEN='<REDACTED>'");
        check(r"{'token': 'made\', \'up', 'host': 'a'}", "{'token': '<REDACTED>', 'host': 'a'}");
    }

    #[test]
    fn a_value_of_a_connection_string_ends_at_the_next_name() {
        check(
            "Server=a;User Id=sa;Password=made up'\"<x;Encrypt=true",
            "Server=a;User Id=sa;Password=<REDACTED>;Encrypt=true",
        );
    }
}
