//! `lockkeeper sweep`: destroy what nobody refers to.

use crate::arguments::Sweep;
use crate::failure::Failure;
use crate::local::{Local, Open, block_on};
use crate::output::Output;
use async_trait::async_trait;
use lockkeeper::model::SecretValue;
use lockkeeper::redact::clean;
use lockkeeper::store::{
    Binding, Blob, NewSecret, SecretId, SecretStore, StoreError, StoreId, SweepReport, sweep,
};
use std::sync::Arc;
use std::time::Duration;

/// Destroys sealed secrets that no connection refers to, or counts them.
pub(crate) fn run(open: Open<'_>, arguments: Sweep) -> Result<(), Failure> {
    let Sweep { store, grace, dry_run } = arguments;
    let local = Local::open(open, store)?;
    let secrets: Arc<dyn SecretStore> = match dry_run {
        true => Arc::new(Kept(Arc::clone(&local.backend.secrets))),
        false => Arc::clone(&local.backend.secrets),
    };
    let grace = Duration::from_secs(grace);
    let SweepReport { seen, young, removed } = block_on(async {
        Ok(sweep(&*local.backend.catalog, &*secrets, jiff::Timestamp::now(), grace).await?)
    })?;
    let done = if dry_run { "would be destroyed" } else { "destroyed" };
    let mut output = Output::new();
    output.line(&clean!("{} secrets, {} too young to judge, {} {}", seen, young, removed, done))?;
    Ok(output.flush()?)
}

/// Secrets of which none is destroyed.
struct Kept(Arc<dyn SecretStore>);

#[async_trait]
impl SecretStore for Kept {
    fn rides_with(&self, catalog: StoreId) -> bool {
        self.0.rides_with(catalog)
    }

    async fn write(&self, secrets: Vec<NewSecret>, catalog: StoreId) -> Result<Vec<Blob>, StoreError> {
        self.0.write(secrets, catalog).await
    }

    async fn open(&self, id: SecretId, binding: &Binding) -> Result<SecretValue, StoreError> {
        self.0.open(id, binding).await
    }

    async fn destroy(&self, _: &[SecretId]) -> Result<(), StoreError> {
        Ok(())
    }

    async fn list(&self, after: Option<SecretId>, limit: usize) -> Result<Vec<SecretId>, StoreError> {
        self.0.list(after, limit).await
    }
}
