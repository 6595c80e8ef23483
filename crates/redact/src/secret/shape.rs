//! What a secret looks like, when nothing beside it says that it is one.

use crate::secret::issuers::is_known_token;
use crate::statement::resync::is_timestamp;
use crate::url::scheme::first_scheme;

/// Whether a long word looks drawn at random: letters and digits alternate, or cases mix.
///
/// Words that people choose (host names, model names, dates, UUIDs) are not meant to pass.
pub(crate) fn is_random(word: &[u8]) -> bool {
    if word.len() < 16 {
        return false;
    }
    if is_known_token(word) {
        return true;
    }
    let profile = Profile::of(word);
    let hex = word.len() >= 32
        && word.iter().all(u8::is_ascii_hexdigit)
        && word.iter().any(u8::is_ascii_digit)
        && word.iter().any(u8::is_ascii_alphabetic);
    let mixed =
        profile.digits >= 2 && profile.upper >= 2 && profile.lower >= 2 && profile.changes * 4 >= word.len();
    // Capitals begin words in names that people choose, and few of them are shorter than three letters.
    let shuffled = profile.upper >= 4 && profile.lower >= 4 && profile.inner_changes * 3 >= word.len();
    let alternating = profile.digits >= 3 && profile.digit_changes * 4 >= word.len();
    hex || mixed || shuffled || (alternating && !is_uuid(word))
}

/// Whether capitals stand in a long word where no words begin: some of what begins with one is shorter than three letters.
pub(crate) fn is_shuffled(word: &[u8]) -> bool {
    word.len() >= 16 && has_short_words(word)
}

fn has_short_words(word: &[u8]) -> bool {
    short_words(word) >= 3 && word.iter().filter(|byte| byte.is_ascii_lowercase()).count() >= 3
}

/// How many parts of a word begin with a capital and are shorter than three letters.
fn short_words(word: &[u8]) -> usize {
    let capitals = || word.iter().enumerate().filter(|(_, byte)| byte.is_ascii_uppercase()).map(|(at, _)| at);
    capitals().zip(capitals().skip(1)).filter(|(one, next)| next - one < 3).count()
}

/// Whether a word has as many vowels as words of people have: one letter in four is one.
fn is_spoken(word: &[u8]) -> bool {
    4 * word.iter().filter(|byte| b"aeiouAEIOU".contains(byte)).count() >= word.len()
}

/// Whether a word is in base64, as its padding or its sign shows that no path has.
fn is_base64(word: &[u8], padding: usize) -> bool {
    let is_one = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    let profile = Profile::of(word);
    let kinds = [profile.upper, profile.lower, profile.digits].iter().filter(|count| **count > 0).count();
    let shown = padding > 0 && (word.len() + padding).is_multiple_of(4) || word.contains(&b'+');
    word.len() >= 16 && kinds > 1 && profile.inner_changes >= 4 && shown && word.iter().all(is_one)
}

/// Whether capitals and single small letters take turns in a word.
pub(crate) fn is_jumbled(word: &[u8]) -> bool {
    let turns = word.windows(3).filter(|letters| {
        letters[0].is_ascii_uppercase() && letters[1].is_ascii_lowercase() && letters[2].is_ascii_uppercase()
    });
    word.len() >= 8 && turns.count() >= 3
}

/// Whether the rest of a word looks drawn that was cut anywhere: kinds of letters take turns in a part of it, or it is one of
/// those that consist of hexadecimal digits.
pub(crate) fn is_scrambled(word: &[u8]) -> bool {
    let padding = word.iter().rev().take_while(|byte| **byte == b'=').count();
    let word = &word[..word.len() - padding];
    let count = |is: fn(&u8) -> bool| word.iter().filter(|byte| is(byte)).count();
    if word.contains(&b'=') || first_scheme(word).is_some() {
        return false;
    }
    let hex = word.len() >= 10
        && word.iter().all(|byte| byte.is_ascii_digit() || matches!(byte, b'a'..=b'f' | b'-'))
        && count(u8::is_ascii_digit) >= 3
        && count(u8::is_ascii_lowercase) >= 2;
    let turns = |part: &[u8]| {
        let profile = Profile::of(part);
        part.len() >= 8 && profile.digits >= 2 && profile.inner_changes >= 4
            || part.len() >= 12 && has_short_words(part)
            || part.len() >= 16 && profile.inner_changes >= 5 && short_words(part) >= 2 && !is_spoken(part)
    };
    hex || is_base64(word, padding)
        || is_known_token(word)
        || word.split(|byte| !byte.is_ascii_alphanumeric()).any(|part| turns(part) || is_jumbled(part))
}

