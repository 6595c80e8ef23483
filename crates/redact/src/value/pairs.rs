//! Values that belong to a name which denotes a secret: options, properties, headers, flags, parameters.

use crate::edit::{Edits, Rule};
use crate::prose::commented::{drawn_below, is_commented, value_in_comment, without_dashes};
use crate::prose::{labelled, remark, told};
use crate::secret::issuers::is_known_token;
use crate::secret::names::{Folded, Secrecy};
use crate::secret::password::is_password;
use crate::secret::shape::{is_chosen, is_odd_word, is_random};
use crate::sql::keyword::statement_begins;
use crate::sql::lex::{Text, quote_length, separator};
use crate::statement::around::{breaks_in_string, opens_in_shell, spells_blank};
use crate::statement::cut;
use crate::statement::resync::begins_other;
use crate::value::apart::{holds_statement, is_netrc, is_predicate, lists_pairs};
use crate::value::encoded::{mask_encoded, mask_repeated};
use crate::value::harmless::{is_description, is_no_secret};
use crate::value::mentioned::is_mentioned;
use crate::value::named::{escaped, name_of};
use crate::value::place::Place;
use crate::value::sign::Sign;
use crate::value::values::{bare_end, opens};
use crate::value::{beside, block, command, document, elements, expression, header, nested, sequel, typed};
use crate::wrapping::shell::any_shell_quote;
use crate::wrapping::{interrupted, numbered};
use std::ops::Range;

/// How much a parser says between the name and the value of an option.
const LONGEST_CALL: usize = 64;

/// Masks the value of the name that stands at `name`, if it denotes a secret; nothing before `floor` is looked at.
/// Returns where to go on.
pub(crate) fn mask(text: &Text<'_>, floor: usize, name: Range<usize>, edits: &mut Edits) -> Option<usize> {
    let name = name_of(text, floor, name);
    let before = edits.len();
    let found = mask_spelt(text, floor, name.clone(), edits);
    if edits.len() > before {
        return found;
    }
    let value = sequel::behind(text, name.end, false)
        .or_else(|| behind_empty(text, name.end))
        .or_else(|| in_next_call(text, name.end));
    let Some(value) = value else { return found };
    if Folded::of(text.slice(name)).secrecy() != Secrecy::Secret {
        return found;
    }
    edits.mask(value.clone(), Rule::SecretOption);
    Some(found.unwrap_or(value.end).max(value.end))
}

/// The value behind a literal that says nothing and a second sign: `'password' = '' = '…'`, `'password' = ''='…'`.
fn behind_empty(text: &Text<'_>, name: usize) -> Option<Range<usize>> {
    let behind_sign = |from: usize| {
        let sign = text.skip_space(from);
        let end = separator(text, sign);
        (end > sign).then(|| text.skip_space(end))
    };
    let empty = behind_sign(name + usize::from(text.at(name) == b'\''))?;
    let value = if text.has(empty, b"''") { behind_sign(empty + 2) } else { None }?;
    let literal = text.literal(value).filter(|literal| literal.closed && text.at(value) == b'\'')?;
    (!literal.content.is_empty()).then_some(literal.content)
}

/// The value of an option as a parser shows it: `(key: Quoted("password"), value: Quoted("…"))`.
fn in_next_call(text: &Text<'_>, name: usize) -> Option<Range<usize>> {
    let is_call = |at: &usize| text.at(*at).is_ascii_alphanumeric() || b"(){}:, ".contains(&text.at(*at));
    // Byte by byte: a line that is there is looked at without the next.
    let behind = if text.at(name) == b'"' { name + 1 } else { return None };
    let open = behind + (behind..name + LONGEST_CALL).take_while(is_call).count();
    if text.at(open) != b'"' || memchr::memmem::find(text.slice(behind..open), b"value: ").is_none() {
        return None;
    }
    text.literal(open).filter(|literal| literal.closed).map(|literal| literal.content)
}

/// Masks the value of a name, which may be spelt as strings and shells have it.
fn mask_spelt(text: &Text<'_>, floor: usize, name: Range<usize>, edits: &mut Edits) -> Option<usize> {
    if let Some(escaped) = escaped(text, floor, &name)
        && let Some(end) = mask_encoded(text, floor, &escaped, [false; 2], edits)
    {
        return Some(end);
    }
    let end = name.end + text.ahead(name.end, 2).len();
    if matches!(text.slice(name.end..end), b"''" | b"\"\"")
        && Folded::of(text.slice(name.clone())).secrecy().is_certain()
        && let Some(end) = mask_repeated(text, floor, &name, edits)
    {
        return Some(end);
    }
    let typographic = quote_length(text, name.start) > 1;
    let opens = opens_in_shell(text, name.end);
    let shell = opens || any_shell_quote(text, name.end).is_some();
    let breaks = breaks_in_string(text, name.end)
        || spells_blank(text, name.end)
        || numbered::sign(text, name.end).is_some()
        // As TeamCity has it.
        || text.has(name.end, b"|'");
    if !typographic
        && !shell
        && !breaks
        && let Some(end) = mask_value(text, floor, name.clone(), edits)
    {
        return Some(end);
    }
    // The quotes around the name may be encoded.
    let encoded =
        (typographic || opens || breaks || matches!(text.at(name.end), b'%' | b'+' | b'&' | b'\\' | b'\''))
            && match Folded::of(text.slice(name.clone())).secrecy() {
                // Read as it stands, it was no secret.
                Secrecy::About if !typographic && !shell && !breaks => false,
                Secrecy::None => shell && cut::may_be_secret(text.slice(name.clone())),
                Secrecy::Part { last } => last && shell,
                other => other != Secrecy::Weak,
            };
    let before = edits.len();
    let masked = encoded.then(|| mask_encoded(text, floor, &name, [typographic, shell], edits)).flatten();
    if shell
        && edits.len() == before
        && let Some(end) = cut::mask_in_shell(text, &name, edits)
    {
        return Some(end);
    }
    let unread = edits.len() == before && (typographic || (breaks && masked.is_none()));
    if unread { mask_value(text, floor, name, edits) } else { masked }
}

