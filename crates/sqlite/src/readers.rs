//! Connections that read, off the runtime's way.

use crate::failure::{Abort, store_error};
use crate::place;
use lockkeeper_store::StoreError;
use rusqlite::Connection;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::runtime::{Handle, RuntimeFlavor};

/// Connections that are kept when nobody uses them.
const KEPT: usize = 8;

pub(crate) struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    pub(crate) fn new(path: PathBuf, first: Connection) -> Self {
        Self { path, idle: Mutex::new(vec![first]) }
    }

    /// Does `work` where it may block.
    pub(crate) async fn read<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Connection) -> Result<T, Abort> + Send + 'static,
    ) -> Result<T, StoreError> {
        match Handle::try_current().map(|handle| handle.runtime_flavor()) {
            Ok(RuntimeFlavor::MultiThread) => tokio::task::block_in_place(|| self.read_here(work)),
            Ok(_) => {
                let readers = Arc::clone(self);
                let done = tokio::task::spawn_blocking(move || readers.read_here(work)).await;
                done.unwrap_or_else(|error| Err(StoreError::Backend(Box::new(error))))
            }
            // No tokio, nothing to keep free.
            Err(_) => self.read_here(work),
        }
    }

    /// Does `work` on this thread.
    pub(crate) fn read_here<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, Abort>,
    ) -> Result<T, StoreError> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = idle.map_or_else(|| self.connect(), Ok)?;
        let result = work(&connection).map_err(Abort::into_store_error);
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        // After an error of the file, a new connection looks at it afresh.
        if idle.len() < KEPT && !matches!(result, Err(StoreError::Backend(_))) {
            idle.push(connection);
        }
        result
    }

    fn connect(&self) -> Result<Connection, StoreError> {
        let connection = place::connect(&self.path)?;
        make_reader(&connection)?;
        Ok(connection)
    }
}

/// From now on the connection cannot write.
pub(crate) fn make_reader(connection: &Connection) -> Result<(), StoreError> {
    connection.execute_batch("PRAGMA query_only=ON").map_err(|error| store_error(&error))
}
