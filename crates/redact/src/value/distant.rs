//! Values far behind the name of a secret: comments, line breaks, marks of lines, joints of strings and quotes by their numbers stand
//! between the two, as what the statement stands in spells them.
//!
//! What a statement stands in is known by its beginning, and read without. This needs no beginning, and finds what strings in strings
//! hide.

use crate::edit::holds_mask;
use crate::secret::names::{Folded, Secrecy};
use crate::sql::lex::{Text, is_name, quote_length};
use crate::sql::lookalike;
use crate::value::harmless::is_no_secret;
use crate::wrapping::numbered_code;
use crate::wrapping::strings::joint;
use std::ops::Range;

/// How long a name is at most.
const LONGEST_NAME: usize = 64;
/// How much may stand between the name and its value.
const LONGEST_GAP: usize = 256;
/// How long a word may be that stands there by mistake.
const LONGEST_WORD: usize = 8;
/// How long a comment or a value may be.
const LONGEST_COMMENT: usize = 96;
const LONGEST: usize = 1024;

/// The value behind the name that a word is a part of, nothing of that before `floor`.
pub(crate) fn value(text: &Text<'_>, floor: usize, word: usize) -> Option<Range<usize>> {
    let before = text.slice(floor.max(word.saturating_sub(LONGEST_NAME))..word);
    let start = word - before.iter().rev().take_while(|byte| is_name(**byte)).count();
    let end = word + (word..word + LONGEST_NAME).take_while(|at| is_name(text.at(*at))).count();
    // A line break in the quotes of a name is one by mistake.
    if matches!(text.at(end), b'\r' | b'\n') {
        return None;
    }
    let mut gap = Gap { text, at: end, limit: end + LONGEST_GAP, quote: None, far: false };
    gap.skip();
    let Literal { value, far } = literal_behind(text, sign_end(text, gap.at)?)?;
    let secret = || Folded::of(text.slice(start..end)).secrecy() == Secrecy::Secret;
    // What stands beside its name is read elsewhere.
    ((far || gap.far) && !holds_mask(text.slice(end..value.end)) && secret()).then_some(value)
}

/// What a literal says that stands behind a sign.
pub(crate) struct Literal {
    pub(crate) value: Range<usize>,
    /// More than blanks and quotes stand between the two.
    pub(crate) far: bool,
}

/// The literal behind the sign that ends at `from`, unless it hides nothing.
pub(crate) fn literal_behind(text: &Text<'_>, from: usize) -> Option<Literal> {
    let mut gap = Gap { text, at: from, limit: from + LONGEST_GAP, quote: None, far: false };
    gap.skip();
    let quote = gap.quote?;
    let own = text.at(gap.at - 1);
    let other = |at: usize| b"'\"`".contains(&text.at(at)) && text.at(at) != own && text.at(at - 1) != b'\\';
    let end_from =
        |from: usize| from + (from..gap.at + LONGEST).take_while(|at| !ends(text, *at, quote)).count();
    // Another quote may stand in it, if its own ends it.
    let nearest = end_from(gap.at);
    let mut whole = nearest;
    while quote == Quote::Plain && other(whole) && whole < gap.at + LONGEST {
        whole = end_from(whole + 1);
    }
    let closes = text.at(whole) == own && b",);".contains(&text.at(text.skip_space(whole + 1)));
    let value = gap.at..if closes { whole } else { nearest };
    let said = text.slice(value.clone());
    (!said.is_empty() && !is_no_secret(said)).then_some(Literal { value, far: gap.far })
}

/// How a quote is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Quote {
    Plain,
    /// By its number: `\u0027`.
    Numbered,
}

/// What stands between a name and its sign, or a sign and its value.
struct Gap<'a, 'b> {
    text: &'b Text<'a>,
    at: usize,
    limit: usize,
    /// The quote that ends it.
    quote: Option<Quote>,
    /// Something in it is more than a blank or a quote.
    far: bool,
}

impl Gap<'_, '_> {
    /// Goes on to what is none of it.
    fn skip(&mut self) {
        while self.at < self.limit {
            let (before, quote) = (self.at, self.quote.take());
            self.step();
            if self.at == before {
                self.quote = quote;
                break;
            }
        }
    }

    fn step(&mut self) {
        let text = self.text;
        let at = self.at;
        if let Some(end) = joint(text, at) {
            (self.at, self.far) = (end, true);
            return;
        }
        let quote = quote_length(text, at);
        match text.at(at) {
            _ if quote > 0 => (self.at, self.quote) = (at + quote, Some(Quote::Plain)),
            b'(' if quote_length(text, at + 1) > 0 => self.at += 1,
            b' ' | b'\t' => self.at += 1,
            // A sign before a quote, or two.
            b'*' | b'~' | b'^' | b'!' if quote_length(text, at + 1) > 0 || text.at(at + 1) == text.at(at) => {
                self.at += 1;
            }
            b'\r' | b'\n' => self.line(at + 1),
            b'\\' => self.escape(),
            b'/' if text.at(at + 1) == b'*' => self.comment(b"*/"),
            byte if byte.is_ascii_alphabetic() => self.stray_word(),
            b'-' if text.at(at + 1) == b'-' => self.comment(b""),
            _ => {}
        }
    }

    /// Skips a short word before a quote.
    fn stray_word(&mut self) {
        let is_letter = |at: &usize| self.text.at(*at).is_ascii_alphabetic();
        let word = (self.at..self.at + LONGEST_WORD).take_while(is_letter).count();
        let next = self.text.skip_space(self.at + word);
        if next > self.at + word && quote_length(self.text, next) > 0 {
            self.at = next;
        }
    }

