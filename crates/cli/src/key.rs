//! `lockkeeper key`: key-encryption keys, from the first to the last day of each.

use crate::arguments::{self, KeyCommand, KeyInit, KeyRecovery, KeyRewrap, KeyRotate};
use crate::failure::Failure;
use crate::keys::file::{self, Lock, unusable};
use crate::local::{Local, Open, block_on};
use crate::output::{Output, Progress, note};
use crate::passphrase;
use lockkeeper::redact::{Clean, clean};
use lockkeeper::store::sealing::{DataKeyStatus, KeyStatus, RewrapProgress};
use lockkeeper::store::{LocalKeys, SealedSecrets, StoreError};
use std::fs;
use std::io::{self, Write};
use std::path::Path;

/// How often older keys are taken back because a data key appeared under one at the last moment.
const MOST_ROUNDS: u32 = 5;

/// Runs one of the commands.
pub(crate) fn run(open: Open<'_>, command: KeyCommand) -> Result<(), Failure> {
    match command {
        KeyCommand::Status(arguments::KeyStatus { store, format }) => {
            let local = Local::open(open, store)?;
            block_on(async { status(&local).await.and_then(|rows| print_status(&rows, format)) })
        }
        KeyCommand::Init(KeyInit { store }) => block_on(init(&Local::open(open, store)?)),
        KeyCommand::Rotate(KeyRotate { store, keep_old, data_key }) => {
            block_on(rotate(&Local::open(open, store)?, keep_old, data_key))
        }
        KeyCommand::Rewrap(KeyRewrap { store, keep_old }) => {
            block_on(rewrap(&Local::open(open, store)?, keep_old))
        }
        KeyCommand::ExportRecovery(KeyRecovery { file, store, passphrase_file }) => {
            let local = Local::open(open, store)?;
            block_on(export(&local, &file, passphrase_file.as_deref()))
        }
        KeyCommand::ImportRecovery(KeyRecovery { file, store, passphrase_file }) => {
            import(&Local::open(open, store)?, &file, passphrase_file.as_deref())
        }
    }
}

/// Identity, role, and what is sealed or wrapped under it.
async fn status(local: &Local) -> Result<Vec<Vec<Clean>>, Failure> {
    let secrets = local.sealed()?;
    let keys = local.place.keys.read().await?;
    note(&clean!("keys from {}", local.place.keys.describe()));
    let Some(keys) = keys else {
        // Reading the status must not make a key.
        note(&Clean::literal("there is no key yet; it is made on first use, or by: lockkeeper key init"));
        return Ok(Vec::new());
    };
    let standing = secrets.status().await?;
    let counts = standing.wrapped_under();
    let count = |id: &str| counts.get(id).copied().unwrap_or(0);
    let mut rows = Vec::new();
    for (index, id) in keys.ids().enumerate() {
        let role = if index == 0 { "key-encryption key, current" } else { "key-encryption key, older" };
        rows.push(vec![hex(id), role.into(), Clean::default(), clean!("{} data keys", count(id))]);
    }
    for (id, number) in counts.iter().filter(|(id, _)| !keys.ids().any(|known| known == **id)) {
        let role = "key-encryption key, not at hand";
        rows.push(vec![hex(id), role.into(), Clean::default(), clean!("{} data keys", *number)]);
    }
    let newest = standing.data_keys.last().map(|data_key| data_key.id);
    for DataKeyStatus { id, seals, wrapped_under } in &standing.data_keys {
        let role = if newest == Some(*id) { "data key, seals" } else { "data key, opens" };
        let under = wrapped_under.as_deref().map_or(Clean::literal("damaged"), hex);
        rows.push(vec![hex(&id.to_string()), role.into(), under, clean!("{} seals reserved", *seals)]);
    }
    Ok(rows)
}

fn print_status(rows: &[Vec<Clean>], format: arguments::Format) -> Result<(), Failure> {
    let mut output = Output::new();
    if !rows.is_empty() {
        output.rows(format, &["Identity", "Role", "Wrapped Under", "Use"], rows)?;
    }
    Ok(output.flush()?)
}

async fn init(local: &Local) -> Result<(), Failure> {
    let path = file_of(local)?;
    let secrets = local.sealed()?;
    if path.exists() {
        return Err(Failure::taken(path));
    }
    // Asking the provider is what makes it, unless the store was sealed with another one.
    secrets.status().await?;
    say(&clean!("made {}", local.place.keys.describe()))
}

async fn rotate(local: &Local, keep_old: bool, data_key: bool) -> Result<(), Failure> {
    let path = file_of(local)?;
    let secrets = local.sealed()?;
    let lock = Lock::take(path)?;
    let mut keys = existing(path)?;
    if is_stopped(&keys, &secrets.status().await?) {
        note(&Clean::literal("a rotation was stopped; it goes on with the key that it made"));
    } else {
        keys.add_current()?;
        file::replace(path, &keys, &lock)?;
    }
    if let Some(id) = keys.ids().next() {
        note(&clean!("the current key is now {}", hex(id)));
    }
    wrap_all(secrets).await?;
    if data_key {
        secrets.rotate_data_key().await?;
    }
    local.record("ROTATE_KEY").await?;
    finish(local, path, &lock, keep_old).await
}

/// Whether a rotation has made the current key, and not come to its end: trying again must not add another key each
/// time.
fn is_stopped(keys: &LocalKeys, standing: &KeyStatus) -> bool {
    let counts = standing.wrapped_under();
    keys.ids().skip(1).any(|older| counts.contains_key(older))
}

