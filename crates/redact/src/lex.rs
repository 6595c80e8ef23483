//! Tokens of SQL, read from any position of any text.

use std::borrow::Cow;
use std::cell::Cell;
use std::ops::Range;

/// How long a comment may be; one that is longer has no end, so that many beginnings of comments take linear time.
const LONGEST_COMMENT: usize = 8192;
/// How many bytes of blanks beyond ASCII are skipped.
const LONGEST_WIDE: usize = 64;

/// Bytes that may go on behind their end; whoever looked there has to look again when more is known.
pub(crate) struct Text<'a> {
    bytes: &'a [u8],
    ends: bool,
    peeked: Cell<bool>,
}

impl<'a> Text<'a> {
    /// `ends`: nothing follows the bytes.
    pub(crate) fn new(bytes: &'a [u8], ends: bool) -> Self {
        Self { bytes, ends, peeked: Cell::new(false) }
    }

    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether nothing follows the bytes.
    pub(crate) fn ends(&self) -> bool {
        self.ends
    }

    /// Whether what was read so far would be the same if more bytes followed.
    pub(crate) fn is_settled(&self) -> bool {
        self.ends || !self.peeked.get()
    }

    /// Forgets that someone looked behind the end.
    pub(crate) fn settle(&self) {
        self.peeked.set(false);
    }

    /// The byte at a position; 0 behind the end.
    pub(crate) fn at(&self, position: usize) -> u8 {
        match self.bytes.get(position) {
            Some(byte) => *byte,
            None => {
                self.peeked.set(true);
                0
            }
        }
    }

    /// Notes that a search met the end, and returns it.
    pub(crate) fn end(&self) -> usize {
        self.peeked.set(true);
        self.bytes.len()
    }

