//! Names and values in comments.

use crate::prose::remark::{begins_list, ends_remark, is_remarked};
use crate::secret::issuers::is_token_byte;
use crate::secret::shape::is_drawn_inside;
use crate::sql::keyword::statement_begins;
use crate::sql::lex::{Text, is_blank, is_word};
use crate::statement::recognise::is_any;
use crate::value::header;
use crate::value::values::bare_end;
use crate::wrapping::lines::{behind_mark, line_start};
use lockkeeper_model::MASK;
use std::ops::Range;

/// How many signs of a comment are looked at.
const MOST_SIGNS: usize = 4;
/// How many patterns for files are passed over on the way back to the beginning of a comment.
const MOST_PATTERNS: usize = 8;
/// How far before a position a comment begins that it stands in.
const LONGEST_COMMENT: usize = 1024;
/// How long a value may be.
const LONGEST: usize = 65_536;
/// Words that begin a line of a statement.
const CLAUSES: &[&str] = &["AS", "COMMENT", "FROM", "SELECT", "SET", "USING", "WHERE", "WITH"];
/// Words of a statement that begin its first lines.
const HEAD: &[&str] =
    &["CREATE", "ALTER", "OR", "REPLACE", "TEMPORARY", "SYSTEM", "CONNECTION", "IF", "NOT", "EXISTS"];
/// How long the rest of a comment may be that begins directly behind a word.
const LONGEST_REMARK: usize = 256;

/// Whether a name stands in a comment.
pub(crate) fn is_commented(text: &Text<'_>, floor: usize, name: usize) -> bool {
    let near = floor.max(name.saturating_sub(256));
    let before = text.slice(near..name);
    let start = before.trim_ascii_start();
    // What is looked at may begin inside of a word, such as a URL.
    let inside = near > 0 && start.len() == before.len() && !is_blank(text.at(near - 1));
    let begins = |at: usize| precedes_comment(&before[..at]);
    // Without a blank behind it, it may be a flag.
    let glued = || {
        memchr::memmem::find_iter(before, b"--").any(|at| {
            let word = before[at + 2..].iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
            begins(at) && word > 0 && before.get(at + 2 + word).is_some_and(|byte| b" ,:".contains(byte))
        })
    };
    // Directly behind a word, only if it ends, too. A hint is none.
    let open = memchr::memmem::rfind(before, b"/*").filter(|open| {
        before.get(open + 2) != Some(&b'+') && memchr::memmem::find(&before[*open..], b"*/").is_none()
    });
    let block = || open.is_some() && memchr::memmem::find(text.ahead(name, LONGEST_REMARK), b"*/").is_some();
    (!inside && [&b"#"[..], b"--", b"//"].iter().any(|sign| start.starts_with(sign)))
        || open.is_some_and(begins)
        || block()
        || open_comment(text, name).is_some()
        || before.strip_suffix(b"--").is_some_and(precedes_comment)
        || glued()
        || is_remarked(text, floor, name)
        || [&b"-- "[..], b"--'", b"--\"", b"// "]
            .iter()
            .any(|sign| memchr::memmem::find_iter(before, sign).any(begins))
}

/// Whether a comment may begin behind a text: apart from a word, in a string, behind the mark of a line.
pub(crate) fn precedes_comment(before: &[u8]) -> bool {
    match before {
        [.., b'\\', b'n' | b't'] | [] | [0xef, 0xbb, 0xbf] => true,
        // The mark of a diff is no third dash elsewhere.
        [rest @ .., b'-'] => matches!(rest, [] | [.., b'\n']),
        [.., byte] => b" \t\"'`([+->=:,;)".contains(byte),
    }
}

/// A name without the two dashes before it, if a verb behind it says that they are the sign of a comment and no flag's.
pub(crate) fn without_dashes(text: &Text<'_>, name: Range<usize>) -> Range<usize> {
    let verb = text.skip_space(name.end);
    let end = text.word_end(verb);
    let says = text.has(name.start, b"--")
        && verb > name.end
        && text.at(end) == b' '
        && is_any(text.slice(verb..end), &["IS", "WAS"]);
    if says { name.start + 2..name.end } else { name }
}

/// Whether a name stands in a comment that ends with its line.
pub(crate) fn is_line_commented(text: &Text<'_>, floor: usize, name: usize) -> bool {
    let before = text.slice(floor.max(name.saturating_sub(256))..name);
    let block = memchr::memmem::rfind(before, b"/*");
    block.is_none_or(|open| memchr::memmem::find(&before[open..], b"*/").is_some())
        && is_commented(text, floor, name)
}

