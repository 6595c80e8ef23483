//! Passwords in remarks that look like words: behind their user (`user ann / password …`, `login ann_1 pw …`), or last behind a name.

use crate::prose::told;
use crate::secret::names::{Folded, Secrecy};
use crate::secret::shape::{is_chosen, is_odd_word};
use crate::sql::lex::{Text, is_blank};
use crate::statement::recognise::is_any;
use std::ops::Range;

/// How far before a password its user is said to be one.
const LONGEST: usize = 128;
/// Words before a user, and before a password; the last are no words of a language.
const USERS: &[&str] = &["ACCOUNT", "LOGIN", "USER", "USERNAME"];
const PASSWORDS: &[&str] = &["PASS", "PASSWORD", "PW", "PASSWD", "PWD"];
const SHORT: &[&str] = &["PASSWD", "PWD"];
/// Words that only together with the one before them denote a secret.
const SECOND: &[&str] = &["ID", "KEY", "SECRET", "TOKEN"];
/// How short the last word of a remark is that is a secret.
const SHORTEST: usize = 8;
/// How many hyphens a phrase has at least that somebody has chosen.
const HYPHENS: usize = 2;

/// Whether a word of a remark is a password, because of what stands before it or because it is the last.
pub(crate) fn is_told(text: &Text<'_>, remark: &Range<usize>, word: Range<usize>) -> bool {
    is_password(text, remark.start, word.clone()) || is_last(text, remark, word)
}

/// Whether a word is the password of the user that is named before it, or stands behind what nobody writes but before one; nothing
/// before `from` is read.
fn is_password(text: &Text<'_>, from: usize, word: Range<usize>) -> bool {
    let before = text.slice(from.max(word.start.saturating_sub(LONGEST))..word.start);
    let mut words =
        before.rsplit(|byte| is_blank(*byte) || b",;:=".contains(byte)).filter(|word| !word.is_empty());
    let Some(last) = words.next().filter(|last| is_any(last, PASSWORDS)) else { return false };
    let hyphens = text.slice(word.clone()).iter().filter(|byte| **byte == b'-').count();
    let (mut joined, mut user) = (false, words.next());
    if let Some(b"/" | b"|" | b"&" | b"and" | b"with") = user {
        (joined, user) = (true, words.next());
    }
    let name =
        |user: &[u8]| joined || user.iter().any(|byte| byte.is_ascii_digit() || b"_@-.".contains(byte));
    let known = user.is_some_and(name) && words.next().is_some_and(|word| is_any(word, USERS));
    (known || is_any(last, SHORT) && hyphens >= HYPHENS) && told::is_value(text, word)
}

/// Whether a word is the last of a remark, stands directly behind the name of a secret, and is none that people write.
fn is_last(text: &Text<'_>, remark: &Range<usize>, word: Range<usize>) -> bool {
    let said = text.slice(word.clone());
    let behind = text.slice(word.end..remark.end.max(word.end));
    if said.len() < SHORTEST
        || behind.iter().any(u8::is_ascii_alphanumeric)
        || !is_odd_word(said)
        || is_camel(said)
        || is_chosen(said)
    {
        return false;
    }
    let before = text.slice(remark.start.max(word.start.saturating_sub(LONGEST))..word.start);
    let mut names = before.rsplit(|byte| is_blank(*byte)).filter(|name| !name.is_empty());
    let Some(name) = names.next() else { return false };
    let denotes = |name: &[u8]| Folded::of(name).secrecy() == Secrecy::Secret;
    let second = is_any(name, SECOND);
    denotes(name) || second && names.next().is_some_and(|first| denotes(&[first, name].concat()))
}

/// Whether capitals stand in a word only where parts of it begin, as in names of code.
fn is_camel(word: &[u8]) -> bool {
    let part = |part: &[u8]| part.len() > 1 && part[1..].iter().all(u8::is_ascii_lowercase);
    word.iter().all(u8::is_ascii_alphabetic) && word.chunk_by(|_, next| !next.is_ascii_uppercase()).all(part)
}

#[cfg(test)]
mod tests {
    use crate::expect::redacted_for_good as check;

    #[test]
    fn a_password_stands_behind_its_user() {
        for text in [
            "SELECT 1; -- user ann / password made-up-by-ann\n",
            "SELECT 1; /* login ann@h.example pw madeupbyann */\n",
            "CREATE TABLE t (a INT COMMENT 'user svc_a, password made-up-by-ann')",
            "SELECT 1; -- pwd made-up-by-ann\n",
            "SELECT 1; -- aws-secret-key mAdeUpbyAnn\n",
            "CREATE TABLE t (a INT COMMENT 'API key mAdeUpbyAnn')",
            "CREATE TABLE t (a INT COMMENT 'API key => mAdeUpbyAnn')",
        ] {
            let masked = text.replace("made-up-by-ann", "<REDACTED>").replace("madeupbyann", "<REDACTED>");
            let masked = masked.replace("mAdeUpbyAnn", "<REDACTED>");
            check(text, &masked);
        }
        for text in [
            "SELECT 1; -- the user changes password regularly",
            "SELECT 1; -- user ann / password missing",
            "SELECT 1; -- user and password elsewhere",
            "SELECT 1; -- see the token bucket",
            "SELECT 1; -- the secret TokenStream",
            "SELECT 1; -- tokens for PathSegment",
            "SELECT 1; -- no password for orders_v2",
        ] {
            check(text, text);
        }
    }
}
