use std::fmt;

use zeroize::Zeroizing;

use crate::Span;
use crate::meaning::equal_by_meaning;

/// Holds what a string literal says, after unescaping and concatenation.
///
/// It may be a secret: its memory is wiped when dropped, it cannot be cloned, and printing it for debugging shows
/// its length only.
pub struct Text {
    value: Zeroizing<String>,
    span: Span,
}

impl Text {
    /// Makes a text that was not read from a statement.
    pub fn new(value: &str) -> Self {
        Self { value: Zeroizing::new(value.to_owned()), span: Span::default() }
    }

    /// Makes a text of a literal at `span`.
    pub(crate) fn read(value: Zeroizing<String>, span: Span) -> Self {
        Self { value, span }
    }

    /// Puts another text in its place; the old one is wiped, and the span stays.
    pub fn replace(&mut self, value: &str) {
        self.value = Zeroizing::new(value.to_owned());
    }

    /// Shows the text itself.
    pub fn as_str(&self) -> &str {
        &self.value
    }

    /// Says where the literal stands, quotes and prefix included.
    pub fn span(&self) -> Span {
        self.span
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Text({} bytes)", self.value.len())
    }
}

equal_by_meaning!(Text { value } ignoring { span });

/// Holds one `'key' = 'value'`.
#[derive(Debug)]
pub struct OptionEntry {
    /// The key as written: case and spelling are the reader's business.
    pub key: Text,
    /// The value.
    pub value: Text,
    /// From the key to the value.
    pub span: Span,
}

impl OptionEntry {
    /// Makes an option that was not read from a statement.
    pub fn new(key: &str, value: &str) -> Self {
        Self { key: Text::new(key), value: Text::new(value), span: Span::default() }
    }
}

equal_by_meaning!(OptionEntry { key, value } ignoring { span });

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debugging_shows_the_length_only() {
        let option = OptionEntry::new("token", "canary");
        insta::assert_snapshot!(
            format!("{option:?}"),
            @"OptionEntry { key: Text(5 bytes), value: Text(6 bytes), span: Span { start: 0, end: 0 } }"
        );
    }
}
