//! Tokens of well-known issuers in comments and on the lines of other secrets, where no name beside them says what they are.
//!
//! To look for them in every line would take as long as all the rest.

use crate::edit::{Edits, Rule};
use crate::secret::issuers::{BEFORE_ENTRA, ENTRA, ISSUED, is_known_token, is_token_byte};
use aho_corasick::Match;
use aho_corasick::packed::{Config, MatchKind, Searcher};
use lockkeeper_model::MASK;
use std::ops::Range;
use std::sync::LazyLock;

/// How far from a secret tokens are looked for, and how much of one is looked at.
const REACH: usize = 4096;
const LONGEST: usize = 512;

static SEARCHER: LazyLock<Option<Searcher>> = LazyLock::new(|| {
    let mut builder = Config::new().match_kind(MatchKind::LeftmostFirst).builder();
    builder.extend(ISSUED.iter().map(|(prefix, _)| prefix).chain(&ENTRA));
    builder.build()
});

/// Finds tokens on the lines of secrets and comments.
#[derive(Default)]
pub(crate) struct Issued {
    /// Where the bytes begin in the whole text.
    base: usize,
    /// Up to where they were looked through, and the token that was found last.
    looked: usize,
    token: Option<usize>,
    /// Where tokens are looked for behind the last secret or comment, in the whole text. A second look must not find one before it.
    near: Range<usize>,
}

impl Issued {
    /// Goes on with bytes of which `decided` are decided, as `before` of the whole text are.
    pub(crate) fn reset(&mut self, before: usize, decided: usize) {
        (self.base, self.looked, self.token) = (before.saturating_sub(decided), decided, None);
    }

    /// The first token at or behind `floor` on the line of the last secret or comment, if it stands before the anchor; else that.
    pub(crate) fn first(&mut self, bytes: &[u8], floor: usize, anchor: Option<usize>) -> Option<usize> {
        let near = self.near.end.saturating_sub(self.base).min(bytes.len());
        let floor = floor.max(self.near.start.saturating_sub(self.base));
        if floor >= near {
            return anchor;
        }
        self.looked = self.looked.max(floor);
        self.token = self.token.filter(|token| *token >= floor);
        if self.token.is_none() {
            let found = tokens(&bytes[..near], self.looked).next();
            self.looked = found.map_or(near, |token| token + 1);
            self.token = found;
        }
        self.token.take_if(|token| anchor.is_none_or(|anchor| *token < anchor)).or(anchor)
    }

    /// Notes what was found at an anchor: behind a secret and in a comment, tokens are looked for. Those between `from` and the end of
    /// a secret are masked.
    pub(crate) fn note(
        &mut self,
        bytes: &[u8],
        from: usize,
        anchor: usize,
        secret: Option<usize>,
        edits: &mut Edits,
    ) {
        let comment =
            bytes[anchor] == b'*' || matches!(&bytes[anchor..], [b'-', b'-', ..] | [b'/', b'/', ..]);
        if secret.is_none() && !comment {
            return;
        }
        let from = from.max(anchor.saturating_sub(REACH));
        let end = secret.map_or(from, |end| end.clamp(from, bytes.len()));
        for start in tokens(&bytes[..end], from.min(end)) {
            let token = start..start + length(&bytes[start..end]);
            if !edits.reach_into(&token) {
                edits.cover(token, MASK, Rule::KnownToken);
            }
        }
        if self.near.end <= self.base + anchor {
            // An anchor may begin with the line break before a word.
            let ahead = &bytes[anchor..bytes.len().min(anchor + REACH)];
            let end = memchr::memchr(b'\n', &ahead[1..]).map_or(REACH, |end| end + 1);
            self.near = self.base + anchor..self.base + anchor + end;
        }
    }
}

/// Where tokens begin in a text, from a position on.
fn tokens(text: &[u8], from: usize) -> impl Iterator<Item = usize> {
    let found = SEARCHER.iter().flat_map(move |searcher| searcher.find_iter(&text[from..]));
    let start = move |found: Match| {
        let start = from + found.start();
        let before = if found.pattern().as_usize() < ISSUED.len() { 0 } else { BEFORE_ENTRA };
        start.checked_sub(before).filter(|start| *start >= from)
    };
    found.filter_map(start).filter(|start| {
        (*start == 0 || begins_behind(text[start - 1]))
            && is_known_token(&text[*start..][..length(&text[*start..])])
    })
}

/// The length of the token with which a text begins.
fn length(text: &[u8]) -> usize {
    text.iter().take(LONGEST).take_while(|byte| is_token_byte(**byte)).count()
}

/// Whether a token may begin behind a byte.
fn begins_behind(before: u8) -> bool {
    !is_token_byte(before) || matches!(before, b'=' | b'/' | b'+')
}

#[cfg(test)]
mod tests {
    use crate::expect::{redacted_for_good as check, same_in_pieces};

    #[test]
    fn tokens_before_a_comment_are_the_same_in_a_stream() {
        for before in ["see ", "fun COMMENT 'x ", "a, "] {
            for between in [" for it ", " = b, ", " "] {
                for comment in ["-- x y", "/* a b", "// c", "/* a */ SHOW TABLES;", "-- ask\n 'b' = 'c'"] {
                    for behind in ["", "\nSHOW TABLES;\n", " CREATE CONNECTION c WITH ('password' = 'q"] {
                        same_in_pieces(&format!(
                            "{before}glpat-mAde7Up4made9Up2mA{between}{comment}{behind}"
                        ));
                    }
                }
            }
        }
    }

    #[test]
    fn tokens_in_comments_and_beside_secrets_are_masked() {
        for token in [
            "hf_mAde7Up4made9Up2mAde7",
            "xoxb-4711-mAde7Up4made9",
            "glpat-mAde7Up4made9Up2mA",
            "gho_mAde7Up4made9Up2mAde7",
        ] {
            for (before, behind) in [
                ("-- ask ", " for it\nSHOW TABLES;"),
                ("/* x: ", " */ SHOW TABLES;"),
                ("SHOW TABLES; -- ", ""),
                ("--see ", "\nSHOW TABLES;"),
                ("// ", " is old\nSHOW TABLES;"),
                ("fun COMMENT 'see ", " (rotate)' WITH ( 'password' = '<REDACTED>' )"),
                ("CREATE TABLE t (a INT COMMENT ''ask ", "', b INT);"),
            ] {
                check(&format!("{before}{token}{behind}"), &format!("{before}<REDACTED>{behind}"));
            }
        }
        for text in
            ["run --hf_home=/data/hf_cache --x", "a -- b --- c", "/* see hf_hub_download_everything */"]
        {
            check(text, text);
        }
    }
}
