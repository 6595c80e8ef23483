//! Flipped bytes anywhere in the file.

use super::{Folder, path, sealed};
use crate::SqliteStore;
use lockkeeper_model::{Connection, DatabasePath, Identifier, OptionKey, SecretValue};
use lockkeeper_store::{
    AuditEvent, AuditLog, Binding, Catalog, ConnectionUid, Edit, Entry, Listed, LocalKeys, NewSecret, Riders,
    SealedSecrets, SecretId, SecretStore, Selection, StoreError, audit, default_database,
};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

const CONNECTIONS: usize = 60;
const VALUE: &str = "made-up-secret";

/// A closed store with connections, secrets and an audit log, and what is in it.
struct Sample {
    bytes: Vec<u8>,
    keys: Arc<LocalKeys>,
    entries: Vec<Entry>,
}

async fn fill(file: &Path) -> Sample {
    let store = SqliteStore::open(file).unwrap();
    let keys = Arc::new(LocalKeys::generate().unwrap());
    let secrets = SealedSecrets::new(store.clone(), keys.clone());
    let now = jiff::Timestamp::now();
    let mut entries = Vec::new();
    for i in 0..CONNECTIONS {
        let connection: Connection = serde_json::from_value(serde_json::json!({
            "type": "REST", "endpoint": "https://api.example.com/", "auth": "BEARER", "sealed": ["token"],
            "comment": "c".repeat(i * 20),
        }))
        .unwrap();
        let (uid, id) = (ConnectionUid::random().unwrap(), SecretId::new(now).unwrap());
        let binding =
            Binding { connection: uid, option: OptionKey::Token, destination: connection.destination() };
        let new = NewSecret { id, binding, value: SecretValue::copy_of(VALUE) };
        let written = secrets.write(vec![new], Catalog::identity(&*store)).await.unwrap();
        let entry = Entry {
            path: path(&format!("connection-{i:02}")),
            uid,
            revision: 1,
            secret_version: 1,
            created: now,
            altered: now,
            connection,
            secrets: BTreeMap::from([(OptionKey::Token, id)]),
        };
        let audit = AuditEvent {
            time: now,
            principal: "somebody".to_owned(),
            action: "CREATE_CONNECTION".to_owned(),
            target: None,
            outcome: "ok".to_owned(),
            revision: Some(1),
        };
        let riders = Riders { written, removed: Vec::new(), audit: Some(audit) };
        store.commit(Edit::Create(entry.clone()), riders).await.unwrap();
        entries.push(entry);
    }
    drop(secrets);
    drop(store);
    Sample { bytes: fs::read(file).unwrap(), keys, entries }
}

/// Reads everything; whether all of it is as it was. What is not must be an error.
async fn read_all(file: &Path, sample: &Sample) -> Result<bool, String> {
    let Ok(store) = SqliteStore::open(file) else { return Ok(false) };
    let secrets = SealedSecrets::new(store.clone(), sample.keys.clone());
    let mut whole = true;
    for expected in &sample.entries {
        match Catalog::read(&*store, &expected.path).await {
            Ok(Some(found)) if found == *expected => {}
            Ok(Some(_)) => return Err("a wrong entry was read".to_owned()),
            Ok(None) => return Err("an entry was not found, without an error".to_owned()),
            Err(_) => whole = false,
        }
        let binding = Binding {
            connection: expected.uid,
            option: OptionKey::Token,
            destination: expected.connection.destination(),
        };
        match secrets.open(expected.secrets[&OptionKey::Token], &binding).await {
            Ok(value) if value.expose() == VALUE => {}
            Ok(_) => return Err("a wrong secret was opened".to_owned()),
            Err(_) => whole = false,
        }
    }
    match Catalog::list(&*store, &default_database(), &Selection::default(), None, 1000).await {
        Ok(listed) => {
            let sound = listed.iter().filter(|listed| !listed.damaged);
            whole &= sound.clone().count() == CONNECTIONS;
            for listed in sound {
                if !sample.entries.iter().any(|entry| entry.path.name == listed.name) {
                    return Err("a wrong name was listed".to_owned());
                }
            }
        }
        Err(_) => whole = false,
    }
    let ids: Vec<_> = sample.entries.iter().flat_map(|entry| entry.secrets.values().copied()).collect();
    match store.unreferenced(&ids).await {
        Ok(found) if found.is_empty() => {}
        Ok(_) => return Err("a secret that is needed would be swept".to_owned()),
        Err(_) => whole = false,
    }
    match audit::verify(&*store).await {
        Ok(summary) => whole &= summary.records == CONNECTIONS as u64,
        Err(_) => whole = false,
    }
    let verified = store.verify().await.is_ok_and(|report| report.is_sound());
    match whole || !verified {
        true => Ok(whole),
        false => Err("damage was not found by a verification".to_owned()),
    }
}