    pub(crate) fn slice(&self, range: Range<usize>) -> &'a [u8] {
        let end = range.end.min(self.len());
        &self.bytes[range.start.min(end)..end]
    }

    /// Whether these bytes stand here.
    pub(crate) fn has(&self, from: usize, expected: &[u8]) -> bool {
        expected.iter().enumerate().all(|(offset, byte)| self.at(from + offset) == *byte)
    }

    /// Up to so many bytes from here; fewer only where the text ends.
    pub(crate) fn ahead(&self, from: usize, length: usize) -> &'a [u8] {
        if from + length > self.len() {
            self.peeked.set(true);
        }
        self.slice(from..from + length)
    }

    /// The first `needle` at or behind a position.
    pub(crate) fn find(&self, needle: u8, from: usize) -> Option<usize> {
        let found = self.bytes.get(from..).and_then(|rest| memchr::memchr(needle, rest));
        if found.is_none() {
            self.peeked.set(true);
        }
        found.map(|at| from + at)
    }

    /// The first of two needles at or behind a position, so many bytes on at most.
    pub(crate) fn find_either(&self, needles: [u8; 2], from: usize, length: usize) -> Option<usize> {
        let rest = self.slice(from..from + length);
        let found = memchr::memchr2(needles[0], needles[1], rest);
        if found.is_none() && rest.len() < length {
            self.peeked.set(true);
        }
        found.map(|at| from + at)
    }

    /// The line break that ends the line of a position, or the end.
    pub(crate) fn line_end(&self, from: usize) -> usize {
        self.find(b'\n', from).unwrap_or(self.len())
    }

    /// The first position at or behind `from` that is not white space.
    pub(crate) fn skip_blank(&self, from: usize) -> usize {
        let mut at = from;
        loop {
            let byte = self.at(at);
            if !is_blank(byte) {
                match byte < 0x80 {
                    true => return at,
                    false => match self.wide_blank(from, at) {
                        0 => return at,
                        wide => at += wide - 1,
                    },
                }
            }
            at += 1;
        }
    }

    /// The first position at or behind `from` that is neither blank nor tabulator.
    pub(crate) fn skip_space(&self, from: usize) -> usize {
        let mut at = from;
        loop {
            let byte = self.at(at);
            if !matches!(byte, b' ' | b'\t') {
                match byte < 0x80 {
                    true => return at,
                    false => match self.wide_blank(from, at) {
                        0 => return at,
                        wide => at += wide - 1,
                    },
                }
            }
            at += 1;
        }
    }

    /// The length of the blank beyond ASCII that stands here, also of one that nobody sees; 0 if none does, or too many.
    #[cold]
    fn wide_blank(&self, from: usize, at: usize) -> usize {
        match (self.at(at), self.at(at + 1), self.at(at + 2)) {
            _ if at > from + LONGEST_WIDE => 0,
            (0xc2, 0xa0 | 0x85, _) => 2,
            (0xe2, 0x80, 0x80..=0x8d | 0xa8 | 0xa9 | 0xaf)
            | (0xe2, 0x81, 0x9f | 0xa0)
            | (0xe3, 0x80, 0x80)
            | (0xef, 0xbb, 0xbf) => 3,
            _ => 0,
        }
    }

    /// The end of the ASCII word that begins here; `from` if none does.
    pub(crate) fn word_end(&self, from: usize) -> usize {
        let mut at = from;
        while is_word(self.at(at)) {
            at += 1;
        }
        at
    }

    /// The end of the comment that begins here, if one does, and whether it is closed.
    pub(crate) fn comment(&self, from: usize) -> Option<(usize, bool)> {
        match (self.at(from), self.at(from + 1)) {
            (b'-', b'-') | (b'/', b'/') => match self.find_either([b'\n', b'\r'], from, LONGEST_COMMENT) {
                Some(end) => Some((end, true)),
                None if from + LONGEST_COMMENT < self.len() => Some((from + LONGEST_COMMENT, false)),
                None => Some((self.end(), true)),
            },
            (b'/', b'*') => {
                let body = self.slice(from + 2..from + 2 + LONGEST_COMMENT);
                match memchr::memmem::find(body, b"*/") {
                    Some(length) => Some((from + 2 + length + 2, true)),
                    None if body.len() == LONGEST_COMMENT => Some((from + LONGEST_COMMENT, false)),
                    None => Some((self.end(), false)),
                }
            }
            _ => None,
        }
    }

    /// The literal or quoted name that begins here, if one does.
    pub(crate) fn literal(&self, from: usize) -> Option<Literal> {
        let (kind, open) = match self.at(from) {
            b'\'' => (Kind::String, from),
            b'"' => (Kind::Double, from),
            b'`' => (Kind::Name, from),
            b'$' => return self.dollar(from),
            b'e' | b'E' if self.at(from + 1) == b'\'' => (Kind::Escaped, from + 1),
            b'n' | b'N' if self.at(from + 1) == b'\'' => (Kind::Prefixed, from + 1),
            b'b' | b'B' | b'x' | b'X' if self.at(from + 1) == b'\'' => (Kind::Other, from + 1),
            b'u' | b'U' if self.at(from + 1) == b'&' && matches!(self.at(from + 2), b'\'' | b'"') => {
                (Kind::Unicode, from + 2)
            }
            b'_' => {
                // Names of character sets have hyphens.
                let mut end = self.word_end(from);
                while self.at(end) == b'-' && end - from <= 32 {
                    end = self.word_end(end + 1);
                }
                if end - from > 32 || self.at(end) != b'\'' {
                    return None;
                }
                (Kind::Prefixed, end)
            }
            _ => return None,
        };
        let quote = self.at(open);
        let mut at = open + 1;
        let mut doubled = false;
        loop {
            let found = match kind {
                Kind::Escaped => {
                    let rest = self.slice(at..self.len());
                    memchr::memchr2(quote, b'\\', rest).map(|offset| at + offset)
                }
                _ => self.find(quote, at),
            };
            let Some(found) = found else {
                return Some(Literal {
                    kind,
                    start: from,
                    content: open + 1..self.end(),
                    end: self.len(),
                    closed: false,
                    doubled,
                });
            };
            if self.at(found) == b'\\' || self.at(found + 1) == quote {
                doubled = true;
                at = found + 2;
                continue;
            }
            return Some(Literal {
                kind,
                start: from,
                content: open + 1..found,
                end: found + 1,
                closed: true,
                doubled,
            });
        }
    }

    fn dollar(&self, from: usize) -> Option<Literal> {
        let tag_end = self.word_end(from + 1);
        if self.at(tag_end) != b'$' || tag_end - from > 64 {
            return None;
        }
        let tag = self.slice(from..tag_end + 1);
        let body = self.slice(tag_end + 1..self.len());
        Some(match memchr::memmem::find(body, tag) {
            Some(length) => Literal {
                kind: Kind::Other,
                start: from,
                content: tag_end + 1..tag_end + 1 + length,
                end: tag_end + 1 + length + tag.len(),
                closed: true,
                doubled: false,
            },
            None => Literal {
                kind: Kind::Other,
                start: from,
                content: tag_end + 1..self.end(),
                end: self.len(),
                closed: false,
                doubled: false,
            },
        })
    }
}

/// How a literal is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `'…'`
    String,
    /// `N'…'`, `_utf8'…'`
    Prefixed,
    /// `E'…'`
    Escaped,
    /// `U&'…'`
    Unicode,
    /// `"…"`
    Double,
    /// Backticks.
    Name,
    /// `X'…'`, `$$…$$`
    Other,
}

/// A literal or quoted name: where it stands, with prefix and quotes.
#[derive(Clone, Debug)]
pub(crate) struct Literal {
    pub(crate) kind: Kind,
    pub(crate) start: usize,
    pub(crate) content: Range<usize>,
    pub(crate) end: usize,
    pub(crate) closed: bool,
    /// Whether a quote, or in `E'…'` anything, is escaped in it.
    pub(crate) doubled: bool,
}

