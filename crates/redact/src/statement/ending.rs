//! What ends a statement.
//!
//! A well-formed statement has ended only if nothing behind it could be the rest of a literal; a broken one ends where
//! something else clearly begins.

use crate::prose;
use crate::prose::commented::{comment_over, open_comment};
use crate::secret::shape::is_odd_word;
use crate::sql::keyword::{is_verb_of_sql, statement_begins};
use crate::sql::lex::{Text, is_blank, is_name, is_word, quote_length};
use crate::statement::around::opens_angle;
use crate::statement::continues::continues;
use crate::statement::enclosed::{closes_around, closes_text_block, ends_call, punctuation};
use crate::statement::follows::{ends_comment, sets};
use crate::statement::future::{Across, Future, OtherQuotes};
use crate::statement::listend::{Listed, end_of_list, goes_on, goes_on_wrapped, listed};
use crate::statement::resync::{begins_other, ends_starred, held_statement, is_timestamp};
use crate::statement::sentences::apostrophe;
use crate::statement::unclosed::closes_soon;
use crate::wrapping::lines::{behind_alike, is_outdented, line_start};

/// How far the beginning of a statement is looked at.
const STATEMENT: usize = 160;
/// How far the next lines are looked at.
pub(crate) const LOOK: usize = 4096;

/// Whether what follows a statement on its line shows that the statement really ended there.
///
/// If a quote had been lost, its partner would stand there. What stands behind the beginning of another statement says
/// nothing, and is not looked at: else each statement of a long line would look at all of it.
pub(crate) fn ends_clean(text: &Text<'_>, start: usize, end: usize) -> bool {
    if ends_comment(text, start, end) {
        return true;
    }
    if goes_on_wrapped(text, start, end) {
        return false;
    }
    // The end of the comment that all of it stands in.
    if text.has(text.skip_blank(end), b"*/") && open_comment(text, start).is_some() {
        return true;
    }
    let mut end = end;
    let around = start.checked_sub(1).map_or(0, |before| text.at(before));
    if text.at(end) >= 0x80 && around >= 0x80 {
        end += quote_length(text, end);
    }
    // The end of what a log writes around a value.
    let last = || text.at(end - 1) == b';' && matches!(text.at(end + 1), 0 | b'\r' | b'\n');
    end += usize::from(text.at(end) == b')' && (around == b'(' || last()));
    end += usize::from(text.at(end) == b'>' && opens_angle(text.slice(line_start(text, start)..start)));
    end += punctuation(text, end);
    // A literal of Ruby or Elixir, and the end of the call that it stands in.
    if matches!((around, text.at(end)), (b'{', b'}') | (b'[', b']') | (b'|', b'|')) {
        end += 1 + usize::from(text.at(end + 1) == b')');
    }
    let first = text.at(end);
    if let Some(behind) = closes_text_block(text, start, end) {
        end = behind;
    } else if matches!(around, b'\'' | b'"' | b'`') && first == around {
        end += 1;
        // A raw string of Rust.
        let marks =
            text.slice(start.saturating_sub(9)..start - 1).iter().rev().take_while(|byte| **byte == b'#');
        end += Some(marks.count())
            .filter(|marks| text.ahead(end, *marks).iter().all(|byte| *byte == b'#'))
            .unwrap_or(0);
        // The end of a string of JSON, and the beginning of what comes next.
        if around == b'"' && matches!(text.at(end), b',' | b'}' | b']') {
            return true;
        }
        // The end of a call.
        end += usize::from(around != b'\'' && text.at(end) == b')');
    } else if closes_around(text, start, end) {
        let line_end = text.find_either([b'\n'; 2], end, LOOK);
        return line_end.is_none_or(|line_end| !closes_soon(text, line_end));
    } else if matches!(first, b'\'' | b'"' | b'`') {
        return false;
    }
    let first = text.at(end);
    let ended = text.at(end - 1) == b';';
    if is_word(first) {
        return statement_begins(text, end) || ended && (is_verb_of_sql(text, end) || sets(text, end));
    }
    let remark = ended && text.comment(end).is_some();
    let message = around == b'\'' && text.at(end - 1) == around && text.has(end, b": ");
    let quiet = is_blank(first) || b"\"'`)]},;\\<|\0".contains(&first) || remark || message;
    if end < text.len() && !quiet {
        return false;
    }
    // A call may end behind it, of which it is an argument.
    let mut depth = i32::from(around == b',');
    let mut quotes = 0_usize;
    let mut at = end;
    let mut before = 0;
    let mut remark = false;
    let other = loop {
        let byte = text.at(at);
        match (byte, text.at(at + 1)) {
            (b'\n', _) => break false,
            _ if at >= text.len() => break false,
            (b'/', b'*')
                if let Some((behind, true)) = text.comment(at)
                    && (!text.slice(at..behind).contains(&b'\n')
                        || comment_over(text, end, at + 2) == Some(behind)) =>
            {
                at = behind;
                continue;
            }
            (b'=', b'>') if matches!(text.at(text.skip_space(at + 2)), b'\'' | b'"' | b'`') => return false,
            (b'*', b'/') | (b'/', b'*') => return false,
            (b'-', b'-') => remark = true,
            // An apostrophe in a comment.
            (b'\'', next) if remark && is_word(before) && is_word(next) => {}
            (b'\'', _) if apostrophe(text, at).is_some() => {}
            (b'\'', _) => quotes += 1,
            (b'(' | b')', _) if remark && ended => {}
            (b'(', _) => depth += 1,
            (b')', _) => depth -= 1,
            _ if byte.is_ascii_alphabetic() && !is_name(before) && statement_begins(text, at) => break true,
            _ => {}
        }
        if depth < 0 {
            return quotes == 0 && ends_call(text, start, at);
        }
        before = byte;
        at += 1;
    };
    quotes.is_multiple_of(2) && (other || !closes_soon(text, at))
}

