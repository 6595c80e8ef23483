//! Made-up connections and secrets.

use crate::blob_store::BlobKey;
use crate::catalog::{Edit, Riders, Selection};
use crate::entry::Entry;
use crate::error::StoreError;
use crate::id::{ConnectionUid, SecretId};
use crate::secret_store::{Binding, NewSecret};
use crate::{AuditEvent, Catalog, default_database};
use lockkeeper_model::{
    AuthGroup, Connection, ConnectionPath, ConnectionType, DatabasePath, Endpoint, Identifier, OptionKey,
    SecretValue,
};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

/// What cannot fail unless the machine is broken, and what a behaviour requires to succeed.
#[track_caller]
pub(super) fn must<T, E: Debug>(result: Result<T, E>, what: &str) -> T {
    result.unwrap_or_else(|error| panic!("{what}: {error:?}"))
}

/// Checks the kind of an error.
#[track_caller]
pub(super) fn must_fail<T>(result: Result<T, StoreError>, kind: &str, what: &str) {
    let found = match result {
        Ok(_) => "no error".to_owned(),
        Err(error) => format!("{error:?}"),
    };
    assert!(found.starts_with(kind), "{what}: {kind} was expected, there was {found}");
}

pub(super) fn name(text: &str) -> Identifier {
    must(Identifier::new(text), "a name by the rules")
}

pub(crate) fn path(text: &str) -> ConnectionPath {
    default_database().connection(name(text))
}

pub(super) fn database(catalog: &str, database: &str) -> DatabasePath {
    DatabasePath { catalog: name(catalog), database: name(database) }
}

pub(super) fn now() -> jiff::Timestamp {
    must(jiff::Timestamp::from_millisecond(1_767_323_045_678), "a time")
}

/// An entry without secrets, at revision 1.
pub(crate) fn entry(path: ConnectionPath) -> Entry {
    let connection = Connection {
        connection_type: ConnectionType::Openai,
        endpoint: must(Endpoint::parse("https://api.example.com/v1"), "a URL"),
        options: BTreeMap::new(),
        auth: Some(AuthGroup::ApiKey),
        sealed: BTreeSet::new(),
        comment: Some("made up".to_owned()),
    };
    Entry {
        path,
        uid: must(ConnectionUid::random(), "randomness"),
        revision: 1,
        secret_version: 1,
        created: now(),
        altered: now(),
        connection,
        secrets: BTreeMap::new(),
    }
}

pub(super) fn with_secret(mut entry: Entry, id: SecretId) -> Entry {
    entry.connection.sealed.insert(OptionKey::ApiKey);
    entry.secrets.insert(OptionKey::ApiKey, id);
    entry
}

/// The same connection after a change.
pub(super) fn changed(entry: &Entry) -> Entry {
    let mut next = entry.clone();
    next.revision += 1;
    next.connection.comment = Some(format!("revision {}", next.revision));
    next
}

pub(super) async fn create(catalog: &dyn Catalog, entry: &Entry) {
    must(catalog.commit(Edit::Create(entry.clone()), Riders::default()).await, "an entry is created");
}

pub(super) fn secret_id() -> SecretId {
    must(SecretId::new(now()), "randomness")
}

pub(super) fn binding() -> Binding {
    Binding {
        connection: must(ConnectionUid::random(), "randomness"),
        option: OptionKey::ApiKey,
        destination: "OPENAI\nhttps://api.example.com/v1\n".to_owned(),
    }
}

/// A secret that is in no file by chance.
pub(super) fn secret() -> (NewSecret, String) {
    let text = format!("made-up-{}", secret_id());
    (NewSecret { id: secret_id(), binding: binding(), value: SecretValue::copy_of(&text) }, text)
}

pub(super) fn blob_key(text: &str) -> BlobKey {
    must(BlobKey::new(text), "a key by the rules")
}

pub(super) fn event(action: &str) -> AuditEvent {
    AuditEvent {
        time: now(),
        principal: "somebody".to_owned(),
        action: action.to_owned(),
        target: Some("`a`.`b`.`c`".to_owned()),
        outcome: "ok".to_owned(),
        revision: Some(1),
    }
}

pub(super) async fn names(catalog: &dyn Catalog, selection: &Selection) -> Vec<String> {
    let listed = catalog.list(&default_database(), selection, None, 1000).await;
    must(listed, "names are listed").into_iter().map(|listed| listed.name.into()).collect()
}

pub(super) async fn read(catalog: &dyn Catalog, path: &ConnectionPath) -> Option<Entry> {
    must(catalog.read(path).await, "an entry is read")
}
