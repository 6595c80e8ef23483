//! Values behind signs before which the name of a secret stands that is misspelt: where no list is known to be one, nothing else leads
//! to them.

use crate::anchors::is_anchored;
use crate::edit::{Edits, holds_mask};
use crate::secret::issuers::is_known_token;
use crate::secret::names::{Folded, KnownNames, Secrecy, below_secrets_nearly, ends_word};
use crate::secret::shape::is_mixed;
use crate::seen::Seen;
use crate::sql::lex::{Text, is_blank, is_name};
use crate::value::distant::{Literal, literal_behind};
use crate::value::listed::mask_behind;
use std::ops::Range;

/// How long a name is at most, and how much may stand between it and its sign.
const LONGEST_NAME: usize = 64;
const GAP: usize = 96;
/// Options that hold a user.
const USERS: [&[u8]; 2] = [b"username", b"client-id"];
/// How short it is at least.
const SHORTEST_NAME: usize = 4;

/// Whether no name of a secret stands before a sign, or no quote beside it; `names`: which of those that stood before others say
/// nothing.
///
/// It is asked at each sign of a text: nothing behind the next two bytes is looked at.
pub(crate) fn is_no_sign(text: &[u8], sign: usize, names: &mut KnownNames<bool>) -> bool {
    let bare = match &text[..sign] {
        // The letter of an escape.
        [.., b'\\', b'n' | b'r' | b't'] | [.., b'\\', b'n' | b'r' | b't', b' '] => false,
        [.., b' ', b' '] | [] => false,
        [.., last, b' '] | [.., last] => is_name(*last) || b"+-*/|!<>&^%=".contains(last),
    };
    if bare && !may_open(&text[sign + 1..]) {
        return true;
    }
    let Some(name) = name_before(text, sign) else { return true };
    let unquoted = is_blank(text[name.end]) || text[name.end] == b'=';
    let name = &text[name];
    // Without quotes, it may be that of a column: it was looked at where an anchor finds it.
    let closes = || matches!(&text[sign + 1..], [] | [b'\''] | [b'\'', b' ' | b'\t' | b'\'', ..]);
    names.found(name, || secrecy(name) == Secrecy::None) && (unquoted || !is_user(name))
        || bare && !closes() && is_anchored(name)
}

/// Masks the value behind such a sign. Returns where to go on.
pub(crate) fn mask(
    text: &Text<'_>,
    floor: usize,
    sign: usize,
    seen: &mut Seen,
    edits: &mut Edits,
) -> Option<usize> {
    if seen.behind_letters {
        return None;
    }
    let name = name_before(text.slice(0..sign), sign).filter(|name| name.start >= floor)?;
    let signs = text.slice(sign..sign + 3).iter().take_while(|byte| matches!(byte, b'=' | b'>')).count();
    let Literal { value, .. } = literal_behind(text, sign + signs)?;
    let said = text.slice(value.clone());
    let certain = secrecy(text.slice(name.clone())) == Secrecy::Secret;
    let drawn = || is_mixed(said) || is_known_token(said);
    if holds_mask(text.slice(name.end..value.end)) || !(certain || drawn()) {
        return None;
    }
    seen.behind_letters = true;
    let end = mask_behind(text, floor, sign + 1, value, seen, edits);
    seen.behind_letters = false;
    Some(end)
}

/// The name before a sign that is one of a user: it tells a list of connection options of which the beginning is lost.
pub(crate) fn user_before(text: &Text<'_>, floor: usize, sign: usize) -> Option<Range<usize>> {
    name_before(text.slice(0..sign), sign)
        .filter(|name| name.start > floor && is_user(text.slice(name.clone())))
}

/// Whether a name is that of an option which holds a user.
fn is_user(name: &[u8]) -> bool {
    USERS.iter().any(|user| user.eq_ignore_ascii_case(name))
}

