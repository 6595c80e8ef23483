//! How secrets leak elsewhere, L1 to L25, each tried on the whole program with a secret that nobody can guess.
//!
//! Every text runs in every format with the log at its most verbose, is parsed, is redacted, and then everything that
//! is on disk is searched. What concerns HTTP (L20, L21, L25) stands in `leaks_http`.

use crate::canary::Canary;
use crate::program::{Program, run, run_bytes};
use lockkeeper::grammar::parse;
use lockkeeper::model::define;

/// Runs texts in which `{}` is the secret, and searches all that they leave behind.
#[track_caller]
fn check(texts: &[&str]) {
    let canary = Canary::new();
    let program = Program::new();
    for text in texts {
        let text = text.replace("{}", canary.as_str());
        for format in ["table", "vertical", "json", "csv"] {
            let ran =
                program.run(&["sql", "--format", format, "--continue-on-error", "--log", "trace"], &text);
            canary.assert_absent("standard output of sql", ran.stdout.as_bytes());
            canary.assert_absent("standard error of sql", ran.stderr.as_bytes());
        }
        for command in [&["parse"][..], &["parse", "-0"], &["redact"]] {
            let ran = program.run(command, &text);
            canary.assert_absent("standard output", ran.stdout.as_bytes());
            canary.assert_absent("standard error", ran.stderr.as_bytes());
        }
        // What a library's user sees: the error, its causes, and both as `Debug`.
        match parse(&text) {
            Ok(statements) => {
                canary.assert_absent("Debug of a tree", format!("{statements:?}").as_bytes());
                // Keys and comments are not the grammar's to judge; values are masked in any case, so nothing of them is
                // left for the redactor.
                let printed: String = statements.iter().map(ToString::to_string).collect();
                canary.assert_absent("canonical SQL", lockkeeper::redact::redact(&printed).as_bytes());
            }
            Err(error) => canary.assert_absent("a parse error", format!("{error} {error:?}").as_bytes()),
        }
    }
    program.assert_no_trace(&canary);
}

const GOOD: &str =
    "CREATE CONNECTION c WITH ('type' = 'openai', 'endpoint' = 'https://a.example/v1', 'api-key' = '{}')";

#[test]
fn l1_text_that_does_not_lex() {
    check(&[
        "CREATE CONNECTION c WITH ('type' = 'openai', 'endpoint' = 'https://a.example', 'api-key' = '{}",
        "CREATE CONNECTION c WITH ('type' = 'openai', 'api-key' = '{}, 'endpoint' = 'https://a.example')",
        "CREATE CONNECTION `c WITH ('type' = 'openai', 'api-key' = '{}')",
        "CREATE CONNECTION c /* WITH ('type' = 'openai', 'api-key' = '{}')",
        "CREATE CONNECTION c WITH ('type' = 'openai', 'api-key' = '{}') \u{1}#",
    ]);
}

#[test]
fn l2_text_that_does_not_parse() {
    check(&[
        "CREATE CONNECTION c WITH ('type' = 'openai' 'api-key' = '{}')",
        "CREATE CONNECTION c WITH ('type' = 'openai', 'api-key' => '{}')",
        "CREATE CONNECTION c WITH ('type' = 'openai', 'api-key' '{}')",
        "CREATE CONNECTION c WITH ('type' = 'openai', 'api-key' = '{}',)",
        "CREATE CONNECTION c 'type' = 'openai', 'api-key' = '{}'",
        "CREATE CONNECTION c WITH ('type' = 'openai', 'api-key' = '{}') AS SELECT 1",
    ]);
}

#[test]
fn l3_keys_that_are_misspelt() {
    check(&[
        "CREATE CONNECTION c WITH ('type' = 'openai', 'endpoint' = 'https://a.example', 'ap-key' = '{}')",
        "ALTER CONNECTION c SET ('pasword' = '{}')",
        "ALTER CONNECTION c SET ('' = '{}')",
        "ALTER CONNECTION c SET ('colour' = '{}')",
    ]);
}

