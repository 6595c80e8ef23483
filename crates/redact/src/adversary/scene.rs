//! Statements with planted secrets, broken and wrapped, with other lines around them.

use super::Case;
use super::dice::Dice;

const TYPES: &[&str] =
    &["openai", "BEDROCK", "mongodb", "confluent_jdbc", "MCP_SERVER", "rest", "couchbase", "pinecone"];
const SECRET_KEYS: &[&str] = &[
    "api-key",
    "password",
    "token",
    "aws-secret-key",
    "aws-session-token",
    "client-secret",
    "service-key",
    "username",
    "api_key",
    "API-KEY",
    "ap-key",
    "pasword",
    "tokn",
    "secret",
    "my-key",
    "x",
    "aws-access-key",
    "credentials",
    "client-id",
];

/// Makes the case of a number.
pub(crate) fn case(seed: u64) -> Case {
    let mut dice = Dice::new(seed);
    let mut case = Case {
        text: String::new(),
        secrets: Vec::new(),
        stays: Vec::new(),
        may_stay: Vec::new(),
        story: String::new(),
    };
    for _ in 0..1 + dice.roll(3) {
        around(&mut dice, &mut case);
        let mut own = Vec::new();
        let mut statement = statement(&mut dice, &mut case, &mut own);
        let broken = !dice.once_in(3);
        if broken {
            for _ in 0..1 + dice.roll(2) {
                statement = mutate(&mut dice, statement, &mut case.story);
            }
            case.may_stay.append(&mut own);
        } else {
            case.stays.append(&mut own);
        }
        let wrapped = wrap(&mut dice, &statement, &mut case.story);
        case.text.push_str(&wrapped);
        case.text.push('\n');
    }
    around(&mut dice, &mut case);
    case
}

/// Lines of a log, whose names have to stay.
fn around(dice: &mut Dice, case: &mut Case) {
    for _ in 0..dice.roll(3) {
        let host = format!("{}.{}.example.com", dice.word(2), dice.word(3));
        let name = format!("{}_{}", dice.word(3), dice.word(2));
        let line = match dice.roll(6) {
            0 => format!("2026-11-23T10:00:0{}Z INFO  connected to {host} for {name} in 12 ms", dice.roll(9)),
            1 => format!(
                "2026-11-23 10:00:00,123 WARN  [{name}] could not create connection to {host}: timed out"
            ),
            2 => format!("{{\"level\":\"info\",\"host\":\"{host}\",\"table\":\"{name}\"}}"),
            3 => format!("INSERT INTO {name} SELECT * FROM src; -- via {host}"),
            4 => format!("Nov 23 10:00:00 {host} kernel: token bucket {name} took 3 ms"),
            _ => format!("CREATE TABLE {name} (a INT) WITH ('connector' = 'kafka', 'hosts' = '{host}');"),
        };
        case.stays.extend([host, name]);
        case.text.push_str(&line);
        case.text.push('\n');
    }
}

fn planted(dice: &mut Dice, case: &mut Case) -> String {
    let secret = dice.secret();
    case.secrets.push(secret.clone());
    secret
}

fn literal(dice: &mut Dice, value: &str) -> String {
    let doubled = value.replace('\'', "''");
    match dice.roll(12) {
        0 => format!("N'{doubled}'"),
        1 => format!("U&'{}'", doubled.replace('\\', "\\\\")),
        2 => format!("E'{}'", value.replace('\\', "\\\\").replace('\'', "\\'")),
        3 if value.is_ascii() && value.len() > 8 && !value.contains('\'') => {
            format!("'{}' '{}'", &value[..4], &value[4..])
        }
        _ => format!("'{doubled}'"),
    }
}

