//! Names and values of options that are written as nobody should: odd signs between them, odd quotes around them, words too
//! many in a name.

use crate::edit::{Edits, QUOTED_MASK, Rule, holds_mask};
use crate::secret::names::Folded;
use crate::secret::password::is_password;
use crate::secret::shape::{is_drawn_inside, is_scrambled, is_shuffled};
use crate::sql::lex::{Text, is_blank, is_name, quote_length, separator};
use crate::sql::literal::Literal;
use crate::sql::lookalike::decode;
use crate::statement::around::spelt_blank;
use crate::statement::comments::skip_comments;
use crate::value::harmless::is_no_secret;
use crate::value::rows::{begins_entry, end_before};
use crate::wrapping::lines::behind_mark;
use lockkeeper_model::MASK;
use std::ops::Range;

/// How long a name may be, with the quotes in it.
const LONGEST_NAME: usize = 96;
/// How long the rest of a value is at least, behind a quote in it.
const SHORTEST_REST: usize = 3;
/// How long what stands before the quote of a literal may be.
const LONGEST_PREFIX: usize = 8;
/// How many words a name may have, and how many may stand behind it in its quotes.
const WORDS: usize = 4;
/// How many entries of a list are looked at.
const ENTRIES: usize = 64;

/// An entry of a list whose name denotes a secret.
pub(crate) struct Entry {
    start: usize,
    /// Where its name ends, with its quotes.
    name: usize,
    pub(crate) end: usize,
}

impl Entry {
    /// Masks the value, unless one of the edits from `before` on does.
    pub(crate) fn mask(&self, text: &Text<'_>, before: usize, edits: &mut Edits) {
        let Some(value) = value(text, self.name, self.end) else { return self.mask_grown(text, edits) };
        // With a prefix, which is no part of what it says.
        let whole = |literal: &Literal| literal.closed && skip_comments(text, literal.end) >= self.end;
        let is_in = |range: &Range<usize>| range.end > value.start && range.start < self.end;
        let mut masked = edits.as_slice().iter().skip(before).filter(|edit| is_in(&edit.range));
        match text.literal(value.start).filter(whole) {
            // Its prefix goes with it.
            Some(Literal { start, end, content, .. })
                if content.start > start + 1 && masked.clone().any(|edit| edit.range == content) =>
            {
                edits.cover(start..end, QUOTED_MASK, Rule::SecretOption);
            }
            Some(literal) if literal.content.is_empty() || masked.next().is_some() => {}
            Some(literal) => edits.push(literal.start..literal.end, QUOTED_MASK, Rule::SecretOption),
            None if masked.clone().any(|edit| edit.range.start <= value.start) => {
                // A quote in it that is not written twice.
                let end = masked.next_back().map_or(value.end, |edit| edit.range.end);
                let rest = text.slice(end..value.end);
                let is_quoted = || rest[0] == b'\'' && rest[1..].iter().all(u8::is_ascii_alphanumeric);
                // Without its quotes, it may hold blanks.
                let blank = || rest.iter().all(|byte| *byte == b' ' || is_name(*byte));
                let word = || rest.iter().all(|byte| *byte > b' ' && *byte != b'\'');
                let is_bare = || rest[0] == b' ' && blank() || b"\\>=#@!~^*+".contains(&rest[0]) && word();
                if rest.len() > SHORTEST_REST && (is_quoted() || is_bare()) {
                    edits.cover(value, MASK, Rule::SecretOption);
                }
            }
            None => edits.mask(value, Rule::SecretOption),
        }
    }

    /// Masks a name that its value has grown together with: `'api-key0f1e2d'`.
    fn mask_grown(&self, text: &Text<'_>, edits: &mut Edits) {
        let alone = value_start(text, self.name, self.end).is_none();
        if let Some(literal) = grown(text, self.start).filter(|_| alone) {
            edits.mask(literal.content, Rule::SecretOption);
        }
    }
}

/// The literal that begins here, if a name has grown together with its value in it: something in it looks drawn.
pub(crate) fn grown(text: &Text<'_>, start: usize) -> Option<Literal> {
    let literal = text.literal(start).filter(|literal| literal.closed)?;
    is_scrambled(text.slice(literal.content.clone())).then_some(literal)
}

