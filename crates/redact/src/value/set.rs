//! `SET` and the name of a secret: what follows is its value, however the two are written.

mod commented;
mod reach;

use crate::edit::{Edit, Edits, Rule, holds_mask};
use crate::prose::commented::{behind_dashes, is_line_commented};
use crate::secret::names::{Folded, Secrecy};
use crate::secret::password::is_password;
use crate::seen::Seen;
use crate::sql::keyword::statement_begins;
use crate::sql::lex::{Text, is_blank, is_name, object_end, separator};
use crate::sql::literal::Literal;
use crate::statement::comments::{scrub_comments, skip_comments};
use crate::statement::recognise::is_any;
use crate::statement::resync::begins_other;
use crate::value::command;
use crate::value::expression::is_updated;
use crate::value::harmless::is_no_secret;
use crate::value::listed::look_through;
use crate::value::loose::{far_name_end, grown, name_end, value, value_start};
use crate::wrapping::colour;
use crate::wrapping::lines::repeated_prefix;
use reach::{ends, odd_value, rest, stop, value_at};
use std::ops::Range;

/// How long a statement may be on its line.
const LONGEST: usize = 4096;
/// How far a value may stand behind the line of its name, and a name behind SET.
const LONGEST_NAME: usize = 96;
/// How far a value may stand behind its name, with comments between.
const LONGEST_GAP: usize = 512;
/// Words that say for what something is set.
const SCOPES: &[&str] = &["GLOBAL", "LOCAL", "PERSIST", "SESSION", "VARIABLE"];

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
    let name = glued_end(text, start..name).unwrap_or(name);
    let to = behind_to(text, set, name);
    let name = to.unwrap_or(name);
    let line = line_end(name);
    if text.at(text.skip_space(name)) == b';' && statement_begins(text, text.skip_blank(line)) {
        return None;
    }
    if let Some(said) = commented::in_place_of_value(text, name) {
        if !holds_mask(text.slice(said.clone())) {
            edits.mask(said.clone(), Rule::SecretOption);
        }
        return Some(said.end);
    }
    // What is set is cut: the next line begins something else.
    let next = text.skip_blank(line);
    let cut = || text.slice(name..line).iter().all(|byte| is_blank(*byte) || *byte == b'\'');
    if cut() && line < text.len() && (statement_begins(text, next) || begins_other(text, line + 1)) {
        return None;
    }
    // The string ends behind the sign.
    let sign = separator(text, text.skip_space(name));
    if text.at(sign) == b'"' && matches!(text.at(sign + 1), b',' | b'}') && sign > name {
        return None;
    }
    let around = text.slice(floor..set - 3).trim_ascii_end();
    // The mark of the order of bytes.
    let around = around.strip_suffix(b"\xef\xbb\xbf").unwrap_or(around);
    let quoted = matches!(text.at(start), b'\'' | b'"' | b'`' | b'$');
    let assigned = || match text.slice(set - 3..set) {
        b"SET" => text.at(text.skip_space(name)) == b'=',
        _ => text.at(text.skip_blank(name)) == b'=' && is_qualified(text.slice(start..name)),
    };
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
    // A document whose quotes are there twice, or do not end it.
    let document = |first: usize| {
        let literal = text.literal(first - 1).filter(|literal| literal.closed && ends(text, literal));
        let end = object_end(text, first, line_end(first)).filter(|_| literal.is_none())?;
        Some(first..end)
    };
    if firm
        && let Some(first) = first
        && let Some(value) = document(first).or_else(|| odd_value(text, name, first))
    {
        scrub_comments(text, set..first, edits);
        edits.mask(value.clone(), Rule::SecretOption);
        return Some(value.end);
    }
    let is_masked = |end: usize| holds_mask(text.slice(name..end));
    // What comments say is none of its names and values.
    if firm
        && let Some(first) = first
        && holds_comment(text, set..first)
    {
        if let Some(literal) = literal_behind(text, name) {
            scrub_comments(text, set..literal.start, edits);
            edits.mask(literal.content, Rule::SecretOption);
            return Some(literal.end);
        }
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
        && covers(&value, &edits.as_slice()[before..])
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
    if edits.as_slice().iter().skip(before).all(|edit| edit.range.start < name) {
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

/// Whether a value holds all that was found in it, and more.
fn covers(value: &Range<usize>, found: &[Edit]) -> bool {
    let [first, .., last] = found else { return found.iter().all(|edit| is_more(value, &edit.range)) };
    is_more(value, &(first.range.start..last.range.end))
}

fn is_more(value: &Range<usize>, part: &Range<usize>) -> bool {
    value.end > part.end || value.end == part.end && value.start < part.start
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

/// Where a name ends behind which its value stands without a sign, `'name''value'`, and holds one itself.
fn glued_end(text: &Text<'_>, name: Range<usize>) -> Option<usize> {
    let said = text.slice(name.clone());
    let quotes = memchr::memmem::find(said.get(1..)?, b"''")? + 1;
    // The sign that seems to end the name stands in the value.
    let whole = || {
        let literal = text.literal(name.start).filter(|literal| literal.closed && ends(text, literal));
        literal.is_some_and(|literal| literal.end > name.end)
    };
    let glued = said[0] == b'\''
        && (said.len() - quotes > 8 || whole())
        && !said[quotes + 2..].trim_ascii_start().starts_with(said[1..quotes].trim_ascii());
    (glued && Folded::of(&said[..quotes]).secrecy() == Secrecy::Secret).then_some(name.start + quotes + 1)
}

/// Where the value begins behind a name that is there twice; anything else as it is.
fn behind_repeated(text: &Text<'_>, first: usize) -> usize {
    let name = first.checked_sub(1).and_then(|open| text.literal(open)).filter(|literal| literal.closed);
    let is_name = |said: &[u8]| {
        said.len() <= LONGEST_NAME
            && !said.iter().any(|byte| b"\r\n{\"".contains(byte))
            && !said.starts_with(b"---")
            && Folded::of(said).may_be_secret()
    };
    let value = name.filter(|name| is_name(text.slice(name.content.clone()))).and_then(|name| {
        let sign = text.skip_blank(name.end);
        if separator(text, sign) > sign { value_start(text, sign, sign + LONGEST_NAME) } else { None }
    });
    value.unwrap_or(first)
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

/// The literal that is all that is set behind a name and a sign, and comments between them.
fn literal_behind(text: &Text<'_>, name: usize) -> Option<Literal> {
    let sign = skip_comments(text, name + usize::from(text.at(name) == b'\''));
    let open = skip_comments(text, separator(text, sign));
    let literal = text.literal(open).filter(|literal| literal.closed && text.at(open) == b'\'')?;
    (open > sign && ends(text, &literal) && !is_no_secret(text.slice(literal.content.clone())))
        .then_some(literal)
}

/// Whether a comment stands between two positions.
fn holds_comment(text: &Text<'_>, between: Range<usize>) -> bool {
    let between = text.slice(between);
    // A value may begin with two slashes.
    let slashes = || memchr::memmem::find_iter(between, b"//").any(|at| at > 0 && is_blank(between[at - 1]));
    [&b"/*"[..], b"--"].iter().any(|sign| memchr::memmem::find(between, sign).is_some()) || slashes()
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
        && (colour::ends(around)
            || matches!(around, [.., b'\\', b'n' | b'r' | b't'])
            || !around.last().is_some_and(|byte| is_name(*byte)));
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

/// Masks a name that its value has grown together with: `SET 'api-key0f1e2d'`. Returns its end.
fn mask_grown(text: &Text<'_>, start: usize, edits: &mut Edits) -> Option<usize> {
    let literal = grown(text, start).filter(|literal| text.at(start) == b'\'' && ends(text, literal))?;
    edits.mask(literal.content, Rule::SecretOption);
    Some(literal.end)
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
                "SET 'sql.secrets.a' -- x\n= ''{\"key\": \"made-up\"}';",
                "SET 'sql.secrets.a' -- x\n= ''<REDACTED>';",
            ),
            (
                "SET 'sql.secrets.a' = /* x */ '{\"key\": \"made-up\"};",
                "SET 'sql.secrets.a' = /* x */ '<REDACTED>;",
            ),
            (
                "SET 'a.token' = \"I-DPG*Ft$\"<--,5,&([\".R<\"\nSELECT",
                "SET 'a.token' = \"<REDACTED>\"\nSELECT",
            ),
            ("SET 'a.token' = /* was 'made up' */;\nSELECT 1", "SET 'a.token' = /* <REDACTED> */;\nSELECT 1"),
            (
                "SET 'a.token' = /* 'made up';\nCREATE CONNECTION c WITH ('api-key' = 'made-up' /* x */)",
                "SET 'a.token' = /* <REDACTED>;\nCREATE CONNECTION c WITH ('api-key' = '<REDACTED>' /* x */)",
            ),
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
