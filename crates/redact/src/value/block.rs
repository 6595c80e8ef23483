//! Values of YAML that are more than a word: those on the lines below their name, in blocks, `password: |`, or without, and those that
//! are all of their line.

use crate::edit::{Edits, Rule};
use crate::prose::{former, is_common};
use crate::secret::shape::is_odd_word;
use crate::sql::lex::{Text, is_blank, is_name, separator};
use crate::value::harmless::is_no_secret;
use crate::wrapping::lines::line_start;
use std::ops::Range;

/// How many lines a block has at most, and how long one is.
const LINES: usize = 256;
const LONGEST_LINE: usize = 4096;

/// Masks the lines of the value of a name behind whose colon a block begins at `start`, or nothing stands. Returns their end.
pub(crate) fn mask(text: &Text<'_>, name: &Range<usize>, start: usize, edits: &mut Edits) -> Option<usize> {
    let line = text.find_either([b'\n'; 2], name.end, LONGEST_LINE)?;
    let head = text.slice(name.end..line).trim_ascii();
    let head = head.strip_prefix(b"\"").or_else(|| head.strip_prefix(b"'")).unwrap_or(head);
    let block = match head.strip_prefix(b":").map(<[u8]>::trim_ascii) {
        Some([]) => false,
        Some([b'|' | b'>', signs @ ..]) if signs.iter().all(|sign| b"+-123456789".contains(sign)) => true,
        _ => return None,
    };
    let first = line_start(text, name.start);
    // The mark of a diff, and that of an entry.
    let mark = text.at(first);
    let marked = usize::from(b"+- ".contains(&mark));
    let indent = text.slice(first + marked..name.start);
    let indent = indent.strip_suffix(b"\"").or_else(|| indent.strip_suffix(b"'")).unwrap_or(indent);
    if !indent.iter().all(|byte| matches!(byte, b' ' | b'-')) {
        return None;
    }
    let lines = lines(text, line, (mark, marked, indent.len()));
    // Without a sign, only one odd word is a value: rather a name stands there.
    let single = |range: &Range<usize>| {
        let said = text.slice(range.clone());
        let quoted = matches!(said, [b'"', .., b'"'] | [b'\'', .., b'\'']);
        !said.iter().any(|byte| is_blank(*byte))
            && (quoted || is_odd_word(said) && separator(text, range.end - 1) == range.end - 1)
    };
    let below = lines.len() == 1 && start >= line && lines.iter().all(single);
    if !block && !below {
        return None;
    }
    for line in &lines {
        if !is_no_secret(text.slice(line.clone())) {
            edits.mask(line.clone(), Rule::SecretOption);
        }
    }
    Some(lines.last().map_or(line, |line| line.end))
}

/// The end of a value of several words that begins behind a colon, the name with which an entry begins, and its indentation.
pub(crate) fn scalar_end(text: &Text<'_>, name: &Range<usize>, sign: Range<usize>) -> Option<usize> {
    if !text.slice(sign.clone()).strip_prefix(b":")?.ends_with(b" ") {
        return None;
    }
    let before = text.slice(line_start(text, name.start)..name.start);
    let indent = before.iter().take_while(|byte| b" +-".contains(byte)).count();
    let word = before[indent..].trim_ascii_end();
    let is_entry = !before.is_empty() && (word.is_empty() || former::is_said(word));
    if !is_entry {
        return None;
    }
    let line = text.find_either([b'\n'; 2], sign.end, LONGEST_LINE).unwrap_or(sign.end + LONGEST_LINE);
    let said = text.slice(sign.end..line);
    let remark =
        [&b" #"[..], b" //", b" --"].into_iter().filter_map(|sign| memchr::memmem::find(said, sign)).min();
    let said = said[..remark.unwrap_or(said.len())].trim_ascii_end();
    // Code, and another pair.
    let odd = |byte: &u8| b"\"'`{}[]()=;<>\\".contains(byte);
    let label = |word: &[u8]| word.ends_with(b":") && word.iter().any(|byte| is_name(*byte));
    let words = said.split(|byte| is_blank(*byte));
    let plain = !said.ends_with(b",") && !said.iter().any(odd) && !words.clone().any(label);
    (plain && words.count() > 1 && !is_common(said)).then_some(sign.end + said.len())
}

/// What the lines behind a line break say that are indented further than a name, behind the mark that each begins with.
fn lines(text: &Text<'_>, from: usize, (mark, marked, own): (u8, usize, usize)) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut line = from;
    for _ in 0..LINES {
        let begin = line + 1;
        let end =
            text.find_either([b'\n'; 2], begin, LONGEST_LINE).unwrap_or(text.len().min(begin + LONGEST_LINE));
        let start = text.skip_space(begin + marked);
        let same = marked == 0 || text.at(begin) == mark;
        if start < end && text.at(start) != b'\r' {
            if !same || start - begin <= own + marked {
                break;
            }
            found.push(start..start + text.slice(start..end).trim_ascii_end().len());
        }
        if text.at(end) != b'\n' {
            break;
        }
        line = end;
    }
    found
}

#[cfg(test)]
mod tests {
    use crate::expect::redacted_for_good as check;

    #[test]
    fn what_stands_below_a_name_is_masked() {
        for (text, masked) in [
            (
                "db:\n  password: |\n    made\n    up\n  host: a.example\n",
                "db:\n  password: |\n    <REDACTED>\n    <REDACTED>\n  host: a.example\n",
            ),
            ("+  token: >-\n+    made-up\n+  n: x\n", "+  token: >-\n+    <REDACTED>\n+  n: x\n"),
            ("api-key:\n  m4d3up7qz\nhost: a.example\n", "api-key:\n  <REDACTED>\nhost: a.example\n"),
            ("db:\n  password: made up words # a\n  n: x\n", "db:\n  password: <REDACTED> # a\n  n: x\n"),
            ("- old token: made up words\n- n: x\n", "- old token: <REDACTED>\n- n: x\n"),
        ] {
            check(text, masked);
        }
        for text in
            ["password:\n  minimum: 8\n", "credentials:\n  - vault\n  - file\n", "token: |\nhost: x\n"]
        {
            check(text, text);
        }
    }
}
