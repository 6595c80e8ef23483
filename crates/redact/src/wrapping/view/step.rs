//! How what a statement is wrapped in is read, sign by sign.

use super::View;
use crate::prose::commented::{comment_over, next_commented};
use crate::sql::lex::{Text, is_blank, is_name, is_single_quote, quote_length, separator};
use crate::statement::continues::continues;
use crate::statement::resync::begins_other;
use crate::wrapping::colour;
use crate::wrapping::entity::{entity, line_break};
use crate::wrapping::lines::{behind_alike, behind_mark, line_start, repeated_prefix};
use crate::wrapping::numbered::syslog_control;
use crate::wrapping::shell::{escaped_shell_quote, shell_quote};
use crate::wrapping::strings::{behind_expression, escaped_joint, next_part, next_record};
use crate::wrapping::{Layer, SPLICED, ends_string, escape, highlight, numbered_code, percent, piped};
use lockkeeper_model::MASK;

/// How long a line is that is left out.
const LONGEST_LINE: usize = 2048;
/// How long a key is at most.
const LONGEST_KEY: usize = 64;

/// How long the rest of a literal is behind a quotation mark in it.
const LONGEST_LITERAL: usize = 256;
/// How much of a statement is gone through for each such mark.
const LONGEST_COUNTED: usize = 1 << 14;
/// How long the mark before a line of a string is.
const LONGEST_MARK: usize = 8;

impl View {
    /// Whether the line that begins here begins something else.
    fn ends_before(&self, text: &Text<'_>, line: usize) -> bool {
        begins_other(text, line)
            && !continues(text, self.start, line)
            && comment_over(text, self.start, line).is_none()
    }

    /// Where a line of a string goes on behind the mark that stands before the first line of the statement, too: of a mail, a diff, lines
    /// that are commented out.
    fn behind_mark_in_string(&self, text: &Text<'_>, line: usize) -> usize {
        let before = text.slice(self.start.saturating_sub(LONGEST_MARK)..self.start);
        let marks = before.iter().rev().take_while(|byte| b" \t>+-|#".contains(byte)).count();
        let (before, mark) = before.split_at(before.len() - marks);
        let mark = mark.trim_ascii();
        let begins = matches!(before, [.., b'"' | b'\''] | [.., b'\\', b'n']);
        if begins && !mark.is_empty() && text.has(line, mark) { line + mark.len() } else { line }
    }

