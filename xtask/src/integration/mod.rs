//! `cargo xtask integration`: suites against real counterparts, each with its own instances on loopback.

mod crash;
mod egress;
mod flink;

use crate::Failure;
use crate::test::Counts;
use xshell::Shell;

/// A suite and what runs it.
type Suite = (&'static str, fn(&Shell) -> Result<Outcome, Failure>);

const SUITES: &[Suite] = &[("crash", crash::run), ("flink", flink::run), ("egress", egress::run)];

/// What became of a suite.
pub(crate) enum Outcome {
    /// It ran.
    Ran(Counts),
    /// Its counterpart cannot be had here.
    Skipped(String),
}

/// Runs one suite by its name, or all of them.
pub(crate) fn run(shell: &Shell, name: &str, require: bool) -> Result<(), Failure> {
    let counts = match SUITES.iter().find(|(known, _)| *known == name) {
        Some(suite) => run_suite(shell, suite, require)?,
        None if name == "all" => all(shell, require)?,
        None => {
            let names: Vec<_> = SUITES.iter().map(|(name, _)| *name).collect();
            return Err(format!("no suite of that name; there are: {}, all", names.join(", ")).into());
        }
    };
    println!("{} passed, {} failed, {} skipped", counts.passed, counts.failed, counts.skipped);
    Ok(())
}

/// Runs all suites.
pub(crate) fn all(shell: &Shell, require: bool) -> Result<Counts, Failure> {
    let mut counts = Counts::default();
    for suite in SUITES {
        counts += run_suite(shell, suite, require)?;
    }
    Ok(counts)
}

fn run_suite(shell: &Shell, (name, suite): &Suite, require: bool) -> Result<Counts, Failure> {
    println!("== integration suite {name}");
    match suite(shell)? {
        Outcome::Ran(counts) if counts.failed > 0 => {
            Err(format!("suite {name}: {} passed, {} failed", counts.passed, counts.failed).into())
        }
        Outcome::Ran(counts) => Ok(counts),
        Outcome::Skipped(reason) if require => Err(format!("suite {name} cannot run: {reason}").into()),
        Outcome::Skipped(reason) => {
            println!("SKIPPED integration suite {name}: {reason}");
            Ok(Counts { skipped: 1, ..Counts::default() })
        }
    }
}
