//! The tail of a value behind its mask: what stands between a part of it that was masked and the end of its entry, where no quote
//! says how far it goes.

use crate::edit::Edits;
use crate::prose::is_common;
use crate::sql::keyword::statement_begins;
use crate::sql::lex::{Text, is_blank, is_name, last_word, quote_length};
use crate::statement::recognise::is_any;
use crate::value::enclosed::entity_quote;
use crate::wrapping::entity::LONGEST_ENTITY;
use crate::wrapping::lines::line_start;
use std::ops::Range;

/// How far before a mask its key ends, and how long a tail may be.
const GAP: usize = 24;
const LONGEST: usize = 512;
/// How long the sign of a comment is with a slip of the pen.
const LONGEST_SIGN: usize = 4;
/// How long a name is at most.
const LONGEST_NAME: usize = 64;

/// Masks the tails of the values that are masked by the edits from the given one on, if their keys are those of a list, or stand in a
/// comment whose sign is broken. Lines before that of a value are read from `from` on: others may be gone.
pub(crate) fn mask(text: &Text<'_>, first: usize, from: usize, edits: &mut Edits) {
    edits.lengthen(first, |mask, next| tail_end(text, from, mask).filter(|end| *end <= next));
}

/// Where the tail ends of the value that a mask is a part of, if there is one.
fn tail_end(text: &Text<'_>, from: usize, mask: &Range<usize>) -> Option<usize> {
    let (before, quote) = without_opening(text, mask.start);
    let key = key_before(text, from, mask, before, quote)?;
    let other = || is_blank(text.at(mask.end)) && statement_begins(text, text.skip_space(mask.end));
    if closes(text, mask, quote) {
        return behind_stray_quote(text, mask, quote);
    }
    if text.at(mask.end - 1) == b';' || other() {
        return None;
    }
    // Byte by byte: the next line may not be there yet.
    let mut at = mask.end;
    let apart = |at: usize| match key {
        Key::Quoted => false,
        Key::Bare => text.at(at) == b',' && begins_bare(text, at + 1),
        Key::Remark => quote_length(text, at) > 0 || matches!(text.at(at), b'=' | b'<' | b':'),
    };
    let quoted = key == Key::Quoted;
    // One literal holds key and value, or the quote before the value is lost.
    let inside =
        |at: usize| quoted && quote.is_empty() && b";)".contains(&text.at(at)) && closes_behind(text, at);
    while at < mask.end + LONGEST && (inside(at) || !ends_entry(text, at, quote, quoted)) && !apart(at) {
        at += 1;
    }
    let mut tail = text.slice(mask.end..at).trim_ascii_end();
    // What stands before a sign is another name.
    if key == Key::Remark && matches!(text.at(at), b'=' | b':') {
        let name = tail.iter().rev().take_while(|byte| !is_blank(**byte)).count();
        tail = tail[..tail.len() - name].trim_ascii_end();
    }
    // A remark behind the secret.
    let common = |word: &[u8]| word.len() > 2 && is_common(word);
    if key == Key::Remark && (!tail.starts_with(b" ") || tail.split(|byte| is_blank(*byte)).any(common)) {
        return None;
    }
    let says = tail.iter().any(|byte| byte.is_ascii_alphanumeric() || *byte >= 0x80);
    (says && at < mask.end + LONGEST).then_some(mask.end + tail.len())
}

/// Whether a quote behind a sign, on its line, ends the literal of an entry.
fn closes_behind(text: &Text<'_>, sign: usize) -> bool {
    let near = (sign..sign + LONGEST).find(|at| b"'\"`\n\0".contains(&text.at(*at)));
    near.is_some_and(|quote| {
        text.at(quote) == b'\''
            && !b" \t(=;".contains(&text.at(quote - 1))
            && quote > sign + 1
            && matches!(text.at(text.skip_space(quote + 1)), b',' | b')')
    })
}

/// Whether what follows a comma is no part of a value without quotes: a blank, or another entry.
fn begins_bare(text: &Text<'_>, at: usize) -> bool {
    let name = at + (at..at + LONGEST_NAME).take_while(|at| is_name(text.at(*at))).count();
    is_blank(text.at(at)) || name > at && text.at(text.skip_space(name)) == b'='
}

/// How many backslashes stand at a position, byte by byte.
fn slashes(text: &Text<'_>, at: usize) -> usize {
    (at..at + GAP).take_while(|at| text.at(*at) == b'\\').count()
}

