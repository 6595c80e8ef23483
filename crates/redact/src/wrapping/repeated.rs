//! Quotes that are written more than once each, as in a literal of SQL that holds a statement.

use crate::wrapping::Layer;

/// How often each quote is written, if not once: what the first words stand in is a literal that began before.
pub(crate) fn times(ahead: &[u8]) -> Option<usize> {
    let mut rest = ahead;
    let mut least = usize::MAX;
    for _ in 0..4 {
        rest = &rest[memchr::memchr(b'\'', rest)?..];
        let run = rest.iter().take_while(|byte| **byte == b'\'').count();
        least = least.min(run);
        rest = &rest[run..];
    }
    (least > 1).then_some(least)
}

/// The layer of a literal in a string without escapes: `"EXECUTE IMMEDIATE 'CREATE … ''…''…'"`.
pub(crate) fn in_string(before: &[u8], ahead: &[u8]) -> Option<Layer> {
    let end = memchr::memchr2(b'"', b'\\', ahead)?;
    let quote = memchr::memmem::find(&ahead[..end], b"''")?;
    let run = ahead[quote..end].iter().take_while(|byte| **byte == b'\'').count();
    let nested = ahead[end] == b'"'
        && run == 2
        && before.trim_ascii_end().ends_with(b"'")
        && memchr::memchr(b'\'', &ahead[..quote]).is_none();
    nested.then_some(Layer::Doubled(run))
}
