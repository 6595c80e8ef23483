//! `lockkeeper redact`: standard input to standard output, without secrets.

use crate::arguments::Redact;
use crate::failure::Failure;
use lockkeeper::redact::Redactor;
use std::io::{self, Read, Write};

/// How much is read at once.
const CHUNK: usize = 1 << 20;

/// Copies standard input to standard output through the redactor.
pub(crate) fn run(_: &Redact) -> Result<(), Failure> {
    let (mut input, mut output) = (io::stdin().lock(), io::stdout().lock());
    let mut redactor = Redactor::new();
    let mut chunk = vec![0; CHUNK];
    let mut clean = Vec::with_capacity(2 * CHUNK);
    loop {
        let length = input.read(&mut chunk)?;
        if length == 0 {
            redactor.finish(&mut clean);
            output.write_all(&clean)?;
            return Ok(output.flush()?);
        }
        redactor.push(&chunk[..length], &mut clean);
        output.write_all(&clean)?;
        clean.clear();
    }
}
