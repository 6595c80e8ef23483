//! Random identities of 128 bits.

use crate::error::StoreError;
use crate::hex;
use ring::rand::{SecureRandom, SystemRandom};
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        ///
        /// Printed and serialised as 32 hexadecimal digits.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; 16]);

        impl $name {
            /// The identity with these bytes.
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(bytes)
            }

            /// The bytes.
            pub const fn as_bytes(&self) -> &[u8; 16] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&digits(&self.0))
            }
        }

        impl FromStr for $name {
            type Err = StoreError;

            fn from_str(text: &str) -> Result<Self, StoreError> {
                let mut bytes = [0; 16];
                hex::decode(text, &mut bytes).then_some(Self(bytes)).ok_or(StoreError::InvalidId)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&digits(&self.0))
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_str(Digits).map(Self)
            }
        }

        impl TryFrom<String> for $name {
            type Error = StoreError;

            fn try_from(text: String) -> Result<Self, StoreError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.to_string()
            }
        }
    };
}

id! {
    /// Identity of a connection: a rename keeps it, a connection created anew under an old name has another.
    ConnectionUid
}
id! {
    /// Identity of one stored value of one option; never used twice.
    ///
    /// The first six bytes are the milliseconds since 1970 at which it was made, so that a sweep can leave young
    /// secrets alone. The next two are a number that grows within a millisecond of one process: what keeps secrets in
    /// the order of their identities writes those of a moment behind each other.
    SecretId
}
id! {
    /// Identity of a data key. The first six bytes are the milliseconds since 1970 at which it was made, so the last in
    /// order is the newest.
    DataKeyId
}
id! {
    /// Identity of a store; two handles with the same one share transactions.
    StoreId
}

impl ConnectionUid {
    /// A new random identity.
    ///
    /// # Errors
    /// [`StoreError::Randomness`] if the system has none.
    pub fn random() -> Result<Self, StoreError> {
        random().map(Self)
    }
}

impl StoreId {
    /// A new random identity.
    ///
    /// # Errors
    /// [`StoreError::Randomness`] if the system has none.
    pub fn random() -> Result<Self, StoreError> {
        random().map(Self)
    }
}

impl SecretId {
    /// A new identity with the given time and 64 random bits.
    ///
    /// # Errors
    /// [`StoreError::Randomness`] if the system has none.
    pub fn new(now: jiff::Timestamp) -> Result<Self, StoreError> {
        random().map(|bits| Self::numbered(bits, now))
    }

    fn numbered(bits: [u8; 16], now: jiff::Timestamp) -> Self {
        static LAST: AtomicU64 = AtomicU64::new(0);
        let mut id = stamped(bits, u64::try_from(now.as_millisecond()).unwrap_or(0));
        // Two processes begin at different numbers, and both have numbers left.
        id[6] &= 0x7f;
        let [a, b, c, d, e, f, g, h, ..] = id;
        let drawn = u64::from_be_bytes([a, b, c, d, e, f, g, h]);
        let update = |last| Some(number_behind(last, drawn));
        let last = LAST.fetch_update(Ordering::Relaxed, Ordering::Relaxed, update).unwrap_or_default();
        id[..8].copy_from_slice(&number_behind(last, drawn).to_be_bytes());
        Self(id)
    }

    /// When it was made, in milliseconds since 1970.
    pub fn milliseconds(&self) -> u64 {
        milliseconds(&self.0)
    }
}

impl DataKeyId {
    /// A new identity that comes after `newest`, whatever the clock says.
    pub(crate) fn new(now: jiff::Timestamp, newest: Option<Self>) -> Result<Self, StoreError> {
        let now = u64::try_from(now.as_millisecond()).unwrap_or(0);
        let first_free = newest.map_or(0, |newest| newest.milliseconds() + 1);
        timed(now.max(first_free)).map(Self)
    }

    /// When it was made, in milliseconds since 1970.
    pub fn milliseconds(&self) -> u64 {
        milliseconds(&self.0)
    }
}

/// New random identities, for whose bits the system is asked many at a time.
///
/// For use at once: whoever keeps one for long would have the same ones in a copy of the machine.
#[derive(Debug)]
pub struct NewIds {
    drawn: Vec<u8>,
    wanted: usize,
}

impl NewIds {
    /// For about so many identities; more can be had.
    pub fn about(count: usize) -> Self {
        Self { drawn: Vec::new(), wanted: count.clamp(1, 1024) }
    }

    /// A new identity of a connection, as [`ConnectionUid::random`] gives.
    ///
    /// # Errors
    /// [`StoreError::Randomness`] if the system has none.
    pub fn connection(&mut self) -> Result<ConnectionUid, StoreError> {
        self.next().map(ConnectionUid)
    }

