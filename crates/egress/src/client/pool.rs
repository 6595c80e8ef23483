//! Open connections that wait for the next request.

use crate::client::body::Body;
use hyper::client::conn::http1::SendRequest;
use lockkeeper_model::Origin;
use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The waiting connections of every origin.
pub(super) struct Pools {
    by_origin: Mutex<HashMap<Origin, Arc<HostPool>>>,
    idle: Duration,
    most: usize,
}

/// The waiting connections of one origin, the most recently used at the back.
pub(super) struct HostPool {
    pub(super) origin: Origin,
    waiting: Mutex<VecDeque<(Instant, SendRequest<Body>)>>,
    idle: Duration,
    most: usize,
}

impl Pools {
    pub(super) fn new(idle: Duration, most: usize) -> Self {
        Self { by_origin: Mutex::default(), idle, most }
    }

    pub(super) fn of(&self, origin: &Origin) -> Arc<HostPool> {
        let mut pools = lock(&self.by_origin);
        if let Some(pool) = pools.get(origin) {
            return Arc::clone(pool);
        }
        // A good moment to forget origins that nobody calls any more.
        pools.retain(|_, pool| Arc::strong_count(pool) > 1 || pool.has_live());
        let pool = Arc::new(HostPool {
            origin: origin.clone(),
            waiting: Mutex::default(),
            idle: self.idle,
            most: self.most,
        });
        pools.insert(origin.clone(), Arc::clone(&pool));
        pool
    }
}

impl HostPool {
    /// Takes the connection that was used last, if it is still open.
    pub(super) fn take(&self) -> Option<SendRequest<Body>> {
        let mut waiting = lock(&self.waiting);
        while let Some((since, sender)) = waiting.pop_back() {
            if !sender.is_closed() && since.elapsed() < self.idle {
                return Some(sender);
            }
        }
        None
    }

    fn put(&self, sender: SendRequest<Body>) {
        let mut waiting = lock(&self.waiting);
        while let Some((since, oldest)) = waiting.front() {
            if oldest.is_closed() || since.elapsed() >= self.idle || waiting.len() >= self.most {
                waiting.pop_front();
            } else {
                break;
            }
        }
        waiting.push_back((Instant::now(), sender));
    }

    fn has_live(&self) -> bool {
        let mut waiting = lock(&self.waiting);
        waiting.retain(|(since, sender)| !sender.is_closed() && since.elapsed() < self.idle);
        !waiting.is_empty()
    }
}

/// A connection in use. It goes back to its pool when the answer was read to its end, and is closed otherwise.
pub(super) struct Lease {
    pub(super) pool: Arc<HostPool>,
    pub(super) sender: SendRequest<Body>,
    /// Whether the request was sent to its end, if it streams: an answer may come before.
    pub(super) uploaded: Option<Arc<AtomicBool>>,
}

impl Lease {
    pub(super) fn give_back(self) {
        if !self.sender.is_closed() && self.uploaded.is_none_or(|done| done.load(Ordering::Acquire)) {
            self.pool.put(self.sender);
        }
    }
}

/// No code that holds one of these locks can panic half-way through a change.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
