//! The idle path: finds the few places in a text that are worth a look.
//!
//! Names that denote a secret, key words that begin a CONNECTION statement, URLs, and tokens of known issuers hold one
//! of [`ANCHORS`], mostly even when one letter is lost, doubled, swapped or replaced. They are searched for all at
//! once, by SIMD, in a copy of the text in which upper and lower case are one, and signs are blanks.

pub(crate) mod issued;

use crate::secret::names::KnownNames;
use crate::url::{damaged, userinfo};
use crate::value::misspelt;
use aho_corasick::packed::{Config, MatchKind, Searcher};
use memchr::memmem;
use std::ops::Range;
use std::sync::LazyLock;

/// Names that denote a secret; CREATE, ALTER, CONNECTION, `WITH (`, `SET`; `endpoint`, by which the rest of a statement is
/// known; tokens.
///
/// The search looks for the first four letters of eight sets of words at once, and takes the words by turns: those of a
/// column are one set. It is fast as long as other words seldom have a letter of some word of a set at each of the four
/// places, so the sets were chosen by counting that in logs, manuals and source code. One more row would make it half
/// as fast.
#[rustfmt::skip]
const ANCHORS: &[&str] = &[
    "akia", " set", "word", "conn", " sk ", "auth", "th  ", "toek",
    "beare", "nset", "cret", "sece", " pw ", "alte", "pass", "toke",
    "heade", "endp", "crea", "signa", "pwd ", "curl", "ghp ", "cook",
    "key ", "nect", "cred", "oken", "tokn", " eyj", "jaas", "pi k",
];

/// The name that holds an anchor in nearly every table, without its first quote, and says nothing.
const CONNECTOR: &[u8] = b"connector' = '";
/// Length of the longest anchor.
const LONGEST: usize = 5;
/// How far before its first entry the word of a list stands.
const BEFORE_LIST: usize = 64;
/// How much text is copied at once.
const BLOCK: usize = 8192;
/// What is searched for: anchors, signs of URLs, comments, URLs that may be cut and comments of other languages, comments of a
/// line, characters beyond ASCII; and, before the first of them, signs behind names that are misspelt.
const KINDS: usize = 6;

static SEARCHER: LazyLock<Option<Searcher>> = LazyLock::new(|| {
    let mut builder = Config::new().match_kind(MatchKind::LeftmostFirst).builder();
    builder.extend(ANCHORS);
    builder.build()
});

static DASHES: LazyLock<memmem::Finder<'static>> = LazyLock::new(|| memmem::Finder::new("--"));

static SLASHES: LazyLock<memmem::Finder<'static>> = LazyLock::new(|| memmem::Finder::new("//"));

/// Whether something in a name makes it worth a look, with what stands around it.
pub(crate) fn is_anchored(name: &[u8]) -> bool {
    Finder::default().next(name, 0).is_some()
}

/// Finds anchors in a text, block by block.
#[derive(Default)]
pub(crate) struct Finder {
    /// The copy, behind one byte for what stands before it.
    block: Vec<u8>,
    /// What of the text is in the copy.
    start: usize,
    end: usize,
    foreign: bool,
    /// Whether a quote stands in it, if that was asked.
    quoted: Option<bool>,
    /// Up to where no sign was found in the text.
    signless: usize,
    /// Which names before signs say nothing.
    harmless: KnownNames<bool>,
    /// Whether a slash stands in it, or before it.
    slashed: bool,
    /// The next place of every kind, as far as it was looked for; the end of the copy if it holds none.
    next: [Option<usize>; KINDS],
}

impl Finder {
    /// Forgets the text.
    pub(crate) fn reset(&mut self) {
        (self.start, self.end, self.signless) = (0, 0, 0);
    }

    /// The first place at or behind `from` that is worth a look: an anchor, `@`, encoded or not, `?`, a comment,
    /// `://` before what may be broken user info, or a character beyond ASCII.
    pub(crate) fn next(&mut self, text: &[u8], from: usize) -> Option<usize> {
        let mut from = from;
        loop {
            if from >= text.len() {
                return None;
            }
            if from < self.start || from >= self.end {
                self.load(text, from);
            }
            let mut first = self.end;
            for kind in 0..KINDS {
                let next = match self.next[kind] {
                    Some(next) if next >= from => next,
                    _ => self.search(kind, text, from).unwrap_or(self.end),
                };
                self.next[kind] = Some(next);
                first = first.min(next);
                // No other kind can be found before.
                if first == from {
                    break;
                }
            }
            first = self.sign_before(text, from, first);
            if first < self.end {
                return Some(first);
            }
            if self.end == text.len() {
                return None;
            }
            from = (self.end + 1 - LONGEST).max(from + 1);
            self.load(text, from);
        }
    }

    /// Looks for no signs in a part of the text whose names were looked at, if that is what comes next.
    pub(crate) fn skip_signs(&mut self, text: &[u8], part: &Range<usize>) {
        let next = self.signless.max(self.start);
        if next < part.end
            && next + BEFORE_LIST >= part.start
            && (next >= part.start || memchr::memchr(b'=', &text[next..part.start]).is_none())
        {
            self.signless = part.end;
        }
    }

