//! Texts behind COMMENT in statements of other kinds: what they say is read as comments are.

use crate::edit::{Edits, Rule, holds_mask};
use crate::prose::login;
use crate::secret::names::{Folded, Secrecy};
use crate::secret::shape::{is_mixed, is_odd_word, is_random};
use crate::seen::Seen;
use crate::sql::lex::{SIGNS, Text, is_word};
use crate::sql::slips::is_nearly;
use crate::statement::comments::before_block_comment;
use crate::statement::objects::{is_misspelt, object};
use crate::statement::recognise::{OBJECTS, is_any};
use crate::statement::resync::begins_other;
use crate::value::listed::mask_behind;
use std::ops::Range;

/// How far before a position the text begins that it stands in.
const LONGEST: usize = 256;
/// How far behind its beginning a statement's texts are looked at.
const AHEAD: usize = 2048;
/// How long a word of capitals is that nobody writes behind the name of a secret.
const SHORTEST: usize = 8;
/// How long the name of what is made may be.
const LONGEST_NAME: usize = 64;
/// Words that begin statements which have such texts.
const VERBS: [&[u8]; 2] = [b"CREATE", b"ALTER"];
/// The word before such a text.
const COMMENT: &[u8] = b"COMMENT";

/// Whether a position stands in the text behind COMMENT, or behind `COMMENT ON … IS`.
pub(crate) fn is_remarked(text: &Text<'_>, floor: usize, at: usize) -> bool {
    let near = at.saturating_sub(LONGEST);
    let before = text.slice(near..at);
    // The word may stand on a line before.
    let quote = memchr::memrchr2(b'\'', b'"', before).filter(|quote| near + quote >= floor);
    quote.is_some_and(|quote| is_behind_comment(&before[..quote]))
}

/// Whether a list stands behind the literal of COMMENT.
pub(crate) fn begins_list(text: &Text<'_>, behind: usize) -> bool {
    let word = text.skip_space(behind);
    let end = text.word_end(word);
    is_any(text.slice(word..end), &["WITH"]) && text.at(text.skip_space(end)) == b'('
}

/// Whether what may follow the literal behind COMMENT stands there.
pub(crate) fn ends_remark(text: &Text<'_>, behind: usize) -> bool {
    let next = text.skip_space(behind);
    matches!(text.at(next), b',' | b')' | b';') || is_any(text.slice(next..text.word_end(next)), &["WITH"])
}

/// Masks the words that look drawn in the texts of the statement whose first word ends at `from`, and looks at what stands before
/// each. Returns where to go on, if there are any.
pub(crate) fn mask(
    text: &Text<'_>,
    floor: usize,
    from: usize,
    seen: &mut Seen,
    edits: &mut Edits,
) -> Option<usize> {
    let mut at = from;
    for token in tokens(text, from) {
        at = mask_behind(text, floor, at, token, seen, edits);
    }
    (at > from).then_some(at)
}

/// The same of a statement whose first word is misspelt.
pub(crate) fn mask_misspelt(
    text: &Text<'_>,
    floor: usize,
    first: Range<usize>,
    seen: &mut Seen,
    edits: &mut Edits,
) -> Option<usize> {
    let said = text.slice(first.clone());
    let folded =
        if said.is_ascii() { said.to_ascii_lowercase() } else { Folded::of(said).as_bytes().to_vec() };
    if !VERBS.iter().any(|verb| is_nearly(&folded, verb)) {
        return None;
    }
    let object = object(text, first.clone());
    let known = is_any(text.slice(object.clone()), OBJECTS) || is_misspelt(text, object.start);
    if known { mask(text, floor, first.end, seen, edits) } else { None }
}

