//! Statements whose quotes or words are not what they should be.

use crate::expect::redacted as check;
use crate::redact;

#[test]
fn quotes_of_word_processors_are_quotes() {
    check(
        "CREATE CONNECTION c WITH (’type’ = ‘openai’, ’endpoint’=’https://a.example’, ’token’ = ’made-up’)",
        "CREATE CONNECTION c WITH (’type’ = ‘openai’, ’endpoint’=’https://a.example’, ’token’ = '<REDACTED>')",
    );
}

#[test]
fn keys_of_a_json_document_are_no_options() {
    check(
        "CREATE CONNECTION c WITH ('type = 'vertexai', 'service-key' = '{\n  \"type\": \"a\",\n  \"private_key\": \"made-up\"\n}', 'token' = 'made-up')",
        "CREATE CONNECTION c WITH ('type = 'vertexai', 'service-key' = '<REDACTED>'\n\n\n, 'token' = '<REDACTED>')",
    );
}

#[test]
fn a_statement_in_an_argument_is_one_of_its_own() {
    let text = "CREATE CONNECTION c WITH ('type' = 'rest', 'token' = 'made-up'\n\
         lockkeeper sql -e 'CREATE CONNECTION `films` WITH ('\\''token'\\'' = '\\''made-up'\\'');'";
    let shown = redact(text);
    assert!(shown.contains("CREATE CONNECTION `films` WITH") && !shown.contains("made-up"), "{shown}");
}

#[test]
fn a_statement_in_a_value_is_a_part_of_it() {
    for value in [
        "'made create connection up'",
        "'ALTER CONNECTION made-up SET (''x'' = ''y'')'",
        "create connection made-up",
        "\n  'ALTER CONNECTION made-up SET (''x'' = ''y'')'",
    ] {
        let text = format!("ALTER CONNECTION c SET (api-key' = {value}, 'type' = 'rest'))");
        assert!(!redact(&text).contains("made") && !redact(&text).contains("up "), "{value}");
    }
}
