//! Where a string goes on that ends at a quote: in the next one of a row, a list or a call, or in the next record of a log.

use crate::sql::keyword::starts_statement;
use crate::sql::lex::{Text, bracket_end, is_word};
use crate::statement::opened::BEHIND_NAME;
use crate::statement::recognise::is_any;
use crate::wrapping::lines::{LONGEST_LINE, behind_alike, line_start, repeated_prefix};
use std::ops::Range;

/// How much stands between two strings of a line that are put together.
const LONGEST_JOINT: usize = 64;
/// What stands for a line break in Visual Basic.
const LINE_BREAKS: &[&str] = &["vbCrLf", "vbNewLine", "vbLf", "_"];
/// How long the rest of a record is behind a part of a text.
const LONGEST_RECORD: usize = 128;

/// Where a string goes on that ends at a quote, on its line or the next.
pub(crate) fn next_part(text: &Text<'_>, quote: usize) -> Option<usize> {
    joint(text, quote).or_else(|| next_string(text, quote))
}

/// Where a string goes on that ends at a quote: behind the sign that joins it with the next, and the quote of that.
pub(crate) fn joint(text: &Text<'_>, quote: usize) -> Option<usize> {
    if !matches!(text.at(quote), b'"' | b'\'') {
        return None;
    }
    let sign = text.skip_blank(quote + 1);
    let joined = matches!(text.at(sign), b'+' | b'.' | b'&');
    let mut next = if joined { behind_same_mark(text, quote, sign + 1) } else { sign };
    // A line break by itself.
    if joined && text.has(next, b"\"\\n\"") {
        next = text.skip_blank(next + 4);
        if !matches!(text.at(next), b'+' | b'.' | b'&') {
            return None;
        }
        next = text.skip_blank(next + 1);
    }
    let same = text.at(next) == text.at(quote);
    // Without a sign between them only on another line, and not in SQL, where two literals are one.
    let apart = text.at(quote) == b'"' && text.slice(quote + 1..next).contains(&b'\n');
    (same && (joined || apart)).then_some(next + 1)
}

/// Where a string goes on in a string that ends at an escaped quote: behind the sign that joins it with the next, and the quote of that.
pub(crate) fn escaped_joint(text: &Text<'_>, at: usize) -> Option<usize> {
    let slashes = text.slashes(at);
    let quote = at + slashes;
    if slashes == 0 || text.at(quote) != b'"' {
        return None;
    }
    let sign = skip_escaped_blank(text, quote + 1);
    let next = skip_escaped_blank(text, sign + 1);
    let joined = text.at(sign) == b'+' && next > sign + 1 && text.slashes(next) == slashes;
    (joined && text.at(next + slashes) == b'"').then_some(next + slashes + 1)
}

/// Skips white space, and that of a string.
fn skip_escaped_blank(text: &Text<'_>, from: usize) -> usize {
    let mut at = text.skip_blank(from);
    while at < from + LONGEST_JOINT && text.at(at) == b'\\' {
        let sign = at + text.slashes(at);
        if !b"nrt".contains(&text.at(sign)) {
            break;
        }
        at = text.skip_blank(sign + 1);
    }
    at
}

/// Whether the string that a text ends in is one of Rust or C++ that holds quotes as they are: `r#"…"#`, `R"(…)"`.
pub(crate) fn is_raw(before: &[u8]) -> bool {
    let Some(mark) = memchr::memrchr(b'"', before) else { return false };
    let marks = before[..mark].iter().rev().take_while(|byte| **byte == b'#').count();
    match before[..mark - marks].last() {
        Some(b'r') => marks > 0,
        Some(b'R') => marks == 0 && before.get(mark + 1) == Some(&b'('),
        _ => false,
    }
}

/// Skips white space, and the mark of the next line if the line of `quote` begins with it, too.
fn behind_same_mark(text: &Text<'_>, quote: usize, from: usize) -> usize {
    let next = text.skip_blank(from);
    let own = text.at(line_start(text, quote));
    let diff = || b"+- ".contains(&own) && b"+-".contains(&text.at(next));
    let marks = matches!(text.at(next), b'>' | b'<' | b'|' | b'+' | b'-')
        && text.at(next - 1) == b'\n'
        && (own == text.at(next) || diff());
    if marks {
        return text.skip_space(next + 1);
    }
    if text.at(next) == text.at(quote) {
        return next;
    }
    behind_prefix(text, quote, from..next).unwrap_or(next)
}

