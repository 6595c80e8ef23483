//! How far a statement has come, and what could come next.

use crate::sql::lex::{Text, is_name, is_single_quote};
use crate::statement::follows::ends_with_list_word;
use crate::statement::recognise::is_any;
use std::ops::Range;

/// How short a line of a private key is that is not its last one.
const SHORTEST_KEY: usize = 16;
/// Words between the first and the name of a statement, and before its lists.
const WORDS: &[&str] = &[
    "AGENT",
    "AS",
    "BY",
    "COMMENT",
    "CONNECTION",
    "DISTRIBUTED",
    "EXISTS",
    "FUNCTION",
    "IF",
    "INPUT",
    "MODEL",
    "NOT",
    "OR",
    "OUTPUT",
    "PARTITIONED",
    "REPLACE",
    "SET",
    "SYSTEM",
    "TABLE",
    "TEMPORARY",
    "TOOL",
    "USING",
    "WITH",
];
/// Words that a statement goes on with behind a list.
const CLAUSES: &[&str] =
    &["AS", "COMMENT", "DISTRIBUTED", "INPUT", "LANGUAGE", "OUTPUT", "PARTITIONED", "SET", "USING", "WITH"];

/// What is known of a statement up to the end of one of its parts.
#[derive(Default)]
pub(super) struct Progress {
    /// It is a SET, and has no list.
    is_set: bool,
    depth: usize,
    listed: bool,
    /// The word before a list of options was read last, and such a list is open.
    announced: bool,
    options: bool,
    /// The quote of the literal, or the star of the comment, that is open.
    open: Option<u8>,
    literals: usize,
    ended: bool,
}

impl Progress {
    /// What is known before anything of the statement at `start` was read.
    pub(super) fn of(text: &Text<'_>, start: usize) -> Self {
        let is_set = is_any(text.slice(start..text.word_end(start)), &["SET"]);
        Self { is_set, ..Self::default() }
    }

    /// Whether nothing can follow.
    pub(super) fn has_ended(&self) -> bool {
        self.ended || self.is_set && self.literals > 1 && self.open.is_none()
    }

    /// Whether nothing has to follow.
    pub(super) fn may_end(&self) -> bool {
        self.listed && self.depth == 0 && self.open.is_none()
    }

    /// Reads a part.
    pub(super) fn advance(&mut self, text: &Text<'_>, part: Range<usize>, in_string: bool) {
        let said = text.slice(part);
        let mut at = 0;
        while let Some(byte) = said.get(at) {
            let next = said.get(at + 1);
            at += 1;
            match (self.open, *byte) {
                (_, b'\\') if in_string => at += 1,
                (Some(b'*'), b'*') if next == Some(&b'/') => (self.open, at) = (None, at + 1),
                (Some(quote), byte) if byte == quote && quote != b'*' => self.open = None,
                (Some(_), _) => {}
                (None, quote @ (b'\'' | b'`' | b'"')) => {
                    self.literals += usize::from(quote == b'\'');
                    self.open = Some(quote);
                }
                (None, b'-') if next == Some(&b'-') => {
                    let line = memchr::memmem::find(&said[at..], br"\n").filter(|_| in_string);
                    at = line.map_or(said.len(), |line| at + line);
                }
                (None, b'/') if next == Some(&b'*') => (self.open, at) = (Some(b'*'), at + 1),
                (None, b'(') => {
                    let before = said[..at - 1].trim_ascii();
                    self.options |= ends_with_list_word(before) || before.is_empty() && self.announced;
                    (self.depth, self.listed) = (self.depth + 1, true);
                }
                // Other brackets by mistake.
                (None, b'[' | b'{') if ends_with_list_word(said[..at - 1].trim_ascii()) => {
                    (self.options, self.depth, self.listed) = (true, self.depth + 1, true);
                }
                (None, b')') => self.depth = self.depth.saturating_sub(1),
                (None, b';') if self.depth == 0 => {
                    self.ended = true;
                    return;
                }
                _ => {}
            }
        }
        if !said.trim_ascii().is_empty() {
            self.announced = self.open.is_none() && ends_with_list_word(said.trim_ascii_end());
        }
    }

    /// Takes a literal or a comment that is open for one that has no end, unless that is found.
    pub(super) fn doubt(&mut self, goes_on_to: impl FnOnce(&[u8]) -> bool) {
        let Some(open) = self.open else { return };
        let sign = [open];
        if !goes_on_to(if open == b'*' { b"*/" } else { &sign }) {
            self.open = None;
        }
    }

