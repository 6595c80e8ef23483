//! Types that stand behind a name in source code, and words that say that a name is declared.

use crate::secret::names::{Folded, Secrecy};
use crate::sql::lex::{Text, is_word, last_word};
use crate::value::expression::{is_plain, line, path_length};
use crate::value::sign::Sign;
use crate::value::values::opens;
use std::ops::Range;

/// How long a number is.
const LONGEST_NUMBER: usize = 24;
/// How long the words before a name may be that say what it is.
pub(crate) const LONGEST_BEFORE: usize = 24;

/// Words before a name that is declared.
const DECLARING: &[&[u8]] = &[
    b"const", b"final", b"let", b"mut", b"pub", b"ref", b"static", b"string", b"String", b"type", b"val",
    b"var",
];
/// Types that have one word of small letters, or are known everywhere.
const TYPES: &[&[u8]] = &[
    b"Any", b"Bytes", b"Self", b"String", b"any", b"bool", b"boolean", b"bytes", b"c_char", b"c_int",
    b"c_long", b"c_uint", b"c_ulong", b"char", b"f32", b"f64", b"float", b"i16", b"i32", b"i64", b"i8",
    b"int", b"integer", b"number", b"object", b"size_t", b"str", b"string", b"u128", b"u16", b"u32", b"u64",
    b"u8", b"uint32", b"uint64", b"unknown", b"usize",
];

/// Where the sign stands behind the type that is declared behind a name, `let token: &str = "…"`, and whether a number
/// behind it is one that counts.
pub(crate) fn behind_type(
    text: &Text<'_>,
    floor: usize,
    name: &Range<usize>,
    sign: &Sign,
) -> Option<(usize, bool)> {
    let start = type_place(text, name, sign)?;
    let said = line(text, start);
    let length = type_length(said);
    let behind = text.skip_space(start + length);
    let assigned = text.at(behind) == b'=' && !matches!(text.at(behind + 1), b'=' | b'>');
    let value = text.skip_space(behind + 1);
    let literal = || behind > start + length && opens(text, value);
    let known = || is_type(&said[..length]) || is_declared(text, floor, name.start);
    let number = || {
        let value = value + usize::from(text.at(value) == b'-');
        let digits = text.ahead(value, LONGEST_NUMBER);
        let end = digits.iter().position(|byte| !is_word(*byte));
        text.at(value).is_ascii_digit()
            && end.is_some()
            && !said[..length].to_ascii_lowercase().ends_with(b"str")
    };
    (length > 0 && assigned && (literal() || known())).then(|| (behind, number()))
}

/// Whether a word before a name says that it is declared.
pub(crate) fn is_declared(text: &Text<'_>, floor: usize, name: usize) -> bool {
    let before = text.slice(floor.max(name.saturating_sub(LONGEST_BEFORE))..name);
    let Some(before) = before.strip_suffix(b" ") else { return false };
    DECLARING.contains(&last_word(before))
}

/// Where a type may stand behind a name.
pub(crate) fn type_place(text: &Text<'_>, name: &Range<usize>, sign: &Sign) -> Option<usize> {
    let single = !sign.quoted && sign.is(text, b':') && text.at(sign.start + 1) != b'=';
    let named = || text.slice(name.clone()).iter().all(|byte| is_word(*byte));
    (single && named()).then(|| text.skip_space(sign.start + 1))
}

/// Whether nothing but a type stands behind a name.
pub(crate) fn is_type_only(text: &Text<'_>, floor: usize, name: &Range<usize>, said: &[u8]) -> bool {
    let length = type_length(said);
    let kind = &said[..length];
    let behind = said[length..].trim_ascii();
    let ends = matches!(behind.first(), None | Some(b',' | b')' | b';' | b'}' | b'{' | b'=' | b'|'));
    // A member of its own line, with the comma that no value without quotes has.
    let alone = || {
        let before = text.slice(floor..name.start);
        let indented = before.iter().all(|byte| matches!(byte, b' ' | b'\t')) && before.len() > 1;
        indented && behind == b","
    };
    let humps = || {
        let capitals = kind.iter().filter(|byte| byte.is_ascii_uppercase()).count();
        kind[0].is_ascii_uppercase() && capitals > 1 && kind.iter().all(u8::is_ascii_alphanumeric)
    };
    let denotes = || Folded::of(kind).secrecy() != Secrecy::None;
    length > 0
        && ends
        && (is_type(kind)
            || is_declared(text, floor, name.start)
            || humps() && (alone() || denotes())
            || kind[0].is_ascii_uppercase() && denotes() && !behind.is_empty())
}

/// Whether a type is known, or written as only types are.
fn is_type(kind: &[u8]) -> bool {
    let inner = memchr::memchr3(b'<', b'[', b'?', kind).unwrap_or(kind.len());
    let inner = &kind[..inner];
    matches!(kind.first(), Some(b'&' | b'['))
        || kind.starts_with(b"*const ")
        || kind.starts_with(b"*mut ")
        || kind.starts_with(b"::")
        || TYPES.contains(&inner)
        || inner.len() < kind.len() && inner.first().is_some_and(u8::is_ascii_uppercase)
}

/// The length of a type: `&'a mut Map<K, V>`, `[u8; 4]`, `*const c_void`, `string | null`.
fn type_length(said: &[u8]) -> usize {
    let mut at = 0;
    for mark in [
        &b"&"[..],
        b"*const ",
        // A pointer to another one, too.
        b"*mut ",
        b"*mut ",
        b"::",
        b"'a ",
        b"'_ ",
        b"'static ",
        b"mut ",
        b"dyn ",
        b"impl ",
        b"?",
    ] {
        at += if said[at..].starts_with(mark) { mark.len() } else { 0 };
    }
    let path = path_length(&said[at..]);
    if path > 0 && !is_plain(&said[at..at + path]) || path == 0 && said.get(at) != Some(&b'[') {
        return 0;
    }
    at += path;
    // As generated code has them.
    if said[at..].starts_with(b":: ") {
        let last = path_length(&said[at + 3..]);
        at += if last > 0 { 3 + last } else { 0 };
    }
    if matches!(said.get(at), Some(b'<' | b'[')) {
        let mut depth = 0_usize;
        for (offset, byte) in said[at..].iter().enumerate() {
            match byte {
                b'<' | b'[' | b'(' => depth += 1,
                b'>' | b']' | b')' => depth = depth.saturating_sub(1),
                b'"' | b'=' | b'{' => return 0,
                _ => {}
            }
            if depth == 0 {
                return at + offset + 1;
            }
        }
        return 0;
    }
    at + usize::from(matches!(said.get(at), Some(b'?' | b'!')))
}

/// Whether a number is one of Rust, with its type: `3_u32`.
pub(crate) fn is_typed_number(said: &[u8]) -> bool {
    let said = said.strip_prefix(b"-").unwrap_or(said);
    let word = &said[..said.iter().take_while(|byte| is_word(**byte)).count()];
    let digits = word.iter().take_while(|byte| byte.is_ascii_digit() || **byte == b'_').count();
    digits > 0 && digits < word.len() && TYPES.contains(&&word[digits..]) && word[digits..].len() > 1
}
