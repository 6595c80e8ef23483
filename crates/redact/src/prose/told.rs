//! Sentences that say a value behind the name that it belongs to: `value of 'api-key' is too long: '…'`, `the password is '…'`.

use crate::edit::{Edits, Rule};
use crate::prose::is_common;
use crate::secret::issuers::is_cut_token;
use crate::secret::names::{Folded, Secrecy};
use crate::secret::password::is_password;
use crate::secret::shape::is_odd_word;
use crate::sql::lex::Text;
use crate::sql::lookalike::decode;
use crate::statement::recognise::is_any;
use crate::value::rows::{is_assigned, next_in_row};
use std::ops::Range;

/// How much may be said between the name and the value.
const LONGEST: usize = 64;

/// What is said between a value and the name that it belongs to.
const BEFORE: &[&str] =
    &[" after", " for", " for key", " for option", " for property", " in", " of", " of option", " to"];

/// How short a word is that is taken for a password because of the sentence that it stands in.
const SHORTEST: usize = 6;
/// How words end that say in which state something is, or how.
const ENDINGS: &[&str] = &[
    "able", "al", "ant", "ary", "ed", "en", "ent", "ful", "ible", "ic", "ing", "ive", "less", "ly", "ory",
    "ous",
];
/// Other such words, and those for kinds of things and places.
const STATES: &[&str] = &[
    "always",
    "approach",
    "complete",
    "complex",
    "correct",
    "elsewhere",
    "enough",
    "incorrect",
    "inside",
    "insecure",
    "invalid",
    "longer",
    "nowhere",
    "number",
    "obsolete",
    "outside",
    "private",
    "random",
    "secret",
    "secure",
    "shorter",
    "simple",
    "single",
    "somewhere",
    "string",
    "strong",
    "unique",
    "unknown",
    "unset",
];
/// Words that stand between names in a query.
const CLAUSES: &[&str] =
    &["AS", "BY", "FROM", "INTO", "JOIN", "ON", "SELECT", "SET", "USING", "WHERE", "WITH"];
/// Words that a sentence goes on with behind a password.
const AFTER: &[&str] = &["AND", "AT", "BUT", "FOR", "IN", "ON", "SINCE", "UNTIL"];

/// Masks the literal in the sentence behind the name of a secret, if it looks like a password. Returns its end.
#[cold]
pub(crate) fn mask(text: &Text<'_>, name: &Range<usize>, edits: &mut Edits) -> Option<usize> {
    let quote = text.at(name.end);
    let is_quote = matches!(quote, b'\'' | b'"' | b'`');
    let quoted = is_quote && text.slice(name.start.checked_sub(1)?..name.start) == [quote];
    let behind = name.end + usize::from(is_quote);
    let open = if quoted { behind_words(text, behind) } else { None };
    let open = open.or_else(|| behind_verb(text, behind))?;
    let literal = text.literal(open).filter(|literal| literal.closed)?;
    let value = text.slice(literal.content.clone());
    let is_one = is_secret_of(text, name, value);
    is_one.then(|| {
        edits.mask(literal.content, Rule::SecretOption);
        let mut end = literal.end;
        while let Some(next) =
            text.literal(next_in_row(text, end)).filter(|next| next.closed && next.start > end)
            && text.at(next.start) == text.at(open)
            && !is_assigned(text, next.end)
        {
            edits.mask(next.content, Rule::SecretOption);
            end = next.end;
        }
        end
    })
}

/// Masks the literal before the quoted name that it is said to belong to: `invalid value '…' for option 'api-key'`, `token '…' after
/// 'api-key'`. Returns the end of the name.
pub(crate) fn mask_before(
    text: &Text<'_>,
    floor: usize,
    name: &Range<usize>,
    edits: &mut Edits,
) -> Option<usize> {
    let before = text.slice(floor..name.start.saturating_sub(1)).strip_suffix(b" ")?;
    let literal = BEFORE.iter().find_map(|words| before.strip_suffix(words.as_bytes()))?;
    let (quote, said) = literal.split_last().filter(|(quote, _)| matches!(quote, b'\'' | b'"' | b'`'))?;
    let open = memchr::memrchr(*quote, said)?;
    let secret = is_secret_of(text, name, &said[open + 1..]);
    secret.then(|| {
        edits.mask(floor + open + 1..floor + said.len(), Rule::SecretOption);
        name.end
    })
}

