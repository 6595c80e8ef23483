//! The rest of a literal before an entry of a list, `…rest', 'key' = 'value'`, that nothing before it can have begun.
//!
//! Its quote closes what was not opened. So whatever stands before it is the rest of a value, however it looks.

use crate::edit::holds_mask;
use crate::secret::shape::{is_chosen, is_scrambled};
use crate::sql::lex::{Text, is_name, is_word, separator};
use crate::statement::comments::skip_all_comments;
use crate::statement::recognise::is_any;
use crate::statement::resync::begins_other;
use crate::wrapping::lines::line_start;
use crate::wrapping::shell::shell_quote;
use crate::wrapping::view::View;
use lockkeeper_model::OptionKey;
use std::ops::Range;

/// How long a rest is at least with its quote, and the key behind it at most.
const SHORTEST: usize = 5;
const LONGEST_KEY: usize = 64;
/// How long one is at least that has no quote at its end.
const LONG: usize = 12;
/// How many blanks a line has at least that says more than the rest.
const SENTENCE: usize = 6;
/// How much of a line with encoded quotes is looked at.
const LONGEST_LINE: usize = 4096;
/// What stands before the lines of diffs, quotations and comments.
pub(crate) const MARGIN: &[u8] = b" \t>+|-#/*";

/// The rest of a literal before the entry whose key begins at a quote. Without a quote at its end, it has to look drawn.
/// `apart`: nothing before the text can have begun it.
pub(crate) fn before_entry(text: &Text<'_>, floor: usize, key: usize, apart: bool) -> Option<Range<usize>> {
    let shelled = shell_quote(text, key).is_some();
    if !begins_entry(text, key, shelled) {
        return None;
    }
    let end = end_before(text, floor, key)?;
    // A second look at a line finds masks where the first had decided.
    if holds_mask(text.slice(line_start(text, end)..end)) {
        return None;
    }
    let start = if shelled { behind_quote(text, floor, end)? } else { beginning(text, floor, end, apart)? };
    let said = text.slice(start..end);
    let quote = said.iter().rposition(|byte| !is_quote(*byte)).map_or(0, |last| said.len() - 1 - last);
    // The last line of a private key says nothing.
    let value = &said[..said.len() - quote];
    if said.len() < SHORTEST || value.ends_with(b"KEY-----") && value.starts_with(b"END ") || is_kind(value) {
        return None;
    }
    let mut parts = said.split(|byte| b"=;&".contains(byte));
    let mut drawn =
        || text.slice(end..key).contains(&b'\n') && !said.contains(&b' ') && parts.any(is_scrambled);
    (shelled || closes_nothing(said) || quote == 0 && drawn()).then_some(start..end)
}

/// The same on a line in which quotes are escaped, of which `sign` is the first.
pub(crate) fn before_encoded_entry(
    text: &Text<'_>,
    floor: usize,
    sign: usize,
    apart: bool,
) -> Option<Range<usize>> {
    let line = line_start(text, sign);
    if line < floor || text.at(sign) != b'\\' || memchr::memchr(b'\\', text.slice(line..sign)).is_some() {
        return None;
    }
    let end = text.find_either([b'\n'; 2], sign, LONGEST_LINE).unwrap_or(text.len().min(sign + LONGEST_LINE));
    let view = View::of_any(text, line, end, end)?;
    let inner = view.text();
    let keys = memchr::memchr3_iter(b'\'', b'"', b'`', inner.slice(0..inner.len()));
    let found =
        keys.filter_map(|key| before_entry(&inner, 0, key, begins_apart(text, line, apart))).next()?;
    if begins_list(inner.slice(0..found.start)) {
        return None;
    }
    Some(view.source(found.start)..view.source(found.end))
}

/// Whether a rest is a short word of small letters, as the kinds of things are.
fn is_kind(said: &[u8]) -> bool {
    said.len() < LONG && said.iter().all(u8::is_ascii_lowercase)
}

fn is_quote(byte: u8) -> bool {
    matches!(byte, b'\'' | b'"' | b'`')
}

/// Whether a quoted name and a sign stand there, on one line.
fn begins_entry(text: &Text<'_>, key: usize, shelled: bool) -> bool {
    let quote = text.at(key);
    let behind =
        |at: usize| if shelled { shell_quote(text, at) } else { (text.at(at) == quote).then_some(at + 1) };
    let Some(name) = behind(key) else { return false };
    let end = name + text.ahead(name, LONGEST_KEY).iter().take_while(|byte| is_name(**byte)).count();
    let Some(mut sign) = behind(end).filter(|_| end > name) else { return false };
    while text.at(sign) == quote {
        sign += 1;
    }
    let sign = text.skip_blank(sign);
    // The sign may be lost behind the name of an option.
    if quote == b'\'' && text.at(sign) == quote && OptionKey::find(text.slice(name..end)).is_some() {
        return true;
    }
    // Objects of JSON have their names in quotation marks.
    separator(text, sign) > sign && !(quote == b'"' && text.at(sign) == b':')
}

