//! Hexadecimal digits of secret and other bytes, without copies that stay behind.

/// Appends lower-case digits to `text`, which must have room if the bytes are secret: growing would leave a copy.
pub(crate) fn append(text: &mut String, bytes: &[u8]) {
    for byte in bytes {
        text.push(digit(byte >> 4));
        text.push(digit(byte & 15));
    }
}

/// Calculated and not looked up, so that a cache does not show which one it was.
fn digit(value: u8) -> char {
    char::from(b'0' + value + u8::from(value > 9) * (b'a' - b'0' - 10))
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
