//! Recognises where a CONNECTION statement begins, however its first words are written.

use crate::prose::commented::begins_commented;
use crate::secret::names::Folded;
use crate::sql::keyword::is_keyword;
use crate::sql::lex::{Text, is_blank, is_name, is_word};
use crate::statement::arguments::is_flag;
use crate::statement::comments::skip_comments;
use crate::statement::follows::{has_list, has_options, skip_gap};
use crate::statement::objects::is_misspelt;
use crate::statement::words::{is_glued, is_noun, is_verb};
use crate::wrapping::records::Records;
use crate::wrapping::view::View;
use std::ops::Range;

/// Other things that are created and altered.
pub(crate) const OBJECTS: &[&str] = &[
    "AGENT",
    "AGGREGATE",
    "CATALOG",
    "COLLECTION",
    "CONNECTOR",
    "DATABASE",
    "EXTENSION",
    "FUNCTION",
    "INDEX",
    "MATERIALIZED",
    "MODEL",
    "POLICY",
    "PROCEDURE",
    "ROLE",
    "SCHEMA",
    "SEQUENCE",
    "SOURCE",
    "SINK",
    "STREAM",
    "TABLE",
    "TABLES",
    "TOOL",
    "TOPIC",
    "TRIGGER",
    "TYPE",
    "UNIQUE",
    "USER",
    "VIEW",
];

/// Which part of what may be the first words of a statement most of them stand in.
const FIRST_PART: usize = 2;

/// How many words and signs stand at most between IF and a list: NOT EXISTS, a name of three parts, the word before the list.
const CLAUSE: usize = 8;

/// What was done is told, and not to be done.
const TOLD: &[&str] = &["CREATED", "CREATES", "CREATING", "ALTERED", "ALTERS", "ALTERING"];

/// Words before CONNECTION that make a statement which holds no secrets.
const OTHER_VERBS: &[&str] = &["USING", "SHOW", "DROP", "DESCRIBE", "DESC", "VALIDATE", "EXPLAIN"];

/// Where a CONNECTION statement begins that the word is part of, and where its name should stand.
pub(crate) fn statement_around(
    text: &Text<'_>,
    floor: usize,
    start: usize,
    end: usize,
) -> Option<(usize, usize)> {
    let word = text.slice(start..end);
    if is_verb(word) || is_noun(word) || is_glued(word) {
        let encoded = first_words(
            |part| View::of_encoded(text, floor, start, part),
            |view, inner| {
                let word = view.position(start);
                statement_from(inner, 0, word, inner.word_end(word))
            },
        );
        if let Some(found) = encoded {
            return found;
        }
    }
    if let Some(found) = statement_from(text, floor, start, end) {
        return Some(found);
    }
    // Among its first words there may be line breaks and quotes that are encoded, and marks of lines.
    let uses = || word_before(text, floor, start).is_some_and(|(a, b)| is_any(text.slice(a..b), OTHER_VERBS));
    if !is_verb(word) && (!is_noun(word) || uses()) {
        return None;
    }
    let glimpse = |part| View::glimpse(text, start, part);
    let found = first_words(glimpse, |view, inner| statement_from(inner, 0, 0, view.position(end)));
    if let Some(found) = found.flatten() {
        return Some(found);
    }
    let records = if is_verb(word) { Records::of(text, start) } else { None }?;
    let view = View::of_records(text, start, records);
    let (start, name) = statement_from(&view.text(), 0, 0, view.position(end))?;
    Some((view.source(start), view.source(name)))
}