/// Masks the value of a name that is read as it stands.
pub(crate) fn mask_value(
    text: &Text<'_>,
    floor: usize,
    name: Range<usize>,
    edits: &mut Edits,
) -> Option<usize> {
    let name = without_dashes(text, name);
    let mut sign = Sign::behind(text, floor, &name);
    let flag = text.slice(name.clone()).starts_with(b"-");
    let tagged = text.at(name.end) == b'>' && name.start > 0 && text.at(name.start - 1) == b'<';
    let from = name.start;
    let commented = || is_commented(text, floor, from);
    // A variable, or the value of an attribute: `-u "$USER:$PASSWORD"`, `type="password"`.
    let before = text.slice(floor..name.start);
    let named =
        matches!(before, [.., b'$']) || sign.quoted && before.ends_with(b"=\"") && text.at(name.end) == b'"';
    if sign.is_missing() && !flag && !tagged {
        let found = elements::mask(text, floor, &name, edits);
        let before = || if sign.quoted { told::mask_before(text, floor, &name, edits) } else { None };
        if let Some(found) = found.or_else(before) {
            return Some(found);
        }
        if let Some(end) = remark::mask_around(text, floor, name.start, edits) {
            return Some(end);
        }
        // An apostrophe: something of that name.
        if named || text.has(sign.start, b"'s ") {
            return None;
        }
        sign.skip_verb(text, commented);
        if !may_be_told(text, floor, &name, &sign) {
            return told::mask(text, &name, edits);
        }
    }
    let folded = Folded::of(text.slice(name.clone()));
    let secrecy = match folded.secrecy() {
        Secrecy::None
            if !sign.is_missing()
                && (cut::is_rest(text, &name, &sign, &folded)
                    || cut::is_bare_rest(text, &name, &sign, &folded)) =>
        {
            Secrecy::Secret
        }
        Secrecy::None => return None,
        other => other,
    };
    if sign.is_missing() && tagged {
        return elements::mask_tagged(text, &name, secrecy, edits);
    }
    // A regular expression stands behind it.
    let matched =
        !sign.quoted && text.has(sign.start, b"=~") && !text.at(sign.start + 2).is_ascii_alphanumeric();
    if matched || expression::is_path(text, &name, &sign) {
        return None;
    }
    match typed::behind_type(text, floor, &name, &sign) {
        Some((_, true)) => return None,
        Some((behind, false)) => sign = sign.or_behind(text, behind),
        None => {}
    }
    let assigned = !sign.is_missing() || (flag && sign.start > sign.quote);
    let mut start = sign.value(text);
    // The line goes on behind its end.
    let goes_on = text.at(start) == b'^' || flag && text.at(start) == b'\\';
    if goes_on && matches!(text.at(start + 1), b'\r' | b'\n') {
        start = text.skip_blank(start + 1);
    }
    if sign.is(text, b':') && !opens(text, start) {
        start = expression::behind_mark(text, start);
    }
    if !sign.quoted && assigned && !opens(text, start) {
        start = expression::behind_prefix(text, start);
    }
    // A line break was lost behind a comment.
    if matches!(text.at(start), 0 | b'\n' | b'\r')
        && sign.quoted
        && let Some(open) = value_in_comment(text, sign.start, start)
    {
        start = open;
    }
    // The value is looked for behind it.
    if sign.is_set && !sign.quoted && text.comment(start).is_some() {
        return None;
    }
    if sign.is(text, b':')
        && secrecy == Secrecy::Secret
        && let Some(end) = block::mask(text, &name, start, edits)
    {
        return Some(end);
    }
    if secrecy == Secrecy::Secret
        && let Some(document) = document::behind(text, &sign, start)
    {
        edits.mask(document.clone(), Rule::SecretOption);
        return Some(document.end);
    }
    // In a string, a line may be written as it ends there.
    let line_break = matches!((text.at(start), text.at(start + 1)), (b'\\', b'n' | b'r' | b't'));
    if matches!(text.at(start), 0 | b'\n' | b'\r') || line_break || sign.is_prompt(text, &name) {
        let below =
            if assigned && text.at(start) == b'\n' && commented() { drawn_below(text, start) } else { None };
        return below.map(|value| {
            edits.mask(value.clone(), Rule::SecretOption);
            value.end
        });
    }
    if assigned
        && !sign.quoted
        && !opens(text, start)
        && let Some(end) = labelled::mask(text, floor, &name, start, secrecy, edits)
    {
        return Some(end);
    }
    // The string ends behind the sign.
    if !sign.quoted && text.at(start) == b'"' && text.at(start + 1) == b',' && text.at(start + 2) == b'"' {
        return None;
    }
    if expression::closes_string(text, floor, &name, &sign, start) {
        return None;
    }
    // Something else may stand between its lines.
    let blank = text.slice(sign.start..start).iter().rev().take_while(|byte| matches!(byte, b' ' | b'\t'));
    let line = start - blank.count();
    if line > sign.start && text.at(line - 1) == b'\n' && begins_other(text, line) {
        start = interrupted::value_behind(text, line - 1)?;
    }
    if assigned && let Some(end) = nested::mask(text, &sign, start, &folded, secrecy, edits) {
        return Some(end);
    }
    // Behind nothing, no quote is missing that a later one closes.
    if sign.is(text, b':') && !opens(text, start) {
        let end = bare_end(text, start);
        let said = text.slice(start..end);
        if said.iter().all(u8::is_ascii_alphabetic) && is_no_secret(said) && b",}])".contains(&text.at(end)) {
            return Some(end);
        }
    }
    // What stands there is looked at by itself.
    if !sign.quoted && !sign.is_missing() && (lists_pairs(text, start) || holds_statement(text, start)) {
        return None;
    }
    if !opens(text, start) && expression::is_code(text, floor, &name, &sign, start) {
        return expression::mask_literals(text, start, edits);
    }
    let place = Place { text, floor, name, sign, start };
    if !assigned && !place.is_told(&folded, secrecy, commented) {
        return told::mask(text, &place.name, edits);
    }
    // In a comment, a quote inside of a word is a part of it.
    let word = !matches!(text.at(start), b'\'' | b'"' | b'`' | b'\\') && commented();
    let (range, content) = place.extent(&folded, word);
    // In a string, a statement may begin behind a value that has lost its last quote.
    let end = statement_inside(text, content.clone());
    let (range, content) = (range.start..end.unwrap_or(range.end), content.start..end.unwrap_or(content.end));
    let value = text.slice(content.clone());
    let said = folded.as_bytes();
    if place.is_port(value)
        || header::lists_names(said, value)
        || is_mentioned(text, floor, &place.name, &place.sign, said, value)
    {
        return None;
    }
    if is_no_secret(value) && !(value.len() < 3 && place.goes_on(range.end)) {
        return Some(range.end.max(place.name.end));
    }
    let hide = match secrecy {
        Secrecy::None => false,
        Secrecy::Secret => !(is_predicate(text, floor, &place.name) && is_chosen(value)),
        Secrecy::Place => !is_chosen(value),
        Secrecy::About => !is_description(value),
        Secrecy::Part { last } => {
            !assigned
                || (last && (place.is_option() || place.sign.is_set))
                || is_password(value)
                || command::takes_password(text.slice(floor..place.name.start))
                || (is_odd_word(value) && commented())
        }
        Secrecy::Weak => {
            !assigned
                || place.is_option()
                || is_known_token(value)
                || is_random(value)
                || (is_odd_word(value) && commented())
        }
    };
    hide.then(|| {
        let end = place.mask(range, content, edits);
        let next = if place.sign.is(text, b'-') { None } else { beside::mask_behind_arrow(text, end, edits) };
        next.unwrap_or(end)
    })
}

