//! The store against raw SQLite, on one disk and in one run.

use lockkeeper_model::{Connection, ConnectionPath, Identifier, OptionKey, SecretValue};
use lockkeeper_sqlite::SqliteStore;
use lockkeeper_store::{
    AuditEvent, Binding, BlobKey, Catalog, ConnectionUid, Edit, Entry, LocalKeys, NewSecret, Riders,
    SealedSecrets, SecretId, SecretStore, default_database,
};
use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

const MILLION: u64 = 1_000_000;
const ROUNDS: usize = 21;
const CREATES_PER_ROUND: u64 = 40;
const READS_PER_ROUND: u64 = 4000;
const WRITERS: u64 = 32;
/// What shares a commit when much is imported, here and in the raw comparison.
const BATCH: u64 = 512;

/// Prints a table of medians of paired rounds.
pub(crate) fn run() -> Result<(), Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    // Beside the build's products and not in the system's place for temporary files, which may be memory.
    let folder = tempfile::tempdir_in(if Path::new("target").is_dir() { "target" } else { "." })?;
    let mut report = Report::default();
    let done: Outcome<()> = runtime.block_on(async {
        commits(folder.path(), &mut report).await?;
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
    // In turns of a tenth, so that both meet the same disk.
    let (mut ours, mut others, mut next) = (Duration::ZERO, Duration::ZERO, 0);
    for tenth in 0..10 {
        let started = Instant::now();
        large.create_by(BATCH, MILLION / 10 / BATCH + 1, &mut next).await?;
        ours += started.elapsed();
        let started = Instant::now();
        raw.insert_many(tenth * (MILLION / 10), MILLION / 10, &sample)?;
        others += started.elapsed();
    }
    let rate = |count: u64, time: Duration| count as f64 / time.as_secs_f64();
    let (ours, others) = (rate(next, ours), rate(MILLION, others));
    report.add(
        "import of 1,000,000: rate / raw bulk insert",
        ours / others,
        "≥ 0.25",
        &format!("{ours:.0}/s / {others:.0}/s"),
    );

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

/// A store with its keys.
#[derive(Clone)]
struct Bench {
    store: Arc<SqliteStore>,
    secrets: Arc<SealedSecrets>,
    connection: Connection,
}

impl Bench {
    fn open(path: &Path) -> Outcome<Self> {
        let store = SqliteStore::open(path)?;
        let secrets = Arc::new(SealedSecrets::new(store.clone(), Arc::new(LocalKeys::generate()?)));
        let connection = serde_json::from_value(serde_json::json!({
            "type": "OPENAI",
            "endpoint": "https://api.example.com/v1/chat/completions",
            "auth": "API_KEY",
            "sealed": ["api-key"],
            "comment": "the model that summarises reviews",
        }))?;
        Ok(Self { store, secrets, connection })
    }

    fn path(i: u64) -> Outcome<ConnectionPath> {
        let name = format!("connection-{i:09}");
        Ok(default_database().connection(Identifier::new(name)?))
    }

    fn uid(i: u64) -> ConnectionUid {
        ConnectionUid::from_bytes((u128::from(i) << 64 | 0x5eed).to_be_bytes())
    }

    fn secret_id(i: u64) -> SecretId {
        SecretId::from_bytes((0x0190_0000_0000_u128 << 80 | u128::from(i)).to_be_bytes())
    }

    fn binding(&self, i: u64) -> Binding {
        Binding {
            connection: Self::uid(i),
            option: OptionKey::ApiKey,
            destination: self.connection.destination(),
        }
    }

    fn entry(&self, i: u64) -> Outcome<Entry> {
        let now = "2026-01-02T03:04:05.678Z".parse()?;
        Ok(Entry {
            path: Self::path(i)?,
            uid: Self::uid(i),
            revision: 1,
            secret_version: 1,
            created: now,
            altered: now,
            connection: self.connection.clone(),
            secrets: BTreeMap::from([(OptionKey::ApiKey, Self::secret_id(i))]),
        })
    }

    fn audit(&self, entry: &Entry) -> AuditEvent {
        AuditEvent {
            time: entry.created,
            principal: "alice".to_owned(),
            action: "CREATE_CONNECTION".to_owned(),
            target: Some(entry.path.to_string()),
            outcome: "ok".to_owned(),
            revision: Some(1),
        }
    }

    /// As many bytes as one creation writes.
    fn sample(&self, i: u64) -> Outcome<Sample> {
        let entry = self.entry(i)?;
        let audit = serde_json::to_vec(&self.audit(&entry))?.len() + 32;
        Ok(Sample {
            entry: vec![b'e'; serde_json::to_vec(&entry)?.len() + audit],
            blob: vec![b'b'; 110 + 39],
        })
    }

    async fn create(&self, i: u64) -> Outcome<()> {
        let entry = self.entry(i)?;
        let secret = NewSecret {
            id: Self::secret_id(i),
            binding: self.binding(i),
            value: SecretValue::copy_of("made-up-key-of-the-usual-length-0123456789abcdef"),
        };
        let written = self.secrets.write(vec![secret], Catalog::identity(&*self.store)).await?;
        let riders = Riders { written, removed: Vec::new(), audit: Some(self.audit(&entry)) };
        Ok(self.store.commit(Edit::Create(entry), riders).await?)
    }

    /// Creates `each` connections by each of `writers` at once; returns the rate.
    async fn create_by(&self, writers: u64, each: u64, next: &mut u64) -> Outcome<f64> {
        let started = Instant::now();
        let mut tasks = Vec::new();
        for writer in 0..writers {
            let (bench, first) = (self.clone(), *next + writer * each);
            tasks.push(tokio::spawn(async move {
                for i in first..first + each {
                    bench.create(i).await?;
                }
                Outcome::Ok(())
            }));
        }
        for task in tasks {
            task.await??;
        }
        *next += writers * each;
        Ok((writers * each) as f64 / started.elapsed().as_secs_f64())
    }

    async fn resolve_one(&self, i: u64) -> Outcome<()> {
        let entry = Catalog::read(&*self.store, &Self::path(i)?).await?.ok_or("a connection is missing")?;
        let binding = Binding {
            connection: entry.uid,
            option: OptionKey::ApiKey,
            destination: entry.connection.destination(),
        };
        self.secrets.open(entry.secrets[&OptionKey::ApiKey], &binding).await?;
        Ok(())
    }

    async fn resolve(&self, reads: u64, count: u64, seed: u64) -> Outcome<Duration> {
        let started = Instant::now();
        for i in 0..reads {
            self.resolve_one(pick(i, count, seed)).await?;
        }
        Ok(started.elapsed())
    }

    async fn resolve_by(&self, callers: u64, each: u64, count: u64) -> Outcome<Duration> {
        let started = Instant::now();
        let mut tasks = Vec::new();
        for seed in 0..callers {
            let bench = self.clone();
            tasks.push(tokio::spawn(async move { bench.resolve(each, count, seed).await }));
        }
        for task in tasks {
            task.await??;
        }
        Ok(started.elapsed())
    }

    async fn resolve_p99(&self, reads: u64, count: u64, seed: u64) -> Outcome<f64> {
        let mut times = Vec::new();
        for i in 0..reads {
            let started = Instant::now();
            self.resolve_one(pick(i, count, seed)).await?;
            times.push(started.elapsed());
        }
        times.sort();
        Ok(times[times.len() * 99 / 100].as_secs_f64())
    }
}

struct Sample {
    entry: Vec<u8>,
    blob: Vec<u8>,
}

/// SQLite without anything of ours, with the same durability.
struct Raw {
    connection: rusqlite::Connection,
}

impl Raw {
    fn open(path: &Path) -> Outcome<Self> {
        let connection = rusqlite::Connection::open(path)?;
        connection.execute_batch(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;
             CREATE TABLE entries (name BLOB PRIMARY KEY, body BLOB) WITHOUT ROWID;
             CREATE TABLE blobs (key BLOB PRIMARY KEY, bytes BLOB) WITHOUT ROWID;
             CREATE TABLE one (id INTEGER PRIMARY KEY, bytes BLOB);",
        )?;
        Ok(Self { connection })
    }

    /// The same bytes as one row in one commit.
    fn insert_one(&self, i: u64, sample: &Sample) -> Outcome<()> {
        let bytes = [&sample.entry[..], &sample.blob].concat();
        let mut statement = self.connection.prepare_cached("INSERT INTO one VALUES (?1, ?2)")?;
        statement.execute((i as i64, bytes))?;
        Ok(())
    }

    /// The same bytes as two rows under the same keys, a batch in each commit.
    fn insert_many(&self, first: u64, count: u64, sample: &Sample) -> Outcome<()> {
        for batch in (first..first + count).step_by(BATCH as usize) {
            let transaction = self.connection.unchecked_transaction()?;
            let mut entries = transaction.prepare_cached("INSERT INTO entries VALUES (?1, ?2)")?;
            let mut blobs = transaction.prepare_cached("INSERT INTO blobs VALUES (?1, ?2)")?;
            for i in batch..(batch + BATCH).min(first + count) {
                entries.execute((Bench::path(i)?.name.as_str().as_bytes(), &sample.entry))?;
                blobs.execute((BlobKey::of_secret(Bench::secret_id(i)).as_str().as_bytes(), &sample.blob))?;
            }
            drop((entries, blobs));
            transaction.commit()?;
        }
        Ok(())
    }

    fn read(&self, reads: u64, count: u64, seed: u64) -> Outcome<Duration> {
        let started = Instant::now();
        for i in 0..reads {
            let i = pick(i, count, seed);
            let mut entries = self.connection.prepare_cached("SELECT body FROM entries WHERE name = ?1")?;
            let _: Vec<u8> =
                entries.query_row([Bench::path(i)?.name.as_str().as_bytes()], |row| row.get(0))?;
            let mut blobs = self.connection.prepare_cached("SELECT bytes FROM blobs WHERE key = ?1")?;
            let key = BlobKey::of_secret(Bench::secret_id(i));
            let _: Vec<u8> = blobs.query_row([key.as_str().as_bytes()], |row| row.get(0))?;
        }
        Ok(started.elapsed())
    }
}

/// One of `count` in an order that no cache expects.
fn pick(i: u64, count: u64, seed: u64) -> u64 {
    let mixed = (i + seed * 7919).wrapping_mul(0x2545_f491_4f6c_dd1d);
    (mixed ^ mixed >> 29) % count
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
