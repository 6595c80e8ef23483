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
