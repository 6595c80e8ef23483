//! Secrets that tell by themselves: tokens of known issuers, private keys.

use crate::edit::{Edits, QUOTED_MASK, Rule};
use crate::lex::{Text, is_blank};
use crate::lines::{line_start, repeated_prefix};
use crate::prefix::code_point;
use crate::recognise::is_any;
use crate::resync::begins_other;
use crate::seen::Seen;
use crate::shape::{is_known_token, is_odd_word, is_token_byte};
use crate::url;
use lockkeeper_model::MASK;
use memchr::memmem::Finder;
use std::ops::Range;
use std::sync::LazyLock;

/// How long a command may be.
const LONGEST_COMMAND: usize = 1024;
/// How long the secret of an access key may be.
const LONGEST_SECRET: usize = 128;
/// How the first line of a private key ends, and how much stands before that.
const LABEL: &[u8] = b"PRIVATE KEY-----";
const LONGEST_KIND: usize = 32;

/// Masks a token whose issuer is known by its beginning.
pub(crate) fn token(
    text: &Text<'_>,
    floor: usize,
    start: usize,
    seen: &mut Seen,
    edits: &mut Edits,
) -> Option<usize> {
    let end = seen.token_end(text, start);
    if !is_known_token(text.slice(start..end)) {
        return None;
    }
    let end = behind_code_points(text, end, seen);
    // Of a user and a password, both go.
    if text.at(end) == b'@' && url::user_of_oracle(text, floor, end, edits) {
        return Some(end);
    }
    let quote = if start > 0 { text.at(start - 1) } else { 0 };
    let end = behind_break(text, end, quote).unwrap_or(end);
    edits.mask(start..end, Rule::KnownToken);
    Some(beside(text, start..end, edits).unwrap_or(end))
}

/// The end of a token some characters of which are escaped, as `U&'…'` has them.
fn behind_code_points(text: &Text<'_>, end: usize, seen: &mut Seen) -> usize {
    let mut at = end;
    while let Some(next) = code_point(text, at) {
        at = seen.token_end(text, next);
    }
    at
}

/// Where the literal ends whose last part ends with a token, if a line break was put into that.
pub(crate) fn behind_break(text: &Text<'_>, end: usize, quote: u8) -> Option<usize> {
    let breaks = matches!((text.at(end), text.at(end + 1)), (b'\n' | b'\r', _) | (b'\\', b'n'));
    if !breaks || !matches!(quote, b'\'' | b'"') {
        return None;
    }
    let rest = text.ahead(end, LONGEST_SECRET);
    let length = memchr::memchr(quote, rest)?;
    let part = |byte: &u8| is_token_byte(*byte) || b" \t\r\n\\".contains(byte);
    (rest[..length].iter().all(part) && rest[..length].iter().any(u8::is_ascii_alphanumeric))
        .then_some(end + length)
}

/// Masks the secret of an access key, which stands behind it as the next argument: `S3('…', 'AKIA…', '…')`. Returns its end.
fn beside(text: &Text<'_>, key: Range<usize>, edits: &mut Edits) -> Option<usize> {
    let quote = text.at(key.end);
    if !matches!(text.slice(key.start..key.start + 4), b"AKIA" | b"ASIA") || !matches!(quote, b'\'' | b'"') {
        return None;
    }
    let comma = text.skip_space(key.end + 1);
    let open = text.skip_blank(comma + 1);
    if text.at(comma) != b',' || text.at(open) != quote {
        return None;
    }
    let ahead = text.ahead(open + 1, LONGEST_SECRET);
    let value = &ahead[..memchr::memchr(quote, ahead)?];
    // The name of the next entry stands there elsewhere.
    let behind = text.at(text.skip_blank(open + 1 + value.len() + 1));
    let drawn = matches!(behind, b',' | b')')
        && value.len() >= 16
        && value.iter().all(|byte| is_token_byte(*byte))
        && is_odd_word(value);
    drawn.then(|| {
        edits.mask(open + 1..open + 1 + value.len(), Rule::SecretOption);
        open + 1 + value.len()
    })
}

