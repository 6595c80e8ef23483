//! CONNECTION statements that are written as they should be, or nearly so.
//!
//! What is read here is delimited without doubt. Everything else is left to [`crate::broken`].

use crate::edit::{Edits, QUOTED_MASK, Rule};
use crate::prose;
use crate::prose::commented::begins_alike;
use crate::secret::issuers::is_known_token;
use crate::secret::shape::{is_drawn, is_drawn_inside, is_jumbled, is_random, is_shuffled};
use crate::sql::keyword::is_keyword;
use crate::sql::lex::{Text, is_word, opens_list};
use crate::sql::literal::Kind;
use crate::statement::comments::{scrub_comment, skip_all_comments};
use crate::statement::ending::ends_clean;
use crate::statement::entries::List;
use crate::statement::resync::begins_other;
use lockkeeper_model::MASK;
use std::ops::Range;

/// How far behind its beginning the last comment begins before the word CONNECTION.
const LONGEST_VERB: usize = 1024;
/// How long what a literal behind a list says is at least: a shorter one may be what stands between two quotes of a shell.
const SHORTEST_STRAY: usize = 6;

/// Reads the statement that begins at `start`, with its end sign, and notes what has to be masked.
///
/// Returns its end; `None` if there is any doubt, and then nothing is noted.
pub(crate) fn read(text: &Text<'_>, start: usize, edits: &mut Edits) -> Option<usize> {
    let before = edits.len();
    let end =
        Reader { text, at: start, edits, start, limit: start + LONGEST_VERB, inside: true }.statement(start);
    if end.is_none() {
        edits.truncate(before);
    }
    end
}

/// Reads one statement from its beginning on.
pub(crate) struct Reader<'t, 'a> {
    pub(crate) text: &'t Text<'a>,
    pub(crate) at: usize,
    pub(crate) edits: &'t mut Edits,
    pub(crate) start: usize,
    /// Behind which no comment is skipped: many may follow a word that begins no statement.
    limit: usize,
    /// It is read before the end of a list, where no flags of a command stand.
    pub(crate) inside: bool,
}

impl<'t, 'a> Reader<'t, 'a> {
    /// Reads what stands at a position of the statement at `start`.
    pub(crate) fn within(text: &'t Text<'a>, start: usize, at: usize, edits: &'t mut Edits) -> Self {
        Self { text, at, edits, start, limit: usize::MAX, inside: true }
    }

    fn statement(mut self, start: usize) -> Option<usize> {
        if self.keyword("CREATE") {
            if self.keyword("OR") && !self.keyword("REPLACE") {
                return None;
            }
        } else if !self.keyword("ALTER") {
            return None;
        }
        if !self.keyword("CONNECTION") {
            self.keyword("TEMPORARY");
            self.keyword("SYSTEM");
            if !self.keyword("CONNECTION") && !self.keyword("SECRET") {
                return None;
            }
        }
        self.limit = usize::MAX;
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
        self.inside = false;
        while let Some(stray) = self.stray_literal() {
            self.edits.push(stray.clone(), QUOTED_MASK, Rule::ConnectionLiteral);
            self.at = stray.end;
        }
        let (end, noted) = (self.at, self.edits.len());
        self.gap()?;
        let next = self.text.skip_blank(self.at + 1);
        if self.text.at(self.at) == b')' && self.text.at(next) == b';' {
            // A bracket too many.
            self.at = next;
        }
        if self.text.at(self.at) == b';' {
            self.at += 1;
        } else {
            // A comment on its line belongs to it.
            let line =
                memchr::memchr(b'\n', self.text.slice(end..self.at)).map_or(self.at, |line| end + line);
            let own =
                self.edits.as_slice().iter().skip(noted).take_while(|edit| edit.range.end <= line).count();
            self.edits.truncate(noted + own);
            let said = self.text.slice(end..line).trim_ascii_end().len();
            self.at = if own > 0 { end + said } else { end };
        }
        ends_clean(self.text, start, self.at).then_some(self.at)
    }

    /// A literal behind the list, on its line.
    fn stray_literal(&self) -> Option<Range<usize>> {
        let start = self.text.skip_space(self.at);
        let literal = self.text.literal(start).filter(|literal| literal.closed && start > self.at)?;
        let alone = matches!(self.text.at(self.text.skip_space(literal.end)), 0 | b';' | b'\r' | b'\n');
        (alone && literal.kind == Kind::String && literal.content.len() >= SHORTEST_STRAY)
            .then_some(literal.start..literal.end)
    }

    /// Skips white space and comments, which are masked unless they are harmless.
    #[inline]
    pub(crate) fn gap(&mut self) -> Option<()> {
        self.at = self.text.skip_blank(self.at);
        match self.text.at(self.at) {
            b'-' | b'/' => self.comments(),
            _ => Some(()),
        }
    }

    #[cold]
    fn comments(&mut self) -> Option<()> {
        loop {
            let flag = || if self.inside { self.text.line_comment(self.at) } else { None };
            let Some((end, closed)) = self.text.comment(self.at).or_else(flag) else { return Some(()) };
            // A line that is commented out as the first one is goes on with the statement.
            if begins_alike(self.text, self.start, self.at) {
                return None;
            }
            if !closed || self.at > self.limit {
                return None;
            }
            // In a string, a line may go on behind its end.
            let quoted =
                self.start > 0 && self.text.at(self.start - 1) == b'"' && self.text.at(self.at) == b'-';
            let said = if quoted { self.text.slice(self.at..end) } else { &[] };
            let end = memchr::memchr(b'"', said).map_or(end, |quote| self.at + quote);
            scrub_comment(self.text, self.at..end, self.edits);
            self.at = self.text.skip_blank(end);
        }
    }

