//! Keys that another program prints, such as the client of a key management service.

use super::{Load, MAX_BYTES};
use crate::output::note;
use async_trait::async_trait;
use lockkeeper::redact::Clean;
use lockkeeper::store::{LocalKeys, StoreError};
use std::io::{self, Read};
use std::process::{Command, ExitStatus, Stdio};
use zeroize::Zeroizing;

/// How much of what the program says to people is passed on, in bytes.
const MAX_SAID: u64 = 1 << 14;

/// Runs a program when the first key is needed. Its standard output is the text of a key file.
pub(super) struct CommandKeys {
    line: String,
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
    #[error("what the program \"{0}\" printed cannot be read")]
    NotRead(String, #[source] io::Error),
    #[error("the program \"{0}\" printed something else than a key text")]
    NotText(String),
}

impl CommandKeys {
    /// A program and its arguments, quoted as for a shell, which is not used.
    pub(super) fn new(line: String) -> Self {
        Self { line }
    }

    /// Runs the program; what it writes to standard error goes to ours, through the redactor.
    fn run(&self) -> Result<Zeroizing<String>, CommandError> {
        let mut words = shlex::split(&self.line).unwrap_or_default().into_iter();
        let program = words.next().ok_or(CommandError::NotWords)?;
        let mut child = Command::new(&program)
            .args(words)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| CommandError::NotRun(program.clone(), error))?;
        let said = child.stderr.take();
        let saying = std::thread::spawn(move || {
            let mut text = Vec::new();
            if let Some(mut said) = said {
                // A program that cannot say more than this must not stop for it.
                let _ = said.by_ref().take(MAX_SAID).read_to_end(&mut text);
                let _ = io::copy(&mut said, &mut io::sink());
            }
            text
        });
        // Room for all of it at once, so that no copy is left behind by growing.
        let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_BYTES as usize + 32));
        let read = match child.stdout.take() {
            Some(output) => output.take(MAX_BYTES).read_to_end(&mut bytes),
            None => Ok(0),
        };
        let status = child.wait();
        let said = saying.join().unwrap_or_default();
        if !said.is_empty() {
            note(&Clean::text(String::from_utf8_lossy(&said).trim_end()));
        }
        let status = status.map_err(|error| CommandError::NotRun(program.clone(), error))?;
        read.map_err(|error| CommandError::NotRead(program.clone(), error))?;
        if !status.success() {
            return Err(CommandError::Failed(program, status));
        }
        match std::str::from_utf8(&bytes) {
            Ok(text) => Ok(Zeroizing::new(text.to_owned())),
            Err(_) => Err(CommandError::NotText(program)),
        }
    }
}

#[async_trait]
impl Load for CommandKeys {
    const LIVE: bool = false;

    async fn load(&self) -> Result<LocalKeys, StoreError> {
        let text = self.run().map_err(|error| StoreError::KeyProvider(Box::new(error)))?;
        LocalKeys::parse(&text)
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    fn failure(line: &str) -> String {
        CommandKeys::new(line.to_owned()).run().err().map_or_else(String::new, |error| error.to_string())
    }

    #[test]
    fn the_output_is_the_text() {
        assert_eq!(
            *CommandKeys::new("printf '%s-%s' 'made up' text".to_owned()).run().unwrap(),
            "made up-text"
        );
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
