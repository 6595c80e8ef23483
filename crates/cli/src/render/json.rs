//! A JSON line per statement. Its fields are clean by type.

use lockkeeper::grammar::{Kind, Position};
use lockkeeper::redact::Clean;
use lockkeeper::{Diagnostic, Outcome, Status};
use serde::Serialize;

/// What became of one statement.
#[derive(Serialize)]
pub(crate) struct Line<'a> {
    statement: u64,
    kind: &'static str,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    columns: Option<&'a [&'static str]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rows: Option<&'a [Vec<Clean>]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    connections: Option<Vec<Vec<Clean>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    notices: Option<&'a [Clean]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Mistake>,
    /// All mistakes, where there are several.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<Mistake>,
}

/// One mistake, and where.
#[derive(Clone, Serialize)]
pub(crate) struct Mistake {
    pub(crate) code: &'static str,
    pub(crate) message: Clean,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) hint: Option<Clean>,
    pub(crate) line: u32,
    pub(crate) column: u32,
}

impl Mistake {
    /// A diagnostic at its position.
    pub(crate) fn new(diagnostic: &Diagnostic, position: Position) -> Self {
        Self {
            code: diagnostic.code.as_str(),
            message: diagnostic.message.clone(),
            hint: diagnostic.hint.clone(),
            line: position.line,
            column: position.column,
        }
    }
}

impl<'a> Line<'a> {
    /// The line of a statement that did not fail.
    pub(crate) fn done(statement: u64, outcome: &'a Outcome) -> Self {
        let connections = match &outcome.status {
            Status::Done => None,
            Status::Passed(references) => Some(
                references
                    .iter()
                    .map(|reference| reference.name.parts.iter().map(|p| Clean::text(&p.value)).collect())
                    .collect(),
            ),
        };
        Self {
            statement,
            kind: outcome.kind.as_str(),
            status: if connections.is_none() { "ok" } else { "skipped" },
            columns: Some(&outcome.columns),
            rows: Some(&outcome.rows),
            connections,
            notices: Some(&outcome.notices),
            error: None,
            errors: Vec::new(),
        }
    }

    /// The line of a statement that failed.
    pub(crate) fn failed(statement: u64, kind: Option<Kind>, mistakes: Vec<Mistake>) -> Self {
        Self {
            statement,
            kind: kind.unwrap_or(Kind::Other).as_str(),
            status: "error",
            columns: None,
            rows: None,
            connections: None,
            notices: None,
            error: mistakes.first().cloned(),
            errors: if mistakes.len() > 1 { mistakes } else { Vec::new() },
        }
    }
}
