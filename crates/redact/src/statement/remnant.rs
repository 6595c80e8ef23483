//! What is left of a literal at the beginning of a text, whatever it looks like: the end of its list follows, `…rest');`.

use crate::edit::holds_mask;
use crate::secret::shape::{is_odd_word, is_scrambled};
use crate::sql::keyword::statement_begins;
use crate::sql::lex::{Text, is_blank, is_name, separator};
use crate::statement::beginning::has_known_type;
use crate::statement::cut::ends_secret;
use crate::statement::marked::skip_marked;
use crate::statement::plain;
use crate::statement::recognise::is_any;
use crate::statement::severed::begins_apart;
use crate::statement::torn::{begins_text, follows_key};
use crate::url::scheme::first_scheme;
use crate::value::harmless::is_no_secret;
use crate::wrapping::lines::line_start;
use crate::wrapping::shell::shell_quote;
use lockkeeper_model::OptionKey;
use std::ops::Range;

/// How long it is at least and at most.
const SHORTEST: usize = 5;
const LONGEST: usize = 1024;
/// How long the rest of a key may be.
const LONGEST_KEY: usize = 64;
/// What stands before lines of diffs, tables, quotations and comments.
const MARGIN: &[u8] = b" \t>+|-#/*;";

/// The rest of a literal that ends at a quote, with that: nothing but it stands there, and behind it the bracket of a list that
/// nothing opened. `apart`: nothing before the text can have begun it.
pub(crate) fn before_end(text: &Text<'_>, floor: usize, quote: usize, apart: bool) -> Option<Range<usize>> {
    if text.at(quote) != b'\'' || text.at(quote + 1) == b'\'' {
        return None;
    }
    let line = line_start(text, quote);
    let near = line.max(floor).max(quote.saturating_sub(LONGEST));
    let before = text.slice(near..quote);
    let word = near + before.iter().rposition(|byte| *byte <= b' ').map_or(0, |blank| blank + 1);
    let bracket = usize::from(text.at(word) == b'[');
    let string = string_before(text.slice(word..quote));
    let field = string.is_none().then(|| field_before(text.slice(word..quote))).flatten();
    let start = word + string.or(field).unwrap_or(bracket);
    let said = text.slice(start..quote);
    // A whole literal, whose key is cut.
    let literal = said.strip_prefix(b"'");
    if literal.is_some() && follows_key(text, floor, start) {
        return None;
    }
    let said = literal.unwrap_or(said);
    let odd = is_odd_word(said);
    if !ends_list(text, quote + 1, odd) {
        return None;
    }
    let begins = match field.is_some() || begins_text(text, word + string.unwrap_or(0), false) {
        true if text.slice(line..start).iter().all(|byte| MARGIN.contains(byte)) => {
            begins_apart(text, line, apart)
        }
        begins => begins,
    };
    // A word that looks drawn may stand behind others.
    let before = text.slice(line..start);
    let whole = quote - start > said.len();
    let begins = match whole {
        true => begins && odd && field.is_none(),
        false => begins || string.is_none() && is_scrambled(said) && !before.contains(&b'('),
    };
    // What opens a quote is closed by one.
    let paired = memchr::memchr_iter(b'\'', before).count().is_multiple_of(2);
    let one = !said.contains(&b'"') && !holds_quote(said) && !holds_mask(said);
    (said.len() >= SHORTEST && begins && paired && one).then_some(start..quote + 1)
}

/// The same in single quotes of a shell, that begin with it.
pub(crate) fn in_shell(text: &Text<'_>, floor: usize, quote: usize) -> Option<Range<usize>> {
    let behind = shell_quote(text, quote)?;
    let near = floor.max(quote.saturating_sub(LONGEST));
    let before = text.slice(near..quote);
    let open = memchr::memrchr(b'\'', before)?;
    let said = &before[open + 1..];
    let begins = before[..open].last().is_none_or(|byte| is_blank(*byte));
    let one = is_odd_word(said) && !said.iter().any(|byte| b" \"{".contains(byte)) && !holds_mask(said);
    (begins && one && ends_list(text, behind, true)).then_some(near + open + 1..quote)
}

/// The last value of a list that nothing opened, whose key is cut and ends at a quote, `ord' = '…');`, if it is odd, or nothing is left of
/// the key that another than a secret's would have.
pub(crate) fn value_behind(text: &Text<'_>, floor: usize, quote: usize, apart: bool) -> Option<Range<usize>> {
    if text.at(quote) != b'\'' {
        return None;
    }
    let line = line_start(text, quote);
    let before = text.slice(line.max(floor).max(quote.saturating_sub(LONGEST_KEY))..quote);
    let tail = &before[before.len() - before.iter().rev().take_while(|byte| is_name(**byte)).count()..];
    let start = quote - tail.len();
    let sign = text.skip_blank(quote + 1);
    if separator(text, sign) == sign || !begins_text(text, start, false) {
        return None;
    }
    let value = text.literal(text.skip_blank(separator(text, sign))).filter(|value| value.closed)?;
    let plain = |key: OptionKey| {
        let option = key.name().as_bytes();
        option.ends_with(tail) && plain::plain_option(option).is_some()
    };
    let said = text.slice(value.content);
    let (told, hides) = match tail {
        [] => (true, begins_apart(text, line, apart) && may_be_secret(text, value.start, said)),
        _ => {
            let told = ends_secret(tail);
            (told, (told || is_odd_word(said)) && !OptionKey::ALL.into_iter().any(plain))
        }
    };
    let hides = hides
        && text.at(value.start) == b'\''
        && ends_list(text, value.end, told)
        && !text.slice(line..start).iter().any(|byte| b"('".contains(byte));
    hides.then_some(value.start..value.end)
}

