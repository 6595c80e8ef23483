//! Lists of connection options without their first words: cut off, lost, or misspelt beyond recognition.
//!
//! They are known by what they list. Everything in them is masked but what is known, as in a broken statement.

use crate::edit::{Edits, QUOTED_MASK, Rule, holds_mask};
use crate::prose::commented::next_commented;
use crate::secret::names::nearly_option;
use crate::seen::Seen;
use crate::sql::keyword::statement_begins;
use crate::sql::lex::{Text, last_word, separator};
use crate::statement::beginning::{has_known_type, pairs};
use crate::statement::broken;
use crate::statement::comments::{scrub_comments, skip_comments};
use crate::statement::cut::DOTS;
use crate::statement::ending::opens;
use crate::statement::follows::skip_gap;
use crate::statement::recognise::{OBJECTS, is_any};
use crate::statement::words::{is_glued, is_verb};
use crate::value::harmless::is_no_secret;
use crate::value::leftover::Way;
use crate::wrapping::entity::entity;
use crate::wrapping::lines::behind_alike;
use crate::wrapping::percent;
use crate::wrapping::strings::joint;
use crate::wrapping::unwrapped::ends_line;
use crate::wrapping::view::View;
use lockkeeper_model::OptionKey;
use std::ops::Range;

/// How far the pairs of a list are looked at.
const AHEAD: usize = 2048;
/// How single quotes are written, and how long one is at most.
const SINGLE_QUOTES: [&[u8]; 5] = [b"'", b"&apos;", b"&#39;", b"\\u0027", b"%27"];
const LONGEST_QUOTE: usize = 6;
/// How much may stand between a user and its value.
const LONGEST_GAP: usize = 128;
/// How many of them: a list tells what it is by its first.
const MOST_PAIRS: usize = 32;

/// Masks the list of connection options that a quoted name belongs to, if it does; nothing before `floor` is looked at.
/// Returns its end.
pub(crate) fn mask(
    text: &Text<'_>,
    floor: usize,
    name: Range<usize>,
    begins_line: bool,
    seen: &mut Seen,
    edits: &mut Edits,
) -> Option<usize> {
    if name.start == floor || !closes_name(text, name.end) || seen.others.reach(text, name.start) {
        return None;
    }
    // The quotes and what stands between them may be encoded.
    let near = text.slice(floor..name.end + text.ahead(name.end, 16).len());
    let encoded = memchr::memchr3(b'\\', b'&', b'%', near).is_some();
    let found = encoded.then(|| mask_encoded(text, floor, &name, edits)).flatten();
    found.or_else(|| {
        let begins = begins(text, floor, &name, seen)?;
        if stands_alone(text, floor, &name) {
            return None;
        }
        let floor = (!begins_line).then_some(floor);
        Some(broken::mask_rest(text, begins.at, begins.inside, floor, edits))
    })
}

/// Masks the list behind a WITH or SET of which the first words are lost, if it is one of connection options. Returns its end.
pub(crate) fn mask_list(
    text: &Text<'_>,
    floor: usize,
    word: Range<usize>,
    seen: &mut Seen,
    edits: &mut Edits,
) -> Option<usize> {
    let open = skip_gap(text, word.end, word.end + AHEAD);
    let first = skip_comments(text, open + 1);
    let other =
        |seen: &mut Seen| seen.others.reach(text, word.start) || is_other(text.slice(floor..word.start));
    if text.at(open) != b'(' || text.at(first) != b'\'' || other(seen) || is_hint(text, first) {
        return None;
    }
    is_connection(text, first, seen).then(|| {
        scrub_comments(text, word.end..open, edits);
        broken::mask_rest(text, open, false, None, edits)
    })
}

