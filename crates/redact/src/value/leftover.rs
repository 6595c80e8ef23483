//! What the rules before have left: values that look drawn behind the name of a secret, and the rest of a value, told by nothing but
//! the pieces between them.

mod again;
mod rest;
mod way;

use crate::anchors::is_anchored;
use crate::edit::{Edit, Edits, Rule, holds_mask};
use crate::secret::issuers::is_token_byte;
use crate::secret::names::{Folded, Secrecy};
use crate::secret::shape::{is_mixed, is_odd_word, is_scrambled, is_uuid};
use crate::seen::Seen;
use crate::sql::lex::{Text, is_name};
use crate::statement::cut::{DOTS, may_be_secret};
use crate::statement::recognise::is_any;
use crate::value::account::{self, Account};
use crate::value::harmless::{is_description, is_no_secret};
use crate::value::listed::mask_behind;
use crate::wrapping::piece::{Piece, next};
use again::repeated;
use lockkeeper_model::MASK;
use rest::{dangling, keyless, next_line, replacement, rest_end, second_half, unread_end};
use std::ops::Range;
pub(crate) use way::Way;

/// How long a name and a value may be.
const LONGEST_NAME: usize = 64;
const LONGEST: usize = 4096;
/// How much may stand between a name and its value.
const LONGEST_GAP: usize = 256;
/// Among how many words before a name COMMENT stands.
const MOST_TOLD: usize = 4;
/// How short a value is that looks drawn.
const SHORTEST: usize = 8;

/// The value that looks drawn behind the name that a word is a part of, nothing of that before `floor`: in quotes, with comments,
/// line breaks and what stands before each line between the two.
pub(crate) fn behind_name(text: &Text<'_>, floor: usize, word: usize) -> Option<Range<usize>> {
    let name = name_around(text, floor, word);
    let (close, end) = next(text, name.end);
    let quoted = close == Piece::Quote;
    let before = text.slice(floor.max(name.start.saturating_sub(LONGEST_NAME))..name.start);
    // What is called so is a value.
    let assigned = before.trim_ascii_end().strip_suffix(b"'").unwrap_or(before).trim_ascii_end();
    if quoted && assigned.ends_with(b"=") {
        return None;
    }
    let enclosed = encloses(before.last().copied(), text.at(name.end));
    if let Some(value) = if quoted || enclosed { None } else { told(text, before, &name) } {
        return Some(value);
    }
    let is_compound = || text.slice(name.clone()).iter().any(|byte| b"-_.".contains(byte));
    let cell = !quoted && is_cell(text, &name);
    if !quoted && !is_compound() && !cell {
        return None;
    }
    let mut way = Way::behind(text, if quoted || enclosed { end } else { name.end }, quoted);
    let value = way.value(name.end + LONGEST_GAP)?;
    let said = text.slice(value.clone());
    // Without a sign, it may be what anything is called.
    let numbered =
        || quoted && said.iter().any(u8::is_ascii_digit) && said.iter().all(|byte| is_token_byte(*byte));
    let signed = || {
        way.signs == 1
            && (enclosed || way.odd_sign || quoted && way.is_short())
            && !is_no_secret(said)
            && !is_description(said)
    };
    let odd = match way.words {
        0 => is_odd_word(said) && (way.signs > 0 || cell || numbered()) || signed(),
        _ => is_mixed(said) || looks_drawn(said),
    };
    let is_secret = || Folded::of(text.slice(name.clone())).secrecy() == Secrecy::Secret;
    // A text begins with the rest of a name.
    let is_rest = || {
        quoted
            && text.at(name.end) != b'"'
            && way.signs == 1
            && way.is_short()
            && begins_text(text.slice(floor..name.start))
            && !is_no_secret(said)
            && may_be_secret(text.slice(name.clone()))
    };
    let is_one = !holds_mask(text.slice(name.end..value.end)) && (odd && is_secret() || is_rest());
    is_one.then_some(value)
}

/// Whether nothing stands before what follows but what a string or a text begins with, or what says that it was cut.
fn begins_text(before: &[u8]) -> bool {
    let before = before.trim_ascii_end();
    let cut =
        DOTS.iter().any(|dots| before.ends_with(dots)) || before.ends_with(b"]") || before.ends_with(b"*");
    cut || match before.strip_suffix(b"\"") {
        Some(head) => matches!(head.trim_ascii_end(), [.., b':' | b'(' | b',' | b'[' | b'='] | []),
        None => before.is_empty(),
    }
}

