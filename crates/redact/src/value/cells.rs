//! Values in the cell beside their name: of a table, of a line of CSV, of what a program prints as it reads its configuration.

use crate::secret::password::is_password;
use crate::sql::lex::{Text, is_name};
use std::ops::Range;

/// How long a cell is.
const LONGEST_CELL: usize = 512;
/// What stands before a name and its value where a configuration is read.
const READING: &[&[u8]] = &[b"property: ", b"ENV "];

/// Where the value begins of a name behind which a cell ends, at `quote` or behind it, if what stands there looks like a secret.
pub(crate) fn value(text: &Text<'_>, floor: usize, name: &Range<usize>, quote: usize) -> Option<usize> {
    let quoted = quote > name.end;
    let before = text.slice(floor..name.start - usize::from(quoted && name.start > floor));
    let sign = text.skip_space(quote);
    let begins = before.iter().all(|byte| matches!(byte, b' ' | b'\t' | b'|'));
    let read = || READING.iter().any(|word| before.ends_with(word));
    let next = text.skip_space(sign + 1);
    let start = match text.at(sign) {
        b'|' if begins => next,
        b',' if quoted && begins && text.at(next) == text.at(quote - 1) => next,
        b',' if !quoted && read() => next,
        _ if !quoted && sign > quote && before.ends_with(b"ENV ") && is_name(text.at(sign)) => sign,
        _ => return None,
    };
    let content = start + usize::from(matches!(text.at(start), b'\'' | b'"' | b'`'));
    let line = text.find_either([b'\n'; 2], content, LONGEST_CELL).unwrap_or(content + LONGEST_CELL);
    let cell = text.slice(content..line);
    let end = cell.iter().position(|byte| b"\r|,'\"` ".contains(byte)).unwrap_or(cell.len());
    (end < LONGEST_CELL && is_password(&cell[..end])).then_some(start)
}
