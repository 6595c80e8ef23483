//! Tokens of SQL, read from any position of any text.

use crate::sql::keyword::starts_statement;
use std::cell::Cell;
use std::ops::Range;

/// How long a comment may be; one that is longer has no end, so that many beginnings of comments take linear time.
const LONGEST_COMMENT: usize = 8192;
/// How far a flag is looked at.
const LONGEST_FLAG: usize = 96;
/// How many signs git puts before, between and behind the sides of a conflict.
const CONFLICT: usize = 7;
/// How many bytes of blanks beyond ASCII are skipped.
const LONGEST_WIDE: usize = 64;

/// Bytes that may go on behind their end; whoever looked there has to look again when more is known.
pub(crate) struct Text<'a> {
    bytes: &'a [u8],
    ends: bool,
    peeked: Cell<bool>,
    /// How many bytes before these the comment begins that they begin in.
    comment: Option<usize>,
}

impl<'a> Text<'a> {
    /// `ends`: nothing follows the bytes.
    pub(crate) fn new(bytes: &'a [u8], ends: bool) -> Self {
        Self { bytes, ends, peeked: Cell::new(false), comment: None }
    }

    /// The same text, so many bytes behind the beginning of a comment that is open.
    pub(crate) fn commented(self, comment: Option<usize>) -> Self {
        Self { comment, ..self }
    }

