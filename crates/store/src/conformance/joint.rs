//! Behaviours of stores together.

use super::Joint;
use super::samples::*;
use super::secrets::write;
use crate::audit::verify;
use crate::blob_store::{Blob, BlobKey};
use crate::catalog::{Catalog, Edit, Riders, WithSecrets};
use crate::entry::Entry;
use crate::id::SecretId;
use crate::secret_store::SecretStore;
use crate::sweep::{SweepReport, sweep};
use jiff::ToSpan;
use std::time::Duration;
use tokio::task::JoinSet;

const HOUR: Duration = Duration::from_secs(3600);

pub(super) async fn riders_are_written_with_the_edit(store: Joint) {
    let Joint { catalog, blobs, audit } = store;
    assert!(catalog.identity() == blobs.identity(), "a joint store has one identity");
    assert!(audit.rides_with(catalog.identity()), "the audit log rides");
    let first = entry(path("c1"));
    must(
        catalog.commit(Edit::Create(first.clone()), riders("a", &[])).await,
        "an entry is created with its riders",
    );
    assert!(must(blobs.read(&blob_key("a")).await, "a blob is read").is_some(), "a rider is written");
    let second = changed(&first);
    let edit = Edit::Replace(first.expected(), second.clone());
    must(catalog.commit(edit, riders("b", &["a"])).await, "an entry is replaced with its riders");
    assert!(must(blobs.read(&blob_key("a")).await, "a blob is read").is_none(), "a rider is removed");
    let edit = Edit::Remove(path("c1"), second.expected());
    must(catalog.commit(edit, riders("c", &["b"])).await, "an entry is removed with its riders");
    assert!(must(blobs.read(&blob_key("b")).await, "a blob is read").is_none(), "a rider is removed");
    assert_eq!(must(verify(&*audit).await, "a log is verified").records, 3, "events ride");
}

pub(super) async fn riders_of_a_refused_edit_are_not_written(store: Joint) {
    let Joint { catalog, blobs, audit } = store;
    let first = entry(path("c1"));
    must(catalog.commit(Edit::Create(first.clone()), riders("a", &[])).await, "an entry is created");
    let stale = changed(&first).expected();
    let unknown = entry(database("default_catalog", "unknown").connection(name("c1")));
    for (edit, kind) in [
        (Edit::Create(entry(path("c1"))), "Exists"),
        (Edit::Create(unknown), "Missing"),
        (Edit::Replace(stale, changed(&first)), "Conflict"),
        (Edit::Remove(path("c1"), stale), "Conflict"),
        (Edit::RemoveDamaged(path("c1")), "Conflict"),
    ] {
        must_fail(catalog.commit(edit, riders("b", &["a"])).await, kind, "an edit is refused");
        assert!(must(blobs.read(&blob_key("a")).await, "a blob is read").is_some(), "nothing is removed");
        assert!(must(blobs.read(&blob_key("b")).await, "a blob is read").is_none(), "nothing is written");
        assert_eq!(must(verify(&*audit).await, "a log is verified").records, 1, "no event is appended");
    }
}

pub(super) async fn an_edit_with_refused_riders_is_not_made(store: Joint) {
    let Joint { catalog, blobs, audit } = store;
    let first = entry(path("c1"));
    must(catalog.commit(Edit::Create(first.clone()), riders("a", &[])).await, "an entry is created");
    let mut taken = riders("b", &[]);
    taken.written.extend(riders("a", &[]).written);
    must_fail(
        catalog.commit(Edit::Create(entry(path("c2"))), taken).await,
        "Exists",
        "a taken key is refused",
    );
    assert!(must(catalog.read(&path("c2")).await, "an entry is read").is_none(), "the entry is not created");
    let edit = Edit::Remove(path("c1"), first.expected());
    must_fail(catalog.commit(edit, riders("a", &[])).await, "Exists", "a taken key is refused");
    assert_eq!(
        must(catalog.read(&path("c1")).await, "an entry is read"),
        Some(first),
        "the entry is not removed"
    );
    assert!(
        must(blobs.read(&blob_key("b")).await, "a blob is read").is_none(),
        "the other rider is not written"
    );
    assert_eq!(must(verify(&*audit).await, "a log is verified").records, 1, "no event is appended");
}

pub(super) async fn riders_alone_are_written(store: Joint) {
    let Joint { catalog, blobs, audit } = store;
    must(catalog.commit(Edit::Nothing, riders("a", &[])).await, "riders need no edit");
    assert!(must(blobs.read(&blob_key("a")).await, "a blob is read").is_some(), "a rider is written");
    must(catalog.commit(Edit::Nothing, Riders::default()).await, "nothing is committed too");
    assert_eq!(must(verify(&*audit).await, "a log is verified").records, 1, "an event is appended");
}

pub(super) async fn neighbours_in_a_commit_do_not_share_their_fate(store: Joint) {
    const WRITERS: usize = 30;
    let Joint { catalog, blobs, audit } = store;
    must(
        catalog.commit(Edit::Create(entry(path("taken"))), riders("taken", &[])).await,
        "an entry is created",
    );
    let mut tasks = JoinSet::new();
    for writer in 0..WRITERS {
        let catalog = catalog.clone();
        tasks.spawn(async move {
            let (own_name, own_key) = (format!("c{writer}"), format!("b{writer}"));
            let (name, key) = match writer % 3 {
                0 => (own_name.as_str(), own_key.as_str()),
                1 => ("taken", own_key.as_str()),
                _ => (own_name.as_str(), "taken"),
            };
            let result = catalog.commit(Edit::Create(entry(path(name))), riders(key, &[])).await;
            match writer % 3 {
                0 => must(result, "an entry is created beside refused ones"),
                _ => must_fail(result, "Exists", "a taken name or key is refused"),
            }
        });
    }
    tasks.join_all().await;
    for writer in 0..WRITERS {
        let found = must(catalog.read(&path(&format!("c{writer}"))).await, "an entry is read").is_some();
        assert_eq!(found, writer % 3 == 0, "each has its own outcome");
        let found = must(blobs.read(&blob_key(&format!("b{writer}"))).await, "a blob is read").is_some();
        assert_eq!(found, writer % 3 == 0, "each has its own outcome");
    }
    let records = must(verify(&*audit).await, "a log is verified").records;
    assert_eq!(records, 1 + WRITERS as u64 / 3, "each has its own event");
}

