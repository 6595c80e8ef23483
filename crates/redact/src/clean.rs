//! The only kind of text that may be shown.

pub(crate) mod layout;
pub(crate) mod located;

use crate::prose::is_odd_in_prose;
use crate::redact;
use crate::secret::issuers::is_known_token;
use crate::statement::entries::is_visible_key;
use lockkeeper_model::{ConnectionPath, ConnectionType, DatabasePath, Identifier, MASK, OptionKey};
use std::borrow::Cow;
use std::fmt;

/// Text that holds no secret, because only the redactor and a few harmless sources can make it.
///
/// There is deliberately no `From<String>`: text that came from outside becomes clean by [`Clean::text`] or not at
/// all. Functions that print, log or audit take this type, so any other way does not compile.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Clean(pub(crate) Cow<'static, str>);

impl Clean {
    /// Redacts any text. Ordinary text comes through unchanged.
    pub fn text(text: &str) -> Self {
        Self(Cow::Owned(redact(text).into_owned()))
    }

    /// Takes text that stands in the program's source.
    pub const fn literal(text: &'static str) -> Self {
        Self(Cow::Borrowed(text))
    }

    /// The mask.
    pub const fn mask() -> Self {
        Self::literal(MASK)
    }

    /// Takes the name of a connection, database or catalog; one that is a well-known kind of token is masked.
    pub fn name(name: &Identifier) -> Self {
        match is_known_token(name.as_str().as_bytes()) {
            true => Self::mask(),
            false => Self(Cow::Owned(name.as_str().to_owned())),
        }
    }

    /// Takes the key of an option; one that looks like a secret itself is masked.
    pub fn key(key: &str) -> Self {
        match is_visible_key(key.as_bytes()) {
            true => Self::text(key),
            false => Self::mask(),
        }
    }

    /// Takes a remark of a person, such as a connection's comment: words that nobody would write, but for a secret, are
    /// masked one by one.
    pub fn remark(text: &str) -> Self {
        let shown =
            |word: &str| if is_odd_in_prose(word.as_bytes()) { MASK.to_owned() } else { word.to_owned() };
        let redacted = redact(text);
        let words: Vec<String> = redacted.split(' ').map(shown).collect();
        Self(Cow::Owned(words.join(" ")))
    }

    /// Takes a number.
    pub fn number(number: impl Into<i128>) -> Self {
        Self(Cow::Owned(number.into().to_string()))
    }

    /// Puts clean texts one after the other.
    pub fn concat(parts: impl IntoIterator<Item = impl Into<Self>>) -> Self {
        let mut whole = Self::default();
        for part in parts {
            whole.push(part);
        }
        whole
    }

    /// Puts clean texts one after the other, with `separator` between them.
    pub fn join(separator: &'static str, parts: impl IntoIterator<Item = impl Into<Self>>) -> Self {
        let mut whole = Self::default();
        for (index, part) in parts.into_iter().enumerate() {
            if index > 0 {
                whole.push(separator);
            }
            whole.push(part);
        }
        whole
    }

    /// Appends clean text.
    pub fn push(&mut self, part: impl Into<Self>) {
        let part = part.into();
        match self.0.is_empty() {
            true => *self = part,
            false => self.0.to_mut().push_str(&part.0),
        }
    }

    /// Puts `arguments` in the places of the `{}` of `template`; used by [`clean!`](crate::clean).
    #[doc(hidden)]
    pub fn from_template<const N: usize>(template: &'static str, arguments: [Self; N]) -> Self {
        let mut pieces = template.split("{}");
        let mut whole = Self(Cow::Borrowed(pieces.next().unwrap_or_default()));
        for (piece, argument) in pieces.zip(arguments) {
            whole.push(argument);
            whole.push(piece);
        }
        whole
    }

