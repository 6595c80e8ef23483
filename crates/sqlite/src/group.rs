//! Work that shares a transaction.
//!
//! Each piece of work gets its own result: one that is refused before it wrote anything leaves the others alone; if one
//! fails later, all that share the transaction are rolled back and done again one by one.

use crate::failure::{Abort, leaves_doubt, store_error};
use crate::ledger::{Ledger, roll_back};
use crate::log::WriteAheadLog;
use crate::place::{self, FileId};
use crate::store::Shared;
use crate::writer::{Queue, State, lock};
use lockkeeper_store::StoreError;
use rusqlite::Connection;
use std::sync::PoisonError;
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// How much work shares a transaction at most.
const LARGEST_GROUP: usize = 512;

/// How long those are waited for at most who shared the last transaction.
const MOST_PATIENCE: Duration = Duration::from_millis(2);

/// What whoever commits needs.
#[derive(Default)]
pub(crate) struct Seat {
    pub(crate) appender: Option<Appender>,
    pub(crate) rhythm: Rhythm,
}

/// Work of any result type.
pub(crate) trait Work: Send {
    /// Does it; whether it was accepted. What is refused keeps its refusal as the result.
    fn attempt(&mut self, ledger: &mut Ledger<'_>) -> rusqlite::Result<bool>;
    /// Tells the caller, who may be gone.
    fn finish(self: Box<Self>, failure: Option<StoreError>);
}

pub(crate) struct Piece<T, F> {
    pub(crate) work: F,
    pub(crate) result: Option<Result<T, StoreError>>,
    /// The work goes back with the result: memory that this thread gave free would be in the way of whoever made it.
    pub(crate) reply: oneshot::Sender<(Result<T, StoreError>, F)>,
}

impl<T: Send, F: FnMut(&mut Ledger<'_>) -> Result<T, Abort> + Send> Work for Piece<T, F> {
    fn attempt(&mut self, ledger: &mut Ledger<'_>) -> rusqlite::Result<bool> {
        let result = match (self.work)(ledger) {
            Ok(value) => Ok(value),
            Err(Abort::Refused(error)) => Err(error),
            Err(Abort::Failed(error)) => return Err(error),
        };
        let accepted = result.is_ok();
        self.result = Some(result);
        Ok(accepted)
    }

    fn finish(self: Box<Self>, failure: Option<StoreError>) {
        let Self { work, result, reply } = *self;
        let nothing = || Err(StoreError::Misuse("a piece of work was not done"));
        let _ = reply.send((failure.map_or_else(|| result.unwrap_or_else(nothing), Err), work));
    }
}

/// The one connection of this store that writes.
pub(crate) struct Appender {
    pub(crate) connection: Connection,
    pub(crate) file: FileId,
    pub(crate) log: WriteAheadLog,
}

/// What the last transaction was shared by, and how long it took without waiting for them.
#[derive(Clone, Copy, Default)]
pub(crate) struct Rhythm {
    pub(crate) size: usize,
    time: Duration,
}

/// Work that shares a transaction, and what may still join it.
///
/// Those who shared the last transaction often come back at once with their next change. Waiting for them a little costs
/// less than syncing for the first of them alone, and what is there is done meanwhile.
pub(crate) struct Group<'a> {
    queue: &'a Queue,
    work: Vec<Box<dyn Work>>,
    /// How much work it was in all.
    size: usize,
    wanted: usize,
    patience: Duration,
    waited: Duration,
}

/// What the store's thread is to do.
pub(crate) enum Begun<'a> {
    Work(Group<'a>),
    /// There was none for as long as it was waited for.
    Rest,
    /// There will be none.
    End,
}

impl<'a> Group<'a> {
    /// Work that waits for no other.
    pub(crate) fn lone(queue: &'a Queue, work: Box<dyn Work>) -> Self {
        let (patience, waited) = (Duration::ZERO, Duration::ZERO);
        Self { queue, work: vec![work], size: 1, wanted: 0, patience, waited }
    }