    /// A new identity of a secret, as [`SecretId::new`] gives.
    ///
    /// # Errors
    /// [`StoreError::Randomness`] if the system has none.
    pub fn secret(&mut self, now: jiff::Timestamp) -> Result<SecretId, StoreError> {
        self.next().map(|bits| SecretId::numbered(bits, now))
    }

    fn next(&mut self) -> Result<[u8; 16], StoreError> {
        if self.drawn.is_empty() {
            let mut drawn = vec![0; 16 * self.wanted];
            SystemRandom::new().fill(&mut drawn).map_err(|_| StoreError::Randomness)?;
            self.drawn = drawn;
        }
        // Each is taken out: none can be given twice.
        let (rest, bits) = self.drawn.split_last_chunk().ok_or(StoreError::Randomness)?;
        let (left, bits) = (rest.len(), *bits);
        self.drawn.truncate(left);
        Ok(bits)
    }
}

fn digits(bytes: &[u8; 16]) -> String {
    let mut digits = String::with_capacity(32);
    hex::append(&mut digits, bytes);
    digits
}

/// Reads digits where they stand, without a copy of the text.
struct Digits;

impl Visitor<'_> for Digits {
    type Value = [u8; 16];

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("32 hexadecimal digits")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<[u8; 16], E> {
        let mut bytes = [0; 16];
        match hex::decode(text, &mut bytes) {
            true => Ok(bytes),
            false => Err(E::custom(StoreError::InvalidId)),
        }
    }
}

/// The number behind the last one, or the one that was drawn if that is of another millisecond.
fn number_behind(last: u64, drawn: u64) -> u64 {
    match last.checked_add(1) {
        Some(next) if next >> 16 == drawn >> 16 => next,
        _ => drawn,
    }
}

fn timed(milliseconds: u64) -> Result<[u8; 16], StoreError> {
    random().map(|bits| stamped(bits, milliseconds))
}

fn stamped(mut bits: [u8; 16], milliseconds: u64) -> [u8; 16] {
    bits[..6].copy_from_slice(&milliseconds.to_be_bytes()[2..]);
    bits
}

fn milliseconds(id: &[u8; 16]) -> u64 {
    let [a, b, c, d, e, f, ..] = *id;
    u64::from_be_bytes([0, 0, a, b, c, d, e, f])
}

fn random() -> Result<[u8; 16], StoreError> {
    let mut bytes = [0; 16];
    SystemRandom::new().fill(&mut bytes).map_err(|_| StoreError::Randomness)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_drawn_together_are_each_its_own() {
        let now: jiff::Timestamp = "2026-01-02T03:04:05.678Z".parse().unwrap();
        for wanted in [0, 1, 3, usize::MAX] {
            let mut new = NewIds::about(wanted);
            let mut rests = std::collections::BTreeSet::new();
            for _ in 0..2000 {
                rests.insert(new.connection().unwrap().as_bytes()[6..].to_vec());
                let secret = new.secret(now).unwrap();
                assert_eq!(secret.milliseconds(), 1_767_323_045_678);
                rests.insert(secret.as_bytes()[6..].to_vec());
            }
            assert_eq!(rests.len(), 4000);
        }
    }

    #[test]
    fn secrets_of_one_millisecond_are_numbered() {
        let now = |number: u64| 1_767_323_045_678 << 16 | number;
        assert_eq!(number_behind(now(0x1234), now(7)), now(0x1235));
        assert_eq!(number_behind(now(0xffff), now(7)), now(7));
        assert_eq!(number_behind(now(0x1234), now(7) + (1 << 16)), now(7) + (1 << 16));
        assert_eq!(number_behind(now(0x1234), now(7) - (1 << 16)), now(7) - (1 << 16));
        assert_eq!(number_behind(u64::MAX, now(7)), now(7));
        // Other tests are at work meanwhile.
        let now = "2026-01-02T03:04:05.679Z".parse().unwrap();
        let ids: Vec<_> = (0..1000).map(|_| SecretId::new(now).unwrap()).collect();
        assert!(ids.windows(2).filter(|pair| pair[0] < pair[1]).count() > 500);
        assert!(ids.iter().all(|id| id.milliseconds() == 1_767_323_045_679));
    }

    #[test]
    fn ids_survive_printing() {
        let id = SecretId::new("2026-01-02T03:04:05.678Z".parse().unwrap()).unwrap();
        assert_eq!(id.to_string().parse::<SecretId>().unwrap(), id);
        assert_eq!(id.milliseconds(), 1_767_323_045_678);
        assert!("+".repeat(32).parse::<StoreId>().is_err());
    }
}
