//! "Did you mean".

/// Finds the candidate that `word` most probably was meant to be.
///
/// Case and `_` for `-` do not count. A candidate is near if at most a third of its characters (at least one) have
/// to be changed, inserted, removed or swapped; of equally near ones the first is taken.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Longer words are near nothing, and edit distance is quadratic.
    const LONGEST: usize = 64;
    if word.len() > LONGEST {
        return None;
    }
    let fold = |text: &str| text.to_lowercase().replace('_', "-");
    let word = fold(word);
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        let distance = strsim::damerau_levenshtein(&word, &fold(candidate));
        let near = distance <= (candidate.chars().count() / 3).max(1);
        if near && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_was_meant() {
        let keys = ["api-key", "aws-secret-key", "password", "token"];
        assert_eq!(nearest("ap-key", keys), Some("api-key"));
        assert_eq!(nearest("API_KYE", keys), Some("api-key"));
        assert_eq!(nearest("pasword", keys), Some("password"));
        assert_eq!(nearest("aws-secret", keys), Some("aws-secret-key"));
        assert_eq!(nearest("colour", keys), None);
        assert_eq!(nearest(&"x".repeat(10_000), keys), None);
    }
}
