//! The key words that tell a CONNECTION statement: its verb, its noun, and the two as one word.

use crate::secret::names::Folded;
use crate::sql::keyword::is_keyword;
use crate::statement::recognise::is_any;

pub(crate) fn is_verb(word: &[u8]) -> bool {
    is_keyword(word, "CREATE") || (is_keyword(word, "ALTER") && word.len() >= 4)
}

pub(crate) fn is_noun(word: &[u8]) -> bool {
    // A blank may be lost before IF.
    let (noun, rest) = word.split_at(word.len().saturating_sub(2));
    // A word of its own, which is as near.
    word.len() >= 8
        && !is_any(word, &["COLLECTION", "COLLECTIONS", "CONNECTING", "CONNECTOR", "CONNECTORS"])
        && (is_keyword(word, "CONNECTION")
            || (rest.eq_ignore_ascii_case(b"IF") && noun.len() >= 9 && is_keyword(noun, "CONNECTION")))
}

/// Whether a lost blank made one word of CONNECTION and the word before it, or it is there twice.
pub(crate) fn is_glued(word: &[u8]) -> bool {
    if !word.is_ascii() && word.len() <= 64 {
        let folded = Folded::of(word);
        return folded.as_bytes().is_ascii() && is_glued(folded.as_bytes());
    }
    (9..=11).any(|length| {
        let Some(before) = word.len().checked_sub(length).filter(|before| (4..=16).contains(before)) else {
            return false;
        };
        let (verb, noun) = word.split_at(before);
        is_keyword(noun, "CONNECTION")
            && ["CREATE", "ALTER", "REPLACE", "TEMPORARY", "SYSTEM", "CONNECTION"]
                .iter()
                .any(|known| is_keyword(verb, known))
    })
}