/// Where what stands before an entry ends: before its comma, on its line or the one before.
fn end_before(text: &Text<'_>, floor: usize, key: usize) -> Option<usize> {
    let line = line_start(text, key);
    let begins_line = text.slice(line..key).iter().all(|byte| MARGIN.contains(byte) || is_quote(*byte));
    let before = text.slice(floor.min(key)..if begins_line { line } else { key });
    let trimmed = before.trim_ascii_end();
    let listed = trimmed.strip_suffix(b",");
    let end = floor + listed.unwrap_or(trimmed).trim_ascii_end().len();
    // An empty line lies between.
    let breaks = memchr::memchr_iter(b'\n', text.slice(end..line.max(end))).count();
    let is_end = || {
        trimmed.ends_with(b"'")
            || trimmed.iter().rev().take_while(|byte| **byte > b' ').count() >= SHORTEST
                && !trimmed.ends_with(b"\"")
                && !trimmed.ends_with(b"`")
    };
    (listed.is_some() || begins_line && is_end()).then_some(end).filter(|_| breaks <= 1)
}

/// Where what may be the rest of a literal begins in its line: behind what stands before texts, or with the line if it can be no
/// part of what stands before.
fn beginning(text: &Text<'_>, floor: usize, end: usize, apart: bool) -> Option<usize> {
    let line = line_start(text, end);
    if line < floor {
        return None;
    }
    let said = text.slice(line..end);
    if let Some(behind) = ends_statement(said) {
        return Some(text.skip_blank(line + behind));
    }
    if !said.ends_with(b"\"")
        && !said.ends_with(b"`")
        && let Some(behind) = before_text(text, line, said)
        && !opens_literal(&said[..behind])
    {
        return Some(text.skip_blank(line + behind));
    }
    let strings = memchr::memchr_iter(b'"', said).count();
    if said.contains(&b' ') && (begins_other(text, line) || said.ends_with(b"'") && strings % 2 == 1) {
        return None;
    }
    let margin = said.iter().take_while(|byte| MARGIN[..6].contains(byte)).count();
    begins_apart(text, line, apart).then_some(line + margin)
}

/// Whether nothing before a line can have begun what it begins with; `apart`: before the first.
pub(crate) fn begins_apart(text: &Text<'_>, line: usize, apart: bool) -> bool {
    match line.checked_sub(1) {
        None => apart,
        Some(end) => ends_apart(text.slice(line_start(text, end)..end)),
    }
}

/// Whether what the next line begins with cannot have begun on this line: it is empty, or ends a statement or a comment.
fn ends_apart(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    let comment = memchr::memmem::find(line, b"--").filter(|at| line.get(at + 2) != Some(&b'-'));
    let said = line[..comment.unwrap_or(line.len())].trim_ascii_end();
    said.is_empty()
        || said.starts_with(b"@@")
        || [&b";"[..], b"*/", b"@@", b"\"\"\""].iter().any(|end| said.ends_with(end))
}

/// The length of what stands before a text on its line: before a string, or before what the line of a log says.
pub(crate) fn before_text(text: &Text<'_>, line: usize, said: &[u8]) -> Option<usize> {
    if is_rest_of_object(said) { None } else { opens_string(said).or_else(|| behind_log(text, line, said)) }
}

/// Whether a text is the rest of an object of JSON, with its names.
fn is_rest_of_object(said: &[u8]) -> bool {
    ends_object(said.strip_suffix(b"'").unwrap_or(said)) && memchr::memmem::find(said, b"\":").is_some()
}

/// Whether an object ends with a text, and does not begin in it.
fn ends_object(said: &[u8]) -> bool {
    said.ends_with(b"}") && memchr::memchr(b'{', said).is_none()
}

/// Whether a literal of a list is open at the end of a text.
fn opens_literal(before: &[u8]) -> bool {
    let inside = |at: &usize| {
        *at > 0 && is_word(before[at - 1]) && before.get(at + 1).is_some_and(|byte| is_word(*byte))
    };
    let mut quotes = memchr::memchr_iter(b'\'', before).filter(|at| !inside(at));
    let last = quotes.next_back();
    let opens = last.is_some_and(|last| before[..last].trim_ascii_end().ends_with(b"="));
    opens && quotes.count().is_multiple_of(2)
}

/// The length of what stands before what the line of a log says.
fn behind_log(text: &Text<'_>, line: usize, said: &[u8]) -> Option<usize> {
    let words = said.iter().filter(|byte| **byte == b' ').count();
    // The object that ends there is a part of it.
    if words == 0 || ends_object(said) || words < SENTENCE && !begins_other(text, line) {
        return None;
    }
    let behind = |sign: &[u8]| memchr::memmem::rfind(said, sign).map(|at| at + sign.len());
    [&b": "[..], b"] ", b" - ", b" [", b" (", b"..."].into_iter().filter_map(behind).max()
}