    /// The first sign behind a name that is misspelt, from a position on and before another; else that.
    ///
    /// It is not looked for any further: most signs stand in lists, which are gone through as a whole.
    fn sign_before(&mut self, text: &[u8], from: usize, first: usize) -> usize {
        let from = from.max(self.signless);
        self.signless = from.max(first);
        if from >= first || !*self.quoted.get_or_insert_with(|| holds_quote(&text[self.start..self.end])) {
            return first;
        }
        let mut signs = memchr::memchr_iter(b'=', &text[from..first]).map(|at| from + at);
        let is_one = |at: &usize| !misspelt::is_no_sign(text, *at, &mut self.harmless);
        let sign = signs.find(is_one).unwrap_or(first);
        self.signless = sign;
        sign
    }

    fn search(&self, kind: usize, text: &[u8], from: usize) -> Option<usize> {
        let rest = &text[from..self.end];
        match (kind, &*SEARCHER) {
            // From one byte before, because an anchor may begin with the sign before a word.
            (0, Some(searcher)) => {
                let mut at = from - self.start;
                loop {
                    at += searcher.find(self.block.get(at..)?)?.start();
                    let before = (self.start + at).saturating_sub(1);
                    at += match text[before..].starts_with(CONNECTOR) {
                        true => CONNECTOR.len() - 1,
                        false if is_in_other_word(&self.block, at) => 1,
                        false => return Some(before.max(from)),
                    };
                }
            }
            (0, None) => Some(from),
            (1, _) => memchr::memchr3_iter(b'@', b'?', b'%', rest)
                .map(|at| from + at)
                .find(|at| text[*at] != b'%' || userinfo::is_sign(text, *at)),
            (2 | 3, _) if !self.slashed => None,
            (2, _) => {
                memchr::memchr_iter(b'*', rest).map(|at| from + at).find(|at| begins_comment(text, *at))
            }
            (3, _) => SLASHES.find_iter(rest).find_map(|at| at_slashes(text, from, from + at)),
            (4, _) => DASHES.find_iter(rest).map(|at| from + at).find(|at| are_two(text, *at)),
            _ if self.foreign => rest.iter().position(|byte| *byte >= 0x80).map(|at| from + at),
            _ => None,
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
        self.quoted = self.foreign.then_some(true);
        self.slashed = memchr::memchr(b'/', &text[from.saturating_sub(1)..self.end]).is_some();
        self.next = [None; KINDS];
    }
}

/// Whether a quote stands in a text, or what escapes one.
fn holds_quote(text: &[u8]) -> bool {
    memchr::memchr3(b'\'', b'"', b'`', text).is_some() || memchr::memchr(b'\\', text).is_some()
}

/// Whether the star of a comment or hint stands here: `/*`, `/*+`.
fn begins_comment(text: &[u8], star: usize) -> bool {
    star > 0 && text[star - 1] == b'/'
}

/// Where a URL or a comment that is worth a look begins with two slashes, not before `from`.
fn at_slashes(text: &[u8], from: usize, slashes: usize) -> Option<usize> {
    let scheme = (slashes > from && text[slashes - 1] == b':').then(|| slashes - 1);
    if let Some(colon) = scheme.filter(|colon| damaged::is_odd(text, *colon)) {
        return Some(colon);
    }
    match text[slashes + 2..] {
        [b' ', ..] => Some(slashes),
        [b'/', b' ', ..] => Some(slashes + 1),
        _ => None,
    }
}

/// Whether two dashes stand there, and a blank or a word, before which nothing stands that they could belong to; a diff may mark the
/// line with a third.
fn are_two(text: &[u8], dash: usize) -> bool {
    let behind = text.get(dash + 3);
    if text[dash..].starts_with(b"---")
        && behind.is_some_and(|byte| *byte == b' ' || byte.is_ascii_alphabetic())
        && (dash == 0 || text[dash - 1] == b'\n')
    {
        return true;
    }
    (dash == 0 || text[dash - 1] != b'-')
        && text.get(dash + 2).is_some_and(|byte| {
            matches!(byte, b' ' | b'\t')
                || byte.is_ascii_alphabetic()
                    && text[..dash].last().is_none_or(|before| !is_in_word(text, dash, *before))
        })
}

/// Whether two dashes stand in a word: behind a letter that is none of a colour or of an escape.
fn is_in_word(text: &[u8], dash: usize, before: u8) -> bool {
    let near = &text[dash.saturating_sub(8)..dash];
    (before.is_ascii_alphanumeric() || before == b'_') && !near.contains(&0x1b) && !near.ends_with(b"\\n")
}

/// Whether the anchor of `SET` that was found in a block is a part of another word. In a string, the letter of a line break
/// stands before it.
fn is_in_other_word(block: &[u8], at: usize) -> bool {
    let set = match block[at] {
        b' ' => block[at..].starts_with(b" set"),
        b'n' => block[at..].starts_with(b"nset"),
        _ => false,
    };
    let before = block[at] == b'n' && at > 0 && block[at - 1] != b' ';
    set && (before || block.get(at + 4).is_some_and(u8::is_ascii_alphanumeric))
}

/// Letters in lower case, digits as they are, other signs as a blank.
///
/// The comparisons are those of signed bytes with the end of a range moved to the largest of them: SSE2 has no others.
const fn folded(byte: u8) -> u8 {
    let lower = byte | b' ';
    let letter = lower.wrapping_add(0x7f - b'z').cast_signed() > (0x7f - 26);
    let digit = byte.wrapping_add(0x7f - b'9').cast_signed() > (0x7f - 10);
    lower & if letter | digit { 0xff } else { b' ' }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_anchors_are_searched_by_simd() {
        assert!(SEARCHER.is_some());
        assert!(ANCHORS.len() <= 32 && ANCHORS.iter().all(|anchor| (4..=LONGEST).contains(&anchor.len())));
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