/// Whether the sign of a comment with which a line begins stands there because lines are commented out, that of a position
/// before among them. Returns where the line goes on.
pub(crate) fn behind_sign(text: &Text<'_>, from: usize, sign: usize) -> Option<usize> {
    let between = text.slice(from..sign);
    let blank = between.iter().rev().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    let begins_line = between[..between.len() - blank].ends_with(b"\n");
    if !begins_line || !is_commented_out(text, from) {
        return None;
    }
    let own = sign_of_line(text, from).filter(|own| text.has(sign, own))?;
    // Behind two slashes, sentences are more frequent than statements.
    let word = || {
        let start = text.skip_space(behind_dashes(text, text.skip_space(line_start(text, from))));
        is_any(text.slice(start..text.word_end(start)), HEAD)
    };
    (own == b"--" || word()).then(|| behind_dashes(text, sign))
}

/// Whether a comment begins the line of a position, and one like it that of a position before.
pub(crate) fn begins_alike(text: &Text<'_>, first: usize, sign: usize) -> bool {
    let line = line_start(text, sign);
    line > first
        && text.skip_space(line) == sign
        && is_commented_out(text, first)
        && sign_of_line(text, first).is_some_and(|own| text.has(sign, own))
}

/// How many bytes before a position the comment begins that it stands in, if it does; lines before may be gone. A hint is none.
pub(crate) fn open_comment(text: &Text<'_>, at: usize) -> Option<usize> {
    let before = text.slice(at.saturating_sub(LONGEST_COMMENT)..at);
    let length = match last_opening(before) {
        Some(open) => before.len() - open,
        None => at + text.comment_before()?,
    };
    let (line, said) = before.split_at(before.len().saturating_sub(length));
    let line = &line[memchr::memrchr(b'\n', line).map_or(0, |end| end + 1)..];
    // Not inside of a literal.
    let is_open = !said.starts_with(b"/*+")
        && memchr::memchr_iter(b'\'', line).count().is_multiple_of(2)
        && memchr::memmem::find(said, b"*/").is_none();
    (is_open && length <= LONGEST_COMMENT).then_some(length)
}

/// Where the last comment begins in a text, over what only looks like one: a pattern for files, and what a request accepts.
fn last_opening(before: &[u8]) -> Option<usize> {
    let mut end = before.len();
    for _ in 0..MOST_PATTERNS {
        let open = memchr::memmem::rfind(&before[..end], b"/*")?;
        let word = before[..open].rsplit(|byte| is_blank(*byte)).next().unwrap_or_default();
        let pattern = word.ends_with(b"*")
            || memchr::memchr(b'/', word).is_some()
            || matches!(before.get(open + 2), Some(b'.' | b';' | b','));
        if !pattern {
            return Some(open);
        }
        end = open + 1;
    }
    None
}

/// The end of the comment of a broken statement that begins behind `from` and reaches over a position: whatever its lines look
/// like, they begin nothing else. What may be two comments, of which one has lost its end, is none.
pub(crate) fn comment_over(text: &Text<'_>, from: usize, at: usize) -> Option<usize> {
    let near = from.max(at.saturating_sub(LONGEST_COMMENT));
    let before = text.slice(near..at);
    let open = memchr::memmem::rfind(before, b"/*").filter(|open| {
        near + open == from
            || is_blank(text.at(near + open - 1))
            || b"'\"`(,)".contains(&text.at(near + open - 1))
    })?;
    if memchr::memmem::find(&before[open..], b"*/").is_some() {
        return None;
    }
    let (end, closed) = text.comment(near + open)?;
    let next = text.at(end);
    // It may end before, with a sign in which a blank stands.
    (closed
        && end > at
        && (is_blank(next) || b"\0'\"`(,);=".contains(&next))
        && memchr::memmem::find(text.slice(near + open + 2..end), b"/*").is_none())
    .then_some(end)
}

/// Whether the line of a position is commented out, by two slashes only if nothing else stands before the position, or a statement
/// ends there: behind those, sentences are more frequent than statements.
pub(crate) fn begins_commented(text: &Text<'_>, at: usize) -> bool {
    let start = text.skip_space(line_start(text, at));
    let before = text.slice(start..at).trim_ascii_end();
    text.has(start, b"--") && text.comment(start).is_some()
        || text.has(start, b"//") && (before.iter().all(|byte| *byte == b'/') || before.ends_with(b";"))
}

