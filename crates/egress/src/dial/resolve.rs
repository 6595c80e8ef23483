//! Names to addresses.

use async_trait::async_trait;
use std::net::IpAddr;

/// Finds the addresses of a host.
#[async_trait]
pub trait Resolve: Send + Sync {
    /// Returns every address of the name; what is not among them is not dialled.
    ///
    /// # Errors
    /// When the name was not resolved; nothing of the error is shown.
    async fn resolve(&self, name: &str) -> std::io::Result<Vec<IpAddr>>;
}

/// The operating system's resolver.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemResolver;

#[async_trait]
impl Resolve for SystemResolver {
    async fn resolve(&self, name: &str) -> std::io::Result<Vec<IpAddr>> {
        Ok(tokio::net::lookup_host((name, 0)).await?.map(|address| address.ip()).collect())
    }
}