impl Literal {
    /// What the literal says, where that can be told without doubt.
    pub(crate) fn value<'a>(&self, text: &Text<'a>) -> Option<Cow<'a, [u8]>> {
        let content = text.slice(self.content.clone());
        let quote = match self.kind {
            Kind::String | Kind::Prefixed => b'\'',
            Kind::Double => b'"',
            Kind::Name => b'`',
            // Escapes are what a plain value never needs.
            Kind::Escaped | Kind::Unicode if !content.contains(&b'\\') => b'\'',
            Kind::Escaped => return None,
            Kind::Unicode => return unicode(content),
            Kind::Other => return None,
        };
        if !self.doubled {
            return Some(Cow::Borrowed(content));
        }
        let mut value = Vec::with_capacity(content.len());
        let mut skip = false;
        for byte in content {
            skip = *byte == quote && !skip;
            if !skip {
                value.push(*byte);
            }
        }
        Some(Cow::Owned(value))
    }
}

/// Decodes `\0061`, with the default escape character.
fn unicode<'a>(content: &[u8]) -> Option<Cow<'a, [u8]>> {
    let mut value = Vec::with_capacity(content.len());
    let mut at = 0;
    while at < content.len() {
        if content[at] != b'\\' {
            value.push(content[at]);
            at += 1;
            continue;
        }
        let digits = std::str::from_utf8(content.get(at + 1..at + 5)?).ok()?;
        let character = char::from_u32(u32::from_str_radix(digits, 16).ok()?)?;
        value.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        at += 5;
    }
    Some(Cow::Owned(value))
}

/// The end of the sign between key and value; `from` if there is none.
pub(crate) fn separator(text: &Text<'_>, from: usize) -> usize {
    match (text.at(from), text.at(from + 1)) {
        (b'=', b'=' | b'>') | (b':', b'=') | (b'-', b'>') => from + 2,
        (b'=' | b':', _) => from + 1,
        // Full-width signs.
        (0xef, 0xbc) if matches!(text.at(from + 2), 0x9d | 0x9a) => from + 3,
        _ => from,
    }
}

/// The length of the quote that stands here, also of one that a word processor has put there; 0 if none does.
pub(crate) fn quote_length(text: &Text<'_>, at: usize) -> usize {
    match text.at(at) {
        b'\'' | b'"' | b'`' => 1,
        0xc2 if text.at(at + 1) == 0xb4 => 2,
        // U+FF07, U+FF02
        0xef if text.at(at + 1) == 0xbc && matches!(text.at(at + 2), 0x87 | 0x82) => 3,
        0xe2 if text.at(at + 1) == 0x80 && matches!(text.at(at + 2), 0x98 | 0x99 | 0x9c | 0x9d) => 3,
        _ => 0,
    }
}

/// Whether a single quote of a word processor stands here.
pub(crate) fn is_single_quote(text: &Text<'_>, at: usize) -> bool {
    matches!((text.at(at), text.at(at + 1), text.at(at + 2)), (0xe2, 0x80, 0x98 | 0x99))
}

/// The bracket before a list, also one of another kind.
pub(crate) const fn opens_list(byte: u8) -> bool {
    matches!(byte, b'(' | b'[' | b'{')
}

/// White space between tokens.
pub(crate) const fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0c | 0x0b)
}

/// Part of a key word or plain name.
pub(crate) const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Part of a name as people write them, hyphens, dots and other scripts included.
pub(crate) const fn is_name(byte: u8) -> bool {
    is_word(byte) || byte >= 0x80 || matches!(byte, b'-' | b'.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let text = Text::new(text.as_bytes(), true);
        let literal = text.literal(0).unwrap();
        let value = literal.value(&text).map(|value| String::from_utf8(value.into_owned()).unwrap());
        assert_eq!(format!("{} {} {:?}", literal.end, literal.closed, value), expected);
    }

    #[test]
    fn literals_of_all_forms_are_read() {
        check("'it''s' x", r#"7 true Some("it's")"#);
        check("'b\\'", r#"4 true Some("b\\")"#);
        check("U&'\\0074ype'", r#"12 true Some("type")"#);
        check("E'a\\'b' c", "7 true None");
        check("_utf8'a'", r#"8 true Some("a")"#);
        check("$t$a'$t$", "8 true None");
        check("'open", r#"5 false Some("open")"#);
    }

    #[test]
    fn looking_behind_the_end_is_noticed() {
        let text = Text::new(b"'a'", false);
        assert!(text.literal(0).is_some());
        assert!(!text.is_settled());
        text.settle();
        assert!(text.is_settled());
    }
}
