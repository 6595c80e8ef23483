//! Concurrent histories, and whether one order explains them.
//!
//! Clients make random edits of a few names at once. Each operation has a start and an end; the catalog is linearizable
//! if the operations can be put into an order that contradicts neither the results nor the times. The search is that of
//! Wing and Gong (Testing and Verifying Concurrent Objects, 1993), which remembers what it has tried (Lowe, 2017).

use super::samples::*;
use crate::catalog::{Catalog, Edit, Expected, Riders};
use crate::entry::Entry;
use crate::error::StoreError;
use crate::id::ConnectionUid;
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::task::JoinSet;

/// Handles through which the clients of a history go. For a store of several processes, each may be opened on its own.
pub type Clients = Vec<Arc<dyn Catalog>>;

const NAMES: [&str; 3] = ["a", "b", "c"];
const OPERATIONS: usize = 14;

/// Runs a generated history for each seed over new catalogs, with one client per handle that `make` returns (at most
/// four).
///
/// # Panics
/// With the seed and the history, if no order explains it.
pub async fn histories(seeds: std::ops::Range<u64>, make: impl AsyncFn() -> Clients) {
    for seed in seeds {
        let clients = make().await;
        assert!(clients.len() <= 4, "a history has at most four clients");
        let history = record(seed, clients).await;
        assert!(explains(&history), "no order explains the history of seed {seed}:\n{history:#?}");
    }
}

/// What is known of an entry: which connection, which revision.
type State = BTreeMap<usize, (ConnectionUid, u64)>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
    Read(usize),
    Create(usize, ConnectionUid),
    Replace(usize, Expected),
    Rename(usize, usize, Expected),
    Remove(usize, Expected),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    Found(Option<(ConnectionUid, u64)>),
    Done,
    Exists,
    Conflict,
}

#[derive(Debug)]
struct Operation {
    start: u64,
    end: u64,
    action: Action,
    answer: Answer,
}

async fn record(seed: u64, clients: Clients) -> Vec<Operation> {
    let clock = Arc::new(AtomicU64::new(0));
    let mut tasks = JoinSet::new();
    for (number, catalog) in clients.into_iter().enumerate() {
        let (clock, random) = (Arc::clone(&clock), Random(seed * 8 + number as u64 + 1));
        tasks.spawn(client(catalog, clock, random));
    }
    tasks.join_all().await.into_iter().flatten().collect()
}

/// One client, which knows only what it saw itself.
async fn client(catalog: Arc<dyn Catalog>, clock: Arc<AtomicU64>, mut random: Random) -> Vec<Operation> {
    let mut history = Vec::new();
    let mut seen: BTreeMap<usize, Entry> = BTreeMap::new();
    for _ in 0..OPERATIONS {
        let name = random.below(NAMES.len());
        let other = random.below(NAMES.len());
        let kind = random.below(8);
        let mut action = Action::Read(name);
        let mut edit = None;
        let mut result = None;
        match (kind, seen.get(&name)) {
            (0..3, Some(known)) => {
                action = Action::Replace(name, known.expected());
                result = Some((name, changed(known)));
                edit = result.as_ref().map(|(_, new)| Edit::Replace(known.expected(), new.clone()));
            }
            (3, Some(known)) if name != other => {
                action = Action::Rename(name, other, known.expected());
                let mut moved = changed(known);
                moved.path = path(NAMES[other]);
                edit = Some(Edit::Rename(path(NAMES[name]), known.expected(), moved.clone()));
                result = Some((other, moved));
            }
            (4, Some(known)) => {
                action = Action::Remove(name, known.expected());
                edit = Some(Edit::Remove(path(NAMES[name]), known.expected()));
            }
            (0..5, None) => {
                let new = entry(path(NAMES[name]));
                action = Action::Create(name, new.uid);
                edit = Some(Edit::Create(new.clone()));
                result = Some((name, new));
            }
            _ => {}
        }
        let start = clock.fetch_add(1, Ordering::SeqCst);
        let answer = match edit {
            Some(edit) => match catalog.commit(edit, Riders::default()).await {
                Ok(()) => {
                    seen.remove(&name);
                    seen.extend(result);
                    Answer::Done
                }
                Err(StoreError::Exists { .. }) => Answer::Exists,
                Err(StoreError::Conflict) => {
                    seen.remove(&name);
                    Answer::Conflict
                }
                Err(error) => panic!("an edit is made or refused: {error:?}"),
            },
            None => {
                let found = must(catalog.read(&path(NAMES[name])).await, "an entry is read");
                let answer = Answer::Found(found.as_ref().map(|entry| (entry.uid, entry.revision)));
                seen.remove(&name);
                seen.extend(found.map(|entry| (name, entry)));
                answer
            }
        };
        let end = clock.fetch_add(1, Ordering::SeqCst);
        history.push(Operation { start, end, action, answer });
    }
    history
}

