//! The idle path: finds the few places in a text that are worth a look.
//!
//! Every name that denotes a secret, every key word that begins a CONNECTION statement, and every token of a known
//! issuer holds one of [`ANCHORS`], even when one letter is lost, doubled, swapped or replaced. They are searched for
//! all at once, by SIMD, in a copy of the text in which upper and lower case are one.

use aho_corasick::packed::{Config, MatchKind, Searcher};
use std::sync::LazyLock;

/// What is searched for; in lower case, with `_` as `\x7f`, because that is what the copy has.
const ANCHORS: &[&str] = &[
    // CREATE, ALTER, CONNECTION, WITH (
    "crea",
    "reat",
    "eate",
    "crat",
    "crte",
    "alte",
    "ltr",
    "atle",
    "conn",
    "nnec",
    "nect",
    "onec",
    "ectio",
    "th (",
    "th(",
    "th*(",
    "et (",
    "et(",
    // Names that denote a secret.
    "pass",
    "word",
    "asw",
    "swd",
    "pwd",
    "sec",
    "cret",
    "tok",
    "ken",
    "oek",
    "tkn",
    "key",
    "kye",
    "ky=",
    "ky'",
    "ky\"",
    "auth",
    "beare",
    "arer",
    "cook",
    "okie",
    "cred",
    "dent",
    "ntia",
    "jaas",
    "signa",
    "ture",
    "jwt",
    "sig",
    "header",
    "connections",
    // Other things.
    "://",
    "akia",
    "asia",
    "ghp\u{7f}",
    "sk-",
    "eyj",
    "xox",
    "aiza",
    "glpat",
    "-----b",
];

/// Length of the longest anchor.
const LONGEST: usize = 12;
/// How much text is copied at once.
const BLOCK: usize = 4096;

static SEARCHER: LazyLock<Option<Searcher>> = LazyLock::new(|| {
    let mut builder = Config::new().match_kind(MatchKind::LeftmostFirst).builder();
    builder.extend(ANCHORS.iter().copied());
    builder.build()
});

/// Finds anchors in a text, block by block.
pub(crate) struct Finder {
    block: Box<[u8; BLOCK]>,
    start: usize,
    end: usize,
    foreign: bool,
}

impl Default for Finder {
    fn default() -> Self {
        Self { block: Box::new([0; BLOCK]), start: 0, end: 0, foreign: false }
    }
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
            let block = &self.block[from - self.start..self.end - self.start];
            let anchor = match &*SEARCHER {
                Some(searcher) => searcher.find(block).map(|found| found.start()),
                None => Some(0),
            };
            let foreign = if self.foreign { block.iter().position(|byte| *byte >= 0x80) } else { None };
            if let Some(offset) = [anchor, foreign].into_iter().flatten().min() {
                return Some(from + offset);
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
        let mut all = 0;
        for (copy, byte) in self.block.iter_mut().zip(source) {
            *copy = *byte | 0x20;
            all |= *byte;
        }
        (self.start, self.end, self.foreign) = (from, from + source.len(), all >= 0x80);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_anchors_are_searched_by_simd() {
        assert!(SEARCHER.is_some());
        assert!(ANCHORS.iter().all(|anchor| anchor.len() <= LONGEST));
    }

    #[test]
    fn anchors_are_found_over_the_edge_of_a_block() {
        for length in BLOCK - 12..BLOCK + 3 {
            let text = format!("{}PaSSword", "x".repeat(length));
            assert_eq!(Finder::default().next(text.as_bytes(), 0), Some(length));
        }
    }
}
