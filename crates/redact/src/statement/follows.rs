//! What follows the first words of a statement: whether it is options, and so a CONNECTION statement.

use crate::prose::commented::behind_sign;
use crate::secret::names::nearly_option;
use crate::sql::keyword::{is_keyword, statement_begins};
use crate::sql::lex::{Text, is_blank, is_name, quote_length, separator};
use crate::statement::comments::before_block_comment;
use crate::statement::continues::continues;
use crate::statement::listbegin::{
    begins_list, is_entry, is_slip, opens_widely, sets_pair, skip_to_sign, starts_pair,
};
use crate::statement::recognise::is_any;
use crate::statement::resync;
use crate::statement::sentences::{PROSE, apostrophe, is_small, reads_on};
use crate::statement::strange;
use crate::statement::written::swallows_statement;
use crate::wrapping::interrupted;
use crate::wrapping::lines::line_start;
use crate::wrapping::strings::joint;

/// How long the name of what is set may be.
const LONGEST_NAME: usize = 96;

/// Skips white space, comments, and the wrapping that may stand between words: escaped line breaks, marks of lines,
/// encoded blanks.
pub(crate) fn skip_gap(text: &Text<'_>, from: usize, limit: usize) -> usize {
    let mut at = from;
    while at < limit {
        let next = text.skip_blank(at);
        // In the next of strings that are put together.
        if let Some(part) = joint(text, next).filter(|_| at > from) {
            at = part;
            continue;
        }
        let line_start = next > 0 && text.at(next - 1) == b'\n' || (next > 1 && text.at(next - 2) == b'\n');
        at = match (text.at(next), text.at(next + 1), text.at(next + 2)) {
            (b'\\', b'n' | b't' | b'r' | b'\n', _) => next + 2,
            (b'\\', b'`' | b'"' | b'\\', _) => next + 1,
            // As histories of shells for SQL have it.
            (b'\\', b'0', b'1' | b'4') if text.at(next + 3).is_ascii_digit() => next + 4,
            // As TeamCity has it.
            (b'|', b'n' | b'r', _) if !line_start => next + 2,
            (b'%', b'2', b'0') | (b'%', b'0', b'A' | b'a' | b'D' | b'd') => next + 3,
            (b'+' | b'>' | b'|' | b'#' | b'!', ..) if line_start => next + 1,
            (b'-', b'\'' | b'"' | b'`' | b'(' | b'=' | b',', _) if line_start => next + 1,
            (b'+', ..) => next + 1,
            _ => match text.comment(next) {
                Some(_) if let Some(next) = behind_sign(text, from, next) => next,
                Some((end, closed)) => {
                    let line = text.slice(next..end);
                    // In a string of JSON, a line ends in `\n`.
                    let line_break = (text.at(next + 1) != b'*').then(|| memchr::memmem::find(line, b"\\n"));
                    let end = line_break.flatten().map_or(end, |offset| next + offset);
                    // What looks like a comment may be a slip of the pen that hides the options.
                    match !closed || holds_options(text.slice(next..end)) {
                        true => next + 2,
                        false => end,
                    }
                }
                None => return next,
            },
        };
    }
    at
}

/// Whether a comment may hold options: a sign, and what stands around names and lists.
fn holds_options(comment: &[u8]) -> bool {
    comment.contains(&b'=') && comment.iter().any(|byte| b"'\"`([{".contains(byte) || *byte >= 0x80)
}

/// Whether `WITH (`, `SET (` or the like follows within a few words.
pub(crate) fn has_list(text: &Text<'_>, from: usize, words: usize) -> bool {
    let mut at = from;
    let mut remark = false;
    for _ in 0..words {
        let before = at;
        at = skip_gap(text, at, from + 4096);
        if is_other(text, from, before, at) {
            return false;
        }
        let quoted = matches!(text.at(at), b'`' | b'"').then(|| text.literal(at)).flatten();
        if let Some(literal) = quoted {
            if !literal.closed || literal.end - at > 256 || text.slice(at..literal.end).contains(&b'\n') {
                at += 1;
            } else {
                at = literal.end;
            }
            continue;
        }
        if text.at(at) == b'(' {
            return is_entry(text, at + 1);
        }
        if let Some(end) = placeholder(text, at) {
            at = end;
            continue;
        }
        // Names in other scripts are words, too.
        let end = match text.at(at) {
            0x80.. if quote_length(text, at) == 0 => {
                at + text.ahead(at, 64).iter().take_while(|byte| is_name(**byte)).count()
            }
            _ => text.word_end(at),
        };
        if end == at {
            // The quote before a remark may be lost.
            let quote = remark && text.at(at) == b'\'';
            if !quote && !matches!(text.at(at), b'.' | b'-' | b'`' | b'"' | b'[' | b']') {
                return false;
            }
            at += 1;
            continue;
        }
        let word = text.slice(at..end);
        let next = skip_gap(text, end, from + 4096);
        let sign = text.at(next);
        if is_list_word(word) && text.at(at - 1) != b'.' && begins_list(text, next)
            || matches!(sign, b'\'' | b'"') && is_list_word(word) && is_entry(text, end)
            || sign == b'\'' && is_keyword(word, "COMMENT")
        {
            return true;
        }
        // It is looked at by itself.
        if is_any(word, &["CONNECTION"]) {
            return false;
        }
        remark |= is_any(word, &["COMMENT"]);
        at = end;
    }
    false
}

