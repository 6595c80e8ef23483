//! No copy of the memory on disk.

/// Forbids core dumps, and on Linux reading the memory from other processes of the same user. What the system refuses
/// is logged, and the program goes on.
pub(crate) fn protect() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, setrlimit};
        let none = Rlimit { current: Some(0), maximum: Some(0) };
        if let Err(error) = setrlimit(Resource::Core, none) {
            tracing::warn!(%error, "core dumps could not be forbidden");
        }
    }
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable)
    {
        tracing::warn!(%error, "other processes could not be kept from reading the memory");
    }
}
