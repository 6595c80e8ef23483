//! Secrets in a store that seals by itself: what somebody writes who has a vault already.
//!
//! This one seals with a key that is the hash of a file, for want of a vault.

use crate::files::Files;
use async_trait::async_trait;
use lockkeeper::model::SecretValue;
use lockkeeper::store::{
    Binding, Blob, BlobKey, BlobStore, NewSecret, Object, SecretId, SecretStore, StoreError, StoreId,
};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom, SystemRandom};
use std::path::Path;
use zeroize::Zeroizing;

/// Files whose content is a nonce, then the ciphertext and tag of AES-256-GCM.
pub(crate) struct OwnSealing {
    files: Files,
    key: LessSafeKey,
}

impl OwnSealing {
    /// Seals into `files` under the hash of the file at `pepper`.
    pub(crate) fn open(files: Files, pepper: &Path) -> Result<Self, StoreError> {
        let bytes = std::fs::read(pepper).map(Zeroizing::new);
        let bytes = bytes.map_err(|error| StoreError::KeyProvider(Box::new(error)))?;
        if bytes.len() < 32 {
            return Err(StoreError::KeyRefused { reason: "it is shorter than 32 bytes" });
        }
        let key = UnboundKey::new(&AES_256_GCM, digest(&SHA256, &bytes).as_ref());
        let key = key.map_err(|_| StoreError::KeyRefused { reason: "it has another length" })?;
        Ok(Self { files, key: LessSafeKey::new(key) })
    }

    fn seal(&self, NewSecret { id, binding, value }: NewSecret) -> Result<Blob, StoreError> {
        let mut nonce = [0; NONCE_LEN];
        SystemRandom::new().fill(&mut nonce).map_err(|_| StoreError::Randomness)?;
        // Room for the tag, so that no copy of the value is left behind by growing.
        let mut sealed = Zeroizing::new(Vec::with_capacity(value.len() + AES_256_GCM.tag_len()));
        sealed.extend_from_slice(value.expose().as_bytes());
        self.key
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(bound(id, &binding)),
                &mut *sealed,
            )
            .map_err(|_| StoreError::Misuse("a value is too long to seal"))?;
        Ok(Blob { key: BlobKey::of_secret(id), bytes: [&nonce[..], &sealed].concat() })
    }
}

#[async_trait]
impl SecretStore for OwnSealing {
    /// It has no transaction with any catalog; what a crash leaves, a sweep finds.
    fn rides_with(&self, _: StoreId) -> bool {
        false
    }

    async fn write(&self, secrets: Vec<NewSecret>, _: StoreId) -> Result<Vec<Blob>, StoreError> {
        let sealed = secrets.into_iter().map(|secret| self.seal(secret)).collect::<Result<_, _>>()?;
        self.files.write_new(sealed).await.map(|()| Vec::new())
    }

    async fn open(&self, id: SecretId, binding: &Binding) -> Result<SecretValue, StoreError> {
        let missing = || StoreError::Missing { object: Object::Secret, name: id.to_string() };
        // One error for whatever is wrong with it.
        let damaged = || StoreError::Damaged { object: Object::Secret, name: id.to_string() };
        let bytes = self.files.read(&BlobKey::of_secret(id)).await?.ok_or_else(missing)?;
        let (nonce, sealed) = bytes.split_at_checked(NONCE_LEN).ok_or_else(damaged)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| damaged())?;
        let mut opened = Zeroizing::new(sealed.to_vec());
        let value = self.key.open_in_place(nonce, Aad::from(bound(id, binding)), &mut opened);
        let length = value.map_err(|_| damaged())?.len();
        opened.truncate(length);
        SecretValue::from_bytes(opened).ok_or_else(damaged)
    }

    async fn destroy(&self, ids: &[SecretId]) -> Result<(), StoreError> {
        let keys: Vec<_> = ids.iter().copied().map(BlobKey::of_secret).collect();
        self.files.remove(&keys).await
    }

    async fn list(&self, after: Option<SecretId>, limit: usize) -> Result<Vec<SecretId>, StoreError> {
        let after = after.map(BlobKey::of_secret);
        let keys = self.files.list(BlobKey::SECRETS, after.as_ref(), limit).await?;
        keys.iter().map(|key| key.as_str().trim_start_matches(BlobKey::SECRETS).parse()).collect()
    }
}

/// What a secret is sealed to, each part with its length before it: moved anywhere else, it does not open.
fn bound(id: SecretId, Binding { connection, option, destination }: &Binding) -> Vec<u8> {
    let parts: [&[u8]; 4] =
        [id.as_bytes(), connection.as_bytes(), option.name().as_bytes(), destination.as_bytes()];
    parts.iter().flat_map(|part| [&(part.len() as u64).to_be_bytes()[..], part].concat()).collect()
}
