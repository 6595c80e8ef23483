//! CONNECTION statements that are not written as they should be.
//!
//! Where quotes, commas or brackets are lost, nothing says what is a literal and what is not. So nothing stays but what
//! is known: key words, the name, the keys of known options, plain values of the exact form, and the punctuation
//! around them. Whatever stands between is masked.

mod head;

use crate::edit::{Edits, QUOTED_MASK, Rule};
use crate::secret::names::{Folded, Secrecy, nearly_option};
use crate::sql::keyword::is_keyword;
use crate::sql::lex::{Text, is_blank, is_name, object_end, opens_list, quote_length, separator};
use crate::statement::comments::{scrub_comment, scrub_comments, skip_comments};
use crate::statement::ending::Region;
use crate::statement::entries::is_visible_key;
use crate::statement::follows::{ends_with_list_word, is_list_word};
use crate::statement::listend::{before_end, is_bracket, values_of};
use crate::statement::marked::is_mark;
use crate::statement::opened::is_said;
use crate::statement::plain;
use crate::statement::recognise::statement_around;
use crate::statement::words::{is_noun, is_verb};
use lockkeeper_model::{MASK, OptionKey, ValueForm};
use std::ops::Range;

/// Words of the statements, which may stay wherever they stand before the options.
#[rustfmt::skip]
const WORDS: &[&str] = &[
    "CREATE", "OR", "REPLACE", "TEMPORARY", "SYSTEM", "CONNECTION", "IF", "NOT",
    "EXISTS", "COMMENT", "WITH", "ALTER", "SET", "RESET", "RENAME", "TO",
];
/// How many blanks may stand between a sign and a value.
const MOST_BLANKS: usize = 64;

/// Masks the broken statement that begins at `start`; its region begins where its name should stand. Returns its end.
pub(crate) fn mask(text: &Text<'_>, start: usize, region: &Region, edits: &mut Edits) -> usize {
    let list = region.list.as_ref().filter(|list| list.hides_values_only(text));
    let end = list.map_or(region.end, |list| list.open);
    let mut broken = Broken { text, end, edits, gap: None, remark: false, floor: None };
    let at = broken.head(start, region.from);
    broken.entries(at);
    for edit in list.into_iter().flat_map(|list| list.noted.as_slice()) {
        edits.push(edit.range.clone(), edit.with, edit.rule);
    }
    region.end
}

/// Masks the rest of a statement, from a position in it; `inside` of a value, or between entries. A mask may end at
/// `floor`. Returns the end of the statement.
pub(crate) fn mask_rest(
    text: &Text<'_>,
    start: usize,
    inside: bool,
    floor: Option<usize>,
    edits: &mut Edits,
) -> usize {
    let end = Region::end_of_rest(text, start, inside);
    let gap = inside.then_some(start);
    Broken { text, end, edits, gap, remark: false, floor }.entries(start);
    end
}

/// Masks a value whose key stands apart from it, and the rest of its statement, if that goes on. Returns the end.
pub(crate) fn mask_from_value(text: &Text<'_>, value: Range<usize>, edits: &mut Edits) -> usize {
    let end = value.end;
    if text.slice(value.clone()) != QUOTED_MASK.as_bytes() {
        edits.cover(value, QUOTED_MASK, Rule::ConnectionLiteral);
    }
    let behind = skip_comments(text, end);
    match text.at(behind) {
        b',' => mask_rest(text, behind, false, None, edits),
        b')' => behind + 1,
        _ => end,
    }
}

struct Broken<'t, 'a> {
    text: &'t Text<'a>,
    end: usize,
    edits: &'t mut Edits,
    /// Where the stretch begins that has to go.
    gap: Option<usize>,
    /// Whether the gap is the text behind COMMENT, in which words and signs say little.
    remark: bool,
    /// Where a mask ends.
    floor: Option<usize>,
}

/// A key of a known option.
struct Entry {
    option: Option<OptionKey>,
    /// Where the key ends, with its quote.
    behind: usize,
    /// Where the value begins.
    value: usize,
}