/// Where the single quotes of a shell begin that a position stands in.
fn behind_quote(text: &Text<'_>, floor: usize, end: usize) -> Option<usize> {
    let line = line_start(text, end).max(floor);
    let said = text.slice(line..end).strip_suffix(br"'\''")?;
    // What stands in them begins with a literal.
    if line == 0 && said.starts_with(br"'\''") && memchr::memchr_iter(b'\'', said).count() == 3 {
        return Some(line);
    }
    let quote = memchr::memrchr(b'\'', said)?;
    (said[..quote].ends_with(b" ") || quote == 0).then_some(line + quote + 1)
}

/// The length of a statement or comment with which a line begins, and that ends on it.
fn ends_statement(said: &[u8]) -> Option<usize> {
    let paired = |before: &[u8]| memchr::memchr_iter(b'\'', before).count().is_multiple_of(2);
    let comment = memchr::memmem::find(said, b"/*").filter(|open| paired(&said[..*open]));
    let comment =
        comment.and_then(|open| memchr::memmem::find(&said[open..], b"*/").map(|end| open + end + 2));
    let statement = || {
        memchr::memchr_iter(b';', said).find(|end| {
            let before = &said[..*end];
            before.last().is_some_and(|byte| matches!(byte, b')' | b'\'' | b'`'))
                && memchr::memchr(b' ', before).is_some()
                && paired(before)
        })
    };
    comment.or_else(|| statement().map(|end| end + 1))
}

/// The length of what stands before the text of a string that is open at the end of a line, with its quote.
fn opens_string(said: &[u8]) -> Option<usize> {
    let is_value =
        |quote: usize| said[..quote].trim_ascii_end().last().is_some_and(|byte| b":=".contains(byte));
    let closes = |quote: &usize| {
        let next = said[quote + 1..].trim_ascii_start().first();
        next.is_some_and(|byte| b",:=)]}".contains(byte)) && !is_value(*quote)
    };
    let closed = memchr::memchr_iter(b'"', said).rev().find(closes).map_or(0, |quote| quote + 1);
    let mut quotes =
        memchr::memchr_iter(b'"', &said[closed..said.len().saturating_sub(1)]).map(|at| closed + at);
    let opens = |quote: &usize| {
        let slashes = said[..*quote].iter().rev().take_while(|byte| **byte == b'\\').count();
        let before = said[..quote - slashes].trim_ascii_end();
        // What is passed to a shell may be a record of JSON.
        let apostrophes =
            memchr::memchr_iter(b'\'', before).filter(|at| !matches!(before.get(at + 1), Some(b'{' | b'[')));
        // The end of a module's options is no beginning.
        before.last().is_none_or(|byte| b":=([{,".contains(byte))
            && !said[quote + 1..].starts_with(b";'")
            && apostrophes.count().is_multiple_of(2)
            && !begins_list(before)
    };
    quotes.find(opens).map(|quote| quote + 1)
}

/// Whether the last quote closes what no quote before it has opened: it is the only one, or a literal in a row or the value of a key
/// that is lost stands before it.
fn closes_nothing(said: &[u8]) -> bool {
    let Some((quote, rest)) = said.split_last().filter(|(quote, _)| is_quote(**quote)) else { return false };
    // It may stand there twice.
    let rest = rest.strip_suffix(&[*quote]).unwrap_or(rest);
    // Behind a sign, one opens, unless that is the padding of base64.
    let word = rest.rsplit(|byte| *byte <= b' ').next().unwrap_or_default();
    if matches!(rest, [.., b' ' | b'(' | b'=' | b':'])
        && !(word.ends_with(b"=") && is_drawn_before_padding(word))
    {
        return false;
    }
    let mut quotes = memchr::memchr_iter(*quote, rest);
    let (Some(first), Some(last), None) = (quotes.next(), quotes.next(), quotes.next()) else {
        return memchr::memchr(*quote, rest).is_none()
            && (*quote == b'\'' || !rest.contains(&b' '))
            && !begins_list(rest);
    };
    let text = Text::new(rest, true);
    if first > 0 && skip_all_comments(&text, first + 1) == last && last > first + 1 {
        return !begins_list(&rest[..first]);
    }
    // Of a key that is cut, nobody knows whose value it is.
    let sign = text.skip_blank(first + 1);
    let value = &rest[last + 1..];
    (first == 0 || value.contains(&b' ') && rest[..first].iter().all(|byte| is_name(*byte)))
        && separator(&text, sign) > sign
        && text.skip_blank(separator(&text, sign)) == last
        && (value.contains(&b' ') || !is_chosen(value))
}

fn is_drawn_before_padding(word: &[u8]) -> bool {
    let padding = word.iter().rev().take_while(|byte| **byte == b'=').count();
    let word = &word[..word.len() - padding];
    word.len() > SHORTEST && (!is_chosen(word) || word.iter().any(|byte| b"$%^&*+/!?@#~".contains(byte)))
}

/// Whether a word stands there behind which a list begins.
fn begins_list(said: &[u8]) -> bool {
    let mut words = said.split(|byte| !is_word(*byte));
    words.any(|word| is_any(word, &["WITH", "SET", "OPTIONS", "CREATE", "ALTER", "SELECT", "VALUES"]))
}
