//! What stands behind a value and belongs to it: more literals in a row, the rest of a literal whose quotes are lost.

use crate::secret::shape::{is_chosen, is_drawn, is_odd_word};
use crate::sql::lex::{Text, is_blank, is_name, is_word, quote_length, separator};
use crate::sql::lookalike;
use crate::statement::around::spelt_blank;
use crate::statement::comments::skip_comments;
use crate::statement::ending::opens;
use crate::statement::follows::skip_gap;
use crate::statement::resync::begins_other;
use crate::value::values::bare_end;
use crate::wrapping::colour;
use crate::wrapping::lines::{behind_mark, empty_line, line_start, repeated_prefix};
use crate::wrapping::strings::{next_part, next_record};

/// How many lines may stand between two parts of a value.
const LONGEST_GAP: usize = 4;
/// How far behind a line break the end of a literal is looked for.
const LONGEST_REST: usize = 512;
/// How long a word is that stands between two parts by mistake.
const LONGEST_STRAY: usize = 4;
/// How long an entry may be that is not written as it should be.
const LONGEST_ENTRY: usize = 4096;

/// The end of a value of a quoted name, with what follows it and could be a part: behind a value stands a sign and nothing
/// else, or words that nobody would take for a secret.
pub(crate) fn with_rest(text: &Text<'_>, end: usize) -> usize {
    let mut at = end;
    loop {
        // The next cell of a table.
        if text.at(at) == b'\t' && at > 0 && text.at(at - 1) == b'\'' && is_name(text.at(at + 1)) {
            return at;
        }
        let from = colour::behind(text, at);
        let next = next_in_row(text, from);
        let quote = next + text.slashes(next);
        let goes_on = match text.at(quote) {
            _ if text.at(text.skip_space(from)) == b'-'
                && let Some(end) = far_part_end(text, from, next) =>
            {
                at = end;
                continue;
            }
            // What fences code or a text block.
            b'`' | b'"' if text.has(quote, b"```") || text.has(quote, b"\"\"\"") => false,
            b'\'' if text.has(quote, b"'''") && matches!(text.at(quote + 3), 0 | b'\r' | b'\n') => false,
            // A string ends in a message.
            b'"' if text.has(quote, b"\": ") => false,
            b'\'' | b'"' | b'`' => {
                // A raw string of Rust.
                let marks = text.ahead(quote + 1, 8).iter().take_while(|byte| **byte == b'#').count();
                let behind = text.skip_space(quote + 1 + marks);
                let closes = matches!(
                    text.at(behind),
                    0 | b'\r' | b'\n' | b',' | b';' | b')' | b']' | b'}' | b'<' | b'\\'
                );
                !closes && !begins_entry(text, next)
            }
            b',' if let Some(end) = part_end(text, next + 1) => {
                at = end;
                continue;
            }
            0 | b',' | b';' | b')' | b']' | b'}' | b'|' | b'<' | b'&' => false,
            _ if let Some(end) = far_part_end(text, from, next) => {
                at = end;
                continue;
            }
            // Such a sign as those of another script have it.
            0xef if ends_wide(text.ahead(next, 3)) => false,
            // The end of a comment.
            b'*' if text.has(next, b"*/") && !is_name(text.at(next + 2)) => false,
            b'=' | b':' => is_part_behind(text, next),
            _ if next == from || quote > next => next == from && quote == next,
            _ => {
                let word = text.slice(next..bare_end(text, next));
                // That of another name.
                let sign = word.iter().position(|byte| !is_name(*byte)).filter(|sign| word[*sign] == b'=');
                let is_label = |name: &[u8]| name.len() > 3 && name.iter().all(u8::is_ascii_lowercase);
                let named = sign.is_some_and(|sign| is_label(&word[..sign]) || is_chosen(&word[sign + 1..]));
                let last = || is_last_part(text, from, next, word);
                !named
                    && (word.len() >= 8 && is_drawn(word) || last())
                    && !begins_entry(text, next)
                    && (!text.slice(from..next).contains(&b'\n')
                        || text.at(at - 1) != b'\''
                        || last()
                        || ends_value(text, next))
            }
        };
        if !goes_on {
            return at;
        }
        at = entry_end(text, quote + 1);
    }
}

/// Whether an odd word is the last of some literals in a row, whose quotes are lost: another line or a comment stands before it, and
/// nothing behind it but what ends an entry.
fn is_last_part(text: &Text<'_>, from: usize, next: usize, word: &[u8]) -> bool {
    let apart = || memchr::memchr2(b'\n', b'/', text.slice(from..next)).is_some();
    matches!(text.at(next + word.len()), b';' | b',' | b')')
        && from > 0
        && text.at(from - 1) == b'\''
        && word.first().is_some_and(u8::is_ascii_alphanumeric)
        && !word.contains(&b'(')
        && is_odd_word(word)
        && (apart() || text.at(next + word.len()) == b';')
}

