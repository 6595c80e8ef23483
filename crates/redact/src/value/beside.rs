//! Values of what has its name beside it: arguments, attributes, entries of lists.

use crate::edit::{Edits, Rule};
use crate::secret::names::{Folded, Secrecy};
use crate::secret::password::is_password;
use crate::secret::shape::{is_chosen, is_drawn, is_random};
use crate::sql::lex::{Text, is_name, last_word};
use crate::statement::recognise::is_any;
use crate::value::harmless::is_no_secret;
use crate::value::{cells, command};
use crate::wrapping::lines::behind_alike;
use std::ops::Range;

/// How long a field is that stands between a name and its value, and how many may.
const LONGEST_FIELD: usize = 128;
const MOST_FIELDS: usize = 2;
/// How long a value in a list of two is.
const LONGEST_SECOND: usize = 512;

/// What functions begin with that make, look for or test what they name.
const MAKING: &[&[u8]] = &[
    b"check",
    b"create",
    b"find",
    b"get",
    b"has",
    b"is",
    b"make",
    b"match",
    b"new",
    b"parse",
    b"read",
    b"validate",
];

/// Where the value begins that a name is called with, `setPassword("…")`, that follows it as the next argument,
/// `put("password", "…")`, or that stands beside it.
pub(crate) fn value(text: &Text<'_>, floor: usize, name: &Range<usize>, quote: usize) -> Option<usize> {
    let opens = |at: &usize| matches!(text.at(*at), b'"' | b'\'');
    let plain = text.slice(name.clone()).iter().all(|byte| is_name(*byte) || *byte == b'.');
    if quote == name.end && text.at(quote) == b'(' && plain {
        return Some(quote + 1).filter(|open| opens(open) && takes_secret(text, name, *open));
    }
    let before = text.slice(floor..name.start.saturating_sub(1));
    let next = text.skip_space(quote);
    // A list that something is compared with has no values, nor has one of what is reset.
    let compared = || {
        let list = before[..before.len() - 1].trim_ascii_end();
        is_any(last_word(list), &["IN", "RESET"])
    };
    if text.at(next) == b',' && before.ends_with(b"(") && !compared() {
        let second = Some(text.skip_space(next + 1)).filter(opens);
        // In rows, the first may be a word that only says what the second is about.
        let row = before.ends_with(b"), (") || is_after_values(before);
        return second.filter(|second| !row || takes_secret(text, name, *second));
    }
    if text.at(next) == b',' && before.ends_with(b"[") {
        let pairs = before.ends_with(b"[[") || before.ends_with(b"],[");
        let second = Some(text.skip_space(next + 1)).filter(opens);
        return second.filter(|second| is_second(text, *second, pairs));
    }
    command::body(text, text.slice(floor..name.start), quote)
        .or_else(|| in_list(text, floor, name, quote))
        .or_else(|| cells::value(text, floor, name, quote))
}

/// Masks what a value was changed to, behind an arrow, as a plan of Terraform shows both: `"…" -> "…"`. Returns its end.
pub(crate) fn mask_behind_arrow(text: &Text<'_>, value: usize, edits: &mut Edits) -> Option<usize> {
    let quote = matches!(text.at(value), b'\'' | b'"');
    let arrow = text.skip_space(value + usize::from(quote));
    if !text.has(arrow, b"->") {
        return None;
    }
    let literal = text.literal(text.skip_space(arrow + 2)).filter(|literal| literal.closed)?;
    let said = text.slice(literal.content.clone());
    let hides = !is_no_secret(said) && !said.contains(&b'\n');
    hides.then(|| {
        edits.mask(literal.content, Rule::SecretOption);
        literal.end
    })
}

/// Whether a bracket is that of a row: `VALUES (`.
fn is_after_values(before: &[u8]) -> bool {
    let said = before[..before.len() - 1].trim_ascii_end();
    is_any(&said[said.len().saturating_sub(6)..], &["VALUES"])
}

/// Whether what is called by a name takes what that denotes: it ends the name, and does not look for or make one. Else only
/// what looks like a password is one: `CookieError("…")`, `token.equals("…")`.
fn takes_secret(text: &Text<'_>, name: &Range<usize>, open: usize) -> bool {
    let said = text.slice(name.clone());
    let capital = |at: &usize| said[*at].is_ascii_uppercase() && said[at - 1].is_ascii_lowercase();
    let last = (1..said.len()).rev().find(|at| capital(at) || !said[*at].is_ascii_alphanumeric());
    let last = last.map_or(0, |at| at + usize::from(!said[at].is_ascii_alphanumeric()));
    let folded = Folded::of(said);
    let ends = said.len() - last > 2 && Folded::of(&said[last..]).secrecy() != Secrecy::None
        || [&b"key"[..], b"auth"].iter().any(|end| folded.as_bytes().ends_with(end));
    let makes = || {
        MAKING.iter().any(|verb| {
            said.starts_with(verb) && said.get(verb.len()).is_some_and(|b| !b.is_ascii_lowercase())
        })
    };
    ends && !makes() || {
        let content = text.ahead(open + 1, LONGEST_SECOND);
        is_password(&content[..memchr::memchr(text.at(open), content).unwrap_or(content.len())])
    }
}

