//! Names in the options of any statement that denote a secret and that no anchor finds: misspelt where an anchor is.

use crate::anchors::Finder;
use crate::beginning::pairs;
use crate::edit::Edits;
use crate::engine::{Found, look};
use crate::lex::Text;
use crate::names::{Folded, Secrecy};
use crate::seen::Seen;

/// How far the names of a list are looked at.
const AHEAD: usize = 4096;

/// Looks at the list behind the WITH that ends at `with`, name by name, if there is such a name in it. Returns up to where
/// everything is decided.
pub(crate) fn mask(
    text: &Text<'_>,
    floor: usize,
    with: usize,
    seen: &mut Seen,
    edits: &mut Edits,
) -> Option<usize> {
    let open = text.skip_blank(with);
    if text.at(open) != b'(' || seen.in_list {
        return None;
    }
    let names = odd_names(text, open, seen);
    let last = *names.last()?;
    seen.in_list = true;
    let mut finder = Finder::default();
    let (mut floor, mut at) = (floor, with);
    loop {
        let name = names.iter().copied().find(|name| *name >= at);
        let anchor = finder.next(text.slice(0..last + 1), at);
        let Some(hit) = name.into_iter().chain(anchor).min() else { break };
        at = match look(text, floor, false, hit, seen, edits) {
            Found::Nothing(next) => next.max(hit + 1),
            Found::Secret(end) => {
                floor = end;
                end.max(hit + 1)
            }
        };
    }
    seen.in_list = false;
    Some(at)
}

fn odd_names(text: &Text<'_>, open: usize, seen: &mut Seen) -> Vec<usize> {
    let mut names = Vec::new();
    let from = seen.behind_pairless(open);
    let mut pairs = pairs(text, from, (open + AHEAD).saturating_sub(from));
    let mut any = false;
    while let Some((key, _)) = pairs.next() {
        any = true;
        let quoted = text.slice(pairs.key - 1..pairs.key + key.len() + 1);
        if Folded::of(key).secrecy() == Secrecy::Secret && Finder::default().next(quoted, 0).is_none() {
            names.push(pairs.key);
        }
    }
    if !any {
        seen.pairless(open..pairs.at);
    }
    names
}

#[cfg(test)]
mod tests {
    use crate::redact;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(redact(text), expected);
    }

    #[test]
    fn names_without_an_anchor_are_found_in_lists() {
        for name in ["apik-ey", "paswsord", "client.seret", "crredential", "api-ky"] {
            check(
                &format!(
                    "CREATE TABLE t (a INT) WITH ('url' = 'db://u:made-up@a.example', '{name}' = 'made-up', 'token' = 'made-up', 'n' = 'x')"
                ),
                &format!(
                    "CREATE TABLE t (a INT) WITH ('url' = 'db://<REDACTED>@a.example', '{name}' = '<REDACTED>', 'token' = '<REDACTED>', 'n' = 'x')"
                ),
            );
        }
    }
}
