//! What a log puts before and behind the parts of a statement.

use super::LONGEST_LINE;
use super::progress::begins_clause;
use super::shape::{behind_fields, fields, have_one_shape, is_distinct};
use crate::sql::keyword::starts_statement;
use crate::sql::lex::{Text, is_blank, is_name};
use crate::wrapping::lines::line_start;
use std::ops::Range;

/// How many lines a literal or a comment goes on for.
const MOST_GOING_ON: usize = 24;
/// How long the name of a field of a record is.
const LONGEST_LABEL: usize = 48;
/// The sign of a line that goes on, and of the edge of a window.
const RETURN: &[u8] = "↵".as_bytes();
const EDGE: &[u8] = "│".as_bytes();

/// What stands before the parts of a statement.
pub(super) enum Layout<'a> {
    /// The name of a field, its sign and a quotation mark: `msg="`, `"log": "`.
    Label(&'a [u8]),
    /// A cell of a table, between two bars.
    Cell(Cell),
    /// Words of a shape, and perhaps one behind what is said.
    Fields(&'a [u8], Option<&'a [u8]>),
}

/// The place of a cell in each of the lines of a table: masks move the bars, and values may hold some.
pub(super) struct Cell {
    bar: &'static [u8],
    /// How many bars stand before and behind it.
    before: usize,
    behind: usize,
    /// Words are broken where a line ends.
    pub(super) hard: bool,
}

impl Cell {
    /// The cell that a statement begins in.
    fn of(text: &Text<'_>, start: usize) -> Option<Self> {
        let line = line_start(text, start);
        let said = text.slice(line..line_end(text, start)).trim_ascii_end();
        let bar = [&b"|"[..], EDGE].into_iter().find(|bar| said.starts_with(bar) && said.ends_with(bar))?;
        let before = bars(&said[..start - line], bar).count();
        let behind = bars(&said[start - line..], bar).count();
        let cell = Self { bar, before, behind, hard: false };
        let next = line_end(text, start) + 1;
        let last = |line: usize| cell.place(text, line_end(text, line) + 1).is_none();
        let hard = cell.is_full(text, line)
            && cell.place(text, next).is_some()
            && (cell.is_full(text, next) || last(next));
        Some(Self { hard, ..cell })
    }

    /// Where the cell stands on a line.
    fn place(&self, text: &Text<'_>, line: usize) -> Option<Range<usize>> {
        let end = line_end(text, line);
        let said = text.slice(line..end).trim_ascii_end();
        if !said.starts_with(self.bar) {
            return None;
        }
        if !said.ends_with(self.bar) {
            // The text is cut there.
            let open = bars(said, self.bar).nth(self.before - 1)? + self.bar.len() + 1;
            return (end == text.len() && open <= said.len()).then(|| line + open..line + said.len());
        }
        let all: Vec<_> = bars(said, self.bar).collect();
        let close = *all.get(all.len().checked_sub(self.behind)?)?;
        let open = all.get(self.before - 1)? + self.bar.len() + 1;
        (open <= close).then(|| line + open..line + close)
    }

    /// Whether no blank but one stands at the end of the cell.
    fn is_full(&self, text: &Text<'_>, line: usize) -> bool {
        let blank = |place| text.slice(place).iter().rev().take_while(|byte| **byte == b' ').count();
        self.place(text, line).is_some_and(|place| blank(place) < 2)
    }
}

/// Where bars stand on a line.
fn bars(said: &[u8], bar: &'static [u8]) -> impl Iterator<Item = usize> {
    memchr::memmem::find_iter(said, bar)
}

impl<'a> Layout<'a> {
    /// The layout of the line that a statement begins in.
    pub(super) fn of(text: &Text<'a>, start: usize) -> Option<Self> {
        let before = without_statement(text.slice(line_start(text, start)..start));
        if let Some(cell) = Cell::of(text, start) {
            return Some(Self::Cell(cell));
        }
        if let Some(label) = label(before) {
            return Some(Self::Label(label));
        }
        fields(before).any(is_distinct).then(|| Self::Fields(before, last_field(text, before, start)))
    }

    /// What belongs to the statement of the line that it begins in.
    pub(super) fn first(&self, text: &Text<'_>, start: usize) -> Option<Range<usize>> {
        let end = match self {
            Self::Cell(cell) => cell.place(text, line_start(text, start))?.end,
            _ => line_end(text, start),
        };
        self.without_end(text, start..end)
    }

    /// What stands in the same place of another line.
    pub(super) fn next(&self, text: &Text<'_>, line: usize) -> Option<Range<usize>> {
        let end = line_end(text, line);
        let place = match self {
            Self::Label(label) => {
                line + memchr::memmem::find(text.slice(line..end), label)? + label.len()..end
            }
            Self::Cell(cell) => cell.place(text, line)?,
            Self::Fields(first, _) => behind_fields(text, first, line, end)?..end,
        };
        self.without_end(text, place)
    }