/// Whether the second string of two in a list looks like a secret; it is rather another name, if people may have chosen it and
/// the list is none of pairs.
fn is_second(text: &Text<'_>, second: usize, pairs: bool) -> bool {
    let said = text.ahead(second + 1, LONGEST_SECOND);
    let end = memchr::memchr(text.at(second), said);
    end.is_some_and(|end| {
        let said = &said[..end];
        let scheme = [&b"Bearer "[..], b"Basic "].iter().any(|scheme| said.starts_with(scheme));
        let odd = is_drawn(said) && (pairs || !is_chosen(said)) || is_random(said);
        text.at(text.skip_blank(second + 1 + end + 1)) == b']' && (scheme || odd)
    })
}

/// Where the value begins of what has its name as an attribute: `name: PASSWORD`, and `value: …` on the next line;
/// `{"key": "PASSWORD", "value": "…"}`; `name="PASSWORD" value="…"`.
fn in_list(text: &Text<'_>, floor: usize, name: &Range<usize>, quote: usize) -> Option<usize> {
    if !is_labelled(text, floor, name.start) {
        return None;
    }
    let mut at = behind_entry(text, name.start, quote);
    for _ in 0..=MOST_FIELDS {
        let word = at + usize::from(matches!(text.at(at), b'"' | b'\''));
        let end = text.word_end(word);
        let sign = text.skip_space(end + usize::from(matches!(text.at(end), b'"' | b'\'')));
        if end == word || !matches!(text.at(sign), b':' | b'=') {
            return None;
        }
        if is_any(text.slice(word..end), &["VALUE"]) {
            return Some(text.skip_space(sign + 1));
        }
        at = behind_entry(text, name.start, field_end(text, text.skip_space(sign + 1))?);
    }
    None
}

/// Whether what stands at `start` is said to be a name: `name: `, `"key": "`.
pub(crate) fn is_labelled(text: &Text<'_>, floor: usize, start: usize) -> bool {
    let before = text.slice(floor..start);
    let open = before.strip_suffix(b"\"").or_else(|| before.strip_suffix(b"'"));
    let before = open.unwrap_or(before).trim_ascii_end();
    let Some(sign) = before.strip_suffix(b":").or_else(|| before.strip_suffix(b"=")) else { return false };
    let sign = sign.trim_ascii_end();
    let label = sign.strip_suffix(b"\"").or_else(|| sign.strip_suffix(b"'")).unwrap_or(sign);
    let key = &label[label.len().saturating_sub(3)..];
    let whole = label.len() < 4 || !is_name(label[label.len() - 4]);
    is_any(&label[label.len().saturating_sub(4)..], &["NAME"]) || whole && is_any(key, &["KEY"])
}

/// Where the next entry begins behind one that ends at `end`, also behind a comment at the end of a line, and behind what the line of
/// `name` begins with.
fn behind_entry(text: &Text<'_>, name: usize, end: usize) -> usize {
    let comma = text.skip_space(end);
    let next = text.skip_space(if text.at(comma) == b',' { comma + 1 } else { comma });
    let line = next + usize::from(text.at(next) == b'\r');
    let next = match text.at(line) {
        b'\n' => text.skip_blank(behind_alike(text, name, line + 1).unwrap_or(line)),
        _ => next,
    };
    if text.at(next) != b'#' || text.at(next + 1) != b' ' {
        return next;
    }
    text.find_either([b'\n'; 2], next, LONGEST_FIELD).map_or(next, |line| text.skip_blank(line))
}

/// Where a short field ends that is one string or word.
fn field_end(text: &Text<'_>, start: usize) -> Option<usize> {
    let field = text.ahead(start, LONGEST_FIELD);
    let quoted = matches!(text.at(start), b'"' | b'\'');
    let length = match quoted {
        true => memchr::memchr2(text.at(start), b'\n', &field[1..]).map(|end| end + 2),
        false => field.iter().position(|byte| !is_name(*byte)),
    };
    length.filter(|length| *length > 0 && field.get(length - 1) != Some(&b'\n')).map(|length| start + length)
}
