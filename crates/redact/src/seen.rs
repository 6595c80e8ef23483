//! What was seen of a text that holds anchor after anchor, so that none of it is looked at again and again.

use crate::secret::issuers::is_token_byte;
use crate::sql::lex::{Text, is_word};
use crate::statement::announced::Announced;
use crate::statement::other::Others;
use crate::statement::recognise::is_any;
use crate::value::listed::Listed;
use std::collections::VecDeque;
use std::ops::Range;

/// How many bare words have to follow: the first words of a statement and what follows them are looked for among fewer.
const REACH: usize = 40;
/// How many words are looked at in one go.
const WORDS: usize = 1024;
const LONGEST_BLANK: usize = 16;
const LONGEST_WORD: usize = 64;
const LONGEST_TOKEN: usize = 65_536;

/// What the looks before have seen, so that none looks at it again.
#[derive(Default)]
pub(crate) struct Seen {
    /// Where the line begins, and up to where that was looked for.
    line: usize,
    lines: usize,
    /// There is no `://` in what is without blanks before this.
    no_scheme: usize,
    /// A run of characters that may stand in a token.
    token: Range<usize>,
    /// A part of the text in which there is no pair of a quoted name and a value.
    pairless: Range<usize>,
    /// The same where the quotes of a shell count.
    pairless_in_shell: Range<usize>,
    /// The entries of the last list that are written as they should be: their names were looked at.
    pub(crate) entries: Range<usize>,
    /// The entries of a list in which nothing has to be looked for.
    pub(crate) harmless: Range<usize>,
    /// A part of the text in which no name in a list denotes a secret that has no anchor.
    pub(crate) even: Range<usize>,
    /// A part of the text in which there are words and blanks only, and whether something else follows it.
    bare: Range<usize>,
    ends_bare: bool,
    /// Where the last words of that part end.
    last: VecDeque<usize>,
    /// Up to where all of those are words of statements or very short: there is nothing to find among them.
    idle: usize,
    /// There was a key word before.
    any: bool,
    /// The names in lists.
    pub(crate) listed: Listed,
    /// The statements that make something else.
    pub(crate) others: Others,
    /// What stands before the text says about it.
    pub(crate) announced: Announced,
    /// The names of a list are looked at.
    pub(crate) in_list: bool,
    /// What stands before a value that was found by the letters before it is looked at: no other is found so in that.
    pub(crate) behind_letters: bool,
    /// What is looked at is a part of a command.
    pub(crate) in_command: bool,
    /// What is looked at is a copy without what stood before each line.
    pub(crate) unwrapped: bool,
    pub(crate) looked_through: LookedThrough,
}

/// Up to where a text was looked through for what may reach over many lines.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct LookedThrough {
    /// No statement goes on behind its line.
    pub(crate) statements: usize,
    /// Entries of lists that are not written as they should be.
    pub(crate) entries: usize,
}

impl LookedThrough {
    /// The same in a text that begins at `needed`, where all before `done` needs no second look.
    pub(crate) fn behind(self, done: usize, needed: usize) -> Self {
        let behind = |end: usize| if end > done { end - needed } else { 0 };
        Self { statements: behind(self.statements), entries: behind(self.entries) }
    }
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
    // It is asked about every word.
    #[inline(always)]
    pub(crate) fn scheme(&mut self, text: &Text<'_>, floor: usize, hit: usize) -> Option<usize> {
        let near = floor.max(hit.saturating_sub(1024)).max(self.no_scheme.saturating_sub(2));
        let before = text.slice(near..hit);
        let run = before.iter().rposition(|byte| *byte <= b' ').map_or(before, |blank| &before[blank + 1..]);
        let colon = if run.len() < 3 { None } else { memchr::memrchr(b':', run) };
        let found = colon.and_then(|_| memchr::memmem::rfind(run, b"://"));
        let found = found.map(|colon| hit - run.len() + colon);
        if found.is_none() {
            self.no_scheme = hit;
        }
        found
    }

    /// The end of the characters behind `start` that may stand in a token.
    pub(crate) fn token_end(&mut self, text: &Text<'_>, start: usize) -> usize {
        if !self.token.contains(&start) {
            self.token = start..start;
        }
        let mut end = self.token.end;
        while is_token_byte(text.at(end)) && end - start < LONGEST_TOKEN {
            end += 1;
        }
        self.token.end = end;
        end
    }

    /// From where on pairs have to be looked for; there are none before.
    pub(crate) fn behind_pairless(&self, from: usize, in_shell: bool) -> usize {
        let pairless = if in_shell { &self.pairless_in_shell } else { &self.pairless };
        if pairless.contains(&from) { pairless.end } else { from }
    }