#[test]
fn l4_keys_in_disguise() {
    check(&[
        "ALTER CONNECTION c SET ('API_KEY' = '{}', 'Api-Key' = '{}')",
        "ALTER CONNECTION c SET ('openai.api-key' = '{}')",
        "ALTER CONNECTION c SET ('api\u{200b}-key' = '{}')",
        "ALTER CONNECTION c SET ('\u{430}pi-key' = '{}')",
        "SET 'sql.secrets.openai' = '{}'",
    ]);
}

#[test]
fn l5_statements_behind_something_else() {
    check(&[
        "SHOW CONNECTIONS; ALTER CONNECTION c SET ('api-key' = '{}')",
        "-- a remark\nALTER CONNECTION c SET ('api-key' = '{}')",
        "/* a remark */ ALTER CONNECTION c SET ('api-key' = '{}')",
        "\u{feff}ALTER CONNECTION c SET ('api-key' = '{}')",
        "\n\n\t ALTER CONNECTION c SET ('api-key' = '{}')",
    ]);
}

#[test]
fn l6_literals_of_every_form() {
    check(&[
        "ALTER CONNECTION c SET ('api-key' = $${}$$)",
        "ALTER CONNECTION c SET ('api-key' = E'{}\\n')",
        "ALTER CONNECTION c SET ('api-key' = U&'{}\\0041')",
        "ALTER CONNECTION c SET ('api-key' = U&'{}!0041' UESCAPE '!')",
        "ALTER CONNECTION c SET ('api-key' = X'{}')",
        "ALTER CONNECTION c SET ('api-key' = N'{}')",
        "ALTER CONNECTION c SET ('api-key' = 'x' '{}' 'y')",
        "ALTER CONNECTION c SET ('api-key' = 'it''s {}')",
        "ALTER CONNECTION c SET ('api-key' = \"{}\")",
    ]);
}

#[test]
fn l7_secrets_where_they_do_not_belong() {
    check(&[
        "ALTER CONNECTION c SET ('api-key' = {})",
        "ALTER CONNECTION c SET ('{}' = 'api-key')",
        "CREATE CONNECTION c COMMENT 'the key is {}' WITH ('type' = 'openai')",
        "CREATE CONNECTION c /* api-key {} */ WITH ('type' = 'openai')",
        "CREATE CONNECTION c -- {}\n WITH ('type' = 'openai')",
        "CREATE CONNECTION c WITH ('type' = '{}', 'endpoint' = 'https://a.example')",
        "CREATE CONNECTION c WITH ('type' = 'mcp_server', 'endpoint' = 'https://a.example', 'transport-type' = '{}')",
    ]);
}

#[test]
fn l8_secrets_inside_of_other_values() {
    check(&[
        "CREATE CONNECTION c WITH ('type' = 'openai', 'endpoint' = 'https://u:{}@a.example', 'api-key' = 'x')",
        "CREATE CONNECTION c WITH ('type' = 'openai', 'endpoint' = 'https://a.example/?api-key={}', 'api-key' = 'x')",
        "CREATE CONNECTION c WITH ('type' = 'confluent_jdbc', 'endpoint' = 'jdbc:postgresql://h/d?password={}', 'username' = 'u', 'password' = 'p')",
        "CREATE TABLE t (a INT) WITH ('properties.sasl.jaas.config' = 'PlainLoginModule required password=\"{}\";')",
        "CREATE TABLE t (a INT) WITH ('http.headers' = 'Authorization: Bearer {}')",
    ]);
}