/// Whether what stands before a quote is what stands before literals.
pub(crate) fn opens(text: &Text<'_>, quote: usize) -> bool {
    quote == 0 || is_blank(text.at(quote - 1)) || b"(=,:$[{".contains(&text.at(quote - 1))
}

/// A broken statement, from where its name should stand to where it ends.
pub(crate) struct Region {
    pub(crate) from: usize,
    pub(crate) end: usize,
    /// Its list, if only what stands before that is broken.
    pub(crate) list: Option<Listed>,
}

impl Region {
    /// That of the statement at `start`, behind `from`: up to the end of its list if that is whole.
    pub(crate) fn of(text: &Text<'_>, start: usize, from: usize) -> Self {
        let list = listed(text, start, from);
        let end = list.as_ref().map_or_else(|| region_end(text, start, from, false), |list| list.end);
        Self { from, end, list }
    }

    /// Where the rest of a statement ends; `inside` of a list, the first quote ends a literal, if nothing opens it.
    pub(crate) fn end_of_rest(text: &Text<'_>, from: usize, inside: bool) -> usize {
        let quote = || text.find_either([b'\''; 2], from, LOOK);
        let cut = inside && quote().is_some_and(|quote| quote > from && !opens(text, quote));
        listed(text, from, from).map_or_else(|| region_end(text, from, from, cut), |list| list.end)
    }
}

/// Where the comment ends that begins with a statement, before another one or the end of the line.
fn comment_end(text: &Text<'_>, start: usize) -> Option<usize> {
    if !text.slice(start.saturating_sub(STATEMENT)..start).trim_ascii_end().ends_with(b"/*") {
        return None;
    }
    let end = start + memchr::memmem::find(text.ahead(start, LOOK), b"*/")?;
    let next = text.skip_space(end + 2);
    (matches!(text.at(next), 0 | b'\r' | b'\n' | b';') || statement_begins(text, next)).then_some(end)
}

/// Where a broken statement ends behind `from`, or the comment that begins with it.
fn region_end(text: &Text<'_>, start: usize, from: usize, cut: bool) -> usize {
    broken_end(text, from, cut).min(comment_end(text, start).unwrap_or(usize::MAX))
}

