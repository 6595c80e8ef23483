//! What stands behind a name and its sign in source code and in SQL, and is no literal: calls, columns, parameters.

use crate::edit::{Edits, Rule};
use crate::secret::names::{Folded, Secrecy};
use crate::secret::password::is_password;
use crate::secret::shape::{is_drawn, is_scrambled};
use crate::sql::lex::{Text, is_word, last_word};
use crate::statement::recognise::is_any;
use crate::url::scheme::first_scheme;
use crate::value::sign::Sign;
use crate::value::typed::{LONGEST_BEFORE, is_declared, is_type_only, is_typed_number, type_place};
use crate::value::values::{bare_end, opens};
use std::ops::Range;

/// How far an expression is looked at.
const LONGEST: usize = 128;

/// Words that begin an expression.
const BEGINNING: &[&[u8]] = &[b"async", b"await", b"case", b"CASE", b"match", b"new", b"not", b"yield"];
/// The first parts of paths that lead to what a program knows.
const ROOTS: &[&[u8]] = &[
    b"args",
    b"cfg",
    b"cls",
    b"config",
    b"crate",
    b"ctx",
    b"env",
    b"local",
    b"opts",
    b"options",
    b"os",
    b"params",
    b"process",
    b"props",
    b"req",
    b"request",
    b"self",
    b"settings",
    b"super",
    b"sys",
    b"this",
    b"var",
    b"vars",
];
/// Functions that take a name, or a question, beside those that begin with `get`.
const READING: &[&[u8]] =
    &[b"env", b"environ", b"fetch", b"input", b"lookup", b"prompt", b"read", b"readline", b"resolve", b"var"];
/// Operators behind what they take.
const OPERATORS: &[&[u8]] = &[b"+ ", b"- ", b"* ", b"/ ", b"||", b"&&", b"? ", b"% "];

/// Whether a name ends a part of a path, `token::Token`, and no sign of a value stands behind it.
pub(crate) fn is_path(text: &Text<'_>, name: &Range<usize>, sign: &Sign) -> bool {
    if sign.quoted || sign.start != name.end || !text.has(sign.start, b"::") {
        return false;
    }
    let said = line(text, sign.start + 2);
    let length = path_length(said);
    match said.first() {
        Some(b'{' | b'*' | b'<') => true,
        _ => length > 0 && is_plain(&said[..length]),
    }
}

/// Behind the tag or anchor of YAML, or the end of what Markdown marks, before a value: `!!str x`, `&name x`, `** x`.
pub(crate) fn behind_mark(text: &Text<'_>, start: usize) -> usize {
    let said = line(text, start);
    let signs = said.iter().take(2).take_while(|byte| b"!&*".contains(byte)).count();
    let known = matches!(&said[..signs], b"!" | b"!!" | b"&" | b"**");
    let word = said[signs..].iter().take_while(|byte| is_word(**byte)).count();
    let named = (word > 0) != (said[..signs] == *b"**");
    let behind = signs + word;
    if !known || !named || said.get(behind) != Some(&b' ') || said[behind + 1..].starts_with(b"=") {
        return start;
    }
    text.skip_space(start + behind)
}

/// Behind what stands before the quote of a string in some languages: `@"…"`, `$'…'`, `r"…"`; the same place if nothing does.
pub(crate) fn behind_prefix(text: &Text<'_>, start: usize) -> usize {
    let prefix = text.ahead(start, 2);
    let length = prefix.iter().take_while(|byte| b"@$bBfFLrRu".contains(byte)).count();
    match text.at(start + length) {
        b'"' => start + length,
        b'\'' if prefix.first().is_some_and(|first| b"$bfr".contains(first)) => start + length,
        _ => start,
    }
}

