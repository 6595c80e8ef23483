//! Removal of secrets that nobody refers to.

use crate::catalog::Catalog;
use crate::error::StoreError;
use crate::secret_store::SecretStore;
use std::time::Duration;

/// What a sweep found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SweepReport {
    /// Secrets that were looked at.
    pub seen: u64,
    /// Of these, those too young to judge: someone may be about to refer to them.
    pub young: u64,
    /// Secrets that were removed.
    pub removed: u64,
}

/// A catalog may have to look at every entry to judge a page, so pages are large.
const PAGE: usize = 50_000;

/// Removes secrets that nobody refers to and that were made more than `grace` before `now`.
///
/// A change writes its secrets first and refers to them after, so `grace` must be longer than any change takes; an hour
/// is plenty. It goes page by page, while others read and write, and can be stopped at any point.
///
/// # Errors
/// Only failures of the backends. A damaged entry may own any secret, so then none is removed.
pub async fn sweep(
    catalog: &dyn Catalog,
    secrets: &dyn SecretStore,
    now: jiff::Timestamp,
    grace: Duration,
) -> Result<SweepReport, StoreError> {
    let now = u64::try_from(now.as_millisecond()).unwrap_or(0);
    let grace = u64::try_from(grace.as_millis()).unwrap_or(u64::MAX);
    let mut report = SweepReport::default();
    let mut after = None;
    loop {
        let page = secrets.list(after, PAGE).await?;
        let Some(last) = page.last().copied() else {
            return Ok(report);
        };
        after = Some(last);
        report.seen += page.len() as u64;
        let old: Vec<_> =
            page.iter().copied().filter(|id| id.milliseconds().saturating_add(grace) < now).collect();
        report.young += (page.len() - old.len()) as u64;
        if old.is_empty() {
            continue;
        }
        let orphans = catalog.unreferenced(&old).await?;
        if !orphans.is_empty() {
            secrets.destroy(&orphans).await?;
            report.removed += orphans.len() as u64;
        }
    }
}
