//! Lines that begin in the middle of a CONNECTION statement, as the rest of a log that was cut does.
//!
//! Nothing before the line says what its first literal belongs to. It is told by the first quote, which closes instead
//! of opening, and by the options behind it.

use crate::anchors::Finder;
use crate::edit::{Edit, Edits, QUOTED_MASK, Rule};
use crate::secret::names::{Folded, Secrecy};
use crate::secret::pem;
use crate::secret::shape::{is_odd_word, is_scrambled};
use crate::seen::Seen;
use crate::sql::keyword::statement_begins;
use crate::sql::lex::{Text, is_name, last_word, separator};
use crate::statement::comments::{scrub_comments, skip_comments};
use crate::statement::cut::may_be_secret;
use crate::statement::ending::opens;
use crate::statement::recognise::is_any;
use crate::statement::resync::begins_other;
use crate::statement::severed::before_text;
use crate::statement::words::{is_noun, is_verb};
use crate::statement::{broken, plain, remnant};
use crate::value::listed;
use crate::wrapping::colour;
use crate::wrapping::lines::repeated_prefix;
use crate::wrapping::shell::any_shell_quote;
use lockkeeper_model::{ConnectionType, MASK, OptionKey};
use std::ops::Range;

/// How far options are looked for.
const AHEAD: usize = 4096;
/// How far the bracket of a list is looked for, whose first words were cut.
const HEAD: usize = 256;
/// How long the prompt of a shell may be.
const LONGEST_PROMPT: usize = 32;

/// Masks what a text begins with, if it begins inside of a private key, a statement or its list, and looks at what stands before
/// that. Returns its end.
pub(crate) fn mask_first(text: &Text<'_>, edits: &mut Edits) -> Option<usize> {
    let (mut found, mut seen) = (Edits::default(), Seen::default());
    let end = pem::mask_lines(text, &mut found)
        .or_else(|| mask(text, 0, &mut found))
        .or_else(|| listed::mask_rest(text, 0, &mut seen, &mut found))?;
    // Behind the first quote stands what was read.
    let before = text.slice(0..found.as_slice().first().map_or(0, |first| first.range.start));
    let before = &before[..memchr::memchr(b'\'', before).unwrap_or(before.len())];
    listed::look_within(&Text::new(before, true), 0, 0..before.len(), &[], &mut seen, edits);
    for Edit { range, with, rule } in found.as_slice() {
        edits.push(range.clone(), with, *rule);
    }
    Some(end)
}

/// Masks the rest of a statement with which a line begins, if it does. Returns its end.
pub(crate) fn mask(text: &Text<'_>, line: usize, edits: &mut Edits) -> Option<usize> {
    let line_end = text.line_end(line).min(line + AHEAD);
    let quote = line + memchr::memchr(b'\'', text.slice(line..line_end))?;
    if begins_other(text, line) {
        return None;
    }
    if let Some(rest) = remnant::before_end(text, line, quote, line == 0) {
        edits.push(rest.clone(), QUOTED_MASK, Rule::ConnectionLiteral);
        return Some(rest.end);
    }
    let before = text.slice(line..quote);
    let key = &before[before.iter().rposition(|byte| !is_name(*byte)).map_or(0, |last| last + 1)..];
    let is_cut = is_cut_literal(text, line, quote, line_end);
    if key.len() < before.len() {
        // Behind something else, it is looked at by its name.
        if is_cut && ends_key(text, quote) && may_be_secret(key) && has_anchor(text.slice(line..quote + 1)) {
            return None;
        }
    } else if let Some((value, cut)) = cut_entry(text, key, quote, is_cut) {
        let start = if cut { line } else { value.start };
        if !cut {
            scrub_comments(text, quote..start, edits);
        }
        if text.slice(start..value.end) != QUOTED_MASK.as_bytes() {
            edits.push(start..value.end, QUOTED_MASK, Rule::ConnectionLiteral);
        }
        return Some(value.end);
    }
    if is_cut {
        // It begins on this line.
        let says = |is: fn(&[u8]) -> bool| before.split(|byte| !is_name(*byte)).any(is);
        if says(is_verb) && says(is_noun) {
            return None;
        }
        let start = line + before_text(text, line, before).unwrap_or(0);
        return Some(broken::mask_rest(text, start, true, None, edits));
    }
    // The first words were cut.
    let open = line + memchr::memrchr(b'(', text.slice(line..quote.min(line + HEAD)))?;
    // A list begins there, and not the text that a call has.
    let quotes = text.ahead(quote, 3).iter().take_while(|byte| **byte == b'\'').count();
    if text.skip_blank(open + 1) != quote
        || statement_begins(text, text.skip_blank(quote + quotes))
        || is_argument(text, quote)
        || lists_values(text, line..open)
        || is_query(text.slice(line..open))
    {
        return None;
    }
    let words = text.slice(line..open).split(|byte| !is_name(*byte));
    (words.map(colour::behind_end).all(|word| !is_verb(word) && !is_noun(word)) && has_type(text, open))
        .then(|| broken::mask_rest(text, open, false, None, edits))
}