/// The words that look drawn in the texts of a statement, as far as those follow each other.
fn tokens(text: &Text<'_>, from: usize) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = from;
    while let Some(quote) = text.find_either([b'\'', b'\n'], at, (from + AHEAD).saturating_sub(at)) {
        at = quote + 1;
        if text.at(quote) == b'\n' {
            if begins_other(text, at) {
                break;
            }
            continue;
        }
        let before = text.slice(from.max(quote.saturating_sub(LONGEST))..quote);
        // An apostrophe in a comment.
        if let Some(open) = memchr::memrchr_iter(b'*', before).find(|star| before[..*star].ends_with(b"/"))
            && let Some((end, true)) =
                text.comment(quote - (before.len() - open) - 1).filter(|(end, _)| *end > quote)
        {
            at = end;
            continue;
        }
        if !is_behind_comment(before) {
            // The name of what is made, in the quotes of literals.
            let is_name = !text.slice(from..quote).contains(&b'(');
            let name = if is_name { text.literal(quote).filter(|literal| literal.closed) } else { None };
            let Some(name) = name.filter(|name| name.content.len() <= LONGEST_NAME) else { break };
            at = name.end;
            continue;
        }
        // It may stand there twice.
        if text.has(quote, b"''") && is_word(text.at(quote + 2)) {
            let end = text.find_either([b'\''; 2], quote + 2, AHEAD).unwrap_or(quote + 2);
            found.extend(tokens_of(text, quote + 2..end));
            at = end + text.ahead(end, 2).iter().take_while(|byte| **byte == b'\'').count();
            continue;
        }
        let Some(literal) =
            text.literal(quote).filter(|literal| literal.closed || is_last(text, literal.end))
        else {
            break;
        };
        // Its last quote stands there twice.
        if let Some(end) = end_before_list(text, &literal.content) {
            found.extend(tokens_of(text, literal.content.start..end));
            at = end + 2;
            continue;
        }
        // A quote in it that is not written twice.
        let inside = text.at(literal.end).is_ascii_alphanumeric() && !ends_remark(text, literal.end);
        let content = match inside && literal.closed {
            true => text
                .find_either([b'\'', b'\n'], literal.end, LONGEST)
                .map_or(literal.content.clone(), |end| literal.content.start..end),
            false => literal.content,
        };
        at = content.end + 1;
        found.extend(tokens_of(text, content));
    }
    found
}

/// Where a text ends with two quotes by mistake: a list stands behind them.
fn end_before_list(text: &Text<'_>, content: &Range<usize>) -> Option<usize> {
    let said = text.slice(content.clone());
    let mut ends = memchr::memmem::find_iter(said, b"''").map(|at| content.start + at);
    ends.find(|end| {
        let word = text.skip_space(end + 2);
        let behind = text.word_end(word);
        let list = text.skip_space(behind);
        is_any(text.slice(word..behind), &["WITH"]) && matches!(text.at(list), b'(' | b'\'')
    })
}

/// Whether a text that has no end is cut on its line.
fn is_last(text: &Text<'_>, end: usize) -> bool {
    text.ends() && end == text.len()
}

/// The words that look drawn in what a text says, and those that are odd behind the name of a secret.
fn tokens_of(text: &Text<'_>, content: Range<usize>) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = content.start;
    let (mut named, mut told) = (false, false);
    for word in
        text.slice(content.clone()).split(|byte| byte.is_ascii_whitespace() || b",;()\"".contains(byte))
    {
        let denotes = |name: &[u8]| Folded::of(name).secrecy() != Secrecy::None;
        // A sign alone: `key => …`.
        if !word.iter().any(u8::is_ascii_alphanumeric) && word.iter().any(|byte| b"=:".contains(byte)) {
            told |= named;
            start += word.len() + 1;
            continue;
        }
        // Three dots end what is cut.
        let said = word.strip_suffix("…".as_bytes()).unwrap_or(word);
        // Padding is no sign.
        let says = |rest: &[u8]| rest.iter().any(|byte| *byte != b'=');
        let sign = sign_in(said).filter(|sign| says(&said[sign.end..]) && denotes(&said[..sign.start]));
        let value = sign.as_ref().map_or(0, |sign| sign.end);
        // Of a URL, only a part is masked.
        let odd = || {
            is_random(said)
                || (told || sign.is_some()) && is_odd_word(&said[value..])
                || told && said.len() >= SHORTEST && said.iter().all(u8::is_ascii_uppercase)
                || named && is_mixed(said)
        };
        let password = || named && login::is_told(text, &content, start..start + said.len());
        if !holds_mask(said) && (odd() || password()) {
            found.push(start + value..start + said.len());
        }
        let name = word.strip_suffix(b":").or_else(|| word.strip_suffix(b"="));
        told = name.is_some_and(denotes) || named && is_any(word, &["IS", "WAS"]);
        named = denotes(word);
        start += word.len() + 1;
    }
    found
}

