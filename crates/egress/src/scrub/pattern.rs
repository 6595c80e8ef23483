//! The forms in which a secret comes back.

use base64::Engine;
use base64::alphabet::{STANDARD as PLAIN, URL_SAFE as URL};
use base64::engine::{GeneralPurpose, general_purpose::NO_PAD};
use std::fmt::Write;
use zeroize::Zeroizing;

/// An encoded part shorter than this is too common to be masked.
const SHORTEST_PATTERN_BYTES: usize = 6;

/// All forms of a secret, the plain one first.
pub(super) fn encodings(secret: &str) -> Vec<Zeroizing<Vec<u8>>> {
    let bytes = secret.as_bytes();
    let mut forms: Vec<Zeroizing<Vec<u8>>> = Vec::new();
    let mut add = |form: Vec<u8>| {
        if form.len() >= SHORTEST_PATTERN_BYTES {
            forms.push(Zeroizing::new(form));
        } else {
            drop(Zeroizing::new(form));
        }
    };
    for alphabet in [&PLAIN, &URL] {
        for offset in 0..3 {
            add(base64_inside(bytes, offset, alphabet));
        }
    }
    for upper in [false, true] {
        add(hex(bytes, upper));
        for kept in [unreserved as fn(u8) -> bool, in_javascript, in_path, in_query] {
            add(percent(bytes, kept, upper, false));
            add(percent(bytes, kept, upper, true));
        }
        for slash in [false, true] {
            add(json(secret, slash, upper, false));
            add(json(secret, slash, upper, true));
        }
    }
    // In SQL, and in what quotes like it.
    add(secret.replace('\'', "''").into_bytes());
    add(html(secret));
    add(secret.encode_utf16().flat_map(u16::to_le_bytes).collect());
    add(secret.encode_utf16().flat_map(u16::to_be_bytes).collect());
    add(secret.chars().rev().collect::<String>().into_bytes());
    forms.insert(0, Zeroizing::new(bytes.to_vec()));
    forms
}

/// The digits that do not depend on what stands around, if the secret begins `offset` bytes after a group of three.
fn base64_inside(bytes: &[u8], offset: usize, alphabet: &base64::alphabet::Alphabet) -> Vec<u8> {
    let mut padded = Zeroizing::new(vec![0; offset]);
    padded.extend_from_slice(bytes);
    let encoded = Zeroizing::new(GeneralPurpose::new(alphabet, NO_PAD).encode(padded.as_slice()));
    // A digit carries six bits: those that also hold bits of a neighbour are left out.
    let first = (offset * 8).div_ceil(6);
    let last = padded.len() * 8 / 6;
    encoded.as_bytes().get(first..last).unwrap_or_default().to_vec()
}

fn hex(bytes: &[u8], upper: bool) -> Vec<u8> {
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        push_hex(&mut text, *byte, upper);
    }
    text.into_bytes()
}

fn percent(bytes: &[u8], kept: fn(u8) -> bool, upper: bool, plus: bool) -> Vec<u8> {
    let mut text = Vec::with_capacity(3 * bytes.len());
    for byte in bytes {
        match byte {
            b' ' if plus => text.push(b'+'),
            byte if kept(*byte) => text.push(*byte),
            byte => {
                let mut digits = String::with_capacity(2);
                push_hex(&mut digits, *byte, upper);
                text.push(b'%');
                text.extend_from_slice(digits.as_bytes());
            }
        }
    }
    text
}

fn unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

/// What `encodeURIComponent` leaves.
fn in_javascript(byte: u8) -> bool {
    unreserved(byte) || b"!*'()".contains(&byte)
}

/// What may stand in a path (RFC 3986 section 3.3).
fn in_path(byte: u8) -> bool {
    unreserved(byte) || b"!$&'()*+,;=:@/".contains(&byte)
}

/// What may stand in a query (RFC 3986 section 3.4).
fn in_query(byte: u8) -> bool {
    in_path(byte) || byte == b'?'
}

/// A JSON string's inside; some writers also escape slashes, or everything that is not ASCII.
fn json(secret: &str, slash: bool, upper: bool, ascii: bool) -> Vec<u8> {
    let mut text = String::with_capacity(6 * secret.len());
    for letter in secret.chars() {
        match letter {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            '/' if slash => text.push_str("\\/"),
            '<' | '>' | '&' | '\'' if ascii => push_unit(&mut text, letter as u16, upper),
            letter if letter < ' ' => push_unit(&mut text, letter as u16, upper),
            letter if ascii && !letter.is_ascii() => {
                for unit in letter.encode_utf16(&mut [0; 2]) {
                    push_unit(&mut text, *unit, upper);
                }
            }
            letter => text.push(letter),
        }
    }
    text.into_bytes()
}

/// Named as error pages escape it.
fn html(secret: &str) -> Vec<u8> {
    let mut text = String::with_capacity(6 * secret.len());
    for letter in secret.chars() {
        match letter {
            '&' => text.push_str("&amp;"),
            '<' => text.push_str("&lt;"),
            '>' => text.push_str("&gt;"),
            '"' => text.push_str("&quot;"),
            '\'' => text.push_str("&#39;"),
            letter => text.push(letter),
        }
    }
    text.into_bytes()
}

fn push_hex(text: &mut String, byte: u8, upper: bool) {
    // Writing to a string cannot fail.
    let _ = if upper { write!(text, "{byte:02X}") } else { write!(text, "{byte:02x}") };
}

fn push_unit(text: &mut String, unit: u16, upper: bool) {
    let _ = if upper { write!(text, "\\u{unit:04X}") } else { write!(text, "\\u{unit:04x}") };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_at_every_offset() {
        let digits = |offset| String::from_utf8(base64_inside(b"made-up-secret", offset, &PLAIN)).unwrap();
        // base64 of the secret itself, of `xmade-up-secret`, of `xxmade-up-secret`
        assert!("bWFkZS11cC1zZWNyZXQ=".contains(&digits(0)));
        assert!("eG1hZGUtdXAtc2VjcmV0".contains(&digits(1)));
        assert!("eHhtYWRlLXVwLXNlY3JldA==".contains(&digits(2)));
        assert!((0..3).all(|offset| digits(offset).len() >= 18));
    }

    #[test]
    fn escapes_are_those_of_common_writers() {
        let text = |form: Vec<u8>| String::from_utf8(form).unwrap();
        insta::assert_snapshot!(text(json("a/\"é\n", true, false, true)), @r#"a\/\"\u00e9\n"#);
        insta::assert_snapshot!(text(percent(b"a b/+", unreserved, true, true)), @"a+b%2F%2B");
        insta::assert_snapshot!(text(html("<'&\">")), @"&lt;&#39;&amp;&quot;&gt;");
    }
}
