//! What another program writes to its outputs, and what of it may be passed on.

use lockkeeper::model::MASK;
use lockkeeper::redact::Clean;
use std::io::{self, Read};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;
use zeroize::Zeroizing;

/// One output of a program, read by a thread of its own, which nobody need wait for.
pub(super) struct Heard {
    text: Arc<Mutex<Zeroizing<Vec<u8>>>>,
    end: Receiver<io::Result<()>>,
}

impl Heard {
    /// Reads an output to its end. At most so many bytes of it are kept; a program that cannot say more than this must not
    /// stop for it.
    pub(super) fn of(output: impl Read + Send + 'static, most: usize) -> Self {
        // Room for all of it at once, so that no copy is left behind by growing.
        let text = Arc::new(Mutex::new(Zeroizing::new(Vec::with_capacity(most))));
        let (ended, end) = mpsc::channel();
        let kept = Arc::clone(&text);
        thread::spawn(move || {
            // Whoever stopped waiting does not want to know.
            let _ = ended.send(listen(output, most, &kept));
        });
        Self { text, end }
    }

    /// Waits for the end of the output; `None` if it does not come in time.
    pub(super) fn ended(&self, wait: Duration) -> Option<io::Result<()>> {
        self.end.recv_timeout(wait).ok()
    }

    /// What was kept so far.
    pub(super) fn text(self) -> Zeroizing<Vec<u8>> {
        std::mem::take(&mut *self.text.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn listen(mut output: impl Read, most: usize, kept: &Mutex<Zeroizing<Vec<u8>>>) -> io::Result<()> {
    let mut part = Zeroizing::new([0; 4096]);
    loop {
        match output.read(&mut *part) {
            Ok(0) => return Ok(()),
            Ok(length) => {
                let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                let room = most - kept.len();
                kept.extend_from_slice(&part[..length.min(room)]);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// How long a run of hexadecimal digits is that may be a key.
const KEY_DIGITS: usize = 64;
/// What a line of a key file begins with, whatever its version.
const LINE_START: &str = "lockkeeper-key-";

/// What a program that prints keys has said to people, without any: it may have said the line of a key file too.
pub(super) fn said(text: &[u8], most: usize) -> Clean {
    let text = Zeroizing::new(String::from_utf8_lossy(text).into_owned());
    let mut rest = text.trim_end();
    if text.len() >= most {
        // It was cut, and half a secret looks like something else.
        rest = rest.rsplit_once('\n').map_or("", |(whole, _)| whole);
    }
    let mut masked = Zeroizing::new(String::with_capacity(rest.len() + MASK.len()));
    while let Some((start, end)) = first_key(rest) {
        masked.push_str(&rest[..start]);
        masked.push_str(MASK);
        rest = &rest[end..];
    }
    masked.push_str(rest);
    Clean::text(&masked)
}

/// Where the first thing stands that may be a key.
fn first_key(text: &str) -> Option<(usize, usize)> {
    let digits = text.as_bytes().chunk_by(|a, b| a.is_ascii_hexdigit() == b.is_ascii_hexdigit());
    let mut at = 0;
    let mut run = None;
    for part in digits {
        if part[0].is_ascii_hexdigit() && part.len() >= KEY_DIGITS {
            run = Some((at, at + part.len()));
            break;
        }
        at += part.len();
    }
    let line = text.find(LINE_START).map(|at| {
        let start = at + LINE_START.len();
        let length = text[start..].find(|c: char| !(c.is_ascii_alphanumeric() || c == ':'));
        (start, length.map_or(text.len(), |length| start + length))
    });
    match (line, run) {
        (Some(line), Some(run)) => Some(if line.0 < run.0 { line } else { run }),
        (line, run) => line.or(run),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_not_passed_on() {
        let digits = "4bf5122f344554c53bde2ebb8cd2b7e3d1600ad631c385a5d7cce23c7785459a";
        let text = format!(
            "+ echo 'lockkeeper-key-1:{digits}:30898a7c'\nlockkeeper-key-1:{} {}\nend 0123456789abcdef\n",
            &digits[..20],
            digits.to_uppercase()
        );
        let clean = said(text.as_bytes(), 1 << 12);
        insta::assert_snapshot!(clean.as_str(), @"
        + echo 'lockkeeper-key-<REDACTED>'
        lockkeeper-key-<REDACTED> <REDACTED>
        end 0123456789abcdef
        ");
        // Cut in the middle of a key.
        let cut = format!("one\ntwo {}", &digits[..30]);
        assert_eq!(said(cut.as_bytes(), cut.len()).as_str(), "one");
    }
}
