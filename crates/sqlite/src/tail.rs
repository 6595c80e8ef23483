//! Changes behind a damaged place of the write-ahead log.
//!
//! SQLite reads the log up to the first frame whose checksum does not fit, as a crash leaves one, and forgets what is
//! behind it. A crash leaves at most one transaction there, of which nobody was told that it is done: the one before was
//! synced before it began. If there are more, a byte was changed later, and acknowledged changes would go without a word.

use crate::place;
use rusqlite::Connection;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

/// Bytes at the beginning of a log, and before each page in it (SQLite file format, section 4.1).
const LOG_HEADER: usize = 32;
const FRAME_HEADER: usize = 24;

/// Whether whole transactions stand behind the last one that SQLite can read. What cannot be looked at is not lost here.
pub(crate) fn is_lost(connection: &Connection, path: &Path) -> bool {
    let name = place::log_of(path);
    let frames = || {
        let query = "PRAGMA wal_checkpoint(NOOP)";
        let frames = connection.query_row(query, [], |row| row.get::<_, i64>(1)).ok()?;
        u64::try_from(frames).ok()
    };
    loop {
        let Some(read) = frames() else { return false };
        let commits = File::open(&name).ok().and_then(|log| commits_behind(log, read));
        if commits.is_none_or(|commits| commits < 2) {
            return false;
        }
        // Others may have committed meanwhile.
        if frames() == Some(read) {
            return true;
        }
    }
}

/// How many commits stand behind so many frames, counted up to two.
fn commits_behind(mut log: File, frames: u64) -> Option<u32> {
    let mut header = [0; LOG_HEADER];
    log.read_exact(&mut header).ok()?;
    let page = u64::from(u32::from_be_bytes(*header[8..].first_chunk()?));
    let mut salt: [u8; 8] = *header[16..].first_chunk()?;
    let at = |frame: u64| LOG_HEADER as u64 + frame * (FRAME_HEADER as u64 + page);
    let mut frame_header = |frame: u64| {
        let mut bytes = [0; FRAME_HEADER];
        log.seek(SeekFrom::Start(at(frame))).ok()?;
        log.read_exact(&mut bytes).ok().map(|()| bytes)
    };
    if !is_sound(&header) {
        // SQLite reads nothing then; the frames know the salt as well.
        salt = *frame_header(frames)?[8..].first_chunk()?;
    }
    let (mut commits, mut strangers) = (0, 0);
    for frame in frames.. {
        let Some(bytes) = frame_header(frame) else { break };
        if bytes[8..16] != salt {
            strangers += 1;
        } else {
            strangers = 0;
            commits += u32::from(bytes[4..8] != [0; 4]);
        }
        // What is left of an older log has another salt in every frame, and a changed byte is in one only.
        if strangers == 2 || commits == 2 {
            break;
        }
    }
    Some(commits)
}

/// Whether the header has the checksum that belongs to it.
fn is_sound(header: &[u8; LOG_HEADER]) -> bool {
    let is_big = header[3] & 1 == 1;
    let word = |bytes: &[u8]| match (bytes.first_chunk(), is_big) {
        (Some(bytes), true) => u32::from_be_bytes(*bytes),
        (Some(bytes), false) => u32::from_le_bytes(*bytes),
        (None, _) => 0,
    };
    let (mut first, mut second) = (0_u32, 0_u32);
    for pair in header[..24].chunks_exact(8) {
        first = first.wrapping_add(word(pair)).wrapping_add(second);
        second = second.wrapping_add(word(&pair[4..])).wrapping_add(first);
    }
    header[24..28] == first.to_be_bytes() && header[28..] == second.to_be_bytes()
}