/// Whether what stands behind a sign behind a value is a part of it: it has a quote, or looks drawn.
fn is_part_behind(text: &Text<'_>, sign: usize) -> bool {
    let signs = text.ahead(sign, LONGEST_STRAY).iter();
    let said = text.skip_space(sign + signs.take_while(|byte| b"=:>".contains(byte)).count());
    let word = text.slice(said..bare_end(text, said));
    word.is_empty()
        || is_drawn(word)
        || word.iter().any(|byte| b"'\"`".contains(byte))
        || quote_length(text, said + word.len()) > 0
}

/// Whether a text begins with a full-width sign that ends an entry.
fn ends_wide(text: &[u8]) -> bool {
    let sign = lookalike::decode(text).0.and_then(lookalike::ascii);
    matches!(sign, Some(b',' | b';' | b')'))
}

/// Whether what begins a line is the rest of a value: a quote behind it ends a literal, or it stands in a list.
fn ends_value(text: &Text<'_>, next: usize) -> bool {
    let mut at = next;
    while let Some(sign) = text.find_either([b'\'', b'\n'], at, (next + LONGEST_REST).saturating_sub(at)) {
        if text.at(sign) == b'\'' {
            return !opens(text, sign);
        }
        at = sign + 1;
        if begins_other(text, at) {
            return false;
        }
        if matches!(text.at(text.skip_space(at)), b')' | b',') {
            return true;
        }
    }
    memchr::memchr(b')', text.slice(next..text.line_end(next))).is_some()
}

/// The end of a literal behind a comma, on its line, that is no entry, and so a part of the value before.
fn part_end(text: &Text<'_>, from: usize) -> Option<usize> {
    let start = skip_comments(text, from);
    let part =
        text.literal(start).filter(|part| part.closed && text.at(start) == b'\'' && part.end - start > 2)?;
    let ends = matches!(text.at(skip_comments(text, part.end)), b',' | b')');
    let apart = text.slice(from..start).contains(&b'\n') || begins_entry(text, start);
    (ends && !apart && !is_assigned(text, part.end)).then_some(part.end)
}

/// The end of a literal that is the next in a row but for what was put before it: the sign of a comment that a lost line break
/// made of it, a stray word; or for its quotes, which a word processor has put there.
fn far_part_end(text: &Text<'_>, end: usize, next: usize) -> Option<usize> {
    let start = text.skip_space(end);
    let comment = text.comment(start).filter(|_| text.at(start + 1) == b'-').map(|(line, _)| line);
    let (from, line) = comment.map_or((next, next + LONGEST_REST), |line| (start, line));
    let typographic = quote_length(text, next) > 1;
    let open = if typographic {
        next
    } else {
        let said = text.slice(from..line.min(from + LONGEST_REST));
        let word = said.iter().position(|byte| matches!(byte, b'\'' | b'\n' | b','))?;
        let stray = said[..word].trim_ascii();
        let short =
            !stray.is_empty() && stray.len() <= LONGEST_STRAY && stray.iter().all(|byte| is_word(*byte));
        (said[word] == b'\'' && (comment.is_some() || short)).then_some(from + word)?
    };
    let literal = if typographic {
        let size = quote_length(text, open);
        let said = text.ahead(open + size, LONGEST_REST);
        let close = (0..said.len()).map(|at| open + size + at).find(|at| quote_length(text, *at) > 1)?;
        close + quote_length(text, close)
    } else {
        text.literal(open).filter(|literal| literal.closed)?.end
    };
    let ends = matches!(text.at(skip_comments(text, literal)), b',' | b')' | b';' | 0);
    (literal <= line && ends).then_some(literal)
}

/// Whether a quoted name and a sign stand here, perhaps with a comment between the two.
pub(crate) fn begins_entry(text: &Text<'_>, from: usize) -> bool {
    let skip = |from: usize| {
        let quotes = text.ahead(from, 12).iter();
        from + quotes.take_while(|byte| matches!(byte, b'\\' | b'\'' | b'"' | b'`')).count()
    };
    let name = skip(from);
    let mut end = name;
    while is_name(text.at(end)) && end - name < 64 {
        end += 1;
    }
    let behind = skip(end);
    name > from && end > name && behind > end && {
        let sign = skip_comments(text, behind);
        separator(text, sign) > sign
    }
}

/// Whether a sign stands behind a name, and no prompt on the next line.
pub(crate) fn is_assigned(text: &Text<'_>, name: usize) -> bool {
    let sign = text.skip_blank(name);
    let prompt = text.has(sign, b"->") && text.slice(name..sign).contains(&b'\n');
    separator(text, sign) > sign && !prompt
}

/// Where an entry of a list ends that is not written as it should be.
pub(crate) fn entry_end(text: &Text<'_>, from: usize) -> usize {
    end_before(text, from, begins_entry)
}

/// Where an entry ends, before what begins another one.
pub(crate) fn end_before(text: &Text<'_>, from: usize, begins: impl Fn(&Text<'_>, usize) -> bool) -> usize {
    end_where(text, from, |at| ends_entry(text, at, &begins))
}

