//! Signs that are written by their numbers in a string, as some encoders of JSON have them: `name\\u003dvalue`.

use crate::edit::Edits;
use crate::sql::lex::Text;
use crate::url;
use crate::wrapping::numbered_code;
use crate::wrapping::view::View;

/// How far the end of a URL is looked for.
const LONGEST: usize = 4096;

/// Behind how many backslashes the sign that stands behind a name is written by its number, if it is.
pub(crate) fn sign(text: &Text<'_>, name: usize) -> Option<usize> {
    let quote = name + usize::from(matches!(text.at(name), b'\'' | b'`'));
    let at = text.skip_space(quote);
    if text.at(at) != b'\\' {
        return None;
    }
    let (code, _) = numbered_code(text, at)?;
    matches!(code, 0x3a | 0x3d).then(|| text.slashes(at))
}

/// Where the string ends in which signs are written by their numbers, each behind so many backslashes, or `limit`.
pub(crate) fn string_end(text: &Text<'_>, from: usize, limit: usize, slashes: usize) -> usize {
    let part = text.slice(from..limit);
    let before = |mark: usize| part[..mark].iter().rev().take_while(|byte| **byte == b'\\').count();
    let mut marks = memchr::memchr_iter(b'"', part).map(|mark| (mark, before(mark)));
    marks.find(|(_, before)| *before < slashes).map_or(limit, |(mark, before)| from + mark - before)
}

/// Masks the URL whose scheme ends at `scheme_end`, if a sign between its parameters is written by its number at `at`.
/// Returns its end.
pub(crate) fn url(text: &Text<'_>, scheme_end: usize, at: usize, edits: &mut Edits) -> Option<usize> {
    let (code, _) = numbered_code(text, at)?;
    if !matches!(code, 0x26 | 0x3d) {
        return None;
    }
    let ahead = text.ahead(at, LONGEST);
    let length = ahead.iter().position(|byte| *byte <= b' ' || b"'\"`".contains(byte));
    let end = at + length.unwrap_or(ahead.len());
    let view = View::of_any(text, scheme_end, end, end)?;
    // An escape of an escape.
    if memchr::memmem::find(view.text().slice(0..end - scheme_end), b"\\u00").is_some() {
        return None;
    }
    view.mask(text, edits, |inner, found| Some(url::in_text(inner, 0, found)))
}

/// The control character that stands here as syslog writes it.
pub(crate) fn syslog_control(text: &Text<'_>, at: usize) -> Option<u8> {
    match text.slice(at..at + 4) {
        b"#011" => Some(b'\t'),
        b"#012" => Some(b'\n'),
        b"#015" => Some(b'\r'),
        _ => None,
    }
}