/// Whether one order explains a history of at most 64 operations.
fn explains(history: &[Operation]) -> bool {
    let mut tried = HashSet::new();
    search(history, 0, &State::new(), &mut tried)
}

fn search(history: &[Operation], done: u64, state: &State, tried: &mut HashSet<(u64, State)>) -> bool {
    let open = || history.iter().enumerate().filter(|(i, _)| done & (1 << i) == 0);
    let Some(first_end) = open().map(|(_, operation)| operation.end).min() else {
        return true;
    };
    // What was tried in vain from here is in vain again.
    if !tried.insert((done, state.clone())) {
        return false;
    }
    // Only what started before anything else ended may have been first.
    open().filter(|(_, operation)| operation.start < first_end).any(|(i, operation)| {
        let mut next = state.clone();
        apply(&mut next, operation.action) == operation.answer && search(history, done | 1 << i, &next, tried)
    })
}

/// What a catalog answers that does one thing after the other.
fn apply(state: &mut State, action: Action) -> Answer {
    let is =
        |state: &State, name, expected: Expected| state.get(name) == Some(&(expected.uid, expected.revision));
    match action {
        Action::Read(name) => return Answer::Found(state.get(&name).copied()),
        Action::Create(name, _) if state.contains_key(&name) => return Answer::Exists,
        Action::Create(name, uid) => drop(state.insert(name, (uid, 1))),
        Action::Replace(name, expected)
        | Action::Remove(name, expected)
        | Action::Rename(name, _, expected)
            if !is(state, &name, expected) =>
        {
            return Answer::Conflict;
        }
        Action::Replace(name, expected) => drop(state.insert(name, (expected.uid, expected.revision + 1))),
        Action::Remove(name, _) => drop(state.remove(&name)),
        Action::Rename(_, to, _) if state.contains_key(&to) => return Answer::Exists,
        Action::Rename(from, to, expected) => {
            state.remove(&from);
            state.insert(to, (expected.uid, expected.revision + 1));
        }
    }
    Answer::Done
}

/// SplitMix64 (Steele, Lea, Flood 2014): the same numbers from the same seed, everywhere.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ mixed >> 31) % limit as u64) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn operation(start: u64, end: u64, action: Action, answer: Answer) -> Operation {
        Operation { start, end, action, answer }
    }

    #[test]
    fn what_no_order_explains_is_found() {
        let uid = ConnectionUid::from_bytes([1; 16]);
        let create = |start, end| operation(start, end, Action::Create(0, uid), Answer::Done);
        let read = |start, end, found| operation(start, end, Action::Read(0), Answer::Found(found));
        let there = Some((uid, 1));
        // A stale read after the creation ended; during it, either is right, but not back and forth.
        assert!(!explains(&[create(0, 1), read(2, 3, None)]));
        assert!(explains(&[create(0, 3), read(1, 2, None)]));
        assert!(explains(&[create(0, 3), read(1, 2, there)]));
        assert!(!explains(&[create(0, 9), read(1, 2, there), read(3, 4, None)]));
        // A lost update: two replacements of one revision.
        let replace = |start, end| {
            operation(start, end, Action::Replace(0, Expected { uid, revision: 1 }), Answer::Done)
        };
        assert!(!explains(&[create(0, 1), replace(2, 4), replace(3, 5)]));
        assert!(explains(&[create(0, 1), replace(2, 4), read(5, 6, Some((uid, 2)))]));
        // A conflict without a reason.
        let remove = operation(2, 3, Action::Remove(0, Expected { uid, revision: 1 }), Answer::Conflict);
        assert!(!explains(&[create(0, 1), remove]));
    }
}
