//! Connections that a statement of another kind uses: `USING CONNECTION c`.

use crate::commented::is_commented_out;
use crate::lex::{Text, is_blank, is_word};
use crate::lines::line_start;
use crate::recognise::{is_any, is_verb};
use crate::resync::begins_other;
use crate::seen::Seen;

/// How much may stand between two words on different lines.
const LONGEST_BREAK: usize = 96;

/// Whether the connection that is named behind a position is used, and no statement of its own. Each line may be an entry of
/// a log.
pub(crate) fn is_used(text: &Text<'_>, noun: usize, seen: &Seen) -> bool {
    let line = line_start(text, noun);
    let before = text.slice(line..noun);
    let marked = matches!(before, [b'+' | b'-', blank @ ..] if blank.trim_ascii().is_empty());
    let entry = || {
        !before.is_empty()
            && (begins_other(text, line) || is_commented_out(text, noun))
            && !before.split(|byte| !is_word(*byte)).any(is_verb)
    };
    let is_using = |end: usize| ends_with_using(text.slice(0..end)).unwrap_or(seen.uses);
    is_using(noun) || (marked || entry()) && is_using(line)
}

/// Whether `USING` is the last word of a text, before what may stand between two lines of it in a string; `None` if
/// nothing else is there.
pub(crate) fn ends_with_using(text: &[u8]) -> Option<bool> {
    let near = &text[text.len().saturating_sub(LONGEST_BREAK)..];
    let mut end = near.len();
    loop {
        let last = end;
        end -= match near[..end] {
            [] if near.len() == text.len() => return None,
            [.., b'\\', b'n' | b'r' | b't'] => 2,
            [.., byte] if is_blank(byte) => 1,
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
    let (before, word) = near[..end].split_at(end.saturating_sub(5));
    Some(is_any(word, &["USING"]) && !before.last().is_some_and(|byte| is_word(*byte)))
}

/// How long the comment is that ends a text, before a line break.
fn commented(text: &[u8], behind: &[u8]) -> usize {
    if !matches!(behind, [b'\r' | b'\n', ..] | [b'\\', b'n', ..]) {
        return 0;
    }
    let line = &text[memchr::memrchr(b'\n', text).map_or(0, |line| line + 1)..];
    memchr::memmem::find(line, b"--").map_or(0, |comment| line.len() - comment)
}
