//! Redaction of a whole stream by several threads.

use crate::stream::Redactor;
use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::num::NonZero;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

/// How much is read at once. Of twice as much, a core's own cache holds the less; of half, threads wait for each other to
/// read more often.
const BLOCK: usize = 384 * 1024;
/// How many blocks may wait for one before them: enough for a thread that is not let run for a while.
const AHEAD: usize = 8;
/// Among how many lines a good end of a block is looked for.
const LINES_BACK: usize = 64;
/// How often a thread asks for the input before it sleeps: some ten microseconds.
const TRIES: usize = 200;
/// More threads than these only wait for the disk.
const MOST_THREADS: usize = 8;

/// Copies everything from `input` to `output` without its secrets.
///
/// What comes out is what [`redact_bytes`](crate::redact_bytes) makes of the whole. Each piece is written as soon as
/// its lines are decided, so that it can follow a growing log. It uses the machine's cores, eight of them at most, and
/// less than 2 MiB of memory for each block that is read or waits: eight, and one for each core.
///
/// # Errors
/// Those of `input` and `output`; what stands before an error of `input` is written.
pub fn redact_stream(input: impl Read + Send, output: impl Write + Send) -> io::Result<()> {
    let threads = thread::available_parallelism().map_or(1, NonZero::get).min(MOST_THREADS);
    redact_by(threads, input, output)
}

fn redact_by(threads: usize, input: impl Read + Send, output: impl Write + Send) -> io::Result<()> {
    let source = Mutex::new(Source { input, rest: Vec::new(), next: 0, ended: false, failure: None });
    let waiting = VecDeque::with_capacity(AHEAD);
    let sink = Mutex::new(Sink { output, next: 0, waiting, spare: Vec::new(), open: None, failure: None });
    let turn = Condvar::new();
    // What the last block began reaches over its end, and so perhaps over that of the next.
    let reaches = AtomicBool::new(false);
    let work = || {
        let mut block = Block::default();
        while lock_soon(&source).read(&mut block) {
            if !reaches.load(Ordering::Relaxed) {
                block.redact();
            }
            let is_early = |sink: &mut Sink<_>| block.number >= sink.next + AHEAD as u64;
            let sink = turn.wait_while(lock(&sink), is_early);
            let mut sink = sink.unwrap_or_else(PoisonError::into_inner);
            let before = sink.next;
            block = sink.take(block);
            let open = sink.open.as_ref().is_some_and(|open| !open.is_between());
            reaches.store(open, Ordering::Relaxed);
            if sink.failure.is_some() {
                lock(&source).ended = true;
            }
            if sink.next > before {
                turn.notify_all();
            }
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

/// The state behind a lock that is held for less time than it takes to sleep and be woken, but where input is slow.
fn lock_soon<T>(state: &Mutex<T>) -> MutexGuard<'_, T> {
    for _ in 0..TRIES {
        if let Ok(guard) = state.try_lock() {
            return guard;
        }
        thread::yield_now();
    }
    lock(state)
}

/// Some lines of the input, and what becomes of them.
#[derive(Default)]
struct Block {
    number: u64,
    bytes: Vec<u8>,
    length: usize,
    /// How much of it stays as it is, if it was read by itself and nothing of it is masked.
    same: Option<usize>,
    /// What it becomes else.
    clean: Vec<u8>,
    /// What holds back its end, if it was read by itself.
    redactor: Option<Redactor>,
}

impl Block {
    /// Reads the block as if nothing of what came before reached into it.
    fn redact(&mut self) {
        let mut redactor = if self.number == 0 { Redactor::new() } else { Redactor::behind() };
        self.same = redactor.pass(&self.bytes[..self.length], &mut self.clean);
        self.redactor = Some(redactor);
    }

    /// Reads the block behind what is held back of those before it.
    fn redact_behind(&mut self, mut open: Redactor) {
        self.same = open.pass(&self.bytes[..self.length], &mut self.clean);
        self.redactor = Some(open);
    }

    fn decided(&self) -> &[u8] {
        self.same.map_or(&self.clean, |length| &self.bytes[..length])
    }
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
    /// Fills `block` with the next lines, or with what can be had of a long one; `false` at the end.
    fn read(&mut self, block: &mut Block) -> bool {
        // A line of less than a block may be there already, and is followed by a block at most.
        let bytes = &mut block.bytes;
        bytes.resize(2 * BLOCK, 0);
        let mut length = self.rest.len();
        bytes[..length].copy_from_slice(&self.rest);
        self.rest.clear();
        while !self.ended {
            match self.input.read(&mut bytes[length..length + BLOCK]) {
                Ok(0) => self.ended = true,
                Ok(read) => {
                    let (before, filled) = (length, length + read);
                    length = before + cut(&bytes[before..filled]);
                    self.rest.extend_from_slice(&bytes[length..filled]);
                    if length < filled || bytes[length - 1] == b'\n' || length >= BLOCK {
                        break;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => (self.ended, self.failure) = (true, Some(error)),
            }
        }
        (block.number, block.length, block.redactor) = (self.next, length, None);
        self.next += 1;
        length > 0
    }
}

/// Where to cut what was read: behind a line, and if there are some among the last, behind two lines without quotes.
/// What becomes of a statement depends on the lines behind it, and so does not end with the block.
fn cut(read: &[u8]) -> usize {
    let Some(last) = memchr::memrchr(b'\n', read) else { return read.len() };
    let mut end = last;
    let mut second = None;
    for before in memchr::memrchr_iter(b'\n', &read[..last]).take(LINES_BACK) {
        let is_plain = memchr::memchr2(b'\'', b'"', &read[before..end]).is_none();
        match second {
            Some(second) if is_plain => return second + 1,
            _ => second = is_plain.then_some(end),
        }
        end = before;
    }
    last + 1
}

/// What is written, block after block.
struct Sink<W> {
    output: W,
    /// The number of the next block, and the blocks from there on that are here already.
    next: u64,
    waiting: VecDeque<Option<Block>>,
    /// Blocks to be filled again.
    spare: Vec<Block>,
    /// What has read the last block, and may hold back its end.
    open: Option<Redactor>,
    failure: Option<io::Error>,
}

impl<W: Write> Sink<W> {
    /// Takes a block, writes all whose turn it is, and gives one to be filled.
    fn take(&mut self, block: Block) -> Block {
        let place = (block.number - self.next) as usize;
        while self.waiting.len() <= place {
            self.waiting.push_back(None);
        }
        self.waiting[place] = Some(block);
        while let Some(mut block) = self.waiting.pop_front_if(|block| block.is_some()).flatten() {
            let open = self.open.take().filter(|open| !open.is_before(&block.bytes[..block.length]));
            match (open, &block.redactor) {
                // What came before reaches into the block: it has to be read with it.
                (Some(open), _) => block.redact_behind(open),
                (None, Some(_)) => {}
                (None, None) => block.redact(),
            }
            self.write(block.decided());
            self.open = block.redactor.take();
            self.next += 1;
            // What a statement of many blocks becomes may be large, and comes at once.
            if block.clean.capacity() > 2 * BLOCK {
                block.clean = Vec::new();
            }
            self.spare.push(block);
        }
        self.spare.pop().unwrap_or_default()
    }

    fn write(&mut self, decided: &[u8]) {
        if self.failure.is_none() {
            self.failure = self.output.write_all(decided).err();
        }
    }

    fn finish(mut self) -> io::Result<()> {
        let mut clean = Vec::new();
        if let Some(mut open) = self.open.take() {
            open.finish(&mut clean);
        }
        self.write(&clean);
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
