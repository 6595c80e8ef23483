//! The suite that a backend has to pass, for its author to run over it.
//!
//! Each entry point takes a function that makes a **new, empty** store and calls it once per behaviour; it panics with
//! the name of the behaviour that is not as the trait says. It needs a tokio runtime, and is best run on several
//! threads:
//!
//! ```
//! # use lockkeeper_store::{Catalog, MemoryStore, conformance};
//! # use std::sync::Arc;
//! #[tokio::main]
//! async fn main() {
//!     conformance::catalog(async || Arc::new(MemoryStore::new().unwrap()) as Arc<dyn Catalog>).await;
//! }
//! ```
//!
//! | what was made | run |
//! |---|---|
//! | [`Catalog`] | [`catalog`], [`histories`]; [`damaged_catalog`] if a test can damage an entry |
//! | [`BlobStore`] | [`blob_store`], [`sealing`] |
//! | [`SecretStore`] | [`secret_store`] |
//! | [`AuditLog`] | [`audit_log`] |
//! | a catalog and a blob store of one identity | [`joint`] |
//! | any catalog with any secret store | [`sweeping`] |

mod audit;
mod blobs;
mod catalog;
mod history;
mod joint;
pub(crate) mod samples;
mod sealing;
mod secrets;
mod series;

pub use history::{Clients, histories};

use crate::audit::AuditLog;
use crate::blob_store::BlobStore;
use crate::catalog::Catalog;
use crate::secret_store::SecretStore;
use lockkeeper_model::ConnectionPath;
use std::sync::Arc;

/// Checks a catalog by itself.
///
/// # Panics
/// With the behaviour that is not as it must be.
pub async fn catalog(make: impl AsyncFn() -> Arc<dyn Catalog>) {
    catalog::a_new_store_has_the_default_database(&*make().await).await;
    catalog::what_was_created_is_read(&*make().await).await;
    catalog::a_name_is_taken_once(&*make().await).await;
    catalog::a_replacement_needs_the_expected_entry(&*make().await).await;
    catalog::a_removal_needs_the_expected_entry(&*make().await).await;
    catalog::a_renaming_moves_one_entry(&*make().await).await;
    catalog::a_renaming_stays_in_its_database(&*make().await).await;
    catalog::a_sound_entry_is_not_removed_as_damaged(&*make().await).await;
    catalog::names_are_ordered_by_code_point(&*make().await).await;
    catalog::pages_join_without_gaps(&*make().await).await;
    catalog::patterns_choose_names(&*make().await).await;
    catalog::odd_names_are_names(&*make().await).await;
    catalog::large_entries_fit(&*make().await).await;
    series::a_series_is_made_in_order(&*make().await).await;
    series::a_series_ends_at_the_first_refusal(&*make().await).await;
    series::a_series_may_change_what_it_made(&*make().await).await;
    catalog::databases_are_apart(&*make().await).await;
    catalog::databases_are_created_and_dropped(&*make().await).await;
    catalog::unknown_databases_are_missing(&*make().await).await;
    catalog::unreferenced_secrets_are_found(&*make().await).await;
    catalog::concurrent_creations_have_one_winner(make().await).await;
    catalog::concurrent_replacements_lose_nothing(make().await).await;
}

/// Checks that a damaged entry is seen and blocks no other. `make` returns a catalog and a function that damages one
/// of its entries in the way that is likeliest where they are kept.
///
/// # Panics
/// With the behaviour that is not as it must be.
pub async fn damaged_catalog<D: AsyncFn(&ConnectionPath)>(make: impl AsyncFn() -> (Arc<dyn Catalog>, D)) {
    let (store, damage) = make().await;
    catalog::a_damaged_entry_blocks_no_other(&*store, damage).await;
    let (store, damage) = make().await;
    catalog::a_damaged_entry_keeps_every_secret(&*store, damage).await;
}