#[test]
fn a_flipped_bit_is_an_error_or_harmless() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let folder = Folder::new();
    let file = folder.path();
    let sample = runtime.block_on(fill(&file));
    assert!(runtime.block_on(read_all(&file, &sample)).unwrap());
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(400);
    let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
    let checked = runner.run(&(0..sample.bytes.len(), 0..8_u8), |(at, bit)| {
        let mut bytes = sample.bytes.clone();
        bytes[at] ^= 1 << bit;
        for beside in ["db-wal", "db-shm"] {
            let _ = fs::remove_file(file.with_extension(beside));
        }
        fs::write(&file, &bytes).unwrap();
        runtime.block_on(read_all(&file, &sample)).map(drop).map_err(TestCaseError::fail)
    });
    checked.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_torn_file_is_an_error() {
    let folder = Folder::new();
    let file = folder.path();
    let sample = fill(&file).await;
    for length in [1, 99, 100, 4095, 4096, 8192, sample.bytes.len() / 2, sample.bytes.len() - 1] {
        fs::write(&file, &sample.bytes[..length]).unwrap();
        let whole = read_all(&file, &sample).await.unwrap();
        assert!(!whole, "{length} bytes are not the store");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_event_shows() {
    let folder = Folder::new();
    let file = folder.path();
    fill(&file).await;
    let connection = rusqlite::Connection::open(&file).unwrap();
    connection
        .execute_batch("UPDATE audit SET event = CAST(replace(event, 'somebody', 'nobody__') AS BLOB) WHERE sequence = 7")
        .unwrap();
    let store = SqliteStore::open(&file).unwrap();
    let error = audit::verify(&*store).await.unwrap_err();
    insta::assert_snapshot!(error, @r#"audit event "7" is damaged"#);
    assert_eq!(store.verify().await.unwrap().damaged_audit_event, Some(7));
    connection.execute_batch("DELETE FROM audit WHERE sequence > 5").unwrap();
    assert_eq!(audit::verify(&*store).await.unwrap().records, 5, "the chain by itself has no end");
    assert_eq!(store.verify().await.unwrap().damaged_audit_event, Some(6), "the store knows where it ends");
    let records = AuditLog::read(&*store, 4, 10).await.unwrap();
    assert_eq!(records.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flipped_sealed_byte_is_one_damaged_secret() {
    let folder = Folder::new();
    let store = folder.store();
    let secrets = sealed(store.clone());
    let id = SecretId::new(jiff::Timestamp::now()).unwrap();
    let binding = Binding {
        connection: ConnectionUid::random().unwrap(),
        option: OptionKey::Token,
        destination: "REST\nhttps://api.example.com/\n".to_owned(),
    };
    let new = NewSecret { id, binding: binding.clone(), value: SecretValue::copy_of(VALUE) };
    let blobs = secrets.write(vec![new], Catalog::identity(&*store)).await.unwrap();
    store.commit(Edit::Nothing, Riders { written: blobs, ..Riders::default() }).await.unwrap();
    let change = |change: &str| {
        let changed = rusqlite::Connection::open(store.path()).unwrap().execute(change, []).unwrap();
        assert_eq!(changed, 1, "{change}");
    };
    let is_damaged = async || {
        let error = secrets.open(id, &binding).await.err();
        matches!(error, Some(StoreError::Damaged { .. }))
    };
    change("UPDATE secrets SET rest = zeroblob(7)");
    assert!(is_damaged().await);
    assert_eq!(store.verify().await.unwrap().damaged_blobs.len(), 1);
    change("UPDATE secrets SET rest = zeroblob(8)");
    assert!(is_damaged().await, "a row that may have been this one");
    assert_eq!(store.verify().await.unwrap().damaged_blobs.len(), 1);
    let rest: String = id.to_string()[16..].to_owned();
    change(&format!("UPDATE secrets SET rest = x'{rest}'"));
    assert!(!is_damaged().await);
    change("UPDATE secrets SET bytes = zeroblob(9)");
    assert!(is_damaged().await);
    assert_eq!(store.verify().await.unwrap().damaged_blobs, [format!("secret/{id}")]);
}

/// A name whose number leads nowhere, or to the entry of another, is damaged, and can be removed by itself.
#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_leads_to_another_entry_is_damaged_and_takes_nothing_with_it() {
    let of = |name: &str| format!("(SELECT entry FROM names WHERE name = CAST('{name}' AS BLOB))");
    for number in [of("connection-02"), "NULL".to_owned(), "99999".to_owned()] {
        let folder = Folder::new();
        let file = folder.path();
        let sample = fill(&file).await;
        let change = format!("UPDATE names SET entry = {number} WHERE name = CAST('connection-01' AS BLOB)");
        assert_eq!(rusqlite::Connection::open(&file).unwrap().execute(&change, []).unwrap(), 1);
        let store = SqliteStore::open(&file).unwrap();
        let damaged = path("connection-01");
        assert!(
            matches!(Catalog::read(&*store, &damaged).await, Err(StoreError::Damaged { .. })),
            "{number}"
        );
        assert_eq!(store.verify().await.unwrap().damaged_connections, ["connection-01"], "{number}");
        let listed =
            Catalog::list(&*store, &default_database(), &Selection::default(), None, 1000).await.unwrap();
        assert_eq!(listed.iter().filter(|listed| listed.damaged).count(), 1, "{number}");
        store.commit(Edit::RemoveDamaged(damaged.clone()), Riders::default()).await.unwrap();
        assert_eq!(Catalog::read(&*store, &damaged).await.unwrap(), None, "{number}");
        for entry in sample.entries.iter().filter(|entry| entry.path != damaged) {
            assert_eq!(Catalog::read(&*store, &entry.path).await.unwrap().as_ref(), Some(entry), "{number}");
        }
        assert!(store.verify().await.unwrap().is_sound(), "{number}");
    }
}

/// A database under another name must not look like one that never was, with all its connections.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_whose_row_was_changed_is_damaged_and_not_missing() {
    for change in [
        "UPDATE databases SET catalog = x'64656661756c745f636174616c6f67ff'",
        "UPDATE databases SET catalog = CAST('default_catalob' AS BLOB)",
        "UPDATE databases SET name = CAST('default_databasf' AS BLOB)",
        "UPDATE databases SET id = id + 1",
        "UPDATE databases SET sum = zeroblob(8)",
        "UPDATE catalogs SET name = CAST('default_catalob' AS BLOB)",
        "UPDATE catalogs SET sum = zeroblob(8)",
    ] {
        let folder = Folder::new();
        let file = folder.path();
        fill(&file).await;
        rusqlite::Connection::open(&file).unwrap().execute(change, []).unwrap();
        let store = SqliteStore::open(&file).unwrap();
        assert!(!store.verify().await.unwrap().is_sound(), "{change}");
        let read = Catalog::read(&*store, &path("connection-01")).await;
        assert!(matches!(read, Ok(Some(_)) | Err(StoreError::Damaged { .. })), "{change}: {read:?}");
        let listed = [store.catalogs().await, store.databases(&default_database().catalog).await];
        let shows = |listed: &Result<Vec<Listed>, StoreError>| match listed {
            Ok(listed) => listed.iter().any(|listed| listed.damaged),
            Err(error) => matches!(error, StoreError::Damaged { .. }),
        };
        assert!(listed.iter().any(shows), "{change}: {listed:?}");
    }
}

/// What is listed, with a sign behind what is damaged.
fn shown(listed: Result<Vec<Listed>, StoreError>) -> String {
    let sign = |listed: Listed| format!("{}{}", listed.name, if listed.damaged { "!" } else { "" });
    match listed {
        Ok(listed) => listed.into_iter().map(sign).collect::<Vec<_>>().join(" "),
        Err(error) => error.to_string(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_database_blocks_no_other() {
    let name = |name: &str| Identifier::new(name).unwrap();
    let default = default_database();
    let mut seen = String::new();
    for change in [
        "UPDATE databases SET sum = zeroblob(8) WHERE name = CAST('first' AS BLOB)",
        "UPDATE databases SET name = x'66697273ff' WHERE name = CAST('first' AS BLOB)",
        "UPDATE databases SET name = CAST('fir' AS BLOB) WHERE name = CAST('first' AS BLOB)",
        "UPDATE databases SET catalog = CAST('othes' AS BLOB) WHERE name = CAST('first' AS BLOB)",
        "UPDATE databases SET id = 99 WHERE name = CAST('first' AS BLOB)",
        "UPDATE catalogs SET sum = zeroblob(8) WHERE name = CAST('other' AS BLOB)",
        "UPDATE catalogs SET name = CAST('othes' AS BLOB) WHERE name = CAST('other' AS BLOB)",
        "DELETE FROM databases WHERE name = CAST('first' AS BLOB)",
    ] {
        let folder = Folder::new();
        let file = folder.path();
        let sample = fill(&file).await;
        let store = SqliteStore::open(&file).unwrap();
        for database in ["first", "second"] {
            let database = DatabasePath { catalog: name("other"), database: name(database) };
            store.create_database(&database).await.unwrap();
        }
        rusqlite::Connection::open(&file).unwrap().execute(change, []).unwrap();
        drop(store);
        let store = SqliteStore::open(&file).unwrap();
        // What is not damaged is used as ever.
        assert_eq!(Catalog::read(&*store, &path("connection-01")).await.unwrap().unwrap(), sample.entries[1]);
        let connections = Catalog::list(&*store, &default, &Selection::default(), None, 1000).await;
        assert_eq!(connections.unwrap().len(), CONNECTIONS);
        assert!(!store.verify().await.unwrap().is_sound(), "{change}");
        let catalogs = shown(store.catalogs().await);
        let of_default = shown(store.databases(&default.catalog).await);
        let of_other = shown(store.databases(&name("other")).await);
        let unknown = shown(store.databases(&name("unknown")).await);
        seen += &format!("{change}\n  {catalogs}\n  {of_default}\n  {of_other}\n  {unknown}\n");
    }
    insta::assert_snapshot!(seen, @r#"
    UPDATE databases SET sum = zeroblob(8) WHERE name = CAST('first' AS BLOB)
      default_catalog other
      default_database
      first! second
      catalog "unknown" does not exist
    UPDATE databases SET name = x'66697273ff' WHERE name = CAST('first' AS BLOB)
      default_catalog other
      default_database
      firs�! second
      catalog "unknown" does not exist
    UPDATE databases SET name = CAST('fir' AS BLOB) WHERE name = CAST('first' AS BLOB)
      default_catalog other
      default_database
      fir! second
      catalog "unknown" does not exist
    UPDATE databases SET catalog = CAST('othes' AS BLOB) WHERE name = CAST('first' AS BLOB)
      default_catalog other
      default_database first!
      first! second
      catalog "unknown" does not exist
    UPDATE databases SET id = 99 WHERE name = CAST('first' AS BLOB)
      default_catalog other
      default_database
      first! second
      catalog "unknown" does not exist
    UPDATE catalogs SET sum = zeroblob(8) WHERE name = CAST('other' AS BLOB)
      default_catalog other!
      default_database
      first second
      catalog "other" is damaged
    UPDATE catalogs SET name = CAST('othes' AS BLOB) WHERE name = CAST('other' AS BLOB)
      default_catalog othes!
      default_database
      first second
      catalog "othes" is damaged
    DELETE FROM databases WHERE name = CAST('first' AS BLOB)
      store "sqlite" is damaged
      store "sqlite" is damaged
      store "sqlite" is damaged
      store "sqlite" is damaged
    "#);
}
