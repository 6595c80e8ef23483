//! Values that belong to a name which denotes a secret: options, properties, headers, flags, parameters.

use crate::apart::{holds_statement, is_entry, is_netrc, is_predicate, lists_pairs, names_scheme};
use crate::around::{
    breaks_in_string, ends_around, is_inside, lone_quote, next_line, opens_in_shell, spells_blank,
};
use crate::column;
use crate::commented::{commented_end, commented_header_end, in_comment, is_commented, is_line_commented};
use crate::cut;
use crate::edit::{Edits, QUOTED_MASK, Rule, quoted_like};
use crate::encoded::{mask_encoded, mask_repeated};
use crate::interrupted;
use crate::lex::{Text, quote_length};
use crate::lines::any_shell_quote;
use crate::named::{escaped, name_of};
use crate::names::{Folded, Secrecy};
use crate::prefix::prefixed;
use crate::resync::begins_other;
use crate::rows::{entry_end, quoteless_end, unquoted_end, with_rest};
use crate::shape::{is_chosen, is_drawn, is_known_token, is_odd_word, is_random};
use crate::sign::Sign;
use crate::statement::scrub_comments;
use crate::values::{
    bare_end, header_end, is_description, is_listed, is_no_secret, is_port, is_property, listed_end, opening,
    opens, property_end, quoted_value, unopened_end,
};
use crate::wrapping::SHELL_QUOTE;
use crate::{elements, nested, numbered};
use lockkeeper_model::MASK;
use std::ops::Range;

/// How long words are that stand where a literal should.
const LONGEST_WORDS: usize = 256;

/// Masks the value of the name that stands at `name`, if it denotes a secret; nothing before `floor` is looked at.
/// Returns where to go on.
pub(crate) fn mask(text: &Text<'_>, floor: usize, name: Range<usize>, edits: &mut Edits) -> Option<usize> {
    let name = name_of(text, floor, name);
    if let Some(escaped) = escaped(text, floor, &name)
        && let Some(end) = mask_encoded(text, floor, &escaped, [false; 2], edits)
    {
        return Some(end);
    }
    let end = name.end + text.ahead(name.end, 2).len();
    if matches!(text.slice(name.end..end), b"''" | b"\"\"")
        && Folded::of(text.slice(name.clone())).secrecy().is_certain()
        && let Some(end) = mask_repeated(text, floor, &name, edits)
    {
        return Some(end);
    }
    let typographic = quote_length(text, name.start) > 1;
    let opens = opens_in_shell(text, name.end);
    let shell = opens || any_shell_quote(text, name.end).is_some();
    let breaks = breaks_in_string(text, name.end)
        || spells_blank(text, name.end)
        || numbered::sign(text, name.end).is_some();
    if !typographic
        && !shell
        && !breaks
        && let Some(end) = mask_value(text, floor, name.clone(), edits)
    {
        return Some(end);
    }
    // The quotes around the name may be encoded.
    let encoded =
        (typographic || opens || breaks || matches!(text.at(name.end), b'%' | b'+' | b'&' | b'\\' | b'\''))
            && match Folded::of(text.slice(name.clone())).secrecy() {
                Secrecy::None => shell && cut::may_be_secret(text.slice(name.clone())),
                other => other != Secrecy::Weak,
            };
    let before = edits.len();
    let masked = encoded.then(|| mask_encoded(text, floor, &name, [typographic, shell], edits)).flatten();
    if shell
        && edits.len() == before
        && let Some(end) = cut::mask_in_shell(text, &name, edits)
    {
        return Some(end);
    }
    let unread = edits.len() == before && (typographic || (breaks && masked.is_none()));
    if unread { mask_value(text, floor, name, edits) } else { masked }
}

