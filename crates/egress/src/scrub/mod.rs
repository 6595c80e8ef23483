//! Taking a credential out of what the other side sends back, in whatever encoding it stands there.

mod body;
mod pattern;

pub use body::ScrubbedBody;

use crate::scrub::pattern::encodings;
use http::HeaderMap;
use http::header::HeaderValue;
use lockkeeper_model::{Class, Credential, MASK, SecretValue};
use std::borrow::Cow;
use zeroize::Zeroizing;

/// Secrets shorter than this are not searched for: they would be found everywhere, and what is masked everywhere shows
/// what they are.
pub const SHORTEST_SECRET_BYTES: usize = 4;

/// Finds some secrets as they are, percent-encoded, in base64 at any offset, in hex, escaped for JSON, in UTF-16 and
/// reversed, and puts the mask in their place.
#[expect(missing_debug_implementations, reason = "it holds secrets")]
pub struct Scrubber {
    /// The longest first, so that no rest of one stays behind.
    patterns: Vec<Zeroizing<Vec<u8>>>,
    /// Which first two bytes some pattern has, as bits.
    starts: Box<[u64; 1024]>,
    shortest: usize,
    longest: usize,
}

impl Scrubber {
    /// Takes the secrets to search for.
    pub fn new<'a>(secrets: impl IntoIterator<Item = &'a str>) -> Self {
        let mut patterns: Vec<Zeroizing<Vec<u8>>> = secrets
            .into_iter()
            .filter(|secret| secret.len() >= SHORTEST_SECRET_BYTES)
            .flat_map(encodings)
            .collect();
        patterns.sort_unstable_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.as_slice().cmp(b)));
        patterns.dedup_by(|a, b| a.as_slice() == b.as_slice());
        let mut starts = Box::new([0; 1024]);
        for pattern in &patterns {
            let start = start_of(pattern);
            starts[start / 64] |= 1 << (start % 64);
        }
        Self {
            shortest: patterns.last().map_or(usize::MAX, |pattern| pattern.len()),
            longest: patterns.first().map_or(0, |pattern| pattern.len()),
            patterns,
            starts,
        }
    }

    /// Takes the secrets of a credential; what only says who asks is left alone, being short and guessable.
    pub fn of_credential(credential: &Credential) -> Self {
        let secrets = credential.iter().filter(|(key, _)| key.class() == Class::Secret);
        Self::new(secrets.map(|(_, value)| value.expose()))
    }

    /// Takes what was made for a single request.
    pub(crate) fn of_values(values: &[SecretValue]) -> Self {
        Self::new(values.iter().map(SecretValue::expose))
    }

    /// Whether the bytes hold a secret in some encoding.
    pub fn finds(&self, bytes: &[u8]) -> bool {
        self.first_match(bytes, 0).is_some()
    }

    /// Returns the bytes with every secret masked; borrowed, if there was none.
    pub fn scrub<'a>(&self, bytes: &'a [u8]) -> Cow<'a, [u8]> {
        let Some(mut found) = self.first_match(bytes, 0) else { return Cow::Borrowed(bytes) };
        let mut clean = Vec::with_capacity(bytes.len());
        let mut done = 0;
        loop {
            clean.extend_from_slice(&bytes[done..found.0]);
            clean.extend_from_slice(MASK.as_bytes());
            done = found.0 + found.1;
            match self.first_match(bytes, done) {
                Some(next) => found = next,
                None => break,
            }
        }
        clean.extend_from_slice(&bytes[done..]);
        Cow::Owned(clean)
    }

    /// Masks the secrets in the values of headers, and takes out headers whose name holds one.
    pub fn scrub_headers(&self, headers: &mut HeaderMap) {
        let lengths =
            headers.iter().any(|(name, value)| value.len().max(name.as_str().len()) >= self.shortest);
        if !lengths {
            return;
        }
        // Names arrive in lower case, the secrets in them too.
        let named: Vec<_> = headers.keys().filter(|name| self.finds_lower(name.as_str())).cloned().collect();
        for name in named {
            headers.remove(name);
        }
        for value in headers.values_mut() {
            if let Cow::Owned(clean) = self.scrub(value.as_bytes()) {
                // Only bytes of a valid value and the mask are left, so this cannot fail.
                *value = HeaderValue::from_bytes(&clean).unwrap_or(HeaderValue::from_static(MASK));
            }
        }
    }

    fn finds_lower(&self, name: &str) -> bool {
        let name = name.as_bytes();
        name.len() >= self.shortest
            && self
                .patterns
                .iter()
                .any(|pattern| name.windows(pattern.len()).any(|part| part.eq_ignore_ascii_case(pattern)))
    }

    /// Start and length of the first secret at or after `from`.
    fn first_match(&self, bytes: &[u8], from: usize) -> Option<(usize, usize)> {
        let last = bytes.len().checked_sub(self.shortest)?;
        (from..=last).find_map(|at| self.match_at(bytes, at).map(|length| (at, length)))
    }

    fn match_at(&self, bytes: &[u8], at: usize) -> Option<usize> {
        let rest = &bytes[at..];
        if !self.may_start(rest) {
            return None;
        }
        self.patterns
            .iter()
            .map(|pattern| pattern.as_slice())
            .find(|pattern| rest.starts_with(pattern))
            .map(<[u8]>::len)
    }

    /// Where an end of the bytes begins that may be the beginning of a secret; their length, if there is none.
    fn unfinished(&self, bytes: &[u8]) -> usize {
        let from = bytes.len().saturating_sub(self.longest.saturating_sub(1));
        let may_begin = |at: &usize| {
            let rest = &bytes[*at..];
            (rest.len() < 2 || self.may_start(rest))
                && self.patterns.iter().any(|pattern| pattern.starts_with(rest))
        };
        (from..bytes.len()).find(may_begin).unwrap_or(bytes.len())
    }

    /// Whether some pattern has the first two bytes.
    fn may_start(&self, rest: &[u8]) -> bool {
        let start = start_of(rest);
        self.starts[start / 64] >> (start % 64) & 1 == 1
    }
}

