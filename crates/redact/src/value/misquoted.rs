//! Literals whose quotes are there twice, or are those of what stands in them.

use crate::sql::lex::{Text, bracket_end, is_word};
use crate::wrapping::lines::line_start;

/// How long a document of JSON may be.
const LONGEST_DOCUMENT: usize = 4096;
/// How long any other literal may be.
const LONGEST_LITERAL: usize = 1024;

/// The end of a document of JSON, with the quotes behind it, that stands in a literal whose quotes are wrong: there twice, or those of the
/// document.
pub(crate) fn document_end(text: &Text<'_>, open: usize) -> Option<usize> {
    let quote = text.at(open - 1);
    let twice = text.at(open) == quote;
    let start = open + usize::from(twice);
    if text.at(start) != b'{' || !matches!(quote, b'\'' | b'"') || !twice && quote == b'\'' {
        return None;
    }
    let end = start + bracket_end(text.ahead(start, LONGEST_DOCUMENT), *b"{}")?;
    let document = text.slice(start..end);
    let is_one =
        document[1..].trim_ascii_start().starts_with(b"\"") && memchr::memchr(b':', document).is_some();
    (is_one && text.at(end) == quote).then(|| end + 1 + usize::from(twice && text.at(end + 1) == quote))
}

/// The end of a literal whose quotes are there twice, for it stands in another that is open on its line.
pub(crate) fn doubled_end(text: &Text<'_>, start: usize, open: usize) -> Option<usize> {
    if open != start + 1 || !text.has(start, b"''") || !text.at(open + 1).is_ascii_graphic() {
        return None;
    }
    let end = text.find_either([b'\'', b'\n'], open + 1, LONGEST_LITERAL).filter(|end| *end > open + 1)?;
    let is_open = memchr::memchr_iter(b'\'', text.slice(line_start(text, start)..start)).count() % 2 == 1;
    (is_open && text.has(end, b"''") && !is_word(text.at(end + 2))).then_some(end + 2)
}

#[cfg(test)]
mod tests {
    use crate::expect::redacted_for_good as check;

    #[test]
    fn what_stands_in_wrong_quotes_is_one_value() {
        for (text, masked) in [
            (
                r#"CREATE MODEL m WITH ('a.apikey' = ''{"key": "made-up", "n": "up"}');"#,
                "CREATE MODEL m WITH ('a.apikey' = '<REDACTED>');",
            ),
            (
                r#"CREATE MODEL m WITH ("a.apikey" = "{ "key": "made-up", "n": "up"}");"#,
                r#"CREATE MODEL m WITH ("a.apikey" = "<REDACTED>");"#,
            ),
            (
                "sql: '/* token=''made-up'' */ SHOW TABLES'\nnext: films\n",
                "sql: '/* token=''<REDACTED>'' */ SHOW TABLES'\nnext: films\n",
            ),
        ] {
            check(text, masked);
        }
    }
}
