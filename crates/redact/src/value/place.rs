//! Where a name that denotes a secret has its value, and how far that reaches.

use crate::edit::{Edits, QUOTED_MASK, Rule, quoted_like};
use crate::prose::commented::{commented_end, commented_header_end, is_line_commented};
use crate::prose::{is_common, told};
use crate::secret::issuers::is_cut_token;
use crate::secret::names::{Folded, Secrecy};
use crate::secret::password::is_password;
use crate::secret::shape::{is_drawn, is_mixed, is_odd_word};
use crate::sql::column;
use crate::sql::keyword::statement_begins;
use crate::sql::lex::{Text, quote_length};
use crate::sql::prefix::{known, prefixed};
use crate::statement::around::{ends_around, is_inside, lone_quote, next_line};
use crate::statement::comments::scrub_comments;
use crate::statement::recognise::is_any;
use crate::value::apart::{is_entry, is_netrc, names_scheme};
use crate::value::harmless::is_no_secret;
use crate::value::rows::{entry_end, quoteless_end, unquoted_end, with_rest};
use crate::value::sign::Sign;
use crate::value::values::{
    bare_end, is_listed, is_port, is_property, listed_end, opening, opens, property_end, quoted_value,
    unopened_end,
};
use crate::value::{block, command, header};
use crate::wrapping::shell::any_shell_quote;
use lockkeeper_model::MASK;
use std::ops::Range;

/// How long words are that stand where a literal should.
const LONGEST_WORDS: usize = 256;
/// How long a word may be that is set.
const LONGEST_SET: usize = 65_536;

/// A name that denotes a secret, and where its value begins.
pub(crate) struct Place<'t, 'a> {
    pub(crate) text: &'t Text<'a>,
    pub(crate) floor: usize,
    pub(crate) name: Range<usize>,
    pub(crate) sign: Sign,
    pub(crate) start: usize,
}

impl Place<'_, '_> {
    /// Whether a value without a sign before it is one.
    pub(crate) fn is_told(&self, folded: &Folded, secrecy: Secrecy, commented: impl Fn() -> bool) -> bool {
        let Self { text, start, ref name, ref sign, .. } = *self;
        let word = folded.as_bytes();
        let apart = start > name.end;
        let quoted = opens(text, start);
        let sql = apart
            && opening(text, start).is_some_and(|open| text.at(open - 1) == b'\'')
            && (sign.quoted && matches!(text.at(sign.quote - 1), b'\'' | b'"' | b'`')
                || matches!(word, b"password" | b"passwd" | b"secret"));
        let typographic =
            apart && quote_length(text, start) > 1 && matches!(word, b"password" | b"passwd" | b"secret");
        let listed = apart && secrecy == Secrecy::Secret && is_entry(text, self.floor, name, start);
        // In a comment, signs are a part of the word.
        let end = if commented() { commented_end(text, start) } else { bare_end(text, start) };
        let bare = text.slice(start..end);
        // The sign between two literals is missing, and perhaps the first quote of the second.
        let behind = sign.quoted && start == sign.quote && secrecy.is_certain();
        let closes = || unopened_end(text, start, start + bare.len()).is_some() && bare.len() > 5;
        let same = text.at(start) == text.at(sign.quote - 1) && text.at(start + 1) != text.at(start);
        if behind && (quote_length(text, start) > 1 || (quoted && same) || closes()) {
            return true;
        }
        let set = || {
            let literal = text.literal(start).filter(|literal| literal.closed);
            literal.is_some_and(|literal| {
                matches!(text.at(text.skip_space(literal.end)), 0 | b';' | b'\r' | b'\n')
            })
        };
        if sign.is_set && sign.quoted && apart && quoted && set() {
            return true;
        }
        let scheme = apart && !sign.quoted && word == b"bearer" && bare.len() >= 8;
        let odd = || {
            apart
                && !quoted
                && without_signs(bare).len() >= 8
                && is_odd_word(bare)
                && bare.iter().all(|b| b.is_ascii_graphic())
                && !column::is_sized_type(bare)
                // As requests have it behind a path.
                && !bare.starts_with(b"HTTP/")
                && (secrecy == Secrecy::Secret || commented())
                && (is_drawn(bare)
                    || matches!(word, b"password" | b"passwd" | b"pwd")
                    || commented() && (is_mixed(bare) || is_cut_token(bare)))
        };
        let before = text.slice(self.floor..name.start);
        let said = || {
            let sentence = sign.is_verb || told::is_limited(text, end) && commented();
            sentence && !quoted && secrecy.is_told() && told::is_value(text, start..end)
        };
        // A key word of SQL, or a name of two words: `SECRET_ACCESS_KEY '…'`.
        let keyword = || {
            let said = text.slice(name.clone());
            let is_keyword = said.iter().all(|byte| !byte.is_ascii_lowercase()) || said.contains(&b'_');
            let quote = matches!(text.at(start), b'\'' | b'$');
            let literal = text.literal(start).filter(|literal| literal.closed && quote);
            secrecy == Secrecy::Secret
                && apart
                && !sign.quoted
                && is_keyword
                && literal.is_some_and(|literal| is_odd_word(text.slice(literal.content)))
        };
        // In a remark, the quotes say enough.
        let remarked = || {
            let within = any_shell_quote(text, start).or_else(|| {
                let slashes = text.slashes(start);
                (slashes > 0).then_some(start + slashes + 1)
            });
            // In a cell of CSV.
            let within = within.or_else(|| text.has(start, b"\"\"").then_some(start + 2));
            let said = match within {
                Some(within) => {
                    memchr::memmem::find(text.ahead(within, LONGEST_WORDS), text.slice(start..within))
                        .map(|length| within..within + length)
                }
                None => text.literal(start).filter(|literal| literal.closed).map(|literal| literal.content),
            };
            said.filter(|_| quoted && apart).is_some_and(|said| {
                let said = text.slice(said);
                let one = !said.iter().any(|byte| *byte <= b' ')
                    && !b"])},;:.\\".contains(&said.first().copied().unwrap_or(b'.'));
                let secret = secrecy == Secrecy::Secret && said.len() >= 6 && !is_common(said);
                one && (secret || is_password(said)) && !is_no_secret(said) && commented()
            })
        };
        sql || keyword()
            || remarked()
            || (apart && command::sets(before))
            || typographic
            || listed
            || scheme
            || is_netrc(text, self.floor, name)
            || odd()
            || said()
    }

