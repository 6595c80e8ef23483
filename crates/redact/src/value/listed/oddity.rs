//! Names in a list that are not written as anchors find them.

use crate::anchors::is_anchored;
use crate::secret::names::{Folded, KnownNames, Secrecy};
use crate::sql::lex::Text;
use crate::statement::keyless;
use std::ops::Range;

/// Names that were looked at.
#[derive(Default)]
pub(crate) struct Listed {
    names: KnownNames<Oddity>,
}

/// What is odd about a name.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Oddity {
    #[default]
    None,
    /// It denotes a secret and has no anchor.
    NoAnchor,
    /// It may denote a secret, or be one, or it is empty.
    Doubtful,
}

impl Listed {
    /// Whether nothing is odd about a name.
    pub(crate) fn says_nothing(&mut self, text: &Text<'_>, name: Range<usize>) -> bool {
        self.oddity(text, name) == Oddity::None
    }

    pub(super) fn oddity(&mut self, text: &Text<'_>, name: Range<usize>) -> Oddity {
        let quoted = text.slice(name.start - 1..name.end + 1);
        let name = text.slice(name);
        if name.is_empty() {
            return Oddity::Doubtful;
        }
        self.names.found(name, || oddity(name, quoted))
    }
}

/// What is odd about a name that was not looked at; with its quotes.
pub(super) fn oddity(name: &[u8], quoted: &[u8]) -> Oddity {
    let folded = Folded::of(name);
    match folded.secrecy() {
        Secrecy::None
            if keyless::is_secret_key(name) || folded.may_be_secret() || folded.may_be_far_secret() =>
        {
            Oddity::Doubtful
        }
        secrecy if secrecy.is_certain() && holds_blank(name) => Oddity::Doubtful,
        secrecy if secrecy.is_listed() && !is_anchored(quoted) => Oddity::NoAnchor,
        _ => Oddity::None,
    }
}

/// Whether a blank beyond ASCII stands in a name: where it is looked for, it ends there.
fn holds_blank(name: &[u8]) -> bool {
    let text = Text::new(name, true);
    (0..name.len()).any(|at| text.is_wide_blank(at))
}