    /// Skips a key word; if it is not there, only what stands before it.
    fn keyword(&mut self, word: &str) -> bool {
        if self.gap().is_none() {
            return false;
        }
        // A short one is not misspelt.
        let first = self.text.at(self.at);
        if word.len() < 4 && first.is_ascii() && !first.eq_ignore_ascii_case(&word.as_bytes()[0]) {
            return false;
        }
        let end = self.text.word_end(self.at);
        let found = end > self.at && is_keyword(self.text.slice(self.at..end), word);
        if found {
            self.at = end;
        }
        found
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
            let (end, noted) = (self.at, self.edits.len());
            self.gap()?;
            if self.text.at(self.at) != b'.' {
                self.at = end;
                self.edits.truncate(noted);
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
            if literal.kind == Kind::String && is_no_name(content) && is_followed(text, literal.end) {
                edits.push(literal.start..literal.end, QUOTED_MASK, Rule::ConnectionLiteral);
                return Some(literal.end);
            }
            // Rather a quote without a partner, unless the options follow.
            let odd = memchr::memchr3(b'\n', b'=', b'\'', content).is_some()
                && !precedes_list(text, literal.end)
                && (memchr::memchr2(b'\n', b'=', content).is_some() || !is_followed(text, literal.end));
            // Nor do comments stand in names.
            let odd =
                odd || memchr::memmem::find(content, b"/*").is_some() && !precedes_list(text, literal.end);
            if content.len() > 400 || odd || holds_option(content) {
                return None;
            }
            (literal.content, literal.end)
        }
        Some(_) => return None,
        None => {
            let end = bare_end(text, from);
            (from..end, end)
        }
    };
    if end == from {
        return None;
    }
    let name = text.slice(content.clone());
    if is_known_token(name) {
        edits.mask(content, Rule::ConnectionText);
    }
    Some(end)
}

/// Whether a string that stands where the name should is none that people choose.
pub(crate) fn is_no_name(content: &[u8]) -> bool {
    let words = || content.split(|byte| *byte == b' ');
    content != MASK.as_bytes()
        && (content.iter().any(|byte| b":=@/!?#%^*+;<>[]{}|~\\".contains(byte))
            || content.split(|byte| !is_word(*byte)).any(|word| is_drawn_inside(word) || is_jumbled(word))
            || words().any(|word| is_random(word) || is_shuffled(word))
            || words().filter(|word| is_drawn(word)).count() > 1)
}

/// Whether a value or a URL stands in a name: a part of another statement.
fn holds_option(content: &[u8]) -> bool {
    memchr::memchr2(b'=', b':', content).is_some_and(|sign| {
        let rest = &content[sign..];
        let mut values = rest.split(|byte| *byte == b'=').skip(1);
        values.any(|value| value.trim_ascii_start().starts_with(b"'"))
            || rest.windows(3).any(|scheme| scheme == b"://")
    })
}

/// Whether `WITH (` or `SET (` follows.
fn precedes_list(text: &Text<'_>, from: usize) -> bool {
    let start = skip_all_comments(text, from);
    let end = text.word_end(start);
    ["WITH", "SET"].iter().any(|known| text.slice(start..end).eq_ignore_ascii_case(known.as_bytes()))
        && opens_list(text.at(skip_all_comments(text, end)))
}

/// Whether the rest of a name follows, and what may stand behind one.
fn is_followed(text: &Text<'_>, from: usize) -> bool {
    let mut at = skip_all_comments(text, from);
    for _ in 0..2 {
        if text.at(at) != b'.' {
            break;
        }
        let part = skip_all_comments(text, at + 1);
        let quoted = text.literal(part).filter(|literal| literal.closed && literal.kind == Kind::Name);
        at = skip_all_comments(text, quoted.map_or_else(|| bare_end(text, part), |literal| literal.end));
    }
    let end = text.word_end(at);
    let next = text.at(skip_all_comments(text, end));
    match text.slice(at..end).to_ascii_uppercase().as_slice() {
        b"WITH" | b"SET" | b"RESET" => opens_list(next),
        b"COMMENT" => next == b'\'',
        b"RENAME" => end > at,
        // WITH was forgotten.
        b"" => next == b'(',
        _ => false,
    }
}

/// The end of a name without quotes; a comment may begin directly behind it.
fn bare_end(text: &Text<'_>, from: usize) -> usize {
    let mut end = from;
    while is_word(text.at(end))
        || text.at(end) >= 0x80
        || text.at(end) == b'$'
        || (text.at(end) == b'-' && text.at(end + 1) != b'-')
    {
        end += 1;
    }
    end
}

/// Whether another statement begins inside of a comment: rather its end is that of another comment.
pub(crate) fn swallows_statement(text: &Text<'_>, comment: Range<usize>) -> bool {
    memchr::memchr_iter(b'\n', text.slice(comment.clone()))
        .any(|at| begins_other(text, comment.start + at + 1))
}
