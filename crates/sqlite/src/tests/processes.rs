//! Several processes at once, and processes that are killed.

use super::{Folder, path};
use crate::SqliteStore;
use lockkeeper_model::Connection;
use lockkeeper_store::{
    Blob, BlobKey, BlobStore, Catalog, ConnectionUid, Edit, Entry, Expected, Riders, SecretId, Selection,
    StoreError, default_database,
};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Set for processes that this binary starts of itself: what to do, and on which file.
const TASK: &str = "LOCKKEEPER_TEST_TASK";
const FILE: &str = "LOCKKEEPER_TEST_FILE";

const PROCESSES: usize = 8;
const REPLACEMENTS: u64 = 40;

fn start(task: &str, file: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["tests::processes::one_of_several", "--exact", "--nocapture", "--quiet"])
        .env(TASK, task)
        .env(FILE, file)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

pub(super) fn entry(name: &str) -> Entry {
    let connection: Connection =
        serde_json::from_str(r#"{"type": "REST", "endpoint": "https://api.example.com/"}"#).unwrap();
    let now = jiff::Timestamp::now();
    Entry {
        path: path(name),
        uid: ConnectionUid::random().unwrap(),
        revision: 1,
        secret_version: 1,
        created: now,
        altered: now,
        connection,
        secrets: BTreeMap::from([(lockkeeper_model::OptionKey::Token, SecretId::new(now).unwrap())]),
    }
}

/// The entry with its sealed secret, as a `CREATE OR REPLACE` commits them.
async fn create_or_replace(store: &SqliteStore, name: &str) {
    loop {
        let mut new = entry(name);
        let old = Catalog::read(store, &new.path).await.unwrap();
        let id = new.secrets[&lockkeeper_model::OptionKey::Token];
        let written = vec![Blob { key: BlobKey::of_secret(id), bytes: b"sealed".to_vec() }];
        let removed =
            old.iter().flat_map(|old| old.secrets.values().copied().map(BlobKey::of_secret)).collect();
        let edit = match old {
            Some(old) => {
                new.revision = old.revision + 1;
                Edit::Replace(Expected { uid: old.uid, revision: old.revision }, new)
            }
            None => Edit::Create(new),
        };
        match store.commit(edit, Riders { written, removed, audit: None }).await {
            Ok(()) => return,
            Err(StoreError::Conflict | StoreError::Exists { .. }) => {}
            Err(error) => panic!("{error:?}"),
        }
    }
}

/// What the other processes of these tests do; nothing in an ordinary run.
#[tokio::test(flavor = "multi_thread")]
async fn one_of_several() {
    let (Ok(task), Ok(file)) = (std::env::var(TASK), std::env::var(FILE)) else { return };
    let store = SqliteStore::open(file).unwrap();
    match task.as_str() {
        "replace" => {
            for _ in 0..REPLACEMENTS {
                create_or_replace(&store, "shared").await;
            }
        }
        _ => {
            for number in 0.. {
                let name = format!("{task}-{number}");
                create_or_replace(&store, &name).await;
                // Only what was acknowledged is told.
                writeln!(std::io::stdout(), "done {name}").unwrap();
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_replace_one_connection_and_lose_nothing() {
    let folder = Folder::new();
    // They make the store as well, all at once.
    let file = folder.path();
    let children: Vec<_> = (0..PROCESSES).map(|_| start("replace", &file)).collect();
    for mut child in children {
        let mut output = String::new();
        child.stdout.take().unwrap().read_to_string(&mut output).unwrap();
        assert!(child.wait().unwrap().success(), "{output}");
    }
    let store = SqliteStore::open(&file).unwrap();
    let entry = Catalog::read(&*store, &path("shared")).await.unwrap().unwrap();
    assert_eq!(entry.revision, PROCESSES as u64 * REPLACEMENTS);
    assert_eq!(BlobStore::list(&*store, "", None, 10).await.unwrap().len(), 1, "old secrets are gone");
    assert!(store.verify().await.unwrap().is_sound());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_survives_a_kill() {
    let folder = Folder::new();
    let file = folder.path();
    let mut acknowledged = Vec::new();
    for round in 0..6_u64 {
        let mut child = start(&format!("kill{round}"), &file);
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let first = lines.by_ref().map_while(Result::ok).find(|line| line.starts_with("done "));
        tokio::time::sleep(Duration::from_millis(3 + round * 7)).await;
        child.kill().unwrap();
        child.wait().unwrap();
        let told = first.into_iter().chain(lines.map_while(Result::ok));
        acknowledged.extend(told.filter_map(|line| line.strip_prefix("done ").map(str::to_owned)));

        let store = SqliteStore::open(&file).unwrap();
        for name in &acknowledged {
            assert!(Catalog::read(&*store, &path(name)).await.unwrap().is_some(), "{name} was acknowledged");
        }
        let report = store.verify().await.unwrap();
        assert!(report.is_sound(), "{report:?}");
        assert_eq!(report.secrets_elsewhere, 0, "no connection lacks its secret");
        assert_eq!(report.blobs, report.connections, "no secret lacks its connection");
    }
    let store = SqliteStore::open(&file).unwrap();
    let names =
        Catalog::list(&*store, &default_database(), &Selection::default(), None, usize::MAX).await.unwrap();
    assert!(names.len() >= acknowledged.len());
}