/// Where what stands before a value ends, without the quote that opens the value; and that.
fn without_opening<'a>(text: &Text<'a>, start: usize) -> (usize, &'a [u8]) {
    let mut at = start;
    loop {
        at -= match text.slice(at.saturating_sub(2)..at) {
            [b'\\', b'n' | b'r' | b't'] => 2,
            [.., b'<' | b'$' | b'\\' | b' ' | b'\t' | b'\r' | b'\n'] => 1,
            _ => break,
        };
    }
    let quote = quote_before(text, at);
    let before = at - quote.len();
    let near = text.slice(before.saturating_sub(GAP)..before);
    let slashes = near.iter().rev().take_while(|byte| matches!(**byte, b'\\' | b' ' | b'\t')).count();
    (before - slashes, quote)
}

/// The quote that ends at a position.
fn quote_before<'a>(text: &Text<'a>, at: usize) -> &'a [u8] {
    let near = at.saturating_sub(LONGEST_ENTITY);
    let entity = memchr::memrchr(b'&', text.slice(near..at)).map(|sign| at - near - sign);
    let entity = entity.filter(|length| entity_quote(text, at - length) == Some(*length));
    let length = entity.or_else(|| (1..=3.min(at)).find(|length| quote_length(text, at - length) == *length));
    text.slice(at - length.unwrap_or(0)..at)
}

/// Whether a mask, or the quote behind it, is the end of a literal.
fn closes(text: &Text<'_>, mask: &Range<usize>, quote: &[u8]) -> bool {
    let opened = quote_length(text, mask.start) > 0 || entity_quote(text, mask.start).is_some();
    let whole = opened && mask.len() > 2 && !quote_before(text, mask.end).is_empty();
    let behind = mask.end + slashes(text, mask.end);
    whole
        || !quote.is_empty()
            && quote.len() == quote_length(text, behind)
            && (quote.len() > 1 || text.has(behind, quote))
        || entity_quote(text, mask.end).is_some()
}

/// Where a value ends that a quote in it seemed to end: one word more, and another such quote before the end of the entry.
fn behind_stray_quote(text: &Text<'_>, mask: &Range<usize>, quote: &[u8]) -> Option<usize> {
    let [quote] = *quote else { return None };
    let start = mask.end + 1;
    let is_word = |at: &usize| text.at(*at) > b' ' && text.at(*at) != b',' && quote_length(text, *at) == 0;
    let end = start + (start..start + LONGEST).take_while(is_word).count();
    let word = text.slice(start..end);
    let joins = |byte: &u8| b"+.&|:=/<>-\\#;(".contains(byte);
    let behind = || matches!(text.at(text.skip_space(end + 1)), b',' | b')' | b';' | b'\r' | b'\n' | 0);
    let says = text.at(mask.end) == quote
        && word.iter().any(u8::is_ascii_alphanumeric)
        && !word.first().is_some_and(joins)
        && !word.starts_with(b");");
    if says && text.at(end) == quote && behind() {
        return Some(end);
    }
    // One word up to the last quote of the line.
    let line = start + (start..start + LONGEST).take_while(|at| text.at(*at) > b' ').count();
    let rest = text.slice(start..line);
    let rest = rest.strip_suffix(b";").unwrap_or(rest);
    let whole = matches!(text.at(line), b'\r' | b'\n' | 0)
        && text.at(mask.end) == quote
        && rest.first().is_some_and(|first| b"<*^%#@!~?_[{".contains(first))
        && rest.len() > 1
        && rest.ends_with(&[quote]);
    whole.then_some(start + rest.len() - 1)
}

/// How the key of an entry is written.
#[derive(PartialEq, Eq)]
enum Key {
    Quoted,
    /// In a list without any quotes.
    Bare,
    /// In a comment whose sign is broken.
    Remark,
}

