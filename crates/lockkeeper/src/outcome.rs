//! What a statement gives.

use crate::validator::VerdictStatus;
use lockkeeper_grammar::{ConnectionReference, Kind};
use lockkeeper_redact::Clean;
use lockkeeper_store::Revision;

/// The result of a statement that did not fail. All of its text went through the redactor.
#[derive(Debug)]
pub struct Outcome {
    /// What kind of statement it was.
    pub kind: Kind,
    /// Whether it was executed.
    pub status: Status,
    /// Names of the columns; empty if the statement gives no rows.
    pub columns: Vec<&'static str>,
    /// The rows, each with a cell for every column.
    pub rows: Vec<Vec<Clean>>,
    /// What someone should know though nothing failed.
    pub notices: Vec<Clean>,
    /// Whether the audit record rode on the change's own commit.
    pub(crate) recorded: bool,
    /// How a connection fared that was tried out, and in which state it was.
    pub(crate) tried: Option<(VerdictStatus, Revision)>,
}

/// What became of a statement.
#[derive(Debug)]
pub enum Status {
    /// It was executed.
    Done,
    /// It is not ours. Whoever embeds us runs it, unchanged; these are the connections it refers to.
    Passed(Vec<ConnectionReference>),
}

impl Outcome {
    pub(crate) fn done(kind: Kind) -> Self {
        Self {
            kind,
            status: Status::Done,
            columns: Vec::new(),
            rows: Vec::new(),
            notices: Vec::new(),
            recorded: false,
            tried: None,
        }
    }

    pub(crate) fn changed(kind: Kind, recorded: bool) -> Self {
        Self { recorded, ..Self::done(kind) }
    }

    pub(crate) fn table(kind: Kind, columns: &[&'static str], rows: Vec<Vec<Clean>>) -> Self {
        Self { columns: columns.to_vec(), rows, ..Self::done(kind) }
    }

    pub(crate) fn noticing(mut self, notice: Clean) -> Self {
        self.notices.push(notice);
        self
    }
}
