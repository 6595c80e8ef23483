//! A comment where the value should be: `SET 'a.token' = /* … */;`.

use super::LONGEST;
use crate::sql::keyword::statement_begins;
use crate::sql::lex::{Text, separator};
use std::ops::Range;

/// What the comment says that stands in the place of the value of a name: nothing is set behind it, or it does not end where it should.
pub(super) fn in_place_of_value(text: &Text<'_>, name: usize) -> Option<Range<usize>> {
    let sign = text.skip_space(name);
    let open = text.skip_space(separator(text, sign));
    if open == sign || !text.has(open, b"/*") {
        return None;
    }
    let (end, closed) = text.comment(open)?;
    let line = text.find_either([b'\n'; 2], open, LONGEST).unwrap_or(text.len().min(open + LONGEST));
    let lost = !closed || end > line && statement_begins(text, text.skip_blank(line));
    let behind = text.skip_blank(end);
    let nothing = || matches!(text.at(behind), b';' | 0) || statement_begins(text, behind);
    if !lost && !nothing() {
        return None;
    }
    let inner = open + 2..if closed { (end - 2).min(line) } else { line };
    let said = text.slice(inner.clone());
    let start = inner.start + said.iter().take_while(|byte| is_around(byte)).count();
    let length = said.len() - said.iter().rev().take_while(|byte| is_around(byte)).count();
    (start < inner.start + length).then_some(start..inner.start + length)
}

const fn is_around(byte: &u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b'*' | b'/' | b';')
}
