//! Sealed bytes in plain files, one for each: what somebody writes who wants us to seal.

use async_trait::async_trait;
use lockkeeper::store::{Blob, BlobKey, BlobStore, Object, StoreError, StoreId};
use std::collections::BTreeSet;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::PathBuf;

/// A folder of files. Writers take turns by a lock on one of them; readers see a whole file or none.
pub(crate) struct Files {
    folder: PathBuf,
    identity: StoreId,
}

const IDENTITY: &str = "Identity";
const LOCK: &str = "Lock";
const UNFINISHED: &str = "Unfinished";

impl Files {
    /// Opens a folder, or makes a new one with an identity of its own.
    pub(crate) fn open(folder: PathBuf) -> Result<Self, StoreError> {
        DirBuilder::new().recursive(true).mode(0o700).create(&folder).map_err(failed)?;
        let mut files = Self { folder, identity: StoreId::random()? };
        let _turn = files.turn()?;
        match files.look(IDENTITY)? {
            Some(bytes) => files.identity = String::from_utf8_lossy(&bytes).parse()?,
            None => files.put(IDENTITY, files.identity.to_string().as_bytes())?,
        }
        Ok(files)
    }

    /// Waits until no other thread or process writes; it ends when the file is closed.
    fn turn(&self) -> Result<File, StoreError> {
        let path = self.folder.join(LOCK);
        let options = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path);
        let file = options.map_err(failed)?;
        file.lock().map_err(failed)?;
        Ok(file)
    }

    fn look(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        match fs::read(self.folder.join(name)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed(error)),
        }
    }

    /// Writes a file, wholly or not at all, and waits for the disk.
    fn put(&self, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
        let unfinished = self.folder.join(UNFINISHED);
        let written = (|| {
            let mut options = OpenOptions::new();
            let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&unfinished)?;
            file.write_all(bytes)?;
            file.sync_all()?;
            fs::rename(&unfinished, self.folder.join(name))?;
            File::open(&self.folder)?.sync_all()
        })();
        written.map_err(failed)
    }
}

#[async_trait]
impl BlobStore for Files {
    fn identity(&self) -> StoreId {
        self.identity
    }

    async fn read(&self, key: &BlobKey) -> Result<Option<Vec<u8>>, StoreError> {
        self.look(&file_name(key))
    }

    /// A crash may leave some of them: nobody refers to them yet, so a sweep finds them.
    async fn write_new(&self, blobs: Vec<Blob>) -> Result<(), StoreError> {
        let _turn = self.turn()?;
        let mut seen = BTreeSet::new();
        for Blob { key, .. } in &blobs {
            if !seen.insert(key) || self.look(&file_name(key))?.is_some() {
                return Err(StoreError::Exists { object: Object::Secret, name: key.to_string() });
            }
        }
        blobs.iter().try_for_each(|Blob { key, bytes }| self.put(&file_name(key), bytes))
    }

    async fn swap(&self, key: &BlobKey, expected: Option<&[u8]>, new: &[u8]) -> Result<bool, StoreError> {
        let _turn = self.turn()?;
        let found = self.look(&file_name(key))?;
        if found.as_deref() != expected {
            return Ok(false);
        }
        self.put(&file_name(key), new).map(|()| true)
    }

    async fn remove(&self, keys: &[BlobKey]) -> Result<(), StoreError> {
        let _turn = self.turn()?;
        for key in keys {
            match fs::remove_file(self.folder.join(file_name(key))) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
                _ => {}
            }
        }
        File::open(&self.folder).and_then(|folder| folder.sync_all()).map_err(failed)
    }

    async fn list(
        &self,
        prefix: &str,
        after: Option<&BlobKey>,
        limit: usize,
    ) -> Result<Vec<BlobKey>, StoreError> {
        let mut keys = BTreeSet::new();
        for entry in fs::read_dir(&self.folder).map_err(failed)? {
            // The names of our own files have capitals, which no key has.
            let name = entry.map_err(failed)?.file_name().to_string_lossy().replace('.', "/");
            keys.extend(BlobKey::new(name).ok());
        }
        let wanted =
            |key: &BlobKey| key.as_str().starts_with(prefix) && after.is_none_or(|after| key > after);
        Ok(keys.into_iter().filter(wanted).take(limit).collect())
    }
}

/// A key has no dots, so this can be undone.
fn file_name(key: &BlobKey) -> String {
    key.as_str().replace('/', ".")
}

/// The errors that somebody can act on have variants of their own.
fn failed(error: io::Error) -> StoreError {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => StoreError::Full,
        io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied => StoreError::ReadOnly,
        _ => StoreError::Backend(Box::new(error)),
    }
}
