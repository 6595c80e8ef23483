//! Where the store and the key are if nobody says so.

use crate::arguments::Store;
use crate::failure::Failure;
use crate::keys::Keys;
use crate::local::Place;
use etcetera::BaseStrategy;
use lockkeeper::redact::Clean;
use std::env;
use std::path::PathBuf;
use std::time::Duration;

/// The given places; else those of the environment; else the store in the user's data folder and the key in the
/// configuration folder: whoever copies one folder has not both.
pub(crate) fn choose(given: Store) -> Result<Place, Failure> {
    let store = match given.store {
        Some(path) => path,
        None => folders()?.data_dir().join("lockkeeper").join("store.db"),
    };
    let limit = Duration::from_secs(given.key_timeout);
    let keys = match (given.key_file, given.key_command) {
        (Some(path), _) => Keys::of_file(path),
        (None, Some(command)) => Keys::of_command(command, limit),
        (None, None) => of_environment(limit)?,
    };
    Ok(Place { store, keys })
}

/// The environment may name one source of keys, and not more: which of them was meant, nobody can tell.
///
/// One that is set but empty is one that was to be filled in, and no reason to make a key somewhere else: an empty key
/// or command is refused when a key is needed.
fn of_environment(limit: Duration) -> Result<Keys, Failure> {
    let set = env::var_os::<&str>;
    match (set("LOCKKEEPER_KEY_FILE"), set("LOCKKEEPER_KEY_COMMAND"), set("LOCKKEEPER_KEY")) {
        (None, None, None) => Ok(Keys::of_file(folders()?.config_dir().join("lockkeeper").join("key"))),
        (Some(path), None, None) if path.is_empty() => {
            Err(usage("LOCKKEEPER_KEY_FILE is empty", "give it the path of the key file, or unset it"))
        }
        (Some(path), None, None) => Ok(Keys::of_file(PathBuf::from(path))),
        (None, Some(command), None) => match command.into_string() {
            Ok(command) => Ok(Keys::of_command(command, limit)),
            Err(_) => Err(usage("LOCKKEEPER_KEY_COMMAND is not text", "give it as UTF-8")),
        },
        (None, None, Some(_)) => Ok(Keys::of_environment()),
        _ => Err(usage(
            "the environment names several sources of keys",
            "set one of LOCKKEEPER_KEY_FILE, LOCKKEEPER_KEY_COMMAND and LOCKKEEPER_KEY, or give --key-file",
        )),
    }
}

fn folders() -> Result<impl BaseStrategy, Failure> {
    etcetera::choose_base_strategy()
        .map_err(|_| usage("there is no home folder to keep the store in", "give --store and --key-file"))
}

fn usage(message: &'static str, hint: &'static str) -> Failure {
    Failure::Usage { message: Clean::literal(message), hint: Some(Clean::literal(hint)) }
}
