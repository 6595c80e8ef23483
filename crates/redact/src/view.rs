//! Statements that stand inside of something else: a JSON string, a shell command, a diff, a quotation.
//!
//! They are read as they are meant, in a copy without the wrapping that knows where every byte came from.

use crate::edit::{Edits, NAME_MASK, QUOTED_MASK};
use crate::ending::continues;
use crate::lex::{Text, is_name, separator};
use crate::resync::begins_other;
use lockkeeper_model::MASK;

/// What a statement is wrapped in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Layer {
    /// Backslash escapes, up to an unescaped quotation mark if `true`.
    Escaped(bool),
    /// Three quotes, up to the next three.
    Tripled(u8),
    /// Single quotes of a shell, in which a quote is written `'\''`.
    Shell,
    /// A literal of SQL or YAML, in which so many quotes stand for one.
    Doubled(usize),
    /// Lines that begin with a mark: `+`, `-`, `>`, `|`, `#`.
    Marked(u8),
    /// `%27` and `+`.
    Percent,
    /// `&apos;`, up to a tag, or up to a quotation mark if `true`.
    Entities(bool),
    /// Any of these, each sign by itself, and marks of any kind before lines: where nothing tells what it is.
    Any,
}

/// How much is looked at to tell whether a statement begins there.
const GLIMPSE: usize = 2048;

/// A statement without its wrapping.
pub(crate) struct View {
    layer: Layer,
    /// Where the copy begins in the source.
    start: usize,
    bytes: Vec<u8>,
    starts: Vec<u32>,
    ends: Vec<u32>,
    /// Where the copy ends in the source.
    end: usize,
    /// Whether quotes stand behind backslashes, as in a string of C or Python.
    slashed: bool,
    /// How many backslashes stand before the quotation mark of the string: a string inside of a string has some.
    level: usize,
}

impl View {
    /// Copies the statement that begins at `start`, if it is wrapped; its line begins at `floor`.
    pub(crate) fn of(text: &Text<'_>, floor: usize, start: usize) -> Option<Self> {
        let layer = layer(text, floor, start)?;
        let before = text.slice(floor..start);
        let level = memchr::memrchr(b'"', before)
            .map_or(0, |quote| before[..quote].iter().rev().take_while(|byte| **byte == b'\\').count());
        Some(Self::up_to(layer, level, text, start, usize::MAX))
    }

    /// Copies the part of a URL or of XML that the word which begins at `start` stands in, if it is encoded.
    pub(crate) fn of_encoded(text: &Text<'_>, floor: usize, start: usize) -> Option<Self> {
        if memchr::memchr(b'<', text.slice(floor..start)).is_some()
            && is_escaped_for_xml(text.ahead(start, 4096))
        {
            return Some(Self::through(Layer::Entities(false), text, start));
        }
        let begins = |byte: &u8| *byte <= b' ' || matches!(byte, b'=' | b'&' | b'?' | b'"' | b'\'' | b'`');
        let before = text.slice(floor.max(start.saturating_sub(1024))..start);
        let part = start - before.iter().rev().take_while(|byte| !begins(byte)).count();
        (is_encoded(text, start) || before.ends_with(b"%20") || before.ends_with(b"%2520"))
            .then(|| Self::through(Layer::Percent, text, part))
    }

    /// Copies what begins at `start` as far as a glimpse reaches, if anything in it is encoded or marked.
    pub(crate) fn glimpse(text: &Text<'_>, start: usize) -> Option<Self> {
        let limit = start + GLIMPSE;
        is_wrapped(text.ahead(start, GLIMPSE)).then(|| Self::up_to(Layer::Any, 0, text, start, limit))
    }

    /// Copies what begins at `start` and ends at `end` at the latest, if anything in it is encoded or marked.
    pub(crate) fn of_any(text: &Text<'_>, start: usize, end: usize) -> Option<Self> {
        is_wrapped(text.slice(start..end)).then(|| Self::up_to(Layer::Any, 0, text, start, end))
    }

    /// Whether the statement that begins at `start` stands in a string with escapes.
    pub(crate) fn is_in_string(text: &Text<'_>, floor: usize, start: usize) -> bool {
        layer(text, floor, start) == Some(Layer::Escaped(true))
    }

