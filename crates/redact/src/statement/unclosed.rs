//! Whether a literal may still be open behind what looks like the end of a statement: the next quote tells.

use crate::sql::lex::{Text, is_name, last_word};
use crate::statement::ending::{LOOK, opens};
use crate::statement::recognise::is_any;
use crate::statement::resync::{begins_other, is_end_of_text};

/// How long a word is that a literal follows.
const LONGEST_WORD: usize = 16;

/// Whether the next quote behind a line looks like the end of a literal, not like the beginning of one.
pub(crate) fn closes_soon(text: &Text<'_>, line_end: usize) -> bool {
    let mut line = line_end;
    let limit = line_end + LOOK;
    while text.at(line) == b'\n' && line < limit && !begins_other(text, line + 1) {
        let end = text.find_either([b'\n'; 2], line + 1, LOOK).unwrap_or(line + 1 + LOOK);
        let mut at = line + 1;
        while let Some(offset) = memchr::memchr(b'\'', text.slice(at..end)) {
            let quote = at + offset;
            match text.at(quote + 1) {
                b'\'' if is_end_of_text(text.slice(quote..end)) => return false,
                // It begins a text block.
                b'\'' if text.at(quote + 2) == b'\'' && opens(text, quote) => return false,
                b'\'' => at = quote + 2,
                after if is_name(after) && is_name(text.at(quote - 1)) && !is_behind_word(text, quote) => {
                    at = quote + 1;
                }
                _ => return !opens(text, quote) && !is_behind_word(text, quote),
            }
        }
        line = end;
    }
    false
}

/// Whether a word stands directly before a quote that literals follow.
fn is_behind_word(text: &Text<'_>, quote: usize) -> bool {
    is_any(last_word(text.slice(quote.saturating_sub(LONGEST_WORD)..quote)), &["COMMENT", "LIKE", "SET"])
}