    /// From where on names without an anchor have to be looked for; there are none before.
    pub(crate) fn behind_even(&self, from: usize) -> usize {
        if self.even.contains(&from) { self.even.end } else { from }
    }

    /// Notes that there is no pair in a part of the text, and before what it ended with or went on with.
    pub(crate) fn pairless(&mut self, part: Range<usize>, in_shell: bool) {
        *(if in_shell { &mut self.pairless_in_shell } else { &mut self.pairless }) = part;
    }

    /// Where to go on behind a key word that begins no statement, because so many words, and nothing but words, follow
    /// it. The first one of a text is not asked about: where there are few of them, looking at them takes less.
    #[inline]
    pub(crate) fn behind_vain(&mut self, text: &Text<'_>, word: &[u8], end: usize) -> Option<usize> {
        let is_keyword = is_any(word, &["CREATE", "ALTER", "CONNECTION"]);
        if !is_keyword || !std::mem::replace(&mut self.any, true) {
            return None;
        }
        // So many words are longer than this.
        if memchr::memchr3(b'\'', b'(', b'=', text.slice(end..end + REACH)).is_some() {
            return None;
        }
        let vain = self.bare_before(text, end);
        (vain >= end).then(|| end.max(vain.min(self.idle)))
    }

    /// Up to where so many words follow each; less than `from` if that is not true of what stands there.
    fn bare_before(&mut self, text: &Text<'_>, from: usize) -> usize {
        if !self.bare.contains(&from) && from != self.bare.end {
            (self.bare, self.ends_bare, self.idle) = (from..from, false, from);
            self.last.clear();
        }
        if self.followed() <= from {
            for _ in 0..WORDS {
                let word = if self.ends_bare { None } else { bare_word(text, self.bare.end) };
                let Some(word) = word else {
                    self.ends_bare = true;
                    break;
                };
                if self.idle == self.bare.end && is_idle(text.slice(word.clone())) {
                    self.idle = word.end;
                }
                self.bare.end = word.end;
                if self.last.len() == REACH {
                    self.last.pop_front();
                }
                self.last.push_back(word.end);
            }
        }
        match self.bare.end == text.len() && text.ends() {
            true => self.bare.end,
            false => self.followed(),
        }
    }

    /// Up to where so many words follow each.
    fn followed(&self) -> usize {
        if self.last.len() < REACH { 0 } else { self.last[0] }
    }
}

/// Whether a word is one of statements, or so short that no name of a secret is.
fn is_idle(word: &[u8]) -> bool {
    let words: &[&str] = match word.len() {
        0..=2 => return true,
        3 => &["SET", "NOT"],
        4 => &["WITH"],
        5 => &["ALTER", "TABLE", "RESET"],
        6 => &["CREATE", "EXISTS"],
        7 => &["REPLACE"],
        9 => &["TEMPORARY"],
        10 => &["CONNECTION"],
        _ => return false,
    };
    is_any(word, words)
}

/// The word behind blanks, commas and the like, if they are short and the word does not announce a literal.
fn bare_word(text: &Text<'_>, from: usize) -> Option<Range<usize>> {
    let rest = text.slice(from..from + LONGEST_BLANK + LONGEST_WORD);
    let word = rest.iter().position(|byte| !matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | b',' | b';'))?;
    let length = rest[word..].iter().position(|byte| !is_word(*byte))?;
    let bare = word < LONGEST_BLANK
        && (1..LONGEST_WORD).contains(&length)
        && !is_any(&rest[word..word + length], &["COMMENT"]);
    bare.then_some(from + word..from + word + length)
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

    /// Ten times as long a text takes about ten times as long. Where each piece looks at all of its line, or to the end
    /// of the text for the end of its comment, these take minutes.
    #[test]
    fn a_line_of_any_length_is_looked_at_once() {
        for piece in [
            "CREATE -- /* ",
            "CREATE'CONNECTION'",
            r#"\"CONNECTION\", "#,
            "sk-",
            "KEY-----",
            "\u{200b}",
            "WITH ( ",
            "%2527CONNECTION%2B",
        ] {
            let text = piece.repeat(20_000);
            assert_eq!(redact(&text).len(), text.len(), "{piece}");
        }
        let text = "ALTER CONNECTION c SET ('x' = 'made-up'); ".repeat(20_000);
        assert_eq!(redact(&text), text.replace("made-up", "<REDACTED>"));
        for text in [format!("CREATE CONNECTION {}", "\n".repeat(100_000)), "password".repeat(20_000)] {
            assert_eq!(redact(&text), text);
        }
        let text = "+CREATE CONNECTION c WITH ('x' = 'made-up')\n".repeat(2_000);
        assert!(!redact(&text).contains("made-up"));
    }
}
