//! What bad input gets: every refusal has its code and its place, and changes nothing.

use crate::canary::Canary;
use crate::program::Program;

const GOOD: &str = "CREATE CONNECTION c WITH ('type' = 'openai', 'endpoint' = 'https://api.openai.com/v1/embeddings', 'api-key' = 'made-up');";

/// Runs a statement after [`GOOD`], and gives code, line and column of all mistakes.
fn refused(sql: &str) -> String {
    let program = Program::new();
    let lines = program.json(&format!("{GOOD}\n{sql}"));
    let error = &lines[1];
    assert_eq!(error["status"], "error", "{sql}: {error}");
    let one = [error["error"].clone()];
    let errors = error["errors"].as_array().map_or(&one[..], Vec::as_slice);
    let listed: Vec<_> = errors
        .iter()
        .map(|e| format!("{} {}:{}", e["code"].as_str().unwrap(), e["line"], e["column"]))
        .collect();
    format!("{} {}", error["kind"].as_str().unwrap(), listed.join(", "))
}

#[test]
fn every_refusal_has_its_code_and_place() {
    let cases = [
        "CREATE CONNECTION c WITH ('type' = 'openai', 'endpoint' = 'https://a.example', 'api-key' = 'x')",
        "CREATE OR REPLACE CONNECTION IF NOT EXISTS c WITH ('type' = 'openai', 'endpoint' = 'https://a.example', 'api-key' = 'x')",
        "CREATE TEMPORARY SYSTEM CONNECTION s WITH ('type' = 'openai', 'endpoint' = 'https://a.example', 'api-key' = 'x')",
        "CREATE CONNECTION a.b.c.d WITH ('type' = 'openai', 'endpoint' = 'https://a.example', 'api-key' = 'x')",
        "CREATE CONNECTION nowhere.c WITH ('type' = 'openai', 'endpoint' = 'https://a.example', 'api-key' = 'x')",
        "CREATE CONNECTION no.where.c WITH ('type' = 'openai', 'endpoint' = 'https://a.example', 'api-key' = 'x')",
        "CREATE CONNECTION d WITH ('type' = 'openai', 'endpoint' = 'https://a.example', 'api-key' = '<REDACTED>')",
        "CREATE CONNECTION d WITH ('type' = 'opnai', 'endpont' = 'https://a.example',\n 'ap-key' = 'x', 'token' = 'x')",
        "CREATE CONNECTION d WITH ()",
        "CREATE CONNECTION d",
        "ALTER CONNECTION c SET ('type' = 'rest')",
        "ALTER CONNECTION c SET ('endpoint' = 'https://evil.example')",
        "ALTER CONNECTION c SET ('password' = 'x')",
        "ALTER CONNECTION c SET ()",
        "ALTER CONNECTION c RESET ('api-key')",
        "ALTER CONNECTION c RENAME TO c",
        "ALTER CONNECTION c RENAME TO default_catalog.elsewhere.d",
        "ALTER CONNECTION d SET ('api-key' = 'x')",
        "DROP CONNECTION d",
        "DROP TEMPORARY CONNECTION c",
        "DESCRIBE CONNECTION d",
        "SHOW CREATE CONNECTION d",
        "VALIDATE CONNECTION d",
        "SHOW CONNECTIONS FROM nowhere",
        "USE CATALOG nowhere",
        "USE nowhere",
        "CREATE DATABASE default_database",
        "DROP DATABASE default_database",
        "DROP DATABASE nowhere",
    ];
    let table: String = cases.map(|sql| format!("{}\n  {}\n", sql.replace('\n', " "), refused(sql))).concat();
    insta::assert_snapshot!(table, @"
    CREATE CONNECTION c WITH ('type' = 'openai', 'endpoint' = 'https://a.example', 'api-key' = 'x')
      CREATE_CONNECTION connection_exists 2:19
    CREATE OR REPLACE CONNECTION IF NOT EXISTS c WITH ('type' = 'openai', 'endpoint' = 'https://a.example', 'api-key' = 'x')
      CREATE_CONNECTION conflicting_clauses 2:30
    CREATE TEMPORARY SYSTEM CONNECTION s WITH ('type' = 'openai', 'endpoint' = 'https://a.example', 'api-key' = 'x')
      CREATE_CONNECTION not_supported 2:18
    CREATE CONNECTION a.b.c.d WITH ('type' = 'openai', 'endpoint' = 'https://a.example', 'api-key' = 'x')
      CREATE_CONNECTION too_many_name_parts 2:19
    CREATE CONNECTION nowhere.c WITH ('type' = 'openai', 'endpoint' = 'https://a.example', 'api-key' = 'x')
      CREATE_CONNECTION database_missing 2:19
    CREATE CONNECTION no.where.c WITH ('type' = 'openai', 'endpoint' = 'https://a.example', 'api-key' = 'x')
      CREATE_CONNECTION reserved_word 2:19
    CREATE CONNECTION d WITH ('type' = 'openai', 'endpoint' = 'https://a.example', 'api-key' = '<REDACTED>')
      CREATE_CONNECTION mask_as_value 2:92
    CREATE CONNECTION d WITH ('type' = 'opnai', 'endpont' = 'https://a.example',  'ap-key' = 'x', 'token' = 'x')
      CREATE_CONNECTION unknown_type 2:36, unknown_option 2:45, unknown_option 3:2
    CREATE CONNECTION d WITH ()
      CREATE_CONNECTION missing_option 2:19, missing_option 2:19
    CREATE CONNECTION d
      CREATE_CONNECTION syntax_error 2:20
    ALTER CONNECTION c SET ('type' = 'rest')
      ALTER_CONNECTION type_fixed 2:25
    ALTER CONNECTION c SET ('endpoint' = 'https://evil.example')
      ALTER_CONNECTION endpoint_fixed 2:25
    ALTER CONNECTION c SET ('password' = 'x')
      ALTER_CONNECTION option_not_allowed 2:25
    ALTER CONNECTION c SET ()
      ALTER_CONNECTION nothing_to_change 2:18
    ALTER CONNECTION c RESET ('api-key')
      ALTER_CONNECTION option_required 2:27
    ALTER CONNECTION c RENAME TO c
      ALTER_CONNECTION connection_exists 2:30
    ALTER CONNECTION c RENAME TO default_catalog.elsewhere.d
      ALTER_CONNECTION rename_elsewhere 2:30
    ALTER CONNECTION d SET ('api-key' = 'x')
      ALTER_CONNECTION connection_missing 2:18
    DROP CONNECTION d
      DROP_CONNECTION connection_missing 2:17
    DROP TEMPORARY CONNECTION c
      DROP_CONNECTION connection_missing 2:27
    DESCRIBE CONNECTION d
      DESCRIBE_CONNECTION connection_missing 2:21
    SHOW CREATE CONNECTION d
      SHOW_CREATE_CONNECTION connection_missing 2:24
    VALIDATE CONNECTION d
      VALIDATE_CONNECTION connection_missing 2:21
    SHOW CONNECTIONS FROM nowhere
      SHOW_CONNECTIONS database_missing 2:23
    USE CATALOG nowhere
      USE_CATALOG catalog_missing 2:13
    USE nowhere
      USE_DATABASE database_missing 2:5
    CREATE DATABASE default_database
      CREATE_DATABASE database_exists 2:17
    DROP DATABASE default_database
      DROP_DATABASE database_in_use 2:15
    DROP DATABASE nowhere
      DROP_DATABASE database_missing 2:15
    ");
}

#[test]
fn a_failing_statement_changes_nothing() {
    let program = Program::new();
    program.sql(GOOD).done();
    let before = program.sql("DESCRIBE CONNECTION EXTENDED c").done();
    for sql in [
        "CREATE CONNECTION c WITH ('type' = 'openai', 'endpoint' = 'https://a.example', 'api-key' = 'x')",
        "CREATE OR REPLACE CONNECTION c WITH ('type' = 'openai', 'endpoint' = 'https://a.example', 'apikey' = 'x')",
        "ALTER CONNECTION c SET ('api-key' = 'x', 'colour' = 'x')",
        "ALTER CONNECTION c RENAME TO `c\u{7}d`",
        "DROP CONNECTION c CASCADE",
    ] {
        let ran = program.sql(sql);
        assert_eq!(ran.status, 1, "{sql}: {ran}");
        assert_eq!(program.sql("DESCRIBE CONNECTION EXTENDED c").done(), before, "{sql}");
    }
}

#[test]
fn later_statements_run_only_if_asked() {
    let script = format!("{GOOD} DROP CONNECTION nothing; DROP CONNECTION c;");
    let program = Program::new();
    let ran = program.sql(&script);
    assert_eq!(ran.status, 1);
    insta::assert_snapshot!(program.run(&["sql", "--format", "csv"], "SHOW CONNECTIONS").done(), @r"
    Connection Name
    c
    ");
    let program = Program::new();
    let ran = program.run(&["sql", "--continue-on-error"], &script);
    assert_eq!(ran.status, 1, "{ran}");
    insta::assert_snapshot!(program.run(&["sql", "--format", "csv"], "SHOW CONNECTIONS").done(), @"Connection Name");
}

#[test]
fn people_see_the_line_and_a_caret() {
    let ran = Program::new().sql(
        "SHOW CONNECTIONS;\n\nCREATE CONNECTION c WITH (\n  'type' = 'openai',\n  'endpoint' = 'https://a.example',\n  'pasword' = 'made-up-1', 'ap-key' = 'made-up-2'\n);",
    );
    insta::assert_snapshot!(ran, @r#"
     Connection Name
    -----------------
    (0 rows)

    --- stderr
    error[unknown_option]: no connection type has this option
     --> standard input:6:3
      |
    6 |   'pasword' = '<REDACTED>', 'ap-key' = '<REDACTED>'
      |   ^^^^^^^^^
      = help: did you mean "password"?

    error[unknown_option]: no connection type has this option
     --> standard input:6:28
      |
    6 |   'pasword' = '<REDACTED>', 'ap-key' = '<REDACTED>'
      |                             ^^^^^^^^
      = help: did you mean "api-key"?

    --- status 1
    "#);
}

#[test]
fn mistakes_show_no_secret() {
    // The secret at every place where someone could put it by mistake.
    let canary = Canary::new();
    let secret = canary.as_str();
    let program = Program::new();
    for sql in [
        format!(
            "CREATE CONNECTION c WITH ('type' = 'openai', 'endpoint' = 'https://a.example', 'ap-key' = '{secret}')"
        ),
        format!(
            "CREATE CONNECTION c WITH ('type' = 'openai', 'endpoint' = 'https://a.example', 'api-key' = '{secret})"
        ),
        format!(
            "CREATE CONNECTION c WITH ('type' = 'openai' 'endpoint' = 'https://a.example', 'api-key' = '{secret}')"
        ),
        format!(
            "CREATE CONNECTION c WITH ('type' = 'openai', 'endpoint' = 'https://a.example', 'api-key' = {secret})"
        ),
        format!(
            "CREATE CONNECTION c WITH ('type' = 'openai', 'endpoint' = 'https://a.example', 'api-key' = \"{secret}\")"
        ),
        format!(
            "CREATE CONNECTION c WITH ('type' = 'openai', 'endpoint' = 'https://u:{secret}@a.example', 'api-key' = 'x')"
        ),
        format!(
            "CREATE CONNECTION c WITH ('type' = '{secret}', 'endpoint' = 'https://a.example', 'api-key' = 'x')"
        ),
        format!(
            "CREATE CONNECTION c WITH ('type' = 'mcp_server', 'endpoint' = 'https://a.example', 'transport-type' = '{secret}')"
        ),
        format!("CREATE CONECTION c WITH ('type' = 'openai', 'api-key' = '{secret}')"),
        format!("ALTER CONNECTION c SET ('api-key' : '{secret}')"),
        format!("ALTER CONNECTION c SET ('token' = U&'{secret}\\zzzz')"),
        format!("ALTER CONNECTION c SET ('token' = X'{secret}')"),
    ] {
        for format in ["table", "json", "csv", "vertical"] {
            let ran = program.run(&["sql", "--format", format, "--log", "trace"], &sql);
            assert!(ran.status == 1 || sql.contains("CONECTION"), "{}", ran.status);
            canary.assert_absent("standard output", ran.stdout.as_bytes());
            canary.assert_absent("standard error", ran.stderr.as_bytes());
        }
        let parsed = program.run(&["parse"], &sql);
        canary.assert_absent("what parse prints", parsed.stdout.as_bytes());
        let redacted = program.run(&["redact"], &sql);
        canary.assert_absent("what redact prints", redacted.stdout.as_bytes());
    }
    program.assert_no_trace(&canary);
}
