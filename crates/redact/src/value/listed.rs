//! Names in the options of any statement that denote a secret and that no anchor finds: misspelt where an anchor is.

mod oddity;

use crate::anchors::{Finder, issued::Issued};
use crate::edit::{Edits, Rule};
use crate::engine::look;
use crate::found::Found;
use crate::prose::former;
use crate::secret::issuers::{is_known_token, is_token_byte};
use crate::secret::names::{Folded, Secrecy};
use crate::seen::Seen;
use crate::sql::keyword::is_keyword;
use crate::sql::lex::{Text, is_name};
use crate::statement::beginning::pairs;
use crate::statement::comments::skip_comments;
use crate::statement::follows::skip_gap;
use crate::statement::keyless;
use crate::statement::recognise::is_any;
use crate::value::loose;
use crate::value::named::whole;
use crate::value::rows::begins_entry;
use crate::wrapping::lines::line_start;
use crate::wrapping::unwrapped;
use lockkeeper_model::MASK;
pub(crate) use oddity::Listed;
use oddity::{Oddity, oddity};
use std::ops::Range;

/// How far the names of a list are looked at.
const AHEAD: usize = 4096;
/// How many words and names stand before a list.
const LONGEST_HEAD: usize = 16;

/// Looks at the list behind the WITH or SET that stands at `word`, name by name, if there is such a name in it, and at what
/// stands before it from `from` on. Returns up to where everything is decided.
pub(crate) fn mask(
    text: &Text<'_>,
    floor: usize,
    from: usize,
    word: Range<usize>,
    seen: &mut Seen,
    edits: &mut Edits,
) -> Option<usize> {
    let with = word.end;
    if (with..with + 2).contains(&seen.harmless.start.saturating_sub(1)) && !seen.in_list {
        seen.entries = seen.harmless.clone();
        return None;
    }
    let open = skip_gap(text, with, with + AHEAD);
    let is_set = is_any(text.slice(word), &["SET"]);
    if is_set
        && !seen.in_list
        && let Some(stray) = keyless::behind_set(text, with)
    {
        return Some(mask_stray(text, floor, from, &stray, &[], seen, edits));
    }
    let first = match text.at(open) {
        b'(' => open + 1,
        b'\'' => open,
        _ => return None,
    };
    if seen.in_list {
        return None;
    }
    // Behind WITH, the bracket may be missing.
    if first == open && is_set {
        let name = odd_name(text, open)?;
        return Some(look_through(text, floor, from..name + 1, &[name], seen, edits));
    }
    mask_entries(text, floor, from, first, seen, edits)
}

/// Masks the values in the rest of a list, if a comma stands there and an entry behind it. Returns up to where everything is decided.
pub(crate) fn mask_rest(text: &Text<'_>, from: usize, seen: &mut Seen, edits: &mut Edits) -> Option<usize> {
    let comma = text.skip_space(from);
    let first = skip_gap(text, comma + 1, comma + AHEAD);
    let is_listed = text.at(comma) == b',' && text.at(first) == b'\'' && begins_entry(text, first);
    if is_listed { mask_entries(text, from, from, first, seen, edits) } else { None }
}

/// Masks the values of the entries from `first` on, behind what stands before them from `from` on.
fn mask_entries(
    text: &Text<'_>,
    floor: usize,
    from: usize,
    first: usize,
    seen: &mut Seen,
    edits: &mut Edits,
) -> Option<usize> {
    let Odd { names, mut strays, rest } = odd_entries(text, first, seen);
    let mut at = from;
    strays.extend(rest.map_or_else(Vec::new, |rest| keyless::in_list(text, rest)));
    let mut strays = strays.into_iter().peekable();
    for entry in loose_entries(text, rest, seen) {
        while let Some(stray) = strays.next_if(|stray| stray.end < entry.end) {
            at = mask_stray(text, floor, at, &stray, &names, seen, edits);
        }
        let before = edits.len();
        at = look_through(text, floor, at..entry.end.max(at), &names, seen, edits).max(entry.end);
        entry.mask(text, before, edits);
        if at == entry.end {
            at = former::mask(text, at, edits);
        }
    }
    for stray in strays {
        at = mask_stray(text, floor, at, &stray, &names, seen, edits);
    }
    match names.last() {
        Some(last) if *last >= at => Some(look_through(text, floor, at..last + 1, &names, seen, edits)),
        _ => (at > from).then_some(at),
    }
}

