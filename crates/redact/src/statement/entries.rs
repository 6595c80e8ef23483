//! The entries of a list: keys and values, and which of them may be shown.

use crate::edit::{NAME_MASK, QUOTED_MASK, Rule};
use crate::secret::issuers::is_known_token;
use crate::secret::names::{Folded, Secrecy, nearly_option};
use crate::secret::shape;
use crate::sql::lex::{is_blank, is_name, separator};
use crate::sql::literal::{Kind, Literal};
use crate::sql::lookalike;
use crate::statement::follows::opens_document;
use crate::statement::plain;
use crate::statement::slipped::{goes_on_below, lacks_comma, separates};
use crate::statement::written::Reader;
use crate::wrapping::unwrapped::ends_line;
use lockkeeper_model::{Class, MASK, OptionKey};
use std::borrow::Cow;
use std::ops::Range;

/// The bracket that closes a list, if one is opened.
const fn closing(open: u8) -> Option<u8> {
    match open {
        b'(' => Some(b')'),
        b'[' => Some(b']'),
        b'{' => Some(b'}'),
        _ => None,
    }
}

/// Whether a literal has a line break.
fn breaks_literal(entry: &[u8]) -> bool {
    let mut lines = memchr::memchr_iter(b'\n', entry);
    lines.any(|line| memchr::memchr2_iter(b'\'', b'"', &entry[..line]).count() % 2 == 1)
}

/// What a list holds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum List {
    Pairs,
    Keys,
}

