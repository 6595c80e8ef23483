//! A secret that its line says again: what people copy, and what a slip of the keyboard writes twice, has no name beside it.

use super::SHORTEST;
use crate::edit::holds_mask;
use crate::secret::shape::is_mixed;
use crate::sql::lex::Text;
use std::ops::Range;

/// How far behind a secret it is looked for, and how long it may be.
const REACH: usize = 512;
const LONGEST: usize = 256;

/// Where a masked value stands again behind its mask, on its line: in quotes, or if it looks drawn.
pub(super) fn repeated(text: &Text<'_>, mask: &Range<usize>) -> Option<Range<usize>> {
    let said = text.slice(mask.clone());
    let start = usize::from(said.starts_with(b"'"));
    let end = said.len() - usize::from(said.len() > 1 && said.ends_with(b"'"));
    let said =
        said.get(start..end).filter(|said| (SHORTEST..LONGEST).contains(&said.len()) && !holds_mask(said))?;
    let from = mask.end;
    // Byte by byte: a line that is there is looked at without the next.
    let line = from + (from..from + REACH).take_while(|at| !matches!(text.at(*at), b'\n' | 0)).count();
    let found = from + memchr::memmem::find(text.slice(from..line), said)?;
    let value = found..found + said.len();
    let quoted = text.at(found - 1) == b'\'' && text.at(value.end) == b'\'';
    (quoted || is_mixed(said)).then_some(value)
}
