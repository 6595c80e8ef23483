//! Messages that say a value behind the name that it belongs to: `value of 'api-key' is too long: '…'`.

use crate::edit::{Edits, Rule};
use crate::lex::Text;
use crate::names::{Folded, Secrecy};
use crate::password::is_password;
use std::ops::Range;

/// How much may be said between the name and the value.
const LONGEST: usize = 64;

/// Masks the literal in the sentence behind a quoted name of a secret, if it looks like a password. Returns its end.
#[cold]
pub(crate) fn mask(text: &Text<'_>, name: &Range<usize>, edits: &mut Edits) -> Option<usize> {
    let quote = text.at(name.end);
    if !matches!(quote, b'\'' | b'"' | b'`') || text.slice(name.start.checked_sub(1)?..name.start) != [quote]
    {
        return None;
    }
    let said = |at: &usize| text.at(*at).is_ascii_alphanumeric() || b" :(".contains(&text.at(*at));
    let from = name.end + 1;
    let open = from + (from..from + LONGEST).take_while(said).count();
    if open == from
        || !matches!(text.at(open), b'\'' | b'"' | b'`')
        || text.at(open - 1).is_ascii_alphanumeric()
    {
        return None;
    }
    let literal = text.literal(open).filter(|literal| literal.closed)?;
    let value = text.slice(literal.content.clone());
    let secrecy = |said| Folded::of(said).secrecy();
    // Another name, as in "`secret1` or `secret2`", is none.
    let is_secret = secrecy(text.slice(name.clone())) == Secrecy::Secret
        && is_password(value)
        && secrecy(value) == Secrecy::None;
    is_secret.then(|| {
        edits.mask(literal.content, Rule::SecretOption);
        literal.end
    })
}

#[cfg(test)]
mod tests {
    use crate::expect::redacted_for_good as check;

    #[test]
    fn the_value_is_masked_and_what_is_no_value_stays() {
        for (text, masked) in [
            (
                "value of 'api-key' is too long: 'made7Up4' for x",
                "value of 'api-key' is too long: '<REDACTED>' for x",
            ),
            ("option `password` has value \"made7Up4\"", "option `password` has value \"<REDACTED>\""),
        ] {
            check(text, masked);
        }
        for text in [
            "option 'password' is set in 'config'",
            "'secret1' or 'secret2'",
            "no 'api-key' in \"c.example:8080\"",
        ] {
            check(text, text);
        }
    }
}
