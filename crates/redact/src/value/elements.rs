//! Elements of XML whose value belongs to a name: in their tag, in an attribute, or in the element before them.

use crate::edit::{Edits, Rule};
use crate::secret::names::{Folded, Secrecy};
use crate::secret::password::is_password;
use crate::secret::shape::{is_chosen, is_odd_word};
use crate::sql::lex::{Text, is_name, is_word, quote_length};
use crate::statement::recognise::is_any;
use crate::value::beside::is_labelled;
use crate::value::harmless::is_no_secret;
use lockkeeper_model::MASK;
use std::ops::Range;

/// How far the attributes of an element reach, how long one is, and how long the name of one.
const LONGEST_TAG: usize = 512;
const LONGEST_ATTRIBUTE: usize = 512;
const LONGEST_NAME: usize = 64;
/// How long the content of an element may be.
const LONGEST_CONTENT: usize = 8192;
/// Elements that hold what the one before them names.
const VALUES: &[&str] = &["VALUE", "STRING", "DATA"];
/// Elements that may stand between the two, and how many.
const BETWEEN: &[&str] = &["DESCRIPTION", "FINAL", "SOURCE"];
const MOST_BETWEEN: usize = 2;
/// Elements that name something and hold its value.
const NAMED: &[&str] = &[
    "ADD",
    "ATTRIBUTE",
    "ENTRY",
    "ENV",
    "ENVIRONMENTVARIABLE",
    "INIT-PARAM",
    "PARAM",
    "PARAMETER",
    "PROP",
    "PROPERTY",
    "SETTING",
    "SYSPROPERTY",
    "VARIABLE",
];

/// Masks the value of a name that is the tag of an element, or stands in one. Returns its end.
pub(crate) fn mask(text: &Text<'_>, floor: usize, name: &Range<usize>, edits: &mut Edits) -> Option<usize> {
    if !matches!(text.at(name.end), b'<' | b'>' | b'"' | b'\'' | b' ' | b'\t' | b'\r' | b'\n') {
        return None;
    }
    let found = find(text, floor, name)?;
    let folded = Folded::of(text.slice(name.clone()));
    // That of a page is none of a request.
    if folded.secrecy() != Secrecy::Secret || folded.as_bytes() == b"header" {
        return None;
    }
    match found {
        Element::Content(start) => {
            // Other elements may stand in it.
            let next = memchr::memchr(b'<', text.ahead(start, LONGEST_CONTENT))? + start;
            let masked = text.has(next, MASK.as_bytes());
            if text.at(next + 1) == b'/' || masked { mask_content(text, start, edits) } else { None }
        }
        Element::Attribute(value) => {
            if !is_no_secret(text.slice(value.clone())) {
                edits.mask(value.clone(), Rule::SecretOption);
            }
            Some(value.end)
        }
    }
}

/// Masks the content of the element whose whole tag a name is, unless that is the name of what follows. Returns its end.
pub(crate) fn mask_tagged(
    text: &Text<'_>,
    name: &Range<usize>,
    secrecy: Secrecy,
    edits: &mut Edits,
) -> Option<usize> {
    let names = secrecy == Secrecy::Weak && {
        let end = (name.end + 1..name.end + 1 + LONGEST_NAME).find(|at| matches!(text.at(*at), 0 | b'<'));
        end.is_some_and(|end| behind_element(text, end).is_some())
    };
    let ahead = text.ahead(name.end + 1, LONGEST_CONTENT);
    let said = &ahead[..memchr::memchr(b'<', ahead).unwrap_or(ahead.len())];
    let number = matches!(secrecy, Secrecy::Part { .. }) && !is_password(said);
    let chosen = secrecy == Secrecy::Weak && is_chosen(said);
    if names || number || chosen { None } else { mask_content(text, name.end + 1, edits) }
}

/// Masks the content of `<password>…</password>`.
fn mask_content(text: &Text<'_>, start: usize, edits: &mut Edits) -> Option<usize> {
    // Other elements are no value.
    if text.at(start) == b'<' && text.at(start + 1).is_ascii_alphabetic() && !text.has(start, MASK.as_bytes())
    {
        return None;
    }
    let end = memchr::memmem::find(text.slice(start..text.len().min(start + 8192)), b"</")
        .map(|offset| start + offset);
    let Some(end) = end else {
        text.at(start + 8192);
        return None;
    };
    if !is_no_secret(text.slice(start..end)) {
        edits.mask(start..end, Rule::SecretOption);
    }
    Some(end)
}

