//! What stands behind a position of a broken statement, looked for once.

use crate::sql::lex::{Text, is_name, quote_length};
use crate::statement::ending::opens;
use crate::statement::resync::begins_other;
use crate::value::values::is_doubled_across;
use std::ops::Range;

/// How long the last value before a semicolon may be.
const LONGEST_VALUE: usize = 4096;

/// What follows, looked for once.
pub(crate) struct Future {
    /// The next quote that has been judged.
    quote: usize,
    /// Up to where no line begins something else.
    other: usize,
}

impl Future {
    /// Nothing was looked at behind a position.
    pub(crate) fn from(start: usize) -> Self {
        Self { quote: start, other: start }
    }

    /// Whether the next quote, before something else begins, looks like the end of a literal.
    pub(crate) fn closes(&mut self, text: &Text<'_>, from: usize) -> bool {
        let mut at = from.max(self.quote);
        while let Some(quote) = text.find(b'\'', at) {
            // A doubled quote, and an apostrophe inside of a word, are neither.
            if text.at(quote + 1) == b'\'' {
                at = quote + 2;
                continue;
            }
            if is_name(text.at(quote - 1)) && is_name(text.at(quote + 1)) {
                at = quote + 1;
                continue;
            }
            self.quote = quote;
            if self.begins_other_before(text, from, quote) {
                return false;
            }
            return !opens(text, quote);
        }
        self.quote = text.len();
        false
    }

    fn begins_other_before(&mut self, text: &Text<'_>, from: usize, quote: usize) -> bool {
        let mut line = from.max(self.other);
        while line < quote {
            let from = line.saturating_sub(1);
            let Some(next) = memchr::memchr(b'\n', text.slice(from..quote)) else { return false };
            line = from + next + 1;
            if begins_other(text, line) {
                return true;
            }
            line += 1;
            self.other = line;
        }
        false
    }
}

/// The literal that was opened last, if it has a quote twice before a line break and ends behind that as it should: then
/// what its lines begin is nothing else.
#[derive(Default)]
pub(crate) struct Across {
    open: Option<usize>,
    end: usize,
}

impl Across {
    /// Notes a quote.
    pub(crate) fn see(&mut self, text: &Text<'_>, quote: usize) {
        if quote >= self.end && opens(text, quote) && text.at(quote + 1) != b'\'' {
            self.open = Some(quote);
        }
    }

    /// Whether the literal reaches over a line break.
    pub(crate) fn reach(&mut self, text: &Text<'_>, line: usize) -> bool {
        let Some(open) = self.open else { return false };
        if line >= self.end && is_doubled_across(text, open, line) {
            self.end = text.literal(open).map_or(line, |literal| literal.end);
        }
        self.holds(line)
    }

    /// Whether it is known to reach over a line break.
    pub(crate) fn holds(&self, line: usize) -> bool {
        line < self.end
    }
}

/// Whether a value is open: between other quotes than `'`, which are counted once, or without any.
pub(crate) struct OtherQuotes {
    counted: Range<usize>,
    ticks: usize,
    marks: usize,
    dollars: usize,
}

impl OtherQuotes {
    /// None is open at a position.
    pub(crate) fn from(start: usize) -> Self {
        Self { counted: start..start, ticks: 0, marks: 0, dollars: 0 }
    }

    /// Whether one is open at a position behind those that were asked about.
    pub(crate) fn are_open(&mut self, text: &Text<'_>, at: usize) -> bool {
        let from = self.counted.end;
        for sign in memchr::memchr3_iter(b'`', b'"', b'$', text.slice(from..at)).map(|sign| from + sign) {
            match text.at(sign) {
                b'`' => self.ticks += 1,
                b'"' => self.marks += 1,
                _ if sign >= self.counted.end && text.at(sign + 1) == b'$' => {
                    self.dollars += 1;
                    self.counted.end = sign + 2;
                }
                _ => {}
            }
        }
        self.counted.end = at.max(self.counted.end);
        [self.ticks, self.marks, self.dollars].iter().any(|count| count % 2 == 1) || self.is_bare(text, at)
    }

    /// Whether a value ends at a position that has no quotes, or only the first of those that word processors write.
    fn is_bare(&self, text: &Text<'_>, at: usize) -> bool {
        let near = self.counted.start.max(at.saturating_sub(LONGEST_VALUE));
        let Some(sign) = memchr::memrchr(b'=', text.slice(near..at)) else { return false };
        let start = text.skip_blank(near + sign + 1);
        let size = quote_length(text, start);
        if size > 1 {
            return !(start + size..at).any(|at| quote_length(text, at) > 1);
        }
        size == 0 && start < at && !text.slice(start..at).trim_ascii_end().ends_with(b")")
    }
}
