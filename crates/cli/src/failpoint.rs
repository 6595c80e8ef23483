//! Steps at which a suite kills the program; nothing in an ordinary build.

/// Passes a step. If the variable `LOCKKEEPER_FAILPOINT` is `name:count` and this is that step for the `count`th time,
/// the process ends as if it were killed.
#[cfg(all(feature = "failpoints", unix))]
pub(crate) fn reach(name: &str) {
    use std::sync::LazyLock;
    use std::sync::atomic::{AtomicU64, Ordering};
    static CHOSEN: LazyLock<Option<(String, u64)>> = LazyLock::new(|| {
        let chosen = std::env::var("LOCKKEEPER_FAILPOINT").ok()?;
        let (name, count) = chosen.split_once(':')?;
        Some((name.to_owned(), count.parse().ok()?))
    });
    static REACHED: AtomicU64 = AtomicU64::new(0);
    let Some((chosen, count)) = &*CHOSEN else { return };
    if chosen == name && REACHED.fetch_add(1, Ordering::Relaxed) + 1 == *count {
        use rustix::process::{Signal, getpid, kill_process};
        // Nothing runs after it, not even what a panic or an exit would run.
        let _ = kill_process(getpid(), Signal::KILL);
    }
}

/// Passes a step.
#[cfg(not(all(feature = "failpoints", unix)))]
pub(crate) fn reach(_: &str) {}
