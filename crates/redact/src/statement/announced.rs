//! The word before CONNECTION, or before CREATE, that says that no connection is made: also on the line before.

use crate::prose::commented::is_commented_out;
use crate::seen::Seen;
use crate::sql::lex::{Text, is_blank, is_word};
use crate::statement::follows::{has_list, skip_gap};
use crate::statement::recognise::is_any;
use crate::statement::resync::begins_other;
use crate::statement::words::{is_noun, is_verb};
use crate::wrapping::lines::line_start;

/// How much may stand between two words on different lines.
pub(crate) const LONGEST_BREAK: usize = 96;
/// How many words stand before the options of what is shown, if there are some.
const LONGEST_HEAD: usize = 8;

/// What the last word of a text says about what comes next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Announced {
    #[default]
    Nothing,
    /// The connection is used that is named next.
    Used,
    /// It is shown how something is made.
    Shown,
}

impl Announced {
    /// Where to go on behind the first words of what is used or shown; `word`, which ends at `end`, is the first of them.
    pub(crate) fn named(self, text: &Text<'_>, word: &[u8], end: usize) -> Option<usize> {
        let creates = is_any(word, &["CREATE"]);
        match self {
            Self::Used if !creates => Some(end),
            Self::Shown if creates => {
                let noun = skip_gap(text, end, end + LONGEST_BREAK);
                let behind = text.word_end(noun);
                // A comment is looked at by itself.
                let near = memchr::memchr2(b'-', b'/', text.slice(end..noun)).is_none();
                let named = near && is_noun(text.slice(noun..behind));
                (named && !has_list(text, behind, LONGEST_HEAD)).then_some(behind)
            }
            _ => None,
        }
    }
}

/// What is said before the word at a position. Each line may be one of a diff, of a comment, or an entry of a log.
pub(crate) fn announced_before(text: &Text<'_>, word: usize, seen: &Seen) -> Announced {
    let line = line_start(text, word);
    let before = text.slice(line..word);
    let marked = matches!(before, [b'+' | b'-', blank @ ..] if blank.trim_ascii().is_empty());
    let entry = || {
        !before.is_empty()
            && (begins_other(text, line) || is_commented_out(text, word))
            && !before.split(|byte| !is_word(*byte)).any(is_verb)
    };
    let said = |end: usize| announced(text.slice(0..end)).unwrap_or(seen.announced);
    match said(word) {
        Announced::Nothing if marked || entry() => said(line),
        said => said,
    }
}

/// What the last word of a text says, before what may stand between two lines of it in a string; `None` if nothing else is
/// there.
pub(crate) fn announced(text: &[u8]) -> Option<Announced> {
    let near = &text[text.len().saturating_sub(LONGEST_BREAK)..];
    let mut end = near.len();
    loop {
        let last = end;
        end -= match near[..end] {
            [] if near.len() == text.len() => return None,
            [.., b'\\', b'n' | b'r' | b't'] => 2,
            [.., byte] if is_blank(byte) => 1,
            // In a list of strings.
            [.., b'"' | b'\'', b','] => 1,
            [.., b'*', b'/'] => end - memchr::memmem::rfind(&near[..end], b"/*").unwrap_or(end),
            [.., byte] => match commented(&near[..end], &near[end..]) {
                0 => usize::from(b"\\\"'+".contains(&byte)),
                comment => comment,
            },
            _ => 0,
        };
        if end == last {
            break;
        }
    }
    let ends = |word: &str| {
        let (before, last) = near[..end].split_at(end.saturating_sub(word.len()));
        // The letter of an escape may stand before it.
        let apart = before.last().is_none_or(|byte| !is_word(*byte))
            || matches!(before, [.., b'\\', b'n' | b'r' | b't']);
        is_any(last, &[word]) && apart
    };
    Some(match () {
        () if ends("USING") => Announced::Used,
        () if ends("SHOW") => Announced::Shown,
        () => Announced::Nothing,
    })
}

/// How long the comment is that ends a text, before a line break.
fn commented(text: &[u8], behind: &[u8]) -> usize {
    let blank = behind.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    if !matches!(behind[blank..], [b'\r' | b'\n', ..] | [b'\\', b'n', ..]) {
        return 0;
    }
    let line = text[memchr::memrchr(b'\n', text).map_or(0, |line| line + 1)..].trim_ascii_start();
    // A line that is commented out may have a comment, too.
    if let Some(rest) = line.strip_prefix(b"--") {
        let inner = memchr::memmem::find(rest, b"--").unwrap_or(rest.len());
        let said = rest[..inner].trim_ascii_end();
        let ends = |word: &str| is_any(&said[said.len().saturating_sub(word.len())..], &[word]);
        return if ends("USING") || ends("SHOW") { rest.len() - inner } else { line.len() };
    }
    let comment = memchr::memmem::rfind(line, b"--").or_else(|| memchr::memmem::rfind(line, b"//"));
    let comment = comment.unwrap_or(line.len());
    // In a string, it ends with the escape of the line break.
    match memchr::memmem::find(&line[comment..], b"\\n") {
        Some(_) => 0,
        None => line.len() - comment,
    }
}
