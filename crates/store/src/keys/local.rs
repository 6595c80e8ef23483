//! Key-encryption keys in memory, and the text of a key file.

use super::{KeyBytes, KeyProvider, WrappedKey, quality};
use crate::associated_data;
use crate::cipher;
use crate::error::StoreError;
use crate::hex;
use async_trait::async_trait;
use ring::digest::{SHA256, digest};
use ring::hmac;
use zeroize::Zeroizing;

/// Key-encryption keys in memory: the first wraps, all unwrap.
///
/// The text of a key file has one key per line, the current one first:
///
/// ```text
/// # comments and empty lines are skipped
/// lockkeeper-key-1:<64 hexadecimal digits>:<8 hexadecimal digits of checksum>
/// ```
///
/// The checksum is the beginning of SHA-256 over `lockkeeper key 1` and the key, so that a typing error is told apart
/// from a wrong key. The identity of a key is the first half of HMAC-SHA256 under the key over
/// `lockkeeper key id 1`. A data key is wrapped with AES-256-GCM under a random nonce, as nonce, ciphertext, tag.
#[expect(missing_debug_implementations, reason = "it holds keys")]
pub struct LocalKeys {
    /// Never empty.
    keys: Vec<LocalKey>,
}

struct LocalKey {
    id: String,
    bytes: KeyBytes,
}

const LINE_START: &str = "lockkeeper-key-1:";
const HEADER: &str = "# Lockkeeper key-encryption keys, the current one first. Keep this file secret, and a copy of it.\n\
                      # Whoever has it and the store can read every secret; without it nobody can.\n";

impl LocalKeys {
    /// One new random key.
    ///
    /// # Errors
    /// [`StoreError::Randomness`] if the system has none.
    pub fn generate() -> Result<Self, StoreError> {
        Ok(Self { keys: vec![LocalKey::new(KeyBytes::random()?)] })
    }

    /// One key from raw bytes, as a KMS or another program may give them.
    ///
    /// # Errors
    /// [`StoreError::KeyRefused`] unless there are 32 bytes that look random.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, StoreError> {
        let reason = match bytes.len() {
            0..32 => "it is shorter than 32 bytes",
            _ => "it is longer than 32 bytes",
        };
        let bytes = KeyBytes::copy_of(bytes).ok_or(StoreError::KeyRefused { reason })?;
        quality::check(bytes.expose())?;
        Ok(Self { keys: vec![LocalKey::new(bytes)] })
    }

    /// Reads the text of a key file.
    ///
    /// # Errors
    /// [`StoreError::KeyRefused`] if a line is no key, a checksum does not fit, a key is there twice or not random, or
    /// there is none at all.
    pub fn parse(text: &str) -> Result<Self, StoreError> {
        let mut keys: Vec<LocalKey> = Vec::new();
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let key = LocalKey::parse(line)?;
            if keys.iter().any(|known| known.id == key.id) {
                return Err(StoreError::KeyRefused { reason: "a key is in the file twice" });
            }
            keys.push(key);
        }
        match keys.is_empty() {
            true => Err(StoreError::KeyRefused { reason: "there is no key in the file" }),
            false => Ok(Self { keys }),
        }
    }

    /// The text of a key file with these keys; it is as secret as they are.
    pub fn to_text(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(HEADER.len() + self.keys.len() * 100));
        text.push_str(HEADER);
        for key in &self.keys {
            text.push_str(LINE_START);
            hex::append(&mut text, key.bytes.expose());
            text.push(':');
            hex::append(&mut text, &checksum(key.bytes.expose()));
            text.push('\n');
        }
        text
    }

    /// Puts a new random key before the others, which go on unwrapping.
    ///
    /// # Errors
    /// [`StoreError::Randomness`] if the system has none.
    pub fn add_current(&mut self) -> Result<(), StoreError> {
        self.keys.insert(0, LocalKey::new(KeyBytes::random()?));
        Ok(())
    }

    /// Wipes all keys but the current one; sensible when nothing is wrapped under them any more
    /// ([`crate::SealedSecrets::status`]).
    pub fn forget_older(&mut self) {
        self.keys.truncate(1);
    }

    /// The identities of the keys, the current one first. They are not secret.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.keys.iter().map(|key| key.id.as_str())
    }
}

#[async_trait]
impl KeyProvider for LocalKeys {
    async fn current(&self) -> Result<String, StoreError> {
        Ok(self.keys[0].id.clone())
    }

    async fn wrap(&self, data_key: &KeyBytes, associated_data: &[u8]) -> Result<WrappedKey, StoreError> {
        self.keys[0].wrap(data_key, cipher::random_nonce()?, associated_data)
    }

    async fn unwrap(&self, wrapped: &WrappedKey, associated_data: &[u8]) -> Result<KeyBytes, StoreError> {
        let key = self.keys.iter().find(|key| key.id == wrapped.key_id);
        key.ok_or_else(|| StoreError::KeyMissing { key_id: wrapped.key_id.clone() })?
            .unwrap(&wrapped.bytes, associated_data)
            .ok_or(StoreError::KeyRefused { reason: "a data key does not open under it" })
    }
}

