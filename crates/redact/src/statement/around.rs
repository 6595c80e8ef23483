//! Quotes behind a value that tell how far it reaches: that of what its statement stands in, and one without a partner.

use crate::sql::lex::{Text, is_blank, separator};
use crate::statement::opened::is_value;
use crate::statement::resync::begins_other;
use crate::value::rows::begins_entry;
use crate::wrapping::entity::entity;
use crate::wrapping::lines::line_start;
use crate::wrapping::shell::any_shell_quote;
use crate::wrapping::{escape, percent};
use lockkeeper_model::MASK;
use std::ops::Range;

/// How far behind a value a quote without a partner is looked for.
const LONGEST: usize = 1024;

/// How much may stand between a name and the quote of its value.
const LONGEST_BREAK: usize = 64;

/// Whether the string ends behind a value in which the name and the value stand: `stmt="SET 'name' = 'value'" on …`.
pub(crate) fn ends_around(text: &Text<'_>, name: &Range<usize>, end: usize) -> bool {
    if closes_block_below(text, name, end) {
        return true;
    }
    let slashes = |from: &[u8]| from.iter().rev().take(8).take_while(|byte| **byte == b'\\').count();
    let level = text.slashes(end);
    let quote = text.at(end + level);
    // Of a text block, also where it is the last argument of a call.
    let block = level == 0 && text.has(end, b"\"\"\"");
    let behind = text.at(end + level + if block { 3 } else { 1 });
    let last = behind == 0 || is_blank(behind) || block && matches!(behind, b')' | b',' | b';');
    // The rest of a command, whose string began on a line before.
    if text.at(end - 1) == b'\'' && level == 0 && quote == b'"' && goes_on_in_shell(text, end + 1) {
        return true;
    }
    if text.at(end - 1) != b'\'' || !matches!(quote, b'"' | b'`' | b'>') || !last {
        return false;
    }
    let before = text.slice(line_start(text, name.start)..name.start);
    if quote == b'>' {
        return opens_angle(before);
    }
    let inside =
        memchr::memchr_iter(quote, before).filter(|at| slashes(&before[..*at]) == level).count() % 2 == 1;
    inside || level == 0 && quote == b'"' && opens_above(text, name.start)
}

/// Whether a string that a line before has begun is open at a position.
fn opens_above(text: &Text<'_>, at: usize) -> bool {
    let from = at.saturating_sub(LONGEST);
    let before = text.slice(from..at);
    memchr::memrchr(b'"', before).is_some_and(|mark| {
        let opens = mark.checked_sub(1).is_none_or(|last| b" \t\n=:([{,".contains(&before[last]));
        opens && before[mark + 1..].first().is_some_and(u8::is_ascii_alphabetic)
    })
}

/// Whether the line behind a value begins with the end of the text block in which the name and the value stand.
fn closes_block_below(text: &Text<'_>, name: &Range<usize>, end: usize) -> bool {
    if !matches!(text.at(end), b'\r' | b'\n') {
        return false;
    }
    let line = text.skip_blank(end);
    let before = text.slice(name.start.saturating_sub(LONGEST)..name.start);
    let is_open = |quotes: &[u8]| {
        text.has(line, quotes)
            && memchr::memmem::rfind(before, quotes)
                .is_some_and(|open| before[open + 3..].trim_ascii_start().len() < LONGEST_BREAK)
    };
    is_open(b"\"\"\"") || is_open(b"'''")
}

/// Whether the sign of a shell stands behind a string, which leads to a file or the next command.
fn goes_on_in_shell(text: &Text<'_>, from: usize) -> bool {
    let sign = text.skip_space(from);
    let next = text.at(text.skip_space(sign + 1));
    sign > from
        && match text.at(sign) {
            b'>' | b'|' => next.is_ascii_graphic(),
            b'&' => text.at(sign + 1) == b'&',
            b'2' => text.at(sign + 1) == b'>',
            _ => false,
        }
}

/// Whether an angle bracket is open at the end of a text.
pub(crate) fn opens_angle(before: &[u8]) -> bool {
    let mut before = before;
    while let Some(at) = memchr::memrchr2(b'<', b'>', before) {
        if before[at] == b'<' {
            return true;
        }
        match before[..at + 1].strip_suffix(MASK.as_bytes()) {
            Some(rest) => before = rest,
            None => return false,
        }
    }
    false
}

/// Where the quote stands on its line behind the value of a name in single quotes that ends a literal, and no other before
/// it begins one: it belongs to the value.
pub(crate) fn lone_quote(text: &Text<'_>, name: &Range<usize>, value: usize) -> Option<usize> {
    let before = text.slice(name.start.saturating_sub(2)..name.start);
    if !matches!(before, [.., b'\'']) || matches!(before, [b'\'' | b'\\', _]) {
        return None;
    }
    let end = text.find_either([b'\n'; 2], value, LONGEST).unwrap_or(value + LONGEST);
    let line = text.slice(value..end);
    let goes_on = match line {
        [b')', next, ..] => next.is_ascii_alphanumeric(),
        [b'*', b'/', ..] => false,
        [first, ..] => !is_blank(*first) && !b",;\\\"'`".contains(first),
        [] => false,
    };
    let mut at = 0;
    loop {
        at += memchr::memchr(b'\'', line.get(at..)?)?;
        let next = line.get(at + 1).copied().unwrap_or(0);
        let doubled = next == b'\''
            && line.get(at + 2).is_some_and(|byte| byte.is_ascii_graphic() && !b"',;)".contains(byte));
        if doubled {
            at += 2;
            continue;
        }
        // Padding, before the next entry.
        let padding =
            || line[at - 1] == b'=' && next == b',' && begins_entry(text, text.skip_blank(value + at + 2));
        if at == 0
            || is_blank(line[at - 1])
            || b"(=,:'".contains(&line[at - 1]) && !padding()
            || next == b'\''
        {
            return None;
        }
        // One inside of what follows the value directly neither begins nor ends anything.
        if goes_on && next.is_ascii_graphic() && !b",;)\"`\\|".contains(&next) {
            at += 1;
            continue;
        }
        break;
    }
    let behind = line[at + 1..].trim_ascii_start().first();
    // At the end of a line, that of what a URL stands in.
    let last = || line.len() < LONGEST && memchr::memchr(b'&', &line[..at]).is_none();
    let ends = behind.map_or_else(last, |byte| b",;)".contains(byte));
    // Quotes before may lack others: the entry before ends there.
    let next = text.skip_blank(value + at + 2);
    let listed = text.slice(name.start.saturating_sub(4)..name.start - 1).trim_ascii_end().ends_with(b"',")
        && goes_on
        && begins_entry(text, next);
    (ends && (listed || !is_inside(text, name.start - 1))).then_some(value + at)
}

