//! `cargo xtask ci`

use crate::test::{self, Counts};
use crate::{Failure, fuzz, integration};
use xshell::{Shell, cmd};

/// Runs every check; the last line has the counts of all tests.
pub(crate) fn run(shell: &Shell) -> Result<(), Failure> {
    let mut counts = test::run(shell)?;
    cmd!(shell, "cargo fmt --all --check").run()?;
    cmd!(shell, "cargo clippy --workspace --all-targets --all-features -- -D warnings").run()?;
    {
        let _flags = shell.push_env("RUSTDOCFLAGS", "-D warnings");
        cmd!(shell, "cargo doc --workspace --no-deps --all-features").run()?;
    }
    cmd!(shell, "cargo xtask docs --check").run()?;
    licences(shell)?;
    counts += fuzz::short()?;
    counts += integration::all(shell, false)?;
    let Counts { passed, failed, skipped } = counts;
    println!("{passed} passed, {failed} failed, {skipped} skipped");
    Ok(())
}

/// The parts of cargo-deny that need no advisory database.
fn licences(shell: &Shell) -> Result<(), Failure> {
    if cmd!(shell, "cargo deny --version").quiet().ignore_stderr().read().is_err() {
        println!("cargo-deny is not installed; installing it");
        cmd!(shell, "cargo install cargo-deny --locked --version 0.20.2").run()?;
    }
    // It looks at the crates of all platforms, and a build fetches those of its own.
    cmd!(shell, "cargo fetch --locked").run()?;
    Ok(cmd!(shell, "cargo deny --offline check licenses bans sources").run()?)
}