/// The key of a mask before which a position stands, with a sign between the two.
fn key_before(text: &Text<'_>, from: usize, mask: &Range<usize>, before: usize, quote: &[u8]) -> Option<Key> {
    let near = text.slice(before.saturating_sub(GAP)..before);
    // The sign stands in the quotes of the key.
    let key = near.trim_ascii_end().strip_suffix(b"'").map(<[u8]>::trim_ascii_end);
    if !quote.is_empty() && key.is_some_and(|key| key.ends_with(b"=") && key.len() > 1) {
        return Some(Key::Quoted);
    }
    let Some(key) = [&b"="[..], b"=>", b":"].iter().find_map(|sign| near.strip_suffix(*sign)) else {
        // The sign may be masked, too.
        let signed = memchr::memchr(b'=', text.slice(mask.clone())).is_some();
        return (signed && near.last().copied().is_some_and(is_name) && !quote.is_empty())
            .then_some(Key::Quoted);
    };
    let blank = key.iter().rev().take_while(|byte| matches!(**byte, b' ' | b'\t')).count();
    let mut end = before - (near.len() - key.len()) - blank;
    // What stands before every line.
    let marks = key.iter().rev().take_while(|byte| b" \t->|+".contains(byte)).count();
    if key[..key.len() - marks].ends_with(b"\n") {
        end -= marks - blank
            + key[..key.len() - marks].iter().rev().take_while(|byte| byte.is_ascii_whitespace()).count();
    }
    let colon = near.ends_with(b":");
    let stray = usize::from(end > 0 && b"(),;.@#!^~*".contains(&text.at(end - 1)));
    if !quote_before(text, end).is_empty() || !quote_before(text, end - stray).is_empty() {
        return (!colon).then_some(Key::Quoted);
    }
    let name = text.slice(end.saturating_sub(LONGEST_NAME)..end);
    // Constants of code are no keys.
    let is_key = |byte: &u8| is_name(*byte) && !byte.is_ascii_uppercase();
    let start = end - name.iter().rev().take_while(|byte| is_key(byte)).count();
    // They are no part of it.
    let start = start + text.slice(start..end).iter().take_while(|byte| **byte == b'-').count();
    let known = from.min(line_start(text, start));
    let before = text.slice(start.saturating_sub(LONGEST).max(known)..start);
    // What stands before every line.
    let margin = |byte: &u8| b" \t\r\n>|+".contains(byte);
    let entry = before.iter().rev().find(|byte| !margin(byte));
    let is_open = || memchr::memrchr2(b'(', b')', before).is_some_and(|bracket| before[bracket] == b'(');
    match entry {
        _ if !quote.is_empty() || start == end => None,
        Some(b',' | b'(') if !colon && is_open() => Some(Key::Bare),
        // The second quote of the key is lost.
        Some(b'\'') if !colon && begins_quoted(before) => Some(Key::Quoted),
        _ if is_broken_comment(before) && !(colon && is_documented(before)) => Some(Key::Remark),
        _ => None,
    }
}

/// Whether a text ends with a quote behind which a key may begin, on its line, and no remark.
fn begins_quoted(before: &[u8]) -> bool {
    matches!(before, [.., b',' | b'(' | b' ' | b'\t', b'\''])
        && !is_any(last_word(before[..before.len() - 1].trim_ascii_end()), &["COMMENT", "IS"])
}

/// Whether a line of what documents a method begins: with a star.
fn is_documented(before: &[u8]) -> bool {
    let line = memchr::memrchr(b'\n', before).map_or(0, |end| end + 1);
    before[line..].trim_ascii() == b"*"
}

/// Whether a text ends with what may be the broken sign of a comment, with which a line or a string begins.
fn is_broken_comment(before: &[u8]) -> bool {
    let line = memchr::memrchr(b'\n', before).map_or(0, |end| end + 1);
    let before = before[line..].trim_ascii_end();
    let is_sign = |byte: &&u8| b"-/*\"'`{}().,;:=\\ ".contains(byte);
    let signs = before.iter().rev().take_while(is_sign).count().min(LONGEST_SIGN);
    let (head, signs) = before.split_at(before.len() - signs);
    let behind = head.trim_ascii_end();
    let begins = |last: Option<&u8>| matches!(last, Some(b'"' | b'\'' | b'`' | b'>' | b';' | b')'));
    signs.iter().any(|byte| b"-/*".contains(byte))
        && (signs.iter().any(|sign| begins(Some(sign)))
            || behind.is_empty()
            || begins(behind.last())
            || behind.ends_with(b"\\n"))
}