    /// The range of the value and that of what it says; `word`: it is one of a comment.
    pub(crate) fn extent(&self, folded: &Folded, word: bool) -> (Range<usize>, Range<usize>) {
        let Self { text, start, ref name, ref sign, .. } = *self;
        if let Some(open) = opening(text, start).filter(|_| !word) {
            let mut value = quoted_value(text, start, open, sign.is(text, b':'));
            // A backtick that nothing closes.
            if text.at(start) == b'`' && text.at(value.0.end) == b'\n' && self.is_entry() {
                let end = unquoted_end(text, value.0.end);
                value = (start..end, start..end);
            }
            // The line of a comment ends what stands in it.
            return match text.literal(start).filter(|first| first.closed && first.end < value.0.end) {
                Some(first)
                    if matches!(text.at(text.skip_space(first.end)), b'\r' | b'\n')
                        && is_line_commented(text, self.floor, name.start) =>
                {
                    (start..first.end, first.content)
                }
                _ => value,
            };
        }
        let header =
            [&b"authorization"[..], b"cookie", b"headers"].iter().any(|end| folded.as_bytes().ends_with(end));
        let end = match header || names_scheme(text, start) {
            true if word => commented_header_end(text, start),
            true => header::end(text, start),
            false if is_listed(text, self.floor, name.start) => listed_end(text, start),
            false if !sign.is_set && !sign.is_missing() && is_property(text, name, sign.start..start) => {
                property_end(text, start)
            }
            false if sign.is_set && sign.is(text, b'=') && !word => {
                bare_end(text, start).max(set_end(text, start))
            }
            false if word => commented_end(text, start),
            false => {
                bare_end(text, start).max(block::scalar_end(text, name, sign.start..start).unwrap_or(start))
            }
        };
        let literal = prefixed(text, start, sign.quote).filter(|_| sign.quoted);
        if literal.is_none()
            && (sign.quoted || (sign.is(text, b'=') && !is_inside(text, name.start)))
            && !sign.is_missing()
            && let Some(end) = unopened_end(text, start, end)
                .or_else(|| self.lone_quote(end))
                .or_else(|| self.lone_quote(next_line(text, end)?))
        {
            return (start..end, start..end);
        }
        // `Some("…")` and the like.
        let literal = literal.or((end > start && text.at(end - 1) == b'(').then_some(end));
        match literal.and_then(|literal| Some((literal, opening(text, literal)?))) {
            Some((literal, open)) => quoted_value(text, literal, open, false),
            None => {
                // The end of the list is none of the comment's.
                let end = if word { end } else { self.quoteless_end(end) };
                let end = self.entry_end(end).unwrap_or_else(|| self.words_end(end));
                (start..end, start..end)
            }
        }
    }