    /// Reads one byte of the statement: what it stands for, and where the next begins. `None` where it ends.
    pub(super) fn step(&self, text: &Text<'_>, at: usize) -> Option<(Option<u8>, usize)> {
        let byte = text.at(at);
        if at >= text.len() {
            return None;
        }
        match self.layer {
            Layer::Escaped(quote) => match byte {
                // A quote is written twice in CSV.
                b'"' if quote == Some(b'"') && text.at(at + 1) == b'"' => Some((Some(b'"'), at + 2)),
                // The string itself stands in single quotes of a shell.
                b'\''
                    if quote != Some(b'\'')
                        && let Some(end) = escaped_shell_quote(text, at) =>
                {
                    Some((Some(byte), end))
                }
                b'\'' if self.spelling.is_shell() => None,
                _ if quote == Some(byte)
                    && let Some(next) = next_part(text, at) =>
                {
                    Some((Some(b'\n'), next))
                }
                // The name is put in.
                b'"' if quote == Some(byte)
                    && memchr::memchr2(b'(', b'=', &self.bytes).is_none()
                    && let Some(next) = behind_expression(text, at) =>
                {
                    Some((Some(b'x'), next))
                }
                b'"' if quote == Some(b'"')
                    && (ends_string(text, at + 1) || self.ends_in_shell(text, at + 1))
                    && !closes_key(text, at)
                    && !self.stands_in_literal(text, at) =>
                {
                    next_record(text, self.start, at).map(|next| (Some(b'\n'), next))
                }
                b'\'' if quote == Some(b'\'') && !stands_in_key(text, at) => None,
                b'\n' if self.ends_before(text, at + 1) => None,
                b'\\' if let Some(next) = escaped_joint(text, at) => Some((Some(b'\n'), next)),
                b'\\' if quote.is_some() && self.ends_inner(text, at) => None,
                b'\\' if self.ends_numbered(text, at) => None,
                b'\\' => {
                    let (sign, next) = escape(text, at, self.spelling.slashed || quote == Some(b'\''));
                    let marked =
                        if sign == Some(b'\n') { self.behind_mark_in_string(text, next) } else { next };
                    Some((sign, marked))
                }
                b'#' if let Some(sign) = syslog_control(text, at) => Some((Some(sign), at + 4)),
                _ => Some((Some(byte), at + 1)),
            },
            Layer::Any => match byte {
                _ if let Some(repeated) = &self.repeated
                    && byte == repeated.quote =>
                {
                    let quotes =
                        text.ahead(at, repeated.run).iter().take_while(|next| **next == byte).count();
                    match quotes == repeated.run {
                        true => Some((Some(byte), at + repeated.run)),
                        // The literal ends in which all this stands.
                        false if at >= repeated.behind => None,
                        false => Some((Some(byte), at + 1)),
                    }
                }
                b'\n' if self.ends_before(text, at + 1) => None,
                b'\n' => {
                    let prefix = repeated_prefix(text, self.start, at + 1);
                    // A diff marks each line.
                    let mark = text.at(at + 1);
                    let marked = matches!(mark, b'+' | b'-')
                        && (self.is_marked(text, mark)
                            || self.is_marked(text, b' ') && text.at(at + 2) != mark);
                    let mark = || match next_commented(text, self.start, at) {
                        Some(next) => next,
                        None if marked => at + 2,
                        None => behind_mark(text, at + 1),
                    };
                    let behind = prefix.unwrap_or_else(mark);
                    // A line of a compiler that points at the one before.
                    let sign = text.skip_space(behind);
                    let points =
                        text.at(sign) == b'^' && matches!(text.at(sign + 1), b' ' | b'~' | b'^' | b'\n');
                    let next = if points { text.find_either([b'\n'; 2], behind, LONGEST_LINE) } else { None };
                    Some((Some(byte), next.unwrap_or(behind)))
                }
                0x1b => Some((None, colour::end(text, at).unwrap_or(at + 1))),
                b'#' if let Some(sign) = syslog_control(text, at) => Some((Some(sign), at + 4)),
                // As `cat -A` has line breaks.
                b'$' if text.at(at + 1) == b'\n' => Some((None, at + 1)),
                b'<' if let Some(end) = highlight(text, at) => Some((None, end)),
                b'<' if let Some(end) = line_break(text, at) => Some((Some(b'\n'), end)),
                b'=' if self.spelling.printable && text.has(at + 1, b"3D") => Some((Some(byte), at + 3)),
                b'=' if self.spelling.printable && text.at(at + 1) == b'\n' => Some((None, at + 2)),
                0x80.. if text.wide_blank(at) > 0 && !text.has(at, b"\xe2\x80\x8b") => {
                    Some((Some(b' '), at + text.wide_blank(at)))
                }
                b'\\' if self.ends_numbered(text, at) => None,
                b'\\' => Some(escape(text, at, self.spelling.slashed)),
                b'&' => Some(entity(text, at)),
                b'%' => match percent(text, at, self.spelling.times) {
                    Some((sign, next)) if self.spelling.percent && !sign.is_ascii_alphanumeric() => {
                        Some((Some(sign), next))
                    }
                    _ => Some((Some(byte), at + 1)),
                },
                // In a form, a blank.
                b'+' if self.spelling.percent
                    && (text.at(at + 1) == b'%'
                        || (at > self.start + 2 && text.at(at - 3) == b'%')
                        || (at > self.start + 3 && text.at(at - 1) == b'+' && text.at(at - 4) == b'%')) =>
                {
                    Some((Some(b' '), at + 1))
                }
                // Cells of more than one line.
                b'+' if text.at(text.skip_space(at + 1)) == b'\n' => Some((None, at + 1)),
                b'\'' if let Some(end) = shell_quote(text, at) => Some((Some(byte), end)),
                b'\'' if text.has(at + 1, b"\"'\"'") => Some((Some(byte), at + 5)),
                b'`' if text.has(at, SPLICED) => Some((Some(byte), at + SPLICED.len())),
                b'"' | b'\'' => {
                    Some(match next_part(text, at).or_else(|| next_record(text, self.start, at)) {
                        Some(next) => (Some(b'\n'), next),
                        None => (Some(byte), at + 1),
                    })
                }
                0x80.. if self.spelling.typographic && is_single_quote(text, at) => {
                    Some((Some(b'\''), at + quote_length(text, at)))
                }
                _ => Some((Some(byte), at + 1)),
            },
            Layer::Doubled(quotes) => match byte {
                b'\'' => match text.slice(at..at + quotes).iter().all(|byte| *byte == b'\'')
                    && at + quotes <= text.len()
                {
                    true => Some((Some(b'\''), at + quotes)),
                    // One in a value by mistake.
                    false if is_inside_word(text, at) => Some((Some(b'\''), at + 1)),
                    false => None,
                },
                _ => Some((Some(byte), at + 1)),
            },
            Layer::Tripled(quote) => match text.has(at, &[quote; 3]) {
                true => None,
                // A shell for the language, and margins.
                false if byte == b'\n' => Some((Some(byte), behind_mark(text, at + 1))),
                false => Some((Some(byte), at + 1)),
            },
            Layer::Piped => piped(text, at),
            Layer::Shell => match byte {
                b'\'' => match text.ahead(at, 5) {
                    [b'\'', b'\\', b'\'', b'\'', ..] => Some((Some(b'\''), at + 4)),
                    b"'\"'\"'" => Some((Some(b'\''), at + 5)),
                    // One of its signs was lost, or is there twice.
                    [b'\'', b'\\', b'\'', ..] => Some((Some(b'\''), at + 3)),
                    [_, next, ..]
                        if next.is_ascii_alphanumeric() && text.slice(0..at).ends_with(br"'\''") =>
                    {
                        Some((None, at + 1))
                    }
                    _ => None,
                },
                b'\\' if text.has(at, br"\''") => Some((Some(b'\''), at + 3)),
                // In double quotes, too.
                b'\\' if text.at(at + 1) == b'`' => Some((Some(b'`'), at + 2)),
                _ => Some((Some(byte), at + 1)),
            },
            Layer::Marked(mark) => {
                if byte != b'\n' || text.at(at + 1) == 0 {
                    return Some((Some(byte), at + 1));
                }
                if mark == b' ' {
                    return match text.at(at + 1) {
                        b'+' | b'-' => Some((Some(b'\n'), at + 2)),
                        b' ' | b'\n' => Some((Some(b'\n'), at + 1)),
                        _ => None,
                    };
                }
                let diff = matches!(mark, b'+' | b'-');
                let mut line = text.skip_space(at + 1);
                // What is the same in both, where the marks are not indented: a comment may begin such a line.
                let own = !matches!(text.at(line), b'+' | b'-') || text.has(line, b"--");
                if diff && own && text.at(at + 1) == b' ' && text.at(line_start(text, self.start)) == mark {
                    return Some((Some(b'\n'), at + 1));
                }
                // A diff that is quoted.
                if diff && text.at(line) == b'>' && text.at(line_start(text, self.start)) == b'>' {
                    line = text.skip_space(line + 1);
                }
                match text.at(line) {
                    found if found == mark || (diff && matches!(found, b'+' | b'-')) => {
                        // The line break stands for itself and the marks: quotations have more than one.
                        let mut end = line + 1;
                        while mark == b'>' && text.at(text.skip_space(end)) == mark {
                            end = text.skip_space(end) + 1;
                        }
                        // Of three dashes, two are the sign of a comment.
                        let comment = text.has(line, b"---") && text.at(line + 3) != b'-';
                        while matches!(mark, b'-' | b'+') && text.at(end) == mark && !comment {
                            end += 1;
                        }
                        Some((Some(b'\n'), end))
                    }
                    _ if diff && text.at(at + 1) == b' ' => Some((Some(b'\n'), at + 1)),
                    _ => None,
                }
            }
            Layer::Version(without) => match byte {
                b'\n' => {
                    let mut line = at + 1;
                    while text.at(line) == without {
                        line = text.find_either([b'\n'; 2], line, LONGEST_LINE)? + 1;
                    }
                    match text.at(line) {
                        b'+' | b'-' | b' ' => Some((Some(byte), line + 1)),
                        b'\r' | b'\n' => Some((Some(byte), line)),
                        _ => None,
                    }
                }
                _ => Some((Some(byte), at + 1)),
            },
            Layer::Prefixed => match byte {
                b'\n' => behind_alike(text, self.start, at + 1).map(|next| (Some(byte), next)),
                0x1b => Some((None, colour::end(text, at).unwrap_or(at + 1))),
                _ => Some((Some(byte), at + 1)),
            },
            Layer::Records(in_string) => match byte {
                _ if let Some(next) = self.records.as_ref().and_then(|records| records.behind_gap(at)) => {
                    Some((Some(b'\n').filter(|_| !self.is_joined()), next))
                }
                b'\\' if in_string => Some(escape(text, at, true)),
                0x1b => Some((None, colour::end(text, at).unwrap_or(at + 1))),
                _ => Some((Some(byte), at + 1)),
            },
            Layer::Commented => match byte {
                b'\n' => next_commented(text, self.start, at).map(|next| (Some(byte), next)),
                _ => Some((Some(byte), at + 1)),
            },
            Layer::Entities(quoted) => match byte {
                b'"' if quoted => None,
                b'<' if let Some(end) = line_break(text, at) => Some((Some(b'\n'), end)),
                b'<' if let Some(end) = highlight(text, at) => Some((None, end)),
                b'<' if !text.has(at, MASK.as_bytes()) => None,
                b'&' => Some(entity(text, at)),
                _ => Some((Some(byte), at + 1)),
            },
            Layer::Percent => match byte {
                // A blank of a form that was encoded again.
                b'%' if self.spelling.times > 0 && text.has(at, b"%2B") => Some((Some(b' '), at + 3)),
                b'%' => Some(
                    percent(text, at, self.spelling.times)
                        .map_or((Some(byte), at + 1), |(byte, next)| (Some(byte), next)),
                ),
                b'+' => Some((Some(b' '), at + 1)),
                b'<' if text.has(at, MASK.as_bytes()) => Some((Some(byte), at + 1)),
                b'>' if text.slice(at.saturating_sub(9)..at + 1) == MASK.as_bytes() => {
                    Some((Some(byte), at + 1))
                }
                // No sign of a form, where not all signs are encoded.
                b'&' | b'<' | b'>' | b'`' if self.spelling.bare_quotes => Some((Some(byte), at + 1)),
                0..=b' ' | b'"' | b'&' | b'<' | b'>' | b'`' => None,
                _ => Some((Some(byte), at + 1)),
            },
        }
    }