/// Whether a word behind the name of a secret and a verb is the secret, and does not say in which state that is.
pub(crate) fn is_value(text: &Text<'_>, word: Range<usize>) -> bool {
    let said = text.slice(word.clone());
    let letters = |byte: &u8| byte.is_ascii_alphanumeric() || *byte >= 0x80;
    let length = said.iter().rposition(letters).map_or(0, |last| last + 1);
    let plain = said[..length].iter().all(|byte| byte.is_ascii_alphabetic() || b"-_.".contains(byte));
    let is_state = |part: &[u8]| {
        let part = part.to_ascii_lowercase();
        is_common(&part)
            || ENDINGS.iter().any(|ending| part.ends_with(ending.as_bytes()))
            || STATES.iter().any(|state| state.as_bytes() == part)
    };
    if length < SHORTEST || said[..length].split(|byte| !letters(byte)).all(is_state) {
        return false;
    }
    let phrase = said[..length].iter().filter(|byte| **byte == b'-').count() > 1;
    // A sentence ends behind it.
    let next = text.skip_space(word.end);
    let ends = || {
        length < said.len()
            || matches!(
                text.at(next),
                0 | b'\r' | b'\n' | b'\\' | b'"' | b'\'' | b'`' | b'(' | b')' | b'.' | b',' | b';'
            )
            || text.has(next, b"*/")
            || text.has(next, b"--")
            || is_any(text.slice(next..text.word_end(next)), AFTER)
    };
    phrase
        || is_cut_token(said)
        || !plain && is_odd_word(&said[..length])
        || !said.is_ascii()
        || plain && ends()
}

/// Whether a sentence goes on with how long something holds: `use token … until June`.
pub(crate) fn is_limited(text: &Text<'_>, word: usize) -> bool {
    let next = text.skip_space(word);
    next > word && is_any(text.slice(next..text.word_end(next)), &["INSTEAD", "TILL", "UNTIL"])
}

/// Whether a literal is a secret of that name, and no other name, as in "`secret1` or `secret2`".
fn is_secret_of(text: &Text<'_>, name: &Range<usize>, value: &[u8]) -> bool {
    let secrecy = |said| Folded::of(said).secrecy();
    secrecy(text.slice(name.clone())) == Secrecy::Secret
        && is_password(value)
        && secrecy(value) == Secrecy::None
}

/// Where a literal begins behind words.
fn behind_words(text: &Text<'_>, from: usize) -> Option<usize> {
    let said = |at: &usize| text.at(*at).is_ascii_alphanumeric() || b" :(".contains(&text.at(*at));
    let open = from + (from..from + LONGEST).take_while(said).count();
    // Names in a query.
    let mut words = text.slice(from..open).split(|byte| !byte.is_ascii_alphanumeric());
    if text.at(open) == b'`' && words.any(|word| is_any(word, CLAUSES)) {
        return None;
    }
    (open > from && opens(text, open) && !text.at(open - 1).is_ascii_alphanumeric()).then_some(open)
}

/// Where a literal begins behind a verb, or a sign that no list has: `password is '…'`, `password ~ '…'`.
fn behind_verb(text: &Text<'_>, from: usize) -> Option<usize> {
    let start = text.skip_space(from);
    let word = text.word_end(start);
    let end = match word > start {
        true if start > from && is_any(text.slice(start..word), &["IS", "WAS"]) => word,
        true => return None,
        false => match decode(text.ahead(start, 4)) {
            (Some(sign), size) if !sign.is_ascii() && !sign.is_alphanumeric() => start + size,
            _ => start + text.ahead(start, 2).iter().take_while(|byte| b"~!|^=-".contains(byte)).count(),
        },
    };
    let open = text.skip_space(end);
    (end > start && opens(text, open)).then_some(open)
}

fn opens(text: &Text<'_>, at: usize) -> bool {
    matches!(text.at(at), b'\'' | b'"' | b'`')
}

#[cfg(test)]
mod tests {
    use crate::expect::redacted_for_good as check;

    #[test]
    fn the_value_is_masked_and_what_is_no_value_stays() {
        for (text, masked) in [
            (
                "value of 'api-key' is too long: 'made7Up4' for x",
                "value of 'api-key' is too long: '<REDACTED>' for x",
            ),
            ("the password is 'made7Up4'.", "the password is '<REDACTED>'."),
            ("sas-token  is  'made7Up4', 'topic'", "sas-token  is  '<REDACTED>', 'topic'"),
            (
                "invalid value 'made7Up4' for option 'api-key' of c",
                "invalid value '<REDACTED>' for option 'api-key' of c",
            ),
            ("unexpected token 'made7Up4' after 'api-key'", "unexpected token '<REDACTED>' after 'api-key'"),
            ("'password'~'made7Up4'", "'password'~'<REDACTED>'"),
            ("'password' ≔ 'made7Up4'", "'password' ≔ '<REDACTED>'"),
            ("option `password` has value \"made7Up4\"", "option `password` has value \"<REDACTED>\""),
        ] {
            check(text, masked);
        }
        for text in [
            "option 'password' is set in 'config'",
            "'secret1' or 'secret2'",
            "the token is 'expired'",
            "password ~ '^[a-z]+$'",
            "no 'api-key' in \"c.example:8080\"",
        ] {
            check(text, text);
        }
    }
}