    /// The end of a value in a list of which nothing is quoted.
    fn quoteless_end(&self, bare: usize) -> usize {
        let Self { text, start, ref name, ref sign, .. } = *self;
        let before = text.slice(self.floor..name.start).trim_ascii_end();
        let apart = || text.slice(name.end..sign.start).contains(&b'\n');
        let listed = before.last().map_or_else(apart, |last| b"(,".contains(last));
        if listed && !sign.quoted && sign.is(text, b'=') { quoteless_end(text, start, bare) } else { bare }
    }

    /// The end of the entry of a list whose value has no quotes.
    fn entry_end(&self, bare: usize) -> Option<usize> {
        let Self { text, start, .. } = *self;
        let whole = self.is_entry() && bare > start && !text.has(start, MASK.as_bytes());
        whole.then(|| unquoted_end(text, start).max(bare))
    }

    /// Whether the name and the value are in quotes, with the sign of SQL between the two.
    pub(crate) fn is_option(&self) -> bool {
        let Self { text, ref name, ref sign, .. } = *self;
        opens(text, self.start) && sign.quote > name.end && sign.is(text, b'=')
    }

    /// Whether the name stands in single quotes where one does in a list of SQL.
    fn is_entry(&self) -> bool {
        let before =
            self.text.slice(self.floor..self.name.start).strip_suffix(b"'").map(<[u8]>::trim_ascii_end);
        self.is_sql() && matches!(before, Some([] | [.., b'(' | b','] | [.., b'*', b'/']))
    }

    /// Whether the name stands in single quotes before the sign of SQL.
    fn is_sql(&self) -> bool {
        let Self { text, ref sign, .. } = *self;
        sign.quoted && text.at(sign.quote - 1) == b'\'' && sign.is(text, b'=') && !sign.is_double(text)
    }

    /// The end of the words that stand where an entry has its literal, up to the end of the entry on the line.
    fn words_end(&self, bare: usize) -> usize {
        let Self { text, start, .. } = *self;
        if !self.is_sql() || bare == start || text.at(bare) != b' ' {
            return bare;
        }
        let end = entry_end(text, bare);
        let words = text.slice(bare..end);
        let ends = end - bare <= LONGEST_WORDS && matches!(text.at(text.skip_space(end)), b',' | b')');
        if ends && memchr::memchr3(b'\'', b'"', b'\n', words).is_none() { end } else { bare }
    }

    /// Where the quote stands that ends the value on its line, behind what looks like its end.
    fn lone_quote(&self, end: usize) -> Option<usize> {
        let sql = self.sign.quoted && self.sign.is(self.text, b'=');
        if sql { lone_quote(self.text, &self.name, end) } else { None }
    }

    /// Whether the name is a host, and the value its port.
    pub(crate) fn is_port(&self, value: &[u8]) -> bool {
        let near = self.start == self.sign.start + 1;
        near && !self.sign.quoted && self.sign.is(self.text, b':') && is_port(self.text, &self.name, value)
    }

    /// Whether something stands directly behind an empty literal: rather its first quote is there twice.
    pub(crate) fn goes_on(&self, end: usize) -> bool {
        let next = self.text.at(end);
        // The value begins with a bracket.
        let bracket = next == b')' && self.text.at(end + 1).is_ascii_alphanumeric();
        self.sign.spans
            && self.sign.is(self.text, b'=')
            && self.text.at(self.start) == b'\''
            && (next.is_ascii_graphic() || next >= 0x80)
            && (bracket || !b"',;)]}|<&\"`\\".contains(&next))
    }

