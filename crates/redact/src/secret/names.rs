//! Which names say that a value is a secret, however they are spelt.

mod known;
mod nearly;

pub(crate) use known::KnownNames;
pub(crate) use nearly::{below_secrets_nearly, ends_nearly, ends_word, nearly_option};

use crate::sql::slips::{within_one_edit, within_two_edits};
use lockkeeper_model::{SECRET_PARTS, SECRET_WORDS};
use std::ops::Range;
use std::sync::LazyLock;

/// Longest name that is looked at, in characters after folding; longer ones are cut.
const LONGEST: usize = 96;

/// Names that denote a secret only if nothing else stands beside them.
const WHOLE_NAMES: &[&str] = &["auth", "code", "key", "pat", "sas", "sig"];

/// Names that carry headers, in which there may be credentials.
const HEADER_NAMES: &[&str] = &["header", "httpheader"];

/// Ends of names which talk about a secret without being one.
const ABOUT: &[&str] = &[
    "algorithm",
    "count",
    "enabled",
    "endpoint",
    "expiration",
    "expires",
    "expiresin",
    "expiry",
    "expression",
    "interval",
    "iterations",
    "length",
    "lifetime",
    "limit",
    "millis",
    "required",
    "seconds",
    "size",
    "timems",
    "timeout",
    "ttl",
    "type",
    "uri",
    "url",
    "validity",
];

/// Ends of names which say where a secret is, who makes it, or how: the value is a name that people choose. `shard-key` is
/// within one edit of a secret word, and names a column.
const PLACES: &[&str] = &[
    "arn",
    "class",
    "file",
    "kind",
    "location",
    "name",
    "path",
    "policy",
    "provider",
    "shardkey",
    "source",
    "tokenizer",
    "version",
];

/// Words within one edit of a secret word which mean something else.
const MISTAKABLE: &[&str] = &["broken", "keepass", "rookie", "spoken", "taken", "wearer", "woken"];

/// What begins with a secret word and means something else: `secretary`, `secretariat`.
const LONGER: &[u8] = b"secretar";

/// Words within one edit of `headers` which mean something else.
const NO_HEADERS: &[&str] = &["header", "leaders", "readers"];

/// Ends of the name of a copy.
const COPIES: &[&str] = &["1", "2", "backup", "bak", "copy", "new", "old", "prev", "tmp", "v1", "v2"];

/// Words that are too short for a misspelt one to be told, with what stands behind them.
const FUZZY: &[&str] = &["jaasconfig"];

/// What a name says about its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Secrecy {
    /// Nothing.
    None,
    /// That it may be a secret: `key`, `code`, `auth`.
    Weak,
    /// That it is a secret, if the value looks like one: `db_pass`, `pw`. A last part says more than one before others.
    Part { last: bool },
    /// That it describes a secret: `token-type`, `password.length`, `max_tokens`.
    About,
    /// That it says where a secret is, or who makes it: `credentials-provider`, `token.file`.
    Place,
    /// That it is a secret.
    Secret,
}

impl Secrecy {
    /// Whether the value is a secret, if it could be one.
    pub(crate) fn is_certain(self) -> bool {
        matches!(self, Self::Place | Self::Secret)
    }

    /// Whether it may be one that a sentence says.
    pub(crate) fn is_told(self) -> bool {
        matches!(self, Self::Secret | Self::Part { last: true })
    }

    /// Whether it may be one as the value of an option in a list.
    pub(crate) fn is_listed(self) -> bool {
        self.is_certain() || matches!(self, Self::Part { last: true })
    }
}

/// How many slips of the pen are allowed for, in words of how many letters.
struct Slips {
    most: usize,
    shortest: usize,
}

impl Slips {
    const ONE: Self = Self { most: 1, shortest: 5 };
    const TWO: Self = Self { most: 2, shortest: 8 };
    const TWO_IN_ANY: Self = Self { most: 2, shortest: 5 };
}

/// The words that denote a secret, each with the letters it is made of.
static WORDS: LazyLock<Vec<(&[u8], u32)>> = LazyLock::new(|| {
    SECRET_WORDS.iter().chain(FUZZY).map(|word| (word.as_bytes(), letters(word.as_bytes()))).collect()
});

/// The letters of a folded name, a bit for each.
fn letters(name: &[u8]) -> u32 {
    name.iter().filter(|byte| byte.is_ascii_lowercase()).fold(0, |all, byte| all | 1 << (byte - b'a'))
}

