//! Operations on clean text that add nothing but layout.

use crate::Clean;
use std::borrow::Cow;
use std::fmt::Write;

impl Clean {
    /// The lines, without their ends; an empty text is one empty line.
    pub fn lines(&self) -> Vec<Self> {
        match self.is_empty() {
            true => vec![Self::default()],
            false => self.as_str().lines().map(|line| Self(Cow::Owned(line.to_owned()))).collect(),
        }
    }

    /// A text several times, for margins and rules.
    pub fn repeated(text: &'static str, times: usize) -> Self {
        Self(Cow::Owned(text.repeat(times)))
    }

    /// The text with every `character` twice, as quoting in CSV and SQL wants it.
    #[must_use]
    pub fn doubled(&self, character: char) -> Self {
        Self(Cow::Owned(self.as_str().replace(character, &format!("{character}{character}"))))
    }

    /// The text with control characters other than line feeds shown as `\u{…}`, so that it cannot rewrite a terminal.
    #[must_use]
    pub fn escape_controls(&self) -> Self {
        let mut text = String::with_capacity(self.as_str().len());
        for character in self.as_str().chars() {
            match character {
                '\n' => text.push('\n'),
                character if character.is_control() => {
                    // Writing to a string cannot fail.
                    let _ = write!(text, "{}", character.escape_unicode());
                }
                character => text.push(character),
            }
        }
        Self(Cow::Owned(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_show() {
        insta::assert_snapshot!(Clean::literal("a\u{1b}[2J\tb\nc").escape_controls(), @r"
        a\u{1b}[2J\u{9}b
        c
        ");
    }

    #[test]
    fn lines_keep_their_text() {
        assert_eq!(Clean::literal("").lines(), [Clean::literal("")]);
        assert_eq!(Clean::literal("a\n\nb").lines().len(), 3);
        assert_eq!(Clean::literal("a\"b").doubled('"'), Clean::literal("a\"\"b"));
    }
}
