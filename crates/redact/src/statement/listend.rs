//! Where the list of a broken statement ends: behind its last value, if that is plainly one literal, or where it does if only
//! what stands before it is broken.

use crate::edit::{Edit, Edits};
use crate::secret::names::{Folded, Secrecy, nearly_option};
use crate::sql::lex::{Text, is_blank, is_name, is_word, opens_list, separator};
use crate::sql::literal::Kind;
use crate::sql::lookalike;
use crate::statement::comments::{before_block_comment, before_line_comment, skip_comments};
use crate::statement::ending::{closes_text, ends_clean};
use crate::statement::entries::{List, is_visible_key};
use crate::statement::follows::ends_with_list_word;
use crate::statement::recognise::is_any;
use crate::statement::resync::begins_other;
use crate::statement::words::{is_noun, is_verb};
use crate::statement::written::Reader;
use crate::value::rows::begins_entry;
use crate::wrapping::lines::{behind_alike, line_start, repeated_prefix};
use crate::wrapping::strings::next_part;
use std::ops::Range;

/// How far before its list a statement begins.
const LONGEST_HEAD: usize = 256;
/// How far before a value its name is looked at.
const LONGEST_KEY: usize = 160;
/// How many quotes stand in a row.
const LONGEST_RUN: usize = 64;
/// How long the value may be if there are quotes in it.
const LONGEST_VALUE: usize = 1024;
/// How far behind a list without its bracket the rest of one is looked for.
const LONGEST_REST: usize = 1024;
/// How far the rest of a line is looked at.
const LONGEST_LINE: usize = 4096;
/// How many brackets end a list where one too many does.
const BRACKETS: usize = 3;

/// The end of the list that ends behind the last quote of `quotes`, where there is no other in between: its last value is
/// plainly one literal, between a sign and a bracket, or the end of its line, and there is no other quote on the line.
pub(crate) fn end_of_list(text: &Text<'_>, from: usize, quotes: Range<usize>) -> Option<usize> {
    let Range { start: open, end: close } = quotes;
    let next = text.at(text.skip_blank(close + 1));
    if close < open + 2
        || text.at(open) != b'\''
        || text.at(close - 1) == b'\\'
        || !(next == 0 || next >= 0x80 || is_word(next) || b")]};-/".contains(&next))
    {
        return None;
    }
    let literal = literal_start(text, from, open, close)?;
    if !is_named(text.slice(literal.saturating_sub(LONGEST_KEY)..literal)) {
        return None;
    }
    let behind = skip_comments(text, close + 1);
    // The semicolon may stand before the bracket.
    let next = text.skip_space(behind + 1);
    let is_moved = text.at(behind) == b';' && text.at(next) == b')';
    let brackets = brackets_end(text, if is_moved { next } else { behind });
    // Without a bracket, a comment behind the last entry belongs to it.
    let end = brackets.unwrap_or_else(|| remarks_end(text, close + 1));
    let sign = text.skip_space(end);
    let end = if text.at(sign) == b';' { sign + 1 } else { end };
    let line = text.find_either([b'\n'; 2], end, LONGEST_LINE);
    let rest = text.slice(end..line.unwrap_or(end + LONGEST_LINE));
    if brackets.is_none() && (is_remarked(text, from, literal) || !ends_alone(text, from, end, rest)) {
        return None;
    }
    let follows = matches!(
        rest,
        [] | [b' ' | b'\t' | b'\r' | b'"' | b'|', ..]
            | [b']', b';' | b' ', ..]
            | [b'<', b'/', ..]
            | [b'}', b')', ..]
    ) && is_paired(rest);
    ((follows || closes_text(text, from, end, end)) && !goes_on(text, end)).then_some(end)
}

/// A list that is delimited without doubt.
pub(crate) struct Listed {
    /// Where its bracket stands.
    pub(crate) open: usize,
    /// Where the statement ends.
    pub(crate) end: usize,
    /// What has to be masked in it.
    pub(crate) noted: Edits,
}

impl Listed {
    /// Whether nothing in it has to be masked but what stands behind a sign.
    pub(crate) fn hides_values_only(&self, text: &Text<'_>) -> bool {
        let is_value = |edit: &Edit| {
            let before = text.slice(self.open..edit.range.start).trim_ascii_end();
            matches!(before.last(), Some(b'=' | b':' | b'>'))
        };
        self.noted.as_slice().iter().all(is_value)
    }
}

