//! What results look like.

use crate::program::Program;

const SCRIPT: &str = "
CREATE CONNECTION `chat-azure` COMMENT 'it''s \"ours\", mostly' WITH (
  'type' = 'azureopenai', 'endpoint' = 'https://proj.openai.azure.com/openai/deployments/gpt/chat/completions?api-version=2025-01-01-preview',
  'api-key' = 'made-up');
CREATE CONNECTION IF NOT EXISTS `chat-azure` WITH ('type' = 'openai', 'endpoint' = 'https://a.example', 'api-key' = 'x');
CREATE CONNECTION crm WITH ('type' = 'rest', 'endpoint' = 'http://localhost:1/crm', 'username' = 'u', 'password' = 'p');
SHOW CONNECTIONS;
DESCRIBE CONNECTION `chat-azure`;
SHOW CREATE CONNECTION crm;
ALTER CONNECTION crm RENAME TO crm2;
VALIDATE CONNECTION crm2;
SELECT 1;
DROP CONNECTION crm2;
";

#[test]
fn tables_are_for_people() {
    insta::assert_snapshot!(Program::new().sql(SCRIPT), @r#"
    created connection `chat-azure`
    notice: connection "chat-azure" exists already; nothing was changed
    created connection `crm`
     Connection Name
    -----------------
     chat-azure
     crm
    (2 rows)

     Name       | Type        | Endpoint                                                                                             | Comment
    ------------+-------------+------------------------------------------------------------------------------------------------------+---------------------
     chat-azure | AZUREOPENAI | https://proj.openai.azure.com/openai/deployments/gpt/chat/completions?api-version=2025-01-01-preview | it's "ours", mostly
    (1 row)

     result
    --------------------------------------------------------------
     CREATE CONNECTION `default_catalog`.`default_database`.`crm`
     WITH (
       'type' = 'REST',
       'endpoint' = 'http://localhost:1/crm',
       'password' = '<REDACTED>',
       'username' = '<REDACTED>'
     )
    (1 row)

    renamed connection `crm` to `crm2`
     Name | Status      | Detail
    ------+-------------+--------------------------------------------------------------------------------
     crm2 | UNREACHABLE | the host "localhost" did not accept a connection on port 1: connection refused
    (1 row)

    notice: statement 9 is not about connections and was not run
    dropped connection `crm2`
    --- status 0
    "#);
}

#[test]
fn vertical_has_a_line_per_column() {
    insta::assert_snapshot!(Program::new().run(&["sql", "--format", "vertical"], SCRIPT), @r#"
    created connection `chat-azure`
    notice: connection "chat-azure" exists already; nothing was changed
    created connection `crm`
    -[ ROW 1 ]
    Connection Name | chat-azure
    -[ ROW 2 ]
    Connection Name | crm
    (2 rows)

    -[ ROW 1 ]
    Name     | chat-azure
    Type     | AZUREOPENAI
    Endpoint | https://proj.openai.azure.com/openai/deployments/gpt/chat/completions?api-version=2025-01-01-preview
    Comment  | it's "ours", mostly
    (1 row)

    -[ ROW 1 ]
    result | CREATE CONNECTION `default_catalog`.`default_database`.`crm`
           | WITH (
           |   'type' = 'REST',
           |   'endpoint' = 'http://localhost:1/crm',
           |   'password' = '<REDACTED>',
           |   'username' = '<REDACTED>'
           | )
    (1 row)

    renamed connection `crm` to `crm2`
    -[ ROW 1 ]
    Name   | crm2
    Status | UNREACHABLE
    Detail | the host "localhost" did not accept a connection on port 1: connection refused
    (1 row)

    notice: statement 9 is not about connections and was not run
    dropped connection `crm2`
    --- status 0
    "#);
}

#[test]
fn csv_has_rows_only() {
    insta::assert_snapshot!(Program::new().run(&["sql", "--format", "csv"], SCRIPT), @r#"
    Connection Name
    chat-azure
    crm
    Name,Type,Endpoint,Comment
    chat-azure,AZUREOPENAI,https://proj.openai.azure.com/openai/deployments/gpt/chat/completions?api-version=2025-01-01-preview,"it's ""ours"", mostly"
    result
    "CREATE CONNECTION `default_catalog`.`default_database`.`crm`
    WITH (
      'type' = 'REST',
      'endpoint' = 'http://localhost:1/crm',
      'password' = '<REDACTED>',
      'username' = '<REDACTED>'
    )"
    Name,Status,Detail
    crm2,UNREACHABLE,"the host ""localhost"" did not accept a connection on port 1: connection refused"
    --- stderr
    created connection `chat-azure`
    notice: connection "chat-azure" exists already; nothing was changed
    created connection `crm`
    renamed connection `crm` to `crm2`
    notice: statement 9 is not about connections and was not run
    dropped connection `crm2`
    --- status 0
    "#);
}

#[test]
fn json_has_a_line_per_statement() {
    insta::assert_snapshot!(Program::new().run(&["sql", "--format", "json"], SCRIPT), @r#"
    {"statement":1,"kind":"CREATE_CONNECTION","status":"ok","columns":[],"rows":[],"notices":[]}
    {"statement":2,"kind":"CREATE_CONNECTION","status":"ok","columns":[],"rows":[],"notices":["connection \"chat-azure\" exists already; nothing was changed"]}
    {"statement":3,"kind":"CREATE_CONNECTION","status":"ok","columns":[],"rows":[],"notices":[]}
    {"statement":4,"kind":"SHOW_CONNECTIONS","status":"ok","columns":["Connection Name"],"rows":[["chat-azure"],["crm"]],"notices":[]}
    {"statement":5,"kind":"DESCRIBE_CONNECTION","status":"ok","columns":["Name","Type","Endpoint","Comment"],"rows":[["chat-azure","AZUREOPENAI","https://proj.openai.azure.com/openai/deployments/gpt/chat/completions?api-version=2025-01-01-preview","it's \"ours\", mostly"]],"notices":[]}
    {"statement":6,"kind":"SHOW_CREATE_CONNECTION","status":"ok","columns":["result"],"rows":[["CREATE CONNECTION `default_catalog`.`default_database`.`crm`\nWITH (\n  'type' = 'REST',\n  'endpoint' = 'http://localhost:1/crm',\n  'password' = '<REDACTED>',\n  'username' = '<REDACTED>'\n)"]],"notices":[]}
    {"statement":7,"kind":"ALTER_CONNECTION","status":"ok","columns":[],"rows":[],"notices":[]}
    {"statement":8,"kind":"VALIDATE_CONNECTION","status":"ok","columns":["Name","Status","Detail"],"rows":[["crm2","UNREACHABLE","the host \"localhost\" did not accept a connection on port 1: connection refused"]],"notices":[]}
    {"statement":9,"kind":"OTHER","status":"skipped","columns":[],"rows":[],"connections":[],"notices":[]}
    {"statement":10,"kind":"DROP_CONNECTION","status":"ok","columns":[],"rows":[],"notices":[]}
    --- status 0
    "#);
}

#[test]
fn extended_shows_everything_but_secrets() {
    let program = Program::new();
    program
        .sql("CREATE CONNECTION c COMMENT 'x' WITH ('type' = 'rest', 'endpoint' = 'https://a.example',
              'token-endpoint' = 'https://b.example/token', 'client-id' = 'i', 'client-secret' = 's', 'scope' = 'r w');
              ALTER CONNECTION c SET ('scope' = 'r');
              ALTER CONNECTION c SET ('client-secret' = 't');")
        .done();
    let table = program.sql("DESCRIBE CONNECTION EXTENDED c").done();
    // The rule is as long as the longest value, here a time, of which zeros at the end are not written.
    let values = table.lines().filter_map(|line| line.split_once("| ")).map(|(_, value)| value.len());
    let rule = |longest: usize| format!("{}+{}", "-".repeat(16), "-".repeat(longest + 2));
    let written = table.replace(&rule(values.max().unwrap()), &rule(24));
    let stable: Vec<_> =
        written.lines().filter(|line| !line.contains("created") && !line.contains("altered")).collect();
    insta::assert_snapshot!(stable.join("\n"), @"
     name           | value
    ----------------+--------------------------
     type           | REST
     auth-method    | OAUTH2
     endpoint       | https://a.example
     scope          | r
     token-endpoint | https://b.example/token
     client-id      | <REDACTED>
     client-secret  | <REDACTED>
     comment        | x
     revision       | 3
     secret-version | 2
     temporary      | false
    (13 rows)
    ");
}

#[test]
fn show_create_runs_again_once_the_secrets_are_put_back() {
    let program = Program::new();
    program.sql(SCRIPT).done();
    let lines = program.json("SHOW CREATE CONNECTION `chat-azure`");
    let sql = lines[0]["rows"][0][0].as_str().unwrap().to_owned();
    let refused = program.json(&sql.replace("CREATE ", "CREATE OR REPLACE "));
    assert_eq!(refused[0]["error"]["code"], "mask_as_value");
    let again = sql.replace("CREATE ", "CREATE OR REPLACE ").replace("<REDACTED>", "made-up-2");
    assert_eq!(program.json(&again)[0]["status"], "ok");
    let lines = program.json("SHOW CREATE CONNECTION `chat-azure`");
    assert_eq!(lines[0]["rows"][0][0].as_str().unwrap(), sql);
}

#[test]
fn a_connection_without_credential_is_shown_as_it_was_made() {
    let program = Program::new();
    program
        .sql("CREATE CONNECTION w WITH ('type' = 'rest', 'endpoint' = 'https://a.example', 'token' = '')")
        .done();
    let lines = program.json("SHOW CREATE CONNECTION w");
    let sql = lines[0]["rows"][0][0].as_str().unwrap();
    assert_eq!(program.json(&sql.replace("CREATE ", "CREATE OR REPLACE "))[0]["status"], "ok");
}
