//! What of a stream is held back: what is not decided yet, and before it the part of its line that is.

use crate::wrapping::lines::LONGEST_LINE;

/// The end of a stream, as far as it has come.
#[derive(Default)]
pub(crate) struct Held {
    bytes: Vec<u8>,
    /// How many of the bytes are decided, and only stand before the others.
    decided: usize,
    /// Not before so many bytes are undecided is another look worth it.
    wanted: usize,
}

impl Held {
    pub(crate) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The bytes, and how many of them are decided.
    pub(crate) fn get(&self) -> (&[u8], usize) {
        (&self.bytes, self.decided)
    }

    /// Takes the next piece; whether a look is worth it.
    pub(crate) fn push(&mut self, piece: &[u8]) -> bool {
        self.bytes.extend_from_slice(piece);
        self.bytes.len() - self.decided >= self.wanted
    }

    /// Holds back the end of a piece that came while nothing was held back, and of which so much is decided.
    pub(crate) fn hold(&mut self, piece: &[u8], decided: usize) {
        let line = needed(piece, decided);
        self.bytes.extend_from_slice(&piece[line..]);
        self.settle(decided - line);
    }

    /// Drops what nobody has to look at any more, after so many bytes were decided.
    pub(crate) fn decide(&mut self, decided: usize) {
        let line = needed(&self.bytes, decided);
        self.bytes.drain(..line);
        self.settle(decided - line);
    }

    /// What stays undecided is read again only when there is twice as much of it.
    fn settle(&mut self, decided: usize) {
        self.decided = decided;
        self.wanted = (self.bytes.len() - decided) * 2;
    }
}

/// Where the line begins in which the first bytes end.
pub(crate) fn needed(bytes: &[u8], decided: usize) -> usize {
    let near = decided.saturating_sub(LONGEST_LINE);
    memchr::memrchr(b'\n', &bytes[near..decided]).map_or(near, |end| near + end + 1)
}