/// Masks a secret that has no key, behind what stands before it from `at` on. Returns up to where everything is
/// decided.
fn mask_stray(
    text: &Text<'_>,
    floor: usize,
    at: usize,
    stray: &keyless::Stray,
    names: &[usize],
    seen: &mut Seen,
    edits: &mut Edits,
) -> usize {
    let before = edits.len();
    let at = look_through(text, floor, at..stray.end.max(at), names, seen, edits).max(stray.end);
    stray.mask(before, edits);
    at
}

/// The entries that are not written as they should be, from a position in a list, and whose names denote a secret.
fn loose_entries(text: &Text<'_>, rest: Option<usize>, seen: &mut Seen) -> Vec<loose::Entry> {
    let Some(rest) = rest.filter(|rest| *rest >= seen.looked_through.entries) else { return Vec::new() };
    let (found, end) = loose::entries(text, rest);
    seen.looked_through.entries = end;
    found
}

/// Looks at names and anchors in a part of a list; returns up to where everything is decided.
pub(crate) fn look_through(
    text: &Text<'_>,
    floor: usize,
    part: Range<usize>,
    names: &[usize],
    seen: &mut Seen,
    edits: &mut Edits,
) -> usize {
    seen.in_list = true;
    let at = look_within(text, floor, part, names, seen, edits);
    seen.in_list = false;
    at
}

/// Masks a secret that is known by its place, behind what stands before it from `from` on. Returns up to where everything is
/// decided.
pub(crate) fn mask_behind(
    text: &Text<'_>,
    floor: usize,
    from: usize,
    secret: Range<usize>,
    seen: &mut Seen,
    edits: &mut Edits,
) -> usize {
    let at = look_within(text, floor, from..secret.start, &[], seen, edits);
    let end = secret.end;
    // What stands before it may be a part of the same word.
    if at < end || !edits.reach_into(&secret) {
        edits.cover(secret, MASK, Rule::SecretOption);
    }
    at.max(end)
}

/// Looks at names and anchors in a part of a text, each with what of its line is not decided, nothing before `floor`; returns
/// up to where everything is decided.
pub(crate) fn look_within(
    text: &Text<'_>,
    floor: usize,
    part: Range<usize>,
    names: &[usize],
    seen: &mut Seen,
    edits: &mut Edits,
) -> usize {
    let (mut finder, mut issued) = (Finder::default(), Issued::default());
    let (mut done, mut at) = (floor, part.start);
    let said = text.slice(0..part.end);
    loop {
        let name = names.iter().copied().find(|name| (at..part.end).contains(name));
        let anchor = issued.first(said, at, finder.next(said, at));
        let Some(hit) = name.into_iter().chain(anchor).min() else { return at };
        // An anchor may begin with the line break before a word.
        let line = line_start(text, hit + usize::from(text.at(hit) == b'\n'));
        let before = edits.len();
        let found = look(text, done.max(line), done <= line, hit, seen, edits);
        let secret = (edits.len() > before).then(|| found.end().unwrap_or(hit));
        issued.note(said, done.max(line).max(part.start).min(hit), hit, secret, edits);
        at = match found {
            Found::Nothing(next) => next.max(hit + 1),
            Found::Secret(end) | Found::Statement(end) => {
                done = end;
                end.max(hit + 1)
            }
        };
    }
}

/// Looks at the options in the hint whose star stands here. Returns up to where everything is decided.
pub(crate) fn hint(
    text: &Text<'_>,
    floor: usize,
    star: usize,
    seen: &mut Seen,
    edits: &mut Edits,
) -> Option<usize> {
    let options = text.skip_blank(star + 2);
    let end = text.word_end(options);
    if !is_keyword(text.slice(options..end), "OPTIONS") {
        return None;
    }
    let unwrapped = if star > floor { unwrapped::mask(text, floor, star - 1, seen, edits) } else { None };
    unwrapped.or_else(|| mask(text, floor, end, options..end, seen, edits))
}

/// The SET that stands behind what is altered, before a list.
pub(crate) fn set_behind(text: &Text<'_>, altered: usize) -> Option<Range<usize>> {
    let mut at = altered;
    for _ in 0..LONGEST_HEAD {
        let start = skip_gap(text, at, at + AHEAD);
        at = match text.at(start) {
            b'`' | b'"' => text.literal(start).filter(|name| name.closed)?.end,
            b'.' => start + 1,
            _ => text.word_end(start),
        };
        if at == start || at > altered + AHEAD {
            return None;
        }
        if is_any(text.slice(start..at), &["SET"]) {
            return (text.at(skip_gap(text, at, at + AHEAD)) == b'(').then_some(start..at);
        }
    }
    None
}

