//! `cargo xtask fuzz redact|parse [--seconds N]`: coverage-guided, by cargo-fuzz on the nightly toolchain.

use std::path::Path;
use std::process::{Command, Stdio};

const TARGETS: [&str; 2] = ["redact", "parse"];

/// Runs a target from the small corpus in the tree; what is found on the way goes to a folder that is not.
pub(crate) fn run(arguments: &[String]) -> Result<(), Box<dyn std::error::Error>> {
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
    if !runs(&["+nightly", "fuzz", "--version"]) {
        eprintln!("SKIPPED fuzz {target}: needs the nightly toolchain and `cargo install cargo-fuzz`");
        return Ok(());
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
        Ok(())
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