/// Masks the text of a secret that is created: `CREATE SECRET s WITH (backend = 'meta') AS '…'`; `made` is where the word
/// ends that says so. Returns its end.
pub(crate) fn created(text: &Text<'_>, made: usize, edits: &mut Edits) -> Option<usize> {
    let word = |from: usize| {
        let start = text.skip_blank(from);
        (start, text.word_end(start))
    };
    let is = |(start, end): (usize, usize), known: &str| is_any(text.slice(start..end), &[known]);
    let mut at = made;
    for known in ["IF", "NOT", "EXISTS"] {
        at = if is(word(at), known) { word(at).1 } else { at };
    }
    let (start, end) = word(at);
    at = if end > start { end } else { return None };
    if is(word(at), "WITH") {
        let open = text.skip_blank(word(at).1);
        let key = word(open + 1);
        let sign = text.skip_blank(key.1);
        let value = text.literal(text.skip_blank(sign + 1)).filter(|value| value.closed)?;
        let close = text.skip_blank(value.end);
        let whole = text.at(open) == b'(' && text.at(sign) == b'=' && text.at(close) == b')';
        at = if whole && is(key, "BACKEND") { close + 1 } else { return None };
    }
    if !is(word(at), "AS") {
        return None;
    }
    let literal = text.literal(text.skip_blank(word(at).1)).filter(|literal| literal.closed)?;
    if text.slice(literal.content.clone()) != MASK.as_bytes() {
        edits.push(literal.start..literal.end, QUOTED_MASK, Rule::SecretOption);
    }
    Some(literal.end)
}

/// Masks the password that `curl` is given for a user: `-u user:password`, `--user`, `--proxy-user`. Returns its end.
pub(crate) fn user(text: &Text<'_>, from: usize, edits: &mut Edits) -> Option<usize> {
    let line = text.slice(from..text.find_either([b'\n'; 2], from, LONGEST_COMMAND).unwrap_or(text.len()));
    let line = &line[..line.len().min(LONGEST_COMMAND)];
    let flags = [&b" -u"[..], b" -U", b" --user", b" --proxy-user"];
    let (flag, at) = flags
        .into_iter()
        .filter_map(|flag| Some((flag, memchr::memmem::find(line, flag)?)))
        .min_by_key(|found| found.1)?;
    let start = from + at + flag.len();
    let start = text.skip_space(start + usize::from(text.at(start) == b'='));
    let quote = Some(text.at(start)).filter(|byte| matches!(byte, b'\'' | b'"'));
    let start = start + usize::from(quote.is_some());
    let ends = |byte: &u8| quote.map_or(*byte <= b' ', |quote| *byte == quote || *byte == b'\n');
    let value = text.slice(start..start + LONGEST_COMMAND);
    let length = value.iter().position(ends);
    if length.is_none() && value.len() < LONGEST_COMMAND {
        text.end();
    }
    let value = &value[..length.unwrap_or(value.len())];
    let password = memchr::memchr(b':', value)? + 1;
    // A variable of the shell holds it, or it is masked.
    if password < value.len() && value[password] != b'$' && &value[password..] != MASK.as_bytes() {
        edits.mask(start + password..start + value.len(), Rule::SecretOption);
    }
    Some(start + value.len())
}

/// Masks a private key in PEM form, its two border lines left.
pub(crate) fn private_key(text: &Text<'_>, start: usize, edits: &mut Edits) -> Option<usize> {
    let head = text.ahead(start, 64);
    let label = memchr::memmem::find(head, LABEL)?;
    let from = start + label + LABEL.len();
    let end = key_end(text, from);
    let body = text.slice(from..end);
    let lead = body.iter().take_while(|byte| is_blank(**byte)).count();
    let tail = body.iter().rev().take_while(|byte| is_blank(**byte)).count();
    if lead + tail < body.len() && &body[lead..body.len() - tail] != MASK.as_bytes() {
        edits.mask(from + lead..end - tail, Rule::PrivateKey);
    }
    Some(end)
}

