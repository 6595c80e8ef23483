//! The statements of an input, read a part at a time: a script may be larger than memory.

use crate::arguments::Input;
use crate::diagnostic::Source;
use crate::failure::Failure;
use lockkeeper::grammar::{ParseError, Position, Span, Statement, split_and_parse};
use lockkeeper::redact::Clean;
use std::fs::File;
use std::io::{self, Cursor};
use std::path::Path;
use zeroize::Zeroizing;

/// How much is read at once; more only for a statement that is larger. Tests do with little, to have many parts.
const PART: usize = if cfg!(test) { 1 << 12 } else { 1 << 20 };
/// How much is read first where the size is not known: memory that may hold secrets is overwritten, all of it.
const FIRST: usize = if cfg!(test) { 1 << 12 } else { 1 << 16 };

/// A statement of an input.
pub(crate) struct Read {
    /// Where it stands in the text.
    pub(crate) piece: Span,
    /// Where the next one begins.
    pub(crate) next: usize,
    /// What it says, with spans in the piece.
    pub(crate) statement: Result<Statement, ParseError>,
}

/// An input, and the part of its text that is in memory. It may hold secrets.
pub(crate) struct Reading {
    name: Clean,
    input: Box<dyn io::Read>,
    text: Zeroizing<String>,
    /// Where the part begins.
    start: Position,
    bytes_before: usize,
    /// The beginning of a character that was not read to its end.
    half: Vec<u8>,
    /// How much to read next.
    wanted: usize,
    /// Whether somebody may be writing it, and wait for what becomes of a statement before they write the next.
    live: bool,
    ended: bool,
}