    fn through(layer: Layer, text: &Text<'_>, start: usize) -> Self {
        Self::up_to(layer, 0, text, start, usize::MAX)
    }

    fn up_to(layer: Layer, level: usize, text: &Text<'_>, start: usize, limit: usize) -> Self {
        let first = memchr::memchr(b'\'', text.ahead(start, GLIMPSE)).map(|at| start + at);
        let slashed = first.is_some_and(|quote| quote > start && text.at(quote - 1) == b'\\');
        let (bytes, starts, ends) = (Vec::new(), Vec::new(), Vec::new());
        let mut view = Self { layer, start, bytes, starts, ends, end: start, slashed, level };
        let mut at = start;
        while at < limit
            && let Some((byte, next)) = view.step(text, at)
        {
            if let Some(byte) = byte {
                view.bytes.push(byte);
                view.starts.push(at as u32);
                view.ends.push(next as u32);
            }
            at = next;
        }
        view.end = at;
        view
    }

    /// Whether the quotation mark behind the backslashes that begin here ends the string.
    fn ends_inner(&self, text: &Text<'_>, at: usize) -> bool {
        let count = text.ahead(at, self.level + 1).iter().take_while(|byte| **byte == b'\\').count();
        self.level > 0 && count == self.level && text.at(at + count) == b'"'
    }

    /// Whether the wrapping ends before the text does, so that a literal may go on behind it.
    pub(crate) fn may_go_on(&self, text: &Text<'_>) -> bool {
        match self.layer {
            Layer::Marked(_) => {
                text.at(self.end) == b'\n' && !matches!(self.bytes.trim_ascii_end().last(), Some(b')' | b';'))
            }
            // Rather the end of a key, whose first quote stands there twice by mistake.
            Layer::Doubled(_) => {
                let next = text.skip_blank(self.end + 1);
                separator(text, next) > next || text.at(next) == b'\''
            }
            _ => false,
        }
    }

