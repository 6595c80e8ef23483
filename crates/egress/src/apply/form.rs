//! Percent-encoding, as forms and signatures want it.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use zeroize::Zeroizing;

/// Everything but the unreserved characters of RFC 3986 section 2.3.
pub(crate) const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Encodes a value for a form or a part of a URL; every reader of forms also reads `%20` as a space.
pub(crate) fn percent_encoded(text: &str) -> Zeroizing<String> {
    let mut encoded = Zeroizing::new(String::with_capacity(text.len() * 3));
    encoded.extend(utf8_percent_encode(text, RESERVED));
    encoded
}

/// The body of a form (`application/x-www-form-urlencoded`), wiped when dropped.
pub(crate) fn form(fields: &[(&str, &str)]) -> Zeroizing<String> {
    // A secret must not be left behind in memory that a growing string gives up.
    let length = fields.iter().map(|(name, value)| name.len() + 3 * value.len() + 2).sum();
    let mut body = Zeroizing::new(String::with_capacity(length));
    for (name, value) in fields {
        if !body.is_empty() {
            body.push('&');
        }
        body.push_str(name);
        body.push('=');
        body.extend(utf8_percent_encode(value, RESERVED));
    }
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_encoded() {
        assert_eq!(form(&[("a", "x y&z=ü"), ("b", "~-._")]).as_str(), "a=x%20y%26z%3D%C3%BC&b=~-._");
    }
}
