//! What a comment behind a secret says of the one before it: `-- was …`.

use crate::edit::{Edits, Rule};
use crate::secret::names::{Folded, Secrecy};
use crate::secret::shape::is_drawn;
use crate::sql::lex::{Text, is_blank};

/// How much of a comment is looked at.
const LONGEST: usize = 256;
/// How long a word of it may be.
const LONGEST_WORD: usize = 65_536;
/// How many signs may stand between a secret and the comment.
const MOST_SIGNS: usize = 6;
/// Words that say of something that it is the one before, or the next.
const WORDS: [&str; 18] = [
    "backup",
    "before",
    "ex",
    "first",
    "former",
    "formerly",
    "from",
    "instead",
    "last",
    "new",
    "next",
    "old",
    "once",
    "prev",
    "previous",
    "previously",
    "until",
    "was",
];

/// Masks what looks drawn behind such a word, in a comment behind the secret that ends at `end`. Returns where to go on.
pub(crate) fn mask(text: &Text<'_>, end: usize, edits: &mut Edits) -> usize {
    // Byte by byte: the next line may not be there yet.
    let signs = (0..MOST_SIGNS).take_while(|at| b"'\"`,;) \t".contains(&text.at(end + at))).count();
    let comment = end + signs;
    if !matches!(text.at(comment), b'-' | b'/' | b'#') {
        return end;
    }
    let start = match text.at(comment) {
        b'#' if signs > 0 => comment + 1,
        _ if text.comment(comment).is_some() || text.has(comment, b"//") => comment + 2,
        _ => return end,
    };
    let line = text.find_either([b'\n'; 2], start, LONGEST).unwrap_or_else(|| {
        // A word that begins there goes to its end.
        let far = text.ahead(start + LONGEST, LONGEST_WORD);
        start + LONGEST + far.iter().take_while(|byte| !is_blank(**byte) && **byte != b'\n').count()
    });
    let said = text.slice(start..line);
    let closed = if text.has(comment, b"/*") { memchr::memmem::find(said, b"*/") } else { None };
    let said = &said[..closed.unwrap_or(said.len())];
    // In a string, a line ends in an escape.
    let ends = |at: &usize| matches!(said[*at..].iter().find(|byte| **byte != b'\\'), Some(b'n' | b'r'));
    let said = &said[..memchr::memchr_iter(b'\\', said).find(ends).unwrap_or(said.len())];
    let (mut at, mut told, mut done) = (0, false, end);
    while at < said.len() {
        let blank = said[at..].iter().take_while(|byte| is_blank(**byte)).count();
        let length = said[at + blank..].iter().take_while(|byte| !is_blank(**byte)).count();
        let word = start + at + blank..start + at + blank + length;
        // A name with its value is read as in any comment.
        let said = text.slice(word.clone());
        if let Some(name) = said.strip_suffix(b":").or_else(|| said.strip_suffix(b"="))
            && (name.is_empty() || Folded::of(name).secrecy() != Secrecy::None)
        {
            break;
        }
        let word = trimmed(text, word.start, word.end);
        if told && text.slice(word.clone()).split(|byte| b"_.".contains(byte)).any(is_drawn) {
            done = word.end;
            edits.mask(word, Rule::SecretOption);
        } else {
            told |= is_said(text.slice(word.clone()));
        }
        at += blank + length;
    }
    done
}

/// Whether a word says of something that it is the one before, or the next.
pub(crate) fn is_said(word: &[u8]) -> bool {
    WORDS.iter().any(|known| known.as_bytes().eq_ignore_ascii_case(word))
}

/// A word without the signs around it.
fn trimmed(text: &Text<'_>, start: usize, end: usize) -> std::ops::Range<usize> {
    let word = text.slice(start..end);
    let around = |byte: &u8| b"'\"`,;:.()[]<>=".contains(byte);
    let first = word.iter().position(|byte| !around(byte)).unwrap_or(word.len());
    // Padding is a part of it.
    let last = word.iter().rposition(|byte| *byte == b'=' || !around(byte)).map_or(first, |last| last + 1);
    start + first..start + last
}

#[cfg(test)]
mod tests {
    use crate::expect::redacted_for_good as check;

    #[test]
    fn the_secret_before_is_masked_and_remarks_stay() {
        check(
            "SET ('password' = 'made-up', -- was Hk38Vb5nT1xRq7Wz, of 2025\n 'topic' = 'x')",
            "SET ('password' = '<REDACTED>', -- was <REDACTED>, of 2025\n 'topic' = 'x')",
        );
        let text = "SET ('password' = '<REDACTED>', -- was made by the old team\n 'topic' = 'x')";
        check(text, text);
    }
}
