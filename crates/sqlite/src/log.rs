//! The write-ahead log, and when it is moved into the file: so that a folder copied meanwhile is whole.
//!
//! A copy takes file and log one after the other. It is whole unless, between the two, the file got what the copied log
//! does not have. So the log is moved rarely, after a pause without commits (or a log copied before misses what a file
//! copied after has), and the next commit, which begins the log anew, waits as long (or the other way round). Whatever
//! copies the folder within one pause may begin at any instant. A program that makes one change pauses too before it ends:
//! many of them in a row move a log each.

use crate::ledger::roll_back;
use crate::place;
use crate::store::Shared;
use rusqlite::hooks::Wal;
use rusqlite::{Connection, Row};
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

/// Bytes of a page.
const PAGE: u64 = 4096;

/// Bytes of a page in the log, with its header (SQLite file format, section 4.1).
const FRAME: u64 = PAGE + 24;

/// How many pages the log has before room is made in it: most programs end sooner.
pub(crate) const UNPREPARED: u32 = 128;

/// For how many pages room is made at once.
const ROOM: u32 = 256;

/// How many pages the log may have, unless half of the file is more.
pub(crate) const LARGEST: u32 = 16 * 1024;

/// Such a part of that is moved as well when nobody has committed: whoever reads a page looks for it in each piece of the log's
/// index first, which are of 4096 pages (SQLite's WAL-index, section 2).
const WORTH_A_REST: u32 = 4;

/// How long a store is left alone, two times, before it is at rest.
pub(crate) const REST: Duration = Duration::from_millis(500);

/// What a slow copy gets through in a second.
const BYTES_PER_SECOND: u64 = 1 << 29;

pub(crate) const SHORTEST_PAUSE: Duration = Duration::from_millis(30);

const LONGEST_PAUSE: Duration = Duration::from_millis(250);

/// The log as the one connection sees it that appends to it.
pub(crate) struct WriteAheadLog {
    /// How many pages it had after the last commit.
    pages: Arc<AtomicU32>,
    /// How many it must have before it is moved again: a reader of an older state may be in the way for long.
    wanted: u32,
    /// How many it had before that commit.
    before: u32,
    /// How many it had at the last look whether the store is at rest, and what others had committed.
    at_rest: (u32, Option<i64>),
    /// Up to how many pages its file has room, as far as is known.
    room: u32,
}

impl WriteAheadLog {
    /// From now on the log is moved by this and not by SQLite.
    pub(crate) fn watch(connection: &mut Connection) -> rusqlite::Result<Self> {
        let pages = Arc::new(AtomicU32::new(0));
        let told = Arc::clone(&pages);
        connection.wal_hook(Some(move |_: &mut Wal, pages: i32| {
            told.store(pages.unsigned_abs(), Ordering::Relaxed);
            Ok(())
        }))?;
        Ok(Self { pages, wanted: 0, before: 0, at_rest: (0, None), room: 0 })
    }

    /// Makes room in the file of the log for small commits to come, in a transaction that is about to be committed.
    ///
    /// To sync a file that has grown takes the disk about twice as long as to sync one that was overwritten. SQLite reads
    /// up to the first frame without the log's salt, and zeros have none.
    pub(crate) fn make_room(&mut self, shared: &Shared) {
        let pages = self.pages.load(Ordering::Relaxed);
        let last = pages.saturating_sub(std::mem::replace(&mut self.before, pages));
        // What many changes add at once is cheaper to write once than twice.
        let is_small = last <= ROOM / 4;
        let is_short = self.room < pages.saturating_add(ROOM / 4);
        if pages >= shared.unprepared() && is_small && is_short {
            shared.point("before-room-made");
            self.room = lengthen(&place::log_of(&shared.path), pages).unwrap_or(0);
            shared.point("after-room-made");
        }
    }

    /// Whether it may have to be moved.
    pub(crate) fn is_long(&self, shared: &Shared) -> bool {
        self.pages.load(Ordering::Relaxed) >= shared.log_pages
    }

    /// Moves the log if it is too long.
    pub(crate) fn shorten(&mut self, connection: &Connection, shared: &Shared) {
        let pages = self.pages.load(Ordering::Relaxed);
        if pages < shared.log_pages {
            self.wanted = 0;
            return;
        }
        let limit = half_of(&shared.path).max(shared.log_pages);
        if pages >= limit.max(self.wanted) {
            self.wanted = pages.saturating_add(limit / 4);
            self.settle(connection, shared);
        }
    }

