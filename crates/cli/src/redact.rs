//! `lockkeeper redact`: text without secrets, or where they stand.

use crate::arguments::{Redact, Report};
use crate::failure::Failure;
use crate::output::Output;
use lockkeeper::redact::{Clean, Finding, Rule, check_stream, clean, redact_stream};
use serde_json::{Value, json};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

/// Copies without secrets, or says where secrets stand.
pub(crate) fn run(arguments: &Redact) -> Result<(), Failure> {
    match arguments.check {
        true => check(arguments),
        false if arguments.files.is_empty() => Ok(redact_stream(io::stdin(), io::stdout())?),
        false => arguments.files.iter().try_for_each(|path| Ok(redact_stream(open(path)?, io::stdout())?)),
    }
}

fn open(path: &Path) -> Result<File, Failure> {
    File::open(path).map_err(|error| Failure::file(path, error))
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
            Some(path) => (Clean::text(&path.display().to_string()), check_stream(open(path)?)?),
            None => (Clean::literal("standard input"), check_stream(io::stdin().lock())?),
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
