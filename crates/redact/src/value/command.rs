//! Names of secrets in commands that take them without a sign: `setx TOKEN "…"`, `gh secret set TOKEN --body "…"`, and where
//! SQL says what users are identified by.

use crate::edit::{Edits, QUOTED_MASK, Rule};
use crate::sql::lex::{Text, is_word};
use crate::statement::recognise::is_any;
use crate::value::harmless::is_no_secret;
use crate::value::values::bare_end;
use std::ops::Range;

/// How many words and names stand before what a user is identified by, and how far that is looked for.
const MOST_WORDS: usize = 16;
const LONGEST: usize = 1024;

/// Whether what stands before a name sets it to what follows.
pub(crate) fn sets(before: &[u8]) -> bool {
    ends_with(before, b"setx") || ends_with(before, b"configure set") || ends_with(before, b"#define")
}

/// Whether what stands before `pass:` says that a password follows, as `openssl` has it.
pub(crate) fn takes_password(before: &[u8]) -> bool {
    [&b"-passin"[..], b"-passout", b"-pass"].iter().any(|flag| ends_with(before, flag))
}

/// Where the value begins that the command gets for a secret: `gh secret set NAME --body "…"`.
pub(crate) fn body(text: &Text<'_>, before: &[u8], end: usize) -> Option<usize> {
    if !ends_with(before, b"secret set") {
        return None;
    }
    let flag = text.skip_space(end);
    let behind = [&b"--body"[..], b"-b"].into_iter().find(|known| text.has(flag, known))?.len() + flag;
    Some(text.skip_space(behind + usize::from(text.at(behind) == b'=')))
}

/// Whether a tool for secrets stands before its `set`.
pub(crate) fn is_secret_tool(text: &Text<'_>, floor: usize, set: usize) -> bool {
    text.slice(floor..set).ends_with(b"gh secret ")
}

/// Whether a text ends with these words, and a blank behind them.
fn ends_with(before: &[u8], words: &[u8]) -> bool {
    let said = before.trim_ascii_end();
    said.len() < before.len()
        && said.len() >= words.len()
        && said[said.len() - words.len()..].eq_ignore_ascii_case(words)
        && !said[..said.len() - words.len()].last().is_some_and(|byte| is_word(*byte))
}

/// Masks what a user is identified by: `CREATE USER u IDENTIFIED BY '…'`; `made` is where the word ends that says so.
/// Returns its end.
pub(crate) fn identified(text: &Text<'_>, made: usize, edits: &mut Edits) -> Option<usize> {
    let word = |from: usize| {
        let start = text.skip_blank(from);
        start..text.word_end(start)
    };
    let is = |range: &Range<usize>, known: &[&str]| is_any(text.slice(range.clone()), known);
    if !is(&word(made), &["USER", "ROLE", "OR", "DATABASE", "PUBLIC"]) {
        return None;
    }
    let mut at = made;
    for _ in 0..MOST_WORDS {
        let next = word(at);
        if is(&next, &["IDENTIFIED"]) {
            let mut by = word(next.end);
            if is(&by, &["WITH"]) {
                by = word(word(by.end).end);
            }
            let mut value = text.skip_blank(by.end);
            let password = word(by.end);
            if is(&password, &["PASSWORD", "VALUES"]) {
                value = text.skip_blank(password.end);
            }
            if !is(&by, &["BY", "AS"]) {
                return None;
            }
            let spelt = text.slice(by) == b"BY";
            return mask_literal(text, value, spelt, edits);
        }
        at = match text.at(next.start) {
            b'\'' | b'"' | b'`' => text.literal(next.start).filter(|name| name.closed)?.end,
            b'@' | b'%' | b'.' => next.start + 1,
            _ => next.end,
        };
        if at == next.start || at > made + LONGEST {
            return None;
        }
    }
    None
}

/// Masks the literal that stands here, or a `bare` word; returns its end.
fn mask_literal(text: &Text<'_>, start: usize, bare: bool, edits: &mut Edits) -> Option<usize> {
    let quote = text.at(start);
    let (range, content) = match quote {
        b'\'' => {
            let literal = text.literal(start).filter(|literal| literal.closed)?;
            (literal.start..literal.end, literal.content)
        }
        b'"' => {
            let end = text.find_either([quote, b'\n'], start + 1, LONGEST)?;
            (start..end + 1, start + 1..end)
        }
        _ if bare => {
            let end = bare_end(text, start);
            let word = text.slice(start..end);
            let end = start + word.strip_suffix(b";").unwrap_or(word).len();
            (start..end, start..end)
        }
        _ => return None,
    };
    if is_no_secret(text.slice(content.clone())) {
        return None;
    }
    match quote {
        b'\'' => edits.push(range.clone(), QUOTED_MASK, Rule::SecretOption),
        _ => edits.mask(content, Rule::SecretOption),
    }
    Some(range.end)
}

#[cfg(test)]
mod tests {
    use crate::expect::redacted as check;

    #[test]
    fn what_users_are_identified_by_is_masked() {
        for (text, masked) in [
            ("CREATE USER u IDENTIFIED BY 'made''up';", "CREATE USER u IDENTIFIED BY '<REDACTED>';"),
            (
                "ALTER USER 'u'@'%' IDENTIFIED WITH x BY \"made up\";",
                "ALTER USER 'u'@'%' IDENTIFIED WITH x BY \"<REDACTED>\";",
            ),
            ("CREATE USER u IDENTIFIED BY made;", "CREATE USER u IDENTIFIED BY <REDACTED>;"),
            ("create user accounts identified by name", "create user accounts identified by name"),
            ("CREATE USER u IDENTIFIED EXTERNALLY;", "CREATE USER u IDENTIFIED EXTERNALLY;"),
        ] {
            check(text, masked);
        }
    }
}
