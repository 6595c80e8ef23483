//! What a diff puts in the place of the line with which a statement ends: its list goes on there, for the new text.

use crate::anchors::is_anchored;
use crate::edit::{Edit, Edits, Rule};
use crate::seen::Seen;
use crate::sql::keyword::statement_begins;
use crate::sql::lex::Text;
use crate::statement::comments::{scrub_comments, skip_all_comments};
use crate::statement::recognise::statement_around;
use crate::statement::resync::begins_other;
use crate::statement::{plain, stable, written};
use crate::value::listed::look_within;
use crate::wrapping::lines::line_start;
use crate::wrapping::view::View;
use crate::wrapping::{Layer, layer};
use lockkeeper_model::{MASK, OptionKey};
use std::ops::Range;

/// How many lines one may have been replaced by, and how long each is.
const MOST_LINES: usize = 16;
const LONGEST_LINE: usize = 4096;
/// How long a statement may be, with the lines of both texts.
const LONGEST: usize = 1 << 14;

/// Masks what a diff puts in the place of lines with which a statement ends, that of the new text where it begins in both, or values
/// on the lines that replace its last one. Returns its end.
pub(crate) fn mask(text: &Text<'_>, statement: Range<usize>, seen: &mut Seen, edits: &mut Edits) -> usize {
    mask_new(text, &statement, seen, edits).unwrap_or_else(|| mask_replaced(text, statement, edits))
}

/// Masks the statement as the new text of a diff has it, behind where the old one has ended; what stands between is looked at.
fn mask_new(text: &Text<'_>, statement: &Range<usize>, seen: &mut Seen, edits: &mut Edits) -> Option<usize> {
    let ended = statement.end;
    let last = line_start(text, ended.max(statement.start + 1) - 1);
    let in_both = text.at(line_start(text, statement.start)) == b' ' && text.at(last) == b'-';
    if !in_both || !is_replaced(text, ended) {
        return None;
    }
    let mut found = Edits::default();
    let view = View::of_version(text, statement.start, b'-', ended + LONGEST_LINE);
    let end = view.mask(text, &mut found, |inner, found| {
        let (start, name) = statement_around(inner, 0, 0, inner.word_end(0))?;
        Some(stable::mask(inner, 0, start, name, found))
    })?;
    let at = note(text, ended, found.as_slice(), seen, edits);
    (at > ended).then(|| at.max(end))
}

/// Notes what has to be masked behind the end of a statement, and looks at what stands between. Returns up to where all is decided.
fn note(text: &Text<'_>, ended: usize, found: &[Edit], seen: &mut Seen, edits: &mut Edits) -> usize {
    let mut at = ended;
    for edit in found.iter().filter(|edit| edit.range.start >= ended) {
        at = look_at_old(text, at..edit.range.start, seen, edits);
        edits.cover(edit.range.clone(), edit.with, edit.rule);
        at = at.max(edit.range.end);
    }
    at
}

/// Looks at what the old text has in a part of a diff; the lines of the new one belong to the statement. Returns up to where all is
/// decided.
fn look_at_old(text: &Text<'_>, part: Range<usize>, seen: &mut Seen, edits: &mut Edits) -> usize {
    let said = text.slice(part.start..part.end.max(part.start));
    let length = memchr::memmem::find(said, b"\n+").map_or(said.len(), |line| line + 1);
    match length {
        0 => part.start,
        _ => look_within(text, part.start, part.start..part.start + length, &[], seen, edits),
    }
}

/// Masks a statement that begins in both texts of a diff and is well-formed in each of them. Returns its end.
pub(crate) fn read(
    text: &Text<'_>,
    floor: usize,
    start: usize,
    seen: &mut Seen,
    edits: &mut Edits,
) -> Option<usize> {
    if text.at(line_start(text, start)) != b' ' || layer(text, floor, start) != Some(Layer::Marked(b' ')) {
        return None;
    }
    let version = |without: u8| {
        let mut found = Edits::default();
        let view = View::of_version(text, start, without, start + LONGEST);
        let end = view.mask(text, &mut found, |inner, found| written::read(inner, 0, found))?;
        Some((end, found))
    };
    let ((old, noted), (new, also)) = (version(b'+')?, version(b'-')?);
    let ended = old.min(new);
    let mut all: Vec<Edit> = noted.as_slice().iter().chain(also.as_slice()).cloned().collect();
    all.sort_by_key(|edit| edit.range.start);
    all.dedup_by_key(|edit| edit.range.start);
    for edit in all.iter().filter(|edit| edit.range.start < ended) {
        edits.push(edit.range.clone(), edit.with, edit.rule);
    }
    let at = note(text, ended, &all, seen, edits);
    let end = old.max(new).max(at);
    Some(look_at_old(text, at..end, seen, edits).max(end))
}

