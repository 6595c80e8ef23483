//! Letters that nearly spell a name.

use super::{Folded, MISTAKABLE, WORDS, letters};
use crate::sql::slips::{within_one_edit, within_two_edits};
use lockkeeper_model::OptionKey;
use std::sync::LazyLock;

/// The first parts of the name below which names are free.
const BELOW: &[u8] = b"sqlsecrets";

/// Whether folded letters end with those of a word that denotes a secret, but for slips of the pen: one in five letters, two in eight.
pub(crate) fn ends_nearly(letters: &[u8]) -> bool {
    let ends = |letters: &[u8], word: &[u8]| {
        let most = match word.len() {
            0..5 => return letters.ends_with(word),
            5..8 => 1,
            _ => 2,
        };
        let within = |part: &[u8]| match most {
            1 => within_one_edit(part, word),
            _ => within_two_edits(part, word),
        };
        let sizes = word.len() - most..=(word.len() + most).min(letters.len());
        sizes.into_iter().any(|size| within(&letters[letters.len() - size..]))
    };
    let ends_in_word = |letters: &[u8]| WORDS.iter().any(|(word, _)| ends(letters, word));
    (ends_in_word(letters) || letters.strip_suffix(b"key").is_some_and(ends_in_word))
        && !MISTAKABLE.iter().any(|other| letters.ends_with(other.as_bytes()))
}

/// Whether a word that denotes a secret ends with these letters, of which there are three at least, perhaps before `key`.
pub(crate) fn ends_word(letters: &[u8]) -> bool {
    let ends = |letters: &[u8]| letters.len() > 2 && WORDS.iter().any(|(word, _)| word.ends_with(letters));
    ends(letters) || letters.strip_suffix(b"key").is_some_and(ends)
}

/// Whether folded letters hold those of `sql.secrets`, but for two slips of the pen, and others behind them.
pub(crate) fn below_secrets_nearly(letters: &[u8]) -> bool {
    (BELOW.len() - 2..=BELOW.len() + 2)
        .any(|size| letters.windows(size + 1).any(|part| within_two_edits(&part[..size], BELOW)))
}

/// The option that a name is, or nearly is: one edit for short names, two for longer ones.
pub(crate) fn nearly_option(name: &[u8]) -> bool {
    if name.len() > 24 {
        return false;
    }
    if OptionKey::find(name).is_some() {
        return true;
    }
    let folded = Folded::of(name);
    let name = folded.as_bytes();
    let letters = letters(name);
    KEYS.iter().any(|(known, needed)| {
        if name.len().abs_diff(known.len()) > 2 || (needed & !letters).count_ones() > 2 {
            return false;
        }
        match known.len() {
            0..=4 => name == known || (name.len() >= 3 && within_one_edit(name, known)),
            5..=7 => within_one_edit(name, known),
            _ => within_two_edits(name, known),
        }
    })
}

/// The keys of the table, folded, each with the letters it is made of.
static KEYS: LazyLock<Vec<(Vec<u8>, u32)>> = LazyLock::new(|| {
    OptionKey::ALL
        .iter()
        .map(|key| Folded::of(key.name().as_bytes()).as_bytes().to_vec())
        .map(|key| (key.clone(), letters(&key)))
        .collect()
});
