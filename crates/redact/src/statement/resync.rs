//! Lines that clearly begin something else, however broken the text before them is.

use crate::sql::keyword::starts_statement;
use crate::sql::lex::{Text, is_name, is_word};
use memchr::memmem::Finder;
use std::sync::LazyLock;

/// Longest beginning of a line that is looked at.
const GLIMPSE: usize = 160;

/// What the entries of a log are, from the harmless to the bad.
#[rustfmt::skip]
pub(crate) const LEVELS: [&[u8]; 9] =
    [b"INFO", b"WARN", b"WARNING", b"ERROR", b"DEBUG", b"TRACE", b"FATAL", b"NOTICE", b"CRITICAL"];

/// How long the name of a class is, with its packages.
const LONGEST_CLASS: usize = 128;
/// Words before a name that is declared.
const DECLARING: [&[u8]; 9] = [b"Dim", b"auto", b"const", b"def", b"let", b"local", b"my", b"val", b"var"];

/// Whether the line that starts here is a new entry of a log, a new record or a new statement.
pub(crate) fn begins_other(text: &Text<'_>, line: usize) -> bool {
    let mut start = text.skip_space(line);
    if matches!(text.at(start), b'+' | b'-' | b'>' | b'|') && text.at(start + 1) != text.at(start) {
        start = text.skip_space(start + 1);
    }
    let rest = text.ahead(start, GLIMPSE);
    let Some(first) = rest.first() else { return false };
    match first {
        b'0'..=b'9' | b'[' | b'I' | b'W' | b'E' | b'F' | b'D' | b'T' | b'N' | b'A'..=b'Z' | b'a'..=b'z' => {
            is_timestamp(rest)
                || is_level(rest)
                || is_trace(rest)
                || is_request(rest)
                || is_variable(rest)
                || is_end_of_here_document(rest)
                || is_declaration(rest)
                || starts_statement(rest)
        }
        b'\\' => rest.starts_with(b"\\end{"),
        b'\'' | b'"' => is_end_of_text(rest) || rest[1..].starts_with(b"@") && is_alone(&rest[2..]),
        b'{' => [&b"{\""[..], b"{code}", b"{noformat}"].iter().any(|head| rest.starts_with(head)),
        b'<' => is_end_of_element(rest) || rest.len() > 2 && rest[1].is_ascii_digit() && is_priority(rest),
        b'@' => rest.starts_with(b"@@ -"),
        // A compiler points at the line before.
        b'^' => rest.starts_with(b"^~~"),
        b'`' => rest.strip_prefix(b"```").is_some_and(|rest| {
            let word = rest.iter().take_while(|byte| byte.is_ascii_lowercase()).count();
            matches!(rest.get(word), None | Some(b'\n' | b'\r' | b' ' | b'"' | b'\''))
        }),
        _ => false,
    }
}

/// Whether the line that starts here, behind another of a statement, ends a comment of which each line begins with a star.
pub(crate) fn ends_starred(text: &Text<'_>, from: usize, line: usize) -> bool {
    let last = text.slice(from..line).trim_ascii_end().rsplit(|byte| *byte == b'\n').next();
    let start = text.skip_space(line);
    last.is_some_and(|last| last.trim_ascii_start().starts_with(b"*"))
        && text.has(start, b"*/")
        && matches!(text.at(text.skip_space(start + 2)), b'\r' | b'\n' | 0)
}

/// The length of the timestamp and the like that a log line begins with; 0 if there is none.
pub(crate) fn is_timestamp(line: &[u8]) -> bool {
    let line = line.strip_prefix(b"[").unwrap_or(line);
    if !line.first().is_some_and(|first| {
        first.is_ascii_digit() || line.get(3) == Some(&b' ') || line.get(1).is_some_and(u8::is_ascii_digit)
    }) {
        return false;
    }
    let shape = |pattern: &[u8]| {
        line.len() >= pattern.len()
            && line.iter().zip(pattern).all(|(byte, wanted)| match wanted {
                b'0' => byte.is_ascii_digit(),
                b'a' => byte.is_ascii_alphabetic(),
                b'?' => true,
                b'-' => matches!(byte, b'-' | b'/' | b'.'),
                _ => byte == wanted,
            })
    };
    shape(b"0000-00-00")
        || shape(b"00-00-0000")
        || shape(b"00/aaa/0000")
        || shape(b"00:00:00")
        || shape(b"00:00]")
        || (shape(b"aaa 00 00:00") || shape(b"aaa  0 00:00"))
        || (shape(b"a0000 00:00:00") && b"IWEFD".contains(&line[0]))
        || (shape(b"0000000000")
            && line.iter().take_while(|b| b.is_ascii_digit() || **b == b'.').count() <= 17
            && line
                .iter()
                .find(|b| !b.is_ascii_digit() && **b != b'.')
                .is_some_and(|b| matches!(b, b' ' | b'\t' | b']' | b'|')))
}

