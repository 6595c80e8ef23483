use std::ops::Range;

/// Says which bytes of the text a part of the tree was read from.
///
/// A tree that was built and not parsed has empty spans at 0.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub struct Span {
    /// Offset of the first byte.
    pub start: usize,
    /// Offset after the last byte.
    pub end: usize,
}

impl Span {
    /// Counts out where the span begins in `text`, for people.
    ///
    /// `text` is the text that was parsed; an offset beyond its end counts as its end.
    pub fn position(self, text: &str) -> Position {
        let before = &text.as_bytes()[..self.start.min(text.len())];
        let mut position = Position { line: 1, column: 1 };
        let mut previous = 0;
        for &byte in before {
            match byte {
                b'\n' if previous == b'\r' => {}
                b'\n' | b'\r' => position = Position { line: position.line + 1, column: 1 },
                // Only the first byte of a character counts.
                0x80..=0xbf => {}
                _ => position.column += 1,
            }
            previous = byte;
        }
        position
    }

    /// Reads the bytes of the span from the text that was parsed.
    ///
    /// Returns nothing when the span does not fit `text`.
    pub fn slice(self, text: &str) -> Option<&str> {
        text.get(Range::from(self))
    }

    /// Moves the span by `base` bytes, from a part of a text to the whole.
    #[must_use]
    pub fn shifted(self, base: usize) -> Self {
        Self { start: self.start + base, end: self.end + base }
    }

    /// Reaches from the start of this span to the end of `last`.
    pub(crate) fn to(self, last: Self) -> Self {
        Self { start: self.start, end: last.end }
    }
}

impl From<Span> for Range<usize> {
    fn from(span: Span) -> Self {
        span.start..span.end
    }
}

impl From<Range<usize>> for Span {
    fn from(range: Range<usize>) -> Self {
        Self { start: range.start, end: range.end }
    }
}

/// Says where something stands in a text, as an editor shows it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Position {
    /// Line, from 1. A line ends with LF, CRLF or CR.
    pub line: u32,
    /// Column, from 1, in characters.
    pub column: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, offset: usize, line: u32, column: u32) {
        let span = Span { start: offset, end: offset };
        assert_eq!(span.position(text), Position { line, column });
    }

    #[test]
    fn lines_end_with_lf_crlf_or_cr() {
        check("", 0, 1, 1);
        check("a\nb", 2, 2, 1);
        check("a\r\nb", 3, 2, 1);
        check("a\rb", 2, 2, 1);
        check("\r\n\r\n\n\rx", 6, 5, 1);
    }

    #[test]
    fn columns_count_characters() {
        check("é密🔑x", "é密🔑".len(), 1, 4);
        check("short", 99, 1, 6);
    }
}
