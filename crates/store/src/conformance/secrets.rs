//! Behaviours of a store of secrets, whoever seals.

use super::samples::*;
use crate::id::{SecretId, StoreId};
use crate::secret_store::{NewSecret, SecretStore};
use jiff::ToSpan;
use lockkeeper_model::{MAX_SECRET_BYTES, OptionKey, SecretValue};
use std::sync::Arc;
use tokio::task::JoinSet;

pub(super) async fn what_was_written_opens(store: &dyn SecretStore) {
    let (first, first_text) = secret();
    let (second, second_text) = secret();
    let known =
        [(first.id, first.binding.clone(), first_text), (second.id, second.binding.clone(), second_text)];
    write(store, vec![first, second]).await;
    for (id, binding, text) in known {
        let value = must(store.open(id, &binding).await, "a secret opens");
        assert!(value.expose() == text, "a secret is what was written");
    }
    let (other, _) = secret();
    must_fail(store.open(other.id, &other.binding).await, "Missing", "what was not written is missing");
    write(store, Vec::new()).await;
}

pub(super) async fn odd_values_are_values(store: &dyn SecretStore) {
    let largest = "ü".repeat(MAX_SECRET_BYTES / 2);
    for text in ["", " ", "\0", "a\nb\r\n", "{\"private_key\": \"made up\"}", "🔑", largest.as_str()] {
        let (mut odd, _) = secret();
        odd.value = SecretValue::copy_of(text);
        let (id, binding) = (odd.id, odd.binding.clone());
        write(store, vec![odd]).await;
        let value = must(store.open(id, &binding).await, "an odd value opens");
        assert!(value.expose() == text, "an odd value of {} bytes is what was written", text.len());
    }
}

pub(super) async fn another_binding_does_not_open(store: &dyn SecretStore) {
    let (new, _) = secret();
    let (id, right) = (new.id, new.binding.clone());
    write(store, vec![new]).await;
    let mut option = right.clone();
    option.option = OptionKey::Token;
    let mut destination = right.clone();
    destination.destination = "OPENAI\nhttps://collector.example.net/v1\n".to_owned();
    let mut connection = right.clone();
    connection.connection = binding().connection;
    for (wrong, what) in [(option, "option"), (destination, "destination"), (connection, "connection")] {
        must_fail(store.open(id, &wrong).await, "Damaged", &format!("another {what} does not open a secret"));
    }
    must(store.open(id, &right).await, "the right binding opens a secret afterwards");
}

pub(super) async fn an_identity_is_used_once(store: &dyn SecretStore) {
    let (first, text) = secret();
    let (mut second, _) = secret();
    let (id, binding) = (first.id, first.binding.clone());
    second.id = id;
    write(store, vec![first]).await;
    must_fail(store.write(vec![second], stranger()).await, "Exists", "an identity is used once");
    let value = must(store.open(id, &binding).await, "a secret opens");
    assert!(value.expose() == text, "a secret is not replaced");
}

pub(super) async fn destroyed_secrets_are_missing(store: &dyn SecretStore) {
    let (first, _) = secret();
    let (second, _) = secret();
    let (gone, kept) = ((first.id, first.binding.clone()), (second.id, second.binding.clone()));
    write(store, vec![first, second]).await;
    for _ in 0..2 {
        must(store.destroy(&[gone.0]).await, "destroying twice is no mistake");
    }
    must_fail(store.open(gone.0, &gone.1).await, "Missing", "a destroyed secret is missing");
    must(store.open(kept.0, &kept.1).await, "other secrets stay");
    assert_eq!(
        must(store.list(None, 10).await, "secrets are listed"),
        [kept.0],
        "destroyed secrets are not listed"
    );
}

pub(super) async fn identities_are_listed_oldest_first(store: &dyn SecretStore) {
    let mut all: Vec<SecretId> = Vec::new();
    for minute in (0..25).rev() {
        let (mut new, _) = secret();
        new.id = must(SecretId::new(now() + minute.minutes()), "randomness");
        all.insert(0, new.id);
        write(store, vec![new]).await;
    }
    for limit in [1, 7, 100] {
        let mut found: Vec<SecretId> = Vec::new();
        loop {
            let page = must(store.list(found.last().copied(), limit).await, "secrets are listed");
            assert!(page.len() <= limit, "a page has at most as many secrets as wanted");
            if page.is_empty() {
                break;
            }
            found.extend(page);
        }
        assert_eq!(found, all, "secrets in pages of {limit}, oldest first");
    }
}

pub(super) async fn many_write_and_open_at_once(store: Arc<dyn SecretStore>) {
    let mut tasks = JoinSet::new();
    for _ in 0..8 {
        let store = Arc::clone(&store);
        tasks.spawn(async move {
            for _ in 0..8 {
                let (new, text) = secret();
                let NewSecret { id, ref binding, .. } = new;
                let binding = binding.clone();
                write(&*store, vec![new]).await;
                let value = must(store.open(id, &binding).await, "a secret opens at once");
                assert!(value.expose() == text, "a secret is what was written");
            }
        });
    }
    tasks.join_all().await;
    assert_eq!(must(store.list(None, 100).await, "secrets are listed").len(), 64, "no secret is lost");
}

/// Writes beside any catalog.
pub(super) async fn write(store: &dyn SecretStore, secrets: Vec<NewSecret>) {
    let riding = must(store.write(secrets, stranger()).await, "secrets are written");
    assert!(riding.is_empty(), "nothing rides on the commits of a stranger");
}

/// A catalog that nothing rides with.
fn stranger() -> StoreId {
    must(StoreId::random(), "randomness")
}
