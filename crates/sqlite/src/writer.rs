//! The one connection that writes, its thread, and group commit.
//!
//! Whoever waits while a transaction is being synced shares the next one. A caller who may block, and with whom nobody
//! waits, commits without the thread: handing work over and back takes about a quarter of the time of a commit.

use crate::failure::Abort;
use crate::group::{Appender, Begun, Group, Piece, Seat, Work, serve};
use crate::ledger::Ledger;
use crate::log;
use crate::store::Shared;
use lockkeeper_store::StoreError;
use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::sync::oneshot;

pub(crate) struct Writer {
    queue: Arc<Queue>,
    seat: Arc<Mutex<Seat>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    shared: Arc<Shared>,
}

#[derive(Default)]
pub(crate) struct Queue {
    pub(crate) state: Mutex<State>,
    pub(crate) arrived: Condvar,
}

#[derive(Default)]
pub(crate) struct State {
    pub(crate) waiting: VecDeque<Box<dyn Work>>,
    /// How much has to wait before the thread is woken.
    pub(crate) wanted: usize,
    /// Whether the thread has work in hand; nobody else commits then.
    pub(crate) busy: bool,
    pub(crate) closed: bool,
}

impl Writer {
    /// No thread is started before there is something to write.
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { queue: Arc::default(), seat: Arc::default(), thread: Mutex::default(), shared }
    }

    /// Does `work` in a transaction and returns when it is durable. It may be done more than once, of which one counts.
    ///
    /// If the future is dropped, the work is done or not, but wholly.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        work: impl FnMut(&mut Ledger<'_>) -> Result<T, Abort> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        if let Some(work) = self.lead(Box::new(Piece { work, result: None, reply })) {
            self.start()?;
            self.queue.push(work);
        }
        match answer.await {
            Ok((result, _work)) => result,
            Err(_) => Err(StoreError::Misuse("the writer ended before its work")),
        }
    }

    /// Does work on this thread, and what comes in the meantime; gives it back if that is for the thread to do.
    fn lead(&self, work: Box<dyn Work>) -> Option<Box<dyn Work>> {
        if !self.shared.commits_here || !may_block() {
            return Some(work);
        }
        let is_led = |state: &State| state.busy || !state.waiting.is_empty();
        let (true, Ok(mut seat)) = (!is_led(&lock(&self.queue.state)), self.seat.try_lock()) else {
            return Some(work);
        };
        // To wait for others, and for the log to be moved, is for the thread.
        if seat.rhythm.size > 1 || seat.appender.as_ref().is_some_and(|it| it.log.is_long(&self.shared)) {
            return Some(work);
        }
        let _waking = Waking(&self.queue);
        tokio::task::block_in_place(|| serve(&mut seat, &self.shared, &mut Group::lone(&self.queue, work)));
        None
    }

    #[cfg(test)]
    pub(crate) fn is_started(&self) -> bool {
        lock(&self.thread).is_some()
    }

    fn start(&self) -> Result<(), StoreError> {
        let mut thread = lock(&self.thread);
        if thread.is_none() {
            let (queue, shared) = (Arc::clone(&self.queue), Arc::clone(&self.shared));
            let seat = Arc::clone(&self.seat);
            let builder = std::thread::Builder::new().name("lockkeeper-sqlite".to_owned());
            let started = builder.spawn(move || run(&queue, &seat, &shared));
            *thread = Some(started.map_err(|error| StoreError::Backend(Box::new(error)))?);
        }
        Ok(())
    }
}

/// Waits until what was begun is done, so that the file is closed in order.
impl Drop for Writer {
    fn drop(&mut self) {
        lock(&self.queue.state).closed = true;
        self.queue.arrived.notify_one();
        if let Some(thread) = lock(&self.thread).take() {
            let _ = thread.join();
        }
        if let Some(Appender { connection, log, .. }) = &lock(&self.seat).appender {
            log.close(connection, &self.shared);
        }
    }
}

/// Leaves to the thread, in the end, what has come and was not done.
struct Waking<'a>(&'a Queue);

impl Drop for Waking<'_> {
    fn drop(&mut self) {
        let is_left = {
            let mut state = lock(&self.0.state);
            state.wanted = 1;
            !state.waiting.is_empty()
        };
        if is_left {
            self.0.arrived.notify_one();
        }
    }
}

/// Whether the runtime's other tasks go on while this thread waits for the disk.
fn may_block() -> bool {
    Handle::try_current().is_ok_and(|runtime| runtime.runtime_flavor() == RuntimeFlavor::MultiThread)
}

impl Queue {
    fn push(&self, work: Box<dyn Work>) {
        let is_enough = {
            let mut state = lock(&self.state);
            state.waiting.push_back(work);
            state.waiting.len() >= state.wanted
        };
        if is_enough {
            self.arrived.notify_one();
        }
    }
}

fn run(queue: &Queue, seat: &Mutex<Seat>, shared: &Shared) {
    let mut may_rest = false;
    loop {
        let begun = Group::begin(queue, may_rest.then_some(log::REST));
        if let Begun::End = begun {
            return;
        }
        let mut seat = lock(seat);
        if let Begun::Work(mut group) = begun {
            group.expect(seat.rhythm);
            serve(&mut seat, shared, &mut group);
            if let Some(Appender { connection, log, .. }) = &mut seat.appender {
                log.shorten(connection, shared);
                may_rest = true;
            }
        } else if let Some(Appender { connection, log, .. }) = &mut seat.appender {
            may_rest = log.rest(connection, shared);
        }
    }
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
