//! What statements stand in, and how signs are written there.

pub(crate) mod colour;
pub(crate) mod entity;
pub(crate) mod halves;
pub(crate) mod interrupted;
pub(crate) mod lines;
pub(crate) mod masks;
pub(crate) mod numbered;
pub(crate) mod piece;
pub(crate) mod records;
pub(crate) mod repeated;
pub(crate) mod shell;
pub(crate) mod spelling;
pub(crate) mod strings;
pub(crate) mod unwrapped;
pub(crate) mod view;

use crate::prose::commented::{begins_commented, is_commented_out};
use crate::sql::lex::{Text, is_blank, is_single_quote};
use crate::wrapping::entity::is_escaped_for_xml;
use crate::wrapping::lines::{line_start, repeated_prefix};
use crate::wrapping::shell::{SHELL_QUOTE, shell_quote};
use crate::wrapping::strings::{is_raw, next_part};
use memchr::memmem::Finder;
use std::ops::Range;
use std::sync::LazyLock;

/// A backtick in a raw string of Go, in which none can be written.
pub(crate) const SPLICED: &[u8] = b"` + \"`\" + `";

/// Tags of HTML that colour code: with attributes, and without.
const TAGS: [&[u8]; 2] = [b"font", b"span"];
const BARE_TAGS: [&[u8]; 6] = [b"b>", b"code>", b"em>", b"i>", b"mark>", b"strong>"];
/// How long a tag of HTML may be.
const LONGEST_TAG: usize = 256;

/// How far the marks of a diff are looked for.
const LONGEST_HUNK: usize = 1024;

/// What a statement is wrapped in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layer {
    /// Backslash escapes, up to a quote without one, if there is one around it.
    Escaped(Option<u8>),
    /// Three quotes, up to the next three.
    Tripled(u8),
    /// Single quotes of a shell, in which a quote is written `'\''`.
    Shell,
    /// A literal of SQL or YAML, in which so many quotes stand for one.
    Doubled(usize),
    /// Lines that begin with a mark: `+`, `-`, `>`, `|`, `#`, or a blank in a diff.
    Marked(u8),
    /// One of the two texts of a diff, without the lines that have this mark.
    Version(u8),
    /// Lines that are commented out.
    Commented,
    /// Lines with the same before each.
    Prefixed,
    /// Parts of lines with something else between them; each a string if `true`.
    Records(bool),
    /// `%27` and `+`.
    Percent,
    /// `|'` and `|n`, as TeamCity has them in messages, up to a quote without a bar.
    Piped,
    /// `&apos;`, up to a tag, or up to a quotation mark if `true`.
    Entities(bool),
    /// Any of these, each sign by itself, and marks of any kind before lines: where nothing tells what it is.
    Any,
}

