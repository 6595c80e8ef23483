//! Private keys in PEM form, also where the first line is cut off or broken: told by the last one, or by what is left of the first.

use crate::edit::{Edits, Rule};
use crate::secret::shape::is_odd_word;
use crate::sql::lex::{Text, is_blank};
use crate::statement::resync::begins_other;
use crate::wrapping::lines::{line_start, repeated_prefix};
use lockkeeper_model::MASK;
use memchr::memmem::Finder;
use std::ops::Range;
use std::sync::LazyLock;

/// How the border lines end, and how long what stands before that is at most.
const LABEL: &[u8] = b"PRIVATE KEY-----";
const LONGEST_KIND: usize = 32;
/// How far before its last word a line with `-----BEGIN` begins.
const LONGEST_LABEL: usize = 64;
/// How the last line begins.
const LAST: &[u8] = b"-----END";
/// How far the last line is looked for.
const LONGEST: usize = 16_384;
/// How many letters of a key are told from a word.
const SHORTEST: usize = 16;

/// Masks the private key of which the border line with the label at `hit` is the first or the last. Returns its end.
pub(crate) fn mask(text: &Text<'_>, floor: usize, hit: usize, edits: &mut Edits) -> Option<usize> {
    let near = floor.max(hit.saturating_sub(LONGEST_LABEL));
    let begin = memchr::memmem::rfind(text.slice(near..hit), b"-----BEGIN");
    let whole = begin.and_then(|begin| private_key(text, near + begin, edits));
    whole.or_else(|| mask_cut(text, floor, hit, edits))
}

/// Masks what is left of a private key that begins in what is decided up to `end`. Returns its end.
pub(crate) fn behind(text: &Text<'_>, from: usize, end: usize, edits: &mut Edits) -> usize {
    let end = rest_of_key(text, from, end, edits).unwrap_or(end);
    lines_behind(text, from, end, edits).unwrap_or(end)
}

