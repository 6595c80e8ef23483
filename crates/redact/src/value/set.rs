//! `SET` and the name of a secret: what follows is its value, however the two are written.

use crate::edit::{Edits, Rule, holds_mask};
use crate::prose::commented::{behind_dashes, is_line_commented};
use crate::secret::password::is_password;
use crate::secret::shape::is_odd_word;
use crate::seen::Seen;
use crate::sql::lex::{Text, is_blank, is_name, separator};
use crate::sql::literal::Literal;
use crate::statement::comments::{scrub_comments, skip_comments};
use crate::statement::opened::is_value;
use crate::statement::recognise::is_any;
use crate::statement::resync::is_end_of_text;
use crate::value::command;
use crate::value::expression::is_updated;
use crate::value::harmless::is_no_secret;
use crate::value::listed::look_through;
use crate::value::loose::{behind_repeated, far_name_end, grown, name_end, value, value_start};
use crate::value::rows::next_in_row;
use crate::wrapping::colour;
use crate::wrapping::lines::repeated_prefix;
use std::ops::Range;

/// How long a statement may be on its line.
const LONGEST: usize = 4096;
/// How far a value may stand behind the line of its name, and a name behind SET.
const LONGEST_NAME: usize = 96;
/// How far a value may stand behind its name, with comments between.
const LONGEST_GAP: usize = 512;
/// Words that say for what something is set.
const SCOPES: &[&str] = &["GLOBAL", "LOCAL", "PERSIST", "SESSION", "VARIABLE"];
/// How many lines a value may have that looks drawn.
const LINES: usize = 8;

/// Masks the value behind the SET that ends at `set`, if a name that denotes a secret follows it. Returns where to go on.
pub(crate) fn mask(
    text: &Text<'_>,
    floor: usize,
    set: usize,
    seen: &mut Seen,
    edits: &mut Edits,
) -> Option<usize> {
    let start = behind_scope(text, skip_comments(text, set));
    if seen.in_list || start == set && text.at(start) != b'\'' {
        return None;
    }
    let line_end =
        |from: usize| text.find_either([b'\n'; 2], from, LONGEST).unwrap_or(text.len().min(from + LONGEST));
    let name = name_end(text, start).or_else(|| far_name_end(text, start, line_end(start)))?;
    let to = behind_to(text, set, name);
    let name = to.unwrap_or(name);
    let line = line_end(name);
    // The string ends behind the sign.
    let sign = separator(text, text.skip_space(name));
    if text.at(sign) == b'"' && matches!(text.at(sign + 1), b',' | b'}') && sign > name {
        return None;
    }
    let around = text.slice(floor..set - 3).trim_ascii_end();
    // The mark of the order of bytes.
    let around = around.strip_suffix(b"\xef\xbb\xbf").unwrap_or(around);
    let quoted = matches!(text.at(start), b'\'' | b'"' | b'`' | b'$');
    let assigned = || text.slice(set - 3..set) == b"SET" && text.at(text.skip_space(name)) == b'=';
    let begins = quoted || begins_statement(around);
    // In a log, anything may stand before it.
    let logged = || {
        let quote = value_start(text, name, line).is_some_and(|first| text.at(first - 1) == b'\'');
        is_qualified(text.slice(start..name)) && (quote || text.slice(set - 3..set) == b"SET")
    };
    let firm = begins || to.is_some() || logged() || assigned();
    let said = text.slice(start..line);
    let first = first_of(text, floor, set..name, line).map(|first| behind_repeated(text, first));
    let signed = || first.is_some_and(|first| text.slice(name..first).iter().any(|byte| *byte > b' '));
    let told = to.is_some()
        || said.iter().any(|byte| b"'\"`=:$".contains(byte))
        || firm && (is_told(said) || signed());
    if !told {
        return None;
    }
    // A name in quotes is found by itself, but for comments.
    if start == set && first.is_none_or(|first| !holds_comment(text, set..first)) {
        return None;
    }
    let is_masked = |end: usize| holds_mask(text.slice(name..end));
    // What comments say is none of its names and values.
    if firm
        && let Some(first) = first
        && holds_comment(text, set..first)
    {
        let line = if first < line { line } else { text.line_end(first) };
        let Some(value) = value_at(text, name, first..line, (around, begins)) else {
            return holds_mask(text.slice(first..line)).then_some(first);
        };
        scrub_comments(text, set..first, edits);
        edits.mask(value.clone(), Rule::SecretOption);
        return Some(rest(text, start, value.end, edits));
    }
    let before = edits.len();
    let at = look_through(text, floor, set..name, &[start], seen, edits);
    // All of a value without quotes, for nothing says where it ends.
    if let Some(first) = first.filter(|first| *first < line && is_bare(text, name..*first))
        && firm
        && at <= line
        && !is_masked(line)
        && let Some(value) = value(text, first, first + stop(text, around, begins, first..line))
        && value.end > edits.as_slice()[before..].last().map_or(first, |edit| edit.range.end)
    {
        edits.truncate(before);
        edits.mask(value.clone(), Rule::SecretOption);
        return Some(rest(text, start, value.end, edits));
    }
    // A literal over lines.
    if let Some(first) = first.filter(|first| matches!(text.at(first - 1), b'"' | b'`'))
        && at <= line
        && let Some(literal) = text.literal(first - 1).filter(|literal| literal.closed && literal.end > line)
        && ends(text, &literal)
    {
        edits.truncate(before);
        edits.mask(literal.content, Rule::SecretOption);
        return Some(literal.end);
    }
    // Something else in the name was taken for a value.
    if edits.as_slice()[before..].iter().all(|edit| edit.range.start < name) {
        edits.truncate(before);
    }
    if edits.len() > before {
        return Some(if at <= line { rest(text, start, at, edits) } else { at });
    }
    // It is masked already, on one of the next lines perhaps.
    if is_masked(at.max(line)) {
        return Some(at);
    }
    let first = first.filter(|_| firm)?;
    let line = if first < line { line } else { text.line_end(first) };
    let Some(value) = value_at(text, name, first..line, (around, begins)) else {
        return mask_grown(text, start, edits);
    };
    edits.mask(value.clone(), Rule::SecretOption);
    Some(rest(text, start, value.end, edits))
}

