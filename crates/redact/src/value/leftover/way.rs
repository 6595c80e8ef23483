//! The way from a name to its value, piece by piece.

use crate::sql::lex::Text;
use crate::wrapping::piece::{Piece, literal, next};
use std::ops::Range;

/// How long a value may be.
const LONGEST: usize = 4096;
/// How many words of what stands before a line may stand there, and how many blanks before a sign.
const MOST_WORDS: usize = 16;
const LONGEST_STRAY: usize = 8;

/// What stands between a name and its value.
pub(crate) struct Way<'a, 'b> {
    text: &'b Text<'a>,
    at: usize,
    /// The name stands in quotes: it is one of a list, whose entries go on on other lines.
    quoted: bool,
    lines: usize,
    pub(super) words: usize,
    pub(crate) signs: usize,
    /// A sign stands there that is none.
    pub(super) odd_sign: bool,
    comments: usize,
}

impl<'a, 'b> Way<'a, 'b> {
    pub(crate) fn behind(text: &'b Text<'a>, at: usize, quoted: bool) -> Self {
        Self { text, at, quoted, lines: 0, words: 0, signs: 0, odd_sign: false, comments: 0 }
    }

    /// Whether nothing but signs, quotes and blanks stand there.
    pub(crate) fn is_short(&self) -> bool {
        self.lines == 0 && self.words == 0 && self.comments == 0
    }

    /// Whether nothing but those and comments stand there, on one line.
    pub(crate) fn is_on_line(&self) -> bool {
        self.lines == 0 && self.words == 0
    }

    /// Goes on to the first literal, and returns what it says; `None` if something stands before it that has no business there.
    pub(crate) fn value(&mut self, limit: usize) -> Option<Range<usize>> {
        while self.at < limit {
            let (piece, end) = next(self.text, self.at);
            match piece {
                Piece::Quote if begins_value(self.text, end) => {
                    let value = literal(self.text, end, LONGEST);
                    // What goes on on the next line is read with that.
                    return (next(self.text, value.end).0 == Piece::Quote).then_some(value);
                }
                Piece::Quote | Piece::Blank => {}
                Piece::Comment => self.comments += 1,
                Piece::Sign => self.signs += 1,
                Piece::Break if self.quoted => self.lines += 1,
                // What stands before a line is none of the entry.
                Piece::Word if self.lines > 0 && self.words < MOST_WORDS => self.words += 1,
                // As in a time.
                Piece::Comma if self.lines > 0 && self.text.at(end).is_ascii_digit() => {}
                Piece::Other if self.is_odd_sign() => (self.signs, self.odd_sign) = (self.signs + 1, true),
                Piece::Other if self.may_stand(end) => {}
                _ => return None,
            }
            self.at = end;
        }
        None
    }

    /// Whether a sign stands here that is none, behind a name in the quotes of SQL.
    fn is_odd_sign(&self) -> bool {
        let near = self.text.slice(self.at.saturating_sub(LONGEST_STRAY)..self.at).trim_ascii_end();
        self.lines == 0 && self.quoted && near.ends_with(b"'") && b".~^!".contains(&self.text.at(self.at))
    }

    /// Whether a sign may stand between the two.
    fn may_stand(&self, end: usize) -> bool {
        match self.text.at(self.at) {
            b';' | b'{' | b'}' | b'(' => false,
            b')' => next(self.text, self.text.skip_space(end)).0 == Piece::Sign,
            _ => self.lines > 0 || b"*~^!<>|".contains(&self.text.at(self.at)),
        }
    }
}

/// Whether what a literal says begins behind a quote, and no other piece.
pub(super) fn begins_value(text: &Text<'_>, at: usize) -> bool {
    matches!(next(text, at).0, Piece::Word | Piece::Other) && !b")]};".contains(&text.at(at))
}
