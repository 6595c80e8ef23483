//! Where the list of a statement begins, and what shows that it is one: an entry, whatever stands for its bracket.

use crate::secret::names::nearly_option;
use crate::secret::shape::is_drawn;
use crate::sql::lex::{Text, is_name, opens_list, separator};
use crate::sql::lookalike;
use crate::statement::follows::skip_gap;
use crate::statement::recognise::is_any;

/// How far an entry stands behind a sign that stands for the bracket of its list.
const LONGEST_SLIP: usize = 64;

/// Whether an entry of a list follows: an option, or a literal and a sign, or one that has no end.
pub(super) fn is_entry(text: &Text<'_>, from: usize) -> bool {
    let at = skip_gap(text, from, from + 4096);
    if !matches!(text.at(at), b'\'' | b'"' | b'`') {
        return starts_pair(text, from);
    }
    text.literal(at).is_none_or(|literal| {
        let sign = skip_to_sign(text, literal.end);
        // The sign may stand in its quotes.
        let key = text.slice(literal.content).trim_ascii_end();
        !literal.closed
            || separator(text, sign) > sign
            || text.at(literal.end) == text.at(at)
            || nearly_option(key.strip_suffix(b"=").unwrap_or(key).trim_ascii_end())
    })
}

/// Skips what may stand between a key and its sign: a diff marks each line.
pub(super) fn skip_to_sign(text: &Text<'_>, key: usize) -> usize {
    let at = skip_gap(text, key, key + LONGEST_SLIP);
    let marked = text.at(at) == b'-' && text.at(at - 1) == b'\n';
    if marked { text.skip_space(at + 1) } else { at }
}

/// Whether a key and a sign between key and value follow.
pub(super) fn starts_pair(text: &Text<'_>, from: usize) -> bool {
    let at = skip_gap(text, from, from + 4096);
    if matches!(text.at(at), b'\'' | b'"' | b'`') {
        return true;
    }
    let mut end = at;
    while is_name(text.at(end)) && end - at < 64 {
        end += 1;
    }
    let sign = text.skip_blank(end);
    end > at && separator(text, sign) > sign && nearly_option(text.slice(at..end))
}

/// Whether a bracket or quote of another script stands here.
pub(super) fn opens_widely(text: &Text<'_>, at: usize) -> bool {
    text.at(at) >= 0x80 && {
        let sign = lookalike::decode(text.ahead(at, 4)).0.and_then(lookalike::ascii);
        sign.is_some_and(|sign| b"([{'\"".contains(&sign))
    }
}

/// Whether a name, a sign and a value without quotes follow, of which one shows that this is no sentence: SET, or the value.
pub(super) fn sets_pair(text: &Text<'_>, word: &[u8], name: usize) -> bool {
    let end = name + text.ahead(name, 64).iter().take_while(|byte| is_name(**byte)).count();
    let sign = text.skip_space(end);
    let value = text.skip_space(separator(text, sign));
    let said = text.ahead(value, 64);
    let said = &said[..said.iter().position(|byte| *byte <= b' ' || *byte == b';').unwrap_or(said.len())];
    end > name
        && separator(text, sign) > sign
        && !said.is_empty()
        && (is_any(word, &["SET"]) || is_drawn(said))
}

/// Whether a list begins here: of brackets that are not SQL's, with an entry.
pub(super) fn begins_list(text: &Text<'_>, open: usize) -> bool {
    text.at(open) == b'(' || opens_list(text.at(open)) && is_entry(text, open + 1)
}

/// Whether another sign stands for the bracket of a list, and an entry follows.
pub(super) fn is_slip(text: &Text<'_>, at: usize) -> bool {
    let signs = if text.has(at, b");") { 2 } else { 1 };
    let entry = skip_gap(text, at + signs, at + LONGEST_SLIP);
    b";=:,)]}|$&.<".contains(&text.at(at)) && text.at(entry) == b'\'' && is_entry(text, entry)
}
