//! What is created and altered beside connections, also as people misspell it.

use crate::secret::names::Folded;
use crate::sql::keyword::is_keyword;
use crate::sql::lex::{Text, is_blank, is_name};
use crate::sql::slips::within_two_edits;
use crate::statement::announced::LONGEST_BREAK;
use crate::statement::follows::skip_gap;
use crate::statement::recognise::{OBJECTS, is_any};
use crate::statement::words::{is_glued, is_noun};
use crate::wrapping::lines::{behind_alike, line_start};
use crate::wrapping::strings::next_part;
use std::ops::Range;

/// Those that have options, and names so long that a slip of the pen makes no other word of them.
const LONG: &[&str] = &[
    "AGENT",
    "CATALOG",
    "DATABASE",
    "FUNCTION",
    "MATERIALIZED",
    "MODEL",
    "SCHEMA",
    "SOURCE",
    "STREAM",
    "TABLE",
    "TOOL",
];

/// From which length on two slips of the pen are known.
const TWO_EDITS: usize = 7;
/// How long the word is at most.
const LONGEST: usize = 40;
/// How far the name stands behind it.
const LONGEST_GAP: usize = 512;

/// What is created or altered by a verb; comments may stand before it, and what stands before every line.
pub(crate) fn object(text: &Text<'_>, verb: Range<usize>) -> Range<usize> {
    let mark = mark_before(text, verb.start);
    let found = behind_modifiers(text, &verb, |at, limit| match mark {
        Some(mark) => skip_marked(text, at, limit, mark),
        None => skip_gap(text, at, limit),
    });
    if mark.is_some() || !found.is_empty() {
        return found;
    }
    // A comment may say what looks like options.
    let passed = behind_modifiers(text, &verb, |at, limit| skip_marked(text, at, limit, b""));
    if is_any(text.slice(passed.clone()), OBJECTS) { passed } else { found }
}

/// The first word behind those that may stand before what is created, each found by `skip`.
fn behind_modifiers(
    text: &Text<'_>,
    verb: &Range<usize>,
    skip: impl Fn(usize, usize) -> usize,
) -> Range<usize> {
    let limit = verb.end + LONGEST_BREAK;
    let mut at = verb.end;
    loop {
        let mut start = skip(at, limit);
        if let Some(line_break) = memchr::memrchr(b'\n', text.slice(at..start))
            && let Some(next) = behind_alike(text, verb.start, at + line_break + 1)
        {
            start = skip_gap(text, next, limit);
        }
        // In the next of a list of strings.
        while start < limit
            && text.at(start) == b'"'
            && let Some(next) = next_part(text, start)
        {
            start = skip(next, limit);
        }
        at = text.word_end(start);
        let word = text.slice(start..at);
        if !is_any(word, &["OR", "REPLACE", "TEMPORARY", "SYSTEM"]) || at > limit {
            return behind_stray_sign(text, start).unwrap_or(start..at);
        }
    }
}

/// The object behind a sign that stands before it by mistake: `CREATE ,TABLE`.
fn behind_stray_sign(text: &Text<'_>, sign: usize) -> Option<Range<usize>> {
    let start = text.skip_space(sign + 1);
    let word = start..text.word_end(start);
    (b",=:;.)>".contains(&text.at(sign)) && is_any(text.slice(word.clone()), OBJECTS)).then_some(word)
}

/// The mark that nothing but blanks stands before on the line of a position, and that others may have, too.
fn mark_before<'a>(text: &Text<'a>, at: usize) -> Option<&'a [u8]> {
    let before = text.slice(line_start(text, at)..at).trim_ascii();
    let length = before.iter().take_while(|byte| b"*/+->|#".contains(byte)).count();
    (1..=2).contains(&length).then(|| &before[..length]).filter(|mark| *mark != b"/*")
}

/// The first position behind blanks, comments and the same mark on other lines.
fn skip_marked(text: &Text<'_>, from: usize, limit: usize, mark: &[u8]) -> usize {
    let mut at = text.skip_space(from);
    while at < limit {
        let next = match text.at(at) {
            b'\r' | b'\n' => {
                let line = text.skip_space(at + 1);
                line + if text.has(line, mark) { mark.len() } else { 0 }
            }
            b'\\' if matches!(text.at(at + 1), b'n' | b'r' | b't') => at + 2,
            _ => match text.comment(at) {
                // In a string, a line ends in an escape.
                Some((end, true)) if text.at(at + 1) != b'*' => {
                    memchr::memmem::find(text.slice(at..end), b"\\n").map_or(end, |escape| at + escape)
                }
                Some((end, true)) => end,
                _ => break,
            },
        };
        at = text.skip_space(next);
    }
    at
}