    /// The statement and what follows it inside of the wrapping.
    pub(crate) fn text(&self) -> Text<'_> {
        Text::new(&self.bytes, true)
    }

    /// Where a position of the copy stands in the source.
    pub(crate) fn source(&self, position: usize) -> usize {
        self.starts.get(position).map_or(self.end, |start| *start as usize)
    }

    /// The position of the copy that stands for one of the source.
    pub(crate) fn position(&self, source: usize) -> usize {
        self.starts.partition_point(|start| (*start as usize) < source)
    }

    /// Brings edits of the copy into the source.
    pub(crate) fn carry(&self, text: &Text<'_>, found: &Edits, edits: &mut Edits) {
        for edit in found.as_slice() {
            let range = self.source(edit.range.start)..self.ends[edit.range.end - 1] as usize;
            let with = match (self.layer, edit.with) {
                (Layer::Shell, QUOTED_MASK) => r"'\''<REDACTED>'\''",
                (Layer::Shell, "'<REDACTED>' ") => r"'\''<REDACTED>'\'' ",
                (Layer::Shell, " '<REDACTED>'") => r" '\''<REDACTED>'\''",
                (Layer::Shell, " '<REDACTED>' ") => r" '\''<REDACTED>'\'' ",
                (Layer::Doubled(2), QUOTED_MASK) => "''<REDACTED>''",
                (Layer::Doubled(2), "'<REDACTED>' ") => "''<REDACTED>'' ",
                (Layer::Doubled(2), " '<REDACTED>'") => " ''<REDACTED>''",
                (Layer::Doubled(2), " '<REDACTED>' ") => " ''<REDACTED>'' ",
                (Layer::Escaped(true), "\"<REDACTED>\"") => "\\\"<REDACTED>\\\"",
                (Layer::Escaped(_), NAME_MASK) => "<REDACTED>",
                (Layer::Percent, QUOTED_MASK) => "%27<REDACTED>%27",
                (Layer::Percent, " '<REDACTED>'") => "%20%27<REDACTED>%27",
                (Layer::Percent, "'<REDACTED>' ") => "%27<REDACTED>%27%20",
                (Layer::Percent, " '<REDACTED>' ") => "%20%27<REDACTED>%27%20",
                (Layer::Entities(_), QUOTED_MASK) => "&apos;<REDACTED>&apos;",
                (Layer::Entities(_), " '<REDACTED>'") => " &apos;<REDACTED>&apos;",
                (Layer::Entities(_), "'<REDACTED>' ") => "&apos;<REDACTED>&apos; ",
                (Layer::Entities(_), " '<REDACTED>' ") => " &apos;<REDACTED>&apos; ",
                (Layer::Percent | Layer::Entities(_) | Layer::Doubled(_), _) => MASK,
                // The quotes of the source stand where they are written as they are.
                (Layer::Any, with) if text.slice(range.clone()).contains(&b'\'') => with,
                (Layer::Any, _) => MASK,
                (_, with) => with,
            };
            edits.push(range, with, edit.rule);
        }
    }

    /// Reads one byte of the statement: what it stands for, and where the next begins. `None` where it ends.
    fn step(&self, text: &Text<'_>, at: usize) -> Option<(Option<u8>, usize)> {
        let byte = text.at(at);
        if at >= text.len() {
            return None;
        }
        match self.layer {
            Layer::Escaped(quoted) => match byte {
                // A quote is written twice in CSV.
                b'"' if quoted && text.at(at + 1) == b'"' => Some((Some(b'"'), at + 2)),
                b'"' if quoted && let Some(next) = joint(text, at) => Some((Some(b'\n'), next)),
                b'"' if quoted && ends_string(text, at + 1) => None,
                b'\n' if begins_other(text, at + 1) && !continues(text, self.start, at + 1) => None,
                b'\\' if quoted && self.ends_inner(text, at) => None,
                b'\\' => Some(escape(text, at, self.slashed)),
                _ => Some((Some(byte), at + 1)),
            },
            Layer::Any => match byte {
                b'\n' if begins_other(text, at + 1) && !continues(text, self.start, at + 1) => None,
                b'\n' => Some((Some(byte), behind_mark(text, at + 1))),
                b'\\' => Some(escape(text, at, self.slashed)),
                b'&' => Some(entity(text, at)),
                b'%' => Some(
                    percent(text, at)
                        .filter(|(byte, _)| !byte.is_ascii_alphanumeric())
                        .map_or((Some(byte), at + 1), |(byte, next)| (Some(byte), next)),
                ),
                // In a form, a blank.
                b'+' if text.at(at + 1) == b'%' || (at > self.start + 2 && text.at(at - 3) == b'%') => {
                    Some((Some(b' '), at + 1))
                }
                b'\'' if text.has(at + 1, b"\\''") => Some((Some(byte), at + 4)),
                b'\'' if text.has(at + 1, b"\"'\"'") => Some((Some(byte), at + 5)),
                b'"' | b'\'' => Some((Some(byte), joint(text, at).map_or(at + 1, |next| next)))
                    .map(|(_, next)| if next > at + 1 { (Some(b'\n'), next) } else { (Some(byte), next) }),
                _ => Some((Some(byte), at + 1)),
            },
            Layer::Doubled(quotes) => match byte {
                b'\'' => match text.slice(at..at + quotes).iter().all(|byte| *byte == b'\'')
                    && at + quotes <= text.len()
                {
                    true => Some((Some(b'\''), at + quotes)),
                    false => None,
                },
                _ => Some((Some(byte), at + 1)),
            },
            Layer::Tripled(quote) => match text.has(at, &[quote; 3]) {
                true => None,
                false => Some((Some(byte), at + 1)),
            },
            Layer::Shell => match byte {
                b'\'' => match text.ahead(at, 5) {
                    [b'\'', b'\\', b'\'', b'\'', ..] => Some((Some(b'\''), at + 4)),
                    b"'\"'\"'" => Some((Some(b'\''), at + 5)),
                    _ => None,
                },
                _ => Some((Some(byte), at + 1)),
            },
            Layer::Marked(mark) => {
                if byte != b'\n' || text.at(at + 1) == 0 {
                    return Some((Some(byte), at + 1));
                }
                let line = text.skip_space(at + 1);
                let diff = matches!(mark, b'+' | b'-');
                match text.at(line) {
                    found if found == mark || (diff && matches!(found, b'+' | b'-')) => {
                        // The line break stands for itself and the marks: quotations have more than one.
                        let mut end = line + 1;
                        while mark == b'>' && text.at(text.skip_space(end)) == mark {
                            end = text.skip_space(end) + 1;
                        }
                        Some((Some(b'\n'), end))
                    }
                    _ if diff && text.at(at + 1) == b' ' => Some((Some(b'\n'), at + 1)),
                    _ => None,
                }
            }
            Layer::Entities(quoted) => match byte {
                b'"' if quoted => None,
                b'<' if !text.has(at, MASK.as_bytes()) => None,
                b'&' => Some(entity(text, at)),
                _ => Some((Some(byte), at + 1)),
            },
            Layer::Percent => match byte {
                b'%' => {
                    Some(percent(text, at).map_or((Some(byte), at + 1), |(byte, next)| (Some(byte), next)))
                }
                b'+' => Some((Some(b' '), at + 1)),
                b'<' if text.has(at, MASK.as_bytes()) => Some((Some(byte), at + 1)),
                b'>' if text.slice(at.saturating_sub(9)..at + 1) == MASK.as_bytes() => {
                    Some((Some(byte), at + 1))
                }
                0..=b' ' | b'"' | b'&' | b'<' | b'>' | b'`' => None,
                _ => Some((Some(byte), at + 1)),
            },
        }
    }
}