/// The list behind the words from `from` on, if it is delimited without doubt, and the statement at `start` ends with it.
pub(crate) fn listed(text: &Text<'_>, start: usize, from: usize) -> Option<Listed> {
    let head = text.ahead(from, LONGEST_HEAD);
    let open = head.iter().position(|byte| opens_list(*byte) || b"';=".contains(byte))?;
    // Another one may begin where this one was cut off.
    let mut words = head[..open].split(|byte| !is_word(*byte));
    if !opens_list(head[open])
        || !ends_with_list_word(&head[..open])
        || words.any(|word| is_verb(word) || is_noun(word))
    {
        return None;
    }
    let mut noted = Edits::default();
    let open = from + open;
    let mut reader = Reader::within(text, start, open, &mut noted);
    reader.list(List::Pairs)?;
    let end = reader.at + usize::from(text.at(reader.at) == b';');
    // In a string, what looks like the end of a literal may be escaped.
    let escaped = memchr::memchr(b'\\', text.slice(start..end)).is_some();
    (!escaped && ends_clean(text, start, end)).then_some(Listed { open, end, noted })
}

/// The values of what is a value and entries behind it, all of them between quotes with none inside, and nothing else.
pub(crate) fn values_of(text: &Text<'_>, part: Range<usize>) -> Option<Vec<Range<usize>>> {
    let simple = |at: usize| {
        let literal = text.literal(at).filter(|literal| literal.kind == Kind::String && literal.closed)?;
        let plain = !literal.doubled && !text.slice(literal.content.clone()).contains(&b'\n');
        (plain && literal.end <= part.end).then_some(literal)
    };
    let mut values = Vec::new();
    let mut at = part.start;
    loop {
        let value = simple(at)?;
        values.push(value.start..value.end);
        if value.end == part.end {
            return (values.len() > 1).then_some(values);
        }
        let comma = text.skip_blank(value.end);
        let key = simple(text.skip_blank(comma + 1)).filter(|_| text.at(comma) == b',')?;
        let sign = text.skip_blank(key.end);
        if text.at(sign) != b'=' || !is_visible_key(text.slice(key.content)) {
            return None;
        }
        at = text.skip_blank(sign + 1);
    }
}

/// Whether the next line begins with what stands between the entries of a list, or another entry follows.
pub(crate) fn goes_on(text: &Text<'_>, end: usize) -> bool {
    let next = text.skip_blank(end);
    let value = || matches!(text.at(text.skip_blank(next + 1)), b'\'' | b'"' | b'`');
    let entry = || begins_entry(text, skip_comments(text, next + 1));
    match text.at(next) {
        b'(' => entry(),
        b'\'' => begins_entry(text, next),
        b',' if text.at(text.skip_blank(next + 1)) == b'(' => {
            begins_entry(text, skip_comments(text, text.skip_blank(next + 1) + 1))
        }
        b',' => text.slice(end..next).contains(&b'\n') || entry() || goes_on_behind(text, next + 1),
        byte if byte.is_ascii_alphabetic() => goes_on_with(text, next),
        b'=' => value() && text.slice(end..next).contains(&b'\n'),
        _ => false,
    }
}

/// The same also behind what the line of `start` begins with, or in the next string of those that are put together.
pub(crate) fn goes_on_wrapped(text: &Text<'_>, start: usize, end: usize) -> bool {
    if goes_on(text, end) {
        return true;
    }
    let sign = text.skip_space(end);
    let sign = if text.at(sign) == b',' { text.skip_space(sign + 1) } else { sign };
    let next = match text.at(sign) {
        b'\n' => behind_alike(text, start, sign + 1),
        b'\\' | b'"' => {
            let quote = sign + 2 * usize::from(matches!(text.at(sign), b'\\') && text.at(sign + 1) == b'n');
            if text.at(quote) == b'"' { next_part(text, quote) } else { None }
        }
        _ => None,
    };
    next.is_some_and(|next| {
        let entry = text.skip_space(next);
        text.at(entry) == b'\'' && begins_entry(text, entry)
    })
}

/// Whether another list follows a comma, behind its word and perhaps a name.
fn goes_on_behind(text: &Text<'_>, comma: usize) -> bool {
    let word = text.skip_space(comma);
    let name = text.skip_space(text.word_end(word));
    goes_on_with(text, word) || (text.at(name).is_ascii_alphabetic() && goes_on_with(text, name))
}

