//! Hexadecimal digits of secret and other bytes, without copies that stay behind.

use std::fmt::Write;

/// Appends lower-case digits to `text`, which must have room if the bytes are secret: growing would leave a copy.
pub(crate) fn append(text: &mut String, bytes: &[u8]) {
    for byte in bytes {
        let _ = write!(text, "{byte:02x}");
    }
}

/// Reads exactly `bytes.len()` bytes of digits, in any case; false, with `bytes` undefined, if `text` is not that.
pub(crate) fn decode(text: &str, bytes: &mut [u8]) -> bool {
    let digit = |b: u8| (b as char).to_digit(16).map(|digit| digit as u8);
    text.len() == bytes.len() * 2
        && text.as_bytes().chunks_exact(2).zip(bytes).all(|(pair, byte)| {
            match (digit(pair[0]), digit(pair[1])) {
                (Some(high), Some(low)) => {
                    *byte = high << 4 | low;
                    true
                }
                _ => false,
            }
        })
}
