//! The published samples: each runs, or is refused as decided.

use crate::program::Program;

/// Shapes of the vendor's documentation and tutorials, with made-up names and credentials.
const SAMPLES: &[(&str, &str)] = &[
    (
        "ok",
        "CREATE CONNECTION `scoring-aml` WITH ('type' = 'AZUREML', 'endpoint' = 'https://ws1.westeurope.inference.ml.azure.com/score', 'api-key' = 'made-up')",
    ),
    (
        "ok",
        "CREATE CONNECTION `scoring-2` COMMENT 'fraud scoring, owner: risk team' WITH ('type' = 'azureml', 'endpoint' = 'https://ws1.westeurope.inference.ml.azure.com/score', 'api_key' = 'made-up')",
    ),
    (
        "ok",
        "CREATE CONNECTION `cb-orders` WITH ('type' = 'COUCHBASE', 'endpoint' = 'couchbases://orders.cloud.couchbase.com', 'username' = 'reader', 'password' = 'made-up')",
    ),
    (
        "ok",
        "CREATE CONNECTION `titan` WITH ('type' = 'BEDROCK', 'endpoint' = 'https://bedrock-runtime.us-east-1.amazonaws.com/model/amazon.titan-embed-text-v1/invoke', 'aws-access-key' = 'made', 'aws-secret-key' = 'up', 'aws-session-token' = 'too')",
    ),
    (
        "ok",
        "CREATE CONNECTION `films-mongo` WITH ('type' = 'MONGODB', 'endpoint' = 'mongodb+srv://cluster0.mongodb.net/films', 'username' = 'reader', 'password' = 'made-up')",
    ),
    (
        "ok",
        "CREATE CONNECTION `stock-pg` WITH ('type' = 'confluent_jdbc', 'endpoint' = 'jdbc:postgresql://pg.example.com:5432/stock', 'username' = 'reader', 'password' = 'made-up')",
    ),
    (
        "ok",
        "CREATE CONNECTION chat_openai WITH ('type' = 'openai', 'endpoint' = 'https://api.openai.com/v1/chat/completions', 'api-key' = 'made-up')",
    ),
    (
        "ok",
        "CREATE CONNECTION `chat-azure` WITH ('type' = 'azureopenai', 'endpoint' = 'https://proj.openai.azure.com/openai/deployments/gpt/chat/completions?api-version=2025-01-01-preview', 'api-key' = 'made-up')",
    ),
    (
        "ok",
        "CREATE CONNECTION wiki_mcp WITH ('type' = 'mcp_server', 'endpoint' = 'https://mcp.example.com', 'sse-endpoint' = 'https://mcp.example.com/sse', 'api-key' = 'made-up')",
    ),
    (
        "catalog_missing",
        "CREATE CONNECTION IF NOT EXISTS `prod env`.`main cluster`.`issues-mcp` WITH ('type' = 'MCP_SERVER', 'endpoint' = 'https://mcp.example.com/mcp', 'transport-type' = 'STREAMABLE_HTTP', 'token' = 'made-up')",
    ),
    (
        "ok",
        "CREATE CONNECTION IF NOT EXISTS `issues-mcp` WITH ('type' = 'MCP_SERVER', 'endpoint' = 'https://mcp.example.com/mcp', 'transport-type' = 'STREAMABLE_HTTP', 'token' = 'made-up')",
    ),
    (
        "ok",
        "CREATE CONNECTION `docs-elastic` WITH ('type' = 'elastic', 'endpoint' = 'https://es.example.com:9243', 'api-key' = 'made-up')",
    ),
    (
        "ok",
        "CREATE CONNECTION weather_api WITH ('type' = 'REST', 'endpoint' = 'https://api.weather.example.com', 'token' = '')",
    ),
    (
        "ok",
        "CREATE CONNECTION `claims-cosmos` WITH ('type' = 'cosmosdb', 'endpoint' = 'https://acct.documents.azure.com:443/', 'api-key' = 'made-up')",
    ),
    ("ok", "ALTER CONNECTION `chat-azure` SET ('api-key' = 'made-up-2')"),
    ("ok", "ALTER CONNECTION `cb-orders` SET ('username' = 'reader2', 'password' = 'made-up-2')"),
    ("ok", "DESCRIBE CONNECTION `chat-azure`"),
    ("ok", "SHOW CONNECTIONS LIKE 'chat%'"),
    ("ok", "DROP CONNECTION IF EXISTS `chat-azure`"),
    // Errors of the documentation: hyphens without backticks, a comma too many, a misspelt key.
    ("syntax_error", "CREATE CONNECTION openai-connection WITH ('type' = 'openai')"),
    ("syntax_error", "CREATE CONNECTION c WITH ('type' = 'openai', 'api-key' = 'made-up',)"),
    (
        "unknown_option",
        "CREATE CONNECTION my_conn WITH ('type' = 'openai', 'endpoint' = 'https://api.openai.com/v1/embeddings', 'ap-key' = 'made-up')",
    ),
    // Not ours: passed on.
    (
        "skipped",
        "CREATE TABLE film_text (title STRING) WITH ('connector' = 'mongodb', 'mongodb.connection' = 'films-mongo')",
    ),
    ("skipped", "CREATE TOOL t USING CONNECTION `issues-mcp` WITH ('type' = 'mcp')"),
];

#[test]
fn samples_run_or_are_refused_as_decided() {
    let script: String = SAMPLES.iter().map(|(_, sql)| format!("{sql};\n")).collect();
    let lines = Program::new().json(&script);
    assert_eq!(lines.len(), SAMPLES.len());
    for (line, (expected, sql)) in lines.iter().zip(SAMPLES) {
        let status = line["status"].as_str().unwrap();
        let outcome = if status == "error" { line["error"]["code"].as_str().unwrap() } else { status };
        assert_eq!(outcome, *expected, "{sql}: {line}");
    }
}

#[test]
fn statements_passed_on_name_their_connections() {
    let lines = Program::new().json(
        "CREATE TABLE t (a INT) WITH ('connector' = 'rest', 'rest.connection' = 'crm');
         CREATE FUNCTION f AS 'x' USING JAR 'confluent-artifact://a' USING CONNECTIONS (`a`.`b`.`w`);",
    );
    assert_eq!(lines[0]["connections"], serde_json::json!([["crm"]]));
    assert_eq!(lines[1]["connections"], serde_json::json!([["a", "b", "w"]]));
}
