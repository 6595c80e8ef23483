//! Statements that stand inside of something else: a JSON string, a shell command, a diff, a quotation.
//!
//! They are read as they are meant, in a copy without the wrapping that knows where every byte came from.

use crate::edit::Edits;
use crate::ending::continues;
use crate::lex::{Text, is_name, is_single_quote, quote_length, separator};
use crate::lines::{behind_mark, colour, line_start, next_part, next_record, repeated_prefix, shell_quote};
use crate::masks::Source;
use crate::resync::begins_other;
use crate::spelling::Spelling;
use crate::wrapping::{
    Layer, SPLICED, ends_string, entity, escape, highlight, is_encoded, is_escaped_for_xml, is_wrapped,
    layer, level, line_break, percent, piped,
};
use lockkeeper_model::MASK;
use std::ops::Range;

/// How long a line is that is left out.
const LONGEST_LINE: usize = 2048;
/// Within how much the first words of a statement stand.
const FIRST_WORDS: usize = 256;
/// The same where every sign may take nine bytes.
const FIRST_ENCODED: usize = 9 * FIRST_WORDS;

/// A statement without its wrapping.
pub(crate) struct View {
    layer: Layer,
    /// Where the copy begins in the source.
    start: usize,
    bytes: Vec<u8>,
    starts: Vec<u32>,
    ends: Vec<u32>,
    /// Where the copy ends in the source.
    end: usize,
    /// Whether it goes on there.
    is_cut: bool,
    spelling: Spelling,
    /// How quotes are written, if more than once each.
    repeated: Option<Repeated>,
    /// How many backslashes stand before the quotation mark of the string: a string inside of a string has some.
    level: usize,
}

/// A quote of which so many stand for one; a single one behind a position ends all.
struct Repeated {
    quote: u8,
    run: usize,
    behind: usize,
}

impl View {
    /// Copies the statement that begins at `start`, if it is wrapped, up to `limit`; its line begins at `floor`.
    pub(crate) fn of(text: &Text<'_>, floor: usize, start: usize, limit: usize) -> Option<Self> {
        let layer = layer(text, floor, start)?;
        let level = level(text.slice(floor..start));
        Some(Self::up_to(layer, level, text, start, limit).cut_if(true, limit))
    }

    /// Copies the beginning of the statement that the word which begins at `start` stands in, if it is encoded as in a URL
    /// or in XML: of what may be its first words, an n-th.
    pub(crate) fn of_encoded(text: &Text<'_>, floor: usize, start: usize, part: usize) -> Option<Self> {
        let limit = start + FIRST_ENCODED / part;
        if memchr::memchr(b'<', text.slice(floor..start)).is_some()
            && is_escaped_for_xml(text.ahead(start, 4096))
        {
            return Some(Self::up_to(Layer::Entities(false), 0, text, start, limit).cut_if(part > 1, limit));
        }
        let begins = |byte: &u8| *byte <= b' ' || matches!(byte, b'=' | b'&' | b'?' | b'"' | b'\'' | b'`');
        let before = text.slice(floor.max(start.saturating_sub(1024))..start);
        (is_encoded(text, start) || before.ends_with(b"%20") || before.ends_with(b"%2520")).then(|| {
            let begin = start - before.iter().rev().take_while(|byte| !begins(byte)).count();
            Self::up_to(Layer::Percent, 0, text, begin, limit).cut_if(part > 1, limit)
        })
    }

    /// Copies what begins at `start` as far as a glimpse reaches, or an n-th of that, if anything in it is encoded or
    /// marked.
    pub(crate) fn glimpse(text: &Text<'_>, start: usize, part: usize) -> Option<Self> {
        let limit = start + 3 * FIRST_WORDS / part;
        is_wrapped(text, start..start + text.ahead(start, FIRST_WORDS).len())
            .then(|| Self::up_to(Layer::Any, 0, text, start, limit).cut_if(part > 1, limit))
    }

    /// Copies what begins at `start` and ends at `end` at the latest, if anything in it is encoded or marked, up to
    /// `limit`.
    pub(crate) fn of_any(text: &Text<'_>, start: usize, end: usize, limit: usize) -> Option<Self> {
        let until = end.min(limit);
        is_wrapped(text, start..until)
            .then(|| Self::up_to(Layer::Any, 0, text, start, until).cut_if(limit < end, limit))
    }

    /// Copies what stands around a name whose quotes are written more than once each, as in a literal of SQL or in CSV.
    pub(crate) fn of_repeated(text: &Text<'_>, start: usize, name: Range<usize>, end: usize) -> Option<Self> {
        let quote = text.at(name.end);
        if !matches!(quote, b'\'' | b'"') {
            return None;
        }
        let count =
            |quotes: &mut dyn Iterator<Item = &u8>| quotes.take(9).take_while(|byte| **byte == quote).count();
        let before = count(&mut text.slice(start..name.start).iter().rev());
        let run = count(&mut text.ahead(name.end, 9).iter());
        if !(2..9).contains(&run) || before != run {
            return None;
        }
        let repeated = Some(Repeated { quote, run, behind: name.end });
        let view = Self { repeated, ..Self::empty(Layer::Any, 0, text, start) };
        Some(view.copied(text, end))
    }

