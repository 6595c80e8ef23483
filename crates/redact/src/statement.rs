//! CONNECTION statements that are written as they should be, or nearly so.
//!
//! What is read here is delimited without doubt. Everything else is left to [`crate::broken`].

use crate::edit::{Edits, NAME_MASK, QUOTED_MASK, Rule};
use crate::lex::{Kind, Literal, Text, is_blank, is_name, is_word};
use crate::names::{Folded, Secrecy, nearly_option, within_one_edit, within_two_edits};
use crate::resync::begins_other;
use crate::{plain, prose, shape};
use lockkeeper_model::{MASK, OptionKey};
use std::borrow::Cow;
use std::ops::Range;

/// Reads the statement that begins at `start`, with its end sign, and notes what has to be masked.
///
/// Returns its end; `None` if there is any doubt, and then nothing is noted.
pub(crate) fn read(text: &Text<'_>, start: usize, edits: &mut Edits) -> Option<usize> {
    let before = edits.len();
    let end = Reader { text, at: start, edits }.statement(start);
    if end.is_none() {
        edits.truncate(before);
    }
    end
}

struct Reader<'t, 'a> {
    text: &'t Text<'a>,
    at: usize,
    edits: &'t mut Edits,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum List {
    Pairs,
    Keys,
}

impl<'a> Reader<'_, 'a> {
    fn statement(mut self, start: usize) -> Option<usize> {
        if self.keyword("CREATE") {
            if self.keyword("OR") && !self.keyword("REPLACE") {
                return None;
            }
            self.keyword("TEMPORARY");
            self.keyword("SYSTEM");
        } else if !self.keyword("ALTER") {
            return None;
        }
        if !self.keyword("CONNECTION") {
            return None;
        }
        let name = (self.at, self.edits.len());
        if self.keyword("IF") {
            self.keyword("NOT");
            if !self.keyword("EXISTS") {
                // A connection may be called `if`.
                self.at = name.0;
                self.edits.truncate(name.1);
            }
        }
        self.path()?;
        if self.keyword("COMMENT") {
            self.comment_text()?;
        }
        if self.keyword("WITH") || self.keyword("SET") {
            self.list(List::Pairs)?;
        } else if self.keyword("RESET") {
            self.list(List::Keys)?;
        } else if self.keyword("RENAME") {
            if !self.keyword("TO") {
                return None;
            }
            self.path()?;
        } else {
            return None;
        }
        let end = self.at;
        self.gap()?;
        if self.text.at(self.at) == b';' {
            self.at += 1;
        } else {
            self.at = end;
        }
        ends_clean(self.text, start, self.at).then_some(self.at)
    }

    /// Skips white space and comments, which are masked unless they are harmless.
    fn gap(&mut self) -> Option<()> {
        loop {
            while is_blank(self.text.at(self.at)) {
                self.at += 1;
            }
            let Some((end, closed)) = self.text.comment(self.at) else { return Some(()) };
            if !closed {
                return None;
            }
            scrub_comment(self.text, self.at..end, self.edits);
            self.at = end;
        }
    }

    fn keyword(&mut self, word: &str) -> bool {
        let before = (self.at, self.edits.len());
        if self.gap().is_some() {
            let end = self.text.word_end(self.at);
            if is_keyword(self.text.slice(self.at..end), word) {
                self.at = end;
                return true;
            }
        }
        self.at = before.0;
        self.edits.truncate(before.1);
        false
    }

    fn path(&mut self) -> Option<()> {
        loop {
            self.gap()?;
            let escaped = matches!(self.text.at(self.at), b'u' | b'U') && self.text.at(self.at + 1) == b'&';
            self.at = name_part(self.text, self.at, self.edits)?;
            if escaped && self.keyword("UESCAPE") {
                self.gap()?;
                let escape = self.text.literal(self.at).filter(|literal| literal.closed)?;
                if escape.end - escape.start != "'!'".len() {
                    return None;
                }
                self.at = escape.end;
            }
            let end = self.at;
            self.gap()?;
            if self.text.at(self.at) != b'.' {
                self.at = end;
                return Some(());
            }
            self.at += 1;
        }
    }

    fn comment_text(&mut self) -> Option<()> {
        self.gap()?;
        let literal = self.text.literal(self.at)?;
        if !literal.closed || literal.kind == Kind::Name {
            return None;
        }
        let value = literal.value(self.text);
        if value.is_none_or(|value| value.as_ref() != MASK.as_bytes() && !prose::is_harmless(&value)) {
            self.edits.push(literal.start..literal.end, QUOTED_MASK, Rule::ConnectionText);
        }
        self.at = literal.end;
        Some(())
    }

    fn list(&mut self, list: List) -> Option<()> {
        self.gap()?;
        if self.text.at(self.at) != b'(' {
            return None;
        }
        self.at += 1;
        loop {
            self.gap()?;
            match self.text.at(self.at) {
                b')' => {
                    self.at += 1;
                    return Some(());
                }
                b',' => self.at += 1,
                _ => {
                    self.entry(list)?;
                    self.gap()?;
                    if !matches!(self.text.at(self.at), b',' | b')') {
                        return None;
                    }
                }
            }
        }
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
        if !key.more.is_empty() && !key.value.as_deref().is_some_and(nearly_option) {
            // Rather a lost comma than a key in pieces: the pieces may be anything.
            self.hide(&key);
        } else {
            self.key(&key);
        }
        self.at = separator;
        self.gap()?;
        let value = self.term()?;
        let option = key.value.as_deref().and_then(plain::plain_option);
        let in_pieces = !value.more.is_empty();
        if in_pieces && value.more.iter().any(|part| nearly_option(self.text.slice(part.content.clone()))) {
            // Rather a lost sign between entries than a value in pieces.
            return None;
        }
        let plain = !in_pieces
            && option.is_some_and(|option| {
                let Some(content) = &value.value else { return false };
                let before = self.edits.len();
                // Parts are masked in place only where the text stands as it is.
                let stays = plain::scrub(option, content, value.content.start, self.edits)
                    && (self.edits.len() == before || value.verbatim);
                if !stays {
                    self.edits.truncate(before);
                }
                stays
            });
        // An empty literal says that there is no credential, and hides nothing.
        let empty = !in_pieces && value.value.as_deref() == Some(b"");
        if !plain && !empty {
            self.hide(&value);
        }
        Some(())
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
            match self.text.literal(self.at) {
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
                    self.at = after.0;
                    self.edits.truncate(after.1);
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
            // A colon separates, unless it is inside of a word.
            while is_name(self.text.at(at))
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
                let with = match first.kind {
                    Kind::Double => "\"<REDACTED>\"",
                    Kind::Name => NAME_MASK,
                    _ => QUOTED_MASK,
                };
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

/// Whether a quoted key may be shown.
pub(crate) fn is_visible_key(key: &[u8]) -> bool {
    key.len() <= 64 && (is_option(key) || is_visible_name(key))
}

fn is_option(key: &[u8]) -> bool {
    OptionKey::find(key).is_some()
}

fn is_visible_name(key: &[u8]) -> bool {
    !shape::is_known_token(key)
        && !shape::is_random(key)
        && key.iter().all(|byte| is_name(*byte) || matches!(byte, b' ' | b'$' | b':' | b'/'))
        && (nearly_option(key)
            || !key.split(|b| matches!(b, b'-' | b'.' | b'_')).any(|part| {
                shape::is_odd_word(part)
                    && part.is_ascii()
                    && part.iter().filter(|b| b.is_ascii_digit()).count() > 1
            }))
}

/// Whether a word is a key word, perhaps misspelt.
pub(crate) fn is_keyword(word: &[u8], keyword: &str) -> bool {
    if word.len() == keyword.len() && word.eq_ignore_ascii_case(keyword.as_bytes()) {
        return true;
    }
    if word.len().abs_diff(keyword.len()) > 2 && word.is_ascii() {
        return false;
    }
    if !word.is_ascii() && word.len() <= 64 {
        let folded = Folded::of(word);
        return folded.as_bytes().is_ascii()
            && folded.as_bytes().len() >= 2
            && is_keyword(folded.as_bytes(), keyword);
    }
    if word.len() < 3 || word.len() > 12 || keyword.len() < 4 {
        return false;
    }
    let (wanted, two) = (keyword.as_bytes(), keyword.len() > 8);
    let starts = word[0].eq_ignore_ascii_case(&wanted[0]);
    let ends = word[word.len() - 1].eq_ignore_ascii_case(&wanted[wanted.len() - 1]);
    // One edit changes the beginning or the end.
    if !two && !starts && !ends {
        return false;
    }
    let mut upper = [0; 12];
    let upper = &mut upper[..word.len()];
    upper.copy_from_slice(word);
    upper.make_ascii_uppercase();
    match two {
        false => within_one_edit(upper, wanted),
        true => within_two_edits(upper, wanted),
    }
}

/// The end of one part of a name.
pub(crate) fn name_part(text: &Text<'_>, from: usize, edits: &mut Edits) -> Option<usize> {
    let (content, end) = match text.literal(from) {
        Some(literal)
            if literal.closed
                && (matches!(literal.kind, Kind::Name | Kind::Double | Kind::String)
                    || (literal.kind == Kind::Unicode && text.at(literal.start + 2) == b'"')) =>
        {
            let content = text.slice(literal.content.clone());
            if content.len() > 400 || memchr::memchr2(b'\n', b'=', content).is_some() {
                return None;
            }
            (literal.content, literal.end)
        }
        Some(_) => return None,
        None => {
            let mut end = from;
            while is_word(text.at(end)) || text.at(end) >= 0x80 || matches!(text.at(end), b'-' | b'$') {
                end += 1;
            }
            (from..end, end)
        }
    };
    if end == from {
        return None;
    }
    let name = text.slice(content.clone());
    if shape::is_known_token(name) {
        edits.mask(content, Rule::ConnectionText);
    }
    Some(end)
}

/// Masks what a comment says, unless it is harmless.
pub(crate) fn scrub_comment(text: &Text<'_>, comment: Range<usize>, edits: &mut Edits) {
    let whole = text.slice(comment.clone());
    let block = whole.starts_with(b"/*");
    let content = comment.start + 2..if block && whole.ends_with(b"*/") && whole.len() >= 4 {
        comment.end - 2
    } else {
        comment.end
    };
    let body = text.slice(content.clone());
    let said = body.trim_ascii();
    if said != MASK.as_bytes() && !prose::is_common(body) {
        let lead = usize::from(body.first().is_some_and(|byte| is_blank(*byte)));
        let tail = usize::from(body.len() > 1 && body.last().is_some_and(|byte| is_blank(*byte)));
        edits.mask(content.start + lead..content.end - tail, Rule::ConnectionText);
    }
}

/// The end of the sign between key and value; `from` if there is none.
pub(crate) fn separator(text: &Text<'_>, from: usize) -> usize {
    match (text.at(from), text.at(from + 1)) {
        (b'=', b'=' | b'>') | (b':', b'=') => from + 2,
        (b'=' | b':', _) => from + 1,
        _ => from,
    }
}

/// Whether what follows a statement on its line shows that the statement really ended there.
///
/// If a quote had been lost, its partner would stand there.
fn ends_clean(text: &Text<'_>, start: usize, end: usize) -> bool {
    let line_end = text.line_end(end);
    if closes_soon(text, line_end) {
        return false;
    }
    let mut rest = text.slice(end..line_end);
    let around = start.checked_sub(1).map_or(0, |before| text.at(before));
    if matches!(around, b'\'' | b'"' | b'`') && rest.first() == Some(&around) {
        rest = &rest[1..];
    }
    if rest.first().is_some_and(|byte| is_word(*byte)) {
        return starts_statement(rest);
    }
    if rest.first().is_some_and(|byte| !is_blank(*byte) && !b"\"'`)]},;\\<".contains(byte)) {
        return false;
    }
    let mut depth = 0_i32;
    let mut quotes = 0_usize;
    for (at, byte) in rest.iter().enumerate() {
        match byte {
            b';' if starts_statement(rest[at + 1..].trim_ascii_start()) => break,
            b'\'' => quotes += 1,
            b'(' => depth += 1,
            b')' => depth -= 1,
            _ if at == 0 || rest[at - 1] != b' ' => {}
            _ if starts_statement(&rest[at..]) => break,
            _ => {}
        }
        if depth < 0 {
            return false;
        }
    }
    quotes.is_multiple_of(2)
}

/// Whether the next quote behind a line looks like the end of a literal, not like the beginning of one.
fn closes_soon(text: &Text<'_>, line_end: usize) -> bool {
    let mut line = line_end;
    let limit = line_end + 4096;
    while text.at(line) == b'\n' && line < limit && !begins_other(text, line + 1) {
        let end = text.line_end(line + 1);
        let mut at = line + 1;
        while let Some(offset) = memchr::memchr(b'\'', text.slice(at..end)) {
            let quote = at + offset;
            match text.at(quote + 1) {
                b'\'' => at = quote + 2,
                after if is_name(after) && is_name(text.at(quote - 1)) => at = quote + 1,
                _ => return !opens(text, quote),
            }
        }
        line = end;
    }
    false
}

/// Whether what stands before a quote is what stands before literals.
pub(crate) fn opens(text: &Text<'_>, quote: usize) -> bool {
    quote == 0 || is_blank(text.at(quote - 1)) || matches!(text.at(quote - 1), b'(' | b'=' | b',' | b':')
}

/// Whether a text begins with two words that begin a statement.
pub(crate) fn starts_statement(text: &[u8]) -> bool {
    let length = text.iter().take_while(|b| b.is_ascii_alphabetic()).count();
    let (verb, rest) = text.split_at(length);
    let rest = rest.trim_ascii_start();
    let object = &rest[..rest.iter().take_while(|b| is_word(**b)).count()];
    let is =
        |words: &[&str], word: &[u8]| words.iter().any(|known| known.as_bytes().eq_ignore_ascii_case(word));
    if is(&["CREATE", "ALTER", "DROP"], verb) {
        return is(
            &[
                "AGENT",
                "CATALOG",
                "CONNECTION",
                "DATABASE",
                "FUNCTION",
                "INDEX",
                "MATERIALIZED",
                "MODEL",
                "OR",
                "ROLE",
                "SCHEMA",
                "SECRET",
                "SYSTEM",
                "TABLE",
                "TEMPORARY",
                "TOOL",
                "USER",
                "VIEW",
            ],
            object,
        ) || is_keyword(object, "CONNECTION");
    }
    (is(&["INSERT"], verb) && is(&["INTO", "OVERWRITE"], object))
        || (is(&["DELETE"], verb) && is(&["FROM"], object))
        || (is(&["SHOW", "DESCRIBE", "DESC", "USE", "EXPLAIN", "EXECUTE"], verb) && !object.is_empty())
        || (is(&["SELECT"], verb) && !rest.is_empty())
        || (is(&["SET", "RESET"], verb) && rest.starts_with(b"'"))
}
