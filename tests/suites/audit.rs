//! The audit log as the program keeps it.

use crate::canary::Canary;
use crate::program::Program;
use std::fs;

const CREATE: &str =
    "CREATE CONNECTION c WITH ('type' = 'openai', 'endpoint' = 'https://a.example', 'api-key' = 'made-up');";

/// Action, connection, outcome and revision of every record.
pub(crate) fn log(program: &Program) -> String {
    let shown = program.run(&["audit", "show", "--format", "csv"], "").done();
    let mut lines: Vec<String> = Vec::new();
    for line in shown.lines().skip(1) {
        let cells: Vec<_> = line.split(',').collect();
        assert!(cells[2].starts_with("uid:"), "{line}");
        let filled = cells[3..].iter().filter(|cell| !cell.is_empty()).copied();
        lines.push(format!("{} {}", cells[0], filled.collect::<Vec<_>>().join(" ")));
    }
    lines.join("\n")
}

#[test]
fn changes_uses_and_refusals_are_recorded() {
    let program = Program::new();
    let script = format!(
        "{CREATE}{CREATE}SHOW CONNECTIONS; DESCRIBE CONNECTION c; DESCRIBE CONNECTION nowhere;
         ALTER CONNECTION c SET ('api-key' = 'made-up-2'); ALTER CONNECTION c RENAME TO d;
         VALIDATE CONNECTION d; DROP CONNECTION d; CREATE DATABASE e;"
    );
    let _ = program.run(&["sql", "--continue-on-error"], &script);
    insta::assert_snapshot!(log(&program), @"
    1 CREATE_CONNECTION `default_catalog`.`default_database`.`c` ok 1
    2 CREATE_CONNECTION `default_catalog`.`default_database`.`c` connection_exists
    3 DESCRIBE_CONNECTION `default_catalog`.`default_database`.`nowhere` connection_missing
    4 ALTER_CONNECTION `default_catalog`.`default_database`.`c` ok 2
    5 ALTER_CONNECTION `default_catalog`.`default_database`.`c` ok 3
    6 VALIDATE_CONNECTION `default_catalog`.`default_database`.`d` unreachable 3
    7 DROP_CONNECTION `default_catalog`.`default_database`.`d` ok 3
    8 CREATE_DATABASE `default_catalog`.`e` ok
    ");
    program.run(&["audit", "verify"], "").done();
}

#[test]
fn everything_is_recorded_when_asked() {
    let program = Program::new();
    program.run(&["sql", "--audit", "all"], "SHOW CONNECTIONS; USE `default_database`; USE CATALOG default_catalog; DROP DATABASE IF EXISTS f").done();
    insta::assert_snapshot!(log(&program), @"
    1 SHOW_CONNECTIONS ok
    2 USE_DATABASE `default_catalog`.`default_database` ok
    3 USE_CATALOG `default_catalog` ok
    4 DROP_DATABASE `default_catalog`.`f` ok
    ");
}

#[test]
fn records_hold_no_values() {
    let program = Program::new();
    let canary = Canary::new();
    let script = format!(
        "CREATE CONNECTION c WITH ('type' = 'openai', 'endpoint' = 'https://a.example', 'api-key' = '{0}');
         CREATE CONNECTION c WITH ('type' = 'openai', 'endpoint' = 'https://a.example', 'ap-key' = '{0}');",
        canary.as_str()
    );
    let _ = program.run(&["sql", "--audit", "all", "--continue-on-error"], &script);
    for format in ["table", "vertical", "json", "csv"] {
        let ran = program.run(&["audit", "show", "--format", format], "");
        canary.assert_absent(format, ran.done().as_bytes());
    }
    program.assert_no_trace(&canary);
}

#[test]
fn a_changed_record_shows() {
    let program = Program::new();
    program.sql(CREATE).done();
    program.sql("DROP CONNECTION c").done();
    program.run(&["audit", "verify"], "").done();
    let mut bytes = fs::read(program.store()).unwrap();
    let at = bytes.windows(15).position(|window| window == b"DROP_CONNECTION").unwrap();
    bytes[at] = b'C';
    fs::write(program.store(), bytes).unwrap();
    insta::assert_snapshot!(program.run(&["audit", "verify"], ""), @r#"
    --- stderr
    damaged: audit event "2" is damaged
    --- status 1
    "#);
    assert_eq!(program.run(&["verify", "--deep"], "").status, 1);
    assert_eq!(program.run(&["audit", "verify", "--expect", "made up"], "").status, 2);
}

#[test]
fn a_record_that_cannot_be_read_hides_no_other() {
    let program = Program::new();
    let script: String = (0..5).map(|number| CREATE.replace(" c ", &format!(" c{number} "))).collect();
    program.sql(&script).done();
    let store = rusqlite::Connection::open(program.store()).unwrap();
    store.execute("UPDATE audit SET event = x'7b' WHERE sequence IN (2, 4)", []).unwrap();
    drop(store);
    let ran = program.run(&["audit", "show", "--format", "csv"], "");
    assert_eq!(ran.status, 1, "{ran}");
    let rows: Vec<_> = ran.stdout.lines().skip(1).map(|line| line.split(',').collect::<Vec<_>>()).collect();
    let shown: Vec<_> = rows.iter().map(|row| (row[0], row[5])).collect();
    assert_eq!(shown, [("1", "ok"), ("2", "damaged"), ("3", "ok"), ("4", "damaged"), ("5", "ok")]);
    assert_eq!(ran.stderr, "damaged: audit event 2\ndamaged: audit event 4\n");
    // What was not asked for.
    program.run(&["audit", "show", "--limit", "1"], "").done();
}

#[test]
fn the_head_of_an_empty_log_shows_nothing() {
    let program = Program::new();
    program.sql(CREATE).done();
    let ran = program.run(&["audit", "verify", "--expect", &"0".repeat(64)], "");
    assert!(ran.stderr.contains("an empty log"), "{ran}");
    ran.done();
}

#[test]
fn a_log_that_was_cut_off_shows() {
    let program = Program::new();
    program.sql(CREATE).done();
    program.sql("DROP CONNECTION c").done();
    let store = rusqlite::Connection::open(program.store()).unwrap();
    store.execute("DELETE FROM audit WHERE sequence = 2", []).unwrap();
    drop(store);
    insta::assert_snapshot!(program.run(&["audit", "verify"], ""), @"
    --- stderr
    damaged: of 2 records that were written, 1 are in the log
    --- status 1
    ");
    assert_eq!(program.run(&["verify", "--deep"], "").status, 1);
}

#[test]
fn the_newest_records_are_shown() {
    let program = Program::new();
    let script: String = (0..5).map(|number| CREATE.replace(" c ", &format!(" c{number} "))).collect();
    program.sql(&script).done();
    let shown = program.run(&["audit", "show", "--limit", "2", "--format", "csv"], "").done();
    let numbers: Vec<_> = shown.lines().skip(1).map(|line| line.split(',').next().unwrap()).collect();
    assert_eq!(numbers, ["4", "5"]);
}