/// The entries from `from` on whose names denote a secret, up to the end of their list, and where that is.
pub(crate) fn entries(text: &Text<'_>, from: usize) -> (Vec<Entry>, usize) {
    let mut found = Vec::new();
    let mut at = from;
    for _ in 0..ENTRIES {
        let start = skip_comments(text, at);
        // Behind an entry without its key, the next ones are looked at, too.
        if !is_quote(text, start) && !is_bare_name(text, start) && separator(text, start) == start {
            break;
        }
        let is_bare = is_bare_name(text, start);
        let begins = |text: &Text<'_>, at: usize| {
            let next = skip_comments(text, at);
            // A value may read like a name.
            let assigned = || text.slice(start..at).trim_ascii_end().ends_with(b"=");
            let quoted = || is_quote(text, next) && !assigned();
            let listed = || text.slice(start..next).trim_ascii_end().ends_with(b",");
            let bare = || is_bare_name(text, next) && listed() && (is_bare || name_end(text, next).is_some());
            begins_entry(text, next) || quoted() && name_end(text, next).is_some() || bare()
        };
        let mut end = pair_end(text, start).unwrap_or_else(|| end_before(text, start, begins));
        let name = name_end(text, start).or_else(|| far_name_end(text, start, end));
        // A bracket or semicolon where the sign should stand.
        let bracket = text.skip_space(end);
        let behind = bracket + text.ahead(bracket, 3).iter().take_while(|byte| b");".contains(byte)).count();
        if let Some(name) = name
            && behind > bracket
            && value_start(text, name, end).is_none()
            && is_sign(text, behind)
        {
            end = end_before(text, behind, begins);
        }
        found.extend(name.map(|name| Entry { start, name, end }));
        let next = skip_comments(text, end);
        at = at.max(next);
        if text.at(next) != b',' {
            break;
        }
        // A mail may break its lines there.
        at += if text.has(at + 1, b"=\n") { 3 } else { 1 };
    }
    (found, at)
}

/// Where an entry ends that is a name, a sign or a word in its place, and a literal, before what stands behind entries.
fn pair_end(text: &Text<'_>, start: usize) -> Option<usize> {
    let name = match text.literal(start) {
        Some(name) => name.closed.then_some(name.end)?,
        None if is_bare_name(text, start) => start + bare_name(text, start, start + LONGEST_NAME),
        None => return None,
    };
    let sign = skip_comments(text, name);
    let behind = match separator(text, sign) {
        behind if behind > sign => behind,
        _ if b"\\/|&%#@^?".contains(&text.at(sign)) => sign + 1,
        _ => text.word_end(sign),
    };
    let value = skip_comments(text, behind);
    let value = text
        .literal(value)
        .filter(|value| value.closed && (sign + 1..=sign + LONGEST_PREFIX).contains(&behind))?;
    matches!(text.at(skip_comments(text, value.end)), b',' | b')').then_some(value.end)
}

/// Where the name ends that begins here, with its quotes and the words behind it, if it denotes a secret.
pub(crate) fn name_end(text: &Text<'_>, from: usize) -> Option<usize> {
    name_end_if(text, from, Folded::may_be_secret)
}

/// The same for a name that is so far from those of secrets that its value, before `end`, has to look drawn.
pub(crate) fn far_name_end(text: &Text<'_>, from: usize, end: usize) -> Option<usize> {
    let name = name_end_if(text, from, Folded::may_be_far_secret)?;
    let value = text.slice(value(text, name, end)?);
    if is_password(value) && value.iter().any(|byte| b"!@#$%^&*?~".contains(byte)) {
        return Some(name);
    }
    // Behind the prefix of a literal.
    let value = value.split(|byte| b"'\"`\n".contains(byte)).find(|part| part.len() > 2)?;
    let mut words = value.split(|byte| !byte.is_ascii_alphanumeric());
    (is_shuffled(value) || words.any(is_drawn_inside)).then_some(name)
}

fn name_end_if(text: &Text<'_>, from: usize, denotes: impl Fn(&Folded) -> bool) -> Option<usize> {
    let limit = text.len().min(from + LONGEST_NAME);
    let mut end = from;
    // Without quotes, only names below `sql.secrets` are known in words.
    let words =
        if is_quote(text, from) || text.ahead(from, 4).eq_ignore_ascii_case(b"sql ") { WORDS } else { 1 };
    for _ in 0..words {
        let start = behind_quotes(text, end, limit);
        // What a comment says is no name.
        if end > from && text.comment(start).is_some() {
            break;
        }
        end = start + bare_name(text, start, limit);
        if end == start {
            return None;
        }
        // A name over two lines.
        if text.has(end, b"\\\n") || text.has(end, b"=\n") {
            end += 1;
        }
        let next = text.at(end);
        let signed = quote_length(text, end) == 0 && !is_blank(next) && !is_quote_byte(next);
        if denotes(&Folded::of(text.slice(from..end))) {
            let whole = if signed { signed_name_end(text, from) } else { None };
            return Some(behind_words(text, whole.map_or(end, |whole| whole.max(end))));
        }
        if signed {
            break;
        }
    }
    let end = signed_name_end(text, from)?;
    denotes(&Folded::of(text.slice(from..end))).then(|| behind_words(text, end))
}

