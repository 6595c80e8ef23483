//! Statements whose quotes or words are not what they should be.

use crate::expect::redacted as check;

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
        "CREATE CONNECTION c WITH ('type = 'vertexai', 'service-key' = '<REDACTED>', 'token' = '<REDACTED>')",
    );
}
