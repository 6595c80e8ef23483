//! What a statement that does not parse was probably meant to be.

use crate::Kind;
use crate::syntax::{Rule, measure};

/// How many words are looked at: enough for `CREATE OR REPLACE TEMPORARY SYSTEM CONNECTION`.
const MAX_WORDS: usize = 7;

impl Kind {
    /// Tells by its first words what kind of statement a text was probably meant to be, whether it parses or not.
    pub fn likely(text: &str) -> Self {
        let mut words: Vec<String> = Vec::new();
        let mut rest = text;
        while words.len() < MAX_WORDS {
            rest = &rest[measure(Rule::blanks, rest)..];
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
            if end == 0 {
                break;
            }
            words.push(rest[..end].to_ascii_uppercase());
            rest = &rest[end..];
        }
        let has = |word: &str| words.iter().skip(1).any(|known| known == word);
        let about_connections = has("CONNECTION") || has("CONNECTIONS");
        match words.first().map(String::as_str) {
            Some("SHOW") if about_connections && has("CREATE") => Self::ShowCreateConnection,
            Some("SHOW") if about_connections => Self::ShowConnections,
            Some("CREATE") if about_connections => Self::CreateConnection,
            Some("ALTER") if about_connections => Self::AlterConnection,
            Some("DROP") if about_connections => Self::DropConnection,
            Some("DESC" | "DESCRIBE") if about_connections => Self::DescribeConnection,
            Some("VALIDATE") if about_connections => Self::ValidateConnection,
            _ => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_words_tell() {
        assert_eq!(Kind::likely("create /* x */ or replace\nCONNECTION c WITH ("), Kind::CreateConnection);
        assert_eq!(Kind::likely("SHOW CREATE CONNECTION"), Kind::ShowCreateConnection);
        assert_eq!(Kind::likely("desc connection c.d."), Kind::DescribeConnection);
        assert_eq!(Kind::likely("CREATE TABLE t ("), Kind::Other);
        assert_eq!(Kind::likely("é"), Kind::Other);
    }
}
