//! Keys that another program prints, such as the client of a key management service.

use super::heard::{Heard, said};
use super::{Load, MAX_BYTES, checked};
use crate::output::note;
use async_trait::async_trait;
use lockkeeper::redact::{Clean, clean};
use lockkeeper::store::{LocalKeys, StoreError};
use std::io;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};
use zeroize::Zeroizing;

/// How much of what the program says to people is passed on, in bytes.
const MAX_SAID: usize = 1 << 14;
/// After this time it is said what we wait for.
const SILENCE: Duration = Duration::from_secs(4);
/// How long is waited for the end of what the program says, when it has ended itself: it may have left a child behind.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// The longest time until we look whether the program has ended.
const LONGEST_STEP: Duration = Duration::from_millis(50);

/// Runs a program when the first key is needed. Its standard output is the text of a key file.
#[derive(Clone)]
pub(super) struct CommandKeys {
    line: String,
    limit: Duration,
}

/// Why there is no output. It holds the program's name, never its arguments.
#[derive(Debug, thiserror::Error)]
enum CommandError {
    #[error("the key command is empty, or a quote in it is not closed")]
    NotWords,
    #[error("the program \"{0}\" cannot be run")]
    NotRun(String, #[source] io::Error),
    #[error("the program \"{0}\" ended with {1}")]
    Failed(String, ExitStatus),
    #[error("the program \"{0}\" did not end, or left its output open, for {1} seconds")]
    TooLong(String, u64),
    #[error("what the program \"{0}\" printed cannot be read")]
    NotRead(String, #[source] io::Error),
    #[error("the program \"{0}\" printed something else than a key text")]
    NotText(String),
}

impl CommandKeys {
    /// A program and its arguments, quoted as for a shell, which is not used; and how long it may take.
    pub(super) fn new(line: String, limit: Duration) -> Self {
        Self { line, limit }
    }

    /// Runs the program; what it writes to standard error goes to ours, through the redactor.
    fn run(&self) -> Result<Zeroizing<Vec<u8>>, CommandError> {
        let mut words = shlex::split(&self.line).unwrap_or_default().into_iter();
        let program = words.next().ok_or(CommandError::NotWords)?;
        let mut child = Command::new(&program)
            .args(words)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| CommandError::NotRun(program.clone(), error))?;
        let speech = child.stderr.take().map(|speech| Heard::of(speech, MAX_SAID));
        // One more byte than there may be, to see that there are more.
        let output = child.stdout.take().map(|output| Heard::of(output, MAX_BYTES as usize + 1));
        let ended = self.wait(&program, &mut child, output.as_ref());
        if let Some(speech) = speech {
            let _ = speech.ended(LAST_WORDS);
            let text = said(&speech.text(), MAX_SAID);
            if !text.is_empty() {
                note(&text);
            }
        }
        let status = ended?;
        if !status.success() {
            return Err(CommandError::Failed(program, status));
        }
        let bytes = output.map(Heard::text).unwrap_or_default();
        match std::str::from_utf8(&bytes) {
            Ok(_) => Ok(bytes),
            Err(_) => Err(CommandError::NotText(program)),
        }
    }

    /// Waits for the end of the program and of its output, and ends a program that takes too long.
    fn wait(
        &self,
        program: &str,
        child: &mut Child,
        output: Option<&Heard>,
    ) -> Result<ExitStatus, CommandError> {
        let (begun, seconds) = (Instant::now(), self.limit.as_secs());
        let mut step = Duration::from_millis(1);
        let (mut status, mut heard, mut told) = (None, output.is_none(), false);
        loop {
            match output {
                Some(output) if !heard => {
                    if let Some(end) = output.ended(step) {
                        end.map_err(|error| CommandError::NotRead(program.to_owned(), error))?;
                        heard = true;
                    }
                }
                _ => std::thread::sleep(step),
            }
            if status.is_none() {
                status = child.try_wait().map_err(|error| CommandError::NotRun(program.to_owned(), error))?;
            }
            if let (Some(status), true) = (status, heard) {
                return Ok(status);
            }
            if begun.elapsed() >= self.limit {
                // It may have ended this very moment.
                let _ = child.kill();
                let _ = child.wait();
                note(&clean!("it was ended after {} seconds; --key-timeout gives it more", seconds));
                return Err(CommandError::TooLong(program.to_owned(), seconds));
            }
            if !told && begun.elapsed() >= SILENCE {
                told = true;
                note(&clean!(
                    "waiting for the key command \"{}\", {} seconds at most",
                    Clean::text(program),
                    seconds
                ));
            }
            step = LONGEST_STEP.min(2 * step);
        }
    }
}

#[async_trait]
impl Load for CommandKeys {
    const LIVE: bool = false;

    async fn load(&self) -> Result<LocalKeys, StoreError> {
        let bytes = self.run().map_err(|error| StoreError::KeyProvider(Box::new(error)))?;
        LocalKeys::parse(checked(&bytes)?)
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    fn keys(line: &str, limit: Duration) -> CommandKeys {
        CommandKeys::new(line.to_owned(), limit)
    }

    fn failure(line: &str) -> String {
        let run = keys(line, Duration::from_secs(60)).run();
        run.err().map_or_else(String::new, |error| error.to_string())
    }

    #[test]
    fn the_output_is_the_text() {
        let printed = keys("printf '%s-%s' 'made up' text", Duration::from_secs(60)).run().unwrap();
        assert_eq!(*printed, b"made up-text");
    }

    #[test]
    fn a_program_that_hangs_is_ended() {
        let limit = Duration::from_millis(300);
        // The second has ended, but its child has its output.
        for line in ["sleep 600", "sh -c 'sleep 3 & echo made-up'"] {
            let begun = Instant::now();
            assert!(matches!(keys(line, limit).run(), Err(CommandError::TooLong(..))), "{line}");
            assert!(begun.elapsed() < Duration::from_secs(60), "{line}");
        }
        // The output is closed, but not what is said to people.
        let printed = keys("sh -c 'sleep 3 >/dev/null & echo made-up'", Duration::from_secs(60)).run();
        assert_eq!(*printed.unwrap(), b"made-up\n");
    }

    #[test]
    fn what_fails_is_named_without_arguments() {
        insta::assert_snapshot!(failure("no-such-program made-up"), @r#"the program "no-such-program" cannot be run"#);
        insta::assert_snapshot!(failure("false made-up"), @r#"the program "false" ended with exit status: 1"#);
        insta::assert_snapshot!(failure("printf '\\377'"), @r#"the program "printf" printed something else than a key text"#);
        insta::assert_snapshot!(failure("printf 'made up"), @"the key command is empty, or a quote in it is not closed");
        insta::assert_snapshot!(failure(" "), @"the key command is empty, or a quote in it is not closed");
    }
}