fn is_level(line: &[u8]) -> bool {
    let line = line.strip_prefix(b"[").unwrap_or(line);
    if !line.first().is_some_and(|first| b"CDEFINTWlt".contains(first)) {
        return false;
    }
    LEVELS.iter().any(|level| {
        line.strip_prefix(*level).is_some_and(|rest| {
            rest.first().is_some_and(|byte| matches!(byte, b' ' | b':' | b']' | b'\t' | b'|'))
        })
    }) || [&b"level="[..], b"time=", b"ts="].iter().any(|key| line.starts_with(key))
}

/// A line of a stack trace: `at org.example.Gateway.run(Gateway.java:12)`, `Caused by: `.
pub(crate) fn is_trace(line: &[u8]) -> bool {
    if let Some(frame) = line.strip_prefix(b"at ") {
        let part = |byte: &&u8| byte.is_ascii_alphanumeric() || b"._$<>/".contains(byte);
        let length = frame.iter().take_while(part).count();
        return length > 2 && frame[..length].contains(&b'.') && frame.get(length) == Some(&b'(');
    }
    [&b"Caused by: "[..], b"Suppressed: ", b"Traceback (most", b"File \""]
        .iter()
        .any(|head| line.starts_with(head))
}

/// Whether the first line of a stack trace stands here: the name of a class, in packages, and a colon. Keys of properties look so, too.
pub(crate) fn is_exception(text: &Text<'_>, line: usize) -> bool {
    let said = text.ahead(line, LONGEST_CLASS);
    let class = said.iter().take_while(|byte| byte.is_ascii_alphanumeric() || b"._$".contains(byte)).count();
    said[..class].iter().filter(|byte| **byte == b'.').count() > 1 && said[class..].starts_with(b": ")
}

/// Whether nothing else stands on a line.
fn is_alone(rest: &[u8]) -> bool {
    rest.split(|byte| *byte == b'\n').next().is_none_or(|rest| rest.trim_ascii().is_empty())
}

/// Whether a line is the end of a text in three quotes.
pub(crate) fn is_end_of_text(line: &[u8]) -> bool {
    let rest = line.strip_prefix(b"'''").or_else(|| line.strip_prefix(b"\"\"\""));
    let rest = rest.map(|rest| rest.split(|byte| *byte == b'\n').next().unwrap_or(rest));
    rest.is_some_and(|rest| {
        let (signs, said) = rest.split_at(rest.iter().take_while(|byte| b"),;".contains(byte)).count());
        let remark = || {
            signs.starts_with(b")")
                && [&b" # "[..], b"  # ", b" // "].iter().any(|sign| said.starts_with(sign))
        };
        [&b""[..], b")", b",", b";", b");", b"),"].contains(&signs)
            && (said.trim_ascii_end().is_empty() || remark())
    })
}

/// `NAME=value`, as a file of variables has it.
fn is_variable(line: &[u8]) -> bool {
    let name =
        line.iter().take_while(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || **b == b'_').count();
    name >= 3
        && line[0].is_ascii_uppercase()
        && line.get(name) == Some(&b'=')
        && line.get(name + 1).is_some_and(|byte| byte.is_ascii_alphanumeric() || b"'\"/$".contains(byte))
}

/// `let name = `, as code has it.
fn is_declaration(line: &[u8]) -> bool {
    let Some(blank) = memchr::memchr(b' ', &line[..line.len().min(8)]) else { return false };
    let (word, rest) = (&line[..blank], &line[blank + 1..]);
    let rest = rest.strip_prefix(b"$").unwrap_or(rest);
    let name = rest.iter().take_while(|byte| is_word(**byte)).count();
    DECLARING.contains(&word) && name > 0 && rest[name..].starts_with(b" = ")
}

