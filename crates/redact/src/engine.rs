//! Goes through a text from one anchor to the next.

mod look;

pub(crate) use look::look;

use crate::anchors::{Finder, issued::Issued};
use crate::edit::{Edits, Rule};
use crate::found::Found;
use crate::prose::commented::open_comment;
use crate::seen::{LookedThrough, Seen};
use crate::sql::lex::Text;
use crate::statement::announced::{Announced, announced};
use crate::statement::other::Others;
use crate::statement::{beginning, resync, severed, torn};
use crate::stream::held;

/// How far to the left of an anchor anything is looked at.
const LEFT: usize = 4096;
/// How long a statement or value may be; what is longer is masked to where something else begins.
const LONGEST: usize = 1 << 18;

/// What has to be known of a text to go on in it.
#[derive(Default)]
pub(crate) struct Engine {
    finder: Finder,
    issued: Issued,
    /// A statement was longer than the bound: nothing may stay before something else begins.
    overflow: bool,
    /// The beginning of the text was looked at.
    begun: bool,
    /// How much of the text is decided.
    decided: usize,
    /// What comes next goes on with a line.
    inside_line: bool,
    /// What the next line begins with may have begun on the one before.
    goes_on: bool,
    /// What the last words say about what comes next.
    announced: Announced,
    /// How many bytes before the next ones the comment begins that is open.
    comment: Option<usize>,
    others: Others,
    looked_through: LookedThrough,
}

impl Engine {
    /// Notes what has to be masked in `bytes` behind `decided`, where the last call ended; before it stands what of its
    /// line was decided.
    ///
    /// Returns up to where they are decided; the rest has to be given again, with more. With `ends`, all are.
    pub(crate) fn scan(&mut self, bytes: &[u8], decided: usize, ends: bool, edits: &mut Edits) -> usize {
        let done = self.decide(bytes, decided, ends, edits);
        edits.keep_lines(bytes);
        edits.keep_characters(bytes, decided..done);
        self.decided = self.decided.saturating_add(done - decided);
        // Nothing follows that this matters for.
        if ends {
            return done;
        }
        if done > decided {
            self.inside_line = bytes[done - 1] != b'\n';
            let line = memchr::memrchr(b'\n', &bytes[..done]).map_or(0, |end| end + 1);
            self.announced = announced(&bytes[..line]).unwrap_or(self.announced);
        }
        let needed = held::needed(bytes, done);
        self.goes_on = !severed::begins_apart(&Text::new(bytes, true), needed, !self.goes_on);
        self.comment = open_comment(&Text::new(bytes, true).commented(self.comment), needed);
        self.others.decide(&Text::new(bytes, ends), done, needed);
        self.looked_through = self.looked_through.behind(done, needed);
        done
    }

    fn decide(&mut self, bytes: &[u8], decided: usize, ends: bool, edits: &mut Edits) -> usize {
        self.finder.reset();
        self.issued.reset(self.decided, decided);
        let mut done = decided;
        if self.overflow {
            done = self.skip_from(bytes, decided, ends, edits);
            if self.overflow {
                return done;
            }
        }
        if !self.begun {
            let limit = bytes.len().min(LONGEST);
            let text = Text::new(&bytes[..limit], ends || limit == LONGEST);
            let end = beginning::mask_first(&text, edits);
            if !text.is_settled() {
                edits.clear();
                return done;
            }
            self.begun = true;
            done = end.unwrap_or(done);
        }
        let mut seen = Seen::default();
        seen.announced = self.announced;
        seen.others = std::mem::take(&mut self.others);
        seen.looked_through = self.looked_through;
        let done = self.look_through(bytes, done, ends, &mut seen, edits);
        self.others = seen.others;
        self.looked_through = seen.looked_through;
        done
    }

