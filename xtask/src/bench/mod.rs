//! `cargo xtask bench`: ratios, each against a peer or a limit of the same run.

mod egress;
mod parse;
mod redact;
mod scale;
mod startup;
mod store;

use crate::Failure;
use std::process::Command;
use std::time::{Duration, Instant};
use std::{fs, io, thread};
use xshell::Shell;

/// Runs one benchmark and prints its table.
pub(crate) fn run(shell: &Shell, name: &str) -> Result<(), Failure> {
    match name {
        "egress" => egress::run(shell),
        "parse" => parse::run(),
        "redact" => redact::run(shell),
        "scale" => scale::run(),
        "startup" => startup::run(shell),
        "store" => store::run(shell),
        _ => Err("benchmarks are: egress, parse, redact, scale, startup, store".into()),
    }
}

/// The time that one call takes, as the median over rounds in which the contestants take turns.
///
/// Taking turns makes the ratio hold where the machine's speed drifts.
pub(crate) fn in_turns<const N: usize>(
    rounds: usize,
    calls: u32,
    mut contestants: [&mut dyn FnMut(); N],
) -> [Duration; N] {
    let mut times: [Vec<Duration>; N] = std::array::from_fn(|_| Vec::with_capacity(rounds));
    for round in 0..=rounds {
        for (contestant, times) in contestants.iter_mut().zip(&mut times) {
            let start = Instant::now();
            for _ in 0..calls {
                contestant();
            }
            // The first round warms up.
            if round > 0 {
                times.push(start.elapsed() / calls);
            }
        }
    }
    times.map(median)
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

/// Runs a program; returns its time, and the most memory that it had, as Linux tells it, in kB.
pub(crate) fn measured(command: &mut Command) -> io::Result<(Duration, u64)> {
    let start = Instant::now();
    let mut child = command.spawn()?;
    let process = child.id();
    let watch = thread::spawn(move || {
        let mut most = 0;
        while let Ok(status) = fs::read_to_string(format!("/proc/{process}/status")) {
            let memory = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
            let Some(memory) = memory.and_then(|rest| rest.split_whitespace().next()) else { break };
            most = most.max(memory.parse().unwrap_or(0));
            thread::sleep(Duration::from_millis(10));
        }
        most
    });
    let status = child.wait()?;
    let time = start.elapsed();
    match status.success() {
        true => Ok((time, watch.join().unwrap_or(0))),
        false => Err(io::Error::other("the program failed")),
    }
}

/// How often per second.
pub(crate) fn per_second(time: Duration) -> f64 {
    1.0 / time.as_secs_f64()
}

/// How many times as long `a` takes as `b`.
pub(crate) fn ratio(a: Duration, b: Duration) -> f64 {
    a.as_secs_f64() / b.as_secs_f64()
}
