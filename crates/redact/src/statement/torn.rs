//! Texts that begin inside of a secret, as one that was cut does: a line or string whose first quote ends what nothing
//! began.
//!
//! Nothing tells what it is the rest of. It is masked if it looks drawn, and behind it stands what does behind literals.

mod comment;

use crate::edit::{Edits, QUOTED_MASK, Rule};
use crate::secret::issuers::is_known_token;
use crate::secret::names::nearly_option;
use crate::secret::shape::{is_mixed, is_odd_word, is_scrambled};
use crate::seen::Seen;
use crate::sql::lex::{Text, is_blank, is_name, is_word, last_word, separator};
use crate::sql::prefix;
use crate::statement::beginning::has_option;
use crate::statement::comments::{before_line_comment, skip_all_comments};
use crate::statement::keyless::is_secret;
use crate::statement::marked::skip_marked;
use crate::statement::recognise::is_any;
use crate::statement::remnant::{self, may_be_secret};
use crate::statement::severed::{self, begins_apart};
use crate::url::scheme::first_scheme;
use crate::value::listed;
use crate::wrapping::lines::line_start;
use crate::wrapping::piece;
use crate::wrapping::shell::shell_quote;
use std::ops::Range;

/// How much of the beginning of a text is looked at.
pub(crate) const BEGINNING: usize = 4096;
/// How long the rest of a secret may be, and how long it is at least.
const LONGEST: usize = 1024;
const SHORTEST: usize = 6;
/// How long one is at least behind which nothing stands, and a whole literal on a line of its own.
const LONG: usize = 12;
const ALONE: usize = 16;
/// How long the rest of a key may be.
const LONGEST_KEY: usize = 64;

/// The rest of a secret, and how it is masked.
pub(crate) struct Rest {
    range: Range<usize>,
    quoted: bool,
}

impl Rest {
    /// The rest of a literal with its quote; one that is not `'` stays, as it is spelt.
    fn of(text: &Text<'_>, range: Range<usize>) -> Self {
        let quote = closing(text.slice(range.clone()));
        let quoted = quote == 1 && text.at(range.end - 1) == b'\'';
        let end = if quoted { range.end } else { range.end - quote };
        Self { range: range.start..end, quoted }
    }

    /// Masks it, and what is listed behind it; returns where to go on.
    pub(crate) fn mask(&self, text: &Text<'_>, seen: &mut Seen, edits: &mut Edits) -> usize {
        match self.quoted {
            true => edits.push(self.range.clone(), QUOTED_MASK, Rule::ConnectionLiteral),
            false => edits.mask(self.range.clone(), Rule::ConnectionLiteral),
        }
        listed::mask_rest(text, self.range.end, seen, edits).unwrap_or(self.range.end)
    }
}

/// The first rest of a secret that ends in a part of a text and begins at `floor` at least; `apart`: nothing before
/// the text can have begun it.
pub(crate) fn find(text: &Text<'_>, floor: usize, part: Range<usize>, apart: bool) -> Option<Rest> {
    let is_sign = |byte: u8| matches!(byte, b'\'' | b'\\' | b'"' | b'`' | b'*' | b'\n');
    let signs = part.filter(|at| is_sign(text.at(*at)));
    signs.clone().filter_map(|sign| rest_before(text, floor, sign, apart)).next().or_else(|| {
        signs
            .filter_map(|sign| severed::before_encoded_entry(text, floor, sign, apart))
            .map(|range| Rest::of(text, range))
            .next()
    })
}

/// The rest of a secret that ends at a sign, if that is a quote, or the end of a comment.
fn rest_before(text: &Text<'_>, floor: usize, sign: usize, apart: bool) -> Option<Rest> {
    if let Some(range) = comment::word_before(text, floor, sign, apart) {
        return Some(Rest { range, quoted: false });
    }
    if matches!(text.at(sign), b'*' | b'\n') {
        return None;
    }
    if let Some(range) = literal_before(text, floor, sign, apart) {
        return Some(Rest { range, quoted: true });
    }
    word_before(text, floor, sign)
        .or_else(|| {
            let rest = remnant::before_end(text, floor, sign, apart);
            let rest = rest.or_else(|| remnant::value_behind(text, floor, sign, apart));
            let rest = rest.map(|range| Rest { range, quoted: true });
            rest.or_else(|| remnant::in_shell(text, floor, sign).map(|range| Rest { range, quoted: false }))
        })
        .or_else(|| severed::before_entry(text, floor, sign, apart).map(|range| Rest::of(text, range)))
}

