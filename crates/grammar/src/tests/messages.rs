//! What people read: canonical SQL and messages.

use crate::{ParseError, Position, parse, parse_statement};

/// Prints the statements of a text as canonical SQL, or what is wrong with it as a person sees it.
#[track_caller]
fn read(sql: &str) -> String {
    match parse(sql) {
        Ok(statements) => {
            let printed: Vec<String> =
                statements.iter().map(|statement| statement.reveal().to_string()).collect();
            printed.join(";\n")
        }
        Err(error) => told(&error, sql),
    }
}

fn told(error: &ParseError, sql: &str) -> String {
    let Position { line, column } = error.position(sql);
    let hint = error.hint().map(|hint| format!("\nhint: {hint}")).unwrap_or_default();
    format!("{line}:{column} {}: {error}{hint}", error.code())
}

macro_rules! check {
    ($sql:expr, @$expected:literal) => {
        insta::assert_snapshot!(read($sql), @$expected)
    };
}

#[test]
fn connections_print_in_flinks_normal_form() {
    check!("create or replace temporary system connection if not exists a.`b c`.d comment 'it''s' with('k'='v','q'=E'\\'')", @"
    CREATE OR REPLACE TEMPORARY SYSTEM CONNECTION IF NOT EXISTS `a`.`b c`.`d`
    COMMENT 'it''s'
    WITH (
      'k' = 'v',
      'q' = ''''
    )
    ");
    check!("alter connection if exists c set ()", @"
    ALTER CONNECTION IF EXISTS `c` SET (
    )
    ");
    check!("alter connection c reset ('a', 'b')", @"
    ALTER CONNECTION `c` RESET (
      'a',
      'b'
    )
    ");
    check!("alter connection c rename to `d``e`", @"ALTER CONNECTION `c` RENAME TO `d``e`");
    check!("drop temporary connection if exists c;", @"DROP TEMPORARY CONNECTION IF EXISTS `c`");
    check!("desc connection extended c", @"DESCRIBE CONNECTION EXTENDED `c`");
    check!("show connections in a.b not like 'it''s\\_%'", @r#"SHOW CONNECTIONS IN `a`.`b` NOT LIKE 'it''s\_%'"#);
    check!("show create connection c; validate connection c", @"
    SHOW CREATE CONNECTION `c`;
    VALIDATE CONNECTION `c`
    ");
}

#[test]
fn catalogs_and_databases_print() {
    check!("use catalog c; use c.d; show current catalog; show current database", @"
    USE CATALOG `c`;
    USE `c`.`d`;
    SHOW CURRENT CATALOG;
    SHOW CURRENT DATABASE
    ");
    check!("create database if not exists d comment 'x' with ('a' = 'b'); create database e with ()", @"
    CREATE DATABASE IF NOT EXISTS `d`
    COMMENT 'x'
    WITH (
      'a' = 'b'
    );
    CREATE DATABASE `e`
    ");
    check!("drop database if exists d cascade; drop database d restrict", @"
    DROP DATABASE IF EXISTS `d` CASCADE;
    DROP DATABASE `d`
    ");
    check!("show databases from c ilike 'x%'; show catalogs not like 'y'", @"
    SHOW DATABASES FROM `c` ILIKE 'x%';
    SHOW CATALOGS NOT LIKE 'y'
    ");
}

#[test]
fn values_are_masked_unless_revealed() {
    let statement =
        parse_statement("ALTER CONNECTION c SET ('api-key' = 'canary', 'scope' = '')").expect("it parses");
    insta::assert_snapshot!(statement, @"
    ALTER CONNECTION `c` SET (
      'api-key' = '<REDACTED>',
      'scope' = '<REDACTED>'
    )
    ");
    assert!(!format!("{statement:?}").contains("canary"));
}

#[test]
fn messages_say_what_was_expected() {
    check!("CREATE CONNECTION c", @r#"1:20 syntax_error: expected "COMMENT" or "WITH", found the end of the text"#);
    check!("ALTER CONNECTION c", @r#"1:19 syntax_error: expected "RENAME TO", "RESET" or "SET", found the end of the text"#);
    check!("ALTER CONNECTION c RENAME d", @r#"1:27 syntax_error: expected "TO", found a word"#);
    check!("CREATE CONNECTION c WITH ('k' 'v')", @r#"1:34 syntax_error: expected "=", found ")""#);
    check!("CREATE CONNECTION c WITH ('k' = 'v' 'l' = 'w')", @r#"1:41 syntax_error: expected ")" or ",", found "=""#);
    check!("CREATE CONNECTION c WITH ('k' = 'v',)", @r#"
    1:37 syntax_error: expected a string, found ")"
    hint: remove the comma before the closing bracket
    "#);
    check!("CREATE CONNECTION c WITH ('k' = canary)", @"
    1:33 syntax_error: expected a string, found a word
    hint: keys and values are strings in single quotes
    ");
    check!("CREATE CONNECTION c WITH (k = 'v')", @r#"
    1:27 syntax_error: expected a string or ")", found "K"
    hint: keys and values are strings in single quotes
    "#);
    check!("CREATE CONNECTION c WITH", @r#"1:25 syntax_error: expected "(", found the end of the text"#);
    check!("CREATE CONNECTION c WITH ('k' = 'v') canary", @"1:38 syntax_error: expected the end of the statement, found a word");
    check!("CREATE CONNECTION my-conn WITH ('k' = 'v')", @r#"1:21 syntax_error: expected "COMMENT" or "WITH", found another sign"#);
    check!("CREATE CONNECTION WITH ('k' = 'v')", @r#"
    1:19 syntax_error: expected a name, found "WITH"
    hint: put a name that is a reserved word in backticks
    "#);
    check!("CREATE CONNECTION 'c' WITH ('k' = 'v')", @"
    1:19 syntax_error: expected a name, found a string
    hint: names stand in backticks, not in quotes
    ");
    check!("CREATE CONNECTION \"c\" WITH ('k' = 'v')", @"
    1:19 syntax_error: expected a name, found a double quote
    hint: names stand in backticks, strings in single quotes
    ");
    check!("CREATE CONNECTION a.table.c\nWITH ('k' = 'v')", @r#"
    1:21 reserved_word: "TABLE" is a reserved word and cannot be a name by itself
    hint: put the name in backticks
    "#);
    check!("CREATE TEMPORARY OR REPLACE CONNECTION c WITH ('k' = 'v')", @r#"1:18 syntax_error: expected "CONNECTION", "DATABASE" or "SYSTEM", found "OR""#);
    check!("CREATE /*+ hint */ CONNECTION c WITH ('k' = 'v')", @r#"1:8 syntax_error: expected "CONNECTION", "DATABASE", "OR REPLACE", "SYSTEM" or "TEMPORARY", found a hint"#);
    check!("SHOW CONNECTION", @r#"1:6 syntax_error: expected "CATALOGS", "CONNECTIONS", "CREATE", "CURRENT" or "DATABASES", found "CONNECTION""#);
    check!("SHOW CONNECTIONS ILIKE 'x'", @r#"1:18 syntax_error: expected the end of the statement, "FROM" or "LIKE", found "ILIKE""#);
    check!("DROP CONNECTION c CASCADE", @r#"1:19 syntax_error: expected the end of the statement, found "CASCADE""#);
    check!("DESCRIBE CONNECTIONS", @r#"1:10 syntax_error: expected "CONNECTION", found "CONNECTIONS""#);
    check!("USE CATALOG a.b", @r#"1:14 syntax_error: expected the end of the statement, found ".""#);
    check!("SHOW CURRENT canary", @r#"1:14 syntax_error: expected "CATALOG" or "DATABASE", found a word"#);
    check!(";DROP CONNECTION c", @r#"1:1 syntax_error: expected a statement, found ";""#);
}

#[test]
fn messages_say_what_does_not_lex() {
    check!("CREATE CONNECTION c WITH ('k' = 'v)", @"
    1:33 unterminated_string: string is not closed
    hint: close the string with ', and double a quote inside it
    ");
    check!("CREATE CONNECTION `c WITH ('k' = 'v')", @"
    1:19 unterminated_identifier: quoted name is empty or not closed on its line
    hint: close the name with `, and double a backtick inside it
    ");
    check!("DROP CONNECTION c /* canary", @"
    1:19 unterminated_comment: comment is not closed
    hint: close the comment with */
    ");
    check!("DROP CONNECTION c#d", @"
    1:18 unexpected_character: unexpected character outside of strings, quoted names and comments
    hint: put names with other characters than letters, digits, _ and $ in backticks
    ");
    check!("SELECT 'a', #", @"
    1:13 unexpected_character: unexpected character outside of strings, quoted names and comments
    hint: put names with other characters than letters, digits, _ and $ in backticks
    ");
    check!("-- nothing", @"1:11 empty_statement: text holds no statement");
}

#[test]
fn messages_say_what_is_not_accepted() {
    check!("DROP CONNECTION a.*", @"
    1:19 wildcard_in_name: name ends with a wildcard
    hint: name one object
    ");
    check!("CREATE SYSTEM CONNECTION c WITH ('k' = 'v')", @"
    1:8 system_needs_temporary: system connections can be temporary only
    hint: write TEMPORARY SYSTEM CONNECTION
    ");
    check!("DROP SYSTEM CONNECTION c", @"
    1:6 system_needs_temporary: system connections can be temporary only
    hint: write TEMPORARY SYSTEM CONNECTION
    ");
    check!("CREATE TEMPORARY DATABASE d", @"
    1:8 unsupported_clause: databases cannot be replaced and cannot be temporary
    hint: leave the words before DATABASE out
    ");
    check!("ALTER CONNECTION c SET ('k' = X'41')", @"
    1:31 unsupported_literal: binary literal where a string is needed
    hint: write the value as a string: '..'
    ");
    check!("ALTER CONNECTION c SET ('k' = _bogus'v')", @"
    1:31 unknown_character_set: character set of the literal is not known
    hint: leave the prefix out: strings hold any character without it
    ");
    check!("ALTER CONNECTION c SET ('k' = N'€')", @"
    1:31 character_not_in_set: literal has a character beyond its character set, ISO-8859-1
    hint: leave the prefix out, or use U&'..'
    ");
    check!("ALTER CONNECTION c SET ('k' = U&'\\zzzz')", @"
    1:31 bad_unicode_escape: unicode escape names no character
    hint: write four hexadecimal digits after the escape character, and both halves of a surrogate pair
    ");
    check!("ALTER CONNECTION c SET ('k' = U&'x' UESCAPE 'a')", @r#"
    1:45 bad_escape_character: escape character is not one character that can be told from digits, blanks, "+" and quotes
    hint: leave UESCAPE out to escape with a backslash
    "#);
    check!("ALTER CONNECTION c SET ('k' = 'x' UESCAPE '!')", @r#"
    1:35 unexpected_uescape: "UESCAPE" stands after a literal that has no unicode escapes
    hint: put U& before the literal's opening quote
    "#);
    check!(&format!("DROP CONNECTION {}", "a".repeat(257)), @"1:17 identifier_too_long: part of a name has 257 characters, more than 256");
}

#[test]
fn one_statement_is_one() {
    let error = |sql: &str| parse_statement(sql).map_err(|error| told(&error, sql)).err().unwrap_or_default();
    insta::assert_snapshot!(error("DROP CONNECTION a; DROP CONNECTION b"), @"
    1:1 several_statements: text holds 2 statements instead of one
    hint: run the statements one by one
    ");
    insta::assert_snapshot!(error(" ; "), @r#"1:2 syntax_error: expected a statement, found ";""#);
    assert_eq!(error("DROP CONNECTION a;;"), "");
}
