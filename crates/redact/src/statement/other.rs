//! Whether a text stands in a statement that makes something else than a connection: its options are no connection's.

use crate::sql::lex::Text;
use crate::statement::resync::begins_other;

/// How far such a statement is followed.
const LONGEST: usize = 16_384;
/// How many statements are remembered: looks go back by some lines at most.
const MANY: usize = 256;

/// The statements of other kinds in a text that comes in parts.
#[derive(Default)]
pub(crate) struct Others {
    /// What reaches into the text.
    first: State,
    /// The statements that begin in it.
    begun: Vec<State>,
    now: State,
}

/// What is known of the statement that a position stands in.
#[derive(Clone, Copy, Default)]
struct State {
    at: usize,
    /// Until where the statement is open at most, if it is.
    open: Option<usize>,
    inside: Inside,
    /// The byte before the position.
    last: u8,
    /// A line begins here.
    begins_line: bool,
}

/// In what of a statement no semicolon ends it.
#[derive(Clone, Copy, Default)]
enum Inside {
    #[default]
    Nothing,
    Literal,
    /// A comment up to the end of the line.
    Line,
    /// One up to its own end.
    Block,
}

impl Others {
    /// Notes that a statement begins with the word that ends at `word`.
    pub(crate) fn begin(&mut self, word: usize) {
        if self.begun.len() == MANY {
            self.begun.drain(..MANY / 2);
        }
        self.now = State { at: word, open: Some(word + LONGEST), ..State::default() };
        self.begun.push(self.now);
    }

    /// Whether a statement reaches to a position at least.
    pub(crate) fn reach(&mut self, text: &Text<'_>, to: usize) -> bool {
        if to < self.now.at {
            self.now = self.before(to);
        }
        self.now.advance(text, to);
        self.now.open.is_some_and(|end| to < end)
    }

    /// Forgets the statements before a position that is decided, and counts from `start` on.
    pub(crate) fn decide(&mut self, text: &Text<'_>, decided: usize, start: usize) {
        let mut state = self.before(decided);
        state.advance(text, decided);
        state.open = state.open.and_then(|end| end.checked_sub(start));
        state.at -= start;
        (self.first, self.now) = (state, state);
        self.begun.clear();
    }

    /// Whether one reaches to the end of what is decided, unless `next` begins something else.
    pub(crate) fn reach_into(&self, next: &Text<'_>) -> bool {
        self.first.open.is_some() && !(self.first.begins_line && begins_other(next, 0))
    }

    fn before(&self, to: usize) -> State {
        self.begun.iter().rev().find(|state| state.at <= to).copied().unwrap_or(self.first)
    }
}

impl State {
    fn advance(&mut self, text: &Text<'_>, to: usize) {
        while self.open.is_some() && self.at < to {
            if std::mem::take(&mut self.begins_line) && begins_other(text, self.at) {
                self.open = None;
                break;
            }
            let rest = text.slice(self.at..to);
            let Some(length) = rest.iter().position(|byte| self.step(*byte)) else { break };
            self.at += length + 1;
        }
        self.at = self.at.max(to);
    }

    /// Goes on by a byte; whether a line begins behind it, or the statement ends.
    fn step(&mut self, byte: u8) -> bool {
        let last = std::mem::replace(&mut self.last, byte);
        self.inside = match (self.inside, last, byte) {
            (Inside::Nothing, _, b'\'') => Inside::Literal,
            (Inside::Nothing, b'-', b'-') | (Inside::Nothing, b'/', b'/') => Inside::Line,
            (Inside::Nothing, b'/', b'*') => Inside::Block,
            (Inside::Literal, _, b'\'') | (Inside::Block, b'*', b'/') | (Inside::Line, _, b'\n') => {
                Inside::Nothing
            }
            // In a string, the comment ends with the escape of the line break.
            (Inside::Line, b'\\', b'n') => Inside::Nothing,
            (inside, ..) => inside,
        };
        let ends = match self.inside {
            Inside::Nothing => byte == b';',
            // The end of the comment may be missing.
            Inside::Block => last == b';' && byte == b'\n',
            _ => false,
        };
        if ends {
            self.open = None;
        }
        self.begins_line = byte == b'\n';
        ends || self.begins_line
    }
}