/// A name in lower case, without separators and without the tricks that hide it from comparison.
pub(crate) struct Folded {
    bytes: [u8; LONGEST],
    length: usize,
    /// Where parts begin, by separators, as a bit per byte.
    starts: u128,
    /// Where they begin by capitals.
    capitals: u128,
}

impl Folded {
    /// Folds the name: letters and digits in lower case, look-alikes to what they look like, the rest left out.
    pub(crate) fn of(name: &[u8]) -> Self {
        let mut folded = Self { bytes: [0; LONGEST], length: 0, starts: 1, capitals: 0 };
        let mut at = 0;
        while at < name.len() && folded.length < LONGEST {
            let byte = name[at];
            if byte < 0x80 {
                at += 1;
                if byte.is_ascii_alphanumeric() {
                    // Behind a small letter, or before one: `dbPass`, `DBPass`.
                    let begins = byte.is_ascii_uppercase()
                        && at > 1
                        && (name[at - 2].is_ascii_lowercase()
                            || name.get(at).is_some_and(u8::is_ascii_lowercase));
                    folded.capitals |= u128::from(begins) << folded.length;
                    folded.push(byte.to_ascii_lowercase());
                } else {
                    folded.starts |= 1 << folded.length;
                }
                continue;
            }
            let (character, size) = crate::sql::lookalike::decode(&name[at..]);
            if let Some(looks) = character.and_then(crate::sql::lookalike::ascii) {
                if looks.is_ascii_alphanumeric() {
                    folded.push(looks.to_ascii_lowercase());
                } else {
                    folded.starts |= 1 << folded.length;
                }
            }
            at += size;
        }
        folded
    }

    /// The folded letters and digits.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }

    /// What the name says about its value.
    pub(crate) fn secrecy(&self) -> Secrecy {
        let name = self.as_bytes();
        if name.len() < 3 && name != b"pw" {
            return Secrecy::None;
        }
        if WHOLE_NAMES.iter().any(|whole| whole.as_bytes() == name) {
            return Secrecy::Weak;
        }
        if HEADER_NAMES.iter().any(|header| header.as_bytes() == name) || self.ends_in_headers() {
            return Secrecy::Secret;
        }
        // Keys of Azure: those of Hadoop have the names of the container and the account behind it.
        if name.starts_with(b"fsazuresas") || name.ends_with(b"saskey") {
            return Secrecy::Part { last: true };
        }
        let letters = letters(name);
        let exact = WORDS.iter().any(|(word, needed)| {
            let is = |at: usize| name[at..].starts_with(word) && !name[at..].starts_with(LONGER);
            needed & !letters == 0 && (0..name.len()).any(|at| name[at] == word[0] && is(at))
        });
        // Below `sql.secrets`, names are free.
        if memchr::memmem::find(name, b"sqlsecrets").is_some() || self.is_below_secrets() {
            return Secrecy::Secret;
        }
        if !exact && !self.is_misspelt(letters, &Slips::ONE) {
            return self.part().unwrap_or(Secrecy::None);
        }
        let about = ABOUT.iter().any(|end| name.ends_with(end.as_bytes())) || counts_tokens(name);
        let place = PLACES.iter().any(|end| name.ends_with(end.as_bytes()));
        match (about, place) {
            (true, _) => Secrecy::About,
            (_, true) => Secrecy::Place,
            _ => Secrecy::Secret,
        }
    }

    /// Whether it begins with `sql.secrets.`, with two slips of the pen in the second part.
    fn is_below_secrets(&self) -> bool {
        let rest = self.as_bytes().strip_prefix(b"sql").filter(|rest| rest.starts_with(b"s"));
        let Some(rest) = rest.filter(|_| self.starts >> 3 & 1 == 1) else { return false };
        (5..=9).any(|end| {
            end < rest.len()
                && self.starts >> (3 + end) & 1 == 1
                && within_two_edits(&rest[..end], b"secrets")
        })
    }

    /// What it says if a part of it is a word that denotes a secret as a whole.
    fn part(&self) -> Option<Secrecy> {
        let begins = self.starts | self.capitals;
        let mut found = None;
        let mut start = 0;
        for end in 1..=self.length {
            if end < self.length && begins >> end & 1 == 0 {
                continue;
            }
            let part = &self.bytes[start..end];
            let is_word = SECRET_PARTS.iter().any(|word| word.as_bytes() == part);
            let is_number = part.iter().all(u8::is_ascii_digit);
            found = match found {
                _ if is_word => Some(Secrecy::Part { last: true }),
                Some(_) if !is_number => Some(Secrecy::Part { last: false }),
                other => other,
            };
            start = end;
        }
        found
    }