/// Whether a word stands here with the list or remark that follows it.
fn goes_on_with(text: &Text<'_>, word: usize) -> bool {
    let end = text.word_end(word);
    let known = text.slice(word..end);
    let next = text.skip_blank(end);
    match text.at(next) {
        b'(' => begins_entry(text, skip_comments(text, next + 1)),
        b'\'' => is_any(known, &["COMMENT"]),
        _ => false,
    }
}

/// Where the literal begins that ends at `close`, and of which `open` is the quote before that: quotes that are written twice
/// stand for one.
fn literal_start(text: &Text<'_>, from: usize, open: usize, close: usize) -> Option<usize> {
    let floor = from.max(close.saturating_sub(LONGEST_VALUE));
    let mut open = open;
    loop {
        let near = text.slice(from.max(open.saturating_sub(LONGEST_RUN))..open + 1);
        let first = open + 1 - near.iter().rev().take_while(|byte| **byte == b'\'').count();
        if (open - first).is_multiple_of(2) {
            return Some(first);
        }
        open = floor + memchr::memrchr(b'\'', text.slice(floor..first))?;
    }
}

/// Whether a sign, or the quoted name of an option and no sign that we know, ends here, but for comments.
fn is_named(before: &[u8]) -> bool {
    let said = before.trim_ascii_end();
    ends_named(said) || without_comment(before).is_some_and(ends_named)
}

fn ends_named(before: &[u8]) -> bool {
    if matches!(before.last(), Some(b'=' | b':')) {
        return true;
    }
    let is_sign = |byte: &u8| !byte.is_ascii_alphanumeric() && !b"'\"`(),;_".contains(byte);
    let signs = before.iter().rev().take_while(|byte| is_sign(byte)).count();
    let Some(key) = before[..before.len() - signs].strip_suffix(b"'") else { return false };
    // The sign may stand in it.
    let key = key.trim_ascii_end();
    let key = key.strip_suffix(b"=").unwrap_or(key).trim_ascii_end();
    let length = key.iter().rev().take_while(|byte| is_name(**byte)).count();
    let (head, key) = key.split_at(key.len() - length);
    head.last() == Some(&b'\'') && (nearly_option(key) || Folded::of(key).secrecy() == Secrecy::Secret)
}

/// What stands before a comment, if this ends with one.
fn without_comment(before: &[u8]) -> Option<&[u8]> {
    let said = before.trim_ascii_end();
    if said.ends_with(b"*/") { before_block_comment(said) } else { before_line_comment(before) }
}

/// The end of the comments that follow, or the position itself.
fn remarks_end(text: &Text<'_>, from: usize) -> usize {
    // Lines that are commented out are none of it.
    if memchr::memmem::find(text.slice(line_start(text, from)..from), b"--").is_some() {
        return from;
    }
    let (mut end, mut at) = (from, text.skip_blank(from));
    while let Some((behind, true)) = text.comment(at)
        && behind - from < LONGEST_LINE
    {
        end = behind;
        at = text.skip_blank(behind);
    }
    end
}

/// The end of the brackets that stand here, or of one of another kind or script.
fn brackets_end(text: &Text<'_>, from: usize) -> Option<usize> {
    let count = text.ahead(from, BRACKETS).iter().take_while(|byte| **byte == b')').count();
    let odd = || odd_bracket(text.ahead(from, 4));
    if count > 0 { Some(from + count) } else { odd().map(|size| from + size) }
}

/// The size of the bracket with which this begins, if it stands for one that ends a list.
fn odd_bracket(text: &[u8]) -> Option<usize> {
    let (character, size) = lookalike::decode(text);
    matches!(lookalike::ascii(character?), Some(b')' | b']' | b'}')).then_some(size)
}

/// Whether this is a bracket of any script.
pub(crate) fn is_bracket(sign: &[u8]) -> bool {
    let (character, size) = lookalike::decode(sign);
    size == sign.len() && character.and_then(lookalike::ascii).is_some_and(|sign| b"()[]{}".contains(&sign))
}

