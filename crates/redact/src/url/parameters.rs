//! What follows the host in a URL: path, parameters and fragment.

use crate::edit::{Edits, Rule, holds_mask};
use crate::secret::issuers::is_known_token;
use crate::secret::names::{Folded, Secrecy};
use crate::secret::shape::{is_chosen, is_odd_word, is_random, is_scrambled, is_uuid};
use crate::sql::slips::within_one_edit;
use crate::url::damaged::{self, is_in_user};
use crate::url::userinfo;
use lockkeeper_model::{MASK, SECRET_WORDS, percent_decoded};
use std::ops::Range;

/// Parts of a path behind which a secret may stand.
const ANNOUNCING: &[&[u8]] = &[b"accesstoken", b"apikey", b"authtoken", b"token"];
/// How long the name of a parameter is at most.
const LONGEST_PARAMETER: usize = 48;
/// Names of secrets in URLs that are so short that only two swapped letters can be told.
const SHORT: &[&[u8]] = &[b"sig", b"sas", b"key", b"code"];
/// Names of parameters whose value may be a user and a password.
const LOGINS: &[&[u8]] = &[b"account", b"login", b"user", b"userinfo", b"username", b"userpass"];
/// Names of parameters whose value is a user, and of those for the password.
const USERS: &[&[u8]] = &[b"login", b"uid", b"user", b"userid", b"username"];
const PASSWORDS: &[&[u8]] = &[b"pass", b"passwd", b"password", b"pwd"];
/// Names of parameters whose value is a secret if it looks drawn.
const SESSIONS: &[&[u8]] = &[b"k", b"sess", b"session", b"sid"];
/// How long a UUID is.
const UUID: usize = 36;
/// How long the first part of a value is that may be a name before a colon.
const LONGEST_NAME: usize = 32;

/// Masks credential-like parts of what follows a host.
pub(crate) fn scrub(value: &[u8], at: usize, edits: &mut Edits) {
    let query = memchr::memchr3_iter(b'?', b';', b'#', value)
        .find(|sign| value[*sign] != b'#' || begins_parameter(&value[sign + 1..]))
        .unwrap_or(value.len());
    scrub_any_path(&value[..query], at, edits);
    if query == value.len() {
        return;
    }
    let mut start = query + 1;
    while start < value.len() {
        let rest = &value[start..];
        let mut length = separator(rest).unwrap_or(rest.len());
        // A value may begin with a sign that separates others.
        if rest[..length].ends_with(b"=")
            && rest.get(length) != Some(&b';')
            && !is_parameter(&rest[(length + 1).min(rest.len())..])
        {
            length = separator(&rest[length + 1..]).map_or(rest.len(), |next| length + 1 + next);
        }
        let pair = &rest[..length];
        let (name, content) = name_and_value(pair);
        let secret = is_secret(&Folded::of(&percent_decoded(name)), &pair[content..]);
        if secret {
            length = behind_braces(rest, content).unwrap_or(length);
            // What stands before the next parameter belongs to it.
            while length < rest.len() && !is_parameter(&rest[length + 1..]) {
                let next = separator(&rest[length + 1..]);
                length = next.map_or(rest.len(), |next| length + 1 + next);
            }
        }
        let said = &rest[content..length];
        if secret && !said.is_empty() && said != MASK.as_bytes() {
            edits.mask(at + start + content..at + start + length, Rule::UrlParameter);
        } else if !secret && let Some(sign) = glued_name(said) {
            edits.mask(at + start + content + sign + 1..at + start + length, Rule::UrlParameter);
        } else if !secret && let Some(colon) = named_before(said) {
            edits.mask(at + start + content + colon + 1..at + start + length, Rule::UrlParameter);
        } else if !secret {
            userinfo::mask_in(said, at + start + content, edits);
        }
        start += length + 1;
    }
}

/// Masks the users among the parameters of a URL that has a password among them, too: together they are a credential.
pub(crate) fn mask_users(url: &[u8], at: usize, edits: &mut Edits) {
    if memchr::memchr(b'=', url).is_none() {
        return;
    }
    let mut users = Vec::new();
    // The password of a driver's URL may be cut, or stand elsewhere.
    let (mut start, mut password) = (0, url.starts_with(b"jdbc:"));
    for pair in url.split(|byte| matches!(byte, b'?' | b'&' | b';')) {
        let sign = memchr::memchr(b'=', pair).unwrap_or(pair.len());
        let name = Folded::of(&percent_decoded(&pair[..sign]));
        password |= PASSWORDS.contains(&name.as_bytes());
        if USERS.contains(&name.as_bytes()) && sign + 1 < pair.len() && !holds_mask(pair) {
            users.push(at + start + sign + 1..at + start + pair.len());
        }
        start += pair.len() + 1;
    }
    for user in users.into_iter().filter(|_| password) {
        edits.cover(user, MASK, Rule::UrlParameter);
    }
}

