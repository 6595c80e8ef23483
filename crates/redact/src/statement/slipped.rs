//! Entries of a list with one slip that says nothing against its end: a sign or a key that is missing, a comma or bracket too
//! many, a quote that is written twice, behind a backslash, or as word processors write it.

use crate::edit::Rule;
use crate::secret::names::nearly_option;
use crate::sql::lex::{Text, is_name, quote_length, separator};
use crate::sql::literal::{Kind, Literal};
use crate::statement::entries::mask_like;
use crate::statement::marked::skip_marked;
use crate::statement::written::Reader;
use crate::value::rows::begins_entry;
use lockkeeper_model::{MASK, OptionKey};

/// How long the name of an option is at most, and how far behind its sign a list ends.
const LONGEST_KEY: usize = 64;
const LONGEST_REST: usize = 1024;
/// How long a value is whose quotes are not those of SQL.
const LONGEST_VALUE: usize = 512;

impl Reader<'_, '_> {
    /// Reads `= 'value'`, `'key' 'value'`, `'key''value'`, `'key', = 'value'`, `'key' =( 'value'`, `'key' = ''value'`,
    /// `'key' = 'va\'lue'` and the like. The key has to be that of an option, or nearly: pairs of the wrong quotes have none.
    pub(crate) fn slipped_entry(&mut self) -> Option<()> {
        let sign = separator(self.text, self.at);
        if sign > self.at {
            self.at = sign;
            let value = self.plain_literal()?;
            return self.value_of(None, &value);
        }
        let key = self.plain_literal()?;
        let said = self.text.slice(key.content.clone());
        if let Some(quotes) = memchr::memmem::find(said, b"''") {
            return self.glued(&key, quotes);
        }
        if !nearly_option(said) {
            return None;
        }
        self.gap()?;
        for _ in 0..2 {
            self.at = separator(self.text, self.at);
            self.gap()?;
            self.at += usize::from(matches!(self.text.at(self.at), b',' | b'(' | b')'));
            self.gap()?;
        }
        let value = self.odd_literal().or_else(|| self.plain_literal())?;
        self.value_of(OptionKey::find(said), &value)
    }

    /// A literal whose quotes are not those of SQL, up to what ends an entry.
    fn odd_literal(&mut self) -> Option<Literal> {
        let (text, start) = (self.text, self.at);
        let first = quote_length(text, start);
        let wide = text.at(start) >= 0x80;
        if first == 0 || !(wide || text.at(start) == b'\'') {
            return None;
        }
        let twice = !wide && text.at(start + 1) == b'\'';
        let open = start + first + usize::from(twice);
        let mut at = open;
        loop {
            let said = text.ahead(at, LONGEST_VALUE);
            let quote =
                at + said.iter().position(|byte| matches!(byte, b'\'' | b'\n') || wide && *byte >= 0x80)?;
            let length = quote_length(text, quote);
            if text.at(quote) == b'\n' || quote > start + LONGEST_VALUE {
                return None;
            }
            at = quote + length.max(1);
            if length == 0 || text.at(quote - 1) == b'\\' {
                continue;
            }
            if (text.at(quote) >= 0x80) != wide {
                return None;
            }
            // Rather a quote in the value than one too many behind it.
            if !wide && text.at(at) == b'\'' {
                at += 1;
                continue;
            }
            if quote == open || !matches!(text.at(text.skip_blank(at)), b',' | b')' | b']' | b'}') {
                return None;
            }
            self.at = at;
            let content = open..quote;
            return Some(Literal {
                kind: Kind::String,
                start,
                content,
                end: at,
                closed: true,
                doubled: false,
            });
        }
    }

    /// A literal on one line, that is not what stands between two others.
    fn plain_literal(&mut self) -> Option<Literal> {
        self.gap()?;
        let literal = self.text.literal(self.at).filter(|literal| literal.closed)?;
        let said = self.text.slice(literal.content.clone());
        let between = said.trim_ascii_start().first().is_none_or(|first| b",=:()[]{};".contains(first));
        self.at = literal.end;
        (matches!(literal.kind, Kind::String | Kind::Double) && !between && !said.contains(&b'\n'))
            .then_some(literal)
    }

    fn value_of(&mut self, option: Option<OptionKey>, value: &Literal) -> Option<()> {
        let said = self.text.slice(value.content.clone());
        if said != MASK.as_bytes()
            && !option.is_some_and(|option| self.stays(option, said, value.content.start, true))
        {
            let wide = self.text.at(value.start) >= 0x80;
            let with = if wide { MASK } else { mask_like(value.kind) };
            self.edits.push(value.start..value.end, with, Rule::ConnectionLiteral);
        }
        Some(())
    }

    /// A key and its value, of which the quotes between them have become one that is written twice.
    fn glued(&mut self, literal: &Literal, quotes: usize) -> Option<()> {
        let said = self.text.slice(literal.content.clone());
        let (option, value) = (OptionKey::find(&said[..quotes])?, &said[quotes + 2..]);
        if value.is_empty() || value.contains(&b'\'') {
            return None;
        }
        let at = literal.content.start + quotes + 2;
        if value != MASK.as_bytes() && !self.stays(option, value, at, true) {
            self.edits.mask(at..literal.content.end, Rule::ConnectionLiteral);
        }
        Some(())
    }
}

/// Whether an entry with the key of an option begins where the comma before it should stand.
pub(crate) fn lacks_comma(text: &Text<'_>, at: usize) -> bool {
    let name = at + 1;
    let length = text.ahead(name, LONGEST_KEY).iter().take_while(|byte| is_name(**byte)).count();
    text.at(at) == b'\''
        && OptionKey::find(text.slice(name..name + length)).is_some()
        && begins_entry(text, at)
}

/// Whether the next line begins as those of lists do.
pub(crate) fn goes_on_below(text: &Text<'_>, behind: usize) -> bool {
    b"'`,".contains(&text.at(text.skip_blank(behind)))
}

/// Whether a semicolon that stands before this separates entries: another one follows, and then the bracket of the list.
pub(crate) fn separates(text: &Text<'_>, behind: usize) -> bool {
    let next = skip_marked(text, behind);
    let name = next + text.ahead(next, LONGEST_KEY).iter().take_while(|byte| is_name(**byte)).count();
    let sign = text.skip_space(name);
    let is_pair = name > next && separator(text, sign) > sign || begins_entry(text, next);
    is_pair && {
        let rest = text.ahead(sign, LONGEST_REST);
        memchr::memchr2(b'(', b')', rest).is_some_and(|bracket| rest[bracket] == b')')
    }
}
