//! The real program, killed at every step of a change and at random instants.
//!
//! A build with failpoints runs scripts of random statements and rotations of keys. After each kill the store must be
//! what the acknowledged statements make of it, or that and the one statement that was under way.

use super::Outcome;
use crate::Failure;
use crate::random::Random;
use crate::test::Counts;
use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};
use xshell::{Shell, cmd};

/// How many kills there are unless `--kills` or `LOCKKEEPER_KILLS` says otherwise.
const KILLS: u64 = 50;
/// How many kills one store goes through.
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
    "key-created",
    "key-swapped",
    "key-file-written",
    "key-file-put",
    "migration-begun",
    "migration-before-commit",
    "migration-committed",
];

/// What is known of a connection from outside: it tells all states of one name apart.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Seen {
    comment: String,
    revision: u64,
    secret_version: u64,
}

type State = BTreeMap<String, Seen>;

/// A store, what it must hold, and the secrets that were ever given to it.
struct Victim {
    program: PathBuf,
    folder: PathBuf,
    state: State,
    canaries: Vec<String>,
}

enum Change {
    Create(String),
    Replace(String),
    Alter(String),
    Rename(String, String),
    Drop(String),
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
    println!("{kills} kills from seed {seed}; others by --kills and LOCKKEEPER_SEED");
    let folder = crate::workspace().join("target/integration/crash");
    fs::create_dir_all(&folder)?;
    let folder = folder.canonicalize()?;
    cmd!(shell, "cargo build --quiet --package lockkeeper-cli --features failpoints").quiet().run()?;
    let program = folder.join("lockkeeper");
    fs::copy(crate::workspace().join("target/debug/lockkeeper"), &program)?;
    // The ordinary program goes back to its place.
    cmd!(shell, "cargo build --quiet --package lockkeeper-cli").quiet().run()?;

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
            folder: store.clone(),
            state: State::new(),
            canaries: Vec::new(),
        };
        for _ in 0..KILLS_PER_STORE.min(kills - done) {
            let step = victim.kill(&mut random, done as usize).map_err(|failure| {
                format!(
                    "after {done} kills from seed {seed}: {failure}; the store is kept in {}",
                    store.display()
                )
            })?;
            *killed.entry(step).or_default() += 1;
            done += 1;
        }
        fs::remove_dir_all(&store)?;
    }
    println!("{done} kills in {:.0?}: {killed:?}", begun.elapsed());
    Ok(Outcome::Ran(Counts { passed: done, ..Counts::default() }))
}

