//! `lockkeeper backup` and `lockkeeper restore`.

use crate::arguments::{Backup, Restore};
use crate::failure::Failure;
use crate::local::{Local, Open, block_on};
use crate::output::{Output, Progress, note};
use crate::places;
use lockkeeper::redact::{Clean, clean};
use lockkeeper::store::StoreError;
use lockkeeper_sqlite::{SqliteStore, Stamp};
use std::path::Path;
use std::sync::Arc;

/// Copies the store, as it is at one instant, into a new file.
pub(crate) fn back_up(open: Open<'_>, arguments: Backup) -> Result<(), Failure> {
    let Backup { file, store } = arguments;
    if file.exists() {
        return Err(Failure::taken(&file));
    }
    let local = Local::open(open, store)?;
    block_on(async {
        let store = local.file()?;
        // Before, so that the copy holds the record too, and is not older than the store by it.
        match local.record("BACKUP").await {
            // On a medium that cannot be written to, this may be the way to get it off.
            Err(Failure::Store(StoreError::ReadOnly)) => {
                note(&Clean::literal("the store is read-only, so the backup is not recorded in it"));
            }
            recorded => recorded?,
        }
        let progress = Progress::new("pages");
        let stamp = store.backup(&file, Arc::new(move |state| progress.at(state.done, state.total))).await?;
        say(&clean!("the store is in {}, as of change {}", shown(&file), stamp.generation))
    })
}

/// Puts a backup in the place of the store.
pub(crate) fn restore(open: Open<'_>, arguments: Restore) -> Result<(), Failure> {
    let Restore { file, store: given, force } = arguments;
    if file.is_dir() {
        let message = clean!("\"{}\" is a folder, and not a backup", shown(&file));
        return Err(Failure::Usage { message, hint: Some(Clean::literal("give the file that backup made")) });
    }
    let place = places::choose(given)?;
    let backup = Stamp::of_file(&file)?;
    if !force && place.store.exists() {
        check(backup, Stamp::of_file(&place.store))?;
    }
    SqliteStore::restore(&file, &place.store, force)?;
    // From here on it is a store like any other; the record shows where its history was cut.
    let local = Local { backend: open(&place)?, place };
    block_on(async {
        local.file()?;
        local.record("RESTORE").await
    })?;
    say(&clean!("{} is in the place of the store, as of change {}", shown(&file), backup.generation))
}

/// Refuses to replace what the backup does not hold.
fn check(backup: Stamp, found: Result<Stamp, StoreError>) -> Result<(), Failure> {
    let refuse = |message| {
        let hint = Some(Clean::literal("give --force to replace it all the same; make a backup of it first"));
        Err(Failure::Usage { message, hint })
    };
    match found {
        Ok(found) if found.identity != backup.identity => {
            refuse(Clean::literal("the backup is one of another store than the one in its place"))
        }
        Ok(found) if found.generation > backup.generation => refuse(clean!(
            "the store is newer than the backup: change {} against {}",
            found.generation,
            backup.generation
        )),
        Ok(_) => Ok(()),
        Err(StoreError::Damaged { .. } | StoreError::NotAStore) => refuse(Clean::literal(
            "the file in the place of the store cannot be read, so it may be newer than the backup",
        )),
        Err(error) => Err(error.into()),
    }
}

fn shown(path: &Path) -> Clean {
    Clean::text(&path.display().to_string())
}

fn say(text: &Clean) -> Result<(), Failure> {
    let mut output = Output::new();
    output.line(text)?;
    Ok(output.flush()?)
}
