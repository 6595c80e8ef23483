//! Behaviours of a catalog.

use super::samples::*;
use crate::catalog::{Catalog, Edit, Listed, Riders, Selection};
use crate::default_database;
use crate::error::StoreError;
use crate::name_pattern::NamePattern;
use lockkeeper_model::{ConnectionPath, MAX_COMMENT_BYTES, MAX_OPTION_BYTES, OptionKey};
use std::sync::Arc;
use tokio::task::JoinSet;

pub(super) async fn a_new_store_has_the_default_database(catalog: &dyn Catalog) {
    let default = default_database();
    let listed = must(catalog.databases(&default.catalog).await, "databases are listed");
    assert_eq!(listed, [Listed::sound(default.database)]);
    assert_eq!(must(catalog.catalogs().await, "catalogs are listed"), [Listed::sound(default.catalog)]);
    assert!(names(catalog, &Selection::default()).await.is_empty(), "a new store has no connections");
}

pub(super) async fn what_was_created_is_read(catalog: &dyn Catalog) {
    let mut entry = with_secret(entry(path("c1")), secret_id());
    entry
        .connection
        .options
        .insert(OptionKey::Scope, "a 'quoted' \"text\" with\nlines, ü and \u{1f511}".to_owned());
    create(catalog, &entry).await;
    assert_eq!(read(catalog, &entry.path).await, Some(entry), "what was created is read");
    assert_eq!(read(catalog, &path("c2")).await, None, "what was not created is not there");
}

pub(super) async fn a_name_is_taken_once(catalog: &dyn Catalog) {
    let first = entry(path("c1"));
    create(catalog, &first).await;
    must_fail(commit(catalog, Edit::Create(entry(path("c1")))).await, "Exists", "a name is taken once");
    assert_eq!(read(catalog, &path("c1")).await, Some(first), "a refused creation changes nothing");
}

pub(super) async fn a_replacement_needs_the_expected_entry(catalog: &dyn Catalog) {
    let first = with_secret(entry(path("c1")), secret_id());
    must_fail(
        commit(catalog, Edit::Replace(first.expected(), changed(&first))).await,
        "Conflict",
        "what is not there is not replaced",
    );
    create(catalog, &first).await;
    let second = with_secret(changed(&first), secret_id());
    must(
        commit(catalog, Edit::Replace(first.expected(), second.clone())).await,
        "the expected entry is replaced",
    );
    must_fail(
        commit(catalog, Edit::Replace(first.expected(), changed(&first))).await,
        "Conflict",
        "an older revision is not expected any more",
    );
    let mut stranger = second.expected();
    stranger.uid = entry(path("c1")).uid;
    must_fail(
        commit(catalog, Edit::Replace(stranger, changed(&second))).await,
        "Conflict",
        "another connection of the same name and revision is not the expected one",
    );
    assert_eq!(
        read(catalog, &path("c1")).await,
        Some(second.clone()),
        "a refused replacement changes nothing"
    );
    let anew = entry(path("c1"));
    must(
        commit(catalog, Edit::Replace(second.expected(), anew.clone())).await,
        "an identity may be replaced",
    );
    assert_eq!(read(catalog, &path("c1")).await, Some(anew));
}

pub(super) async fn a_removal_needs_the_expected_entry(catalog: &dyn Catalog) {
    let first = with_secret(entry(path("c1")), secret_id());
    create(catalog, &first).await;
    let wrong = changed(&first).expected();
    must_fail(
        commit(catalog, Edit::Remove(path("c1"), wrong)).await,
        "Conflict",
        "a removal compares revisions",
    );
    must(commit(catalog, Edit::Remove(path("c1"), first.expected())).await, "the expected entry is removed");
    assert_eq!(read(catalog, &path("c1")).await, None, "what was removed is gone");
    must_fail(
        commit(catalog, Edit::Remove(path("c1"), first.expected())).await,
        "Conflict",
        "what is gone is not removed again",
    );
    create(catalog, &entry(path("c1"))).await;
}

