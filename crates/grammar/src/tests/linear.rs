//! Large and hostile texts take time and stack in proportion to their length.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

use crate::{MAX_STATEMENT_BYTES, ParseErrorKind, parse, parse_statement, split, split_and_parse};

/// Far more than any of these takes without optimisation, and far less than a quadratic one would.
const PATIENCE: Duration = Duration::from_secs(30);

#[track_caller]
fn check(what: &str, text: &str) {
    let start = time_of_thread();
    let pieces = split(text).count();
    let _either_way = parse(text);
    assert_eq!(split_and_parse(text).count(), pieces);
    let took = time_of_thread() - start;
    assert!(took < PATIENCE, "{what}: {pieces} pieces took {took:?}");
}

fn time_of_thread() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::try_from(time).expect("no clock runs backwards")
}

#[test]
fn a_million_bytes_of_openers() {
    for unit in ["'", "`", "/*", "''", "``", "/*+"] {
        check(unit, &unit.repeat((1 << 20) / unit.len()));
    }
}

#[test]
fn long_runs_of_anything() {
    for unit in [
        "*/",
        "--",
        "(",
        ")",
        ";",
        "; ",
        "\"",
        "\\",
        "#",
        "# ;",
        "$",
        "a.",
        "a. ",
        "a.b$",
        "_a-",
        "E'\\'",
        "E'",
        "e'\\' ",
        "U&\"",
        "U&'",
        "u&\"\n",
        "/*/",
        "/**/",
        "/***/",
        "-",
        "--a$\n",
        "SELECT 1;",
        "DROP CONNECTION a # ",
        "CREATE CONNECTION a WITH ('b' = 'c', ",
        "STATEMENT SET BEGIN ",
        "STATEMENT SET BEGIN;",
        "; END x ",
        "USING CONNECTIONS (",
        "WITH ('a'='b',",
        "CREATE ",
        "OR REPLACE ",
        "DROP CONNECTION a;",
        "'a' ",
        "'a'='b',",
        "密",
        "\u{10400}",
        "#'",
        "#`\n",
        "#/*",
        "\n",
    ] {
        let run = unit.repeat((1 << 14) / unit.len());
        check(unit, &run);
        check(&format!("name, then {unit}"), &format!("DROP CONNECTION {run}"));
    }
}

#[test]
fn statements_of_the_greatest_length() {
    const FRAMES: [(&str, &str); 3] = [
        ("CREATE CONNECTION c WITH ('k' = '", "')"),
        ("ALTER CONNECTION c RESET (", ")"),
        ("DROP CONNECTION c", ""),
    ];
    for (before, after) in FRAMES {
        for unit in ["a", "''", "'a' ", ".a"] {
            let room = MAX_STATEMENT_BYTES - before.len() - after.len();
            check(unit, &format!("{before}{}{after}", unit.repeat(room / unit.len())));
        }
    }
}

#[test]
fn a_hundred_thousand_brackets() {
    let brackets = format!("{}{}", "(".repeat(100_000), ")".repeat(100_000));
    check("brackets", &brackets);
    let nested = format!("SELECT {}1{}", "(".repeat(60_000), ")".repeat(60_000));
    assert!(parse_statement(&nested).is_ok());
}

#[test]
fn only_single_statements_are_limited() {
    let value = |bytes: usize| {
        let frame = "CREATE CONNECTION c WITH ('k' = '')".len();
        format!("CREATE CONNECTION c WITH ('k' = '{}')", "v".repeat(bytes - frame))
    };
    assert!(parse_statement(&value(MAX_STATEMENT_BYTES)).is_ok());
    assert!(parse_statement(&format!("/* c */ {} ;", value(MAX_STATEMENT_BYTES))).is_ok());
    let too_long = parse_statement(&value(MAX_STATEMENT_BYTES + 1)).map_err(|error| error.kind);
    assert_eq!(too_long, Err(ParseErrorKind::StatementTooLong { bytes: MAX_STATEMENT_BYTES + 1 }));
    let script = "DROP CONNECTION c;".repeat(10_000);
    assert_eq!(parse(&script).map(|statements| statements.len()), Ok(10_000));
}
