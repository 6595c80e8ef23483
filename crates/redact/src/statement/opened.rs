//! Literals and entries that go on: over lines with something before each, or behind words that look like a statement.

use crate::secret::shape::is_odd_word;
use crate::sql::lex::{Text, is_blank, is_word};
use crate::sql::prefix;
use crate::statement::recognise::is_any;
use crate::wrapping::lines::{alike, line_start, said};
use std::ops::Range;

/// How long a private key may be, with what is put before its lines.
const LONGEST_KEY: usize = 16_384;
/// How long the rest of a literal may be that begins with a line.
const LONGEST_OPEN: usize = 1024;
/// The key word before the text of a remark.
const COMMENT: &[u8] = b"COMMENT";
/// How long a literal is that says the first words of a statement and its name.
const LONGEST_MENTION: usize = 128;
/// Words that follow the name in a statement.
pub(crate) const BEHIND_NAME: &[&str] = &["WITH", "SET", "RESET", "COMMENT"];
/// How far before a word it is looked at whether it stands in a value.
const LONGEST_BEFORE: usize = 160;

/// Whether a literal stands here behind a prefix.
pub(crate) fn is_prefixed(text: &Text<'_>, rest: usize, word: &[u8]) -> bool {
    let quote = rest + word.len() + usize::from(text.at(rest + word.len()) == b'&');
    let known = prefix::is_letter(word) || matches!(word, [b'U' | b'u']);
    known && text.at(quote) == b'\''
}

/// Whether the line before ends with the sign behind a quoted name, but for a comment.
pub(crate) fn is_assigned(text: &Text<'_>, line: usize) -> bool {
    before_sign(text, line_start(text, line - 1)).is_some_and(|name| name.ends_with(b"'"))
}

/// What a line says from a position on before the sign that ends it, but for a comment.
pub(crate) fn before_sign<'a>(text: &Text<'a>, from: usize) -> Option<&'a [u8]> {
    said(text, from).trim_ascii_end().strip_suffix(b"=").map(<[u8]>::trim_ascii_end)
}

/// Whether a private key is open before a line.
pub(crate) fn is_in_key(text: &Text<'_>, start: usize, line: usize) -> bool {
    let before = text.slice(start.max(line.saturating_sub(LONGEST_KEY))..line);
    let begin = memchr::memmem::rfind(before, b"-----BEGIN ");
    begin.is_some_and(|begin| memchr::memmem::find(&before[begin..], b"-----END ").is_none())
}

/// Whether a line, or one that follows it with the same before it, ends a literal that is open before it.
pub(crate) fn ends_literal(text: &Text<'_>, first: Range<usize>, line: usize, rest: usize) -> bool {
    if !is_open(text, first.end, line) {
        return false;
    }
    let ends = |quote: usize| {
        let behind = text.skip_space(quote + 1);
        matches!(text.at(behind), 0 | b'\r' | b'\n' | b',' | b')' | b';')
            || is_any(text.slice(behind..text.word_end(behind)), &["WITH"])
    };
    let mut at = rest;
    while let Some(sign) = text.find_either([b'\'', b'\n'], at, (rest + LONGEST_OPEN).saturating_sub(at)) {
        at = match (text.at(sign), text.at(sign + 1)) {
            (b'\n', _) if sign == rest => return false,
            (b'\n', _) => match alike(text, first.clone(), sign + 1) {
                Some(behind) => behind,
                None => return false,
            },
            // One quote in the literal.
            (_, b'\'') => sign + 2,
            _ => return sign > rest && ends(sign),
        };
    }
    false
}

/// Whether a line ends a comment that is open before it.
pub(crate) fn ends_comment(text: &Text<'_>, start: usize, line: usize, rest: usize) -> bool {
    let before = text.slice(start..line);
    let open = memchr::memmem::rfind(before, b"/*");
    open.is_some_and(|open| memchr::memmem::find(&before[open..], b"*/").is_none())
        && memchr::memmem::find(said(text, rest), b"*/").is_some()
}

/// Whether the line behind an empty one begins with the word before a list.
pub(crate) fn heads_list(text: &Text<'_>, first: Range<usize>, empty: usize) -> bool {
    alike(text, first, text.line_end(empty) + 1).is_some_and(|next| {
        let word = text.skip_space(next);
        let end = text.word_end(word);
        is_any(text.slice(word..end), &["WITH", "SET"]) && text.at(text.skip_space(end)) == b'('
    })
}

