//! Statements over 100,000 connections, against the same over 100.

use super::{median, ratio};
use crate::Failure;
use lockkeeper::store::{LocalKeys, SealedSecrets};
use lockkeeper::{Engine, Principal, Session};
use lockkeeper_sqlite::SqliteStore;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

const FEW: usize = 100;
const MANY: usize = 100_000;
const ROUNDS: usize = 101;
/// Sessions that fill a store together, so that they share commits.
const WRITERS: usize = 64;

/// Makes a statement for a store of that size, in that round.
type Statement<'a> = &'a dyn Fn(usize, usize) -> String;

/// Prints the time of each statement in both stores, and the ratio.
pub(crate) fn run() -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    // Beside the build's products and not in the system's place for temporary files, which may be memory.
    let folder = tempfile::tempdir_in(crate::workspace().join("target"))?;
    runtime.block_on(async {
        let few = filled(&folder.path().join("few/store.db"), FEW).await?;
        let many = filled(&folder.path().join("many/store.db"), MANY).await?;
        println!("| statement | {FEW} connections | {MANY} connections | ratio |");
        println!("|---|---|---|---|");
        let statements: [(&str, Statement<'_>); 4] = [
            ("`SHOW CONNECTIONS LIKE 'c00042%'`, few rows", &|_, _| {
                "SHOW CONNECTIONS LIKE 'c00042%'".to_owned()
            }),
            ("`DESCRIBE CONNECTION`", &|size, round| {
                format!("DESCRIBE CONNECTION {}", name(round * 977 % size))
            }),
            ("`CREATE CONNECTION`", &|_, round| create(&format!("new{round}"))),
            ("`DROP CONNECTION`", &|_, round| format!("DROP CONNECTION new{round}")),
        ];
        for (what, statement) in statements {
            let mut times: [Vec<Duration>; 2] = Default::default();
            for round in 0..ROUNDS {
                for (times, (engine, size)) in times.iter_mut().zip([(&few, FEW), (&many, MANY)]) {
                    let mut session = session(engine);
                    let start = Instant::now();
                    session.execute(&statement(size, round)).await?;
                    times.push(start.elapsed());
                }
            }
            let [few, many] = times.map(median);
            println!("| {what} | {few:.1?} | {many:.1?} | {:.2} × |", ratio(many, few));
        }
        Ok(())
    })
}

async fn filled(path: &Path, size: usize) -> Result<Engine, Failure> {
    let store = SqliteStore::open(path)?;
    let secrets = SealedSecrets::new(store.clone(), Arc::new(LocalKeys::generate()?));
    let engine = Engine::builder(store.clone(), Arc::new(secrets))?.audit(store).build();
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let mut session = session(&engine);
            tokio::spawn(async move {
                for number in (writer..size).step_by(WRITERS) {
                    session.execute(&create(&name(number))).await?;
                }
                Ok::<(), lockkeeper::Error>(())
            })
        })
        .collect();
    for writer in writers {
        writer.await??;
    }
    Ok(engine)
}

fn session(engine: &Engine) -> Session {
    engine.session(Principal::new("bench"))
}

fn name(number: usize) -> String {
    format!("c{number:06}")
}

fn create(name: &str) -> String {
    format!(
        "CREATE CONNECTION {name} WITH ('type' = 'openai', 'endpoint' = 'https://api.openai.com/v1/embeddings', \
         'api-key' = 'made-up-{name}')"
    )
}
