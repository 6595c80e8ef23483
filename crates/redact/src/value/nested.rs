//! Values in brackets: arrays, objects and what a type is made from, whose strings belong to one name.

use crate::edit::{Edits, Rule};
use crate::secret::names::{Folded, Secrecy};
use crate::secret::password::is_password;
use crate::secret::shape::{is_chosen, is_drawn, is_random};
use crate::sql::lex::{Text, is_blank, is_name, is_word};
use crate::value::harmless::{is_description, is_no_secret};
use crate::value::sign::Sign;
use lockkeeper_model::MASK;
use std::ops::Range;

/// How many brackets may stand in each other.
const DEEPEST: usize = 16;
/// How many strings are looked at.
const MOST: usize = 512;
/// How many bytes may stand between two of them.
const LONGEST_GAP: usize = 256;
/// How long one of them may be.
const LONGEST: usize = 65_536;
/// How long the name of a type before a bracket may be, and a name inside of it.
const LONGEST_NAME: usize = 64;
/// Names inside of an object whose value is a name, too, if people may have chosen it.
const NAMING: &[&[u8]] = &[
    b"algorithm",
    b"file",
    b"format",
    b"id",
    b"key",
    b"kind",
    b"name",
    b"namespace",
    b"path",
    b"provider",
    b"ref",
    b"secretname",
    b"source",
    b"type",
    b"user",
    b"username",
];
/// Types of JSON Schema.
const TYPES: &[&[u8]] = &[b"array", b"boolean", b"integer", b"null", b"number", b"object", b"string"];
/// Names in a schema whose value is one of what it describes.
const EXAMPLES: &[&[u8]] = &[b"const", b"default", b"example", b"examples", b"value"];

/// Masks the strings in the brackets that begin at `start`, and returns where they end; `start` if there is nothing to mask,
/// and nothing if there are no strings, or behind the name of a type.
pub(crate) fn mask(
    text: &Text<'_>,
    sign: &Sign,
    start: usize,
    name: &Folded,
    secrecy: Secrecy,
    edits: &mut Edits,
) -> Option<usize> {
    // In SQL, a bracket is a part of the value.
    let quoted = sign.quoted && text.at(sign.quote - 1) == b'\'' && text.at(sign.quote) != b']';
    let sql = quoted && sign.is(text, b'=') && text.at(sign.start + 1) != b'>';
    if sql || sign.is_set {
        return None;
    }
    let open = opening(text, start)?;
    let Inside { strings, end } = strings(text, open)?;
    // What names of headers say, they say themselves.
    let headers = name.as_bytes().ends_with(b"headers") || name.as_bytes().ends_with(b"header");
    let describes = |string: &Inner| match string.name.as_bytes() {
        b"type" => TYPES.contains(&string.said(text)),
        b"ref" => string.said(text).starts_with(b"#/"),
        _ => false,
    };
    let schema = strings.iter().any(describes);
    let mut any = false;
    for string in &strings {
        let said = string.said(text);
        let named = string.name.as_bytes();
        let hide = match secrecy {
            _ if is_no_secret(said) || headers => false,
            _ if schema => EXAMPLES.contains(&named),
            Secrecy::Secret if string.bare => string.name.secrecy() == Secrecy::Secret,
            Secrecy::Secret => !(NAMING.contains(&named) && is_chosen(said)),
            _ if string.bare => false,
            Secrecy::Place => !is_chosen(said),
            Secrecy::Part { .. } => is_password(said),
            _ => is_random(said) || is_drawn(said) && !is_chosen(said),
        };
        let kept = || match string.name.secrecy() {
            Secrecy::About => is_description(said),
            Secrecy::Place => is_chosen(said),
            _ => false,
        };
        let hide = hide && (named.is_empty() || !kept());
        // What is masked already was looked at by then.
        any |= hide || said == MASK.as_bytes() && !headers;
        if hide {
            edits.mask(string.range.clone(), Rule::SecretOption);
        }
    }
    match any {
        true => Some(end),
        // The name of a type is looked at as other words are.
        false => (text.at(open - 1) != b'(').then_some(start),
    }
}

/// Behind the bracket that a value begins with, also behind the name of a type: `Some(`, `vec![`, `[]string{`.
fn opening(text: &Text<'_>, start: usize) -> Option<usize> {
    let listed = text.has(start, b"[]") && text.at(start + 2).is_ascii_alphabetic();
    let name = start + if listed { 2 } else { 0 };
    let part = |byte: u8| is_word(byte) || b":.!".contains(&byte);
    let bracket = (name..name + LONGEST_NAME).find(|at| !part(text.at(*at)))?;
    let said = text.slice(name..bracket);
    let opens = match (said.first(), text.at(bracket)) {
        (None, b'[' | b'{') => true,
        (Some(_), b'{') => listed,
        (Some(first), b'(') => first.is_ascii_uppercase(),
        (Some(_), b'[') => said.ends_with(b"!"),
        _ => false,
    };
    opens.then_some(bracket + 1)
}