/// Whether two signs enclose a name as quotes should.
fn encloses(open: Option<u8>, close: u8) -> bool {
    matches!(
        (open, close),
        (Some(b'{'), b'}')
            | (Some(b'('), b')')
            | (Some(b'%'), b'%')
            | (Some(b'['), b']')
            | (Some(b'<'), b'>')
    )
}

/// The word that is told behind a name in the text of COMMENT, where no quote tells which text that is.
fn told(text: &Text<'_>, before: &[u8], name: &Range<usize>) -> Option<Range<usize>> {
    let mut words = before.split(|byte| !is_name(*byte)).rev().filter(|word| !word.is_empty());
    if !words.by_ref().take(MOST_TOLD).any(|word| is_any(word, &["COMMENT"])) {
        return None;
    }
    let mut at = text.skip_space(name.end + usize::from(matches!(text.at(name.end), b'=' | b':')));
    let end = text.word_end(at);
    let verb = is_any(text.slice(at..end), &["IS", "WAS"]);
    if verb {
        at = text.skip_space(end);
    }
    let goes_on = |at: &usize| {
        text.at(*at) > b' ' && !b"'\"`\\,;)*<".contains(&text.at(*at)) && !text.has(*at, "…".as_bytes())
    };
    let value = at..at + (at..at + LONGEST_NAME).take_while(goes_on).count();
    let said = text.slice(value.clone());
    let odd = is_odd_word(said) && (verb || said.iter().any(u8::is_ascii_digit)) && at > name.end;
    (odd && Folded::of(text.slice(name.clone())).secrecy() == Secrecy::Secret).then_some(value)
}

/// Whether a name stands alone in a cell of a table.
fn is_cell(text: &Text<'_>, name: &Range<usize>) -> bool {
    let near = text.slice(name.start.saturating_sub(LONGEST_NAME)..name.start);
    near.trim_ascii_end().ends_with(b"|") && text.at(text.skip_blank(name.end)) == b'|'
}

/// Masks what stands beside the edits from the given one on, which were made at an anchor: its value, the second half of each, and the
/// names of accounts. Returns up to where all is decided.
pub(crate) fn mask(
    text: &Text<'_>,
    floor: usize,
    hit: usize,
    first: usize,
    end: usize,
    seen: &mut Seen,
    edits: &mut Edits,
) -> usize {
    edits.lengthen(first, |mask, next| {
        unread_end(text, mask).or_else(|| rest_end(text, mask)).filter(|end| *end <= next)
    });
    // Base64 ends so, too.
    let dangling =
        dangling(text, end).filter(|value| !edits.reach_into(&(end.saturating_sub(1)..value.start)));
    let masks: Vec<Edit> = edits.as_slice().iter().skip(first).cloned().collect();
    // One that was made longer may end behind what was read.
    let mut last = masks.last().map_or(end, |last| last.range.end.max(end));
    let mut cover = |from: usize, value: Range<usize>| {
        if value.start < floor || edits.reach_into(&value) {
            return;
        }
        // What has to be looked at by itself may stand between the two.
        let between = last..from.max(last);
        if between.is_empty() || !is_anchored(text.slice(between)) {
            last = last.max(value.end);
            edits.cover(value, MASK, Rule::SecretOption);
        } else if !seen.behind_letters {
            seen.behind_letters = true;
            last = mask_behind(text, floor, last, value, seen, edits);
            seen.behind_letters = false;
        }
    };
    for Edit { range: mask, with, .. } in masks {
        let beside = [
            second_half(text, &mask, with.ends_with('\'')),
            replacement(text, &mask),
            next_line(text, &mask),
            keyless(text, &mask),
            repeated(text, &mask),
        ];
        for found in beside.into_iter().flatten() {
            cover(found.start, found);
        }
        let accounts = [account::before(text, floor, &mask), account::behind(text, &mask)];
        for Account { name, value } in accounts.into_iter().flatten() {
            cover(name, value);
        }
    }
    if let Some(value) = dangling {
        cover(value.start, value);
    }
    let word = if is_name(text.at(hit)) { hit } else { hit + 1 };
    if is_name(text.at(word))
        && let Some(value) = behind_name(text, floor, word)
    {
        cover(value.start, value);
    }
    last
}

fn looks_drawn(said: &[u8]) -> bool {
    said.len() >= SHORTEST && (is_scrambled(said) || is_uuid(said))
}

