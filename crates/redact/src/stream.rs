//! Redaction of streams, in bounded memory.

pub(crate) mod copy;
pub(crate) mod held;

use crate::edit::Edits;
use crate::engine::Engine;
use crate::stream::held::Held;
use std::io::{self, Read, Write};

/// How much a reader takes at once.
const CHUNK: usize = 1 << 18;

/// Redacts a text that comes in pieces, wherever they are cut.
///
/// What comes out is what [`redact_bytes`](crate::redact_bytes) makes of the whole. It holds back at most one line or
/// statement, and of those not more than about 256 KiB: a statement beyond that is masked to its end.
#[derive(Default)]
#[expect(missing_debug_implementations, reason = "what it holds back may be a secret")]
pub struct Redactor {
    engine: Engine,
    edits: Edits,
    held: Held,
}

impl Redactor {
    /// Creates a redactor for one text.
    pub fn new() -> Self {
        Self::default()
    }

    /// Creates a redactor for a part of a text that begins with a line, the first excepted.
    pub(crate) fn behind() -> Self {
        Self { engine: Engine::behind(), ..Self::default() }
    }

    /// Takes the next piece, and appends to `out` what is decided by now.
    pub fn push(&mut self, input: &[u8], out: &mut Vec<u8>) {
        if self.held.is_empty() {
            let done = self.take(input);
            apply(done, 0, self.edits.as_slice(), out);
        } else if self.held.push(input) {
            self.decide(false, out);
        }
    }

    /// Appends what was held back, and gets ready for another text.
    pub fn finish(&mut self, out: &mut Vec<u8>) {
        self.decide(true, out);
        *self = Self::default();
    }

    /// Takes the next piece; returns how much of it is decided as it stands, or puts what is decided into `out`.
    pub(crate) fn pass(&mut self, input: &[u8], out: &mut Vec<u8>) -> Option<usize> {
        out.clear();
        if !self.held.is_empty() {
            self.push(input, out);
            return None;
        }
        let done = self.take(input);
        if self.edits.as_slice().is_empty() {
            return Some(done.len());
        }
        apply(done, 0, self.edits.as_slice(), out);
        None
    }

    /// Looks at a piece with nothing before it, and holds back the end of it; returns what is decided.
    fn take<'a>(&mut self, input: &'a [u8]) -> &'a [u8] {
        self.edits.clear();
        let done = self.engine.scan(input, 0, false, &mut self.edits);
        self.held.hold(input, done);
        &input[..done]
    }

    /// Whether nothing is held back, and what comes next can be read without what came before, if it begins something.
    pub(crate) fn is_between(&self) -> bool {
        self.held.is_empty() && self.engine.is_between()
    }

    /// Whether nothing is held back, and this can be read without what came before.
    pub(crate) fn is_before(&self, next: &[u8]) -> bool {
        self.held.is_empty() && self.engine.is_before(next)
    }

    fn decide(&mut self, ends: bool, out: &mut Vec<u8>) {
        self.edits.clear();
        let (bytes, decided) = self.held.get();
        let done = self.engine.scan(bytes, decided, ends, &mut self.edits);
        apply(&bytes[..done], decided, self.edits.as_slice(), out);
        self.held.decide(done);
    }
}

/// Writes a text from a position on, with its edits.
pub(crate) fn apply(text: &[u8], from: usize, edits: &[crate::edit::Edit], out: &mut Vec<u8>) {
    let mut at = from;
    for edit in edits {
        out.extend_from_slice(&text[at..edit.range.start]);
        out.extend_from_slice(edit.with.as_bytes());
        at = edit.range.end;
    }
    out.extend_from_slice(&text[at..]);
}

/// Redacts what is written through it.
///
/// The last line stays inside until [`finish`](Self::finish); dropping the writer writes it too, but swallows errors.
#[expect(missing_debug_implementations, reason = "what it holds back may be a secret")]
pub struct RedactingWriter<W: Write> {
    inner: Option<W>,
    redactor: Redactor,
    clean: Vec<u8>,
}

impl<W: Write> RedactingWriter<W> {
    /// Wraps a writer.
    pub fn new(inner: W) -> Self {
        Self { inner: Some(inner), redactor: Redactor::new(), clean: Vec::new() }
    }

