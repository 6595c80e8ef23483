//! Everything that is not `cargo build`; run as `cargo xtask COMMAND`.

#[cfg(feature = "product")]
mod bench;
mod ci;
#[cfg(feature = "product")]
mod docs;
mod fuzz;
mod integration;
mod random;
mod test;

use std::process::ExitCode;
use xshell::Shell;

const USAGE: &str = "\
usage: cargo xtask COMMAND

  test                       run all tests that need no server
  ci                         test, format, clippy, documentation, licences, fuzzing, integration suites
  bench NAME                 print ratios: egress, parse, redact, scale, startup, store
  fuzz redact|parse [--seconds N]
                             run a fuzz target
  integration NAME [--require] [--kills N]
                             run a suite against real counterparts; `all` for every one
  docs [--check]             write the generated documents, or check that they are current
";

/// What went wrong, for a person.
pub(crate) type Failure = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("xtask: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let shell = Shell::new()?;
    shell.change_dir(workspace());
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["test"] => test::run(&shell).map(|_| ()),
        ["ci"] => ci::run(&shell),
        ["fuzz", ..] => fuzz::run(&arguments[1..]),
        ["integration", name, flags @ ..] => integration::run(&shell, name, flags.contains(&"--require")),
        ["bench" | "docs", ..] => with_product(&shell, &words),
        _ => Err(USAGE.into()),
    }
}

/// Runs a command that needs the product linked in.
#[cfg(feature = "product")]
fn with_product(shell: &Shell, words: &[&str]) -> Result<(), Failure> {
    match words {
        ["bench", name] => bench::run(shell, name),
        ["docs", flags @ ..] => docs::run(shell, flags.contains(&"--check")),
        _ => Err(USAGE.into()),
    }
}

/// Builds xtask with the product, optimised where something is measured, and runs the command there.
#[cfg(not(feature = "product"))]
fn with_product(shell: &Shell, words: &[&str]) -> Result<(), Failure> {
    let release = (words.first() == Some(&"bench")).then_some("--release");
    Ok(xshell::cmd!(shell, "cargo run --quiet {release...} --package xtask --features product -- {words...}")
        .quiet()
        .run()?)
}

/// The folder of the workspace.
pub(crate) fn workspace() -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}
