//! Values behind names of secrets in which signs stand by mistake, wherever that is: `passw;ord = …`, `'sql.sec"rets.a' = '…'`.
//!
//! No rule reads such a name. What looks drawn is masked behind its letters, and what stands in quotes if the name does, too.

use crate::edit::{Edits, holds_mask};
use crate::found::Found;
use crate::prose::nearby::letters;
use crate::secret::issuers::is_known_token;
use crate::secret::names::{Folded, Secrecy, below_secrets_nearly, ends_nearly, ends_word};
use crate::secret::shape::is_scrambled;
use crate::seen::Seen;
use crate::sql::lex::{Text, is_blank, is_name, quote_length};
use crate::statement::cut::DOTS;
use crate::statement::recognise::is_any;
use crate::value::listed::mask_behind;
use crate::value::{distant, leftover};
use crate::wrapping::lines::line_start;
use lockkeeper_model::MASK;
use std::ops::Range;

/// How far behind an anchor the sign of its name is looked for, and how many are.
const REACH: usize = 96;
const MOST_SIGNS: usize = 4;
/// How long a name is at most.
const LONGEST_NAME: usize = 64;
/// How much may stand between a sign and its value.
const GAP: usize = 24;
/// How long a value may be, and how much of one tells that it looks drawn.
const LONGEST: usize = 4096;
const LONGEST_DRAWN: usize = 256;
/// How long the rest of a name is at most that was cut.
const LONGEST_CUT: usize = 24;

/// Masks the value behind such a name at an anchor where nothing was masked, and looks at what stands before it. Returns where to go
/// on: as was found, if there is none.
pub(crate) fn mask(
    text: &Text<'_>,
    floor: usize,
    hit: usize,
    found: Found,
    seen: &mut Seen,
    edits: &mut Edits,
) -> Found {
    let word = if is_name(text.at(hit)) { hit } else { hit + 1 };
    // Signs of URLs and comments are no anchors of names.
    let sign = b"@?%*-/:=".contains(&text.at(hit));
    if seen.behind_letters || sign || !is_name(text.at(word)) || begins_no_name(text, word) {
        return found;
    }
    let Some(value) = value(text, floor, hit)
        .or_else(|| distant::value(text, floor, word))
        .or_else(|| leftover::behind_name(text, floor, word))
    else {
        return found;
    };
    seen.behind_letters = true;
    let end = mask_behind(text, floor, hit + 1, value, seen, edits);
    seen.behind_letters = false;
    Found::Secret(found.end().map_or(end, |found| found.max(end)))
}

/// Whether an anchor is one of those that no part of a name of a secret begins with: nearly all are, in statements.
fn begins_no_name(text: &Text<'_>, word: usize) -> bool {
    let four = [0, 1, 2, 3].map(|at| text.at(word + at) | b' ');
    matches!(&four, b"crea" | b"alte" | b"conn" | b"nect" | b"nset" | b"curl" | b"endp")
        || matches!(&four, [b't', b'h', next, _] if !next.is_ascii_alphanumeric())
}

/// The value behind such a name at a position, on its line, nothing of it before `floor`.
fn value(text: &Text<'_>, floor: usize, hit: usize) -> Option<Range<usize>> {
    // Byte by byte: a line that is there is looked at without the next.
    let goes_on = |at: &usize| match text.at(*at) {
        b'\n' | 0 => false,
        // Behind a literal, another entry follows.
        b',' => !matches!(text.slice(hit..*at).trim_ascii_end().last(), Some(b'\'' | b'"' | b'$')),
        _ => true,
    };
    let reach = hit + (hit..hit + REACH).take_while(goes_on).count();
    let signs = (hit..reach).filter_map(|at| sign_end(text, at).map(|end| (at, end)));
    let signed = signs.take(MOST_SIGNS).find_map(|(sign, end)| value_behind(text, floor, sign, end));
    signed.or_else(|| value_behind_strange(text, floor, hit))
}

/// The literal behind a name in quotes and what is no sign: `'password' - '…'`, `'password' <> '…'`.
fn value_behind_strange(text: &Text<'_>, floor: usize, hit: usize) -> Option<Range<usize>> {
    // Byte by byte, as above.
    let run = |from: usize, of: &[u8]| {
        from + (from..from + GAP).take_while(|at| of.contains(&text.at(*at))).count()
    };
    let mut near = hit..hit + LONGEST_NAME;
    let close =
        near.find(|at| matches!(text.at(*at), b'\'' | b'\n' | 0)).filter(|at| text.at(*at) == b'\'')?;
    let sign = run(run(close, b"'\\"), b" \t");
    let word = text.word_end(sign);
    let behind = if is_any(text.slice(sign..word), &["IS", "TO"]) { word } else { run(sign, b"-~<>!=;:.") };
    let is_sign = text.slice(sign..behind).iter().all(|byte| b"=:>".contains(byte));
    let open = run(behind, b" \t\\");
    if is_sign || text.at(open) != b'\'' {
        return None;
    }
    let line = name_floor(text, floor, hit);
    enclosed_value(text, line..close + 1, &Gap { end: run(open, b"'\\"), opening: b'\'', stray: true })
}

