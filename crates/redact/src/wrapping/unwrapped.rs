//! Statements of other kinds, read as they are meant: without what stands before each of their lines, and without the string
//! that they stand in.

use crate::edit::{Edits, holds_mask};
use crate::seen::Seen;
use crate::sql::keyword::statement_begins;
use crate::sql::lex::{Text, is_word};
use crate::statement::follows::ends_with_list_word;
use crate::statement::opened::is_value;
use crate::statement::recognise::is_any;
use crate::statement::resync::begins_other;
use crate::statement::words::is_verb;
use crate::value::listed::look_within;
use crate::wrapping::entity::is_escaped_for_xml;
use crate::wrapping::is_encoded;
use crate::wrapping::lines::{behind_alike, is_sentence, line_start, said};
use crate::wrapping::records::Records;
use crate::wrapping::shell::any_shell_quote;
use crate::wrapping::view::View;

/// How long a statement may be, with what stands before its lines.
const LONGEST: usize = COPIED << 6;
/// How much of one is copied at first.
const COPIED: usize = 512;
/// How long a literal may be.
const LONGEST_LITERAL: usize = 8192;
/// How far before a list the word stands that it belongs to.
const LONGEST_MARGIN: usize = 128;
/// How many lines stand before the list of a statement.
const HEAD: usize = 6;
/// Words that a line of a statement begins with.
const CLAUSES: &[&str] = &[
    "AS",
    "COMMENT",
    "DISTRIBUTED",
    "FROM",
    "IF",
    "INPUT",
    "LANGUAGE",
    "LIKE",
    "ON",
    "OPTIONS",
    "OUTPUT",
    "PARTITIONED",
    "SET",
    "USING",
    "WHERE",
    "WITH",
];

/// Masks the statement that begins at `start`, if its next line begins as its own does, or if it stands in a string with
/// escapes. Returns its end.
pub(crate) fn mask(
    text: &Text<'_>,
    floor: usize,
    start: usize,
    seen: &mut Seen,
    edits: &mut Edits,
) -> Option<usize> {
    if seen.unwrapped || start < seen.looked_through.statements {
        return None;
    }
    let before = edits.len();
    if let Some(records) = Records::of(text, start).filter(|records| records.odd)
        && let Some(end) = View::of_records(text, start, records)
            .mask(text, edits, |inner, found| masked(inner, true, found))
        && edits.len() > before
    {
        return Some(end);
    }
    let quoted = is_quoted(text, start);
    let lined = || goes_on(text, start) && !is_inside(text, start);
    if !quoted && !lined() {
        seen.looked_through.statements = text.line_end(start);
        return None;
    }
    let mut length = COPIED;
    loop {
        let (limit, cut) = (start + length, length < LONGEST);
        let of_string = if quoted { View::of_string(text, floor, start, limit, cut) } else { None };
        let (view, quoted) = match of_string {
            Some(view) => (view, true),
            // What stands before it on its line has quotes.
            None if !quoted || lined() => (View::of_lines(text, floor, start, limit, cut)?, false),
            None => return None,
        };
        let mut settled = true;
        let end = view.mask(text, edits, |inner, found| {
            let end = masked(inner, quoted, found);
            settled = inner.is_settled();
            end
        });
        if settled {
            // All that begins in it was looked at.
            if end.is_none() {
                seen.looked_through.statements = view.source(view.text().len());
            }
            return end;
        }
        edits.truncate(before);
        length *= 4;
    }
}

/// The same for a SET that may be none: only if something in it is masked, or was.
pub(crate) fn mask_set(
    text: &Text<'_>,
    floor: usize,
    start: usize,
    seen: &mut Seen,
    edits: &mut Edits,
) -> Option<usize> {
    let before = edits.len();
    let end = mask(text, floor, start, seen, edits)?;
    if edits.len() > before || holds_mask(text.slice(start..end)) {
        return Some(end);
    }
    // All that begins in it was looked at: there may be many.
    seen.looked_through.statements = end;
    None
}

/// Masks the statement with which a text begins, if it has more than one line or is `quoted`. Returns its end.
fn masked(text: &Text<'_>, quoted: bool, edits: &mut Edits) -> Option<usize> {
    let mut scan = Scan::default();
    let ended = scan.advance(text);
    if !quoted && memchr::memchr(b'\n', text.slice(0..scan.at)).is_none() {
        return None;
    }
    let mut seen = Seen::default();
    seen.unwrapped = true;
    let alone = Text::new(text.slice(0..scan.at), true);
    let text = if scan.broken_off { &alone } else { text };
    let end = look_within(text, 0, 0..scan.at, &[], &mut seen, edits);
    match ended || !(scan.unclosed || scan.depth > 0) {
        true => Some(end.max(scan.at)),
        // What it stands in ends too early: the rest is looked at as it stands.
        false => edits.as_slice().last().map(|last| last.range.end),
    }
}

/// Whether a statement begins in a string, of which there may be one for each line, or behind another statement.
fn is_inside(text: &Text<'_>, start: usize) -> bool {
    let before = text.slice(line_start(text, start)..start);
    memchr::memchr_iter(b'"', before).count() % 2 == 1 || before.split(|byte| !is_word(*byte)).any(is_verb)
}

/// Whether a statement stands in a string in which quotes are escaped, or its quotes are encoded.
fn is_quoted(text: &Text<'_>, start: usize) -> bool {
    let before = text.slice(line_start(text, start)..start);
    memchr::memchr2(b'"', b'\'', before).is_some()
        || is_encoded(text, start)
        || text.find_either([b'\'', b'&'], start, COPIED).is_some_and(|quote| match text.at(quote) {
            b'&' => is_escaped_for_xml(text.ahead(quote, COPIED)),
            _ => text.at(quote - 1) == b'\\' || any_shell_quote(text, quote).is_some(),
        })
}

