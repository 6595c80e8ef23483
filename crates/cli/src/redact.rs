//! `lockkeeper redact`: text without secrets, or where they stand.

use crate::arguments::{Redact, Report};
use crate::failure::Failure;
use crate::output::Output;
use lockkeeper::redact::{Clean, Finding, Rule, check_stream, clean, redact_stream};
use serde_json::{Value, json};
use std::fs::File;
use std::io::{self, Chain, Cursor, Read};
use std::path::{Path, PathBuf};

/// How much of a text is looked at for its encoding, and how many characters of it at least.
const GLIMPSE: usize = 64;
const FEWEST: usize = 4;

/// Copies without secrets, or says where secrets stand.
pub(crate) fn run(arguments: &Redact) -> Result<(), Failure> {
    match arguments.check {
        true => check(arguments),
        false if arguments.files.is_empty() => {
            Ok(redact_stream(readable(io::stdin(), &standard_input())?, io::stdout())?)
        }
        false => arguments
            .files
            .iter()
            .try_for_each(|path| Ok(redact_stream(readable(open(path)?, &named(path))?, io::stdout())?)),
    }
}

fn open(path: &Path) -> Result<File, Failure> {
    File::open(path).map_err(|error| Failure::file(path, error))
}

fn standard_input() -> Clean {
    Clean::literal("standard input")
}

fn named(path: &Path) -> Clean {
    Clean::text(&path.display().to_string())
}

/// An input whose first bytes are none of UTF-16, in which no secret would be found.
fn readable<R: Read>(mut input: R, place: &Clean) -> Result<Chain<Cursor<Vec<u8>>, R>, Failure> {
    let mut first = vec![0; GLIMPSE];
    let mut length = 0;
    // More may come late, as in a log that grows.
    while length < 2 {
        match input.read(&mut first[length..]) {
            Ok(0) => break,
            Ok(read) => length += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error.into()),
        }
    }
    first.truncate(length);
    match is_utf16(&first) {
        true => Err(Failure::Encoding { place: place.clone() }),
        false => Ok(Cursor::new(first).chain(input)),
    }
}

/// Whether a text begins like one in UTF-16 (RFC 2781): nearly every second of its bytes is zero, and none of the others.
fn is_utf16(first: &[u8]) -> bool {
    let zeros = |from: usize| first.iter().skip(from).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    let half = first.len() / 2;
    half >= FEWEST && even.min(odd) == 0 && even.max(odd) * 4 >= half * 3
}

/// Reports every place where a secret stands.
fn check(arguments: &Redact) -> Result<(), Failure> {
    let inputs: Vec<Option<&PathBuf>> = match arguments.files.is_empty() {
        true => vec![None],
        false => arguments.files.iter().map(Some).collect(),
    };
    let mut found: Vec<(Clean, Finding)> = Vec::new();
    for input in inputs {
        let (name, findings) = match input {
            Some(path) => (named(path), check_stream(readable(open(path)?, &named(path))?)?),
            None => (standard_input(), check_stream(readable(io::stdin().lock(), &standard_input())?)?),
        };
        found.extend(findings.into_iter().map(|finding| (name.clone(), finding)));
    }
    let mut output = Output::new();
    match arguments.format {
        Report::Text => {
            for (name, finding) in &found {
                let Finding { line, column, rule, .. } = finding;
                let text = clean!("{}:{}:{}: {} [{}]", name, *line, *column, rule.meaning(), rule.name());
                output.line(&text)?;
            }
        }
        Report::Json => {
            for (name, finding) in &found {
                output.report(&as_json(name, finding))?;
            }
        }
        Report::Sarif => output.report(&sarif(&found))?,
    }
    output.flush()?;
    match found.is_empty() {
        true => Ok(()),
        false => Err(Failure::Findings),
    }
}

fn as_json(name: &Clean, finding: &Finding) -> Value {
    json!({
        "file": name.as_str(), "line": finding.line, "column": finding.column, "rule": finding.rule.name(),
    })
}

/// The log format of static analysis, version 2.1.0 (OASIS).
fn sarif(found: &[(Clean, Finding)]) -> Value {
    let rules =
        Rule::ALL.map(|rule| json!({"id": rule.name(), "shortDescription": {"text": rule.meaning()}}));
    let result = |(name, finding): &(Clean, Finding)| {
        json!({
            "ruleId": finding.rule.name(),
            "level": "error",
            "message": {"text": finding.rule.meaning()},
            "locations": [{"physicalLocation": {
                "artifactLocation": {"uri": name.as_str()},
                "region": {"startLine": finding.line, "startColumn": finding.column},
            }}],
        })
    };
    json!({
        "version": "2.1.0",
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "runs": [{
            "tool": {"driver": {
                "name": "lockkeeper", "version": env!("CARGO_PKG_VERSION"), "rules": rules.as_slice(),
            }},
            "columnKind": "unicodeCodePoints",
            "results": found.iter().map(result).collect::<Vec<_>>(),
        }],
    })
}