/// Where the last line before a position begins, behind `done`, if its last word looks drawn, or one of a few: the position elsewhere.
pub(crate) fn before_word(bytes: &[u8], done: usize, line: usize) -> usize {
    let said = bytes[done..line].trim_ascii_end();
    let start = memchr::memrchr(b'\n', said).map_or(0, |end| end + 1);
    let words = said[start..].trim_ascii_start().split(|byte| is_blank(*byte));
    let looked_at = if words.clone().count() > comment::FEW { 1 } else { comment::FEW };
    let holds =
        words.rev().take(looked_at).any(|word| is_scrambled(word) || comment::drawn(word, false).is_some());
    if holds { done + start } else { line }
}

/// The length of the quote that a text ends with, as it is spelt.
fn closing(text: &[u8]) -> usize {
    let spelt = [&br"'\''"[..], b"'", b"\"", b"`"];
    let quote = spelt.into_iter().find(|quote| text.ends_with(quote)).map_or(0, <[u8]>::len);
    quote + text[..text.len() - quote].iter().rev().take_while(|byte| **byte == b'\\').count()
}

/// The word that ends at a sign, if that is a quote, and looks drawn.
fn word_before(text: &Text<'_>, floor: usize, sign: usize) -> Option<Rest> {
    let near = floor.max(sign.saturating_sub(LONGEST));
    let before = text.slice(near..sign);
    let length =
        before.iter().rev().take_while(|byte| **byte > b' ' && !b"'\"`\\<>(){}[]".contains(byte)).count();
    let rest = sign - length..sign;
    let said = text.slice(rest.clone());
    if length < SHORTEST || !is_odd_word(said) && !is_scrambled(said) {
        return None;
    }
    let slashes = text.slashes(sign);
    let shelled = shell_quote(text, sign);
    let behind = match text.at(sign) {
        b'\'' => shelled.unwrap_or(sign + 1),
        _ if text.has(sign + slashes, b"u0027") => sign + slashes + 5,
        _ => return None,
    };
    let quoted = text.at(sign) == b'\'' && shelled.is_none();
    let listed = precedes_pair(text, behind);
    let begins = begins_text(text, rest.start, shelled.is_some());
    let torn = listed && is_behind_words(text, rest.start)
        || begins && (listed || is_scrambled(said)) && ends_literal(text, behind, length >= LONG)
        || begins && is_known_token(said);
    torn.then(|| Rest { range: rest.start..rest.end + usize::from(quoted), quoted })
}

/// The literal that ends at a quote, if a line, a string or what a log says begins with it, or with the sign before it.
fn literal_before(text: &Text<'_>, floor: usize, sign: usize, apart: bool) -> Option<Range<usize>> {
    if text.at(sign) != b'\'' || shell_quote(text, sign).is_some() {
        return None;
    }
    let near = floor.max(sign.saturating_sub(LONGEST));
    let open = near + memchr::memrchr(b'\'', text.slice(near..sign))?;
    let content = text.slice(open + 1..sign);
    if content.len() < SHORTEST || content.contains(&b'\n') {
        return None;
    }
    let start = open - prefix_before(text.slice(near..open));
    if follows_key(text, floor, start) {
        return None;
    }
    let assigned = is_behind_sign(text, start);
    let end = row_end(text, sign + 1);
    let scrambled = is_scrambled(content);
    let signed = || {
        let before = text.slice(near..start).trim_ascii_end().strip_suffix(b"=");
        before.is_some() && is_secret(content)
    };
    if (scrambled && content.len() >= LONG || signed()) && ends_bracket(text, start, end) {
        return Some(open..end);
    }
    // What a message says may begin with a quote of its own.
    let said = text.slice(near..start);
    let behind_word = || matches!(said, [.., word, b' '] if is_word(*word)) && !said.contains(&b'\'');
    if is_odd_word(content) && behind_word() && precedes_pair(text, end) {
        return Some(open..end);
    }
    // Nothing but dots may be left of what stood before it.
    let is_cut = || [&b"..."[..], "…".as_bytes()].iter().any(|dots| said.trim_ascii_end().ends_with(dots));
    let begins = || begins_text(text, start, false) && is_mixed(content) && !goes_on(text, start);
    if (is_cut() && is_odd_word(content) || begins())
        && first_scheme(content).is_none()
        && text.at(skip_escaped(text, end)) == b','
        && piece::begins_entry(text, skip_escaped(text, end) + 1)
    {
        return Some(open..end);
    }
    let begins = scrambled && begins_text(text, start, false);
    let alone = begins && content.len() >= ALONE;
    // Nothing is left of its key: there is a sign without the quote of one, or not even that.
    let keyless = || {
        let line = line_start(text, start);
        let before = text.slice(line..start).trim_ascii_end();
        let signed = || {
            let key = before.strip_suffix(b"=").unwrap_or_default().trim_ascii_end();
            assigned && !key.ends_with(b"'")
        };
        let whole = || {
            // Of strings that are put together, the others say what it is.
            let field = |before: &[u8]| before.trim_ascii_end().ends_with(b":");
            text.at(skip_escaped(text, end)) == b')'
                && before.strip_suffix(b"\"").is_none_or(field)
                && begins_text(text, start, false)
        };
        (signed() || whole()) && begins_apart(text, line, apart) && may_be_secret(text, open, content)
    };
    let begins = begins || assigned && (scrambled || is_secret(content)) || keyless();
    (begins && ends_literal(text, end, assigned || alone)).then_some(open..end)
}

