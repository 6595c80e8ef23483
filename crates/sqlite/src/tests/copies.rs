//! Copies of the folder that nobody coordinates with the program.

use super::Folder;
use crate::log::SHORTEST_PAUSE;
use crate::{Options, SqliteStore};
use lockkeeper_store::{Blob, BlobKey, BlobStore};
use std::fs;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// Copies file and log, in one order or the other, as `cp -r` would when it is slow. Whether it was quick enough to be
/// whole.
fn copy(from: &Path, to: &Path, log_first: bool) -> bool {
    let started = Instant::now();
    let log = |path: &Path| path.with_extension("db-wal");
    let mut files = [(from.to_owned(), to.to_owned()), (log(from), log(to))];
    if log_first {
        files.reverse();
    }
    for (from, to) in files {
        match fs::copy(from, to) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            copied => drop(copied.unwrap()),
        }
        thread::sleep(Duration::from_millis(5));
    }
    started.elapsed() < SHORTEST_PAUSE
}

/// Copies the folder again and again while `work` is done, until enough copies were quick, and looks at those.
async fn copied_meanwhile(folder: &Folder, file: &Path, mut work: impl AsyncFnMut()) {
    let done = AtomicBool::new(false);
    let copies: Vec<_> = thread::scope(|scope| {
        let copies = scope.spawn(|| {
            let copies = (0..).map(|i| (folder.path(), i)).filter(|(to, i)| copy(file, to, i % 2 == 0));
            let copies = copies.map(|(to, _)| to).take(150).collect();
            done.store(true, Ordering::Relaxed);
            copies
        });
        tokio::task::block_in_place(|| {
            tokio::runtime::Handle::current().block_on(async {
                while !done.load(Ordering::Relaxed) {
                    work().await;
                }
            });
        });
        copies.join().unwrap()
    });
    for copy in copies {
        let report = SqliteStore::open(&copy).unwrap().verify().await.unwrap();
        assert!(report.is_sound(), "{report:?}");
    }
}

/// What comes and goes moves pages about, so that old and new ones do not fit together.
async fn come_and_go(store: &SqliteStore, i: u64) {
    let key = |i: u64| BlobKey::new(format!("secret/{}", (i * 7919) % 10_007)).unwrap();
    store.write_new(vec![Blob { key: key(i), bytes: vec![7; 3000] }]).await.unwrap();
    store.remove(&[key(i + 10_007 - 40)]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_copied_at_any_instant_opens() {
    let folder = Folder::new();
    let file = folder.path();
    let options = Options { log_pages: Some(60), ..Options::default() };
    let store = SqliteStore::open_with(&file, options).unwrap();
    let mut numbers = 0..;
    copied_meanwhile(&folder, &file, async || come_and_go(&store, numbers.next().unwrap()).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_copied_between_short_runs_opens() {
    let folder = Folder::new();
    let file = folder.path();
    // A folder without a log is copied too.
    let mut numbers = 0..;
    drop(SqliteStore::open(&file).unwrap());
    copied_meanwhile(&folder, &file, async || {
        let store = SqliteStore::open(&file).unwrap();
        come_and_go(&store, numbers.next().unwrap()).await;
    })
    .await;
}
