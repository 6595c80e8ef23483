//! Characters that look like others, or like nothing.

/// Reads the first character; for bytes that are not UTF-8, none and one byte.
pub(crate) fn decode(bytes: &[u8]) -> (Option<char>, usize) {
    let size = match bytes.first() {
        Some(0x00..0x80) => 1,
        Some(0xc2..0xe0) => 2,
        Some(0xe0..0xf0) => 3,
        Some(0xf0..0xf5) => 4,
        _ => return (None, 1),
    };
    match bytes.get(..size).and_then(|bytes| std::str::from_utf8(bytes).ok()) {
        Some(text) => (text.chars().next(), size),
        None => (None, 1),
    }
}

/// The ASCII character that another looks like, if there is one.
pub(crate) const fn ascii(character: char) -> Option<u8> {
    Some(match character {
        '\0'..='\u{7f}' => character as u8,
        // Letters and digits of mathematics, alphabet after alphabet.
        '\u{1d400}'..='\u{1d6a3}' => letter((character as u32 - 0x1d400) % 52),
        '\u{1d7ce}'..='\u{1d7ff}' => b'0' + ((character as u32 - 0x1d7ce) % 10) as u8,
        '\u{ff01}'..='\u{ff5e}' => (character as u32 - 0xff01 + 0x21) as u8,
        'Α' | 'А' => b'A',
        'Β' | 'В' => b'B',
        'С' | 'Ϲ' => b'C',
        'Ε' | 'Е' => b'E',
        'Η' | 'Н' => b'H',
        'Ι' | 'І' | 'Ӏ' => b'I',
        'Ј' => b'J',
        'Κ' | 'К' => b'K',
        'Μ' | 'М' => b'M',
        'Ν' => b'N',
        'Ο' | 'О' => b'O',
        'Ρ' | 'Р' => b'P',
        'Ѕ' => b'S',
        'Τ' | 'Т' => b'T',
        'Υ' | 'У' | 'Ү' => b'Y',
        'Χ' | 'Х' => b'X',
        'Ζ' => b'Z',
        'Ԝ' => b'W',
        'а' | 'α' | 'ɑ' | 'à'..='å' | 'ā' | 'ă' | 'ą' => b'a',
        'Ь' | 'ь' => b'b',
        'с' | 'ϲ' | 'ç' | 'ć' | 'č' => b'c',
        'ԁ' | 'ɗ' | 'ď' | 'đ' => b'd',
        'е' | 'ё' | 'ε' | 'è'..='ë' | 'ē' | 'ė' | 'ę' | 'ě' => b'e',
        'ɡ' | 'ğ' => b'g',
        'һ' => b'h',
        'і' | 'ї' | 'ι' | 'ı' | 'ì'..='ï' | 'ī' => b'i',
        'ј' => b'j',
        'к' | 'κ' | 'ĸ' => b'k',
        'ӏ' | 'ℓ' | 'ł' => b'l',
        'м' => b'm',
        'п' | 'η' | 'ո' | 'ñ' | 'ń' => b'n',
        'о' | 'ο' | 'σ' | 'ò'..='ö' | 'ø' | 'ō' | 'օ' => b'o',
        'р' | 'ρ' => b'p',
        'ԛ' => b'q',
        'г' | 'ɾ' => b'r',
        'ѕ' | 'ś' | 'š' | 'ş' => b's',
        'т' | 'τ' => b't',
        'υ' | 'ս' | 'ù'..='ü' | 'ū' => b'u',
        'ν' | 'ѵ' => b'v',
        'ω' | 'ш' | 'ԝ' => b'w',
        'х' | 'χ' => b'x',
        'у' | 'γ' | 'ү' | 'ý' | 'ÿ' => b'y',
        'ʐ' | 'ž' | 'ż' => b'z',
        '\u{2018}' | '\u{2019}' | '\u{201a}' | '\u{201b}' | '\u{2032}' | 'ʼ' | '´' | '‹' | '›' => b'\'',
        '\u{201c}' | '\u{201d}' | '\u{201e}' | '\u{201f}' | '\u{2033}' | '«' | '»' => b'"',
        '\u{a0}'
        | '\u{1680}'
        | '\u{2000}'..='\u{200a}'
        | '\u{202f}'
        | '\u{205f}'
        | '\u{3000}'
        | '\u{2028}'
        | '\u{2029}'
        | '\u{85}' => b' ',
        '\u{2010}'..='\u{2015}' | '\u{2212}' => b'-',
        '꞉' | '׃' | '∶' => b':',
        '⁼' | '꞊' | '═' | '﹦' => b'=',
        '∕' | '⁄' => b'/',
        '﹍' | '‗' => b'_',
        '․' => b'.',
        _ => return None,
    })
}

/// The letter of an alphabet in which the capitals come first.
const fn letter(number: u32) -> u8 {
    let number = number as u8;
    if number < 26 { b'A' + number } else { b'a' + number - 26 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn look_alikes_are_ascii() {
        assert_eq!(ascii('ѕ'), Some(b's'));
        assert_eq!(ascii('＇'), Some(b'\''));
        assert_eq!(ascii('𝐤'), Some(b'k'));
        assert_eq!(ascii('𝙆'), Some(b'K'));
        assert_eq!(ascii('𝟗'), Some(b'9'));
        assert_eq!(ascii('語'), None);
        assert_eq!(decode(b"\xff"), (None, 1));
    }
}