/// Masks the user of a connection whose statement is lost: an option in single quotes, however those are written. Returns its end.
pub(crate) fn mask_user(
    text: &Text<'_>,
    floor: usize,
    name: Range<usize>,
    seen: &mut Seen,
    edits: &mut Edits,
) -> Option<usize> {
    let near = text.slice(name.start.saturating_sub(LONGEST_QUOTE)..name.start);
    // Its quote may be cut off.
    let quoted =
        SINGLE_QUOTES.iter().chain(&DOTS).any(|quote| near.ends_with(quote)) && text.at(name.end) != b' ';
    if !quoted
        || seen.others.reach(text, name.start)
        || is_other(text.slice(floor..name.start))
        || is_hint(text, name.start)
    {
        return None;
    }
    let mut way = Way::behind(text, name.end, true);
    let value = way.value(name.end + LONGEST_GAP).filter(|_| way.signs == 1 && way.is_on_line())?;
    let behind = text.slice(name.end..value.start);
    let said = text.slice(value.clone());
    (behind.contains(&b'=') && !holds_mask(said) && !is_no_secret(said)).then(|| {
        edits.mask(value.clone(), Rule::ConnectionLiteral);
        value.end
    })
}

/// Whether the list whose first key begins at a quote is one of a connection: it says its type, or has two of its options.
fn is_connection(text: &Text<'_>, first: usize, seen: &mut Seen) -> bool {
    let from = seen.behind_pairless(first, false);
    let mut pairs = pairs(text, from, (first + AHEAD).saturating_sub(from));
    let (mut any, mut known) = (false, 0);
    for (key, value) in pairs.by_ref().take(MOST_PAIRS) {
        any = true;
        match OptionKey::find(key) {
            Some(OptionKey::Type) if has_known_type(text, value) => return true,
            Some(_) => known += 1,
            None if key.eq_ignore_ascii_case(b"connector") => return false,
            None => {}
        }
        if known == 2 {
            return true;
        }
    }
    if !any {
        seen.pairless(first..pairs.at, false);
    }
    false
}

fn mask_encoded(text: &Text<'_>, floor: usize, name: &Range<usize>, edits: &mut Edits) -> Option<usize> {
    let begins_in = |view: &View| {
        let name = view.position(name.start)..view.position(name.end);
        begins(&view.text(), 0, &name, &mut Seen::default())
    };
    // The line may be long.
    let near = text.find_either([b'\n'; 2], name.end, AHEAD).unwrap_or(text.len().min(name.end + AHEAD));
    begins_in(&View::of_any(text, floor, near, near)?)?;
    let end = text.line_end(name.end);
    let view = View::of_any(text, floor, end, end)?;
    let begins = begins_in(&view)?;
    view.mask(text, edits, |inner, found| {
        Some(broken::mask_rest(inner, begins.at, begins.inside, None, found))
    })
}

/// Whether a name and its value are all that is listed on a line, of a string or behind what stands before every line, and a
/// statement begins on the next.
fn stands_alone(text: &Text<'_>, floor: usize, name: &Range<usize>) -> bool {
    let Some(end) = text.find_either([b'\\', b'\n'], name.end, AHEAD) else { return false };
    let alike = || text.at(end) == b'\n' && behind_alike(text, name.start, end + 1).is_some();
    let escaped = || text.at(end + text.slashes(end)) == b'n';
    (alike() || escaped()) && begins_statement(text, next_line(text, name.start, end)) && {
        let line = Text::new(text.slice(floor..end), true);
        pairs(&line, 0, line.len()).count() < 2
    }
}

/// Whether a single quote stands behind a name, as it is or encoded.
fn closes_name(text: &Text<'_>, at: usize) -> bool {
    let slashes = text.slashes(at);
    match text.at(at + slashes) {
        b'\'' => true,
        b'&' => entity(text, at + slashes).0 == Some(b'\''),
        b'%' => percent(text, at + slashes, 8).is_some_and(|(sign, _)| sign == b'\''),
        // The escape of a quote by its number.
        b'u' | b'x' => slashes > 0,
        _ => false,
    }
}

/// Where a list begins, or the rest of one, and whether inside of a value.
struct Begins {
    at: usize,
    inside: bool,
}