/// Whether the lines behind a position that an old text has are followed by those of the new one.
fn is_replaced(text: &Text<'_>, from: usize) -> bool {
    let mut line = text.line_end(from) + 1;
    for _ in 0..MOST_LINES {
        match text.at(line) {
            b'-' => line = text.line_end(line) + 1,
            mark => return mark == b'+',
        }
    }
    false
}

fn mask_replaced(text: &Text<'_>, statement: Range<usize>, edits: &mut Edits) -> usize {
    let last = line_start(text, statement.end.max(statement.start + 1) - 1);
    let first = line_start(text, statement.start);
    let (old, new) = match text.at(last) {
        b'-' => (b'-', b'+'),
        b'+' => (b'+', b'-'),
        _ => return statement.end,
    };
    // All of it stands in a diff.
    if first == last || !matches!(text.at(first), b' ' | b'-' | b'+') || text.at(last + 1) == old {
        return statement.end;
    }
    let mut end = statement.end;
    let mut line = text.line_end(end);
    // What stands behind it on its line is looked at by itself.
    if is_anchored(text.slice(end..line)) {
        return end;
    }
    for _ in 0..MOST_LINES {
        let other = || begins_other(text, line + 2) || statement_begins(text, text.skip_space(line + 2));
        if text.at(line) != b'\n' || text.at(line + 1) != new || text.at(line + 2) == new || other() {
            break;
        }
        let next = text.find_either([b'\n'; 2], line + 1, LONGEST_LINE);
        let next = next.unwrap_or(text.len().min(line + LONGEST_LINE));
        // What is not written as it should be is looked at by other rules.
        let line_text = Text::new(text.slice(0..next), true);
        let Some((values, last)) = values(&line_text, line + 2) else { break };
        let mut at = line + 2;
        for Value { content, option } in values {
            scrub_comments(&line_text, at..content.start - 1, edits);
            at = content.end + 1;
            let said = text.slice(content.clone());
            let stays = option.is_some_and(|option| plain::scrub(option, said, content.start, edits));
            if !stays && !content.is_empty() {
                edits.cover(content, MASK, Rule::ConnectionLiteral);
            }
        }
        end = last;
        // Behind the end of the list stands something else.
        if last < next && !text.slice(last..next).trim_ascii().is_empty() {
            break;
        }
        line = next;
    }
    end
}

/// What a literal says that is the value of an option, and which of the plain ones, if it is one.
struct Value {
    content: Range<usize>,
    option: Option<OptionKey>,
}

/// The values of the entries on a line, or the one with which it begins, and where they end; `None` if something else stands there.
fn values(text: &Text<'_>, start: usize) -> Option<(Vec<Value>, usize)> {
    let mut found = Vec::new();
    let (mut at, mut end) = (skip_all_comments(text, start), start);
    while at < text.len() && text.at(at) == b'\'' {
        let first = text.literal(at).filter(|literal| literal.closed)?;
        let sign = skip_all_comments(text, first.end);
        let (option, value) = match text.at(sign) {
            b'=' => {
                let open = skip_all_comments(text, sign + 1);
                let value = text.literal(open).filter(|value| value.closed && text.at(open) == b'\'')?;
                (plain::plain_option(text.slice(first.content)), value)
            }
            _ if found.is_empty() => (None, first),
            _ => return None,
        };
        let behind = skip_all_comments(text, value.end);
        found.push(Value { content: value.content, option });
        match text.at(behind) {
            b',' => (at, end) = (skip_all_comments(text, behind + 1), behind + 1),
            b')' | 0 => {
                end = value.end;
                break;
            }
            _ => return None,
        }
    }
    (!found.is_empty()).then_some((found, end))
}

#[cfg(test)]
mod tests {
    use crate::expect::redacted_for_good as check;

    #[test]
    fn the_line_that_replaces_the_last_one_is_a_part_of_the_statement() {
        for (text, masked) in [
            (
                " ALTER CONNECTION c SET (\n 'type' = 'rest',\n-'x-org' = 'made-up'); SHOW TABLES;\n+'x-org' = 'made-up'); SHOW TABLES;\n x\n",
                " ALTER CONNECTION c SET (\n 'type' = 'rest',\n-'x-org' = '<REDACTED>'); SHOW TABLES;\n+'x-org' = '<REDACTED>'); SHOW TABLES;\n x\n",
            ),
            (
                " ALTER CONNECTION c SET (\n 'x-org' =\n-  /* a */ 'made-up');\n+  /* a */ 'made-up');\n x\n",
                " ALTER CONNECTION c SET (\n 'x-org' =\n-  /* a */ '<REDACTED>');\n+  /* a */ '<REDACTED>');\n x\n",
            ),
        ] {
            check(text, masked);
        }
    }
}
