//! `cargo xtask fuzz redact|parse [--seconds N]`: coverage-guided, by cargo-fuzz on the nightly toolchain.

use crate::Failure;
use crate::test::Counts;
use std::path::Path;
use std::process::{Command, Stdio};

const TARGETS: [&str; 2] = ["redact", "parse"];
/// How many seconds a target runs in CI.
const SHORT: u32 = 20;

/// Runs a target from the small corpus in the tree; what is found on the way goes to a folder that is not.
pub(crate) fn run(arguments: &[String]) -> Result<(), Failure> {
    let mut seconds = 60_u32;
    let mut target = None;
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        match argument.as_str() {
            "--seconds" => seconds = rest.next().ok_or("--seconds needs a number")?.parse()?,
            name if TARGETS.contains(&name) => target = Some(name),
            _ => return Err("usage: cargo xtask fuzz redact|parse [--seconds N]".into()),
        }
    }
    let target = target.ok_or("usage: cargo xtask fuzz redact|parse [--seconds N]")?;
    run_target(target, seconds).map(|_| ())
}

/// Runs every target for a short time, and counts them.
pub(crate) fn short() -> Result<Counts, Failure> {
    let mut counts = Counts::default();
    for target in TARGETS {
        match run_target(target, SHORT)? {
            true => counts.passed += 1,
            false => counts.skipped += 1,
        }
    }
    Ok(counts)
}

/// Runs a target; `false` if what that needs is not there.
fn run_target(target: &str, seconds: u32) -> Result<bool, Failure> {
    if !runs(&["+nightly", "fuzz", "--version"]) {
        eprintln!("SKIPPED fuzz {target}: needs the nightly toolchain and `cargo install cargo-fuzz`");
        return Ok(false);
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().ok_or("xtask stands in a workspace")?;
    let found = root.join("target/fuzz-corpus").join(target);
    std::fs::create_dir_all(&found)?;
    let status = Command::new("cargo")
        .current_dir(root)
        .args(["+nightly", "fuzz", "run", target])
        .arg(&found)
        .arg(root.join("fuzz/corpus").join(target))
        .arg("--")
        .arg(format!("-max_total_time={seconds}"))
        .args(["-timeout=10", "-max_len=4096"])
        .status()?;
    if status.success() {
        Ok(true)
    } else {
        Err(format!("fuzz {target} found something; see fuzz/artifacts").into())
    }
}

fn runs(arguments: &[&str]) -> bool {
    Command::new("cargo")
        .args(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}