/// What stands in brackets, and where they end.
struct Inside {
    strings: Vec<Inner>,
    end: usize,
}

/// A string in brackets, or a word that is the value of a name.
struct Inner {
    range: Range<usize>,
    name: Folded,
    bare: bool,
}

impl Inner {
    fn said<'a>(&self, text: &Text<'a>) -> &'a [u8] {
        text.slice(self.range.clone())
    }
}

/// The strings behind the bracket before `open` that are no names, if any stand there; on its line if it is not closed.
fn strings(text: &Text<'_>, open: usize) -> Option<Inside> {
    let mut strings = Vec::new();
    let (mut at, mut depth, mut gap) = (open, 1, open);
    // Where quotes have backslashes, all have as many.
    let mut slashes = None;
    let mut any = false;
    let whole = loop {
        let byte = text.at(at);
        match byte {
            0 => break false,
            b'[' | b'{' | b'(' if depth == DEEPEST => break false,
            b'[' | b'{' | b'(' => depth += 1,
            b']' | b'}' | b')' if depth == 1 => break true,
            b']' | b'}' | b')' => depth -= 1,
            b'"' | b'\'' | b'`' | b'\\' => {
                let escapes = text.slashes(at);
                let quote = text.at(at + escapes);
                let opens = matches!(quote, b'"' | b'\'' | b'`') && !is_word(text.at(at - 1));
                if opens {
                    if *slashes.get_or_insert(escapes) != escapes {
                        break false;
                    }
                    let Some(end) = string_end(text, at + escapes + 1, quote, escapes) else { break false };
                    any = true;
                    let next = text.skip_blank(end);
                    let signed = text.at(next) == b':' || text.at(next) == b'=' && text.at(next + 1) == b'>';
                    // Where a quote is lost, a value may stand before the sign, or outside of quotes.
                    let name = name_before(text, open, at);
                    let names = signed && end - at <= LONGEST_NAME && name.as_bytes().is_empty();
                    let broken = signed && !names || is_word(text.at(end)) || text.at(end) == b'-';
                    if !names {
                        let range = at + escapes + 1..end - escapes - 1;
                        strings.push(Inner { range, name, bare: false });
                    }
                    if broken {
                        at = end;
                        break false;
                    }
                    (at, gap) = (end, end);
                    if strings.len() == MOST {
                        break true;
                    }
                    continue;
                }
                at += escapes;
            }
            byte if is_word(byte) && matches!(text.at(at - 1), b' ' | b':' | b'=') => {
                let end = at + text.ahead(at, LONGEST_NAME).iter().take_while(|b| is_name(**b)).count();
                let name = name_before(text, open, at);
                if !name.as_bytes().is_empty() && matches!(text.at(end), b',' | b'}' | b'\n' | b'\r' | b' ') {
                    strings.push(Inner { range: at..end, name, bare: true });
                }
                at = end;
                continue;
            }
            _ => {}
        }
        at += 1;
        if at - gap > LONGEST_GAP || strings.len() > MOST {
            break strings.len() > MOST;
        }
    };
    if !whole {
        let line = memchr::memchr(b'\n', text.slice(open..at)).map_or(at, |line| open + line);
        strings.retain(|string: &Inner| string.range.end <= line);
        at = strings.last().map_or(open, |string| string.range.end);
    }
    any.then_some(Inside { strings, end: at })
}

/// Behind the quote that closes a string on its line.
fn string_end(text: &Text<'_>, from: usize, quote: u8, escapes: usize) -> Option<usize> {
    let mut at = from;
    while let Some(found) = text.find_either([quote, b'\n'], at, LONGEST) {
        if text.at(found) == b'\n' || found - from > LONGEST {
            return None;
        }
        let before = text.slice(from..found).iter().rev().take_while(|byte| **byte == b'\\').count();
        let closes = if escapes == 0 { before % 2 == 0 } else { before == escapes };
        if closes {
            return Some(found + 1);
        }
        at = found + 1;
    }
    None
}

/// The name before a value: `"name": `, `name = `; an empty one if there is none.
fn name_before(text: &Text<'_>, open: usize, value: usize) -> Folded {
    let near = text.slice(open.max(value.saturating_sub(2 * LONGEST_NAME))..value);
    let before = trimmed(near);
    let sign = [&b":"[..], b"=>", b"="].iter().find_map(|sign| before.strip_suffix(*sign));
    let name = sign.map(|before| {
        let before = trimmed(before);
        let quotes = before.iter().rev().take_while(|byte| b"\"'`\\".contains(byte)).count();
        let name = &before[..before.len() - quotes];
        let length = name.iter().rev().take_while(|byte| is_name(**byte)).count();
        &name[name.len() - length..]
    });
    Folded::of(name.unwrap_or_default())
}

/// A text without the blanks at its end, and the brackets that a value may stand in.
fn trimmed(text: &[u8]) -> &[u8] {
    let blanks = text.iter().rev().take_while(|byte| is_blank(**byte) || b"[(".contains(byte)).count();
    &text[..text.len() - blanks]
}
