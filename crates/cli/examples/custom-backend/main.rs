//! The `lockkeeper` program over somebody else's stores; `docs/custom-backend.md` explains it.
//!
//! Definitions stay in the file that is built in. Sealed secrets are plain files in a folder beside it, or, if
//! `PEPPER_FILE` is set, in a store that seals by itself.

mod files;
mod sealing;

use files::Files;
use lockkeeper::store::{BlobStore, SealedSecrets, StoreError};
use lockkeeper_cli::{Backend, Place, run_with};
use lockkeeper_sqlite::SqliteStore;
use sealing::OwnSealing;
use std::process::ExitCode;
use std::sync::Arc;

fn main() -> ExitCode {
    run_with(std::env::args_os(), |place: &Place| {
        let catalog = SqliteStore::open(&place.store)?;
        let files = Files::open(place.store.with_extension("secrets"))?;
        if let Some(path) = std::env::var_os("PEPPER_FILE") {
            let backend = Backend::new(catalog.clone(), Arc::new(OwnSealing::open(files, path.as_ref())?));
            return Ok::<_, StoreError>(backend.audit(catalog));
        }
        let files: Arc<dyn BlobStore> = Arc::new(files);
        let secrets = SealedSecrets::new(Arc::clone(&files), place.keys.provider(&files));
        Ok(Backend::sealed(catalog.clone(), Arc::new(secrets)).audit(catalog))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use lockkeeper::store::conformance;
    use lockkeeper::store::{Catalog, MemoryStore, SecretStore};
    use std::path::PathBuf;
    use std::sync::Mutex;
    use tempfile::TempDir;

    /// Makes empty stores in folders that last as long as this does.
    #[derive(Default)]
    struct Folders(Mutex<Vec<TempDir>>);

    impl Folders {
        fn new_path(&self) -> PathBuf {
            let folder = TempDir::new().unwrap();
            let path = folder.path().join("secrets");
            self.0.lock().unwrap().push(folder);
            path
        }

        fn files(&self) -> Files {
            Files::open(self.new_path()).unwrap()
        }

        fn own_sealing(&self) -> OwnSealing {
            let pepper = self.new_path().with_extension("pepper");
            std::fs::write(&pepper, b"made up, and thirty-two bytes it").unwrap();
            OwnSealing::open(self.files(), &pepper).unwrap()
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn files_pass_the_suite() {
        let folders = Folders::default();
        conformance::blob_store(async || Arc::new(folders.files()) as Arc<dyn BlobStore>).await;
        conformance::sealing(async || Arc::new(folders.files()) as Arc<dyn BlobStore>).await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn own_sealing_passes_the_suite() {
        let folders = Folders::default();
        conformance::secret_store(async || Arc::new(folders.own_sealing()) as Arc<dyn SecretStore>).await;
        conformance::sweeping(async || {
            let catalog = Arc::new(MemoryStore::new().unwrap()) as Arc<dyn Catalog>;
            (catalog, Arc::new(folders.own_sealing()) as Arc<dyn SecretStore>)
        })
        .await;
    }
}