#[test]
fn l9_statements_that_show_or_change() {
    check(&[
        GOOD,
        "ALTER CONNECTION c SET ('api-key' = '{}')",
        "CREATE OR REPLACE CONNECTION c WITH ('type' = 'openai', 'endpoint' = 'https://a.example/v1', 'api-key' = '{}')",
        "CREATE TEMPORARY CONNECTION t WITH ('type' = 'openai', 'endpoint' = 'https://a.example/v1', 'api-key' = '{}'); DESCRIBE CONNECTION EXTENDED t",
        "SHOW CREATE CONNECTION c; DESCRIBE CONNECTION c; DESCRIBE CONNECTION EXTENDED c",
        "EXPLAIN CREATE CONNECTION c WITH ('api-key' = '{}')",
        "EXECUTE IMMEDIATE 'ALTER CONNECTION c SET (''api-key'' = ''{}'')'",
        "ALTER CONNECTION c RENAME TO d; SHOW CREATE CONNECTION d; DROP CONNECTION d",
    ]);
}

#[test]
fn l10_what_cannot_be_read_is_not_shown_raw() {
    let program = Program::new();
    let canary = Canary::new();
    let secret = canary.as_str();
    let mut texts = vec![
        // Not UTF-8, before, inside of and behind the secret.
        [b"\xff ALTER CONNECTION c SET ('api-key' = '", secret.as_bytes(), b"')"].concat(),
        [b"ALTER CONNECTION c SET ('api-key' = '\xc3", secret.as_bytes(), b"\xe2\x82')"].concat(),
        [b"ALTER CONNECTION c SET ('api-key\x80' = '", secret.as_bytes(), b"'"].concat(),
        // Zero bytes and other controls.
        [b"ALTER CONNECTION c SET (\0'api-key'\0=\0'", secret.as_bytes(), b"\0')"].concat(),
        // More brackets, quotes and comments than anything keeps count of.
        format!("ALTER CONNECTION c SET {}'api-key' = '{secret}'", "(".repeat(100_000)).into_bytes(),
        format!("ALTER CONNECTION c SET ({}'api-key' = '{secret}')", "/*".repeat(50_000)).into_bytes(),
        format!("ALTER CONNECTION c SET ('api-key' = {}{secret})", "'".repeat(99_999)).into_bytes(),
        // Longer than a statement may be held back.
        format!("ALTER CONNECTION c SET ('api-key' = '{} {secret}')", "x".repeat(1 << 21)).into_bytes(),
    ];
    texts.push([b"\xef\xbb\xbf".as_slice(), &texts[1]].concat());
    for text in texts {
        for arguments in [&["redact"][..], &["redact", "--check"], &["sql", "--log", "trace"], &["parse"]] {
            let ran = run_bytes(&mut program.command(arguments), &text);
            canary.assert_absent("standard output", &ran.1);
            canary.assert_absent("standard error", &ran.2);
        }
    }
    program.assert_no_trace(&canary);
}

#[test]
fn l11_long_statements() {
    let padding = "x".repeat(140_000);
    check(&[
        &format!("CREATE CONNECTION c WITH ('type' = 'openai', 'scope' = '{padding}', 'api-key' = '{{}}')"),
        &format!("CREATE CONNECTION c WITH ('api-key' = '{padding}{{}}')"),
        &format!("{}ALTER CONNECTION c SET ('api-key' = '{{}}')", "SHOW CONNECTIONS;\n".repeat(5000)),
    ]);
}

#[test]
fn l12_redacted_text_never_runs() {
    let program = Program::new();
    let canary = Canary::new();
    let redacted = program.run(&["redact"], GOOD.replace("{}", canary.as_str())).done();
    let ran = program.sql(&redacted);
    assert_eq!(ran.status, 1, "{ran}");
    assert!(ran.stderr.contains("mask_as_value"), "{ran}");
}