/// Where a name ends that has a sign in it that no name has: `'pa{sword'`.
fn signed_name_end(text: &Text<'_>, from: usize) -> Option<usize> {
    let quote = [b'\'', b'"', b'`'].into_iter().find(|quote| *quote == text.at(from))?;
    let said = text.ahead(from + 1, LONGEST_NAME);
    // A backslash that Markdown puts before some signs.
    let ends = |at: &usize| match said[*at] {
        b'\\' => !said.get(at + 1).is_some_and(|next| matches!(next, b'_' | b'-' | b'.')),
        byte => byte == quote || byte == b'\n',
    };
    let length = (0..said.len()).find(ends)?;
    let end = from + 1 + length;
    // A sign of entries stands in it by mistake, if there is another behind it.
    let assigned = || {
        let sign = text.skip_space(end + 1);
        let value = separator(text, sign);
        value > sign && is_quote(text, text.skip_space(value))
    };
    let is_name = memchr::memchr(b'=', &said[..length]).is_none() || assigned();
    (said[length] == quote && length > 3 && is_name).then_some(end)
}

/// Behind the words and quotes between a name and its sign; behind its quotes, if there is none.
fn behind_words(text: &Text<'_>, name: usize) -> usize {
    let quotes = |at: usize| match quote_length(text, at) {
        size @ 2.. => at + size,
        _ => at + text.ahead(at, 8).iter().take_while(|byte| is_quote_byte(**byte)).count(),
    };
    let behind = quotes(name);
    let mut at = behind;
    for _ in 0..WORDS {
        let word = text.skip_blank(at);
        if text.comment(word).is_some() {
            break;
        }
        let whole = word + bare_name(text, word, text.len().min(word + LONGEST_NAME));
        // The rest of a name stands before its quote.
        let end = if is_quote_byte(text.at(whole)) { whole } else { text.word_end(word) };
        at = quotes(end);
        let sign = skip_comments(text, at);
        let value = separator(text, sign);
        // Signs with which base64 ends are none.
        let pads = || sign == whole && matches!(text.at(text.skip_space(value)), b',' | b')');
        if value > sign && !pads() {
            return sign;
        }
        if end == word {
            break;
        }
    }
    behind
}

/// The value behind a name, up to `end`, without the signs, quotes and comments around it.
pub(crate) fn value(text: &Text<'_>, name: usize, end: usize) -> Option<Range<usize>> {
    let start = value_start(text, name, end)?;
    let said = text.slice(start..end);
    let closers = |byte: &&u8| is_blank(**byte) || b"'\"`;)".contains(*byte);
    let mut value = start..end - said.iter().rev().take_while(closers).count();
    // The quote of a word processor.
    if value.len() > 3 && quote_length(text, value.end - 3) == 3 {
        value.end -= 3;
    }
    let is_secret = value.start < value.end && !is_no_secret(text.slice(value.clone())) && !holds_mask(said);
    is_secret.then_some(value)
}

/// Where what is said begins behind a name, over signs, quotes and comments; before `end`.
pub(crate) fn value_start(text: &Text<'_>, name: usize, end: usize) -> Option<usize> {
    let mut at = name;
    while at < end {
        at = match (text.at(at), text.comment(at)) {
            // What is no entry of a list that is commented out.
            (b'-', Some(_)) if is_sign(text, at + 2) && !begins_entry(text, text.skip_space(at + 2)) => {
                at + 2
            }
            // Before the sign, it is a comment.
            (_, Some((behind, true))) if precedes_sign(text, name..at, behind) => behind,
            // The value may begin with the signs of a comment.
            (_, Some(_)) if matches!(text.slice(name..at), [.., b'=' | b':' | b' ', b'\'']) => {
                return Some(at);
            }
            (_, Some((behind, true))) => behind,
            // What looks like a flag, before the sign.
            (b'-', None)
                if let Some((behind, true)) = text.line_comment(at)
                    && is_sign(text, text.skip_blank(behind)) =>
            {
                behind
            }
            _ if separator(text, at) > at => separator(text, at),
            _ if let Some(behind) = spelt_blank(text, at) => behind,
            (b'\\', _) if matches!(text.at(at + 1), b'=' | b':' | b'\'' | b'"') => at + 1,
            (byte, _) if is_blank(byte) || (b"'\"`=:>(),;.!~|^$".contains(&byte)) => at + 1,
            (b'<', _) if let Some(end) = markup_end(text, at) => end,
            (b'<', _) if !text.has(at, MASK.as_bytes()) => at + 1,
            (byte, _) if byte.is_ascii_punctuation() && !b"<{".contains(&byte) && is_sign(text, at + 1) => {
                at + 1
            }
            (b'/' | b'*', _) if is_sign(text, at + 2) => at + 2,
            (0x80.., _) => match decode(text.ahead(at, 4)) {
                (Some(sign), size) if !sign.is_alphanumeric() => at + size,
                _ => return Some(at),
            },
            _ => return Some(at),
        };
    }
    None
}