/// Whether a semicolon between two texts separates parameters of a driver's URL.
pub(crate) fn has_parameter(before: &[u8], behind: &[u8]) -> bool {
    before.starts_with(b"jdbc:") && begins_parameter(behind)
}

/// Masks credential-like parts of a path in which no signs of other parts of a URL stand.
pub(crate) fn scrub_path(path: &[u8], at: usize, edits: &mut Edits) {
    let (mut start, mut before) = (0, &path[..0]);
    for part in path.split(|byte| *byte == b'/') {
        if is_secret_part(before, part) {
            edits.mask(at + start..at + start + part.len(), Rule::UrlParameter);
        }
        start += part.len() + 1;
        before = part;
    }
}

/// The same where any signs may stand.
fn scrub_any_path(path: &[u8], at: usize, edits: &mut Edits) {
    let pasted = memchr::memchr(b'@', path).is_some();
    let (mut start, mut before) = (0, &path[..0]);
    for part in path.split(|byte| matches!(byte, b'/' | b'#')) {
        if is_secret_part(before, part) {
            edits.mask(at + start..at + start + part.len(), Rule::UrlParameter);
        } else if pasted {
            damaged::mask_in_path(path, start..start + part.len(), at, edits);
        } else if let Some(colon) = named_before(part) {
            edits.mask(at + start + colon + 1..at + start + part.len(), Rule::UrlParameter);
        } else if let Some(value) = listed_in_path(part) {
            edits.mask(at + start + value.start..at + start + value.end, Rule::UrlParameter);
        }
        start += part.len() + 1;
        before = part;
    }
}

/// The value of the first secret among parameters that stand in a path with commas between, as Teradata's driver has them.
fn listed_in_path(part: &[u8]) -> Option<Range<usize>> {
    let mut start = 0;
    for pair in part.split(|byte| *byte == b',') {
        let name = pair.split(|byte| *byte == b'=').next().unwrap_or_default();
        let value = start + name.len() + 1;
        if name.len() < pair.len() && Folded::of(name).secrecy() == Secrecy::Secret {
            // A comma may stand in it.
            let next = memchr::memchr_iter(b',', &part[value..])
                .find(|comma| begins_parameter(&part[value + comma + 1..]));
            let end = next.map_or(part.len(), |comma| value + comma);
            return Some(value..end)
                .filter(|value| !value.is_empty() && &part[value.clone()] != MASK.as_bytes());
        }
        start += pair.len() + 1;
    }
    None
}

/// Whether a part of a path looks drawn, or odd where one says what follows.
fn is_secret_part(before: &[u8], part: &[u8]) -> bool {
    let drawn =
        |part: &[u8]| is_known_token(part) || (part.len() >= 20 && !part.contains(&b'.') && is_random(part));
    // The name of a resource, which has the kind of each identity before it.
    if let Some((name, [b'=', id @ ..])) = part.len().checked_sub(UUID + 1).map(|sign| part.split_at(sign))
        && is_uuid(id)
        && !name.contains(&b'=')
    {
        return Folded::of(name).secrecy() == Secrecy::Secret;
    }
    if part.starts_with(b"arn%3") {
        // The name of a resource of AWS.
        return percent_decoded(part).split(|byte| b":/".contains(byte)).any(drawn);
    }
    let announced = || {
        is_odd_word(part)
            && !is_chosen(part)
            && !is_uuid(part)
            && part != MASK.as_bytes()
            && ANNOUNCING.contains(&Folded::of(before).as_bytes())
    };
    // What else may stand there is told apart by its first letter and its length.
    let may_announce = matches!(before.first(), Some(b'A' | b'a' | b'T' | b't')) && before.len() <= 12;
    let pasted = || part.strip_prefix(b"@").is_some_and(|part| is_scrambled(part) && !is_uuid(part));
    drawn(part) || pasted() || may_announce && announced()
}

/// Whether a URL that goes on ends in the value of a parameter whose name denotes a secret.
pub(crate) fn is_in_secret(url: &[u8]) -> bool {
    let Some(start) = memchr::memrchr3(b'?', b'&', b'#', url) else { return false };
    let name = url[start + 1..].split(|byte| *byte == b'=').next().unwrap_or_default();
    start + 1 + name.len() < url.len()
        && matches!(Folded::of(name).secrecy(), Secrecy::Secret | Secrecy::Weak | Secrecy::Part { .. })
}

