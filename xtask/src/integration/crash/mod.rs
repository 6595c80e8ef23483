//! The real program, killed at every step of a change and at random instants, and on disks that fail.
//!
//! A build with failpoints runs scripts of random statements and rotations of keys. After each blow the store must be
//! what the acknowledged statements make of it, or those and some of the next: statements share commits, and whoever is
//! killed may have no time left to say what is done.

mod blow;
mod change;

use super::Outcome;
use crate::Failure;
use crate::random::Random;
use crate::test::Counts;
use blow::{Blow, Fault};
use change::{Seen, State, draw};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};
use xshell::{Shell, cmd};

/// How many blows there are unless `--kills` or `LOCKKEEPER_KILLS` says otherwise.
const KILLS: u64 = 50;
/// How many blows one store goes through.
const KILLS_PER_STORE: u64 = 10;
const STATEMENTS: usize = 12;

/// Every step of the store and of the key file. Those at the end are reached by new stores and rotations only.
const STEPS: &[&str] = &[
    "before-begin",
    "after-entry",
    "after-blobs",
    "after-audit",
    "before-commit",
    "after-commit",
    "before-room-made",
    "after-room-made",
    "before-log-moved",
    "after-log-moved",
    "key-created",
    "key-swapped",
    "key-file-written",
    "key-file-put",
    "migration-begun",
    "migration-before-commit",
    "migration-committed",
];

/// A store, what it must hold, and the secrets that were ever given to it.
struct Victim {
    program: PathBuf,
    /// What makes calls fail, where it can be had.
    faults: Option<PathBuf>,
    folder: PathBuf,
    state: State,
    canaries: Vec<String>,
}

/// Builds the program with failpoints, and kills it again and again.
pub(super) fn run(shell: &Shell) -> Result<Outcome, Failure> {
    if !cfg!(unix) {
        return Ok(Outcome::Skipped("there is no SIGKILL".to_owned()));
    }
    let number = |name: &str| std::env::var(name).ok().and_then(|number| number.parse().ok());
    let asked = std::env::args().skip_while(|argument| argument != "--kills").nth(1);
    let asked = asked.map(|kills| kills.parse()).transpose()?;
    let kills = asked.or(number("LOCKKEEPER_KILLS")).unwrap_or(KILLS);
    let seed = number("LOCKKEEPER_SEED").unwrap_or(1);
    println!("{kills} blows from seed {seed}; others by --kills and LOCKKEEPER_SEED");
    let folder = crate::workspace().join("target/integration/crash");
    fs::create_dir_all(&folder)?;
    let folder = folder.canonicalize()?;
    cmd!(shell, "cargo build --quiet --package lockkeeper-cli --features failpoints").quiet().run()?;
    let program = folder.join("lockkeeper");
    fs::copy(crate::workspace().join("target/debug/lockkeeper"), &program)?;
    // The ordinary program goes back to its place.
    cmd!(shell, "cargo build --quiet --package lockkeeper-cli").quiet().run()?;

    let faults = blow::faults(shell, &folder);
    if faults.is_none() {
        println!(
            "SKIPPED failing disks, which need Linux with glibc and a C compiler: kills take their place"
        );
    }
    let mut random = Random::new(seed);
    let mut killed = BTreeMap::<&str, u64>::new();
    let mut done = 0;
    let begun = Instant::now();
    while done < kills {
        let store = folder.join(format!("store-{done}"));
        let _ = fs::remove_dir_all(&store);
        fs::create_dir_all(&store)?;
        let mut victim = Victim {
            program: program.clone(),
            faults: faults.clone(),
            folder: store.clone(),
            state: State::new(),
            canaries: Vec::new(),
        };
        for _ in 0..KILLS_PER_STORE.min(kills - done) {
            let step = victim.strike(&mut random, done as usize).map_err(|failure| {
                format!(
                    "after {done} blows from seed {seed}: {failure}; the store is kept in {}",
                    store.display()
                )
            })?;
            *killed.entry(step).or_default() += 1;
            done += 1;
        }
        fs::remove_dir_all(&store)?;
    }
    println!("{done} blows in {:.0?}: {killed:?}", begun.elapsed());
    Ok(Outcome::Ran(Counts { passed: done, ..Counts::default() }))
}

