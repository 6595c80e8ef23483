//! The redactor against grammar and option table: it masks exactly the literals that those two call secret.

use lockkeeper::grammar::{AlterAction, Body, Kind, Statement, parse};
use lockkeeper::model::{ConnectionType, MASK, OptionKey, ValueForm};
use lockkeeper::redact::{check, redact};
use proptest::collection::vec;
use proptest::prelude::*;
use std::ops::Range;

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn exactly_the_secret_literals_are_masked(script in vec(statement(), 1..4)) {
        let text = script.join("\n");
        let parsed = parse(&text);
        // A character set that cannot hold a character, for example.
        prop_assume!(parsed.is_ok());
        let parsed = parsed.unwrap();
        let secrets = secret_literals(&parsed);
        let mut expected = String::new();
        let mut at = 0;
        for secret in &secrets {
            expected += &text[at..secret.start];
            expected += "'<REDACTED>'";
            expected += &text[secret.clone()].matches(['\r', '\n']).collect::<String>();
            at = secret.end;
        }
        expected += &text[at..];
        let redacted = redact(&text);
        prop_assert_eq!(&*redacted, &expected);
        prop_assert_eq!(&*redact(&redacted), &expected);
        let again = parse(&redacted).map_err(|_| TestCaseError::fail("redacted text parses"))?;
        prop_assert_eq!(print(&parsed), print(&again));
        // Every place that is reported lies in a secret literal, and none is left out.
        let found = check(&text);
        prop_assert_eq!(found.len(), secrets.len());
        for (finding, secret) in found.iter().zip(&secrets) {
            prop_assert!(secret.start as u64 <= finding.span.start && finding.span.end <= secret.end as u64);
        }
    }

    #[test]
    fn names_of_any_characters_do_not_save_a_secret(name in "[^\u{0}]{1,12}", secret in "[kqwz]{8,20}") {
        let name = name.replace('`', "``");
        let text = format!("ALTER CONNECTION `{name}` SET ('token' = '{secret}', 'x' = '{secret}')");
        let redacted = redact(&text);
        prop_assert!(!redacted.contains(&secret[..6]), "{}", redacted);
        prop_assert_eq!(&*redact(&redacted), &*redacted);
    }
}

#[test]
fn texts_keep_all_but_their_secrets() {
    let data = include_str!("../data/redaction.txt");
    let (_, texts) = data.split_once("`---`.\n").unwrap();
    for marked in texts.split_terminator("\n---\n") {
        let (mut text, mut expected) = (String::new(), String::new());
        let mut rest = marked;
        while let Some(mark) = rest.find(['«', '‹', '⟦']) {
            let (before, marked) = rest.split_at(mark);
            let (masked, behind) = marked.split_once(['»', '›', '⟧']).unwrap();
            text += before;
            expected += before;
            let mut said = masked.chars();
            match said.next() {
                Some('«') => (text, expected) = (text + said.as_str(), expected + MASK),
                Some('‹') => text += said.as_str(),
                _ => expected += said.as_str(),
            }
            rest = behind;
        }
        text += rest;
        expected += rest;
        let redacted = redact(&text);
        assert_eq!(redacted, expected);
        assert_eq!(redact(&redacted), expected, "again");
    }
}

/// Where the literals stand that the option table does not call plain; an empty one says that there is no credential.
fn secret_literals(statements: &[Statement]) -> Vec<Range<usize>> {
    let mut literals = Vec::new();
    for statement in statements {
        let options = match &statement.body {
            Body::CreateConnection(create) => create.options.as_slice(),
            Body::AlterConnection(alter) => match &alter.action {
                AlterAction::Set(options) => options.as_slice(),
                _ => &[],
            },
            _ => &[],
        };
        for option in options {
            let plain = OptionKey::find(option.key.as_str()).is_some_and(|key| !key.is_sealed());
            let value = option.value.as_str();
            if !plain && !value.is_empty() && value != MASK {
                let span = option.value.span();
                literals.push(span.start..span.end);
            }
        }
    }
    literals
}

/// What the statements say, with every value masked.
fn print(statements: &[Statement]) -> Vec<(Kind, String)> {
    statements.iter().map(|statement| (statement.kind(), statement.to_string())).collect()
}