    /// Whether the quotation mark behind the backslashes that begin here ends the string.
    fn ends_inner(&self, text: &Text<'_>, at: usize) -> bool {
        let count = text.ahead(at, self.level + 1).iter().take_while(|byte| **byte == b'\\').count();
        // Behind a sign, one stands for the quote of a value by mistake.
        let opens = || self.bytes.trim_ascii_end().ends_with(b"=");
        self.level > 0 && count == self.level && text.at(at + count) == b'"' && !opens()
    }

    /// Whether a quotation mark without a backslash stands in a literal by mistake: the literal ends behind it, as those of lists do.
    fn stands_in_literal(&self, text: &Text<'_>, mark: usize) -> bool {
        let next = |from: usize| text.find_either([b'\'', b'"'], from, LONGEST_LITERAL);
        let mut quote = next(mark + 1);
        // Quotes that are written twice, and pairs of them in the literal.
        let inside = |at: usize| match text.at(at) {
            b'"' => text.at(at - 1) == b'=' || b" ;'".contains(&text.at(at + 1)),
            _ => text.at(at + 1) == b'\'',
        };
        while let Some(at) = quote.filter(|at| inside(*at) && at - mark < LONGEST_LITERAL) {
            quote = next(at + if text.at(at) == b'"' { 1 } else { 2 });
        }
        let Some(quote) = quote else { return false };
        let behind = text.skip_space(quote + 1);
        text.at(quote) == b'\''
            && matches!(text.at(behind), b',' | b')' | b';' | b'"')
            && memchr::memchr(b'\n', text.slice(mark..behind)).is_none()
            && self.bytes.len() < LONGEST_COUNTED
            && memchr::memchr_iter(b'\'', &self.bytes).count() % 2 == 1
    }

