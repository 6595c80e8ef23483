//! Behaviours of a store of sealed bytes.

use super::samples::*;
use crate::blob_store::{Blob, BlobKey, BlobStore};
use std::sync::Arc;
use tokio::task::JoinSet;

pub(super) async fn what_was_written_is_read(blobs: &dyn BlobStore) {
    let bytes: Vec<u8> = (0..=255).collect();
    let written = [("secret/a", bytes), ("secret/b", Vec::new()), ("key/a", vec![0]), ("x", vec![1, 2])];
    let all = written.iter().map(|(key, bytes)| blob(key, bytes)).collect();
    must(blobs.write_new(all).await, "new blobs are written");
    for (key, bytes) in &written {
        assert_eq!(read(blobs, key).await.as_ref(), Some(bytes), "what was written is read");
    }
    assert_eq!(read(blobs, "secret/c").await, None, "what was not written is not there");
    must(blobs.write_new(Vec::new()).await, "nothing is written too");
}

pub(super) async fn new_blobs_are_written_all_or_none(blobs: &dyn BlobStore) {
    must(blobs.write_new(vec![blob("b", b"1")]).await, "a new blob is written");
    let second = vec![blob("a", b"2"), blob("b", b"2"), blob("c", b"2")];
    must_fail(blobs.write_new(second).await, "Exists", "a taken key is refused");
    assert_eq!(read(blobs, "a").await, None, "with a taken key, none is written");
    assert_eq!(read(blobs, "b").await.as_deref(), Some(&b"1"[..]), "a taken key keeps its bytes");
    assert_eq!(read(blobs, "c").await, None, "with a taken key, none is written");
    let twice = vec![blob("d", b"1"), blob("d", b"2")];
    must_fail(blobs.write_new(twice).await, "Exists", "a key is written once");
    assert_eq!(read(blobs, "d").await, None, "with a key twice, none is written");
}

pub(super) async fn a_swap_needs_the_expected_bytes(blobs: &dyn BlobStore) {
    let key = blob_key("key/a");
    let swap = async |expected: Option<&[u8]>, new: &[u8]| {
        must(blobs.swap(&key, expected, new).await, "a swap is tried")
    };
    assert!(!swap(Some(b"1"), b"2").await, "what is not there has no bytes");
    assert!(swap(None, b"1").await, "nothing is swapped for something");
    assert!(!swap(None, b"2").await, "something is not nothing");
    assert!(!swap(Some(b""), b"2").await, "something is not empty");
    assert!(!swap(Some(b"2"), b"3").await, "other bytes are not the expected ones");
    assert!(swap(Some(b"1"), b"2").await, "the expected bytes are swapped");
    assert!(swap(Some(b"2"), b"2").await, "the same bytes are swapped too");
    assert_eq!(read(blobs, "key/a").await.as_deref(), Some(&b"2"[..]), "the new bytes are read");
}

pub(super) async fn removing_twice_is_no_mistake(blobs: &dyn BlobStore) {
    must(blobs.write_new(vec![blob("a", b"1"), blob("b", b"1")]).await, "new blobs are written");
    for _ in 0..2 {
        must(blobs.remove(&[blob_key("a"), blob_key("c")]).await, "removing twice is no mistake");
    }
    assert_eq!(read(blobs, "a").await, None, "what was removed is gone");
    assert!(read(blobs, "b").await.is_some(), "what was not removed stays");
    must(blobs.write_new(vec![blob("a", b"2")]).await, "a removed key is free");
}

pub(super) async fn keys_are_listed_in_order_and_pages(blobs: &dyn BlobStore) {
    let all = ["key/1", "key/2", "secret", "secret-1", "secret/1", "secret/10", "secret/2", "secret0"];
    let written = all.iter().rev().map(|key| blob(key, b"1")).collect();
    must(blobs.write_new(written).await, "new blobs are written");
    for (prefix, wanted) in [("", &all[..]), ("secret/", &all[4..7]), ("key/2", &all[1..2]), ("none", &[])] {
        for limit in [1, 2, 100] {
            let mut found: Vec<BlobKey> = Vec::new();
            loop {
                let page = must(blobs.list(prefix, found.last(), limit).await, "keys are listed");
                assert!(page.len() <= limit, "a page has at most as many keys as wanted");
                if page.is_empty() {
                    break;
                }
                found.extend(page);
            }
            let found: Vec<_> = found.iter().map(BlobKey::as_str).collect();
            assert_eq!(found, wanted, "keys with \"{prefix}\" in pages of {limit}");
        }
    }
    let after = blob_key("secret/10");
    let page = must(blobs.list("key/", Some(&after), 10).await, "keys are listed");
    assert!(page.is_empty(), "a page after a key behind the prefix");
}

pub(super) async fn large_blobs_fit(blobs: &dyn BlobStore) {
    let bytes: Vec<u8> = (0..100_000_u32).map(|i| (i % 251) as u8).collect();
    let longest = "a".repeat(120);
    must(blobs.write_new(vec![blob(&longest, &bytes)]).await, "a large blob is written");
    assert!(read(blobs, &longest).await == Some(bytes), "a large blob is read");
}

pub(super) async fn concurrent_swaps_lose_nothing(blobs: Arc<dyn BlobStore>) {
    const EACH: u64 = 20;
    let key = blob_key("key/counter");
    must(blobs.write_new(vec![blob("key/counter", &0_u64.to_be_bytes())]).await, "a counter is written");
    let mut tasks = JoinSet::new();
    for _ in 0..4 {
        let (blobs, key) = (Arc::clone(&blobs), key.clone());
        tasks.spawn(async move {
            let mut done = 0;
            while done < EACH {
                let old = read(&*blobs, "key/counter").await.unwrap_or_default();
                let new = count(&old) + 1;
                done += u64::from(must(
                    blobs.swap(&key, Some(&old), &new.to_be_bytes()).await,
                    "a swap is tried",
                ));
            }
        });
    }
    tasks.join_all().await;
    let total = count(&read(&*blobs, "key/counter").await.unwrap_or_default());
    assert_eq!(total, 4 * EACH, "no swap is lost");
}

fn count(bytes: &[u8]) -> u64 {
    u64::from_be_bytes(bytes.try_into().unwrap_or_default())
}

fn blob(key: &str, bytes: &[u8]) -> Blob {
    Blob { key: blob_key(key), bytes: bytes.to_vec() }
}

async fn read(blobs: &dyn BlobStore, key: &str) -> Option<Vec<u8>> {
    must(blobs.read(&blob_key(key)).await, "a blob is read")
}
