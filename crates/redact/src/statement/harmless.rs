//! Statements of other kinds that hide nothing: on one line, written as the manual has them, with names that say nothing.
//! In a log nearly all are like that, and to look for what may be wrong with them takes longer.

use crate::secret::issuers::is_known_token;
use crate::seen::Seen;
use crate::sql::lex::{Text, is_name, is_word};
use crate::statement::recognise::is_any;
use crate::wrapping::lines::line_start;
use std::ops::Range;

/// How long it may be.
const LONGEST: usize = 1024;

/// What stands between a name and its value.
const SIGN: &[u8] = b"' = '";

/// What is made so in a log.
const NOUNS: &[&str] = &["TABLE", "MODEL", "TOOL", "VIEW", "FUNCTION", "AGENT"];

/// The entries of the statement that begins at `start`, whose first word ends at `verb`; `None` if there is any doubt.
pub(crate) fn entries(text: &Text<'_>, start: usize, verb: usize, seen: &mut Seen) -> Option<Range<usize>> {
    let rest = text.slice(verb..verb + LONGEST);
    let noun = rest.strip_prefix(b" ")?;
    let noun = &noun[..noun.iter().position(|byte| !is_word(*byte))?];
    if !is_any(noun, NOUNS) {
        return None;
    }
    let head = &rest[..memchr::memchr(b'\'', rest)?];
    let opens = head.ends_with(b" WITH (") || head.ends_with(b" WITH(");
    // A statement in a string is read without that.
    let line = text.slice(line_start(text, start)..start);
    if !opens || !are(head, HEAD) || memchr::memchr2(b'\'', b'"', line).is_some() {
        return None;
    }
    let mut at = head.len();
    loop {
        let name = at + 1..at + 1 + rest[at + 1..].iter().position(|byte| !is_name(*byte))?;
        let value = rest[name.end..].strip_prefix(SIGN)?;
        let value = &value[..memchr::memchr(b'\'', value)?];
        let is_odd = !are(value, VALUE) || is_known_token(value);
        if is_odd || !seen.listed.says_nothing(text, verb + name.start..verb + name.end) {
            return None;
        }
        at = name.end + SIGN.len() + value.len() + 1;
        match rest[at..] {
            [b',', b' ', b'\'', ..] => at += 2,
            [b')', b'\n', ..] | [b')', b';', b'\n', ..] => return Some(verb + head.len()..verb + at),
            _ => return None,
        }
    }
}

/// Of what each byte may be a part: of what stands before a list, in names, types and between them; of a value.
const CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut byte = b' ';
    while byte <= b'~' {
        let is_of_head = byte.is_ascii_alphanumeric()
            || matches!(byte, b'_' | b' ' | b',' | b'.' | b'(' | b')' | b'`' | b'<' | b'>');
        let is_of_value = !matches!(byte, b'"' | b'`' | b'\\');
        classes[byte as usize] = if is_of_head { HEAD } else { 0 } | if is_of_value { VALUE } else { 0 };
        byte += 1;
    }
    classes
};
const HEAD: u8 = 1;
const VALUE: u8 = 2;

/// Whether all bytes are of a class.
fn are(bytes: &[u8], class: u8) -> bool {
    bytes.iter().fold(class, |all, byte| all & CLASSES[usize::from(*byte)]) != 0
}

#[cfg(test)]
mod tests {
    use crate::redact;
    use proptest::prelude::*;

    const BEFORE: [&str; 6] = ["", "2026-01-02 INFO sql ", "{\"q\": \"", "x=`", "'", "SET 'a' = 'b'; "];
    const HEADS: [&str; 5] = [
        "TABLE t (a INT, `token` STRING)",
        "MODEL m INPUT (a INT)",
        "TOOL t",
        "VIEW password",
        "TABLE `a.b`",
    ];
    const NAMES: [&str; 8] =
        ["connector", "topic", "api-key", "apik-ey", "auth.tokn", "username", "Made7Up4Made9Up2", ""];
    const VALUES: [&str; 8] = [
        "kafka",
        "made up",
        "sk-made7up4made9up2m",
        "https://u:made-up@h.example/",
        "a\\",
        "",
        "it''s",
        "a=b",
    ];
    const BEHIND: [&str; 6] =
        [")\n", ");\n", ")", ")\n  'password' = 'made-up'\n", ");\\n\"}\n", ") -- made-up\n"];

    proptest! {
        /// A second blank is enough for a look at all of it.
        #[test]
        fn what_is_passed_over_hides_nothing(
            before in prop::sample::select(&BEFORE[..]),
            head in prop::sample::select(&HEADS[..]),
            entries in prop::collection::vec((0..NAMES.len(), 0..VALUES.len()), 1..4),
            behind in prop::sample::select(&BEHIND[..]),
        ) {
            let entry = |(name, value): &(usize, usize)| format!("'{}' = '{}'", NAMES[*name], VALUES[*value]);
            let entries = entries.iter().map(entry).collect::<Vec<_>>().join(", ");
            let text = format!("{before}CREATE {head} WITH ({entries}{behind}made up\n");
            let slowly = redact(&text.replace("CREATE ", "CREATE  ")).replace("CREATE  ", "CREATE ");
            prop_assert_eq!(redact(&text), slowly);
        }
    }

    #[test]
    fn a_statement_that_hides_nothing_stays() {
        let text = "INFO CREATE TABLE t (a INT) WITH ('connector' = 'kafka', 'topic' = 'a');\nINFO done\n";
        assert_eq!(redact(text), text);
    }
}