/// Whether a sign follows behind a comment, and none stands before it.
fn precedes_sign(text: &Text<'_>, before: Range<usize>, behind: usize) -> bool {
    let sign = text.skip_blank(behind);
    separator(text, sign) > sign && memchr::memchr(b'=', text.slice(before)).is_none()
}

/// The end of a comment of HTML.
fn markup_end(text: &Text<'_>, at: usize) -> Option<usize> {
    let said = text.has(at, b"<!--").then(|| text.ahead(at, LONGEST_NAME))?;
    memchr::memmem::find(said, b"-->").map(|end| at + end + "-->".len())
}

/// Whether a literal or a sign stands behind a sign that nobody knows, on its line.
fn is_sign(text: &Text<'_>, from: usize) -> bool {
    let next =
        from + text.ahead(from, 8).iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'>')).count();
    quote_length(text, next) > 0
        || separator(text, next) > next
        || text.literal(next).is_some_and(|literal| literal.content.start - next <= LONGEST_PREFIX)
}

/// Whether a name without a quote before it and a sign stand here.
fn is_bare_name(text: &Text<'_>, start: usize) -> bool {
    let limit = text.len().min(start + LONGEST_NAME);
    let length = bare_name(text, start, limit);
    let sign = behind_quotes(text, start + length, limit);
    length > 0 && separator(text, sign) > sign
}

/// The length of the name that begins here, up to a quote of any kind.
fn bare_name(text: &Text<'_>, start: usize, limit: usize) -> usize {
    // A comment may begin directly behind it.
    let goes_on =
        |at: &usize| is_name(text.at(*at)) && quote_length(text, *at) == 0 && !text.has(*at, b"-- ");
    (start..limit).take_while(goes_on).count()
}

/// Behind the blanks and quotes that stand here.
fn behind_quotes(text: &Text<'_>, from: usize, limit: usize) -> usize {
    let mut at = from;
    while at < limit {
        at += match text.at(at) {
            b'\n' => behind_mark(text, at + 1) - at,
            byte if is_blank(byte) || is_quote_byte(byte) => 1,
            _ => match quote_length(text, at) {
                0 => break,
                size => size,
            },
        };
    }
    at.min(limit.max(from))
}

fn is_quote(text: &Text<'_>, at: usize) -> bool {
    quote_length(text, at) > 0 || text.at(at) == b'$' && text.at(text.word_end(at + 1)) == b'$'
}

const fn is_quote_byte(byte: u8) -> bool {
    matches!(byte, b'\'' | b'"' | b'`' | b'$')
}

#[cfg(test)]
mod tests {
    use crate::expect::redacted_for_good as check;

    #[test]
    fn the_value_of_an_entry_is_masked_whatever_stands_before_it() {
        for (entry, masked) in [
            ("'api-key' != 'made-up'", "'api-key' != '<REDACTED>'"),
            ("'api-key' ~ 'made-up'", "'api-key' ~ '<REDACTED>'"),
            ("'api-key' ≔ 'made-up'", "'api-key' ≔ '<REDACTED>'"),
            ("'api-key' ﹦ 'made-up'", "'api-key' ﹦ '<REDACTED>'"),
            ("$$api-key$$ = 'made-up'", "$$api-key$$ = '<REDACTED>'"),
            ("'''password''' = 'made-up'", "'''password''' = '<REDACTED>'"),
            ("'password old' = 'made-up'", "'password old' = '<REDACTED>'"),
            ("'api-key =' 'made up of words'", "'api-key =' '<REDACTED>'"),
            ("'api-key=' 'ωф字ююф'", "'api-key=' '<REDACTED>'"),
            ("'api-ke'y = 'made-up'", "'api-ke'y = '<REDACTED>'"),
            ("'api-key\n' = 'made-up'", "'api-key\n' = '<REDACTED>'"),
            ("'sql secrets mine' = 'made-up'", "'sql secrets mine' = '<REDACTED>'"),
            ("'api-key' '' = 'made-up'", "'api-key' '' = '<REDACTED>'"),
            ("'api-key' -- x\nmade-up'", "'api-key' -- x\n<REDACTED>'"),
        ] {
            for (head, tail) in [("", ""), ("'topic' = 'films', ", ", 'format' = 'json'")] {
                let text = |entry: &str| format!("ALTER TABLE t SET ({head}{entry}{tail});\nready");
                check(&text(entry), &text(masked));
            }
        }
        let text = "ALTER TABLE t SET ('topic' != 'x', 'token.type' ~ 'y'); 'password' stays";
        check(text, text);
    }
}
