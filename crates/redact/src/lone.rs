//! Secrets that tell by themselves: tokens of known issuers, private keys.

use crate::edit::{Edits, Rule};
use crate::lex::{Text, is_blank};
use crate::seen::Seen;
use crate::shape::is_known_token;

/// Masks a token whose issuer is known by its beginning.
pub(crate) fn token(text: &Text<'_>, start: usize, seen: &mut Seen, edits: &mut Edits) -> Option<usize> {
    let end = seen.token_end(text, start);
    if !is_known_token(text.slice(start..end)) {
        return None;
    }
    edits.mask(start..end, Rule::KnownToken);
    Some(end)
}

/// Masks a private key in PEM form, its two border lines left.
pub(crate) fn private_key(text: &Text<'_>, start: usize, edits: &mut Edits) -> Option<usize> {
    let head = text.ahead(start, 64);
    let label = memchr::memmem::find(head, b"PRIVATE KEY-----")?;
    let from = start + label + 16;
    let rest = text.slice(from..text.len());
    let end = match memchr::memmem::find(rest, b"-----END") {
        Some(offset) => from + offset,
        None => text.end(),
    };
    let body = text.slice(from..end);
    let lead = body.iter().take_while(|byte| is_blank(**byte)).count();
    let tail = body.iter().rev().take_while(|byte| is_blank(**byte)).count();
    if lead + tail < body.len() && &body[lead..body.len() - tail] != lockkeeper_model::MASK.as_bytes() {
        edits.mask(from + lead..end - tail, Rule::PrivateKey);
    }
    Some(end)
}
