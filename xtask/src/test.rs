//! `cargo xtask test`

use crate::Failure;
use std::io::{BufRead, BufReader};
use std::ops::AddAssign;
use std::path::Path;
use std::process::{Command, Stdio};
use xshell::{Shell, cmd};

/// How many tests there were.
#[derive(Clone, Copy, Default)]
pub(crate) struct Counts {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    pub(crate) skipped: u64,
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

/// Builds the program, which some tests run, and runs all tests.
pub(crate) fn run(shell: &Shell) -> Result<Counts, Failure> {
    cmd!(shell, "cargo build --package lockkeeper-cli").run()?;
    let counts = cargo_test(shell, &["--workspace", "--no-fail-fast"], &[])?;
    println!("tests: {} passed, {} failed, {} skipped", counts.passed, counts.failed, counts.skipped);
    Ok(counts)
}

/// Runs `cargo test`, passing on what it prints and adding up its counts.
pub(crate) fn cargo_test(
    shell: &Shell,
    arguments: &[&str],
    environment: &[(&str, &Path)],
) -> Result<Counts, Failure> {
    let mut child = Command::new("cargo")
        .arg("test")
        .args(arguments)
        .current_dir(shell.current_dir())
        .envs(environment.iter().copied())
        // A changed snapshot is a failure, not a new file.
        .env("INSTA_UPDATE", "no")
        .stdout(Stdio::piped())
        .spawn()?;
    let mut counts = Counts::default();
    if let Some(stdout) = child.stdout.take() {
        for line in BufReader::new(stdout).lines() {
            let line = line?;
            println!("{line}");
            if let Some(result) = line.strip_prefix("test result: ") {
                counts += parse(result);
            }
        }
    }
    match child.wait()?.success() {
        true if counts.passed > 0 => Ok(counts),
        true => Err("no test was run".into()),
        false => Err(format!("tests failed: {} passed, {} failed", counts.passed, counts.failed).into()),
    }
}

/// Reads `ok. 3 passed; 0 failed; 1 ignored; …`.
fn parse(result: &str) -> Counts {
    let mut counts = Counts::default();
    for part in result.split([';', '.']) {
        let mut words = part.split_whitespace();
        if let (Some(Ok(number)), Some(what)) = (words.next().map(str::parse::<u64>), words.next()) {
            match what {
                "passed" => counts.passed += number,
                "failed" => counts.failed += number,
                "ignored" => counts.skipped += number,
                _ => {}
            }
        }
    }
    counts
}