/// The name that is set, if it denotes a secret and no anchor finds it.
fn odd_name(text: &Text<'_>, quote: usize) -> Option<usize> {
    let end = quote + 1 + text.ahead(quote + 1, 64).iter().take_while(|b| is_name(**b)).count();
    let name = whole(text, quote, quote + 1..end);
    let is_one = text.at(name.end) == b'\''
        && oddity(text.slice(name.clone()), text.slice(quote..name.end + 1)) == Oddity::NoAnchor;
    is_one.then_some(name.start)
}

/// What no anchor finds in a list.
struct Odd {
    /// Names that denote a secret.
    names: Vec<usize>,
    /// Tokens of known issuers, in the order of the list.
    strays: Vec<keyless::Stray>,
    /// Where the first entry begins that is not written as it should be.
    rest: Option<usize>,
}

/// Goes through the entries of a list that are written as they should be, and looks at the rest by its names.
fn odd_entries(text: &Text<'_>, first: usize, seen: &mut Seen) -> Odd {
    let (mut names, mut strays) = (Vec::new(), Vec::new());
    let mut at = first;
    while let Some((name, value, end)) = entry(text, at) {
        let said = text.slice(value.clone());
        if is_known_token(said)
            && said.iter().all(|byte| is_token_byte(*byte))
            && Folded::of(text.slice(name.clone())).secrecy() == Secrecy::None
        {
            // No name says that it is one.
            strays.push(keyless::Stray::of(value));
        }
        match seen.listed.oddity(text, name.clone()) {
            Oddity::None => {}
            Oddity::NoAnchor => names.push(name.start),
            // Not known elsewhere.
            Oddity::Doubtful => {
                at = name.start - 1;
                break;
            }
        }
        match text.at(end) {
            b',' => at = end + 1,
            b')' => {
                seen.entries = first..end;
                return Odd { names, strays, rest: None };
            }
            _ => {
                // Behind a value stands something else.
                at = name.start - 1;
                break;
            }
        }
    }
    let rest = at;
    seen.entries = first..rest;
    // What is not written as it should be is looked at as far as it may reach.
    let from = seen.behind_pairless(at, true).max(seen.behind_even(at));
    let mut pairs = pairs(text, from, (first + AHEAD).saturating_sub(from));
    pairs.in_shell = true;
    let mut any = false;
    while let Some((name, _)) = pairs.next() {
        any = true;
        let name = whole(text, first - 1, pairs.key..pairs.key + name.len());
        if seen.listed.oddity(text, name.clone()) == Oddity::NoAnchor {
            names.push(name.start);
        }
    }
    if !any {
        seen.pairless(at..pairs.at, true);
    }
    if names.is_empty() {
        seen.even = at..pairs.at;
    }
    Odd { names, strays, rest: Some(rest) }
}

/// Name and value of the entry that begins here, and where what follows it begins, if it is written as it should be.
fn entry(text: &Text<'_>, from: usize) -> Option<(Range<usize>, Range<usize>, usize)> {
    let quote = skip_comments(text, from);
    let name =
        quote + 1..quote + 1 + text.slice(quote + 1..quote + 65).iter().take_while(|b| is_name(**b)).count();
    if text.at(quote) != b'\'' || text.at(name.end) != b'\'' {
        return None;
    }
    let sign = text.skip_space(name.end + 1);
    let value = text.skip_space(sign + 1);
    if text.at(sign) != b'=' || text.at(value) != b'\'' {
        return None;
    }
    let end = text.find_either([b'\'', b'\n'], value + 1, AHEAD)?;
    (text.at(end) == b'\'').then(|| (name, value + 1..end, text.skip_blank(end + 1)))
}

#[cfg(test)]
mod tests {
    use crate::expect::redacted as check;

    #[test]
    fn names_without_an_anchor_are_found_in_lists() {
        for name in ["apik-ey", "paswsord", "client.seret", "crredential", "api-ky"] {
            check(
                &format!(
                    "CREATE TABLE t (a INT) WITH ('url' = 'db://u:made-up@a.example', '{name}' = 'made-up', 'token' = 'made-up', 'n' = 'x')"
                ),
                &format!(
                    "CREATE TABLE t (a INT) WITH ('url' = 'db://<REDACTED>@a.example', '{name}' = '<REDACTED>', 'token' = '<REDACTED>', 'n' = 'x')"
                ),
            );
        }
    }
}