#[test]
fn l13_short_secrets_do_not_mask_everything() {
    let program = Program::new();
    let table = program
        .sql("CREATE CONNECTION abc WITH ('type' = 'openai', 'endpoint' = 'https://a.example/v1', 'api-key' = 'a');
              DESCRIBE CONNECTION abc; SHOW CONNECTIONS")
        .done();
    assert!(table.contains("https://a.example/v1") && !table.contains("REDACTED"), "{table}");
}

#[test]
fn l14_files_of_the_shell_are_not_written() {
    let program = Program::new();
    let canary = Canary::new();
    let ran = program.sql(&GOOD.replace("{}", canary.as_str()));
    assert_eq!(ran.status, 0);
    // Neither a history nor anything else but the store and the key.
    let mut names: Vec<_> =
        std::fs::read_dir(program.folder()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["key", "store"]);
    program.assert_no_trace(&canary);
}

/// Neither the log at its most verbose, nor the audit log of everything, nor the statistics of the store, nor what a
/// crash leaves behind.
#[test]
fn l15_logs_statistics_and_crashes_keep_no_literal() {
    let program = Program::new();
    let canary = Canary::new();
    let script =
        format!("{}; ALTER CONNECTION c SET ('api-key' = '{{}}');", GOOD).replace("{}", canary.as_str());
    let ran = program.run(&["sql", "--audit", "all", "--log", "trace"], &script);
    assert_eq!(ran.status, 0);
    canary.assert_absent("the log", ran.stderr.as_bytes());
    for arguments in [
        &["audit", "show", "--format", "json"][..],
        &["audit", "show", "--format", "table"],
        &["verify", "--log", "trace"],
        &["sweep", "--log", "trace"],
        &["key", "status", "--format", "json"],
    ] {
        let ran = program.run(arguments, "");
        assert_eq!(ran.status, 0, "{ran}");
        canary.assert_absent("what is reported", ran.to_string().as_bytes());
    }
    program.assert_no_trace(&canary);
    // Killed with the statement in its memory: no file appears that holds it.
    let mut child = program
        .command(["sql", "--log", "trace"])
        .env("RUST_BACKTRACE", "full")
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    std::io::Write::write_all(&mut child.stdin.as_ref().unwrap(), script.as_bytes()).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    program.assert_no_trace(&canary);
}

#[test]
fn l16_session_settings_are_not_shown() {
    check(&["SET 'api-key' = '{}'; SET; SHOW CURRENT CATALOG", "SET 'table.secret-store.token' = '{}'"]);
}

#[test]
fn l17_to_l19_types_and_errors_hold_no_value() {
    let canary = Canary::new();
    let secret = canary.as_str();
    let entries = [("type", secret), ("endpoint", secret), ("api-key", secret), (secret, secret)]
        .map(|(key, value)| lockkeeper::model::Entry { key, value });
    let problems = define(&entries, Some(secret)).err().unwrap();
    canary.assert_absent("problems", format!("{problems:?}").as_bytes());
    // That secrets have no Debug, Display, Serialize or Clone is for the compiler to say.
    check(&[GOOD]);
}

#[test]
fn l22_l23_wrong_arguments_are_not_repeated() {
    let canary = Canary::new();
    let statement = GOOD.replace("{}", canary.as_str());
    let program = Program::new();
    for arguments in [
        &["sql", &statement][..],
        &["sql", "-x", &statement],
        &["sql", "--format", &statement],
        &[&statement],
    ] {
        let ran = run(&mut program.command(arguments), b"");
        assert_eq!(ran.status, 2);
        canary.assert_absent("standard output", ran.stdout.as_bytes());
        canary.assert_absent("standard error", ran.stderr.as_bytes());
    }
}

#[test]
fn l24_identities_are_not_made_of_secrets() {
    let program = Program::new();
    let one = program.sql(&GOOD.replace("{}", "made-up-1")).done();
    let other = Program::new().sql(&GOOD.replace("{}", "made-up-1")).done();
    assert_eq!(one, other);
    let canary = Canary::new();
    program.sql(&GOOD.replace("CONNECTION c", "CONNECTION d").replace("{}", canary.as_str())).done();
    program.assert_no_trace(&canary);
}