    /// Whether the statement that begins at `start` stands in a string with escapes.
    pub(crate) fn is_in_string(text: &Text<'_>, floor: usize, start: usize) -> bool {
        matches!(layer(text, floor, start), Some(Layer::Escaped(Some(_))))
    }

    fn up_to(layer: Layer, level: usize, text: &Text<'_>, start: usize, limit: usize) -> Self {
        Self::empty(layer, level, text, start).copied(text, limit)
    }

    /// Notes whether the copy goes on behind its limit.
    fn cut_if(self, goes_on: bool, limit: usize) -> Self {
        Self { is_cut: goes_on && self.end >= limit, ..self }
    }

    fn empty(layer: Layer, level: usize, text: &Text<'_>, start: usize) -> Self {
        let (bytes, starts, ends) = (Vec::new(), Vec::new(), Vec::new());
        let spelling = Spelling::of(text, start);
        let (end, is_cut, repeated) = (start, false, None);
        Self { layer, start, bytes, starts, ends, end, is_cut, spelling, repeated, level }
    }

    fn copied(mut self, text: &Text<'_>, limit: usize) -> Self {
        let mut at = self.start;
        loop {
            let rest = text.slice(at..limit);
            let plain = rest.iter().take_while(|byte| is_plain(**byte)).count();
            self.bytes.extend_from_slice(&rest[..plain]);
            self.starts.extend((at..at + plain).map(|at| at as u32));
            self.ends.extend((at..at + plain).map(|at| at as u32 + 1));
            at += plain;
            if at >= limit {
                break;
            }
            let Some((byte, next)) = self.step(text, at) else { break };
            if let Some(byte) = byte {
                self.bytes.push(byte);
                self.starts.push(at as u32);
                self.ends.push(next as u32);
            }
            at = next;
        }
        self.end = at;
        self
    }

    /// Whether the quotation mark behind the backslashes that begin here ends the string.
    fn ends_inner(&self, text: &Text<'_>, at: usize) -> bool {
        let count = text.ahead(at, self.level + 1).iter().take_while(|byte| **byte == b'\\').count();
        self.level > 0 && count == self.level && text.at(at + count) == b'"'
    }

    /// Whether the line of the beginning has a mark of a diff before it. What begins behind the mark, and not with it or
    /// further on, has a layer of its own.
    fn is_marked(&self, text: &Text<'_>, mark: u8) -> bool {
        let line = line_start(text, self.start);
        text.at(line) == mark && (self.start == line || text.skip_space(line + 1) < self.start)
    }

    /// Whether the wrapping ends before the text does, so that a literal may go on behind it.
    pub(crate) fn may_go_on(&self, text: &Text<'_>) -> bool {
        match self.layer {
            _ if self.is_cut => false,
            Layer::Marked(_) => {
                text.at(self.end) == b'\n' && !matches!(self.bytes.trim_ascii_end().last(), Some(b')' | b';'))
            }
            // Rather the end of a key, whose first quote stands there twice, or without its backslash, by mistake.
            Layer::Escaped(Some(b'"')) => {
                let next = text.skip_space(self.end + 1);
                text.at(next) == b'='
            }
            Layer::Doubled(_) => {
                let next = text.skip_blank(self.end + 1);
                separator(text, next) > next || text.at(next) == b'\''
            }
            _ => false,
        }
    }

