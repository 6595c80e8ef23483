//! The `lockkeeper` program, as a library behind one call; for people with SQL files.
//!
//! This crate is the only place that reads the environment, prints, or chooses a backend. Whoever builds an engine
//! uses the `lockkeeper` crate instead.

mod arguments;
mod audit;
mod backup;
mod diagnostic;
mod expand;
mod failpoint;
mod failure;
mod key;
mod keys;
mod local;
mod logging;
mod memory;
mod network;
mod output;
mod parse;
mod passphrase;
mod places;
mod proxy;
mod reading;
mod recording;
mod redact;
mod render;
mod request;
mod sql;
mod sweep;
mod verify;
mod visible;

pub use keys::Keys;
pub use local::{Backend, Place};

use arguments::{Arguments, Command};
use clap::Parser;
use lockkeeper::store::StoreError;
use std::ffi::OsString;
use std::process::ExitCode;

/// Runs the program and returns its exit status: 0 all done, 1 a statement failed or a record is damaged, 2 wrong
/// usage, 3 the environment (store, key, file) failed.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    run_with(arguments, Backend::sqlite)
}

/// Runs the program over another backend, which `open` opens; for whoever builds a program of their own.
pub fn run_with(
    arguments: impl IntoIterator<Item = OsString>,
    open: impl Fn(&Place) -> Result<Backend, StoreError>,
) -> ExitCode {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(usage) => return output::usage(&usage),
    };
    logging::start(arguments.log.as_deref());
    memory::protect();
    let done = match arguments.command {
        Command::Sql(sql) => sql::run(&open, sql),
        Command::Parse(parse) => parse::run(&parse),
        Command::Redact(redact) => redact::run(&redact),
        Command::Request(request) => request::run(&open, request),
        Command::Proxy(proxy) => proxy::run(&open, proxy),
        Command::Key(command) => key::run(&open, command),
        Command::Backup(backup) => backup::back_up(&open, backup),
        Command::Restore(restore) => backup::restore(&open, restore),
        Command::Verify(verify) => verify::run(&open, verify),
        Command::Sweep(sweep) => sweep::run(&open, sweep),
        Command::Audit(command) => audit::run(&open, command),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            output::failure(&failure);
            failure.exit_code()
        }
    }
}