/// Masks the value of a name that is read as it stands.
pub(crate) fn mask_value(
    text: &Text<'_>,
    floor: usize,
    name: Range<usize>,
    edits: &mut Edits,
) -> Option<usize> {
    let mut sign = Sign::behind(text, floor, &name);
    let flag = text.slice(name.clone()).starts_with(b"-");
    let tagged = text.at(name.end) == b'>' && name.start > 0 && text.at(name.start - 1) == b'<';
    let from = name.start;
    let commented = || is_commented(text, floor, from);
    if sign.is_missing() && !flag && !tagged {
        if let Some(found) = elements::mask(text, floor, &name, edits) {
            return Some(found);
        }
        sign.skip_verb(text, commented);
        if !may_be_told(text, floor, &name, &sign) {
            return None;
        }
    }
    let folded = Folded::of(text.slice(name.clone()));
    let secrecy = match folded.secrecy() {
        Secrecy::None
            if !sign.is_missing()
                && (cut::is_rest(text, &name, &sign, &folded)
                    || cut::is_bare_rest(text, &name, &sign, &folded)) =>
        {
            Secrecy::Secret
        }
        Secrecy::None => return None,
        other => other,
    };
    if sign.is_missing() && tagged {
        return elements::mask_tagged(text, &name, secrecy, edits);
    }
    let assigned = !sign.is_missing() || (flag && sign.start > sign.quote);
    let mut start = sign.value(text);
    // A line break was lost behind a comment.
    if matches!(text.at(start), 0 | b'\n' | b'\r')
        && sign.quoted
        && let Some(open) = in_comment(text, sign.start, start)
    {
        start = open;
    }
    // The value is looked for behind it.
    if sign.is_set && !sign.quoted && text.comment(start).is_some() {
        return None;
    }
    // In a string, a line may be written as it ends there.
    let line_break = matches!((text.at(start), text.at(start + 1)), (b'\\', b'n' | b'r' | b't'));
    if matches!(text.at(start), 0 | b'\n' | b'\r') || line_break || sign.is_prompt(text, &name) {
        return None;
    }
    // Something else may stand between its lines.
    let blank = text.slice(sign.start..start).iter().rev().take_while(|byte| matches!(byte, b' ' | b'\t'));
    let line = start - blank.count();
    if line > sign.start && text.at(line - 1) == b'\n' && begins_other(text, line) {
        start = interrupted::value_behind(text, line - 1)?;
    }
    if assigned && let Some(end) = nested::mask(text, &sign, start, &folded, secrecy, edits) {
        return Some(end);
    }
    // Behind nothing, no quote is missing that a later one closes.
    if sign.is(text, b':') && !opens(text, start) {
        let end = bare_end(text, start);
        let said = text.slice(start..end);
        if said.iter().all(u8::is_ascii_alphabetic) && is_no_secret(said) && b",}])".contains(&text.at(end)) {
            return Some(end);
        }
    }
    // What stands there is looked at by itself.
    if !sign.quoted && !sign.is_missing() && (lists_pairs(text, start) || holds_statement(text, start)) {
        return None;
    }
    let place = Place { text, floor, name, sign, start };
    if !assigned && !place.is_told(&folded, secrecy, commented) {
        return None;
    }
    // In a comment, a quote inside of a word is a part of it.
    let word = !matches!(text.at(start), b'\'' | b'"' | b'`' | b'\\') && commented();
    let (range, content) = place.extent(&folded, word);
    let value = text.slice(content.clone());
    if place.is_port(value) {
        return None;
    }
    if is_no_secret(value) && !(value.is_empty() && place.goes_on(range.end)) {
        return Some(range.end.max(place.name.end));
    }
    let hide = match secrecy {
        Secrecy::None => false,
        Secrecy::Secret => !(is_predicate(text, floor, &place.name) && is_chosen(value)),
        Secrecy::Place => !is_chosen(value),
        Secrecy::About => !is_description(value),
        Secrecy::Weak => {
            !assigned
                || (opens(text, start) && place.sign.quote > place.name.end && place.sign.is(text, b'='))
                || is_known_token(value)
                || is_random(value)
                || (is_odd_word(value) && commented())
        }
    };
    hide.then(|| place.mask(range, content, edits))
}

