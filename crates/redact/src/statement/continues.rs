//! Lines that go on with a statement, though they look like something else.

use crate::sql::lex::{Text, is_name};
use crate::statement::ending::LOOK;
use crate::statement::follows::opens_document;
use crate::statement::opened::before_sign;
use crate::statement::resync::is_trace;
use crate::wrapping::lines::{line_start, repeated_prefix};
use std::ops::Range;

/// How much of a line is looked at.
const BEGINNING: usize = 160;

/// Whether the line that begins here goes on with a statement, though it looks like something else: of which nothing but
/// the name has been there, for `SET '…'` is a statement of its own elsewhere; or each of whose lines is an entry of a log; or
/// that is indented behind a sign, or a number, or is the list in braces that WITH or SET stands before.
pub(crate) fn continues(text: &Text<'_>, name: usize, line: usize) -> bool {
    // A diff marks each line.
    let marked = b"+-".contains(&text.at(line)) && text.at(line_start(text, name)) == text.at(line);
    let start = text.skip_space(line + usize::from(marked));
    let word = text.slice(start..text.word_end(start));
    let head = text.slice(name..line).trim_ascii_end();
    let sets = || {
        let head = without_comments(text, name..name + head.len());
        // The bracket may stand before SET.
        let head = head.strip_suffix(b"(").unwrap_or(&head);
        !head.iter().any(|byte| b"'=(;".contains(byte))
            && !head.split(|byte| !is_name(*byte)).any(|word| word.eq_ignore_ascii_case(b"WITH"))
    };
    (word.eq_ignore_ascii_case(b"SET") && head.len() < LOOK && sets())
        || opens_document(text, start, text.slice(name..line))
        || repeated_prefix(text, name, line).is_some()
        || (!is_trace(text.ahead(start, BEGINNING))
            && (start > line + usize::from(marked) || is_number(text, start))
            && before_sign(text, name.max(line_start(text, line - 1))).is_some())
}

/// A part of a text without the comments in it.
fn without_comments(text: &Text<'_>, part: Range<usize>) -> Vec<u8> {
    let (mut said, mut at) = (Vec::with_capacity(part.len()), part.start);
    while at < part.end {
        match text.comment(at) {
            Some((end, true)) if end <= part.end => at = end,
            _ => {
                said.push(text.at(at));
                at += 1;
            }
        }
    }
    said
}

/// Whether a number ends an entry.
fn is_number(text: &Text<'_>, start: usize) -> bool {
    let digits = text.ahead(start, 64).iter().take_while(|byte| byte.is_ascii_digit()).count();
    digits > 0 && matches!(text.at(text.skip_space(start + digits)), b',' | b')' | b';')
}
