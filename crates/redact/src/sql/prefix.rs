//! Prefixes of literals, also those that nobody knows, and the escapes that one of them allows.

use crate::sql::lex::Text;
use crate::value::rows::begins_entry;
use crate::value::values::opening;

/// How long what stands before the quote of a literal may be.
const LONGEST_PREFIX: usize = 10;

/// Where the quote of a literal stands behind a prefix that nobody knows, if it is written as that before `quote`; else
/// one was lost, and the next belongs to something else.
pub(crate) fn prefixed(text: &Text<'_>, start: usize, quote: usize) -> Option<usize> {
    let word = text.word_end(start);
    let literal = match text.at(word) {
        // In XML, it is written so.
        b'&' if text.has(word, b"&amp;") => word + "&amp;".len(),
        // One of its signs may be another.
        _ if word == start + 1 && matches!(text.at(start), b'u' | b'U') => behind_signs(text, word),
        b'&' => word + 1,
        _ => word,
    };
    let open = opening(text, literal).filter(|_| word > start && literal - start <= LONGEST_PREFIX)?;
    let behind = text.skip_blank(open);
    let opens = !matches!(text.at(behind), b',' | b')' | b';' | 0);
    // Nor is a part of a value one.
    let prefix = text.slice(start..word);
    let known = prefix.contains(&b'_') || prefix.len() <= 4;
    (opens && known && text.at(open - 1) == text.at(quote - 1)).then_some(literal)
}

/// Behind the signs between the letter and the quote of `U&'…'`, the one it has or others, before what is no entry.
fn behind_signs(text: &Text<'_>, from: usize) -> usize {
    let signs = text.ahead(from, 2).iter().take_while(|byte| b"&=,;.()[".contains(byte)).count();
    if begins_entry(text, from + signs) { from } else { from + signs }
}

/// Whether a word is a prefix of literals, but for `U&`.
pub(crate) fn is_letter(word: &[u8]) -> bool {
    matches!(word, [b'_', ..] | [b'B' | b'E' | b'N' | b'X' | b'b' | b'e' | b'n' | b'x'])
}

/// The length of a known prefix, if its first sign stands here; 0 if none does.
pub(crate) fn known(text: &Text<'_>, start: usize) -> usize {
    match text.at(start) {
        b'u' | b'U' if text.at(start + 1) == b'&' => 2,
        b'e' | b'E' | b'n' | b'N' => 1,
        _ => 0,
    }
}

/// Where the escape of a character ends that stands here, as `U&'…'` has it: `\0061`, `\+000061`, in strings with more
/// backslashes.
pub(crate) fn code_point(text: &Text<'_>, at: usize) -> Option<usize> {
    let digits = at + text.slashes(at);
    let (start, length) = if text.at(digits) == b'+' { (digits + 1, 6) } else { (digits, 4) };
    let is_one = digits > at
        && text.ahead(start, length).len() == length
        && text.ahead(start, length).iter().all(u8::is_ascii_hexdigit);
    is_one.then_some(start + length)
}
