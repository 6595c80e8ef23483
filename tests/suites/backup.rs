//! Backups, what they are good for, and what a check of the store finds.

use crate::canary::Canary;
use crate::program::{Program, Ran};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::thread;

fn create(name: &str, secret: &str) -> String {
    format!(
        "CREATE CONNECTION {name} WITH ('type' = 'openai', 'endpoint' = 'http://127.0.0.1:9/v1', 'api-key' = '{secret}');"
    )
}

fn names(program: &Program) -> Vec<String> {
    let shown = program.run(&["sql", "--format", "csv"], "SHOW CONNECTIONS").done();
    shown.lines().skip(1).map(str::to_owned).collect()
}

fn stable(program: &Program, ran: &Ran) -> String {
    ran.to_string().replace(&program.folder().display().to_string(), "FOLDER")
}

#[test]
fn a_backup_is_whole_sealed_and_never_replaced() {
    let program = Program::new();
    let canary = Canary::new();
    program.sql(&create("a", canary.as_str())).done();
    thread::scope(|scope| {
        scope.spawn(|| {
            let script: String =
                (0..100).map(|number| create(&format!("w{number}"), canary.as_str())).collect();
            program.sql(&script).done();
        });
        for number in 0..3 {
            program.run(&["backup", &format!("{number}.db")], "").done();
        }
    });
    for number in 0..3 {
        let path = program.folder().join(format!("{number}.db"));
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let ran = program.run(&["verify", "--deep", "--store", path.to_str().unwrap()], "");
        assert_eq!(ran.status, 0, "{ran}");
    }
    program.assert_no_trace(&canary);
    let before = fs::read(program.folder().join("0.db")).unwrap();
    insta::assert_snapshot!(stable(&program, &program.run(&["backup", "0.db"], "")), @r#"
    --- stderr
    error: "0.db" is there already, and is not replaced
      help: move it away first, or give another name
    --- status 2
    "#);
    assert!(fs::read(program.folder().join("0.db")).unwrap() == before);
}

#[test]
fn what_stands_beside_a_backup_stays() {
    let program = Program::new();
    program.sql(&create("a", "made-up")).done();
    let folder = program.folder().join("backups");
    fs::create_dir(&folder).unwrap();
    let left = "b.0123456789abcdef0123456789abcdef.partial";
    let neighbours = ["b.partial", "b.partial-journal", "b.made-up.partial", left];
    for name in neighbours {
        fs::write(folder.join(name), name).unwrap();
    }
    program.run(&["backup", "backups/b"], "").done();
    for name in neighbours {
        assert_eq!(fs::read_to_string(folder.join(name)).unwrap(), name);
    }
    // One that was killed days ago has left something, and that is ours.
    let days = std::time::SystemTime::now() - std::time::Duration::from_secs(3 * 24 * 60 * 60);
    for name in [left, "b.partial"] {
        fs::File::options().write(true).open(folder.join(name)).unwrap().set_modified(days).unwrap();
    }
    fs::remove_file(folder.join("b")).unwrap();
    program.run(&["backup", "backups/b"], "").done();
    assert!(!folder.join(left).exists());
    assert!(folder.join("b.partial").exists());
    assert_eq!(fs::read_dir(folder).unwrap().count(), 4);
    let ran = program.run(&["restore", "backups"], "");
    assert_eq!(ran.status, 2, "{ran}");
    assert!(ran.stderr.contains("is a folder"), "{ran}");
}

#[test]
fn of_two_backups_to_one_name_one_is_made() {
    let program = Program::new();
    let script: String = (0..200).map(|number| create(&format!("a{number}"), "made-up")).collect();
    program.sql(&script).done();
    for number in 0..3 {
        let name = format!("{number}.db");
        let ran: Vec<_> = thread::scope(|scope| {
            let runs = [(); 3].map(|()| scope.spawn(|| program.run(&["backup", &name], "")));
            runs.into_iter().map(|run| run.join().unwrap()).collect()
        });
        assert_eq!(ran.iter().filter(|ran| ran.status == 0).count(), 1);
        for ran in ran.iter().filter(|ran| ran.status != 0) {
            assert!(ran.stderr.contains("already"), "{ran}");
        }
        program.run(&["verify", "--deep", "--store", &name], "").done();
    }
    let names = fs::read_dir(program.folder()).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(!names.into_iter().any(|name| name.to_string_lossy().contains("partial")));
}

/// Leak scenario 29: an older file is not put back without anybody noticing.
#[test]
fn an_older_backup_replaces_a_newer_store_by_force_only() {
    let program = Program::new();
    program.sql(&create("a", "made-up")).done();
    program.run(&["backup", "old.db"], "").done();
    let head = program.run(&["audit", "verify"], "").done();
    let head = head.lines().last().unwrap().strip_prefix("head ").unwrap().to_owned();
    program.run(&["sql"], format!("{}DROP CONNECTION a;", create("b", "made-up"))).done();
    let later = program.run(&["audit", "verify"], "").done();
    let later = later.lines().last().unwrap().strip_prefix("head ").unwrap().to_owned();

    let ran = program.run(&["restore", "old.db"], "");
    assert_eq!(ran.status, 2, "{ran}");
    assert!(ran.stderr.contains("the store is newer than the backup"), "{ran}");
    assert_eq!(names(&program), ["b"]);
    program.run(&["restore", "old.db", "--force"], "").done();
    assert_eq!(names(&program), ["a"]);
    program.sql("VALIDATE CONNECTION a").done();
    // The log says so, and whoever kept a head notices.
    program.run(&["audit", "verify", "--expect", &head], "").done();
    assert_eq!(program.run(&["audit", "verify", "--expect", &later], "").status, 1);
    let log = program.run(&["audit", "show", "--format", "csv"], "").done();
    assert!(log.contains(",RESTORE,"), "{log}");
}

#[test]
fn a_backup_of_another_store_replaces_one_by_force_only() {
    let (program, other) = (Program::new(), Program::new());
    program.sql(&create("a", "made-up")).done();
    other.sql(&create("b", "made-up")).done();
    let backup = program.folder().join("other.db");
    other.run(&["backup", backup.to_str().unwrap()], "").done();
    let ran = program.run(&["restore", "other.db"], "");
    assert_eq!(ran.status, 2, "{ran}");
    assert!(ran.stderr.contains("another store"), "{ran}");
    assert_eq!(names(&program), ["a"]);
    program.run(&["restore", "other.db", "--force"], "").done();
    assert_eq!(names(&program), ["b"]);
    // Its secrets open with its own key.
    assert_eq!(program.run(&["verify"], "").status, 1);
    fs::copy(other.key_file(), program.key_file()).unwrap();
    assert_eq!(program.run(&["verify"], "").status, 0);
}

#[test]
fn a_store_that_is_gone_or_broken_comes_back() {
    let program = Program::new();
    program.sql(&create("a", "made-up")).done();
    program.run(&["backup", "a.db"], "").done();
    fs::remove_dir_all(program.store().parent().unwrap()).unwrap();
    program.run(&["restore", "a.db"], "").done();
    program.sql("VALIDATE CONNECTION a").done();
    assert_eq!(fs::metadata(program.store()).unwrap().permissions().mode() & 0o777, 0o600);

    fs::write(program.store(), "no store at all ".repeat(1000)).unwrap();
    assert_eq!(program.run(&["restore", "a.db"], "").status, 2);
    program.run(&["restore", "a.db", "--force"], "").done();
    program.sql("VALIDATE CONNECTION a").done();
    // Nothing is thrown away.
    assert!(program.store().with_file_name("store.db.damaged").exists());
    // What is no backup is refused.
    fs::write(program.folder().join("no.db"), "no store at all ".repeat(1000)).unwrap();
    assert_eq!(program.run(&["restore", "no.db", "--force"], "").status, 3);
    assert_eq!(program.run(&["restore", "nowhere.db"], "").status, 3);
    program.sql("VALIDATE CONNECTION a").done();
}

#[test]
fn damage_is_counted_and_named() {
    let program = Program::new();
    program.sql(&format!("{}{}", create("sound", "made-up"), create("broken", "made-up"))).done();
    insta::assert_snapshot!(program.run(&["verify", "--format", "csv"], ""), @"
    Status,Connections
    ok,2
    damaged,0
    missing,0
    no key,0
    --- stderr
    2 secrets open
    --- status 0
    ");
    // The definition, in which the name stands beside the endpoint.
    let mut bytes = fs::read(program.store()).unwrap();
    let place = bytes.windows(22).rposition(|window| window == b"http://127.0.0.1:9/v1\"").unwrap();
    bytes[place] ^= 1;
    fs::write(program.store(), bytes).unwrap();
    let ran = program.run(&["verify", "--format", "csv"], "");
    assert_eq!(ran.status, 1, "{ran}");
    assert!(ran.stdout.contains("damaged,1") && ran.stdout.contains("ok,1"), "{ran}");
    assert_eq!(program.run(&["verify", "--deep"], "").status, 1);
    // A backup of a damaged store is refused as one.
    program.run(&["backup", "damaged.db"], "").done();
    assert_eq!(program.run(&["restore", "damaged.db"], "").status, 3);
}

#[test]
fn a_damaged_database_is_named_and_the_others_work() {
    let program = Program::new();
    let made = "CREATE DATABASE front; CREATE DATABASE stock; USE stock;";
    program.sql(&format!("{made}{}", create("a", "made-up"))).done();
    rusqlite::Connection::open(program.store())
        .unwrap()
        .execute("UPDATE databases SET name = CAST('fron' AS BLOB) WHERE name = CAST('front' AS BLOB)", [])
        .unwrap();
    let statements = [
        "SHOW DATABASES",
        "SHOW DATABASES LIKE 's%'",
        "SHOW CATALOGS",
        "USE stock; VALIDATE CONNECTION a",
        "USE fron",
        "USE front",
        "USE CATALOG default_catalog",
        "CREATE DATABASE front",
        "CREATE DATABASE IF NOT EXISTS stock",
    ];
    let ran = statements.map(|sql| format!("> {sql}\n{}", program.run(&["sql", "--format", "csv"], sql)));
    insta::assert_snapshot!(ran.join("\n"), @r#"
    > SHOW DATABASES
    database name
    default_database
    fron
    stock
    --- stderr
    notice: database "fron" is damaged and cannot be used
    --- status 0
    > SHOW DATABASES LIKE 's%'
    database name
    fron
    stock
    --- stderr
    notice: database "fron" is damaged and cannot be used
    --- status 0
    > SHOW CATALOGS
    catalog name
    default_catalog
    --- status 0
    > USE stock; VALIDATE CONNECTION a
    Name,Status,Detail
    a,UNREACHABLE,"the host ""127.0.0.1"" did not accept a connection on port 9: connection refused"
    --- stderr
    using database `stock`
    --- status 0
    > USE fron
    --- stderr
    error[record_damaged]: database "fron" is damaged
     --> standard input:1:5
      |
    1 | USE fron
      |     ^^^^
      = help: restore it from a backup; others are not affected

    --- status 3
    > USE front
    --- stderr
    error[record_damaged]: database "fron" is damaged
     --> standard input:1:5
      |
    1 | USE front
      |     ^^^^^
      = help: restore it from a backup; others are not affected

    --- status 3
    > USE CATALOG default_catalog
    --- stderr
    using catalog `default_catalog`
    --- status 0
    > CREATE DATABASE front
    --- stderr
    error[record_damaged]: database "fron" is damaged
     --> standard input:1:17
      |
    1 | CREATE DATABASE front
      |                 ^^^^^
      = help: restore it from a backup; others are not affected

    --- status 3
    > CREATE DATABASE IF NOT EXISTS stock
    --- stderr
    notice: database "stock" exists already; nothing was changed
    --- status 0
    "#);
    insta::assert_snapshot!(program.run(&["verify", "--format", "csv"], ""), @r#"
    Status,Connections
    ok,1
    damaged,0
    missing,0
    no key,0
    --- stderr
    1 secrets open
    damaged: database `default_catalog`.`fron`
    --- status 1
    "#);
}

/// Leak scenario 28: a sealed secret that was changed, or put in the place of another, does not open.
#[test]
fn a_changed_secret_is_one_damaged_connection() {
    let program = Program::new();
    program.sql(&create("sound", "made-up")).done();
    program.sql(&create("broken", "made-up")).done();
    let text = String::from_utf8_lossy(&fs::read(program.store()).unwrap()).into_owned();
    let before = r#""secrets":{"api-key":""#;
    let id = text.split_once(before).map(|(_, rest)| &rest[..32]).unwrap();
    // The second half of its identity stands before a sealed secret.
    let half = u64::from_str_radix(&id[16..], 16).unwrap().to_be_bytes();
    let mut bytes = fs::read(program.store()).unwrap();
    let at = bytes.windows(half.len()).position(|window| window == half).unwrap();
    bytes[at + half.len() + 40] ^= 1;
    fs::write(program.store(), bytes).unwrap();
    let ran = program.run(&["verify", "--format", "json"], "");
    assert_eq!(ran.status, 1, "{ran}");
    assert!(ran.stdout.contains("api-key: secret"), "{ran}");
    assert!(ran.stdout.contains(r#"{"Status":"ok","Connections":"1"}"#), "{ran}");
}

/// Leak scenario 30: what a crash may leave is found and destroyed, and nothing else.
#[test]
fn a_sweep_leaves_what_is_referred_to() {
    let program = Program::new();
    program.sql(&format!("{}{}DROP CONNECTION b;", create("a", "made-up"), create("b", "made-up"))).done();
    insta::assert_snapshot!(program.run(&["sweep"], ""), @"
    1 secrets, 1 too young to judge, 0 destroyed
    --- status 0
    ");
    insta::assert_snapshot!(program.run(&["sweep", "--grace", "0", "--dry-run"], ""), @"
    1 secrets, 0 too young to judge, 0 would be destroyed
    --- status 0
    ");
    program.run(&["sweep", "--grace", "0"], "").done();
    program.sql("VALIDATE CONNECTION a").done();
}

/// Leak scenarios 26 and 27: nothing readable on disk at any step, and nothing left of it later.
#[test]
fn nothing_on_disk_is_readable_at_any_step() {
    let program = Program::new();
    let (first, second) = (Canary::new(), Canary::new());
    let steps: [(&[&str], String); 9] = [
        (&["sql"], create("a", first.as_str())),
        (&["sql"], format!("ALTER CONNECTION a SET ('api-key' = '{}')", second.as_str())),
        (&["sql"], "ALTER CONNECTION a RENAME TO b; VALIDATE CONNECTION b".to_owned()),
        (&["key", "rotate", "--data-key"], String::new()),
        (&["backup", "b.db"], String::new()),
        (&["sql"], "DROP CONNECTION b".to_owned()),
        (&["sweep", "--grace", "0"], String::new()),
        (&["restore", "b.db", "--force"], String::new()),
        (&["audit", "show"], String::new()),
    ];
    for (arguments, input) in steps {
        let ran = program.run(arguments, input);
        assert_eq!(ran.status, 0, "{ran}");
        for canary in [&first, &second] {
            canary.assert_absent("standard output", ran.stdout.as_bytes());
            canary.assert_absent("standard error", ran.stderr.as_bytes());
            program.assert_no_trace(canary);
        }
    }
}
