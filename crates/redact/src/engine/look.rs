//! Looks at what an anchor was found in: which rule it is for, and how far that reaches.

use super::LEFT;
use crate::edit::{Edits, holds_mask};
use crate::found::Found;
use crate::prose::{confined, former, remark, slips};
use crate::secret::lone::{self, token};
use crate::secret::pem;
use crate::seen::Seen;
use crate::sql::lex::{Text, is_name};
use crate::statement::announced::announced_before;
use crate::statement::comments::mask_behind_verb;
use crate::statement::objects::{is_misspelt, object};
use crate::statement::opened::says_head_only;
use crate::statement::recognise::{OBJECTS, is_any, statement_around};
use crate::statement::{amended, arguments, beginning, conflict, displaced, harmless, headless, stable};
use crate::url::{self, damaged, userinfo};
use crate::value::named::word_around;
use crate::value::{astray, command, curl, leftover, listed, misspelt, pairs, replaced, sequel, set};
use crate::wrapping::lines::line_start;
use crate::wrapping::{halves, interrupted, unwrapped};
use std::ops::Range;

/// Looks at the word that an anchor was found in; a private key that begins in what is masked there is masked to its end.
pub(crate) fn look(
    text: &Text<'_>,
    floor: usize,
    begins_line: bool,
    hit: usize,
    seen: &mut Seen,
    edits: &mut Edits,
) -> Found {
    let before = edits.len();
    let found = look_at(text, floor, begins_line, hit, seen, edits);
    let found = if edits.len() > before { found } else { astray::mask(text, floor, hit, found, seen, edits) };
    let Found::Secret(end) = found else { return found };
    let end = sequel::mask(text, before, hit..end, edits);
    let end = pem::behind(text, hit, end, edits);
    let end = replaced::mask(text, before, edits).map_or(end, |replaced| replaced.max(end));
    let end = leftover::mask(text, floor, hit, before, end, seen, edits);
    Found::Secret(former::mask(text, halves::mask(text, hit, end, edits).unwrap_or(end), edits))
}

