//! What is to be replaced, and why.

use lockkeeper_model::MASK;
use memchr::memmem::Finder;
use std::ops::Range;
use std::sync::LazyLock;

/// The mask as a string literal of SQL.
pub(crate) const QUOTED_MASK: &str = "'<REDACTED>'";
/// The mask as a quoted name of SQL.
pub(crate) const NAME_MASK: &str = "`<REDACTED>`";

/// Whether there is a mask in a text.
pub(crate) fn holds_mask(text: &[u8]) -> bool {
    static FINDER: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(MASK));
    FINDER.find(text).is_some()
}

/// How many edits there mostly are in one statement.
const STATEMENT: usize = 8;

/// How many bytes a character of UTF-8 has at most.
const LONGEST_CHARACTER: usize = 4;

/// Why a stretch of text is masked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Rule {
    /// A literal of a CONNECTION statement that is not the value of a known plain option.
    ConnectionLiteral,
    /// A comment, or something else without a place, inside a CONNECTION statement.
    ConnectionText,
    /// The value of a name that denotes a secret.
    SecretOption,
    /// User name and password in a URL.
    UrlUserInfo,
    /// A credential in the parameters of a URL.
    UrlParameter,
    /// A token whose issuer is known by its beginning.
    KnownToken,
    /// A private key in PEM form.
    PrivateKey,
}

impl Rule {
    /// All rules.
    pub const ALL: [Self; 7] = [
        Self::ConnectionLiteral,
        Self::ConnectionText,
        Self::SecretOption,
        Self::UrlUserInfo,
        Self::UrlParameter,
        Self::KnownToken,
        Self::PrivateKey,
    ];

    /// The stable name of the rule.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ConnectionLiteral => "connection-literal",
            Self::ConnectionText => "connection-text",
            Self::SecretOption => "secret-option",
            Self::UrlUserInfo => "url-user-info",
            Self::UrlParameter => "url-parameter",
            Self::KnownToken => "known-token",
            Self::PrivateKey => "private-key",
        }
    }

    /// What the rule finds, as a sentence.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::ConnectionLiteral => "A CONNECTION statement carries a secret as a literal.",
            Self::ConnectionText => {
                "A CONNECTION statement carries what may be a secret outside of its options."
            }
            Self::SecretOption => "An option, property or header whose name denotes a secret has a value.",
            Self::UrlUserInfo => "A URL carries user name or password.",
            Self::UrlParameter => "A URL carries a credential in its parameters.",
            Self::KnownToken => "A token of a well-known issuer stands in the text.",
            Self::PrivateKey => "A private key stands in the text.",
        }
    }
}

/// Bytes to replace.
#[derive(Clone, Debug)]
pub(crate) struct Edit {
    pub(crate) range: Range<usize>,
    pub(crate) with: &'static str,
    pub(crate) rule: Rule,
}

/// The edits of a text, in order and without overlaps.
#[derive(Default)]
pub(crate) struct Edits {
    list: Vec<Edit>,
}

impl Edits {
    /// Replaces `range` unless that would change nothing; overlapping edits become one.
    pub(crate) fn push(&mut self, range: Range<usize>, with: &'static str, rule: Rule) {
        if range.is_empty() {
            return;
        }
        let (mut range, mut with, mut rule) = (range, with, rule);
        while let Some(last) = self.list.pop_if(|last| range.start < last.range.end) {
            if last.range.start <= range.start {
                (with, rule) = (last.with, last.rule);
            }
            range = range.start.min(last.range.start)..range.end.max(last.range.end);
        }
        if self.list.is_empty() {
            self.list.reserve(STATEMENT);
        }
        self.list.push(Edit { range, with, rule });
    }

    /// Replaces `range`, forgetting the edits inside of it; those behind it stay.
    pub(crate) fn cover(&mut self, range: Range<usize>, with: &'static str, rule: Rule) {
        let behind = self.list.partition_point(|edit| edit.range.start < range.end);
        let behind = self.list.split_off(behind);
        while self.list.last().is_some_and(|last| last.range.start >= range.start) {
            self.list.pop();
        }
        self.push(range, with, rule);
        self.list.extend(behind);
    }

    /// Lengthens the masks of options from the given edit on, each to the end that `end` gives for it, if any; it is told where the next
    /// edit begins.
    pub(crate) fn lengthen(&mut self, first: usize, end: impl Fn(&Range<usize>, usize) -> Option<usize>) {
        let mut at = first;
        while let Some(Edit { range, with, rule }) = self.list.get(at).cloned() {
            at += 1;
            if rule != Rule::SecretOption || with.is_empty() {
                continue;
            }
            let next = self.list.get(at).map_or(usize::MAX, |next| next.range.start);
            if let Some(end) = end(&range, next) {
                self.cover(range.start..end, with, rule);
            }
        }
    }