/// Masks the rest of a private key that begins in what is decided up to `end`. Returns its end.
fn rest_of_key(text: &Text<'_>, from: usize, end: usize, edits: &mut Edits) -> Option<usize> {
    static LABELS: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(LABEL));
    static DASHES: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("---"));
    let said = text.slice(from..end + LONGEST_KIND + LABEL.len());
    // The first line may go on behind what is known.
    if DASHES.find(&said[said.len().saturating_sub(2 * LONGEST_KIND)..]).is_some() {
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

/// Masks the lines of a private key whose first stands in what is decided up to the end of a line, each behind what a log puts before
/// it. Returns the end of the last.
fn lines_behind(text: &Text<'_>, from: usize, end: usize, edits: &mut Edits) -> Option<usize> {
    let first = text.slice(from..end).trim_ascii_end();
    // In a string, the line may end twice.
    let first = first.strip_suffix(br"\n").unwrap_or(first);
    if text.at(end) != b'\n' || !first.ends_with(LABEL) {
        return None;
    }
    let mut last = None;
    let mut line = end;
    while text.at(line) == b'\n' && line < end + LONGEST {
        let start = line + 1;
        line = text.find_either([b'\n'; 2], start, LONGEST).unwrap_or(text.len());
        let said = text.slice(start..line).trim_ascii_end();
        if memchr::memmem::find(said, LAST).is_some() {
            return last;
        }
        let length = said.iter().rev().take_while(|byte| is_letter(**byte)).count();
        // The last of them may be short.
        let is_one = length >= SHORTEST || length > 0 && said.ends_with(b"=") || last.is_some() && length > 0;
        if !is_one || length == said.len() || !is_blank(said[said.len() - length - 1]) {
            return last;
        }
        let word = start + said.len() - length..start + said.len();
        last = Some(word.end);
        edits.mask(word, Rule::PrivateKey);
    }
    last
}

/// Masks the key before its last line, or behind what is left of its first, if the label at `hit` stands in one of the two.
/// Returns the end of the key.
fn mask_cut(text: &Text<'_>, floor: usize, hit: usize, edits: &mut Edits) -> Option<usize> {
    let label = hit.checked_sub(LABEL.len() - b"KEY-----".len()).filter(|at| text.has(*at, LABEL))?;
    let near = floor.max(label.saturating_sub(LONGEST_KIND));
    match memchr::memmem::rfind(text.slice(near..label), LAST) {
        Some(last) => mask_before(text, floor, near + last, edits),
        None if begins_key(text, label + LABEL.len()) => private_key(text, label, edits),
        None => None,
    }
}

/// Masks the lines of a key with which a text begins, behind the mark of each, or a string on its first line. Returns their end.
pub(crate) fn mask_lines(text: &Text<'_>, edits: &mut Edits) -> Option<usize> {
    let begin = behind_border(text);
    let blank = text.ahead(begin, LONGEST_KIND).iter().take_while(|byte| matches!(byte, b'\r' | b'\n'));
    let begin = begin + blank.count();
    let line = text.slice(begin..text.find_either([b'\n'; 2], begin, LONGEST)?);
    let mark = line.iter().take_while(|byte| b"+-> ".contains(byte)).count();
    let quote = line.iter().rposition(|byte| b"\"'`".contains(byte)).map_or(0, |quote| quote + 1);
    let marked = if mark > 0 { lines_of_key(text, begin + mark, &line[..mark]) } else { None };
    let (lines, end) = marked.or_else(|| lines_of_key(text, begin + quote, b""))?;
    let mut with = MASK;
    for line in lines {
        edits.push(line, with, Rule::PrivateKey);
        with = "";
    }
    Some(end)
}

/// Behind what is left of the first line of a key with which a text begins.
fn behind_border(text: &Text<'_>) -> usize {
    let ahead = text.ahead(0, LONGEST_KIND);
    let line = &ahead[..memchr::memchr(b'\n', ahead).unwrap_or(0)];
    let border = line.trim_ascii_end();
    let is_rest = border.ends_with(LABEL) || LABEL.ends_with(border);
    if is_rest && !border.is_empty() { line.len() } else { 0 }
}

/// The lines of a key from a position on, behind the mark of each but the first, and where its last line begins.
fn lines_of_key(text: &Text<'_>, start: usize, mark: &[u8]) -> Option<(Vec<Range<usize>>, usize)> {
    let mut lines = Vec::new();
    let mut at = start;
    while !text.has(at, LAST) {
        let line = at;
        while is_letter(text.at(at)) && at < LONGEST {
            at += 1;
        }
        let next = at + usize::from(text.at(at) == b'\r');
        // What looks like a word begins some other text.
        let first = || line > start || at >= start + SHORTEST || is_odd_word(text.slice(start..at));
        if at == line || at == LONGEST || text.at(next) != b'\n' || !text.has(next + 1, mark) || !first() {
            return None;
        }
        lines.push(line..at);
        at = next + 1 + mark.len();
    }
    let last = text.ahead(at, LONGEST_KIND + LABEL.len() + LAST.len());
    (!lines.is_empty() && memchr::memmem::find(last, LABEL).is_some()).then_some((lines, at))
}

/// Masks what stands before the last line of a key on its line, up to the quote or the word before it.
fn mask_before(text: &Text<'_>, floor: usize, last: usize, edits: &mut Edits) -> Option<usize> {
    let before = text.slice(floor..last);
    let end = before.trim_ascii_end().len();
    let mut start = end - word_length(&before[..end]);
    // Behind a blank, it may be prose.
    if end < before.len() && !is_line(&before[start..end]) {
        return None;
    }
    loop {
        let line_end = before[..start].trim_ascii_end().len();
        let line = line_end - word_length(&before[..line_end]);
        if line_end == start || !is_line(&before[line..line_end]) {
            break;
        }
        start = line;
    }
    let signs = before[start..end].iter().filter(|byte| byte.is_ascii_alphanumeric()).count();
    (signs > 4).then(|| {
        edits.mask(floor + start..floor + end, Rule::PrivateKey);
        last
    })
}

/// The length of the word that ends with a text, behind quotes, brackets and the end of the first line.
fn word_length(before: &[u8]) -> usize {
    let length =
        before.iter().rev().take_while(|byte| !is_blank(**byte) && !b"'\"`<>(){}[],;".contains(byte));
    let length = length.count();
    let word = &before[before.len() - length..];
    memchr::memmem::rfind(word, b"-----").map_or(length, |label| length - label - b"-----".len())
}

/// Masks a private key in PEM form, its two border lines left.
fn private_key(text: &Text<'_>, start: usize, edits: &mut Edits) -> Option<usize> {
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
    // Letters of a key may spell a word.
    let is_key = |line: usize| is_line(text.slice(line..text.line_end(line)).trim_ascii_end());
    let mut others = others.filter(|line| begins_other(text, *line) && !is_key(*line));
    if let Some(line) = others.find(|line| repeated_prefix(text, from, *line).is_none()) {
        return line - 1;
    }
    let line = line_start(text, limit);
    if line > from && repeated_prefix(text, from, line) == Some(limit) { line } else { limit }
}

/// Whether a word is so long as lines of a key are, and has no other signs.
fn is_line(word: &[u8]) -> bool {
    word.len() >= SHORTEST && word.iter().all(|byte| is_letter(*byte) || *byte == b'\\')
}

/// Whether a key begins behind what is left of its first line.
fn begins_key(text: &Text<'_>, label: usize) -> bool {
    let mut at = text.skip_blank(label);
    while text.at(at) == b'\\' && matches!(text.at(at + text.slashes(at)), b'n' | b'r') {
        at += text.slashes(at) + 1;
    }
    text.ahead(at, SHORTEST).iter().filter(|byte| is_letter(**byte)).count() == SHORTEST
        && memchr::memmem::find(text.ahead(at, LONGEST), LAST).is_some()
}

/// Whether a byte may stand in base64.
const fn is_letter(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=')
}

#[cfg(test)]
mod tests {
    use crate::expect::redacted_for_good as check;

    #[test]
    fn a_key_is_known_by_its_last_line() {
        for before in ["", "\"", "sql-client.sh -e \"", "see 'x' = '"] {
            for key in ["bWFkZS11cAbWFkZS11cA", "bWFkZS~1cA", "KEY-----\\nbWFkZS11cAbWFk\\nbWFkZS11cAbWFk"] {
                for line in ["", "\\n", "\\\\n", "\\r\\n"] {
                    let kept = key.find("bW").filter(|_| key.contains("KEY")).map_or("", |_| "KEY-----");
                    check(
                        &format!("{before}{key}{line}-----END PRIVATE KEY-----\\n\",\"client\""),
                        &format!("{before}{kept}<REDACTED>-----END PRIVATE KEY-----\\n\",\"client\""),
                    );
                }
            }
        }
        check(
            "x bWFkZS11cAbWFkZS11cA bWFkZS11cAbWFkZS11cA -----END RSA PRIVATE KEY-----",
            "x <REDACTED> -----END RSA PRIVATE KEY-----",
        );
    }

    #[test]
    fn a_key_is_known_by_what_is_left_of_its_first_line() {
        for head in ["GIN PRIVATE KEY-----", "-----BEGNI EC PRIVATE KEY-----"] {
            check(
                &format!("a\n{head}\nbWFkZS11cAbWFkZS11cA\nbWFkZS11cA\n-----END PRIVATE KEY-----\nready"),
                &format!("a\n{head}\n<REDACTED>\n\n-----END PRIVATE KEY-----\nready"),
            );
        }
    }

    #[test]
    fn lines_of_a_key_begin_a_text() {
        check(
            "bWFkZS11cAbWFkZS11cA\nbWFkZS11cA==\n-----END PRIVATE KEY-----\nready",
            "<REDACTED>\n\n-----END PRIVATE KEY-----\nready",
        );
    }

    #[test]
    fn other_lines_stay() {
        for text in [
            "it ends with -----END PRIVATE KEY-----",
            "GIN PRIVATE KEY-----\nready\n-----END PRIVATE KEY-----",
            "grep -- '-----END PRIVATE KEY-----' a.pem",
            "-----BEGIN CERTIFICATE-----\nbWFkZS11cAbWFkZS11cA\n-----END CERTIFICATE-----",
            "one\ntwo three\n-----END PRIVATE KEY-----",
        ] {
            check(text, text);
        }
    }
}
