//! The program as a whole process, against `sqlite3`.

use super::{in_turns, ratio};
use crate::Failure;
use std::path::Path;
use std::process::{Command, Stdio};
use xshell::{Shell, cmd};

/// Prints the time of `lockkeeper sql -e 'SHOW CONNECTIONS'` and the ratio to `sqlite3 FILE 'select 1'`.
pub(crate) fn run(shell: &Shell) -> Result<(), Failure> {
    cmd!(shell, "cargo build --quiet --release --package lockkeeper-cli").quiet().run()?;
    if cmd!(shell, "sqlite3 --version").quiet().ignore_stdout().run().is_err() {
        return Err("this benchmark needs the program sqlite3 (Debian: apt-get install sqlite3)".into());
    }
    let folder = tempfile::tempdir()?;
    let store = folder.path().join("store/store.db");
    let key = folder.path().join("key/key");
    let program = crate::workspace().join("target/release/lockkeeper");
    let ours = |sql: &str| {
        let mut command = Command::new(&program);
        command.args(["sql", "-e", sql]).env("LOCKKEEPER_STORE", &store).env("LOCKKEEPER_KEY_FILE", &key);
        command
    };
    let create = "CREATE CONNECTION c WITH ('type' = 'openai', \
                  'endpoint' = 'https://api.openai.com/v1/embeddings', 'api-key' = 'made-up')";
    run_once(&mut ours(create))?;
    run_once(&mut ours("SHOW CONNECTIONS"))?;
    let other = folder.path().join("other.db");
    run_once(&mut sqlite(&other, "create table t (a); insert into t values (1)"))?;
    let [our_time, their_time] = in_turns(
        101,
        1,
        [&mut || run_quietly(&mut ours("SHOW CONNECTIONS")), &mut || {
            run_quietly(&mut sqlite(&other, "select 1"))
        }],
    );
    println!("| whole process | median | ratio |");
    println!("|---|---|---|");
    println!(
        "| `lockkeeper sql -e 'SHOW CONNECTIONS'` | {our_time:.2?} | {:.2} × |",
        ratio(our_time, their_time)
    );
    println!("| `sqlite3 FILE 'select 1'` | {their_time:.2?} | 1 × |");
    Ok(())
}

fn sqlite(file: &Path, sql: &str) -> Command {
    let mut command = Command::new("sqlite3");
    command.arg(file).arg(sql);
    command
}

fn run_once(command: &mut Command) -> Result<(), Failure> {
    let output = command.stdin(Stdio::null()).output()?;
    match output.status.success() {
        true => Ok(()),
        false => Err(String::from_utf8_lossy(&output.stderr).into()),
    }
}

/// A failure here would have shown in the first run.
fn run_quietly(command: &mut Command) {
    let _ = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
}