/// Whether what is set is a column: `UPDATE t SET password = …`.
pub(crate) fn is_updated(text: &Text<'_>, floor: usize, set: usize) -> bool {
    let before = text.slice(floor.max(set.saturating_sub(LONGEST))..set).trim_ascii_end();
    if before.len() < "UPDATE t".len() {
        return false;
    }
    let mut words = before.rsplit(|byte| *byte <= b' ').filter(|word| !word.is_empty());
    words.next().is_some_and(|table| !is_any(table, &["CONNECTION", "UPDATE"]))
        && words.take(3).any(|word| is_any(word, &["UPDATE"]))
        && !before.ends_with(b"CONNECTION")
}

/// Masks the literals in an expression that people choose for passwords. Returns where the last of them ends.
pub(crate) fn mask_literals(text: &Text<'_>, start: usize, edits: &mut Edits) -> Option<usize> {
    let said = line(text, start);
    let (mut at, mut depth, mut last) = (0, 0_usize, None);
    while let Some(byte) = said.get(at) {
        match byte {
            b'(' | b'[' => depth += 1,
            b')' | b']' if depth > 0 => depth -= 1,
            b',' if depth == 0 => break,
            b')' | b']' | b';' | b'=' | b':' | b'{' | b'}' | b'#' | b'\\' => break,
            b'"' | b'\'' => {
                let Some(length) = memchr::memchr(*byte, &said[at + 1..]) else { break };
                let content = &said[at + 1..at + 1 + length];
                if first_scheme(content).is_some() {
                    break;
                }
                if is_password(content) {
                    edits.mask(start + at + 1..start + at + 1 + length, Rule::SecretOption);
                    last = Some(start + at + 1 + length + 1);
                }
                at += length + 1;
            }
            _ => {}
        }
        at += 1;
    }
    last
}

/// Whether the string that a name and its sign end is closed by the quote behind them, and none of a value opened:
/// `"token=" + token`.
pub(crate) fn closes_string(
    text: &Text<'_>,
    floor: usize,
    name: &Range<usize>,
    sign: &Sign,
    quote: usize,
) -> bool {
    let close = text.at(quote);
    if sign.quoted || sign.is_missing() || !matches!(close, b'"' | b'\'') {
        return false;
    }
    let odd = |said: &[u8]| memchr::memchr_iter(close, said).count() % 2 == 1;
    let next = text.at(quote + 1);
    // What looks drawn is no variable.
    let is_variable = || !is_scrambled(text.slice(quote + 2..bare_end(text, quote + 2)));
    // An apostrophe before a word opens nothing.
    (next <= b' ' || b",)+;.}]|&%:".contains(&next))
        && odd(text.slice(floor..name.start))
        && !odd(line(text, quote + 1))
        && is_variable()
}

/// Whether what stands at `start` behind a name is code, and nothing that anybody wrote for a secret.
pub(crate) fn is_code(text: &Text<'_>, floor: usize, name: &Range<usize>, sign: &Sign, start: usize) -> bool {
    // An option of SQL has a literal.
    if sign.is_missing() || sign.quoted && sign.is(text, b'=') {
        return false;
    }
    let said = line(text, start);
    if is_parameter(said) || is_subquery(said) || is_typed_number(said) {
        return true;
    }
    if type_place(text, name, sign).is_some() && is_type_only(text, floor, name, said) || is_array(said) {
        return true;
    }
    let inner = said.iter().take_while(|byte| matches!(byte, b'&' | b'*' | b'!')).count();
    let inner = inner + if said[inner..].starts_with(b"mut ") { 4 } else { 0 };
    let said = &said[inner..];
    let length = path_length(said);
    let (path, rest) = said.split_at(length);
    if length == 0 || !is_plain(path) {
        return false;
    }
    is_call(text, start + inner + length, path, rest)
        || begins_expression(path, rest)
        || is_reference(path) && ends(rest)
        || !sign.quoted
            && (is_same(text, floor, name, path, rest)
                || sign.is_double(text) && sign.is(text, b'=') && ends(rest)
                || is_declared(text, floor, name.start) && ends(rest)
                || is_column(text, floor, name, path) && ends(rest))
}

