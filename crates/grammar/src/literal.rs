//! What string literals say: prefixes, doubled quotes, escapes, neighbours.
//!
//! The rules are those of Flink 2.3.0, which takes them from Calcite; characters count in UTF-16 there.

use zeroize::Zeroizing;

use crate::ParseErrorKind;

type Meaning<T> = Result<T, ParseErrorKind>;

/// Reads a literal without a prefix, quotes included: `'it''s'`.
pub(crate) fn quoted(literal: &str) -> Zeroizing<String> {
    undoubled(body(literal), '\'')
}

/// Reads a name in backticks.
pub(crate) fn quoted_word(literal: &str) -> String {
    let body = body(literal);
    if body.contains('`') { body.replace("``", "`") } else { body.to_owned() }
}

/// Reads `E'..'`: escapes as in C.
pub(crate) fn escaped(literal: &str) -> Meaning<Zeroizing<String>> {
    let body = undoubled(body(&literal[1..]), '\'');
    let mut units = Units::for_bytes(body.len());
    let mut rest = body.as_str();
    while let Some(at) = rest.find('\\') {
        units.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let (code, length) = c_escape(rest)?;
        units.push_code_point(code)?;
        rest = &rest[length..];
    }
    units.push_str(rest);
    units.finish()
}

/// Reads `U&'..'` and the neighbours that continue it.
pub(crate) fn unicode<'a>(
    literals: impl Iterator<Item = &'a str> + Clone,
    escape: char,
) -> Meaning<Zeroizing<String>> {
    let mut units = Units::for_bytes(literals.clone().map(str::len).sum());
    for literal in literals {
        // Every neighbour is unescaped by itself, so that no escape reaches into the next.
        units.push_unescaped(&undoubled(body(literal), '\''), escape)?;
    }
    units.finish()
}

/// Reads `U&".."`, a name.
pub(crate) fn unicode_word(literal: &str, escape: char) -> Meaning<Zeroizing<String>> {
    let mut units = Units::for_bytes(literal.len());
    units.push_unescaped(&undoubled(body(&literal[2..]), '"'), escape)?;
    units.finish()
}

/// Reads the escape character that stands after `UESCAPE`, quotes included.
pub(crate) fn escape_character(literal: &str) -> Meaning<char> {
    let text = quoted(literal);
    let mut letters = text.chars();
    match (letters.next(), letters.next()) {
        (Some(letter), None) if can_escape(letter) => Ok(letter),
        _ => Err(ParseErrorKind::BadEscapeCharacter),
    }
}

/// Checks the prefix of `N'..'` or `_name'..'` against the literal's text.
pub(crate) fn check_character_set(prefix: &str, text: &str) -> Meaning<()> {
    const LATIN: [&str; 2] = ["LATIN1", "ISO-8859-1"];
    const UNICODE_AND_CHINESE: [&str; 9] =
        ["BIG5", "GB2312", "GBK", "UTF8", "UTF-8", "UTF16", "UTF-16", "UTF-16BE", "UTF-16LE"];
    let is = |name: &&str| prefix.strip_prefix('_').is_some_and(|prefix| prefix.eq_ignore_ascii_case(name));
    if prefix.eq_ignore_ascii_case("n") || LATIN.iter().any(is) {
        let fits = text.chars().all(|letter| letter <= '\u{ff}');
        return if fits { Ok(()) } else { Err(ParseErrorKind::CharacterNotInSet) };
    }
    // Of the others Flink checks no character.
    if UNICODE_AND_CHINESE.iter().any(is) { Ok(()) } else { Err(ParseErrorKind::UnknownCharacterSet) }
}

/// Cuts the first and the last character off, the quotes.
fn body(literal: &str) -> &str {
    &literal[1..literal.len() - 1]
}

/// Makes one quote of two. In `E'..'` a single one may stand after a backslash.
fn undoubled(body: &str, quote: char) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(body.len()));
    let mut rest = body;
    while let Some(at) = rest.find(quote) {
        let after = at + quote.len_utf8();
        text.push_str(&rest[..after]);
        rest = &rest[after..];
        rest = rest.strip_prefix(quote).unwrap_or(rest);
    }
    text.push_str(rest);
    text
}

/// Tells whether Java takes the character for neither a digit nor a blank, and the literal not for its own.
fn can_escape(letter: char) -> bool {
    let unbreakable = matches!(letter, '\u{85}' | '\u{a0}' | '\u{2007}' | '\u{202f}');
    let blank = letter.is_whitespace() && !unbreakable || matches!(letter, '\u{1c}'..='\u{1f}');
    let taken = letter.is_ascii_hexdigit() || letter == '+' || letter == '"';
    letter.len_utf16() == 1 && !blank && !taken
}

/// Reads the escape that stands after a backslash: its code point and its length in bytes.
fn c_escape(rest: &str) -> Meaning<(u32, usize)> {
    let number = |digits: &str, radix| {
        u32::from_str_radix(digits, radix).map_err(|_| ParseErrorKind::BadUnicodeEscape)
    };
    let run = |from: usize, most: usize, radix: u32| {
        let tail = rest.get(from..).unwrap_or("");
        let length = tail.chars().take(most).take_while(|letter| letter.is_digit(radix)).count();
        &tail[..length]
    };
    Ok(match rest.as_bytes().first() {
        Some(b'b') => (0x08, 1),
        Some(b'f') => (0x0c, 1),
        Some(b'n') => (0x0a, 1),
        Some(b'r') => (0x0d, 1),
        Some(b't') => (0x09, 1),
        Some(b'\\') => (0x5c, 1),
        Some(b'\'') => (0x27, 1),
        Some(kind @ (b'u' | b'U')) => {
            let length = if *kind == b'u' { 4 } else { 8 };
            let digits = run(1, length, 16);
            if digits.len() < length {
                return Err(ParseErrorKind::BadUnicodeEscape);
            }
            (number(digits, 16)?, 1 + length)
        }
        Some(b'x') => match run(1, 2, 16) {
            "" => (u32::from(b'x'), 1),
            digits => (number(digits, 16)?, 1 + digits.len()),
        },
        Some(b'0'..=b'3') => {
            let digits = run(0, 3, 8);
            (number(digits, 8)?, digits.len())
        }
        // Anything else keeps its backslash.
        _ => (0x5c, 0),
    })
}