fn statement(dice: &mut Dice, case: &mut Case, own: &mut Vec<String>) -> String {
    let name = format!("{}{}{}", dice.word(3), dice.pick(&["-", "_"]), dice.word(2));
    let host = format!("{}.{}.example.com", dice.word(2), dice.word(3));
    own.extend([name.clone(), host.clone()]);
    let alter = dice.once_in(4);
    let quoted = if name.contains('-') || dice.once_in(2) { format!("`{name}`") } else { name };
    let quoted = if dice.once_in(4) { format!("`prod env`.db1.{quoted}") } else { quoted };
    let mut text = match alter {
        true => format!("ALTER CONNECTION {}", dice.pick(&["", "IF EXISTS "])),
        false => format!(
            "CREATE {}{}CONNECTION {}",
            dice.pick(&["", "OR REPLACE "]),
            dice.pick(&["", "TEMPORARY "]),
            dice.pick(&["", "IF NOT EXISTS "])
        ),
    };
    text += &quoted;
    if !alter && dice.once_in(4) {
        let remark = match dice.roll(3) {
            0 => format!("password: {}", planted(dice, case)),
            1 => format!("key {}", planted(dice, case)),
            _ => "fraud scoring, owner: risk team".to_owned(),
        };
        text += &format!(" COMMENT '{}'", remark.replace('\'', "''"));
    }
    text += if alter { " SET (" } else { " WITH (" };
    let mut options = Vec::new();
    if alter {
        own.pop();
    } else {
        options.push(format!("'type' = '{}'", dice.pick(TYPES)));
        let url = match dice.roll(6) {
            0 => format!("https://{host}/v1/x?api-version=2025-01-01"),
            1 => format!("mongodb+srv://{host}/films"),
            2 => format!("jdbc:postgresql://{host}:5432/stock"),
            _ => format!("https://{host}:8443/v1/chat"),
        };
        options.push(format!("'endpoint' = '{url}'"));
    }
    for _ in 0..1 + dice.roll(3) {
        let secret = planted(dice, case);
        options.push(format!("'{}' = {}", dice.pick(SECRET_KEYS), literal(dice, &secret)));
    }
    for at in (1..options.len()).rev() {
        let other = dice.roll(at + 1);
        options.swap(at, other);
    }
    let space = dice.pick(&["", " ", "\n  ", "\n"]);
    for (index, option) in options.iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        text += space;
        if dice.once_in(12) {
            let word = dice.hidden(5);
            case.secrets.push(word.clone());
            text += &match dice.roll(3) {
                0 => format!("/* old key: {word} */ "),
                1 => format!("-- password {word}\n"),
                _ => format!("/* {} */ ", planted(dice, case).replace("*/", "")),
            };
        }
        text += option;
    }
    text += dice.pick(&[")", ")", "\n)"]);
    text += dice.pick(&["", ";"]);
    text
}

