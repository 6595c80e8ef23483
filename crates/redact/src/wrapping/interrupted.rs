//! Statements between whose lines a log has put others: their lists go on behind those.

use crate::edit::Edits;
use crate::seen::Seen;
use crate::sql::lex::{Text, is_blank};
use crate::statement::broken;
use crate::statement::comments::skip_comments;
use crate::statement::follows::ends_with_list_word;
use crate::statement::resync::begins_other;
use crate::value::listed::look_within;
use crate::value::rows::begins_entry;

/// How many lines of something else may stand between two of a statement, and how long they are.
const LINES: usize = 4;
const LONGEST: usize = 1024;
/// How long what stands before an entry on its line may be.
const LONGEST_PREFIX: usize = 96;
/// How often a statement may be interrupted.
const TIMES: usize = 64;

/// Masks what follows of a statement that ends at `end` with its list open, and looks at the lines in between. Returns where the
/// statement ends.
pub(crate) fn mask(text: &Text<'_>, end: usize, seen: &mut Seen, edits: &mut Edits) -> usize {
    let mut end = end;
    for _ in 0..TIMES {
        let Some((next, value)) = resumed(text, end) else { break };
        look_within(text, end, end..next, &[], seen, edits);
        end = match text.literal(next).filter(|_| value) {
            Some(value) => broken::mask_from_value(text, value.start..value.end, edits),
            None => broken::mask_rest(text, next, false, None, edits),
        };
    }
    end
}

/// Whether the list goes on that a line has opened which ends at `end`.
pub(crate) fn goes_on(text: &Text<'_>, end: usize) -> bool {
    resumed(text, end).is_some()
}

/// Where the value stands whose sign ends a line, behind others.
pub(crate) fn value_behind(text: &Text<'_>, end: usize) -> Option<usize> {
    resumed(text, end).filter(|(_, value)| *value).map(|(next, _)| next)
}

/// Where a list goes on that is open before the line break at `end`, and whether it does so with a value.
fn resumed(text: &Text<'_>, end: usize) -> Option<(usize, bool)> {
    if text.at(end) != b'\n' {
        return None;
    }
    let before = text.slice(end.saturating_sub(LONGEST)..end).trim_ascii_end();
    let open = before.last().filter(|byte| b"(,='".contains(byte));
    let sign = *open.or_else(|| ends_with_list_word(before).then_some(&b'W'))?;
    let mut line = end;
    for _ in 0..LINES {
        let start = line + 1;
        let other = begins_other(text, start);
        line = text.find_either([b'\n'; 2], start, LONGEST).unwrap_or(text.len());
        let value = matches!(sign, b'=' | b'\'');
        let next = part(text, start, line, sign)
            .filter(|next| other || value && sign != b'=' || is_apart(text, start, *next));
        if let Some(next) = next {
            return Some((next, value));
        }
        // It may begin a list of its own.
        let said = text.slice(start..line);
        let open = memchr::memchr_iter(b'(', said).count() > memchr::memchr_iter(b')', said).count();
        if !other || open || text.at(line) != b'\n' {
            return None;
        }
    }
    None
}

/// Where what comes behind a sign begins on a line, perhaps behind what a log puts before its lines: an entry, a value, behind a
/// name its value with a sign, and behind WITH the bracket.
fn part(text: &Text<'_>, start: usize, line: usize, sign: u8) -> Option<usize> {
    let said = text.slice(start..line.min(start + LONGEST_PREFIX));
    if sign == b'W' {
        let open = said.trim_ascii_end().strip_suffix(b"(")?;
        let apart = open.last().is_some_and(|byte| is_blank(*byte))
            && !open.iter().any(|byte| b"=(\"`{'".contains(byte));
        return apart.then_some(start + open.len());
    }
    let quote = start + memchr::memchr(b'\'', said)?;
    let mut before = text.slice(start..quote);
    if sign == b'\'' {
        before = before.trim_ascii_end().strip_suffix(b"=")?;
    }
    if before.iter().any(|byte| b"=(\"`{".contains(byte))
        || before.last().is_some_and(|byte| !is_blank(*byte))
    {
        return None;
    }
    let ends = || {
        let literal = text.literal(quote).filter(|literal| literal.closed)?;
        matches!(text.at(skip_comments(text, literal.end)), b',' | b')').then_some(())
    };
    match sign {
        b'=' | b'\'' => ends().map(|()| quote),
        _ => begins_entry(text, quote).then_some(quote),
    }
}

/// Whether there is nothing but blanks between two positions.
fn is_apart(text: &Text<'_>, start: usize, end: usize) -> bool {
    text.slice(start..end).iter().all(|byte| is_blank(*byte))
}

#[cfg(test)]
mod tests {
    use crate::expect::redacted_for_good as check;

    #[test]
    fn a_list_goes_on_behind_lines_of_a_log() {
        for other in [
            "2026-03-14 09:12:44 INFO hello",
            "{\"level\":\"info\"}",
            "\tat org.example.Gateway.run(Gateway.java:12)\n\tat org.example.Gateway.run(Gateway.java:13)",
            "@@ -10,3 +10,3 @@",
            "GET /health HTTP/1.1",
        ] {
            for (head, tail) in [
                ("(", "  'api-key' = 'made-up');"),
                ("('type' = 'rest',", "  'api-key' = 'made-up'\n);"),
                ("('type' = 'rest', 'password' =", "  'made-up');"),
            ] {
                let text = |tail: &str| format!("CREATE CONNECTION c WITH {head}\n{other}\n{tail}\nEOF\n");
                check(&text(tail), &text(&tail.replace("made-up", "<REDACTED>")));
            }
        }
        let text = |value: &str| {
            format!("[INFO] CREATE CONNECTION c WITH (\n[ERROR]  'api-key' = '{value}'\n[INFO] )\n")
        };
        check(&text("made-up"), &text("<REDACTED>"));
        let text = "CREATE CONNECTION c WITH (\n2026-03-14 09:12:44 INFO CREATE TABLE t WITH (\n  'connector' = 'jdbc')";
        check(text, text);
    }
}