impl<'a> Reader<'_, 'a> {
    /// Reads a list in brackets, of any kind: a document of JSON takes those that are not SQL's.
    pub(crate) fn list(&mut self, list: List) -> Option<()> {
        self.gap()?;
        let open = self.text.at(self.at);
        let close = closing(open)?;
        if open == b'{' && !opens_document(self.text, self.at, self.text.slice(self.start..self.at)) {
            return None;
        }
        self.at += 1;
        let mut last = self.at..self.at;
        loop {
            self.gap()?;
            // A comma too many hides nothing: what follows the list still has to show that it ended there. But where the
            // entry before is one of several lines, a quote may be lost.
            match self.text.at(self.at) {
                b',' => {
                    self.at += 1;
                    continue;
                }
                sign if sign == close => {
                    self.at += 1;
                    return (!breaks_literal(self.text.slice(last))).then_some(());
                }
                _ => {}
            }
            last.start = self.at;
            let noted = self.edits.len();
            if !self.simple_entry() && (self.entry(list).is_none() || !self.is_behind_entry(close)) {
                (self.at, last.end) = (last.start, last.start);
                self.edits.truncate(noted);
                if list == List::Keys {
                    return None;
                }
                self.slipped_entry()?;
            }
            last.end = self.at;
            self.gap()?;
            if lacks_comma(self.text, self.at) {
                continue;
            }
            self.at += 1;
            match self.text.at(self.at - 1) {
                b',' => {}
                sign if sign == close => return Some(()),
                b';' if separates(self.text, self.at) => {}
                // The bracket may be lost, if no line goes on as lists do.
                b';' if ends_line(self.text, self.at) && !goes_on_below(self.text, self.at) => {
                    self.at -= 1;
                    return Some(());
                }
                _ => return None,
            }
        }
    }

    /// Whether an entry or the list ends here.
    fn is_behind_entry(&self, close: u8) -> bool {
        let next = self.text.at(self.text.skip_blank(self.at));
        matches!(next, b',' | b';' | b'-' | b'/') || next == close
    }

    fn entry(&mut self, list: List) -> Option<()> {
        let key = self.term()?;
        let end = self.at;
        self.gap()?;
        let separator = separator(self.text, self.at);
        if separator == self.at {
            self.at = end;
            self.key(&key);
            return (list == List::Keys).then_some(());
        }
        let option = key.value.as_deref().and_then(OptionKey::find);
        let in_pieces = !key.more.is_empty() && !key.value.as_deref().is_some_and(nearly_option);
        if in_pieces && key.more.last().is_some_and(|part| is_option(self.text.slice(part.content.clone()))) {
            // Rather the entry before lost its value than a key in pieces.
            return None;
        }
        if option.is_none() && (in_pieces || self.is_key_at(separator)) {
            // Rather a lost comma than a key in pieces, or key and value in each other's place.
            self.hide(&key);
        } else if option.is_none() || key.first.is_none() {
            self.key(&key);
        }
        self.at = separator;
        self.gap()?;
        let value = self.term()?;
        let in_pieces = !value.more.is_empty();
        let is_key = |part: &Literal| {
            let content = self.text.slice(part.content.clone());
            content.iter().all(|byte| is_name(*byte)) && nearly_option(content)
        };
        if in_pieces && value.more.iter().any(is_key) {
            // Rather a lost sign between entries than a value in pieces.
            return None;
        }
        let plain = !in_pieces
            && option.is_some_and(|option| {
                let content = value.value.as_deref();
                content
                    .is_some_and(|content| self.stays(option, content, value.content.start, value.verbatim))
            });
        if value.first.is_none() && !plain && value.value.as_deref() != Some(MASK.as_bytes()) {
            // Rather a value whose quotes were lost.
            return None;
        }
        // An empty literal says that there is no credential, and hides nothing.
        let empty = !in_pieces && value.value.as_deref() == Some(b"");
        if !plain && !empty {
            self.hide(&value);
        }
        Some(())
    }

    /// Reads a known key and its value, if nothing but a sign stands between two literals without a quote in them: nearly all
    /// entries are like that, and terms take longer.
    pub(crate) fn simple_entry(&mut self) -> bool {
        let text = self.text;
        let simple = |open: usize| {
            let close = if text.at(open) == b'\'' { text.find(b'\'', open + 1)? } else { return None };
            (text.at(close + 1) != b'\'').then_some(close)
        };
        let Some(end) = simple(self.at) else { return false };
        let Some(option) = OptionKey::find(text.slice(self.at + 1..end)) else { return false };
        let sign = text.skip_blank(end + 1);
        let open = text.skip_blank(sign + 1);
        let Some(close) = simple(open).filter(|_| separator(text, sign) == sign + 1) else { return false };
        let behind = text.skip_blank(close + 1);
        if !matches!(text.at(behind), b',' | b')') {
            return false;
        }
        let value = text.slice(open + 1..close);
        let plain = self.stays(option, value, open + 1, true);
        if !plain && !value.is_empty() && value != MASK.as_bytes() {
            self.edits.push(open..close + 1, QUOTED_MASK, Rule::ConnectionLiteral);
        }
        self.at = behind;
        true
    }

    /// Whether the value of an option is plain and may be shown, but for the parts that are masked. Those are masked in place, and so only
    /// where the text stands as it is.
    pub(crate) fn stays(&mut self, option: OptionKey, value: &[u8], at: usize, verbatim: bool) -> bool {
        if option.class() != Class::Plain {
            return false;
        }
        let before = self.edits.len();
        let stays = plain::scrub(option, value, at, self.edits) && (verbatim || self.edits.len() == before);
        if !stays {
            self.edits.truncate(before);
        }
        stays
    }

    /// Whether the name of an option stands where a value should.
    fn is_key_at(&mut self, separator: usize) -> bool {
        let before = (self.at, self.edits.len());
        self.at = separator;
        let value = self.gap().and_then(|()| self.term());
        self.at = before.0;
        self.edits.truncate(before.1);
        value.and_then(|value| OptionKey::find(value.value?)).is_some()
    }

    /// A key or value: literals in a row, or a bare word.
    fn term(&mut self) -> Option<Term<'a>> {
        let start = self.at;
        let Some(first) = self.text.literal(start) else { return self.bare() };
        if !first.closed {
            return None;
        }
        let value = first.value(self.text);
        let verbatim =
            first.kind != Kind::Other && value.as_ref().is_some_and(|v| v.len() == first.content.len());
        let (kind, mut end) = (first.kind, first.end);
        let mut term =
            Term { content: first.content.clone(), value, verbatim, first: Some(first), more: Vec::new() };
        loop {
            self.at = end;
            let after = (self.at, self.edits.len());
            self.gap()?;
            if kind == Kind::Unicode
                && let Some(escape) = self.uescape()?
            {
                end = escape.end;
                term.more.push(escape);
                term.value = None;
                continue;
            }
            if self.text.has(self.at, b"||") {
                self.at += 2;
                self.gap()?;
            }
            let next = match self.text.at(self.at) {
                b'=' | b',' | b')' => None,
                _ => self.text.literal(self.at),
            };
            match next {
                // Where the quotes are of two kinds, the outer are those of what the statement stands in.
                Some(next) if (next.kind == Kind::Double) != (kind == Kind::Double) => return None,
                Some(next) if next.closed && next.kind != Kind::Name => {
                    match (&mut term.value, next.value(self.text)) {
                        // What is masked already says nothing about what belongs together.
                        (Some(value), Some(more))
                            if value.as_ref() == MASK.as_bytes() || &*more == MASK.as_bytes() =>
                        {
                            return None;
                        }
                        (Some(value), Some(more)) => value.to_mut().extend_from_slice(&more),
                        (value, _) => *value = None,
                    }
                    term.verbatim = false;
                    end = next.end;
                    term.more.push(next);
                }
                Some(_) => return None,
                None => {
                    // What is masked of the term has to be noted before the comments behind it.
                    if self.edits.len() > after.1 {
                        self.at = after.0;
                        self.edits.truncate(after.1);
                    }
                    return Some(term);
                }
            }
        }
    }

    /// `UESCAPE 'c'` behind a literal with `U&`, taken as a part of it.
    fn uescape(&mut self) -> Option<Option<Literal>> {
        let end = self.text.word_end(self.at);
        if !self.text.slice(self.at..end).eq_ignore_ascii_case(b"UESCAPE") {
            return Some(None);
        }
        let start = self.at;
        self.at = end;
        self.gap()?;
        let escape = self.text.literal(self.at)?;
        if !escape.closed || escape.kind != Kind::String {
            return None;
        }
        Some(Some(Literal { start, ..escape }))
    }

    fn bare(&mut self) -> Option<Term<'a>> {
        let start = self.at;
        let mut at = start;
        if self.text.has(start, MASK.as_bytes()) {
            at += MASK.len();
        } else {
            // A colon separates, unless it is inside of a word; so does the sign of a comment.
            while is_name(self.text.at(at)) && !(at > start && self.text.has(at, b"--"))
                || (at > start
                    && matches!(self.text.at(at), b':' | b'/' | b'+')
                    && !is_blank(self.text.at(at + 1)))
            {
                at += 1;
            }
        }
        if at == start {
            return None;
        }
        if quotes_strangely(self.text.slice(start..at)) {
            return None;
        }
        self.at = at;
        let value = Some(Cow::Borrowed(self.text.slice(start..at)));
        Some(Term { content: start..at, value, verbatim: true, first: None, more: Vec::new() })
    }

    /// Shows a key unless it looks like a secret itself.
    fn key(&mut self, key: &Term<'_>) {
        let visible = match &key.value {
            None => false,
            Some(value) if key.first.is_none() => {
                nearly_option(value) || Folded::of(value).secrecy() != Secrecy::None
            }
            Some(value) => is_visible_key(value),
        };
        if !visible {
            self.hide(key);
        }
    }

    fn hide(&mut self, term: &Term<'_>) {
        match &term.first {
            None => {
                if self.text.slice(term.content.clone()) != MASK.as_bytes() {
                    self.edits.mask(term.content.clone(), Rule::ConnectionLiteral);
                }
            }
            Some(first) => {
                let with = mask_like(first.kind);
                let range = first.start..first.end;
                // Comments between the parts have been noted before: the order has to be kept.
                let last = term.more.last().map_or(range.end, |part| part.end);
                if self.text.slice(range.clone()) != with.as_bytes() || !term.more.is_empty() {
                    self.edits.cover(range.start..last, with, Rule::ConnectionLiteral);
                }
            }
        }
    }
}

