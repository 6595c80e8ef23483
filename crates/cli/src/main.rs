//! The `lockkeeper` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    lockkeeper_cli::run(std::env::args_os())
}
