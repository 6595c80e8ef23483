//! Entities of XML and HTML, also encoded more than once, and its line breaks.

use crate::sql::lex::Text;
use crate::sql::lookalike;

/// How long `amp;` is, and how often it may stand there.
const AMPERSAND: usize = 4;
const TIMES: usize = 4;

/// How long an entity is at most.
pub(crate) const LONGEST_ENTITY: usize = 10;

/// The entities that have a name, without their first sign.
const NAMED: &[(&[u8], u8)] = &[
    (b"apos;", b'\''),
    (b"quot;", b'"'),
    (b"lsquo;", b'\''),
    (b"rsquo;", b'\''),
    (b"ldquo;", b'"'),
    (b"rdquo;", b'"'),
    (b"grave;", b'`'),
    (b"lt;", b'<'),
    (b"gt;", b'>'),
    (b"nbsp;", b' '),
    (b"equals;", b'='),
    (b"lpar;", b'('),
    (b"rpar;", b')'),
    (b"comma;", b','),
    (b"semi;", b';'),
    (b"NewLine;", b'\n'),
    (b"Tab;", b'\t'),
];

/// What an entity of XML or HTML stands for; what is none stands for itself.
pub(crate) fn entity(text: &Text<'_>, at: usize) -> (Option<u8>, usize) {
    // What is encoded more than once begins with that of its first sign.
    let mut name = at + 1;
    while text.has(name, b"amp;") && name < at + 1 + TIMES * AMPERSAND {
        name += AMPERSAND;
    }
    match sign(text.ahead(name, LONGEST_ENTITY)) {
        Some((byte, length)) => (Some(byte), name + length),
        None if name > at + 1 => (Some(b'&'), at + 1 + AMPERSAND),
        None => (Some(b'&'), at + 1),
    }
}

/// How long the entity of a quote is that a text begins with, if it does.
pub(crate) fn quote_entity(text: &[u8]) -> Option<usize> {
    let sign = text.strip_prefix(b"&").and_then(|name| sign(&name[..name.len().min(LONGEST_ENTITY)]));
    sign.filter(|(byte, _)| matches!(byte, b'\'' | b'"')).map(|(_, length)| length + 1)
}

/// Whether the first quote of a text is an entity.
pub(crate) fn is_escaped_for_xml(text: &[u8]) -> bool {
    memchr::memchr_iter(b'&', &text[..memchr::memchr(b'\'', text).unwrap_or(text.len())])
        .any(|at| quote_entity(&text[at..]).is_some())
}

/// The end of the line break of HTML that stands here.
pub(crate) fn line_break(text: &Text<'_>, at: usize) -> Option<usize> {
    let end = text.has(at, b"<br").then(|| text.ahead(at, 8).iter().position(|byte| *byte == b'>')).flatten();
    end.map(|end| at + end + 1)
}

/// The sign that the name or number of an entity stands for, and how long that is.
fn sign(name: &[u8]) -> Option<(u8, usize)> {
    let Some(number) = name.strip_prefix(b"#") else {
        let (known, byte) = NAMED.iter().find(|(known, _)| name.starts_with(known))?;
        return Some((*byte, known.len()));
    };
    let end = memchr::memchr(b';', number)?;
    let digits = std::str::from_utf8(&number[..end]).ok()?;
    let code = match digits.strip_prefix(['x', 'X']) {
        Some(digits) => u32::from_str_radix(digits, 16),
        None => digits.parse(),
    };
    let code = char::from_u32(code.ok()?)?;
    let byte =
        if code == '\u{a0}' { b' ' } else { lookalike::ascii(code).or_else(|| u8::try_from(code).ok())? };
    byte.is_ascii().then_some((byte, end + 2))
}

#[cfg(test)]
mod tests {
    use super::quote_entity;

    #[test]
    fn quotes_have_many_entities() {
        for quote in ["&#39;", "&#039;", "&#x27;", "&#X00027;", "&apos;", "&quot;", "&lsquo;", "&#8217;"] {
            assert_eq!(quote_entity(format!("{quote}x").as_bytes()), Some(quote.len()), "{quote}");
            let text = format!("<td>SET {quote}sql.secrets.a{quote} = {quote}made-up{quote};</td>");
            let shown = crate::redact(&text);
            assert!(!shown.contains("made") && shown.contains("sql.secrets.a"), "{shown}");
            assert!(shown.ends_with("</td>"), "{shown}");
        }
        for text in ["&lt;", "&#40;", "&#;", "&#x;", "&#99999999999;", "&"] {
            assert_eq!(quote_entity(text.as_bytes()), None, "{text}");
        }
    }
}