/// Whether a sign or a comment ends before the line of a position, behind what stands before and behind each line.
fn goes_on(text: &Text<'_>, start: usize) -> bool {
    let near = text.slice(start.saturating_sub(LONGEST_KEY)..start);
    let marks = near.iter().rev().take_while(|byte| b" \t\r\n-+>|".contains(byte)).count();
    matches!(near[..near.len() - marks], [.., b'=' | b':'] | [.., b'*', b'/'])
}

/// Whether a whole key and its sign, or a word that a literal belongs to, stand before one, perhaps on lines before: it is looked
/// at by those.
pub(crate) fn follows_key(text: &Text<'_>, floor: usize, start: usize) -> bool {
    let near = text.slice(floor.max(start.saturating_sub(LONGEST_KEY))..start);
    let before = before_line_comment(near).unwrap_or(near.trim_ascii_end());
    // Behind what stands before each line.
    let line = line_start(text, start);
    let mark = text.slice(line..start);
    let above = || {
        last_word(text.slice(floor.max(line.saturating_sub(LONGEST_KEY)).min(line)..line).trim_ascii_end())
    };
    is_any(last_word(before), &["AS", "COMMENT", "LIKE"])
        || memchr::memchr2(b'\'', b'=', mark).is_none() && is_any(above(), &["COMMENT", "LIKE"])
        || before.strip_suffix(b"=").is_some_and(|before| ends_with_key(before.trim_ascii_end()))
}

/// Whether a text ends with a whole key, in its quotes.
fn ends_with_key(before: &[u8]) -> bool {
    let Some(key) = before.strip_suffix(b"'") else { return false };
    let name = key.iter().rev().take(LONGEST_KEY).take_while(|byte| is_name(**byte)).count();
    name > 0 && key[..key.len() - name].ends_with(b"'")
}

/// The end of the literals in a row behind one that ends at a position.
fn row_end(text: &Text<'_>, from: usize) -> usize {
    let mut end = from;
    while end < from + LONGEST {
        let next = text.skip_space(end);
        let literal = text.literal(next).filter(|literal| literal.closed && text.at(next) == b'\'');
        let Some(literal) = literal.filter(|_| next > end) else { break };
        end = literal.end;
    }
    end
}

/// Whether a bracket that nothing on the line has opened follows a literal, and no name without quotes says what it is.
fn ends_bracket(text: &Text<'_>, start: usize, end: usize) -> bool {
    let before = text.slice(line_start(text, start)..start);
    let signed = before.trim_ascii_end().strip_suffix(b"=").unwrap_or_default();
    if signed.trim_ascii_end().last().is_some_and(|byte| is_word(*byte)) {
        return false;
    }
    let brackets = |bracket| memchr::memchr_iter(bracket, before).count();
    text.at(skip_escaped(text, end)) == b')' && brackets(b'(') <= brackets(b')')
}

/// The length of the prefix of a literal that a text ends with.
fn prefix_before(before: &[u8]) -> usize {
    let length = before.iter().rev().take_while(|byte| is_word(**byte) || **byte == b'&').count();
    let word = &before[before.len() - length..];
    if prefix::is_letter(word) || matches!(word, [b'U' | b'u', b'&']) { length } else { 0 }
}

/// Whether a literal stands behind the sign of an entry with which a line, a string or what a log says begins.
fn is_behind_sign(text: &Text<'_>, open: usize) -> bool {
    let before = text.slice(line_start(text, open)..open).trim_ascii_end();
    let Some(before) = before.strip_suffix(b"=") else { return false };
    let key = before.trim_ascii_end().strip_suffix(b"'").map_or(before, |key| {
        let cut = key.iter().rev().take(LONGEST_KEY).take_while(|byte| is_name(**byte)).count();
        &key[..key.len() - cut]
    });
    begins_text(text, line_start(text, open) + key.len(), false)
}

