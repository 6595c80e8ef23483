//! What stands between a name and its value: quotes, a sign, comments, the joint of two strings.

use crate::prose::commented::sign_in_comment;
use crate::sql::lex::{Text, is_name, is_word, quote_length, separator};
use crate::statement::comments::skip_comments;
use crate::statement::recognise::is_any;
use crate::value::beside;
use crate::value::rows::{begins_entry, next_in_row};
use crate::value::values::opens;
use crate::wrapping::colour;
use crate::wrapping::strings::joint;
use std::ops::Range;

/// Words that begin what is run in a shell for SQL.
const COMMANDS: &[&str] = &[
    "ALTER", "BEGIN", "COMMIT", "COPY", "CREATE", "DELETE", "DESCRIBE", "DROP", "EXPLAIN", "GRANT", "INSERT",
    "RESET", "ROLLBACK", "SELECT", "SET", "SHOW", "TABLE", "UPDATE", "USE", "WITH",
];

/// How long a word is that stands between a name and its sign by mistake.
const LONGEST_STRAY: usize = 12;

/// The sign between a name and its value.
pub(crate) struct Sign {
    /// Behind the quote that closes the name.
    pub(crate) quote: usize,
    /// Whether there is such a quote.
    pub(crate) quoted: bool,
    /// Where the sign begins and ends; the same if there is none.
    pub(crate) start: usize,
    end: usize,
    /// Whether it and the value may stand on other lines.
    pub(crate) spans: bool,
    /// Whether it is set: `SET name`.
    pub(crate) is_set: bool,
    /// Whether the verb of a sentence in a comment stands in its place.
    pub(crate) is_verb: bool,
}

impl Sign {
    /// Looks for the sign behind a name; nothing before `floor` is looked at.
    pub(crate) fn behind(text: &Text<'_>, floor: usize, name: &Range<usize>) -> Self {
        let quote = skip_quote(text, name.end);
        let typographic =
            [2, 3].iter().any(|size| name.len() > *size && quote_length(text, name.end - size) == *size);
        let quoted = typographic || (quote > name.end && matches!(text.at(quote - 1), b'\'' | b'"' | b'`'));
        let before = text.slice(floor..name.start);
        let open = before.last().filter(|byte| quoted && **byte == text.at(quote - 1));
        let is_set = is_set(&before[..before.len() - usize::from(open.is_some())]);
        let spans = quoted || before.ends_with(b"'") || is_set || is_listed(before);
        let mut sign = Self { quote, quoted, start: quote, end: quote, spans, is_set, is_verb: false };
        sign.look(text, quote);
        // What a shell adds to a variable.
        if sign.is_missing() && !quoted && sign.start == name.end && text.has(quote, b"+=") {
            sign.end = sign.start + 2;
        }
        // The sign of a comment by mistake.
        let marked = [&b"/*"[..], b"*/", b"//"].iter().any(|mark| text.has(quote, mark));
        if sign.is_missing() && !quoted && marked && text.at(text.skip_space(quote + 2)) == b'=' {
            sign = sign.or_behind(text, quote + 2);
        }
        // As R has it.
        let arrow = sign.is_missing() && text.has(sign.start, b"<- ");
        if arrow && matches!(text.at(sign.start + 3), b'"' | b'\'') {
            sign.end = sign.start + 2;
        }
        if quoted && sign.is_missing() && quote_length(text, quote) == 1 {
            // Two quotes.
            sign = sign.or_behind(text, quote + 1);
        }
        if quoted && sign.is_missing() && text.at(quote) == b']' {
            // It is the index of what is assigned.
            let other = sign.or_behind(text, quote + 1);
            let value = text.skip_space(other.end);
            let literal = quote_length(text, value) == 1 || matches!(text.at(value), b'[' | b'{');
            sign = if literal && other.start > quote {
                other
            } else {
                Self { start: quote, end: quote, ..other }
            };
        }
        if quoted && sign.is_missing() && text.at(sign.start) == b',' {
            // A comma before it.
            let comma = sign.start;
            sign = sign.or_behind(text, comma + 1);
        }
        if quoted && sign.is_missing() {
            // In the next string, or behind what stands before every line.
            sign = sign.or_behind(text, next_in_row(text, quote));
        }
        if quoted
            && sign.is_missing()
            && let Some(next) = sign_in_comment(text, quote)
        {
            sign = sign.or_behind(text, next);
        }
        if quoted
            && sign.is_missing()
            && let Some((end, true)) = text.comment(text.skip_space(quote))
        {
            sign = sign.or_behind(text, next_in_row(text, end));
        }
        if quoted && sign.is_missing() && text.at(quote - 1) == b'\'' {
            sign = match stray_end(text, skip_remarks(text, quote)) {
                // An arrow behind a bracket leads to something else.
                Some(next) if !text.has(text.skip_space(next), b"->") => sign.or_behind(text, next),
                _ => sign,
            };
        }
        if !sign.is_missing() {
            // The same sign twice.
            let next = text.skip_space(sign.end);
            let twice = separator(text, next);
            let known = quoted || is_set || (next > sign.end && opens(text, text.skip_space(twice)));
            sign.end = if twice > next && known { twice } else { sign.end };
        }
        if sign.is_missing() {
            let set = is_set && quoted && text.at(quote - 1) == b'\'';
            let next = next_literal(text, quote, set).filter(|_| quoted);
            let next = next.or_else(|| if set { behind_stray(text, quote) } else { None });
            sign.start = next.unwrap_or_else(|| text.skip_space(quote));
            sign.end = beside::value(text, floor, name, quote).unwrap_or(sign.start);
        }
        // The sign may stand in the next string.
        if let Some(next) = joint(text, sign.start).filter(|_| quoted && sign.is(text, b'"')) {
            sign.look(text, next);
        }
        sign
    }

