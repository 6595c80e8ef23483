//! Random changes, and what they make of a store.

use crate::random::Random;
use std::collections::BTreeMap;

/// What is known of a connection from outside: it tells all states of one name apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) comment: String,
    pub(super) revision: u64,
    pub(super) secret_version: u64,
}

pub(super) type State = BTreeMap<String, Seen>;

pub(super) enum Change {
    Create(String),
    Replace(String),
    Alter(String),
    Rename(String, String),
    Drop(String),
}

impl Change {
    pub(super) fn sql(&self, comment: &str, canary: &str) -> String {
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
pub(super) fn draw(random: &mut Random, before: &State, comment: &str) -> (Change, State) {
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
