//! Behaviours of secrets sealed over a store of bytes.

use super::samples::*;
use super::secrets::write;
use crate::blob_store::{Blob, BlobKey, BlobStore};
use crate::error::StoreError;
use crate::id::{SecretId, StoreId};
use crate::keys::{KeyBytes, KeyProvider, LocalKeys, WrappedKey};
use crate::sealing::SealedSecrets;
use crate::secret_store::{Binding, SecretStore};
use async_trait::async_trait;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::task::JoinSet;

pub(super) async fn as_a_secret_store(make: &impl AsyncFn() -> Arc<dyn BlobStore>) {
    super::secret_store(async || Arc::new(sealed(&make().await, &keys())) as Arc<dyn SecretStore>).await;
}

pub(super) async fn making_one_touches_nothing(blobs: Arc<dyn BlobStore>) {
    let provider = Arc::new(Counting {
        inner: LocalKeys::generate().unwrap_or_else(|_| panic!("randomness")),
        asked: AtomicUsize::new(0),
    });
    let secrets = SealedSecrets::new(Arc::clone(&blobs), Arc::clone(&provider) as Arc<dyn KeyProvider>);
    must(secrets.list(None, 10).await, "secrets are listed");
    must(secrets.destroy(&[secret_id()]).await, "secrets are destroyed");
    assert_eq!(provider.asked.load(Ordering::Relaxed), 0, "listing and destroying need no key");
    assert!(
        must(blobs.list("", None, 10).await, "keys are listed").is_empty(),
        "nothing is written in advance"
    );
    for _ in 0..10 {
        let (new, _) = secret();
        let (id, binding) = (new.id, new.binding.clone());
        write(&secrets, vec![new]).await;
        must(secrets.open(id, &binding).await, "a secret opens");
    }
    assert_eq!(provider.asked.load(Ordering::Relaxed), 1, "the provider is asked once for a data key");
}

pub(super) async fn no_plaintext_is_stored(blobs: Arc<dyn BlobStore>) {
    let secrets = sealed(&blobs, &keys());
    let (new, text) = secret();
    write(&secrets, vec![new]).await;
    for key in must(blobs.list("", None, 100).await, "keys are listed") {
        let bytes = must(blobs.read(&key).await, "a blob is read").unwrap_or_default();
        let found = bytes.windows(text.len()).any(|window| window == text.as_bytes());
        assert!(!found, "no plaintext is stored");
    }
}

pub(super) async fn moved_ciphertexts_do_not_open(blobs: Arc<dyn BlobStore>) {
    let secrets = sealed(&blobs, &keys());
    let (a, b) = (written(&secrets).await, written(&secrets).await);
    let (of_a, of_b) = (bytes(&*blobs, a.0).await, bytes(&*blobs, b.0).await);
    put(&*blobs, a.0, &of_b).await;
    put(&*blobs, b.0, &of_a).await;
    for (id, binding) in [(a.0, &a.1), (b.0, &b.1), (a.0, &b.1), (b.0, &a.1)] {
        must_fail(secrets.open(id, binding).await, "Damaged", "a moved ciphertext does not open");
    }
    put(&*blobs, a.0, &of_a).await;
    must(secrets.open(a.0, &a.1).await, "a ciphertext opens at its place");
}

pub(super) async fn changed_ciphertexts_do_not_open(blobs: Arc<dyn BlobStore>) {
    let secrets = sealed(&blobs, &keys());
    let (id, binding) = written(&secrets).await;
    let sound = bytes(&*blobs, id).await;
    for at in 0..sound.len() {
        let mut changed = sound.clone();
        changed[at] ^= 1 << (at % 8);
        put(&*blobs, id, &changed).await;
        must_fail(secrets.open(id, &binding).await, "Damaged", "a changed ciphertext does not open");
    }
    put(&*blobs, id, &sound).await;
    must(secrets.open(id, &binding).await, "the others are not affected");
}

pub(super) async fn cut_ciphertexts_do_not_open(blobs: Arc<dyn BlobStore>) {
    let secrets = sealed(&blobs, &keys());
    let (id, binding) = written(&secrets).await;
    let sound = bytes(&*blobs, id).await;
    for length in 0..sound.len() {
        put(&*blobs, id, &sound[..length]).await;
        must_fail(secrets.open(id, &binding).await, "Damaged", "a cut ciphertext does not open");
    }
    put(&*blobs, id, &[&sound[..], &[0]].concat()).await;
    must_fail(secrets.open(id, &binding).await, "Damaged", "a lengthened ciphertext does not open");
}

pub(super) async fn other_stores_do_not_open(here: Arc<dyn BlobStore>, there: Arc<dyn BlobStore>) {
    assert!(here.identity() != there.identity(), "two stores have two identities");
    let keys = keys();
    let secrets = sealed(&here, &keys);
    let (id, binding) = written(&secrets).await;
    // Everything is copied, the wrapped data keys too.
    for key in must(here.list("", None, 100).await, "keys are listed") {
        let bytes = must(here.read(&key).await, "a blob is read").unwrap_or_default();
        must(there.write_new(vec![Blob { key, bytes }]).await, "a blob is written");
    }
    must_fail(
        sealed(&there, &keys).open(id, &binding).await,
        "Damaged",
        "another store does not open a secret",
    );
}