/// What a statement that begins at `start` is wrapped in, if in anything.
pub(crate) fn layer(text: &Text<'_>, floor: usize, start: usize) -> Option<Layer> {
    if is_encoded(text, start) {
        return Some(Layer::Percent);
    }
    let before = text.slice(line_start(text, floor)..start);
    if let [.., quote @ (b'"' | b'\''), second, third] = before.trim_ascii_end()
        && quote == second
        && quote == third
    {
        return Some(Layer::Tripled(*quote));
    }
    let quoted = is_inside(before, b'"') && !is_raw(before);
    if quoted && memchr::memmem::find_iter(before, b"\"\"\"").count() % 2 == 1 {
        return Some(Layer::Tripled(b'"'));
    }
    let ahead = text.ahead(start, 4096);
    if is_escaped_for_xml(ahead) {
        return Some(Layer::Entities(quoted));
    }
    let first = memchr::memchr(b'\'', ahead).map_or(&ahead[..0], |quote| &ahead[quote..]);
    if first.starts_with(SHELL_QUOTE) {
        return Some(Layer::Shell);
    }
    if quoted && !quotes_freely(ahead) {
        return Some(repeated::in_string(before, ahead).unwrap_or(Layer::Escaped(Some(b'"'))));
    }
    let inside = is_inside(before, b'\'');
    // An attribute of a message, and no apostrophe.
    let message = || memchr::memmem::find(before, b"='").is_some();
    if inside && message() && memchr::memchr(b'\'', ahead).is_some_and(|quote| ahead[..quote].ends_with(b"|"))
    {
        return Some(Layer::Piped);
    }
    // As a shell has a string with escapes: `$'…'`.
    let dollar = || memchr::memrchr(b'\'', before).is_some_and(|quote| before[..quote].ends_with(b"$"));
    if inside && (dollar() || escapes_quotes(text, start) || ends_at_quote(ahead)) {
        return Some(Layer::Escaped(Some(b'\'')));
    }
    // In another statement, quotes are written as a shell has them.
    if inside && memchr::memmem::find(before, b"'\\''").is_some() {
        return Some(Layer::Shell);
    }
    if matches!(before, [b' ', blank @ ..] if blank.trim_ascii().is_empty() || blank.trim_ascii_end().ends_with(b";"))
        && is_diff(text, start)
    {
        return Some(Layer::Marked(b' '));
    }
    if is_commented_out(text, start) && begins_commented(text, start) {
        return Some(Layer::Commented);
    }
    // Behind another statement, or a comment.
    let marked = match before {
        [mark @ (b'+' | b'-'), statement @ ..] if statement.first() != Some(mark) => Some((*mark, statement)),
        _ => before.trim_ascii_start().strip_prefix(b"* ").map(|statement| (b'*', statement)),
    };
    let ends =
        |statement: &[u8]| [&b";"[..], b"*/"].iter().any(|end| statement.trim_ascii_end().ends_with(end));
    if let Some((mark, _)) = marked.filter(|(_, statement)| !quoted && !inside && ends(statement)) {
        return Some(Layer::Marked(mark));
    }
    if let [blank @ .., mark @ (b'+' | b'-' | b'>' | b'<' | b'|' | b'#' | b'*' | b'!')] =
        before.trim_ascii_end()
        && blank.iter().all(|byte| matches!(byte, b' ' | b'\t' | b'>' | b'+' | b'-'))
    {
        return Some(Layer::Marked(*mark));
    }
    let run = before.trim_ascii_end().iter().rev().take_while(|byte| **byte == b'\'').count();
    if run > 0
        && let Some(quote) = memchr::memchr(b'\'', ahead)
        && ahead[quote..].iter().take_while(|byte| **byte == b'\'').count() >= 2 * run
    {
        return Some(Layer::Doubled(2 * run));
    }
    if let Some(run) = repeated::times(ahead) {
        return Some(Layer::Doubled(run));
    }
    if first.starts_with(b"'\\''") {
        return Some(Layer::Shell);
    }
    // In a string of a shell that begins on a line before.
    if first.starts_with(b"'\\\\") && shell_quote(text, start + ahead.len() - first.len()).is_some() {
        return Some(Layer::Escaped(None));
    }
    let line = &ahead[..memchr::memchr(b'\n', ahead).unwrap_or(ahead.len())];
    let signs = [&b"\\n"[..], b"\\\"", b"\\u00", b"\\x2", b"\\04", b"\\t", b"\\'", b"\\`"];
    if memchr::memchr_iter(b'\\', line).any(|at| signs.iter().any(|sign| line[at..].starts_with(sign))) {
        return Some(Layer::Escaped(None));
    }
    None
}

/// Whether a line before which a blank stands is one of a diff: the next ones have marks or a blank, too.
fn is_diff(text: &Text<'_>, start: usize) -> bool {
    let ahead = text.ahead(start, LONGEST_HUNK);
    let mut lines = memchr::memchr_iter(b'\n', ahead).map(|end| &ahead[end + 1..]);
    lines
        .find(|line| !line.starts_with(b" "))
        .is_some_and(|line| matches!(line, [mark @ (b'+' | b'-'), rest @ ..] if rest.first() != Some(mark)))
}