impl Victim {
    /// Runs until one kill happened, looks at what is left, and says where it was.
    fn kill(&mut self, random: &mut Random, number: usize) -> Result<&'static str, Failure> {
        // Every second kill is at a random instant.
        let step = number.is_multiple_of(2).then(|| STEPS[number / 2 % STEPS.len()]);
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
            let plan = match step {
                // A new store is made once, and some steps are rare.
                Some(step) if step.starts_with("migration") || attempt >= 10 => Plan::At(step, 1),
                Some(step) => Plan::At(step, 1 + random.below(6)),
                None => Plan::After(Duration::from_micros(random.below(60_000) as u64)),
            };
            let was_killed = match rotates {
                true => self.rotate(&plan)?,
                false => self.change(random, &plan)?,
            };
            self.check().map_err(|failure| format!("{plan:?}: {failure}"))?;
            if was_killed {
                return Ok(step.unwrap_or("random instant"));
            }
        }
        Err(format!("step {step:?} is never reached").into())
    }

    /// Runs statements, and takes over into the state what they must have done. Returns whether it was killed.
    fn change(&mut self, random: &mut Random, plan: &Plan) -> Result<bool, Failure> {
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
        let output = plan.run(&mut command, script.as_bytes())?;
        let text = String::from_utf8_lossy(&output.stdout);
        // Half a line is no acknowledgement.
        let lines: Vec<&str> = text.split_inclusive('\n').filter(|line| line.ends_with('\n')).collect();
        if let Some(line) = lines.iter().find(|line| !line.contains(r#""status":"ok""#)) {
            return Err(format!("a statement failed: {line}").into());
        }
        let was_killed = output.status.code().is_none();
        if !was_killed && lines.len() != STATEMENTS {
            return Err(format!("{} statements were acknowledged: {}", lines.len(), text_of(&output)).into());
        }
        let candidates = &states[lines.len()..states.len().min(lines.len() + 2)];
        let found = self.look()?;
        match candidates.iter().find(|state| **state == found) {
            Some(state) => self.state = state.clone(),
            None => {
                let acknowledged = lines.len();
                return Err(format!(
                    "after {acknowledged} acknowledged statements: found {found:?}, expected one of {candidates:?}"
                )
                .into());
            }
        }
        Ok(was_killed)
    }

    /// Rotates keys; the connections stay as they are.
    fn rotate(&mut self, plan: &Plan) -> Result<bool, Failure> {
        if !self.folder.join("key/key").exists() {
            let mut command = self.command(&["key", "init"]);
            let output = plan.run(&mut command, b"")?;
            if output.status.code().is_none() {
                return Ok(true);
            }
            succeeded(&output)?;
        }
        let output = plan.run(&mut self.command(&["key", "rotate", "--data-key"]), b"")?;
        match output.status.code() {
            None => Ok(true),
            Some(_) => succeeded(&output).map(|()| false),
        }
    }

    /// What must hold after any kill: the state, every secret opens, nothing is left over, the file is sound, keys can
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
        let output = Plan::ToTheEnd.run(&mut self.command(arguments), input)?;
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

/// When a run ends.
#[derive(Debug)]
enum Plan {
    /// At a step, reached for the nth time.
    At(&'static str, usize),
    /// After some time.
    After(Duration),
    ToTheEnd,
}

impl Plan {
    fn run(&self, command: &mut Command, input: &[u8]) -> Result<Output, Failure> {
        if let Self::At(step, count) = self {
            command.env("LOCKKEEPER_FAILPOINT", format!("{step}:{count}"));
        }
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            // One that was killed reads nothing any more.
            let _ = stdin.write_all(input);
        }
        if let Self::After(time) = self {
            std::thread::sleep(*time);
            child.kill()?;
        }
        Ok(child.wait_with_output()?)
    }
}

impl Change {
    fn sql(&self, comment: &str, canary: &str) -> String {
        let create = |verb, name| {
            format!(
                "{verb} CONNECTION {name} COMMENT '{comment}' WITH ('type' = 'openai', \
                 'endpoint' = 'http://127.0.0.1:9/v1', 'api-key' = '{canary}');\n"
            )
        };
        match self {
            Self::Create(name) => create("CREATE", name),
            Self::Replace(name) => create("CREATE OR REPLACE", name),
            Self::Alter(name) => format!("ALTER CONNECTION {name} SET ('api-key' = '{canary}');\n"),
            Self::Rename(from, to) => format!("ALTER CONNECTION {from} RENAME TO {to};\n"),
            Self::Drop(name) => format!("DROP CONNECTION {name};\n"),
        }
    }
}

/// A change that succeeds on a state, and the state after it.
fn draw(random: &mut Random, before: &State, comment: &str) -> (Change, State) {
    let mut state = before.clone();
    let fresh = Seen { comment: comment.to_owned(), revision: 1, secret_version: 1 };
    let name = format!("n{}", random.below(6));
    let Some(old) = before.get(&name) else {
        state.insert(name.clone(), fresh);
        return (if random.below(2) == 0 { Change::Create(name) } else { Change::Replace(name) }, state);
    };
    let (revision, secret_version) = (old.revision + 1, old.secret_version + 1);
    let change = match random.below(4) {
        0 => {
            state.insert(name.clone(), Seen { revision, secret_version, ..fresh });
            Change::Replace(name)
        }
        1 => {
            state.insert(name.clone(), Seen { revision, secret_version, ..old.clone() });
            Change::Alter(name)
        }
        2 => match (0..6).map(|number| format!("n{number}")).find(|other| !before.contains_key(other)) {
            Some(other) => {
                state.remove(&name);
                state.insert(other.clone(), Seen { revision, ..old.clone() });
                Change::Rename(name, other)
            }
            None => {
                state.remove(&name);
                Change::Drop(name)
            }
        },
        _ => {
            state.remove(&name);
            Change::Drop(name)
        }
    };
    (change, state)
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