/// Where the string of the next line begins behind what stands before that and before the line of `quote` alike.
fn behind_prefix(text: &Text<'_>, quote: usize, blank: Range<usize>) -> Option<usize> {
    let line = blank.start + memchr::memrchr(b'\n', text.slice(blank))? + 1;
    // The literals of a list end so, too.
    if text.at(quote) == b'\'' && !b"+.&".contains(&text.at(text.skip_space(quote + 1))) {
        return None;
    }
    let end = behind_alike(text, quote, line)?;
    let string = memchr::memchr2(b'"', b'\'', text.slice(line..end)).map_or(end, |open| line + open);
    Some(text.skip_space(string))
}

/// Where a string goes on in the next line that ends at a quote: behind what stands before the strings of a list, or of
/// calls that put a text together.
fn next_string(text: &Text<'_>, quote: usize) -> Option<usize> {
    let kind = text.at(quote);
    if !matches!(kind, b'"' | b'\'') {
        return None;
    }
    let mut at = quote + 1;
    while matches!(text.at(at), b' ' | b'\t' | b'\r' | b',' | b';' | b')' | b']' | b'+' | b'&' | b'.')
        && at - quote < 8
    {
        at += 1;
    }
    // A shell writes what ends there to a file.
    if text.at(at) == b'>' {
        at = text.skip_space(at + text.ahead(at, 2).iter().take_while(|byte| **byte == b'>').count());
        at += text.ahead(at, LONGEST_JOINT).iter().take_while(|byte| **byte > b' ').count();
        at = text.skip_space(at);
    }
    // In Visual Basic, line breaks are joined, too, and a line that goes on says so.
    while is_any(text.slice(at..text.word_end(at)), LINE_BREAKS) {
        let sign = text.skip_space(text.word_end(at));
        at = if text.at(sign) == b'&' { text.skip_space(sign + 1) } else { sign };
    }
    // On the same line only if what ends there is no end of a statement.
    let before = text.slice(quote.saturating_sub(8)..quote);
    let ended = before.trim_ascii_end().ends_with(b")") || before.ends_with(b";");
    let near = if kind == b'"' && !ended { joined_near(text, quote) } else { None };
    if text.at(at) != b'\n' && near.is_none() {
        return None;
    }
    let start = near.unwrap_or_else(|| behind_same_mark(text, quote, at));
    // The sign of an entry whose name ends there.
    if text.at(start) == b'=' {
        return None;
    }
    let length = text
        .ahead(start, 64)
        .iter()
        .take_while(|byte| is_word(**byte) || b".$()[]=+& ".contains(byte))
        .count();
    let open = start + length;
    if is_other_string(text.slice(start..open))
        || text.at(open) != kind
        || starts_statement(text.slice(open + 1..open + 161))
    {
        return None;
    }
    // A key of an object has a sign behind it.
    let end = text.find_either([b'\n'; 2], open, LONGEST_LINE);
    let line = text.slice(open + 1..end.unwrap_or(open + LONGEST_LINE));
    let Some(close) = string_end(line, kind) else {
        // The text may be cut there.
        let behind = end.map_or(open + 1 + line.len(), |end| end + 1);
        let last = text.at(behind) == 0 && behind >= text.len();
        return (kind == b'"' && last).then_some(open + 1);
    };
    let behind = line[close + 1..].trim_ascii_start().first();
    behind.is_none_or(|byte| b",;)]+&.}|<>\"".contains(byte)).then_some(open + 1)
}

/// Whether what stands before a string shows that it is another one: it is the value of a variable, or behind several words.
fn is_other_string(before: &[u8]) -> bool {
    match before.trim_ascii_end() {
        [.., b'+' | b'.' | b'&', b'='] => false,
        [.., b'='] => true,
        // As in `echo "…"`.
        words @ [.., last] => is_word(*last) && !words.iter().all(|byte| is_word(*byte)),
        [] => false,
    }
}

/// Where the next string begins on the line of one that ends at a quote: in a list, behind a sign that joins the two, or as
/// what is given to the next call.
fn joined_near(text: &Text<'_>, quote: usize) -> Option<usize> {
    let ahead = text.ahead(quote + 1, LONGEST_JOINT);
    let length = memchr::memchr2(b'"', b'\n', ahead).filter(|end| ahead[*end] == b'"')?;
    let between = ahead[..length].trim_ascii();
    let is_sign = |byte: &u8| b", |+<>&.".contains(byte);
    let is_call = |call: &[u8]| call.iter().all(|byte| is_word(*byte) || b".;() ,_!:$<>+=-".contains(byte));
    let calls = between.starts_with(b")") && between.ends_with(b"(") && is_call(between);
    (calls || between.iter().all(is_sign)).then_some(quote + 1 + length)
}