    /// Moves the log if nothing was committed since the last call; whether there is a reason for another one.
    pub(crate) fn rest(&mut self, connection: &Connection, shared: &Shared) -> bool {
        let pages = self.pages.load(Ordering::Relaxed);
        if pages < shared.log_pages / WORTH_A_REST {
            return false;
        }
        let seen = (pages, version(connection));
        let is_at_rest = std::mem::replace(&mut self.at_rest, seen) == seen;
        if is_at_rest {
            self.settle(connection, shared);
        }
        !is_at_rest
    }

    /// Moves as much of the log as readers of older states allow, while nobody writes. If it fails, nothing is lost.
    fn settle(&self, connection: &Connection, shared: &Shared) {
        let pause = pause(&shared.path);
        if connection.execute_batch("BEGIN IMMEDIATE").is_ok() {
            thread::sleep(pause);
            if move_pages(&shared.path, &|name| shared.point(name)) {
                self.pages.store(0, Ordering::Relaxed);
            }
            thread::sleep(pause);
            roll_back(connection);
        }
    }

    /// Moves the log, before whoever closes the store last would without a pause.
    pub(crate) fn close(&self, connection: &Connection, shared: &Shared) {
        if self.pages.load(Ordering::Relaxed) > 0 {
            move_out(connection, &shared.path, &|name| shared.point(name));
        }
    }
}

/// Moves the log of a connection that writes no more, unless others write: then one of them will.
///
/// They are not in each other's way while they pause.
pub(crate) fn move_out(connection: &Connection, path: &Path, point: &dyn Fn(&'static str)) {
    let before = version(connection);
    let pause = pause(path);
    thread::sleep(pause);
    if place::without_waiting(|| connection.execute_batch("BEGIN IMMEDIATE")).is_ok() {
        if version(connection) == before {
            move_pages(path, point);
            thread::sleep(pause);
        }
        roll_back(connection);
    }
}

/// Another number when another connection has committed.
fn version(connection: &Connection) -> Option<i64> {
    connection.pragma_query_value(None, "data_version", |row| row.get(0)).ok()
}

/// Appends zeros if there are few behind so many pages; returns for how many pages the file has room. Nobody else may be
/// appending to it.
#[expect(clippy::disallowed_methods, reason = "SQLite has its locks on the two other files, none on the log")]
fn lengthen(log: &Path, pages: u32) -> io::Result<u32> {
    let mut log = OpenOptions::new().append(true).open(log)?;
    let length = log.metadata()?.len();
    let room = u32::try_from(length / FRAME).unwrap_or(u32::MAX);
    if room >= pages.saturating_add(ROOM / 4) {
        return Ok(room);
    }
    match log.write_all(&vec![0; ROOM as usize * FRAME as usize]) {
        Ok(()) => Ok(room.saturating_add(ROOM)),
        // The last of a disk is for the changes.
        Err(error) => log.set_len(length).and(Err(error)),
    }
}

/// Whether all pages are in the file now. SQLite does not do it inside of a transaction, so it takes another connection.
fn move_pages(path: &Path, point: &dyn Fn(&'static str)) -> bool {
    let other = place::connect(path).ok();
    point("before-log-moved");
    let moved = other.and_then(|other| {
        let pages = |row: &Row<'_>| Ok((row.get::<_, i64>(1)?, row.get::<_, i64>(2)?));
        other.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], pages).ok()
    });
    point("after-log-moved");
    moved.is_some_and(|(all, moved)| all == moved)
}

/// As long as a copy of file and log may take.
fn pause(path: &Path) -> Duration {
    // The file of the log keeps its length when it is begun anew, and a copy reads all of it.
    let bytes = length(path) + length(&place::log_of(path));
    Duration::from_millis(bytes * 1000 / BYTES_PER_SECOND).clamp(SHORTEST_PAUSE, LONGEST_PAUSE)
}

fn half_of(path: &Path) -> u32 {
    u32::try_from(length(path) / 2 / PAGE).unwrap_or(u32::MAX)
}

fn length(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |metadata| metadata.len())
}
