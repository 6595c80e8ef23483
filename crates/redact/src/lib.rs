//! Text in, text without secrets out, for whoever logs, shows or checks SQL of streaming systems.
//!
//! In a statement that is, or looks like, `CREATE CONNECTION` or `ALTER CONNECTION`, every literal is masked but the
//! values of options that are exactly known as plain. Elsewhere a value is masked when its name denotes a secret.
//! What is not understood is masked; nothing here can fail. The rules, the threat model and what is out of scope
//! stand in `docs/redaction.md`.
//!
//! This crate knows nothing about storage or the network. To parse statements, see `lockkeeper-grammar`; to run
//! them, the `lockkeeper` crate; to clean a file, the program's `lockkeeper redact`.
//!
//! ```
//! let text = "CREATE CONNECTION c WITH ('type' = 'openai', 'ap-key' = 'made-up')";
//! assert_eq!(
//!     lockkeeper_redact::redact(text),
//!     "CREATE CONNECTION c WITH ('type' = 'openai', 'ap-key' = '<REDACTED>')"
//! );
//! ```

#[cfg(test)]
mod adversary;
mod anchors;
mod check;
mod clean;
mod edit;
mod engine;
#[cfg(test)]
mod expect;
mod found;
mod prose;
mod secret;
mod seen;
mod sql;
mod statement;
mod stream;
#[cfg(feature = "tracing")]
mod tracing;
mod url;
mod value;
mod wrapping;

pub use check::{Finding, check, check_bytes, check_stream};
pub use clean::Clean;
pub use clean::located::{Located, Pointed};
pub use edit::Rule;
pub use stream::copy::redact_stream;
pub use stream::{RedactingReader, RedactingWriter, Redactor};
#[cfg(feature = "tracing")]
pub use tracing::CleanLog;

use std::borrow::Cow;

/// Replaces every secret of a text by `<REDACTED>`; a text without secrets comes back as it is.
///
/// It takes time linear in the text's length. What comes out of a broken statement is masked again until nothing
/// changes; redacting twice is meant to be redacting once, and the rare texts known not to obey stand in
/// `docs/redaction.md`.
pub fn redact(text: &str) -> Cow<'_, str> {
    match redact_bytes(text.as_bytes()) {
        Cow::Borrowed(_) => Cow::Borrowed(text),
        Cow::Owned(bytes) => match String::from_utf8(bytes) {
            Ok(text) => Cow::Owned(text),
            // An edit inside of a character cannot happen; if it did, nothing may leak.
            Err(error) => Cow::Owned(String::from_utf8_lossy(error.as_bytes()).into_owned()),
        },
    }
}

/// Replaces every secret of a text that need not be UTF-8; other bytes pass through.
pub fn redact_bytes(bytes: &[u8]) -> Cow<'_, [u8]> {
    let edits = edits_of(bytes);
    if edits.as_slice().is_empty() {
        return Cow::Borrowed(bytes);
    }
    let mut out = Vec::with_capacity(bytes.len());
    stream::apply(bytes, 0, edits.as_slice(), &mut out);
    Cow::Owned(out)
}

/// What is to be replaced in a whole text.
fn edits_of(bytes: &[u8]) -> edit::Edits {
    if let Some(edits) = statement::alone::read(bytes) {
        return edits;
    }
    let mut edits = edit::Edits::default();
    engine::Engine::default().scan(bytes, 0, true, &mut edits);
    edits
}
