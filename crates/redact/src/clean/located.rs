//! Redacted text in which places of the original can be found again.

use crate::Clean;
use crate::edits_of;
use crate::stream;
use std::borrow::Cow;
use std::ops::Range;

/// A redacted text and where its parts came from, for messages that point into a statement.
#[derive(Clone, Debug)]
pub struct Located {
    text: String,
    /// What was replaced: the range in the original and the length of what stands there now.
    replaced: Vec<(Range<usize>, usize)>,
}

/// One line of a redacted text, with the part of it that is pointed at.
#[derive(Clone, Debug)]
pub struct Pointed {
    /// What stands before the part.
    pub before: Clean,
    /// The part; empty if a point was asked for.
    pub part: Clean,
    /// What stands after it, to the line's end.
    pub after: Clean,
}

impl Located {
    /// Redacts a text.
    pub fn new(text: &str) -> Self {
        let edits = edits_of(text.as_bytes());
        let mut out = Vec::with_capacity(text.len());
        stream::apply(text.as_bytes(), 0, edits.as_slice(), &mut out);
        let replaced = edits.as_slice().iter().map(|edit| (edit.range.clone(), edit.with.len())).collect();
        Self { text: String::from_utf8_lossy(&out).into_owned(), replaced }
    }

    /// The line in which `range` of the original begins. What of the range is masked is pointed at as a whole; what
    /// goes beyond the line is cut off.
    pub fn point_at(&self, range: Range<usize>) -> Pointed {
        let start = self.floor(self.place(range.start, false));
        let end = self.floor(self.place(range.end.max(range.start), true)).max(start);
        let line_start = self.text[..start].rfind('\n').map_or(0, |at| at + 1);
        let line_end = self.text[start..].find('\n').map_or(self.text.len(), |at| start + at);
        let end = end.min(line_end);
        let clean =
            |range: Range<usize>| Clean(Cow::Owned(self.text[range].trim_end_matches('\r').to_owned()));
        Pointed { before: clean(line_start..start), part: clean(start..end), after: clean(end..line_end) }
    }

    /// Where a place of the original is now; inside of what was replaced, its start or its end.
    fn place(&self, offset: usize, at_end: bool) -> usize {
        let mut place = offset;
        for (range, length) in &self.replaced {
            if range.end <= offset {
                place = place - range.len() + length;
            } else if range.start < offset {
                let start = place - (offset - range.start);
                return if at_end { start + length } else { start };
            } else {
                break;
            }
        }
        place
    }

    /// The nearest place at or before `offset` that does not cut a character.
    fn floor(&self, offset: usize) -> usize {
        self.text.floor_char_boundary(offset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, part: &str, expected: &str) {
        let start = text.find(part).unwrap();
        let Pointed { before, part, after } = Located::new(text).point_at(start..start + part.len());
        assert_eq!(format!("{before}[{part}]{after}"), expected);
    }

    #[test]
    fn places_are_found_again_behind_masks() {
        let text =
            "CREATE CONNECTION c\nWITH ('api-key' = 'made-up-1', 'tokn' = 'made-up-number-2',\n'x' = 'y')";
        check(text, "CONNECTION", "CREATE [CONNECTION] c");
        check(text, "'tokn'", "WITH ('api-key' = '<REDACTED>', ['tokn'] = '<REDACTED>',");
        check(text, "'made-up-number-2'", "WITH ('api-key' = '<REDACTED>', 'tokn' = ['<REDACTED>'],");
        check(text, "up-num", "WITH ('api-key' = '<REDACTED>', 'tokn' = ['<REDACTED>'],");
        check(text, "c\nWITH", "CREATE CONNECTION [c]");
    }
}
