//! The other half of a diff: what a value that ended in its lines with `-` has become in those with `+`.

use crate::edit::{Edits, Rule};
use crate::sql::lex::Text;
use crate::wrapping::lines::line_start;

/// How many lines the other half may have, and how long they are.
const LINES: usize = 64;
const LONGEST: usize = 1024;

/// Masks the lines with `+` up to the quote that ends a literal, where the value of a name that stands at `name`, on a line that both
/// halves have, ends in one with `-` before `end`. Returns where to go on.
pub(crate) fn mask(text: &Text<'_>, name: usize, end: usize, edits: &mut Edits) -> Option<usize> {
    let last = line_start(text, end.checked_sub(1)?);
    if text.at(last) != b'-' {
        return None;
    }
    // It begins on a line before.
    let masked =
        edits.as_slice().last().is_some_and(|edit| edit.range.end > last && edit.range.start <= last + 1);
    if !masked || name >= last || matches!(text.at(line_start(text, name)), b'-' | b'+') {
        return None;
    }
    let mut line = end;
    // What ends the statement in its first half.
    let next = loop {
        let next = text.find_either([b'\n'; 2], line, LONGEST)?;
        if text.slice(line..next).iter().any(|byte| !b" -'\"),;\r".contains(byte)) {
            return None;
        }
        line = next + 1;
        match text.at(line) {
            b'-' => {}
            b'+' => break line,
            _ => return None,
        }
    };
    line = next;
    for _ in 0..LINES {
        let start = line + 1;
        let stop =
            text.find_either([b'\n'; 2], start, LONGEST).unwrap_or_else(|| text.end().min(start + LONGEST));
        let closes = |quote: &usize| b",);\r\n".contains(&text.at(text.skip_space(quote + 1)));
        let quote = memchr::memchr_iter(b'\'', text.slice(start..stop)).map(|at| start + at).find(closes);
        edits.mask(start..quote.unwrap_or(stop), Rule::SecretOption);
        if quote.is_some() {
            return quote;
        }
        line = stop + 1;
        if text.at(line) != b'+' {
            return Some(stop);
        }
    }
    Some(line)
}

#[cfg(test)]
mod tests {
    use crate::expect::redacted_for_good as check;

    #[test]
    fn both_halves_of_a_value_are_masked() {
        check(
            " SET 'client.auth.token' = 'made\n-up';\n+up as well';\n SHOW TABLES;",
            " SET 'client.auth.token' = '<REDACTED>'\n-;\n+<REDACTED>';\n SHOW TABLES;",
        );
        check(
            " ALTER CONNECTION c SET ('a' = 'b',\n-'api-key' = 'made-up');\n+SET 'pipeline.name' = 'x';\n",
            " ALTER CONNECTION c SET ('a' = '<REDACTED>',\n-'api-key' = '<REDACTED>');\n+SET 'pipeline.name' = 'x';\n",
        );
        let text = " SET 'a' = 'b\n-c';\n+d';\n SHOW TABLES;";
        check(text, text);
    }
}
