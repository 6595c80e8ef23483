//! Where values end that no grammar delimits, and which of them hide nothing.

use crate::secret::lone::behind_break;
use crate::secret::names::{Folded, Secrecy};
use crate::sql::keyword::{starts_statement, statement_begins};
use crate::sql::lex::{Text, is_blank, is_name, is_word, quote_length};
use crate::sql::literal::Kind;
use crate::sql::prefix::{code_point, known};
use crate::statement::around::spelt_blank;
use crate::statement::enclosed::closes_both;
use crate::statement::resync::{begins_other, is_end_of_text};
use crate::value::enclosed::enclosed_end;
use crate::value::misquoted::{document_end, doubled_end};
use crate::value::rows::{begins_entry, is_assigned, next_in_row};
use crate::wrapping::lines::repeated_prefix;
use crate::wrapping::shell::{any_shell_quote, shell_quote};
use lockkeeper_model::MASK;
use std::ops::Range;

/// How long a part of a value in a connection string may be.
const LONGEST_LISTED: usize = 65_536;
/// How many lines one may have between the quotes of a word processor.
const LINES: usize = 16;
/// How long a value may be whose first quote was lost.
const LONGEST_UNOPENED: usize = 1024;
/// How far into a word quotes are a part of it.
const LONGEST_QUOTED: usize = 128;

pub(crate) fn opens(text: &Text<'_>, start: usize) -> bool {
    opening(text, start).is_some()
}

/// How a quoted value begins: the number of backslashes, and where its content starts.
pub(crate) fn opening(text: &Text<'_>, start: usize) -> Option<usize> {
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
pub(crate) fn quoted_value(
    text: &Text<'_>,
    start: usize,
    open: usize,
    colon: bool,
) -> (Range<usize>, Range<usize>) {
    let quote = text.at(open - 1);
    if let Some(end) = document_end(text, open) {
        return (start..end, open..end - usize::from(text.at(end - 1) == quote));
    }
    if let Some(end) = doubled_end(text, start, open) {
        return (open + 1..end - 2, open + 1..end - 2);
    }
    if let Some(within) = any_shell_quote(text, start)
        && let Some(length) =
            memchr::memmem::find(text.ahead(within, LONGEST_UNOPENED), text.slice(start..within))
    {
        let content = within..within + length;
        return (start..content.end + (within - start), content);
    }
    let slashes = if text.at(start) == b'\\' { open - 1 - start } else { 0 };
    if slashes == 0
        && quote == b'$'
        && let Some(literal) = text.literal(start)
    {
        return (start..literal.end, literal.content);
    }
    // The one prefix behind which a backslash is something special in SQL.
    let escapes = open == start + 2 && matches!(text.at(start), b'e' | b'E');
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
            let other = begins_other(text, found + 1)
                && repeated_prefix(text, start, found + 1).is_none()
                && !is_doubled_across(text, start, found);
            if other || found - start > 65_536 || (quote == b'`' && !closes_entry(text, found)) {
                let end = if text.at(found - 1) == b'\r' { found - 1 } else { found };
                return (start..end, open..end);
            }
            at = found + 1;
            continue;
        }
        let before = text.slice(open..found).iter().rev().take_while(|byte| **byte == b'\\').count();
        let escaped = match slashes {
            0 => (quote == b'"' || colon || escapes) && before % 2 == 1,
            _ => before != slashes,
        };
        if escaped {
            // In a list of SQL with colons for its signs, the two are one.
            at = found + 1 + usize::from(colon && quote == b'\'' && text.at(found + 1) == quote);
            continue;
        }
        let end = found + 1;
        // A quote that is written twice is one in the value.
        let twice = match slashes {
            0 => text.at(end) == quote,
            _ => {
                quote == b'\''
                    && opening(text, end) == Some(end + slashes + 1)
                    && text.at(end + slashes) == quote
            }
        };
        if twice {
            if slashes == 0 && quote == b'\'' && closes_both(text, start, found) {
                return (start..end, open..found);
            }
            at = end + slashes + 1;
            continue;
        }
        // The first entry of a statement behind it: the quote at its end was lost.
        if slashes == 0
            && quote == b'\''
            && is_word(text.at(end))
            && begins_entry(text, found)
            && let Some(statement) = statement_in(text.slice(open..found))
        {
            let last = open + text.slice(open..open + statement).trim_ascii_end().len();
            return (start..last, open..last);
        }
        if is_word(text.at(end)) && !statement_begins(text, end) {
            // Something follows that no value is followed by: the quote was part of it.
            at = end;
            continue;
        }
        if slashes == 0 {
            // A shell has no escapes in quotes: they are closed for one.
            if quote == b'\''
                && let Some(next) = shell_quote(text, found)
            {
                at = next;
                continue;
            }
            if quote == b'\'' && text.has(end, b"\"'\"'") {
                at = end + 4;
                continue;
            }
            // Literals in a row are one, unless the second is the next key; also with a sign between them.
            let next = next_in_row(text, end);
            if text.at(next) == quote
                && let Some(more) = text.literal(next).filter(|more| more.closed)
                && !is_assigned(text, more.end)
                && !is_end_of_text(text.slice(next..text.line_end(next)))
                && next > end
            {
                at = more.end - 1;
                continue;
            }
        }
        return (start..end, open..found - slashes.min(before));
    }
}

