//! A text piece by piece, whatever it stands in: a quote is a quote, and a sign is one, however many times it is escaped or encoded.
//!
//! Nothing is known of what the text stands in, and nothing has to be: this is for the rules that come last, where all that know
//! it have found nothing. All is read byte by byte, because the next line may not be there yet.

use crate::sql::lex::{Text, is_name, quote_length};
use crate::wrapping::entity::entity;
use crate::wrapping::numbered_code;
use lockkeeper_model::MASK;
use std::ops::Range;

/// How long a comment, and how long a tag of HTML or a colour may be.
const LONGEST_COMMENT: usize = 256;
const LONGEST_TAG: usize = 64;
/// How long what begins an entry may be.
const LONGEST_ENTRY: usize = 160;
/// How long a word is at most that is one piece.
const LONGEST_WORD: usize = 256;
/// How many backslashes may stand before a sign, and how many times it may be encoded.
const MOST_SLASHES: usize = 16;
const MOST_TIMES: usize = 4;

/// How the entities of quotes go on that are encoded for a URL, and how long they are at most.
const QUOTES: [&[u8]; 6] = [b"quot", b"apos", b"%2339", b"%252339", b"#39", b"#34"];
const LONGEST_ENTITY: usize = 24;

/// What stands at a position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    Quote,
    /// An equals sign or a colon.
    Sign,
    Comma,
    Blank,
    /// The end of a line.
    Break,
    Comment,
    Word,
    Mask,
    Other,
    End,
}

/// The piece at a position, and where it ends.
pub(crate) fn next(text: &Text<'_>, at: usize) -> (Piece, usize) {
    let quote = quote_length(text, at);
    if quote > 0 {
        return (Piece::Quote, at + quote);
    }
    match text.at(at) {
        0 if at >= text.len() => (Piece::End, at),
        b'\n' => (Piece::Break, at + 1),
        byte if byte.is_ascii_whitespace() || byte == b'+' => (Piece::Blank, at + 1),
        b'\\' => escape(text, at),
        b'%' => percent(text, at),
        b'&' if text.at(at + 1) == b'#' || text.at(at + 1).is_ascii_alphabetic() => {
            let (sign, end) = entity(text, at);
            (sign.map_or(Piece::Other, of), end)
        }
        // As a mail has it, which also breaks lines so.
        b'=' if text.has(at + 1, b"3D") => (Piece::Sign, at + 3),
        b'=' if text.at(at + 1) == b'\n' => (Piece::Blank, at + 2),
        b'<' if text.has(at, MASK.as_bytes()) => (Piece::Mask, at + MASK.len()),
        b'<' if text.at(at + 1) == b'/' || text.at(at + 1).is_ascii_alphabetic() => enclosed(text, at, b">"),
        0x1b => enclosed(text, at, b"m"),
        b'/' if text.at(at + 1) == b'*' => match comment_end(text, at, b"*/") {
            Some(end) => (Piece::Comment, end + 2),
            None => (Piece::Other, at + 1),
        },
        b'-' if text.has(at + 1, b"- ") => match comment_end(text, at, b"") {
            Some(end) => (Piece::Comment, end),
            None => (Piece::Other, at + 1),
        },
        // The mark of a line in a list or a diff, or a slip.
        b'-' | b'.' if !is_name(text.at(at + 1)) => (Piece::Other, at + 1),
        byte if is_name(byte) => (Piece::Word, word_end(text, at)),
        byte => (of(byte), at + 1),
    }
}

/// What the quote that ends at a position encloses, up to the next that is no part of it, or the end of the line. A quote that is
/// written twice stands for one.
pub(crate) fn literal(text: &Text<'_>, from: usize, longest: usize) -> Range<usize> {
    // A backtick may stand in quotes.
    let single = from > 0 && text.at(from - 1) == b'\'';
    let mut at = from;
    while at < from + longest {
        let sign = quote_length(text, at) > 0 || b"\\&%\n<\x1b".contains(&text.at(at));
        match if sign || at >= text.len() { next(text, at) } else { (Piece::Word, at + 1) } {
            (Piece::Quote, end) if single && text.at(at) == b'`' => at = end,
            (Piece::Quote, end) => match next(text, end) {
                (Piece::Quote, second) if next(text, second).0 == Piece::Word => at = second,
                _ => break,
            },
            (Piece::Break | Piece::End | Piece::Mask, _) => break,
            (_, end) => at = end,
        }
    }
    from..at
}

/// Whether a quoted name and a sign stand at a position, on its line or the next.
pub(crate) fn begins_entry(text: &Text<'_>, from: usize) -> bool {
    let mut at = from;
    let (mut named, mut quoted) = (false, false);
    while at < from + LONGEST_ENTRY {
        let (piece, end) = next(text, at);
        match piece {
            Piece::Quote => quoted = true,
            Piece::Word if quoted && !named => (named, quoted) = (true, false),
            Piece::Sign => return named && quoted,
            Piece::Blank | Piece::Comment => {}
            // The mark of a line in a diff.
            Piece::Break | Piece::Other if !named && !quoted && !b"();".contains(&text.at(at)) => {}
            _ => return false,
        }
        at = end;
    }
    false
}

/// What a sign is.
fn of(byte: u8) -> Piece {
    match byte {
        b'\'' | b'"' | b'`' => Piece::Quote,
        b'=' | b':' => Piece::Sign,
        b',' => Piece::Comma,
        b' ' | b'\t' => Piece::Blank,
        b'\n' | b'\r' => Piece::Break,
        byte if is_name(byte) => Piece::Word,
        _ => Piece::Other,
    }
}

