//! Statements of others: how scripts are cut, and which connections they refer to.

use crate::{Body, Kind, parse, parse_statement, split};

/// Shows how a script is cut: one line per piece, with the code of its error.
fn pieces(script: &str) -> String {
    let shown = split(script).map(|piece| {
        let text = piece.span.slice(script).unwrap_or("(no text)").escape_debug();
        let error = piece.error.map(|error| format!("  -- {} at {}", error.code(), error.span.start));
        format!("{text}{}", error.unwrap_or_default())
    });
    shown.collect::<Vec<_>>().join("\n")
}

#[test]
fn semicolons_part_statements() {
    insta::assert_snapshot!(pieces(" ;; SELECT 1 ; -- c;\n/* ; */ SELECT 2 -- d\n;;"), @"
    SELECT 1
    SELECT 2
    ");
    insta::assert_snapshot!(pieces(""), @"");
    insta::assert_snapshot!(pieces("-- only\n;"), @"");
}

#[test]
fn semicolons_inside_do_not() {
    insta::assert_snapshot!(
        pieces("SELECT 'a;''b', E'c\\';d', `e;f`, U&\"g;h\", U&'i;' /*+ OPTIONS('j'='k;l') */ FROM t; SELECT 2"),
        @r#"
    SELECT \'a;\'\'b\', E\'c\\\';d\', `e;f`, U&\"g;h\", U&\'i;\' /*+ OPTIONS(\'j\'=\'k;l\') */ FROM t
    SELECT 2
    "#
    );
    insta::assert_snapshot!(
        pieces("EXECUTE STATEMENT SET BEGIN INSERT INTO a SELECT 1; INSERT INTO b SELECT 2; END; DROP CONNECTION c"),
        @"
    EXECUTE STATEMENT SET BEGIN INSERT INTO a SELECT 1; INSERT INTO b SELECT 2; END
    DROP CONNECTION c
    "
    );
    insta::assert_snapshot!(pieces("BEGIN STATEMENT SET; INSERT INTO a SELECT 1; END;"), @"
    BEGIN STATEMENT SET
    INSERT INTO a SELECT 1
    END
    ");
}

#[test]
fn what_does_not_lex_is_kept() {
    insta::assert_snapshot!(pieces("SELECT 1; SELECT 'a; SELECT 2"), @r#"
    SELECT 1
    SELECT \'a; SELECT 2  -- unterminated_string at 17
    "#);
    insta::assert_snapshot!(pieces("SELECT `a; SELECT 2"), @"SELECT `a; SELECT 2  -- unterminated_identifier at 7");
    insta::assert_snapshot!(pieces("SELECT 1 /* a; SELECT 2"), @"SELECT 1 /* a; SELECT 2  -- unterminated_comment at 9");
    insta::assert_snapshot!(pieces("SELECT # @ 1; SELECT 2"), @"
    SELECT # @ 1  -- unexpected_character at 7
    SELECT 2
    ");
}

/// Shows the first words of a statement that is not ours, and the connections it refers to.
#[track_caller]
fn other(sql: &str) -> String {
    let statement = parse_statement(sql).expect("it parses");
    assert_eq!(statement.kind(), Kind::Other);
    assert_eq!(statement.to_string(), "");
    let Body::Other(other) = statement.body else { return String::new() };
    for reference in &other.references {
        assert!(reference.span.slice(sql).is_some_and(|source| !source.is_empty()));
    }
    let names: Vec<String> = other.references.iter().map(|reference| reference.name.to_string()).collect();
    format!("{}: {}", other.first_words, names.join(", "))
}

#[test]
fn connections_are_referred_to() {
    insta::assert_snapshot!(other("CREATE MODEL m WITH ('openai.connection' = 'my-conn', 'MCP.CONNECTION'='a.b')"), @"CREATE MODEL: `my-conn`, `a.b`");
    insta::assert_snapshot!(other("create table t (a int) with ('connector' = 'x', 'connection' = 'c')"), @"CREATE TABLE:");
    insta::assert_snapshot!(other("CREATE TABLE t (a INT) USING CONNECTION a.`b`.c WITH ('connector' = 'jdbc')"), @"CREATE TABLE: `a`.`b`.`c`");
    insta::assert_snapshot!(other("ALTER TABLE t SET ('connection.identifier' = 'x' 'y')"), @"ALTER TABLE: `xy`");
    insta::assert_snapshot!(other("CREATE TOOL t USING CONNECTION `issues-mcp` WITH ('type' = 'mcp')"), @"CREATE: `issues-mcp`");
    insta::assert_snapshot!(
        other("CREATE FUNCTION f AS 'c' USING JAR 'confluent-artifact://x' USING CONNECTIONS ('a', `d`.`e`, 'a')"),
        @"CREATE FUNCTION: `a`, `d`.`e`"
    );
    insta::assert_snapshot!(other("SELECT * FROM t /*+ OPTIONS('rest.connection'='r') */ WHERE 'x.connection' = 'y'"), @"SELECT: `r`");
    insta::assert_snapshot!(other("INSERT INTO t SELECT 1"), @"INSERT INTO:");
    insta::assert_snapshot!(other("frobnicate 'x'"), @":");
}

#[test]
fn what_only_looks_like_ours_is_passed_on() {
    insta::assert_snapshot!(other("DESCRIBE EXTENDED connection.t"), @"DESCRIBE EXTENDED:");
    insta::assert_snapshot!(other("CREATE TABLE IF NOT EXISTS connection (a INT)"), @"CREATE TABLE:");
    insta::assert_snapshot!(other("USE MODULES core"), @"USE MODULES:");
    insta::assert_snapshot!(other("CREATE SECRET s WITH ('a' = 'b')"), @"CREATE:");
    assert_eq!(parse("USE connection").map(|all| all.len()), Ok(1));
}

#[test]
fn spans_are_of_the_whole_text() {
    let script =
        "SELECT 1;\n CREATE CONNECTION c WITH ('k' = 'v') ; CREATE MODEL m WITH ('x.connection' = 'n')";
    let statements = parse(script).expect("it parses");
    let shown: Vec<&str> = statements.iter().filter_map(|statement| statement.span.slice(script)).collect();
    insta::assert_snapshot!(shown.join("\n"), @"
    SELECT 1
    CREATE CONNECTION c WITH ('k' = 'v')
    CREATE MODEL m WITH ('x.connection' = 'n')
    ");
    let Body::CreateConnection(create) = &statements[1].body else {
        panic!("the second creates a connection")
    };
    assert_eq!(create.name.span.slice(script), Some("c"));
    assert_eq!(create.options[0].span.slice(script), Some("'k' = 'v'"));
    let Body::Other(model) = &statements[2].body else { panic!("the third is not ours") };
    assert_eq!(model.references[0].span.slice(script), Some("'n'"));
    let error = parse("SELECT 1; DROP CONNECTION 'x'").expect_err("a string is no name");
    assert_eq!(error.span.start, "SELECT 1; DROP CONNECTION ".len());
}