    /// Writes what was held back, flushes, and gives the inner writer back.
    ///
    /// # Errors
    /// Those of the inner writer.
    pub fn finish(mut self) -> io::Result<W> {
        self.end()?;
        self.inner.take().ok_or_else(|| io::Error::other("the writer has been finished"))
    }

    fn end(&mut self) -> io::Result<()> {
        self.redactor.finish(&mut self.clean);
        self.pass_on()?;
        self.inner.as_mut().map_or(Ok(()), Write::flush)
    }

    fn pass_on(&mut self) -> io::Result<()> {
        if let Some(inner) = &mut self.inner {
            inner.write_all(&self.clean)?;
        }
        self.clean.clear();
        Ok(())
    }
}

impl<W: Write> Write for RedactingWriter<W> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        for piece in buffer.chunks(CHUNK) {
            self.redactor.push(piece, &mut self.clean);
            self.pass_on()?;
        }
        Ok(buffer.len())
    }

    /// Flushes what is decided; an unfinished line or statement stays inside.
    fn flush(&mut self) -> io::Result<()> {
        self.inner.as_mut().map_or(Ok(()), Write::flush)
    }
}

impl<W: Write> Drop for RedactingWriter<W> {
    fn drop(&mut self) {
        if self.inner.is_some() {
            // An error here has nowhere to go; `finish` reports it.
            drop(self.end());
        }
    }
}

/// Redacts what is read through it.
#[expect(missing_debug_implementations, reason = "what it holds back may be a secret")]
pub struct RedactingReader<R: Read> {
    inner: R,
    redactor: Redactor,
    raw: Vec<u8>,
    clean: Vec<u8>,
    given: usize,
    ended: bool,
}

impl<R: Read> RedactingReader<R> {
    /// Wraps a reader.
    pub fn new(inner: R) -> Self {
        Self {
            inner,
            redactor: Redactor::new(),
            raw: vec![0; CHUNK],
            clean: Vec::new(),
            given: 0,
            ended: false,
        }
    }
}