/// Breaks a statement in one place.
fn mutate(dice: &mut Dice, text: String, story: &mut String) -> String {
    let places = |wanted: &dyn Fn(char) -> bool| -> Vec<usize> {
        text.char_indices().filter(|(_, c)| wanted(*c)).map(|(at, _)| at).collect()
    };
    let kind = dice.roll(14);
    let sign = dice.pick(&[":", "=>", "=="]);
    let quote = dice.pick(&["\"", "`", "’"]);
    *story += &format!(" mutation {kind}");
    let changed = |dice: &mut Dice, places: Vec<usize>, with: &str, keep: bool| {
        if places.is_empty() {
            return text.clone();
        }
        let at = places[dice.roll(places.len())];
        let size = text[at..].chars().next().map_or(0, char::len_utf8);
        let kept = if keep { &text[at..at + size] } else { "" };
        format!("{}{kept}{with}{}", &text[..at], &text[at + size..])
    };
    match kind {
        0 | 1 => changed(dice, places(&|c| c == '\''), "", false),
        2 => changed(dice, places(&|c| c == '\''), "'", true),
        3 => changed(dice, places(&|c| matches!(c, '(' | ')')), "", false),
        4 => changed(dice, places(&|c| c == ','), "", false),
        5 => changed(dice, places(&|c| c == '='), "", false),
        6 => changed(dice, places(&|c| c == '='), sign, false),
        7 => changed(dice, places(&|c| c == '\''), quote, false),
        8 => {
            // Any place behind the name: what is cut earlier has no beginning any more.
            let places = places(&|_| true);
            if places.is_empty() {
                return text;
            }
            text[..places[dice.roll(places.len())]].to_owned()
        }
        9 => text.replacen(
            "CONNECTION",
            dice.pick(&[
                "CONECTION",
                "CONNECTOIN",
                "CONNNECTION",
                "CONNECTION\u{200b}",
                "connection",
                "СONNECTION",
            ]),
            1,
        ),
        10 => text.replacen("CREATE", dice.pick(&["CREAT", "create", "CERATE", "REATE", "Create"]), 1),
        11 => text.replacen("WITH", dice.pick(&["WIHT", "with", "WTIH", ""]), 1),
        12 => {
            let at = dice.roll(text.find('(').unwrap_or(text.len()) + 1);
            match at + 1 < text.len() && text.is_char_boundary(at) && text.is_char_boundary(at + 1) {
                true => format!("{}{}", &text[..at], &text[at + 1..]),
                false => text,
            }
        }
        _ => text.replace(" = ", dice.pick(&["=", ": ", " => ", "  =\n"])),
    }
}

/// Puts a statement where statements are found.
fn wrap(dice: &mut Dice, text: &str, story: &mut String) -> String {
    let kind = dice.roll(18);
    *story += &format!(" context {kind}");
    let json = |text: &str| serde_json::to_string(text).unwrap_or_default();
    let joined = |around: &str| {
        text.split('\n').map(|line| json(&format!("{line} "))).collect::<Vec<_>>().join(around)
    };
    let lines =
        |mark: &str| text.split('\n').map(|line| format!("{mark}{line}")).collect::<Vec<_>>().join("\n");
    match kind {
        0 => format!("2026-11-23T10:00:00Z INFO  executing {text}"),
        1 => format!("{{\"level\":\"info\",\"sql\":{},\"ms\":12}}", json(text)),
        2 => format!("2026-11-23 10:00:00 DEBUG body={}", json(text)),
        3 => lines("+"),
        4 => lines("> "),
        5 => format!("lockkeeper sql -e '{}'", text.replace('\'', "'\\''")),
        6 => format!(
            "lockkeeper sql -e \"{}\"",
            text.replace('\\', "\\\\").replace('"', "\\\"").replace('`', "\\`")
        ),
        7 => format!("\u{feff}-- setup\n{text}"),
        8 => format!("SHOW CONNECTIONS; {text}"),
        9 => format!("String sql = {};", joined("\n    + ")),
        10 => lines("> > "),
        11 => format!("mysql> {}", text.replace('\n', "\n    -> ")),
        12 => format!("<job sql=\"{}\"/>", encoded(text, entity)),
        13 => format!("GET /q?sql={}&n=1 HTTP/1.1", encoded(text, |byte| format!("%{byte:02X}"))),
        14 => json(&format!("{{\"sql\":{}}}", json(text))),
        _ => text.to_owned(),
    }
}

/// The text with all its signs encoded, and what is not ASCII.
fn encoded(text: &str, sign: impl Fn(u8) -> String) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { sign(byte) }).collect()
}

/// A sign as an attribute of XML has it.
fn entity(byte: u8) -> String {
    match byte {
        b'\'' => "&apos;".to_owned(),
        b'"' => "&quot;".to_owned(),
        b'&' => "&amp;".to_owned(),
        b'<' => "&lt;".to_owned(),
        b'>' => "&gt;".to_owned(),
        b'\n' | b'\t' => format!("&#{byte};"),
        0x80.. => String::new(),
        _ => char::from(byte).to_string(),
    }
}
