//! Statements that stand inside of something else: a JSON string, a shell command, a diff, a quotation.
//!
//! They are read as they are meant, in a copy without the wrapping that knows where every byte came from.

use crate::edit::Edits;
use crate::sql::lex::{Text, separator};
use crate::wrapping::entity::is_escaped_for_xml;
use crate::wrapping::lines::behind_alike;
use crate::wrapping::masks::Source;
use crate::wrapping::records::Records;
use crate::wrapping::spelling::Spelling;
use crate::wrapping::{Layer, character, is_encoded, is_wrapped, layer, level};
use std::ops::Range;
use step::is_plain;

mod step;

/// Within how much the first words of a statement stand.
const FIRST_WORDS: usize = 256;
/// How far before a word where signs are encoded those stand that belong to it.
const BEFORE_ENCODED: usize = 384;
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
    /// What stands between its parts, if those stand apart.
    records: Option<Records>,
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
        Some(Self::inside(layer(text, floor, start)?, text, floor..start, limit, true))
    }

    /// Copies the statement that begins at `start` up to `limit`, if it stands in a string with escapes, or its signs are
    /// encoded; its line begins at `floor`; `goes_on`: more may follow.
    pub(crate) fn of_string(
        text: &Text<'_>,
        floor: usize,
        start: usize,
        limit: usize,
        goes_on: bool,
    ) -> Option<Self> {
        let is_one = |layer: &Layer| {
            matches!(
                layer,
                Layer::Escaped(Some(_))
                    | Layer::Shell
                    | Layer::Entities(_)
                    | Layer::Percent
                    | Layer::Piped
                    | Layer::Doubled(_)
            )
        };
        let layer = layer(text, floor, start).filter(is_one)?;
        Some(Self::inside(layer, text, floor..start, limit, goes_on))
    }

    /// Copies the statement that begins at `start` up to `limit`, if something stands before each of its lines, the first of which
    /// begins at `floor`; `goes_on`: more may follow.
    pub(crate) fn of_lines(
        text: &Text<'_>,
        floor: usize,
        start: usize,
        limit: usize,
        goes_on: bool,
    ) -> Option<Self> {
        let next = text.find_either([b'\n'; 2], start, limit - start)? + 1;
        let layer = match layer(text, floor, start) {
            Some(layer @ (Layer::Marked(_) | Layer::Commented)) => layer,
            _ if behind_alike(text, start, next).is_some() => Layer::Prefixed,
            _ => return None,
        };
        Some(Self::inside(layer, text, floor..start, limit, goes_on))
    }

    /// Copies the statement that begins at `start` up to `limit` from a diff, without the lines that have a mark.
    pub(crate) fn of_version(text: &Text<'_>, start: usize, without: u8, limit: usize) -> Self {
        Self::up_to(Layer::Version(without), 0, text, start, limit)
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
        let before = text.slice(floor.max(start.saturating_sub(BEFORE_ENCODED))..start);
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
        // The literal that the name stands in may begin with it.
        let first = run == 2 && quote == b'\'' && before == run + 1;
        if !(2..9).contains(&run) || before != run && !first {
            return None;
        }
        let start = if first { name.start - run } else { start };
        let repeated = Some(Repeated { quote, run, behind: name.end });
        let view = Self { repeated, ..Self::empty(Layer::Any, 0, text, start) };
        Some(view.copied(text, end))
    }

    /// Copies what stands around a name in a message of TeamCity, behind the quote with which that begins.
    pub(crate) fn of_message(
        text: &Text<'_>,
        floor: usize,
        name: &Range<usize>,
        limit: usize,
    ) -> Option<Self> {
        if !text.has(name.end, b"|'") {
            return None;
        }
        let floor = floor.max(name.start.saturating_sub(BEFORE_ENCODED));
        let before = text.slice(floor..name.start);
        let open = memchr::memrchr_iter(b'\'', before).find(|quote| !before[..*quote].ends_with(b"|"));
        let start = open.map_or(floor, |quote| floor + quote + 1);
        Some(Self::up_to(Layer::Piped, 0, text, start, limit))
    }

    /// Copies the statement that begins at `start` from lines that have something of their own before each, or others between them.
    pub(crate) fn of_records(text: &Text<'_>, start: usize, records: Records) -> Self {
        let (end, layer) = (records.end, Layer::Records(records.in_string));
        Self { records: Some(records), ..Self::empty(layer, 0, text, start) }.copied(text, end)
    }

    /// Whether nothing stands in the copy for what is between its parts.
    fn is_joined(&self) -> bool {
        self.records.as_ref().is_some_and(|records| records.hard)
    }

    /// Whether the statement that begins at `start` stands in a string with escapes.
    pub(crate) fn is_in_string(text: &Text<'_>, floor: usize, start: usize) -> bool {
        matches!(layer(text, floor, start), Some(Layer::Escaped(Some(_))))
    }

    /// Copies what stands in a layer behind `before`, the part of its line before it.
    fn inside(layer: Layer, text: &Text<'_>, before: Range<usize>, limit: usize, goes_on: bool) -> Self {
        let start = before.end;
        Self::up_to(layer, level(text.slice(before)), text, start, limit).cut_if(goes_on, limit)
    }

    fn up_to(layer: Layer, level: usize, text: &Text<'_>, start: usize, limit: usize) -> Self {
        Self::empty(layer, level, text, start).copied(text, limit)
    }

    /// The character beyond ASCII whose escape stands here.
    fn character(&self, text: &Text<'_>, at: usize) -> Option<(char, usize)> {
        matches!(self.layer, Layer::Escaped(_) | Layer::Any).then(|| character(text, at)).flatten()
    }

    /// Notes whether the copy goes on behind its limit.
    fn cut_if(self, goes_on: bool, limit: usize) -> Self {
        Self { is_cut: goes_on && self.end >= limit, ..self }
    }

    fn empty(layer: Layer, level: usize, text: &Text<'_>, start: usize) -> Self {
        let (bytes, starts, ends) = (Vec::new(), Vec::new(), Vec::new());
        let spelling = Spelling::of(text, start);
        let (end, is_cut, repeated, records) = (start, false, None, None);
        Self { layer, start, bytes, starts, ends, end, is_cut, spelling, records, repeated, level }
    }

    fn copied(mut self, text: &Text<'_>, limit: usize) -> Self {
        let size = limit.min(text.len()).saturating_sub(self.start).min(FIRST_ENCODED);
        self.bytes.reserve(size);
        self.starts.reserve(size);
        self.ends.reserve(size);
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
            if let Some((character, next)) = self.character(text, at) {
                for byte in character.encode_utf8(&mut [0; 4]).bytes() {
                    self.bytes.push(byte);
                    self.starts.push(at as u32);
                    self.ends.push(next as u32);
                }
                at = next;
                continue;
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

    /// Whether the wrapping ends before the text does, so that a literal may go on behind it.
    pub(crate) fn may_go_on(&self, text: &Text<'_>) -> bool {
        match self.layer {
            _ if self.is_cut => false,
            Layer::Marked(_) | Layer::Commented => {
                text.at(self.end) == b'\n' && !matches!(self.bytes.trim_ascii_end().last(), Some(b')' | b';'))
            }
            // Rather the end of a key, whose first quote stands there twice, or without its backslash, by mistake.
            Layer::Escaped(Some(b'"')) => {
                let next = text.skip_space(self.end + 1);
                text.at(next) == b'='
            }
            Layer::Doubled(_) => {
                let next = text.skip_blank(self.end + 1);
                let listed = || text.at(next) == b',' && text.has(text.skip_blank(next + 1), b"''");
                separator(text, next) > next || text.at(next) == b'\'' || listed()
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
        let end = self.source(mask(&self.text(), &mut found)?);
        self.carry(text, &found, edits);
        if let Some(records) = &self.records {
            records.mask_gaps(text, end, edits);
        }
        Some(end)
    }

    /// Whether a byte of the copy stands for a line end with what stands before the next line, or for the escape of one.
    fn is_break(&self, text: &Text<'_>, at: usize) -> bool {
        let taken = self.taken(at);
        let slashes = text.slashes(taken.start);
        // The escape of a return before it goes.
        let escaped = matches!(self.layer, Layer::Escaped(_))
            && slashes == self.level + 1
            && (text.at(taken.start + slashes) == b'n' || text.has(taken.start + slashes, b"012"));
        self.bytes[at] == b'\n' && taken.len() > 1 && (escaped || text.slice(taken).contains(&b'\n'))
    }

    /// What of the source a byte of the copy stands for.
    fn taken(&self, at: usize) -> Range<usize> {
        self.starts[at] as usize..self.ends[at] as usize
    }

    /// Brings edits of the copy into the source.
    fn carry(&self, text: &Text<'_>, found: &Edits, edits: &mut Edits) {
        for edit in found.as_slice() {
            let range = self.source(edit.range.start)..self.taken(edit.range.end - 1).end;
            // Behind the prefix of a literal.
            let quote = (edit.range.start..edit.range.end).find(|at| self.bytes[*at] == b'\'');
            let quote = quote.map_or(range.start, |at| self.source(at));
            let layer = match &self.repeated {
                None => self.layer,
                Some(Repeated { quote: b'\'', run: 2, .. }) => Layer::Doubled(2),
                Some(_) => Layer::Doubled(0),
            };
            let source = Source { text, range: range.clone(), quote, spelling: &self.spelling };
            let mut with = source.written(layer, edit.with);
            // Line ends and what stands before the lines stay.
            let mut start = range.start;
            let breaks = edit.range.clone().filter(|at| self.is_break(text, *at)).map(|at| self.taken(at));
            let gaps = self.records.iter().filter(|records| records.hard).flat_map(|records| &records.gaps);
            let gaps = gaps.filter(|gap| range.start < gap.start && gap.end <= range.end).cloned();
            for line in breaks.chain(gaps).chain(std::iter::once(range.end..range.end)) {
                if start < line.start {
                    edits.push(start..line.start, with, edit.rule);
                    with = "";
                }
                start = line.end;
            }
        }
    }
}

#[cfg(test)]
mod tests;
