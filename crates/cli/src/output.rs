//! The only place that prints, and it prints only what the redactor made.
//!
//! Nobody need listen to standard error: what is said there is lost if its reader has gone, and the work goes on. A
//! change that stops in the middle because a notice was not read would be worse.

use crate::arguments::Format;
use crate::failure::Failure;
use crate::parse::Parsed;
use crate::render::{csv::csv, json::Line, table::table, vertical::vertical};
use lockkeeper::redact::Clean;
use serde::Serializer;
use std::error::Error;
use std::fmt;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

/// Standard output, buffered; what is written to it is clean by type.
pub(crate) struct Output(io::BufWriter<io::StdoutLock<'static>>);

impl Output {
    pub(crate) fn new() -> Self {
        Self(io::BufWriter::with_capacity(1 << 16, io::stdout().lock()))
    }

    /// Writes a text.
    pub(crate) fn write(&mut self, text: &Clean) -> io::Result<()> {
        self.0.write_all(text.as_ref().as_bytes())
    }

    /// Writes a text and a line end.
    pub(crate) fn line(&mut self, text: &Clean) -> io::Result<()> {
        self.write(text)?;
        self.0.write_all(b"\n")
    }

    /// Writes a JSON line; its fields are clean by type.
    pub(crate) fn json(&mut self, line: &Line<'_>) -> io::Result<()> {
        serde_json::to_writer(&mut self.0, line)?;
        self.0.write_all(b"\n")
    }

    /// Writes rows, each with a cell for every column.
    pub(crate) fn rows(
        &mut self,
        format: Format,
        columns: &[&'static str],
        rows: &[Vec<Clean>],
    ) -> io::Result<()> {
        match format {
            Format::Table => self.line(&table(columns, rows)),
            Format::Vertical => self.line(&vertical(columns, rows)),
            Format::Csv => self.write(&csv(columns, rows)),
            Format::Json => rows.iter().try_for_each(|row| {
                let cells = columns.iter().zip(row);
                serde_json::Serializer::new(&mut self.0).collect_map(cells)?;
                self.0.write_all(b"\n")
            }),
        }
    }

    /// Writes what a check found as a JSON line; made of rules, numbers and names of files.
    pub(crate) fn report(&mut self, report: &serde_json::Value) -> io::Result<()> {
        serde_json::to_writer(&mut self.0, report)?;
        self.0.write_all(b"\n")
    }

    /// Writes a part of a service's answer, from which the credential was taken out already: what else it says is for
    /// whoever asked.
    pub(crate) fn answer(&mut self, part: &[u8]) -> io::Result<()> {
        self.0.write_all(part)
    }

    /// Writes what a text says as a JSON line: the one way past the redactor, for `parse --reveal`, which asks for
    /// the secrets in its own input.
    pub(crate) fn parsed_json(&mut self, parsed: &Parsed) -> io::Result<()> {
        serde_json::to_writer(&mut self.0, parsed)?;
        self.0.write_all(b"\n")
    }

    /// Passes on what was written, so that it stands before what standard error says next.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Writes a line to standard error.
pub(crate) fn note(text: &Clean) {
    say(format_args!("{text}\n"));
}

/// Writes to standard error without a line end, for whoever types the answer.
pub(crate) fn prompt(text: &Clean) {
    say(format_args!("{text}"));
}

/// Writes to standard error, whether or not it is read.
fn say(text: fmt::Arguments<'_>) {
    let _ = io::stderr().lock().write_fmt(text);
}

/// A line on standard error that is written anew as work goes on; nothing if that is no terminal.
pub(crate) struct Progress {
    what: &'static str,
    shown: bool,
}

impl Progress {
    pub(crate) fn new(what: &'static str) -> Self {
        Self { what, shown: io::stderr().is_terminal() }
    }

    /// Says how far the work is.
    pub(crate) fn at(&self, done: u64, total: u64) {
        if self.shown {
            say(format_args!("\r{}: {done} of {total} ", self.what));
        }
    }
}

/// What is said next begins a line of its own.
impl Drop for Progress {
    fn drop(&mut self) {
        if self.shown {
            say(format_args!("\n"));
        }
    }
}

/// Prints clap's help, version or complaint, and returns the status.
pub(crate) fn usage(error: &clap::Error) -> ExitCode {
    // Clap repeats arguments in its complaints, and someone may have written a secret there.
    let text = Clean::text(&error.render().to_string());
    match error.use_stderr() {
        true => {
            say(format_args!("{text}"));
            ExitCode::from(2)
        }
        false => match Output::new().line(&text) {
            Ok(()) => ExitCode::SUCCESS,
            Err(_) => ExitCode::from(3),
        },
    }
}

/// Says why the program failed, with its causes.
pub(crate) fn failure(failure: &Failure) {
    if failure.is_printed() {
        return;
    }
    say(format_args!("error: {}\n", Clean::text(&failure.to_string())));
    let mut cause = failure.source();
    while let Some(error) = cause {
        say(format_args!("  caused by: {}\n", Clean::text(&error.to_string())));
        cause = error.source();
    }
    if let Some(hint) = failure.hint() {
        say(format_args!("  help: {hint}\n"));
    }
}
