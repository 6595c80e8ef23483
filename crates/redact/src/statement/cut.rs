//! Names whose beginning was cut off with all before it: `te-key' = '…'`.

use crate::edit::{Edits, Rule};
use crate::secret::names::{Folded, Secrecy};
use crate::secret::shape::is_drawn_inside;
use crate::sql::lex::{Text, separator};
use crate::statement::plain;
use crate::value::harmless::is_no_secret;
use crate::value::sign::Sign;
use crate::value::values::opens;
use crate::wrapping::lines::line_start;
use crate::wrapping::shell::any_shell_quote;
use lockkeeper_model::{OptionKey, SECRET_WORDS};
use std::ops::Range;

/// How long a value may be.
const LONGEST: usize = 4096;
/// What says that a text was cut.
pub(crate) const DOTS: [&[u8]; 2] = [b"...", "…".as_bytes()];
/// How much of a name that denotes a secret has to be left.
const SHORTEST: usize = 4;

/// Whether a name that says nothing is the rest of one that denotes a secret: it is closed by a quote that nothing opens, and
/// its value follows.
pub(crate) fn is_rest(text: &Text<'_>, name: &Range<usize>, sign: &Sign, folded: &Folded) -> bool {
    text.at(name.end) == b'\''
        && (name.start == 0 || text.at(name.start - 1) != b'\'')
        && sign.is(text, b'=')
        && is_tail(text.slice(name.clone()), folded.as_bytes(), SHORTEST)
        && opens(text, sign.value(text))
        && !text.slice(line_start(text, name.start)..name.start).contains(&b'\'')
}

/// Whether a name with which a line begins is the rest of one that is set without quotes, and its value looks drawn.
pub(crate) fn is_bare_rest(text: &Text<'_>, name: &Range<usize>, sign: &Sign, folded: &Folded) -> bool {
    let before = text.slice(line_start(text, name.start)..name.start);
    let value = sign.value(text);
    matches!(before, b"" | b"+" | b"-" | b" ")
        && sign.is(text, b'=')
        && text.at(name.end) == b' '
        && is_tail(text.slice(name.clone()), folded.as_bytes(), SHORTEST)
        && is_drawn_inside(text.slice(value..text.word_end(value)))
}

/// Masks the value of the rest of a name, where both are written as in single quotes of a shell. Returns its end.
pub(crate) fn mask_in_shell(text: &Text<'_>, name: &Range<usize>, edits: &mut Edits) -> Option<usize> {
    let behind = any_shell_quote(text, name.end)?;
    let sign = text.skip_blank(behind);
    let open = text.skip_blank(separator(text, sign));
    // The quote before it may be damaged.
    let quotes = || text.ahead(open, 8).iter().take_while(|byte| b"'\"\\`".contains(byte)).count();
    let damaged = || Some(quotes()).filter(|quotes| *quotes > 0).map(|quotes| open + quotes);
    let start = any_shell_quote(text, open).or_else(damaged).filter(|_| separator(text, sign) > sign)?;
    let quotes = memchr::memchr_iter(b'\'', text.ahead(start, LONGEST)).map(|at| start + at);
    let mut quotes = quotes.filter(|at| any_shell_quote(text, *at).is_some());
    let end = quotes.next().filter(|_| may_be_secret(text.slice(name.clone())))?;
    if !is_no_secret(text.slice(start..end)) {
        edits.mask(start..end, Rule::SecretOption);
    }
    Some(end)
}

/// Whether a text is a name that denotes a secret, or may be the end of one.
pub(crate) fn may_be_secret(name: &[u8]) -> bool {
    let folded = Folded::of(name);
    folded.secrecy() == Secrecy::Secret || is_tail(name, folded.as_bytes(), SHORTEST)
}

/// Whether a text may be the end of a name that denotes a secret, however short it is.
pub(crate) fn ends_secret(name: &[u8]) -> bool {
    is_tail(name, Folded::of(name).as_bytes(), 0)
}

/// Whether a text may be the end of a name that denotes a secret, of which so much is left at least.
fn is_tail(name: &[u8], folded: &[u8], shortest: usize) -> bool {
    let ends = |word: &&str| word.as_bytes().ends_with(folded);
    let is_option = |key: OptionKey| {
        let option = key.name().as_bytes();
        option.ends_with(name) && plain::plain_option(option).is_none()
    };
    // Below `sql.secrets`, names are free.
    let below = memchr::memchr(b'.', name)
        .is_some_and(|dot| dot + 1 >= shortest && b"sql.secrets".ends_with(&name[..dot]));
    below
        || (folded.len() >= shortest
            && (SECRET_WORDS.iter().any(ends) || OptionKey::ALL.into_iter().any(is_option)))
}

#[cfg(test)]
mod tests {
    use crate::expect::redacted_for_good as check;

    #[test]
    fn the_rest_of_a_name_is_known_by_its_quote() {
        for (text, masked) in [
            ("te-key' = 'made-up', 'topic' = 'b' );", "'<REDACTED>', 'topic' = 'b' );"),
            ("[w] <- [sword'  = 'made-up')] [w]", "[w] <- [sword'  = '<REDACTED>')] [w]"),
            ("rets.a' = 'made-up';", "'<REDACTED>';"),
            (r#"{"s":"vice-key'= 'made-up' );","p":"a"}"#, r#"{"s":"vice-key'= '<REDACTED>' );","p":"a"}"#),
        ] {
            check(text, masked);
        }
        for text in ["'the te-key' = 'a'", "pic' = 'films', 'a' = 'b'", "te-key = a"] {
            check(text, text);
        }
    }
}
