//! What stands behind a name and tells whether it is the value of that name.

use crate::secret::shape::is_odd_word;
use crate::sql::keyword::statement_begins;
use crate::sql::lex::{Text, quote_length, separator};
use crate::statement::comments::skip_comments;
use crate::statement::recognise::is_any;
use crate::value::values::{bare_end, opens};
use std::ops::Range;

/// How long a value is that stands in a list without a sign before it.
const LONGEST: usize = 512;
/// How far before its password a login stands in `.netrc`.
const NETRC: usize = 256;

/// Whether a value is a list of names and quoted values: `CREDENTIALS = (KEY = '…')`.
pub(crate) fn lists_pairs(text: &Text<'_>, start: usize) -> bool {
    let name = text.skip_blank(start + 1);
    let end = text.word_end(name);
    let sign = text.skip_blank(end);
    let value = separator(text, sign);
    text.at(start) == b'(' && end > name && value > sign && quote_length(text, text.skip_blank(value)) > 0
}

/// Whether a value is, or ends before the quote of, a statement: the name says where the statement came from.
pub(crate) fn holds_statement(text: &Text<'_>, start: usize) -> bool {
    let begins = |at: usize| {
        let end = text.word_end(at);
        let escaped = text.at(end) == b'\\' && matches!(text.at(end + 1), b'n' | b't');
        let next = skip_comments(text, end);
        let known =
            || is_any(text.slice(next..text.word_end(next)), &["CONNECTION", "OR", "SYSTEM", "TEMPORARY"]);
        is_any(text.slice(at..end), &["CREATE", "ALTER"])
            && (escaped || known() || statement_begins(text, at))
    };
    let quote = |end: usize| quote_length(text, end);
    begins(start) || {
        let end = bare_end(text, start);
        quote(end) > 0 && !opens(text, start) && begins(end + quote(end))
    }
}

/// Whether a name is compared with a value, and is that of a column: `WHERE secret_id = '…'`.
pub(crate) fn is_predicate(text: &Text<'_>, floor: usize, name: &Range<usize>) -> bool {
    let column = text.slice(name.clone()).to_ascii_lowercase();
    let before = text.slice(floor..name.start).trim_ascii_end();
    let word = before.iter().rev().take(6).take_while(|byte| byte.is_ascii_alphabetic()).count();
    (column.ends_with(b"_id") || column.ends_with(b"_name"))
        && is_any(&before[before.len() - word..], &["WHERE", "AND", "OR", "ON", "HAVING"])
}

/// Whether a name and a value in quotes are an entry of a list in which the sign between the two is missing.
pub(crate) fn is_entry(text: &Text<'_>, floor: usize, name: &Range<usize>, start: usize) -> bool {
    let (open, size) = (text.at(start), quote_length(text, start));
    if size == 0 {
        return false;
    }
    let before = text.slice(floor..name.start);
    // Typographic quotes are a part of the name.
    let quote = before.last().filter(|byte| matches!(byte, b'\'' | b'"' | b'`'));
    let quoted = quote.is_some() || quote_length(text, name.start) > 1;
    let before = &before[..before.len() - usize::from(quote.is_some())];
    // The mark of a diff.
    let line = matches!(before.trim_ascii(), [] | [b'+' | b'-' | b'>' | b'|']);
    let begins = line || before.trim_ascii_end().last().is_some_and(|byte| matches!(byte, b'(' | b','));
    let dotted = text.slice(name.clone()).iter().any(|byte| matches!(byte, b'.' | b'-' | b'_'));
    // A name by itself is a word of a sentence, too, but not behind an entry.
    let dotted = dotted || begins && before.trim_ascii_end().ends_with(b"',");
    if !begins || !(dotted || quoted || line) || quote.is_some_and(|quote| *quote != open) {
        return false;
    }
    let close = (start + size..start + LONGEST)
        .find(|at| if size == 1 { text.at(*at) == open } else { quote_length(text, *at) > 1 });
    let Some(close) = close else { return false };
    let behind = text.skip_blank(close + size);
    // The mark of the next line may stand before what ends the list.
    let ends_line = line && matches!(text.at(text.skip_space(close + size)), b'\r' | b'\n');
    let drawn = || line && is_odd_word(text.slice(start + size..close));
    (ends_line || matches!(text.at(behind), b',' | b')' | b';' | 0))
        && separator(text, behind) == behind
        && (dotted || quoted || drawn())
}

/// Whether a value begins with the scheme of a header and something follows: `Bearer …`.
pub(crate) fn names_scheme(text: &Text<'_>, start: usize) -> bool {
    let end = text.word_end(start);
    let word = text.slice(start..end);
    is_any(word, &["BEARER", "BASIC", "TOKEN", "DIGEST", "APIKEY"])
        && text.at(end) == b' '
        && text.at(end + 1) > b' '
}

/// Whether a password stands behind a login, as in `.netrc`.
pub(crate) fn is_netrc(text: &Text<'_>, floor: usize, name: &Range<usize>) -> bool {
    let near = floor.max(name.start.saturating_sub(NETRC));
    text.slice(name.clone()) == b"password"
        && memchr::memmem::find(text.slice(near..name.start), b"login ").is_some()
}
