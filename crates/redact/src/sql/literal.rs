//! Literals and quoted names of SQL, of all dialects.

use crate::sql::lex::Text;
use std::borrow::Cow;
use std::ops::Range;

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

impl<'a> Text<'a> {
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
}