/// The name before a sign, with quotes, escapes and comments between the two.
fn name_before(text: &[u8], sign: usize) -> Option<Range<usize>> {
    let limit = sign.saturating_sub(GAP);
    // Mostly, a quote and a blank.
    let mut end = match &text[..sign] {
        [.., name, b'\'', b' '] if is_name(*name) => sign - 2,
        _ => sign,
    };
    while end > limit {
        let before = &text[limit..end];
        end -= match before {
            [.., 0xe2, 0x80, 0x98..=0x9f] => 3,
            [.., b'\\', b'u', a, b, c, d] if [a, b, c, d].iter().all(|digit| digit.is_ascii_hexdigit()) => 6,
            [.., b'\\', b'n' | b'r' | b't'] => 2,
            [.., b'*', b'/'] => before.len() - memchr::memmem::rfind(before, b"/*")?,
            [.., b'&', b'a', b'p', b'o', b's', b';'] => 6,
            [.., b'&', b'#', b'3', b'9', b';'] => 5,
            [.., b'\'' | b'"' | b'`' | b'\\'] => 1,
            // They stand before a line, or join two strings.
            [.., b'>' | b'+'] if end < sign => 1,
            [.., byte] if is_blank(*byte) => 1,
            _ => break,
        };
    }
    let near = &text[end.saturating_sub(LONGEST_NAME)..end];
    let start = end - near.iter().rev().take_while(|byte| is_name(**byte)).count();
    // A quote stands in the name by mistake.
    let start = match &text[..start] {
        [.., last, b'\''] if is_name(*last) && start < end => {
            let near = &text[start.saturating_sub(LONGEST_NAME + 1)..start - 1];
            start - 1 - near.iter().rev().take_while(|byte| is_name(**byte)).count()
        }
        _ => start,
    };
    // The letter of an escape.
    let escape = start > 0 && text[start - 1] == b'\\' && b"nrt".contains(&text[start]);
    let range = start + usize::from(escape)..end;
    (range.len() >= SHORTEST_NAME).then_some(range)
}

/// Whether what stands behind a sign may be a quote, or what is not there yet.
fn may_open(behind: &[u8]) -> bool {
    match behind {
        [] | [b' '] => true,
        [b' ', next, ..] | [next, ..] => matches!(next, b'\'' | b'\\'),
    }
}

/// Whether a name is all that was left of a word that denotes a secret.
fn is_rest(name: &[u8]) -> bool {
    name.len() >= SHORTEST_NAME && ends_word(name)
}

/// What a name says that may be misspelt: that its value is a secret, or that it is one if it looks so.
fn secrecy(name: &[u8]) -> Secrecy {
    let folded = Folded::of(name);
    match folded.secrecy() {
        Secrecy::None if below_secrets_nearly(folded.as_bytes()) || folded.may_be_secret() => Secrecy::Secret,
        Secrecy::None if folded.may_be_far_secret() || is_rest(folded.as_bytes()) => Secrecy::Weak,
        Secrecy::Secret => Secrecy::Secret,
        _ => Secrecy::None,
    }
}

#[cfg(test)]
mod tests {
    use crate::expect::redacted_for_good as check;

    #[test]
    fn a_misspelt_name_needs_no_list() {
        for (text, masked) in [
            ("EST 'sql.secrts.a' = 'made up';", "EST 'sql.secrts.a' = '<REDACTED>';"),
            ("x (, 'openai.apik_ey' = 'made up'", "x (, 'openai.apik_ey' = '<REDACTED>'"),
            ("x 'topic' = 'a', 'client-secrt'='made-up',", "x 'topic' = 'a', 'client-secrt'='<REDACTED>',"),
            ("x (secrt = 'made up', `tken` = 'made up')", "x (secrt = '<REDACTED>', `tken` = '<REDACTED>')"),
            (
                r#""topic'\\n" + "  , 'client.secrret =\\n" + "\\t'made-up'\\n""#,
                r#""topic'\\n" + "  , 'client.secrret =\\n" + "\\t'<REDACTED>'\\n""#,
            ),
            (
                r#"{"s":", ''api-eky''\n  =\n  ''made up''  );', 'a'"}"#,
                r#"{"s":", ''api-eky''\n  =\n  ''<REDACTED>''  );', 'a'"}"#,
            ),
            ("x: 'i-key''=''k9Xw2LqPz7Rt'',", "x: 'i-key''=''<REDACTED>'',"),
            ("x ,'client.secret=' 'Lq-12-Zt\"K', 'f' = 'j'", "x ,'client.secret=' '<REDACTED>', 'f' = 'j'"),
            (
                "x tok'en'='made up', client.secr'et' = 'made up'",
                "x tok'en'='<REDACTED>', client.secr'et' = '<REDACTED>'",
            ),
            ("x 'tken' /* a; b */ = 'made up'", "x 'tken' /* a; b */ = '<REDACTED>'"),
        ] {
            check(text, masked);
        }
        for text in
            ["header += 'made up'", "x 'topic' = 'made up'", "WHERE taken = 'made up'", "'tken' = NULL"]
        {
            check(text, text);
        }
    }

    #[test]
    fn a_user_without_quotes_is_no_option() {
        for text in ["login: username='k9Xw2LqPz7Rt' ok", "SELECT a FROM b WHERE username = 'k9Xw2LqPz7Rt'"] {
            check(text, text);
        }
        let text = |value: &str| format!("'username' = '{value}',\n'endpoint' = 'https://h.example'\n)");
        check(&text("made up"), &text("<REDACTED>"));
    }
}