/// Whether the line of a position is commented out.
pub(crate) fn is_commented_out(text: &Text<'_>, at: usize) -> bool {
    sign_of_line(text, at).is_some_and(|sign| text.skip_space(line_start(text, at)) + sign.len() <= at)
}

/// The sign that comments out the line of a position, if the line begins with one.
pub(crate) fn sign_of_line(text: &Text<'_>, at: usize) -> Option<&'static [u8]> {
    let start = text.skip_space(line_start(text, at));
    let sign = [&b"--"[..], b"//"].into_iter().find(|sign| text.has(start, sign))?;
    text.comment(start).map(|_| sign)
}

/// Where a line goes on behind the sign that comments it out.
pub(crate) fn behind_dashes(text: &Text<'_>, sign: usize) -> usize {
    let mut end = sign;
    while text.at(end) == text.at(sign) && end < text.len() {
        end += 1;
    }
    end
}

/// Where the line behind a line break goes on if it is commented out as the line of a position is.
pub(crate) fn next_commented(text: &Text<'_>, start: usize, line_break: usize) -> Option<usize> {
    let sign = text.skip_space(line_break + 1);
    let own = sign_of_line(text, start).filter(|own| text.has(sign, own) && begins_commented(text, start));
    own.map(|_| behind_dashes(text, sign))
}

/// Where the value begins in the comment behind a sign, if a line break was lost there.
pub(crate) fn value_in_comment(text: &Text<'_>, sign: usize, end: usize) -> Option<usize> {
    let comment = sign + memchr::memmem::find(text.slice(sign..end), b"--")?;
    let open = comment + memchr::memchr(b'\'', text.slice(comment..end))?;
    ends_entry(text, open, end).then_some(open)
}

/// The sign before a value in the comment behind the name that ends at `quote`, if a line break was lost there.
pub(crate) fn sign_in_comment(text: &Text<'_>, quote: usize) -> Option<usize> {
    let start = text.skip_space(quote);
    let (end, _) = text.comment(start).filter(|_| text.at(start + 1) != b'*')?;
    let mut signs =
        memchr::memchr_iter(b'=', text.slice(start..end)).take(MOST_SIGNS).map(|sign| start + sign);
    signs.find(|sign| ends_entry(text, text.skip_space(sign + 1), end))
}

/// Whether the literal that begins here, before `end`, is the last of an entry.
fn ends_entry(text: &Text<'_>, open: usize, end: usize) -> bool {
    let literal = text.literal(open).filter(|literal| literal.closed && literal.end <= end);
    text.at(open) == b'\''
        && literal.is_some_and(|literal| matches!(text.at(text.skip_space(literal.end)), b',' | b')' | b';'))
}

/// The end of a value in a comment: that of the word, whatever quotes and signs stand in it.
pub(crate) fn commented_end(text: &Text<'_>, start: usize) -> usize {
    let mut at = start;
    if text.has(at, MASK.as_bytes()) {
        return at + MASK.len();
    }
    while text.at(at) > b' ' && !text.has(at, b"*/") && at - start < LONGEST {
        if ends_string_of_json(text, start, at) {
            return at;
        }
        // As rsyslog and the logs of actions have it.
        let line = [&b"%0A"[..], b"#012"].into_iter().find(|line| text.has(at, line));
        if line.is_some_and(|line| statement_begins(text, behind_breaks(text, at, line))) {
            return at;
        }
        // In a string, a line may end here; and so may what COMMENT says, before its list.
        let listed = || text.at(at) == b'\'' && (begins_list(text, at + 1) || ends_column(text, start, at));
        let goes_on = text.has(at, b"\\n\\\n");
        if text.at(at) == b'\\' && (goes_on || begins_in_string(text, at)) || listed() {
            return at;
        }
        at += 1;
    }
    if at > start && text.has(at, b"*/") {
        return at;
    }
    // The rest of it may stand on the next line.
    if text.at(at) == b'\n' {
        let next = text.skip_blank(at);
        let end = next + text.slice(next..next + 256).iter().take_while(|byte| **byte > b' ').count();
        if end > next && text.has(text.skip_space(end), b"*/") && !text.has(next, b"*/") {
            at = end;
        } else if let Some(rest) = drawn_below(text, at) {
            at = rest.end;
        }
    }
    let word = text.slice(start..at);
    // The end of what the comment stands in.
    let last = word.iter().rposition(|byte| !b"\"'`,.;)}]".contains(byte)).map_or(0, |last| last + 1);
    bare_end(text, start).max(start + last)
}

/// Whether a quote ends the text behind the COMMENT of a column, before the next.
fn ends_column(text: &Text<'_>, start: usize, quote: usize) -> bool {
    let name = text.at(quote + 2);
    text.at(quote + 1) == b',' && (name == b'`' || name.is_ascii_alphabetic()) && is_remarked(text, 0, start)
}

/// Behind line breaks in a row, as such a log has them.
fn behind_breaks(text: &Text<'_>, start: usize, line: &[u8]) -> usize {
    let mut at = start;
    while text.has(at, line) && at < start + LONGEST_REMARK {
        at += line.len();
    }
    at
}

/// The word with which the line behind a line break begins, behind a mark, if it looks drawn and nothing follows that it could belong
/// to: a line break stands in a comment by mistake, or because lines have a width.
pub(crate) fn drawn_below(text: &Text<'_>, line_break: usize) -> Option<Range<usize>> {
    let line = line_break + 1;
    let marked = usize::from(b"+-".contains(&text.at(line)));
    let start = text.skip_space(behind_mark(text, line).max(line + marked));
    let word = text.ahead(start, LONGEST_REMARK).iter().take_while(|byte| **byte > b' ').count();
    let rest = start..start + word;
    let next = text.skip_space(rest.end);
    let alone = matches!(text.at(next), 0 | b'\r' | b'\n');
    // Names of columns have a comma behind them, and calls a bracket.
    let plain = text.slice(rest.clone()).iter().all(|byte| is_token_byte(*byte));
    (plain && (alone || text.at(next) == b'(') && is_drawn_inside(text.slice(rest.clone()))).then_some(rest)
}

/// Whether the string of JSON ends at a position that a comment before it stands in.
pub(crate) fn ends_string_of_json(text: &Text<'_>, start: usize, at: usize) -> bool {
    let goes_on = || {
        matches!(
            (text.at(at + 1), text.at(at + 2)),
            (b',', b'"' | b' ') | (b'}' | b']', b',' | b'}' | b']' | b'\r' | b'\n' | 0)
        )
    };
    let is_inside = || {
        let before = text.slice(line_start(text, start)..start);
        let quotes = memchr::memchr_iter(b'"', before).filter(|quote| !before[..*quote].ends_with(b"\\"));
        quotes.count() % 2 == 1
    };
    text.at(at) == b'"' && goes_on() && is_inside()
}

/// Whether a statement begins behind the escape of a line break, or something of one.
fn begins_in_string(text: &Text<'_>, at: usize) -> bool {
    let line = at + text.slashes(at);
    let mut start = text.skip_space(line + 1);
    // Empty lines.
    while start < line + LONGEST_REMARK
        && text.slashes(start) > 0
        && b"nrt".contains(&text.at(start + text.slashes(start)))
    {
        start = text.skip_space(start + text.slashes(start) + 1);
    }
    let end = text.word_end(start);
    text.at(line) == b'n'
        && (b"'`\"(),;".contains(&text.at(start + text.slashes(start)))
            || text.comment(start).is_some()
            || is_any(text.slice(start..end), CLAUSES)
            || statement_begins(text, start)
            || (is_any(text.slice(start..end), &["CREATE", "ALTER"]) && matches!(text.at(end), b'\\' | b' ')))
}

/// Whether the escape of a line break stands here, and no word directly behind it.
fn ends_line(text: &Text<'_>, at: usize) -> bool {
    let line = at + text.slashes(at);
    text.at(line) == b'n' && !is_word(text.at(line + 1))
}

/// The end of a header's value in a comment.
pub(crate) fn commented_header_end(text: &Text<'_>, start: usize) -> usize {
    let end = header::line_end(text, start);
    let end = (start..end).find(|at| ends_string_of_json(text, start, *at)).unwrap_or(end);
    let said = text.slice(start..end);
    let statement = header::before_statement(said);
    match memchr::memmem::find(said, b"*/").into_iter().chain(statement).min() {
        Some(length) => start + said[..length].trim_ascii_end().len(),
        // In a string, the line ends here.
        None if text.at(end) == b'\\' && ends_line(text, end) => end,
        // Nor does a literal go on behind its end.
        None if text.at(end) == b'\'' && ends_remark(text, end + 1) => end,
        None => commented_end(text, end),
    }
}
