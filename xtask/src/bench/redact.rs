//! Redaction of logs, against `sed`, `wc` and `rg` on the same file, and of texts made to be slow.

use super::{in_turns, ratio};
use crate::Failure;
use lockkeeper::redact::{Redactor, redact};
use std::fs::File;
use std::hint::black_box;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Bytes of each log.
const LOG: usize = 1 << 30;
/// Bytes of each text that is made to be slow.
const ADVERSE: usize = 16 << 20;
const CHUNK: usize = 1 << 18;
const ROUNDS: usize = 3;

/// What `sed` does to the lines with a secret.
const RULE: &str =
    "s/('(api-key|password|token|secret|client-secret|aws-secret-key)' *= *)'[^']*'/\\1'<REDACTED>'/g";
/// What `rg` looks for.
const ALTERNATIVES: &str =
    "api-key|password|token|client-secret|aws-secret-key|service-key|CREATE CONNECTION|ALTER CONNECTION";

/// Prints a table of ratios and the peak of this process's memory.
pub(crate) fn run() -> Result<(), Failure> {
    let folder = tempfile::tempdir()?;
    let sql = folder.path().join("sql.log");
    let plain = folder.path().join("plain.log");
    write_log(&sql, true)?;
    write_log(&plain, false)?;
    println!("| redact | GB/s | compared with | GB/s | ratio |");
    println!("|---|---|---|---|---|");
    let [ours, sed] = against(&sql, Command::new("sed").args(["-E", RULE]))?;
    row("SQL log, a secret in every tenth line", ours, "`sed -E`", sed);
    if Command::new("rg").arg("--version").stdout(Stdio::null()).status().is_ok() {
        let [ours, rg] = against(&sql, Command::new("rg").args(["-c", ALTERNATIVES]))?;
        row("the same", ours, "`rg -c`, 8 alternatives", rg);
    }
    let [plain_time, wc] = against(&plain, Command::new("wc").arg("-l"))?;
    row("log without SQL", plain_time, "`wc -l`", wc);
    let normal = ours.as_secs_f64() / LOG as f64;
    for (name, pattern) in ADVERSARIES {
        let time = adverse(pattern);
        println!(
            "| 16 MiB of {name} | {:.2} | SQL log, per byte | {:.2} | {:.2} × the time |",
            ADVERSE as f64 / time.as_secs_f64() / 1e9,
            1.0 / normal / 1e9,
            time.as_secs_f64() / ADVERSE as f64 / normal
        );
    }
    let statement = statement();
    let [time] = in_turns(15, 2000, [&mut || drop(black_box(redact(black_box(&statement))))]);
    println!("\none statement of {} bytes: {:.2} µs", statement.len(), time.as_secs_f64() * 1e6);
    if let Some(peak) = peak_memory() {
        println!("peak memory: {peak}");
    }
    Ok(())
}

const ADVERSARIES: [(&str, &str); 6] = [
    ("quotes", "'"),
    ("backslashes", "\\"),
    ("key words", "CREATE CONNECTION ALTER CONNECTION SET WITH ( "),
    ("pairs without an end", "'password' = 'a' = "),
    ("one statement that does not end", "'api-key' = 'made-up', "),
    ("broken statements", "CREATE CONNECTION c WITH ('api-key' = 'a\n;\n"),
];

/// The time of ours and of another program on one file, as medians of rounds in turns.
fn against(path: &Path, command: &mut Command) -> Result<[Duration; 2], Failure> {
    command.arg(path).stdout(Stdio::null()).stderr(Stdio::null());
    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..ROUNDS {
        let start = Instant::now();
        stream(File::open(path)?)?;
        times[0].push(start.elapsed());
        let start = Instant::now();
        command.status()?;
        times[1].push(start.elapsed());
    }
    Ok(times.map(|mut times| {
        times.sort_unstable();
        times[ROUNDS / 2]
    }))
}

fn stream(mut input: impl Read) -> Result<(), Failure> {
    let mut redactor = Redactor::new();
    let mut chunk = vec![0; CHUNK];
    let mut clean = Vec::new();
    loop {
        let length = input.read(&mut chunk)?;
        if length == 0 {
            redactor.finish(&mut clean);
            black_box(&clean);
            return Ok(());
        }
        redactor.push(&chunk[..length], &mut clean);
        black_box(&clean);
        clean.clear();
    }
}