pub(super) async fn a_renaming_moves_one_entry(catalog: &dyn Catalog) {
    let first = with_secret(entry(path("c1")), secret_id());
    let other = entry(path("c2"));
    create(catalog, &first).await;
    create(catalog, &other).await;
    let mut moved = changed(&first);
    moved.path = path("c2");
    must_fail(
        commit(catalog, Edit::Rename(path("c1"), first.expected(), moved.clone())).await,
        "Exists",
        "a taken name is not renamed to",
    );
    moved.path = path("c3");
    must_fail(
        commit(catalog, Edit::Rename(path("c1"), moved.expected(), moved.clone())).await,
        "Conflict",
        "a renaming compares revisions",
    );
    must(
        commit(catalog, Edit::Rename(path("c1"), first.expected(), moved.clone())).await,
        "a free name is taken",
    );
    assert_eq!(read(catalog, &path("c1")).await, None, "the old name is free");
    assert_eq!(read(catalog, &path("c2")).await, Some(other), "the other entry is as it was");
    assert_eq!(read(catalog, &path("c3")).await, Some(moved), "the new name has the entry");
    assert_eq!(names(catalog, &Selection::default()).await, ["c2", "c3"]);
}

pub(super) async fn a_renaming_stays_in_its_database(catalog: &dyn Catalog) {
    let other = database("default_catalog", "other");
    must(catalog.create_database(&other).await, "a database is created");
    let first = entry(path("c1"));
    create(catalog, &first).await;
    let mut moved = changed(&first);
    moved.path = other.connection(name("c1"));
    must_fail(
        commit(catalog, Edit::Rename(path("c1"), first.expected(), moved)).await,
        "Misuse",
        "a renaming stays in its database",
    );
}

pub(super) async fn a_sound_entry_is_not_removed_as_damaged(catalog: &dyn Catalog) {
    let first = entry(path("c1"));
    create(catalog, &first).await;
    must_fail(
        commit(catalog, Edit::RemoveDamaged(path("c1"))).await,
        "Conflict",
        "a sound entry is not removed as damaged",
    );
    must_fail(commit(catalog, Edit::RemoveDamaged(path("c2"))).await, "Conflict", "nothing is not damaged");
    assert_eq!(read(catalog, &path("c1")).await, Some(first));
}

pub(super) async fn names_are_ordered_by_code_point(catalog: &dyn Catalog) {
    // In UTF-16, the last two are the other way round.
    let ordered = ["A", "B", "Z", "a", "a-", "a1", "aa", "b", "z", "ß", "ü", "\u{ff5e}", "\u{1f511}"];
    for text in ordered.iter().rev() {
        create(catalog, &entry(path(text))).await;
    }
    assert_eq!(names(catalog, &Selection::default()).await, ordered, "names are ordered by code point");
}

pub(super) async fn pages_join_without_gaps(catalog: &dyn Catalog) {
    let all: Vec<_> = (0..25).map(|i| format!("c{i:02}")).collect();
    for text in &all {
        create(catalog, &entry(path(text))).await;
    }
    for limit in [1, 7, 25, 100] {
        let mut found: Vec<Listed> = Vec::new();
        loop {
            let after = found.last().map(|listed| listed.name.clone());
            let page = catalog.list(&default_database(), &Selection::default(), after.as_ref(), limit).await;
            let page = must(page, "a page is listed");
            assert!(page.len() <= limit, "a page has at most as many names as wanted");
            if page.is_empty() {
                break;
            }
            found.extend(page);
        }
        let found: Vec<_> = found.iter().map(|listed| listed.name.as_str()).collect();
        assert_eq!(found, all, "pages of {limit} join without gaps");
    }
    let after = name("c10x");
    let page = catalog.list(&default_database(), &Selection::default(), Some(&after), 1).await;
    assert_eq!(
        must(page, "a page is listed")[0].name.as_str(),
        "c11",
        "the name to list after need not exist"
    );
    let nothing = catalog.list(&default_database(), &Selection::default(), None, 0).await;
    assert!(must(nothing, "a page is listed").is_empty(), "no names are listed if none are wanted");
}