async fn rewrap(local: &Local, keep_old: bool) -> Result<(), Failure> {
    let secrets = local.sealed()?;
    match local.place.keys.file() {
        Some(path) => {
            let lock = Lock::take(path)?;
            existing(path)?;
            wrap_all(secrets).await?;
            finish(local, path, &lock, keep_old).await
        }
        // Its keys are not ours to forget.
        None => {
            let state = wrap_all(secrets).await?;
            match state.damaged {
                0 => say(&Clean::literal("the older keys are not needed any more, but by older backups")),
                damaged => say(&clean!("{} data keys are damaged and may need the older keys", damaged)),
            }
        }
    }
}

/// Wraps every data key under the current key, with a line that says how far it is.
async fn wrap_all(secrets: &SealedSecrets) -> Result<RewrapProgress, Failure> {
    let progress = Progress::new("data keys");
    let state = secrets.rewrap(&|state| progress.at(state.done + state.damaged, state.total)).await?;
    drop(progress);
    let RewrapProgress { done, unchanged, damaged, total } = state;
    note(&clean!(
        "{} data keys: {} wrapped, {} were before, {} damaged",
        total,
        done - unchanged,
        unchanged,
        damaged
    ));
    Ok(state)
}

/// Forgets the older keys, once nothing is wrapped under them.
async fn finish(local: &Local, path: &Path, lock: &Lock, keep_old: bool) -> Result<(), Failure> {
    let secrets = local.sealed()?;
    let all = existing(path)?;
    let older = all.ids().count() - 1;
    if keep_old || older == 0 {
        return say(&clean!("the key file has {} older keys", older));
    }
    let mut rounds = 0;
    loop {
        let standing = secrets.status().await?;
        if standing.data_keys.iter().any(|data_key| data_key.wrapped_under.is_none()) {
            note(&Clean::literal("a data key is damaged; a backup of it may need an older key"));
            return say(&clean!("the key file keeps {} older keys", older));
        }
        if standing.is_rewrapped() {
            let mut current = existing(path)?;
            current.forget_older();
            file::replace(path, &current, lock)?;
            // Someone who had read the file a moment earlier may have wrapped a new data key.
            if secrets.status().await?.is_rewrapped() {
                break;
            }
            file::replace(path, &all, lock)?;
        }
        rounds += 1;
        if rounds == MOST_ROUNDS {
            return say(&clean!("the key file keeps {} older keys; run: lockkeeper key rewrap", older));
        }
        wrap_all(secrets).await?;
    }
    note(&Clean::literal("backups made before open with the older keys only, which a recovery file keeps"));
    say(&clean!("the key file has the current key only; {} older ones were forgotten", older))
}

async fn export(local: &Local, to: &Path, passphrase_file: Option<&Path>) -> Result<(), Failure> {
    let keys = local.place.keys.read().await?;
    let keys =
        keys.ok_or(StoreError::KeyRefused { reason: "there is none yet; run: lockkeeper key init" })?;
    if to.exists() {
        // Before anyone types a passphrase.
        return Err(Failure::taken(to));
    }
    let passphrase = passphrase::read(passphrase_file, true)?;
    passphrase::check(&passphrase)?;
    let text = keys.seal_with_passphrase(&passphrase)?;
    // What the passphrase opens is sealed, so this is no text that has to be clean.
    let mut file = file::new_private(to).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => Failure::taken(to),
        _ => Failure::written(to, error),
    })?;
    if let Err(error) = file.write_all(text.as_bytes()).and_then(|()| file.sync_all()) {
        // We made it; half of it would be in the way of the next attempt, and pass for a whole one.
        let _ = fs::remove_file(to);
        return Err(Failure::written(to, error));
    }
    local.record("EXPORT_KEY").await?;
    let number = keys.ids().count();
    say(&clean!(
        "{} keys are in {}, sealed by the passphrase",
        number,
        Clean::text(&to.display().to_string())
    ))
}

fn import(local: &Local, from: &Path, passphrase_file: Option<&Path>) -> Result<(), Failure> {
    let path = file_of(local)?;
    if path.exists() {
        return Err(Failure::taken(path));
    }
    let text = fs::read_to_string(from).map_err(|error| Failure::file(from, error))?;
    let passphrase = passphrase::read(passphrase_file, false)?;
    let keys = LocalKeys::open_with_passphrase(&text, &passphrase).map_err(Failure::Recovery)?;
    match file::create(path, &keys)? {
        true => say(&clean!("{} keys are in {}", keys.ids().count(), local.place.keys.describe())),
        false => Err(Failure::taken(path)),
    }
}

/// The key file, which these commands write.
fn file_of(local: &Local) -> Result<&Path, Failure> {
    local.place.keys.file().ok_or_else(|| Failure::Usage {
        message: clean!(
            "the keys come from {}, which this program cannot change",
            local.place.keys.describe()
        ),
        hint: Some(Clean::literal(
            "put a new key before the old one there, and run: lockkeeper key rewrap; then remove the old one",
        )),
    })
}

fn existing(path: &Path) -> Result<LocalKeys, StoreError> {
    file::read_keys(path)?.ok_or_else(|| unusable(path, "it does not exist; run: lockkeeper key init"))
}

/// An identity: hexadecimal digits, which a command may have given, so it is redacted like any text.
fn hex(id: &str) -> Clean {
    Clean::text(id)
}

fn say(text: &Clean) -> Result<(), Failure> {
    let mut output = Output::new();
    output.line(text)?;
    Ok(output.flush()?)
}
