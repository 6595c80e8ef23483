//! What people choose for passwords, and not for other things.

use crate::secret::shape::{is_chosen, is_jumbled, is_random};
use crate::url::scheme::first_scheme;

/// How short and how long passwords are.
const SHORTEST: usize = 6;
const LONGEST: usize = 128;

/// Words of letters and digits that people choose for other things.
const KINDS: &[&str] = &[
    "argon2id", "base64", "float32", "float64", "sha224", "sha256", "sha384", "sha512", "uint16", "uint32",
    "uint64", "utf8mb4",
];

/// Whether a value looks like a password: a word of letters and digits, or one with a digit and a sign, or one that was
/// drawn. Numbers, words, paths, variables and calls do not.
pub(crate) fn is_password(value: &[u8]) -> bool {
    if value.split(|byte| *byte == b' ').any(is_random) {
        return true;
    }
    let value = value.trim_ascii().split(|byte| *byte == b' ').next().unwrap_or_default();
    let is_path = || matches!(value, [b'/' | b'~' | b'.', ..]) || first_scheme(value).is_some();
    let is_code = |byte: &u8| *byte <= b' ' || b"(){}[]<>;".contains(byte);
    if value.len() < SHORTEST
        || value.len() > LONGEST
        || matches!(value, [b'$' | b'%' | b'{', ..])
        || value.iter().any(is_code)
        || (is_path() && is_chosen(value))
    {
        return false;
    }
    let digit = |part: &[u8]| part.iter().any(u8::is_ascii_digit);
    let mixed = |part: &[u8]| digit(part) && part.iter().any(u8::is_ascii_alphabetic);
    let mut parts = value.split(|byte| !byte.is_ascii_alphanumeric());
    let is_kind = |part: &[u8]| KINDS.iter().any(|kind| kind.as_bytes().eq_ignore_ascii_case(part));
    is_jumbled(value)
        || parts.any(|part| part.len() >= SHORTEST && mixed(part) && !is_kind(part))
        || (mixed(value) && value.iter().any(|byte| b"!@#$%^&*?~".contains(byte)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_told_from_what_people_choose_for_other_things() {
        for value in ["Summer2024!", "letmein99", "bob:Summer2024!", "P@55wd!", "abc.def.ghi-123456x"] {
            assert!(is_password(value.as_bytes()), "{value}");
        }
        for value in [
            "3",
            "12",
            "done",
            "first of 12",
            "/run/db1/x",
            "https://h/x",
            "$DB_PASS1",
            "true",
            "uint64",
            "2.5s",
            "RenderPass",
            "load_u64(x)",
            "sha256",
        ] {
            assert!(!is_password(value.as_bytes()), "{value}");
        }
    }
}