pub(super) async fn patterns_choose_names(catalog: &dyn Catalog) {
    for text in ["chat", "chat-1", "chat_1", "chatter", "Chat", "dhat", "größe", "grün", "100%"] {
        create(catalog, &entry(path(text))).await;
    }
    for (pattern, wanted) in [
        ("chat%", &["chat", "chat-1", "chat_1", "chatter"][..]),
        ("chat\\_%", &["chat_1"]),
        ("chat_1", &["chat-1", "chat_1"]),
        ("%hat", &["Chat", "chat", "dhat"]),
        ("gr_n", &["grün"]),
        ("grü%", &["grün"]),
        ("100\\%", &["100%"]),
        ("nothing%", &[]),
        ("chat", &["chat"]),
    ] {
        let pattern_of = |negated| Selection { pattern: Some(NamePattern::new(pattern)), negated };
        assert_eq!(names(catalog, &pattern_of(false)).await, wanted, "LIKE '{pattern}'");
        let others = names(catalog, &pattern_of(true)).await;
        assert_eq!(others.len(), 9 - wanted.len(), "NOT LIKE '{pattern}'");
        assert!(others.iter().all(|name| !wanted.contains(&name.as_str())), "NOT LIKE '{pattern}'");
    }
    let selection = Selection { pattern: Some(NamePattern::new("chat%")), negated: false };
    let page = catalog.list(&default_database(), &selection, Some(&name("chat-1")), 1).await;
    assert_eq!(must(page, "a page is listed")[0].name.as_str(), "chat_1", "pages of a pattern");
    let page = catalog.list(&default_database(), &selection, Some(&name("D")), 10).await;
    assert_eq!(must(page, "a page is listed").len(), 4, "a page after a name before the pattern's first");
    let page = catalog.list(&default_database(), &selection, Some(&name("x")), 10).await;
    assert!(must(page, "a page is listed").is_empty(), "a page after a name behind the pattern's last");
}

pub(super) async fn odd_names_are_names(catalog: &dyn Catalog) {
    let long = "ü".repeat(100);
    let odd = [
        "a b",
        "a`b",
        "a'b",
        "a\"b",
        "a.b",
        "a/b",
        "..",
        "%",
        "_",
        "\\",
        "NULL",
        "c1",
        "C1",
        " x ",
        "e\u{301}",
        "é",
        "🔑",
        long.as_str(),
    ];
    for text in odd {
        create(catalog, &entry(path(text))).await;
    }
    for text in odd {
        let found = read(catalog, &path(text)).await.map(|entry| entry.path);
        assert_eq!(found, Some(path(text)), "odd names are names");
    }
    assert_eq!(names(catalog, &Selection::default()).await.len(), odd.len(), "odd names are kept apart");
}

pub(super) async fn large_entries_fit(catalog: &dyn Catalog) {
    let mut entry = entry(path("c1"));
    entry.connection.comment = Some("ü".repeat(MAX_COMMENT_BYTES / 2));
    entry.connection.options.insert(OptionKey::Scope, "\\\"".repeat(MAX_OPTION_BYTES / 2));
    create(catalog, &entry).await;
    assert_eq!(read(catalog, &path("c1")).await, Some(entry), "large entries fit");
}

pub(super) async fn databases_are_apart(catalog: &dyn Catalog) {
    let others = [database("default_catalog", "other"), database("other", "default_database")];
    create(catalog, &entry(path("c1"))).await;
    for other in &others {
        must(catalog.create_database(other).await, "a database is created");
        create(catalog, &entry(other.connection(name("c1")))).await;
        create(catalog, &entry(other.connection(name("c2")))).await;
    }
    assert_eq!(
        names(catalog, &Selection::default()).await,
        ["c1"],
        "names of other databases are not listed"
    );
    assert_eq!(read(catalog, &path("c2")).await, None, "names of other databases are not found");
}

