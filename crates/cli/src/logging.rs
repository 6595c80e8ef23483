//! The log, to standard error, through the redactor.

use lockkeeper::redact::CleanLog;
use tracing_subscriber::EnvFilter;

/// Starts the log if a filter is given; one that cannot be read counts as `info`.
pub(crate) fn start(filter: Option<&str>) {
    let Some(filter) = filter.filter(|filter| !filter.is_empty()) else { return };
    let filter = EnvFilter::try_new(filter).unwrap_or_else(|_| EnvFilter::new("info"));
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(false)
        // It would say on standard error that standard error cannot be written to, and panic.
        .log_internal_errors(false)
        .with_writer(CleanLog::new(std::io::stderr))
        .finish();
    // It fails only if there is a subscriber already, which is as well.
    let _ = tracing::subscriber::set_global_default(subscriber);
}