/// Whether digits stand between the letters of a word again and again: no identifier has that.
pub(crate) fn is_shredded(word: &[u8]) -> bool {
    let profile = Profile::of(word);
    profile.digit_changes >= 3 && profile.inner_changes * 5 >= word.len() * 2
}

/// Whether a word in prose is not one that people would write: digits, cases or punctuation mix inside of it.
pub(crate) fn is_odd_word(word: &[u8]) -> bool {
    if word.len() < 6 {
        return false;
    }
    let profile = Profile::of(word);
    if profile.other > 0 && !word.is_ascii() {
        // Prose in other scripts: nothing can be said by classes of ASCII.
        return profile.digits > 0;
    }
    let letters = profile.upper + profile.lower;
    (profile.digits > 0 && letters > 0)
        || profile.digits >= 6
        || (profile.upper > 0 && profile.lower > 0 && !is_capitalised(word))
        || profile.other > 0
}

/// Whether a word is none of prose and no name that people choose.
pub(crate) fn is_drawn(word: &[u8]) -> bool {
    let digits = word.iter().filter(|byte| byte.is_ascii_digit()).count();
    digits >= 2
        && is_odd_word(word)
        && !is_timestamp(word)
        && !word.contains(&b'_')
        && memchr::memchr(b'.', word).is_none()
}

/// The same of a long word without the number at its end: names that people choose have one there.
pub(crate) fn is_drawn_inside(word: &[u8]) -> bool {
    let number = word.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    word.len() >= 8 && is_drawn(word) && is_odd_word(&word[..word.len() - number])
}

/// Whether a word in a remark is none that people write there: capitals, small letters and digits take turns.
pub(crate) fn is_mixed(word: &[u8]) -> bool {
    let profile = Profile::of(word);
    let mixed = profile.digits > 0 && profile.upper > 0 && profile.lower > 0;
    // Stars stand around words, too.
    let signs = word.iter().filter(|byte| b"^+!@#$%&?=<>{}|~".contains(byte)).count();
    is_scrambled(word)
        || mixed && (profile.inner_changes >= 4 || profile.digits > 1)
        || profile.digits > 2 && profile.inner_changes > 3
        || signs > 1
        || (signs > 0 || has_inner_star(word)) && profile.digits + profile.upper > 0
}

/// Whether a star stands between letters or digits.
fn has_inner_star(word: &[u8]) -> bool {
    word.windows(3)
        .any(|part| part[1] == b'*' && part[0].is_ascii_alphanumeric() && part[2].is_ascii_alphanumeric())
}

/// Whether a value is a path, a URL, or a name that people choose for a file, a class, a kind: nothing in it looks drawn.
pub(crate) fn is_chosen(value: &[u8]) -> bool {
    let named = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.:/$".contains(byte);
    // Names of classes have capitals inside, behind that of a package, and those of kinds nothing else.
    let class = |part: &[u8]| {
        value.strip_suffix(part).is_some_and(|package| package.ends_with(b"."))
            && part[0].is_ascii_uppercase()
            && part.iter().all(u8::is_ascii_alphabetic)
    };
    let kind = |part: &[u8]| {
        part.len() <= 8 && part[0].is_ascii_uppercase() && !part.iter().any(u8::is_ascii_lowercase)
    };
    // An account stands in the name of a resource, and a number at the end of names.
    let plain = |part: &[u8]| {
        let letters = part.iter().take_while(|byte| byte.is_ascii_lowercase()).count();
        let number = &part[letters..];
        number.iter().all(u8::is_ascii_digit) && (number.len() <= 4 || letters == 0 && number.len() <= 12)
    };
    value.len() <= 256
        && value.iter().all(named)
        && value
            .split(|byte| !byte.is_ascii_alphanumeric())
            .all(|part| part.len() < 3 || !is_odd_word(part) || plain(part) || class(part) || kind(part))
        && !is_known_token(value)
        && !value.split(|byte| b":/".contains(byte)).any(is_random)
}

fn is_capitalised(word: &[u8]) -> bool {
    word[0].is_ascii_uppercase() && word[1..].iter().all(|b| !b.is_ascii_uppercase())
}

/// Whether a word is a UUID.
pub(crate) fn is_uuid(word: &[u8]) -> bool {
    word.len() == 36
        && word.iter().enumerate().all(|(at, b)| match at {
            8 | 13 | 18 | 23 => *b == b'-',
            _ => b.is_ascii_hexdigit(),
        })
}