    /// Whether nothing but brackets stands here before the end of the single quotes of a shell, in which others are written as there.
    fn ends_in_shell(&self, text: &Text<'_>, from: usize) -> bool {
        let brackets = text.ahead(from, LONGEST_KEY).iter().take_while(|byte| b"}])".contains(byte)).count();
        let quote = from + brackets;
        self.spelling.is_shell() && text.at(quote) == b'\'' && escaped_shell_quote(text, quote).is_none()
    }

    /// Whether a quotation mark stands here that is written by its number as the one before the statement is.
    fn ends_numbered(&self, text: &Text<'_>, at: usize) -> bool {
        let mark = numbered_code(text, at).filter(|(code, _)| *code == u32::from(b'"'));
        mark.is_some_and(|(_, end)| text.slice(0..self.start).ends_with(text.slice(at..end)))
    }

    /// Whether the line of the beginning has a mark of a diff before it. What begins behind the mark, and not with it or
    /// further on, has a layer of its own.
    fn is_marked(&self, text: &Text<'_>, mark: u8) -> bool {
        let line = line_start(text, self.start);
        text.at(line) == mark && (self.start == line || text.skip_space(line + 1) < self.start)
    }
}

/// Whether a quotation mark that is not escaped, by mistake, closes a key: its value follows.
fn closes_key(text: &Text<'_>, mark: usize) -> bool {
    let sign = text.skip_space(mark + 1);
    let named = || {
        let before = text.slice(mark.saturating_sub(LONGEST_KEY)..mark);
        let name = before.iter().rev().take_while(|byte| is_name(**byte)).count();
        name > 0 && before[..before.len() - name].ends_with(b"\"")
    };
    text.at(sign) == b'='
        && match text.at(text.skip_space(sign + 1)) {
            b'\'' => true,
            b'"' => named(),
            _ => false,
        }
}

/// Whether a quote without its backslash stands in a key, by mistake, of a string whose quotes have one.
fn stands_in_key(text: &Text<'_>, quote: usize) -> bool {
    let sign = text.skip_space(quote + 1);
    let value = text.skip_space(separator(text, sign));
    let splits = is_name(text.at(quote - 1)) && is_name(text.at(quote + 1));
    splits || separator(text, sign) > sign && text.at(value) == b'\\' && text.at(value + 1) == b'\''
}

/// Whether a quote stands in a word.
fn is_inside_word(text: &Text<'_>, quote: usize) -> bool {
    quote > 0 && !is_blank(text.at(quote - 1)) && text.at(quote + 1).is_ascii_alphanumeric()
}

/// What stands for itself in every layer.
pub(super) fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'_' | b'-' | b'.' | b',' | b':' | b';' | b'(' | b')' | b'/')
}
