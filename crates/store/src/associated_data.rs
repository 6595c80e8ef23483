//! What a ciphertext is bound to, as bytes.

/// Encodes a purpose and its parts, each preceded by its length (4 bytes, big-endian), so that different parts never
/// give the same bytes. The purpose ends with the version of the form it is used in.
pub(crate) fn encode(purpose: &str, parts: &[&[u8]]) -> Vec<u8> {
    let parts = || std::iter::once(purpose.as_bytes()).chain(parts.iter().copied());
    let mut bytes = Vec::with_capacity(parts().map(|part| part.len() + 4).sum());
    for part in parts() {
        // Parts are names and URLs with limits far below; a longer one could not be told from a shorter one.
        let length = u32::try_from(part.len()).unwrap_or(u32::MAX);
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(part);
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn different_parts_are_different_bytes(
            a in proptest::collection::vec(proptest::collection::vec(0u8..3, 0..3), 0..4),
            b in proptest::collection::vec(proptest::collection::vec(0u8..3, 0..3), 0..4),
        ) {
            let bytes = |parts: &[Vec<u8>]| encode("p", &parts.iter().map(Vec::as_slice).collect::<Vec<_>>());
            prop_assert_eq!(bytes(&a) == bytes(&b), a == b);
        }
    }
}