pub(super) async fn databases_are_created_and_dropped(catalog: &dyn Catalog) {
    let sound = |text| Listed::sound(name(text));
    let first = database("other", "b");
    must(catalog.create_database(&first).await, "a database is created");
    must(catalog.create_database(&database("other", "a")).await, "a database is created");
    must_fail(catalog.create_database(&first).await, "Exists", "a database is created once");
    let listed = must(catalog.databases(&name("other")).await, "databases are listed");
    assert_eq!(listed, ["a", "b"].map(sound), "databases are listed in order");
    let entry = entry(first.connection(name("c1")));
    create(catalog, &entry).await;
    must_fail(catalog.drop_database(&first).await, "NotEmpty", "a database with connections is not dropped");
    must(commit(catalog, Edit::Remove(entry.path.clone(), entry.expected())).await, "an entry is removed");
    must(catalog.drop_database(&first).await, "an empty database is dropped");
    must_fail(catalog.drop_database(&first).await, "Missing", "a database is dropped once");
    must(catalog.drop_database(&database("other", "a")).await, "an empty database is dropped");
    assert!(must(catalog.databases(&name("other")).await, "databases are listed").is_empty());
    let catalogs = must(catalog.catalogs().await, "catalogs are listed");
    assert_eq!(catalogs, ["default_catalog", "other"].map(sound), "a catalog stays");
    must(catalog.create_database(&first).await, "a dropped database is created anew");
    assert_eq!(read(catalog, &entry.path).await, None, "a database created anew is empty");
}

pub(super) async fn unknown_databases_are_missing(catalog: &dyn Catalog) {
    let unknown = database("default_catalog", "unknown");
    let path = unknown.connection(name("c1"));
    let what = "an unknown database is missing";
    must_fail(catalog.read(&path).await, "Missing", what);
    must_fail(catalog.list(&unknown, &Selection::default(), None, 1).await, "Missing", what);
    must_fail(commit(catalog, Edit::Create(entry(path.clone()))).await, "Missing", what);
    must_fail(commit(catalog, Edit::RemoveDamaged(path)).await, "Missing", what);
    must_fail(catalog.drop_database(&unknown).await, "Missing", what);
    must_fail(catalog.databases(&name("unknown")).await, "Missing", "an unknown catalog is missing");
}

pub(super) async fn unreferenced_secrets_are_found(catalog: &dyn Catalog) {
    let (kept, orphan, old, renamed) = (secret_id(), secret_id(), secret_id(), secret_id());
    create(catalog, &with_secret(entry(path("c1")), kept)).await;
    let first = with_secret(entry(path("c2")), old);
    create(catalog, &first).await;
    let second = with_secret(changed(&first), renamed);
    must(commit(catalog, Edit::Replace(first.expected(), second.clone())).await, "an entry is replaced");
    let mut third = changed(&second);
    third.path = path("c3");
    must(
        commit(catalog, Edit::Rename(path("c2"), second.expected(), third.clone())).await,
        "an entry is renamed",
    );
    let found = must(catalog.unreferenced(&[kept, orphan, old, renamed]).await, "secrets are judged");
    assert_eq!(found, [orphan, old], "secrets without an entry are found");
    must(commit(catalog, Edit::Remove(path("c3"), third.expected())).await, "an entry is removed");
    let found = must(catalog.unreferenced(&[renamed, kept]).await, "secrets are judged");
    assert_eq!(found, [renamed], "secrets of a removed entry are found");
}

