//! The words of a broken statement before its name, and the name.

use super::Broken;
use crate::secret::issuers::is_known_token;
use crate::secret::shape;
use crate::sql::keyword::is_keyword;
use crate::sql::lex::{Text, is_name};
use crate::sql::slips::{is_nearly, within_one_edit, within_two_edits};
use crate::statement::comments::{scrub_comment, scrub_comments, skip_comments};
use crate::statement::follows::{ends_with_list_head, placeholder};
use crate::statement::marked::skip_marked;
use crate::statement::written::name_part;

/// What may stand before the name, and how long it is with blanks and signs in it.
const EXISTENCE: [&[u8]; 2] = [b"ifexists", b"ifnotexists"];
const LONGEST_EXISTENCE: usize = 40;
/// How long a name may be.
const LONGEST_NAME: usize = 128;

impl Broken<'_, '_> {
    /// Walks over the words before the name, and the name.
    pub(super) fn head(&mut self, start: usize, name: usize) -> usize {
        let mut at = start;
        while at < name {
            match self.text.comment(at) {
                Some((end, _)) => {
                    scrub_comment(self.text, at..end.min(name), self.edits);
                    at = end;
                }
                None => at += 1,
            }
        }
        let mut at = name;
        loop {
            let before = at;
            at = skip_marked(self.text, at);
            if at > self.end {
                // Rather the line break that ends the comment was lost.
                at = self.text.skip_blank(before);
            }
            scrub_comments(self.text, before..at, self.edits);
            let from = behind_stray(self.text, at);
            if let Some(end) = existence_end(self.text, from).filter(|end| *end < self.end) {
                at = end;
                continue;
            }
            let word = self.name_end(at);
            let next = self.text.skip_blank(word);
            let next = self.text.slice(next..self.name_end(next));
            let is = |word: &[u8], words: &[&str]| words.iter().any(|known| is_keyword(word, known));
            // A misspelt IF is told by what follows, and a misspelt NOT by what stands around it.
            let said = self.text.slice(at..word);
            let known = is(said, &["IF", "NOT", "EXISTS", "CONNECTION"])
                || is(next, &["NOT", "EXISTS"]) && (word - at <= 3 || is_nearly(said, b"NOT"))
                || before > name && is_nearly(said, b"EXISTS");
            if known && word > at {
                at = word;
                continue;
            }
            // A sign before the name.
            let next = self.text.skip_blank(at + 1);
            let named = matches!(self.text.at(next), b'`') || is_name(self.text.at(next));
            if word > at || !b",;.)]}".contains(&self.text.at(at)) || !named || next >= self.end {
                break;
            }
            at = next;
        }
        if at >= self.end {
            return self.end;
        }
        let word = self.text.slice(at..self.text.word_end(at));
        if ["WITH", "SET", "COMMENT", "RESET"].iter().any(|known| is_keyword(word, known))
            || self.entry(at).is_some()
        {
            return at;
        }
        if let Some(end) = placeholder(self.text, at) {
            return end.min(self.end);
        }
        loop {
            let quote = matches!(self.text.at(at), b'`' | b'"' | b'\'' | b'[');
            let before = self.edits.len();
            let end = match escaped_name(self.text, at).or_else(|| name_part(self.text, at, self.edits)) {
                Some(end) if end <= self.end && !opens_list_inside(self.text, at) => end,
                _ => {
                    self.edits.truncate(before);
                    // A quote without a partner: the name is what looks like one.
                    let bare = self.text.skip_space(at + usize::from(quote));
                    let mut end = bare;
                    while is_name(self.text.at(end)) {
                        end += 1;
                    }
                    let end = end.min(self.end);
                    if shape::is_random(self.text.slice(bare..end)) {
                        return at;
                    }
                    end + usize::from(matches!(self.text.at(end), b'`' | b']'))
                }
            };
            at = end.max(at);
            let dot = skip_comments(self.text, at);
            if self.text.at(dot) != b'.' || dot >= self.end {
                return behind_stray(self.text, at).min(self.end);
            }
            let part = skip_comments(self.text, dot + 1).min(self.end);
            scrub_comments(self.text, at..part, self.edits);
            at = part;
        }
    }
}