/// The end of what stands for a name in a template: `{name}`, `${name}`.
pub(crate) fn placeholder(text: &Text<'_>, at: usize) -> Option<usize> {
    let open = at + usize::from(text.at(at) == b'$');
    if text.at(open) != b'{' {
        return None;
    }
    let open = open + text.ahead(open, 2).iter().take_while(|byte| **byte == b'{').count();
    let start = text.skip_space(open);
    let length = text.ahead(start, 64).iter().take_while(|byte| is_name(**byte)).count();
    let close = text.skip_space(start + length);
    let ends = text.ahead(close, 2).iter().take_while(|byte| **byte == b'}').count();
    (length > 0 && ends > 0).then_some(close + ends)
}

/// Whether something else begins at `at`, on another line than `before`.
fn is_other(text: &Text<'_>, name: usize, before: usize, at: usize) -> bool {
    text.slice(before..at).contains(&b'\n') && resync::begins_other(text, at) && !continues(text, name, at)
}

/// Whether a semicolon that stands before this ends a statement, and is no slip of the pen.
fn ends_here(text: &Text<'_>, from: usize) -> bool {
    let word = text.skip_blank(from);
    let end = text.word_end(word);
    let open = text.skip_blank(end);
    if is_any(text.slice(word..end), &["WITH", "SET"]) && text.at(open) == b'(' && is_entry(text, open + 1) {
        return false;
    }
    let next = text.skip_space(from);
    matches!(text.at(next), 0 | b'\n' | b'\r' | b'"' | b'\\') || statement_begins(text, next)
}

pub(crate) fn is_list_word(word: &[u8]) -> bool {
    ["WITH", "SET", "RESET"].iter().any(|known| is_keyword(word, known))
}

/// Whether the last word of this is one that a list stands behind.
pub(crate) fn ends_with_list_word(before: &[u8]) -> bool {
    is_list_word(before.trim_ascii_end().rsplit(|byte| !is_name(*byte)).next().unwrap_or_default())
}

/// Whether this ends with such a word and the bracket of its list.
pub(crate) fn ends_with_list_head(before: &[u8]) -> bool {
    let mut before = before.trim_ascii_end();
    while let Some(head) = before_block_comment(before) {
        before = head;
    }
    before.strip_suffix(b"(").is_some_and(ends_with_list_word)
}

/// Whether a list with an entry begins in a text.
fn holds_list(text: &[u8]) -> bool {
    memchr::memchr_iter(b'(', text).any(|open| {
        ends_with_list_word(&text[..open]) && text[open + 1..].trim_ascii_start().starts_with(b"'")
    })
}

/// Whether a list in braces stands here, of which `before` may be the first words, and no record of a log.
pub(crate) fn opens_document(text: &Text<'_>, at: usize, before: &[u8]) -> bool {
    let open = text.skip_space(at + 1);
    let key = text.ahead(open + 1, 40);
    let key = &key[..key.iter().take_while(|byte| is_name(**byte)).count()];
    text.at(at) == b'{' && ends_with_list_word(before) && (text.at(open) != b'"' || nearly_option(key))
}

