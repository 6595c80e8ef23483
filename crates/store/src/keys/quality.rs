//! Whether 32 bytes look like a key.

use crate::error::StoreError;
use std::collections::BTreeSet;

/// Refuses what people put in the place of a key. A random key is refused with a chance below 2⁻³⁰.
pub(super) fn check(key: &[u8; 32]) -> Result<(), StoreError> {
    let refused = |reason| Err(StoreError::KeyRefused { reason });
    let last = key[31];
    let first = key[0];
    if key.iter().all(|b| *b == 0) {
        return refused("it is all zero");
    }
    if (1..=16).any(|period| key[period..].iter().zip(key).all(|(a, b)| a == b)) {
        return refused("it repeats itself");
    }
    if key[26..].iter().all(|b| *b == last) || key[..6].iter().all(|b| *b == first) {
        return refused("it is padded");
    }
    if key.windows(2).all(|pair| pair[1].wrapping_sub(pair[0]) == key[1].wrapping_sub(key[0])) {
        return refused("it is a sequence");
    }
    if key.iter().all(|b| matches!(b, b' '..=b'~')) {
        return refused("it is text, not random bytes");
    }
    // Of 32 random bytes, 30 are different on average.
    if key.iter().collect::<BTreeSet<_>>().len() < 18 {
        return refused("it is not random: too few different bytes");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::KeyBytes;

    #[test]
    fn keys_that_are_none_are_refused() {
        let reason = |key: [u8; 32]| check(&key).unwrap_err().to_string();
        let mut padded = *KeyBytes::random().unwrap().expose();
        padded[20..].fill(0);
        insta::assert_snapshot!(reason([0; 32]), @"not a usable key: it is all zero");
        insta::assert_snapshot!(reason([7; 32]), @"not a usable key: it repeats itself");
        insta::assert_snapshot!(reason(*b"0123456789abcdef0123456789abcdef"), @"not a usable key: it repeats itself");
        insta::assert_snapshot!(reason(*b"correct horse battery staple now"), @"not a usable key: it is text, not random bytes");
        insta::assert_snapshot!(reason(std::array::from_fn(|i| i as u8 * 3)), @"not a usable key: it is a sequence");
        insta::assert_snapshot!(reason(std::array::from_fn(|i| if i % 3 == 0 { 200 } else { i as u8 / 2 })), @"not a usable key: it is not random: too few different bytes");
        insta::assert_snapshot!(reason(padded), @"not a usable key: it is padded");
    }

    #[test]
    fn random_keys_are_accepted() {
        for _ in 0..10_000 {
            assert!(check(KeyBytes::random().unwrap().expose()).is_ok());
        }
    }
}