fn begins(text: &Text<'_>, floor: usize, name: &Range<usize>, seen: &mut Seen) -> Option<Begins> {
    let key = name.start.checked_sub(1)?;
    if text.at(key) != b'\'' || text.at(name.end) != b'\'' || ends_other(text, name.end + 1) {
        return None;
    }
    let first = memchr::memchr(b'\'', text.slice(floor..key)).map(|at| floor + at);
    // What stands before `floor` may be a mask.
    let cut = first.is_some_and(|quote| quote > floor && closes(text, quote));
    if !is_list(text, floor, name, if cut { 1 } else { 2 }, seen)
        || is_other(text.slice(floor..name.start))
        || is_hint(text, name.start)
        || is_remark(text, floor, name)
        || is_all_set(text, floor, name)
    {
        return None;
    }
    Some(match first {
        None => Begins { at: key, inside: false },
        // The rest of a key, whose value is masked by then.
        Some(quote) if cut && let Some(behind) = behind_masked(text, quote) => {
            Begins { at: behind, inside: false }
        }
        Some(quote) if cut => Begins { at: beginning(text, floor, quote), inside: true },
        Some(quote) => Begins { at: quote, inside: true },
    })
}

/// Behind the sign and the mask of the key that ends at a quote.
fn behind_masked(text: &Text<'_>, quote: usize) -> Option<usize> {
    let sign = text.skip_blank(quote + 1);
    let value = text.skip_blank(separator(text, sign));
    (separator(text, sign) > sign && text.has(value, QUOTED_MASK.as_bytes()))
        .then_some(value + QUOTED_MASK.len())
}

/// Whether a statement ends behind a literal that belongs to no list.
fn ends_other(text: &Text<'_>, end: usize) -> bool {
    let behind = text.slice(end..end + AHEAD);
    let sign = behind.iter().position(|byte| b"'\"`=:;".contains(byte));
    if sign.is_none() && behind.len() < AHEAD {
        text.end();
    }
    sign.is_some_and(|sign| behind[sign] == b';' && begins_statement(text, text.skip_blank(end + sign + 1)))
}

/// Whether a quote stands where one closes, at the end of an entry or a key.
fn closes(text: &Text<'_>, quote: usize) -> bool {
    let next = text.skip_blank(quote + 1);
    !opens(text, quote) && (matches!(text.at(next), b',' | b')' | b'\'') || separator(text, next) > next)
}

/// Whether the pairs around a name are those of a connection, so many at least.
fn is_list(text: &Text<'_>, floor: usize, name: &Range<usize>, least: usize, seen: &mut Seen) -> bool {
    let from = seen.behind_pairless(floor, false);
    let mut pairs = pairs(text, from, (name.end + AHEAD).saturating_sub(from));
    let mut known = 0;
    let mut any = false;
    let mut last = None;
    for (key, value) in pairs.by_ref().take(MOST_PAIRS) {
        any = true;
        // A diff shows an option before and after.
        let again = last.replace(key) == Some(key);
        match OptionKey::find(key) {
            _ if again => {}
            Some(OptionKey::Type) if has_known_type(text, value) => return true,
            Some(_) => known += 1,
            None if key.eq_ignore_ascii_case(b"connector") => return false,
            None if nearly_option(key) => known += 1,
            None if known < least => return false,
            None => break,
        }
    }
    if !any {
        seen.pairless(floor..pairs.at, false);
    }
    known >= least
}