/// Whether a line looks like a part of a value, perhaps with the end of a literal and of a list behind it: one word, which
/// nobody would write.
pub(crate) fn is_value(text: &Text<'_>, rest: usize) -> bool {
    let ends = |byte: &u8| is_blank(*byte) || b"'\"`$,;)".contains(byte);
    let end = text.find_either([b' ', b'\n'], rest, LONGEST_OPEN);
    let end = end.unwrap_or(text.len().min(rest + LONGEST_OPEN));
    let said = text.slice(rest..end);
    let word = &said[..said.iter().rposition(|byte| !ends(byte)).map_or(0, |last| last + 1)];
    let behind = || {
        let line = text.find_either([b'\n'; 2], end, LONGEST_OPEN);
        line.is_some_and(|line| text.slice(end..line).iter().all(ends)) || text.skip_blank(end) >= text.len()
    };
    is_odd_word(word) && !word.contains(&b'\t') && behind()
}

/// Whether a literal is open before a line.
pub(crate) fn is_open(text: &Text<'_>, start: usize, line: usize) -> bool {
    quotes(text.slice(start..line)) % 2 == 1
}

/// How many quotes there are, apostrophes inside of words left out.
pub(crate) fn quotes(text: &[u8]) -> usize {
    let inside = |at: usize| {
        at > 0
            && is_word(text[at - 1])
            && text.get(at + 1).is_some_and(|byte| is_word(*byte) || *byte == b'>')
    };
    memchr::memchr_iter(b'\'', text).filter(|at| !inside(*at)).count()
}

/// Whether the first words of a statement are all that a literal says, and no list follows it.
pub(crate) fn says_head_only(text: &Text<'_>, start: usize) -> bool {
    if is_remark(text, start) {
        return true;
    }
    let Some(quote) = start.checked_sub(1).filter(|quote| text.at(*quote) == b'\'') else { return false };
    let Some(literal) = text.literal(quote).filter(|literal| literal.closed) else { return false };
    let said = text.slice(literal.content.clone());
    // Its quote is escaped: the literal goes on.
    let listed = said.ends_with(b"\\")
        || said.len() > LONGEST_MENTION
        || said.iter().any(|byte| b"(='\"\n".contains(byte))
        || said.split(|byte| !is_word(*byte)).any(|word| is_any(word, BEHIND_NAME));
    let behind = text.skip_blank(literal.end);
    // The next string of an array goes on with it.
    let next = text.skip_blank(behind + 1);
    let goes_on = || {
        let word = text.skip_space(next + 1);
        text.at(next) == b'\'' && is_any(text.slice(word..text.word_end(word)), BEHIND_NAME)
    };
    !listed
        && match text.at(behind) {
            b',' => !goes_on(),
            byte => matches!(byte, 0 | b')' | b';' | b'A' | b'a' | b'.'),
        }
}

/// Whether the first words of a statement begin a comment that is a sentence: it says nothing but words, and ends.
fn is_remark(text: &Text<'_>, start: usize) -> bool {
    let before = text.slice(start.saturating_sub(LONGEST_MENTION)..start).trim_ascii_end();
    let said = text.ahead(start, LONGEST_OPEN);
    let end = if before.ends_with(b"/*") { memchr::memmem::find(said, b"*/") } else { None };
    end.is_some_and(|end| {
        let said = &said[..end];
        let words = said.split(|byte| is_blank(*byte)).filter(|word| !word.is_empty());
        said.iter().all(|byte| is_word(*byte) || is_blank(*byte) || b".,-".contains(byte))
            && words.clone().count() > 3
            && words
                .clone()
                .skip(2)
                .all(|word| !word.iter().any(u8::is_ascii_uppercase) && !is_odd_word(word))
    })
}

/// Whether a word is rather a part of a value: it stands behind a sign or the quote of one, or behind another word on a line
/// with one.
pub(crate) fn is_said(text: &Text<'_>, word: usize) -> bool {
    let before = text.slice(word.saturating_sub(LONGEST_BEFORE)..word);
    let line = before.iter().rposition(|byte| *byte == b'\n').map_or(before, |end| &before[end + 1..]);
    let said = line.trim_ascii_end();
    match line.strip_suffix(b"'").map(<[u8]>::trim_ascii_end) {
        // The sign may stand on the line before.
        Some([]) => {
            let sign = before.strip_suffix(b"'").unwrap_or(before).trim_ascii_end();
            matches!(sign.last(), Some(b'=' | b':'))
        }
        // The quote of an argument, in a shell, stands behind another word.
        Some(sign) => {
            let word = &sign[sign.len().saturating_sub(COMMENT.len())..];
            sign.last().is_some_and(|byte| !is_word(*byte)) || word.eq_ignore_ascii_case(COMMENT)
        }
        None if said.ends_with(b"'") => false,
        None => match said.last() {
            Some(b'=' | b':' | b',' | b'(') => true,
            Some(byte) => is_word(*byte) && memchr::memchr2(b'\'', b'=', said).is_some(),
            None => false,
        },
    }
}
