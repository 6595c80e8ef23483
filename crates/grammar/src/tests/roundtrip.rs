//! Printing and parsing are each other's inverse.

use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;

use crate::syntax::{Rule, measure, measure_blanks, measure_separators};
use crate::{
    AlterAction, AlterConnection, Body, ClauseSpans, CreateConnection, CreateDatabase, DescribeConnection,
    DropConnection, DropDatabase, Kind, Like, Name, OptionEntry, Preposition, Scope, ShowCatalogs,
    ShowConnections, ShowCreateConnection, ShowDatabases, Statement, Text, UseCatalog, UseDatabase,
    ValidateConnection, parse, parse_statement, split, split_and_parse,
};

proptest! {
    #[test]
    fn a_printed_tree_parses_to_itself(statement in statement()) {
        let printed = statement.reveal().to_string();
        let parsed = parse_statement(&printed);
        prop_assert_eq!(parsed.as_ref(), Ok(&statement));
        prop_assert_eq!(parsed.map(|again| again.reveal().to_string()), Ok(printed));
    }

    #[test]
    fn masked_sql_parses_and_holds_no_value(statement in statement()) {
        let masked = parse_statement(&statement.to_string());
        prop_assert_eq!(masked.map(|again| again.to_string()), Ok(statement.to_string()));
    }

    #[test]
    fn any_text_is_read_or_refused(text in text_like_sql()) {
        if let Ok(statements) = parse(&text) {
            for statement in statements.iter().filter(|statement| statement.kind() != Kind::Other) {
                let again = parse_statement(&statement.reveal().to_string());
                prop_assert_eq!(again.as_ref(), Ok(statement));
            }
        }
    }

    #[test]
    fn one_of_ours_ends_where_its_tokens_end(statement in statement(), after in text_like_sql()) {
        let text = format!("{}{after}", statement.reveal());
        prop_assert_eq!(measure(Rule::piece, &text), measure(Rule::tokens, &text));
    }

    #[test]
    fn parsing_while_splitting_changes_neither(parts in vec((statement(), text_like_sql(), "[; \n]{0,2}"), 0..4)) {
        let script: String = parts
            .into_iter()
            .map(|(statement, text, end)| format!("{}{end}{text}{end}", statement.reveal()))
            .collect();
        let apart = split(&script).map(|piece| {
            let statement = parse_statement(piece.span.slice(&script).unwrap());
            (piece, statement)
        });
        prop_assert!(split_and_parse(&script).eq(apart), "{}", script);
    }

    #[test]
    fn blanks_are_measured_as_the_grammar_has_them(text in "[ ;\t\n\u{b}\u{c}\r/*+a-]{0,12}") {
        prop_assert_eq!(measure_blanks(&text), measure(Rule::blanks, &text));
        prop_assert_eq!(measure_separators(&text), measure(Rule::separators, &text));
    }

    #[test]
    fn splitting_loses_nothing_but_semicolons_blanks_and_comments(text in text_like_sql()) {
        let mut at = 0;
        for piece in split(&text) {
            prop_assert!(at <= piece.span.start && piece.span.start < piece.span.end);
            // A comment would do as well; that it holds nothing else the shape of the pieces shows.
            prop_assert_eq!(split(&text[at..piece.span.start]).count(), 0);
            at = piece.span.end;
        }
        prop_assert_eq!(split(&text[at..]).count(), 0);
    }
}

#[test]
fn accepted_texts_print_to_their_fixed_point() {
    let cases = concat!(
        include_str!("../../../../tests/data/flink-parse.jsonl"),
        include_str!("../../../../tests/data/flink-parse-more.jsonl")
    );
    for line in cases.lines() {
        let case: serde_json::Value = serde_json::from_str(line).expect("every line is JSON");
        let sql = case["sql"].as_str().expect("every case has a text");
        for statement in parse(sql).into_iter().flatten().filter(|statement| statement.kind() != Kind::Other)
        {
            let printed = statement.reveal().to_string();
            let again = parse_statement(&printed).expect("what is printed parses");
            assert!(again == statement, "{sql:?} says something else once printed");
            assert!(again.reveal().to_string() == printed, "{sql:?} prints otherwise the second time");
        }
    }
}

/// Any text, with quotes, escapes, line breaks and comment signs more often than by chance.
fn content() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        any::<char>().prop_map(String::from),
        prop::sample::select(vec![
            "'",
            "''",
            "`",
            "\"",
            "\\",
            "\n",
            "\r\n",
            ";",
            "--",
            "/*",
            "*/",
            "é",
            "🔑",
            "<REDACTED>"
        ])
        .prop_map(String::from),
        "[a-z0-9-]{1,8}",
    ];
    vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

fn text() -> impl Strategy<Value = Text> {
    content().prop_map(|value| Text::new(&value))
}

fn name(parts: impl Into<prop::collection::SizeRange>) -> impl Strategy<Value = Name> {
    let part = content().prop_filter("a part of a name is not empty", |part| !part.is_empty());
    vec(part, parts).prop_map(Name::new)
}

