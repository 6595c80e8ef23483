//! Values of options that are known to be plain: what of them may stay.

use crate::edit::{Edits, Rule, holds_mask};
use crate::secret::issuers::is_cut_token;
use crate::secret::names::{Folded, Secrecy};
use crate::secret::shape::{is_chosen, is_odd_word};
use crate::sql::lex::Text;
use crate::url::scheme::first_scheme;
use crate::url::{self, parameters};
use lockkeeper_model::{Class, ConnectionType, MASK, OptionKey, ValueForm};

/// The option that a key is, if it is one whose value may be shown.
pub(crate) fn plain_option(key: &[u8]) -> Option<OptionKey> {
    let key = OptionKey::find(key)?;
    (key.class() == Class::Plain).then_some(key)
}

/// Whether the value has the form that the table wants and holds nothing that looks secret.
///
/// `at` is where the value stands, so that parts of it can be masked. Returns `false` when all of it has to go.
pub(crate) fn scrub(option: OptionKey, value: &[u8], at: usize, edits: &mut Edits) -> bool {
    match option.form() {
        ValueForm::TypeName => {
            std::str::from_utf8(value).is_ok_and(|value| ConnectionType::find(value).is_some())
        }
        ValueForm::Choice(choices) => {
            choices.iter().any(|choice| choice.as_bytes().eq_ignore_ascii_case(value))
        }
        ValueForm::Url => {
            let stays = url::scrub(value, at, edits);
            parameters::mask_users(value, at, edits);
            stays
        }
        ValueForm::Text => {
            !holds_header(value) && value.split(|byte| matches!(byte, b' ' | b',')).all(is_scope)
        }
    }
}

/// Whether a header stands in a value: `Authorization: …`, `Bearer …`.
fn holds_header(value: &[u8]) -> bool {
    let words = value.split(|byte| *byte <= b' ').filter(|word| !word.is_empty());
    let named = |word: &[u8]| {
        let name = word.strip_suffix(b":").map(|name| Folded::of(name).secrecy());
        name.is_some_and(|secrecy| secrecy != Secrecy::None)
    };
    let is_scheme =
        |word: &[u8]| [&b"Basic"[..], b"Digest"].contains(&word) || word.eq_ignore_ascii_case(b"bearer");
    // Nothing stands behind the last word.
    words.clone().zip(words.skip(1)).any(|(word, _)| named(word) || is_scheme(word))
}

/// The length of the plain value that `text` begins with, for values whose quotes are lost.
pub(crate) fn bare_length(option: OptionKey, text: &[u8]) -> usize {
    match option.form() {
        ValueForm::Url => {
            let mut length = 0;
            while let Some(byte) = text.get(length) {
                match text[length..].starts_with(MASK.as_bytes()) {
                    true => length += MASK.len(),
                    false if url::is_url_byte(*byte) => length += 1,
                    false
                        if *byte == b';'
                            && parameters::has_parameter(&text[..length], &text[length + 1..]) =>
                    {
                        length += 1
                    }
                    false if *byte == b',' && begins_host(&text[length + 1..]) => length += 1,
                    false => break,
                }
            }
            length
        }
        _ => text.iter().take_while(|byte| crate::sql::lex::is_word(**byte)).count(),
    }
}

/// Masks what of a URL that is cut may be the beginning of a secret: its last parameter, or user info that has lost its end.
pub(crate) fn mask_cut(value: &[u8], at: usize, edits: &mut Edits) {
    let behind = |sign: usize, length: usize| (sign + length, &value[sign + length..]);
    let part = match memchr::memrchr2(b'?', b'&', value) {
        Some(sign) => memchr::memchr(b'=', &value[sign..])
            .filter(|equals| memchr::memmem::find(&value[sign..sign + equals], b"version").is_none())
            .map(|equals| behind(sign + equals, 1))
            .filter(|(_, said)| is_odd_word(said)),
        // No host has such letters.
        None => first_scheme(value).map(|scheme| behind(scheme, 3)).filter(|(_, said)| {
            said.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(byte))
                && (is_cut_token(said) || said.iter().any(|byte| *byte == b'_' || byte.is_ascii_uppercase()))
        }),
    };
    if let Some((start, said)) = part.filter(|(_, said)| !holds_mask(said)) {
        edits.mask(at + start..at + start + said.len(), Rule::UrlParameter);
    }
}

/// Whether the next of several hosts stands there, with its port or a path behind it.
fn begins_host(text: &[u8]) -> bool {
    let host = text.iter().take_while(|byte| byte.is_ascii_alphanumeric() || b".-".contains(byte)).count();
    text[..host].contains(&b'.')
        && matches!(text[host..], [b':', port, ..] if port.is_ascii_digit())
            | matches!(text[host..], [b'/' | b',', ..])
}

/// Where a literal of scopes ends that stands where one should, and of which each is a name that people choose.
pub(crate) fn scope_end(text: &Text<'_>, start: usize) -> Option<usize> {
    let literal = text.literal(start).filter(|literal| literal.closed && text.at(start) == b'\'')?;
    let content = text.slice(literal.content);
    let mut scopes = content.split(|byte| matches!(byte, b' ' | b','));
    let ends = matches!(text.at(text.skip_space(literal.end)), 0 | b',' | b')' | b'\r' | b'\n');
    (ends && !holds_header(content) && scopes.all(is_chosen)).then_some(literal.end)
}

/// One scope of OAuth (RFC 6749 section 3.3): a short word or a URL without anything in it that could be drawn at random.
fn is_scope(word: &[u8]) -> bool {
    if word.is_empty() {
        return true;
    }
    if word.len() > 200
        || word.iter().any(|byte| !byte.is_ascii_graphic() || b"\"\\'=@?&;<>`$".contains(byte))
    {
        return false;
    }
    word.split(|byte| b"/:.".contains(byte)).all(|part| {
        let digits = part.iter().filter(|byte| byte.is_ascii_digit()).count();
        let upper = part.iter().skip(1).filter(|byte| byte.is_ascii_uppercase()).count();
        let uuid = part.len() == 36 && digits > 0 && part[8] == b'-';
        part.len() < 6
            || uuid
            || (digits <= 2
                && part.len() <= 32
                && upper <= part.len() / 3
                && !crate::secret::issuers::is_known_token(part))
    })
}