/// How many backslashes stand before the quotation marks of the string that a text ends in: none, unless the last mark
/// stands where strings begin.
pub(crate) fn level(before: &[u8]) -> usize {
    let Some(mark) = memchr::memrchr(b'"', before) else { return 0 };
    let slashes = before[..mark].iter().rev().take_while(|byte| **byte == b'\\').count();
    match &before[..mark - slashes] {
        [.., b'\\', b'n' | b't'] => slashes,
        [.., byte] if !is_blank(*byte) && !b"([{=:,+".contains(byte) => 0,
        _ => slashes,
    }
}

/// Whether a text ends inside of quotes that have no backslash before them.
fn is_inside(text: &[u8], quote: u8) -> bool {
    if memchr::memchr(b'\\', text).is_none() {
        return memchr::memchr_iter(quote, text).count() % 2 == 1;
    }
    let (mut inside, mut at) = (false, 0);
    while let Some(found) = text.get(at..).and_then(|rest| memchr::memchr2(quote, b'\\', rest)) {
        let escapes = text[at + found] == b'\\';
        inside ^= !escapes;
        at += found + if escapes { 2 } else { 1 };
    }
    inside
}

/// Whether the first single quote behind a position stands behind a backslash, those left out that join two strings.
fn escapes_quotes(text: &Text<'_>, start: usize) -> bool {
    let ahead = text.ahead(start, 2048);
    let mut quotes = memchr::memchr_iter(b'\'', ahead).map(|at| start + at);
    let mut behind = start;
    quotes
        .find(|quote| *quote >= behind && next_part(text, *quote).map(|next| behind = next).is_none())
        .is_some_and(|quote| quote > start && text.at(quote - 1) == b'\\')
}

/// Whether the first single quote of a text ends the string that the text stands in.
fn ends_at_quote(ahead: &[u8]) -> bool {
    memchr::memchr(b'\'', ahead).is_some_and(|quote| {
        let last = ahead[..quote].last();
        let behind = ahead.get(quote + 1);
        last.is_some_and(|byte| b");".contains(byte))
            && behind.is_none_or(|byte| b"),;]}\r\n".contains(byte))
            && memchr::memchr2(b'`', b'"', &ahead[..quote]).is_some()
    })
}

/// Whether the first quotation mark of a text is that of a key in a JSON document or of the first in a list: what the text stands in
/// ends at no such mark.
fn quotes_freely(text: &[u8]) -> bool {
    memchr::memchr(b'"', text).is_some_and(|mark| {
        matches!(text[..mark].last(), Some(b'{' | b'('))
            && text.get(mark + 1).is_some_and(u8::is_ascii_alphanumeric)
    })
}

/// Whether anything in a part of a text may be an encoded sign, the joint of two strings, or a mark before a line.
pub(crate) fn is_wrapped(whole: &Text<'_>, part: Range<usize>) -> bool {
    static SHELL_QUOTES: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(SHELL_QUOTE));
    let text = whole.slice(part.clone());
    let has = |at: usize, signs: &[&[u8]]| signs.iter().any(|sign| text[at..].starts_with(sign));
    memchr::memchr3(b'\\', b'&', b'%', text).is_some()
        || memchr::memchr3(0x1b, 0xc2, 0xe3, text).is_some()
        || memchr::memchr3_iter(b'=', b'<', b'#', text)
            .any(|at| has(at, &[b"=3D", b"<br", b"#012"]) || highlight(whole, part.start + at).is_some())
        || memchr::memchr3_iter(b'+', b'$', b'`', text).any(|at| has(at, &[b"+\n", b"$\n", SPLICED]))
        || SHELL_QUOTES.find(text).is_some()
        || memchr::memchr_iter(0xe2, text).any(|at| is_single_quote(whole, part.start + at))
        || has_marked_line(whole, part)
}