/// Whether anything that could be a literal follows CONNECTION, before the statement ends.
pub(crate) fn has_options(text: &Text<'_>, from: usize) -> bool {
    let mut at = skip_gap(text, from, from + 4096);
    // A column of a table.
    if text.at(at) == b',' && matches!(text.at(at + 1), b',' | b'"') {
        return false;
    }
    let prose = is_any(text.slice(at..text.word_end(at)), PROSE);
    // Nothing but a list or an entry shows that it is a statement.
    let mut doubtful = prose || is_small(text, from) || reads_on(text, at);
    let mut literals = 0;
    let mut remark = false;
    let mut renamed = false;
    // Nobody says this but in a statement.
    let exists = |at: usize| {
        let next = text.skip_space(text.word_end(at));
        is_any(text.slice(at..text.word_end(at)), &["IF"])
            && is_any(text.slice(next..text.word_end(next)), &["NOT", "EXISTS"])
    };
    let said = at;
    for token in 0..32 {
        let before = at;
        // A comment that has no end may hold anything.
        let next = text.skip_blank(at);
        remark |=
            text.comment(next).is_some_and(|(end, closed)| !closed || swallows_statement(text, next..end));
        at = skip_gap(text, at, from + 4096);
        if at > from + 4096 {
            return !doubtful;
        }
        if (prose && text.slice(before..at).contains(&b'\n')) || is_other(text, from, before, at) {
            return (literals > 0 || remark) && !doubtful;
        }
        match text.at(at) {
            0 => return (literals > 0 || remark) && !doubtful || remark && exists(said),
            b';' if renamed || ends_here(text, at + 1) => return (literals > 0 || remark) && !doubtful,
            b'(' => {
                let near = text.slice(at..at + 512);
                let near = &near[..memchr::memchr(b')', near).unwrap_or(near.len())];
                // Something else may stand between its lines.
                let line = text.skip_space(at + 1);
                if interrupted::goes_on(text, line + usize::from(text.at(line) == b'\r')) {
                    return true;
                }
                let listed = if doubtful { is_entry(text, at + 1) } else { starts_pair(text, at + 1) };
                if listed || (!doubtful && near.iter().any(|byte| b"'\"`=".contains(byte))) {
                    return true;
                }
                at += 1;
            }
            b'\'' if let Some(end) = apostrophe(text, at) => {
                doubtful = true;
                at = end;
            }
            b'\'' | b'"' | b'`' => {
                let name = token == 0 || (text.at(at) == b'`' && literals == 0);
                let Some(literal) = text.literal(at) else { return false };
                let content = text.slice(literal.content.clone());
                if text.at(at) == b'`' && (content.len() > 128 || content.contains(&b'(')) {
                    // A backtick without a partner.
                    at += 1;
                    continue;
                }
                // A quote without a partner.
                if ends_with_list_head(content) || holds_list(content) || !literal.closed && doubtful {
                    at += 1;
                    continue;
                }
                if !literal.closed {
                    return true;
                }
                literals += usize::from(!name);
                let sign = skip_to_sign(text, literal.end);
                let told = || doubtful && text.at(sign) == b':' && !nearly_option(content);
                if (separator(text, sign) > sign && !told()) || (literals > 0 && !doubtful) {
                    return true;
                }
                doubtful |= name && reads_on(text, at);
                at = literal.end;
            }
            byte if is_name(byte) => {
                let end = text.word_end(at).max(at + 1);
                let word = text.slice(at..end);
                let next = skip_gap(text, end, from + 4096);
                let quote = matches!(text.at(next), b'\'' | b'"' | b'`');
                // A quote may stand for the bracket.
                let opens =
                    || is_blank(text.at(next + 1)) || text.at(next + 1) == b'(' || is_entry(text, next);
                if is_list_word(word)
                    && (quote && (!doubtful || opens())
                        || is_slip(text, next)
                        || begins_list(text, next)
                        || opens_widely(text, next)
                        || strange::opens(text, next)
                        || sets_pair(text, word, next))
                    || quote && is_keyword(word, "COMMENT")
                {
                    return true;
                }
                // It is looked at by itself.
                if is_any(word, &["CREATE", "ALTER"])
                    && is_any(text.slice(next..text.word_end(next)), &["CONNECTION"])
                {
                    return false;
                }
                remark |= word.eq_ignore_ascii_case(b"COMMENT");
                renamed |= word.eq_ignore_ascii_case(b"RENAME");
                let mut name_end = end;
                while is_name(text.at(name_end)) && name_end - at < 64 {
                    name_end += 1;
                }
                let sign = text.skip_blank(name_end);
                if separator(text, sign) > sign && nearly_option(text.slice(at..name_end)) {
                    return true;
                }
                at = name_end;
            }
            _ => at += 1,
        }
    }
    false
}

/// Whether a statement and the line of the comment that it stands in end together, and the next line is none.
pub(crate) fn ends_comment(text: &Text<'_>, start: usize, end: usize) -> bool {
    let line = line_start(text, start);
    let before = text.slice(line..start).trim_ascii_end();
    text.at(end - 1) == b';'
        && matches!(text.at(end), b'\r' | b'\n')
        && before.ends_with(b"--")
        && !before.starts_with(b"-")
        && !text.slice(start..end).contains(&b'\n')
        && !text.has(text.skip_blank(end), b"--")
}

/// Whether something is set without quotes: `SET name=`.
pub(crate) fn sets(text: &Text<'_>, at: usize) -> bool {
    let word = text.word_end(at);
    let name = text.skip_blank(word);
    let end = name + text.ahead(name, LONGEST_NAME).iter().take_while(|byte| is_name(**byte)).count();
    text.slice(at..word).eq_ignore_ascii_case(b"SET")
        && end > name
        && name > word
        && text.at(text.skip_space(end)) == b'='
}