/// The first two bytes as a number; a pattern has at least four.
fn start_of(bytes: &[u8]) -> usize {
    usize::from(bytes[0]) << 8 | usize::from(bytes[1])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const CANARY: &str = "canary/\"+é 0123456789 made up";

    fn clean(text: &[u8]) -> String {
        String::from_utf8_lossy(&Scrubber::new([CANARY]).scrub(text)).into_owned()
    }

    #[test]
    fn text_without_secrets_stays() {
        assert!(matches!(Scrubber::new([CANARY]).scrub(b"nothing here"), Cow::Borrowed(_)));
        assert!(matches!(Scrubber::new([]).scrub(b""), Cow::Borrowed(_)));
        assert!(matches!(Scrubber::new(["abc", ""]).scrub(b"abc"), Cow::Borrowed(_)));
    }

    /// L39: an upstream that repeats the credential, in any encoding, is not repeated.
    #[test]
    fn l39_every_encoding_is_found() {
        for encoded in encodings(CANARY) {
            let text = [b"before ", encoded.as_slice(), b" after"].concat();
            let clean = clean(&text);
            assert!(clean.contains(MASK) && clean.contains("before ") && clean.ends_with(" after"));
        }
    }

    #[test]
    fn headers_lose_the_secret_and_names_made_of_it() {
        let scrubber = Scrubber::new(["sk-Made-Up-0123456789"]);
        let mut headers = HeaderMap::new();
        headers.insert("location", HeaderValue::from_static("https://h/?k=sk-Made-Up-0123456789&x=1"));
        headers.insert("x-sk-made-up-0123456789", HeaderValue::from_static("1"));
        headers.insert("content-type", HeaderValue::from_static("text/plain"));
        scrubber.scrub_headers(&mut headers);
        insta::assert_snapshot!(format!("{headers:?}"), @r#"{"location": "https://h/?k=<REDACTED>&x=1", "content-type": "text/plain"}"#);
    }

    proptest! {
        #[test]
        fn a_secret_is_found_in_base64_of_any_text_around_it(
            secret in "[ -~]{12,40}", before in "[ -~]{0,9}", after in "[ -~]{0,9}",
        ) {
            use base64::Engine;
            use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
            let scrubber = Scrubber::new([secret.as_str()]);
            let text = format!("{before}{secret}{after}");
            for encoded in [STANDARD.encode(&text), URL_SAFE_NO_PAD.encode(&text)] {
                prop_assert!(scrubber.finds(encoded.as_bytes()));
            }
        }
    }
}