/// A sign behind backslashes, or one by its number.
fn escape(text: &Text<'_>, at: usize) -> (Piece, usize) {
    if let Some((code, end)) = numbered_code(text, at) {
        let sign = u8::try_from(code).ok().map(of);
        return (
            sign.unwrap_or(if matches!(code, 0x2018..=0x201f) { Piece::Quote } else { Piece::Other }),
            end,
        );
    }
    let end = at + (at..at + MOST_SLASHES).take_while(|at| text.at(*at) == b'\\').count();
    match text.at(end) {
        b'n' | b'r' => (Piece::Break, end + 1),
        b't' => (Piece::Blank, end + 1),
        b'\n' => (Piece::Break, end + 1),
        _ => match quote_length(text, end) {
            0 => (Piece::Other, end),
            quote => (Piece::Quote, end + quote),
        },
    }
}

/// A sign as a URL has it.
fn percent(text: &Text<'_>, at: usize) -> (Piece, usize) {
    let times = (0..MOST_TIMES).take_while(|time| text.has(at + 1 + 2 * time, b"25")).count();
    let digits = at + 1 + 2 * times;
    let digit = |at: usize| (text.at(at) as char).to_digit(16);
    match (digit(digits), digit(digits + 1)) {
        // The entity of a quote.
        (Some(2), Some(6)) => {
            let said = text.slice(digits + 2..digits + 2 + LONGEST_ENTITY);
            let quote = QUOTES.iter().find(|name| said.starts_with(name));
            match quote
                .and_then(|name| Some(name.len() + memchr::memmem::find(&said[name.len()..], b"3B")? + 2))
            {
                Some(length) => (Piece::Quote, digits + 2 + length),
                None => (Piece::Other, digits + 2),
            }
        }
        (Some(high), Some(low)) => (of((high << 4 | low) as u8), digits + 2),
        _ => (Piece::Other, at + 1),
    }
}

/// What ends with a sign, and is no part of what is said.
fn enclosed(text: &Text<'_>, at: usize, sign: &[u8]) -> (Piece, usize) {
    let ends = |at: &usize| text.has(*at, sign) || matches!(text.at(*at), b'\n' | 0);
    match (at + 1..at + LONGEST_TAG).find(ends).filter(|end| text.has(*end, sign)) {
        Some(end) => (Piece::Blank, end + 1),
        None => (Piece::Other, at + 1),
    }
}

/// Where a comment ends: before its sign, or the end of its line.
fn comment_end(text: &Text<'_>, at: usize, sign: &[u8]) -> Option<usize> {
    let mut at = at + 2;
    let limit = at + LONGEST_COMMENT;
    while at < limit {
        // More may come.
        if at >= text.len() {
            text.end();
            return None;
        }
        let ends = match sign {
            b"" => text.at(at) == b'\n' || text.at(at) == b'\\' && next(text, at).0 == Piece::Break,
            _ => text.has(at, sign),
        };
        if ends {
            return Some(at);
        }
        at += 1;
    }
    None
}

fn word_end(text: &Text<'_>, at: usize) -> usize {
    let mut end = at + 1;
    while end < at + LONGEST_WORD && is_name(text.at(end)) && quote_length(text, end) == 0 {
        end += 1;
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[Piece]) {
        let text = Text::new(text.as_bytes(), true);
        let (mut at, mut pieces) = (0, Vec::new());
        while at < text.len() {
            let (piece, end) = next(&text, at);
            assert!(end > at);
            pieces.push(piece);
            at = end;
        }
        assert_eq!(pieces, expected);
    }

    #[test]
    fn a_sign_is_one_however_it_is_spelt() {
        use Piece::{Blank, Break, Comma, Comment, Mask, Quote, Sign, Word};
        let entry = [Quote, Word, Quote, Sign, Quote, Mask, Quote, Comma, Break];
        for text in [
            "'api-key'='<REDACTED>',\n",
            r"\'api-key\'=\'<REDACTED>\',\n",
            r"\\u0027api-key\\u0027\\u003d\\u0027<REDACTED>\\u0027,\\n",
            "%27api-key%27%3D%27<REDACTED>%27%2C%0A",
            "%2527api-key%2527%253D%2527<REDACTED>%2527%252C%250A",
            "&#39;api-key&#39;=&amp;apos;<REDACTED>&quot;,\n",
            "\u{2018}api-key\u{2019}=3D\u{2018}<REDACTED>\u{2019},\n",
        ] {
            check(text, &entry);
        }
        check(
            "a /* b: */ <b>:\u{1b}[31m-- c\\nd",
            &[Word, Blank, Comment, Blank, Blank, Sign, Blank, Comment, Break, Word],
        );
    }

    #[test]
    fn a_literal_ends_with_its_quote() {
        for (text, said) in [
            ("made-up', b", "made-up"),
            ("made''up'', b", "made''up"),
            (r"made\u0027\u0027up\u0027,", r"made\u0027\u0027up"),
            ("made up\n'", "made up"),
            ("made%21up%27%20", "made%21up"),
        ] {
            let whole = Text::new(text.as_bytes(), true);
            assert_eq!(literal(&whole, 0, 64), 0..said.len(), "{text}");
        }
    }
}