/// Whether a word and its digits stand for a value that is given apart: `?`, `$1`, `:name`, `%s`, `{}`, `${{ name }}`.
fn is_parameter(said: &[u8]) -> bool {
    let word = |from: usize| said[from.min(said.len())..].iter().take_while(|byte| is_word(**byte)).count();
    let length = match said {
        [b'?', ..] => 1,
        [b'$', digit, ..] if digit.is_ascii_digit() => 1 + word(1),
        [b'$', ..] if said[1..1 + word(1)].iter().all(|byte| !byte.is_ascii_lowercase()) && word(1) > 2 => {
            1 + word(1)
        }
        [b':' | b'@', first, ..] if first.is_ascii_alphabetic() || *first == b'_' => 1 + word(1),
        [b'%', b's' | b'd' | b'v' | b'q', ..] => 2,
        [b'%', b'(', ..] if said[2 + word(2)..].starts_with(b")s") => 2 + word(2) + 2,
        [b'{', ..] if said[1 + word(1)..].starts_with(b"}") => 1 + word(1) + 1,
        [b'$', b'{', b'{', ..] => return true,
        _ => return false,
    };
    !is_password(&said[1..length]) && length <= 40 && ends(&said[length..])
}

/// Whether an array is declared by what it holds and how often: `[0; SIZE]`.
fn is_array(said: &[u8]) -> bool {
    let end = memchr::memchr(b']', said).filter(|_| said.starts_with(b"["));
    end.is_some_and(|end| {
        let parts =
            memchr::memmem::find(&said[1..end], b"; ").map(|sign| (&said[1..1 + sign], &said[sign + 3..end]));
        parts.is_some_and(|(one, many)| {
            [one, many].iter().all(|part| !part.is_empty() && part.iter().all(|byte| is_word(*byte)))
        })
    })
}

/// Whether a query stands in brackets.
fn is_subquery(said: &[u8]) -> bool {
    said.strip_prefix(b"(").is_some_and(|inner| {
        let inner = inner.trim_ascii_start();
        inner.len() > 6 && is_any(&inner[..6], &["SELECT"]) && inner[6] == b' '
    })
}

/// Whether a path is called, or something is taken out of what it names; a literal in the brackets is looked at by itself.
fn is_call(text: &Text<'_>, behind: usize, path: &[u8], rest: &[u8]) -> bool {
    match rest {
        [b'!', b' ', b'(' | b'[' | b'{', ..] => true,
        [b'(', ..] | [b'!', b'(' | b'[' | b'{', ..] => {
            let inner = behind + if rest[0] == b'!' { 2 } else { 1 };
            rest.len() > 1 && (!opens(text, inner) || reads(path) && names(rest))
        }
        [b'[', inner, ..] => {
            let index = rest.iter().position(|byte| *byte == b']');
            index.is_some_and(|end| (2..40).contains(&end))
                && (is_word(*inner) || matches!(inner, b'"' | b'\''))
        }
        _ => false,
    }
}

/// Whether what is called takes the name of what it gives, or what it asks.
fn reads(path: &[u8]) -> bool {
    let last = path.iter().rposition(|byte| !is_word(*byte)).map_or(path, |sign| &path[sign + 1..]);
    last.starts_with(b"get") || READING.contains(&last)
}

/// Whether the first literal in brackets is a name, or words.
fn names(rest: &[u8]) -> bool {
    let inner = &rest[1..];
    let said = inner.first().and_then(|quote| inner[1..].split(|byte| byte == quote).next());
    said.is_some_and(|said| {
        !is_password(said) && said.iter().all(|byte| is_word(*byte) || b" .:/-?".contains(byte))
    })
}

/// Whether a key word stands before something else that is no literal: `await call(…)`, `new Type(…)`.
fn begins_expression(word: &[u8], rest: &[u8]) -> bool {
    let Some(next) = rest.strip_prefix(b" ").filter(|_| BEGINNING.contains(&word)) else { return false };
    let length = path_length(next);
    length > 0
        && is_plain(&next[..length])
        && matches!(next.get(length), Some(b'(' | b'<' | b'[' | b'.' | b' '))
        && (next[length] != b' ' || matches!(word, b"match" | b"case" | b"CASE"))
}