/// Whether a literal is followed by the end of a list, or by what is no literal: it is what a function is called with.
fn is_argument(text: &Text<'_>, quote: usize) -> bool {
    let Some(literal) = text.literal(quote).filter(|literal| literal.closed) else { return false };
    let next = text.skip_blank(literal.end);
    let behind = text.at(text.skip_blank(next + 1));
    text.at(next) == b')' || text.at(next) == b',' && (behind.is_ascii_alphanumeric() || behind == b'`')
}

/// Whether what stands before a bracket is a part of a query: options may stand in a hint of it.
fn is_query(before: &[u8]) -> bool {
    before.split(|byte| !is_name(*byte)).any(|word| is_any(word, &["FROM", "JOIN"]))
}

/// Whether what stands before a bracket says that values follow it, and no options.
fn lists_values(text: &Text<'_>, before: Range<usize>) -> bool {
    is_any(last_word(text.slice(before).trim_ascii_end()), &["ALL", "ANY", "IN", "VALUES"])
}

/// Whether the first quote of a line ends a literal, or a key, or stands behind a sign whose key was cut.
fn is_cut_literal(text: &Text<'_>, line: usize, quote: usize, line_end: usize) -> bool {
    let start = text.skip_space(line);
    if separator(text, start) > start && text.skip_blank(separator(text, start)) == quote {
        return has_option(text, quote);
    }
    if !text.slice(line..quote).contains(&b'(') && ends_key(text, quote) {
        return true;
    }
    if quote == start {
        // A whole value, or the quote at the end of one.
        let end = text.literal(quote).filter(|literal| literal.closed).map_or(quote + 1, |value| value.end);
        return [end, quote + 1].iter().any(|end| text.at(text.skip_space(*end)) == b',')
            && has_option(text, quote);
    }
    let next = text.skip_blank(quote + 1);
    let ends = match text.at(next) {
        b',' => true,
        // A comma was lost.
        b'\'' => next > quote + 1,
        b')' => {
            let after = text.skip_space(next + 1);
            let last = matches!(text.at(after), b';' | b'\n' | b'\r' | 0);
            let whole = !unpadded(text.slice(line..quote)).iter().any(|byte| b"( =".contains(byte));
            if last && (whole || (text.at(after) == b';' && !opens_one(text, line, quote))) {
                return quote - start >= 6;
            }
            last
        }
        _ => separator(text, next) > next,
    };
    ends && !opens_one(text, line, quote) && !text.slice(line..quote).contains(&b'(') && {
        let behind = has_option(text, quote);
        behind || (line_end > quote && text.at(next) != b',' && is_key_end(text.slice(start..quote)))
    }
}

/// Whether a literal begins at a quote that stands behind the beginning of a line.
fn opens_one(text: &Text<'_>, line: usize, quote: usize) -> bool {
    opens(text, quote) && unpadded(text.slice(line..quote)).len() == quote - line
}

/// A word that looks drawn, without the signs that base64 ends with; anything else as it is.
fn unpadded(before: &[u8]) -> &[u8] {
    let signs = before.iter().rev().take_while(|byte| **byte == b'=').count();
    let word = &before[..before.len() - signs];
    if signs < 3 && is_scrambled(word) { word } else { before }
}

