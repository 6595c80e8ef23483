//! Write new, flip, sweep: how a connection and its secrets change together.
//!
//! Secrets are written under fresh identities, the catalog's compare-and-set is the commit point, and what nobody
//! refers to any more is destroyed after. A crash leaves the old or the new state, and at worst sealed secrets that
//! nobody refers to. Where catalog and secrets share transactions, all three are one.

use lockkeeper_model::{Connection, ConnectionPath, Credential};
use lockkeeper_store::{
    AuditEvent, Binding, Blob, BlobKey, Catalog, ConnectionUid, Edit, Entry, NewIds, NewSecret, Riders,
    SecretId, SecretStore, StoreError, WithSecrets,
};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// How often a change is decided anew because others changed the same connection meanwhile. Each round someone
/// else succeeded, so this is a bound on waiting and not on progress.
const MAX_ROUNDS: u32 = 10_000;

/// A catalog and the store of its secrets.
#[derive(Clone)]
pub(crate) struct Storage {
    pub(crate) catalog: Arc<dyn Catalog>,
    pub(crate) secrets: Arc<dyn SecretStore>,
}

/// A change that was sealed and waits for its commit.
pub(crate) struct Sealed {
    pub(crate) secrets: BTreeMap<lockkeeper_model::OptionKey, SecretId>,
    blobs: Vec<Blob>,
}

impl Sealed {
    /// Nothing to seal.
    pub(crate) fn nothing() -> Self {
        Self { secrets: BTreeMap::new(), blobs: Vec::new() }
    }
}

impl Storage {
    /// Writes the secrets of a connection under fresh identities.
    pub(crate) async fn seal(
        &self,
        uid: ConnectionUid,
        connection: &Connection,
        credential: Credential,
        now: jiff::Timestamp,
        new: &mut NewIds,
    ) -> Result<Sealed, StoreError> {
        let destination = connection.destination();
        let mut secrets = BTreeMap::new();
        let mut written = Vec::with_capacity(credential.len());
        for (option, value) in credential {
            let id = new.secret(now)?;
            let binding = Binding { connection: uid, option, destination: destination.clone() };
            secrets.insert(option, id);
            written.push(NewSecret { id, binding, value });
        }
        let blobs = match written.is_empty() {
            true => Vec::new(),
            false => self.secrets.write(written, self.catalog.identity()).await?,
        };
        Ok(Sealed { secrets, blobs })
    }

    /// Makes the edit, and destroys what it leaves without a reference.
    ///
    /// If the edit is refused, it is the new secrets that are left.
    pub(crate) async fn commit(
        &self,
        edit: Edit,
        sealed: &Sealed,
        old: &[SecretId],
        audit: Option<AuditEvent>,
    ) -> Result<(), StoreError> {
        let rides = self.secrets.rides_with(self.catalog.identity());
        let removed = if rides { old.iter().copied().map(BlobKey::of_secret).collect() } else { Vec::new() };
        let riders = Riders { written: sealed.blobs.clone(), removed, audit };
        let outcome = self.catalog.commit(edit, riders).await;
        if let Err(error) = &outcome {
            self.secrets.refused(error);
        }
        match outcome {
            Ok(()) if !rides => {
                // The change is done; what cannot be destroyed now, a sweep destroys later.
                if let Err(error) = self.secrets.destroy(old).await {
                    tracing::warn!(%error, "old secrets were not destroyed and wait for the next sweep");
                }
                Ok(())
            }
            outcome => outcome,
        }
    }

