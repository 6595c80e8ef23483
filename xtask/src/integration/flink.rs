//! Agreement with the parser of Apache Flink 2.3.0, on random texts.
//!
//! The parser lies in a jar within a jar within a Python wheel; it needs Java 17.

use super::Outcome;
use crate::Failure;
use crate::random::Random;
use crate::test::cargo_test;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use xshell::{Shell, cmd};

/// How many texts are compared.
const TEXTS: usize = 20_000;

/// What texts are mutated with: words, literals, signs and blanks that mean something to one of the two.
const TOKENS: &[&str] = &[
    " ",
    "\n",
    "\t",
    "\r\n",
    " -- c\n",
    " // c\n",
    "/* c */",
    "/*",
    "/*+ h */",
    "''",
    "'a'",
    "'it''s'",
    "'b\\'",
    "U&'\\00e9'",
    "u&'!00e9' UESCAPE '!'",
    "E'\\n'",
    "N'x'",
    "_utf8'x'",
    "_latin1'x'",
    "X'41'",
    "\"q\"",
    "`q`",
    "`a``b`",
    "``",
    "[q]",
    "1",
    "1.5",
    "null",
    "true",
    "(",
    ")",
    ",",
    "=",
    "==",
    "=>",
    ":",
    ".",
    ";",
    "-",
    "#",
    "@",
    "$",
    "*",
    "é",
    "连接",
    "\u{a0}",
    "\u{feff}",
    "CREATE",
    "OR REPLACE",
    "TEMPORARY",
    "SYSTEM",
    "CONNECTION",
    "CONNECTIONS",
    "IF NOT EXISTS",
    "IF EXISTS",
    "IF",
    "NOT",
    "EXISTS",
    "COMMENT",
    "COMMENT 'x'",
    "WITH",
    "SET",
    "RESET",
    "RENAME",
    "TO",
    "ALTER",
    "DROP",
    "DESCRIBE",
    "DESC",
    "EXTENDED",
    "SHOW",
    "FROM",
    "IN",
    "LIKE",
    "ILIKE",
    "ESCAPE",
    "CASCADE",
    "c1",
    "a.b",
    "a.b.c",
    "a.b.c.d",
    "user",
    "table",
    "type",
    "model",
    "secret",
    "'k'='v'",
];

