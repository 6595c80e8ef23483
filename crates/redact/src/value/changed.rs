//! Values in a diff of words: `[-'…'-]{+'…'+}`.

use crate::edit::{Edits, Rule, holds_mask};
use crate::sql::lex::Text;
use lockkeeper_model::MASK;
use std::ops::Range;

/// How far before a mask the sign of what is gone stands.
const GAP: usize = 256;
/// How long what is gone and what is new may be.
const LONGEST: usize = 4096;

/// Masks the rest of what is gone where an edit from the given one on is a part of it, and what is new.
pub(crate) fn mask(text: &Text<'_>, first: usize, edits: &mut Edits) {
    let masks: Vec<_> = edits.as_slice().iter().skip(first).map(|edit| edit.range.clone()).collect();
    for mask in masks {
        let before = text.slice(mask.start.saturating_sub(GAP)..mask.start + 2);
        let line = &before[memchr::memrchr(b'\n', before).unwrap_or(0)..];
        let open = memchr::memrchr_iter(b'[', line)
            .find(|open| line[*open..].starts_with(b"[-"))
            .is_some_and(|open| memchr::memmem::find(&line[open..], b"-]").is_none());
        let Some(gone) =
            (if open { memchr::memmem::find(text.ahead(mask.end, LONGEST), b"-]") } else { None })
        else {
            continue;
        };
        let gone = mask.end..mask.end + gone;
        let new = gone.end + 4;
        // Other lines are looked at by themselves.
        if text.slice(gone.clone()).contains(&b'\n') {
            continue;
        }
        cover(text, mask.start..gone.end, gone, edits);
        if text.has(new - 2, b"{+")
            && let Some(length) = memchr::memmem::find(text.ahead(new, LONGEST), b"+}")
        {
            cover(text, new..new + length, new..new + length, edits);
        }
    }
}

/// Masks a part of a text without the signs and quotes around it, if a part of that says anything that is not masked.
fn cover(text: &Text<'_>, whole: Range<usize>, part: Range<usize>, edits: &mut Edits) {
    let said = text.slice(part.clone());
    let says = |byte: &u8| byte.is_ascii_alphanumeric() || *byte >= 0x80;
    let (Some(first), Some(last)) = (said.iter().position(says), said.iter().rposition(says)) else { return };
    let start = if whole.start == part.start { part.start + first } else { whole.start };
    if !holds_mask(said) {
        edits.cover(start..part.start + last + 1, MASK, Rule::SecretOption);
    }
}

#[cfg(test)]
mod tests {
    use crate::expect::redacted_for_good as check;

    #[test]
    fn both_values_go() {
        for (text, masked) in [
            ("SET 'a.token' = [-'made-up'-]{+'made up'+};", "SET 'a.token' = '<REDACTED>';"),
            (
                "'properties.sasl.jaas.config' = [-'Login password=\"made-up\";'-]{+'made up'+}\n);",
                "'properties.sasl.jaas.config' = <REDACTED>;'-]{+'<REDACTED>'+}\n);",
            ),
            ("x 'topic' = [-'a'-]{+'b'+}, 'c' = 'd'", "x 'topic' = [-'a'-]{+'b'+}, 'c' = 'd'"),
        ] {
            check(text, masked);
        }
    }
}