    /// Looks at one anchor after the other behind what is decided.
    fn look_through(
        &mut self,
        bytes: &[u8],
        decided: usize,
        ends: bool,
        seen: &mut Seen,
        edits: &mut Edits,
    ) -> usize {
        let (mut from, mut done, mut looked) = (decided, decided, decided);
        // What begins inside of a secret is looked for at the beginning of the text, before what comes behind it.
        let beginning = decided + torn::BEGINNING.saturating_sub(self.decided);
        loop {
            let hit = self.issued.first(bytes, from, self.finder.next(bytes, from));
            // The line break that an anchor begins with may end the rest of a comment.
            let until = hit.map_or(bytes.len(), |hit| hit + usize::from(bytes[hit] == b'\n')).min(beginning);
            looked = looked.max(done);
            if looked < until {
                let limit = bytes.len().min(until + LONGEST);
                let text = Text::new(&bytes[..limit], ends || limit < bytes.len());
                let before = (edits.len(), seen.looked_through);
                let rest = torn::find(&text, done, looked..until, !self.goes_on);
                let end = rest.map(|rest| rest.mask(&text, seen, edits));
                if !text.is_settled() {
                    edits.truncate(before.0);
                    seen.looked_through = before.1;
                    return done.max(memchr::memrchr(b'\n', &bytes[..looked]).map_or(0, |end| end + 1));
                }
                looked = until;
                if let Some(end) = end {
                    (done, looked, from) = (end, end, from.max(end));
                    continue;
                }
            }
            let Some(hit) = hit else { break };
            // An anchor may begin with the sign before a word, and that with the line.
            let line = seen.line_of(bytes, hit + usize::from(bytes[hit] == b'\n'));
            let floor = done.max(hit.saturating_sub(LEFT)).max(line);
            let limit = bytes.len().min(floor + LONGEST);
            let bound = limit < bytes.len() || limit == floor + LONGEST;
            let text = Text::new(&bytes[..limit], ends || bound).commented(self.comment);
            let before = (edits.len(), seen.looked_through);
            let begins_line = if floor > 0 { bytes[floor - 1] == b'\n' } else { !self.inside_line };
            let found = look(&text, floor, begins_line, hit, seen, edits);
            if !text.is_settled() {
                edits.truncate(before.0);
                seen.looked_through = before.1;
                return floor;
            }
            self.finder.skip_signs(bytes, &seen.entries);
            let decided = found.end().or((edits.len() > before.0).then_some(hit));
            self.issued.note(bytes, floor, hit, decided, edits);
            match found {
                Found::Nothing(next) => {
                    from = next.max(hit + 1);
                    // What is noted is decided: nothing before it may be read again.
                    if decided.is_some() {
                        done = from;
                    }
                }
                Found::Secret(end) | Found::Statement(end) => {
                    done = end.max(done);
                    from = end.max(hit + 1);
                    if bound && end >= limit {
                        self.overflow = true;
                        done = self.skip_from(bytes, end, ends, edits);
                        if self.overflow {
                            return done;
                        }
                        from = done;
                    }
                }
            }
        }
        if ends {
            return bytes.len();
        }
        let left = done.max(bytes.len().saturating_sub(LEFT + 64));
        let line = memchr::memrchr(b'\n', &bytes[left..]).map_or(left, |line| left + line + 1);
        // What the next line says may tell that the text begins inside of a secret.
        if line <= beginning { torn::before_word(bytes, done, line) } else { line }
    }

    /// An engine for a text of which other engines had the beginning.
    pub(crate) fn behind() -> Self {
        Self { begun: true, decided: torn::BEGINNING, ..Self::default() }
    }

    /// Whether nothing of what came before matters for what comes next, if that begins something else.
    pub(crate) fn is_between(&self) -> bool {
        let open =
            self.overflow || self.inside_line || self.comment.is_some() || self.decided < torn::BEGINNING;
        self.begun
            && !open
            && self.looked_through == LookedThrough::default()
            && self.announced == Announced::Nothing
    }

    /// Whether nothing of what came before matters for this.
    pub(crate) fn is_before(&self, next: &[u8]) -> bool {
        self.is_between() && !self.others.reach_into(&Text::new(next, true))
    }

    /// Drops everything up to a line that begins something else.
    fn skip_from(&mut self, bytes: &[u8], start: usize, ends: bool, edits: &mut Edits) -> usize {
        let text = Text::new(bytes, ends);
        let mut at = start;
        while let Some(offset) = memchr::memchr(b'\n', &bytes[at..]) {
            let line = at + offset;
            text.settle();
            let other = resync::begins_other(&text, line + 1);
            if other || !text.is_settled() {
                edits.push(start..line, "", Rule::ConnectionLiteral);
                self.overflow = !text.is_settled();
                return line;
            }
            at = line + 1;
        }
        edits.push(start..bytes.len(), "", Rule::ConnectionLiteral);
        bytes.len()
    }
}