/// The value with which the rest of a line begins; what stands before SET, and whether a statement begins there, say where it ends
/// without a quote.
fn value_at(
    text: &Text<'_>,
    name: usize,
    line: Range<usize>,
    (around, begins): (&[u8], bool),
) -> Option<Range<usize>> {
    let Range { start: first, end: line } = line;
    let end = match text.literal(open_before(text, name, first)) {
        Some(literal) if literal.closed && ends(text, &literal) => literal.end,
        // A quote in it by mistake.
        Some(literal) if literal.closed && text.at(literal.end).is_ascii_alphanumeric() => {
            let rest = text.slice(literal.end..line);
            literal.end + memchr::memchr(b';', rest).unwrap_or(rest.len())
        }
        Some(literal) if literal.closed => literal.end,
        Some(_) => line,
        None => first + stop(text, around, begins, first..line),
    };
    value(text, first, end)
}

/// Behind the word or sign that says for what something is set: `SESSION`, `@`.
fn behind_scope(text: &Text<'_>, start: usize) -> usize {
    if text.at(start) == b'@' {
        return start + text.ahead(start, 2).iter().take_while(|byte| **byte == b'@').count();
    }
    let end = text.word_end(start);
    let word = text.slice(start..end);
    if is_any(word, SCOPES) {
        let next = skip_comments(text, end);
        return if next > end && separator(text, next) == next { next } else { start };
    }
    if text.at(end) == b':' && is_any(word, &["HIVECONF", "HIVEVAR"]) { end + 1 } else { start }
}

/// Behind the `TO` that stands for a sign, where this is no sentence: a quote follows, something that people choose for a password,
/// or both words are in capitals.
fn behind_to(text: &Text<'_>, set: usize, name: usize) -> Option<usize> {
    let to = text.skip_space(name);
    let end = text.word_end(to);
    if to == name || !is_any(text.slice(to..end), &["TO"]) {
        return None;
    }
    let value = text.skip_space(end);
    let said = text.ahead(value, LONGEST_NAME);
    let word = &said[..said.iter().position(|byte| *byte <= b' ' || *byte == b';').unwrap_or(said.len())];
    let capitals = || text.slice(set - 3..set) == b"SET" && text.slice(to..end) == b"TO" && !word.is_empty();
    let known = || matches!(said.first(), Some(b'\'' | b'"')) || is_password(word) || capitals();
    (value > end && known()).then_some(end)
}

/// Whether a comment stands between two positions.
fn holds_comment(text: &Text<'_>, between: Range<usize>) -> bool {
    let between = text.slice(between);
    [&b"/*"[..], b"--", b"//"].iter().any(|sign| memchr::memmem::find(between, sign).is_some())
}

/// Whether a name has parts: it is that of an option, and not a word in a sentence.
fn is_qualified(name: &[u8]) -> bool {
    name.iter().any(|byte| matches!(byte, b'.' | b'-' | b'_'))
}