    /// A place without what is put behind what is said there.
    fn without_end(&self, text: &Text<'_>, place: Range<usize>) -> Option<Range<usize>> {
        let said = text.slice(place.clone());
        let length = match self {
            Self::Label(_) => string_end(said)?,
            Self::Cell(_) => said.trim_ascii_end().len(),
            Self::Fields(_, last) => {
                let said = without_end(said);
                last.and_then(|last| without_last(said, last)).unwrap_or(said).len()
            }
        };
        Some(place.start..place.start + length)
    }

    /// Whether one of the next lines of this layout holds one of the signs where a literal or a comment can end.
    pub(super) fn goes_on_to(&self, text: &Text<'_>, line: usize, signs: &[u8]) -> bool {
        let mut line = line;
        for _ in 0..MOST_GOING_ON {
            // A comment may be cut.
            let Some(end) = text.find_either([b'\n'; 2], line, LONGEST_LINE) else { return signs.len() > 1 };
            line = end + 1;
            let said = self.next(text, line).map_or(&[][..], |part| text.slice(part));
            if let Some(at) = memchr::memmem::find(said, signs) {
                let behind = said[at + signs.len()..].trim_ascii_start();
                return signs.len() > 1
                    || behind.first().is_none_or(|byte| b",);='-/".contains(byte))
                    || begins_clause(behind);
            }
        }
        false
    }
}

/// What stands before a statement without another one that ends there.
fn without_statement(before: &[u8]) -> &[u8] {
    if !before.trim_ascii_end().ends_with(b";") {
        return before;
    }
    let begins = |at: &usize| (*at == 0 || is_blank(before[at - 1])) && starts_statement(&before[*at..]);
    let statement = (0..before.len()).find(begins);
    statement.map_or(before, |statement| &before[..statement])
}

/// The end of a line, as far as it is looked for.
fn line_end(text: &Text<'_>, line: usize) -> usize {
    text.find_either([b'\n'; 2], line, LONGEST_LINE).unwrap_or(text.len().min(line + LONGEST_LINE))
}

/// The name of the field in whose string a text ends, with its sign and the quotation mark.
fn label(before: &[u8]) -> Option<&[u8]> {
    let mark = memchr::memrchr(b'"', before)?;
    let sign = before[..mark].trim_ascii_end();
    if !matches!(sign.last(), Some(b':' | b'=')) || memchr::memchr2(b'\'', b'`', &before[mark..]).is_some() {
        return None;
    }
    let name = sign[..sign.len() - 1].trim_ascii_end();
    let near = &name[name.len().saturating_sub(LONGEST_LABEL)..];
    let length = near.iter().rev().take_while(|byte| is_name(**byte) || **byte == b'"').count();
    (length > 1).then(|| &before[name.len() - length..mark + 1])
}

/// The length of what stands before the quotation mark that ends a string.
fn string_end(said: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        at += memchr::memchr2(b'"', b'\\', said.get(at..)?)?;
        if said[at] == b'"' {
            return Some(at);
        }
        at += 2;
    }
}

/// What a line says without what terminals and windows put behind it.
fn without_end(said: &[u8]) -> &[u8] {
    let edge = memchr::memmem::find_iter(said, EDGE).find(|at| said[..*at].ends_with(b" "));
    let mut said = said[..edge.unwrap_or(said.len())].trim_ascii_end();
    loop {
        let shorter = said.strip_suffix(b"\x1b[K").or_else(|| said.strip_suffix(b"\x1b[0m"));
        let Some(shorter) = shorter.or_else(|| said.strip_suffix(RETURN)) else { return said };
        said = shorter.trim_ascii_end();
    }
}

/// The last field of a line, if the next two end with one of the same shape that is no part of a statement.
fn last_field<'a>(text: &Text<'a>, before: &[u8], start: usize) -> Option<&'a [u8]> {
    let mut end = line_end(text, start);
    let last = without_end(text.slice(start..end)).rsplit(|byte| is_blank(*byte)).next()?;
    let is_one = last.iter().any(|byte| b"[]{}()=".contains(byte))
        && last.iter().any(u8::is_ascii_alphanumeric)
        && memchr::memchr3(b'\'', b'"', b'`', last).is_none();
    if !is_one {
        return None;
    }
    for _ in 0..2 {
        let line = end + 1;
        end = line_end(text, line);
        let from = behind_fields(text, before, line, end)?;
        without_last(without_end(text.slice(from..end)), last)?;
    }
    Some(last)
}

/// What is said before a last field of the same shape as another.
fn without_last<'a>(said: &'a [u8], last: &[u8]) -> Option<&'a [u8]> {
    let blank = said.iter().rposition(|byte| is_blank(*byte)).map_or(0, |blank| blank + 1);
    have_one_shape(&said[blank..], last, false).then(|| said[..blank].trim_ascii_end())
}
