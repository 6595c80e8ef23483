//! Where the scheme of a URL ends.

/// Where the sign stands behind the first scheme in a text.
pub(crate) fn first_scheme(text: &[u8]) -> Option<usize> {
    memchr::memchr_iter(b':', text).find(|colon| text[*colon..].starts_with(b"://"))
}
