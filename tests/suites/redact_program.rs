//! `lockkeeper redact`: as a filter, and as a check for hooks and CI.

use crate::canary::Canary;
use crate::program::{Program, run_bytes};
use lockkeeper::redact::{Redactor, check};
use serde_json::Value;
use std::fs;
use std::io::{Read, Write};
use std::process::Stdio;

/// Runs the program's check over files of these contents.
#[track_caller]
fn check_files(format: &str, files: &[(&str, &[u8])]) -> crate::program::Ran {
    let program = Program::new();
    for (name, content) in files {
        fs::write(program.folder().join(name), content).unwrap();
    }
    let names = files.iter().map(|(name, _)| *name);
    let arguments: Vec<&str> = ["redact", "--check", "--format", format].into_iter().chain(names).collect();
    program.run(&arguments, "")
}

#[test]
fn a_check_says_where_and_never_what() {
    let canary = Canary::new();
    let sql = format!(
        "SELECT 1;\n-- über ALTER\nALTER CONNECTION c SET ('token' = '{0}',\r\n  'x' = '{0}');\n",
        canary.as_str()
    );
    let config = format!("host: a.example\npassword: {}\n", canary.as_str());
    let files: &[(&str, &[u8])] =
        &[("a.sql", sql.as_bytes()), ("clean.txt", b"nothing"), ("b.yaml", config.as_bytes())];
    let text = check_files("text", files);
    canary.assert_absent("a report", text.to_string().as_bytes());
    insta::assert_snapshot!(text, @"
    a.sql:3:35: A CONNECTION statement carries a secret as a literal. [connection-literal]
    a.sql:4:9: A CONNECTION statement carries a secret as a literal. [connection-literal]
    b.yaml:2:11: An option, property or header whose name denotes a secret has a value. [secret-option]
    --- status 1
    ");
    let json = check_files("json", files);
    canary.assert_absent("a report", json.to_string().as_bytes());
    insta::assert_snapshot!(json, @r#"
    {"column":35,"file":"a.sql","line":3,"rule":"connection-literal"}
    {"column":9,"file":"a.sql","line":4,"rule":"connection-literal"}
    {"column":11,"file":"b.yaml","line":2,"rule":"secret-option"}
    --- status 1
    "#);
    let sarif = check_files("sarif", files);
    canary.assert_absent("a report", sarif.to_string().as_bytes());
    assert_eq!(sarif.status, 1);
    let report: Value = serde_json::from_str(&sarif.stdout).unwrap();
    assert_eq!(report["version"], "2.1.0");
    let run = &report["runs"][0];
    let rules: Vec<&Value> =
        run["tool"]["driver"]["rules"].as_array().unwrap().iter().map(|rule| &rule["id"]).collect();
    let places: Vec<String> = run["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|result| {
            assert!(rules.contains(&&result["ruleId"]));
            let place = &result["locations"][0]["physicalLocation"];
            format!(
                "{}:{}:{}",
                place["artifactLocation"]["uri"],
                place["region"]["startLine"],
                place["region"]["startColumn"]
            )
        })
        .collect();
    insta::assert_snapshot!(places.join("\n"), @r#"
    "a.sql":3:35
    "a.sql":4:9
    "b.yaml":2:11
    "#);
}

#[test]
fn a_check_without_findings_is_silent() {
    for (format, empty) in [("text", true), ("json", true), ("sarif", false)] {
        let ran = check_files(
            format,
            &[
                ("empty", b""),
                ("clean.sql", b"CREATE CONNECTION c WITH ('token' = '<REDACTED>', 'api-key' = '${env:KEY}')"),
            ],
        );
        assert_eq!((ran.status, ran.stdout.is_empty(), ran.stderr.as_str()), (0, empty, ""), "{ran}");
    }
    // Without a file, standard input is checked.
    let program = Program::new();
    assert_eq!(program.run(&["redact", "--check"], "").status, 0);
    insta::assert_snapshot!(program.run(&["redact", "--check"], "a\ntoken=made-up-1\n"), @"
    standard input:2:7: An option, property or header whose name denotes a secret has a value. [secret-option]
    --- status 1
    ");
}

#[test]
fn bytes_that_are_not_utf_8_count_as_one_column_each() {
    insta::assert_snapshot!(check_files("text", &[("a", b"\xff\xfe \xe2\x82 token=made-up-1\n\x80password='made-up-2")]), @"
    a:1:13: An option, property or header whose name denotes a secret has a value. [secret-option]
    a:2:11: An option, property or header whose name denotes a secret has a value. [secret-option]
    --- status 1
    ");
}

#[test]
fn what_cannot_be_read_is_told_from_what_is_found() {
    let program = Program::new();
    fs::write(program.folder().join("a"), "token=made-up-1").unwrap();
    insta::assert_snapshot!(program.run(&["redact", "--check", "a", "missing"], ""), @r#"
    --- stderr
    error: file "missing" cannot be read
      caused by: No such file or directory (os error 2)
    --- status 3
    "#);
    assert_eq!(program.run(&["redact", "--check", "."], "").status, 3);
    // A wrong command line.
    assert_eq!(program.run(&["redact", "--format", "json"], "").status, 2);
    assert_eq!(program.run(&["redact", "--check", "--format", "xml"], "").status, 2);
}

/// The places that the program reports are those of the library.
#[test]
fn the_program_and_the_library_agree() {
    let text = "SET 'sql.secrets.a' = 'made-up';\nCREATE CONNECTION c WITH (\n\t'type' = 'rest',\n\t'tokn' = 'made-up' 'x',\n\t-- made-up\n\t'endpoint' = 'https://u:made-up@a.example');\n".repeat(50);
    let program = Program::new();
    let ran = program.run(&["redact", "--check", "--format", "json"], &text);
    let reported: Vec<(u64, u64)> = ran
        .stdout
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .map(|found| (found["line"].as_u64().unwrap(), found["column"].as_u64().unwrap()))
        .collect();
    let expected: Vec<(u64, u64)> = check(&text).iter().map(|found| (found.line, found.column)).collect();
    assert_eq!(reported, expected);
    assert_eq!(expected.len(), 200);
}

#[test]
fn other_bytes_pass_through_the_filter() {
    let program = Program::new();
    let mut bytes: Vec<u8> =
        (0..=255_u8).cycle().take(300_000).filter(|byte| !b"@?=:".contains(byte)).collect();
    bytes.extend_from_slice(b"\npassword='made-up'\n\xff\xfe");
    let (status, stdout, _) = run_bytes(&mut program.command(["redact"]), &bytes);
    assert_eq!(status, 0);
    let expected = [&bytes[..bytes.len() - b"'made-up'\n\xff\xfe".len()], b"'<REDACTED>'\n\xff\xfe"].concat();
    let cut = expected.len() - 16;
    assert!(stdout.len() == expected.len() && stdout[cut..] == expected[cut..] && stdout == expected);
}

#[test]
fn one_long_line_is_filtered() {
    let canary = Canary::new();
    let row = format!("{{\"sql\":\"ALTER CONNECTION c SET ('token' = '{}')\"}},", canary.as_str());
    let line = row.repeat(3 << 20 >> 6);
    let (status, stdout, _) = run_bytes(&mut Program::new().command(["redact"]), line.as_bytes());
    assert_eq!(status, 0);
    assert!(stdout == row.replace(canary.as_str(), "<REDACTED>").repeat(3 << 20 >> 6).as_bytes());
}

/// Whoever reads may stop reading.
#[test]
fn a_closed_pipe_ends_the_filter() {
    let program = Program::new();
    let canary = Canary::new();
    let mut child = program
        .command(["redact"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let line = format!("ALTER CONNECTION c SET ('token' = '{}');\n", canary.as_str());
    let mut input = child.stdin.take().unwrap();
    let written = (0..200_000).try_for_each(|_| input.write_all(line.as_bytes()));
    assert!(written.is_err());
    drop(input);
    let mut said = Vec::new();
    child.stderr.take().unwrap().read_to_end(&mut said).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(3));
    canary.assert_absent("standard error", &said);
    assert_eq!(String::from_utf8_lossy(&said), "");
}

/// What is decided is written before the input ends.
#[test]
fn a_filter_in_a_pipe_does_not_hold_lines_back() {
    let mut redactor = Redactor::new();
    let mut out = Vec::new();
    redactor
        .push(b"2026-11-23 10:00:00 INFO one\n2026-11-23 10:00:01 INFO token=made-up-1 two\n2026", &mut out);
    assert_eq!(
        String::from_utf8(out).unwrap(),
        "2026-11-23 10:00:00 INFO one\n2026-11-23 10:00:01 INFO token=<REDACTED> two\n"
    );
}

#[test]
fn text_in_utf_16_is_refused() {
    let canary = Canary::new();
    let sql = format!("ALTER CONNECTION c SET ('token' = '{}');\n", canary.as_str());
    for (mark, little) in [("\u{feff}", true), ("\u{feff}", false), ("", true), ("", false)] {
        let units = mark.encode_utf16().chain(sql.encode_utf16());
        let text: Vec<u8> =
            units.flat_map(|unit| if little { unit.to_le_bytes() } else { unit.to_be_bytes() }).collect();
        for arguments in [&["redact", "a.sql"][..], &["redact", "--check", "a.sql"]] {
            let program = Program::new();
            fs::write(program.folder().join("a.sql"), &text).unwrap();
            insta::allow_duplicates! {
                insta::assert_snapshot!(program.run(arguments, ""), @r#"
                --- stderr
                error: "a.sql" is in UTF-16, in which no secret is found
                  help: convert it to UTF-8, with iconv for example
                --- status 2
                "#);
            }
        }
    }
}
