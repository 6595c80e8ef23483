//! Passphrases: from a file, from standard input, or typed without an echo. Never from the command line.

use crate::failure::Failure;
use crate::output::prompt;
use lockkeeper::model::SecretValue;
use lockkeeper::redact::Clean;
use lockkeeper::store::LocalKeys;
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, IsTerminal, Read};
use std::path::Path;
use zeroize::Zeroizing;

/// Longest passphrase that is read, in bytes.
const MAX_BYTES: usize = 1 << 12;

/// How many different characters a passphrase that seals has at least.
const FEWEST: usize = 5;

/// Reads a passphrase: the first line of the file, or of standard input. On a terminal it is asked for, twice if
/// `again`.
pub(crate) fn read(file: Option<&Path>, again: bool) -> Result<SecretValue, Failure> {
    match file {
        Some(path) => {
            let opened = File::open(path).and_then(first_line);
            opened.map_err(|error| Failure::file(path, error))
        }
        None if io::stdin().is_terminal() => typed(again),
        None => Ok(first_line(io::stdin().lock())?),
    }
}

/// Refuses a passphrase that would be guessed at once.
///
/// # Errors
/// [`Failure::Usage`] if it is short, or little more than one character again and again.
pub(crate) fn check(passphrase: &SecretValue) -> Result<(), Failure> {
    let text = passphrase.expose();
    let message = if text.len() < LocalKeys::SHORTEST_PASSPHRASE {
        "the passphrase is shorter than 12 bytes"
    } else if text.chars().filter(|c| !c.is_whitespace()).collect::<BTreeSet<_>>().len() < FEWEST {
        "the passphrase has too few different characters"
    } else {
        return Ok(());
    };
    let hint = Some(Clean::literal("take several words that nobody would guess"));
    Err(Failure::Usage { message: Clean::literal(message), hint })
}

fn typed(again: bool) -> Result<SecretValue, Failure> {
    let _quiet = Quiet::begin()?;
    let ask = |question| -> Result<SecretValue, Failure> {
        prompt(&Clean::literal(question));
        let line = first_line(io::stdin().lock())?;
        prompt(&Clean::literal("\n"));
        Ok(line)
    };
    let passphrase = ask("passphrase: ")?;
    if again && ask("the same again: ")?.expose() != passphrase.expose() {
        let message = Clean::literal("the two passphrases are not the same");
        return Err(Failure::Usage { message, hint: None });
    }
    Ok(passphrase)
}

/// Byte by byte, so that nothing more is read, and into memory that is wiped and does not grow.
fn first_line(mut from: impl Read) -> io::Result<SecretValue> {
    let mut line = Zeroizing::new(Vec::with_capacity(MAX_BYTES));
    let mut byte = [0];
    while line.len() < MAX_BYTES && from.read(&mut byte)? == 1 && byte != *b"\n" {
        line.extend(byte);
    }
    if line.last() == Some(&b'\r') {
        line.pop();
    }
    SecretValue::from_bytes(line)
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "the passphrase is not UTF-8"))
}

/// A terminal that does not show what is typed, as long as this lives.
#[cfg(unix)]
struct Quiet(rustix::termios::Termios);

#[cfg(unix)]
impl Quiet {
    fn begin() -> io::Result<Self> {
        use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
        let before = tcgetattr(io::stdin())?;
        let mut quiet = before.clone();
        quiet.local_modes.remove(LocalModes::ECHO);
        tcsetattr(io::stdin(), OptionalActions::Flush, &quiet)?;
        Ok(Self(before))
    }
}

#[cfg(unix)]
impl Drop for Quiet {
    fn drop(&mut self) {
        use rustix::termios::{OptionalActions, tcsetattr};
        let _ = tcsetattr(io::stdin(), OptionalActions::Flush, &self.0);
    }
}

/// Elsewhere we cannot switch the echo off, and do not let anyone type in the open.
#[cfg(not(unix))]
struct Quiet;

#[cfg(not(unix))]
impl Quiet {
    fn begin() -> io::Result<Self> {
        Err(io::Error::new(io::ErrorKind::Unsupported, "give --passphrase-file, or the passphrase on a pipe"))
    }
}