/// What of an element is the value of a name in its tag, or in the element before it.
enum Element {
    /// What stands from here up to the next tag.
    Content(usize),
    /// An attribute.
    Attribute(Range<usize>),
}

/// The element whose value belongs to a name that has no sign: `<password a="b">…`, `<password value="…"/>`,
/// `<entry key="password">…`, `<name>password</name><value>…`.
fn find(text: &Text<'_>, floor: usize, name: &Range<usize>) -> Option<Element> {
    let before = text.slice(floor..name.start);
    match (before.last()?, text.at(name.end)) {
        (b'>', b'<') => behind_element(text, name.end).map(Element::Content),
        (b'<' | b':', b' ' | b'>' | b'\n' | b'\r' | b'\t') => {
            let tag = before.iter().rev().take(LONGEST_NAME).take_while(|b| is_name(**b) || **b == b':');
            let tag = before.len() - tag.count();
            let opens = tag > 0 && before[tag - 1] == b'<' && text.at(floor + tag) != b':';
            opens.then(|| behind_tag(text, name.end)).flatten()
        }
        (b'"' | b'\'', quote) if *before.last()? == quote && is_labelled(text, floor, name.start) => {
            let near = &before[before.len().saturating_sub(LONGEST_TAG)..];
            let tag = &near[memchr::memrchr(b'<', near)? + 1..];
            let tag = &tag[..tag.iter().take_while(|byte| is_name(**byte)).count()];
            let Element::Content(start) = behind_tag(text, name.end + 1)? else { return None };
            let inner = start_tag(text, text.skip_blank(start), VALUES);
            let said = text.ahead(start, LONGEST_NAME);
            let said = &said[..said.iter().take_while(|byte| **byte > b' ' && **byte != b'<').count()];
            // Texts for people have names of that kind, too.
            let named = inner.is_some() || is_any(tag, NAMED);
            let odd = is_odd_word(said) && !is_chosen(said) && text.at(start + said.len()) != b' ';
            (named || !tag.is_empty() && odd).then_some(Element::Content(inner.unwrap_or(start)))
        }
        _ => None,
    }
}

/// Where the content begins of the element behind the one that ends here, if it is called like a value.
fn behind_element(text: &Text<'_>, end: usize) -> Option<usize> {
    let name = end + 2;
    let close = name + text.ahead(name, LONGEST_NAME).iter().take_while(|byte| is_name(**byte)).count();
    if !text.has(end, b"</") || close == name || text.at(close) != b'>' {
        return None;
    }
    let mut at = text.skip_blank(close + 1);
    for _ in 0..=MOST_BETWEEN {
        if let Some(start) = start_tag(text, at, VALUES) {
            return Some(start);
        }
        let last: &[u8] = if text.has(at, b"<!--") { b"-->" } else { b"</" };
        let start = if last.len() == 3 { at } else { start_tag(text, at, BETWEEN)? };
        let length = memchr::memmem::find(text.ahead(start, LONGEST_TAG), last)?;
        let end = text.find_either([b'>'; 2], start + length, LONGEST_NAME)?;
        at = text.skip_blank(end + 1);
    }
    None
}

/// Behind the tag without attributes that stands here, if it has one of these names.
fn start_tag(text: &Text<'_>, at: usize, names: &[&str]) -> Option<usize> {
    let end = text.word_end(at + 1);
    let known = text.at(at) == b'<' && text.at(end) == b'>' && is_any(text.slice(at + 1..end), names);
    known.then_some(end + 1)
}

/// What stands behind the attributes of a tag, if it is the start of an element, or the one that is called a value.
fn behind_tag(text: &Text<'_>, from: usize) -> Option<Element> {
    let mut at = from;
    while at - from < LONGEST_TAG {
        at = text.skip_blank(at);
        if text.at(at) == b'>' {
            return Some(Element::Content(at + 1));
        }
        let name = at;
        while is_word(text.at(at)) || matches!(text.at(at), b'-' | b':' | b'.') {
            at += 1;
        }
        let open = at + 1;
        if at == name || text.at(at) != b'=' || !matches!(text.at(open), b'"' | b'\'') {
            return None;
        }
        let said = text.ahead(open + 1, LONGEST_ATTRIBUTE);
        let end = open + 1 + memchr::memchr2(text.at(open), b'<', said).filter(|end| said[*end] != b'<')?;
        if is_any(text.slice(name..at), &["VALUE"]) {
            return Some(Element::Attribute(open + 1..end));
        }
        at = end + quote_length(text, end);
    }
    None
}
