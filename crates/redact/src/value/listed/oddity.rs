//! Names in a list that are not written as anchors find them.

use crate::anchors::is_anchored;
use crate::secret::names::{Folded, Secrecy};
use crate::sql::lex::Text;
use crate::statement::keyless;
use std::ops::Range;

/// How long names are that are known again, and how many at most.
const LONGEST_KNOWN: usize = 32;
const MANY: usize = 64;

/// Names that were looked at: in a log they are the same again and again.
#[derive(Default)]
pub(crate) struct Listed {
    known: Vec<Known>,
}

#[derive(Clone, Default)]
struct Known {
    name: [u8; LONGEST_KNOWN],
    length: usize,
    oddity: Oddity,
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
    pub(super) fn oddity(&mut self, text: &Text<'_>, name: Range<usize>) -> Oddity {
        let quoted = text.slice(name.start - 1..name.end + 1);
        let name = text.slice(name);
        let (Some(first), Some(last)) = (name.first(), name.last()) else { return Oddity::Doubtful };
        if name.len() > LONGEST_KNOWN {
            return oddity(name, quoted);
        }
        if self.known.is_empty() {
            self.known = vec![Known::default(); MANY];
        }
        let place = usize::from(*first) + 5 * usize::from(*last) + 11 * name.len();
        let known = &mut self.known[place % MANY];
        if &known.name[..known.length] != name {
            *known = Known { length: name.len(), oddity: oddity(name, quoted), ..Known::default() };
            known.name[..name.len()].copy_from_slice(name);
        }
        known.oddity
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
