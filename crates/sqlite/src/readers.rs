//! Connections that read, off the runtime's way.

use crate::failure::{Abort, store_error};
use crate::ledger::roll_back;
use crate::place::{self, FileId};
use lockkeeper_store::StoreError;
use rusqlite::Connection;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::runtime::Handle;

/// Connections that are kept when nobody uses them.
const KEPT: usize = 8;

/// How much of the file each keeps in memory, in KiB: the pages that lead to the rows of a million connections take a third
/// of it, and stay although the rows come and go.
const CACHE: u32 = 8192;

/// A read of a few pages in memory takes some microseconds, less than handing it to another thread and back. One that
/// takes longer than this had to wait for the disk, or the thread for its turn.
const QUICK: Duration = Duration::from_micros(500);

/// How long a file may be read that was moved away.
const MOMENT: Duration = Duration::from_millis(100);

/// Of this many point reads one may be slow: that is a thread which lost its turn for once, and not the disk.
const ODD_ONE: u32 = 64;

/// How many point reads go to another thread when more are slow; twice as many each time, up to the second number, until
/// the slow ones are few again.
const ASIDE: (u32, u32) = (16, 4096);

pub(crate) struct Readers {
    path: PathBuf,
    /// Whether all reads happen on the caller's thread.
    here: bool,
    idle: Mutex<Idle>,
    /// Point reads that are still to go to another thread.
    aside: AtomicU32,
    /// How many will after the next slow one.
    next_aside: AtomicU32,
    /// Point reads since the last slow one.
    since_slow: AtomicU32,
}

impl Readers {
    pub(crate) fn new(path: PathBuf, first: Connection, here: bool) -> Self {
        let file = FileId::of(&path);
        Self {
            path,
            here,
            idle: Mutex::new(Idle {
                readers: vec![Reader { connection: first, file }],
                file,
                looked: Instant::now(),
            }),
            aside: AtomicU32::new(0),
            next_aside: AtomicU32::new(ASIDE.0),
            since_slow: AtomicU32::new(ODD_ONE),
        }
    }

    /// Does `work`, which may take long, at one instant, on a thread that may block.
    pub(crate) async fn read<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Connection) -> Result<T, Abort> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.lend(move |connection| {
            let _snapshot = Snapshot::of(connection)?;
            work(connection)
        })
        .await
    }

    /// The same, where `work` says itself when an instant begins and ends.
    pub(crate) async fn lend<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Connection) -> Result<T, Abort> + Send + 'static,
    ) -> Result<T, StoreError> {
        let runtime = match Handle::try_current() {
            Ok(runtime) if !self.here => runtime,
            // No tokio, or nothing to keep free for others.
            _ => return self.read_here(work),
        };
        let readers = Arc::clone(self);
        let done = runtime.spawn_blocking(move || readers.read_here(work)).await;
        done.unwrap_or_else(|error| Err(StoreError::Backend(Box::new(error))))
    }

    /// Does `work`, which looks at one record, here and now, as long as that is quick and nothing has to be waited for;
    /// otherwise it is `None`, and for [`Readers::read`] to do.
    ///
    /// What `work` needs it can borrow: a read takes not much longer than making copies for another thread.
    pub(crate) fn read_point<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, Abort>,
    ) -> Option<Result<T, StoreError>> {
        let left = self.aside.load(Ordering::Relaxed);
        if left > 0 {
            // Racing readers may count one for two, which is no harm.
            self.aside.store(left - 1, Ordering::Relaxed);
            return None;
        }
        let started = Instant::now();
        let reader = self.idle().take(&self.path, started)?;
        let result = place::without_waiting(|| work(&reader.connection)).map_err(Abort::into_store_error);
        self.note(started.elapsed());
        self.put_back(reader, &result);
        match result {
            Err(StoreError::Busy) => None,
            result => Some(result),
        }
    }

    /// Finds out whether point reads have to wait for the disk.
    fn note(&self, time: Duration) {
        let since = self.since_slow.load(Ordering::Relaxed);
        if time <= QUICK {
            if since < ODD_ONE {
                self.since_slow.store(since + 1, Ordering::Relaxed);
            } else if self.next_aside.load(Ordering::Relaxed) != ASIDE.0 {
                self.next_aside.store(ASIDE.0, Ordering::Relaxed);
            }
            return;
        }
        self.since_slow.store(0, Ordering::Relaxed);
        if since < ODD_ONE {
            let next = self.next_aside.load(Ordering::Relaxed);
            self.aside.store(next, Ordering::Relaxed);
            self.next_aside.store((next * 2).min(ASIDE.1), Ordering::Relaxed);
        }
    }

    fn read_here<T>(&self, work: impl FnOnce(&Connection) -> Result<T, Abort>) -> Result<T, StoreError> {
        let idle = self.idle().take(&self.path, Instant::now());
        let reader = idle.map_or_else(|| self.connect(), Ok)?;
        let result = work(&reader.connection).map_err(Abort::into_store_error);
        self.put_back(reader, &result);
        result
    }

    fn put_back<T>(&self, reader: Reader, result: &Result<T, StoreError>) {
        // After an error of the file, a new connection looks at it afresh.
        let mut idle = self.idle();
        if idle.readers.len() < KEPT && !matches!(result, Err(StoreError::Backend(_))) {
            idle.readers.push(reader);
        }
    }

    fn connect(&self) -> Result<Reader, StoreError> {
        let file = FileId::of(&self.path);
        let connection = place::connect(&self.path)?;
        make_reader(&connection)?;
        Ok(Reader { connection, file })
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Idle> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection, and to which file.
struct Reader {
    connection: Connection,
    file: FileId,
}

/// Connections that nobody uses now.
struct Idle {
    readers: Vec<Reader>,
    /// The file at the path.
    file: FileId,
    /// When that was looked up last.
    looked: Instant,
}

impl Idle {
    /// None to a file that was moved away is taken for longer than a moment.
    fn take(&mut self, path: &Path, now: Instant) -> Option<Reader> {
        if now.saturating_duration_since(self.looked) > MOMENT {
            (self.file, self.looked) = (FileId::of(path), now);
            self.readers.retain(|reader| reader.file == self.file);
        }
        self.readers.pop()
    }
}

/// Reads of one instant, which take one lock together.
///
/// What is read of names and then of the chain they make has to be of one, or a change in between looks like damage.
pub(crate) struct Snapshot<'a>(Option<&'a Connection>);

