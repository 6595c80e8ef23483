//! Where the key-encryption keys come from: a file, the environment, or another program.

mod command;
mod environment;
pub(crate) mod file;
mod heard;
mod unfinished;

use async_trait::async_trait;
use command::CommandKeys;
use environment::EnvironmentKeys;
use file::FileKeys;
use lockkeeper::redact::{Clean, clean};
use lockkeeper::store::{BlobStore, KeyBytes, KeyProvider, LocalKeys, StoreError, WrappedKey};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;

/// The source of key-encryption keys that was chosen on the command line.
#[expect(missing_debug_implementations, reason = "the command of a key may hold what it asks with")]
pub struct Keys(Source);

enum Source {
    Command(CommandKeys),
    Environment,
    File(PathBuf),
}

/// Longest text of keys that is read, in bytes: hundreds of keys.
const MAX_BYTES: u64 = 1 << 16;

impl Keys {
    /// The output of a program, which is run without a shell and may take so long.
    pub(crate) fn of_command(command: String, limit: Duration) -> Self {
        Self(Source::Command(CommandKeys::new(command, limit)))
    }

    /// The variable [`environment::VARIABLE`].
    pub(crate) fn of_environment() -> Self {
        Self(Source::Environment)
    }

    /// A file of its own.
    pub(crate) fn of_file(path: PathBuf) -> Self {
        Self(Source::File(path))
    }

    /// Makes a provider for the store behind `blobs`. No key is read before one is needed.
    pub fn provider(&self, blobs: &Arc<dyn BlobStore>) -> Arc<dyn KeyProvider> {
        match &self.0 {
            Source::Command(command) => Arc::new(Loaded::new(command.clone())),
            Source::Environment => Arc::new(Loaded::new(EnvironmentKeys)),
            Source::File(path) => Arc::new(Loaded::new(FileKeys::new(path.clone(), Arc::clone(blobs)))),
        }
    }

    /// The key file, if there is one.
    pub(crate) fn file(&self) -> Option<&Path> {
        match &self.0 {
            Source::File(path) => Some(path),
            Source::Command(_) | Source::Environment => None,
        }
    }

    /// The keys as they are now; `None` if there is no key file yet.
    pub(crate) async fn read(&self) -> Result<Option<LocalKeys>, StoreError> {
        match &self.0 {
            Source::Command(command) => command.load().await.map(Some),
            Source::Environment => EnvironmentKeys.load().await.map(Some),
            Source::File(path) => file::read_keys(path),
        }
    }

    /// What to call the source.
    pub(crate) fn describe(&self) -> Clean {
        match &self.0 {
            Source::Command(_) => Clean::literal("command"),
            Source::Environment => clean!("environment variable {}", environment::VARIABLE),
            Source::File(path) => clean!("file {}", Clean::text(&path.display().to_string())),
        }
    }
}

/// A text of keys that is not longer than it may be: of one that was cut, some keys would be missing without a word.
fn checked(text: &[u8]) -> Result<&str, StoreError> {
    let refused = |reason| StoreError::KeyRefused { reason };
    match text.len() as u64 {
        0..=MAX_BYTES => std::str::from_utf8(text).map_err(|_| refused("it is not text")),
        _ => Err(refused("it is longer than 64 KiB")),
    }
}

/// Where keys are loaded from.
#[async_trait]
trait Load: Send + Sync {
    /// Whether it may change while we run, and is cheap to look at again.
    const LIVE: bool;

    async fn load(&self) -> Result<LocalKeys, StoreError>;
}

/// Keys that are loaded when the first is needed, and again when one is missing: someone may have rotated them.
struct Loaded<S> {
    source: S,
    /// What was loaded so far, the newest last. Older keys are kept, since a data key that was wrapped a moment ago may
    /// have to be wrapped anew.
    known: Mutex<Vec<Arc<LocalKeys>>>,
}

impl<S: Load> Loaded<S> {
    fn new(source: S) -> Self {
        Self { source, known: Mutex::default() }
    }

    /// The newest keys: for a live source those that are there now.
    async fn newest(&self) -> Result<Arc<LocalKeys>, StoreError> {
        let mut known = self.known.lock().await;
        match known.last() {
            Some(keys) if !S::LIVE => Ok(Arc::clone(keys)),
            _ => self.load_into(&mut known).await,
        }
    }

    async fn load_into(&self, known: &mut Vec<Arc<LocalKeys>>) -> Result<Arc<LocalKeys>, StoreError> {
        let loaded = Arc::new(self.source.load().await?);
        match known.last() {
            Some(last) if last.ids().eq(loaded.ids()) => Ok(Arc::clone(last)),
            _ => {
                known.push(Arc::clone(&loaded));
                Ok(loaded)
            }
        }
    }
}

#[async_trait]
impl<S: Load> KeyProvider for Loaded<S> {
    async fn current(&self) -> Result<String, StoreError> {
        self.newest().await?.current().await
    }

    async fn wrap(&self, data_key: &KeyBytes, associated_data: &[u8]) -> Result<WrappedKey, StoreError> {
        self.newest().await?.wrap(data_key, associated_data).await
    }

    async fn unwrap(&self, wrapped: &WrappedKey, associated_data: &[u8]) -> Result<KeyBytes, StoreError> {
        let mut known = self.known.lock().await;
        for keys in known.iter().rev() {
            match keys.unwrap(wrapped, associated_data).await {
                Err(StoreError::KeyMissing { .. }) => {}
                done => return done,
            }
        }
        self.load_into(&mut known).await?.unwrap(wrapped, associated_data).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex as StdMutex;

    /// Keys that someone else changes.
    struct Changing(Arc<StdMutex<String>>);

    #[async_trait]
    impl Load for Changing {
        const LIVE: bool = true;

        async fn load(&self) -> Result<LocalKeys, StoreError> {
            LocalKeys::parse(&self.0.lock().unwrap())
        }
    }

    #[tokio::test]
    async fn keys_that_were_rotated_elsewhere_are_read_again() {
        let mut keys = LocalKeys::generate().unwrap();
        let text = Arc::new(StdMutex::new(keys.to_text().to_string()));
        let provider = Loaded::new(Changing(Arc::clone(&text)));
        let data_key = KeyBytes::random().unwrap();
        let under_first = provider.wrap(&data_key, b"made up").await.unwrap();

        keys.add_current().unwrap();
        let under_second = keys.wrap(&data_key, b"made up").await.unwrap();
        keys.forget_older();
        *text.lock().unwrap() = keys.to_text().to_string();
        provider.unwrap(&under_second, b"made up").await.unwrap();
        // What it wrapped itself it goes on opening, though the file no longer has the key.
        provider.unwrap(&under_first, b"made up").await.unwrap();
        assert_eq!(provider.current().await.unwrap(), under_second.key_id);

        let stranger = LocalKeys::generate().unwrap().wrap(&data_key, b"made up").await.unwrap();
        let missing = provider.unwrap(&stranger, b"made up").await;
        assert!(matches!(missing, Err(StoreError::KeyMissing { .. })));
    }
}