/// The end of an element of XML, but for those that colour code.
fn is_end_of_element(line: &[u8]) -> bool {
    let Some(name) = line.strip_prefix(b"</") else { return false };
    let length = name.iter().take_while(|byte| is_word(**byte)).count();
    length > 1
        && name.get(length) == Some(&b'>')
        && ![&b"span"[..], b"em", b"strong", b"font"].contains(&&name[..length])
}

/// The word that ends the input of a command, on a line by itself.
fn is_end_of_here_document(line: &[u8]) -> bool {
    let word = line.iter().take_while(|byte| byte.is_ascii_uppercase()).count();
    [&b"EOF"[..], b"EOQ", b"EOS", b"EOSQL", b"EOT", b"SQL"].contains(&&line[..word])
        && matches!(line.get(word), None | Some(b'\n' | b'\r'))
}

/// `GET /path`, as a log of requests has it.
fn is_request(line: &[u8]) -> bool {
    [&b"GET"[..], b"POST", b"PUT", b"PATCH", b"DELETE", b"HEAD"].iter().any(|method| {
        line.strip_prefix(*method).is_some_and(|rest| {
            [&b" /"[..], b" http://", b" https://"].iter().any(|path| rest.starts_with(path))
        })
    })
}

/// `<34>`, as syslog has it.
fn is_priority(line: &[u8]) -> bool {
    let digits = line[1..].iter().take_while(|b| b.is_ascii_digit()).count();
    digits <= 3 && line.get(1 + digits) == Some(&b'>')
}

/// Where a CONNECTION statement begins in a line, in a shell command for example.
pub(crate) fn held_statement(text: &Text<'_>, line: usize) -> Option<usize> {
    static NOUNS: LazyLock<[Finder<'static>; 2]> =
        LazyLock::new(|| ["CONNECTION", "connection"].map(Finder::new));
    let rest = text.slice(line..text.line_end(line));
    if NOUNS.iter().all(|noun| noun.find(rest).is_none()) {
        return None;
    }
    let begins = |at: &usize| {
        let head = &rest[*at..rest.len().min(at + 54)];
        // Rather a part of a value, if it is a part of a word.
        (*at == 0 || !is_name(rest[at - 1]))
            && NOUNS.iter().any(|noun| noun.find(head).is_some())
            && (starts_statement(&rest[*at..]) || starts_encoded(&rest[*at..]))
    };
    let verbs = [&b"CREATE"[..], b"ALTER", b"create", b"alter"];
    let found = verbs.iter().filter_map(|verb| memchr::memmem::find_iter(rest, verb).find(begins));
    found.min().map(|at| line + at)
}

/// Whether a text begins with a verb and an encoded blank, as in a URL.
fn starts_encoded(text: &[u8]) -> bool {
    let verb = text.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
    [&b"%20"[..], b"%25", b"%0A", b"%0a", b"+"].iter().any(|blank| text[verb..].starts_with(blank))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_entries_are_seen() {
        for line in [
            "2026-11-23T10:00:00Z INFO x",
            "[2026-11-23 10:00:00] x",
            "Nov 23 10:00:00 host x",
            "10:00:00.123 x",
            "1700000000.123 x",
            "WARN  x",
            "{\"level\":\"info\"}",
            "CREATE TABLE t (a INT)",
            "  ALTER CONNECTION c",
            "<34>1 x",
            "'''\nx = 1",
            "''')  # note",
            "POST /sql?q=x HTTP/1.1",
            "\tat org.example.Gateway$1.run(Gateway.java:12)",
            "Caused by: java.io.IOException: closed",
        ] {
            assert!(begins_other(&Text::new(line.as_bytes(), true), 0), "{line}");
        }
        for line in [
            "def'",
            "at once (or later)",
            "''',#\\Qx",
            "''',)",
            "'api-key' = 'x'",
            ")",
            "12345678901234567890abc",
            "",
            "Infodump",
        ] {
            assert!(!begins_other(&Text::new(line.as_bytes(), true), 0), "{line}");
        }
    }
}