impl Broken<'_, '_> {
    /// Goes through what stands behind the name.
    fn entries(&mut self, from: usize) {
        let mut at = from;
        let (mut listed, mut opened) = (false, false);
        while at < self.end {
            let byte = self.text.at(at);
            // Whatever is open goes on behind it.
            if let Some((end, _)) = self.text.conflict_mark(at).filter(|(end, _)| *end <= self.end) {
                let open = self.gap.is_some();
                self.close(at);
                self.gap = open.then_some(end);
                at = end;
                continue;
            }
            if let Some(entry) = self.entry(at) {
                self.close(at);
                scrub_comments(self.text, entry.behind..entry.value, self.edits);
                listed = true;
                at = self.plain_value(&entry);
                continue;
            }
            if self.gap.is_some() {
                if let Some(end) = object_end(self.text, at, self.end) {
                    at = end;
                    continue;
                }
                if let Some((start, name)) = self.next_statement(at) {
                    self.close(start);
                    at = self.head(start, name);
                    (listed, opened, self.remark) = (false, false, false);
                    continue;
                }
                at = if is_name(byte) { self.name_end(at) } else { at + 1 };
                if !listed && !opened {
                    at = self.leave_gap(at);
                }
                continue;
            }
            if is_blank(byte) || opens_list(byte) || matches!(byte, b')' | b',' | b';') {
                opened |= opens_list(byte);
                at += 1;
                continue;
            }
            if let Some((end, closed)) = self.text.comment(at)
                && closed
                && end <= self.end
                && !listed
            {
                scrub_comment(self.text, at..end, self.edits);
                at = end;
                continue;
            }
            let word = self.text.word_end(at).min(self.end);
            if !listed && word > at && WORDS.iter().any(|known| is_keyword(self.text.slice(at..word), known))
            {
                self.remark = is_keyword(self.text.slice(at..word), "COMMENT");
                at = word;
                continue;
            }
            self.gap = Some(at);
        }
        self.close(self.end);
    }

    /// The statement that begins at a word inside of a gap, and where its name should stand.
    fn next_statement(&self, at: usize) -> Option<(usize, usize)> {
        let end = self.name_end(at);
        let word = self.text.slice(at..end);
        if (at > 0 && is_name(self.text.at(at - 1))) || !(is_verb(word) || is_noun(word)) {
            return None;
        }
        if is_said(self.text, at) {
            return None;
        }
        statement_around(self.text, at, at, end).filter(|(_, name)| *name < self.end)
    }

    fn name_end(&self, from: usize) -> usize {
        let mut at = from;
        // A comment may begin directly behind it.
        while at < self.end && is_name(self.text.at(at)) && !(at > from && self.text.has(at, b"--")) {
            at += 1;
        }
        at
    }

    /// Before the options, a gap ends at `WITH (` and the like.
    fn leave_gap(&mut self, at: usize) -> usize {
        if at >= self.end || is_name(self.text.at(at)) && !self.text.slice(0..at).ends_with(b"*/") {
            return at;
        }
        let start = self.text.skip_blank(at);
        let word = self.text.word_end(start);
        let next = self.text.skip_blank(word);
        // The bracket may be lost.
        let opens = |sign| opens_list(sign) || sign == b'\'' && self.entry(next).is_some();
        if start < self.end && is_list_word(self.text.slice(start..word)) && opens(self.text.at(next)) {
            self.close(start);
            self.remark = false;
            return word;
        }
        at
    }

    /// The known key that begins here, with or without its quote.
    fn entry(&self, at: usize) -> Option<Entry> {
        let before = if at == 0 { 0 } else { self.text.at(at - 1) };
        // The bracket behind WITH is lost.
        let glued = || {
            self.text.at(at) == b'\''
                && ends_with_list_word(self.text.slice(at.saturating_sub(MOST_BLANKS)..at))
        };
        if is_name(before) && !glued() {
            return None;
        }
        let mut start = at;
        while quote_length(self.text, start) > 0 && start - at < 2 {
            start += quote_length(self.text, start);
        }
        if start == at && matches!(before, b'\'' | b'"' | b'`') {
            return None;
        }
        // Quotes of word processors look like letters of another script.
        let end = self.name_end(start);
        let end = (start..end.min(start + 40)).find(|at| quote_length(self.text, *at) > 0).unwrap_or(end);
        if end == start || end - start > 40 {
            return None;
        }
        let key = self.text.slice(start..end);
        let mut after = end;
        while quote_length(self.text, after) > 0 && after - end < 2 {
            after += quote_length(self.text, after);
        }
        let quoted = start > at || after > end;
        if self.remark && after == end && before != b'(' {
            return None;
        }
        let blank = if quoted { skip_comments(self.text, after) } else { self.text.skip_blank(after) };
        let separator = separator(self.text, blank);
        let literal = quoted && matches!(self.text.at(blank), b'\'' | b'"' | b'`') && blank > after;
        // The first part of a value may read like a key.
        let before = self.text.slice(at.saturating_sub(MOST_BLANKS)..at).trim_ascii_end();
        if separator == blank && (!literal || before.ends_with(b"=")) {
            // Whatever stands there instead of a sign, it is a key.
            let listed = before.last().is_none_or(|byte| b"(,".contains(byte));
            let whole = start > at && after > end && listed && OptionKey::find(key).is_some();
            return whole.then_some(Entry { option: None, behind: after, value: after });
        }
        let is_secret = || {
            start > at && after > end && Folded::of(key).secrecy() == Secrecy::Secret && is_visible_key(key)
        };
        (nearly_option(key) || is_secret())
            .then(|| Entry { option: plain::plain_option(key), behind: after, value: separator })
            .filter(|entry| entry.value <= self.end)
    }