    /// Whether a part of a line could come next.
    pub(super) fn takes(&self, text: &Text<'_>, part: Range<usize>) -> bool {
        let said = text.slice(part.clone());
        let Some(first) = said.first() else { return true };
        if self.open.is_some() {
            return true;
        }
        let word = text.slice(part.start..text.word_end(part.start).min(part.end));
        if self.may_end() {
            return is_any(word, CLAUSES) || b");(".contains(first) || text.comment(part.start).is_some();
        }
        match first {
            b'\'' | b'`' | b',' | b'(' | b')' | b'=' | b';' => true,
            b'"' => self.listed,
            // A quote by its number.
            b'\\' if said.starts_with(b"\\u0027") => true,
            b'-' | b'/' => text.comment(part.start).is_some(),
            0x80.. if is_single_quote(text, part.start) => true,
            _ if self.listed && is_key_line(said) => true,
            // Whatever stands there for its first quote.
            _ if self.options && is_entry(said) => true,
            _ if self.options => is_pair(said),
            _ if self.listed => is_column(said),
            _ => is_head(said) || is_any(word, WORDS) && is_plain(said),
        }
    }
}

/// Whether what a line begins with belongs to a statement, and not to what stands before it.
pub(super) fn is_sign(field: &[u8]) -> bool {
    let begins = field.first().is_some_and(|first| b"'`,();=\"".contains(first));
    let word = &field[..field.iter().take_while(|byte| is_name(**byte)).count()];
    begins || field.starts_with(b"--") || field.starts_with(b"/*") || is_any(word, WORDS)
}

/// Whether a text begins with a word that a statement goes on with behind a literal or list.
pub(super) fn begins_clause(said: &[u8]) -> bool {
    is_any(&said[..said.iter().take_while(|byte| is_name(**byte)).count()], CLAUSES)
}

/// Whether a line could be one of a private key.
fn is_key_line(said: &[u8]) -> bool {
    let said = said.trim_ascii();
    said.len() >= SHORTEST_KEY
        && said.iter().all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(byte))
}

/// Whether a sign stands on a line, and quotes behind it and before it, of which the first may be another sign.
fn is_entry(said: &[u8]) -> bool {
    let quoted = |part: &[u8]| memchr::memchr3(b'\'', b'"', 0xe2, part).is_some();
    let odd = said.first().is_some_and(|first| !first.is_ascii_alphanumeric());
    odd && memchr::memchr(b'=', said).is_some_and(|sign| quoted(&said[..sign]) && quoted(&said[sign..]))
}

/// Whether a line could be an entry without quotes, a name and a sign.
fn is_pair(said: &[u8]) -> bool {
    let name = said.iter().take_while(|byte| is_name(**byte)).count();
    let behind = &said[name..];
    // The first of its quotes may be lost.
    let behind = behind.strip_prefix(b"'").or_else(|| behind.strip_prefix(b"\"")).unwrap_or(behind);
    let behind = behind.trim_ascii_start();
    // Behind a colon, one word or a literal.
    let value = |behind: &[u8]| {
        let behind = behind.trim_ascii();
        matches!(behind.first(), Some(b'\'' | b'"')) || !behind.iter().any(u8::is_ascii_whitespace)
    };
    // The rest of a word in a comment.
    let rest = || said.iter().any(u8::is_ascii_digit) && !said.iter().any(u8::is_ascii_whitespace);
    name > 0 && (rest() || behind.starts_with(b"=") || behind.strip_prefix(b":").is_some_and(value))
}

/// Whether a line could be a column: a few words, and fewer if nothing ends them.
fn is_column(said: &[u8]) -> bool {
    let words = said.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()).count();
    let ends = matches!(said.trim_ascii_end().last(), Some(b',' | b')' | b'('));
    words <= if ends { 8 } else { 2 }
}

/// Whether a line has nothing but names before its first quote, bracket or comment.
fn is_plain(said: &[u8]) -> bool {
    let plain = |byte: &&u8| is_name(**byte) || b" \t\r.".contains(byte);
    let behind = &said[said.iter().take_while(plain).count()..];
    behind.first().is_none_or(|sign| b"'`(/;".contains(sign))
}

/// Whether a line could be the name of a statement, and what follows it.
fn is_head(said: &[u8]) -> bool {
    let is_part = |byte: &&u8| is_name(**byte) || b".`".contains(byte);
    let (name, behind) = said.split_at(said.iter().take_while(is_part).count());
    let behind = behind.trim_ascii_start();
    let word = &behind[..behind.iter().take_while(|byte| is_name(**byte)).count()];
    let sign = || [&b"("[..], b"--", b"/*"].iter().any(|sign| behind.starts_with(sign));
    !name.is_empty() && (behind.is_empty() || sign() || is_any(word, WORDS))
}