/// What a statement that begins at `start` is wrapped in, if in anything.
fn layer(text: &Text<'_>, floor: usize, start: usize) -> Option<Layer> {
    if is_encoded(text, start) {
        return Some(Layer::Percent);
    }
    let before = text.slice(floor..start);
    if let [.., quote @ (b'"' | b'\''), second, third] = before.trim_ascii_end()
        && quote == second
        && quote == third
    {
        return Some(Layer::Tripled(*quote));
    }
    let mut marks = 0;
    let mut escaped = false;
    for byte in before {
        if *byte == b'"' && !escaped {
            marks += 1;
        }
        escaped = *byte == b'\\' && !escaped;
    }
    let ahead = text.ahead(start, 4096);
    if is_escaped_for_xml(ahead) {
        return Some(Layer::Entities(marks % 2 == 1));
    }
    if marks % 2 == 1 {
        return Some(Layer::Escaped(true));
    }
    if let [blank @ .., mark @ (b'+' | b'-' | b'>' | b'|' | b'#' | b'*')] = before.trim_ascii_end()
        && blank.iter().all(|byte| matches!(byte, b' ' | b'\t' | b'>' | b'+' | b'-'))
    {
        return Some(Layer::Marked(*mark));
    }
    let run = before.trim_ascii_end().iter().rev().take_while(|byte| **byte == b'\'').count();
    if run > 0
        && let Some(quote) = memchr::memchr(b'\'', ahead)
        && ahead[quote..].iter().take_while(|byte| **byte == b'\'').count() >= 2 * run
    {
        return Some(Layer::Doubled(2 * run));
    }
    if before.contains(&b'\'')
        && let Some(quote) = memchr::memchr(b'\'', ahead)
        && matches!(&ahead[quote..], [_, b'\\', b'\'', b'\'', ..] | [_, b'"', b'\'', b'"', b'\'', ..])
    {
        return Some(Layer::Shell);
    }
    let line = &ahead[..memchr::memchr(b'\n', ahead).unwrap_or(ahead.len())];
    if [&b"\\n"[..], b"\\\"", b"\\u00", b"\\t", b"\\'"]
        .iter()
        .any(|sign| memchr::memmem::find(line, sign).is_some())
    {
        return Some(Layer::Escaped(false));
    }
    None
}

/// Whether anything in a text may be an encoded sign, the joint of two strings, or a mark before a line.
fn is_wrapped(text: &[u8]) -> bool {
    memchr::memchr3(b'\\', b'&', b'%', text).is_some()
        || memchr::memchr_iter(b'\n', text).any(|line| {
            let rest = text[line + 1..].trim_ascii_start();
            let mark = |byte: &u8| matches!(byte, b'>' | b'|' | b'+' | b'-' | b'"' | b'.' | b'0'..=b'9');
            rest.first().is_some_and(mark) || rest.iter().take(24).any(|byte| *byte == b'>')
        })
}