/// Where a name begins at the earliest that stands before a position, on its line.
fn name_floor(text: &Text<'_>, floor: usize, at: usize) -> usize {
    floor.max(at.saturating_sub(LONGEST_NAME)).max(line_start(text, at))
}

/// The end of the sign, or of the verb, at a position.
fn sign_end(text: &Text<'_>, at: usize) -> Option<usize> {
    if matches!(text.at(at), b'=' | b':') {
        return Some(at + 1);
    }
    if text.has(at, b"->") {
        return Some(at + 2);
    }
    let is_verb = text.at(at) == b' ' && matches!(text.at(at + 1) | b' ', b'i' | b'w') && {
        let end = text.word_end(at + 1);
        is_any(text.slice(at + 1..end), &["IS", "WAS"]) && is_blank(text.at(end))
    };
    is_verb.then(|| text.word_end(at + 1))
}

fn value_behind(text: &Text<'_>, floor: usize, sign: usize, behind: usize) -> Option<Range<usize>> {
    let gap = Gap::behind(text, behind);
    let start = gap.end;
    // Byte by byte, as above.
    let goes_on = |at: &usize| text.at(*at) > b' ' && !b"'\"`\\,;(){}<>".contains(&text.at(*at));
    let value = start..start + (start..start + LONGEST_DRAWN).take_while(goes_on).count();
    let said = text.slice(value.clone());
    let line = name_floor(text, floor, sign);
    if holds_mask(text.slice(line..value.end)) {
        return None;
    }
    if is_scrambled(said) || is_known_token(said) {
        // What stands in a name as it should be is read elsewhere.
        let whole = text.slice(line..sign).trim_ascii_end();
        let length = whole.iter().rev().take_while(|byte| is_name(**byte)).count();
        let is_read = || Folded::of(&whole[whole.len() - length..]).secrecy() == Secrecy::Secret;
        if behind == sign + 1 && is_read() {
            return None;
        }
        let start = literal_before(text, line, sign).unwrap_or(start);
        let name = letters(text, line..sign.min(start));
        let known = ends_nearly(&name) || below_secrets_nearly(&name);
        let drawn = start..start + (start..start + LONGEST).take_while(goes_on).count();
        // Other quotes may stand in a literal that its own ends.
        let close = literal_end(text, start, b'\'');
        let closes = gap.opening == b'\''
            && text.at(close) == b'\''
            && matches!(text.at(text.skip_space(close + 1)), b',' | b')' | b';');
        let drawn = if closes && close > drawn.end { start..close } else { drawn };
        return (known || is_cut(text.slice(line..sign)) && ends_word(&name)).then_some(drawn);
    }
    enclosed_value(text, line..sign, &gap)
}

/// Where the literal begins that a sign stands in, without a blank between the two: it is a part of the value.
fn literal_before(text: &Text<'_>, line: usize, sign: usize) -> Option<usize> {
    let before = text.slice(line..sign);
    let length = before.iter().rev().take_while(|byte| **byte > b' ' && **byte != b'\'').count();
    let (head, word) = before.split_at(before.len() - length);
    let opens = matches!(head, [.., b'=' | b'>' | b':' | b'*' | b' ', b'\'']);
    (opens && text.at(sign) == b':' && !word.is_empty() && !word.contains(&b'=')).then_some(sign - length)
}

/// Whether a text says with dots that it was cut before the name that follows.
fn is_cut(said: &[u8]) -> bool {
    let said = said.strip_prefix(b"[").unwrap_or(said);
    DOTS.iter().any(|dots| said.starts_with(dots))
        && said.iter().filter(|byte| byte.is_ascii_alphanumeric()).count() <= LONGEST_CUT
}

/// What stands between a sign and a value.
struct Gap {
    end: usize,
    /// The quote or bracket that opens the value.
    opening: u8,
    /// There is something that has no business there.
    stray: bool,
}

impl Gap {
    fn behind(text: &Text<'_>, from: usize) -> Self {
        let mut gap = Self { end: from, opening: 0, stray: false };
        while gap.end < from + GAP && !text.has(gap.end, MASK.as_bytes()) {
            let length = quote_length(text, gap.end);
            let byte = text.at(gap.end);
            let word = (gap.end..from + GAP).take_while(|at| text.at(*at).is_ascii_alphabetic()).count();
            if length > 0 || byte == b'<' {
                (gap.opening, gap.stray) = (byte, gap.stray || byte == b'<');
            } else if word > 0
                && gap.opening == 0
                && text.at(gap.end + word) == b' '
                && text.at(text.skip_space(gap.end + word)) == b'\''
            {
                (gap.end, gap.stray) = (gap.end + word, true);
                continue;
            } else if !b"\\= \t:>*".contains(&byte) {
                break;
            }
            gap.end += length.max(1);
        }
        gap
    }
}