/// The name that a word is a part of, without the number of a quote before it.
fn name_around(text: &Text<'_>, floor: usize, word: usize) -> Range<usize> {
    let before = text.slice(floor.max(word.saturating_sub(LONGEST_NAME))..word);
    let start = word - before.iter().rev().take_while(|byte| is_name(**byte)).count();
    let encoded = start > floor && matches!(text.at(start - 1), b'\\' | b'%');
    let start = if encoded { next(text, start - 1).1.max(start) } else { start };
    let end = word + (word..word + LONGEST_NAME).take_while(|at| is_name(text.at(*at))).count();
    start.min(word)..end
}

#[cfg(test)]
mod tests {
    use crate::expect::redacted_for_good as check;

    #[test]
    fn what_is_odd_goes_behind_the_name_of_a_secret() {
        for (text, masked) in [
            (
                "09:28:11,729 ann |  x 'a.secret' -- see below\n09:28:11,729 ann |  = 'k9Xw2LqPz7Rt',\n",
                "09:28:11,729 ann |  x 'a.secret' -- see below\n09:28:11,729 ann |  = '<REDACTED>',\n",
            ),
            (
                "| host | h.example |\n| api-key | `madeUp` |",
                "| host | h.example |\n| api-key | `<REDACTED>` |",
            ),
            ("x 'ai.apik_ey'='made-up''wC2G4KFWe' [ann]", "x 'ai.apik_ey'='<REDACTED>''<REDACTED>' [ann]"),
            (
                r#"{"s":"+\"CREATE CONNECTION c With (\n+  'token' = 'made\"8w7d5L',\n+)\""}"#,
                r#"{"s":"+\"CREATE CONNECTION c With (\n+  'token' = '<REDACTED>'\"<REDACTED>',\n+)\""}"#,
            ),
            (
                " SET 'a.private-key' -- x\n- = /* y */ 'made-up-1';\n+ = /* z */ 'made-up-2';\n",
                " SET 'a.private-key' -- x\n- = /* y */ '<REDACTED>';\n+ = /* z */ '<REDACTED>';\n",
            ),
            ("(a STRING COMMENT 'token made7up4\") -- b\n", "(a STRING COMMENT 'token <REDACTED>\") -- b\n"),
            (
                "COMMENT '\\''the service-key is madeUPup'\\'',",
                "COMMENT '\\''the service-key is <REDACTED>'\\'',",
            ),
            (
                "x\n+='a.LoginModule required username=\"MADEUP7UP\" password=\"made-up\";',\n",
                "x\n+='a.LoginModule required username=\"<REDACTED>\" password=\"<REDACTED>\";',\n",
            ),
            ("comment\\n\t'aws-secret-key madeUp7')", "comment\\n\t'aws-secret-key <REDACTED>')"),
            (
                r" *   'a.password' -- x\n * = 'made\7up`4Made',",
                r" *   'a.password' -- x\n * = '<REDACTED>',",
            ),
            (r"x SET 'a.token' = made\nup\lMade;", r"x SET 'a.token' = <REDACTED>;"),
            (
                r"x -e 'SET '\''a.token'\'' = made\nup\lM' && y",
                r"x -e 'SET '\''a.token'\'' = <REDACTED>\nup\lM' && y",
            ),
            (r"x SET 'a.token' = made\nSELECT 1", r"x SET 'a.token' = <REDACTED>\nSELECT 1"),
            ("Set {sql.secrets.x} = 'made up';", "Set {sql.secrets.x} = '<REDACTED>';"),
            ("x OPTIONS((auth-token)='made up')", "x OPTIONS((auth-token)='<REDACTED>')"),
            ("x('private-key'  .'made up', 'a' = 'b')", "x('private-key'  .'<REDACTED>', 'a' = 'b')"),
            ("x('password' = 'made'\n7uP4madE')", "x('password' = '<REDACTED>'\n)"),
            ("SET 'a.token'='made','7up;4Made';", "SET 'a.token'='<REDACTED>';"),
            ("| token | `madeUp` |", "| token | `<REDACTED>` |"),
            (
                "sql.secrets.k1=<span class=\"s1\">'made_up7'</span>;",
                "sql.secrets.k1=<span class=\"s1\">'<REDACTED>'</span>;",
            ),
        ] {
            check(text, masked);
        }
    }

    #[test]
    fn what_people_choose_stays() {
        for text in [
            "| token | `bearer` |",
            "CREATE TABLE `a`.`token_b`.`c_d7` (e INT)",
            "x('password' = '<REDACTED>',\n'a_b');",
            "<a class=\"header\" href=\"#k9Xw2LqPz7Rt\">",
            "password reset for 'k9Xw2LqPz7Rt'",
            "'secret'\n\n'a' = 'k9Xw2LqPz7Rt'",
        ] {
            check(text, text);
        }
    }
}