/// Where a CONNECTION statement begins in a literal, if its list begins at the end.
fn statement_in(content: &[u8]) -> Option<usize> {
    let head = content.trim_ascii_end().strip_suffix(b"(")?;
    let begins = |at: &usize| (*at == 0 || !is_name(head[at - 1])) && starts_statement(&head[*at..]);
    (0..head.len()).rev().find(begins)
}

/// Whether a backtick stands on one of the next lines before what ends an entry, and no other quote before it.
fn closes_entry(text: &Text<'_>, line: usize) -> bool {
    let next = text.ahead(line + 1, LONGEST_UNOPENED);
    memchr::memchr2(b'`', b'\'', next).is_some_and(|end| {
        next[end] == b'`' && matches!(text.at(text.skip_blank(line + 1 + end + 1)), b',' | b')' | b';')
    })
}

/// Whether a name stands behind the semicolon of a connection string.
pub(crate) fn is_listed(text: &Text<'_>, floor: usize, name: usize) -> bool {
    text.slice(floor.max(name.saturating_sub(64))..name).trim_ascii_end().ends_with(b";")
}

/// The end of a value in a connection string, in which all but a semicolon may stand.
pub(crate) fn listed_end(text: &Text<'_>, start: usize) -> usize {
    let bare = bare_end(text, start);
    let mut at = start;
    while let Some(found) = text.find_either([b';', b'\n'], at, LONGEST_LISTED) {
        if text.at(found) == b'\n' {
            break;
        }
        // The value that it stands in may end before.
        if ends_entry(text, bare, found) {
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
    // A line break was put into it.
    behind_break(text, bare, b'\'').or_else(|| behind_break(text, bare, b';')).unwrap_or(bare)
}

/// Whether a literal ends at `quote`, and an entry begins behind it before `limit`.
fn ends_entry(text: &Text<'_>, quote: usize, limit: usize) -> bool {
    let comma = text.skip_space(quote + 1);
    quote < limit
        && text.at(quote) == b'\''
        && text.at(comma) == b','
        && begins_entry(text, text.skip_blank(comma + 1))
}

/// Whether a name without quotes, at the beginning of a line, is that of a property: only its value follows.
pub(crate) fn is_property(text: &Text<'_>, name: &Range<usize>, sign: Range<usize>) -> bool {
    let begins = name.start == 0 || text.at(name.start - 1) == b'\n';
    begins
        && text.at(name.start) != b'-'
        && (text.slice(name.clone()).contains(&b'.') || is_blank(text.at(sign.end - 1)))
}

/// The end of a property's value: that of the line, unless another pair stands on it.
pub(crate) fn property_end(text: &Text<'_>, start: usize) -> usize {
    let end = text.line_end(start).min(start + LONGEST_LISTED);
    let line = text.slice(start..end);
    // Another statement may begin on the line.
    let begins = |at: &usize| starts_statement(line[at + 1..].trim_ascii_start());
    let line = &line[..memchr::memchr_iter(b';', line).find(begins).unwrap_or(line.len())].trim_ascii_end();
    let is_pair = |word: &[u8]| {
        let name = word.iter().take_while(|byte| is_name(**byte)).count();
        name > 0 && matches!(word.get(name), Some(b'=' | b':'))
    };
    match line.split(|byte| *byte == b' ').skip(1).any(is_pair) {
        true => bare_end(text, start),
        false => bare_end(text, start).max(start + line.len()),
    }
}

/// The end of a value without quotes, or with those of a word processor.
pub(crate) fn bare_end(text: &Text<'_>, start: usize) -> usize {
    if let Some(end) = enclosed_end(text, start) {
        return end;
    }
    let mut at = behind_variable(text, start).unwrap_or(start);
    let prefix = known(text, start);
    if quote_length(text, start + prefix) > 1 {
        at += prefix + quote_length(text, start + prefix);
        while !matches!(text.at(at), 0) && at - start < LONGEST_LISTED {
            at += match quote_length(text, at) {
                0 if text.at(at) == b'\n' && !closes_typographic(text, at) => break,
                0 => 1,
                // A quote that is written twice is one in the value.
                1 if text.at(at) == b'\'' && text.at(at + 1) == b'\'' => 2,
                _ => break,
            };
        }
    }
    loop {
        let byte = text.at(at);
        match byte {
            b'<' if text.has(at, MASK.as_bytes()) => at += MASK.len(),
            b'\''
                if at > start
                    && text.at(at + 1) == b'\''
                    && text.at(at - 1).is_ascii_alphanumeric()
                    && text.at(at + 2).is_ascii_alphanumeric() =>
            {
                at += 2;
            }
            // A quote inside of a word.
            b'"' | b'\'' | b'`'
                if (1..LONGEST_QUOTED).contains(&(at - start))
                    && text.at(at - 1).is_ascii_alphanumeric()
                    && text.at(at + 1).is_ascii_alphanumeric() =>
            {
                at += 1;
            }
            0..=b' ' | b'"' | b'\'' | b'`' | b'<' | b'>' => break,
            b'\\' if matches!(text.at(at + 1), b'"' | b'n' | b'r' | b't') => break,
            // A shell has it in a word.
            b'\\' if text.at(at + 1) == b' ' && text.at(at + 2).is_ascii_alphanumeric() && at > start => {
                at += 2
            }
            b',' | b';' | b'&' | b')' | b']' | b'}' | b'|' if ends_value(text, at + 1) => break,
            b';' if statement_begins(text, at + 1) => break,
            _ => at += 1,
        }
        if at - start > 65_536 {
            break;
        }
    }
    at
}

/// The end of a variable with its brackets, `${NAME}`, that stands here.
fn behind_variable(text: &Text<'_>, at: usize) -> Option<usize> {
    if text.at(at) != b'$' || text.at(at + 1) != b'{' {
        return None;
    }
    let name = text.ahead(at + 2, LONGEST_QUOTED).iter().take_while(|byte| is_name(**byte)).count();
    (text.at(at + 2 + name) == b'}').then_some(at + 2 + name + 1)
}

/// Whether the quote of a word processor stands on the next line before any other, and a value may end there; words that stand alone
/// on their lines may come before.
fn closes_typographic(text: &Text<'_>, line_end: usize) -> bool {
    let mut line_end = line_end;
    for _ in 0..LINES {
        let next = line_end + 1;
        let word = (next..next + LONGEST_QUOTED)
            .take_while(|at| text.at(*at) > b' ' && text.at(*at) != b'=' && quote_length(text, *at) == 0)
            .count();
        if word == 0 || text.at(next + word) != b'\n' {
            break;
        }
        line_end = next + word;
    }
    if begins_other(text, line_end + 1) {
        return false;
    }
    let line = line_end + 1..line_end + 1 + LONGEST_QUOTED;
    let end = line.clone().find(|at| quote_length(text, *at) > 0 || matches!(text.at(*at), b'\n' | b'=' | 0));
    end.is_some_and(|end| {
        let behind = text.skip_blank(end + quote_length(text, end));
        quote_length(text, end) > 1 && matches!(text.at(behind), b',' | b')' | b';' | 0)
    })
}

/// Whether a sign that could be part of a value ends it: nothing, or another pair, follows.
fn ends_value(text: &Text<'_>, from: usize) -> bool {
    let mut at = from;
    while matches!(text.at(at), b',' | b';' | b')' | b']' | b'}') {
        at += 1;
    }
    if is_blank(text.at(at))
        || text.at(at) == b'&' && spelt_blank(text, at).is_some()
        || matches!(text.at(at), 0 | b'"' | b'\'' | b'{' | b'[')
        || text.at(at) == b'\\' && code_point(text, at).is_none()
    {
        return true;
    }
    let name = at;
    while is_name(text.at(at)) && at - name < 64 {
        at += 1;
    }
    at > name && matches!(text.at(at), b'=' | b':')
}

/// The end of a value whose first quote was lost, if it was: its last stands on the line, before what ends an entry, and no
/// other before it. `bare` is where it would end without quotes.
pub(crate) fn unopened_end(text: &Text<'_>, start: usize, bare: usize) -> Option<usize> {
    if matches!(text.at(bare), b',' | b')' | b';' | b'\n' | 0) {
        return None;
    }
    let end = text.find_either([b'\n'; 2], start, LONGEST_UNOPENED).unwrap_or(start + LONGEST_UNOPENED);
    let line = text.slice(start..end);
    let mut at = bare - start;
    loop {
        at += memchr::memchr(b'\'', line.get(at..)?)?;
        if line.get(at + 1) != Some(&b'\'') {
            break;
        }
        at += 2;
    }
    let behind = line[at + 1..].trim_ascii_start();
    let ends = behind.first().is_none_or(|byte| b",;)".contains(byte));
    (ends && !line[..at].contains(&b'=')).then_some(start + at)
}

/// Whether a literal that has a quote twice before a line break ends as it should behind it.
pub(crate) fn is_doubled_across(text: &Text<'_>, start: usize, line: usize) -> bool {
    text.at(start) == b'\''
        && memchr::memmem::find(text.slice(start + 1..line), b"''").is_some()
        && text.literal(start).is_some_and(|literal| {
            let behind = text.skip_blank(literal.end);
            literal.closed && literal.end > line && matches!(text.at(behind), 0 | b',' | b')' | b';')
        })
}

/// Whether a name and its value are a host and its port.
pub(crate) fn is_port(text: &Text<'_>, name: &Range<usize>, value: &[u8]) -> bool {
    let host = text.slice(name.clone());
    let last = host.rsplit(|byte| *byte == b'.').next().unwrap_or(host);
    let digits = value.iter().take_while(|byte| byte.is_ascii_digit()).count();
    last.len() < host.len()
        && Folded::of(last).secrecy() == Secrecy::None
        && (1..=5).contains(&digits)
        && value.get(digits).is_none_or(|byte| !byte.is_ascii_alphanumeric())
}
