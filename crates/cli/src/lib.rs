//! The `lockkeeper` program, as a library behind one call; for people with SQL files.
//!
//! This crate is the only place that reads the environment, prints, or chooses a backend. Whoever builds an engine
//! uses the `lockkeeper` crate instead.

mod arguments;
mod diagnostic;
mod expand;
mod failure;
mod key_file;
mod logging;
mod output;
mod parse;
mod places;
mod redact;
mod render;
mod sql;

use arguments::{Arguments, Command};
use clap::Parser;
use std::ffi::OsString;
use std::process::ExitCode;

/// Runs the program and returns its exit status: 0 all done, 1 a statement failed, 2 wrong usage, 3 the environment
/// (store, key, file) failed.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(usage) => return output::usage(&usage),
    };
    logging::start(arguments.log.as_deref());
    let done = match arguments.command {
        Command::Sql(sql) => sql::run(sql),
        Command::Parse(parse) => parse::run(&parse),
        Command::Redact(redact) => redact::run(&redact),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            output::failure(&failure);
            failure.exit_code()
        }
    }
}