/// Where a string goes on that ends at a quote: behind the sign that joins it with the next, and the quote of that.
fn joint(text: &Text<'_>, quote: usize) -> Option<usize> {
    let sign = text.skip_blank(quote + 1);
    let joined = matches!(text.at(sign), b'+' | b'.' | b'&');
    let mut next = if joined { text.skip_blank(sign + 1) } else { sign };
    // A line break by itself.
    if joined && text.has(next, b"\"\\n\"") {
        next = text.skip_blank(next + 4);
        if !matches!(text.at(next), b'+' | b'.' | b'&') {
            return None;
        }
        next = text.skip_blank(next + 1);
    }
    let same = text.at(next) == text.at(quote);
    // Without a sign between them only on another line, and not in SQL, where two literals are one.
    let apart = text.at(quote) == b'"' && text.slice(quote + 1..next).contains(&b'\n');
    (same && (joined || apart)).then_some(next + 1)
}

/// Where the line goes on behind what terminals, quotations, compilers and diffs put before it.
fn behind_mark(text: &Text<'_>, line: usize) -> usize {
    let start = text.skip_space(line);
    let mut at = start;
    while text.at(at).is_ascii_digit() && at - start < 6 {
        at += 1;
    }
    let bar = text.skip_space(at);
    if at > start && text.at(bar) == b'|' {
        return bar + 1;
    }
    at = start;
    while matches!(text.at(text.skip_space(at)), b'>' | b'|') {
        at = text.skip_space(at) + 1;
    }
    if at > start {
        return at;
    }
    // A prompt.
    let mut end = start;
    while (is_name(text.at(end)) || matches!(text.at(end), b'=' | b'(' | b'#' | b'*' | b' '))
        && end - start < 20
    {
        end += 1;
    }
    match text.at(end) == b'>' && text.at(end + 1) == b' ' {
        true => end + 1,
        false => line,
    }
}

/// What two hexadecimal digits behind `%` stand for; what is encoded more than once is `%25` and so on.
fn percent(text: &Text<'_>, at: usize) -> Option<(u8, usize)> {
    let digits = |at: usize| {
        let digit = |at: usize| (text.at(at) as char).to_digit(16);
        Some((digit(at)? << 4 | digit(at + 1)?) as u8)
    };
    let mut end = at + 1;
    while text.has(end, b"25") && digits(end + 2).is_some() {
        end += 2;
    }
    Some((digits(end)?, end + 2))
}

/// What an entity of XML stands for; what is none stands for itself.
fn entity(text: &Text<'_>, at: usize) -> (Option<u8>, usize) {
    const KNOWN: &[(&[u8], u8)] = &[
        (b"&apos;", b'\''),
        (b"&#39;", b'\''),
        (b"&#x27;", b'\''),
        (b"&quot;", b'"'),
        (b"&#34;", b'"'),
        (b"&lt;", b'<'),
        (b"&gt;", b'>'),
        (b"&#10;", b'\n'),
        (b"&#xA;", b'\n'),
        (b"&#xa;", b'\n'),
        (b"&#13;", b'\r'),
        (b"&#xD;", b'\r'),
        (b"&#9;", b'\t'),
        (b"&#x9;", b'\t'),
        (b"&#32;", b' '),
        (b"&#61;", b'='),
        (b"&#x3D;", b'='),
        (b"&#x60;", b'`'),
        (b"&nbsp;", b' '),
        (b"&amp;", b'&'),
    ];
    match KNOWN.iter().find(|(name, _)| text.has(at, name)) {
        Some((name, byte)) => (Some(*byte), at + name.len()),
        None => (Some(b'&'), at + 1),
    }
}

/// Whether the first quote of a text is an entity.
fn is_escaped_for_xml(text: &[u8]) -> bool {
    memchr::memchr2(b'\'', b'&', text).is_some_and(|quote| {
        [&b"&apos;"[..], b"&#39;", b"&#x27;", b"&quot;"].iter().any(|name| text[quote..].starts_with(name))
    })
}