/// Whether a statement goes on behind its line.
fn goes_on(text: &Text<'_>, start: usize) -> bool {
    let Some(end) = text.find_either([b'\n'; 2], start, LONGEST) else { return false };
    let line = text.slice(start..end);
    let ended = line.trim_ascii_end();
    let paired = memchr::memchr_iter(b'\'', line).count().is_multiple_of(2);
    if paired && ended.ends_with(b"')") {
        return false;
    }
    if !paired || !ended.ends_with(b")") {
        let mut scan = Scan::default();
        if scan.advance(&Text::new(line, true)) {
            return false;
        }
        if scan.is_open() {
            return true;
        }
    }
    behind_alike(text, start, end + 1)
        .is_none_or(|next| is_part(text, line, next) && !begins_other(text, next))
}

/// What is known of a statement up to a position.
#[derive(Default)]
struct Scan {
    at: usize,
    depth: i32,
    /// How many of the open brackets are braces: a list may be a document of JSON.
    braces: i32,
    listed: bool,
    literals: usize,
    lines: usize,
    /// A literal has no end, as far as that was looked for.
    unclosed: bool,
    /// A sentence follows, and the rest is lost.
    broken_off: bool,
}

impl Scan {
    /// Goes on to the end of the statement, or of the text; whether the statement ended.
    fn advance(&mut self, text: &Text<'_>) -> bool {
        while self.at < text.len() {
            if text.has(self.at, b"/*+") {
                self.at += 3;
                continue;
            }
            if let Some((end, closed)) = text.comment(self.at) {
                self.at = if closed { end } else { self.at + 2 };
                continue;
            }
            match text.at(self.at) {
                quote @ (b'\'' | b'"' | b'`') => {
                    self.literals += usize::from(quote == b'\'');
                    let end = literal_end(text, self.at);
                    self.unclosed = end.is_none();
                    self.at = end.unwrap_or(self.at + 1);
                    continue;
                }
                b'(' => (self.depth, self.listed) = (self.depth + 1, true),
                b'{' if self.braces > 0 || is_announced(text, self.at) => {
                    (self.depth, self.braces, self.listed) = (self.depth + 1, self.braces + 1, true);
                }
                b'}' if self.braces > 0 => (self.depth, self.braces) = (self.depth - 1, self.braces - 1),
                b')' => self.depth -= 1,
                b';' if self.depth <= 0 || ends_line(text, self.at + 1) => {
                    self.at += 1;
                    return true;
                }
                b'\n' => {
                    self.lines += 1;
                    // An empty line may stand between two clauses, and does where each line is a string of its own.
                    let line = self.at + 1 + usize::from(text.at(self.at + 1) == b'\n');
                    if (self.unclosed || self.depth > 0) && is_sentence(said(text, line)) {
                        self.broken_off = true;
                        return true;
                    }
                    if begins_other(text, line) && !is_announced(text, text.skip_space(line))
                        || !self.is_open() && !is_part(text, text.slice(0..self.at), line)
                    {
                        return true;
                    }
                }
                _ => {}
            }
            self.at += 1;
        }
        false
    }

    /// Whether it has not ended.
    fn is_open(&self) -> bool {
        self.unclosed || self.depth > 0 || (!self.listed && self.lines <= HEAD && self.literals < 2)
    }
}

/// Whether the word before a brace is one that a list stands behind.
fn is_announced(text: &Text<'_>, at: usize) -> bool {
    text.at(at) == b'{' && ends_with_list_word(text.slice(at.saturating_sub(LONGEST_MARGIN)..at))
}

/// Where the literal ends that begins at a quote, if no statement begins in it.
fn literal_end(text: &Text<'_>, open: usize) -> Option<usize> {
    let quote = text.at(open);
    let mut at = open + 1;
    while let Some(sign) = text.find_either([quote, b'\n'], at, LONGEST_LITERAL) {
        at = match (text.at(sign), text.at(sign + 1)) {
            (b'\n', _) if statement_begins(text, text.skip_space(sign + 1)) => return None,
            (b'\n', _) => sign + 1,
            (_, next) if next == quote => sign + 2,
            _ => return Some(sign + 1),
        };
    }
    None
}

/// Whether a line may be a part of the statement before it, which seems to have ended.
fn is_part(text: &Text<'_>, before: &[u8], line: usize) -> bool {
    let start = text.skip_space(line);
    let word = text.slice(start..text.word_end(start));
    let sign = text.at(start);
    matches!(sign, b'\'' | b'(' | b')' | b',' | b'=' | b';' | b':')
        || (!sign.is_ascii_alphanumeric() && text.comment(start).is_some())
        || before.trim_ascii_end().ends_with(b"=")
        || (is_any(word, CLAUSES) && !is_any(&before[..before.len().min(3)], &["SET"]))
        || is_value(text, start)
}

/// Whether nothing else stands on a line.
pub(crate) fn ends_line(text: &Text<'_>, at: usize) -> bool {
    matches!(text.at(text.skip_space(at)), 0 | b'\r' | b'\n')
}

#[cfg(test)]
mod tests {
    use crate::expect::redacted_for_good as check;

    #[test]
    fn lines_of_other_statements_may_have_a_prefix() {
        check(
            "2026-01-11T09:16:24.134Z INFO [a] SET 'client.aws-session-token =\n2026-01-11T09:16:24.134Z INFO [a] 'made-up';\n2026-01-11T09:16:24.135Z INFO [b] done\n",
            "2026-01-11T09:16:24.134Z INFO [a] SET 'client.aws-session-token =\n2026-01-11T09:16:24.134Z INFO [a] '<REDACTED>';\n2026-01-11T09:16:24.135Z INFO [b] done\n",
        );
    }
}
