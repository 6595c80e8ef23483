//! Comments: which of them may be shown.

use crate::names::{Folded, Secrecy};
use crate::shape::is_odd_word;

/// Whether a text reads like a remark of a person, without anything that could be a credential.
pub(crate) fn is_harmless(text: &[u8]) -> bool {
    if text.len() > 4096
        || text.iter().any(|b| matches!(b, b'=' | b'\'' | b'"' | b'`' | b'@' | b'$' | b'{' | b'\\'))
    {
        return false;
    }
    text.split(|byte| byte.is_ascii_whitespace()).all(|word| {
        let word = trimmed(word);
        let odd = word.split(|byte| matches!(byte, b'-' | b'/' | b',' | b'_' | b'.')).any(is_odd_word);
        word.len() <= 32 && !odd && Folded::of(word).secrecy() == Secrecy::None && !hints_at_secret(word)
    })
}

/// Whether a word introduces what people write beside a secret.
fn hints_at_secret(word: &[u8]) -> bool {
    const HINTS: &[&[u8]] =
        &[b"pw", b"pass", b"passcode", b"pin", b"login", b"creds", b"cred", b"keys", b"auth", b"was"];
    HINTS.iter().any(|hint| hint.eq_ignore_ascii_case(word))
}

/// A word without the punctuation around it.
fn trimmed(word: &[u8]) -> &[u8] {
    let around = |byte: &u8| {
        matches!(byte, b'.' | b',' | b';' | b':' | b'!' | b'?' | b'(' | b')' | b'-' | b'*' | b'/')
    };
    let start = word.iter().position(|byte| !around(byte)).unwrap_or(word.len());
    let end = word.iter().rposition(|byte| !around(byte)).map_or(start, |last| last + 1);
    &word[start..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remarks_stay_and_credentials_go() {
        for text in ["fraud scoring, owner: risk team", " production model for the chat team ", ""] {
            assert!(is_harmless(text.as_bytes()), "{text}");
        }
        for text in ["password hunter2", "key=abc", "old one: k9Xw2LqPz7", "it''s me", "token is sesame"] {
            assert!(!is_harmless(text.as_bytes()), "{text}");
        }
    }
}
