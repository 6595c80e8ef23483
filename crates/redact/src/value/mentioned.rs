//! Names of secrets behind which something else stands than a secret.

use crate::secret::issuers::is_known_token;
use crate::secret::password::is_password;
use crate::secret::shape::is_random;
use crate::sql::lex::Text;
use crate::statement::recognise::is_any;
use crate::value::named::part_start;
use crate::value::sign::Sign;
use std::ops::Range;

/// Words with which parsers say that a token is none of the secret ones.
const PARSERS: &[&str] = &["EXPECTED", "ILLEGAL", "UNEXPECTED", "UNRECOGNIZED"];

/// Whether the name is only mentioned: what stands behind it is a directory, a word of a language, a mode, a part of the
/// name of a resource. `folded` is the name in lower case.
pub(crate) fn is_mentioned(
    text: &Text<'_>,
    floor: usize,
    name: &Range<usize>,
    sign: &Sign,
    folded: &[u8],
    value: &[u8],
) -> bool {
    match folded {
        // The directory of a shell.
        b"pwd" | b"oldpwd" => {
            !text.slice(floor..name.start).trim_ascii_end().ends_with(b";") && is_directory(value)
        }
        // What a workflow may do with it.
        b"idtoken" if sign.is(text, b':') && [&b"read"[..], b"write"].contains(&value) => true,
        b"token" if sign.is(text, b':') && !sign.quoted && is_any(value, PARSERS) => true,
        // As browsers take them.
        b"credentials" => sign.is(text, b':') && [&b"include"[..], b"omit", b"same-origin"].contains(&value),
        b"token" if sign.is(text, b':') && !sign.quoted => {
            let before = text.slice(floor..name.start).trim_ascii_end();
            let word = before.iter().rev().take(16).take_while(|byte| byte.is_ascii_alphabetic()).count();
            is_any(&before[before.len() - word..], PARSERS) && !is_password(value)
        }
        _ => {
            // Names of resources have no blank: `arn:aws:secretsmanager:…`.
            sign.start == name.end && sign.is(text, b':') && {
                let start = part_start(text, floor, name.start);
                text.slice(start..name.start).starts_with(b"arn:")
            }
        }
    }
}

/// Whether a value is the path of a directory.
fn is_directory(value: &[u8]) -> bool {
    let path = matches!(value, [b'/' | b'~', ..] | [b'A'..=b'Z' | b'a'..=b'z', b':', b'\\', ..]);
    path && value.iter().all(|byte| byte.is_ascii_alphanumeric() || b"/\\-_.~:+@ ".contains(byte))
        && !value.split(|byte| b"/\\".contains(byte)).any(|part| is_random(part) || is_known_token(part))
}