/// Where a string goes on that ends at a quote, behind an expression that is put into it: `" + name + "`.
pub(crate) fn behind_expression(text: &Text<'_>, quote: usize) -> Option<usize> {
    let sign = text.skip_space(quote + 1);
    let join = text.at(sign);
    let signs = text.ahead(sign, 2).iter().take_while(|byte| **byte == join).count();
    if !b"+.&|".contains(&join) {
        return None;
    }
    let start = text.skip_space(sign + signs);
    let ahead = text.ahead(start, LONGEST_JOINT);
    let ahead = &ahead[..memchr::memchr(b'\n', ahead).unwrap_or(ahead.len())];
    let length = match ahead.first() {
        Some(b'(') => bracket_end(ahead, *b"()")?,
        _ => ahead.iter().take_while(|byte| is_word(**byte) || b"$.[]()>-:".contains(byte)).count(),
    };
    let sign = text.skip_space(start + length);
    let next = text.skip_space(sign + signs);
    let joined = text.ahead(sign, signs).iter().all(|byte| *byte == join);
    // A message about a statement goes on with other words.
    let word = text.skip_space(next + 1);
    let word = word + text.ahead(word, 2).iter().take_while(|byte| b"\\\"`".contains(byte)).count();
    let word = text.skip_space(word);
    let lists = text.at(word) == b'(' || is_any(text.slice(word..text.word_end(word)), BEHIND_NAME);
    (length > 0 && joined && lists && text.at(next) == text.at(quote)).then_some(next + 1)
}

/// Where the string ends in which a line begins; a quote may be escaped, or written twice.
fn string_end(line: &[u8], quote: u8) -> Option<usize> {
    let mut at = 0;
    loop {
        at += memchr::memchr(quote, line.get(at..)?)?;
        if at > 0 && line[at - 1] == b'\\' {
            at += 1;
        } else if quote == b'"' && line.get(at + 1) == Some(&quote) {
            at += 2;
        } else {
            return Some(at);
        }
    }
}

/// Where a text goes on in the next record whose part in this one ends at a quotation mark: a log of JSON objects has one
/// for every line.
pub(crate) fn next_record(text: &Text<'_>, start: usize, quote: usize) -> Option<usize> {
    if text.at(quote) != b'"' || !matches!(text.at(text.skip_space(quote + 1)), b',' | b'}') {
        return None;
    }
    if let Some(next) = next_element(text, start, quote) {
        return Some(next);
    }
    let end = text.find_either([b'\n'; 2], quote, LONGEST_LINE)?;
    let rest = text.slice(quote + 1..end).trim_ascii();
    let field = rest.strip_prefix(b",").map(<[u8]>::trim_ascii_start);
    let closes = field.is_some_and(|field| field.starts_with(b"\"")) || rest == b"}";
    if !closes || !rest.ends_with(b"}") || text.at(text.skip_space(end + 1)) != b'{' {
        return None;
    }
    repeated_prefix(text, start, end + 1).filter(|next| is_in_value(text.slice(end + 1..*next)))
}

/// The same in an array on one line.
fn next_element(text: &Text<'_>, start: usize, quote: usize) -> Option<usize> {
    let before = text.slice(start.saturating_sub(LONGEST_JOINT)..start);
    let record = &before[memchr::memrchr(b'{', before)?..];
    let ahead = text.ahead(quote + 1, 2 * LONGEST_RECORD);
    let ahead = &ahead[..memchr::memchr(b'\n', ahead).unwrap_or(ahead.len())];
    let next = memchr::memmem::find(ahead, record).filter(|_| is_in_value(record))?;
    let ends = ahead[..next]
        .trim_ascii_end()
        .strip_suffix(b",")
        .is_some_and(|end| end.trim_ascii_end().ends_with(b"}"));
    ends.then_some(quote + 1 + next + record.len())
}

/// Whether the beginning of a record ends in the string of a value.
fn is_in_value(record: &[u8]) -> bool {
    memchr::memrchr(b'"', record).is_some_and(|quote| record[..quote].trim_ascii_end().ends_with(b":"))
}