/// The time for a pattern without an end, behind the beginning of a statement where it is part of one.
fn adverse(pattern: &str) -> Duration {
    let chunk = pattern.repeat(CHUNK / pattern.len());
    let mut redactor = Redactor::new();
    let mut clean = Vec::new();
    let start = Instant::now();
    if pattern.starts_with("'api-key'") {
        redactor.push(b"CREATE CONNECTION c WITH (", &mut clean);
    }
    for _ in 0..ADVERSE / CHUNK {
        redactor.push(chunk.as_bytes(), &mut clean);
        black_box(&clean);
        clean.clear();
    }
    redactor.finish(&mut clean);
    start.elapsed()
}

fn row(name: &str, ours: Duration, other: &str, theirs: Duration) {
    let speed = |time: Duration| LOG as f64 / time.as_secs_f64() / 1e9;
    println!(
        "| {name} | {:.2} | {other} | {:.2} | {:.2} × |",
        speed(ours),
        speed(theirs),
        ratio(theirs, ours)
    );
}

/// Writes a log of made-up lines, the same in every run.
fn write_log(path: &Path, sql: bool) -> Result<(), Failure> {
    let words = [
        "request",
        "served",
        "cache",
        "partition",
        "offset",
        "commit",
        "segment",
        "leader",
        "replica",
        "metadata",
        "update",
        "orders",
        "payments",
        "fetch",
        "retry",
        "thread",
        "queue",
        "checkpoint",
        "snapshot",
        "restored",
    ];
    let mut state = 7_u64;
    let mut roll = |sides: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % sides
    };
    let mut block = String::new();
    while block.len() < 4 << 20 {
        let time =
            format!("2026-11-23T{:02}:{:02}:{:02}.{:03}Z INFO ", roll(24), roll(60), roll(60), roll(1000));
        let host = format!("{}-{}.eu.example.com", words[roll(words.len())], roll(100));
        let word = words[roll(words.len())];
        let line = match roll(10) {
            0 if sql => format!(
                "sql CREATE CONNECTION c{} WITH ('type' = 'openai', 'endpoint' = 'https://{host}/v1/chat', 'api-key' = 'made-up-{}-{}');",
                roll(10_000),
                roll(1 << 30),
                roll(1 << 30)
            ),
            1..=3 if sql => format!(
                "sql SELECT o.id, o.total, c.name FROM orders o JOIN customers c ON o.cid = c.id WHERE c.region = 'eu-{}' LIMIT 100",
                roll(9)
            ),
            4..=6 if sql => {
                format!(
                    "sql INSERT INTO {word}_{} SELECT user_id, COUNT(*) AS n FROM clicks GROUP BY user_id",
                    roll(99)
                )
            }
            7 | 8 if sql => format!(
                "sql CREATE TABLE {word}_{} (id BIGINT, name STRING) WITH ('connector' = 'kafka', 'topic' = '{word}', 'format' = 'json')",
                roll(99)
            ),
            _ => format!(
                "[worker-{}] org.example.{word}: {} {} {} host={host} latency={}ms id={:08x}",
                roll(16),
                words[roll(words.len())],
                words[roll(words.len())],
                words[roll(words.len())],
                roll(2000),
                roll(1 << 31)
            ),
        };
        block.push_str(&time);
        block.push_str(&line);
        block.push('\n');
    }
    let mut file = File::create(path)?;
    let mut written = 0;
    while written < LOG {
        file.write_all(block.as_bytes())?;
        written += block.len();
    }
    Ok(())
}

fn statement() -> String {
    "CREATE CONNECTION IF NOT EXISTS `prod env`.`main cluster`.`issues` WITH (\n  'type' = 'REST',\n  \
     'endpoint' = 'https://api.example.com/v1/issues',\n  'token-endpoint' = 'https://login.example.com/oauth2/token',\n  \
     'client-id' = 'made-up-client-0123',\n  'client-secret' = 'made-up-7f3kq9-made-up-2m8xw4',\n  'scope' = 'issues.read')"
        .to_owned()
}

/// The most memory that this process has had, as Linux tells it.
fn peak_memory() -> Option<String> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    Some(line.trim_start_matches("VmHWM:").trim().to_owned())
}
