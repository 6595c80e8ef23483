//! Programs that write a statement, and the next one when they have read what became of it.

use crate::program::Program;
use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;

#[test]
fn a_statement_is_run_when_it_was_written() {
    let program = Program::new();
    let mut command = program.command(["sql", "--format", "json", "--continue-on-error"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut answer = |text: &str| {
        input.write_all(text.as_bytes()).unwrap();
        let line: serde_json::Value = serde_json::from_str(&output.next().unwrap().unwrap()).unwrap();
        line["status"].as_str().unwrap().to_owned()
    };
    for number in 0..5 {
        let options = "'type' = 'openai', 'endpoint' = 'https://a.example', 'api-key' = /* ;\n */ 'made;-up'";
        assert_eq!(answer(&format!("CREATE CONNECTION c{number}\nWITH ({options});\n")), "ok");
        assert_eq!(answer(&format!("DROP CONNECTION c{number} ; ")), "ok");
        assert_eq!(answer("DROP CONNECTION nowhere;"), "error");
        assert_eq!(answer("CREATE CONNECTION mistake;"), "error");
    }
    drop(input);
    assert_eq!(child.wait().unwrap().code(), Some(1));
}
