//! AES-256-GCM (NIST SP 800-38D) by `ring`, in the one way that this crate uses it.

use crate::error::StoreError;
use crate::keys::KeyBytes;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use ring::rand::{SecureRandom, SystemRandom};
use zeroize::Zeroizing;

/// The length of what is sealed is that of the plaintext and this.
pub(crate) const TAG_LENGTH: usize = 16;

/// A new random nonce. Its callers see to it that a key is used far less than 2³² times (SP 800-38D section 8.3).
pub(crate) fn random_nonce() -> Result<[u8; 12], StoreError> {
    let mut nonce = [0; 12];
    SystemRandom::new().fill(&mut nonce).map_err(|_| StoreError::Randomness)?;
    Ok(nonce)
}

/// Returns ciphertext and tag.
pub(crate) fn seal(
    key: &KeyBytes,
    nonce: [u8; 12],
    associated_data: &[u8],
    plaintext: &[u8],
) -> Result<Vec<u8>, StoreError> {
    // Encrypted where it stands; the capacity keeps the plaintext from being copied.
    let mut bytes = Zeroizing::new(Vec::with_capacity(plaintext.len() + TAG_LENGTH));
    bytes.extend_from_slice(plaintext);
    expanded(key)
        .ok()
        .and_then(|key| {
            let nonce = Nonce::assume_unique_for_key(nonce);
            key.seal_in_place_append_tag(nonce, Aad::from(associated_data), &mut *bytes).ok()
        })
        .map(|()| std::mem::take(&mut *bytes))
        .ok_or(StoreError::Misuse("a text is too long to be sealed"))
}

/// Returns the plaintext; `None`, without a reason, if anything is not as it was sealed.
pub(crate) fn open(
    key: &KeyBytes,
    nonce: [u8; 12],
    associated_data: &[u8],
    sealed: &[u8],
) -> Option<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(sealed.to_vec());
    let nonce = Nonce::assume_unique_for_key(nonce);
    let length = expanded(key).ok()?.open_in_place(nonce, Aad::from(associated_data), &mut bytes).ok()?.len();
    bytes.truncate(length);
    Some(bytes)
}

/// The key schedule is made anew for each use and lives on the stack: `ring` does not wipe it, so it is not kept.
fn expanded(key: &KeyBytes) -> Result<LessSafeKey, ring::error::Unspecified> {
    UnboundKey::new(&AES_256_GCM, key.expose()).map(LessSafeKey::new)
}
