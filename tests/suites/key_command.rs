//! Programs that print keys, and what they do besides.

use crate::program::{Program, run};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

const CREATE: &str = "CREATE CONNECTION c WITH ('type' = 'openai', 'endpoint' = 'http://127.0.0.1:9/v1', 'api-key' = 'made-up');";

/// A program with a connection, and a script in its folder.
fn with_script(script: &str) -> Program {
    let program = Program::new();
    program.sql(CREATE).done();
    let path = program.folder().join("kms");
    fs::write(&path, format!("#!/bin/sh\n{script}")).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o700)).unwrap();
    program
}

#[test]
fn keys_that_a_key_command_says_are_not_passed_on() {
    for script in
        ["cat key/key >&2; exit 3", "set -x; echo \"$(cat key/key)\"", "cat key/key | tee /dev/stderr"]
    {
        let program = with_script(script);
        let key = fs::read_to_string(program.key_file()).unwrap();
        let digits = key.lines().last().unwrap().split(':').nth(1).unwrap();
        let ran = program.run(&["key", "status", "--key-command", "./kms"], "");
        assert!(ran.stderr.contains("lockkeeper-key-<REDACTED>"), "{ran}");
        assert!(!ran.stderr.contains(&digits[..16]), "{ran}");
    }
}

#[test]
fn a_key_command_that_hangs_is_named_and_ended() {
    let program = with_script("exec sleep 600");
    let begun = Instant::now();
    let mut command =
        program.command(["sql", "-e", "VALIDATE CONNECTION c", "--key-command", "./kms made-up"]);
    let ran = run(command.env("LOCKKEEPER_KEY_TIMEOUT", "6"), b"");
    assert!(begun.elapsed() < Duration::from_secs(120));
    insta::assert_snapshot!(ran, @r#"
    --- stderr
    waiting for the key command "./kms", 6 seconds at most
    it was ended after 6 seconds; --key-timeout gives it more
    error[store_failed]: the key provider failed
     --> command line:1:21
      |
    1 | VALIDATE CONNECTION c
      |                     ^
      = help: see the provider's own message

    --- status 3
    "#);
}
