//! Key-encryption keys: made, shown, replaced, saved, brought back, and refused.

use crate::canary::Canary;
use crate::program::{Program, Ran, run};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::thread;

const CREATE: &str = "CREATE CONNECTION c WITH ('type' = 'openai', 'endpoint' = 'http://127.0.0.1:9/v1', 'api-key' = 'made-up');";

/// A program whose store has one connection.
fn with_connection() -> Program {
    let program = Program::new();
    program.sql(CREATE).done();
    program
}

/// Rows of `key status`: role, and number of what is wrapped or sealed.
fn status(program: &Program) -> Vec<(String, String)> {
    let ran = program.run(&["key", "status", "--format", "json"], "");
    let row = |line: &str| {
        let row: serde_json::Value = serde_json::from_str(line).unwrap();
        (row["Role"].as_str().unwrap().to_owned(), row["Use"].as_str().unwrap().to_owned())
    };
    ran.done().lines().map(row).collect()
}

#[track_caller]
fn opens(program: &Program) {
    program.sql("VALIDATE CONNECTION c").done();
}

/// Output with what differs from run to run replaced.
fn stable(program: &Program, ran: &Ran) -> String {
    ran.to_string().replace(&program.folder().display().to_string(), "FOLDER")
}

#[test]
fn a_key_is_made_once() {
    let program = Program::new();
    insta::assert_snapshot!(stable(&program, &program.run(&["key", "status"], "")), @"
    --- stderr
    keys from file FOLDER/key/key
    there is no key yet; it is made on first use, or by: lockkeeper key init
    --- status 0
    ");
    assert!(!program.key_file().exists());
    program.run(&["key", "init"], "").done();
    let key = fs::read(program.key_file()).unwrap();
    insta::assert_snapshot!(stable(&program, &program.run(&["key", "init"], "")), @r#"
    --- stderr
    error: "FOLDER/key/key" is there already, and is not replaced
      help: move it away first, or give another name
    --- status 2
    "#);
    program.sql(CREATE).done();
    assert!(fs::read(program.key_file()).unwrap() == key);
    // The store was sealed with it: another key would only hide that it is lost.
    fs::remove_file(program.key_file()).unwrap();
    assert_eq!(program.run(&["key", "init"], "").status, 3);
    assert!(!program.key_file().exists());
}

#[test]
fn a_rotation_replaces_the_key_and_nothing_else() {
    let program = with_connection();
    let before = fs::read_to_string(program.key_file()).unwrap();
    program.run(&["key", "rotate", "--keep-old"], "").done();
    let counts: Vec<_> = status(&program);
    let expected = [
        ("key-encryption key, current", "1 data keys"),
        ("key-encryption key, older", "0 data keys"),
        ("data key, seals", "4096 seals reserved"),
    ];
    assert_eq!(counts, expected.map(|(role, count)| (role.to_owned(), count.to_owned())));
    opens(&program);
    program.run(&["key", "rewrap"], "").done();
    opens(&program);
    let after = fs::read_to_string(program.key_file()).unwrap();
    let key = |text: &str| text.lines().last().unwrap().to_owned();
    assert!(!after.contains(&key(&before)), "the old key is still there");
    assert_eq!(fs::metadata(program.key_file()).unwrap().permissions().mode() & 0o777, 0o600);
    // A rotation that makes a new data key as well.
    program.run(&["key", "rotate", "--data-key"], "").done();
    assert_eq!(status(&program).len(), 3);
    opens(&program);
    // No old key opens anything.
    fs::write(program.key_file(), before).unwrap();
    assert_eq!(program.sql("VALIDATE CONNECTION c").status, 3);
}

#[test]
fn others_read_and_write_during_rotations() {
    let program = with_connection();
    thread::scope(|scope| {
        for process in 0..2 {
            let program = &program;
            scope.spawn(move || {
                let script: String = (0..150)
                    .map(|number| {
                        format!(
                            "{}VALIDATE CONNECTION c{process}_{number};",
                            CREATE.replace(" c ", &format!(" c{process}_{number} "))
                        )
                    })
                    .collect();
                program.sql(&script).done();
            });
        }
        // Short-lived processes make and open data keys all the time.
        scope.spawn(|| {
            for _ in 0..10 {
                program.sql(&CREATE.replace("CREATE", "CREATE OR REPLACE")).done();
                opens(&program);
            }
        });
        for _ in 0..6 {
            program.run(&["key", "rotate", "--data-key"], "").done();
        }
    });
    let ran = program.run(&["verify", "--deep", "--format", "json"], "");
    assert_eq!(ran.status, 0, "{ran}");
    assert!(ran.stdout.contains(r#"{"Status":"ok","Connections":"301"}"#), "{ran}");
    let older = status(&program).iter().filter(|(role, _)| role.contains("older")).count();
    assert_eq!(older, 0);
}

#[test]
fn a_passphrase_brings_the_key_back() {
    let program = with_connection();
    let passphrase = Canary::new();
    fs::write(program.folder().join("passphrase"), passphrase.as_str()).unwrap();
    let export = ["key", "export-recovery", "recovery", "--passphrase-file", "passphrase"];
    program.run(&export, "").done();
    let recovery = program.folder().join("recovery");
    assert_eq!(fs::metadata(&recovery).unwrap().permissions().mode() & 0o777, 0o600);
    // It is never replaced.
    assert_eq!(program.run(&export, "").status, 2);
    fs::remove_file(program.folder().join("passphrase")).unwrap();
    let key = fs::read_to_string(program.key_file()).unwrap();
    let digits = key.lines().last().unwrap().split(':').nth(1).unwrap().to_owned();
    assert!(!fs::read_to_string(&recovery).unwrap().contains(&digits[..16]));

    let import = ["key", "import-recovery", "recovery"];
    assert_eq!(program.run(&import, passphrase.as_str()).status, 2, "a key file was replaced");
    fs::remove_file(program.key_file()).unwrap();
    insta::assert_snapshot!(program.run(&import, "another passphrase\n"), @"
    --- stderr
    error: not a usable key: the passphrase does not open the recovery text
      help: give the file and the passphrase of the same key export-recovery
    --- status 3
    ");
    program.run(&import, format!("{}\n", passphrase.as_str())).done();
    assert!(fs::read_to_string(program.key_file()).unwrap() == key);
    opens(&program);
    program.assert_no_trace(&passphrase);
    insta::assert_snapshot!(program.run(&["key", "export-recovery", "other"], "short"), @"
    --- stderr
    error: the passphrase is shorter than 12 bytes
      help: take several words that nobody would guess
    --- status 2
    ");
    for weak in ["            ", "aaaaaaaaaaaa", "1212 1212 1212"] {
        assert_eq!(program.run(&["key", "export-recovery", "other"], weak).status, 2);
    }
    assert!(!program.folder().join("other").exists());
}

#[test]
fn keys_come_from_the_environment_or_a_program() {
    let program = with_connection();
    let text = fs::read_to_string(program.key_file()).unwrap();
    let elsewhere = program.folder().join("elsewhere");
    fs::rename(program.key_file(), &elsewhere).unwrap();
    let command = |arguments: &[&str]| {
        let mut command = program.command(arguments);
        command.env_remove("LOCKKEEPER_KEY_FILE");
        command
    };
    let validate = ["sql", "-e", "VALIDATE CONNECTION c"];
    run(command(&validate).env("LOCKKEEPER_KEY", &text), b"").done();
    run(command(&validate).env("LOCKKEEPER_KEY_COMMAND", "cat elsewhere"), b"").done();
    run(&mut command(&["sql", "--key-command", "cat 'elsewhere'", "-e", "VALIDATE CONNECTION c"]), b"")
        .done();
    assert!(!program.key_file().exists());
    // Two sources, and none can be meant.
    let ran = run(command(&validate).env("LOCKKEEPER_KEY", &text).env("LOCKKEEPER_KEY_COMMAND", "cat"), b"");
    assert_eq!(ran.status, 2, "{ran}");
    // What is not ours to change.
    insta::assert_snapshot!(run(command(&["key", "rotate"]).env("LOCKKEEPER_KEY", &text), b""), @"
    --- stderr
    error: the keys come from environment variable LOCKKEEPER_KEY, which this program cannot change
      help: put a new key before the old one there, and run: lockkeeper key rewrap; then remove the old one
    --- status 2
    ");
    // What its owner rotates.
    let other = Program::new();
    other.run(&["key", "init"], "").done();
    let new = fs::read_to_string(other.key_file()).unwrap();
    run(command(&["key", "rewrap"]).env("LOCKKEEPER_KEY", format!("{new}\n{text}")), b"").done();
    run(command(&validate).env("LOCKKEEPER_KEY", &new), b"").done();
    assert_eq!(run(command(&validate).env("LOCKKEEPER_KEY", &text), b"").status, 3);
}

#[test]
fn a_program_that_fails_is_named_and_redacted() {
    let program = with_connection();
    let canary = Canary::new();
    let script = program.folder().join("kms");
    fs::write(
        &script,
        format!("#!/bin/sh\necho \"token={}\" >&2\necho not a key\nexit $1\n", canary.as_str()),
    )
    .unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o700)).unwrap();
    for status in ["0", "7"] {
        let command = format!("./kms {status} {}", canary.as_str());
        let ran = program.run(&["verify", "--log", "trace", "--key-command", &command], "");
        assert_eq!(ran.status, 3, "{ran}");
        assert!(ran.stderr.contains("token=<REDACTED>"), "{ran}");
        canary.assert_absent("standard error", ran.stderr.as_bytes());
    }
}

/// Leak scenario 33: short, padded and cut keys are refused wherever they come from.
#[test]
fn weak_keys_are_refused() {
    let program = Program::new();
    program.run(&["key", "init"], "").done();
    let text = fs::read_to_string(program.key_file()).unwrap();
    let line = text.lines().last().unwrap();
    let zeros = format!("lockkeeper-key-1:{}:00000000", "0".repeat(64));
    for weak in ["made up", "00", &line[..40], &line[..line.len() - 1], &zeros] {
        let mut command = program.command(["sql"]);
        command.env_remove("LOCKKEEPER_KEY_FILE").env("LOCKKEEPER_KEY", weak);
        let ran = run(&mut command, CREATE.as_bytes());
        assert_eq!(ran.status, 3, "{ran}");
        assert!(ran.stderr.contains("key_refused"), "{ran}");
    }
    assert_eq!(program.run(&["sql", "--format", "csv"], "SHOW CONNECTIONS").done(), "Connection Name\n");
}

/// Leak scenario 27: the memory is not written to disk by a crash.
#[cfg(target_os = "linux")]
#[test]
fn there_are_no_core_dumps() {
    use std::io::{BufRead, BufReader, Write};
    use std::process::Stdio;
    let program = Program::new();
    let mut child = program.command(["redact"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    writeln!(input, "ready").unwrap();
    drop(input);
    let mut line = String::new();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    // Until the process ends its limits can be read, and it does not end before we wait for it.
    output.read_line(&mut line).unwrap();
    let limits = fs::read_to_string(format!("/proc/{}/limits", child.id())).unwrap_or_default();
    child.wait().unwrap();
    if let Some(core) = limits.lines().find(|line| line.starts_with("Max core file size")) {
        assert_eq!(core.split_whitespace().nth(4), Some("0"), "{core}");
    }
}