    /// Makes edits one after another that leave nothing behind, up to the first that is not made; returns how many were
    /// made, and why no more.
    pub(crate) async fn commit_series(
        &self,
        changes: Vec<(Edit, Sealed, Option<AuditEvent>)>,
    ) -> (usize, Result<(), StoreError>) {
        let mut all_sealed = Vec::with_capacity(changes.len());
        let mut edits = Vec::with_capacity(changes.len());
        for (edit, mut sealed, audit) in changes {
            let written = std::mem::take(&mut sealed.blobs);
            edits.push((edit, Riders { written, removed: Vec::new(), audit }));
            all_sealed.push(sealed);
        }
        let (made, outcome) = self.catalog.commit_series(edits).await;
        let made = made.min(all_sealed.len());
        if let Err(error) = &outcome {
            self.secrets.refused(error);
            for sealed in &all_sealed[made..] {
                self.discard(sealed, error).await;
            }
        }
        (made, outcome)
    }

    /// Destroys secrets that were sealed for a change which did not happen.
    ///
    /// If the change may have happened all the same, they stay for the sweep to judge.
    pub(crate) async fn discard(&self, sealed: &Sealed, why: &StoreError) {
        let is_in_doubt = matches!(why, StoreError::Backend(_));
        if is_in_doubt || self.secrets.rides_with(self.catalog.identity()) {
            return;
        }
        let ids: Vec<_> = sealed.secrets.values().copied().collect();
        if let Err(error) = self.secrets.destroy(&ids).await {
            tracing::warn!(%error, "unused secrets were not destroyed and wait for the next sweep");
        }
    }

    /// Reads a connection that is about to be used, with its secrets if they can be read with it.
    pub(crate) async fn read_for_use(
        &self,
        path: &ConnectionPath,
    ) -> Result<Option<WithSecrets>, StoreError> {
        if self.secrets.rides_with(self.catalog.identity()) {
            return self.catalog.read_with_secrets(path).await;
        }
        Ok(self.catalog.read(path).await?.map(|entry| WithSecrets { entry, sealed: Vec::new() }))
    }

    /// Opens all secrets of an entry.
    pub(crate) async fn open(&self, found: &WithSecrets) -> Result<Credential, StoreError> {
        let WithSecrets { entry, sealed } = found;
        let destination = entry.connection.destination();
        let mut credential = Credential::new();
        for (option, id) in &entry.secrets {
            let binding =
                Binding { connection: entry.uid, option: *option, destination: destination.clone() };
            let value = match sealed.iter().find(|(sealed, _)| sealed == id) {
                Some((_, bytes)) => self.secrets.open_sealed(*id, &binding, bytes).await,
                None => self.secrets.open(*id, &binding).await,
            };
            credential.insert(*option, value?);
        }
        Ok(credential)
    }
}

/// The identities of an entry's secrets.
pub(crate) fn secret_ids(entry: &Entry) -> Vec<SecretId> {
    entry.secrets.values().copied().collect()
}

/// Those of an entry's secrets that its successor does not have.
pub(crate) fn left_behind(old: &Entry, new: &Entry) -> Vec<SecretId> {
    old.secrets.values().filter(|id| !new.secrets.values().any(|kept| kept == *id)).copied().collect()
}

/// An entry for a connection that did not exist before.
pub(crate) fn first_entry(
    path: ConnectionPath,
    uid: ConnectionUid,
    connection: Connection,
    sealed: &Sealed,
    now: jiff::Timestamp,
) -> Entry {
    Entry {
        path,
        uid,
        revision: 1,
        secret_version: 1,
        created: now,
        altered: now,
        connection,
        secrets: sealed.secrets.clone(),
    }
}

/// Rounds of deciding and committing, while others change the same connection.
pub(crate) struct Rounds(u32);

impl Rounds {
    pub(crate) fn new() -> Self {
        Self(0)
    }

    /// Whether to decide anew after this error; waits a little, longer after many rounds.
    pub(crate) async fn again(&mut self, error: &StoreError) -> bool {
        if !matches!(error, StoreError::Conflict | StoreError::Exists { .. }) || self.0 >= MAX_ROUNDS {
            return false;
        }
        self.0 += 1;
        if self.0 > 3 {
            tokio::time::sleep(Duration::from_micros(u64::from(self.0.min(100)) * 20)).await;
        }
        true
    }
}