/// Whether a line, a string or what a log says begins at a position.
pub(crate) fn begins_text(text: &Text<'_>, start: usize, shelled: bool) -> bool {
    let before = text.slice(line_start(text, start)..start);
    let blank = before.iter().rev().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    match &before[..before.len() - blank] {
        [said @ .., b'"'] => {
            said.is_empty()
                || said.ends_with(b"\"\"")
                || said.last().is_some_and(|byte| b" ([{=:,+#@$".contains(byte) || *byte == b'\\')
        }
        [.., b' ', b'\''] if blank == 0 => shelled,
        // It is compared with something.
        [.., b'<', b'>'] => false,
        [.., b':' | b'-' | b']' | b'>'] if blank > 0 => memchr::memchr(b'\'', before).is_none(),
        _ => before.iter().all(|byte| b" \t>+|-#/*;".contains(byte)),
    }
}

/// Whether a word stands behind others, in no literal that began on the line.
fn is_behind_words(text: &Text<'_>, start: usize) -> bool {
    let before = text.slice(line_start(text, start)..start);
    memchr::memchr_iter(b'\'', before).count().is_multiple_of(2)
        && before.last().is_some_and(|byte| b" \t;".contains(byte))
}

/// Whether what stands behind the quote of a literal follows; nothing, behind a `long` one.
fn ends_literal(text: &Text<'_>, behind: usize, long: bool) -> bool {
    let line = text.find_either([b'\n'; 2], behind, BEGINNING).unwrap_or(text.len());
    let next = skip_escaped(text, behind);
    match text.at(next) {
        b')' => {
            let last = next + 1 + text.ahead(next + 1, 8).iter().take_while(|byte| **byte == b')').count();
            matches!(text.at(skip_escaped(text, last)), 0 | b';' | b'"' | b'>' | b'*' | b'\\' | b'\n' | b'\r')
                || text.at(last) == b'\n'
        }
        b';' => matches!(text.at(next + 1), 0 | b';' | b' ' | b'"' | b'\\' | b'\n' | b'\r'),
        // Options on its line tell a list, in which more is masked.
        b',' => {
            let listed = || has_option_on(text, next, line) && first_is_option(text, next + 1);
            begins_pair(text, next + 1) && (long || !listed())
        }
        0 | b'\n' | b'\r' => long,
        b']' => long && text.has(next, b"]]>"),
        // The end of a string.
        b'"' => {
            long && matches!(
                text.at(text.skip_space(next + 1)),
                0 | b',' | b';' | b'}' | b')' | b']' | b'\r' | b'\n'
            )
        }
        _ => long && next > behind && text.slice(behind..next).contains(&b'\n'),
    }
}

/// Whether a comma and another entry follow.
fn precedes_pair(text: &Text<'_>, end: usize) -> bool {
    let comma = skip_escaped(text, end);
    text.at(comma) == b',' && begins_pair(text, comma + 1)
}

/// Whether a quoted name and a sign follow.
fn begins_pair(text: &Text<'_>, from: usize) -> bool {
    let name = skip_marked(text, from);
    if let Some(key) = shell_quote(text, name) {
        let end = key + text.ahead(key, LONGEST_KEY).iter().take_while(|byte| is_name(**byte)).count();
        let sign = shell_quote(text, end).map(|behind| text.skip_blank(behind));
        return sign.is_some_and(|sign| separator(text, sign) > sign);
    }
    let literal = text.literal(name).filter(|literal| literal.closed && literal.content.len() <= 64);
    literal.is_some_and(|literal| {
        let sign = skip_escaped(text, literal.end);
        text.at(name) == b'\'' && separator(text, sign) > sign
    })
}

/// Whether the quoted name that follows is that of an option of a connection, or nearly.
fn first_is_option(text: &Text<'_>, from: usize) -> bool {
    let name = text.literal(skip_marked(text, from));
    name.is_some_and(|name| nearly_option(text.slice(name.content)))
}

/// Whether an option of a connection stands between two positions of a line.
fn has_option_on(text: &Text<'_>, from: usize, line: usize) -> bool {
    let said = Text::new(text.slice(from..line), true);
    has_option(&said, 0)
}

/// Skips white space, comments, and line breaks of a string.
fn skip_escaped(text: &Text<'_>, from: usize) -> usize {
    let mut at = skip_all_comments(text, from);
    while at < from + LONGEST && text.at(at) == b'\\' && matches!(text.at(at + text.slashes(at)), b'n' | b't')
    {
        at = skip_all_comments(text, at + text.slashes(at) + 1);
    }
    at
}