/// Checks a store of sealed bytes by itself.
///
/// # Panics
/// With the behaviour that is not as it must be.
pub async fn blob_store(make: impl AsyncFn() -> Arc<dyn BlobStore>) {
    blobs::what_was_written_is_read(&*make().await).await;
    blobs::new_blobs_are_written_all_or_none(&*make().await).await;
    blobs::a_swap_needs_the_expected_bytes(&*make().await).await;
    blobs::removing_twice_is_no_mistake(&*make().await).await;
    blobs::keys_are_listed_in_order_and_pages(&*make().await).await;
    blobs::large_blobs_fit(&*make().await).await;
    blobs::concurrent_swaps_lose_nothing(make().await).await;
}

/// Checks that secrets sealed over a blob store open in their place only, that keys rotate, and all of
/// [`secret_store`].
///
/// # Panics
/// With the behaviour that is not as it must be.
pub async fn sealing(make: impl AsyncFn() -> Arc<dyn BlobStore>) {
    sealing::as_a_secret_store(&make).await;
    sealing::making_one_touches_nothing(make().await).await;
    sealing::no_plaintext_is_stored(make().await).await;
    sealing::moved_ciphertexts_do_not_open(make().await).await;
    sealing::changed_ciphertexts_do_not_open(make().await).await;
    sealing::cut_ciphertexts_do_not_open(make().await).await;
    sealing::other_stores_do_not_open(make().await, make().await).await;
    sealing::other_keys_do_not_open(make().await).await;
    sealing::old_secrets_open_after_rotation(make().await).await;
    sealing::rewrapping_can_be_stopped_and_run_again(make().await).await;
    sealing::a_damaged_data_key_does_not_stop_new_secrets(make().await).await;
    sealing::several_processes_seal_and_rotate_at_once(make().await).await;
}

/// Checks a store of secrets by itself, whoever seals.
///
/// # Panics
/// With the behaviour that is not as it must be.
pub async fn secret_store(make: impl AsyncFn() -> Arc<dyn SecretStore>) {
    secrets::what_was_written_opens(&*make().await).await;
    secrets::odd_values_are_values(&*make().await).await;
    secrets::another_binding_does_not_open(&*make().await).await;
    secrets::an_identity_is_used_once(&*make().await).await;
    secrets::destroyed_secrets_are_missing(&*make().await).await;
    secrets::identities_are_listed_oldest_first(&*make().await).await;
    secrets::many_write_and_open_at_once(make().await).await;
}

/// Checks an audit log.
///
/// # Panics
/// With the behaviour that is not as it must be.
pub async fn audit_log(make: impl AsyncFn() -> Arc<dyn AuditLog>) {
    audit::an_empty_log_is_whole(&*make().await).await;
    audit::events_are_read_in_order(&*make().await).await;
    audit::concurrent_events_make_one_chain(make().await).await;
}

/// A whole store of one identity: the same object three times.
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "stores need not have it")]
pub struct Joint {
    /// Definitions.
    pub catalog: Arc<dyn Catalog>,
    /// Sealed bytes of the same identity.
    pub blobs: Arc<dyn BlobStore>,
    /// The log whose events ride on the catalog's commits.
    pub audit: Arc<dyn AuditLog>,
}

/// Checks that an edit and what rides on it are one.
///
/// # Panics
/// With the behaviour that is not as it must be.
pub async fn joint(make: impl AsyncFn() -> Joint) {
    joint::riders_are_written_with_the_edit(make().await).await;
    joint::riders_of_a_refused_edit_are_not_written(make().await).await;
    joint::an_edit_with_refused_riders_is_not_made(make().await).await;
    joint::riders_alone_are_written(make().await).await;
    joint::neighbours_in_a_commit_do_not_share_their_fate(make().await).await;
    joint::secrets_are_read_at_the_instant_of_their_entry(make().await).await;
}

/// Checks that sweeps remove what nobody refers to and nothing else, in any combination of stores.
///
/// # Panics
/// With the behaviour that is not as it must be.
pub async fn sweeping(make: impl AsyncFn() -> (Arc<dyn Catalog>, Arc<dyn SecretStore>)) {
    let (catalog, secrets) = make().await;
    joint::sweeps_remove_orphans_only(&*catalog, &*secrets).await;
    let (catalog, secrets) = make().await;
    joint::sweeps_leave_young_secrets_alone(&*catalog, &*secrets).await;
}