    /// Skips the escape of a line break or of a quote, or a backslash before one.
    fn escape(&mut self) {
        let text = self.text;
        let slashes = (self.at..self.at + 16).take_while(|at| text.at(*at) == b'\\').count();
        let last = self.at + slashes - 1;
        if let Some((code, end)) = numbered_code(text, self.at) {
            match sign_of(code) {
                Some(b'\'' | b'"' | b'`') => {
                    (self.at, self.far, self.quote) = (end, true, Some(Quote::Numbered));
                }
                Some(b' ' | b'\n') => (self.at, self.far) = (end, true),
                _ => {}
            }
            return;
        }
        match text.at(last + 1) {
            b'n' | b'r' | b't' => self.line(last + 2),
            b'\r' | b'\n' => self.line(last + 1),
            b'\'' | b'"' | b'`' => self.at = last + 1,
            _ => {}
        }
    }

    /// Skips what stands before a line that begins at `start`.
    fn line(&mut self, start: usize) {
        let is_mark = |at: &usize| b" \t\r\n+>|-*".contains(&self.text.at(*at));
        let marks = (start..start + LONGEST_COMMENT).take_while(is_mark).count();
        let dashes = self.text.slice(start..start + marks).ends_with(b"-- ");
        // A comment, and no mark.
        let marks =
            if dashes && self.text.at(start + marks).is_ascii_alphanumeric() { marks - 3 } else { marks };
        (self.at, self.far) = (start + marks, true);
    }

    /// Skips a comment, up to its sign or the end of its line.
    fn comment(&mut self, sign: &[u8]) {
        let text = self.text;
        let is_end = |at: &usize| match sign {
            b"" => matches!(text.at(*at), b'\n' | 0) || text.at(*at) == b'\\' && text.at(at + 1) == b'n',
            _ => text.has(*at, sign),
        };
        if let Some(end) = (self.at + 2..self.at + LONGEST_COMMENT).find(is_end) {
            (self.at, self.far) = (end + sign.len(), true);
        }
    }
}

/// The end of the sign at a position.
fn sign_end(text: &Text<'_>, at: usize) -> Option<usize> {
    if text.at(at) == b'=' {
        return Some(at + 1);
    }
    let code = if text.at(at) == b'\\' { numbered_code(text, at) } else { None };
    code.filter(|(code, _)| *code == u32::from(b'=')).map(|(_, end)| end)
}

/// The sign that a number stands for, or that it looks like; a letter of another script is none.
fn sign_of(code: u32) -> Option<u8> {
    lookalike::ascii(char::from_u32(code)?).or(u8::try_from(code).ok())
}

/// Whether a value ends at a position that such a quote opened.
fn ends(text: &Text<'_>, at: usize, quote: Quote) -> bool {
    match text.at(at) {
        0 | b'\n' => true,
        b'\\' => {
            let sign = numbered_code(text, at).and_then(|(code, _)| sign_of(code));
            matches!(sign, Some(b'\'' | b'"'))
                || quote == Quote::Plain && b"'\"n\\".contains(&text.at(at + 1))
        }
        _ => quote == Quote::Plain && quote_length(text, at) > 0,
    }
}

#[cfg(test)]
mod tests {
    use crate::expect::redacted_for_good as check;

    #[test]
    fn a_value_may_stand_far_behind_its_name() {
        for (text, masked) in [
            (
                r#"{"s":"x WITH ('password'\n/* a; b, (c */\n= 'made-up')"}"#,
                r#"{"s":"x WITH ('password'\n/* a; b, (c */\n= '<REDACTED>')"}"#,
            ),
            (
                r"q \u2018a.password\u2019 = \u2018made(up\\4;j\u2019, \u2018b\u2019",
                r"q \u2018a.password\u2019 = \u2018<REDACTED>\u2019, \u2018b\u2019",
            ),
            // The number of this letter ends in that of a quote.
            (
                r"q \u2018a.password\u2019 = \u2018made\u0427up\u4e22made\u2019, b",
                r"q \u2018a.password\u2019 = \u2018<REDACTED>\u2019, b",
            ),
            (
                r"x \u0027SET \u0027\\\u0027\u0027a.token\u0027\\\u0027\u0027 \u003d\n\t\u0027\\\u0027\u0027made-up\u0027",
                r"x \u0027SET \u0027\\\u0027\u0027a.token\u0027\\\u0027\u0027 \u003d\n\t\u0027\\\u0027\u0027<REDACTED>\u0027",
            ),
            (
                "q (''a.api_key''\n/* a; b, (c */\n=''made-up''\r\n,''b''=''c'')",
                "q (''a.api_key''\n/* a; b, (c */\n=''<REDACTED>''\r\n,''b''=''c'')",
            ),
            (">   'a-token' =\n>   y  'made-up');", ">   'a-token' =\n>   y  '<REDACTED>');"),
            (
                ">   'topic'  = 'a'  , 'fs.s3a.secret.key =\n> \t'made-up'\n>   );",
                ">   'topic'  = 'a'  , 'fs.s3a.secret.key =\n> \t'<REDACTED>'\n>   );",
            ),
            (
                "x; set\n> \t'sql.secrets.a'\n> \t=\n> \t('made-up');",
                "x; set\n> \t'sql.secrets.a'\n> \t=\n> \t('<REDACTED>');",
            ),
            (
                "  'a'\\n\\\n  , b.password\\n\\\n    =\\n\\\n  \t'made-up'\\n\\\n",
                "  'a'\\n\\\n  , b.password\\n\\\n    =\\n\\\n  \t'<REDACTED>'\\n\\\n",
            ),
        ] {
            check(text, masked);
        }
    }
}
