//! Credentials against real services, and vendors' own clients through the proxy.
//!
//! The counterparts come from PyPI and npm, at the versions of `tests/egress/requirements.txt`; the suite itself is
//! `tests/egress/suite.py`, which runs the program.

use super::Outcome;
use crate::Failure;
use crate::test::Counts;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use xshell::{Shell, cmd};

/// The OpenID provider that is strict about clients and lets tokens expire.
const PROVIDER: &str = "oidc-provider@8";

/// Installs the counterparts, builds the program, and runs the suite.
pub(super) fn run(shell: &Shell) -> Result<Outcome, Failure> {
    let folder = crate::workspace().join("target/integration/egress");
    fs::create_dir_all(&folder)?;
    let folder = folder.canonicalize()?;
    if let Err(failure) = install(shell, &folder) {
        return Ok(Outcome::Skipped(format!("the counterparts cannot be had: {failure}")));
    }
    cmd!(shell, "cargo build --package lockkeeper-cli").run()?;
    let program = crate::workspace().join("target/debug/lockkeeper").canonicalize()?;
    let mut child = Command::new(folder.join("venv/bin/python"))
        .arg(crate::workspace().join("tests/egress/suite.py"))
        .arg(program)
        .arg(folder.join("node_modules"))
        .stdout(Stdio::piped())
        .spawn()?;
    let mut counts = None;
    if let Some(stdout) = child.stdout.take() {
        for line in BufReader::new(stdout).lines() {
            let line = line?;
            println!("{line}");
            counts = read_counts(&line).or(counts);
        }
    }
    child.wait()?;
    counts.map(Outcome::Ran).ok_or_else(|| "the suite did not come to its end".into())
}

/// A folder of Python packages and one of JavaScript packages, once for each list of versions.
fn install(shell: &Shell, folder: &Path) -> Result<(), Failure> {
    let requirements = crate::workspace().join("tests/egress/requirements.txt");
    let wanted = format!("{}{PROVIDER}\n", fs::read_to_string(&requirements)?);
    let installed = folder.join("installed.txt");
    if fs::read_to_string(&installed).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    let venv = folder.join("venv");
    cmd!(shell, "python3 -m venv {venv}").quiet().run()?;
    cmd!(shell, "{venv}/bin/pip install --quiet --requirement {requirements}").quiet().run()?;
    cmd!(shell, "npm install --silent --no-save --prefix {folder} {PROVIDER}").quiet().run()?;
    Ok(fs::write(installed, wanted)?)
}

/// Reads `6 passed, 0 failed`.
fn read_counts(line: &str) -> Option<Counts> {
    let (passed, rest) = line.split_once(" passed, ")?;
    let failed = rest.strip_suffix(" failed")?;
    Some(Counts { passed: passed.parse().ok()?, failed: failed.parse().ok()?, skipped: 0 })
}