    /// Counts the `{}` of a template at compile time.
    #[doc(hidden)]
    pub const fn places(template: &str) -> usize {
        let bytes = template.as_bytes();
        let mut count = 0;
        let mut at = 0;
        while at + 1 < bytes.len() {
            if bytes[at] == b'{' && bytes[at + 1] == b'}' {
                count += 1;
                at += 1;
            }
            at += 1;
        }
        count
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text as a string, for whoever prints it.
    pub fn into_string(self) -> String {
        self.0.into_owned()
    }

    /// Whether there is no text.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Builds a [`Clean`] from a template and arguments that are, or are known to be, clean.
///
/// `{}` stands for the next argument; their numbers are compared at compile time. Arguments are anything that
/// converts into [`Clean`]: other clean texts, literals of the source, names, numbers.
///
/// ```
/// use lockkeeper_redact::{Clean, clean};
/// let said = "refused: 'password' = 'made-up'";
/// assert_eq!(
///     clean!("{} of {}: {}", 3, 19_u64, Clean::text(said)).as_str(),
///     "3 of 19: refused: 'password' = '<REDACTED>'"
/// );
/// ```
///
/// A `String` does not do:
///
/// ```compile_fail
/// lockkeeper_redact::clean!("said {}", String::from("anything"));
/// ```
///
/// Nor does a borrowed one that does not stand in the source:
///
/// ```compile_fail
/// let owned = String::from("anything");
/// lockkeeper_redact::clean!("said {}", owned.as_str());
/// ```
#[macro_export]
macro_rules! clean {
    ($template:literal $(, $argument:expr)* $(,)?) => {{
        const {
            let arguments: &[&str] = &[$(stringify!($argument)),*];
            assert!($crate::Clean::places($template) == arguments.len(), "the template has as many places as there are arguments");
        }
        $crate::Clean::from_template($template, [$($crate::Clean::from($argument)),*])
    }};
}

impl AsRef<str> for Clean {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Clean {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Clean {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl From<&Self> for Clean {
    fn from(text: &Self) -> Self {
        text.clone()
    }
}

/// Text of the program's source: a borrowed text lives as long as the program only if it stands there.
impl From<&'static str> for Clean {
    fn from(text: &'static str) -> Self {
        Self::literal(text)
    }
}

impl From<&Identifier> for Clean {
    fn from(name: &Identifier) -> Self {
        Self::name(name)
    }
}

/// The parts in backticks, as SQL has them.
impl From<&DatabasePath> for Clean {
    fn from(path: &DatabasePath) -> Self {
        Self::concat([quoted(&path.catalog), Self::literal("."), quoted(&path.database)])
    }
}

/// The parts in backticks, as SQL has them.
impl From<&ConnectionPath> for Clean {
    fn from(path: &ConnectionPath) -> Self {
        Self::concat([Self::from(&path.database), Self::literal("."), quoted(&path.name)])
    }
}

impl From<OptionKey> for Clean {
    fn from(key: OptionKey) -> Self {
        Self::literal(key.name())
    }
}

impl From<ConnectionType> for Clean {
    fn from(connection_type: ConnectionType) -> Self {
        Self::literal(connection_type.name())
    }
}

impl From<bool> for Clean {
    fn from(value: bool) -> Self {
        Self::literal(if value { "true" } else { "false" })
    }
}

macro_rules! from_numbers {
    ($($number:ty)*) => {
        $(impl From<$number> for Clean {
            fn from(number: $number) -> Self {
                Self(Cow::Owned(number.to_string()))
            }
        })*
    };
}

from_numbers!(i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize);

fn quoted(name: &Identifier) -> Clean {
    Clean(Cow::Owned(format!("`{}`", Clean::name(name).as_str().replace('`', "``"))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clean_texts_are_built_from_clean_parts() {
        let name = Identifier::new("chat").unwrap();
        let text = clean!("connection \"{}\" has {} options, {}", &name, 3_usize, true);
        insta::assert_snapshot!(text, @r#"connection "chat" has 3 options, true"#);
        insta::assert_snapshot!(Clean::join(", ", [1, 2, 3]), @"1, 2, 3");
        insta::assert_snapshot!(clean!("{}{}", Clean::mask(), "."), @"<REDACTED>.");
    }

    #[test]
    fn remarks_and_keys_lose_what_nobody_would_write() {
        insta::assert_snapshot!(Clean::remark("it's \"ours\", since 2024, in us-east-1"), @r#"it's "ours", since 2024, in us-east-1"#);
        insta::assert_snapshot!(Clean::remark("the key is m4De7Up9xQ2, rotate"), @"the key is <REDACTED> rotate");
        insta::assert_snapshot!(Clean::key("api_key"), @"api_key");
        insta::assert_snapshot!(Clean::key("m4De7Up9xQ2"), @"<REDACTED>");
    }

    #[test]
    fn text_is_redacted_on_its_way_in() {
        let said = clean!("near {}", Clean::text("ALTER CONNECTION c SET ('api-key' = 'made-up')"));
        insta::assert_snapshot!(said, @"near ALTER CONNECTION c SET ('api-key' = '<REDACTED>')");
    }
}