/// A store may leave out all of them, but may not read them at another instant.
pub(super) async fn secrets_are_read_at_the_instant_of_their_entry(store: Joint) {
    const CHANGES: usize = 200;
    let Joint { catalog, .. } = store;
    let absent = must(catalog.read_with_secrets(&path("c1")).await, "an entry is read with its secrets");
    assert_eq!(absent, None, "there is no entry");
    let unknown = database("default_catalog", "unknown").connection(name("c1"));
    must_fail(catalog.read_with_secrets(&unknown).await, "Missing", "there is no database");
    let blob = |id: SecretId| Blob { key: BlobKey::of_secret(id), bytes: id.as_bytes().to_vec() };
    let first = with_secret(entry(path("c1")), secret_id());
    let written = first.secrets.values().map(|id| blob(*id)).collect();
    let riders = Riders { written, ..Riders::default() };
    must(catalog.commit(Edit::Create(first.clone()), riders).await, "an entry is created with its secret");
    let elsewhere = with_secret(entry(path("c2")), secret_id());
    create(&*catalog, &elsewhere).await;
    let found = must(catalog.read_with_secrets(&path("c2")).await, "an entry is read with its secrets");
    assert_eq!(found, Some(WithSecrets { entry: elsewhere, sealed: Vec::new() }), "its secret is elsewhere");

    let reader = tokio::spawn({
        let catalog = catalog.clone();
        async move {
            let (mut revision, mut read_along) = (0, None);
            while revision < CHANGES as u64 {
                let found = must(catalog.read_with_secrets(&path("c1")).await, "an entry is read");
                let WithSecrets { entry, sealed } = found.expect("the entry is there");
                for (id, bytes) in &sealed {
                    assert!(entry.secrets.values().any(|own| own == id), "a secret of this entry");
                    assert_eq!(bytes, id.as_bytes(), "the bytes of this secret");
                }
                let is_read_along = !sealed.is_empty();
                assert_eq!(
                    *read_along.get_or_insert(is_read_along),
                    is_read_along,
                    "the instant of the entry"
                );
                revision = entry.revision;
            }
        }
    });
    let mut now = first;
    for _ in 0..CHANGES {
        let next = with_secret(changed(&now), secret_id());
        let keys = |entry: &Entry| entry.secrets.values().map(|id| BlobKey::of_secret(*id)).collect();
        let written = next.secrets.values().map(|id| blob(*id)).collect();
        let riders = Riders { written, removed: keys(&now), audit: None };
        must(
            catalog.commit(Edit::Replace(now.expected(), next.clone()), riders).await,
            "an entry and its secret are replaced",
        );
        now = next;
    }
    must(reader.await, "what is read fits together");
}

pub(super) async fn sweeps_remove_orphans_only(catalog: &dyn Catalog, secrets: &dyn SecretStore) {
    let (kept, orphans) = fill(catalog, secrets).await;
    let later = now() + 2.hours();
    let report = must(sweep(catalog, secrets, later, HOUR).await, "a store is swept");
    assert_eq!(report, SweepReport { seen: 7, young: 0, removed: 4 }, "orphans are removed");
    assert_eq!(must(secrets.list(None, 100).await, "secrets are listed"), kept, "the others stay");
    assert_eq!(orphans.len(), 4);
    let report = must(sweep(catalog, secrets, later, HOUR).await, "a store is swept");
    assert_eq!(report, SweepReport { seen: 3, young: 0, removed: 0 }, "nothing is left to a second sweep");
}

pub(super) async fn sweeps_leave_young_secrets_alone(catalog: &dyn Catalog, secrets: &dyn SecretStore) {
    let (_, orphans) = fill(catalog, secrets).await;
    let report = must(sweep(catalog, secrets, now() + 30.minutes(), HOUR).await, "a store is swept");
    assert_eq!(
        report,
        SweepReport { seen: 7, young: 7, removed: 0 },
        "young secrets may be referred to soon"
    );
    let left = must(secrets.list(None, 100).await, "secrets are listed");
    assert!(orphans.iter().all(|orphan| left.contains(orphan)));
}

/// Writes three secrets with an entry and four without.
async fn fill(catalog: &dyn Catalog, secrets: &dyn SecretStore) -> (Vec<SecretId>, Vec<SecretId>) {
    let (mut kept, mut orphans) = (Vec::new(), Vec::new());
    for number in 0..7 {
        let (new, _) = secret();
        match number % 2 {
            1 => {
                create(catalog, &with_secret(entry(path(&format!("c{number}"))), new.id)).await;
                kept.push(new.id);
            }
            _ => orphans.push(new.id),
        }
        write(secrets, vec![new]).await;
    }
    kept.sort();
    (kept, orphans)
}

fn riders(written: &str, removed: &[&str]) -> Riders {
    Riders {
        written: vec![Blob { key: blob_key(written), bytes: b"sealed".to_vec() }],
        removed: removed.iter().map(|key| blob_key(key)).collect(),
        audit: Some(event("CREATE_CONNECTION")),
    }
}
