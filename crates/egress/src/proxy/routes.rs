//! Connections that the proxy holds ready.

use crate::error::EgressError;
use crate::proxy::metrics::Counters;
use crate::proxy::source::{ConnectionSource, SourceError, Version};
use crate::proxy::uses::Covered;
use crate::target::{Identity, Target};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

/// What is kept of connections between requests, so that a request opens no secret.
pub(super) struct Routes {
    pub(super) source: Arc<dyn ConnectionSource>,
    ready: RwLock<HashMap<String, Arc<Route>>>,
    recheck: Duration,
    start: Instant,
}

/// A connection that is ready for requests.
pub(super) struct Route {
    pub(super) target: Target,
    pub(super) counters: Arc<Counters>,
    pub(super) covered: Covered,
    pub(super) version: Version,
    /// When it was last known to be current, in nanoseconds since the start.
    checked: AtomicU64,
}

/// Why there is no route.
pub(super) enum NoRoute {
    Unknown,
    Source(SourceError),
    Unusable(EgressError),
}

impl Routes {
    pub(super) fn new(source: Arc<dyn ConnectionSource>, recheck: Duration) -> Self {
        Self { source, ready: RwLock::default(), recheck, start: Instant::now() }
    }

    /// Returns the connection of a name; asks the source whether it changed, if that was not done lately.
    pub(super) async fn route(&self, name: &str) -> Result<Arc<Route>, NoRoute> {
        let now = self.now();
        let known = self.read(|ready| ready.get(name).cloned());
        let Some(route) = known else { return self.load(name, None).await };
        if now.saturating_sub(route.checked.load(Ordering::Relaxed)) < self.recheck.as_nanos() as u64 {
            return Ok(route);
        }
        match self.source.version(name).await.map_err(NoRoute::Source)? {
            Some(version) if version == route.version => {
                route.checked.store(now, Ordering::Relaxed);
                Ok(route)
            }
            _ => self.load(name, Some(&route)).await,
        }
    }

    pub(super) fn forget(&self, uid: &[u8; 16]) {
        self.write(|ready| ready.retain(|_, route| route.version.uid != *uid));
    }

    /// The names and counters of connections in use, by name.
    pub(super) fn counters(&self) -> Vec<(String, Arc<Counters>)> {
        let mut all: Vec<_> = self.read(|ready| {
            ready.iter().map(|(name, route)| (name.clone(), Arc::clone(&route.counters))).collect()
        });
        all.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        all
    }

    async fn load(&self, name: &str, outdated: Option<&Route>) -> Result<Arc<Route>, NoRoute> {
        let now = self.now();
        let resolved = self.source.resolve(name).await.map_err(NoRoute::Source)?;
        let Some(resolved) = resolved else {
            self.write(|ready| drop(ready.remove(name)));
            return Err(NoRoute::Unknown);
        };
        let version = resolved.version;
        let identity = Identity { uid: version.uid, secret_version: version.secret_version };
        let target =
            Target::new(identity, &resolved.connection, &resolved.credential).map_err(NoRoute::Unusable)?;
        let counters = outdated.map_or_else(Arc::default, |route| Arc::clone(&route.counters));
        let route = Arc::new(Route {
            target,
            counters,
            covered: Covered::default(),
            version,
            checked: AtomicU64::new(now),
        });
        self.write(|ready| drop(ready.insert(name.to_owned(), Arc::clone(&route))));
        Ok(route)
    }

    /// Nanoseconds since the start.
    pub(super) fn now(&self) -> u64 {
        self.start.elapsed().as_nanos() as u64
    }

    // No code under these locks can panic half-way through a change.
    fn read<T>(&self, look: impl FnOnce(&HashMap<String, Arc<Route>>) -> T) -> T {
        look(&self.ready.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn write(&self, change: impl FnOnce(&mut HashMap<String, Arc<Route>>)) {
        change(&mut self.ready.write().unwrap_or_else(PoisonError::into_inner));
    }
}