/// Where the value begins behind what is set, whose line ends at `line`.
fn first_of(text: &Text<'_>, floor: usize, set: Range<usize>, line: usize) -> Option<usize> {
    let limit = line + LONGEST_GAP;
    let mut first = value_start(text, set.end, limit)?;
    // What stands before each line.
    let mut from = line;
    while first > from
        && let Some(behind) = repeated_prefix(text, set.start, from + 1)
    {
        first = value_start(text, behind, limit)?;
        from = text.find_either([b'\n'; 2], behind, LONGEST_GAP).unwrap_or(first);
    }
    let next = text.skip_space(line + 1);
    // The next line is commented out as this one is.
    match first > line && text.has(next, b"--") && is_line_commented(text, floor, set.start) {
        true => value_start(text, behind_dashes(text, next), limit),
        false => Some(first),
    }
}

/// Where the SET ends that stands before a name.
pub(crate) fn before(text: &Text<'_>, floor: usize, name: usize) -> Option<usize> {
    let before = text.slice(floor.max(name.saturating_sub(LONGEST_NAME))..name);
    let words = before.trim_ascii_end();
    let verb = &words[words.len().saturating_sub(3)..];
    let around = &words[..words.len().saturating_sub(3)];
    let apart = words.len() < before.len()
        && (colour::ends(around) || !around.last().is_some_and(|byte| is_name(*byte)));
    let set = name - (before.len() - words.len());
    (apart && verb.eq_ignore_ascii_case(b"SET") && !is_other(text, floor, set - 3)).then_some(set)
}

/// Whether a SET is the command of a program, or that of an UPDATE.
pub(crate) fn is_other(text: &Text<'_>, floor: usize, set: usize) -> bool {
    command::is_secret_tool(text, floor, set) || is_updated(text, floor, set)
}

/// Whether a statement begins behind what stands before SET.
fn begins_statement(around: &[u8]) -> bool {
    matches!(
        around.last(),
        None | Some(
            b';' | b'\'' | b'"' | b'`' | b'>' | b'+' | b'-' | b'|' | b'[' | b'\n' | b'#' | b'/' | b'*'
        )
    ) || around.ends_with(b"\\n")
        || colour::ends(around)
}

/// Whether what is said without any sign is a name and one word that nobody would write in a sentence.
fn is_told(said: &[u8]) -> bool {
    let name = said.iter().take_while(|byte| is_name(**byte)).count();
    let value = said[name..].split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
    is_qualified(&said[..name]) && value.len() >= 8 && !value.iter().any(|byte| is_blank(*byte))
}

/// Whether there is a sign and no quote between a name and its value.
fn is_bare(text: &Text<'_>, between: Range<usize>) -> bool {
    let between = text.slice(between);
    memchr::memchr3(b'\'', b'"', b'`', between).is_none() && memchr::memchr2(b'=', b':', between).is_some()
}

/// How long a value without quotes may be: up to a semicolon, or the quote that closes what the statement stands in; one word, if
/// the statement does not begin with SET.
fn stop(text: &Text<'_>, around: &[u8], begins: bool, value: Range<usize>) -> usize {
    let quote = match around.last() {
        Some(b'[') => Some(b']'),
        last => last.copied().filter(|last| matches!(last, b'\'' | b'"' | b'`')),
    };
    let said = text.slice(value);
    // The end of a string of JSON that it stands in.
    let closes = |at: usize| said[at] == b'"' && said.get(at + 1).is_some_and(|next| b"},]".contains(next));
    let blank = |byte: u8| !begins && (is_blank(byte) || byte == b',');
    let ends = |at: &usize| {
        said[*at] == b';'
            || blank(said[*at])
            || Some(said[*at]) == quote
            || closes(*at)
            || said[*at..].starts_with(b"\\n") && !is_odd_line(&said[*at + 2..])
    };
    (0..said.len()).find(ends).unwrap_or(said.len())
}

/// Whether a line of a string is one odd word, up to a semicolon.
fn is_odd_line(said: &[u8]) -> bool {
    let end = said.iter().position(|byte| is_blank(*byte) || b";\\'\"`".contains(byte)).unwrap_or(said.len());
    said.get(end) == Some(&b';') && is_odd_word(&said[..end])
}