/// Whether what is created or altered is called by a misspelt word that begins here and nearly is that of another object
/// than a connection; its name has to follow.
pub(crate) fn is_misspelt(text: &Text<'_>, start: usize) -> bool {
    let word = name(text, start);
    let known = text.slice(word.clone());
    if known.len() < 2 && !known.first().is_some_and(u8::is_ascii_alphabetic)
        || is_any(known, &["CONNECTION"])
        || is_noun(known)
        || is_glued(known)
    {
        return false;
    }
    let end = match is_nearly(known) {
        true => word.end,
        false => match split(text, word) {
            Some(end) => end,
            None => return false,
        },
    };
    let next = skip_gap(text, end, end + LONGEST_GAP);
    let behind = text.slice(name(text, next));
    match text.at(next) {
        b'`' | b'"' => true,
        _ => {
            !behind.is_empty()
                && !is_any(behind, &["WITH", "SET", "RESET", "COMMENT", "RENAME", "AS"])
                && !is_noun(behind)
        }
    }
}

/// The name that begins here, or the first of it.
fn name(text: &Text<'_>, start: usize) -> Range<usize> {
    start..start + text.ahead(start, LONGEST).iter().take_while(|byte| is_name(**byte)).count()
}

fn is_nearly(word: &[u8]) -> bool {
    if !word.is_ascii() {
        let folded = Folded::of(word);
        let folded = folded.as_bytes();
        return folded.is_ascii() && (is_any(folded, OBJECTS) || is_nearly(folded));
    }
    let two = |known: &&str| {
        known.len() >= TWO_EDITS
            && word.len().abs_diff(known.len()) <= 2
            && within_two_edits(&word.to_ascii_uppercase(), known.as_bytes())
    };
    word.len() >= 4 && LONG.iter().any(|known| is_keyword(word, known) || two(known))
}

/// The end of a word into which a blank got.
fn split(text: &Text<'_>, first: Range<usize>) -> Option<usize> {
    let second = first.end + 1..text.word_end(first.end + 1);
    let length = first.len() + second.len();
    if !is_blank(text.at(first.end)) || second.is_empty() || !(4..=12).contains(&length) {
        return None;
    }
    let joined = [text.slice(first), text.slice(second.clone())].concat();
    is_any(&joined, LONG).then_some(second.end)
}

#[cfg(test)]
mod tests {
    use crate::expect::redacted_for_good as check;

    #[test]
    fn options_of_misspelt_objects_are_no_connections() {
        for object in [
            "TABEL",
            "TALBE",
            "CATLOG",
            "CTAALOG",
            "MODLE",
            "FUNCITON",
            "T ABLE",
            "MOD EL",
            "TA\u{ad}BLE",
            "ТABLE",
        ] {
            for (verb, list) in [("ALTER", "SET"), ("CREATE", "WITH")] {
                let text = |value| {
                    format!(
                        "{verb} {object} shop {list} ('type' = 'jdbc', 'topic' = 'a b', 'token' = '{value}');"
                    )
                };
                check(&text("made-up"), &text("<REDACTED>"));
            }
        }
    }

    #[test]
    fn what_a_comment_says_before_an_object_is_no_option() {
        for (head, line) in [("", ""), ("-", "-"), (" * ", " * "), ("{\"q\": \"", "")] {
            let text = |value: &str| {
                let escaped = head.starts_with('{');
                let next = if escaped { "\\n" } else { "\n" };
                format!(
                    "{head}CREATE -- 'password' = '{value}'{next}{line}TOOL t USING CONNECTION c WITH ('type' = 'mcp');{}",
                    if escaped { "\"}" } else { "" }
                )
            };
            check(&text("made-up"), &text("<REDACTED>"));
        }
    }

    #[test]
    fn a_name_of_a_connection_is_no_object() {
        check(
            "CREATE modell WITH ('type' = 'rest', 'username' = 'made-up')",
            "CREATE modell WITH ('type' = 'rest', 'username' = '<REDACTED>')",
        );
        check(
            "ALTER STRAEM CONNECTION c SET ('username' = 'made-up')",
            "ALTER STRAEM CONNECTION c SET ('username' = '<REDACTED>')",
        );
    }
}