/// Masks the rest of a private key that begins in what is decided up to `end`. Returns its end.
pub(crate) fn rest_of_key(text: &Text<'_>, from: usize, end: usize, edits: &mut Edits) -> Option<usize> {
    static LABELS: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(LABEL));
    let said = text.slice(from..end + LONGEST_KIND + LABEL.len());
    // The first line may go on behind what is known.
    if memchr::memmem::find(&said[said.len().saturating_sub(2 * LONGEST_KIND)..], b"---").is_some() {
        text.ahead(end, LONGEST_KIND + LABEL.len());
    }
    let begins = |label: usize| {
        let near = label.saturating_sub(LONGEST_KIND);
        let begin = near + memchr::memmem::rfind(text.slice(near..label), b"-----BEGIN")?;
        (begin < end).then_some((label, begin))
    };
    let (label, begin) = LABELS.find_iter(said).filter_map(|label| begins(from + label)).last()?;
    let body = label + LABEL.len();
    let masked = edits.as_slice().last().map_or(0, |edit| edit.range.end);
    // Its last line is masked, too, and perhaps not all before it.
    if let Some(last) = LABELS.find(text.slice(body..masked)) {
        let gap = gap(edits, begin..body + last)?;
        edits.cover(gap, MASK, Rule::PrivateKey);
        return None;
    }
    let key_end = key_end(text, body);
    // What is masked of it already is a part of the mask.
    let start = if masked > begin { masked - 1 } else { text.skip_space(body) };
    let tail = text.slice(start..key_end).iter().rev().take_while(|byte| is_blank(**byte)).count();
    let whole = text.slice(start..key_end - tail) == MASK.as_bytes();
    (masked < key_end - tail && !whole).then(|| {
        edits.mask(start..key_end - tail, Rule::PrivateKey);
        key_end.max(end)
    })
}

/// What has to be masked as one where two edits hold the ends of a part of the text, and nothing between is masked.
fn gap(edits: &Edits, part: Range<usize>) -> Option<Range<usize>> {
    let mut before = edits.as_slice().iter().rev().skip_while(|edit| edit.range.start > part.end);
    let last = before.next().filter(|edit| edit.range.end > part.end)?;
    let first = before.next().filter(|edit| edit.range.start <= part.start && edit.range.end > part.start)?;
    (first.range.end < last.range.start).then_some(first.range.start..last.range.end)
}

/// Where the last line of a private key begins, with what stands before each, or something else.
fn key_end(text: &Text<'_>, from: usize) -> usize {
    let end = memchr::memmem::find(text.slice(from..text.len()), b"-----END");
    let limit = end.map_or_else(|| text.end(), |end| from + end);
    // In a string, it is cut where that ends.
    if text.at(from) == b'\\' {
        return limit.min(text.line_end(from));
    }
    let others = memchr::memchr_iter(b'\n', text.slice(from..limit)).map(|at| from + at + 1);
    let mut others = others.filter(|line| begins_other(text, *line));
    if let Some(line) = others.find(|line| repeated_prefix(text, from, *line).is_none()) {
        return line - 1;
    }
    let line = line_start(text, limit);
    if line > from && repeated_prefix(text, from, line) == Some(limit) { line } else { limit }
}

#[cfg(test)]
mod tests {
    use crate::redact;

    #[test]
    fn the_password_of_a_user_is_masked() {
        for (command, masked) in [
            ("curl -s -u me:made-up https://a.example", "curl -s -u me:<REDACTED> https://a.example"),
            ("curl --user 'me:made up' -X GET", "curl --user 'me:<REDACTED>' -X GET"),
            ("curl -ume:made-up a.example", "curl -ume:<REDACTED> a.example"),
            ("curl -u me:$TOKEN a.example", "curl -u me:$TOKEN a.example"),
            ("curl https://a.example -o x", "curl https://a.example -o x"),
        ] {
            assert_eq!(redact(command), masked);
        }
    }
}