pub(super) async fn a_damaged_entry_blocks_no_other(
    catalog: &dyn Catalog,
    damage: impl AsyncFn(&ConnectionPath),
) {
    for text in ["c1", "c2", "c3"] {
        create(catalog, &entry(path(text))).await;
    }
    let lost = must(catalog.read(&path("c2")).await, "an entry is read");
    damage(&path("c2")).await;
    must_fail(catalog.read(&path("c2")).await, "Damaged", "a damaged entry is seen");
    let listed = catalog.list(&default_database(), &Selection::default(), None, 10).await;
    let listed = must(listed, "damaged entries are listed too");
    let shown: Vec<_> = listed.iter().map(|listed| (listed.name.as_str(), listed.damaged)).collect();
    assert_eq!(shown, [("c1", false), ("c2", true), ("c3", false)], "damaged entries are listed as such");
    for text in ["c1", "c3"] {
        assert!(read(catalog, &path(text)).await.is_some(), "the others are read");
    }
    create(catalog, &entry(path("c4"))).await;
    let lost = lost.unwrap_or_else(|| panic!("an entry is read"));
    must_fail(
        commit(catalog, Edit::Replace(lost.expected(), changed(&lost))).await,
        "Damaged",
        "a damaged entry is not replaced as if it were known",
    );
    must_fail(commit(catalog, Edit::Create(lost)).await, "Exists", "a damaged entry keeps its name");
    must(commit(catalog, Edit::RemoveDamaged(path("c2"))).await, "a damaged entry is removed");
    create(catalog, &entry(path("c2"))).await;
    assert_eq!(names(catalog, &Selection::default()).await, ["c1", "c2", "c3", "c4"]);
}

pub(super) async fn a_damaged_entry_keeps_every_secret(
    catalog: &dyn Catalog,
    damage: impl AsyncFn(&ConnectionPath),
) {
    let (lost, orphan) = (secret_id(), secret_id());
    create(catalog, &with_secret(entry(path("c1")), lost)).await;
    damage(&path("c1")).await;
    let found = must(catalog.unreferenced(&[lost, orphan]).await, "secrets are judged");
    assert!(found.is_empty(), "a damaged entry may own any secret");
    must(commit(catalog, Edit::RemoveDamaged(path("c1"))).await, "a damaged entry is removed");
    let found = must(catalog.unreferenced(&[lost, orphan]).await, "secrets are judged");
    assert_eq!(found, [lost, orphan], "a removed entry owns nothing");
}

pub(super) async fn concurrent_creations_have_one_winner(catalog: Arc<dyn Catalog>) {
    let mut tasks = JoinSet::new();
    for _ in 0..16 {
        let catalog = Arc::clone(&catalog);
        tasks.spawn(async move { commit(&*catalog, Edit::Create(entry(path("c1")))).await });
    }
    let results = tasks.join_all().await;
    let won = results.iter().filter(|result| result.is_ok()).count();
    assert_eq!(won, 1, "of concurrent creations one wins");
    for result in results.into_iter().filter(Result::is_err) {
        must_fail(result, "Exists", "the others find the name taken");
    }
}

pub(super) async fn concurrent_replacements_lose_nothing(catalog: Arc<dyn Catalog>) {
    const EACH: u64 = 20;
    let first = entry(path("c1"));
    create(&*catalog, &first).await;
    let mut tasks = JoinSet::new();
    for _ in 0..4 {
        let catalog = Arc::clone(&catalog);
        tasks.spawn(async move {
            let mut done = 0;
            while done < EACH {
                let current = read(&*catalog, &path("c1")).await.unwrap_or_else(|| panic!("the entry stays"));
                match commit(&*catalog, Edit::Replace(current.expected(), changed(&current))).await {
                    Ok(()) => done += 1,
                    Err(StoreError::Conflict) => {}
                    Err(error) => panic!("a replacement succeeds or conflicts: {error:?}"),
                }
            }
        });
    }
    tasks.join_all().await;
    let revision = read(&*catalog, &path("c1")).await.map(|entry| entry.revision);
    assert_eq!(revision, Some(1 + 4 * EACH), "no replacement is lost");
}

async fn commit(catalog: &dyn Catalog, edit: Edit) -> Result<(), StoreError> {
    catalog.commit(edit, Riders::default()).await
}
