//! The bytes of sealed secrets and wrapped data keys, version 1.

use super::DataKeyId;
use crate::associated_data;
use crate::cipher;
use crate::error::StoreError;
use crate::id::{SecretId, StoreId};
use crate::keys::{KeyBytes, WrappedKey};
use crate::secret_store::Binding;
use lockkeeper_model::SecretValue;
use zeroize::Zeroizing;

const VERSION: u8 = 1;
const AES_256_GCM: u8 = 1;
/// Plaintexts have a multiple of this length, so that a ciphertext does not tell how long a password is.
const STEP: usize = 64;
const LENGTH_BYTES: usize = 4;

/// A sealed secret: version, algorithm, data key, nonce, ciphertext and tag.
pub(super) struct SecretRecord<'a> {
    pub(super) data_key: DataKeyId,
    nonce: [u8; 12],
    sealed: &'a [u8],
}

impl<'a> SecretRecord<'a> {
    /// `None` if it is not a record of a known version.
    pub(super) fn parse(bytes: &'a [u8]) -> Option<Self> {
        let ([VERSION, AES_256_GCM], rest) = bytes.split_first_chunk()? else {
            return None;
        };
        let (data_key, rest) = rest.split_first_chunk()?;
        let (nonce, sealed) = rest.split_first_chunk()?;
        Some(Self { data_key: DataKeyId::from_bytes(*data_key), nonce: *nonce, sealed })
    }

    pub(super) fn open(&self, key: &KeyBytes, bound: &[u8]) -> Option<SecretValue> {
        let plaintext = cipher::open(key, self.nonce, bound, self.sealed)?;
        let (length, rest) = plaintext.split_first_chunk::<LENGTH_BYTES>()?;
        let value = rest.get(..u32::from_be_bytes(*length) as usize)?;
        SecretValue::from_bytes(Zeroizing::new(value.to_vec()))
    }
}

/// Seals a value into a record.
pub(super) fn seal(
    key: &KeyBytes,
    data_key: DataKeyId,
    nonce: [u8; 12],
    bound: &[u8],
    value: &SecretValue,
) -> Result<Vec<u8>, StoreError> {
    let too_long = || StoreError::Misuse("a secret is too long to be sealed");
    let length = u32::try_from(value.len()).map_err(|_| too_long())?;
    let padded = (LENGTH_BYTES + value.len()).next_multiple_of(STEP);
    let mut plaintext = Zeroizing::new(Vec::with_capacity(padded));
    plaintext.extend_from_slice(&length.to_be_bytes());
    plaintext.extend_from_slice(value.expose().as_bytes());
    plaintext.resize(padded, 0);
    let sealed = cipher::seal(key, nonce, bound, &plaintext)?;
    Ok([&[VERSION, AES_256_GCM], &data_key.as_bytes()[..], &nonce, &sealed].concat())
}

/// What a secret is sealed to.
pub(super) fn secret_bound(store: StoreId, id: SecretId, binding: &Binding, data_key: DataKeyId) -> Vec<u8> {
    let Binding { connection, option, destination } = binding;
    associated_data::encode(
        "lockkeeper secret 1",
        &[
            store.as_bytes(),
            id.as_bytes(),
            connection.as_bytes(),
            option.name().as_bytes(),
            destination.as_bytes(),
            data_key.as_bytes(),
        ],
    )
}

/// What a data key is wrapped to.
pub(super) fn data_key_bound(store: StoreId, data_key: DataKeyId) -> Vec<u8> {
    associated_data::encode("lockkeeper data key 1", &[store.as_bytes(), data_key.as_bytes()])
}

/// A wrapped data key: version, algorithm, seals reserved (8 bytes), key-encryption key (1 byte of length), wrapped
/// bytes.
///
/// The count is not authenticated. Whoever changes it downwards makes a key live longer, by at most its limit for each
/// time; [`super::SEALS_PER_DATA_KEY`] leaves a factor of four.
#[derive(Clone)]
pub(super) struct DataKeyRecord {
    pub(super) seals: u64,
    pub(super) wrapped: WrappedKey,
}