pub(super) async fn other_keys_do_not_open(blobs: Arc<dyn BlobStore>) {
    let (id, binding) = written(&sealed(&blobs, &keys())).await;
    let before = must(blobs.list("", None, 100).await, "keys are listed");
    let others = sealed(&blobs, &keys());
    must_fail(others.open(id, &binding).await, "KeyMissing", "another key does not open a secret");
    let (new, _) = secret();
    let stranger = must(StoreId::random(), "randomness");
    must_fail(
        others.write(vec![new], stranger).await,
        "KeyMissing",
        "another key does not seal beside the first",
    );
    let after = must(blobs.list("", None, 100).await, "keys are listed");
    assert_eq!(before, after, "another key changes nothing");
}

pub(super) async fn old_secrets_open_after_rotation(blobs: Arc<dyn BlobStore>) {
    let mut old_keys = must(LocalKeys::generate(), "randomness");
    let text = old_keys.to_text();
    must(old_keys.add_current(), "randomness");
    let both = Arc::new(must(LocalKeys::parse(&old_keys.to_text()), "a key file is read"));
    old_keys.forget_older();
    let (only_old, only_new) =
        (Arc::new(must(LocalKeys::parse(&text), "a key file is read")), Arc::new(old_keys));

    let before = sealed(&blobs, &only_old);
    let first = written(&before).await;
    must(before.rotate_data_key().await, "a data key is rotated");
    let second = written(&before).await;
    let status = must(before.status().await, "the status is read");
    assert_eq!(status.data_keys.len(), 2, "a rotated data key is kept");
    assert!(status.is_rewrapped(), "all data keys are under the only key");

    let during = sealed(&blobs, &both);
    assert!(!must(during.status().await, "the status is read").is_rewrapped(), "the old key is still needed");
    let progress = must(during.rewrap(&|_| {}).await, "data keys are re-wrapped");
    assert_eq!(
        (progress.done, progress.unchanged, progress.total),
        (2, 0, 2),
        "every data key is re-wrapped"
    );
    let again = must(during.rewrap(&|_| {}).await, "data keys are re-wrapped");
    assert_eq!((again.done, again.unchanged), (2, 2), "re-wrapping twice changes nothing");
    assert!(must(during.status().await, "the status is read").is_rewrapped(), "the old key is not needed");

    let after = sealed(&blobs, &only_new);
    for (id, binding) in [&first, &second] {
        must(after.open(*id, binding).await, "old secrets open under the new key");
    }
    must(before.open(first.0, &first.1).await, "who has a data key open goes on");
    let third = written(&before).await;
    must(after.open(third.0, &third.1).await, "what was sealed meanwhile opens");
    must_fail(
        sealed(&blobs, &only_old).open(first.0, &first.1).await,
        "KeyMissing",
        "the old key opens no more",
    );
}

pub(super) async fn rewrapping_can_be_stopped_and_run_again(blobs: Arc<dyn BlobStore>) {
    let old = must(LocalKeys::generate(), "randomness");
    let text = old.to_text();
    let secrets = sealed(&blobs, &Arc::new(old));
    let mut written_all = Vec::new();
    for _ in 0..3 {
        written_all.push(written(&secrets).await);
        must(secrets.rotate_data_key().await, "a data key is rotated");
    }
    let mut both = must(LocalKeys::parse(&text), "a key file is read");
    must(both.add_current(), "randomness");
    let provider = Arc::new(Failing { inner: both, left: AtomicUsize::new(2) });
    let during = SealedSecrets::new(Arc::clone(&blobs), Arc::clone(&provider) as Arc<dyn KeyProvider>);
    must_fail(during.rewrap(&|_| {}).await, "KeyProvider", "a provider that fails stops the re-wrapping");
    for (id, binding) in &written_all {
        must(during.open(*id, binding).await, "half re-wrapped, every secret opens");
    }
    provider.left.store(usize::MAX, Ordering::Relaxed);
    let progress = must(during.rewrap(&|_| {}).await, "it is run again");
    assert_eq!(
        (progress.done, progress.unchanged, progress.total),
        (4, 2, 4),
        "it goes on where it was stopped"
    );
    for (id, binding) in &written_all {
        must(during.open(*id, binding).await, "every secret opens");
    }
}

