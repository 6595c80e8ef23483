//! Redaction of logs, against `sed`, `wc` and `rg` on the same file, and of texts made to be slow.

use super::{in_turns, measured, ratio};
use crate::Failure;
use lockkeeper::redact::{Redactor, redact};
use std::fs::{self, File};
use std::hint::black_box;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use xshell::{Shell, cmd};

/// Bytes of each log.
const LOG: usize = 1 << 30;
/// Bytes of each text that is made to be slow, and of what it is compared with.
const ADVERSE: usize = 16 << 20;
const CHUNK: usize = 1 << 17;
const ROUNDS: usize = 5;

/// What `sed` does to the lines with a secret.
const RULE: &str =
    "s/('(api-key|password|token|secret|client-secret|aws-secret-key)' *= *)'[^']*'/\\1'<REDACTED>'/g";
/// What `rg` looks for.
const ALTERNATIVES: &str =
    "api-key|password|token|client-secret|aws-secret-key|service-key|CREATE CONNECTION|ALTER CONNECTION";

/// Texts that repeat without an end; those that begin with a key are inside of one statement.
const ADVERSARIES: [(&str, &str); 9] = [
    ("quotes", "'"),
    ("one statement that does not end", "'api-key' = 'made-up', "),
    ("backslashes", "\\"),
    ("key words", "CREATE CONNECTION ALTER CONNECTION SET WITH ( "),
    ("key words without a sign", "CREATE CONNECTION ALTER CONNECTION "),
    ("signs of URLs", "?a=b&"),
    ("one statement of many lines", "'api-key' = 'made-up',\n"),
    ("pairs without an end", "'password' = 'a' = "),
    ("broken statements", "CREATE CONNECTION c WITH ('api-key' = 'a\n;\n"),
];

/// Prints a table of ratios and the most memory that the program had.
pub(crate) fn run(shell: &Shell) -> Result<(), Failure> {
    cmd!(shell, "cargo build --quiet --release --package lockkeeper-cli").quiet().run()?;
    let folder = tempfile::tempdir_in(crate::workspace().join("target"))?;
    let sql = folder.path().join("sql.log");
    let plain = folder.path().join("plain.log");
    write_log(&sql, true)?;
    write_log(&plain, false)?;
    let mut peak = 0;
    println!("| redact | GB/s | compared with | GB/s | ratio |");
    println!("|---|---|---|---|---|");
    let [ours, sed] = against(&sql, Command::new("sed").args(["-E", RULE]), &mut peak)?;
    row("SQL log, a secret in every tenth line", ours, "`sed -E`", sed);
    if Command::new("rg").arg("--version").stdout(Stdio::null()).status().is_ok() {
        let [ours, rg] = against(&sql, Command::new("rg").args(["-c", ALTERNATIVES]), &mut peak)?;
        row("the same", ours, "`rg -c`, 8 alternatives", rg);
    }
    let [ours, wc] = against(&plain, Command::new("wc").arg("-l"), &mut peak)?;
    row("log without SQL", ours, "`wc -l`", wc);

    let mut normal = fs::read(&sql)?;
    normal.truncate(ADVERSE);
    for (name, pattern) in ADVERSARIES {
        let text = adverse(pattern);
        let file = folder.path().join("adverse.log");
        fs::write(&file, &text)?;
        redact_file(&file, &mut peak)?;
        let [time, usual] = in_turns(3, 1, [&mut || stream(&text), &mut || stream(&normal)]);
        println!(
            "| 16 MiB of {name}, one thread | {:.2} | SQL log, one thread | {:.2} | {:.2} × the time |",
            speed(ADVERSE, time),
            speed(ADVERSE, usual),
            ratio(time, usual)
        );
    }
    let statement = statement();
    let [time] = in_turns(25, 4000, [&mut || drop(black_box(redact(black_box(&statement))))]);
    println!("\none statement of {} bytes: {:.2} µs", statement.len(), time.as_secs_f64() * 1e6);
    println!("most memory of the program, in all of these: {:.1} MB", peak as f64 / 1e3);
    Ok(())
}

/// The time of `lockkeeper redact` and of another program on one file, as medians of rounds in turns.
fn against(path: &Path, command: &mut Command, peak: &mut u64) -> Result<[Duration; 2], Failure> {
    command.arg(path).stdout(Stdio::null()).stderr(Stdio::null());
    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..ROUNDS {
        times[0].push(redact_file(path, peak)?);
        let start = Instant::now();
        command.status()?;
        times[1].push(start.elapsed());
    }
    Ok(times.map(|mut times| {
        times.sort_unstable();
        times[ROUNDS / 2]
    }))
}

/// Runs the program on a file; also notes its memory.
fn redact_file(path: &Path, peak: &mut u64) -> Result<Duration, Failure> {
    let mut command = Command::new(crate::workspace().join("target/release/lockkeeper"));
    command.arg("redact").stdin(File::open(path)?).stdout(Stdio::null());
    let (time, memory) = measured(&mut command)?;
    *peak = (*peak).max(memory);
    Ok(time)
}

/// Redacts a text in pieces, on one thread.
fn stream(text: &[u8]) {
    let mut redactor = Redactor::new();
    let mut clean = Vec::new();
    for chunk in text.chunks(CHUNK) {
        redactor.push(chunk, &mut clean);
        black_box(&clean);
        clean.clear();
    }
    redactor.finish(&mut clean);
    black_box(&clean);
}

/// A pattern without an end, behind the beginning of a statement where it is part of one.
fn adverse(pattern: &str) -> Vec<u8> {
    let head = if pattern.starts_with("'api-key'") { "CREATE CONNECTION c WITH (" } else { "" };
    let mut text = head.as_bytes().to_vec();
    while text.len() < ADVERSE {
        text.extend_from_slice(pattern.as_bytes());
    }
    text.truncate(ADVERSE);
    text
}

fn speed(bytes: usize, time: Duration) -> f64 {
    bytes as f64 / time.as_secs_f64() / 1e9
}

fn row(name: &str, ours: Duration, other: &str, theirs: Duration) {
    let (speed, peer) = (speed(LOG, ours), speed(LOG, theirs));
    println!("| {name} | {speed:.2} | {other} | {peer:.2} | {:.2} × |", ratio(theirs, ours));
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
    "CREATE CONNECTION IF NOT EXISTS `prod`.`main`.`issues` WITH (\n  'type' = 'REST',\n  \
     'endpoint' = 'https://api.example.com/issues',\n  'token-endpoint' = 'https://login.example.com/oauth2/token',\n  \
     'client-id' = 'made-up-client-0123',\n  'client-secret' = 'made-up-7f3kq9-made-up-2m8xw4',\n  'scope' = 'read')"
        .to_owned()
}
