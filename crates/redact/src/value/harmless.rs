//! Values that hide nothing.

use crate::url::scheme::first_scheme;
use lockkeeper_model::MASK;

/// How many digits a number has at most that is none of a safe.
const LONGEST_NUMBER: usize = 3;

/// Whether a value is none, a short number, or masked already.
pub(crate) fn is_no_secret(value: &[u8]) -> bool {
    let said = value.trim_ascii();
    said == MASK.as_bytes()
        || said.is_empty()
        || said == b"~"
        || said.len() <= LONGEST_NUMBER && said.iter().all(u8::is_ascii_digit)
        || value.iter().all(|byte| *byte == b'*')
        || [&b"null"[..], b"none", b"true", b"false", b"nil", b"undefined", b"on", b"off", b"yes", b"no"]
            .iter()
            .any(|word| word.eq_ignore_ascii_case(value))
}

/// Whether a value says something about a secret: a number, a duration, an address, a kind of token.
pub(crate) fn is_description(value: &[u8]) -> bool {
    let digits = value.iter().take_while(|byte| byte.is_ascii_digit() || **byte == b'.').count();
    let unit = &value[digits..];
    (digits > 0
        && digits <= 10
        && (unit.is_empty()
            || (unit.len() <= 7 && unit.iter().all(|b| b.is_ascii_lowercase() || *b == b' '))))
        || first_scheme(value).is_some()
        || value.starts_with(b"/")
        || [&b"bearer"[..], b"jwt", b"basic", b"oauth", b"oauth2", b"opaque", b"mac"]
            .iter()
            .any(|word| word.eq_ignore_ascii_case(value))
}
