//! `LIKE` patterns over names.

/// A pattern: `%` is any run of characters, `_` one character, backslash takes the next character as it is.
///
/// Case counts. A backslash at the end stands for itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamePattern {
    parts: Vec<Part>,
    prefix: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Character(char),
    AnyOne,
    AnyRun,
}

impl NamePattern {
    /// Reads a pattern; every text is one.
    pub fn new(pattern: &str) -> Self {
        let mut parts = Vec::new();
        let mut characters = pattern.chars();
        while let Some(character) = characters.next() {
            let part = match character {
                '%' => Part::AnyRun,
                '_' => Part::AnyOne,
                '\\' => Part::Character(characters.next().unwrap_or('\\')),
                other => Part::Character(other),
            };
            // Runs of `%` mean the same as one.
            if part != Part::AnyRun || parts.last() != Some(&Part::AnyRun) {
                parts.push(part);
            }
        }
        let prefix = parts
            .iter()
            .map_while(|part| match part {
                Part::Character(character) => Some(*character),
                Part::AnyOne | Part::AnyRun => None,
            })
            .collect();
        Self { parts, prefix }
    }

    /// What every matching name begins with.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// Whether a whole name matches. Takes at most pattern × name steps.
    pub fn matches(&self, name: &str) -> bool {
        let name: Vec<char> = name.chars().collect();
        let (mut at, mut part) = (0, 0);
        // Where to go on if the run that was passed last has to take one more character.
        let mut retry: Option<(usize, usize)> = None;
        loop {
            match self.parts.get(part) {
                Some(Part::AnyRun) => {
                    retry = Some((at, part + 1));
                    part += 1;
                    continue;
                }
                Some(Part::AnyOne) if at < name.len() => {
                    at += 1;
                    part += 1;
                    continue;
                }
                Some(Part::Character(wanted)) if name.get(at) == Some(wanted) => {
                    at += 1;
                    part += 1;
                    continue;
                }
                None if at == name.len() => return true,
                _ => {}
            }
            match retry {
                Some((from, after)) if from < name.len() => {
                    retry = Some((from + 1, after));
                    at = from + 1;
                    part = after;
                }
                _ => return false,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_in_mysql() {
        for (pattern, name, expected) in [
            ("chat%", "chat-openai", true),
            ("chat%", "Chat-openai", false),
            ("%open%", "chat-openai", true),
            ("c_", "c1", true),
            ("c_", "c12", false),
            ("c\\_1", "c_1", true),
            ("c\\_1", "cx1", false),
            ("100\\%", "100%", true),
            ("%a%b%c", "xxaxxbxxc", true),
            ("%a%b%c", "xxaxxbxx", false),
            ("", "", true),
            ("", "a", false),
            ("ü_", "üß", true),
            ("a\\", "a\\", true),
        ] {
            assert_eq!(NamePattern::new(pattern).matches(name), expected, "{pattern} {name}");
        }
        assert_eq!(NamePattern::new("a\\_b%c").prefix(), "a_b");
    }

    #[test]
    fn hostile_patterns_end() {
        let pattern = NamePattern::new(&"%a".repeat(60_000));
        assert!(!pattern.matches(&"a".repeat(100)));
    }
}