/// Whether a line behind the first begins with a mark, a prompt, or as the first does.
fn has_marked_line(whole: &Text<'_>, part: Range<usize>) -> bool {
    let text = whole.slice(part.clone());
    let mut at = 0;
    while let Some(offset) = memchr::memchr(b'\n', &text[at..]) {
        let line = at + offset + 1;
        let rest = text[line..].trim_ascii_start();
        if is_marked(rest) || repeated_prefix(whole, part.start, part.start + line).is_some() {
            return true;
        }
        // Of lines with nothing but blanks, the first stands for all.
        at = text.len() - rest.len();
    }
    false
}

/// Whether a line begins with a mark or a prompt.
fn is_marked(line: &[u8]) -> bool {
    let mark =
        |byte: &u8| matches!(byte, b'>' | b'<' | b'|' | b'+' | b'-' | b'!' | b'"' | b'.' | b'0'..=b'9');
    // A prompt, and no mask.
    let mut prompt = line.iter().take(24).take_while(|byte| !matches!(byte, b'\'' | b'"' | b'<'));
    line.first().is_some_and(mark) || prompt.any(|byte| *byte == b'>')
}

/// The end of the tag of HTML that stands here and colours code.
pub(crate) fn highlight(text: &Text<'_>, at: usize) -> Option<usize> {
    let name = at + 1 + usize::from(text.at(at + 1) == b'/');
    let colours = |tag: &&[u8]| text.has(name, tag) && !text.at(name + tag.len()).is_ascii_alphanumeric();
    let tag = || TAGS.iter().any(colours) || BARE_TAGS.iter().any(|tag| text.has(name, tag));
    let end = (text.at(at) == b'<' && tag()).then(|| text.find_either([b'>'; 2], at, LONGEST_TAG)).flatten();
    end.map(|end| end + 1)
}

/// What two hexadecimal digits behind `%` stand for, encoded so many times more at most: as `%25` and so on.
pub(crate) fn percent(text: &Text<'_>, at: usize, times: usize) -> Option<(u8, usize)> {
    let digits = |at: usize| {
        let digit = |at: usize| (text.at(at) as char).to_digit(16);
        Some((digit(at)? << 4 | digit(at + 1)?) as u8)
    };
    let mut end = at + 1;
    while end < at + 1 + 2 * times && text.has(end, b"25") && digits(end + 2).is_some() {
        end += 2;
    }
    Some((digits(end)?, end + 2))
}

/// Whether the word that begins here is followed by an encoded blank, as in a URL.
pub(crate) fn is_encoded(text: &Text<'_>, start: usize) -> bool {
    let end = text.word_end(start);
    if !matches!(text.at(end), b'%' | b'+') {
        return false;
    }
    let ahead = text.ahead(start, 4096);
    let signs = [&b"%27"[..], b"%20", b"%28", b"%0A", b"%0a", b"%25"];
    let sign =
        memchr::memchr_iter(b'%', ahead).find(|at| signs.iter().any(|sign| ahead[*at..].starts_with(sign)));
    sign.is_some_and(|sign| ahead[..sign].iter().all(|byte| *byte > b' '))
}

/// Whether what follows a quotation mark shows that it ended a string, and not one inside of a literal.
pub(crate) fn ends_string(text: &Text<'_>, from: usize) -> bool {
    let mut at = from;
    while matches!(text.at(at), b'}' | b']' | b')') {
        at += 1;
    }
    if at > from && text.at(at) == b'\'' {
        return false;
    }
    matches!(text.at(from), 0 | b'\n' | b'\r' | b' ' | b',' | b'}' | b']' | b')' | b';' | b'\\')
}

/// What stands here in a message of TeamCity; `None` where it ends.
pub(crate) fn piped(text: &Text<'_>, at: usize) -> Option<(Option<u8>, usize)> {
    match (text.at(at), text.at(at + 1)) {
        (b'|', b'n' | b'r') => Some((Some(b'\n'), at + 2)),
        (b'|', sign @ (b'\'' | b'|' | b'[' | b']')) => Some((Some(sign), at + 2)),
        (b'\'' | b'\n', _) => None,
        (byte, _) => Some((Some(byte), at + 1)),
    }
}

