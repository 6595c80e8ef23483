//! Quotes inside of single quotes of a shell.

use crate::sql::lex::Text;

/// A quote inside of single quotes of a shell, where others write `'\\''`.
pub(crate) const SHELL_QUOTE: &[u8] = b"'\"'\"'";

/// The same in a string whose quotation marks have a backslash before them.
pub(crate) const ESCAPED_SHELL_QUOTE: &[u8] = br#"'\"'\"'"#;

/// The end of a quote as a shell has it inside of single quotes, `'\\''`, in strings with more backslashes.
pub(crate) fn shell_quote(text: &Text<'_>, at: usize) -> Option<usize> {
    let slashes = text.slashes(at + 1);
    let end = at + 1 + slashes;
    (text.at(at) == b'\'' && slashes.is_power_of_two() && text.has(end, b"''")).then_some(end + 2)
}

/// The end of a quote inside of single quotes of a shell, in any of the ways it is written.
pub(crate) fn any_shell_quote(text: &Text<'_>, at: usize) -> Option<usize> {
    shell_quote(text, at).or_else(|| text.has(at, SHELL_QUOTE).then_some(at + SHELL_QUOTE.len()))
}

/// The same in a string, where quotation marks have a backslash before them.
pub(crate) fn escaped_shell_quote(text: &Text<'_>, at: usize) -> Option<usize> {
    let end = at + ESCAPED_SHELL_QUOTE.len();
    shell_quote(text, at).or_else(|| text.has(at, ESCAPED_SHELL_QUOTE).then_some(end))
}