/// Whether a path leads to another thing of this kind: `args.token`, `b.token`, `Token::Eof`.
fn is_reference(path: &[u8]) -> bool {
    let sign = |pair: &[u8]| matches!(pair, b"::" | b"->" | b"?.");
    if path.windows(2).any(sign) {
        return true;
    }
    let Some(dot) = memchr::memchr(b'.', path) else { return false };
    let last = memchr::memrchr(b'.', path).map_or(path, |dot| &path[dot + 1..]);
    ROOTS.contains(&&path[..dot]) || Folded::of(last).secrecy() != Secrecy::None
}

/// Whether a name is given what has the same name, in code: `f(token=token)`, `count = count + 1`, `self.token = token`.
fn is_same(text: &Text<'_>, floor: usize, name: &Range<usize>, path: &[u8], rest: &[u8]) -> bool {
    let said = text.slice(name.clone());
    let owner = [&b"self."[..], b"this."].iter().any(|owner| said.starts_with(owner));
    if owner && ends(rest) {
        return true;
    }
    let before = text.slice(floor..name.start).trim_ascii_end();
    let argument = match before.last() {
        Some(b'(' | b',') => matches!(rest.first(), None | Some(b',' | b')')),
        Some(_) => false,
        None => matches!(rest.first(), Some(b',' | b')')),
    };
    let taken = || OPERATORS.iter().any(|operator| rest.trim_ascii_start().starts_with(operator));
    said == path && (argument || rest.starts_with(b" ") && taken())
}

/// Whether a name is that of a column, and so is what it is compared with or set to.
fn is_column(text: &Text<'_>, floor: usize, name: &Range<usize>, path: &[u8]) -> bool {
    if path == b"DEFAULT" {
        return true;
    }
    let before =
        text.slice(floor.max(name.start.saturating_sub(LONGEST_BEFORE))..name.start).trim_ascii_end();
    is_any(last_word(before), &["AND", "HAVING", "ON", "OR", "WHEN", "WHERE"])
        && Folded::of(path).secrecy() != Secrecy::None
}

/// The length of a path of names, with the signs of most languages between them.
pub(crate) fn path_length(said: &[u8]) -> usize {
    let mut at = 0;
    loop {
        let word = said[at..].iter().take_while(|byte| is_word(**byte)).count();
        if word == 0 || said[at].is_ascii_digit() {
            return at;
        }
        at += word;
        let sign = [&b"::"[..], b"->", b"?.", b"."].into_iter().find(|sign| said[at..].starts_with(sign));
        let next = sign.map_or(0, <[u8]>::len);
        if next == 0
            || !said.get(at + next).is_some_and(|first| first.is_ascii_alphabetic() || *first == b'_')
        {
            return at;
        }
        at += next;
    }
}

/// Whether a path has nothing in it that people would choose for a secret, or draw.
pub(crate) fn is_plain(path: &[u8]) -> bool {
    path.split(|byte| !is_word(*byte)).all(|part| {
        let constant = part.contains(&b'_') && !part.iter().any(u8::is_ascii_lowercase);
        constant || !part.split(|byte| *byte == b'_').any(|word| is_password(word) || is_drawn(word))
    })
}

/// Whether an expression ends here, or goes on as those do.
fn ends(rest: &[u8]) -> bool {
    matches!(
        rest.first(),
        None | Some(b' ' | b',' | b';' | b')' | b']' | b'}' | b'\r' | b'"' | b'\'' | b'\\')
    )
}

/// What stands on the line, so far as it is looked at.
pub(crate) fn line<'a>(text: &Text<'a>, from: usize) -> &'a [u8] {
    // Not beyond it: the next one may not be there yet.
    let end = text.find_either([b'\n'; 2], from, LONGEST);
    text.slice(from..end.unwrap_or(text.len().min(from + LONGEST)))
}