impl<R: Read> Read for RedactingReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.given == self.clean.len() && !self.ended {
            (self.given, self.ended) = (0, false);
            self.clean.clear();
            match self.inner.read(&mut self.raw)? {
                0 => {
                    self.redactor.finish(&mut self.clean);
                    self.ended = true;
                }
                length => self.redactor.push(&self.raw[..length], &mut self.clean),
            }
        }
        let length = buffer.len().min(self.clean.len() - self.given);
        buffer[..length].copy_from_slice(&self.clean[self.given..self.given + length]);
        self.given += length;
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expect::same_in_pieces as check;
    use proptest::prelude::*;

    /// What decides how a text goes on.
    #[rustfmt::skip]
    const FRAGMENTS: &[&str] = &[
        "CREATE CONNECTION ", "ALTER CONNECTION c SET (", "CREATE TOOL t USING\n", "CREATE TABLE t (a INT) ", "CONNECTION c ", "WITH (", "SET ",
        "'token' = ", "'apik-ey' = 'a'", "password=", "''password'' = ", "name: PASSWORD\n value: ", "curl -u a:b",
        "'", "\"", "`", "\\", "\\\"", "\\'", "''", "'''", "\"\"\"", "\u{2018}", "%27", "&#39;", "=3D", "<br>",
        "\n", "\r\n", "\t", " ", "\u{a0}", "\u{200b}", "\x1b[1m", "-- ", "/*", "*/", "# ", "> ", "++", "|",
        "\",\n\"", "\\n\"}\n{\"log\":\"", "10:00:01 s: ", "2026-01-01 INFO x\n", "mydb-# ", "f.sql:2:", "=", ":", ",",
        "(", ")", ";", "||", "+\n", "SELECT 1;\n", "x y z ", "made-up", "is ", "https://u:p@h/?token=x&y=1",
        "/*+ OPTIONS(", ") */", "secret_db=> ", "app[1]: ", "ALTER TABLE t SET (", "'username' = 'a', ", "'token.file' = ", "x_id = ", " AND ", "WHERE ",
        "! ", "#015", "[ERROR] \n", "CREDENTIALS = (", "db://u:a'b@h", "jdbc:x://h;password=a;b=c", "-----BEGIN PRIVATE KEY-----", "eyJabc", "sk-", "Authorization: Bearer x",
        "k9Xw2LqPz7Rt4", "k9Xw2LqPz7Rt4', ", "// ", "CREATE CATALOG c ", "/* a = b; */", "SET '' = ", "name: create-connection\n", "\\u0027", "'\\''",
    ];

    proptest! {
        #[test]
        fn a_stream_becomes_what_the_whole_does(
            fragments in proptest::collection::vec(0..FRAGMENTS.len(), 0..90),
            pieces in proptest::collection::vec(1..60_usize, 1..40),
        ) {
            let text: String = fragments.iter().map(|fragment| FRAGMENTS[*fragment]).collect();
            let mut rest = text.as_bytes();
            let mut redactor = Redactor::new();
            let mut out = Vec::new();
            for piece in pieces.iter().cycle() {
                let (next, behind) = rest.split_at(rest.len().min(*piece));
                redactor.push(next, &mut out);
                rest = behind;
                if rest.is_empty() {
                    break;
                }
            }
            redactor.finish(&mut out);
            let whole = crate::redact(&text);
            prop_assert_eq!(String::from_utf8_lossy(&out), &*whole);
            prop_assert_eq!(whole.matches('\n').count(), text.matches('\n').count());
        }
    }

    #[test]
    fn a_line_with_a_name_does_not_wait_for_the_next() {
        for line in ["10:00:01 INFO a - the token expired", "10:00:01 INFO a - the \"password\" was wrong"] {
            let mut redactor = Redactor::new();
            let mut out = Vec::new();
            redactor.push("10:00:00 INFO a - served a request\n".repeat(200).as_bytes(), &mut out);
            out.clear();
            redactor.push(format!("{line}\n").as_bytes(), &mut out);
            assert!(out.ends_with(format!("{line}\n").as_bytes()), "{line}");
        }
    }

    #[test]
    fn what_is_held_back_does_not_begin_a_line() {
        check("x\npassword=made-up, y', 'endpoint' = 'https://a.example'\n");
    }

    #[test]
    fn what_a_text_begins_inside_of_is_masked_once() {
        for behind in
            ["');\n", "',\n'lang' = 'java'", "'\n -- x\n);", "', 'type' = 'rest', 'x' = 'y'", "'", "';"]
        {
            for before in ["", "x\n", "2026-01-01 INFO x - run: ", "a = r#\"", "password=x y\n> "] {
                check(&format!("{before}k9Xw2LqPz7Rt4{behind}"));
            }
        }
        check("cc5670de846f1361f7\n  'type'='SAGEMAKER',\n  'aws-access-key'='made-up'\n);");
        check(&format!("{}k9Xw2LqPz7Rt4');\nSELECT 1", "x ".repeat(2040)));
        check(&format!("{}\nk9Xw2LqPz7Rt4');\nSELECT 1", "x\n".repeat(2041)));
    }

    #[test]
    fn the_line_before_says_nothing_about_a_name() {
        check("Server=a;\nPassword=made up'q;Encrypt=true\n");
        check("ALTER CONNECTION c SET ('token' = 'made-up');pwd=made up;Encrypt=true\n");
        check("[ERROR] \n'token.file' = %27)',CREATE CONNECTION CREATE CONNECTION ");
    }

    #[test]
    fn a_comment_that_began_on_a_line_before_is_known() {
        check("/*+ OPTIONS(\n'ALTER CONNECTION c SET () */\u{200b}");
        check("/* x\n*/ y\n'ALTER CONNECTION c SET () */\u{200b}");
    }

    #[test]
    fn a_comment_behind_a_statement_is_no_part_of_it() {
        check(
            "ALTER CONNECTION c SET ('token' = 'made-up')\n/* the main one */\nCREATE CONNECTION d\nWITH (\n'x' = 'y",
        );
    }

    #[test]
    fn a_masked_url_before_an_open_statement_is_decided_once() {
        check("https://made:up@db.exCREATE CONNECTION c WITH (a'mp https://u:p@h/ 'api-key' = 'x");
    }
}