/// Where a broken statement ends: before a line that clearly begins something else, at an end sign that no lost quote
/// can reach over, or with the text. `cut`: it begins inside of a literal.
fn broken_end(text: &Text<'_>, from: usize, cut: bool) -> usize {
    let mut at = from;
    let mut quotes = usize::from(cut);
    let mut future = Future::from(from);
    let mut across = Across::default();
    let mut others = OtherQuotes::from(from);
    let mut last = from;
    loop {
        let rest = text.slice(at..text.len());
        let Some(next) = memchr::memchr3(b'\n', b';', b'\'', rest).map(|offset| at + offset) else {
            return text.end();
        };
        at = next + 1;
        match text.at(next) {
            b'\'' => {
                quotes += 1;
                if let Some(end) = end_of_list(text, from, last..next)
                    && !future.closes(text, end)
                {
                    return end;
                }
                last = next;
                across.see(text, next);
            }
            b'\n'
                if (begins_other(text, at) || is_entry(text, from, at) || ends_starred(text, from, at))
                    && !continues(text, from, at)
                    && !across.reach(text, next) =>
            {
                match comment_over(text, from, next) {
                    Some(end) => at = end,
                    None => return next,
                }
            }
            b'\n' if !across.holds(next) => {
                if let Some(verb) = held_statement(text, at) {
                    if let Some(end) = comment_over(text, from, next) {
                        at = end;
                        continue;
                    }
                    // The line may begin with the rest of this one.
                    let head = text.slice(at..verb).trim_ascii_end();
                    let value = matches!(head.trim_ascii_start(), [b'=' | b',', ..]);
                    let list = if value { memchr::memmem::find(head, b");") } else { None };
                    let open = !matches!(text.slice(from..next).trim_ascii_end(), [.., b')' | b';']);
                    match memchr::memchr(b'\'', head) {
                        None if !value && open && ends_odd(head) => return verb,
                        None if !value => return next,
                        None if let Some(end) = list => return at + end + 2,
                        _ if matches!(head.last(), Some(b')' | b';')) => return verb,
                        _ => {}
                    }
                }
            }
            b';' => {
                let space = text.skip_space(at);
                let line = if text.at(space) == b'\r' { space + 1 } else { space };
                let before = text.slice(from..next).trim_ascii_end();
                let listed = before.ends_with(b")");
                let ended = listed && quotes.is_multiple_of(2);
                if text.at(line) == b'\n' || line >= text.len() {
                    let alone = || is_end_alone(text, next);
                    let mut ends = || !goes_on(text, at) && !future.closes(text, at);
                    let quiet = ended && (is_quiet(text, line) || alone()) && ends();
                    if quiet && !across.reach(text, line) && comment_over(text, from, next).is_none() {
                        return at;
                    }
                } else if (ended && closes_text(text, from, next, at) && !future.closes(text, at))
                    || (quotes.is_multiple_of(2)
                        && (statement_begins(text, space) || listed && is_verb_of_sql(text, space))
                        && !others.are_open(text, next)
                        && !((!listed || is_doubled(before)) && future.closes(text, at)))
                    || !quotes.is_multiple_of(2)
                        && statement_begins(text, space)
                        && is_paired(text, before, at)
                        && !(is_doubled(before) && future.closes(text, at))
                {
                    match comment_over(text, from, next) {
                        Some(end) => at = end,
                        None => return at,
                    }
                }
            }
            _ => {}
        }
    }
}

/// Whether a line begins with the service or the time that the line of `from` begins with: it is an entry of the same log.
fn is_entry(text: &Text<'_>, from: usize, line: usize) -> bool {
    behind_alike(text, from, line).is_some_and(|end| {
        let prefix = text.slice(line..end).trim_ascii_end();
        let service = || prefix.first().is_some_and(u8::is_ascii_alphanumeric) && prefix.ends_with(b" |");
        service() || prefix.split(|byte| is_blank(*byte)).skip(1).any(is_timestamp)
    })
}

/// Whether a text is one word that nobody would write, and the end of a list.
fn ends_odd(head: &[u8]) -> bool {
    let word = head.trim_ascii_start();
    let length = word.iter().position(|byte| is_blank(*byte) || b"();".contains(byte)).unwrap_or(word.len());
    is_odd_word(&word[..length]) && matches!(word[length..].trim_ascii(), b")" | b");" | b";")
}

/// Whether a list ends behind a quote, and what follows it on its line has all its quotes: the one too many or too few stands before.
fn is_paired(text: &Text<'_>, before: &[u8], behind: usize) -> bool {
    let list = before.strip_suffix(b")").unwrap_or_default().trim_ascii_end();
    let line = text.find_either([b'\n'; 2], behind, LOOK).unwrap_or(text.len().min(behind + LOOK));
    let rest = text.slice(behind..line);
    list.ends_with(b"'") && line < behind + LOOK && memchr::memchr_iter(b'\'', rest).count().is_multiple_of(2)
}

/// Whether a list ends behind a quote that is written twice: both may stand for one in a literal.
fn is_doubled(before: &[u8]) -> bool {
    let list = before.strip_suffix(b")").unwrap_or(before).trim_ascii_end();
    list.strip_suffix(b"''")
        .is_some_and(|value| value.last().is_some_and(|byte| !is_blank(*byte) && !b"=:(,".contains(byte)))
}