fn look_at(
    text: &Text<'_>,
    floor: usize,
    begins_line: bool,
    hit: usize,
    seen: &mut Seen,
    edits: &mut Edits,
) -> Found {
    if text.has(hit, b"://") {
        return Found::Nothing(damaged::mask_behind(text, hit, edits).unwrap_or(hit + 3));
    }
    if text.at(hit) == b'%' {
        userinfo::mask_before(text, floor, hit, edits);
        return Found::Nothing(hit + 1);
    }
    // Inside of a URL, user info and parameters are told by their place.
    if let Some(colon) = seen.scheme(text, floor, hit) {
        let before = edits.len();
        let end = url::in_text(text, colon, edits);
        if end > hit {
            return Found::Nothing(sequel::mask_swallowed(text, before, edits).unwrap_or(end));
        }
    }
    if matches!(text.at(hit), b'@' | b'?') {
        if text.at(hit) == b'@' {
            url::user_of_oracle(text, floor, hit, edits);
            damaged::mask_before(text, floor, hit, edits);
        } else if let Some(end) = damaged::mask_query(text, floor, hit, edits) {
            return Found::Nothing(end);
        }
        let others = text.slice(hit..text.len()).iter().take_while(|byte| matches!(byte, b'@' | b'?'));
        return Found::Nothing(hit + others.count());
    }
    if text.at(hit) == b'='
        && let Some(end) = misspelt::mask(text, floor, hit, seen, edits).or_else(|| {
            let user = misspelt::user_before(text, floor, hit)?;
            headless::mask(text, floor, user.clone(), begins_line, seen, edits)
                .or_else(|| headless::mask_user(text, floor, user, seen, edits))
        })
    {
        return Found::Secret(end);
    }
    let star = text.at(hit) == b'*';
    let dashes = || match text.ahead(hit, 4) {
        [b'-', b'-', b' ' | b'\t', ..] => true,
        [b'-', b'-', b'-', behind] => !behind.is_ascii_alphabetic(),
        _ => false,
    };
    if star || dashes() || text.has(hit, b"// ") {
        let before = edits.len();
        let end = mask_behind_verb(text, floor, hit - usize::from(star), edits);
        if let Some(end) = end.filter(|_| edits.len() > before) {
            return Found::Secret(end);
        }
        let hint = if star { listed::hint(text, floor, hit, seen, edits) } else { None };
        let hint = hint.or_else(|| slips::mask(text, floor, hit + 1, seen, edits));
        return hint.map_or(Found::Nothing(hit + 1), Found::Secret);
    }
    // Of what may be a flag, the name is looked at; tokens may stand behind it.
    let dashes = text.ahead(hit, 3).iter().take_while(|byte| **byte == b'-').count();
    if dashes > 1 && text.at(hit + dashes).is_ascii_alphabetic() {
        return Found::Nothing(hit + dashes);
    }
    if text.is_wide_blank(hit) {
        let wide = (hit..hit + LEFT).step_by(text.wide_blank(hit)).find(|at| !text.is_wide_blank(*at));
        return Found::Nothing(wide.unwrap_or(hit + LEFT));
    }
    // Anchors may begin with the sign before what is meant.
    let hit = if is_name(text.at(hit)) { hit } else { hit + 1 };
    if text.has(hit, b"KEY-----") {
        return pem::mask(text, floor, hit, edits).map_or(Found::Nothing(hit + 3), Found::Secret);
    }
    let Range { start, end } = word_around(text, floor, hit);
    if end == start {
        return Found::Nothing(hit + 1);
    }
    let word = text.slice(start..end);
    if let Some(end) = seen.behind_vain(text, word, end) {
        return Found::Nothing(end);
    }
    // In a string, the letter of an escape may stand before it; so may the mark of a diff.
    let escape = start > floor && text.at(start - 1) == b'\\' && b"nrt".contains(&text.at(start));
    let escaped = usize::from(escape || word.eq_ignore_ascii_case(b"-SET"));
    if is_any(word.strip_prefix(b"-").unwrap_or(word), &["CURL"]) {
        return curl::mask(text, floor, end, seen, edits).map_or(Found::Nothing(end), Found::Secret);
    }
    if is_any(&word[escaped..], &["WITH", "SET"]) {
        let is_set = is_any(&word[escaped..], &["SET"]);
        if is_set && set::is_other(text, floor, start) {
            return Found::Nothing(end);
        }
        if is_set
            && let Some(end) = unwrapped::mask_set(text, floor, start + escaped, seen, edits)
                .or_else(|| set::mask(text, floor, end, seen, edits))
        {
            return Found::Secret(end);
        }
        let list = start + escaped..end;
        let found = headless::mask_list(text, floor, list.clone(), seen, edits);
        return match found.or_else(|| listed::mask(text, floor, end, list, seen, edits)) {
            Some(end) => Found::Secret(end),
            None => Found::Nothing(end),
        };
    }
    if is_any(word, &["CREATE"])
        && let Some(entries) = harmless::entries(text, start, end, seen)
    {
        seen.others.begin(end);
        seen.harmless = entries;
        return Found::Nothing(end);
    }
    if is_any(&word[escaped..], &["CREATE", "ALTER"]) {
        let next = text.skip_space(end);
        let next = text.slice(next..text.word_end(next));
        // A statement begins with the next word, or something else is created.
        if is_any(next, &["CREATE", "ALTER"]) {
            return Found::Nothing(end);
        }
        let other = || {
            let object = object(text, start + escaped..end);
            is_any(text.slice(object.clone()), OBJECTS) || is_misspelt(text, object.start)
        };
        if !is_any(next, &["CONNECTION"]) && other() {
            seen.others.begin(end);
            if let Some(end) = command::identified(text, end, edits)
                .or_else(|| unwrapped::mask(text, floor, start + escaped, seen, edits))
                .or_else(|| remark::mask(text, floor, end, seen, edits))
            {
                return Found::Secret(end);
            }
            let set = if is_any(&word[escaped..], &["ALTER"]) { listed::set_behind(text, end) } else { None };
            return match set.and_then(|set| listed::mask(text, floor, end, set, seen, edits)) {
                Some(end) => Found::Secret(end),
                None => Found::Nothing(end),
            };
        }
        if is_any(next, &["SECRET"])
            && let Some(end) = lone::created(text, text.word_end(text.skip_space(end)), edits)
        {
            return Found::Secret(end);
        }
        if let Some(end) = stable::read(text, floor, start + escaped, edits) {
            if is_line(text, start, end) {
                return Found::Statement(end);
            }
            return Found::Secret(arguments::mask(text, start, end, edits));
        }
    }
    if is_any(word, &["ENDPOINT", "TOKEN-ENDPOINT", "SSE-ENDPOINT"])
        && text.at(end) == b'\''
        && begins_line
        && !seen.others.reach(text, start)
        && let Some(end) = beginning::mask(text, floor, edits)
    {
        return Found::Secret(end);
    }
    if is_any(word, &["CONNECTOR", "CREATED", "CREATING"]) {
        return Found::Nothing(end);
    }
    if is_any(&word[escaped..], &["CONNECTION", "CREATE"])
        && let Some(end) = announced_before(text, start + escaped, seen).named(text, &word[escaped..], end)
    {
        return Found::Nothing(end);
    }
    let confined = confined::end(text, floor, start)
        .map(|end| Text::new(text.slice(0..end), true).commented(text.comment_before()));
    let inside = confined.as_ref().unwrap_or(text);
    if let Some((start, name)) =
        statement_around(inside, floor, start, end).filter(|(start, _)| !says_head_only(inside, *start))
    {
        displaced::mask_before(inside, floor, start, edits);
        if let Some(end) = amended::read(inside, floor, start, seen, edits) {
            return Found::Secret(end);
        }
        let end = stable::mask(inside, floor, start, name, edits);
        let end = arguments::mask(inside, start, end, edits);
        let end = conflict::mask(inside, start..end, edits);
        let end = amended::mask(inside, start..end, seen, edits);
        return Found::Secret(interrupted::mask(inside, end, seen, edits));
    }
    if let Some(end) = headless::mask(inside, floor, start..end, begins_line, seen, edits)
        .or_else(|| (text.at(end) == b'@' && url::user_of_oracle(text, floor, end, edits)).then_some(end))
        .or_else(|| token(text, floor, start, seen, edits))
        .or_else(|| remark::mask_misspelt(text, floor, start..end, seen, edits))
    {
        return Found::Secret(end);
    }
    if let Some(set) = set::before(text, floor, start)
        && let Some(end) = unwrapped::mask_set(text, floor, set - 3, seen, edits)
            .or_else(|| set::mask(text, floor, set, seen, edits))
    {
        return Found::Secret(end);
    }
    let before = edits.len();
    match pairs::mask(text, floor, start..end, edits) {
        // A comment may stand between the name and a value that hides nothing.
        Some(decided) if edits.len() > before || !passes_comment(text, end..decided) => {
            Found::Secret(decided)
        }
        _ => Found::Nothing(end),
    }
}

/// Whether a statement ends with the line that it begins in, and that is none of a diff.
fn is_line(text: &Text<'_>, start: usize, end: usize) -> bool {
    matches!(text.at(end), b'\n' | b'\r')
        && memchr::memchr(b'\n', text.slice(start..end)).is_none()
        && !matches!(text.at(line_start(text, start)), b'-' | b'+')
}

/// Whether a comment stands in a part of a text in which nothing was masked before.
fn passes_comment(text: &Text<'_>, part: Range<usize>) -> bool {
    let said = text.slice(part);
    !holds_mask(said) && [&b"--"[..], b"/*"].iter().any(|sign| memchr::memmem::find(said, sign).is_some())
}
