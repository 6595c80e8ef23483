//! The store against raw SQLite, on one disk and in one run.

mod ours;
mod raw;

use super::measured;
use lockkeeper_store::{CachedCatalog, Catalog};
use ours::Bench;
use raw::Raw;
use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fs::File;
use std::hint::black_box;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use xshell::{Shell, cmd};

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

const MILLION: u64 = 1_000_000;
const ROUNDS: usize = 21;
const CREATES_PER_ROUND: u64 = 40;
const READS_PER_ROUND: u64 = 4000;
const WRITERS: u64 = 32;
/// What shares a commit when much is imported, here and in the raw comparison.
const BATCH: u64 = 512;

/// Prints a table of medians of paired rounds.
pub(crate) fn run(shell: &Shell) -> Result<(), Box<dyn Error>> {
    cmd!(shell, "cargo build --quiet --release --package lockkeeper-cli").quiet().run()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    // Beside the build's products and not in the system's place for temporary files, which may be memory.
    let folder = tempfile::tempdir_in(if Path::new("target").is_dir() { "target" } else { "." })?;
    let mut report = Report::default();
    let done: Outcome<()> = runtime.block_on(async {
        commits(folder.path(), &mut report).await?;
        cached(folder.path(), &mut report).await?;
        reads(folder.path(), &mut report).await?;
        report.print()
    });
    done.map_err(|error| -> Box<dyn Error> { error })
}

async fn commits(folder: &Path, report: &mut Report) -> Outcome<()> {
    let bench = Bench::open(&folder.join("commits.db"))?;
    let raw = Raw::open(&folder.join("commits-raw.db"))?;
    let sample = bench.sample(0)?;
    let (mut ratios, mut ours_all, mut raw_all) = (Vec::new(), Vec::new(), Vec::new());
    let mut next = 0;
    for round in 0..ROUNDS as u64 {
        let mut ours = Vec::new();
        let mut others = Vec::new();
        // In turns, so that both meet the same disk.
        for i in 0..CREATES_PER_ROUND {
            let started = Instant::now();
            raw.insert_one(round * CREATES_PER_ROUND + i, &sample)?;
            others.push(started.elapsed());
            let started = Instant::now();
            let b = bench.clone();
            tokio::spawn(async move { b.create(next).await }).await??;
            ours.push(started.elapsed());
            next += 1;
        }
        let (ours, others) = (median(&mut ours), median(&mut others));
        ratios.push(ours / others);
        ours_all.push(ours);
        raw_all.push(others);
    }
    let raw_time = median_of(&mut raw_all);
    report.add(
        "durable CREATE, 1 writer: time / raw commit",
        median_of(&mut ratios),
        "≤ 1.25",
        &format!("{:.0} µs / {:.0} µs", median_of(&mut ours_all) * 1e6, raw_time * 1e6),
    );

    let mut ratios = Vec::new();
    let (mut alone, mut together) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS / 2 {
        let one = bench.create_by(1, CREATES_PER_ROUND * 2, &mut next).await?;
        let many = bench.create_by(WRITERS, CREATES_PER_ROUND, &mut next).await?;
        ratios.push(many / one);
        alone.push(one);
        together.push(many);
    }
    report.add(
        "32 writers: rate / 1 writer",
        median_of(&mut ratios),
        "≥ 8",
        &format!("{:.0}/s / {:.0}/s", median_of(&mut together), median_of(&mut alone)),
    );
    Ok(())
}