impl LocalKey {
    fn new(bytes: KeyBytes) -> Self {
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, bytes.expose()), b"lockkeeper key id 1");
        let mut id = String::new();
        hex::append(&mut id, &tag.as_ref()[..16]);
        Self { id, bytes }
    }

    fn parse(line: &str) -> Result<Self, StoreError> {
        let refused = |reason| StoreError::KeyRefused { reason };
        let parts = line.strip_prefix(LINE_START).and_then(|rest| rest.split_once(':'));
        let (digits, sum_digits) = parts.ok_or(refused("a line does not have the form of a key"))?;
        let mut bytes = Zeroizing::new([0; 32]);
        let mut sum = [0; 4];
        if !hex::decode(digits, bytes.as_mut_slice()) || !hex::decode(sum_digits, &mut sum) {
            return Err(refused("a line is not 64 hexadecimal digits and their checksum"));
        }
        if checksum(&bytes) != sum {
            return Err(refused("a checksum does not fit: the key was mistyped or cut"));
        }
        quality::check(&bytes)?;
        KeyBytes::copy_of(bytes.as_slice()).map(Self::new).ok_or(refused("it is not 32 bytes"))
    }

    fn wrap(&self, data_key: &KeyBytes, nonce: [u8; 12], data: &[u8]) -> Result<WrappedKey, StoreError> {
        let mut bytes = nonce.to_vec();
        bytes.extend(cipher::seal(&self.bytes, nonce, &self.bound(data), data_key.expose())?);
        Ok(WrappedKey { key_id: self.id.clone(), bytes })
    }

    fn unwrap(&self, bytes: &[u8], data: &[u8]) -> Option<KeyBytes> {
        let (nonce, sealed) = bytes.split_first_chunk()?;
        KeyBytes::copy_of(&cipher::open(&self.bytes, *nonce, &self.bound(data), sealed)?)
    }

    fn bound(&self, data: &[u8]) -> Vec<u8> {
        associated_data::encode("lockkeeper wrapped key 1", &[self.id.as_bytes(), data])
    }
}

fn checksum(key: &[u8; 32]) -> [u8; 4] {
    let mut input = Zeroizing::new(Vec::with_capacity(48));
    input.extend_from_slice(b"lockkeeper key 1");
    input.extend_from_slice(key);
    let mut sum = [0; 4];
    sum.copy_from_slice(&digest(&SHA256, &input).as_ref()[..4]);
    sum
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Made up, and the same in every run.
    pub(crate) fn fixed_key(seed: u8) -> KeyBytes {
        KeyBytes::copy_of(digest(&SHA256, &[seed]).as_ref()).unwrap()
    }

    fn reason(text: &str) -> String {
        LocalKeys::parse(text).err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn the_file_is_the_released_one() {
        let keys = LocalKeys { keys: vec![LocalKey::new(fixed_key(1)), LocalKey::new(fixed_key(2))] };
        insta::assert_snapshot!(keys.to_text().as_str(), @"
        # Lockkeeper key-encryption keys, the current one first. Keep this file secret, and a copy of it.
        # Whoever has it and the store can read every secret; without it nobody can.
        lockkeeper-key-1:4bf5122f344554c53bde2ebb8cd2b7e3d1600ad631c385a5d7cce23c7785459a:30898a7c
        lockkeeper-key-1:dbc1b4c900ffe48d575b5da5c638040125f65db0fe3e24494b76ea986457d986:61d37eb3
        ");
        insta::assert_snapshot!(keys.ids().collect::<Vec<_>>().join(" "), @"3fa311cd7268b84a885e776763bef19e 513516cec259eb097d88f85f38296826");
        let read = LocalKeys::parse(&keys.to_text()).unwrap();
        assert!(read.ids().eq(keys.ids()));
    }

    #[test]
    fn wrapped_keys_are_the_released_ones() {
        let key = LocalKey::new(fixed_key(1));
        let wrapped = key.wrap(&fixed_key(3), [9; 12], b"data").unwrap();
        let mut digits = String::new();
        hex::append(&mut digits, &wrapped.bytes);
        insta::assert_snapshot!(digits, @"0909090909090909090909099dff7910b5b50178e3666f7a4a7aaa74d3bbe5322534a42733c070544d647e198a7867dfcc315b020249f6ff84349853");
        assert!(key.unwrap(&wrapped.bytes, b"data").unwrap().expose() == fixed_key(3).expose());
        assert!(key.unwrap(&wrapped.bytes, b"other").is_none());
        assert!(LocalKey::new(fixed_key(2)).unwrap(&wrapped.bytes, b"data").is_none());
    }

    #[test]
    fn a_mistyped_file_is_not_a_key() {
        let text = LocalKeys::generate().unwrap().to_text();
        let line = text.lines().last().unwrap();
        let digit = if line.as_bytes()[30] == b'0' { "1" } else { "0" };
        insta::assert_snapshot!(reason(&format!("{}{digit}{}", &line[..30], &line[31..])), @"not a usable key: a checksum does not fit: the key was mistyped or cut");
        insta::assert_snapshot!(reason(&line[..60]), @"not a usable key: a line does not have the form of a key");
        insta::assert_snapshot!(reason(&line.replace("key-1", "key-2")), @"not a usable key: a line does not have the form of a key");
        insta::assert_snapshot!(reason(&format!("{line}\n{line}")), @"not a usable key: a key is in the file twice");
        insta::assert_snapshot!(reason("# nothing\n"), @"not a usable key: there is no key in the file");
        insta::assert_snapshot!(LocalKeys::from_bytes(b"too short").err().unwrap(), @"not a usable key: it is shorter than 32 bytes");
    }
}
