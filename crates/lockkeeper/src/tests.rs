//! Statements against in-memory stores: rights, records, and what is left behind.

use crate::{Code, Engine, Principal, Role, RoleBinding, RolePolicy, Scope, Session, Use};
use lockkeeper_grammar::Name;
use lockkeeper_model::{ConnectionPath, DatabasePath, Endpoint, Identifier};
use lockkeeper_store::{
    AuditLog, Catalog, Edit, Entry, Expected, Listed, LocalKeys, MemorySecrets, MemoryStore, Riders,
    SealedSecrets, SecretId, SecretStore, Selection, StoreError, StoreId, default_database,
};
use std::sync::Arc;

const OPENAI: &str = "WITH ('type' = 'openai', 'endpoint' = 'https://a.example/v1', 'api-key' = 'made-up')";
const REST: &str =
    "WITH ('type' = 'rest', 'endpoint' = 'https://a.example', 'username' = 'u', 'password' = 'p')";

/// Catalog and secrets in one store, which share transactions.
fn joint() -> (Engine, Arc<MemoryStore>) {
    let store = Arc::new(MemoryStore::new().unwrap());
    let secrets = SealedSecrets::new(store.clone(), Arc::new(LocalKeys::generate().unwrap()));
    let engine = Engine::builder(store.clone(), Arc::new(secrets)).unwrap().audit(store.clone()).build();
    (engine, store)
}

/// Catalog and secrets apart.
fn apart() -> (Engine, Arc<MemoryStore>, Arc<MemorySecrets>) {
    let (store, secrets) = (Arc::new(MemoryStore::new().unwrap()), Arc::new(MemorySecrets::new()));
    (Engine::builder(store.clone(), secrets.clone()).unwrap().build(), store, secrets)
}

fn me(engine: &Engine) -> Session {
    engine.session(Principal::new("me"))
}

#[track_caller]
fn code(outcome: Result<crate::Outcome, crate::Error>) -> &'static str {
    outcome.err().map_or("ok", |error| error.code().as_str())
}

async fn secrets_left(secrets: &dyn SecretStore) -> usize {
    secrets.list(None, 100).await.unwrap().len()
}

#[tokio::test]
async fn nothing_is_left_behind_where_stores_are_apart() {
    let (engine, _, secrets) = apart();
    let mut session = me(&engine);
    for (sql, expected, left) in [
        (format!("CREATE CONNECTION a {REST}"), "ok", 2),
        (format!("CREATE CONNECTION a {REST}"), "connection_exists", 2),
        (format!("CREATE CONNECTION IF NOT EXISTS a {REST}"), "ok", 2),
        (format!("CREATE OR REPLACE CONNECTION a {OPENAI}"), "ok", 1),
        (format!("CREATE CONNECTION nowhere.a {REST}"), "database_missing", 1),
        (format!("CREATE OR REPLACE CONNECTION b {REST}"), "ok", 3),
        ("ALTER CONNECTION b SET ('password' = 'q')".to_owned(), "ok", 3),
        ("ALTER CONNECTION b SET ('token' = 't')".to_owned(), "ok", 2),
        ("ALTER CONNECTION b RENAME TO a".to_owned(), "connection_exists", 2),
        ("ALTER CONNECTION b RENAME TO c".to_owned(), "ok", 2),
        ("ALTER CONNECTION c SET ('token' = '')".to_owned(), "ok", 1),
        ("DROP CONNECTION a".to_owned(), "ok", 0),
        ("DROP CONNECTION IF EXISTS a".to_owned(), "ok", 0),
    ] {
        assert_eq!(code(session.execute(&sql).await), expected, "{sql}");
        assert_eq!(secrets_left(&*secrets).await, left, "{sql}");
    }
}

