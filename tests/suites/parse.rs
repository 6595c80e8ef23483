//! `lockkeeper parse`, and `lockkeeper redact` on what it takes.

use crate::program::Program;
use lockkeeper::model::MASK;
use serde_json::{Value, json};

#[test]
fn a_line_per_text() {
    let ran = Program::new().run(&["parse", "-0"], "SHOW CONNECTIONS\0;\0DROP CONNECTION a.b\0\u{e9}\0");
    insta::assert_snapshot!(ran, @r#"
    {"ok":true,"statements":[{"kind":"SHOW_CONNECTIONS"}]}
    {"error":{"code":"syntax_error","column":1,"line":1,"message":"expected a statement, found \";\""},"ok":false}
    {"ok":true,"statements":[{"kind":"DROP_CONNECTION","name":["a","b"]}]}
    {"ok":true,"statements":[{"connections":[],"kind":"OTHER"}]}
    --- status 0
    "#);
    let ran = Program::new().run(&["parse"], b"SHOW \xff");
    insta::assert_snapshot!(ran, @r#"
    {"error":{"code":"invalid_utf8","column":6,"line":1,"message":"the text is not UTF-8"},"ok":false}
    --- status 0
    "#);
}

#[test]
fn values_are_masked_unless_asked_for() {
    let sql = "CREATE OR REPLACE TEMPORARY CONNECTION IF NOT EXISTS a.`b c` COMMENT 'x' WITH ('k' = 'v' 'w', 'K' = U&'\\00e9');
               ALTER CONNECTION IF EXISTS c RESET ('a', 'b', 'a'); ALTER CONNECTION c RENAME TO d;
               SHOW CONNECTIONS IN db NOT LIKE 'c%'; DESC CONNECTION EXTENDED c; DROP TEMPORARY SYSTEM CONNECTION IF EXISTS c";
    insta::assert_snapshot!(Program::new().run(&["parse", "--reveal"], sql).done(), @r#"{"ok":true,"statements":[{"comment":"x","if_not_exists":true,"kind":"CREATE_CONNECTION","name":["a","b c"],"options":[["k","vw"],["K","é"]],"or_replace":true,"temporary":true},{"action":"RESET","if_exists":true,"keys":["a","b"],"kind":"ALTER_CONNECTION","name":["c"]},{"action":"RENAME","kind":"ALTER_CONNECTION","name":["c"],"new_name":["d"]},{"from":["db"],"kind":"SHOW_CONNECTIONS","like":"c%","not_like":true,"preposition":"IN"},{"extended":true,"kind":"DESCRIBE_CONNECTION","name":["c"]},{"if_exists":true,"kind":"DROP_CONNECTION","name":["c"],"system":true,"temporary":true}]}"#);
    insta::assert_snapshot!(Program::new().run(&["parse"], sql).done().lines().next().map(|line| line[..200].to_owned()).unwrap(), @r#"{"ok":true,"statements":[{"comment":"x","if_not_exists":true,"kind":"CREATE_CONNECTION","name":["a","b c"],"options":[["k","<REDACTED>"],["K","<REDACTED>"]],"or_replace":true,"temporary":true},{"actio"#);
}

#[test]
fn a_key_that_changed_places_with_its_value_is_masked() {
    let sql = "ALTER CONNECTION c SET ('madeupmadeup' = 'api-key', 'colour' = 'blue')";
    let shown = Program::new().run(&["parse"], sql).done();
    assert!(shown.contains(r#"[["<REDACTED>","<REDACTED>"],["colour","<REDACTED>"]]"#), "{shown}");
}

/// Every statement of the shared cases that parses still parses when it is redacted, to the same but for the masks.
#[test]
fn redacted_statements_parse_to_the_same() {
    let cases = [include_str!("../data/flink-parse.jsonl"), include_str!("../data/flink-parse-more.jsonl")];
    let texts: Vec<String> = cases
        .iter()
        .flat_map(|cases| cases.lines())
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["sql"].as_str().unwrap().to_owned())
        .filter(|sql| !sql.contains('\0'))
        .collect();
    let program = Program::new();
    let parsed = |texts: &[String]| -> Vec<Value> {
        let ran = program.run(&["parse", "-0"], texts.join("\0") + "\0");
        ran.done().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    let before = parsed(&texts);
    let redacted: Vec<String> =
        texts.iter().map(|text| lockkeeper::redact::redact(text).into_owned()).collect();
    let after = parsed(&redacted);
    for (((before, after), text), redacted) in before.iter().zip(&after).zip(&texts).zip(&redacted) {
        if before["ok"] == json!(true) {
            assert!(same_but_for_masks(before, after), "{text}\n{redacted}");
        }
    }
}

/// Whether two values are the same, where a mask on the right stands for anything.
fn same_but_for_masks(before: &Value, after: &Value) -> bool {
    match (before, after) {
        (_, Value::String(after)) if after == MASK => true,
        (Value::Array(before), Value::Array(after)) => {
            before.len() == after.len() && before.iter().zip(after).all(|(b, a)| same_but_for_masks(b, a))
        }
        (Value::Object(before), Value::Object(after)) => {
            before.len() == after.len()
                && before.iter().all(|(key, b)| after.get(key).is_some_and(|a| same_but_for_masks(b, a)))
        }
        (before, after) => before == after,
    }
}
