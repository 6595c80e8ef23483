//! The record of uses: often enough to show who used what, seldom enough not to be felt.

use crate::proxy::Inner;
use crate::proxy::answer::Problem;
use crate::proxy::routes::Route;
use crate::proxy::source::{SourceError, UseOutcome};
use http::StatusCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use tokio::task::JoinSet;

/// Until when uses of one state of a connection are covered by a record, for each outcome.
#[derive(Default)]
pub(super) struct Covered {
    /// In nanoseconds since the start of the proxy.
    until: [AtomicU64; UseOutcome::ALL.len()],
    /// Held while a record is written: whoever comes meanwhile waits for it.
    writing: tokio::sync::Mutex<()>,
}

/// Records that were begun for callers who are gone.
#[derive(Default)]
pub(super) struct Late(Mutex<JoinSet<()>>);

/// A request that is on its way; it is recorded as abandoned if nobody waits for what comes of it.
pub(super) struct Underway {
    inner: Arc<Inner>,
    route: Arc<Route>,
    name: String,
    recorded: bool,
}

impl Underway {
    pub(super) fn new(inner: &Arc<Inner>, route: &Arc<Route>, name: &str) -> Self {
        Self { inner: Arc::clone(inner), route: Arc::clone(route), name: name.to_owned(), recorded: false }
    }

    /// Records what came of the request, unless the same was recorded lately.
    pub(super) async fn record(mut self, outcome: UseOutcome) -> Result<(), Problem> {
        let recorded = self.inner.record(&self.route, &self.name, outcome).await;
        self.recorded = true;
        recorded.map_err(|_| {
            let message = "the use of the connection could not be recorded, so its answer is not passed on";
            Problem::new(StatusCode::BAD_GATEWAY, "not_recorded", message)
        })
    }
}

impl Drop for Underway {
    fn drop(&mut self) {
        let covered = || self.route.covered.covers(UseOutcome::Abandoned, self.inner.routes.now());
        if self.recorded || covered() {
            return;
        }
        let (inner, route) = (Arc::clone(&self.inner), Arc::clone(&self.route));
        let name = std::mem::take(&mut self.name);
        self.inner.late.spawn(async move {
            // Its failure was logged, and there is nobody to tell.
            let _ = inner.record(&route, &name, UseOutcome::Abandoned).await;
        });
    }
}

impl Inner {
    async fn record(&self, route: &Route, name: &str, outcome: UseOutcome) -> Result<(), SourceError> {
        let every = self.settings.record_every.as_nanos() as u64;
        if every == 0 {
            return self.routes.source.used(name, &route.version, outcome).await;
        }
        if route.covered.covers(outcome, self.routes.now()) {
            return Ok(());
        }
        let _writing = route.covered.writing.lock().await;
        let now = self.routes.now();
        if route.covered.covers(outcome, now) {
            return Ok(());
        }
        self.routes.source.used(name, &route.version, outcome).await?;
        route.covered.until[outcome as usize].store(now.saturating_add(every), Ordering::Release);
        Ok(())
    }
}

impl Covered {
    fn covers(&self, outcome: UseOutcome, now: u64) -> bool {
        now < self.until[outcome as usize].load(Ordering::Acquire)
    }
}

impl Late {
    fn spawn(&self, record: impl Future<Output = ()> + Send + 'static) {
        // A request is also given up when the runtime ends, and then nothing can be begun.
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let mut tasks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while tasks.try_join_next().is_some() {}
        tasks.spawn_on(record, &runtime);
    }

    /// Waits until all of them are written.
    pub(super) async fn settle(&self) {
        let mut tasks = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        while tasks.join_next().await.is_some() {}
    }
}