impl Victim {
    /// Runs until it was struck, looks at what is left, and says how it was struck.
    fn strike(&mut self, random: &mut Random, number: usize) -> Result<&'static str, Failure> {
        // Every second blow is at a step; the others are at a random instant or from the disk.
        let step = number.is_multiple_of(2).then(|| STEPS[number / 2 % STEPS.len()]);
        let fault = match (step, number % 8) {
            (None, 3) if self.faults.is_some() => Some(Fault::Lost),
            (None, 7) if self.faults.is_some() => Some(Fault::Full),
            _ => None,
        };
        if step.is_some_and(|step| step.starts_with("migration")) {
            // Only a new store gets there.
            for part in ["store", "key"] {
                let _ = fs::remove_dir_all(self.folder.join(part));
            }
            self.state.clear();
        }
        for attempt in 0..200 {
            let rotates = step.is_some_and(|step| step.starts_with("key-file") || step == "key-swapped")
                || random.below(4) == 0 && step.is_none_or(|step| !step.starts_with("migration"));
            let blow = match (step, fault) {
                // A new store is made once, and some steps are rare.
                (Some(step), _) if step.starts_with("migration") || attempt >= 10 => Blow::At(step, 1),
                (Some(step), _) => Blow::At(step, 1 + random.below(6)),
                (None, Some(fault)) => Blow::Fault(fault, 1 + random.below(60 >> attempt.min(5))),
                (None, None) => Blow::After(Duration::from_micros(random.below(60_000) as u64)),
            };
            let was_struck = match rotates {
                true => self.rotate(&blow)?,
                false => self.change(random, &blow)?,
            };
            self.check().map_err(|failure| format!("{blow:?}: {failure}"))?;
            if was_struck {
                return Ok(match fault {
                    Some(Fault::Lost) => "lost sync",
                    Some(Fault::Full) => "full disk",
                    None => step.unwrap_or("random instant"),
                });
            }
        }
        Err(format!("step {step:?} is never reached").into())
    }

    /// Runs statements, and takes over into the state what they must have done. Returns whether it was struck.
    fn change(&mut self, random: &mut Random, blow: &Blow) -> Result<bool, Failure> {
        let mut states = vec![self.state.clone()];
        let mut script = String::new();
        for _ in 0..STATEMENTS {
            let canary = format!("Canary{:016x}{:016x}", random.next(), random.next());
            // Words, as a number in hexadecimal is masked like a token.
            let comment = format!("change {}", random.below(100_000));
            let before = states.last().cloned().unwrap_or_default();
            let (change, after) = draw(random, &before, &comment);
            script.push_str(&change.sql(&comment, &canary));
            states.push(after);
            self.canaries.push(canary);
        }
        let mut command = self.command(&["sql", "--format", "json"]);
        let (output, was_struck) = blow.run(&mut command, self.faults.as_deref(), script.as_bytes())?;
        let text = String::from_utf8_lossy(&output.stdout);
        // Half a line is no acknowledgement.
        let lines: Vec<&str> = text.split_inclusive('\n').filter(|line| line.ends_with('\n')).collect();
        let done = lines.iter().take_while(|line| line.contains(r#""status":"ok""#)).count();
        let may_fail = was_struck && matches!(blow, Blow::Fault(..)) && output.status.code() == Some(3);
        if let Some(line) = lines.get(done)
            && !may_fail
        {
            return Err(format!("a statement failed: {line}").into());
        }
        if !was_struck && done != STATEMENTS {
            return Err(format!("{done} statements were acknowledged: {}", text_of(&output)).into());
        }
        let candidates = &states[done..];
        let found = self.look()?;
        match candidates.iter().find(|state| **state == found) {
            Some(state) => self.state = state.clone(),
            None => {
                return Err(format!(
                    "after {done} acknowledged statements: found {found:?}, expected one of {candidates:?}"
                )
                .into());
            }
        }
        Ok(was_struck)
    }

    /// Rotates keys; the connections stay as they are.
    fn rotate(&mut self, blow: &Blow) -> Result<bool, Failure> {
        let faults = self.faults.as_deref();
        if !self.folder.join("key/key").exists() {
            let (output, was_struck) = blow.run(&mut self.command(&["key", "init"]), faults, b"")?;
            if was_struck {
                return Ok(true);
            }
            succeeded(&output)?;
        }
        let (output, was_struck) =
            blow.run(&mut self.command(&["key", "rotate", "--data-key"]), faults, b"")?;
        match was_struck {
            true => Ok(true),
            false => succeeded(&output).map(|()| false),
        }
    }

    /// What must hold after any blow: the state, every secret opens, nothing is left over, the file is sound, keys can
    /// be rotated on, and nothing readable is on disk.
    fn check(&self) -> Result<(), Failure> {
        let found = self.look()?;
        if found != self.state {
            return Err(format!("found {found:?}, expected {:?}", self.state).into());
        }
        self.succeeds(&["verify", "--deep"], b"")?;
        let validate: String = self.state.keys().map(|name| format!("VALIDATE CONNECTION {name};")).collect();
        self.succeeds(&["sql"], validate.as_bytes())?;
        if self.folder.join("key/key").exists() {
            self.succeeds(&["key", "rewrap"], b"")?;
        }
        let swept = self.succeeds(&["sweep", "--grace", "0"], b"")?;
        if !swept.contains("0 too young to judge, 0 destroyed") {
            return Err(format!("a secret had no connection: {swept}").into());
        }
        self.succeeds(&["verify", "--deep"], b"")?;
        self.search(&self.folder)
    }

    /// All connections as they are described.
    fn look(&self) -> Result<State, Failure> {
        let names = self.succeeds(&["sql", "--format", "csv"], b"SHOW CONNECTIONS")?;
        let mut state = State::new();
        let describe: String =
            names.lines().skip(1).map(|name| format!("DESCRIBE CONNECTION EXTENDED {name};")).collect();
        let described = self.succeeds(&["sql", "--format", "csv"], describe.as_bytes())?;
        let mut of_name = names.lines().skip(1);
        let (mut comment, mut revision, mut secret_version) = (String::new(), 0, 0);
        for line in described.lines() {
            match line.split_once(',') {
                Some(("comment", value)) => value.clone_into(&mut comment),
                Some(("revision", value)) => revision = value.parse()?,
                Some(("secret-version", value)) => secret_version = value.parse()?,
                // The last one of each.
                Some(("temporary", _)) => {
                    let name = of_name.next().unwrap_or_default().to_owned();
                    state.insert(name, Seen { comment: comment.clone(), revision, secret_version });
                }
                _ => {}
            }
        }
        Ok(state)
    }

    /// Searches every file for every secret.
    fn search(&self, folder: &Path) -> Result<(), Failure> {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                self.search(&path)?;
                continue;
            }
            let bytes = fs::read(&path)?;
            // Every secret begins like this, so one search finds them all.
            if bytes.windows(6).any(|window| window == b"Canary") {
                return Err(format!("a secret stands in {}", path.display()).into());
            }
        }
        Ok(())
    }

    fn succeeds(&self, arguments: &[&str], input: &[u8]) -> Result<String, Failure> {
        let (output, _) = Blow::Nothing.run(&mut self.command(arguments), None, input)?;
        succeeded(&output).map_err(|failure| format!("{arguments:?}: {failure}"))?;
        Ok(String::from_utf8(output.stdout)?)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(arguments)
            .env_clear()
            .env("LOCKKEEPER_STORE", self.folder.join("store/store.db"))
            .env("LOCKKEEPER_KEY_FILE", self.folder.join("key/key"))
            .current_dir(&self.folder);
        command
    }
}

fn succeeded(output: &Output) -> Result<(), Failure> {
    match output.status.success() {
        true => Ok(()),
        false => Err(format!("{}: {}", output.status, text_of(output)).into()),
    }
}

fn text_of(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}