    /// The statement and what follows it inside of the wrapping.
    pub(crate) fn text(&self) -> Text<'_> {
        Text::new(&self.bytes, !self.is_cut)
    }

    /// Where a position of the copy stands in the source.
    pub(crate) fn source(&self, position: usize) -> usize {
        self.starts.get(position).map_or(self.end, |start| *start as usize)
    }

    /// The position of the copy that stands for one of the source.
    pub(crate) fn position(&self, source: usize) -> usize {
        self.starts.partition_point(|start| (*start as usize) < source)
    }

    /// Masks in the copy, and brings what was found into the source; returns the end there.
    pub(crate) fn mask(
        &self,
        text: &Text<'_>,
        edits: &mut Edits,
        mask: impl FnOnce(&Text<'_>, &mut Edits) -> Option<usize>,
    ) -> Option<usize> {
        let mut found = Edits::default();
        let end = mask(&self.text(), &mut found)?;
        self.carry(text, &found, edits);
        Some(self.source(end))
    }

    /// Brings edits of the copy into the source.
    fn carry(&self, text: &Text<'_>, found: &Edits, edits: &mut Edits) {
        for edit in found.as_slice() {
            let range = self.source(edit.range.start)..self.ends[edit.range.end - 1] as usize;
            // Behind the prefix of a literal.
            let quote = (edit.range.start..edit.range.end).find(|at| self.bytes[*at] == b'\'');
            let quote = quote.map_or(range.start, |at| self.source(at));
            let layer = match &self.repeated {
                None => self.layer,
                Some(Repeated { quote: b'\'', run: 2, .. }) => Layer::Doubled(2),
                Some(_) => Layer::Doubled(0),
            };
            let source = Source { text, range: range.clone(), quote, spelling: &self.spelling };
            let with = source.written(layer, edit.with);
            edits.push(range, with, edit.rule);
        }
    }

    /// Reads one byte of the statement: what it stands for, and where the next begins. `None` where it ends.
    fn step(&self, text: &Text<'_>, at: usize) -> Option<(Option<u8>, usize)> {
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
                        && let Some(end) = shell_quote(text, at) =>
                {
                    Some((Some(byte), end))
                }
                b'\'' if self.spelling.shell > 0 => None,
                _ if quote == Some(byte)
                    && let Some(next) = next_part(text, at) =>
                {
                    Some((Some(b'\n'), next))
                }
                b'"' if quote == Some(b'"') && ends_string(text, at + 1) => {
                    next_record(text, self.start, at).map(|next| (Some(b'\n'), next))
                }
                b'\'' if quote == Some(b'\'') => None,
                b'\n' if begins_other(text, at + 1) && !continues(text, self.start, at + 1) => None,
                b'\\' if quote.is_some() && self.ends_inner(text, at) => None,
                b'\\' => Some(escape(text, at, self.spelling.slashed || quote == Some(b'\''))),
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
                b'\n' if begins_other(text, at + 1) && !continues(text, self.start, at + 1) => None,
                b'\n' => {
                    let prefix = repeated_prefix(text, self.start, at + 1);
                    // A diff marks each line.
                    let marked =
                        matches!(text.at(at + 1), b'+' | b'-') && self.is_marked(text, text.at(at + 1));
                    let mark = || if marked { at + 2 } else { behind_mark(text, at + 1) };
                    let behind = prefix.unwrap_or_else(mark);
                    // A line of a compiler that points at the one before.
                    let sign = text.skip_space(behind);
                    let points = text.at(sign) == b'^' && !is_name(text.at(sign + 1));
                    let next = if points { text.find_either([b'\n'; 2], behind, LONGEST_LINE) } else { None };
                    Some((Some(byte), next.unwrap_or(behind)))
                }
                0x1b => Some((None, colour(text, at).unwrap_or(at + 1))),
                // As syslog and `cat -A` have line breaks.
                b'#' if text.has(at, b"#012") => Some((Some(b'\n'), at + 4)),
                b'#' if text.has(at, b"#015") => Some((Some(b'\r'), at + 4)),
                b'#' if text.has(at, b"#011") => Some((Some(b'\t'), at + 4)),
                b'$' if text.at(at + 1) == b'\n' => Some((None, at + 1)),
                b'<' if let Some(end) = highlight(text, at) => Some((None, end)),
                b'<' if let Some(end) = line_break(text, at) => Some((Some(b'\n'), end)),
                b'=' if self.spelling.printable && text.has(at + 1, b"3D") => Some((Some(byte), at + 3)),
                b'=' if self.spelling.printable && text.at(at + 1) == b'\n' => Some((None, at + 2)),
                0x80.. if text.wide_blank(at) > 0 && !text.has(at, b"\xe2\x80\x8b") => {
                    Some((Some(b' '), at + text.wide_blank(at)))
                }
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
                    _ => None,
                },
                _ => Some((Some(byte), at + 1)),
            },
            Layer::Marked(mark) => {
                if byte != b'\n' || text.at(at + 1) == 0 {
                    return Some((Some(byte), at + 1));
                }
                let line = text.skip_space(at + 1);
                let diff = matches!(mark, b'+' | b'-');
                match text.at(line) {
                    found if found == mark || (diff && matches!(found, b'+' | b'-')) => {
                        // The line break stands for itself and the marks: quotations have more than one.
                        let mut end = line + 1;
                        while mark == b'>' && text.at(text.skip_space(end)) == mark {
                            end = text.skip_space(end) + 1;
                        }
                        while matches!(mark, b'-' | b'+') && text.at(end) == mark {
                            end += 1;
                        }
                        Some((Some(b'\n'), end))
                    }
                    _ if diff && text.at(at + 1) == b' ' => Some((Some(b'\n'), at + 1)),
                    _ => None,
                }
            }
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
                0..=b' ' | b'"' | b'&' | b'<' | b'>' | b'`' => None,
                _ => Some((Some(byte), at + 1)),
            },
        }
    }
}

/// What stands for itself in every layer.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'_' | b'-' | b'.' | b',' | b':' | b';' | b'(' | b')' | b'/')
}

#[cfg(test)]
mod tests;