/// Whether the quotes stand here that end the text block or raw string in which the statement of the name at `from` begins,
/// and nothing that a value could go on with. Behind an end on a line by itself, other signs end a text, too.
pub(crate) fn closes_text(text: &Text<'_>, from: usize, end: usize, at: usize) -> bool {
    if (text.at(at) >= 0x80 || b"]\"`)}".contains(&text.at(at))) && is_end_alone(text, end) {
        return true;
    }
    let quote = text.at(at);
    let count = text.ahead(at, 4).iter().take_while(|byte| **byte == quote).count();
    let opened = || memchr::memchr_iter(quote, text.slice(line_start(text, from)..from)).count() % 2 == 1;
    matches!(quote, b'"' | b'`' | b'\'')
        && (count == 3 || (count == 1 && quote != b'\'' && opened()))
        && matches!(text.at(at + count), 0 | b' ' | b'\r' | b'\n' | b')' | b',' | b';')
}

/// Whether a line holds nothing but the end of a list, up to a semicolon.
fn is_end_alone(text: &Text<'_>, semicolon: usize) -> bool {
    let line = text.slice(line_start(text, semicolon)..semicolon).trim_ascii();
    matches!(line, b")" | b"()" | b"))")
}

/// Whether the line behind a line break could follow a statement: an empty one, a new beginning, a sentence.
fn is_quiet(text: &Text<'_>, line_break: usize) -> bool {
    let line = line_break + 1;
    let start = text.skip_space(line);
    let first = text.at(start);
    matches!(first, 0 | b'\n' | b'\r')
        || begins_other(text, line)
        || is_outdented(text, line_break)
        || (first.is_ascii_alphanumeric() && prose::is_harmless(text.slice(start..text.line_end(start))))
}

#[cfg(test)]
mod tests {
    use crate::expect::redacted as check;

    /// The search for the end went back to that of the comment, for ever.
    #[test]
    fn a_blank_in_the_sign_that_ends_a_comment_stops_nothing() {
        check("w',/** / 'pikey'='');With */", "'<REDACTED>' 'pikey'='');With */");
    }

    #[test]
    fn a_statement_does_not_end_before_a_line_that_ends_it_and_begins_another() {
        check(
            "ALTER CONNECTION c\nSET ('token' = 'made-up') CREATE TEMPORARY /**/ CONNECTION d WITH ('x' = 'made-up')",
            "ALTER CONNECTION c\nSET ('token' = '<REDACTED>') CREATE TEMPORARY /**/ CONNECTION d WITH ('x' = '<REDACTED>')",
        );
        check(
            "x -c \"ALTER CONNECTION c SET ('token' = 'made-up\nmade-up'); create connection d with ('token' = 'made-up');\"",
            "x -c \"ALTER CONNECTION c SET ('token' = '<REDACTED>'\n); create connection d with ('token' = '<REDACTED>');\"",
        );
        check(
            "ALTER CONNECTION c SET ('token' = 'made-up\nGET /?q=ALTER%20CONNECTION%20d%20SET%20%28%27x%27%3D%27made-up%27%29\n",
            "ALTER CONNECTION c SET ('token' = '<REDACTED>'\nGET /?q=ALTER%20CONNECTION%20d%20SET%20%28%27x%27%3D%27<REDACTED>%27%29\n",
        );
        check(
            "ALTER CONNECTION c SET ('token' = 'made-up\nq=ALTER%20CONNECTION%20d%20SET%20%28%27x%27%3D%27made-up%27%29\n",
            "ALTER CONNECTION c SET ('token' = '<REDACTED>'\nq=ALTER%20CONNECTION%20d%20SET%20%28%27x%27%3D%27<REDACTED>%27%29\n",
        );
        check(
            r#"at "CREATE CONNECTION c WITH ('token'='{\nmade-up'); create connection d with ('token'='made-up')""#,
            r#"at "CREATE CONNECTION c WITH ('token'='<REDACTED>'\n); create connection d with ('token'='<REDACTED>')""#,
        );
    }

    #[test]
    fn what_is_open_does_not_end_before_a_statement() {
        check(
            "CREATE CONNECTION c WITH ('token' = made; SELECT made-up')",
            "CREATE CONNECTION c WITH ('token' = '<REDACTED>')",
        );
        check(
            "CREATE CONNECTION' IF /* \"secret\": \"made-up\"*/ NOT EXISTS c WITH ('type'='rest')",
            "CREATE CONNECTION' IF /* <REDACTED>*/ NOT EXISTS '<REDACTED>' WITH ('type'='rest')",
        );
        check(
            "CREATE CONNECTION c WITH ('token' = 'a'; CREATE CONNECTION d WITH ('token' = 'made-up')",
            "CREATE CONNECTION c WITH ('token' = '<REDACTED>'; CREATE CONNECTION d WITH ('token' = '<REDACTED>')",
        );
    }
}