    pub(crate) fn is_missing(&self) -> bool {
        self.end == self.start
    }

    /// Whether the sign begins with this.
    pub(crate) fn is(&self, text: &Text<'_>, sign: u8) -> bool {
        text.at(self.start) == sign
    }

    /// Whether two signs stand there, as one that compares.
    pub(crate) fn is_double(&self, text: &Text<'_>) -> bool {
        self.end > self.start + 1 && text.at(self.start + 1) == text.at(self.start)
    }

    /// Whether the sign ends the prompt of a shell for SQL, behind which something is run: `db=> SELECT`.
    pub(crate) fn is_prompt(&self, text: &Text<'_>, name: &Range<usize>) -> bool {
        let begins_line = name.start == 0 || text.at(name.start - 1) == b'\n';
        let near = begins_line && self.start == name.end && self.is(text, b'=');
        if !near || !matches!(text.at(self.start + 1), b'>' | b'#') || text.at(self.start + 2) != b' ' {
            return false;
        }
        let said = text.skip_space(self.start + 2);
        match text.at(said) {
            b'\\' => text.at(said + 1).is_ascii_alphabetic(),
            b'\r' | b'\n' => true,
            _ => is_any(text.slice(said..text.word_end(said)), COMMANDS),
        }
    }

    /// Skips what stands between a name and its value in a sentence.
    pub(crate) fn skip_verb(&mut self, text: &Text<'_>, commented: impl Fn() -> bool) {
        let word = text.slice(self.start..self.start + LONGEST_STRAY);
        let end = self.start + word.iter().take_while(|byte| is_word(**byte)).count();
        if is_any(text.slice(self.start..end), &["IS", "WAS", "NOW", "BECAME"]) && commented() {
            let value = text.skip_space(end);
            self.start = if text.at(value) == b':' { text.skip_space(value + 1) } else { value };
            (self.end, self.is_verb) = (self.start, true);
        }
    }

    /// Where the value begins.
    pub(crate) fn value(&self, text: &Text<'_>) -> usize {
        if self.is_missing() {
            return self.start;
        }
        let start = self.skip(text, self.end);
        // In YAML and the like, nothing may stand on the line, and something else on the next.
        let apart = self.is(text, b':') && text.slice(self.end..start).contains(&b'\n');
        if apart && !opens(text, start) {
            return text.skip_space(self.end);
        }
        if !opens(text, start)
            && self.spans
            && let Some(start) = self.far_value(text, start)
        {
            return start;
        }
        // The value may stand in the next string.
        match joint(text, start) {
            Some(next) if self.quoted && text.at(start) != text.at(self.quote - 1) => self.skip(text, next),
            _ => start,
        }
    }

