//! What a catalog keeps of a connection.

use crate::catalog::Expected;
use crate::id::{ConnectionUid, SecretId};
use lockkeeper_model::{Connection, ConnectionPath, OptionKey};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How often a connection was changed, from 1. Compare-and-set works on it.
pub type Revision = u64;

/// A connection as it stands in a catalog: everything but its secrets, of which it has the identities.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its full name.
    pub path: ConnectionPath,
    /// Its identity.
    pub uid: ConnectionUid,
    /// How often it was changed, from 1.
    pub revision: Revision,
    /// How often its secrets were changed, from 1.
    pub secret_version: u64,
    /// When it was created.
    pub created: jiff::Timestamp,
    /// When it was changed last.
    pub altered: jiff::Timestamp,
    /// Type, endpoint, plain options, comment.
    pub connection: Connection,
    /// Where its secrets are; the keys are `connection.sealed`.
    pub secrets: BTreeMap<OptionKey, SecretId>,
}

impl Entry {
    /// What a change that was decided on this state expects to find.
    pub fn expected(&self) -> Expected {
        Expected { uid: self.uid, revision: self.revision }
    }
}
