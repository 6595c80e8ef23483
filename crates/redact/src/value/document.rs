//! JSON documents that are a secret as a whole, such as the key of a service account, where no quote says how far they go.

use crate::edit::{Edits, holds_mask};
use crate::sql::lex::{Text, object_end, quote_length};
use crate::value::sign::Sign;
use std::ops::Range;

/// How long a document may be.
const LONGEST: usize = 8192;
/// How many quotes, backslashes and blanks may stand before one.
const GAP: usize = 8;
/// What the key of a service account holds.
const ACCOUNT: [&[u8]; 2] = [b"service_account", b"private_key"];

/// The document that is the value of a key, in quotes that it holds itself, or in none: of any key, if it is that of an account.
pub(crate) fn behind(text: &Text<'_>, sign: &Sign, start: usize) -> Option<Range<usize>> {
    if !sign.is(text, b'=') {
        return None;
    }
    let start = text.skip_blank(start);
    let open = start + quote_length(text, start);
    if text.at(open) != b'{' {
        return None;
    }
    let document = open..end_of(text, open)?;
    let said = text.slice(document.clone());
    let literal = text.at(start) == b'\'';
    let key = !literal && sign.quoted && (open > start || text.at(sign.quote - 1) == b'\'');
    if !key && (literal || !is_account(said)) || holds_mask(said) {
        return None;
    }
    // Quotes of word processors go, too, as elsewhere.
    let close = quote_length(text, document.end);
    Some(if open > start + 1 && close > 1 { start..document.end + close } else { document })
}

/// Masks the rest of a document with which a mask from the given one on begins.
pub(crate) fn extend(text: &Text<'_>, first: usize, edits: &mut Edits) {
    edits.lengthen(first, |mask, _| {
        let open = (mask.start..mask.end.min(mask.start + GAP + 1))
            .find(|at| !b"'\"`\\ \t\r\n".contains(&text.at(*at)))
            .filter(|open| text.at(*open) == b'{')?;
        end_of(text, open).filter(|end| *end > mask.end && is_account(text.slice(open..*end)))
    });
}

/// Where a document ends, if it does.
fn end_of(text: &Text<'_>, open: usize) -> Option<usize> {
    object_end(text, open, open + LONGEST).filter(|end| text.at(end - 1) == b'}')
}

fn is_account(said: &[u8]) -> bool {
    ACCOUNT.iter().any(|name| memchr::memmem::find(said, name).is_some())
}

#[cfg(test)]
mod tests {
    use crate::expect::redacted_for_good as check;

    #[test]
    fn the_key_of_an_account_goes_as_a_whole() {
        let account = r#"{"type": "service_account", "project_id": "made-up"}"#;
        let escaped = account.replace('"', "\\\"");
        let lines = account.replace(", ", ",\n");
        for (before, account, behind) in [
            ("x 'a.service_key' =\u{201c}", account, "\u{201d}, 'b' = 'c'"),
            ("x (a.service_key = ", account, ", 'b' = 'c')"),
            ("x (a.service_key =\n ", account, ", 'b' = 'c')"),
            ("x ('a.service_key = ", &lines, "\n, 'b' = 'c')"),
            ("\"x ('a.service_key =' '", &escaped, "', 'b' = 'c')\""),
            ("CREATE MODEL m WITH ('a.service_key' = > '", account, "', 'b' = 'c')"),
        ] {
            let text = format!("{before}{account}{behind}");
            let shown = crate::redact(&text);
            assert!(!shown.contains("made") && !shown.contains("project"), "{shown}");
            assert!(shown.contains("'b' = 'c'"), "{shown}");
            check(&shown, &shown);
        }
    }
}