    /// Where a literal stands that is the value, behind what stands before every line, or behind a sign too many. If
    /// there is none, what stands on another line is no value of a name without quotes.
    fn far_value(&self, text: &Text<'_>, start: usize) -> Option<usize> {
        let row = if self.quoted || self.is_set { next_in_row(text, self.end) } else { start };
        if row > self.end && row != start && opens(text, row) {
            return Some(row);
        }
        if !self.quoted && (!self.is_set || text.slice(self.end..start).contains(&b'\n')) {
            return text.slice(self.end..start).contains(&b'\n').then(|| text.skip_space(self.end));
        }
        let stray = matches!(text.at(start), b',' | b';' | b'(' | b')' | b'.' | b'&');
        let next = skip_remarks(text, start + 1);
        let sql = !self.quoted || text.at(self.quote - 1) == b'\'';
        (stray && sql && opens(text, next) && !begins_entry(text, next)).then_some(next)
    }

    /// The sign that stands behind another position, if one does.
    pub(crate) fn or_behind(self, text: &Text<'_>, from: usize) -> Self {
        let mut other = Self { ..self };
        other.look(text, from);
        if other.is_missing() { self } else { other }
    }

    fn look(&mut self, text: &Text<'_>, from: usize) {
        self.start = self.skip(text, from);
        // As in properties of Java.
        self.start +=
            usize::from(text.at(self.start) == b'\\' && matches!(text.at(self.start + 1), b'=' | b':'));
        self.end = separator(text, self.start);
    }

    /// Line breaks and comments may stand on both sides of the sign behind a quoted name.
    fn skip(&self, text: &Text<'_>, from: usize) -> usize {
        let at = if self.spans { skip_remarks(text, from) } else { text.skip_space(from) };
        colour::skip(text, at)
    }
}

/// Skips white space and comments, those of MySQL too.
fn skip_remarks(text: &Text<'_>, from: usize) -> usize {
    let mut at = skip_comments(text, from);
    loop {
        let end = match text.at(at) {
            // A literal behind it is rather the value.
            b'#' if opens(text, text.skip_space(at + 1)) => return at,
            b'#' | b'/' if text.has(at, b"# ") || text.has(at, b"// ") => {
                text.find_either([b'\n'; 2], at, 256)
            }
            // A shell goes on behind the end of a line.
            b'\\' if text.at(at + 1) == b'\n' => Some(at + 2),
            _ => None,
        };
        match end {
            Some(end) => at = skip_comments(text, end),
            None => return at,
        }
    }
}

/// Whether a name is set: `SET name`.
fn is_set(before: &[u8]) -> bool {
    let before = before.trim_ascii_end();
    let word = &before[before.len().saturating_sub(3)..];
    is_any(word, &["SET"]) && !before[..before.len() - word.len()].last().is_some_and(|byte| is_name(*byte))
}

/// Whether a name stands where one in a list does: first on its line, or behind a bracket or comma.
fn is_listed(before: &[u8]) -> bool {
    matches!(before.trim_ascii_end(), [] | [.., b'(' | b','])
}

/// Behind a sign or a short word too many, and the blanks after it.
fn stray_end(text: &Text<'_>, at: usize) -> Option<usize> {
    let end = match text.at(at) {
        b',' | b';' | b'(' | b')' | b'.' | b'&' => at + 1,
        // The end of a comment that does not begin.
        b'*' if text.at(at + 1) == b'/' => at + 2,
        _ if text.at(at - 1) == b'\n' => at,
        _ => text.word_end(at),
    };
    // The scheme of a URL is none.
    let stray = end > at && end - at <= LONGEST_STRAY && !text.has(end, b"://");
    stray.then(|| skip_remarks(text, end))
}

/// Where a literal stands on the next line, or behind a comment, that ends an entry or what is set, and is no name: the sign
/// before it is missing.
fn next_literal(text: &Text<'_>, quote: usize, set: bool) -> Option<usize> {
    let next = skip_comments(text, quote);
    let between = text.slice(quote..next);
    if text.at(next) != b'\'' || memchr::memchr2(b'\n', b'/', between).is_none() {
        return None;
    }
    let literal = text.literal(next).filter(|literal| literal.closed)?;
    let behind = text.at(skip_comments(text, literal.end));
    (matches!(behind, b')' | b';' | b',') || (set && behind == 0)).then_some(next)
}

/// Where the literal stands that is set, behind something else than a sign, if the statement ends with it.
fn behind_stray(text: &Text<'_>, quote: usize) -> Option<usize> {
    let next = stray_end(text, skip_remarks(text, quote))?;
    let literal = text.literal(next).filter(|literal| literal.closed && text.at(next) == b'\'')?;
    // A prefix is no word by itself.
    let apart = !is_name(text.at(next - 1));
    (apart && matches!(text.at(text.skip_blank(literal.end)), b';' | 0)).then_some(next)
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