/// The first sign in a word that a name may stand before, also as it is written in full width.
fn sign_in(word: &[u8]) -> Option<Range<usize>> {
    let found = SIGNS.iter().filter_map(|sign| {
        let start = memchr::memmem::find(word, sign)?;
        Some(start..start + sign.len())
    });
    found.min_by_key(|sign| sign.start)
}

/// Masks the words that look drawn in the text behind COMMENT that a position stands in, where the statement has lost its first
/// words. Returns its end.
pub(crate) fn mask_around(text: &Text<'_>, floor: usize, at: usize, edits: &mut Edits) -> Option<usize> {
    let from = floor.max(at.saturating_sub(LONGEST));
    let quote = from + memchr::memrchr(b'\'', text.slice(from..at))?;
    if !is_behind_comment(text.slice(from..quote)) {
        return None;
    }
    let literal = text.literal(quote).filter(|literal| literal.closed && literal.content.len() <= AHEAD)?;
    let found = tokens_of(text, literal.content);
    for token in &found {
        edits.mask(token.clone(), Rule::KnownToken);
    }
    (!found.is_empty()).then_some(literal.end)
}

/// Whether a text ends with COMMENT, or with the IS behind it and what is remarked.
fn is_behind_comment(whole: &[u8]) -> bool {
    let mut before = whole.trim_ascii_end();
    // The mark of a line in a diff or a quotation.
    if let [line @ .., b'+' | b'-' | b'>' | b'|'] = before
        && line.ends_with(b"\n")
    {
        before = line.trim_ascii_end();
    }
    if let Some(head) = before_block_comment(before) {
        before = head;
    } else if let Some(line) = memchr::memrchr(b'\n', whole)
        && let Some(comment) = memchr::memmem::rfind(&whole[..line], b"--")
            .or_else(|| memchr::memmem::rfind(&whole[..line], b"// "))
        && !whole[comment..line].contains(&b'\n')
        && whole[line..].trim_ascii().is_empty()
    {
        before = before[..comment].trim_ascii_end();
    }
    let last = before.rsplit(|byte| !is_word(*byte)).next().unwrap_or_default();
    let on = || before.to_ascii_uppercase();
    is_nearly(last, COMMENT)
        || last.eq_ignore_ascii_case(b"IS") && memchr::memmem::find(&on(), b"COMMENT ON").is_some()
}

#[cfg(test)]
mod tests {
    use crate::expect::redacted_for_good as check;

    #[test]
    fn what_is_said_behind_comment_is_read_as_in_comments() {
        for (head, tail) in [
            ("CREATE TABLE t (a INT) COMMENT '", "' WITH ('b' = 'c');"),
            ("CREATE TABLE t (a INT COMMENT '", "', b INT);"),
            ("COMMENT ON TABLE t IS '", "';"),
            ("ALTER TABLE t SET COMMENT '", "'"),
        ] {
            for said in ["api key is {}", "the password: {}", "password is {}", "use token {} for now"] {
                let text = |value: &str| format!("{head}{}{tail}", said.replace("{}", value));
                check(&text("Made7Up4Made9"), &text("<REDACTED>"));
            }
            let text = format!("{head}orders by key, see the token bucket{tail}");
            check(&text, &text);
        }
        for verb in ["CREATTE", "CREAET", "\u{200b}CREATE"] {
            let text = |value: &str| format!("{verb} TABLE t (a INT) COMMENT 'see {value}' WITH ('a' = 'b);");
            check(&text("gho_made7uP4made9Up2mAde7uP4made9Up2mAde"), &text("<REDACTED>"));
        }
        let text = |value: &str| {
            format!("CREATE TABLE t (a INT) COMMENT 'see {value}' WITH ('password' = '{value}')")
        };
        check(&text("hvs.made7Up4made9Up2mAde7uP4"), &text("<REDACTED>"));
    }
}