/// Reads the first words of a statement in a copy, of a part of them if that is enough; `None` if there is no copy.
fn first_words(
    copy: impl Fn(usize) -> Option<View>,
    read: impl Fn(&View, &Text<'_>) -> Option<(usize, usize)>,
) -> Option<Option<(usize, usize)>> {
    for part in [FIRST_PART, 1] {
        let view = copy(part)?;
        let inner = view.text();
        let found = read(&view, &inner);
        if inner.is_settled() {
            return Some(found.map(|(start, name)| (view.source(start), view.source(name))));
        }
    }
    None
}

fn statement_from(text: &Text<'_>, floor: usize, start: usize, end: usize) -> Option<(usize, usize)> {
    let word = text.slice(start..end);
    if word.len() < 4 || (word.len() > 32 && word.is_ascii()) {
        return None;
    }
    if word.len() > 12 && is_glued(word) {
        if names_step(text, floor, start..end) {
            return None;
        }
        // A name in code, also that of a function.
        let is_name = word.iter().any(|byte| b"-_.".contains(byte)) || text.at(end) == b'(';
        let begins = if is_name { has_list(text, end, 8) } else { has_options(text, end) };
        return begins.then_some((start, end));
    }
    if is_verb(word) {
        return from_verb(text, start, end).filter(|(_, name)| is_made(text, floor, start, *name));
    }
    if is_noun(word) {
        let mut at = start;
        for _ in 0..6 {
            let Some((before, after)) = word_before(text, floor, at) else { break };
            let previous = text.slice(before..after);
            let glued = previous.len() > 9
                && ["TEMPORARY", "REPLACE"]
                    .iter()
                    .any(|word| previous.to_ascii_uppercase().ends_with(word.as_bytes()));
            if (is_verb(previous) && !is_any(previous, TOLD)) || glued {
                let is_one = has_options(text, end) && is_made(text, floor, before, end);
                return is_one.then_some((before, end));
            }
            if let Some((first, _)) = word_before(text, floor, before)
                && after - first <= 8
                && is_verb(&[text.slice(first..before).trim_ascii_end(), previous].concat())
            {
                return has_options(text, end).then_some((first, end));
            }
            if is_any(previous, OTHER_VERBS) {
                return None;
            }
            if !["OR", "REPLACE", "TEMPORARY", "TEMP", "SYSTEM"]
                .iter()
                .any(|known| is_keyword(previous, known))
            {
                break;
            }
            at = before;
        }
        if word.len() > 10 && word.to_ascii_uppercase().ends_with(b"NS") {
            return None;
        }
        return has_list(text, end, 16).then_some((start, end));
    }
    None
}

/// Whether a word that looks like two is the name of a step or job: all that is said behind a colon, `name:
/// create-connection`.
fn names_step(text: &Text<'_>, floor: usize, word: Range<usize>) -> bool {
    let before = text.slice(floor..word.start).trim_ascii_end();
    let joined = text.slice(word.clone()).iter().any(|byte| b"-_.".contains(byte));
    joined
        && before.len() < word.start - floor
        && matches!(before, [.., b':'] | [b'-'])
        && matches!(text.at(text.skip_space(word.end)), b'\r' | b'\n' | 0)
}

/// Whether a statement makes or changes a connection, and does not show how it is made.
fn is_made(text: &Text<'_>, floor: usize, verb: usize, name: usize) -> bool {
    let shown = word_before(text, floor, verb).is_some_and(|(a, b)| is_any(text.slice(a..b), &["SHOW"]));
    !shown || has_list(text, name, 8)
}

/// Whether a word is one of some, in any case.
pub(crate) fn is_any(word: &[u8], words: &[&str]) -> bool {
    // Letters are the same in any case if they differ in that bit.
    let differ = |known: &str| known.bytes().zip(word).fold(0, |all, (a, b)| all | (a ^ b)) & !(b'a' ^ b'A');
    words.iter().any(|known| known.len() == word.len() && differ(known) == 0)
}

fn from_verb(text: &Text<'_>, start: usize, end: usize) -> Option<(usize, usize)> {
    let mut at = end;
    let mut unknown = None;
    for _ in 0..6 {
        // The word was that of a program, and not of SQL: `create --sql "…"`, `create name --sql $'…'`.
        if is_flag(text, text.skip_blank(at)) {
            return None;
        }
        // A comment is skipped as it stands where the statement goes on behind it.
        let behind = skip_comments(text, at);
        let word = text.slice(behind..text.word_end(behind));
        let goes_on = is_noun(word) || ["REPLACE", "TEMPORARY"].iter().any(|known| is_keyword(word, known));
        at = if goes_on { behind } else { skip_gap(text, at, start + 4096) };
        if text.has(at, b"--") && text.comment(at).is_none() {
            return None;
        }
        let word_end = text.word_end(at);
        let mut name_end = at;
        while is_name(text.at(name_end)) && name_end - at < 64 && !text.has(name_end, b"--") {
            name_end += 1;
        }
        let word = text.slice(at..name_end);
        if let Some(end) = split_noun(text, at, name_end) {
            return has_options(text, end).then_some((start, end));
        }
        if is_noun(word) || is_glued(word) {
            // Words between the two are those of a sentence.
            let told = unknown.is_some()
                && text.slice(start..name_end).iter().all(|byte| !byte.is_ascii_uppercase());
            let begins = if told { has_list(text, name_end, 8) } else { has_options(text, name_end) };
            return begins.then_some((start, name_end));
        }
        // A short word with other letters that look the same.
        if !word.is_ascii() && Folded::of(word).as_bytes() == b"or" {
            at = name_end;
            continue;
        }
        // Another verb: the statement begins there, unless it is CREATE OR ALTER.
        let or = text.slice(start..at).trim_ascii_end().to_ascii_uppercase().ends_with(b"OR");
        if is_any(word, OBJECTS) || (is_any(word, &["CREATE", "ALTER"]) && !or) {
            return None;
        }
        if unknown.is_none() && is_misspelt(text, at) {
            return None;
        }
        // The word between is lost.
        if is_any(word, &["IF"]) && has_list(text, word_end, CLAUSE) {
            return Some((start, at));
        }
        if word_end == at
            && matches!(text.at(at), b'\\' | b'"' | b'`' | b'$' | b'#' | b'-' | b'/' | b'*' | b',' | b')')
        {
            at += 1;
            continue;
        }
        if word_end == at {
            break;
        }
        if !["OR", "REPLACE", "TEMPORARY", "TEMP", "SYSTEM"].iter().any(|known| is_keyword(word, known)) {
            unknown = unknown.or(Some(name_end));
        }
        at = word_end;
    }
    if let Some(name) = behind_comment(text, end) {
        return Some((start, name));
    }
    // No kind that we know: a misspelt CONNECTION, if options follow. What a remark says goes on on no other line.
    let line = || text.slice(start..text.line_end(start));
    let remark = || begins_commented(text, start) && memchr::memchr2(b'(', b'\'', line()).is_none();
    unknown.filter(|name| has_list(text, *name, 3) && !remark()).map(|name| (start, name))
}

/// Where the name should stand of a statement whose verb a comment follows that seems to swallow what comes next: the
/// line break that ends it was lost, or it has no end.
fn behind_comment(text: &Text<'_>, verb: usize) -> Option<usize> {
    let comment = text.skip_blank(verb);
    let (end, _) = text.comment(comment)?;
    let mut at = comment + 2;
    while at < end.min(comment + 512) {
        let word_end = text.word_end(at);
        let word = text.slice(at..word_end);
        if is_noun(word) && has_options(text, word_end) {
            return Some(word_end);
        }
        if is_any(word, &["WITH", "SET"]) && text.at(text.skip_blank(word_end)) == b'(' {
            return Some(verb);
        }
        at = word_end.max(at + 1);
    }
    None
}

/// The end of CONNECTION where a sign, or white space, got into it.
fn split_noun(text: &Text<'_>, start: usize, middle: usize) -> Option<usize> {
    let sign = (middle..middle + 2).find(|at| is_blank(text.at(*at)) || is_word(text.at(*at)));
    let next = text.skip_blank(sign.unwrap_or(middle + 2)).max(middle + 1);
    let end = text.word_end(next);
    let size = (middle - start) + (end - next);
    if middle == start || end == next || !(9..=11).contains(&size) {
        return None;
    }
    let joined = [text.slice(start..middle), text.slice(next..end)].concat();
    is_keyword(&joined, "CONNECTION").then_some(end)
}

/// The word before a position, over white space and comments.
fn word_before(text: &Text<'_>, floor: usize, from: usize) -> Option<(usize, usize)> {
    let mut end = from;
    loop {
        while end > floor && is_blank(text.at(end - 1)) {
            end -= 1;
        }
        if end > floor + 1 && text.slice(end - 2..end) == b"*/" {
            end = floor + memchr::memmem::rfind(text.slice(floor..end), b"/*")?;
            continue;
        }
        break;
    }
    let mut start = end;
    while start > floor && is_name(text.at(start - 1)) && end - start < 64 {
        start -= 1;
    }
    (start < end).then_some((start, end))
}

#[cfg(test)]
mod tests {
    use crate::expect::redacted as check;

    #[test]
    fn slips_of_the_pen_before_the_options_do_not_hide_them() {
        check(
            "CREATE CON NECTION c WITH ('token' = 'made-up')",
            "CREATE CON NECTION c WITH ('token' = '<REDACTED>')",
        );
        check(
            "ALTER CONNECTI\nON c SET ('token' = 'made-up')",
            "ALTER CONNECTI\nON c SET ('token' = '<REDACTED>')",
        );
        check(
            "ALTER CONNECTION c; SET ('token' = 'made-up')",
            "ALTER CONNECTION c; SET ('token' = '<REDACTED>')",
        );
        check(
            "ALTER CONNECTION c\nSET 'token' = 'made-up'",
            "ALTER CONNECTION c\nSET 'token' = '<REDACTED>'",
        );
        check(
            "CREATEOR REPLACE CONNECTION c COMMENT key made-up' WITH ('token' = 'made-up')",
            "CREATEOR REPLACE CONNECTION c COMMENT '<REDACTED>' WITH ('token' = '<REDACTED>')",
        );
        check(
            "CREATE CONNECTION `c COMMENT 'key made-up`made-up' WITH ('token' = 'made-up')",
            "CREATE CONNECTION `c COMMENT '<REDACTED>' WITH ('token' = '<REDACTED>')",
        );
        check(
            "create conection \"c with ('usernme' : 'made-up', pasword => \"made-up\")",
            "create conection \"c with ('usernme' : '<REDACTED>', pasword => \"<REDACTED>\")",
        );
        check(
            "CREATECONNECTION\u{200b} c WITH ('token' = 'made-up')",
            "CREATECONNECTION\u{200b} c WITH ('token' = '<REDACTED>')",
        );
    }

    #[test]
    fn a_verb_before_the_verb_begins_nothing() {
        check(
            "-- ALTER\nALTER CONNECTION c SET ('token' = 'made-up', 'x' = 'made-up')",
            "-- ALTER\nALTER CONNECTION c SET ('token' = '<REDACTED>', 'x' = '<REDACTED>')",
        );
    }

    #[test]
    fn sentences_before_a_statement_stay() {
        let text = "CREATE TOOL t USING CONNECTION c WITH ('type' = 'mcp', 'headers' = '<REDACTED>', 'x' = '%y');\n\
             msg=\"connection c is ready\" host=a.example\nALTER CONNECTION c SET ('x' = '<REDACTED>')";
        check(text, text);
    }
}