pub(super) async fn a_damaged_data_key_does_not_stop_new_secrets(blobs: Arc<dyn BlobStore>) {
    let keys = keys();
    let secrets = sealed(&blobs, &keys);
    let lost = written(&secrets).await;
    let data_key = must(blobs.list("key/", None, 1).await, "keys are listed").remove(0);
    let old = must(blobs.read(&data_key).await, "a blob is read").unwrap_or_default();
    let mut new = old.clone();
    if let Some(last) = new.last_mut() {
        *last ^= 1;
    }
    assert!(must(blobs.swap(&data_key, Some(&old), &new).await, "a blob is swapped"));
    let afresh = sealed(&blobs, &keys);
    must_fail(afresh.open(lost.0, &lost.1).await, "Damaged", "a damaged data key opens nothing");
    let kept = written(&afresh).await;
    must(afresh.open(kept.0, &kept.1).await, "new secrets have a new data key");
    let progress = must(afresh.rewrap(&|_| {}).await, "data keys are re-wrapped");
    assert_eq!(progress.total, 2, "a damaged data key is counted");
}

pub(super) async fn several_processes_seal_and_rotate_at_once(blobs: Arc<dyn BlobStore>) {
    let mut local = must(LocalKeys::generate(), "randomness");
    must(local.add_current(), "randomness");
    let keys = Arc::new(local);
    let mut tasks = JoinSet::new();
    for process in 0..6 {
        let (blobs, keys) = (Arc::clone(&blobs), Arc::clone(&keys));
        tasks.spawn(async move {
            let mut all = Vec::new();
            for _ in 0..5 {
                // A process of its own has opened nothing yet.
                let secrets = sealed(&blobs, &keys);
                match process {
                    0 => drop(must(secrets.rotate_data_key().await, "a data key is rotated")),
                    1 => drop(must(secrets.rewrap(&|_| {}).await, "data keys are re-wrapped")),
                    _ => all.push(written(&secrets).await),
                }
            }
            all
        });
    }
    let all: Vec<_> = tasks.join_all().await.into_iter().flatten().collect();
    let afresh = sealed(&blobs, &keys);
    for (id, binding) in &all {
        must(afresh.open(*id, binding).await, "every secret opens");
    }
    let status = must(afresh.status().await, "the status is read");
    let reserved: u64 = status.data_keys.iter().map(|data_key| data_key.seals).sum();
    assert_eq!(reserved % crate::sealing::SEALS_PER_BLOCK, 0, "seals are reserved in blocks");
    assert!(reserved >= 20 * crate::sealing::SEALS_PER_BLOCK, "each process reserved seals of its own");
}

fn keys() -> Arc<LocalKeys> {
    Arc::new(must(LocalKeys::generate(), "randomness"))
}

fn sealed(blobs: &Arc<dyn BlobStore>, keys: &Arc<LocalKeys>) -> SealedSecrets {
    SealedSecrets::new(Arc::clone(blobs), Arc::clone(keys) as Arc<dyn KeyProvider>)
}

async fn written(secrets: &SealedSecrets) -> (SecretId, Binding) {
    let (new, _) = secret();
    let known = (new.id, new.binding.clone());
    write(secrets, vec![new]).await;
    known
}

async fn bytes(blobs: &dyn BlobStore, id: SecretId) -> Vec<u8> {
    must(blobs.read(&BlobKey::of_secret(id)).await, "a blob is read").unwrap_or_default()
}

/// What an attacker with access to the store can do.
async fn put(blobs: &dyn BlobStore, id: SecretId, new: &[u8]) {
    let old = bytes(blobs, id).await;
    assert!(must(blobs.swap(&BlobKey::of_secret(id), Some(&old), new).await, "a blob is swapped"));
}

/// Counts how often it is asked for a key.
struct Counting {
    inner: LocalKeys,
    asked: AtomicUsize,
}

#[async_trait]
impl KeyProvider for Counting {
    async fn current(&self) -> Result<String, StoreError> {
        self.inner.current().await
    }

    async fn wrap(&self, data_key: &KeyBytes, associated_data: &[u8]) -> Result<WrappedKey, StoreError> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        self.inner.wrap(data_key, associated_data).await
    }

    async fn unwrap(&self, wrapped: &WrappedKey, associated_data: &[u8]) -> Result<KeyBytes, StoreError> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        self.inner.unwrap(wrapped, associated_data).await
    }
}

/// Wraps a few keys and fails then.
struct Failing {
    inner: LocalKeys,
    left: AtomicUsize,
}

#[async_trait]
impl KeyProvider for Failing {
    async fn current(&self) -> Result<String, StoreError> {
        self.inner.current().await
    }

    async fn wrap(&self, data_key: &KeyBytes, associated_data: &[u8]) -> Result<WrappedKey, StoreError> {
        let left = self.left.load(Ordering::Relaxed);
        self.left.store(left.saturating_sub(1), Ordering::Relaxed);
        match left {
            0 => Err(StoreError::KeyProvider("made up".into())),
            _ => self.inner.wrap(data_key, associated_data).await,
        }
    }

    async fn unwrap(&self, wrapped: &WrappedKey, associated_data: &[u8]) -> Result<KeyBytes, StoreError> {
        self.inner.unwrap(wrapped, associated_data).await
    }
}