/// Masks the lines behind the value of a name that look like the rest of it, if one of them ends a literal. Returns the end.
fn rest(text: &Text<'_>, name: usize, value: usize, edits: &mut Edits) -> usize {
    let mut value = value;
    while let Some(part) = next_part(text, value) {
        edits.mask(part.content, Rule::SecretOption);
        value = part.end;
    }
    let mut line = text.find_either([b'\n'; 2], value, LONGEST).unwrap_or(text.len().min(value + LONGEST));
    let behind = text.slice(value..line).trim_ascii_start();
    let behind = behind.strip_prefix(b"'").unwrap_or(behind);
    let paired = memchr::memchr_iter(b'\'', text.slice(name..line - behind.len())).count().is_multiple_of(2);
    // The next entry, where the bracket of a list is missing.
    if behind.starts_with(b",") {
        return value;
    }
    // Something else may stand behind it.
    if paired && behind.len() > 1 && behind.starts_with(b";") && !behind[1..].trim_ascii().is_empty() {
        return value;
    }
    let said = text.slice(name..line);
    let ended = memchr::memmem::find(said, b"';").is_some()
        && memchr::memchr_iter(b'\'', said).count().is_multiple_of(2);
    let mut found: Vec<Range<usize>> = Vec::new();
    for _ in 0..LINES {
        let start = text.skip_blank(line);
        if !is_value(text, start) || is_end_of_text(text.slice(start..text.line_end(start))) {
            break;
        }
        line = text.line_end(start);
        let said = text.slice(start..line);
        let length = said.iter().rposition(|byte| !is_blank(*byte) && !b"'\"`;)".contains(byte));
        found.push(start..start + length.map_or(0, |last| last + 1));
        // A literal of what follows.
        if ended && matches!(said, [b'\'', rest @ ..] if memchr::memchr_iter(b'\'', rest).count() % 2 == 1) {
            break;
        }
        if memchr::memchr3(b'\'', b'"', b'`', said).is_some() {
            for line in found {
                edits.mask(line, Rule::SecretOption);
            }
            return line;
        }
    }
    value
}

/// Masks a name that its value has grown together with: `SET 'api-key0f1e2d'`. Returns its end.
fn mask_grown(text: &Text<'_>, start: usize, edits: &mut Edits) -> Option<usize> {
    let literal = grown(text, start).filter(|literal| text.at(start) == b'\'' && ends(text, literal))?;
    edits.mask(literal.content, Rule::SecretOption);
    Some(literal.end)
}

/// Whether a literal is the last of what is set.
fn ends(text: &Text<'_>, literal: &Literal) -> bool {
    matches!(text.at(text.skip_space(literal.end)), 0 | b';' | b'\r' | b'\n')
}

/// The quote before a value that begins with signs, of those that stand between it and its name.
fn open_before(text: &Text<'_>, name: usize, first: usize) -> usize {
    let signs = text.slice(name..first);
    let quote =
        signs.iter().rposition(|byte| !byte.is_ascii_punctuation() || matches!(byte, b'\'' | b'"' | b'`'));
    quote.filter(|quote| !is_blank(signs[*quote])).map_or(first - 1, |quote| name + quote)
}

/// The next literal in a row behind a value, if it is the last of what is set.
fn next_part(text: &Text<'_>, value: usize) -> Option<Literal> {
    let end = value + usize::from(text.at(value) == b'\'');
    let next = next_in_row(text, end);
    let part = text.literal(next).filter(|part| part.closed && next > end && text.at(next) == b'\'')?;
    (ends(text, &part) && !is_no_secret(text.slice(part.content.clone()))).then_some(part)
}

#[cfg(test)]
mod tests {
    use crate::expect::redacted_for_good as check;

    #[test]
    fn the_value_of_what_is_set_is_masked_however_it_is_written() {
        for (text, masked) in [
            ("SET \"sql.secrets.a\" =) \"made-up\";", "SET \"sql.secrets.a\" =) \"<REDACTED>\";"),
            ("SET `client.token` =) `made-up`; ;", "SET `client.token` =) `<REDACTED>`; ;"),
            (
                "set \"client.passphrase\" /* c */  \"made-up\";",
                "set \"client.passphrase\" /* c */  \"<REDACTED>\";",
            ),
            ("set 'sql.secrets.a' made-up';", "set 'sql.secrets.a' <REDACTED>';"),
            ("SET 'client.API_KEY' :\nmade-up';", "SET 'client.API_KEY' :\n<REDACTED>';"),
            ("SET 'sql.sec'rets.a' -- x\n= ''made-up'", "SET 'sql.sec'rets.a' -- x\n= ''<REDACTED>'"),
            (
                "SET 'sql.secrets.a' = Yff5i2Zpa\nDvFTvnAdL\ngtwOtTsJRZH0'",
                "SET 'sql.secrets.a' = <REDACTED>\n<REDACTED>\n<REDACTED>'",
            ),
        ] {
            check(text, masked);
        }
        for text in
            ["Please set password for the user: now", "SET 'client.token.type' = 'jwt'", "SET token\nx"]
        {
            check(text, text);
        }
    }
}