/// A key or a value.
struct Term<'a> {
    /// The literals; none for a bare word.
    first: Option<Literal>,
    more: Vec<Literal>,
    content: Range<usize>,
    /// What the literals say together.
    value: Option<Cow<'a, [u8]>>,
    /// Whether `value` stands in the text as it is, at `content`.
    verbatim: bool,
}

/// The mask in the quotes of a literal.
pub(crate) const fn mask_like(kind: Kind) -> &'static str {
    match kind {
        Kind::Double => "\"<REDACTED>\"",
        Kind::Name => NAME_MASK,
        _ => QUOTED_MASK,
    }
}

/// Whether a bare word holds a sign that looks like a quote: it may begin a literal.
fn quotes_strangely(word: &[u8]) -> bool {
    let mut at = 0;
    while at < word.len() {
        let (character, size) = lookalike::decode(&word[at..]);
        if character.is_some_and(|character| matches!(lookalike::ascii(character), Some(b'\'' | b'"'))) {
            return true;
        }
        at += size;
    }
    false
}

/// Whether a quoted key may be shown.
pub(crate) fn is_visible_key(key: &[u8]) -> bool {
    key.len() <= 64 && (is_option(key) || is_visible_name(key))
}

fn is_option(key: &[u8]) -> bool {
    OptionKey::find(key).is_some()
}

fn is_visible_name(key: &[u8]) -> bool {
    !is_known_token(key)
        && !shape::is_random(key)
        && key.iter().all(|byte| is_name(*byte) || matches!(byte, b' ' | b'$' | b':' | b'/'))
        && (nearly_option(key)
            || !key.split(|b| matches!(b, b'-' | b'.' | b'_')).any(|part| {
                shape::is_shuffled(part)
                    || shape::is_odd_word(part)
                        && part.is_ascii()
                        && part.iter().filter(|b| b.is_ascii_digit()).count() > 1
            }))
}