/// The line behind a value without quotes that ends with its line, if it could go on with the value.
pub(crate) fn next_line(text: &Text<'_>, end: usize) -> Option<usize> {
    // What looks like the end of a statement may be a part of the value.
    let line = match text.at(end) {
        b';' => Some(text.skip_space(end + 1) + 1).filter(|line| is_value(text, *line))?,
        _ => text.skip_space(end) + 1,
    };
    if text.at(line - 1) != b'\n' || begins_other(text, line) || begins_entry(text, text.skip_space(line)) {
        return None;
    }
    let rest = text.slice(line..text.find_either([b'\n'; 2], line, LONGEST).unwrap_or(line + LONGEST));
    memchr::memchr2(b'\'', b'=', rest).is_some_and(|at| rest[at] == b'\'').then_some(line)
}

/// Whether a position stands in single quotes, as those of a shell.
pub(crate) fn is_inside(text: &Text<'_>, at: usize) -> bool {
    let before = text.slice(line_start(text, at)..at);
    memchr::memchr_iter(b'\'', before).count() % 2 == 1
}

/// Whether the escape of a line break stands between a name whose quotes are lost and the quote of its value.
pub(crate) fn breaks_in_string(text: &Text<'_>, name: usize) -> bool {
    if !matches!(text.at(name), b' ' | b'\\' | b'=') {
        return false;
    }
    let quote = text.find_either([b'\'', b'\n'], name, LONGEST_BREAK).filter(|at| text.at(*at) == b'\'');
    let near = text.slice(name..quote.unwrap_or(name));
    let value = memchr::memchr(b'=', near).map(|sign| near[sign + 1..].trim_ascii_start());
    memchr::memchr(b'\\', near).is_some()
        && value.is_some_and(|value| matches!(value, [] | [b'\\' | b'-' | b'/', ..]))
        && memchr::memchr3(b',', b'"', b';', near).is_none()
}

/// Whether a blank behind a quoted name, or behind its sign, is spelt as HTML, a URL or a string has it.
pub(crate) fn spells_blank(text: &Text<'_>, name: usize) -> bool {
    if !matches!(text.at(name), b'\'' | b'"' | b'`') {
        return false;
    }
    let sign = text.skip_space(name + 1);
    let behind = separator(text, sign);
    spelt_blank(text, sign).is_some()
        || (behind > sign && spelt_blank(text, text.skip_space(behind)).is_some())
}

/// The end of the blank that stands here and is spelt as HTML, a URL or a string has it.
pub(crate) fn spelt_blank(text: &Text<'_>, at: usize) -> Option<usize> {
    let (sign, end) = match text.at(at) {
        b'&' => entity(text, at),
        b'%' => percent(text, at, 4).map(|(sign, end)| (Some(sign), end))?,
        b'\\' => escape(text, at, false),
        _ => return None,
    };
    sign.is_some_and(is_blank).then_some(end)
}

/// Where the single quotes of a shell begin in which a name with such quotes stands, or `floor`.
pub(crate) fn shell_start(text: &Text<'_>, floor: usize, name: usize) -> usize {
    let (mut at, mut inside) = (floor, None);
    while let Some(offset) = memchr::memchr(b'\'', text.slice(at..name)) {
        let quote = at + offset;
        let escaped = any_shell_quote(text, quote);
        (at, inside) = match escaped.filter(|end| inside.is_some() && *end <= name) {
            Some(end) => (end, inside),
            None => (quote + 1, if inside.is_some() { None } else { Some(quote + 1) }),
        };
    }
    inside.filter(|start| *start < name).unwrap_or(floor)
}

/// Where the single quotes of a shell end in which a name with such quotes stands, or `limit`.
pub(crate) fn shell_end(text: &Text<'_>, name: usize, limit: usize) -> usize {
    let mut at = name;
    while let Some(offset) = memchr::memchr(b'\'', text.slice(at..limit)) {
        let quote = at + offset;
        let Some(end) = any_shell_quote(text, quote) else { return quote };
        at = end;
    }
    limit
}

/// Whether the value of a name begins with a quote as it is written inside of a shell's, and the name has none of those.
pub(crate) fn opens_in_shell(text: &Text<'_>, name: usize) -> bool {
    let quote = name + usize::from(text.at(name) == b'\\');
    let sign = text.skip_space(quote + usize::from(matches!(text.at(quote), b'`' | b'"')));
    let value = separator(text, sign);
    let open = text.skip_space(value);
    value > sign && any_shell_quote(text, open).is_some()
}
