//! Says where secrets stand, without saying what they are.

use crate::edit::{Edits, Rule};
use crate::engine::Engine;
use crate::stream::held::Held;
use lockkeeper_model::MASK;
use std::io::{self, Read};
use std::ops::Range;

/// A place where a secret stands.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// The bytes that would be masked, counted from the beginning of the text.
    pub span: Range<u64>,
    /// The line, counted from 1.
    pub line: u64,
    /// The column of the first byte, counted in characters from 1; bytes that are not UTF-8 count as one each.
    pub column: u64,
    /// Why.
    pub rule: Rule,
}

/// Finds the secrets of a text.
///
/// What is masked already, is empty, or stands for a value from elsewhere (`${env:NAME}`, `${file:PATH}`) is none.
pub fn check(text: &str) -> Vec<Finding> {
    check_bytes(text.as_bytes())
}

/// Finds the secrets of a text that need not be UTF-8.
pub fn check_bytes(bytes: &[u8]) -> Vec<Finding> {
    let mut checker = Checker::default();
    checker.decide(bytes, 0, true);
    checker.findings
}

/// Finds the secrets of a stream, in bounded memory but for the findings.
///
/// # Errors
/// Those of the reader.
pub fn check_stream(mut reader: impl Read) -> io::Result<Vec<Finding>> {
    let mut checker = Checker::default();
    let mut held = Held::default();
    let mut chunk = vec![0; 1 << 18];
    loop {
        let length = match reader.read(&mut chunk) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            length => length?,
        };
        if !held.push(&chunk[..length]) && length > 0 {
            continue;
        }
        let (bytes, decided) = held.get();
        held.decide(checker.decide(bytes, decided, length == 0));
        if length == 0 {
            return Ok(checker.findings);
        }
    }
}

#[derive(Default)]
struct Checker {
    engine: Engine,
    edits: Edits,
    findings: Vec<Finding>,
    /// What went by: bytes, line breaks, characters since the last one.
    offset: u64,
    lines: u64,
    columns: u64,
}

impl Checker {
    fn decide(&mut self, bytes: &[u8], decided: usize, ends: bool) -> usize {
        self.edits.clear();
        let done = self.engine.scan(bytes, decided, ends, &mut self.edits);
        let edits = std::mem::take(&mut self.edits);
        let mut at = decided;
        for edit in edits.as_slice() {
            self.advance(&bytes[at..edit.range.start]);
            at = edit.range.start;
            let end = self.offset + edit.range.len() as u64;
            // What goes without a mask is a part of what the last one stands for.
            if edit.with.is_empty() {
                if let Some(last) = self.findings.last_mut() {
                    last.span.end = end;
                }
            } else if !is_reference(&bytes[edit.range.clone()]) {
                self.findings.push(Finding {
                    span: self.offset..end,
                    line: self.lines + 1,
                    column: self.columns + 1,
                    rule: edit.rule,
                });
            }
        }
        self.advance(&bytes[at..done]);
        self.edits = edits;
        done
    }

    fn advance(&mut self, bytes: &[u8]) {
        self.offset += bytes.len() as u64;
        let line = match memchr::memrchr(b'\n', bytes) {
            Some(last) => {
                self.lines += memchr::memchr_iter(b'\n', &bytes[..=last]).count() as u64;
                self.columns = 0;
                &bytes[last + 1..]
            }
            None => bytes,
        };
        self.columns += line
            .utf8_chunks()
            .map(|chunk| chunk.valid().chars().count() + chunk.invalid().len())
            .sum::<usize>() as u64;
    }
}

/// Whether a literal is empty, the mask, or a reference to a value that is kept elsewhere.
fn is_reference(value: &[u8]) -> bool {
    let within = |quote: &[u8]| value.strip_prefix(quote).and_then(|value| value.strip_suffix(quote));
    let value = within(b"'").or_else(|| within(b"\"")).unwrap_or(value);
    if value.is_empty() || value == MASK.as_bytes() {
        return true;
    }
    let Some(inner) = value.strip_prefix(b"${").and_then(|value| value.strip_suffix(b"}")) else {
        return false;
    };
    match inner.iter().position(|byte| *byte == b':') {
        Some(4) if inner.starts_with(b"file") => {
            inner[5..].iter().all(|byte| byte.is_ascii_graphic() && !b"'\"${}".contains(byte))
        }
        Some(3) if inner.starts_with(b"env") => {
            inner[4..].iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn findings_say_where_and_why() {
        let text = "-- über\nSELECT 1;\n  ALTER CONNECTION c SET ('api-key' = 'made-up', 'token' = '${env:TOKEN}');\npassword=made-up";
        let found: Vec<String> = check(text)
            .iter()
            .map(|f| format!("{}:{} {:?} {}", f.line, f.column, f.span, f.rule.name()))
            .collect();
        insta::assert_snapshot!(found.join("\n"), @r"
        3:39 57..66 connection-literal
        4:10 104..111 secret-option
        ");
        let streamed = check_stream(text.as_bytes()).unwrap();
        assert_eq!(streamed, check(text));
    }
}
