//! The rest of a secret with which a URL ends, where that goes on behind a quote: an escaped one, or one before the next of
//! literals in a row.

use crate::edit::{Edits, Rule};
use crate::sql::lex::{Text, is_name};
use crate::value::rows::next_in_row;

/// How long the rest may be.
const LONGEST_REST: usize = 512;

/// Masks the rest of what is masked up to `end`. Returns where to go on.
pub(crate) fn mask_rest(text: &Text<'_>, end: usize, edits: &mut Edits) -> Option<usize> {
    let quote = end + usize::from(text.at(end) == b'\\');
    if text.at(quote) != b'\'' {
        return None;
    }
    if quote > end && is_name(text.at(quote + 1)) {
        let said = text.ahead(quote, LONGEST_REST);
        let length = 1 + said[1..].iter().position(|byte| *byte <= b' ' || b"'\"`,;)&".contains(byte))?;
        edits.mask(end - 1..quote + length, Rule::UrlParameter);
        return (said[length] == b'\'').then_some(quote + length);
    }
    let quotes = usize::from(text.at(quote + 1) == b'\'') + 1;
    let open = next_in_row(text, quote + quotes);
    let marks = |at: usize| {
        text.slashes(at) == text.slashes(end) && text.ahead(at + text.slashes(at), quotes) == &b"''"[..quotes]
    };
    if open == quote + quotes || !marks(open) {
        return None;
    }
    let start = open + text.slashes(open) + quotes;
    let said = text.ahead(start, LONGEST_REST);
    let length = said.iter().position(|byte| b"'\n\\".contains(byte))?;
    let close = start + length;
    let behind = text.skip_blank(close + text.slashes(close) + quotes);
    let ends = matches!(text.at(behind), b',' | b')' | b';') || text.has(behind, b"\\n");
    if length == 0 || !marks(close) || !ends {
        return None;
    }
    edits.mask(start..close, Rule::UrlParameter);
    Some(close)
}