    /// Masks `range`.
    pub(crate) fn mask(&mut self, range: Range<usize>, rule: Rule) {
        self.push(range, MASK, rule);
    }

    /// Leaves the line ends of what is replaced: the mask stands on the first of its lines, and the others become empty, but for the
    /// sign of a comment that its first line begins with, too.
    pub(crate) fn keep_lines(&mut self, text: &[u8]) {
        if !self.list.iter().any(|edit| memchr::memchr(b'\n', &text[edit.range.clone()]).is_some()) {
            return;
        }
        for Edit { range, mut with, rule } in std::mem::take(&mut self.list) {
            let mut start = range.start;
            let sign = sign_of(&text[..start]);
            let ends = memchr::memchr_iter(b'\n', &text[range.clone()]).map(|end| range.start + end + 1);
            for next in ends.chain(std::iter::once(range.end)) {
                let line = &text[start..next];
                let end = next - (line.len() - line.strip_suffix(b"\n").map_or(line, without_return).len());
                if start < end {
                    self.list.push(Edit { range: start..end, with, rule });
                    with = "";
                }
                start = next + sign.map_or(0, |sign| behind_sign(&text[next..range.end], sign));
            }
        }
    }

    /// Replaces whole characters of UTF-8 only, of what is decided.
    pub(crate) fn keep_characters(&mut self, text: &[u8], decided: Range<usize>) {
        let inside = |at: usize| text.get(at).is_some_and(|byte| byte & 0xc0 == 0x80);
        let mut before = 0;
        for Edit { range, .. } in &mut self.list {
            for _ in 1..LONGEST_CHARACTER {
                range.start -= usize::from(range.start > decided.start && inside(range.start));
                range.end += usize::from(range.end < decided.end && inside(range.end));
            }
            // The one before may have taken the same character.
            range.start = range.start.max(before);
            range.end = range.end.max(range.start);
            before = range.end;
        }
    }

    /// Whether a part of a range is replaced.
    pub(crate) fn reach_into(&self, range: &Range<usize>) -> bool {
        let behind = self.list.partition_point(|edit| edit.range.end <= range.start);
        self.list.get(behind).is_some_and(|edit| edit.range.start < range.end)
    }

    pub(crate) fn len(&self) -> usize {
        self.list.len()
    }

    pub(crate) fn truncate(&mut self, length: usize) {
        self.list.truncate(length);
    }

    pub(crate) fn as_slice(&self) -> &[Edit] {
        &self.list
    }

    pub(crate) fn clear(&mut self) {
        self.list.clear();
    }
}

/// The sign of a comment with which the line begins that a text ends in.
fn sign_of(text: &[u8]) -> Option<&'static [u8]> {
    let line = text[memchr::memrchr(b'\n', text).map_or(0, |end| end + 1)..].trim_ascii_start();
    [&b"--"[..], b"//"].into_iter().find(|sign| line.starts_with(sign))
}

/// The length of the blanks and the sign with which a text begins; 0 if it does not, or with the last line of a private key.
fn behind_sign(text: &[u8], sign: &[u8]) -> usize {
    let blank = text.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    let begins = text[blank..].starts_with(sign) && !text[blank..].starts_with(b"-----");
    if begins { blank + sign.len() } else { 0 }
}

/// A line without the carriage return of its end.
fn without_return(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// The mask in quotes of a kind.
pub(crate) fn quoted_like(quote: &[u8]) -> &'static str {
    match quote {
        b"'" => QUOTED_MASK,
        b"\"" => "\"<REDACTED>\"",
        b"`" => NAME_MASK,
        b"\\'" => r"\'<REDACTED>\'",
        b"\\\"" => r#"\"<REDACTED>\""#,
        _ => MASK,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_are_replaced_as_a_whole() {
        let text = "aéｐb".as_bytes();
        let mut edits = Edits::default();
        edits.mask(2..4, Rule::SecretOption);
        edits.keep_characters(text, 0..text.len());
        assert_eq!(edits.as_slice()[0].range, 1..6);
        edits.clear();
        edits.mask(0..2, Rule::SecretOption);
        edits.mask(2..3, Rule::SecretOption);
        edits.keep_characters(text, 0..text.len());
        assert_eq!(edits.as_slice()[0].range, 0..3);
        assert_eq!(edits.as_slice()[1].range, 3..3);
        edits.clear();
        edits.mask(2..4, Rule::SecretOption);
        edits.keep_characters(text, 2..4);
        assert_eq!(edits.as_slice()[0].range, 2..4);
    }
}
