//! Redaction of a whole stream by several threads.

use crate::stream::Redactor;
use std::io::{self, Read, Write};
use std::num::NonZero;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

/// How much is read at once. With what becomes of it, it fits the cache that every core has to itself.
const BLOCK: usize = 128 * 1024;
/// Among how many lines a good end of a block is looked for.
const LINES_BACK: usize = 32;
/// More threads than these only wait for the disk.
const MOST_THREADS: usize = 8;

/// Copies everything from `input` to `output` without its secrets.
///
/// What comes out is what [`redact_bytes`](crate::redact_bytes) makes of the whole. Each piece is written as soon as
/// its lines are decided, so that it can follow a growing log. It uses the machine's cores, eight of them at most,
/// and about 1 MiB of memory for each.
///
/// # Errors
/// Those of `input` and `output`; what stands before an error of `input` is written.
pub fn redact_stream(input: impl Read + Send, output: impl Write + Send) -> io::Result<()> {
    let threads = thread::available_parallelism().map_or(1, NonZero::get).min(MOST_THREADS);
    redact_by(threads, input, output)
}

fn redact_by(threads: usize, input: impl Read + Send, output: impl Write + Send) -> io::Result<()> {
    let source = Mutex::new(Source { input, rest: Vec::new(), next: 0, ended: false, failure: None });
    let sink = Mutex::new(Sink { output, next: 0, open: None, failure: None });
    let turn = Condvar::new();
    // What the last block began reaches over its end, and so perhaps over that of the next.
    let reaches = AtomicBool::new(false);
    let work = || {
        let (mut block, mut clean) = (Vec::new(), Vec::new());
        loop {
            let Some((number, length)) = lock(&source).read(&mut block) else { return };
            let block = &block[..length];
            let mut redactor = if number == 0 { Redactor::new() } else { Redactor::behind() };
            let decided = (!reaches.load(Ordering::Relaxed)).then(|| redactor.pass(block, &mut clean));
            let sink = turn.wait_while(lock(&sink), |sink| sink.next != number);
            let mut sink = sink.unwrap_or_else(PoisonError::into_inner);
            match (sink.open.take(), decided) {
                // What came before reaches into the block: it has to be read with it.
                (Some(mut open), _) => sink.write(open.pass(block, &mut clean), open),
                (None, Some(decided)) => sink.write(decided, redactor),
                (None, None) => sink.write(redactor.pass(block, &mut clean), redactor),
            }
            reaches.store(sink.open.is_some(), Ordering::Relaxed);
            if sink.failure.is_some() {
                lock(&source).ended = true;
            }
            drop(sink);
            turn.notify_all();
        }
    };
    thread::scope(|scope| {
        for _ in 1..threads {
            // Where no thread can be had, the others do its work.
            drop(thread::Builder::new().spawn_scoped(scope, work));
        }
        work();
    });
    let sink = sink.into_inner().unwrap_or_else(PoisonError::into_inner);
    sink.finish()?;
    source.into_inner().unwrap_or_else(PoisonError::into_inner).failure.map_or(Ok(()), Err)
}

/// The state behind a lock; a thread that panicked has left it between two steps.
fn lock<T>(state: &Mutex<T>) -> MutexGuard<'_, T> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What is read, cut behind line ends and numbered.
struct Source<R> {
    input: R,
    /// The beginning of a line that was not read to its end.
    rest: Vec<u8>,
    next: u64,
    ended: bool,
    failure: Option<io::Error>,
}

