//! Changes behind a damaged place of the write-ahead log.
//!
//! SQLite reads the log up to the first frame whose checksum does not fit, as a crash leaves one, and forgets what is
//! behind it. A crash leaves at most one transaction there, of which nobody was told that it is done: the one before was
//! synced before it began. If there are more, a byte was changed later, and acknowledged changes would go without a word.
//!
//! The damage may be where it is told which frames belong to the log, in its header or that of a frame. Then the checksums
//! tell, which go on from one frame to the next and leave out the salts, and the numbers of the pages: a transaction has
//! each once.

use crate::place;
use rusqlite::Connection;
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::thread;
use std::time::Duration;

/// Bytes at the beginning of a log, and before each page in it (SQLite file format, section 4.1).
const LOG_HEADER: usize = 32;
const FRAME_HEADER: usize = 24;

/// What a log begins with, but for the last bit.
const MAGIC: [u8; 3] = [0x37, 0x7f, 0x06];

/// How many frames in a row may be damaged. More are taken for what is left of an older log, which may be long.
const MOST_DAMAGED: u32 = 32;

/// How long a writer takes at most to write the header of a log that it has begun anew.
const MOMENT: Duration = Duration::from_millis(10);

/// Whether whole transactions stand behind the last one that SQLite can read. What cannot be looked at is not lost here.
pub(crate) fn is_lost(connection: &Connection, path: &Path) -> bool {
    let mut seen = None;
    loop {
        let query = "PRAGMA wal_checkpoint(NOOP)";
        let frames = connection.query_row(query, [], |row| row.get::<_, i64>(1)).ok();
        let Some(read) = frames.and_then(|frames| u64::try_from(frames).ok()) else { return false };
        let log = Log::open(connection, path);
        if log.is_none_or(|mut log| !log.has_commits_behind(read)) {
            return false;
        }
        // Others may have committed, or begun the log anew, between the two looks.
        if seen == Some(read) {
            return true;
        }
        seen = Some(read);
        thread::sleep(MOMENT);
    }
}

struct Log {
    file: File,
    header: [u8; LOG_HEADER],
    /// Whether the header has the checksum that belongs to it. SQLite reads nothing otherwise.
    is_sound: bool,
    page: usize,
}

impl Log {
    #[expect(
        clippy::disallowed_methods,
        reason = "SQLite has its locks on the two other files, none on the log"
    )]
    fn open(connection: &Connection, path: &Path) -> Option<Self> {
        let mut file = File::open(place::log_of(path)).ok()?;
        let mut header = [0; LOG_HEADER];
        file.read_exact(&mut header).ok()?;
        let sum = checksums([0; 2], &[&header[..24]]);
        // Zeros have the checksum that belongs to them, too.
        let is_sound = header[..3] == MAGIC && sum.contains(&header[24..]);
        let page = match is_sound {
            true => u32::from_be_bytes(*header[8..].first_chunk()?),
            false => connection.pragma_query_value(None, "page_size", |row| row.get(0)).ok()?,
        };
        Some(Self { file, header, is_sound, page: usize::try_from(page).ok()? })
    }

    /// Whether acknowledged commits stand behind so many frames.
    fn has_commits_behind(&mut self, frames: u64) -> bool {
        let Some(salt) = self.salt() else { return false };
        // A header is synced before the first frame is written: a crash leaves none that is damaged.
        let enough = if self.is_sound { 2 } else { 1 };
        let (mut commits, mut strangers) = (0, 0);
        let (mut pages, mut has_twice) = (BTreeSet::new(), false);
        for frame in frames.. {
            let Some(header) = self.frame_header(frame) else { break };
            if header[8..16] != salt && (strangers > 0 || !self.follows(frame)) {
                strangers += 1;
                if strangers == MOST_DAMAGED {
                    break;
                }
                continue;
            }
            strangers = 0;
            match header[4..8] != [0; 4] {
                true => commits += 1,
                // The last page of a transaction may be in it twice, if it does not fit into memory.
                false if commits == 0 => has_twice |= !pages.insert(header[..4].to_vec()),
                false => {}
            }
            if commits == enough || commits > 0 && has_twice {
                return true;
            }
        }
        false
    }

    /// The salt in every frame of this log.
    fn salt(&mut self) -> Option<[u8; 8]> {
        if self.is_sound {
            return self.header[16..].first_chunk().copied();
        }
        let frame = (0..u64::from(MOST_DAMAGED)).find(|frame| self.follows(*frame))?;
        self.frame_header(frame)?[8..].first_chunk().copied()
    }

    /// Whether a frame's checksum goes on from that of the frame before.
    fn follows(&mut self, frame: u64) -> bool {
        let mut read = || {
            let before: [u8; 8] = match frame.checked_sub(1) {
                Some(before) => *self.frame_header(before)?[16..].first_chunk()?,
                None => *self.header[24..].first_chunk()?,
            };
            let header = self.frame_header(frame)?;
            if header == [0; FRAME_HEADER] {
                return None;
            }
            let mut page = vec![0; self.page];
            self.file.read_exact(&mut page).ok()?;
            let (first, second) = before.split_first_chunk()?;
            let before = [u32::from_be_bytes(*first), u32::from_be_bytes(*second.first_chunk()?)];
            Some(checksums(before, &[&header[..8], &page]).contains(&header[16..]))
        };
        read() == Some(true)
    }

    /// The header of a frame; the page is read next.
    fn frame_header(&mut self, frame: u64) -> Option<[u8; FRAME_HEADER]> {
        let size = u64::try_from(FRAME_HEADER + self.page).ok()?;
        let at = LOG_HEADER as u64 + frame.checked_mul(size)?;
        let mut bytes = [0; FRAME_HEADER];
        self.file.seek(SeekFrom::Start(at)).ok()?;
        self.file.read_exact(&mut bytes).ok().map(|()| bytes)
    }
}

/// The checksum that goes on from another one, as logs of machines of both byte orders have it: which it is stands in
/// the header, which may be damaged.
fn checksums(before: [u32; 2], parts: &[&[u8]]) -> Checksums {
    let sum = |word: fn([u8; 4]) -> u32| {
        let [mut first, mut second] = before;
        for pair in parts.iter().flat_map(|part| part.as_chunks::<8>().0) {
            let [a, b, c, d, e, f, g, h] = *pair;
            first = first.wrapping_add(word([a, b, c, d])).wrapping_add(second);
            second = second.wrapping_add(word([e, f, g, h])).wrapping_add(first);
        }
        [first.to_be_bytes(), second.to_be_bytes()].concat()
    };
    Checksums([sum(u32::from_be_bytes), sum(u32::from_le_bytes)])
}

struct Checksums([Vec<u8>; 2]);

impl Checksums {
    fn contains(&self, found: &[u8]) -> bool {
        self.0.iter().any(|sum| sum == found)
    }
}
