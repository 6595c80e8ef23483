//! The key-encryption key in a file of its own.

use async_trait::async_trait;
use lockkeeper::store::{BlobKey, BlobStore, KeyBytes, KeyProvider, LocalKeys, StoreError, WrappedKey};
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::OnceCell;
use zeroize::Zeroizing;

/// Longest key file that is read, in bytes: hundreds of keys.
const MAX_BYTES: u64 = 1 << 16;

/// Reads the key file when the first secret is sealed or opened, and makes it if the store has no data keys yet.
pub(crate) struct FileKeys {
    path: PathBuf,
    blobs: Arc<dyn BlobStore>,
    keys: OnceCell<LocalKeys>,
}

impl FileKeys {
    /// Keys out of the file at `path`, for the store behind `blobs`.
    pub(crate) fn new(path: PathBuf, blobs: Arc<dyn BlobStore>) -> Self {
        Self { path, blobs, keys: OnceCell::new() }
    }

    async fn keys(&self) -> Result<&LocalKeys, StoreError> {
        self.keys.get_or_try_init(|| self.load()).await
    }

    async fn load(&self) -> Result<LocalKeys, StoreError> {
        match read(&self.path)? {
            Some(text) => LocalKeys::parse(&text),
            // A new key for an old store would only hide that the right one is lost.
            None if !self.blobs.list(BlobKey::DATA_KEYS, None, 1).await?.is_empty() => {
                Err(unusable(&self.path, "it does not exist, and the store was sealed with it".to_owned()))
            }
            None => {
                create(&self.path, &LocalKeys::generate()?)?;
                // Another process may have been faster: what stands in the file is the key.
                let text = read(&self.path)?;
                let text = text.ok_or_else(|| unusable(&self.path, "it vanished".to_owned()))?;
                LocalKeys::parse(&text)
            }
        }
    }
}

#[async_trait]
impl KeyProvider for FileKeys {
    async fn current(&self) -> Result<String, StoreError> {
        self.keys().await?.current().await
    }

    async fn wrap(&self, data_key: &KeyBytes, associated_data: &[u8]) -> Result<WrappedKey, StoreError> {
        self.keys().await?.wrap(data_key, associated_data).await
    }

    async fn unwrap(&self, wrapped: &WrappedKey, associated_data: &[u8]) -> Result<KeyBytes, StoreError> {
        self.keys().await?.unwrap(wrapped, associated_data).await
    }
}

/// Reads a key file that only its owner can read; `None` if there is none.
fn read(path: &Path) -> Result<Option<Zeroizing<String>>, StoreError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unusable(path, error.to_string())),
    };
    check_mode(path, &file)?;
    // Room for all of it at once, so that no copy is left behind by growing.
    let mut text = Zeroizing::new(String::with_capacity(MAX_BYTES as usize + 1));
    match file.take(MAX_BYTES).read_to_string(&mut text) {
        Ok(_) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {
            Err(StoreError::KeyRefused { reason: "the file is not text" })
        }
        Err(error) => Err(unusable(path, error.to_string())),
    }
}

#[cfg(unix)]
fn check_mode(path: &Path, file: &File) -> Result<(), StoreError> {
    use std::os::unix::fs::PermissionsExt;
    let mode =
        file.metadata().map_err(|error| unusable(path, error.to_string()))?.permissions().mode() & 0o777;
    match mode & 0o077 {
        0 => Ok(()),
        _ => Err(unusable(path, format!("others can read it (mode {mode:04o}); run: chmod 600 on it"))),
    }
}

#[cfg(not(unix))]
fn check_mode(_: &Path, _: &File) -> Result<(), StoreError> {
    Ok(())
}

/// Writes a new key file, wholly or not at all; one that is there already stays.
fn create(path: &Path, keys: &LocalKeys) -> Result<(), StoreError> {
    let fail = |error: io::Error| unusable(path, error.to_string());
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    private_folder(folder).map_err(fail)?;
    let unfinished = path.with_extension(format!("{}.new", std::process::id()));
    let written = (|| {
        let mut file = private_file(&unfinished)?;
        file.write_all(keys.to_text().as_bytes())?;
        file.sync_all()?;
        // Unlike a rename, a link never replaces a key that someone else has just made.
        match fs::hard_link(&unfinished, path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            linked => linked.and_then(|()| File::open(folder)?.sync_all()),
        }
    })();
    let removed = fs::remove_file(&unfinished);
    written.and(removed).map_err(fail)
}

fn private_folder(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

fn private_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn unusable(path: &Path, reason: String) -> StoreError {
    StoreError::Place { place: format!("key file \"{}\"", path.display()), reason }
}