#[tokio::test]
async fn a_credential_opens_for_its_destination_only() {
    let (engine, store) = joint();
    let mut session = me(&engine);
    session.execute(&format!("CREATE CONNECTION a {OPENAI}")).await.unwrap();
    let resolved = session.resolve(&Name::new(["a"])).await.unwrap();
    assert_eq!(resolved.credential.len(), 1);

    // Someone who can write to the catalog sends the credential elsewhere.
    let path = default_database().connection(Identifier::new("a").unwrap());
    let old = Catalog::read(&*store, &path).await.unwrap().unwrap();
    let mut turned = old.clone();
    turned.revision += 1;
    turned.connection.endpoint = Endpoint::parse("https://evil.example/v1").unwrap();
    let expected = Expected { uid: old.uid, revision: old.revision };
    store.commit(Edit::Replace(expected, turned), Riders::default()).await.unwrap();
    let error = session.resolve(&Name::new(["a"])).await.err().unwrap();
    assert_eq!(error.code(), Code::RECORD_DAMAGED);
}

/// A use has its state of the connection; what an engine without a network part says of one is recorded too.
#[tokio::test]
async fn uses_are_recorded_with_what_came_of_them() {
    let (engine, store) = joint();
    let mut session = me(&engine);
    for sql in [&format!("CREATE CONNECTION a {OPENAI}"), "VALIDATE CONNECTION a"] {
        session.execute(sql).await.unwrap();
    }
    let name = Name::new(["a"]);
    let revision = Some(session.resolve(&name).await.unwrap().version.revision);
    session.record_use(&Use { name: &name, action: "CALL", outcome: "ok", revision }).await.unwrap();
    let nobody = Name::new(["a", "b", "c", "d"]);
    let used = Use { name: &nobody, action: "CALL", outcome: "ok", revision: None };
    assert_eq!(session.record_use(&used).await.err().unwrap().code(), Code::TOO_MANY_NAME_PARTS);
    let records: Vec<String> = AuditLog::read(&*store, 0, 10)
        .await
        .unwrap()
        .into_iter()
        .map(|record| format!("{} {} {:?}", record.event.action, record.event.outcome, record.event.revision))
        .collect();
    insta::assert_snapshot!(records.join("\n"), @"
    CREATE_CONNECTION ok Some(1)
    VALIDATE_CONNECTION unsupported Some(1)
    CALL ok Some(1)
    ");
}

#[tokio::test]
async fn temporary_connections_are_the_sessions_own() {
    let (engine, store, secrets) = apart();
    let (mut mine, mut theirs) = (me(&engine), me(&engine));
    mine.execute(&format!("CREATE CONNECTION a {OPENAI}")).await.unwrap();
    mine.execute(&format!("CREATE TEMPORARY CONNECTION a {REST}")).await.unwrap();
    mine.execute(&format!("CREATE TEMPORARY CONNECTION b {REST}")).await.unwrap();
    let mut kinds = Vec::new();
    for session in [&mut mine, &mut theirs] {
        let outcome = session.execute("DESCRIBE CONNECTION a").await.unwrap();
        kinds.push(outcome.rows[0][1].to_string());
        kinds.push(code(session.execute("DESCRIBE CONNECTION b").await).to_owned());
    }
    assert_eq!(kinds, ["REST", "ok", "OPENAI", "connection_missing"]);
    assert_eq!(secrets_left(&*secrets).await, 1);
    // What is hidden cannot be dropped by mistake.
    assert_eq!(code(mine.execute("DROP CONNECTION a").await), "temporary_exists");
    assert_eq!(
        code(mine.execute(&format!("CREATE OR REPLACE CONNECTION a {REST}")).await),
        "temporary_exists"
    );
    mine.execute("ALTER CONNECTION b SET ('password' = 'q')").await.unwrap();
    mine.execute("DROP TEMPORARY CONNECTION a").await.unwrap();
    mine.execute("DROP CONNECTION a").await.unwrap();
    let names = mine.execute("SHOW CONNECTIONS").await.unwrap();
    assert_eq!(names.rows.len(), 1);
    let path = default_database().connection(Identifier::new("b").unwrap());
    assert!(Catalog::read(&*store, &path).await.unwrap().is_none());
}

#[tokio::test]
async fn alterations_of_one_connection_all_hold() {
    let (engine, _) = joint();
    me(&engine).execute(&format!("CREATE CONNECTION a {REST}")).await.unwrap();
    let tasks: Vec<_> = (0..20)
        .map(|number| {
            let mut session = me(&engine);
            tokio::spawn(async move {
                let key = if number % 2 == 0 { "username" } else { "password" };
                session.execute(&format!("ALTER CONNECTION a SET ('{key}' = 'v{number}')")).await.map(|_| ())
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    let resolved = me(&engine).resolve(&Name::new(["a"])).await.unwrap();
    assert_eq!((resolved.version.revision, resolved.version.secret_version), (21, 21));
    assert!(resolved.credential.values().all(|value| value.expose().starts_with('v')));
}

#[tokio::test]
async fn a_denial_does_not_tell_what_exists() {
    let (engine, store) = joint();
    me(&engine).execute(&format!("CREATE CONNECTION there {OPENAI}")).await.unwrap();
    let developer = RoleBinding {
        principal: Principal::new("developer"),
        role: Role::FlinkDeveloper,
        scope: Scope::Environment(default_database().catalog),
    };
    let secrets = SealedSecrets::new(store.clone(), Arc::new(LocalKeys::generate().unwrap()));
    let engine =
        Engine::builder(store, Arc::new(secrets)).unwrap().policy(RolePolicy::new([developer])).build();
    let mut developer = engine.session(Principal::new("developer"));
    let mut nobody = engine.session(Principal::new("nobody"));
    for statement in [
        "CREATE CONNECTION {} WITH ('type' = 'x')",
        "ALTER CONNECTION {} SET ('api-key' = 'x')",
        "ALTER CONNECTION IF EXISTS {} RENAME TO x",
        "DROP CONNECTION {}",
        "DROP CONNECTION IF EXISTS {}",
    ] {
        for session in [&mut developer, &mut nobody] {
            let mut said = Vec::new();
            for name in ["there", "missing"] {
                let error = session.execute(&statement.replace("{}", name)).await.unwrap_err();
                assert_eq!(error.code(), Code::PERMISSION_DENIED, "{statement}");
                said.push(error.to_string());
            }
            assert_eq!(said[0], said[1], "{statement}");
            assert_eq!(said[0], "the right to manage connections is missing");
        }
    }
    for statement in
        ["DESCRIBE CONNECTION {}", "SHOW CREATE CONNECTION {}", "SHOW CONNECTIONS", "VALIDATE CONNECTION {}"]
    {
        let missing = nobody.execute(&statement.replace("{}", "missing")).await.unwrap_err();
        let there = nobody.execute(&statement.replace("{}", "there")).await.unwrap_err();
        assert_eq!((missing.code(), missing.to_string()), (Code::PERMISSION_DENIED, there.to_string()));
    }
    assert_eq!(code(developer.execute("DESCRIBE CONNECTION there").await), "ok");
    assert_eq!(code(developer.execute("SHOW CONNECTIONS").await), "ok");
    assert!(nobody.resolve(&Name::new(["there"])).await.is_err());
    // Catalogs are filtered for whoever has a role somewhere, and denied to others.
    assert_eq!(developer.execute("SHOW CATALOGS").await.unwrap().rows.len(), 1);
    assert_eq!(code(nobody.execute("SHOW CATALOGS").await), "permission_denied");
}

#[tokio::test]
async fn every_statement_is_recorded_once() {
    let (engine, store) = joint();
    let mut session = me(&engine);
    for sql in [
        &format!("CREATE CONNECTION a {OPENAI}"),
        &format!("CREATE CONNECTION a {OPENAI}"),
        "ALTER CONNECTION a RENAME TO b",
        "SHOW CONNECTIONS",
        "DESCRIBE CONNECTION missing",
        "SELECT 1",
        "DROP CONNECTION b",
    ] {
        let _ = session.execute(sql).await;
    }
    let records = AuditLog::read(&*store, 0, 100).await.unwrap();
    let lines: Vec<_> = records
        .into_iter()
        .map(|record| record.event)
        .map(|e| format!("{} {} {} {:?}", e.action, e.target.unwrap_or_default(), e.outcome, e.revision))
        .collect();
    insta::assert_snapshot!(lines.join("\n"), @"
    CREATE_CONNECTION `default_catalog`.`default_database`.`a` ok Some(1)
    CREATE_CONNECTION `default_catalog`.`default_database`.`a` connection_exists None
    ALTER_CONNECTION `default_catalog`.`default_database`.`a` ok Some(2)
    SHOW_CONNECTIONS  ok None
    DESCRIBE_CONNECTION `default_catalog`.`default_database`.`missing` connection_missing None
    DROP_CONNECTION `default_catalog`.`default_database`.`b` ok Some(2)
    ");
}

#[tokio::test]
async fn creations_in_a_row_are_as_if_one_after_another() {
    let good = |name: &str| format!("CREATE CONNECTION {name} {REST}");
    let statements: Vec<_> = [
        good("a"),
        good("b"),
        "SHOW CONNECTIONS".to_owned(),
        good("c"),
        good("d"),
        good("b"),
        good("e"),
        "CREATE CONNECTION f WITH ('type' = 'rest')".to_owned(),
    ]
    .iter()
    .map(|sql| lockkeeper_grammar::parse_statement(sql).unwrap())
    .collect();
    for (engine, secrets) in [(joint().0, None), {
        let (engine, _, secrets) = apart();
        (engine, Some(secrets))
    }] {
        let mut session = me(&engine);
        let (mut rest, mut codes, mut calls) = (&statements[..], Vec::new(), 0);
        while !rest.is_empty() {
            let outcomes = session.run_first(rest).await;
            (rest, calls) = (&rest[outcomes.len()..], calls + 1);
            codes.extend(outcomes.into_iter().map(code));
        }
        let expected = ["ok", "ok", "ok", "ok", "ok", "connection_exists", "ok", "missing_option"];
        assert_eq!(codes, expected);
        assert!(calls < statements.len());
        assert_eq!(session.execute("SHOW CONNECTIONS").await.unwrap().rows.len(), 5);
        if let Some(secrets) = secrets {
            assert_eq!(secrets_left(&*secrets).await, 10);
        }
    }
    assert!(me(&joint().0).run_first(&[]).await.is_empty());
}

fn creations(names: [&str; 2]) -> Vec<lockkeeper_grammar::Statement> {
    let parse =
        |name| lockkeeper_grammar::parse_statement(&format!("CREATE CONNECTION {name} {REST}")).unwrap();
    names.map(parse).into()
}

#[tokio::test]
async fn a_series_that_was_prepared_ahead_is_as_if_executed_at_its_turn() {
    let shown = async |session: &mut Session| session.execute("SHOW CONNECTIONS").await.unwrap().rows.len();
    let (engine, _, secrets) = apart();
    let mut session = me(&engine);
    let mut first = session.prepare(creations(["a", "b"])).await;
    assert_eq!(shown(&mut session).await, 0, "to prepare changes nothing");
    // The next series while the first one is committed.
    let next = creations(["c", "d"]);
    let (outcomes, mut second) =
        session.run_prepared(&mut first, async |s: &Session| s.prepare(next).await).await;
    assert_eq!(outcomes.into_iter().map(code).collect::<Vec<_>>(), ["ok", "ok"]);
    assert_eq!(shown(&mut session).await, 2);
    assert_eq!(secrets_left(&*secrets).await, 8, "those of the second are sealed");

    session.execute("CREATE DATABASE other").await.unwrap();
    session.execute("USE other").await.unwrap();
    let (outcomes, ()) = session.run_prepared(&mut second, async |_: &Session| ()).await;
    assert_eq!(outcomes.into_iter().map(code).collect::<Vec<_>>(), ["ok", "ok"]);
    assert_eq!(shown(&mut session).await, 2, "in the database that is the current one by then");
    assert_eq!(secrets_left(&*secrets).await, 8, "what was sealed for another place is destroyed");

    // Once more, they exist; a series is prepared anew for whoever executes it.
    let (outcomes, ()) = session.run_prepared(&mut second, async |_: &Session| ()).await;
    assert_eq!(outcomes.into_iter().map(code).collect::<Vec<_>>(), ["connection_exists"]);
    let mut third = session.prepare(creations(["e", "f"])).await;
    let mut elsewhere = me(&joint().0);
    let (outcomes, ()) = elsewhere.run_prepared(&mut third, async |_: &Session| ()).await;
    assert_eq!(outcomes.into_iter().map(code).collect::<Vec<_>>(), ["ok", "ok"]);
    assert_eq!((shown(&mut elsewhere).await, shown(&mut session).await), (2, 2));
    assert!(elsewhere.resolve(&Name::new(["e"])).await.is_ok(), "sealed by the engine that has it");
    assert_eq!(secrets_left(&*secrets).await, 8);
}

#[tokio::test]
async fn a_session_with_temporary_connections_shares_no_commits_that_were_prepared_before() {
    let (engine, _) = joint();
    let mut session = me(&engine);
    let mut series = session.prepare(creations(["a", "b"])).await;
    session.execute(&format!("CREATE TEMPORARY CONNECTION a {REST}")).await.unwrap();
    let (outcomes, ()) = session.run_prepared(&mut series, async |_: &Session| ()).await;
    let alone = session.execute(&format!("CREATE CONNECTION c {REST}")).await;
    assert_eq!((outcomes.len(), code(alone)), (1, "ok"), "one by one, as such a session has it");
}

#[tokio::test]
async fn a_series_that_is_given_up_leaves_nothing_behind() {
    let (engine, _, secrets) = apart();
    let session = me(&engine);
    let series = session.prepare(creations(["a", "b"])).await;
    assert_eq!(secrets_left(&*secrets).await, 4);
    series.discard().await;
    assert_eq!(secrets_left(&*secrets).await, 0);
}

/// A policy that anybody can turn off, and a clock that can be set.
#[derive(Clone)]
struct Turning(Arc<std::sync::atomic::AtomicI64>);

impl crate::Policy for Turning {
    fn check(&self, _: &Principal, request: &crate::Request<'_>) -> Result<(), crate::Denied> {
        let denied = self.0.load(std::sync::atomic::Ordering::SeqCst) < 0;
        match denied && request.action == crate::Action::CreateConnection {
            true => Err(crate::Denied { right: crate::Right::Manage }),
            false => Ok(()),
        }
    }
}

impl crate::Clock for Turning {
    fn now(&self) -> jiff::Timestamp {
        let seconds = self.0.load(std::sync::atomic::Ordering::SeqCst);
        jiff::Timestamp::from_second(1_800_000_000 + seconds.max(0)).unwrap()
    }
}

fn turning() -> (Engine, Arc<MemoryStore>, Arc<MemorySecrets>, impl Fn(i64)) {
    let turning = Turning(Arc::default());
    let (store, secrets) = (Arc::new(MemoryStore::new().unwrap()), Arc::new(MemorySecrets::new()));
    let builder = Engine::builder(store.clone(), secrets.clone()).unwrap();
    let engine = builder.policy(turning.clone()).clock(turning.clone()).build();
    (engine, store, secrets, move |to| turning.0.store(to, std::sync::atomic::Ordering::SeqCst))
}

/// Who may not when it is the turn of a series may not, whatever it was when it was prepared.
#[tokio::test]
async fn a_right_that_is_lost_by_then_is_missing() {
    let (engine, _, secrets, turn) = turning();
    let mut session = me(&engine);
    let mut series = session.prepare(creations(["a", "b"])).await;
    turn(-1);
    let (outcomes, ()) = session.run_prepared(&mut series, async |_: &Session| ()).await;
    assert_eq!(outcomes.into_iter().map(code).collect::<Vec<_>>(), ["permission_denied"]);
    assert_eq!(secrets_left(&*secrets).await, 0);
}

/// A sweep takes the secrets of a series that waited for longer than the sweep's grace.
#[tokio::test]
async fn a_series_that_waited_for_long_is_sealed_anew() {
    let (engine, store, secrets, turn) = turning();
    let mut session = me(&engine);
    let mut series = session.prepare(creations(["a", "b"])).await;
    turn(7200);
    let now = jiff::Timestamp::from_second(1_800_007_200).unwrap();
    let hour = std::time::Duration::from_secs(3600);
    assert_eq!(lockkeeper_store::sweep(&*store, &*secrets, now, hour).await.unwrap().removed, 4);
    let (outcomes, ()) = session.run_prepared(&mut series, async |_: &Session| ()).await;
    assert_eq!(outcomes.into_iter().map(code).collect::<Vec<_>>(), ["ok", "ok"]);
    let resolved = session.resolve(&Name::new(["a"])).await;
    assert_eq!(resolved.map(|resolved| resolved.credential.len()).ok(), Some(2));
    let path = default_database().connection(Identifier::new("a").unwrap());
    assert_eq!(Catalog::read(&*store, &path).await.unwrap().unwrap().created, now);
    assert_eq!(secrets_left(&*secrets).await, 4);
}

/// A catalog that makes every change and then cannot say so.
struct Doubtful(Arc<MemoryStore>);

#[async_trait::async_trait]
impl Catalog for Doubtful {
    fn identity(&self) -> StoreId {
        Catalog::identity(&*self.0)
    }
    async fn read(&self, path: &ConnectionPath) -> Result<Option<Entry>, StoreError> {
        Catalog::read(&*self.0, path).await
    }
    async fn list(
        &self,
        database: &DatabasePath,
        selection: &Selection,
        after: Option<&Identifier>,
        limit: usize,
    ) -> Result<Vec<Listed>, StoreError> {
        Catalog::list(&*self.0, database, selection, after, limit).await
    }
    async fn commit(&self, edit: Edit, riders: Riders) -> Result<(), StoreError> {
        self.0.commit(edit, riders).await?;
        Err(StoreError::Backend("the answer is lost".into()))
    }
    async fn commit_series(&self, edits: Vec<(Edit, Riders)>) -> (usize, Result<(), StoreError>) {
        self.0.commit_series(edits).await.1.unwrap();
        (0, Err(StoreError::Backend("the answer is lost".into())))
    }
    async fn unreferenced(&self, secrets: &[SecretId]) -> Result<Vec<SecretId>, StoreError> {
        self.0.unreferenced(secrets).await
    }
    async fn catalogs(&self) -> Result<Vec<Listed>, StoreError> {
        self.0.catalogs().await
    }
    async fn databases(&self, catalog: &Identifier) -> Result<Vec<Listed>, StoreError> {
        self.0.databases(catalog).await
    }
    async fn create_database(&self, database: &DatabasePath) -> Result<(), StoreError> {
        self.0.create_database(database).await
    }
    async fn drop_database(&self, database: &DatabasePath) -> Result<(), StoreError> {
        self.0.drop_database(database).await
    }
}

#[tokio::test]
async fn a_change_in_doubt_keeps_its_secrets_and_is_reported_as_such() {
    let store = Arc::new(MemoryStore::new().unwrap());
    let catalog = Arc::new(Doubtful(store.clone()));
    let engine = Engine::builder(catalog, Arc::new(MemorySecrets::new())).unwrap().build();
    let mut session = me(&engine);
    let sql = |name: &str| format!("CREATE CONNECTION {name} {OPENAI}");
    assert_eq!(code(session.execute(&sql("a")).await), "store_failed");
    let row = ["b", "c"].map(|name| lockkeeper_grammar::parse_statement(&sql(name)).unwrap());
    let codes: Vec<_> = session.run_first(&row).await.into_iter().map(code).collect();
    assert_eq!(codes, ["store_failed"]);
    for name in ["a", "b", "c"] {
        assert!(session.resolve(&Name::new([name])).await.is_ok(), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_is_replaced_can_be_used_all_the_time() {
    let (engine, _, _) = apart();
    let mut writer = me(&engine);
    writer.execute(&format!("CREATE CONNECTION a {OPENAI}")).await.unwrap();
    let reader = me(&engine);
    let replacing = tokio::spawn(async move {
        for _ in 0..300 {
            writer.execute(&format!("CREATE OR REPLACE CONNECTION a {OPENAI}")).await.unwrap();
        }
    });
    let name = Name::new(["a"]);
    while !replacing.is_finished() {
        assert_eq!(reader.resolve(&name).await.map(|found| found.credential.len()).ok(), Some(1));
    }
    replacing.await.unwrap();
}
