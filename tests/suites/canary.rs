//! Secrets that nobody can guess, and the search for them in every encoding.

use ring::rand::{SecureRandom, SystemRandom};

/// A made-up secret for one test.
pub(crate) struct Canary(String);

impl Canary {
    /// A fresh one: 24 letters and digits.
    pub(crate) fn new() -> Self {
        const LETTERS: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789";
        let mut bytes = [0; 24];
        SystemRandom::new().fill(&mut bytes).unwrap();
        Self(bytes.iter().map(|byte| char::from(LETTERS[usize::from(*byte) % LETTERS.len()])).collect())
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Asserts that no fragment of eight characters stands in `sink`, in no encoding; the message does not show it.
    #[track_caller]
    pub(crate) fn assert_absent(&self, sink: &str, bytes: &[u8]) {
        for (encoding, needle) in self.encodings() {
            let found = bytes.windows(needle.len()).any(|window| window == needle);
            assert!(!found, "a secret stands in {sink}, as {encoding}");
        }
    }

    fn encodings(&self) -> Vec<(&'static str, Vec<u8>)> {
        let text = self.0.as_bytes();
        let reversed: Vec<u8> = text.iter().rev().copied().collect();
        let mut encodings: Vec<(&'static str, Vec<u8>)> =
            text.windows(8).map(|part| ("a fragment", part.to_vec())).collect();
        encodings.push(("reversed text", reversed[..12].to_vec()));
        let hex: String = text[..12].iter().map(|byte| format!("{byte:02x}")).collect();
        encodings.push(("upper-case hex", hex.to_uppercase().into_bytes()));
        encodings.push(("hex", hex.into_bytes()));
        encodings.push((
            "percent-encoding",
            text[..8].iter().flat_map(|b| format!("%{b:02X}").into_bytes()).collect(),
        ));
        encodings.push(("UTF-16LE", text[..8].iter().flat_map(|byte| [*byte, 0]).collect()));
        encodings.push(("UTF-16BE", text[..8].iter().flat_map(|byte| [0, *byte]).collect()));
        for offset in 0..3 {
            encodings.push(("base64", base64_at(text, offset)));
        }
        encodings
    }
}

/// What stands in the middle of the base64 of a text in which `bytes` begin at `offset` modulo three; letters and
/// digits only, so base64 and base64url are the same but for `+` and `/`.
fn base64_at(bytes: &[u8], offset: usize) -> Vec<u8> {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    // Only groups that lie wholly within the text are known.
    let skip = (3 - offset) % 3;
    bytes[skip..]
        .chunks_exact(3)
        .flat_map(|group| {
            let number = u32::from(group[0]) << 16 | u32::from(group[1]) << 8 | u32::from(group[2]);
            [18, 12, 6, 0].map(|shift| ALPHABET[(number >> shift & 63) as usize])
        })
        .take(12)
        .collect()
}

#[test]
fn the_search_finds_what_it_looks_for() {
    let canary = Canary("AbCdEfGhJkLmNpQrStUvWx23".to_owned());
    let found = |bytes: &[u8]| std::panic::catch_unwind(|| canary.assert_absent("a test", bytes)).is_err();
    assert!(found(b"xx CdEfGhJk xx"));
    assert!(found(b"QWJDZEVmR2hKa0xtTnBRclN0VXZXeDIz"));
    assert!(found(b"eEFiQ2RFZkdoSmtMbU5wUXJTdFV2V3gyMw=="));
    assert!(found(b"eHhBYkNkRWZHaEprTG1OcFFyU3RVdld4MjM="));
    assert!(!found(b"CREATE CONNECTION c WITH ('api-key' = '<REDACTED>')"));
}