/// Fetches the parser, asks it about random texts, and compares.
pub(super) fn run(shell: &Shell) -> Result<Outcome, Failure> {
    let folder = crate::workspace().join("target/integration/flink");
    fs::create_dir_all(&folder)?;
    if cmd!(shell, "javac -version").quiet().ignore_stderr().ignore_stdout().run().is_err() {
        return Ok(Outcome::Skipped("no Java compiler".to_owned()));
    }
    let class_path = match class_path(shell, &folder) {
        Ok(class_path) => class_path,
        Err(failure) => return Ok(Outcome::Skipped(format!("the parser cannot be fetched: {failure}"))),
    };
    let oracle = crate::workspace().join("tests/flink/Oracle.java");
    cmd!(shell, "javac -nowarn -cp {class_path} -d {folder} {oracle}").quiet().run()?;

    let seed = std::env::var("LOCKKEEPER_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1);
    println!("{TEXTS} texts from seed {seed}; another one by LOCKKEEPER_SEED");
    let texts = texts(seed)?;
    let run_path = format!("{}:{class_path}", folder.display());
    let answers = cmd!(shell, "java -cp {run_path} Oracle").stdin(texts).quiet().read()?;
    let file = folder.join("answers.jsonl");
    fs::write(&file, answers)?;
    let file = file.canonicalize()?;
    // Of the whole workspace, as `cargo xtask test` builds it: one package alone has other features, and is built anew.
    let arguments = ["--workspace", "--lib", "--", "--ignored", "other_cases_agree"];
    cargo_test(shell, &arguments, &[("LOCKKEEPER_FLINK_ANSWERS", &file)]).map(Outcome::Ran)
}

/// The jars of the parser, unpacked from the wheel on first use.
fn class_path(shell: &Shell, folder: &Path) -> Result<String, Failure> {
    let lib = folder.join("lib");
    if !lib.join("flink-table-planner.jar").exists() {
        let wheels = folder.join("wheels");
        cmd!(
            shell,
            "python3 -m pip download --quiet --no-deps --dest {wheels} apache-flink-libraries==2.3.0"
        )
        .run()?;
        fs::create_dir_all(&lib)?;
        let script = "
import glob, io, sys, zipfile
wheels, lib = sys.argv[1:]
wheel = zipfile.ZipFile(glob.glob(wheels + '/*.whl')[0])
for name in wheel.namelist():
    if name.endswith('.jar') and '/lib/' in name:
        base = name.rsplit('/', 1)[1]
        data = wheel.read(name)
        if base.startswith('flink-table-planner-loader'):
            base = 'flink-table-planner.jar'
            data = zipfile.ZipFile(io.BytesIO(data)).read(base)
        open(lib + '/' + base, 'wb').write(data)
";
        cmd!(shell, "python3 -c {script} {wheels} {lib}").quiet().run()?;
        fs::remove_dir_all(&wheels)?;
    }
    let mut jars: Vec<PathBuf> =
        fs::read_dir(&lib)?.map(|entry| entry.map(|e| e.path())).collect::<Result<_, _>>()?;
    // The planner comes first, as it has its own copy of what the others have too.
    jars.sort_by_key(|jar| !jar.ends_with("flink-table-planner.jar"));
    let mut class_path = String::new();
    for jar in jars {
        write!(class_path, "{}:", jar.display())?;
    }
    Ok(class_path)
}

/// The texts of the data files, each mutated many times, ended by NUL.
fn texts(seed: u64) -> Result<String, Failure> {
    let data = crate::workspace().join("tests/data");
    let mut cases = Vec::new();
    for file in ["flink-parse.jsonl", "flink-parse-more.jsonl"] {
        let lines = fs::read_to_string(data.join(file))?;
        // The texts stand in JSON strings, which the mutations may break: what results is a text as well.
        cases.extend(lines.lines().filter_map(sql_of).filter(|sql| sql.len() < 1000));
    }
    let mut random = Random::new(seed);
    let mut texts = String::new();
    for _ in 0..TEXTS {
        let mut pieces = pieces(&cases[random.below(cases.len())]);
        for _ in 0..1 + random.below(3) {
            let at = random.below(pieces.len() + 1);
            let token = TOKENS[random.below(TOKENS.len())].to_owned();
            match (random.below(4), at < pieces.len()) {
                (0, true) => drop(pieces.remove(at)),
                (1, true) => pieces[at] = token,
                (2, true) => {
                    let other = random.below(pieces.len());
                    pieces.swap(at, other);
                }
                _ => pieces.insert(at, token),
            }
        }
        texts.extend(pieces.concat().chars().filter(|character| *character != '\0'));
        texts.push('\0');
    }
    Ok(texts)
}

/// The value of `"sql"` in a line of a data file.
fn sql_of(line: &str) -> Option<String> {
    let mut characters =
        line.strip_prefix(r#"{"sql": ""#).or_else(|| line.strip_prefix(r#"{"sql":""#))?.chars();
    let mut sql = String::new();
    loop {
        match characters.next()? {
            '"' => return Some(sql),
            '\\' => match characters.next()? {
                'n' => sql.push('\n'),
                't' => sql.push('\t'),
                'r' => sql.push('\r'),
                'f' => sql.push('\u{c}'),
                'b' => sql.push('\u{8}'),
                'u' => {
                    let digits: String = characters.by_ref().take(4).collect();
                    sql.extend(u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32));
                }
                other => sql.push(other),
            },
            other => sql.push(other),
        }
    }
}

/// Words, blanks and single signs.
fn pieces(sql: &str) -> Vec<String> {
    let mut pieces: Vec<String> = Vec::new();
    for character in sql.chars() {
        let joins = |last: &String| {
            let word = |c: char| c.is_alphanumeric() || c == '_';
            last.chars().last().is_some_and(|before| word(before) && word(character))
        };
        match pieces.last_mut() {
            Some(last) if joins(last) => last.push(character),
            _ => pieces.push(character.to_string()),
        }
    }
    pieces
}
