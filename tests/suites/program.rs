//! The program under test, with a store of its own.

use crate::canary::Canary;
use std::ffi::OsStr;
use std::fmt;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use tempfile::TempDir;

/// A store, a key, and a folder for files, all in a folder that removes itself.
pub(crate) struct Program {
    folder: TempDir,
}

/// What a run of the program gave.
#[must_use]
pub(crate) struct Ran {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Program {
    pub(crate) fn new() -> Self {
        Self { folder: TempDir::new().unwrap() }
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn store(&self) -> PathBuf {
        self.folder().join("store").join("store.db")
    }

    pub(crate) fn key_file(&self) -> PathBuf {
        self.folder().join("key").join("key")
    }

    /// A command with nothing of our environment but what is set here.
    pub(crate) fn command<I: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = I>) -> Command {
        let mut command = Command::new(executable());
        command
            .args(arguments)
            .env_clear()
            .env("HOME", self.folder())
            .env("TMPDIR", self.folder())
            .env("LOCKKEEPER_STORE", self.store())
            .env("LOCKKEEPER_KEY_FILE", self.key_file())
            .current_dir(self.folder());
        command
    }

    /// Runs the program with this standard input.
    pub(crate) fn run(&self, arguments: &[&str], input: impl AsRef<[u8]>) -> Ran {
        run(&mut self.command(arguments), input.as_ref())
    }

    /// Runs `lockkeeper sql` with the script on standard input.
    pub(crate) fn sql(&self, script: &str) -> Ran {
        self.run(&["sql"], script)
    }

    /// Runs `lockkeeper sql --format json` and reads its lines.
    pub(crate) fn json(&self, script: &str) -> Vec<serde_json::Value> {
        let ran = self.run(&["sql", "--format", "json", "--continue-on-error"], script);
        ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Searches every file in the folder for a canary.
    #[track_caller]
    pub(crate) fn assert_no_trace(&self, canary: &Canary) {
        let mut folders = vec![self.folder().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    canary.assert_absent(&path.display().to_string(), &fs::read(&path).unwrap());
                }
            }
        }
    }
}

pub(crate) fn run(command: &mut Command, input: &[u8]) -> Ran {
    let (status, stdout, stderr) = run_bytes(command, input);
    Ran { status, stdout: String::from_utf8(stdout).unwrap(), stderr: String::from_utf8(stderr).unwrap() }
}

/// Status, standard output and standard error of a run; the streams need not be UTF-8.
pub(crate) fn run_bytes(command: &mut Command, input: &[u8]) -> (i32, Vec<u8>, Vec<u8>) {
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let output = std::thread::scope(|scope| {
        // A program that stops early closes its end, which is no failure here.
        scope.spawn(move || drop(stdin.write_all(input)));
        child.wait_with_output().unwrap()
    });
    (output.status.code().unwrap_or(-1), output.stdout, output.stderr)
}

impl Ran {
    /// Asserts that all statements were done.
    #[track_caller]
    pub(crate) fn done(self) -> String {
        assert_eq!(self.status, 0, "{self}");
        self.stdout
    }
}

/// Output, errors and status together, for snapshots.
impl fmt::Display for Ran {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.stdout)?;
        if !self.stderr.is_empty() {
            write!(f, "--- stderr\n{}", self.stderr)?;
        }
        write!(f, "--- status {}", self.status)
    }
}

/// The program that was built with these tests; `cargo xtask test` builds it first.
fn executable() -> &'static Path {
    static EXECUTABLE: OnceLock<PathBuf> = OnceLock::new();
    EXECUTABLE.get_or_init(|| {
        let tests = std::env::current_exe().unwrap();
        let built =
            tests.ancestors().nth(2).unwrap().join(format!("lockkeeper{}", std::env::consts::EXE_SUFFIX));
        assert!(built.exists(), "build the program first: cargo build --package lockkeeper-cli");
        built
    })
}
