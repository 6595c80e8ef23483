//! Entries of a list with one slip that says nothing against its end: a sign or a key that is missing, a comma too many.

use crate::edit::{QUOTED_MASK, Rule};
use crate::secret::names::nearly_option;
use crate::sql::lex::separator;
use crate::sql::literal::{Kind, Literal};
use crate::statement::written::Reader;
use lockkeeper_model::{Class, MASK, OptionKey};

impl Reader<'_, '_> {
    /// Reads `= 'value'`, `'key' 'value'`, `'key''value'`, `'key', = 'value'` or `'key' =, 'value'`. The key has to be that of an
    /// option, or nearly: pairs of the wrong quotes have none.
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
            self.at += usize::from(self.text.at(self.at) == b',');
            self.gap()?;
        }
        let value = self.plain_literal()?;
        self.value_of(OptionKey::find(said), &value)
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
        let plain = option.filter(|option| option.class() == Class::Plain);
        if said != MASK.as_bytes()
            && !plain.is_some_and(|plain| self.stays(plain, said, value.content.start, true))
        {
            let with = if value.kind == Kind::Double { "\"<REDACTED>\"" } else { QUOTED_MASK };
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
        let stays = option.class() == Class::Plain && self.stays(option, value, at, true);
        if !stays && value != MASK.as_bytes() {
            self.edits.mask(at..literal.content.end, Rule::ConnectionLiteral);
        }
        Some(())
    }
}
