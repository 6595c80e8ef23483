//! Marks of lines, `#`, `> `, ` * `, that stand before the name of a statement: it begins on another line than its first words.

use crate::sql::lex::Text;
use crate::statement::comments::skip_all_comments;

/// How many lines with a mark may stand before a name, and how far their marks are indented.
const MARKED: usize = 8;
const LONGEST_INDENT: usize = 32;

/// Skips white space, comments, and the marks of lines, as far as they are none of what the statement was read without.
pub(crate) fn skip_marked(text: &Text<'_>, from: usize) -> usize {
    let mut at = skip_all_comments(text, from);
    // The line break may stand before it, too.
    let mut escaped = matches!(text.slice(from.saturating_sub(2)..from), [.., b'\n'] | b"\\n");
    for _ in 0..MARKED {
        // In a string, a line ends with an escape.
        if text.at(at) == b'\\' && matches!(text.at(at + 1), b'n' | b'r' | b't') {
            escaped = text.at(at + 1) != b't';
            at = skip_all_comments(text, at + 2);
            continue;
        }
        let blank = |byte: &&u8| matches!(**byte, b' ' | b'\t');
        let before = text.slice(from.max(at.saturating_sub(LONGEST_INDENT))..at);
        let indent = before.iter().rev().take_while(blank).count();
        let begins_line = escaped || before[..before.len() - indent].ends_with(b"\n");
        let mark = matches!(text.at(at), b'#' | b'>' | b'*' | b'|' | b'+' | b'-' | b'!');
        let next = text.skip_space(at + 1);
        if !begins_line || !mark || (next == at + 1 && !matches!(text.at(next), b'`' | b')')) {
            break;
        }
        escaped = false;
        at = skip_all_comments(text, next);
    }
    at
}

/// Whether nothing stands behind a literal but the end of its entry, and the mark of the next line, as in a diff.
pub(crate) fn is_mark(behind: &[u8]) -> bool {
    let (end, mark) = behind.split_at(memchr::memchr(b'\n', behind).unwrap_or(0));
    matches!(end.trim_ascii(), b"," | b"")
        && matches!(mark.trim_ascii(), [b'+' | b'-' | b'>' | b'<' | b'|' | b'#' | b'*'])
}

#[cfg(test)]
mod tests {
    use crate::expect::redacted_for_good as check;

    #[test]
    fn a_name_behind_a_mark_stays() {
        for (mark, end) in [("#", "\\n"), ("*", "\\n"), (">", "\\n"), ("-", "\n"), ("+", "\n")] {
            let text = |value: &str| {
                format!("{mark} CREATE CONNECTION{end}{mark} `films`.a WITH ('token' = '{value}')")
            };
            check(&text("made-up"), &text("<REDACTED>"));
        }
    }
}
