//! Keys under a passphrase, for the safe.

use super::{KeyBytes, LocalKeys};
use crate::associated_data;
use crate::cipher;
use crate::error::StoreError;
use crate::hex;
use lockkeeper_model::SecretValue;
use ring::pbkdf2;
use ring::rand::{SecureRandom, SystemRandom};
use std::num::NonZeroU32;
use zeroize::Zeroizing;

const FIRST_LINE: &str = "lockkeeper-recovery-1 pbkdf2-hmac-sha256 aes-256-gcm";
/// OWASP Password Storage Cheat Sheet, for PBKDF2-HMAC-SHA256.
const ROUNDS: NonZeroU32 = NonZeroU32::new(600_000).expect("not zero");
/// A text that asks for more would only waste time.
const MOST_ROUNDS: u32 = 10_000_000;
const DIGITS_PER_LINE: usize = 64;

impl LocalKeys {
    /// How long a passphrase is at least that seals keys, in bytes.
    pub const SHORTEST_PASSPHRASE: usize = 12;

    /// The keys as text that a passphrase opens; it may be printed and put into a safe.
    ///
    /// The lines are: the form, the rounds, the salt, the nonce, the sealed text of the key file. The key is
    /// PBKDF2-HMAC-SHA256 (RFC 8018) of the passphrase; it takes a noticeable part of a second of computing.
    ///
    /// # Errors
    /// [`StoreError::KeyRefused`] if the passphrase has less than 12 bytes, [`StoreError::Randomness`].
    pub fn seal_with_passphrase(&self, passphrase: &SecretValue) -> Result<String, StoreError> {
        if passphrase.len() < Self::SHORTEST_PASSPHRASE {
            return Err(StoreError::KeyRefused { reason: "the passphrase is shorter than 12 bytes" });
        }
        let mut salt = [0; 16];
        SystemRandom::new().fill(&mut salt).map_err(|_| StoreError::Randomness)?;
        self.sealed(passphrase, ROUNDS, salt, cipher::random_nonce()?)
    }

    /// Opens what [`LocalKeys::seal_with_passphrase`] made.
    ///
    /// # Errors
    /// [`StoreError::KeyRefused`] if the text is not of that form, or the passphrase is another.
    pub fn open_with_passphrase(text: &str, passphrase: &SecretValue) -> Result<Self, StoreError> {
        let form = StoreError::KeyRefused { reason: "it is not a recovery text" };
        let Some(parts) = Parts::parse(text) else {
            return Err(form);
        };
        let Parts { rounds, salt, nonce, sealed } = parts;
        let key = derive(passphrase, rounds, &salt)?;
        let opened = cipher::open(&key, nonce, &bound(rounds, &salt), &sealed)
            .ok_or(StoreError::KeyRefused { reason: "the passphrase does not open the recovery text" })?;
        let text = std::str::from_utf8(&opened).map_err(|_| form)?;
        Self::parse(text)
    }

    fn sealed(
        &self,
        passphrase: &SecretValue,
        rounds: NonZeroU32,
        salt: [u8; 16],
        nonce: [u8; 12],
    ) -> Result<String, StoreError> {
        let key = derive(passphrase, rounds, &salt)?;
        let sealed = cipher::seal(&key, nonce, &bound(rounds, &salt), self.to_text().as_bytes())?;
        let mut text = format!("{FIRST_LINE}\nrounds {rounds}\nsalt ");
        hex::append(&mut text, &salt);
        text.push_str("\nnonce ");
        hex::append(&mut text, &nonce);
        for line in sealed.chunks(DIGITS_PER_LINE / 2) {
            text.push('\n');
            hex::append(&mut text, line);
        }
        text.push('\n');
        Ok(text)
    }
}

struct Parts {
    rounds: NonZeroU32,
    salt: [u8; 16],
    nonce: [u8; 12],
    sealed: Vec<u8>,
}

impl Parts {
    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        let (mut salt, mut nonce) = ([0; 16], [0; 12]);
        let first = lines.next()? == FIRST_LINE;
        let rounds: NonZeroU32 = lines.next()?.strip_prefix("rounds ")?.parse().ok()?;
        let salted = hex::decode(lines.next()?.strip_prefix("salt ")?, &mut salt);
        let nonced = hex::decode(lines.next()?.strip_prefix("nonce ")?, &mut nonce);
        let digits: String = lines.collect();
        let mut sealed = vec![0; digits.len() / 2];
        let whole = hex::decode(&digits, &mut sealed);
        (first && salted && nonced && whole && (ROUNDS.get()..=MOST_ROUNDS).contains(&rounds.get()))
            .then_some(Self { rounds, salt, nonce, sealed })
    }
}

fn derive(passphrase: &SecretValue, rounds: NonZeroU32, salt: &[u8]) -> Result<KeyBytes, StoreError> {
    let mut key = Zeroizing::new([0; 32]);
    let passphrase = passphrase.expose().as_bytes();
    pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, rounds, salt, passphrase, key.as_mut_slice());
    KeyBytes::copy_of(key.as_slice()).ok_or(StoreError::Misuse("a derived key has another length"))
}

fn bound(rounds: NonZeroU32, salt: &[u8]) -> Vec<u8> {
    associated_data::encode("lockkeeper recovery 1", &[&rounds.get().to_be_bytes(), salt])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_passphrase_brings_the_keys_back() {
        let mut keys = LocalKeys::generate().unwrap();
        keys.add_current().unwrap();
        let passphrase = SecretValue::copy_of("made-up passphrase");
        let text = keys.seal_with_passphrase(&passphrase).unwrap();
        assert!(text.lines().all(|line| line.len() <= DIGITS_PER_LINE));
        let read = LocalKeys::open_with_passphrase(&text, &passphrase).unwrap();
        assert!(read.ids().eq(keys.ids()));

        let reason = |text: &str, passphrase: &str| {
            LocalKeys::open_with_passphrase(text, &SecretValue::copy_of(passphrase))
                .err()
                .unwrap()
                .to_string()
        };
        insta::assert_snapshot!(reason(&text, "made-up passphrasE"), @"not a usable key: the passphrase does not open the recovery text");
        insta::assert_snapshot!(reason(&text.replace("600000", "1"), "made-up passphrase"), @"not a usable key: it is not a recovery text");
        insta::assert_snapshot!(reason(&text.replace("600000", "600001"), "made-up passphrase"), @"not a usable key: the passphrase does not open the recovery text");
        insta::assert_snapshot!(reason(&text[..text.len() - 4], "made-up passphrase"), @"not a usable key: it is not a recovery text");
        let short = keys.seal_with_passphrase(&SecretValue::copy_of("short")).err().unwrap();
        insta::assert_snapshot!(short, @"not a usable key: the passphrase is shorter than 12 bytes");
    }
}
