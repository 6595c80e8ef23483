//! Keys in a file of their own.

use super::unfinished::{Unfinished, remove_left};
use super::{Load, MAX_BYTES, checked};
use crate::failpoint;
use async_trait::async_trait;
use lockkeeper::store::{BlobKey, BlobStore, LocalKeys, StoreError};
use std::fs::{self, DirBuilder, File, Metadata, OpenOptions, TryLockError};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use zeroize::Zeroizing;

/// How many symbolic links are followed, as the systems themselves do.
const MOST_LINKS: u32 = 40;

/// Reads the key file when a key is needed, and makes it if the store has no data keys yet.
pub(super) struct FileKeys {
    path: PathBuf,
    blobs: Arc<dyn BlobStore>,
}

impl FileKeys {
    /// Keys out of the file at `path`, for the store behind `blobs`.
    pub(super) fn new(path: PathBuf, blobs: Arc<dyn BlobStore>) -> Self {
        Self { path, blobs }
    }
}

#[async_trait]
impl Load for FileKeys {
    const LIVE: bool = true;

    async fn load(&self) -> Result<LocalKeys, StoreError> {
        if let Some(keys) = read_keys(&self.path)? {
            return Ok(keys);
        }
        // A new key for an old store would only hide that the right one is lost.
        if !self.blobs.list(BlobKey::DATA_KEYS, None, 1).await?.is_empty() {
            // Another process may have made both since: the key comes before what is sealed with it.
            let made = read_keys(&self.path)?;
            return made
                .ok_or_else(|| unusable(&self.path, "it does not exist, and the store was sealed with it"));
        }
        create(&self.path, &LocalKeys::generate()?)?;
        // Another process may have been faster: what stands in the file is the key.
        read_keys(&self.path)?.ok_or_else(|| unusable(&self.path, "it vanished"))
    }
}

/// Reads a key file that only its owner can read; `None` if there is none.
pub(crate) fn read_keys(path: &Path) -> Result<Option<LocalKeys>, StoreError> {
    read(path)?.map(|text| LocalKeys::parse(checked(&text)?)).transpose()
}

/// Writes a new key file, wholly or not at all. Returns whether it did; one that is there already stays.
pub(crate) fn create(path: &Path, keys: &LocalKeys) -> Result<bool, StoreError> {
    let lock = Lock::wait(path)?;
    match path.try_exists() {
        Ok(false) => replace(path, keys, &lock).map(|()| true),
        Ok(true) => Ok(false),
        Err(error) => Err(unusable(path, error)),
    }
}

/// Puts other keys into a key file, wholly or not at all. Whoever does it holds the [`Lock`].
pub(crate) fn replace(path: &Path, keys: &LocalKeys, lock: &Lock) -> Result<(), StoreError> {
    let Lock { real, .. } = lock;
    let folder = folder_of(real);
    let replaced = (|| {
        // They hold keys, too.
        remove_left(real, folder);
        let mut unfinished = Unfinished::beside(real)?;
        unfinished.fill(keys.to_text().as_bytes())?;
        failpoint::reach("key-file-written");
        unfinished.put(real)?;
        failpoint::reach("key-file-put");
        #[cfg(unix)]
        File::open(folder)?.sync_all()?;
        Ok(())
    })();
    replaced.map_err(|error: io::Error| match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => StoreError::Full,
        _ => unusable(path, error),
    })
}

/// Keeps others from changing a key file; readers are not concerned. It ends with the process at the latest.
pub(crate) struct Lock {
    /// The file itself, if the path is one of a symbolic link to it: whoever uses its own path has to see the change.
    real: PathBuf,
    file: File,
}

impl Lock {
    /// Takes the lock, which is a file beside the key file.
    pub(crate) fn take(path: &Path) -> Result<Self, StoreError> {
        let (place, lock) = Self::open(path)?;
        match lock.file.try_lock() {
            Ok(()) => Ok(lock),
            Err(TryLockError::WouldBlock) => Err(unusable(path, "another process is changing it")),
            Err(TryLockError::Error(error)) => Err(unusable(&place, error)),
        }
    }

    /// Takes it when others are done.
    fn wait(path: &Path) -> Result<Self, StoreError> {
        let (place, lock) = Self::open(path)?;
        lock.file.lock().map_err(|error| unusable(&place, error))?;
        Ok(lock)
    }