impl DataKeyRecord {
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let ([VERSION, AES_256_GCM], rest) = bytes.split_first_chunk()? else {
            return None;
        };
        let (seals, rest) = rest.split_first_chunk()?;
        let (length, rest) = rest.split_first()?;
        let (key_id, wrapped) = rest.split_at_checked(usize::from(*length))?;
        let key_id = String::from_utf8(key_id.to_vec()).ok()?;
        let wrapped = WrappedKey { key_id, bytes: wrapped.to_vec() };
        Some(Self { seals: u64::from_be_bytes(*seals), wrapped })
    }

    pub(super) fn to_bytes(&self) -> Result<Vec<u8>, StoreError> {
        let Self { seals, wrapped: WrappedKey { key_id, bytes } } = self;
        match u8::try_from(key_id.len()) {
            Ok(length @ 1..) if bytes.len() <= usize::from(u16::MAX) => {
                let head = [VERSION, AES_256_GCM];
                Ok([&head[..], &seals.to_be_bytes(), &[length], key_id.as_bytes(), bytes].concat())
            }
            _ => Err(StoreError::Misuse("a key provider's key identity or wrapped key has a wrong length")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hex;
    use crate::id::ConnectionUid;
    use lockkeeper_model::OptionKey;
    use proptest::prelude::*;

    fn key() -> KeyBytes {
        KeyBytes::copy_of(ring::digest::digest(&ring::digest::SHA256, b"fixed").as_ref()).unwrap()
    }

    fn bound() -> Vec<u8> {
        let binding = Binding {
            connection: ConnectionUid::from_bytes([3; 16]),
            option: OptionKey::ApiKey,
            destination: "OPENAI\nhttps://api.example.com/v1\n".to_owned(),
        };
        let (store, id) = (StoreId::from_bytes([1; 16]), SecretId::from_bytes([2; 16]));
        secret_bound(store, id, &binding, DataKeyId::from_bytes([4; 16]))
    }

    fn digits(bytes: &[u8]) -> String {
        let mut digits = String::new();
        hex::append(&mut digits, bytes);
        digits
    }

    #[test]
    fn records_are_the_released_ones() {
        let value = SecretValue::copy_of("made-up");
        let record = seal(&key(), DataKeyId::from_bytes([4; 16]), [5; 12], &bound(), &value).unwrap();
        insta::assert_snapshot!(digits(&bound()), @"000000136c6f636b6b6565706572207365637265742031000000100101010101010101010101010101010100000010020202020202020202020202020202020000001003030303030303030303030303030303000000076170692d6b6579000000224f50454e41490a68747470733a2f2f6170692e6578616d706c652e636f6d2f76310a0000001004040404040404040404040404040404");
        insta::assert_snapshot!(digits(&record), @"01010404040404040404040404040404040405050505050505050505050501422c1c352b25df0005193908d64bfa837275db8291bd751d88ae8479378e4ff6c73b6c337a629d19fa901a7d902e004ba94b058f701ebfc5a7c6d196234196ba75da5307226205421cb6247a4446c7");
        let wrapped = WrappedKey { key_id: "some-key".to_owned(), bytes: vec![0xab; 4] };
        let record = DataKeyRecord { seals: 4096, wrapped };
        insta::assert_snapshot!(digits(&record.to_bytes().unwrap()), @"0101000000000000100008736f6d652d6b6579abababab");
        insta::assert_snapshot!(digits(&data_key_bound(StoreId::from_bytes([1; 16]), DataKeyId::from_bytes([4; 16]))), @"000000156c6f636b6b65657065722064617461206b6579203100000010010101010101010101010101010101010000001004040404040404040404040404040404");
    }

    #[test]
    fn lengths_do_not_show() {
        let length = |characters: usize| {
            let value = SecretValue::new("x".repeat(characters));
            seal(&key(), DataKeyId::from_bytes([4; 16]), [5; 12], b"", &value).unwrap().len()
        };
        assert_eq!(length(1), length(60));
        assert_eq!(length(61), length(124));
        assert_ne!(length(60), length(61));
    }

    proptest! {
        #[test]
        fn what_was_sealed_opens_and_nothing_else(text in ".{0,200}", at in any::<usize>(), bit in 0u8..8) {
            let value = SecretValue::copy_of(&text);
            let mut bytes = seal(&key(), DataKeyId::from_bytes([4; 16]), [5; 12], &bound(), &value).unwrap();
            let opened = SecretRecord::parse(&bytes).unwrap().open(&key(), &bound()).unwrap();
            prop_assert!(opened.expose() == text);
            let at = at % bytes.len();
            bytes[at] ^= 1 << bit;
            // The data key's identity is not looked up here, so a change of it shows later only.
            let opened = SecretRecord::parse(&bytes)
                .filter(|record| record.data_key == DataKeyId::from_bytes([4; 16]))
                .and_then(|record| record.open(&key(), &bound()));
            prop_assert!(opened.is_none());
        }

        #[test]
        fn any_bytes_can_be_read(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = SecretRecord::parse(&bytes).map(|record| record.open(&key(), &bound()));
            if let Some(record) = DataKeyRecord::parse(&bytes) {
                prop_assert!(record.wrapped.key_id.is_empty() || record.to_bytes().unwrap() == bytes);
            }
        }
    }
}
