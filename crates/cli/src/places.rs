//! Where the store and the key are if nobody says so.

use crate::arguments::Store;
use crate::failure::Failure;
use etcetera::BaseStrategy;
use lockkeeper::redact::Clean;
use std::path::PathBuf;

/// The two files that must not lie together: whoever copies one folder has not both.
pub(crate) struct Places {
    pub(crate) store: PathBuf,
    pub(crate) key_file: PathBuf,
}

impl Places {
    /// The given paths; else the store in the user's data folder and the key in the configuration folder.
    pub(crate) fn choose(given: Store) -> Result<Self, Failure> {
        let folders = || {
            etcetera::choose_base_strategy().map_err(|_| Failure::Usage {
                message: Clean::literal("there is no home folder to keep the store in"),
                hint: Some(Clean::literal("give --store and --key-file")),
            })
        };
        Ok(Self {
            store: match given.store {
                Some(path) => path,
                None => folders()?.data_dir().join("lockkeeper").join("store.db"),
            },
            key_file: match given.key_file {
                Some(path) => path,
                None => folders()?.config_dir().join("lockkeeper").join("key"),
            },
        })
    }
}