#[derive(Default)]
struct Profile {
    digits: usize,
    upper: usize,
    lower: usize,
    other: usize,
    /// How often the class of a character differs from the one before.
    changes: usize,
    /// The same, but for those at hyphens, dots and underscores.
    inner_changes: usize,
    /// How often a letter follows a digit or the reverse.
    digit_changes: usize,
}

impl Profile {
    fn of(word: &[u8]) -> Self {
        let mut profile = Self::default();
        let mut before = 0;
        for byte in word {
            let class = match byte {
                b'0'..=b'9' => {
                    profile.digits += 1;
                    1
                }
                b'A'..=b'Z' => {
                    profile.upper += 1;
                    2
                }
                b'a'..=b'z' => {
                    profile.lower += 1;
                    3
                }
                b'-' | b'_' | b'.' => 4,
                _ => {
                    profile.other += 1;
                    5
                }
            };
            if before != 0 && class != before {
                profile.changes += 1;
                profile.inner_changes += usize::from(before <= 3 && class <= 3);
                if (before == 1 && class <= 3) || (class == 1 && before <= 3) {
                    profile.digit_changes += 1;
                }
            }
            before = class;
        }
        profile
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capitals_inside_of_words_show_that_letters_were_drawn() {
        for word in ["qnhwGJZAgRKhgsGtqztzHGQN", "xsqjbBFjEKBKgc8DMRMGARGF", "nTCpPvzhNATMHCYQZQAJooyw"] {
            assert!(is_shuffled(word.as_bytes()), "{word}");
        }
        for word in [
            "connectionTimeoutMillis",
            "CONNECTIONTIMEOUTMILLIS",
            "maxRetriesPerRequestURL",
            "apikeyapikeyapikey",
        ] {
            assert!(!is_shuffled(word.as_bytes()), "{word}");
        }
    }

    #[test]
    fn parts_of_base64_were_drawn() {
        for word in [
            "G5R3K+Tn+hmdplagwXI+Ku=",
            "lGw/rvz3d9/NWpqBUC2v/2==",
            "dfhNQvpCqZudbp7fem",
            "qtyfhPQkfXkCoacXzwRwl",
        ] {
            assert!(is_scrambled(word.as_bytes()), "{word}");
        }
        for word in ["src/main/java/Orders", "CollectSpaceStatisticsAtLastGC", "MCRegUnitIterator"] {
            assert!(!is_scrambled(word.as_bytes()), "{word}");
        }
    }

    #[test]
    fn letters_that_take_turns_were_drawn() {
        assert!(is_jumbled(b"eGnNzGSbYxQ"));
        for word in ["getHTTPSURLs", "OrdersAtFilmsInPlan", "iOSAppOfAUser"] {
            assert!(!is_jumbled(word.as_bytes()), "{word}");
        }
    }

    #[test]
    fn names_of_places_are_chosen() {
        for value in [
            "BASIC",
            "ASSUME_ROLE",
            "PKCS12",
            "user_id",
            "prod",
            "/etc/kafka/orders_12.jks",
            "arn:aws:iam::123456789012:role/reader",
            "org.apache.iceberg.aws.rest.StaticProvider",
            "/var/run/secrets/eks.amazonaws.com/serviceaccount/token",
        ] {
            assert!(is_chosen(value.as_bytes()), "{value}");
        }
        for value in ["TrelLud.zor", "made+up", "made up", "ludTrel4060", "/aB3dE5gH7jK9mN1pQ", "x8f3k2m9q"] {
            assert!(!is_chosen(value.as_bytes()), "{value}");
        }
    }

    #[test]
    fn names_that_people_choose_are_not_random() {
        for word in [
            "bedrock-runtime.us-east-1.amazonaws.com",
            "amazon.titan-embed-text-v1",
            "123e4567-e89b-12d3-a456-426614174000",
            "2025-01-01-preview",
            "NullPointerException",
            "getHTTPSConnectionURLFromDBPool",
            "org.example.OrdersOverviewApiV2",
            "films-a1b2c3.svc.pinecone.io",
        ] {
            assert!(!is_random(word.as_bytes()), "{word}");
        }
        for word in ["k9Xw2LqPz7Rt4Bv8", "0123456789abcdef0123456789abcdef", "wQxLzRkVbTnMsPfGhJdC"] {
            assert!(is_random(word.as_bytes()), "{word}");
        }
    }
}
