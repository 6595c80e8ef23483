//! What tests expect of a text.

use crate::redact;

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
