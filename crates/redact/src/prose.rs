//! Comments: which of them may be shown.

pub(crate) mod commented;
pub(crate) mod confined;
pub(crate) mod former;
pub(crate) mod labelled;
pub(crate) mod login;
pub(crate) mod nearby;
pub(crate) mod remark;
pub(crate) mod slips;
pub(crate) mod told;

use crate::secret::issuers::is_known_token;
use crate::secret::names::{Folded, Secrecy};
use crate::secret::shape::is_odd_word;

/// Whether a text reads like a remark of a person, without anything that could be a credential.
pub(crate) fn is_harmless(text: &[u8]) -> bool {
    if let Some(plain) = without_apostrophes(text) {
        let words = plain.split(|byte| byte.is_ascii_whitespace()).map(trimmed);
        return words.filter(|word| word.len() > 2 && is_common(word)).count() > 1 && is_harmless(&plain);
    }
    if text.len() > 4096
        || text.iter().any(|b| matches!(b, b'=' | b'\'' | b'"' | b'`' | b'@' | b'$' | b'{' | b'\\'))
    {
        return false;
    }
    if text.len() >= 6 && !text.trim_ascii().contains(&b' ') {
        // One word alone is no remark.
        return is_common(text);
    }
    let words = || text.split(|byte| byte.is_ascii_whitespace()).map(trimmed).filter(|word| !word.is_empty());
    let long = || words().filter(|word| word.len() > 2);
    if long().filter(|word| is_common(word)).count() * 2 < long().count() {
        return false;
    }
    words().all(|word| {
        word.len() <= 32
            && !is_odd_in_prose(word)
            && Folded::of(word).secrecy() == Secrecy::None
            && !is_known_token(word)
            && !hints_at_secret(word)
    })
}

/// A text without the endings of its words behind an apostrophe, `team's`, if it has any; it may be written twice.
fn without_apostrophes(text: &[u8]) -> Option<Vec<u8>> {
    const ENDINGS: [&[u8]; 7] = [b"s", b"t", b"re", b"ve", b"ll", b"d", b"m"];
    let mut plain = Vec::new();
    let mut at = 0;
    for quote in memchr::memchr_iter(b'\'', text.get(..4096).unwrap_or(text)) {
        let rest = &text[quote + 1..];
        let rest = rest.strip_prefix(b"'").unwrap_or(rest);
        let ending = rest.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
        if quote > at && text[quote - 1].is_ascii_lowercase() && ENDINGS.contains(&&rest[..ending]) {
            plain.extend_from_slice(&text[at..quote]);
            at = text.len() - rest.len() + ending;
        }
    }
    plain.extend_from_slice(&text[at..]);
    (at > 0).then_some(plain)
}

/// Whether a word, or one of its parts, is not one that people would write.
pub(crate) fn is_odd_in_prose(word: &[u8]) -> bool {
    trimmed(word)
        .split(|byte| matches!(byte, b'-' | b'/' | b',' | b'_' | b'.'))
        .any(|part| is_odd_word(unquoted(part)))
}

/// A word without the quotes around it.
fn unquoted(word: &[u8]) -> &[u8] {
    let quote = |byte: &u8| matches!(byte, b'\'' | b'"' | b'`');
    let start = word.iter().position(|byte| !quote(byte)).unwrap_or(word.len());
    let end = word.iter().rposition(|byte| !quote(byte)).map_or(start, |last| last + 1);
    &word[start..end]
}

/// Whether a comment inside of a statement says nothing but common words, so that no word of it can be a secret.
pub(crate) fn is_common(text: &[u8]) -> bool {
    text.len() <= 1024
        && text.split(|byte| byte.is_ascii_whitespace()).all(|word| {
            let word = trimmed(word);
            word.len() <= 2
                || (word.len() <= 4 && word.iter().all(u8::is_ascii_digit))
                || COMMON.iter().any(|common| common.as_bytes().eq_ignore_ascii_case(word))
        })
}

/// Words of remarks about connections. None is one that people choose as a secret.
const COMMON: &[&str] = &[
    "about",
    "account",
    "after",
    "also",
    "and",
    "any",
    "are",
    "because",
    "before",
    "belongs",
    "below",
    "both",
    "but",
    "by",
    "can",
    "cannot",
    "change",
    "changed",
    "chat",
    "check",
    "cloud",
    "cluster",
    "comment",
    "connection",
    "connections",
    "created",
    "database",
    "default",
    "deprecated",
    "dev",
    "development",
    "do",
    "does",
    "endpoint",
    "environment",
    "every",
    "example",
    "expires",
    "external",
    "fix",
    "fixme",
    "for",
    "from",
    "has",
    "have",
    "host",
    "idempotent",
    "internal",
    "into",
    "is",
    "issue",
    "job",
    "like",
    "managed",
    "may",
    "model",
    "models",
    "must",
    "name",
    "needed",
    "needs",
    "new",
    "no",
    "not",
    "note",
    "of",
    "old",
    "only",
    "optional",
    "options",
    "other",
    "our",
    "owned",
    "owner",
    "plain",
    "please",
    "prod",
    "production",
    "provider",
    "quarter",
    "read",
    "ready",
    "remove",
    "replace",
    "required",
    "risk",
    "rotate",
    "rotated",
    "runs",
    "same",
    "scoring",
    "see",
    "service",
    "setup",
    "should",
    "staging",
    "statement",
    "still",
    "table",
    "tables",
    "team",
    "temporary",
    "test",
    "that",
    "the",
    "them",
    "then",
    "these",
    "they",
    "this",
    "ticket",
    "todo",
    "type",
    "until",
    "updated",
    "url",
    "use",
    "used",
    "uses",
    "using",
    "version",
    "we",
    "when",
    "which",
    "with",
    "without",
    "writes",
];

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
