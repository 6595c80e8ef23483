//! What tests expect of a text.

use crate::{Redactor, redact};

/// What a text is redacted to.
#[track_caller]
pub(crate) fn redacted(text: &str, expected: &str) {
    assert_eq!(redact(text), expected);
}

/// What a text is redacted to, also by a second run.
#[track_caller]
pub(crate) fn redacted_for_good(text: &str, expected: &str) {
    redacted(text, expected);
    assert_eq!(redact(expected), expected, "again");
}

/// In pieces of some bytes each, a text gives what it gives as a whole.
#[track_caller]
pub(crate) fn same_in_pieces(text: &str) {
    for size in 1..=8 {
        let (mut redactor, mut out) = (Redactor::new(), Vec::new());
        text.as_bytes().chunks(size).for_each(|piece| redactor.push(piece, &mut out));
        redactor.finish(&mut out);
        assert_eq!(String::from_utf8_lossy(&out), redact(text), "{size} bytes at a time");
    }
}