/// The character beyond ASCII whose escape stands here, `\u0430`, and where it ends.
pub(crate) fn character(text: &Text<'_>, at: usize) -> Option<(char, usize)> {
    let (code, end) = numbered_code(text, at).filter(|(code, _)| *code >= 0x80)?;
    // Of characters beyond the first plane, two halves have a number each.
    let low = (0xd800..0xdc00).contains(&code).then(|| numbered_code(text, end)).flatten();
    match low {
        Some((low @ 0xdc00..0xe000, end)) => {
            Some((char::from_u32(0x1_0000 + ((code - 0xd800) << 10) + (low - 0xdc00))?, end))
        }
        _ => Some((char::from_u32(code)?, end)),
    }
}

/// The number behind backslashes and `u`, of one half of a character at least, and where it ends.
pub(crate) fn numbered_code(text: &Text<'_>, at: usize) -> Option<(u32, usize)> {
    let slashes = text.slashes(at);
    let start = at + slashes + 1;
    if slashes > 0 && text.at(start - 1) == b'x' {
        return hexadecimal(text, start - 1).filter(u8::is_ascii).map(|code| (code.into(), start + 2));
    }
    if slashes > 0
        && let Some(code) = octal(text, start - 1)
    {
        return Some((code.into(), start + 2));
    }
    if slashes == 0 || text.at(start - 1) != b'u' {
        return None;
    }
    let digits = std::str::from_utf8(text.ahead(start, 4)).ok().filter(|digits| digits.len() == 4)?;
    Some((u32::from_str_radix(digits, 16).ok()?, start + 4))
}

/// The byte that two digits behind an `x` stand for, if it is one of a text: as C, Python and logs of requests write it.
fn hexadecimal(text: &Text<'_>, at: usize) -> Option<u8> {
    let digit = |at: usize| (text.at(at) as char).to_digit(16);
    let code = (digit(at + 1)? << 4 | digit(at + 2)?) as u8;
    (code >= b' ' || is_blank(code)).then_some(code)
}

/// The byte that three octal digits stand for of which the first is zero: as C and histories of shells for SQL write it.
fn octal(text: &Text<'_>, at: usize) -> Option<u8> {
    let digits = text.ahead(at, 3);
    let is_one =
        digits.len() == 3 && digits[0] == b'0' && digits.iter().all(|digit| matches!(digit, b'0'..=b'7'));
    let code = digits.iter().fold(0_u8, |code, digit| code << 3 | digit & 7);
    (is_one && (code >= b' ' || is_blank(code))).then_some(code)
}

/// What an escape stands for; what is none stands for itself.
pub(crate) fn escape(text: &Text<'_>, at: usize, slashed: bool) -> (Option<u8>, usize) {
    // Strings inside of strings double the backslashes.
    let mut end = at + 1;
    while text.at(end) == b'\\' && end - at < 16 {
        end += 1;
    }
    match text.at(end) {
        // A line that goes on; its end may be followed by a mark.
        b'\n' if end == at + 1 => (Some(b' '), end),
        b'n' | b'r' => (Some(b'\n'), end + 1),
        b't' => (Some(b'\t'), end + 1),
        b'f' => (Some(b' '), end + 1),
        sign @ (b'"' | b'`' | b'/' | b'$' | b'=' | b':') => (Some(sign), end + 1),
        b'\'' if slashed => (Some(b'\''), end + 1),
        b'u' => {
            let digits = std::str::from_utf8(text.ahead(end + 1, 4)).unwrap_or_default();
            match u32::from_str_radix(digits, 16) {
                Ok(code) if digits.len() == 4 => (Some(u8::try_from(code).unwrap_or(0xff)), end + 5),
                _ => (Some(b'\\'), at + 1),
            }
        }
        b'x' if let Some(code) = hexadecimal(text, end) => (Some(code), end + 3),
        b'0' if let Some(code) = octal(text, end) => (Some(code), end + 3),
        _ if end - at > 1 => (Some(b'\\'), at + 2),
        _ => (Some(b'\\'), at + 1),
    }
}
