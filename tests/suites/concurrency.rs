//! Several processes on one store.

use crate::program::{Program, run};
use std::thread;

#[test]
fn processes_that_write_at_once_lose_nothing() {
    const PROCESSES: usize = 4;
    const STATEMENTS: usize = 100;
    let program = Program::new();
    thread::scope(|scope| {
        for process in 0..PROCESSES {
            let program = &program;
            scope.spawn(move || {
                let script: String = (0..STATEMENTS)
                    .map(|number| {
                        format!(
                            "CREATE CONNECTION c{process}_{number} WITH ('type' = 'openai', \
                             'endpoint' = 'https://a.example', 'api-key' = 'made-up');\n"
                        )
                    })
                    .collect();
                let ran = run(&mut program.command(["sql"]), script.as_bytes());
                assert_eq!(ran.status, 0, "{ran}");
            });
        }
    });
    let names = program.run(&["sql", "--format", "csv"], "SHOW CONNECTIONS").done();
    assert_eq!(names.lines().count(), 1 + PROCESSES * STATEMENTS);
    // Every secret opens: the key and the data keys were made once.
    let validate: String =
        (0..PROCESSES).map(|process| format!("VALIDATE CONNECTION c{process}_{};", STATEMENTS - 1)).collect();
    program.sql(&validate).done();
}

#[test]
fn processes_that_replace_one_connection_all_succeed() {
    const PROCESSES: usize = 8;
    const STATEMENTS: usize = 500;
    let program = Program::new();
    thread::scope(|scope| {
        for process in 0..PROCESSES {
            let program = &program;
            scope.spawn(move || {
                let script: String = (0..STATEMENTS)
                    .map(|number| {
                        format!(
                            "CREATE OR REPLACE CONNECTION c COMMENT '{process} {number}' WITH ('type' = 'openai', \
                             'endpoint' = 'https://a.example', 'api-key' = 'made-up');\n"
                        )
                    })
                    .collect();
                let ran = run(&mut program.command(["sql"]), script.as_bytes());
                assert_eq!(ran.status, 0, "{ran}");
            });
        }
    });
    let lines = program.json("DESCRIBE CONNECTION EXTENDED c; VALIDATE CONNECTION c");
    let rows = lines[0]["rows"].as_array().unwrap();
    let revision = rows.iter().find(|row| row[0] == "revision").unwrap();
    assert_eq!(revision[1], (PROCESSES * STATEMENTS).to_string());
    assert_eq!(lines[1]["status"], "ok", "{}", lines[1]);
}

#[test]
fn a_script_of_creations_ends_where_one_fails() {
    let program = Program::new();
    let creation = |number: usize| {
        format!(
            "CREATE CONNECTION c{number:04} WITH ('type' = 'openai', 'endpoint' = 'https://a.example', \
             'api-key' = 'made-up');\n"
        )
    };
    let mut lines: Vec<_> = (0..700).map(creation).collect();
    lines[600] = creation(599);
    let ran = run(&mut program.command(["sql"]), lines.concat().as_bytes());
    assert_eq!(ran.status, 1, "{ran}");
    assert_eq!(ran.stdout.lines().count(), 600, "{ran}");
    assert!(ran.stderr.contains("standard input:601:19"), "{ran}");
    let count = || program.run(&["sql", "--format", "csv"], "SHOW CONNECTIONS").done().lines().count() - 1;
    assert_eq!(count(), 600);
    // Those that are there already fail one by one, and the others follow.
    let ran = run(&mut program.command(["sql", "--continue-on-error"]), lines.concat().as_bytes());
    assert_eq!((ran.status, ran.stdout.lines().count()), (1, 99), "{ran}");
    assert_eq!(count(), 699);
    let verified = program.run(&["audit", "verify"], "").done();
    assert!(verified.contains("the chain is whole"), "{verified}");
}
