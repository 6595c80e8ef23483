//! The signs of colours for terminals (ECMA-48, SGR), which stand between names, signs and values.

use crate::sql::lex::Text;

/// How long the sign of a colour may be.
const LONGEST: usize = 16;
/// How many bytes of them may stand behind each other.
const LONGEST_RUN: usize = 128;
/// How the sign of a colour begins, also as strings have it.
const BEGINNINGS: [&[u8]; 6] = [b"\x1b[", b"\\u001b[", b"\\u001B[", b"\\x1b[", b"\\033[", b"\\e["];

/// The end of the sign of a colour for terminals that begins here.
pub(crate) fn end(text: &Text<'_>, at: usize) -> Option<usize> {
    let sign = text.ahead(at, LONGEST);
    let end = sign.iter().position(|byte| *byte == b'm')?;
    let numbers = BEGINNINGS.iter().find_map(|begin| sign[..end].strip_prefix(*begin))?;
    numbers.iter().all(|byte| byte.is_ascii_digit() || *byte == b';').then_some(at + end + 1)
}

/// The end of the signs of colours that stand here, or the position itself.
pub(crate) fn behind(text: &Text<'_>, from: usize) -> usize {
    let mut at = from;
    while text.at(at) == 0x1b
        && at - from < LONGEST_RUN
        && let Some(end) = end(text, at)
    {
        at = end;
    }
    at
}

/// The first position at or behind `from` that is neither blank nor tabulator nor in the sign of a colour.
pub(crate) fn skip(text: &Text<'_>, from: usize) -> usize {
    let mut at = text.skip_space(from);
    while matches!(text.at(at), 0x1b | b'\\')
        && at - from < LONGEST_RUN
        && let Some(end) = end(text, at)
    {
        at = text.skip_space(end);
    }
    at
}

/// The end of the sign of a colour that a position stands in or behind.
pub(crate) fn end_before(text: &Text<'_>, floor: usize, at: usize) -> Option<usize> {
    let near = floor.max(at.saturating_sub(LONGEST));
    let start = memchr::memrchr(0x1b, text.slice(near..at))?;
    end(text, near + start)
}

/// Whether a text ends with the sign of a colour.
pub(crate) fn ends(text: &[u8]) -> bool {
    let sign = memchr::memrchr(0x1b, text).map(|sign| &text[sign + 1..]);
    sign.and_then(|sign| sign.strip_prefix(b"[")?.strip_suffix(b"m"))
        .is_some_and(|numbers| numbers.iter().all(|byte| byte.is_ascii_digit() || *byte == b';'))
}

/// A word without the end of a colour before it.
pub(crate) fn behind_end(word: &[u8]) -> &[u8] {
    let numbers = word.iter().take_while(|byte| byte.is_ascii_digit()).count();
    word[numbers..].strip_prefix(b"m").filter(|_| numbers > 0).unwrap_or(word)
}
