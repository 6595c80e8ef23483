//! The suite over the stores in memory, in all combinations.

use super::{MemorySecrets, MemoryStore};
use crate::conformance::{self, Joint};
use crate::{AuditLog, BlobStore, Catalog, LocalKeys, SealedSecrets, SecretStore};
use lockkeeper_model::ConnectionPath;
use std::sync::Arc;

fn store() -> Arc<MemoryStore> {
    Arc::new(MemoryStore::new().unwrap())
}

fn sealed(blobs: Arc<dyn BlobStore>) -> Arc<dyn SecretStore> {
    Arc::new(SealedSecrets::new(blobs, Arc::new(LocalKeys::generate().unwrap())))
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_stores_pass_the_suite() {
    conformance::catalog(async || store() as Arc<dyn Catalog>).await;
    conformance::damaged_catalog(async || {
        let store = store();
        let damaged = Arc::clone(&store);
        let damage = async move |path: &ConnectionPath| damaged.damage(path);
        (store as Arc<dyn Catalog>, damage)
    })
    .await;
    conformance::blob_store(async || store() as Arc<dyn BlobStore>).await;
    conformance::sealing(async || store() as Arc<dyn BlobStore>).await;
    conformance::secret_store(async || Arc::new(MemorySecrets::new()) as Arc<dyn SecretStore>).await;
    conformance::audit_log(async || store() as Arc<dyn AuditLog>).await;
    conformance::joint(async || {
        let store = store();
        Joint { catalog: store.clone(), blobs: store.clone(), audit: store }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_stores_are_swept_in_every_combination() {
    conformance::sweeping(async || {
        let store = store();
        (store.clone() as Arc<dyn Catalog>, sealed(store))
    })
    .await;
    conformance::sweeping(async || (store() as Arc<dyn Catalog>, sealed(store()))).await;
    conformance::sweeping(async || {
        (store() as Arc<dyn Catalog>, Arc::new(MemorySecrets::new()) as Arc<dyn SecretStore>)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_histories_are_linearizable() {
    conformance::histories(0..50, async || {
        let store: Arc<dyn Catalog> = store();
        vec![store; 4]
    })
    .await;
}

/// As if an older copy had been put in its place.
#[tokio::test(flavor = "multi_thread")]
async fn secrets_whose_data_key_is_gone_are_not_written() {
    let store = store();
    let secrets = sealed(store.clone());
    let stranger = crate::StoreId::random().unwrap();
    let write = async || {
        let binding = crate::Binding {
            connection: crate::ConnectionUid::random().unwrap(),
            option: lockkeeper_model::OptionKey::Token,
            destination: "REST".to_owned(),
        };
        let id = crate::SecretId::new(jiff::Timestamp::now()).unwrap();
        let value = lockkeeper_model::SecretValue::copy_of("made-up-secret");
        let new = crate::NewSecret { id, binding: binding.clone(), value };
        secrets.write(vec![new], stranger).await.map(|_| (id, binding))
    };
    write().await.unwrap();
    let keys = BlobStore::list(&*store, "key/", None, 10).await.unwrap();
    store.remove(&keys).await.unwrap();
    assert!(matches!(write().await, Err(crate::StoreError::Replaced)));
    // The next looks which keys there are.
    let (id, binding) = write().await.unwrap();
    assert!(secrets.open(id, &binding).await.is_ok());
    assert_eq!(secrets.list(None, 10).await.unwrap().len(), 2);
}