    /// Waits for work, or as long as `rest` says.
    pub(crate) fn begin(queue: &'a Queue, rest: Option<Duration>) -> Begun<'a> {
        let begun = Instant::now();
        let mut state = lock(&queue.state);
        state.wanted = 1;
        state.busy = false;
        while state.waiting.is_empty() {
            if state.closed {
                return Begun::End;
            }
            state = match rest.map(|rest| rest.checked_sub(begun.elapsed())) {
                None => queue.arrived.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some(Some(left)) => {
                    queue.arrived.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0
                }
                Some(None) => return Begun::Rest,
            };
        }
        state.busy = true;
        let (patience, waited) = (Duration::ZERO, Duration::ZERO);
        let mut group = Self { queue, work: Vec::new(), size: 0, wanted: 0, patience, waited };
        group.take(&mut state);
        Begun::Work(group)
    }

    /// From now on it waits for as many as shared the last transaction.
    pub(crate) fn expect(&mut self, last: Rhythm) {
        self.wanted = last.size;
        self.patience = (last.time / 2).min(MOST_PATIENCE);
    }

    /// Takes in what has come meanwhile, or is expected to come soon; whether there was any.
    fn grow(&mut self) -> bool {
        let size = self.work.len();
        let mut state = lock(&self.queue.state);
        while state.waiting.is_empty() && size < self.wanted && !state.closed {
            let Some(left) = self.patience.checked_sub(self.waited) else { break };
            // Not for each of them alone: to be woken takes time, too.
            state.wanted = (self.wanted - size).div_ceil(4);
            let started = Instant::now();
            state = self.queue.arrived.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
            self.waited += started.elapsed();
        }
        self.take(&mut state);
        self.work.len() > size
    }

    fn take(&mut self, state: &mut State) {
        let size = state.waiting.len().min(LARGEST_GROUP - self.work.len());
        self.work.extend(state.waiting.drain(..size));
        // While the thread is at work, it need not be woken.
        state.wanted = usize::MAX;
        self.size = self.work.len();
    }

    fn rhythm(&self, time: Duration) -> Rhythm {
        Rhythm { size: self.size, time: time.saturating_sub(self.waited) }
    }

    fn finish(&mut self) -> impl Iterator<Item = Box<dyn Work>> + use<> {
        std::mem::take(&mut self.work).into_iter()
    }
}

pub(crate) fn serve(seat: &mut Seat, shared: &Shared, group: &mut Group<'_>) {
    let started = Instant::now();
    // If this thread unwinds, the connection is closed, and with it goes its transaction.
    let mut appender = seat.appender.take();
    serve_by(&mut appender, shared, group);
    seat.appender = appender;
    seat.rhythm = group.rhythm(started.elapsed());
}

fn serve_by(slot: &mut Option<Appender>, shared: &Shared, group: &mut Group<'_>) {
    let appender = match slot.take().map_or_else(|| connect(shared), Ok) {
        Ok(appender) => appender,
        Err(error) => return fail(group, error, || connect(shared).err()),
    };
    let Appender { connection, file, log } = slot.insert(appender);
    let (connection, file) = (&*connection, &*file);
    match together(connection, log, shared, group) {
        Outcome::Done => match file.require(&shared.path) {
            Ok(()) => group.finish().for_each(|work| work.finish(None)),
            Err(_) => {
                // It went into the file that was moved away. The next finds what is in its place.
                *slot = None;
                group.finish().for_each(|work| work.finish(Some(StoreError::Replaced)));
            }
        },
        Outcome::Failed { doubt: true, error } => {
            // SQLite does not say what became of the transaction; only a new connection finds out.
            *slot = None;
            fail(group, store_error(&error), || Some(store_error(&error)));
        }
        Outcome::Failed { doubt: false, error } if group.work.len() == 1 => {
            fail(group, place::cause(&shared.path, store_error(&error)), || None);
        }
        Outcome::Failed { .. } | Outcome::Apart => {
            for work in group.finish() {
                alone(connection, file, shared, work);
            }
            if file.require(&shared.path).is_err() {
                *slot = None;
            }
        }
    }
}

fn fail(group: &mut Group<'_>, first: StoreError, again: impl Fn() -> Option<StoreError>) {
    let mut error = Some(first);
    for work in group.finish() {
        work.finish(error.take().or_else(&again).or(Some(StoreError::Busy)));
    }
}

enum Outcome {
    Done,
    /// Nothing was done; each piece has to be tried on its own.
    Apart,
    Failed {
        /// Whether the transaction may have become durable all the same.
        doubt: bool,
        error: rusqlite::Error,
    },
}

/// One transaction for all.
fn together(
    connection: &Connection,
    log: &mut WriteAheadLog,
    shared: &Shared,
    group: &mut Group<'_>,
) -> Outcome {
    let point = |name| shared.point(name);
    let failed = |error| {
        roll_back(connection);
        Outcome::Failed { doubt: false, error }
    };
    let mut ledger = match Ledger::begin(connection, shared.identity, &point) {
        Ok(ledger) => ledger,
        Err(Abort::Failed(error)) => return failed(error),
        Err(Abort::Refused(_)) => return Outcome::Apart,
    };
    let mut accepted = false;
    let mut attempted = 0;
    while attempted < group.work.len() || group.grow() {
        let (changes, meta) = (connection.total_changes(), ledger.meta.clone());
        match group.work[attempted].attempt(&mut ledger) {
            Ok(true) => accepted = true,
            Ok(false) if connection.total_changes() == changes => ledger.meta = meta,
            Ok(false) => {
                roll_back(connection);
                return Outcome::Apart;
            }
            Err(error) => return failed(error),
        }
        attempted += 1;
    }
    if !accepted {
        roll_back(connection);
        return Outcome::Done;
    }
    log.make_room(shared);
    match ledger.commit() {
        Ok(()) => Outcome::Done,
        Err(error) => {
            let doubt = leaves_doubt(&error);
            roll_back(connection);
            Outcome::Failed { doubt, error }
        }
    }
}

/// One transaction for one piece.
fn alone(connection: &Connection, file: &FileId, shared: &Shared, mut work: Box<dyn Work>) {
    let point = |name| shared.point(name);
    let begun = Ledger::begin(connection, shared.identity, &point);
    let done = begun.and_then(|mut ledger| match work.attempt(&mut ledger)? {
        true => Ok(ledger.commit()?),
        false => Ok(()),
    });
    // Without effect after a commit.
    roll_back(connection);
    let done = done.map_err(|error| place::cause(&shared.path, error.into_store_error()));
    work.finish(done.and_then(|()| file.require(&shared.path)).err());
}

fn connect(shared: &Shared) -> Result<Appender, StoreError> {
    let file = FileId::of(&shared.path);
    let mut connection = place::connect(&shared.path)?;
    // Whether it was that one is known only if it still is.
    file.require(&shared.path).map_err(|_| StoreError::Busy)?;
    let mut prepare = || {
        connection.execute_batch("PRAGMA synchronous=FULL; PRAGMA secure_delete=ON")?;
        if let Some(pages) = shared.max_pages {
            connection.pragma_update(None, "max_page_count", pages)?;
        }
        WriteAheadLog::watch(&mut connection)
    };
    let log = prepare().map_err(|error| store_error(&error))?;
    Ok(Appender { connection, file, log })
}