/// Whether an entry ends at a position, or the literal that a `quote` opened, if the keys of the list are `quoted`.
fn ends_entry(text: &Text<'_>, at: usize, quote: &[u8], quoted: bool) -> bool {
    let next = || text.at(text.skip_space(at + 1));
    let is_quote = |at: usize| quote_length(text, at) > 0 || entity_quote(text, at).is_some();
    match text.at(at) {
        0 | b'\n' | b'\r' => true,
        b'*' => text.at(at + 1) == b'/',
        b',' => {
            matches!(next(), b'\r' | b'\n' | b'-' | b'/' | b'\\' | 0) || is_quote(text.skip_space(at + 1))
        }
        b')' => matches!(
            text.at(at + 1),
            b' ' | b';' | b')' | b'"' | b'\'' | b'`' | b'\\' | b'|' | b'<' | b'&' | b'\r' | b'\n' | 0
        ),
        b';' => {
            matches!(text.at(at + 1), b' ' | b'"' | b'\'' | b'`' | b'\\' | b'|' | b'<' | b'\r' | b'\n' | 0)
        }
        b'\\' => matches!(text.at(at + slashes(text, at)), b'n' | b'r' | b'"'),
        b' ' => text.has(at, b" --") || text.has(at, b" /*") || statement_begins(text, at + 1),
        b'"' if quote != b"\"" => matches!(next(), b',' | b'}' | b')' | b']' | b'\r' | b'\n' | 0),
        b'&' if entity_quote(text, at).is_some() => true,
        _ if quoted && is_quote(at) => {
            let behind = text.skip_space(at + quote_length(text, at));
            matches!(text.at(behind), b',' | b')' | b';' | b'\\' | b'"' | b'\r' | b'\n' | 0)
                || is_any(text.slice(behind..text.word_end(behind)), &["WITH"])
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use crate::expect::redacted_for_good as check;

    #[test]
    fn a_value_without_quotes_goes_to_the_end_of_its_entry() {
        for (text, masked) in [
            (
                "> create catalog c with (\n>   type = jdbc,\n>   token = made up of words);",
                "> create catalog c with (\n>   type = jdbc,\n>   token = <REDACTED>);",
            ),
            ("x (type = jdbc, token = made7Up`4, a = b)", "x (type = jdbc, token = <REDACTED>, a = b)"),
            ("x (password = made-up,a.token =made-up)", "x (password = <REDACTED>,a.token =<REDACTED>)"),
            ("x(user=ann, token=made-up, tried twice)", "x(user=ann, token=<REDACTED>, tried twice)"),
            ("see token = made-up for ann", "see token = <REDACTED> for ann"),
            ("-- token=made up user=a7_B9", "-- token=<REDACTED> user=a7_B9"),
            (
                "-- token=madeUp7up secret_access_key=made/Up7",
                "-- token=<REDACTED> secret_access_key=<REDACTED>",
            ),
            ("/* of it, token=made-up */CREATE TABLE t", "/* of it, token=<REDACTED> */CREATE TABLE t"),
        ] {
            check(text, masked);
        }
    }

    #[test]
    fn a_phrase_goes_to_the_end_of_a_broken_comment() {
        for (before, behind) in [
            ("X '- api-key =  ", "\nSELECT 1';"),
            ("x -e \"--- api-key = ", "\nSELECT 1\""),
            ("/\"* secret = ", " */ SELECT 1"),
            ("/\"* secret: ", " */ SELECT 1"),
            ("near \"- -api-key = ", "\nSELECT 1\" at"),
            ("); --api-key = ", "\nSELECT 1"),
            ("> - secret: ", "\n> SELECT 1"),
            ("msg='- api-key = ", "\\nSELECT 1'"),
        ] {
            check(&format!("{before}whisper sunset corals{behind}"), &format!("{before}<REDACTED>{behind}"));
        }
        let text = "x - token: <REDACTED> was whispered, then\n\"- token: <REDACTED> for the corals\"";
        check(text, text);
    }

    #[test]
    fn a_value_goes_to_the_end_of_its_entry() {
        for (text, masked) in [
            (
                "ALTER MODEL m SET ('a.password' = <g{8:pj&Q;;Yh[Kb>, 'a' = 'b');",
                "ALTER MODEL m SET ('a.password' = <<REDACTED>>, 'a' = 'b');",
            ),
            (
                "-- \t'a.password' = $$made up of words$$,\n-- 'b' = 'c'",
                "-- \t'a.password' = <REDACTED>,\n-- 'b' = 'c'",
            ),
            ("SET 'api_key' =\n    made7Up\",x4';", "SET 'api_key' =\n    <REDACTED>';"),
            (
                "x ,'client.secret=' '9BK1ZLLQ49S\"KhD', 'f' = 'j'",
                "x ,'client.secret=' '<REDACTED>', 'f' = 'j'",
            ),
            (
                "ALTER TABLE t SET ('password' = \"S;2Nx[y+@Ct*\"]!klw\", 'a' = 'b')",
                "ALTER TABLE t SET ('password' = \"<REDACTED>\", 'a' = 'b')",
            ),
            ("SET 'api_key' = &#39;made7Up4;(x&#39;;", "SET 'api_key' = <REDACTED>;"),
            (
                r"x(\'ssl.key.password\' = made up of words,\n\t\'a\' = \'b\')",
                r"x(\'ssl.key.password\' = <REDACTED>,\n\t\'a\' = \'b\')",
            ),
            (
                "ALTER TABLE t SET ('mongodb.password:' = 'made7Up4''made up')",
                "ALTER TABLE t SET ('mongodb.password:' = '<REDACTED>''<REDACTED>')",
            ),
        ] {
            check(text, masked);
        }
        check(
            "x 'a' = 'b', 'token' = 'made-up' 'n' = 'c', \"password\" = \"made-up\" -- for a host",
            "x 'a' = 'b', 'token' = '<REDACTED>' 'n' = 'c', \"password\" = \"<REDACTED>\" -- for a host",
        );
    }
}
