//! The only place that prints, and it prints only what the redactor made.

#![expect(clippy::print_stderr, reason = "this is where the program prints")]

use crate::failure::Failure;
use crate::parse::Parsed;
use crate::render::json::Line;
use lockkeeper::redact::Clean;
use std::error::Error;
use std::io::{self, Write};
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
    eprintln!("{text}");
}

/// Prints clap's help, version or complaint, and returns the status.
pub(crate) fn usage(error: &clap::Error) -> ExitCode {
    // Clap repeats arguments in its complaints, and someone may have written a secret there.
    let text = Clean::text(&error.render().to_string());
    match error.use_stderr() {
        true => {
            eprint!("{text}");
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
    eprintln!("error: {}", Clean::text(&failure.to_string()));
    let mut cause = failure.source();
    while let Some(error) = cause {
        eprintln!("  caused by: {}", Clean::text(&error.to_string()));
        cause = error.source();
    }
    if let Some(hint) = failure.hint() {
        eprintln!("  help: {hint}");
    }
}