impl<R: Read> Source<R> {
    /// Fills `block` with the next lines, or with what can be had of a long one; returns its number and length.
    fn read(&mut self, block: &mut Vec<u8>) -> Option<(u64, usize)> {
        // A line of less than a block may be there already, and is followed by a block at most.
        block.resize(2 * BLOCK, 0);
        let mut length = self.rest.len();
        block[..length].copy_from_slice(&self.rest);
        self.rest.clear();
        while !self.ended {
            match self.input.read(&mut block[length..length + BLOCK]) {
                Ok(0) => self.ended = true,
                Ok(read) => {
                    let (before, filled) = (length, length + read);
                    length = before + cut(&block[before..filled]);
                    self.rest.extend_from_slice(&block[length..filled]);
                    if length < filled || block[length - 1] == b'\n' || length >= BLOCK {
                        break;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => (self.ended, self.failure) = (true, Some(error)),
            }
        }
        if length == 0 {
            return None;
        }
        self.next += 1;
        Some((self.next - 1, length))
    }
}

/// Where to cut what was read: behind a line, and if there is one among the last, behind a line without quotes. What
/// becomes of a statement depends on the line behind it, and so does not end with the block.
fn cut(read: &[u8]) -> usize {
    let Some(last) = memchr::memrchr(b'\n', read) else { return read.len() };
    let mut end = last;
    for _ in 0..LINES_BACK {
        let Some(before) = memchr::memrchr(b'\n', &read[..end]) else { break };
        if memchr::memchr2(b'\'', b'"', &read[before..end]).is_none() {
            return end + 1;
        }
        end = before;
    }
    last + 1
}

/// What is written, block after block.
struct Sink<W> {
    output: W,
    next: u64,
    /// What holds back the end of the last block, if that was not decided.
    open: Option<Redactor>,
    failure: Option<io::Error>,
}

impl<W: Write> Sink<W> {
    /// Writes what is decided of a block, and keeps the redactor if it holds something back.
    fn write(&mut self, decided: &[u8], redactor: Redactor) {
        if self.failure.is_none() {
            self.failure = self.output.write_all(decided).err();
        }
        self.open = (!redactor.is_between()).then_some(redactor);
        self.next += 1;
    }

    fn finish(mut self) -> io::Result<()> {
        let mut clean = Vec::new();
        if let Some(mut open) = self.open.take() {
            open.finish(&mut clean);
        }
        self.write(&clean, Redactor::behind());
        match self.failure {
            Some(error) => Err(error),
            None => self.output.flush(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Gives what it has in pieces of odd sizes.
    struct Trickle<'a>(&'a [u8], usize);

    impl Read for Trickle<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.1 = self.1 * 7 % 61 + 1;
            let length = buffer.len().min(self.1).min(self.0.len());
            buffer[..length].copy_from_slice(&self.0[..length]);
            self.0 = &self.0[length..];
            Ok(length)
        }
    }

    const LINES: [&str; 8] = [
        "2026-01-02T03:04:05Z INFO nothing of interest\n",
        "CREATE CONNECTION c WITH ('type' = 'openai', 'api-key' = 'made-up');\n",
        "CREATE CONNECTION c WITH (\n",
        "  'api-key' = 'made-up\n",
        "made-up', 'type' = 'openai')\n",
        "password=made-up\n",
        "no line end",
        "\r\n",
    ];

    proptest! {
        #[test]
        fn any_number_of_threads_writes_what_one_call_gives(
            lines in proptest::collection::vec(0..LINES.len(), 0..120),
            threads in 1..5_usize,
        ) {
            let text: String = lines.iter().map(|line| LINES[*line]).collect();
            let mut clean = Vec::new();
            redact_by(threads, Trickle(text.as_bytes(), threads), &mut clean).unwrap();
            prop_assert_eq!(String::from_utf8(clean).unwrap(), crate::redact(&text));
        }
    }

    #[test]
    fn blocks_are_put_together_in_order() {
        let mut text = String::new();
        for number in 0..20_000 {
            text += LINES[number % LINES.len()];
            text += &format!("{number}\n");
        }
        let mut clean = Vec::new();
        redact_stream(text.as_bytes(), &mut clean).unwrap();
        assert!(clean == crate::redact_bytes(text.as_bytes()).as_ref());
    }

    struct Broken;

    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("unreadable"))
        }
    }

    impl Write for Broken {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::Error::other("full"))
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn errors_of_both_sides_come_back() {
        let mut clean = Vec::new();
        let read = redact_stream(b"first\n".chain(Broken), &mut clean).unwrap_err();
        assert_eq!((read.to_string().as_str(), &clean[..]), ("unreadable", &b"first\n"[..]));
        let written = redact_stream(io::repeat(b'\n'), Broken).unwrap_err();
        assert_eq!(written.to_string(), "full");
    }
}
