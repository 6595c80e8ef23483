//! A user and a password in one breath: `user ann / password …`, `login ann_1 pw …`.

use crate::prose::told;
use crate::sql::lex::{Text, is_blank};
use crate::statement::recognise::is_any;
use std::ops::Range;

/// How far before a password its user is said to be one.
const LONGEST: usize = 128;
/// Words before a user, and before a password; the last are no words of a language.
const USERS: &[&str] = &["ACCOUNT", "LOGIN", "USER", "USERNAME"];
const PASSWORDS: &[&str] = &["PASS", "PASSWORD", "PW", "PASSWD", "PWD"];
const SHORT: &[&str] = &["PASSWD", "PWD"];
/// How many hyphens a phrase has at least that somebody has chosen.
const HYPHENS: usize = 2;

/// Whether a word is the password of the user that is named before it, or stands behind what nobody writes but before one; nothing
/// before `from` is read.
pub(crate) fn is_password(text: &Text<'_>, from: usize, word: Range<usize>) -> bool {
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
        ] {
            let masked = text.replace("made-up-by-ann", "<REDACTED>").replace("madeupbyann", "<REDACTED>");
            check(text, &masked);
        }
        for text in [
            "SELECT 1; -- the user changes password regularly",
            "SELECT 1; -- user ann / password missing",
            "SELECT 1; -- user and password elsewhere",
        ] {
            check(text, text);
        }
    }
}
