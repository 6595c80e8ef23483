//! The words of a broken statement before its name, and the name.

use super::Broken;
use crate::secret::shape;
use crate::sql::keyword::is_keyword;
use crate::sql::lex::is_name;
use crate::sql::slips::is_nearly;
use crate::statement::comments::{scrub_comment, scrub_comments};
use crate::statement::follows::placeholder;
use crate::statement::marked::skip_marked;
use crate::statement::written::name_part;

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
            let end = match name_part(self.text, at, self.edits) {
                Some(end) if end <= self.end => end,
                _ => {
                    self.edits.truncate(before);
                    // A quote without a partner: the name is what looks like one.
                    let bare = at + usize::from(quote);
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
            let dot = self.text.skip_blank(at);
            if self.text.at(dot) != b'.' || dot >= self.end {
                return at.min(self.end);
            }
            at = self.text.skip_blank(dot + 1);
        }
    }
}