/// The end of a name in backticks behind backslashes, as in double quotes of a shell, unless it looks drawn.
fn escaped_name(text: &Text<'_>, at: usize) -> Option<usize> {
    let start = at + text.slashes(at) + 1;
    let end = start + text.ahead(start, LONGEST_NAME).iter().take_while(|byte| is_name(**byte)).count();
    let name = text.slice(start..end);
    let enclosed = start > at + 1
        && text.at(start - 1) == b'`'
        && text.slice(at..start) == text.slice(end..end + start - at);
    (enclosed && !name.is_empty() && !shape::is_random(name) && !is_known_token(name))
        .then_some(end + start - at)
}

/// Whether what may be a literal ends with the bracket of the list that follows the name: its first quote has no partner.
fn opens_list_inside(text: &Text<'_>, quote: usize) -> bool {
    text.literal(quote).is_some_and(|literal| ends_with_list_head(text.slice(literal.content)))
}

/// The end of such a quote at a position, if one stands there; else that.
fn behind_stray(text: &Text<'_>, at: usize) -> usize {
    at + usize::from(matches!(text.at(at), b'\'' | b'"') && opens_list_inside(text, at))
}

/// The end of what nearly is IF EXISTS or IF NOT EXISTS, whatever signs stand in it; a name follows.
fn existence_end(text: &Text<'_>, at: usize) -> Option<usize> {
    let mut letters = Vec::new();
    let mut best: Option<(usize, usize)> = None;
    for end in at..at + LONGEST_EXISTENCE {
        let byte = text.at(end);
        if byte.is_ascii_alphanumeric() {
            letters.push(byte.to_ascii_lowercase());
            let slips = EXISTENCE.iter().filter_map(|words| slips(&letters, words)).min();
            let ends = !is_name(text.at(end + 1))
                && matches!(text.at(text.skip_blank(end + 1)), b'`' | b'"' | b'_' | b'a'..=b'z' | b'A'..=b'Z');
            if let Some(slips) = slips.filter(|slips| ends && best.is_none_or(|(least, _)| *slips < least)) {
                best = Some((slips, end + 1));
            }
        } else if matches!(byte, 0 | b'`' | b'"' | b'\'' | b'(' | b'/' | b'\\') || text.has(end, b"--") {
            break;
        }
    }
    best.map(|(_, end)| end)
}

/// How many slips of the pen make letters of others, if it is one or two at most.
fn slips(letters: &[u8], words: &[u8]) -> Option<usize> {
    if letters == words {
        Some(0)
    } else if within_one_edit(letters, words) {
        Some(1)
    } else {
        within_two_edits(letters, words).then_some(2)
    }
}

#[cfg(test)]
mod tests {
    use crate::expect::redacted_for_good as check;

    #[test]
    fn a_quote_at_the_name_hides_no_list() {
        for head in ["a.b'", "'b", "b'", "'", "' b", "b\"", "\"b", "'if exists b", "' if exists b"] {
            let text = |user: &str| {
                format!("create connection {head} with ('type' = 'rest', 'username' = '{user}')")
            };
            check(&text("made-up"), &text("<REDACTED>"));
        }
    }

    #[test]
    fn names_stay_behind_a_misspelt_if_exists() {
        for head in
            ["IFEXISTS", "IF NOTEXISTS", "IF #OT EXISTS", "IF NOT EXISSSTS", "if?exists", "IF NO\nT EXISTS"]
        {
            let text = |value: &str| format!("CREATE CONNECTION {head} `films`.a WITH ('token' = '{value}')");
            check(&text("made-up"), &text("<REDACTED>"));
        }
    }
}
