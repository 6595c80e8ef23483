//! Every slip of the pen at every place of a few statements, each in one of the things that statements stand in.

/// Statements; the secret stands at `%`.
const STATEMENTS: &[&str] = &[
    "CREATE CONNECTION vorumi\n  WITH (\n    'type' = 'openai',\n    'endpoint' = 'https://a.example/v1',\n    'api-key' = '%'\n  );\nSHOW TABLES;",
    "CREATE CONNECTION vorumi WITH ('type'='mongodb','endpoint'='mongodb+srv://a.example/b','username'='x','password'='%');",
    "CREATE CONNECTION vorumi WITH ('type' = 'rest', 'password' = '%', 'endpoint' = 'https://a.example', 'username' = 'x');",
    "ALTER CONNECTION vorumi SET ('password' = '%');",
    "CREATE TABLE vorumi (id INT) WITH ('connector' = 'jdbc', 'url' = 'jdbc:postgresql://a.example/b', 'password' = '%');",
    "SET 'sql.secrets.vorumi' = '%';\nSELECT 1;",
];
/// What is put in.
const SIGNS: &str = "'\"`()=,; x\n";
/// What all signs of a kind may be instead.
const SPELLINGS: &[(&str, &str)] = &[
    (" = ", " : "),
    (" = ", " => "),
    (" = ", " "),
    (" = ", " == "),
    ("'", "\""),
    ("'", "`"),
    ("'", "\u{2019}"),
];

/// In how many things statements stand.
const WRAPPINGS: usize = 7;

/// A slip of the pen.
#[derive(Clone, Copy)]
enum Slip {
    Insert(char),
    Delete,
    Swap,
    CutBehind,
    CutBefore,
}

/// A text with a slip.
fn slip(text: &str, place: usize, slip: Slip) -> Option<String> {
    let (before, behind) = text.split_at(place);
    let mut signs = behind.chars();
    let next = signs.next()?;
    Some(match slip {
        Slip::Insert(sign) => format!("{before}{sign}{behind}"),
        Slip::Delete => format!("{before}{}", signs.as_str()),
        Slip::Swap => {
            let second = signs.next()?;
            format!("{before}{second}{next}{}", signs.as_str())
        }
        Slip::CutBehind => before.to_owned(),
        Slip::CutBefore => behind.to_owned(),
    })
}

/// A text in an n-th thing that statements stand in.
fn wrapped(text: &str, number: usize) -> String {
    let lines = |mark: &str| text.lines().map(|line| format!("{mark}{line}\n")).collect::<String>();
    match number % WRAPPINGS {
        0 => text.to_owned(),
        1 => format!("2026-11-28 10:00:00 INFO run - {text}"),
        2 => format!("{{\"sql\": {text:?}, \"host\": \"x\"}}").replace("\\'", "'"),
        3 => lines("+"),
        4 => format!("flink -e \"{}\"", text.replace('"', "\\\"").replace('`', "\\`")),
        5 => lines("> "),
        _ => format!("t.execute_sql(\"\"\"\n{text}\n\"\"\")"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::redact;

    /// Whether six characters of the secret in a row are shown.
    fn shows(text: &str, secret: &str) -> bool {
        let shown = redact(text);
        (6..=secret.len()).any(|end| {
            let part = &secret[end - 6..end];
            text.contains(part) && shown.contains(part)
        })
    }

    #[test]
    fn no_slip_at_any_place_shows_a_secret() {
        const SECRET: &str = "k9Xw2LqPz7Rt4vB8nM3";
        let slips = [Slip::Delete, Slip::Swap, Slip::CutBehind, Slip::CutBefore];
        let slips: Vec<Slip> = slips.into_iter().chain(SIGNS.chars().map(Slip::Insert)).collect();
        let mut broken = Vec::new();
        for text in STATEMENTS.iter().map(|statement| statement.replace('%', SECRET)) {
            for place in 0..text.len() {
                broken.extend(slips.iter().filter_map(|of| slip(&text, place, *of)));
            }
            // Each of these in everything.
            for (sign, other) in SPELLINGS {
                broken.extend(std::iter::repeat_n(text.replace(sign, other), WRAPPINGS));
            }
        }
        let broken = broken.iter().enumerate().map(|(number, text)| wrapped(text, number));
        let leaks: Vec<String> = broken.filter(|text| shows(text, SECRET)).collect();
        assert!(leaks.is_empty(), "{}:\n{}", leaks.len(), leaks.join("\n"));
    }
}
