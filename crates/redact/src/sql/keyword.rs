//! Key words, as people misspell them, and what a statement begins with.

use crate::secret::names::Folded;
use crate::sql::lex::{Text, is_blank, is_word};
use crate::sql::slips::{within_one_edit, within_two_edits};

/// How far the beginning of a statement is looked at.
pub(crate) const BEGINNING: usize = 160;

/// Words that begin other statements than those of [`starts_statement`].
const VERBS: &[&str] = &[
    "ADD", "ANALYZE", "BEGIN", "CALL", "COMMENT", "COMMIT", "COMPILE", "COPY", "DECLARE", "END", "EXECUTE",
    "GRANT", "LIST", "LOAD", "MERGE", "PREPARE", "REMOVE", "REVOKE", "ROLLBACK", "STOP", "TRUNCATE",
    "UNLOAD", "UPDATE", "VACUUM", "WITH",
];

/// Whether a word is a key word, perhaps misspelt.
pub(crate) fn is_keyword(word: &[u8], keyword: &str) -> bool {
    if word.len() == keyword.len() && word.eq_ignore_ascii_case(keyword.as_bytes()) {
        return true;
    }
    let most = if keyword.len() > 8 { 2 } else { 1 };
    if (keyword.len() < 4 || word.len().abs_diff(keyword.len()) > most) && word.is_ascii() {
        return false;
    }
    if !word.is_ascii() && word.len() <= 64 {
        let folded = Folded::of(word);
        return folded.as_bytes().is_ascii()
            && folded.as_bytes().len() >= 2
            && is_keyword(folded.as_bytes(), keyword);
    }
    if word.len() < 3 || word.len() > 12 || keyword.len() < 4 {
        return false;
    }
    let (wanted, two) = (keyword.as_bytes(), most == 2);
    let starts = word[0].eq_ignore_ascii_case(&wanted[0]);
    let ends = word[word.len() - 1].eq_ignore_ascii_case(&wanted[wanted.len() - 1]);
    // One edit changes the beginning or the end.
    if !two && !starts && !ends {
        return false;
    }
    let mut upper = [0; 12];
    let upper = &mut upper[..word.len()];
    upper.copy_from_slice(word);
    upper.make_ascii_uppercase();
    match two {
        false => within_one_edit(upper, wanted),
        true => within_two_edits(upper, wanted),
    }
}

/// What stands behind a comment with which a text begins.
fn behind_comment(text: &[u8]) -> &[u8] {
    let end = match text {
        [b'/', b'*', ..] => memchr::memmem::find(text, b"*/").map(|end| end + 2),
        [b'-', b'-', ..] => memchr::memchr(b'\n', text),
        _ => None,
    };
    end.map_or(text, |end| text[end..].trim_ascii_start())
}

/// Whether a statement begins here.
#[inline]
pub(crate) fn statement_begins(text: &Text<'_>, at: usize) -> bool {
    starts_statement(text.ahead(at, BEGINNING))
}

/// Whether a word stands here that begins a statement, though nothing else would tell that one begins.
pub(crate) fn is_verb_of_sql(text: &Text<'_>, at: usize) -> bool {
    let end = text.word_end(at);
    let word = text.slice(at..end);
    (end >= text.len() || is_blank(text.at(end)) || text.at(end) == b';')
        && VERBS.iter().any(|known| known.as_bytes().eq_ignore_ascii_case(word))
}

/// Whether a text begins with two words that begin a statement.
pub(crate) fn starts_statement(text: &[u8]) -> bool {
    if !text.first().is_some_and(|first| b"ACDEIRSU".contains(&first.to_ascii_uppercase())) {
        return false;
    }
    let length = text.iter().take_while(|b| b.is_ascii_alphabetic()).count();
    let (verb, rest) = text.split_at(length);
    let rest = behind_comment(rest.trim_ascii_start());
    let object = &rest[..rest.iter().take_while(|b| is_word(**b)).count()];
    let is =
        |words: &[&str], word: &[u8]| words.iter().any(|known| known.as_bytes().eq_ignore_ascii_case(word));
    if is(&["CREATE", "ALTER", "DROP"], verb) {
        return is(
            &[
                "AGENT",
                "CATALOG",
                "CONNECTION",
                "DATABASE",
                "FUNCTION",
                "INDEX",
                "MATERIALIZED",
                "MODEL",
                "OR",
                "ROLE",
                "SCHEMA",
                "SECRET",
                "SYSTEM",
                "TABLE",
                "TEMPORARY",
                "TOOL",
                "USER",
                "VIEW",
            ],
            object,
        ) || is_keyword(object, "CONNECTION");
    }
    (is(&["INSERT"], verb) && is(&["INTO", "OVERWRITE"], object))
        || (is(&["DELETE"], verb) && is(&["FROM"], object))
        || (is(&["SHOW", "DESCRIBE", "DESC", "USE", "EXPLAIN", "EXECUTE"], verb) && !object.is_empty())
        || (is(&["SELECT"], verb) && !rest.is_empty())
        || (is(&["SET", "RESET"], verb) && rest.starts_with(b"'"))
}