/// Whether the value of a parameter is a secret.
fn is_secret(name: &Folded, said: &[u8]) -> bool {
    let short = SESSIONS.contains(&name.as_bytes()) && is_scrambled(said);
    let session = short || name.as_bytes().ends_with(b"sessionid") || name.as_bytes() == b"phpsessid";
    match name.secrecy() {
        Secrecy::Secret | Secrecy::Place | Secrecy::Weak | Secrecy::Part { .. } => true,
        Secrecy::None if session => true,
        Secrecy::None if is_misspelt(name) && is_odd_word(said) => true,
        Secrecy::None if LOGINS.contains(&name.as_bytes()) && is_login(said) => true,
        Secrecy::About | Secrecy::None => is_random(said) && !holds_mask(said),
    }
}

/// Whether a value is a user and a password.
fn is_login(said: &[u8]) -> bool {
    let colon = memchr::memchr(b':', said).map(|colon| (colon, colon + 1));
    let coded = || memchr::memmem::find(said, b"%3A").map(|colon| (colon, colon + 3));
    colon.or_else(coded).is_some_and(|(user, password)| {
        let password = &said[password..];
        user > 0 && !password.is_empty() && !password.starts_with(b"//") && password != MASK.as_bytes()
    })
}

/// Where the colon stands in a value that is itself the name of a secret and something odd: `password:…`.
fn named_before(said: &[u8]) -> Option<usize> {
    let colon = memchr::memchr(b':', &said[..said.len().min(LONGEST_NAME)])?;
    let odd = is_odd_word(&said[colon + 1..]) && &said[colon + 1..] != MASK.as_bytes();
    (odd && Folded::of(&said[..colon]).secrecy() == Secrecy::Secret).then_some(colon)
}

/// Where the sign stands behind the name of a secret that has grown together with the value before it: `…01token=…`.
fn glued_name(said: &[u8]) -> Option<usize> {
    let sign = memchr::memchr(b'=', said)?;
    let name = Folded::of(&said[..sign]);
    let ends = |word: &&str| name.as_bytes().ends_with(word.as_bytes());
    let value = &said[sign + 1..];
    (value.len() > 2 && value != MASK.as_bytes() && SECRET_WORDS.iter().any(ends)).then_some(sign)
}

/// Where the braces end that the value of a driver's parameter stands in.
fn behind_braces(rest: &[u8], content: usize) -> Option<usize> {
    let braced = rest[content..].strip_prefix(b"{")?;
    let ends = |at: &usize| matches!(braced.get(at + 1), None | Some(b';' | b'&'));
    match memchr::memchr(b'}', braced) {
        Some(_) => memchr::memchr_iter(b'}', braced).find(ends).map(|end| content + 1 + end + 1),
        None => Some(rest.len()),
    }
}

/// The sign before the next parameter.
fn separator(rest: &[u8]) -> Option<usize> {
    rest.iter().position(|byte| matches!(byte, b'&' | b';' | b'#' | b'?'))
}

/// Whether a text begins with a name and a sign, or there is none.
fn is_parameter(text: &[u8]) -> bool {
    // As in XML.
    text.is_empty() || begins_parameter(text.strip_prefix(b"amp;").unwrap_or(text))
}

/// Whether a text begins with a name and a sign.
fn begins_parameter(text: &[u8]) -> bool {
    let name = text.iter().take_while(|b| b.is_ascii_alphanumeric() || b"-_.".contains(b)).count();
    let sign = name + usize::from(text.get(name) == Some(&b'\\'));
    name > 0 && text.get(sign) == Some(&b'=')
}

/// The name of a parameter, and where its value begins; if the sign between the two is lost, behind the word that denotes a secret.
fn name_and_value(pair: &[u8]) -> (&[u8], usize) {
    let sign = memchr::memchr(b'=', pair);
    match sign.filter(|sign| pair[*sign..].iter().any(|byte| *byte != b'=')) {
        Some(sign) => (&pair[..sign], sign + 1),
        None => {
            let letters = pair.iter().take(LONGEST_PARAMETER).take_while(|byte| is_in_user(**byte)).count();
            let ends = |end: &usize| {
                let name = Folded::of(&pair[..*end]);
                SECRET_WORDS.iter().any(|word| name.as_bytes().ends_with(word.as_bytes()))
            };
            let short = || SHORT.iter().find(|word| pair.starts_with(word)).map(|word| word.len());
            let name = (0..=letters).find(ends).or_else(short).filter(|end| is_odd_word(&pair[*end..]));
            (&pair[..name.unwrap_or(0)], name.unwrap_or(0))
        }
    }
}

/// Whether a name nearly denotes a secret in a URL.
fn is_misspelt(name: &Folded) -> bool {
    let letters = name.as_bytes();
    let swaps = |known: &[u8]| {
        letters.len() == known.len()
            && known.iter().all(|byte| letters.contains(byte))
            && within_one_edit(letters, known)
    };
    SHORT.iter().any(|known| swaps(known)) || name.may_be_secret()
}