/// The value of the rest of a key that ends at a quote, if it is no plain option's, and whether the key is cut. If it is
/// known to stand in a list of options that goes on, the value is looked at as a part of that.
fn cut_entry(text: &Text<'_>, key: &[u8], quote: usize, listed: bool) -> Option<(Range<usize>, bool)> {
    if key.is_empty() || plain::plain_option(key).is_some() {
        return None;
    }
    let (value, end) = value_of(text, quote)?;
    let behind = text.at(skip_comments(text, value.end));
    let odd = || behind != b',' && is_odd_word(text.slice(value.start + 1..value.end - 1));
    let ends = matches!(behind, 0 | b',' | b')' | b';');
    let is_one = end.is_some() || (!listed && ends && (may_be_secret(key) || odd()));
    is_one.then(|| (value, Folded::of(key).secrecy() != Secrecy::Secret))
}

/// Whether something in a text is looked at by itself.
fn has_anchor(text: &[u8]) -> bool {
    Finder::default().next(text, text.len().saturating_sub(LONGEST_PROMPT)).is_some()
}

/// Whether a key ends at a quote, and its value, a sign before it, ends the list that was cut.
fn ends_key(text: &Text<'_>, quote: usize) -> bool {
    value_of(text, quote)
        .is_some_and(|(value, end)| end.is_some() && !text.has(value.start + 1, MASK.as_bytes()))
}

/// The value whose key ends at a quote, and the end of the list that was cut, if the value ends it.
fn value_of(text: &Text<'_>, quote: usize) -> Option<(Range<usize>, Option<usize>)> {
    let sign = skip_comments(text, quote + 1);
    let value = skip_comments(text, separator(text, sign));
    if separator(text, sign) == sign || text.at(value) != b'\'' || quote == 0 || !is_name(text.at(quote - 1))
    {
        return None;
    }
    let (mut last, mut end) = (value, value);
    while let Some(literal) = text.literal(end).filter(|literal| literal.closed && text.at(end) == b'\'') {
        last = literal.end;
        end = skip_comments(text, literal.end);
    }
    let behind = text.skip_space(end + 1);
    let ends = text.at(end) == b')'
        && (matches!(text.at(behind), 0 | b';' | b'\r' | b'\n') || text.has(behind, b"*/"));
    (last > value).then(|| (value..last, ends.then_some(end)))
}

/// Whether a text is the end of a key, and nothing else.
fn is_key_end(rest: &[u8]) -> bool {
    let is_end = |key: OptionKey| key.name().as_bytes().ends_with(rest);
    rest.len() > 2 && OptionKey::ALL.into_iter().any(is_end)
}

/// Whether the key of an option and its sign stand behind a position, before something else begins.
pub(crate) fn has_option(text: &Text<'_>, from: usize) -> bool {
    pairs(text, from, AHEAD).any(|(key, _)| OptionKey::find(key).is_some())
}

/// Whether the type of a connection stands there, before another statement begins.
fn has_type(text: &Text<'_>, from: usize) -> bool {
    let ahead = text.ahead(from, AHEAD);
    let other =
        memchr::memchr_iter(b';', ahead).find(|end| statement_begins(text, text.skip_blank(from + end + 1)));
    pairs(text, from, other.unwrap_or(AHEAD))
        .any(|(key, value)| OptionKey::find(key) == Some(OptionKey::Type) && has_known_type(text, value))
}

/// Whether a value is the type of a connection.
pub(crate) fn has_known_type(text: &Text<'_>, value: usize) -> bool {
    text.literal(value)
        .and_then(|literal| std::str::from_utf8(text.slice(literal.content)).ok())
        .is_some_and(|value| ConnectionType::find(value).is_some())
}

/// The quoted names with a sign behind them, and where their values begin, so many bytes on at most.
pub(crate) fn pairs<'t, 'a>(text: &'t Text<'a>, from: usize, length: usize) -> Pairs<'t, 'a> {
    Pairs { text, key: from, at: from, end: from + length, in_shell: false }
}

pub(crate) struct Pairs<'t, 'a> {
    text: &'t Text<'a>,
    /// Where the last key begins.
    pub(crate) key: usize,
    /// There is no other pair before this.
    pub(crate) at: usize,
    end: usize,
    /// Whether quotes are read as well as they are written in single quotes of a shell.
    pub(crate) in_shell: bool,
}

