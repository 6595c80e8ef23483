//! Stores, keys, files and folders that are not as they should be.

use crate::canary::Canary;
use crate::program::{Program, run};
use std::fs;
use std::os::unix::fs::PermissionsExt;

const CREATE: &str =
    "CREATE CONNECTION c WITH ('type' = 'openai', 'endpoint' = 'https://a.example', 'api-key' = 'made-up')";

fn mode(path: &std::path::Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn files_are_for_their_owner_only() {
    let program = Program::new();
    program.sql(CREATE).done();
    assert_eq!(mode(&program.store()), 0o600);
    assert_eq!(mode(program.store().parent().unwrap()), 0o700);
    assert_eq!(mode(&program.key_file()), 0o600);
    assert_eq!(mode(program.key_file().parent().unwrap()), 0o700);
}

#[test]
fn without_paths_the_platforms_folders_are_used() {
    let program = Program::new();
    let mut command = program.command(["sql", "-e", CREATE]);
    command.env_remove("LOCKKEEPER_STORE").env_remove("LOCKKEEPER_KEY_FILE");
    let ran = run(&mut command, b"");
    assert_eq!(ran.status, 0, "{ran}");
    if cfg!(target_os = "linux") {
        assert!(program.folder().join(".local/share/lockkeeper/store.db").exists());
        assert!(program.folder().join(".config/lockkeeper/key").exists());
    }
}

#[test]
fn looking_needs_no_key() {
    let program = Program::new();
    program.sql("SHOW CONNECTIONS").done();
    assert!(!program.key_file().exists());
}

/// Status and message of a run in which the environment is at fault.
#[track_caller]
fn fails(program: &Program, sql: &str) -> String {
    let ran = program.sql(sql);
    assert_eq!(ran.status, 3, "{ran}");
    ran.stderr.replace(&program.folder().display().to_string(), "FOLDER")
}

#[test]
fn a_key_file_must_be_one_and_must_be_private() {
    let program = Program::new();
    program.sql(CREATE).done();
    fs::set_permissions(program.key_file(), fs::Permissions::from_mode(0o644)).unwrap();
    insta::assert_snapshot!(fails(&program, "ALTER CONNECTION c SET ('api-key' = 'made-up-2')"), @r#"
    error[store_place]: key file "FOLDER/key/key" cannot be used: others can read it (mode 0644); run: chmod 600 on it
     --> standard input:1:18
      |
    1 | ALTER CONNECTION c SET ('api-key' = '<REDACTED>')
      |                  ^
      = help: check the path, the owner and the mode
    "#);
    fs::set_permissions(program.key_file(), fs::Permissions::from_mode(0o600)).unwrap();
    let good = fs::read(program.key_file()).unwrap();
    fs::write(program.key_file(), "not a key").unwrap();
    insta::assert_snapshot!(fails(&program, "ALTER CONNECTION c SET ('api-key' = 'made-up-2')"), @"
    error[key_refused]: not a usable key: a line does not have the form of a key
     --> standard input:1:18
      |
    1 | ALTER CONNECTION c SET ('api-key' = '<REDACTED>')
      |                  ^
      = help: a key file is made by the program on first use; restore it from a backup
    ");
    // Another store's key.
    let other = Program::new();
    other.sql(CREATE).done();
    fs::copy(other.key_file(), program.key_file()).unwrap();
    let message = fails(&program, "ALTER CONNECTION c SET ('api-key' = 'made-up-2')");
    assert!(message.contains("key_missing"), "{message}");
    // No key, but a store full of secrets: a new key would hide the loss.
    fs::remove_file(program.key_file()).unwrap();
    let message = fails(&program, "ALTER CONNECTION c SET ('api-key' = 'made-up-2')");
    assert!(message.contains("key"), "{message}");
    assert!(!program.key_file().exists());
    fs::write(program.key_file(), good).unwrap();
    fs::set_permissions(program.key_file(), fs::Permissions::from_mode(0o600)).unwrap();
    program.sql("ALTER CONNECTION c SET ('api-key' = 'made-up-2')").done();
}

#[test]
fn a_file_that_is_no_store_is_left_alone() {
    let program = Program::new();
    fs::create_dir(program.store().parent().unwrap()).unwrap();
    fs::set_permissions(program.store().parent().unwrap(), fs::Permissions::from_mode(0o700)).unwrap();
    let text = "something else entirely, long enough to be no database header at all\n".repeat(4);
    fs::write(program.store(), &text).unwrap();
    fs::set_permissions(program.store(), fs::Permissions::from_mode(0o600)).unwrap();
    insta::assert_snapshot!(fails(&program, CREATE), @"
    error: the file is not a Lockkeeper store
      help: check the path of the store
    ");
    assert_eq!(fs::read_to_string(program.store()).unwrap(), text);
}

#[test]
fn a_file_that_is_missing_or_no_text_is_named() {
    let program = Program::new();
    let ran = program.run(&["sql", "-f", "no-such.sql"], "");
    insta::assert_snapshot!(ran, @r#"
    --- stderr
    error: file "no-such.sql" cannot be read
      caused by: No such file or directory (os error 2)
    --- status 3
    "#);
    fs::write(program.folder().join("latin1.sql"), b"SHOW CONNECTIONS -- \xe9").unwrap();
    insta::assert_snapshot!(program.run(&["sql", "-f", "latin1.sql"], ""), @r#"
    --- stderr
    error: file "latin1.sql" cannot be read
      caused by: not UTF-8 at byte 20
    --- status 3
    "#);
}

#[test]
fn wrong_usage_has_its_own_status() {
    let program = Program::new();
    for arguments in [&["sql", "--format", "xml"][..], &["sequel"], &["sql", "--catalog", "nowhere"], &[]] {
        assert_eq!(program.run(arguments, "").status, 2, "{arguments:?}");
    }
    assert_eq!(program.run(&["--help"], "").status, 0);
    assert_eq!(program.run(&["--version"], "").status, 0);
}

#[test]
fn a_database_is_created_when_asked() {
    let program = Program::new();
    let ran = program.run(&["sql", "--catalog", "prod", "--database", "main", "--create"], CREATE);
    assert_eq!(ran.status, 0, "{ran}");
    insta::assert_snapshot!(program.run(&["sql", "--format", "csv"], "SHOW CATALOGS; SHOW CONNECTIONS FROM prod.main").done(), @"
    catalog name
    default_catalog
    prod
    Connection Name
    c
    ");
}

#[test]
fn values_expand_from_environment_and_files_when_asked() {
    let program = Program::new();
    let canary = Canary::new();
    fs::write(program.folder().join("token"), format!("{}\n", canary.as_str())).unwrap();
    let script = "CREATE CONNECTION e WITH ('type' = 'openai', 'endpoint' = 'https://a.example', 'api-key' = '${env:API_KEY}');
                  CREATE CONNECTION f WITH ('type' = 'openai', 'endpoint' = 'https://a.example', 'api-key' = '${file:token}');";
    let mut command = program.command(["sql", "--expand", "--log", "trace"]);
    command.env("API_KEY", canary.as_str());
    let ran = run(&mut command, script.as_bytes());
    assert_eq!(ran.status, 0, "{ran}");
    canary.assert_absent("standard output", ran.stdout.as_bytes());
    canary.assert_absent("standard error", ran.stderr.as_bytes());
    fs::remove_file(program.folder().join("token")).unwrap();
    program.assert_no_trace(&canary);
    // Not set, and not asked for.
    let ran = program.run(&["sql", "--expand"], script.replace("CREATE", "CREATE OR REPLACE"));
    assert_eq!(ran.status, 3, "{ran}");
    assert!(ran.stderr.contains("API_KEY"), "{ran}");
    program.sql(&script.replace("CREATE", "CREATE OR REPLACE")).done();
}

#[test]
fn a_secret_in_an_argument_is_warned_of() {
    let program = Program::new();
    let ran = program.run(&["sql", "-e", CREATE, "-e", "SHOW CONNECTIONS", "--format", "json"], "");
    assert_eq!(ran.stderr.matches("warning: there is a secret in an argument").count(), 1, "{ran}");
    assert_eq!(ran.done().lines().count(), 2);
    let reference = "ALTER CONNECTION c SET ('api-key' = '${env:HOME}')";
    for arguments in [&["sql", "--expand", "-e", reference][..], &["sql", "-e", "SHOW CONNECTIONS"]] {
        let ran = program.run(arguments, "");
        assert_eq!(ran.stderr, "", "{ran}");
        ran.done();
    }
}