async fn reads(folder: &Path, report: &mut Report) -> Outcome<()> {
    let small = Bench::open(&folder.join("small.db"))?;
    for i in 0..100 {
        small.create(i).await?;
    }
    let large = Bench::open(&folder.join("large.db"))?;
    let raw = Raw::open(&folder.join("large-raw.db"))?;
    let sample = large.sample(0)?;
    let rate = |count: u64, time: Duration| count as f64 / time.as_secs_f64();
    for batch in (0..MILLION).step_by(BATCH as usize) {
        large.create_series(batch..(batch + BATCH).min(MILLION)).await?;
    }
    let (started, script) = (Instant::now(), folder.join("import.sql"));
    raw.insert_many(0, MILLION, &sample)?;
    let others = rate(MILLION, started.elapsed());
    write_script(&script)?;
    let (time, memory) = import(folder, &script)?;
    let ours = rate(MILLION, time);
    report.add(
        "`lockkeeper sql -f` with 1,000,000 creations: rate / raw bulk insert",
        ours / others,
        "≥ 0.25",
        &format!("{ours:.0}/s / {others:.0}/s"),
    );
    report.add("the same: most memory of the program, in MB", memory as f64 / 1e3, "≤ 64", "");

    let raw_small = Raw::open(&folder.join("small-raw.db"))?;
    raw_small.insert_many(0, 100, &sample)?;
    for (name, bench, raw, count) in [("100", &small, &raw_small, 100), ("1,000,000", &large, &raw, MILLION)]
    {
        let (mut ratios, mut busy) = (Vec::new(), Vec::new());
        let (mut mine, mut theirs) = (Vec::new(), Vec::new());
        for round in 0..ROUNDS as u64 {
            let other = rate(READS_PER_ROUND, raw.read(READS_PER_ROUND, count, round)?);
            let b = bench.clone();
            let one = tokio::spawn(async move { b.resolve(READS_PER_ROUND, count, round).await });
            let one = rate(READS_PER_ROUND, one.await??);
            let all = rate(READS_PER_ROUND * 8, bench.resolve_by(8, READS_PER_ROUND, count).await?);
            ratios.push(one / other);
            busy.push(all / other);
            mine.push(one);
            theirs.push(other);
        }
        let rates = format!("{:.0}/s / {:.0}/s", median_of(&mut mine), median_of(&mut theirs));
        report.add(
            &format!("resolve, {name} connections, 1 caller: rate / raw reads of both rows"),
            median_of(&mut ratios),
            "≥ 0.5",
            &rates,
        );
        report.add(
            &format!("resolve, {name} connections, 8 callers: rate / raw reads of both rows"),
            median_of(&mut busy),
            "≥ 0.5",
            "",
        );
    }
    let mut ratios = Vec::new();
    let (mut few, mut many) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS as u64 {
        let in_small = small.resolve_p99(READS_PER_ROUND, 100, round).await?;
        let in_large = large.resolve_p99(READS_PER_ROUND, MILLION, round).await?;
        ratios.push(in_large / in_small);
        few.push(in_small);
        many.push(in_large);
    }
    let times = format!("{:.0} µs / {:.0} µs", median_of(&mut many) * 1e6, median_of(&mut few) * 1e6);
    report.add("resolve p99: time at 1,000,000 / at 100", median_of(&mut ratios), "≤ 2", &times);
    Ok(())
}

/// Resolves a few connections again and again, as a service does.
async fn cached(folder: &Path, report: &mut Report) -> Outcome<()> {
    const KEPT: u64 = 1000;
    let bench = Bench::open(&folder.join("cached.db"))?;
    bench.create_series(0..KEPT).await?;
    let cached = CachedCatalog::new(bench.store.clone(), 10 * KEPT as usize, Duration::from_secs(60));
    let paths = (0..KEPT).map(Bench::path).collect::<Outcome<Vec<_>>>()?;
    let mut rates = Vec::new();
    for round in 0..=ROUNDS as u64 {
        let started = Instant::now();
        for i in 0..READS_PER_ROUND * 10 {
            let path = &paths[pick(i, KEPT, round) as usize];
            black_box(cached.read(path).await?.ok_or("a connection is missing")?);
        }
        if round > 0 {
            rates.push((READS_PER_ROUND * 10) as f64 / started.elapsed().as_secs_f64());
        }
    }
    let rate = median_of(&mut rates);
    report.add("read of an entry from the cache, one core: million/s", rate / 1e6, "≥ 1", "");
    Ok(())
}

/// A script that creates connections, with values of the usual length.
fn write_script(path: &Path) -> Outcome<()> {
    let mut file = BufWriter::new(File::create(path)?);
    for i in 0..MILLION {
        writeln!(
            file,
            "CREATE CONNECTION `connection-{i:09}` COMMENT 'the model that summarises reviews' WITH ('type' = 'openai', \
             'endpoint' = 'https://api.example.com/v1/chat/completions', \
             'api-key' = 'made-up-key-of-the-usual-length-0123456789abcdef');"
        )?;
    }
    Ok(file.flush()?)
}

/// Runs a script with the program; returns the time, and the most memory in kB.
fn import(folder: &Path, script: &Path) -> Outcome<(Duration, u64)> {
    let mut command = Command::new(crate::workspace().join("target/release/lockkeeper"));
    command.args(["sql", "-f"]).arg(script).stdout(Stdio::null());
    command.env("LOCKKEEPER_STORE", folder.join("import/store.db"));
    command.env("LOCKKEEPER_KEY_FILE", folder.join("import-key"));
    Ok(measured(&mut command)?)
}

fn median(times: &mut [Duration]) -> f64 {
    times.sort();
    times[times.len() / 2].as_secs_f64()
}

fn median_of(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

#[derive(Default)]
struct Report {
    lines: BTreeMap<usize, String>,
    names: BTreeSet<String>,
}

impl Report {
    fn add(&mut self, name: &str, ratio: f64, wanted: &str, detail: &str) {
        if self.names.insert(name.to_owned()) {
            self.lines.insert(self.lines.len(), format!("| {name} | {ratio:.2} | {wanted} | {detail} |"));
        }
    }

    fn print(&self) -> Outcome<()> {
        let mut out = std::io::stdout().lock();
        writeln!(out, "| store | ratio | wanted | medians |\n|---|---|---|---|")?;
        for line in self.lines.values() {
            writeln!(out, "{line}")?;
        }
        Ok(())
    }
}

/// One of `count` in an order that no cache expects.
fn pick(i: u64, count: u64, seed: u64) -> u64 {
    let mixed = (i + seed * 7919).wrapping_mul(0x2545_f491_4f6c_dd1d);
    (mixed ^ mixed >> 29) % count
}
