//! Places, modes, versions, backups.

use super::{Folder, path};
use crate::{SqliteStore, Stamp};
use lockkeeper_store::{Catalog, StoreError, default_database};
use std::fs;
use std::path::Path;
use std::sync::Arc;

#[track_caller]
fn refused(path: &Path) -> String {
    let error = SqliteStore::open(path).err().unwrap();
    let folder = path.parent().unwrap().display().to_string();
    error.to_string().replace(&folder, "…")
}

#[cfg(unix)]
fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[cfg(unix)]
fn set_mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn files_are_for_the_owner_only() {
    let folder = Folder::new();
    let place = folder.path().with_extension("d").join("deep").join("store.db");
    let store = SqliteStore::open(&place).unwrap();
    store.create_database(&other_database()).await.unwrap();
    for beside in ["store.db", "store.db-wal", "store.db-shm"] {
        assert_eq!(mode(&place.with_file_name(beside)), 0o600, "{beside}");
    }
    assert_eq!(mode(place.parent().unwrap()), 0o700);
    assert_eq!(mode(place.parent().unwrap().parent().unwrap()), 0o700);
    let copy = folder.path();
    store.backup(&copy, Arc::new(|_| {})).await.unwrap();
    assert_eq!(mode(&copy), 0o600);
}

fn other_database() -> lockkeeper_model::DatabasePath {
    let mut database = default_database();
    database.database = path("other").name;
    database
}