impl Reading {
    /// Opens an input; standard input if there is none.
    pub(crate) fn open(input: Option<Input>) -> Result<Self, Failure> {
        let mut size = 0;
        let live = input.is_none();
        let (name, input): (_, Box<dyn io::Read>) = match input {
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
            live,
            ended: false,
        })
    }

    /// The statements in [`Reading::text`] from a place on.
    ///
    /// Where there are none, there may be after [`Reading::read_on`].
    pub(crate) fn statements(&self, start: usize) -> impl Iterator<Item = Read> {
        let mut pieces = split_and_parse(&self.text[start..]).peekable();
        std::iter::from_fn(move || {
            let (piece, statement) = pieces.next()?;
            let next = match pieces.peek() {
                Some((next, _)) => start + next.span.start,
                // Without another statement or a semicolon behind it, it may go on.
                None if self.ended => self.text.len(),
                None => self.behind_semicolon(start + piece.span.end)?,
            };
            Some(Read { piece: piece.span.shifted(start), next, statement })
        })
    }

    /// The place behind the semicolon that ends a statement, if it stands right behind it.
    fn behind_semicolon(&self, end: usize) -> Option<usize> {
        let rest = &self.text[end..];
        let blanks = rest.len() - rest.trim_start().len();
        rest[blanks..].starts_with(';').then_some(end + blanks + 1)
    }

    /// The text in which the statements stand.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Where a statement stands, for messages.
    pub(crate) fn source(&self, piece: Span) -> Source<'_> {
        Source { name: &self.name, text: &self.text, start: self.start, piece }
    }

    /// Drops what stands before a place, and reads more; false if there is no more.
    pub(crate) fn read_on(&mut self, start: usize) -> Result<bool, Failure> {
        if self.ended {
            return Ok(false);
        }
        let rest = &self.text[start..];
        // As much again as a long statement has already, or reading it would take quadratic time.
        let wanted = self.wanted.max(rest.len());
        self.wanted = PART;
        let mut bytes = Zeroizing::new(Vec::with_capacity(rest.len() + self.half.len() + wanted + 1));
        bytes.extend_from_slice(rest.as_bytes());
        bytes.append(&mut self.half);
        let read = self.append(&mut bytes, wanted, rest.len());
        self.ended = read.map_err(|error| self.unreadable(error))?;
        let before = self.bytes_before + start;
        if let Err(error) = std::str::from_utf8(&bytes) {
            if error.error_len().is_some() || self.ended {
                let place = before + error.valid_up_to();
                let message = format!("not UTF-8 at byte {place}");
                return Err(self.unreadable(io::Error::new(io::ErrorKind::InvalidData, message)));
            }
            self.half = bytes.split_off(error.valid_up_to());
        }
        let given = Span { start, end: start };
        self.start = self.source(given).position(Span::default());
        self.text = Zeroizing::new(String::from_utf8(std::mem::take(&mut *bytes)).unwrap_or_default());
        self.bytes_before = before;
        Ok(true)
    }

    /// Reads so many bytes more, fewer at the end or where a writer may wait for us. Returns whether the input has ended.
    fn append(&mut self, bytes: &mut Vec<u8>, wanted: usize, rest: usize) -> io::Result<bool> {
        let mut length = bytes.len();
        let all = length + wanted;
        bytes.resize(all, 0);
        let ended = loop {
            if length == all {
                break false;
            }
            match self.input.read(&mut bytes[length..]) {
                Ok(0) => break true,
                Ok(read) => length += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            }
            // A long statement is not looked at again for every line of it.
            if self.live && rest < FIRST && bytes[..length].trim_ascii_end().ends_with(b";") {
                break false;
            }
        };
        bytes.truncate(length);
        Ok(ended)
    }

    fn unreadable(&self, error: io::Error) -> Failure {
        Failure::file(Path::new(self.name.as_ref()), error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lockkeeper::grammar::split;

    /// All statements of a text with the place where each begins.
    fn statements(text: &str) -> Vec<(String, Position)> {
        let mut reading = Reading::open(Some(Input::Text(text.to_owned()))).ok().unwrap();
        let mut all = Vec::new();
        let mut start = 0;
        loop {
            let mut pieces = reading.statements(start).take(100).collect::<Vec<_>>();
            // Wherever they are asked for.
            pieces.truncate(1 + all.len() % 100);
            if pieces.is_empty() {
                match reading.read_on(start).ok().unwrap() {
                    true => start = 0,
                    false => return all,
                }
            }
            for Read { piece, next, .. } in pieces {
                let statement = reading.text()[piece.start..piece.end].to_owned();
                all.push((statement, reading.source(piece).position(Span::default())));
                start = next;
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

    /// Gives a text in parts of these lengths, and then an error: whoever wants more has waited in vain.
    struct Slow(Vec<&'static str>);

    impl io::Read for Slow {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            if self.0.is_empty() {
                return Err(io::Error::other("nobody writes any more"));
            }
            let part = self.0.remove(0);
            into[..part.len()].copy_from_slice(part.as_bytes());
            Ok(part.len())
        }
    }

    #[test]
    fn a_statement_is_given_when_it_was_written() {
        let parts = vec![
            "SHOW CONN",
            "ECTIONS ;\n",
            "DROP CONNECTION `a;",
            "b`; ",
            "USE c; MISTAKE;",
            "INSERT a;",
            "USE d;",
        ];
        let mut reading = Reading::open(None).ok().unwrap();
        reading.input = Box::new(Slow(parts));
        let mut given = Vec::new();
        let mut start = 0;
        for _ in 0..6 {
            assert!(reading.read_on(start).ok().unwrap());
            start = 0;
            let read: Vec<_> = reading.statements(start).collect();
            for Read { piece, next, .. } in &read {
                given.push(reading.text()[piece.start..piece.end].to_owned());
                start = *next;
            }
            given.push("|".to_owned());
        }
        assert_eq!(
            given.join(" "),
            "SHOW CONNECTIONS | | DROP CONNECTION `a;b` | USE c MISTAKE | INSERT a | USE d |"
        );
    }

    #[test]
    fn many_statements_are_given_once() {
        let text: String = (0..6_000).map(|number| format!("SELECT {number}; ")).collect();
        let found = statements(&text);
        assert_eq!(found.len(), 6_000);
        assert!(found.iter().enumerate().all(|(number, (text, _))| *text == format!("SELECT {number}")));
    }
}