    /// How many bytes before these the comment begins that they begin in, if they do.
    pub(crate) fn comment_before(&self) -> Option<usize> {
        self.comment
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

    /// How many backslashes stand here, eight at most.
    pub(crate) fn slashes(&self, from: usize) -> usize {
        self.ahead(from, 8).iter().take_while(|byte| **byte == b'\\').count()
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
        self.skip(from, is_blank)
    }

    /// The first position at or behind `from` that is neither blank nor tabulator.
    pub(crate) fn skip_space(&self, from: usize) -> usize {
        self.skip(from, |byte| matches!(byte, b' ' | b'\t'))
    }

    /// Skips some bytes, and blanks beyond ASCII among them.
    #[inline]
    fn skip(&self, from: usize, is: impl Fn(u8) -> bool) -> usize {
        let mut at = from;
        loop {
            let byte = self.at(at);
            at += match is(byte) {
                true => 1,
                false if byte < 0x80 || at > from + LONGEST_WIDE => return at,
                false => match self.wide_blank(at) {
                    0 => return at,
                    wide => wide,
                },
            };
        }
    }

    /// The length of the blank beyond ASCII that stands here, also of one that nobody sees; 0 if none does.
    #[cold]
    pub(crate) fn wide_blank(&self, at: usize) -> usize {
        match (self.at(at), self.at(at + 1), self.at(at + 2)) {
            (0xc2, 0xa0 | 0x85, _) => 2,
            (0xe2, 0x80, 0x80..=0x8d | 0xa8 | 0xa9 | 0xaf)
            | (0xe2, 0x81, 0x9f | 0xa0)
            | (0xe3, 0x80, 0x80)
            | (0xef, 0xbb, 0xbf) => 3,
            _ => 0,
        }
    }

    /// Whether a blank beyond ASCII stands here that everybody sees.
    pub(crate) fn is_wide_blank(&self, at: usize) -> bool {
        match self.bytes.get(at) {
            Some(0xc2) => self.at(at + 1) == 0xa0,
            Some(0xe2) => self.at(at + 1) == 0x80 && matches!(self.at(at + 2), 0x80..=0x8a | 0xaf),
            Some(0xe3) => self.at(at + 1) == 0x80 && self.at(at + 2) == 0x80,
            _ => false,
        }
    }

    /// Whether such a blank ends here.
    pub(crate) fn ends_blank(&self, end: usize) -> bool {
        let begins = |size: usize| end >= size && self.is_wide_blank(end - size);
        self.at(end - 1) >= 0x80
            && ((begins(2) && self.at(end - 2) == 0xc2) || (begins(3) && self.at(end - 3) != 0xc2))
    }

    /// The end of the ASCII word that begins here; `from` if none does.
    pub(crate) fn word_end(&self, from: usize) -> usize {
        let rest = self.bytes.get(from..).unwrap_or_default();
        match rest.iter().position(|byte| !is_word(*byte)) {
            Some(length) => from + length,
            None => {
                self.peeked.set(true);
                from + rest.len()
            }
        }
    }

    /// The end of the comment that begins here, if one does, and whether it is closed.
    pub(crate) fn comment(&self, from: usize) -> Option<(usize, bool)> {
        match (self.at(from), self.at(from + 1)) {
            (b'-', b'-') if self.is_flag(from) || self.has(from, b"-----BEGIN ") => None,
            (b'-', b'-') | (b'/', b'/') => self.line_comment(from),
            (b'/', b'*') => {
                let body = self.slice(from + 2..from + 2 + LONGEST_COMMENT);
                match memchr::memmem::find(body, b"*/") {
                    // A blank in the sign that ends it, before a literal.
                    Some(length) if let Some(end) = memchr::memmem::find(&body[..length], b"* / '") => {
                        Some((from + 2 + end + 3, true))
                    }
                    Some(length) => Some((from + 2 + length + 2, true)),
                    None if body.len() == LONGEST_COMMENT => Some((from + LONGEST_COMMENT, false)),
                    None => Some((self.end(), false)),
                }
            }
            (b'<' | b'|' | b'=' | b'>', _) => self.conflict_mark(from),
            _ => None,
        }
    }

    /// The end of the line that git has put before, between or behind the sides of a conflict, if one begins here.
    pub(crate) fn conflict_mark(&self, from: usize) -> Option<(usize, bool)> {
        let sign = self.at(from);
        let begins_line = from == 0 || self.at(from - 1) == b'\n';
        let is_mark = begins_line && b"<|=>".contains(&sign) && self.has(from, &[sign; CONFLICT]);
        if !is_mark || !b" \r\n\0".contains(&self.at(from + CONFLICT)) {
            return None;
        }
        let label = self.ahead(from + CONFLICT, LONGEST_FLAG);
        let length = memchr::memchr2(b'\n', b'\r', label).unwrap_or(label.len());
        let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b" /_-.:(),#".contains(byte);
        (length < LONGEST_FLAG && label[..length].iter().all(is_plain))
            .then_some((from + CONFLICT + length, true))
    }

    /// The same for one that reaches to the end of its line, also where it looks like the flag of a command.
    pub(crate) fn line_comment(&self, from: usize) -> Option<(usize, bool)> {
        if !self.has(from, b"--") && !self.has(from, b"//") || self.has(from, b"-----BEGIN ") {
            return None;
        }
        match self.find_either([b'\n', b'\r'], from, LONGEST_COMMENT) {
            Some(end) => Some((end, true)),
            None if from + LONGEST_COMMENT < self.len() => Some((from + LONGEST_COMMENT, false)),
            None => Some((self.end(), true)),
        }
    }

    /// Whether the line behind that of a position begins with a sign that stands between the parts of a list.
    fn goes_on_below(&self, from: usize) -> bool {
        let line = self.find_either([b'\n'; 2], from, LONGEST_COMMENT);
        line.is_some_and(|line| matches!(self.at(self.skip_blank(line)), b'=' | b',' | b')'))
    }

    /// Whether a flag of a command stands here, and its quoted value, or another flag on the line: `--pool a --sql "…"`.
    fn is_flag(&self, dashes: usize) -> bool {
        let line = self.ahead(dashes + 2, LONGEST_FLAG);
        let length = line.iter().take_while(|byte| byte.is_ascii_lowercase() || **byte == b'-').count();
        let value = line.get(length + 1..).unwrap_or_default();
        let value = value.strip_prefix(b"$").unwrap_or(value);
        let quoted = matches!(value.first(), Some(b'"' | b'\''));
        // What a flag gives to a program may be a statement, also behind a name: `--data-urlencode 'sql=CREATE …`.
        let named = || value.iter().position(|byte| *byte == b'=').map_or(0, |sign| sign + 1);
        let gives = || quoted && (starts_statement(&value[1..]) || starts_statement(&value[named()..]));
        line.first().is_some_and(u8::is_ascii_lowercase)
            && matches!(line.get(length), Some(b' ' | b'='))
            && (gives() || !self.goes_on_below(dashes))
            && (quoted
                || line[length..]
                    .windows(4)
                    .take_while(|next| next[0] != b'\n')
                    .any(|next| next.starts_with(b" --") && next[3].is_ascii_lowercase()))
    }
}

/// The word that a text ends with.
pub(crate) fn last_word(text: &[u8]) -> &[u8] {
    let length = text.iter().rev().take_while(|byte| is_word(**byte)).count();
    &text[text.len() - length..]
}

/// The end of the bracket that a text begins with.
pub(crate) fn bracket_end(text: &[u8], [open, close]: [u8; 2]) -> Option<usize> {
    let mut depth = 0_usize;
    let end = text.iter().position(|byte| {
        depth += usize::from(*byte == open);
        depth -= usize::from(*byte == close && depth > 0);
        *byte == close && depth == 0
    });
    end.map(|end| end + 1)
}

/// The end of the JSON object that begins here, before `end`: what stands in it is a part of a value.
pub(crate) fn object_end(text: &Text<'_>, at: usize, end: usize) -> Option<usize> {
    if text.at(at) != b'{' {
        return None;
    }
    // Marks of lines, a comment, or the joint of two literals may stand before the first key.
    let ahead = text.slice(at + 1..end.min(at + 48));
    let quote = memchr::memchr2(b'"', b'=', ahead)?;
    let sign = text.slice(at + 1 + quote..end.min(at + 1 + quote + 48));
    let sign = sign.iter().find(|byte| matches!(byte, b':' | b'=' | b','));
    if ahead[quote] != b'"' || sign.is_some_and(|sign| *sign != b':') {
        return None;
    }
    Some(bracket_end(text.slice(at..end), *b"{}").map_or(end, |end| at + end))
}

/// The signs of one character that people put behind the name of a secret, also in full width.
pub(crate) const SIGNS: [&[u8]; 4] = [b"=", b":", "＝".as_bytes(), "：".as_bytes()];

/// The end of the sign between key and value; `from` if there is none.
pub(crate) fn separator(text: &Text<'_>, from: usize) -> usize {
    match (text.at(from), text.at(from + 1)) {
        (b'=', b'=') if text.at(from + 2) == b'=' => from + 3,
        (b'=', b'=' | b'>') | (b':', b'=') | (b'-', b'>') => from + 2,
        // As HTML and mails have them.
        (b'=', b'&') if text.has(from + 1, b"&gt;") => from + 5,
        (b'=', b'3') if text.has(from, b"=3D ") || text.has(from, b"=3D'") => from + 3,
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
        0xc2 if matches!(text.at(at + 1), 0xab | 0xb4 | 0xbb) => 2,
        // U+FF07, U+FF02
        0xef if text.at(at + 1) == 0xbc && matches!(text.at(at + 2), 0x87 | 0x82) => 3,
        // U+2018 to U+201F, primes, single guillemets
        0xe2 if text.at(at + 1) == 0x80
            && matches!(text.at(at + 2), 0x98..=0x9f | 0xb2 | 0xb3 | 0xb9 | 0xba) =>
        {
            3
        }
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
    CLASSES[byte as usize] & BLANK != 0
}

/// Part of a key word or plain name.
pub(crate) const fn is_word(byte: u8) -> bool {
    CLASSES[byte as usize] & WORD != 0
}

/// Part of a name as people write them, hyphens, dots and other scripts included.
pub(crate) const fn is_name(byte: u8) -> bool {
    CLASSES[byte as usize] & NAME != 0
}

const BLANK: u8 = 1;
const WORD: u8 = 2;
const NAME: u8 = 4;

/// What each byte may be a part of.
const CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        classes[byte] = match byte as u8 {
            b' ' | b'\t' | b'\n' | b'\r' | 0x0c | 0x0b => BLANK,
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' => WORD | NAME,
            b'-' | b'.' | 0x80.. => NAME,
            _ => 0,
        };
        byte += 1;
    }
    classes
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looking_behind_the_end_is_noticed() {
        let text = Text::new(b"'a'", false);
        assert!(text.literal(0).is_some());
        assert!(!text.is_settled());
        text.settle();
        assert!(text.is_settled());
    }
}