/// Whether the word that begins here is followed by an encoded blank, as in a URL.
fn is_encoded(text: &Text<'_>, start: usize) -> bool {
    let end = text.word_end(start);
    if !matches!(text.at(end), b'%' | b'+') {
        return false;
    }
    let ahead = text.ahead(start, 4096);
    let part = &ahead[..ahead.iter().position(|byte| *byte <= b' ').unwrap_or(ahead.len())];
    [&b"%27"[..], b"%20", b"%28", b"%0A", b"%0a", b"%25"]
        .iter()
        .any(|sign| memchr::memmem::find(part, sign).is_some())
}

/// Whether what follows a quotation mark shows that it ended a string, and not one inside of a literal.
fn ends_string(text: &Text<'_>, from: usize) -> bool {
    let mut at = from;
    while matches!(text.at(at), b'}' | b']' | b')') {
        at += 1;
    }
    if at > from && text.at(at) == b'\'' {
        return false;
    }
    matches!(text.at(from), 0 | b'\n' | b'\r' | b' ' | b',' | b'}' | b']' | b')' | b';' | b'\\')
}

/// What an escape stands for; what is none stands for itself.
fn escape(text: &Text<'_>, at: usize, slashed: bool) -> (Option<u8>, usize) {
    // Strings inside of strings double the backslashes.
    let mut end = at + 1;
    while text.at(end) == b'\\' && end - at < 16 {
        end += 1;
    }
    match text.at(end) {
        b'n' | b'r' => (Some(b'\n'), end + 1),
        b't' => (Some(b'\t'), end + 1),
        quote @ (b'"' | b'`' | b'/' | b'$') => (Some(quote), end + 1),
        b'\'' if slashed => (Some(b'\''), end + 1),
        b'u' => {
            let digits = std::str::from_utf8(text.ahead(end + 1, 4)).unwrap_or_default();
            match u32::from_str_radix(digits, 16) {
                Ok(code) if digits.len() == 4 => (Some(u8::try_from(code).unwrap_or(0xff)), end + 5),
                _ => (Some(b'\\'), at + 1),
            }
        }
        _ if end - at > 1 => (Some(b'\\'), at + 2),
        _ => (Some(b'\\'), at + 1),
    }
}

#[cfg(test)]
mod tests {
    use crate::redact;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(redact(text), expected);
        assert_eq!(redact(expected), expected);
    }

    #[test]
    fn statements_are_read_inside_of_what_they_are_wrapped_in() {
        check(
            "GET /q=ALTER%20CONNECTION%20c%20SET%20%28%27x%27%3D%27made-up%27%29&y=1",
            "GET /q=ALTER%20CONNECTION%20c%20SET%20%28%27x%27%3D%27<REDACTED>%27%29&y=1",
        );
        check(
            "<sql>ALTER CONNECTION c SET (&apos;x&apos; = &apos;made-up&apos;);</sql>",
            "<sql>ALTER CONNECTION c SET (&apos;x&apos; = &apos;<REDACTED>&apos;);</sql>",
        );
        check(
            "1,\"ALTER CONNECTION c\nSET ('x' = '{\"\"k\"\": \"\"made-up\"\"}' 'y');\",2",
            "1,\"ALTER CONNECTION c\nSET ('x' = '<REDACTED>');\",2",
        );
        check(
            "run(\"\"\"ALTER CONNECTION c SET ('x' = '{\"k\": \"made-up\"}' = );\"\"\", 2)",
            "run(\"\"\"ALTER CONNECTION c SET ('<REDACTED>' );\"\"\", 2)",
        );
        check(
            r#"{"a":"ALTER CONNECTION c SET ('x' = E'made\\');;-up')","b":1}"#,
            r#"{"a":"ALTER CONNECTION c SET ('x' = '<REDACTED>')","b":1}"#,
        );
        check(
            "[{\"a\":\"ALTER CONNECTION c SET ('x' = 'made-up')\"},{\"a\":\"ALTER CONNECTION c SET ('x' = 'made-up')\"}]",
            "[{\"a\":\"ALTER CONNECTION c SET ('x' = '<REDACTED>')\"},{\"a\":\"ALTER CONNECTION c SET ('x' = '<REDACTED>')\"}]",
        );
    }
}
