//! The statements of an input, read a part at a time: a script may be larger than memory.

use crate::arguments::Input;
use crate::diagnostic::Source;
use crate::failure::Failure;
use lockkeeper::grammar::{Position, Span, split};
use lockkeeper::redact::Clean;
use std::fs::File;
use std::io::{self, Cursor, Read};
use std::path::Path;
use zeroize::Zeroizing;

/// How much is read at once; more only for a statement that is larger. Tests do with little, to have many parts.
const PART: usize = if cfg!(test) { 1 << 12 } else { 1 << 20 };
/// How much is read first where the size is not known: memory that may hold secrets is overwritten, all of it.
const FIRST: usize = if cfg!(test) { 1 << 12 } else { 1 << 16 };

/// An input, and the part of its text that is in memory. It may hold secrets.
pub(crate) struct Reading {
    name: Clean,
    input: Box<dyn Read>,
    text: Zeroizing<String>,
    /// Where the part begins.
    start: Position,
    bytes_before: usize,
    /// The beginning of a character that was not read to its end.
    half: Vec<u8>,
    /// How much to read next.
    wanted: usize,
    /// Up to where statements were given.
    given: usize,
    ended: bool,
}

impl Reading {
    /// Opens an input; standard input if there is none.
    pub(crate) fn open(input: Option<Input>) -> Result<Self, Failure> {
        let mut size = 0;
        let (name, input): (_, Box<dyn Read>) = match input {
            Some(Input::Text(text)) => {
                size = text.len();
                (Clean::literal("command line"), Box::new(Cursor::new(Zeroizing::new(text.into_bytes()))))
            }
            Some(Input::File(path)) => {
                let file = File::open(&path).map_err(|error| Failure::file(&path, error))?;
                size = file.metadata().map_or(0, |metadata| metadata.len().min(PART as u64) as usize);
                (Clean::text(&path.display().to_string()), Box::new(file))
            }
            None => (Clean::literal("standard input"), Box::new(io::stdin())),
        };
        Ok(Self {
            name,
            input,
            text: Zeroizing::default(),
            start: Position { line: 1, column: 1 },
            bytes_before: 0,
            half: Vec::new(),
            // One more than there is, to see the end.
            wanted: if size == 0 { FIRST } else { size + 1 },
            given: 0,
            ended: false,
        })
    }

    /// Where the next statements stand in [`Reading::text`]; none at the end of the input.
    pub(crate) fn next_pieces(&mut self) -> Result<Vec<Span>, Failure> {
        loop {
            let mut pieces: Vec<Span> =
                split(&self.text[self.given..]).map(|piece| piece.span.shifted(self.given)).collect();
            // Only what another statement follows is known to be whole.
            let last = if self.ended { None } else { pieces.pop() };
            if !pieces.is_empty() || self.ended {
                self.given = last.map_or(self.text.len(), |last| last.start);
                return Ok(pieces);
            }
            self.read_on()?;
        }
    }

    /// The text in which the last statements stand.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Where a statement stands, for messages.
    pub(crate) fn source(&self, piece: Span) -> Source<'_> {
        Source { name: &self.name, text: &self.text, start: self.start, piece }
    }

    /// Drops what was given, and reads more.
    fn read_on(&mut self) -> Result<(), Failure> {
        let rest = &self.text[self.given..];
        // As much again as a long statement has already, or reading it would take quadratic time.
        let wanted = self.wanted.max(rest.len());
        self.wanted = PART;
        let mut bytes = Zeroizing::new(Vec::with_capacity(rest.len() + self.half.len() + wanted + 1));
        bytes.extend_from_slice(rest.as_bytes());
        bytes.append(&mut self.half);
        let read = (&mut self.input).take(wanted as u64).read_to_end(&mut bytes);
        self.ended = read.map_err(|error| self.unreadable(error))? < wanted;
        let before = self.bytes_before + self.given;
        if let Err(error) = std::str::from_utf8(&bytes) {
            if error.error_len().is_some() || self.ended {
                let place = before + error.valid_up_to();
                let message = format!("not UTF-8 at byte {place}");
                return Err(self.unreadable(io::Error::new(io::ErrorKind::InvalidData, message)));
            }
            self.half = bytes.split_off(error.valid_up_to());
        }
        let given = Span { start: self.given, end: self.given };
        self.start = self.source(given).position(Span::default());
        self.text = Zeroizing::new(String::from_utf8(std::mem::take(&mut *bytes)).unwrap_or_default());
        (self.bytes_before, self.given) = (before, 0);
        Ok(())
    }

    fn unreadable(&self, error: io::Error) -> Failure {
        Failure::file(Path::new(self.name.as_ref()), error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All statements of a text with the place where each begins.
    fn statements(text: &str) -> Vec<(String, Position)> {
        let mut reading = Reading::open(Some(Input::Text(text.to_owned()))).ok().unwrap();
        let mut all = Vec::new();
        loop {
            let pieces = reading.next_pieces().ok().unwrap();
            if pieces.is_empty() {
                return all;
            }
            for piece in pieces {
                let statement = reading.text()[piece.start..piece.end].to_owned();
                all.push((statement, reading.source(piece).position(Span::default())));
            }
        }
    }

    #[test]
    fn parts_give_what_the_whole_gives() {
        let filler = "-- filler of a part: ü\n".repeat(PART / 30);
        let long = format!("SELECT '{}'", "ü; ".repeat(PART));
        let text = format!("SELECT 1; {filler} SELECT\n2;\r\n{filler}{filler}\n  {long}; SELECT 'open; ü");
        let whole: Vec<_> = split(&text)
            .map(|piece| (text[piece.span.start..piece.span.end].to_owned(), piece.span.position(&text)))
            .collect();
        assert_eq!(whole.len(), 4);
        assert!(statements(&text) == whole);
    }

    #[test]
    fn many_statements_are_given_once() {
        let text: String = (0..6_000).map(|number| format!("SELECT {number}; ")).collect();
        let found = statements(&text);
        assert_eq!(found.len(), 6_000);
        assert!(found.iter().enumerate().all(|(number, (text, _))| *text == format!("SELECT {number}")));
    }
}