#[cfg(unix)]
#[test]
fn a_file_that_others_may_read_is_refused() {
    let folder = Folder::new();
    let file = folder.path();
    drop(SqliteStore::open(&file).unwrap());
    set_mode(&file, 0o640);
    insta::assert_snapshot!(refused(&file), @r#""…/0.db" cannot be used: its mode 0640 lets others in; run: chmod 600 '…/0.db'"#);
    set_mode(&file, 0o600);
    SqliteStore::open(&file).unwrap();
}

#[test]
fn places_that_are_no_store_are_refused() {
    let folder = Folder::new();
    let file = folder.path();
    let taken = file.with_file_name("a-folder");
    fs::create_dir(&taken).unwrap();
    insta::assert_snapshot!(refused(&taken), @r#""…/a-folder" cannot be used: it is not a file"#);

    fs::write(&file, "not a store, but long enough to be looked at, whatever the size of a header may be")
        .unwrap();
    #[cfg(unix)]
    set_mode(&file, 0o600);
    insta::assert_snapshot!(refused(&file), @"the file is not a Lockkeeper store");

    fs::write(&file, "not a store, and long enough to be one. ".repeat(500)).unwrap();
    insta::assert_snapshot!(refused(&file), @"the file is not a Lockkeeper store");

    let other = folder.path();
    let connection = rusqlite::Connection::open(&other).unwrap();
    connection.execute_batch("CREATE TABLE t (c)").unwrap();
    #[cfg(unix)]
    set_mode(&other, 0o600);
    insta::assert_snapshot!(refused(&other), @"the file is not a Lockkeeper store");

    let newer = folder.path();
    drop(SqliteStore::open(&newer).unwrap());
    rusqlite::Connection::open(&newer).unwrap().pragma_update(None, "user_version", 99).unwrap();
    insta::assert_snapshot!(refused(&newer), @"the store has version 99, this program knows versions up to 3");
    let version: u32 = rusqlite::Connection::open(&newer)
        .unwrap()
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .unwrap();
    assert_eq!(version, 99);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_is_the_store_at_one_instant() {
    let folder = Folder::new();
    let store = folder.store();
    let before = store.stamp().await.unwrap();
    store.create_database(&other_database()).await.unwrap();
    let copy = folder.path();
    let stamp = store.backup(&copy, Arc::new(|_| {})).await.unwrap();
    assert_eq!(stamp.identity, before.identity);
    assert!(stamp.generation > before.generation, "an older copy can be told from a newer one");
    assert_eq!(Stamp::of_file(&copy).unwrap(), stamp);

    let again = store.backup(&copy, Arc::new(|_| {})).await;
    assert!(matches!(again, Err(StoreError::Place { .. })), "a backup replaces nothing");
    assert!(Stamp::of_file(folder.path()).is_err());

    let restored = SqliteStore::open(&copy).unwrap();
    assert_eq!(restored.identity, store.identity);
    let databases = restored.databases(&default_database().catalog).await.unwrap();
    assert_eq!(databases.len(), 2);
    assert!(restored.verify().await.unwrap().is_sound());
    let beside: Vec<_> =
        fs::read_dir(copy.parent().unwrap()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert!(!beside.iter().any(|name| name.to_string_lossy().contains("partial")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_was_read_from_may_come_back_as_another() {
    let folder = Folder::new();
    let (store, other) = (folder.store(), folder.store());
    let entry = |catalog: &str, name: &str| {
        let mut entry = super::processes::entry(name);
        entry.path.database.catalog = lockkeeper_model::Identifier::new(catalog).unwrap();
        entry
    };
    let fill = async |store: &SqliteStore, catalog: &str| {
        let entry = entry(catalog, "chat");
        store.create_database(&entry.path.database).await.unwrap();
        let edit = lockkeeper_store::Edit::Create(entry.clone());
        Catalog::commit(store, edit, lockkeeper_store::Riders::default()).await.unwrap();
        entry
    };
    let first = fill(&store, "a").await;
    let second = fill(&other, "b").await;
    let third = fill(&other, "a").await;
    assert_eq!(Catalog::read(&*store, &first.path).await.unwrap().as_ref(), Some(&first));

    let remove = lockkeeper_store::Edit::Remove(first.path.clone(), first.expected());
    Catalog::commit(&*store, remove, lockkeeper_store::Riders::default()).await.unwrap();
    assert_eq!(Catalog::read(&*store, &first.path).await.unwrap(), None);
    store.drop_database(&first.path.database).await.unwrap();
    assert!(matches!(Catalog::read(&*store, &first.path).await, Err(StoreError::Missing { .. })));
    let again = fill(&store, "a").await;
    assert_eq!(Catalog::read(&*store, &again.path).await.unwrap().as_ref(), Some(&again));

    // The same numbers with other names, as another store has them that is restored here.
    let copy = folder.path();
    other.backup(&copy, Arc::new(|_| {})).await.unwrap();
    SqliteStore::restore(&copy, store.path(), true).unwrap();
    assert_eq!(Catalog::read(&*store, &third.path).await.unwrap().as_ref(), Some(&third));
    assert_eq!(Catalog::read(&*store, &second.path).await.unwrap().as_ref(), Some(&second));
}

/// The kept stores, and what their one secret is; their bytes are kept as SQL, which people can review.
const KEPT: [(&str, &str); 3] = [
    (include_str!("../../tests-data/store-v1.sql"), "made-up-secret-of-version-1"),
    (include_str!("../../tests-data/store-v2.sql"), "made-up-secret-of-version-2"),
    (include_str!("../../tests-data/store-v3.sql"), "made-up-secret-of-version-3"),
];

fn restore_kept(folder: &Folder, sql: &str) -> std::path::PathBuf {
    let file = folder.path();
    crate::place::create(&file).unwrap();
    let connection = rusqlite::Connection::open(&file).unwrap();
    connection.pragma_update(None, "journal_mode", "wal").unwrap();
    connection.execute_batch(sql).unwrap();
    file
}

/// Whether the connection `chat` and its secret are as they were written.
async fn is_kept(store: &Arc<SqliteStore>, expected: &str) -> bool {
    // The keys of version 1 are those of all.
    let keys = lockkeeper_store::LocalKeys::parse(include_str!("../../tests-data/store-v1.keys")).unwrap();
    let secrets = lockkeeper_store::SealedSecrets::new(store.clone(), Arc::new(keys));
    let entry = Catalog::read(&**store, &path("chat")).await.unwrap().unwrap();
    for (option, id) in &entry.secrets {
        let binding = lockkeeper_store::Binding {
            connection: entry.uid,
            option: *option,
            destination: entry.connection.destination(),
        };
        let value = lockkeeper_store::SecretStore::open(&secrets, *id, &binding).await.unwrap();
        assert!(value.expose() == expected);
    }
    entry.secrets.len() == 1
}

/// A store of any released version opens for good.
#[tokio::test(flavor = "multi_thread")]
async fn stores_of_released_versions_open() {
    let folder = Folder::new();
    for (sql, expected) in KEPT {
        let store = SqliteStore::open(restore_kept(&folder, sql)).unwrap();
        assert!(is_kept(&store, expected).await);
        assert!(store.verify().await.unwrap().is_sound());
        assert_eq!(lockkeeper_store::audit::verify(&*store).await.unwrap().records, 1);
        let entry = super::processes::entry("another");
        let edit = lockkeeper_store::Edit::Create(entry.clone());
        Catalog::commit(&*store, edit, lockkeeper_store::Riders::default()).await.unwrap();
        assert_eq!(Catalog::read(&*store, &entry.path).await.unwrap().as_ref(), Some(&entry));
        assert!(is_kept(&store, expected).await);
        assert!(store.verify().await.unwrap().is_sound());
    }
}

/// A program that ends in the middle of a migration leaves the store as it was.
#[cfg(feature = "failpoints")]
#[tokio::test(flavor = "multi_thread")]
async fn a_migration_that_was_cut_off_is_done_by_the_next() {
    let folder = Folder::new();
    let (sql, expected) = KEPT[0];
    let file = restore_kept(&folder, sql);
    let version = || -> u32 {
        let connection = rusqlite::Connection::open(&file).unwrap();
        connection.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap()
    };
    let options = crate::Options {
        failpoint: Some(Arc::new(|name| assert!(name != "migration-before-commit", "cut off"))),
        ..crate::Options::default()
    };
    let there = file.clone();
    let cut = std::thread::spawn(move || SqliteStore::open_with(&there, options).map(drop)).join();
    assert!(cut.is_err());
    assert_eq!(version(), 1);
    let store = SqliteStore::open(&file).unwrap();
    assert_eq!(version(), crate::schema::VERSION);
    assert!(is_kept(&store, expected).await);
    assert!(store.verify().await.unwrap().is_sound());
}

/// Whoever has the store open reads on.
#[tokio::test(flavor = "multi_thread")]
async fn backups_of_released_versions_are_restored() {
    let folder = Folder::new();
    for (sql, expected) in KEPT {
        let backup = restore_kept(&folder, sql);
        let store = folder.store();
        SqliteStore::restore(&backup, store.path(), false).unwrap();
        assert!(Catalog::read(&*store, &path("chat")).await.unwrap().is_some());
        assert!(is_kept(&SqliteStore::open(store.path()).unwrap(), expected).await);
        let fresh = folder.path();
        SqliteStore::restore(&backup, &fresh, false).unwrap();
        assert!(is_kept(&SqliteStore::open(&fresh).unwrap(), expected).await);
    }
}

/// A migration judges no row: what was damaged is, under its name, and blocks nothing else.
#[tokio::test(flavor = "multi_thread")]
async fn damaged_rows_of_an_earlier_version_are_migrated() {
    for change in [
        "UPDATE entries SET body = zeroblob(9) WHERE name = CAST('chat' AS BLOB)",
        "UPDATE entries SET sum = x'', uid = x'' WHERE name = CAST('chat' AS BLOB)",
        "UPDATE entries SET revision = -1 WHERE name = CAST('chat' AS BLOB)",
    ] {
        let folder = Folder::new();
        let file = restore_kept(&folder, KEPT[0].0);
        rusqlite::Connection::open(&file).unwrap().execute(change, []).unwrap();
        let store = SqliteStore::open(&file).unwrap();
        let read = Catalog::read(&*store, &path("chat")).await;
        assert!(matches!(read, Err(StoreError::Damaged { .. })), "{change}");
        let report = store.verify().await.unwrap();
        assert_eq!(
            (report.damaged_connections, report.structure),
            (vec!["chat".to_owned()], Vec::new()),
            "{change}"
        );
    }
}

/// A row that a flipped bit gave the name of its neighbour is one lost connection, and not a store that does not open.
#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_an_earlier_version_has_twice_stops_no_migration() {
    let folder = Folder::new();
    let file = restore_kept(&folder, KEPT[0].0);
    let (chat, chau, end) = (b"chat".as_slice(), b"chau".as_slice(), crate::links::END);
    let other =
        "INSERT INTO entries SELECT database, ?1, ?2, uid, revision, body, sum FROM entries WHERE name = ?3";
    let connection = rusqlite::Connection::open(&file).unwrap();
    connection.execute(other, rusqlite::params![chau, crate::links::link(1, chat, chau), chat]).unwrap();
    let follow = rusqlite::params![crate::links::link(1, chau, end), end];
    assert_eq!(connection.execute("UPDATE entries SET link = ?1 WHERE name = ?2", follow), Ok(1));
    drop(connection);
    let mut bytes = std::fs::read(&file).unwrap();
    let found: Vec<usize> = (0..bytes.len() - 4).filter(|at| bytes[*at..].starts_with(b"chau")).collect();
    assert_eq!(found.len(), 1);
    bytes[found[0] + 3] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    let count = rusqlite::Connection::open(&file).unwrap().query_row(
        "SELECT count(*) FROM entries WHERE name = CAST('chat' AS BLOB)",
        [],
        |row| row.get(0),
    );
    assert_eq!(count, Ok(2));

    let store = SqliteStore::open(&file).unwrap();
    assert!(is_kept(&store, KEPT[0].1).await);
    let structure = store.verify().await.unwrap().structure;
    assert_eq!(structure, ["rows of connections are missing or out of place"]);
    let entry = super::processes::entry("another");
    let edit = lockkeeper_store::Edit::Create(entry.clone());
    Catalog::commit(&*store, edit, lockkeeper_store::Riders::default()).await.unwrap();
    assert_eq!(Catalog::read(&*store, &entry.path).await.unwrap().as_ref(), Some(&entry));
}

/// Whoever has a store open meanwhile knows the newest version only, and would take another one for damage.
#[test]
fn nobody_sees_the_earlier_version_of_a_backup_that_is_restored() {
    let folder = Folder::new();
    let backup = restore_kept(&folder, KEPT[0].0);
    for _ in 0..10 {
        let store = folder.store();
        let done = std::sync::atomic::AtomicBool::new(false);
        std::thread::scope(|scope| {
            let reader = scope.spawn(|| {
                let connection = rusqlite::Connection::open(store.path()).unwrap();
                let mut read = connection.prepare("PRAGMA user_version").unwrap();
                while !done.load(std::sync::atomic::Ordering::SeqCst) {
                    assert_eq!(read.query_row([], |row| row.get::<_, u32>(0)), Ok(crate::schema::VERSION));
                }
            });
            let restored = SqliteStore::restore(&backup, store.path(), false);
            done.store(true, std::sync::atomic::Ordering::SeqCst);
            restored.unwrap();
            reader.join().unwrap();
        });
    }
}