    /// Leaves the plain value of an entry, and opens the gap behind it or at once.
    fn plain_value(&mut self, entry: &Entry) -> usize {
        let first = skip_comments(self.text, entry.value).min(self.end);
        let mut start = first;
        while start < self.end && quote_length(self.text, start) > 0 {
            start += quote_length(self.text, start);
        }
        self.gap = Some(entry.value);
        let Some(option) = entry.option else { return entry.value };
        if option == OptionKey::Scope {
            scrub_comments(self.text, entry.value..first, self.edits);
            let end = plain::scope_end(self.text, first).filter(|end| *end <= self.end);
            self.gap = end.or(self.gap);
            return end.unwrap_or(entry.value);
        }
        let length = plain::bare_length(option, self.text.slice(start..self.end));
        let value = self.text.slice(start..start + length);
        let follows = self.text.at(start + length);
        let quote = quote_length(self.text, start + length);
        let whole = start + length >= self.end
            || quote > 0
            || is_blank(follows)
            || matches!(follows, b',' | b')' | b';');
        let before = self.edits.len();
        scrub_comments(self.text, entry.value..first, self.edits);
        let next = &self.text.slice(start + length..self.end);
        let tail = next.iter().position(|b| matches!(b, b'\'' | b'"' | b'\n')).unwrap_or(next.len());
        // A quote inside of the user's name.
        let inside = quote > 0 && is_name(self.text.at(start + length + quote));
        if length == 0
            || !whole
            || inside && option.form() == ValueForm::Url
            || next[..tail].contains(&b'@')
            || !plain::scrub(option, value, start, self.edits)
        {
            self.edits.truncate(before);
            return entry.value;
        }
        let mut end = start + length;
        if end >= self.end && option.form() == ValueForm::Url && start > first {
            plain::mask_cut(value, start, self.edits);
        }
        if end + quote <= self.end {
            end += quote;
        }
        self.gap = Some(end);
        end
    }

    /// Masks the gap that ends here, but for the white space and punctuation around it.
    fn close(&mut self, end: usize) {
        let Some(start) = self.gap.take() else { return };
        let gap = self.text.slice(start..end);
        let mut lead = gap.iter().take_while(|byte| is_blank(**byte)).count();
        if gap.get(lead) == Some(&b',') {
            lead += 1;
            lead += gap[lead..].iter().take_while(|byte| is_blank(**byte)).count();
        }
        let last = lead + before_end(&gap[lead..]);
        if last <= lead {
            return;
        }
        let core = &gap[lead..last];
        let bare = core.iter().all(|byte| !byte.is_ascii_alphanumeric() && *byte < 0x80);
        let unquoted = core.strip_prefix(b"'").and_then(|core| core.strip_suffix(b"'")).unwrap_or(core);
        if unquoted == MASK.as_bytes() || (bare && core.len() <= 4) || is_bracket(core) {
            return;
        }
        let before = start + lead;
        if let Some(values) = values_of(self.text, before..start + last) {
            for value in values {
                self.edits.push(value, QUOTED_MASK, Rule::ConnectionLiteral);
            }
            return;
        }
        if let Some(literal) =
            self.text.literal(before).filter(|literal| literal.closed && literal.end < start + last)
            && is_mark(self.text.slice(literal.end..start + last))
        {
            self.edits.push(before..literal.end, QUOTED_MASK, Rule::ConnectionLiteral);
            return;
        }
        // Two quotes in a row would be one.
        let touches = self.floor == Some(before)
            || (before > 0
                && !is_blank(self.text.at(before - 1))
                && !b"(,=:>".contains(&self.text.at(before - 1)));
        let follows = last == gap.len() && end < self.end && !b" \t\r\n,;)".contains(&self.text.at(end));
        let with = match (touches, follows) {
            (false, false) => QUOTED_MASK,
            (false, true) => "'<REDACTED>' ",
            (true, false) => " '<REDACTED>'",
            (true, true) => " '<REDACTED>' ",
        };
        self.edits.push(start + lead..start + last, with, Rule::ConnectionLiteral);
    }
}

#[cfg(test)]
mod tests;