impl<'a> Iterator for Pairs<'_, 'a> {
    type Item = (&'a [u8], usize);

    fn next(&mut self) -> Option<Self::Item> {
        let text = self.text;
        loop {
            let Some(sign) = text.find_either([b'\'', b'\n'], self.at, self.end.saturating_sub(self.at))
            else {
                self.at = self.at.max(self.end);
                return None;
            };
            if text.at(sign) == b'\n'
                && (begins_other(text, sign + 1) || begins_behind_prompt(text, sign + 1))
                && repeated_prefix(text, self.key, sign + 1).is_none()
            {
                self.at = sign;
                return None;
            }
            self.at = sign + 1;
            let key = sign + 1;
            let mut end = key;
            while is_name(text.at(end)) && end - key < 64 {
                end += 1;
            }
            if text.at(sign) == b'\n' || end == key || text.at(end) != b'\'' {
                continue;
            }
            let behind = if self.in_shell { any_shell_quote(text, end) } else { None };
            let sign = skip_comments(text, behind.unwrap_or(end + 1));
            let value = separator(text, sign);
            if value > sign {
                (self.key, self.at) = (key, skip_comments(text, value));
                return Some((text.slice(key..end), self.at));
            }
        }
    }
}

/// Whether something else begins behind the prompt of a shell.
fn begins_behind_prompt(text: &Text<'_>, line: usize) -> bool {
    let head = text.ahead(line, LONGEST_PROMPT);
    let prompt = head.windows(2).position(|pair| matches!(pair, b"# " | b"> "));
    prompt.is_some_and(|prompt| begins_other(text, line + prompt + 2))
}

#[cfg(test)]
mod tests {
    use crate::expect::redacted_for_good as check;

    #[test]
    fn a_text_may_begin_inside_of_a_value() {
        check(
            "up-4711', 'type' = 'openai', 'x' = 'made-up');\nSELECT 1",
            "'<REDACTED>', 'type' = 'openai', '<REDACTED>');\nSELECT 1",
        );
        check("made-up-4711',\n  'type' = 'openai')", "'<REDACTED>',\n  'type' = 'openai')");
        check("made-up-4711');\n", "'<REDACTED>');\n");
        check("', 'type' = 'openai')", "', 'type' = 'openai')");
        check("'made-up', 'type' = 'openai')", "'<REDACTED>', 'type' = 'openai')");
    }

    #[test]
    fn what_stands_before_the_rest_of_a_value_is_looked_at() {
        check(
            r#"curl -H "Authorization: Bearer made-up" -d "Create Model m Comment \"made-up' With (\"task' = \"x')""#,
            r#"curl -H "Authorization: <REDACTED>" -d "Create Model m Comment \"'<REDACTED>' With (\"task' = \"x')""#,
        );
    }

    #[test]
    fn a_text_may_begin_before_a_value() {
        check("y' = 'made-up', 'type' = 'openai')", "'<REDACTED>', 'type' = 'openai')");
        check(
            "see below\nup-4711', 'endpoint' = 'https://a.example')\nSELECT 1",
            "see below\n'<REDACTED>', 'endpoint' = 'https://a.example')\nSELECT 1",
        );
        check(
            "...'madeUp4,7',\n-  'endpoint'='https://a.example'\n",
            "...'<REDACTED>',\n-  'endpoint'='https://a.example'\n",
        );
        check(
            "\u{1b}[36m[build]\u{1b}[0m a\n'x86&PfUVX&SP9a',\n  \u{1b}[32m'endpoint'\u{1b}[0m = 'https://a.example'\n",
            "\u{1b}[36m[build]\u{1b}[0m a\n'<REDACTED>',\n  \u{1b}[32m'endpoint'\u{1b}[0m = 'https://a.example'\n",
        );
        check(" = 'made-up', 'type' = 'openai')", " '<REDACTED>', 'type' = 'openai')");
        check("-key' = 'made-up')", "'<REDACTED>')");
        check(
            "ION c WITH ('type' = 'openai', 'x' = 'made-up')",
            "ION c WITH ('type' = 'openai', '<REDACTED>')",
        );
    }

    #[test]
    fn other_beginnings_stay() {
        for text in [
            "f(\"CREATE CONNECTION c\\n WITH ('type' = 'openai',\\n 'x' = '<REDACTED>')\");",
            "It's done, and 'type' = 'x' is said to be 'fine')",
            "2026-01-02 INFO it's, 'type' = 'openai'",
            "'type' = 'openai', 'endpoint' = 'https://a.example'",
            "SELECT f('a'), 'b' FROM t WHERE c = 'd'",
            "f(x, 'y')",
            "the word 'type', and 'endpoint'",
        ] {
            check(text, text);
        }
    }
}