    fn open(path: &Path) -> Result<(PathBuf, Self), StoreError> {
        let real = followed(path).map_err(|error| unusable(path, error))?;
        private_folder(folder_of(&real)).map_err(|error| unusable(path, error))?;
        let name = real.file_name().ok_or_else(|| unusable(path, "it is not the path of a file"))?;
        let mut name = name.to_owned();
        name.push(".lock");
        let place = real.with_file_name(name);
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false);
        private(&mut options);
        let file = options.open(&place).map_err(|error| unusable(&place, error))?;
        Ok((place, Self { real, file }))
    }
}

/// The file to which a path leads through symbolic links, be it there or not.
fn followed(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..MOST_LINKS {
        match fs::read_link(&path) {
            Ok(target) => path = folder_of(&path).join(target),
            // It is no link, or nothing; whatever else is wrong with it shows when it is used.
            Err(_) => return Ok(path),
        }
    }
    Err(io::Error::other("too many symbolic links"))
}

/// The error about a key file.
pub(crate) fn unusable(path: &Path, reason: impl ToString) -> StoreError {
    StoreError::Place { place: format!("key file \"{}\"", path.display()), reason: reason.to_string() }
}

fn read(path: &Path) -> Result<Option<Zeroizing<Vec<u8>>>, StoreError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unusable(path, error)),
    };
    check(path, &file)?;
    // Room for all of it at once, so that no copy is left behind by growing; and for one byte too many, to see it.
    let mut text = Zeroizing::new(Vec::with_capacity(MAX_BYTES as usize + 32));
    file.take(MAX_BYTES + 1).read_to_end(&mut text).map_err(|error| unusable(path, error))?;
    Ok(Some(text))
}

/// Refuses what is no file, and what others can read.
fn check(path: &Path, file: &File) -> Result<(), StoreError> {
    let metadata = file.metadata().map_err(|error| unusable(path, error))?;
    if metadata.is_dir() {
        return Err(unusable(path, "it is a folder"));
    }
    check_mode(path, &metadata)
}

#[cfg(unix)]
fn check_mode(path: &Path, metadata: &Metadata) -> Result<(), StoreError> {
    use std::os::unix::fs::PermissionsExt;
    let mode = metadata.permissions().mode() & 0o777;
    match mode & 0o077 {
        0 => Ok(()),
        _ => Err(unusable(path, format!("others can read it (mode {mode:04o}); run: chmod 600 on it"))),
    }
}

#[cfg(not(unix))]
fn check_mode(_: &Path, _: &Metadata) -> Result<(), StoreError> {
    Ok(())
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn private_folder(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Makes a file that only its owner can read; none that is there is opened.
pub(crate) fn new_private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    private(&mut options);
    options.open(path)
}

fn private(options: &mut OpenOptions) {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    #[cfg(not(unix))]
    let _ = options;
}

#[cfg(test)]
mod tests {
    use super::*;
    use lockkeeper::store::MemoryStore;
    use lockkeeper::store::{Blob, StoreId};

    /// A store for which another process makes the key and the first data key while it is asked.
    struct Overtaken {
        path: PathBuf,
        inner: MemoryStore,
    }

    #[async_trait]
    impl BlobStore for Overtaken {
        fn identity(&self) -> StoreId {
            self.inner.identity()
        }

        async fn read(&self, key: &BlobKey) -> Result<Option<Vec<u8>>, StoreError> {
            self.inner.read(key).await
        }

        async fn write_new(&self, blobs: Vec<Blob>) -> Result<(), StoreError> {
            self.inner.write_new(blobs).await
        }

        async fn swap(&self, key: &BlobKey, expected: Option<&[u8]>, new: &[u8]) -> Result<bool, StoreError> {
            self.inner.swap(key, expected, new).await
        }

        async fn remove(&self, keys: &[BlobKey]) -> Result<(), StoreError> {
            self.inner.remove(keys).await
        }

        async fn list(&self, _: &str, _: Option<&BlobKey>, _: usize) -> Result<Vec<BlobKey>, StoreError> {
            create(&self.path, &LocalKeys::generate()?)?;
            Ok(vec![BlobKey::new("key/1").unwrap()])
        }
    }

    #[tokio::test]
    async fn a_key_that_another_process_makes_meanwhile_is_used() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        let blobs = Overtaken { path: path.clone(), inner: MemoryStore::new().unwrap() };
        FileKeys::new(path, Arc::new(blobs)).load().await.unwrap();
    }
}