/// A statement as people write it.
fn statement() -> impl Strategy<Value = String> {
    let blank =
        || prop::sample::select(vec![" ", "\n", "  ", "\r\n\t", " /* used for chat */ ", " -- the model\n"]);
    let head = prop::sample::select(vec![
        "CREATE CONNECTION",
        "create or replace connection",
        "CREATE TEMPORARY CONNECTION IF NOT EXISTS",
        "ALTER CONNECTION IF EXISTS",
        "Alter Connection",
    ]);
    let list = vec((option(), blank()), 1..6);
    let end = prop::sample::select(vec![";", " ;", ";\n", ";\n\n"]);
    let connection =
        (head, name(), blank(), list, blank(), end).prop_map(|(head, name, gap, list, last, end)| {
            let word = if head.to_ascii_uppercase().starts_with("ALTER") { "SET" } else { "WITH" };
            let list: Vec<String> = list.into_iter().map(|(option, gap)| format!("{gap}{option}")).collect();
            format!("{head} {name}{gap}{word} ({}{last}){end}", list.join(","))
        });
    let other = prop::sample::select(vec![
        "SHOW CONNECTIONS LIKE 'a%';",
        "DESCRIBE CONNECTION EXTENDED `c d`;",
        "ALTER CONNECTION c RESET ('scope', 'token-endpoint');",
        "ALTER CONNECTION c RENAME TO d;",
        "SELECT 'it''s', \"x\" FROM t WHERE a = 'b' -- by the way\n;",
        "CREATE TABLE t (a INT) WITH ('connector' = 'kafka', 'topic' = 'orders');",
        "DROP CONNECTION c;",
    ]);
    prop_oneof![4 => connection, 1 => other.prop_map(str::to_owned)]
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z][a-z_]{0,8}[a-z]_c",
        "`[a-z][a-z -]{0,8}`".prop_map(|name| name),
        "cat\\.`my db`\\.[a-z]{3,8}_c",
    ]
}

fn option() -> impl Strategy<Value = String> {
    let sign = prop::sample::select(vec!["=", " = ", "\n=\n", " /* is */ = "]);
    let plain: Vec<OptionKey> = OptionKey::ALL.into_iter().filter(|key| !key.is_sealed()).collect();
    let sealed: Vec<&str> =
        OptionKey::ALL.into_iter().filter(|key| key.is_sealed()).map(OptionKey::name).collect();
    let unknown = vec!["colour", "ap-key", "pasword", "my.secret", "openai.token", "tоken", "x"];
    let spelling = |key: &'static str| {
        prop::sample::select(vec![key.to_owned(), key.to_uppercase(), key.replace('-', "_")])
    };
    let shown = prop::sample::select(plain)
        .prop_flat_map(move |key| (spelling(key.name()), plain_value(key)))
        .prop_map(|(key, value)| (key, format!("'{value}'")));
    let hidden =
        prop::sample::select([sealed, unknown].concat()).prop_flat_map(move |key| (spelling(key), literal()));
    (prop_oneof![shown, hidden], sign).prop_map(|((key, value), sign)| format!("'{key}'{sign}{value}"))
}

/// A value that the table takes for this option.
fn plain_value(key: OptionKey) -> BoxedStrategy<String> {
    match key.form() {
        ValueForm::TypeName => prop::sample::select(ConnectionType::ALL.map(ConnectionType::name).to_vec())
            .prop_map(str::to_lowercase)
            .boxed(),
        ValueForm::Url => {
            prop::sample::select(ConnectionType::ALL.map(|known| known.endpoint_form().example).to_vec())
                .prop_map(str::to_owned)
                .boxed()
        }
        ValueForm::Choice(choices) => prop::sample::select(choices).prop_map(str::to_owned).boxed(),
        ValueForm::Text => {
            prop::sample::select(vec!["read write", "openid", ""]).prop_map(str::to_owned).boxed()
        }
    }
}

/// A literal of any form and content.
fn literal() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        // No letters of the keys: a piece that is nearly one may be one whose signs were lost.
        "[QWZkqwz0-9]{1,12}",
        prop::sample::select(vec![
            "'",
            "\"",
            "`",
            "\\",
            "\n",
            "\r\n",
            ";",
            "--",
            "/*",
            "*/",
            "(",
            ")",
            ",",
            "=",
            " ",
            "é",
            "密",
            "', 'type' = '",
            "WITH (",
            "{\"a\": \"b\"}",
            "$$",
            "https://u@h/",
        ])
        .prop_map(String::from),
    ];
    let quoted = |text: &str| text.replace('\'', "''");
    (vec(piece, 0..6), 0..10_u8).prop_map(move |(pieces, form)| match form {
        0 => format!("N'{}'", quoted(&pieces.concat())),
        1 => format!("U&'{}'", quoted(&pieces.concat()).replace('\\', "\\\\")),
        2 => pieces
            .iter()
            .map(|piece| format!("'{}'", quoted(piece)))
            .chain(["'z'".to_owned()])
            .collect::<Vec<_>>()
            .join("\n"),
        _ => format!("'{}'", quoted(&pieces.concat())),
    })
}