impl<'a> Snapshot<'a> {
    /// That of a transaction, if there is one already.
    pub(crate) fn of(connection: &'a Connection) -> rusqlite::Result<Self> {
        if !connection.is_autocommit() {
            return Ok(Self(None));
        }
        connection.prepare_cached("BEGIN")?.execute([])?;
        Ok(Self(Some(connection)))
    }
}

impl Drop for Snapshot<'_> {
    fn drop(&mut self) {
        let Some(connection) = self.0 else { return };
        let ended = connection.prepare_cached("COMMIT").and_then(|mut commit| commit.execute([]));
        if ended.is_err() {
            roll_back(connection);
        }
    }
}

/// From now on the connection cannot write.
pub(crate) fn make_reader(connection: &Connection) -> Result<(), StoreError> {
    let pragmas = format!("PRAGMA query_only=ON; PRAGMA cache_size=-{CACHE}");
    connection.execute_batch(&pragmas).map_err(|error| store_error(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn readers() -> Readers {
        Readers::new(PathBuf::new(), Connection::open_in_memory().unwrap(), false)
    }

    #[test]
    fn one_slow_read_for_once_is_not_the_disk() {
        let readers = readers();
        for _ in 0..3 {
            readers.note(Duration::from_millis(5));
            assert!(readers.read_point(|_| Ok(())).is_some());
            (0..ODD_ONE).for_each(|_| readers.note(Duration::from_micros(5)));
        }
    }

    #[test]
    fn slow_reads_step_aside_and_come_back() {
        let readers = readers();
        let aside = || std::iter::from_fn(|| readers.read_point(|_| Ok(())).is_none().then_some(())).count();
        (0..2).for_each(|_| readers.note(Duration::from_millis(5)));
        assert_eq!(aside(), 16);
        readers.note(Duration::from_millis(5));
        assert_eq!(aside(), 32);
        (0..=ODD_ONE).for_each(|_| readers.note(Duration::from_micros(5)));
        (0..2).for_each(|_| readers.note(Duration::from_millis(5)));
        assert_eq!(aside(), 16);
    }
}