/// The first place behind which an entry has ended, without the blanks before it.
fn end_where(text: &Text<'_>, from: usize, mut ends: impl FnMut(usize) -> bool) -> usize {
    for at in from..from + LONGEST_ENTRY {
        if at >= text.len() {
            return text.end();
        }
        if ends(at) {
            return at - text.slice(from..at).iter().rev().take_while(|byte| is_blank(**byte)).count();
        }
    }
    from + LONGEST_ENTRY
}

/// Whether a sign ends an entry: what follows it begins another one, or stands behind a list.
fn ends_entry(text: &Text<'_>, at: usize, begins: impl Fn(&Text<'_>, usize) -> bool) -> bool {
    let next = || text.skip_space(at + 1);
    match text.at(at) {
        b'\n' => begins_other(text, at + 1) || begins(text, next()) || text.at(next()) == b')',
        b',' => begins(text, text.skip_blank(at + 1)),
        b')' | b';' => {
            let next = next();
            matches!(text.at(next), 0 | b'\r' | b'\n' | b';' | b')' | b'"' | b'\'' | b'`' | b'\\' | b']')
                || text.has(next, b"</")
                || text.has(next, b"<br")
        }
        _ => false,
    }
}

/// Where a value ends in a list of which nothing is quoted, before the name of the next entry; `bare` is its end as one word.
pub(crate) fn quoteless_end(text: &Text<'_>, start: usize, bare: usize) -> usize {
    if bare > start && text.at(text.skip_space(bare)) == b'=' {
        let comma = memchr::memrchr(b',', text.slice(start..bare)).map(|comma| start + comma);
        let names = |comma: &usize| text.slice(comma + 1..bare).iter().all(|byte| is_name(*byte));
        return comma.filter(names).unwrap_or(bare);
    }
    match text.at(bare) {
        b';' | b' ' | b'<' | b'>' | b'\'' if bare > start => rest_end(text, bare).unwrap_or(bare),
        _ => bare,
    }
}

/// Where a value without quotes ends that goes on behind a sign or blank: before the next entry, or the end of the list, on its line.
fn rest_end(text: &Text<'_>, sign: usize) -> Option<usize> {
    let mut at = sign + 1;
    let quoted = text.at(sign) == b'\'';
    loop {
        let near = text.ahead(at, LONGEST_REST);
        at += near.iter().position(|byte| b"=,)\n'\"`".contains(byte))?;
        match text.at(at) {
            b',' => {
                let name = text.skip_blank(at + 1);
                let end = name + text.ahead(name, 64).iter().take_while(|byte| is_name(**byte)).count();
                if end > name && text.at(text.skip_space(end)) == b'=' || begins_entry(text, name) {
                    return Some(at);
                }
            }
            b'\'' if quoted => {}
            b')' if at > sign + 1 => {
                return matches!(text.at(text.skip_space(at + 1)), 0 | b';' | b')' | b'\n').then_some(at);
            }
            _ => return None,
        }
        at += 1;
    }
}

/// Where the value without quotes ends that begins here in a list: before the next entry, or the bracket that ends the list.
pub(crate) fn unquoted_end(text: &Text<'_>, from: usize) -> usize {
    let mut depth = 0;
    end_where(text, from, |at| {
        match text.at(at) {
            b'(' => depth += 1,
            b')' if depth > 0 => depth -= 1,
            b')' if is_blank(text.at(at + 1)) || text.has(at + 1, b"*/") => return true,
            _ => return ends_entry(text, at, begins_entry),
        }
        false
    })
}

/// Where the next literal would stand in a row of them: behind white space, comments, a sign, and what stands between the
/// lines of strings, quotations and logs.
pub(crate) fn next_in_row(text: &Text<'_>, end: usize) -> usize {
    let mut next = skip_comments(text, skip_gap(text, end, end + 256));
    while let Some(blank) = spelt_blank(text, next).filter(|_| text.at(next) == b'&' && next < end + 256) {
        next = skip_comments(text, blank);
    }
    let mut from = end;
    for _ in 0..LONGEST_GAP {
        let Some(line) = memchr::memchr(b'\n', text.slice(from..next)) else { break };
        let line = from + line + 1;
        // The mark of a diff.
        let mark = text.at(line);
        let own = text.at(line_start(text, end));
        let marked = matches!(mark, b'-' | b'+') && matches!(own, b' ' | b'-' | b'+');
        let behind = match repeated_prefix(text, end, line) {
            Some(behind) => behind,
            None if let Some(behind) = empty_line(text, end, line) => behind,
            None if marked => line + 1,
            None => behind_mark(text, line),
        };
        next = next.max(skip_comments(text, behind));
        from = line;
    }
    let sign = match (text.at(next), text.at(next + 1)) {
        (b'|', b'|') => 2,
        (b'+', _) | (b'.' | b'&', b' ' | b'\'') => 1,
        _ => 0,
    };
    next = skip_comments(text, next + sign);
    // What ends a text block is none of a string.
    let more = || match text.has(next, b"\"\"\"") {
        true => None,
        false => next_part(text, next).or_else(|| next_record(text, end, next)),
    };
    match more() {
        Some(more) if text.at(next) == b'"' => skip_comments(text, more),
        _ => next,
    }
}