    /// Masks the value; returns its end.
    pub(crate) fn mask(&self, range: Range<usize>, content: Range<usize>, edits: &mut Edits) -> usize {
        let Self { text, start, ref name, ref sign, .. } = *self;
        if sign.quoted || sign.spans {
            scrub_comments(text, sign.quote..sign.start, edits);
            scrub_comments(text, sign.start..start, edits);
        }
        // A colon may stand for the sign of SQL.
        let colon = sign.is(text, b':') && text.at(range.start) == b'\'' && range.end > range.start + 1;
        let sql = sign.quoted && (sign.is_missing() || sign.is(text, b'=') || colon);
        let rest = match sql {
            _ if content.is_empty() && self.goes_on(range.end) => unquoted_end(text, range.end),
            true if let Some(quote) = self.lone_quote(range.end) => quote + 1,
            true if ends_around(text, name, range.end) => range.end,
            // The quote that ends a value which none begins.
            true if text.at(range.end) == b'\'' && text.at(range.start) != b'\'' => {
                Some(with_rest(text, range.end + 1)).filter(|rest| *rest > range.end + 1).unwrap_or(range.end)
            }
            true => with_rest(text, range.end),
            false => range.end,
        };
        // The comment that the value stands in ends with its line.
        let between = text.slice(range.end..rest);
        let ends = (between.contains(&b'\n') || memchr::memmem::find(between, b"\\n").is_some())
            && is_line_commented(text, self.floor, name.start);
        let rest = if ends { range.end } else { rest };
        // What only seems to go on ends before a statement of its own.
        let odd = || rest > range.end || holds_lone_quote(text.slice(content.clone()));
        if let Some(end) = connection_in(text, range.start..rest).filter(|_| odd()) {
            let quoted = text.at(range.start) == b'\'';
            edits.push(range.start..end, if quoted { QUOTED_MASK } else { MASK }, Rule::SecretOption);
            return end;
        }
        if rest > range.end {
            edits.push(range.start..rest, quoted_like(text.slice(name.end..sign.quote)), Rule::SecretOption);
            return rest;
        }
        let shell = any_shell_quote(text, range.start).is_some();
        if content == range || shell || matches!(text.at(range.start), b'"' | b'`' | b'\\') {
            edits.mask(content, Rule::SecretOption);
        } else if text.slice(range.clone()) != QUOTED_MASK.as_bytes() {
            edits.push(range.clone(), QUOTED_MASK, Rule::SecretOption);
        }
        range.end
    }
}

/// Whether a quote stands in a text that is not written twice.
fn holds_lone_quote(said: &[u8]) -> bool {
    let mut quotes = memchr::memchr_iter(b'\'', said).peekable();
    while let Some(quote) = quotes.next() {
        if quotes.next_if_eq(&(quote + 1)).is_none() {
            return true;
        }
    }
    false
}

/// Where a semicolon stands before a CONNECTION statement in a part of a text.
fn connection_in(text: &Text<'_>, part: Range<usize>) -> Option<usize> {
    memchr::memchr_iter(b';', text.slice(part.clone())).map(|sign| part.start + sign).find(|sign| {
        let verb = text.skip_blank(sign + 1);
        let end = text.word_end(verb);
        let noun = text.skip_blank(end);
        verb < part.end
            && is_any(text.slice(verb..end), &["CREATE", "ALTER"])
            && is_any(text.slice(noun..text.word_end(noun)), &["CONNECTION"])
    })
}

/// A word without the signs around it that no password begins or ends with in prose.
fn without_signs(word: &[u8]) -> &[u8] {
    let around = |byte: &u8| b"|*,.;:()[]{}".contains(byte);
    let start = word.iter().position(|byte| !around(byte)).unwrap_or(word.len());
    let end = word.iter().rposition(|byte| !around(byte)).map_or(start, |last| last + 1);
    &word[start..end]
}

/// Where the word ends that is set: at a blank, a semicolon with nothing behind it, or a quote behind which the text ends that it
/// stands in.
fn set_end(text: &Text<'_>, start: usize) -> usize {
    let ends = |at: usize| {
        matches!(
            text.at(at),
            0..=b' ' | b'\\' | b'"' | b'\'' | b'`' | b',' | b')' | b']' | b'}' | b'|' | b'>' | b':'
        )
    };
    let closes =
        |at: usize| text.at(at) <= b' ' || quote_length(text, at + usize::from(text.at(at) == b'\\')) > 0;
    let word = text.at(start).is_ascii_alphanumeric() && quote_length(text, start + known(text, start)) == 0;
    let mut at = start;
    while word && text.at(at) > b' ' && at - start < LONGEST_SET {
        at += match text.at(at) {
            b';' if ends(at + 1) && (quote_length(text, at + 1) == 0 || ends(at + 2)) => break,
            b';' if statement_begins(text, at + 1) => break,
            quote @ (b'"' | b'\'' | b'`') if text.at(at + 1) == quote && at > start => 2,
            b'"' | b'\'' | b'`' if ends(at + 1) || text.at(at + 1) == b';' => break,
            b'(' if quote_length(text, at + 1) > 0 => break,
            b')' | b']' | b'}' | b'|' | b'>' | b',' if closes(at + 1) => break,
            b'\\' if matches!(text.at(at + 1), b'"' | b'\'' | b'n' | b'r' | b't') => break,
            _ => 1,
        };
    }
    at
}
