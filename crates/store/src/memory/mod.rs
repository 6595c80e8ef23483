//! Stores in memory: the reference that others are compared with, and a place for what must not outlive a session.

mod secrets;
mod store;

pub use secrets::MemorySecrets;
pub use store::MemoryStore;

#[cfg(test)]
#[cfg(feature = "conformance")]
mod tests;
