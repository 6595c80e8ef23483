//! Entities of XML and HTML, also encoded more than once.

use crate::sql::lex::Text;

/// How long `amp;` is, and how often it may stand there.
const AMPERSAND: usize = 4;
const TIMES: usize = 4;

/// What an entity of XML stands for; what is none stands for itself.
pub(crate) fn entity(text: &Text<'_>, at: usize) -> (Option<u8>, usize) {
    const KNOWN: &[(&[u8], u8)] = &[
        (b"&apos;", b'\''),
        (b"&#39;", b'\''),
        (b"&#x27;", b'\''),
        (b"&quot;", b'"'),
        (b"&#34;", b'"'),
        (b"&lt;", b'<'),
        (b"&gt;", b'>'),
        (b"&#10;", b'\n'),
        (b"&#xA;", b'\n'),
        (b"&#xa;", b'\n'),
        (b"&#13;", b'\r'),
        (b"&#xD;", b'\r'),
        (b"&#9;", b'\t'),
        (b"&#x9;", b'\t'),
        (b"&#32;", b' '),
        (b"&#61;", b'='),
        (b"&#x3D;", b'='),
        (b"&#x60;", b'`'),
        (b"&nbsp;", b' '),
        (b"&#160;", b' '),
        (b"&#xA0;", b' '),
        (b"&#xa0;", b' '),
    ];
    // What is encoded more than once begins with that of its first sign.
    let mut name = at + 1;
    while text.has(name, b"amp;") && name < at + 1 + TIMES * AMPERSAND {
        name += AMPERSAND;
    }
    match KNOWN.iter().find(|(known, _)| text.has(name, &known[1..])) {
        Some((known, byte)) => (Some(*byte), name + known.len() - 1),
        None if name > at + 1 => (Some(b'&'), at + 1 + AMPERSAND),
        None => (Some(b'&'), at + 1),
    }
}

/// Whether the first quote of a text is an entity.
pub(crate) fn is_escaped_for_xml(text: &[u8]) -> bool {
    memchr::memchr_iter(b'&', &text[..memchr::memchr(b'\'', text).unwrap_or(text.len())]).any(|at| {
        [&b"&apos;"[..], b"&#39;", b"&#x27;", b"&quot;"].iter().any(|name| text[at..].starts_with(name))
    })
}
