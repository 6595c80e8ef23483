//! Values that must not leave.

use zeroize::Zeroizing;

/// A secret's text in memory that is wiped when the value is dropped.
///
/// It has no `Debug`, `Display`, `Serialize`, `Clone` or `PartialEq`: a type that contains one cannot derive them
/// either, so a secret cannot reach a log by accident. `secrecy::SecretString` was not taken because it has the
/// first and the fourth.
#[expect(missing_debug_implementations, reason = "a secret is never printed, not even as a placeholder")]
pub struct SecretValue(Zeroizing<String>);

impl SecretValue {
    /// Takes over `text`; the memory it owns is wiped later.
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// Takes over bytes that were opened from a store.
    ///
    /// Returns `None`, and wipes the bytes, if they are not UTF-8.
    pub fn from_bytes(mut bytes: Zeroizing<Vec<u8>>) -> Option<Self> {
        match String::from_utf8(std::mem::take(&mut *bytes)) {
            Ok(text) => Some(Self::new(text)),
            Err(error) => {
                drop(Zeroizing::new(error.into_bytes()));
                None
            }
        }
    }

    /// Copies a borrowed text into memory that will be wiped; the original is the caller's to wipe.
    pub fn copy_of(text: &str) -> Self {
        Self::new(text.to_owned())
    }

    /// Lends the secret. Every call of this function is a place to review.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The length in bytes.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether the text is empty.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_are_not_text_are_refused() {
        assert!(SecretValue::from_bytes(Zeroizing::new(vec![0xff, 0xfe])).is_none());
        let value = SecretValue::from_bytes(Zeroizing::new(b"made-up".to_vec()));
        assert_eq!(value.map(|v| v.len()), Some(7));
    }
}