    /// Whether it denotes a secret even if there are two slips of the pen in a long word.
    pub(crate) fn may_be_secret(&self) -> bool {
        let name = self.as_bytes();
        match self.secrecy() {
            Secrecy::Secret => true,
            Secrecy::None => name.len() >= 6 && self.is_misspelt(letters(name), &Slips::TWO),
            _ => false,
        }
    }

    /// Whether it denotes a secret if there are two slips of the pen in a word of any length: the value has to say the same.
    pub(crate) fn may_be_far_secret(&self) -> bool {
        let name = self.as_bytes();
        self.secrecy() == Secrecy::None && self.is_misspelt(letters(name), &Slips::TWO_IN_ANY)
    }

    /// Whether the parts, or the name as a whole, are so near to a secret word of a certain length.
    fn is_misspelt(&self, letters: u32, slips: &Slips) -> bool {
        let name = self.as_bytes();
        let &Slips { most, shortest } = slips;
        let within = |part: &[u8], word: &[u8]| match most {
            1 => within_one_edit(part, word),
            _ => within_two_edits(part, word),
        };
        WORDS.iter().any(|(word, needed)| {
            // One edit takes one letter away at most.
            let missing = (needed & !letters).count_ones() as usize;
            if word.len() < shortest || name.len() + most < word.len() || missing > most {
                return false;
            }
            // Windows that begin at a part, or end the name. Of a short word, two slips leave too little to be cut anywhere.
            let whole = most > 1 && shortest < Slips::TWO.shortest;
            let apart = if whole { 1 } else { most };
            let begins = if most > 1 { self.starts } else { self.starts | self.capitals };
            (word.len() - apart..=word.len() + most).any(|size| {
                size <= name.len()
                    && (0..=name.len() - size).any(|start| {
                        (begins >> start & 1 == 1 || start + size == name.len() && !whole)
                            && self.ends_part(begins, start + size)
                            && within(&name[start..start + size], word)
                            && !self.is_mistakable(begins, start..start + size)
                    })
            })
        })
    }

    /// Whether a part of the name, or the word that it ends, means something else.
    fn is_mistakable(&self, begins: u128, part: Range<usize>) -> bool {
        let word = (0..=part.start).rev().find(|at| begins >> at & 1 == 1).unwrap_or(0);
        let is =
            |start: usize| MISTAKABLE.iter().any(|other| other.as_bytes() == &self.bytes[start..part.end]);
        is(part.start) || is(word)
    }

    /// Whether a name ends in a word that is nearly `headers`, or in that and the mark of a copy; `header` alone is one of a column
    /// or a file.
    fn ends_in_headers(&self) -> bool {
        let name = self.as_bytes();
        let last = (0..name.len()).rev().find(|at| self.starts >> at & 1 == 1).unwrap_or(0);
        let is_copy = last > 0 && COPIES.iter().any(|mark| mark.as_bytes() == &name[last..]);
        let name = if is_copy { &name[..last] } else { name };
        name.ends_with(b"headers")
            || (6..=8).filter(|length| *length <= name.len()).any(|length| {
                let start = name.len() - length;
                let word = &name[start..];
                (self.starts >> start & 1 == 1 || word.starts_with(b"head"))
                    && within_one_edit(word, b"headers")
                    && !NO_HEADERS.iter().any(|other| other.as_bytes() == word)
            })
    }

    fn ends_part(&self, begins: u128, end: usize) -> bool {
        let is_end = |end: usize| end >= self.length || begins >> end & 1 == 1;
        is_end(end) || (self.bytes[end] == b's' && is_end(end + 1))
    }

    /// No word has a letter three times in a row.
    fn push(&mut self, byte: u8) {
        let thrice = byte.is_ascii_lowercase() && self.as_bytes().ends_with(&[byte, byte]);
        if self.length < LONGEST && !thrice {
            self.bytes[self.length] = byte;
            self.length += 1;
        }
    }
}

/// Whether a name says how many tokens there are: `max_tokens`, `tokens_per_minute`, `max_tokens_to_sample`.
fn counts_tokens(name: &[u8]) -> bool {
    memchr::memmem::find(name, b"tokens")
        .is_some_and(|at| matches!(&name[at + 6..], [] | [b'p', b'e', b'r', ..] | [b't', b'o', ..]))
}

#[cfg(test)]
mod tests;
