//! The idle path: finds the few places in a text that are worth a look.
//!
//! Names that denote a secret, key words that begin a CONNECTION statement, URLs, and tokens of known issuers hold one
//! of [`ANCHORS`], mostly even when one letter is lost, doubled, swapped or replaced. They are searched for all at
//! once, by SIMD, in a copy of the text in which upper and lower case are one, and signs are blanks.

use aho_corasick::packed::{Config, MatchKind, Searcher};
use std::sync::LazyLock;

/// What is searched for: four bytes at least, because the search looks at four at once and slows down with every
/// place where they come by chance.
const ANCHORS: &[&str] = &[
    // CREATE, ALTER, CONNECTION, WITH (
    "crea", "eate", "alte", "conn", "nect", "th  ", // Names that denote a secret.
    "pass", "word", "aswd", "pwd ", "secr", "cret", "sece", "serc", "toke", "oken", "toek", "tokn", "tken",
    "key ", "kye ", "cred", "auth", "bear", "arer", "cook", "okie", "jaas", "signat", "signin", "jwt ",
    "heade", // The last letter of a URL's scheme.
    "a //", "b //", "e //", "h //", "l //", "p //", "r //", "s //", "v //", // Tokens and keys.
    " sk ", " eyj", " xox", "akia", "aiza", "ghp ", "glpat", "vate key",
];

/// Length of the longest anchor.
const LONGEST: usize = 8;
/// How much text is copied at once.
const BLOCK: usize = 8192;

static SEARCHER: LazyLock<Option<Searcher>> = LazyLock::new(|| {
    let mut builder = Config::new().match_kind(MatchKind::LeftmostFirst).builder();
    builder.extend(ANCHORS.iter().copied());
    builder.build()
});

/// Finds anchors in a text, block by block.
#[derive(Default)]
pub(crate) struct Finder {
    /// The copy, behind one byte for what stands before it.
    block: Vec<u8>,
    /// What of the text is in the copy.
    start: usize,
    end: usize,
    foreign: bool,
}

impl Finder {
    /// Forgets the text.
    pub(crate) fn reset(&mut self) {
        (self.start, self.end, self.foreign) = (0, 0, false);
    }

    /// The first place at or behind `from` that is worth a look: an anchor, or a character beyond ASCII.
    pub(crate) fn next(&mut self, text: &[u8], from: usize) -> Option<usize> {
        let mut from = from;
        loop {
            if from >= text.len() {
                return None;
            }
            if from < self.start || from >= self.end {
                self.load(text, from);
            }
            // From one byte before, because an anchor may begin with the sign before a word.
            let copy = &self.block[from - self.start..];
            let anchor = match &*SEARCHER {
                Some(searcher) => {
                    searcher.find(copy).map(|found| (from + found.start()).saturating_sub(1).max(from))
                }
                None => Some(from),
            };
            let foreign = if self.foreign {
                text[from..self.end].iter().position(|byte| *byte >= 0x80).map(|offset| from + offset)
            } else {
                None
            };
            if let Some(hit) = [anchor, foreign].into_iter().flatten().min() {
                return Some(hit);
            }
            if self.end == text.len() {
                return None;
            }
            from = (self.end + 1 - LONGEST).max(from + 1);
            self.load(text, from);
        }
    }

    fn load(&mut self, text: &[u8], from: usize) {
        let source = &text[from..text.len().min(from + BLOCK)];
        self.block.resize(source.len() + 1, 0);
        self.block[0] = if from > 0 { folded(text[from - 1]) } else { b' ' };
        let mut all = 0;
        for (copy, byte) in self.block[1..].iter_mut().zip(source) {
            *copy = folded(*byte);
            all |= *byte;
        }
        (self.start, self.end, self.foreign) = (from, from + source.len(), all >= 0x80);
    }
}

/// Letters in lower case, digits and slashes as they are, other signs as a blank.
const fn folded(byte: u8) -> u8 {
    let lower = byte | 0x20;
    let letter = lower.wrapping_sub(b'a') < 26;
    let digit = byte.wrapping_sub(b'/') < 11;
    if letter | digit { lower } else { b' ' }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_anchors_are_searched_by_simd() {
        assert!(SEARCHER.is_some());
        assert!(ANCHORS.iter().all(|anchor| (4..=LONGEST).contains(&anchor.len())));
    }

    #[test]
    fn anchors_are_found_over_the_edge_of_a_block() {
        for length in BLOCK - 12..BLOCK + 3 {
            let text = format!("{}PaSSword", "x".repeat(length));
            assert_eq!(Finder::default().next(text.as_bytes(), 0), Some(length));
        }
    }

    #[test]
    fn secret_names_hold_an_anchor() {
        for name in lockkeeper_model::SECRET_WORDS {
            let text = format!("{name}=");
            assert!(Finder::default().next(text.as_bytes(), 0).is_some(), "{name}");
        }
        for name in ["pasword", "passwrod", "toekn", "tokn", "secert", "ap-key", "api_kye", "credentails"] {
            let text = format!("'{name}' = ");
            assert!(Finder::default().next(text.as_bytes(), 0).is_some(), "{name}");
        }
    }
}