/// Where a line break, as strings have it, stands in a part of a text, and a statement behind it.
fn statement_inside(text: &Text<'_>, part: Range<usize>) -> Option<usize> {
    let breaks = memchr::memmem::find_iter(text.slice(part.clone()), b"\\n").map(|at| part.start + at);
    breaks.filter(|at| text.at(at - 1) != b'\\').find(|at| statement_begins(text, at + 2))
}

/// Whether what follows a name without a sign may be its value: few things are taken for one.
fn may_be_told(text: &Text<'_>, floor: usize, name: &Range<usize>, sign: &Sign) -> bool {
    if sign.start == name.end {
        return false;
    }
    if quote_length(text, sign.start) > 0 || (sign.quoted && sign.start == sign.quote) {
        return true;
    }
    let end = text.find_either([b' ', b'\n'], sign.start, 256).unwrap_or(text.len().min(sign.start + 256));
    let near = text.slice(sign.start..end);
    let word = &near[..near.iter().position(|byte| *byte <= b' ').unwrap_or(near.len())];
    let bearer = || text.slice(name.clone()).eq_ignore_ascii_case(b"bearer");
    sign.is_verb || (word.len() >= 8 && (is_odd_word(word) || bearer())) || is_netrc(text, floor, name)
}

#[cfg(test)]
mod tests;
