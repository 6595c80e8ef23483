//! Sentences about connections, which begin as statements do.

use crate::secret::names::nearly_option;
use crate::sql::keyword::is_keyword;
use crate::sql::lex::{Text, is_name, last_word};
use crate::statement::follows::is_list_word;

/// How long the word CONNECTION is at most, with slips in it.
const LONGEST_NOUN: usize = 16;

/// Words that follow `connection` in sentences.
pub(crate) const PROSE: &[&str] = &[
    "TO",
    "FROM",
    "FOR",
    "AT",
    "ON",
    "IN",
    "OF",
    "WITHIN",
    "VIA",
    "POOL",
    "FAILED",
    "TIMEOUT",
    "TIMED",
    "REFUSED",
    "STRING",
    "OBJECT",
    "HAS",
    "HAVE",
    "IS",
    "WAS",
    "BETWEEN",
    "AND",
    "THAT",
    "USING",
    "BY",
    "AFTER",
    "BEFORE",
    "STATEMENT",
    "STATEMENTS",
    "ERROR",
    "FACTORY",
    "REQUEST",
];

/// The end of a word that an apostrophe is a part of, as in `it's`, `didn't` and `job_12's`.
pub(crate) fn apostrophe(text: &Text<'_>, at: usize) -> Option<usize> {
    let before = at.checked_sub(1).map_or(0, |before| text.at(before));
    let end = text.word_end(at + 1);
    let rest = text.slice(at + 1..end);
    let is = |known: &[&[u8]]| known.contains(&rest);
    let short = before.is_ascii_lowercase() && is(&[b"d", b"ll", b"m", b"re", b"s", b"t", b"ve"]);
    (short || before.is_ascii_digit() && is(&[b"s"])).then_some(end)
}

/// Whether behind a name, or what stands in its place, a sentence goes on: with a word in small letters that is none of a
/// statement.
pub(crate) fn reads_on(text: &Text<'_>, name: usize) -> bool {
    let end = match text.literal(name) {
        Some(literal) => literal.end,
        None => name + text.ahead(name, 64).iter().take_while(|byte| is_name(**byte)).count(),
    };
    let next = end + text.ahead(end, 8).iter().take_while(|byte| b" |?!;:,".contains(byte)).count();
    let word_end = text.word_end(next);
    let word = text.slice(next..word_end);
    next > end
        && !word.is_empty()
        && word.iter().all(u8::is_ascii_lowercase)
        && !is_list_word(word)
        && !["IF", "NOT", "EXISTS", "COMMENT", "RENAME", "TO", "AS", "USING"]
            .iter()
            .any(|known| is_keyword(word, known))
        && !nearly_option(word)
        && !matches!(text.at(text.skip_blank(word_end)), b'=' | b'(')
}

/// Whether the word before a position is written as in sentences and calls, in small letters but for the first.
pub(crate) fn is_small(text: &Text<'_>, end: usize) -> bool {
    let word = last_word(text.slice(end.saturating_sub(LONGEST_NOUN)..end));
    word.iter().skip(1).all(u8::is_ascii_lowercase)
}
