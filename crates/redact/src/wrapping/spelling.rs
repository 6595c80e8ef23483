//! How signs are spelt in what a statement stands in, as far as the first of them tell.

use crate::sql::lex::{Text, is_single_quote};
use crate::wrapping::percent;
use crate::wrapping::shell::{ESCAPED_SHELL_QUOTE, shell_quote};

/// How much is looked at.
const GLIMPSE: usize = 2048;

/// How signs are spelt from a position on.
pub(crate) struct Spelling {
    /// Whether quotes stand behind backslashes, as in a string of C or Python.
    pub(crate) slashed: bool,
    /// Behind how many backslashes they are written as inside of single quotes of a shell; 0 if they are not.
    pub(crate) shell: usize,
    /// Whether they are written there between quotation marks that have a backslash before them.
    pub(crate) spliced: bool,
    /// Whether signs are encoded as in a URL; else `%` belongs to a URL in the text.
    pub(crate) percent: bool,
    /// Whether blanks are encoded so, and quotes are not.
    pub(crate) bare_quotes: bool,
    /// How many times more, as `%2527`.
    pub(crate) times: usize,
    /// Whether signs are encoded as in a mail.
    pub(crate) printable: bool,
    /// Whether a word processor has put the quotes there.
    pub(crate) typographic: bool,
}

impl Spelling {
    pub(crate) fn of(text: &Text<'_>, start: usize) -> Self {
        let ahead = text.ahead(start, GLIMPSE);
        let first = memchr::memchr(b'\'', ahead).map(|at| start + at);
        let slashed = first.is_some_and(|quote| quote > start && text.at(quote - 1) == b'\\');
        let shell = first.and_then(|quote| Some(shell_quote(text, quote)? - quote - 3)).unwrap_or(0);
        let spliced = first.is_some_and(|quote| text.has(quote, ESCAPED_SHELL_QUOTE));
        let mut quoted = memchr::memchr_iter(0xe2, ahead).map(|at| start + at);
        let quoted = quoted.find(|at| is_single_quote(text, *at));
        let typographic = quoted.is_some_and(|quoted| first.is_none_or(|first| quoted < first));
        let head = text.slice(start..first.into_iter().chain(quoted).min().unwrap_or(start + GLIMPSE));
        let printable = memchr::memmem::find(ahead, b"=3D").is_some();
        let signs = |part| memchr::memchr_iter(b'%', part).map(|at| start + at);
        // A value may have others by chance.
        let is_encoded = |(sign, _): (u8, usize)| b" \t\n'\"`()=,;%".contains(&sign);
        // Line breaks may be all that is: as the logs of actions have them.
        let lined = || [&b"%0A"[..], b"%0a"].iter().any(|line| memchr::memmem::find(ahead, line).is_some());
        let percent = signs(head).any(|at| percent(text, at, 0).is_some_and(is_encoded)) || lined();
        let bare_quotes = percent
            && first.is_some_and(|first| {
                let head = text.slice(start..first);
                memchr::memmem::find(head, b"27").is_none() && head.iter().all(|byte| *byte > b' ')
            });
        // As often as its first quote: what stands around it may be encoded fewer times, and what it says more often.
        let times = |sign: usize| (0..8).take_while(|time| text.has(sign + 1 + 2 * time, b"25")).count();
        let is_quote = |sign: &usize| text.has(sign + 1 + 2 * times(*sign), b"27");
        let first = signs(ahead).find(is_quote).or_else(|| signs(ahead).next());
        let times = first.map_or(0, times);
        Self { slashed, shell, spliced, percent, bare_quotes, times, printable, typographic }
    }

    /// Whether quotes are written as inside of single quotes of a shell.
    pub(crate) fn is_shell(&self) -> bool {
        self.shell > 0 || self.spliced
    }
}
