//! Behaviours of a series of edits.

use super::samples::*;
use crate::catalog::{Catalog, Edit, Riders, Selection};
use crate::error::StoreError;

pub(super) async fn a_series_is_made_in_order(catalog: &dyn Catalog) {
    let names: Vec<_> = (0..20).map(|i| format!("c{i:02}")).collect();
    let edits = names.iter().map(|name| Edit::Create(entry(path(name)))).collect();
    let (made, outcome) = series(catalog, edits).await;
    must(outcome, "a series of creations is made");
    assert_eq!(made, names.len(), "all of a series is made");
    assert_eq!(self::names(catalog, &Selection::default()).await, names, "all of a series is there");
    let (made, outcome) = series(catalog, Vec::new()).await;
    must(outcome, "an empty series is made");
    assert_eq!(made, 0, "nothing of an empty series is made");
}

pub(super) async fn a_series_ends_at_the_first_refusal(catalog: &dyn Catalog) {
    create(catalog, &entry(path("taken"))).await;
    let edits = ["a", "b", "taken", "c"].map(|name| Edit::Create(entry(path(name))));
    let (made, outcome) = series(catalog, edits.to_vec()).await;
    must_fail(outcome, "Exists", "a name that is taken is refused in a series too");
    assert_eq!(made, 2, "what stands before the refused edit is made");
    assert_eq!(
        names(catalog, &Selection::default()).await,
        ["a", "b", "taken"],
        "what stands before a refused edit stays, and nothing behind it is made"
    );
    let (made, outcome) = series(catalog, vec![Edit::Create(entry(path("taken")))]).await;
    must_fail(outcome, "Exists", "the first of a series can be refused");
    assert_eq!(made, 0, "nothing is made if the first is refused");
}

pub(super) async fn a_series_may_change_what_it_made(catalog: &dyn Catalog) {
    let first = entry(path("c1"));
    let second = changed(&first);
    let edits = vec![
        Edit::Create(first.clone()),
        Edit::Replace(first.expected(), second.clone()),
        Edit::Create(entry(path("c2"))),
        Edit::Remove(path("c2"), first.expected()),
    ];
    let (made, outcome) = series(catalog, edits).await;
    must_fail(outcome, "Conflict", "another connection than the expected one is not removed");
    assert_eq!(made, 3, "an edit of a series sees those before it");
    assert_eq!(read(catalog, &path("c1")).await, Some(second), "the last edit of a name counts");
    assert!(read(catalog, &path("c2")).await.is_some(), "a refused removal removes nothing");
}

async fn series(catalog: &dyn Catalog, edits: Vec<Edit>) -> (usize, Result<(), StoreError>) {
    catalog.commit_series(edits.into_iter().map(|edit| (edit, Riders::default())).collect()).await
}