/// The literal behind a gap, or what angle brackets enclose, where the name before it stands in quotes, and it or the gap is none of
/// those that are read elsewhere.
fn enclosed_value(text: &Text<'_>, before: Range<usize>, gap: &Gap) -> Option<Range<usize>> {
    let closing = match gap.opening {
        b'\'' => b'\'',
        b'<' => b'>',
        _ => return None,
    };
    let around = |byte: &u8| b"'\\ \t".contains(byte);
    let said = text.slice(before);
    let end = said.len() - said.iter().rev().take_while(|byte| around(byte)).count();
    let close = end + memchr::memchr(b'\'', &said[end..])?;
    let open = memchr::memrchr(b'\'', &said[..end])?;
    let slashes = said[..close].iter().rev().take_while(|byte| **byte == b'\\').count();
    let name = &said[open + 1..close - slashes];
    let folded = Folded::of(name);
    let broken = gap.stray || !name.iter().all(|byte| is_name(*byte));
    let is_secret = || folded.secrecy() == Secrecy::Secret || below_secrets_nearly(folded.as_bytes());
    if !broken || !is_secret() {
        return None;
    }
    let end = literal_end(text, gap.end, closing);
    let value = gap.end..end;
    (!value.is_empty() && !holds_mask(text.slice(value.start..value.end + 1))).then_some(value)
}

/// Where a literal ends on its line whose text begins at `start`, at the sign that closes it. In a literal of its own, two quotes are one.
fn literal_end(text: &Text<'_>, start: usize, closing: u8) -> usize {
    let alone = text.at(start - 1) == b'\'' && text.at(start - 2) != b'\'';
    let doubled = |at: usize| alone && text.at(at + 1) == b'\'' && text.at(at + 2) != b'\'';
    let mut end = start;
    while end < start + LONGEST && !matches!(text.at(end), b'\n' | 0 | b'\\') {
        match text.at(end) == closing {
            true if doubled(end) => end += 2,
            true => break,
            false => end += 1,
        }
    }
    end
}

#[cfg(test)]
mod tests {
    use crate::expect::redacted_for_good as check;

    #[test]
    fn names_may_hold_signs_anywhere() {
        for (text, masked) in [
            ("ST 'sql.secrets;.a' = 'k9Xw2LqPz7Rt'", "ST 'sql.secrets;.a' = '<REDACTED>'"),
            ("x 'passw;ord' = 'made up', 'a' = 'b'", "x 'passw;ord' = '<REDACTED>', 'a' = 'b'"),
            ("- passwo-rd is k9Xw2LqPz7Rt", "- passwo-rd is <REDACTED>"),
            (&format!("- passwo-rd is {}", "k9Xw2LqPz7Rt".repeat(80)), "- passwo-rd is <REDACTED>"),
            (
                r#"{"sql": "'sql.secrets.a ' = 'made up';", "host": "x"}"#,
                r#"{"sql": "'sql.secrets.a ' = '<REDACTED>';", "host": "x"}"#,
            ),
            (r"...key'\''  =  '\''k9Xw2LqPz7Rt'\'' ,", r"...key'\''  =  '\''<REDACTED>'\'' ,"),
            ("x 'api_k;ey' = 'made''; up';", "x 'api_k;ey' = '<REDACTED>';"),
            (r#""x 'secret'= <'made up'\n""#, r#""x 'secret'= <'<REDACTED>'\n""#),
            (r#""x 'secret' = <made up>, '""#, r#""x 'secret' = <<REDACTED>>, '""#),
            (r#""x\n'secret' = NULL 'made up');""#, r#""x\n'secret' = NULL '<REDACTED>');""#),
            (r"x(,'password' - 'made up', 'a' = 'b')", r"x(,'password' - '<REDACTED>', 'a' = 'b')"),
            ("ST 'openai.api_key'  IS  'made up';", "ST 'openai.api_key'  IS  '<REDACTED>';"),
            (r#""'a.password'<> 'made up'\n" +"#, r#""'a.password'<> '<REDACTED>'\n" +"#),
        ] {
            check(text, masked);
        }
        for text in
            ["broken;ed is k9Xw2LqPz7Rt", "'to,ken' IN ('made up')", "token count: 12, id = 8f3c2b9d0e"]
        {
            check(text, text);
        }
    }
}