/// A name that denotes a secret, and where its value begins.
struct Place<'t, 'a> {
    text: &'t Text<'a>,
    floor: usize,
    name: Range<usize>,
    sign: Sign,
    start: usize,
}

impl Place<'_, '_> {
    /// Whether a value without a sign before it is one.
    fn is_told(&self, folded: &Folded, secrecy: Secrecy, commented: impl Fn() -> bool) -> bool {
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
        let bare = text.slice(start..bare_end(text, start));
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
        let scheme = apart && word == b"bearer" && bare.len() >= 8;
        let odd = || {
            apart
                && !quoted
                && bare.len() >= 8
                && is_odd_word(bare)
                && bare.iter().all(|b| b.is_ascii_graphic())
                && !column::is_sized_type(bare)
                && (secrecy == Secrecy::Secret || commented())
                && (is_drawn(bare) || matches!(word, b"password" | b"passwd" | b"pwd"))
        };
        sql || typographic || listed || scheme || is_netrc(text, self.floor, name) || odd()
    }

    /// The range of the value and that of what it says; `word`: it is one of a comment.
    fn extent(&self, folded: &Folded, word: bool) -> (Range<usize>, Range<usize>) {
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
            true => header_end(text, start),
            false if is_listed(text, self.floor, name.start) => listed_end(text, start),
            false if !sign.is_set && is_property(text, name, sign.start..start) => property_end(text, start),
            false if word => commented_end(text, start),
            false => bare_end(text, start),
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
                let end = self.quoteless_end(end);
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
    fn is_port(&self, value: &[u8]) -> bool {
        let near = self.start == self.sign.start + 1;
        near && !self.sign.quoted && self.sign.is(self.text, b':') && is_port(self.text, &self.name, value)
    }

    /// Whether something stands directly behind an empty literal: rather its first quote is there twice.
    fn goes_on(&self, end: usize) -> bool {
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
    fn mask(&self, range: Range<usize>, content: Range<usize>, edits: &mut Edits) -> usize {
        let Self { text, start, ref name, ref sign, .. } = *self;
        if sign.quoted || sign.spans {
            scrub_comments(text, sign.quote..start, edits);
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
        let ends =
            text.slice(range.end..rest).contains(&b'\n') && is_line_commented(text, self.floor, name.start);
        let rest = if ends { range.end } else { rest };
        if rest > range.end {
            edits.push(range.start..rest, quoted_like(text.slice(name.end..sign.quote)), Rule::SecretOption);
            return rest;
        }
        let shell = text.has(range.start, SHELL_QUOTE);
        if content == range || shell || matches!(text.at(range.start), b'"' | b'`' | b'\\') {
            edits.mask(content, Rule::SecretOption);
        } else if text.slice(range.clone()) != QUOTED_MASK.as_bytes() {
            edits.push(range.clone(), QUOTED_MASK, Rule::SecretOption);
        }
        range.end
    }
}

/// Whether what follows a name without a sign may be its value: few things are taken for one.
fn may_be_told(text: &Text<'_>, floor: usize, name: &Range<usize>, sign: &Sign) -> bool {
    if sign.start == name.end {
        return false;
    }
    if quote_length(text, sign.start) > 0 || (sign.quoted && sign.start == sign.quote) {
        return true;
    }
    let near = text.slice(sign.start..sign.start + 256);
    let word = &near[..near.iter().position(|byte| *byte <= b' ').unwrap_or(near.len())];
    let bearer = || text.slice(name.clone()).eq_ignore_ascii_case(b"bearer");
    (word.len() >= 8 && (is_odd_word(word) || bearer())) || is_netrc(text, floor, name)
}

#[cfg(test)]
mod tests;