/// Collects UTF-16, in which an escape may name half a character and the next escape the other half.
struct Units(Zeroizing<Vec<u16>>);

impl Units {
    /// Reserves room for all, so that growing leaves no copies behind.
    fn for_bytes(bytes: usize) -> Self {
        Self(Zeroizing::new(Vec::with_capacity(bytes)))
    }

    fn push_str(&mut self, text: &str) {
        self.0.extend(text.encode_utf16());
    }

    fn push_code_point(&mut self, code: u32) -> Meaning<()> {
        if let Ok(unit) = u16::try_from(code) {
            self.0.push(unit);
            return Ok(());
        }
        let letter = char::from_u32(code).ok_or(ParseErrorKind::BadUnicodeEscape)?;
        self.0.extend_from_slice(letter.encode_utf16(&mut [0; 2]));
        Ok(())
    }

    fn push_unescaped(&mut self, body: &str, escape: char) -> Meaning<()> {
        let mut rest = body;
        while let Some(at) = rest.find(escape) {
            self.push_str(&rest[..at]);
            rest = &rest[at + escape.len_utf8()..];
            if let Some(after) = rest.strip_prefix(escape) {
                self.push_code_point(u32::from(escape))?;
                rest = after;
            } else {
                let digits = rest.get(..4).ok_or(ParseErrorKind::BadUnicodeEscape)?;
                self.0.push(java_hex(digits)?);
                rest = &rest[4..];
            }
        }
        self.push_str(rest);
        Ok(())
    }

    fn finish(self) -> Meaning<Zeroizing<String>> {
        let mut text = Zeroizing::new(String::with_capacity(self.0.len() * 3));
        for letter in char::decode_utf16(self.0.iter().copied()) {
            text.push(letter.map_err(|_| ParseErrorKind::BadUnicodeEscape)?);
        }
        Ok(text)
    }
}

/// Reads four characters as Java's `Integer.parseInt(_, 16)` does, which takes a sign, and keeps 16 bits.
fn java_hex(digits: &str) -> Meaning<u16> {
    let value = i32::from_str_radix(digits, 16).map_err(|_| ParseErrorKind::BadUnicodeEscape)?;
    Ok(value as u16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(read: Meaning<Zeroizing<String>>, expected: &str) {
        assert_eq!(read.as_ref().map(|text| text.as_str()), Ok(expected));
    }

    #[test]
    fn quotes_are_doubled_and_backslashes_literal() {
        check(Ok(quoted(r"'it''s \n'")), r"it's \n");
        check(Ok(quoted("''''''")), "''");
        check(Ok(quoted("''")), "");
        assert_eq!(quoted_word("`a``b`"), "a`b");
    }

    #[test]
    fn c_escapes() {
        check(escaped(r"E'\b\f\n\r\t\\\''''"), "\u{8}\u{c}\n\r\t\\''");
        check(escaped(r"e'\x4\x41\x414\xg'"), "\u{4}AA4xg");
        check(escaped(r"E'\1\12\101\1011\377\400\8'"), "\u{1}\nAA1ÿ\\400\\8");
        check(escaped(r"E'\u0041\U0001f511\ud83d\udd11'"), "A🔑🔑");
        check(escaped(r#"E'\a\é\"'"#), r#"\a\é\""#);
        for broken in [r"E'\u004'", r"E'\u00zz'", r"E'\U00110000'", r"E'\Uffffffff'", r"E'\ud83d'"] {
            assert_eq!(escaped(broken).err(), Some(ParseErrorKind::BadUnicodeEscape), "{broken}");
        }
    }

    #[test]
    fn unicode_escapes() {
        let read = |literals: &[&'static str]| unicode(literals.iter().copied(), '\\');
        check(read(&[r"'\00e9\\'"]), r"é\");
        check(read(&[r"'\0041'", r"'b\0042'"]), "AbB");
        check(read(&[r"'\d83d'", r"'\dd11'"]), "🔑");
        check(read(&[r"'\+00e9xx'"]), "\u{e}9xx");
        check(read(&[r"'\-001'"]), "\u{ffff}");
        check(unicode(["'a''''0041'"].into_iter(), '\''), "a'0041");
        check(unicode_word(r#"U&"c\00e9""d""#, '\\'), "cé\"d");
        for broken in [r"'\'", r"'\00'", r"'\zzzz'", r"'\d83d'", r"'\00é9'"] {
            assert_eq!(read(&[broken]).err(), Some(ParseErrorKind::BadUnicodeEscape), "{broken}");
        }
    }

    #[test]
    fn escape_characters() {
        for good in ["'!'", "''''", "'é'", "'g'", "'\u{a0}'"] {
            assert!(escape_character(good).is_ok(), "{good}");
        }
        for bad in ["''", "'!!'", "'a'", "'F'", "'7'", "'+'", "'\"'", "' '", "'\n'", "'\u{3000}'", "'🔑'"] {
            assert_eq!(escape_character(bad).err(), Some(ParseErrorKind::BadEscapeCharacter), "{bad}");
        }
    }
}