/// Whether the words of another statement stand there.
fn is_other(before: &[u8]) -> bool {
    let mut words = before.split(|byte| !byte.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let mut last: &[u8] = b"";
    words.any(|word| {
        let verb = std::mem::replace(&mut last, word);
        ((is_verb(verb) || is_any(verb, &["REPLACE", "TEMPORARY"])) && is_any(word, OBJECTS))
            || is_any(word, &["OPTIONS", "USING"])
    })
}

/// Whether the list around a position is that of a hint, which may begin on a line before and ends as a comment:
/// `/*+ OPTIONS(…) */`.
fn is_hint(text: &Text<'_>, at: usize) -> bool {
    let ahead = text.ahead(at, AHEAD);
    let Some(end) = memchr::memmem::find(ahead, b"*/") else { return false };
    let list = ahead[..end].trim_ascii_end();
    list.ends_with(b")") && memchr::memmem::find(list, b"/*").is_none() && !list.contains(&b';')
}

/// Whether a name and its value are all that is set: `SET 'name' = 'value';`.
fn is_all_set(text: &Text<'_>, floor: usize, name: &Range<usize>) -> bool {
    let sign = text.skip_space(name.end + 1);
    let literal = text.literal(text.skip_space(separator(text, sign))).filter(|literal| literal.closed);
    is_any(last_word(text.slice(floor..name.start - 1).trim_ascii_end()), &["SET"])
        && separator(text, sign) > sign
        && literal.is_some_and(|literal| {
            let end = text.skip_space(literal.end);
            text.at(end) == b';' && ends_line(text, end + 1)
        })
}

/// Whether a name stands in a comment behind which a statement begins: that is looked at by itself.
fn is_remark(text: &Text<'_>, floor: usize, name: &Range<usize>) -> bool {
    let before = text.slice(floor..name.start);
    let Some(open) = memchr::memmem::rfind(before, b"/*") else { return false };
    let Some(end) = memchr::memmem::find(text.ahead(name.end, AHEAD), b"*/") else { return false };
    memchr::memmem::find(&before[open..], b"*/").is_none()
        && begins_statement(text, next_line(text, name.start, name.end + end + 2))
}

/// Where the next line begins, in a string or the next of some that are put together, and behind what stands before every line.
fn next_line(text: &Text<'_>, name: usize, from: usize) -> usize {
    let mut at = text.skip_space(from);
    while text.at(at) == b'\\' && matches!(text.at(at + text.slashes(at)), b'n' | b'r' | b't') {
        at = text.skip_space(at + text.slashes(at) + 1);
    }
    let alike = || behind_alike(text, name, at + 1).or_else(|| next_commented(text, name, at));
    let next = joint(text, at).or_else(|| if text.at(at) == b'\n' { alike() } else { None });
    text.skip_blank(next.unwrap_or(at))
}

fn begins_statement(text: &Text<'_>, at: usize) -> bool {
    let word = text.slice(at..text.word_end(at));
    is_any(word, &["CREATE", "ALTER"]) || is_glued(word) || statement_begins(text, at)
}

/// Where the rest of a literal begins that ends at a quote: behind what stands before texts.
fn beginning(text: &Text<'_>, floor: usize, quote: usize) -> usize {
    let head = text.slice(floor..quote);
    let behind = |sign: &[u8]| memchr::memmem::rfind(head, sign).map(|at| floor + at + sign.len());
    let start = [&b"..."[..], "…".as_bytes(), b"\"", b"("].into_iter().filter_map(behind).max();
    let start = start.or_else(|| [&b": "[..], b" - ", b"] "].into_iter().filter_map(behind).max());
    start.unwrap_or(floor)
}

#[cfg(test)]
mod tests {
    use crate::expect::redacted_for_good as check;

    #[test]
    fn options_tell_a_statement_whose_first_words_are_lost() {
        check(
            "CRT CN c WITH ('type' = 'rest', 'x' = 'made-up', 'token' /* y */\n= 'made-up')",
            "CRT CN c WITH ('type' = 'rest', '<REDACTED>', 'token' /* y */\n= '<REDACTED>')",
        );
    }

    #[test]
    fn the_rest_of_a_statement_is_known_in_a_line() {
        check(
            "2026-01-02 10:00:00 INFO r - ...made-up', 'type' = 'rest', 'token' = 'made-up') took 3 ms",
            "2026-01-02 10:00:00 INFO r - ...'<REDACTED>', 'type' = 'rest', 'token' = '<REDACTED>') took 3 ms",
        );
        check(
            "near 'ey' = 'AKIAIOSFODNN7EXAMPLE', 'aws-secret-key' = 'made'\n 'up');' at line 1",
            "near 'ey' = '<REDACTED>', 'aws-secret-key' = '<REDACTED>'\n);' at line 1",
        );
        check(
            r#"{"host":"a.example","msg":"made-up',\n'token' = 'made-up')"}"#,
            r#"{"host":"a.example","msg":"'<REDACTED>',\n'token' = '<REDACTED>')"}"#,
        );
    }

    #[test]
    fn options_of_other_statements_are_no_list() {
        for text in [
            "CREATE TABLE t (a INT) WITH ('connector' = 'jdbc', 'username' = 'u', 'endpoint' = 'https://a.example')",
            "f({'host': 'a.example', 'n': 3})",
        ] {
            check(text, text);
        }
    }
}