/// Whether the literal that begins here may be a secret, of whose key nothing is left.
pub(crate) fn may_be_secret(text: &Text<'_>, open: usize, said: &[u8]) -> bool {
    !is_no_secret(said) && first_scheme(said).is_none() && !has_known_type(text, open)
}

/// The length of what stands before the text of a string in a word, with its quote.
fn string_before(word: &[u8]) -> Option<usize> {
    let opens = |quote: &usize| *quote == 0 || b"[{(:,=\\".contains(&word[quote - 1]);
    memchr::memchr_iter(b'"', word).rev().find(opens).map(|quote| quote + 1)
}

/// Whether a quote that is not written twice stands in a word.
fn holds_quote(said: &[u8]) -> bool {
    let mut at = 0;
    while let Some(quote) = memchr::memchr(b'\'', &said[at..]) {
        at += quote + 2;
        if said.get(at - 1) != Some(&b'\'') {
            return true;
        }
    }
    false
}

/// The length of the name of a field of a log, `sql=`, with which a word begins.
fn field_before(word: &[u8]) -> Option<usize> {
    let name = word.iter().take_while(|byte| byte.is_ascii_lowercase() || **byte == b'_').count();
    (name > 1 && word.get(name) == Some(&b'=') && word.get(name + 1).is_some_and(|byte| *byte != b'='))
        .then_some(name + 1)
}

/// Whether the bracket of a list follows, and what stands behind lists; behind an `odd` word anything, or the end of a statement.
fn ends_list(text: &Text<'_>, behind: usize, odd: bool) -> bool {
    let mut bracket = skip_marked(text, behind);
    while text.at(bracket) == b'\\' && matches!(text.at(bracket + text.slashes(bracket)), b'n' | b't') {
        bracket = text.skip_blank(bracket + text.slashes(bracket) + 1);
    }
    let next = text.skip_space(bracket + 1);
    let with = text.word_end(bracket);
    // What COMMENT says stands before it.
    let commented = behind < bracket
        && is_any(text.slice(bracket..with), &["WITH"])
        && text.at(text.skip_blank(with)) == b'(';
    let ends = || matches!(text.at(next), 0 | b';' | b'"' | b'\\' | b'\r' | b'\n' | b']');
    match text.at(bracket) {
        b')' => odd || ends() || text.has(next, b"AS ") || statement_begins(text, next),
        b';' => odd && ends(),
        _ => commented,
    }
}

#[cfg(test)]
mod tests {
    use crate::expect::redacted_for_good as check;

    #[test]
    fn the_rest_of_a_value_before_the_end_of_its_list_is_masked() {
        for rest in ["made}5Up>b", "madeup", "made''up'", "made_up_words"] {
            let rest = rest.trim_end_matches('\'');
            for (head, tail) in [
                ("", ");"),
                ("", ") AS SELECT 1;"),
                ("", "\n);\nSHOW TABLES;"),
                ("{\"statement\":\"", ");\",\"n\":1}"),
                ("[\"SHOW TABLES\", \"", ");\", \"SHOW TABLES\"]"),
                ("2026-01-02 10:00:00 INFO run: ", ");"),
                ("cannot parse: [", ");]"),
            ] {
                check(&format!("{head}{rest}'{tail}"), &format!("{head}'<REDACTED>'{tail}"));
            }
        }
        for (text, masked) in [
            ("2026-01-02 INFO x: made-Up4';", "2026-01-02 INFO x: '<REDACTED>';"),
            ("{\"sql\": \"made7Up4';\"}", "{\"sql\": \"'<REDACTED>';\"}"),
            ("msg=x sql=made7Up4') took 12 ms", "msg=x sql='<REDACTED>') took 12 ms"),
            ("{\"sql\": \"made7Up4'\\n);\"}", "{\"sql\": \"'<REDACTED>'\\n);\"}"),
            ("flink -e 'made7Up4'\\'')' --wait", "flink -e '<REDACTED>'\\'')' --wait"),
        ] {
            check(text, masked);
        }
        for text in ["print('made');", "f(x, 'madeup');", "VALUES ('of two\nlines');", "it's (the makers');"]
        {
            check(text, text);
        }
    }
}
