//! Statements of other kinds that hide nothing: on one line, written as the manual has them, with names that say nothing.
//! In a log nearly all are like that, and to look for what may be wrong with them takes longer.

use crate::secret::issuers::is_known_token;
use crate::seen::Seen;
use crate::sql::lex::Text;
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
    if !is_any(&noun[..run(noun, NAME)], NOUNS) {
        return None;
    }
    let head = &rest[..run(rest, HEAD)];
    // A statement in a string is read without that.
    let line = text.slice(line_start(text, start)..start);
    if !head.ends_with(b" WITH (") && !head.ends_with(b" WITH(")
        || memchr::memchr2(b'\'', b'"', line).is_some()
    {
        return None;
    }
    let mut at = head.len();
    loop {
        let name = rest[at..].strip_prefix(b"'")?;
        let name = &name[..run(name, NAME)];
        let value = rest[at + 1 + name.len()..].strip_prefix(SIGN)?;
        let value = &value[..run(value, VALUE)];
        let start = verb + at + 1;
        if is_known_token(value) || !seen.listed.says_nothing(text, start..start + name.len()) {
            return None;
        }
        at += 1 + name.len() + SIGN.len() + value.len();
        match rest[at..] {
            [b'\'', b',', b' ', ..] => at += 3,
            [b'\'', b')', b'\n', ..] | [b'\'', b')', b';', b'\n', ..] => {
                return Some(verb + head.len()..verb + at + 1);
            }
            _ => return None,
        }
    }
}

/// Of what each byte may be a part: of what stands before a list (names, types and what is between them), of a name, of a value.
const CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut byte = b' ';
    while byte <= b'~' {
        let word = byte.is_ascii_alphanumeric() || byte == b'_';
        let head = word || matches!(byte, b' ' | b',' | b'.' | b'(' | b')' | b'`' | b'<' | b'>');
        let name = word || matches!(byte, b'.' | b'-');
        let value = !matches!(byte, b'\'' | b'"' | b'`' | b'\\');
        classes[byte as usize] =
            if head { HEAD } else { 0 } | if name { NAME } else { 0 } | if value { VALUE } else { 0 };
        byte += 1;
    }
    classes
};
const HEAD: u8 = 1;
const NAME: u8 = 2;
const VALUE: u8 = 4;

/// With how many bytes of a class a text begins.
fn run(text: &[u8], class: u8) -> usize {
    text.iter().position(|byte| CLASSES[usize::from(*byte)] & class == 0).unwrap_or(text.len())
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
