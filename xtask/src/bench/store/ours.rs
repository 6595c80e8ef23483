//! A store with its keys, and the connections that are put into it.

use super::raw::Sample;
use super::{Outcome, pick};
use lockkeeper_model::{Connection, ConnectionPath, Identifier, OptionKey, SecretValue};
use lockkeeper_sqlite::{Options, SqliteStore};
use lockkeeper_store::{
    AuditEvent, Binding, Catalog, ConnectionUid, Edit, Entry, LocalKeys, NewSecret, Riders, SealedSecrets,
    SecretId, SecretStore, WithSecrets, default_database,
};
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

/// A store with its keys.
#[derive(Clone)]
pub(super) struct Bench {
    pub(super) store: Arc<SqliteStore>,
    secrets: Arc<SealedSecrets>,
    connection: Connection,
}

impl Bench {
    pub(super) fn open(path: &Path) -> Outcome<Self> {
        // As the program has it.
        let mut options = Options::default();
        options.commits_here = true;
        let store = SqliteStore::open_with(path, options)?;
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

    pub(super) fn path(i: u64) -> Outcome<ConnectionPath> {
        let name = format!("connection-{i:09}");
        Ok(default_database().connection(Identifier::new(name)?))
    }

    pub(super) fn uid(i: u64) -> ConnectionUid {
        ConnectionUid::from_bytes((u128::from(i) << 64 | 0x5eed).to_be_bytes())
    }

    pub(super) fn secret_id(i: u64) -> SecretId {
        SecretId::from_bytes((0x0190_0000_0000_u128 << 80 | u128::from(i)).to_be_bytes())
    }

    pub(super) fn binding(&self, i: u64) -> Binding {
        Binding {
            connection: Self::uid(i),
            option: OptionKey::ApiKey,
            destination: self.connection.destination(),
        }
    }

    pub(super) fn entry(&self, i: u64) -> Outcome<Entry> {
        let now = "2026-01-02T03:04:05.678Z".parse()?;
        Ok(Entry {
            path: Self::path(i)?,
            uid: Self::uid(i),
            revision: 1,
            secret_version: 1,
            created: now,
            altered: now,
            connection: self.connection.clone(),
            // As the program has them, by time: those of writers at work together are together.
            secrets: BTreeMap::from([(OptionKey::ApiKey, SecretId::new(SystemTime::now().try_into()?)?)]),
        })
    }

    pub(super) fn audit(&self, entry: &Entry) -> AuditEvent {
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
    pub(super) fn sample(&self, i: u64) -> Outcome<Sample> {
        let entry = self.entry(i)?;
        let audit = serde_json::to_vec(&self.audit(&entry))?.len() + 32;
        Ok(Sample {
            entry: vec![b'e'; serde_json::to_vec(&entry)?.len() + audit],
            blob: vec![b'b'; 110 + 39],
        })
    }

    pub(super) async fn create(&self, i: u64) -> Outcome<()> {
        let (entry, riders) = self.creation(i).await?;
        Ok(self.store.commit(Edit::Create(entry), riders).await?)
    }

    pub(super) async fn creation(&self, i: u64) -> Outcome<(Entry, Riders)> {
        let entry = self.entry(i)?;
        let secret = NewSecret {
            id: entry.secrets[&OptionKey::ApiKey],
            binding: self.binding(i),
            value: SecretValue::copy_of("made-up-key-of-the-usual-length-0123456789abcdef"),
        };
        let written = self.secrets.write(vec![secret], Catalog::identity(&*self.store)).await?;
        let riders = Riders { written, removed: Vec::new(), audit: Some(self.audit(&entry)) };
        Ok((entry, riders))
    }

    /// Creates connections in one commit.
    pub(super) async fn create_series(&self, range: Range<u64>) -> Outcome<()> {
        let mut edits = Vec::new();
        for i in range {
            let (entry, riders) = self.creation(i).await?;
            edits.push((Edit::Create(entry), riders));
        }
        Ok(self.store.commit_series(edits).await.1?)
    }

    /// Creates `each` connections by each of `writers` at once; returns the rate.
    pub(super) async fn create_by(&self, writers: u64, each: u64, next: &mut u64) -> Outcome<f64> {
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

    pub(super) async fn resolve_one(&self, i: u64) -> Outcome<()> {
        let found = self.store.read_with_secrets(&Self::path(i)?).await?;
        let WithSecrets { entry, sealed } = found.ok_or("a connection is missing")?;
        let binding = Binding {
            connection: entry.uid,
            option: OptionKey::ApiKey,
            destination: entry.connection.destination(),
        };
        let (id, bytes) = sealed.first().ok_or("a secret is missing")?;
        self.secrets.open_sealed(*id, &binding, bytes).await?;
        Ok(())
    }

    pub(super) async fn resolve(&self, reads: u64, count: u64, seed: u64) -> Outcome<Duration> {
        let started = Instant::now();
        for i in 0..reads {
            self.resolve_one(pick(i, count, seed)).await?;
        }
        Ok(started.elapsed())
    }

    pub(super) async fn resolve_by(&self, callers: u64, each: u64, count: u64) -> Outcome<Duration> {
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

    pub(super) async fn resolve_p99(&self, reads: u64, count: u64, seed: u64) -> Outcome<f64> {
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
