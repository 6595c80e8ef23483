//! Comments between the parts of a statement.

use crate::edit::{Edits, Rule};
use crate::prose;
use crate::prose::commented::behind_sign;
use crate::sql::lex::{Text, last_word};
use crate::statement::marked::skip_marked;
use crate::statement::recognise::is_any;
use crate::statement::words::{is_noun, is_verb};
use lockkeeper_model::MASK;
use std::ops::Range;

/// How far the last of some comments begins behind what they follow.
const LONGEST_GAP: usize = 1024;

/// Masks what a comment says, unless it is harmless.
pub(crate) fn scrub_comment(text: &Text<'_>, comment: Range<usize>, edits: &mut Edits) {
    if text.conflict_mark(comment.start).is_some() {
        return;
    }
    let whole = text.slice(comment.clone());
    let block = whole.starts_with(b"/*");
    let content = comment.start + 2..if block && whole.ends_with(b"*/") && whole.len() >= 4 {
        comment.end - 2
    } else {
        comment.end
    };
    let body = text.slice(content.clone());
    let mut lines = body.split(|byte| *byte == b'\n');
    if lines.all(|line| [b"", MASK.as_bytes()].contains(&line.trim_ascii())) || prose::is_common(body) {
        return;
    }
    // It was read before, from the first word to the last.
    let said = content.start + (body.len() - body.trim_ascii_start().len())
        ..content.end - (body.len() - body.trim_ascii_end().len());
    let mut inside = edits.as_slice().iter().rev().take_while(|edit| edit.range.start >= said.start);
    if inside.clone().last().is_some_and(|first| first.range.start == said.start)
        && inside.next().is_some_and(|last| last.range.end == said.end)
    {
        return;
    }
    // Each line by itself, so that there are as many.
    let mut start = content.start;
    for line in body.split(|byte| *byte == b'\n') {
        let lead = line.len() - line.trim_ascii_start().len();
        edits.mask(start + lead..start + lead + line.trim_ascii().len(), Rule::ConnectionText);
        start += line.len() + 1;
    }
}

/// Masks what the comment says that begins at `sign`, if it stands between the misspelt verb of a statement and its noun. Returns its
/// end.
pub(crate) fn mask_behind_verb(
    text: &Text<'_>,
    floor: usize,
    sign: usize,
    edits: &mut Edits,
) -> Option<usize> {
    let verb = last_word(text.slice(floor..sign).trim_ascii_end());
    if !is_verb(verb) || is_any(verb, &["CREATE", "ALTER"]) {
        return None;
    }
    let (end, _) = text.comment(sign).filter(|(_, closed)| *closed)?;
    let noun = skip_marked(text, end);
    is_noun(text.slice(noun..text.word_end(noun))).then(|| {
        scrub_comment(text, sign..end, edits);
        end
    })
}

/// What stands before the comment between signs with which a text ends.
pub(crate) fn before_block_comment(said: &[u8]) -> Option<&[u8]> {
    let comment = said.ends_with(b"*/").then(|| memchr::memmem::rfind(said, b"/*"))??;
    Some(said[..comment].trim_ascii_end())
}

/// What stands before the comment that reaches to the end of the last line of a text which has ended.
pub(crate) fn before_line_comment(text: &[u8]) -> Option<&[u8]> {
    let said = text.trim_ascii_end();
    memchr::memchr(b'\n', &text[said.len()..])?;
    let line = memchr::memrchr(b'\n', said).map_or(0, |end| end + 1);
    let comment = memchr::memmem::find(&said[line..], b"--")?;
    Some(said[..line + comment].trim_ascii_end())
}

/// Skips white space and comments, but those that begin with two slashes: elsewhere than in a statement, a URL has them.
pub(crate) fn skip_comments(text: &Text<'_>, from: usize) -> usize {
    skip_comments_if(text, from, |at| text.at(at + 1) != b'/')
}

/// Skips white space and comments, also those that begin with two slashes.
pub(crate) fn skip_all_comments(text: &Text<'_>, from: usize) -> usize {
    skip_comments_if(text, from, |_| true)
}

fn skip_comments_if(text: &Text<'_>, from: usize, is_one: impl Fn(usize) -> bool) -> usize {
    let mut at = text.skip_blank(from);
    while at < from + LONGEST_GAP {
        at = match text.comment(at) {
            Some(_) if let Some(next) = behind_sign(text, from, at) => text.skip_blank(next),
            Some((end, true)) if is_one(at) => text.skip_blank(end),
            _ => break,
        };
    }
    at
}

/// Masks what comments say between a name and its value.
pub(crate) fn scrub_comments(text: &Text<'_>, range: Range<usize>, edits: &mut Edits) {
    let mut at = range.start;
    while at < range.end {
        // In a string, a comment ends with the escape of the line break.
        let escaped = || memchr::memmem::find(text.slice(at..range.end), b"\\n").map(|end| (at + end, true));
        let comment = text.comment(at);
        let line = comment.is_some_and(|(end, _)| end > range.end) && text.at(at + 1) != b'*';
        // Behind a line break that was lost, it goes on.
        let cut = || Some((at + text.slice(at..range.end).trim_ascii_end().len(), true));
        match if line { escaped().or_else(cut) } else { comment } {
            Some((end, true)) if end <= range.end => {
                scrub_comment(text, at..end, edits);
                at = end;
            }
            _ => at += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::redact;

    #[test]
    fn a_comment_behind_a_masked_key_is_masked() {
        for (comment, masked) in
            [("/* was made-up */", "/* <REDACTED> */"), ("-- was made-up\n", "-- <REDACTED>\n")]
        {
            let text = |key: &str, comment: &str, value: &str| {
                format!("ALTER CONNECTION c SET ('{key}' {comment} = '{value}', 'x' = '{value}')")
            };
            let shown = text("<REDACTED>", masked, "<REDACTED>");
            assert_eq!(redact(&text("tX20NWPoP07axvpl", comment, "made-up")), shown);
        }
    }
}
