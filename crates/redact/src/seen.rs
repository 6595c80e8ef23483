//! What was seen of a text that holds anchor after anchor, so that none of it is looked at again and again.

use crate::lex::{Text, is_word};
use crate::recognise::is_any;
use std::ops::Range;

/// How much has to be bare: the first words of a statement and what follows them are looked for in fewer and shorter words.
const REACH: usize = 40 * (LONGEST_BLANK + LONGEST_WORD);
const LONGEST_BLANK: usize = 16;
const LONGEST_WORD: usize = 64;

/// What the looks before have seen, so that none looks at it again.
#[derive(Default)]
pub(crate) struct Seen {
    /// Where the line begins, and up to where that was looked for.
    line: usize,
    lines: usize,
    /// There is no `://` in what is without blanks before this.
    no_scheme: usize,
    /// A part of the text in which there are words and blanks only, and whether something else follows it.
    bare: Range<usize>,
    ends_bare: bool,
    /// There was a key word before.
    any: bool,
}

impl Seen {
    /// The beginning of the line of `hit`.
    pub(crate) fn line_of(&mut self, bytes: &[u8], hit: usize) -> usize {
        if let Some(end) = memchr::memrchr(b'\n', &bytes[self.lines..hit]) {
            self.line = self.lines + end + 1;
        }
        self.lines = hit;
        self.line
    }

    /// The `://` before `hit`, without a blank between the two.
    pub(crate) fn scheme(&mut self, text: &Text<'_>, floor: usize, hit: usize) -> Option<usize> {
        let near = floor.max(hit.saturating_sub(1024)).max(self.no_scheme.saturating_sub(2));
        let before = text.slice(near..hit);
        let run = before.iter().rposition(|byte| *byte <= b' ').map_or(before, |blank| &before[blank + 1..]);
        let found = memchr::memmem::rfind(run, b"://").map(|colon| hit - run.len() + colon);
        if found.is_none() {
            self.no_scheme = hit;
        }
        found
    }

    /// Whether a key word begins no statement, because so many words, and nothing but words, follow it. The first one of
    /// a text is not asked about: where there are few of them, looking at them takes less.
    pub(crate) fn is_in_vain(&mut self, text: &Text<'_>, word: &[u8], end: usize) -> bool {
        let is_keyword = is_any(word, &["CREATE", "ALTER", "CONNECTION"]);
        is_keyword && std::mem::replace(&mut self.any, true) && self.is_bare(text, end)
    }

    fn is_bare(&mut self, text: &Text<'_>, from: usize) -> bool {
        if !self.bare.contains(&from) && from != self.bare.end {
            (self.bare, self.ends_bare) = (from..from, false);
        }
        while !self.ends_bare && self.bare.end < from + REACH {
            match bare_word(text, self.bare.end) {
                Some(end) => self.bare.end = end,
                None => self.ends_bare = true,
            }
        }
        self.bare.end >= from + REACH || (self.bare.end == text.len() && text.ends())
    }
}

/// The end of blanks and a word, if they are short and the word does not announce a literal.
fn bare_word(text: &Text<'_>, from: usize) -> Option<usize> {
    let rest = text.slice(from..from + LONGEST_BLANK + LONGEST_WORD);
    let word = rest.iter().position(|byte| !matches!(byte, b' ' | b'\t' | b'\n' | b'\r'))?;
    let length = rest[word..].iter().position(|byte| !is_word(*byte))?;
    let bare = word < LONGEST_BLANK
        && (1..LONGEST_WORD).contains(&length)
        && !rest[word..word + length].eq_ignore_ascii_case(b"COMMENT");
    bare.then_some(from + word + length)
}

#[cfg(test)]
mod tests {
    use crate::redact;

    #[test]
    fn a_statement_behind_any_number_of_key_words_is_masked() {
        let statements = [
            ("c WITH ('x' = 'made-up')", "c WITH ('x' = '<REDACTED>')"),
            ("c COMMENT 'made up of token: made-up' WITH ()", "c COMMENT '<REDACTED>' WITH ()"),
        ];
        for (statement, masked) in statements {
            for word in ["CREATE ", "ALTER CONNECTION ", "CREATE\nCONNECTION\n", "connection "] {
                for count in (0..90).chain([1000]) {
                    let words = format!("{}CREATE CONNECTION ", word.repeat(count));
                    assert_eq!(redact(&format!("{words}{statement}")), format!("{words}{masked}"), "{count}");
                }
            }
        }
    }

    #[test]
    fn a_url_behind_signs_is_seen() {
        for signs in ["@", "?", "@?", "?a=b&"] {
            let signs = signs.repeat(600);
            let text = format!("{signs} https://a:made-up@b.example {signs}");
            assert_eq!(redact(&text), text.replace("a:made-up", "<REDACTED>"));
        }
    }

    /// Ten times as long a text takes about ten times as long: each verb would look to the end of the text for the end of
    /// its comment.
    #[test]
    fn comments_without_an_end_are_looked_at_up_to_a_bound() {
        let text = "CREATE -- /* ".repeat(200_000);
        assert_eq!(redact(&text).len(), text.len());
    }
}