/// How much of this is left before the signs with which an entry or a list ends, and before such a bracket behind a quote.
pub(crate) fn before_end(gap: &[u8]) -> usize {
    let blank = |last: usize| gap[..last].iter().rposition(|byte| !is_blank(*byte)).map_or(0, |at| at + 1);
    let mut last = blank(gap.len());
    for sign in [b',', b';', b')', b','] {
        if last > 0 && gap[last - 1] == sign {
            last = blank(last - 1);
        }
    }
    let is_odd = |size: &usize| {
        last.checked_sub(*size)
            .is_some_and(|at| odd_bracket(&gap[at..last]) == Some(*size) && gap[..blank(at)].ends_with(b"'"))
    };
    [1, 3].into_iter().find(is_odd).map_or(last, |size| blank(last - size))
}

/// Whether a literal stands in a comment that ends with its line.
fn is_remarked(text: &Text<'_>, from: usize, literal: usize) -> bool {
    let before = text.slice(from.max(line_start(text, literal))..literal);
    memchr::memmem::find_iter(before, b"--")
        .any(|sign| memchr::memchr_iter(b'\'', &before[..sign]).count().is_multiple_of(2))
}

/// Whether a literal without a bracket behind it ends its line, and the next one is no part of the statement.
fn ends_alone(text: &Text<'_>, from: usize, end: usize, rest: &[u8]) -> bool {
    if text.at(end - 1) != b';' && !rest.trim_ascii_end().is_empty() {
        return false;
    }
    // Each line may have something before it.
    let line = text.find_either([b'\n'; 2], end, LONGEST_LINE);
    if line.is_some_and(|line| repeated_prefix(text, from, line + 1).is_some()) {
        return false;
    }
    let next = skip_comments(text, end);
    let name = next + text.ahead(next, 40).iter().take_while(|byte| is_name(**byte)).count();
    let sign = text.skip_space(name);
    let key = text.slice(next..name);
    let assigned =
        separator(text, sign) > sign && (nearly_option(key) || Folded::of(key).secrecy() != Secrecy::None);
    let begins = next >= text.len() || text.at(next).is_ascii_alphanumeric();
    begins && !assigned && is_paired(text.slice(end..other(text, end)))
}

/// Where something else begins than what goes on here, as far as that is looked for.
fn other(text: &Text<'_>, from: usize) -> usize {
    let mut at = from;
    while let Some(line) = text.find_either([b'\n'; 2], at, (from + LONGEST_REST).saturating_sub(at)) {
        at = line + 1;
        if begins_other(text, at) {
            return at;
        }
    }
    text.len().min(from + LONGEST_REST)
}

/// Whether all brackets have their partners, and there is no quote.
fn is_paired(rest: &[u8]) -> bool {
    let mut depth = 0_usize;
    rest.iter().all(|byte| {
        match byte {
            b'(' => depth += 1,
            b')' if depth == 0 => return false,
            b')' => depth -= 1,
            _ => {}
        }
        *byte != b'\''
    })
}

#[cfg(test)]
mod tests {
    use crate::expect::redacted_for_good as check;
    use crate::redact;

    #[test]
    fn a_list_without_its_bracket_ends_behind_its_last_value() {
        for end in ["", ";", "));", ");"] {
            let text = |value: &str| {
                format!(
                    "ALTER CONNECTION c SET ('username' = '{value}', 'api-key' = '{value}'{end}\nEOF\nx y"
                )
            };
            check(&text("made-up"), &text("<REDACTED>"));
        }
        for end in ["]", "}", "\u{ff09};", " /* note */ );", " ;)"] {
            for key in ["'api-key' ~", "'api-key='", "'api-key' = /* note */"] {
                let text =
                    format!("ALTER CONNECTION c SET ('username' = 'made-up', {key} 'made-up'{end}\nEOF\nx y");
                let shown = redact(&text);
                assert!(shown.ends_with("\nEOF\nx y") && !shown.contains("made-up"), "{text}\n{shown}");
                assert_eq!(redact(&shown), shown);
            }
        }
    }

    #[test]
    fn a_list_goes_on_behind_a_value_that_ends_its_line() {
        for next in [
            "'api-key' = 'made-up')",
            "api-key = 'made-up')",
            "    -> 'x' = 'made-up')",
            ", 'x' = 'made-up')",
        ] {
            let text =
                format!("ALTER CONNECTION c SET ('type = 'rest', 'endpoint' = 'https://a.example'\n{next}");
            let shown = redact(&text);
            assert!(!shown.contains("made-up"), "{shown}");
        }
    }
}