fn options() -> impl Strategy<Value = Vec<OptionEntry>> {
    vec((content(), content()).prop_map(|(key, value)| OptionEntry::new(&key, &value)), 0..4)
}

fn scope(parts: impl Into<prop::collection::SizeRange>) -> impl Strategy<Value = Scope> {
    let preposition = prop_oneof![Just(Preposition::From), Just(Preposition::In)];
    (preposition, name(parts)).prop_map(|(preposition, name)| Scope { preposition, name })
}

fn like(case_insensitive: impl Strategy<Value = bool>) -> impl Strategy<Value = Like> {
    (any::<bool>(), case_insensitive, text()).prop_map(|(negated, case_insensitive, pattern)| Like {
        negated,
        case_insensitive,
        pattern,
    })
}

fn statement() -> impl Strategy<Value = Statement> {
    prop_oneof![connection(), database()].prop_map(Statement::new)
}

fn connection() -> impl Strategy<Value = Body> {
    let action = prop_oneof![
        options().prop_map(AlterAction::Set),
        vec(text(), 0..3).prop_map(AlterAction::Reset),
        name(1..4).prop_map(AlterAction::Rename),
    ];
    let clauses = ClauseSpans::default();
    prop_oneof![
        (any::<[bool; 4]>(), name(1..4), of(text()), options()).prop_map(
            move |(flags, name, comment, options)| {
                let [or_replace, temporary, system, if_not_exists] = flags;
                let system = system && temporary;
                Body::CreateConnection(CreateConnection {
                    or_replace,
                    temporary,
                    system,
                    if_not_exists,
                    name,
                    comment,
                    options,
                    clauses,
                })
            }
        ),
        (any::<bool>(), name(1..4), action).prop_map(|(if_exists, name, action)| Body::AlterConnection(
            AlterConnection { if_exists, name, action }
        )),
        (any::<[bool; 3]>(), name(1..4)).prop_map(move |([temporary, system, if_exists], name)| {
            let system = system && temporary;
            Body::DropConnection(DropConnection { temporary, system, if_exists, name, clauses })
        }),
        (any::<bool>(), name(1..4))
            .prop_map(|(extended, name)| Body::DescribeConnection(DescribeConnection { extended, name })),
        (of(scope(1..3)), of(like(Just(false))))
            .prop_map(|(scope, like)| Body::ShowConnections(ShowConnections { scope, like })),
        name(1..4).prop_map(|name| Body::ShowCreateConnection(ShowCreateConnection { name })),
        name(1..4).prop_map(|name| Body::ValidateConnection(ValidateConnection { name })),
    ]
}

fn database() -> impl Strategy<Value = Body> {
    prop_oneof![
        name(1).prop_map(|name| Body::UseCatalog(UseCatalog { name })),
        name(1..3).prop_map(|name| Body::UseDatabase(UseDatabase { name })),
        Just(()).prop_map(|()| Body::ShowCurrentCatalog),
        Just(()).prop_map(|()| Body::ShowCurrentDatabase),
        (any::<bool>(), name(1..3), of(text()), options()).prop_map(
            |(if_not_exists, name, comment, options)| {
                Body::CreateDatabase(CreateDatabase { if_not_exists, name, comment, options })
            }
        ),
        (any::<bool>(), name(1..3), any::<bool>()).prop_map(|(if_exists, name, cascade)| Body::DropDatabase(
            DropDatabase { if_exists, name, cascade }
        )),
        (of(scope(1)), of(like(any::<bool>())))
            .prop_map(|(scope, like)| Body::ShowDatabases(ShowDatabases { scope, like })),
        of(like(any::<bool>())).prop_map(|like| Body::ShowCatalogs(ShowCatalogs { like })),
    ]
}

/// Texts in which most tokens of the grammar stand, in any order.
fn text_like_sql() -> impl Strategy<Value = String> {
    let token = prop::sample::select(vec![
        "CREATE",
        "ALTER",
        "DROP",
        "SHOW",
        "DESC",
        "USE",
        "CONNECTION",
        "CONNECTIONS",
        "TEMPORARY",
        "SYSTEM",
        "IF",
        "NOT",
        "EXISTS",
        "c",
        "`a b`",
        "U&\"\\0041\"",
        ".",
        "COMMENT",
        "WITH",
        "SET",
        "RESET",
        "RENAME TO",
        "(",
        ")",
        ",",
        "=",
        "'a'",
        "'b''c'",
        "E'\\n'",
        "U&'\\00e9'",
        "UESCAPE '!'",
        "N'x'",
        "_utf8'y'",
        "X'41'",
        "LIKE",
        "FROM",
        ";",
        "--",
        "\n",
        "/*",
        "*/",
        "/*+",
        "'",
        "`",
        "#",
        "EXTENDED",
        "DATABASE",
        "CATALOG",
        "STATEMENT SET BEGIN",
        "END",
        "USING",
    ]);
    let blank = prop::sample::select(vec!["", " ", " ", " ", "\n"]);
    vec((token, blank), 0..24)
        .prop_map(|pieces| pieces.into_iter().flat_map(|(token, blank)| [token, blank]).collect())
}
