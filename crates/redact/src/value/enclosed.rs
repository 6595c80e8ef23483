//! Values between entities of quotes, and between angle brackets.

use crate::sql::lex::Text;
use crate::value::values::bare_end;
use crate::wrapping::entity::{LONGEST_ENTITY, quote_entity};
use lockkeeper_model::MASK;

/// How long such a value may be.
const LONGEST: usize = 4096;

/// The end of a value between two entities of quotes, with those, or between angle brackets, without the last.
pub(crate) fn enclosed_end(text: &Text<'_>, start: usize) -> Option<usize> {
    let line = || text.slice(start..text.line_end(start).min(start + LONGEST));
    if text.at(start) == b'&' {
        let quote = entity_quote(text, start)?;
        let quote = text.slice(start..start + quote);
        let end = memchr::memmem::find(&line()[quote.len()..], quote);
        // Its last quote may be lost, but not what follows the first.
        return Some(
            end.map_or_else(|| bare_end(text, start + quote.len()), |end| start + end + 2 * quote.len()),
        );
    }
    if start == 0 || text.at(start - 1) != b'<' || text.has(start - 1, MASK.as_bytes()) {
        return None;
    }
    let ends = |end: &usize| {
        matches!(text.at(text.skip_space(start + end + 1)), b',' | b')' | b';' | b'\r' | b'\n' | 0)
    };
    memchr::memchr_iter(b'>', line()).find(ends).map(|end| start + end)
}

/// How long the quote is that stands here as HTML has it.
pub(crate) fn entity_quote(text: &Text<'_>, at: usize) -> Option<usize> {
    if text.at(at) != b'&' {
        return None;
    }
    quote_entity(text.ahead(at, LONGEST_ENTITY))
}
