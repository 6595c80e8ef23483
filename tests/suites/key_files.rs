//! What the program does to key files, to their names, and to what stands beside them.

use crate::program::{Program, Ran, run};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Stdio;

const CREATE: &str = "CREATE CONNECTION c WITH ('type' = 'openai', 'endpoint' = 'http://127.0.0.1:9/v1', 'api-key' = 'made-up');";

/// Runs the program with another key file than its own.
fn with_key(program: &Program, key: &Path, arguments: &[&str], input: &str) -> Ran {
    run(program.command(arguments).env("LOCKKEEPER_KEY_FILE", key), input.as_bytes())
}

/// The keys of a file, the current one first.
fn keys(path: &Path) -> Vec<String> {
    let text = fs::read_to_string(path).unwrap();
    text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect()
}

/// The names in a folder.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_key_file_may_have_any_name() {
    for name in ["prod.new", "prod.lock", "prod.partial", "prod", ".prod"] {
        let program = Program::new();
        let folder = program.folder().join("keys");
        let key = folder.join(name);
        with_key(&program, &key, &["sql"], CREATE).done();
        with_key(&program, &key, &["key", "rotate"], "").done();
        with_key(&program, &key, &["sql"], "VALIDATE CONNECTION c").done();
        let recovery = program.folder().join("recovery");
        let recovery = recovery.to_str().unwrap();
        with_key(&program, &key, &["key", "export-recovery", recovery], "made-up passphrase").done();
        let before = keys(&key);
        fs::remove_file(&key).unwrap();
        with_key(&program, &key, &["key", "import-recovery", recovery], "made-up passphrase").done();
        assert_eq!(keys(&key), before);
        let mut expected = [name.to_owned(), format!("{name}.lock")];
        expected.sort();
        assert_eq!(names(&folder), expected);
    }
}

#[test]
fn what_stands_beside_a_key_file_stays() {
    let program = Program::new();
    let folder = program.key_file().parent().unwrap().to_owned();
    fs::create_dir(&folder).unwrap();
    let neighbours = ["key.new", "key.lock.new", "key.old", ".key.made-up.unfinished"];
    for name in neighbours {
        fs::write(folder.join(name), name).unwrap();
    }
    program.sql(CREATE).done();
    program.run(&["key", "rotate"], "").done();
    for name in neighbours {
        assert_eq!(fs::read_to_string(folder.join(name)).unwrap(), name);
    }
    // One that was killed while it wrote has left keys behind, and those are ours.
    let left = folder.join(".key.0123456789abcdef0123456789abcdef.unfinished");
    fs::write(&left, "made up").unwrap();
    program.run(&["key", "rotate"], "").done();
    assert!(!left.exists());
}

#[test]
fn a_link_to_a_key_file_stays_one() {
    let program = Program::new();
    let real = program.folder().join("real").join("key");
    let link = program.folder().join("link");
    symlink("real/key", &link).unwrap();
    // Also where there is nothing behind it yet.
    with_key(&program, &link, &["sql"], CREATE).done();
    let first = keys(&real);
    with_key(&program, &link, &["key", "rotate"], "").done();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_ne!(keys(&real), first);
    assert_eq!(fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o600);
    with_key(&program, &real, &["sql"], "VALIDATE CONNECTION c").done();
    // Both paths are under one lock.
    assert_eq!(names(real.parent().unwrap()), ["key", "key.lock"]);
}

#[test]
fn what_is_no_key_file_is_called_so() {
    let program = Program::new();
    let folder = program.folder().join("keys");
    fs::create_dir(&folder).unwrap();
    let ran = with_key(&program, &folder, &["sql"], CREATE);
    assert!(ran.stderr.contains("it is a folder"), "{ran}");
    // Keys behind the end of what is read would be missing without a word.
    program.run(&["key", "init"], "").done();
    let key = fs::read_to_string(program.key_file()).unwrap();
    fs::write(program.key_file(), format!("{}{key}", "# made up\n".repeat(7_000))).unwrap();
    let ran = program.run(&["key", "status"], "");
    assert_eq!(ran.status, 3, "{ran}");
    assert!(ran.stderr.contains("it is longer than 64 KiB"), "{ran}");
}

#[test]
fn nobody_need_read_standard_error() {
    let program = Program::new();
    program.sql(CREATE).done();
    let deaf = |arguments: &[&str]| {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = program.command(arguments);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(writer);
        command.status().unwrap().code()
    };
    for _ in 0..3 {
        let before = keys(&program.key_file());
        assert_eq!(deaf(&["key", "rotate", "--log", "trace"]), Some(0));
        let after = keys(&program.key_file());
        assert_eq!(after.len(), 1);
        assert_ne!(after, before);
    }
    assert_eq!(deaf(&["key", "status"]), Some(0));
    assert_eq!(deaf(&["key", "rewrap"]), Some(0));
    assert_eq!(deaf(&["verify", "--deep"]), Some(0));
    assert_eq!(deaf(&["backup", "no/such/folder/backup"]), Some(3));
    assert_eq!(deaf(&["sequel"]), Some(2));
    program.sql("VALIDATE CONNECTION c").done();
}

#[test]
fn trying_a_rotation_again_adds_no_key() {
    let program = Program::new();
    program.sql(CREATE).done();
    let old = keys(&program.key_file());
    // One that was stopped when it had made the key.
    let other = Program::new();
    other.run(&["key", "init"], "").done();
    let new = keys(&other.key_file());
    fs::write(program.key_file(), format!("{}\n{}\n", new[0], old[0])).unwrap();
    let ran = program.run(&["key", "rotate", "--keep-old"], "");
    assert!(ran.stderr.contains("a rotation was stopped"), "{ran}");
    ran.done();
    assert_eq!(keys(&program.key_file()), [new[0].clone(), old[0].clone()]);
    // That was the end of it: the next one makes a key.
    program.run(&["key", "rotate"], "").done();
    let last = keys(&program.key_file());
    assert_eq!(last.len(), 1);
    assert!(last != new && last != old);
    program.sql("VALIDATE CONNECTION c").done();
}

#[test]
fn an_empty_source_of_keys_makes_no_key_elsewhere() {
    let program = Program::new();
    let with = |variable: &str| {
        let mut command = program.command(["sql"]);
        command.env_remove("LOCKKEEPER_KEY_FILE").env(variable, "");
        run(&mut command, CREATE.as_bytes())
    };
    insta::assert_snapshot!(with("LOCKKEEPER_KEY"), @"
    --- stderr
    error[key_refused]: not a usable key: LOCKKEEPER_KEY is set, but empty
     --> standard input:1:19
      |
    1 | CREATE CONNECTION c WITH ('type' = 'openai', 'endpoint' = 'http://127.0.0.1:9/v1', 'api-key' = '<REDACTED>')
      |                   ^
      = help: a key file is made by the program on first use; restore it from a backup

    --- status 3
    ");
    assert_eq!(with("LOCKKEEPER_KEY_COMMAND").status, 3);
    insta::assert_snapshot!(with("LOCKKEEPER_KEY_FILE"), @"
    --- stderr
    error: LOCKKEEPER_KEY_FILE is empty
      help: give it the path of the key file, or unset it
    --- status 2
    ");
    assert!(!program.folder().join(".config").exists());
    // The command line goes before the environment.
    run(program.command(["sql", "--key-file", "key"]).env("LOCKKEEPER_KEY", ""), CREATE.as_bytes()).done();
}
