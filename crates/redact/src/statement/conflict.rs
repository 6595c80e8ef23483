//! Statements with a conflict in them that git has left: what stands on its other sides belongs to them, too.

use crate::edit::Edits;
use crate::sql::lex::Text;
use crate::statement::broken;
use memchr::memmem;
use std::ops::Range;

/// Signs before, between and behind the sides of a conflict.
const BEGIN: &[u8] = b"<<<<<<<";
const BETWEEN: [&[u8]; 2] = [b"|||||||", b"======="];
const END: &[u8] = b">>>>>>>";
/// How long the other sides are.
const LONGEST: usize = 4096;

/// Masks the other sides of the conflict in which a statement ends. Returns where that ends.
pub(crate) fn mask(text: &Text<'_>, statement: Range<usize>, edits: &mut Edits) -> usize {
    let said = text.slice(statement.clone());
    let open = memmem::rfind(said, BEGIN).is_some_and(|open| memmem::find(&said[open..], END).is_none());
    if !open {
        return statement.end;
    }
    let Some(length) = memmem::find(text.ahead(statement.end, LONGEST), END) else { return statement.end };
    let last = statement.end + length;
    let mut at = statement.end;
    while let Some(side) = next_side(text, at..last) {
        at = broken::mask_rest(text, side, false, None, edits).max(side);
    }
    at.max(statement.end)
}

/// Where the next side of a conflict begins, behind the sign before it.
fn next_side(text: &Text<'_>, part: Range<usize>) -> Option<usize> {
    let said = text.slice(part.clone());
    let sign = BETWEEN.iter().filter_map(|sign| memmem::find(said, sign)).min()?;
    // The name of a commit may stand behind it.
    Some(text.word_end(text.skip_space(part.start + sign + BEGIN.len())))
}

#[cfg(test)]
mod tests {
    use crate::expect::redacted_for_good as check;

    #[test]
    fn all_sides_of_a_conflict_go() {
        let text = |value: &str| {
            format!(
                "ALTER CONNECTION c SET ('type' = 'rest',\n<<<<<<< HEAD\n 'username' = '{value}');\n||||||| 3fa2b1c\n \
                 'client-id' = '{value}');\n=======\n 'username' = '{value}',\n 'token' = '{value}');\n>>>>>>> x\n\
                 SELECT 'a' = 'b' FROM t;\n"
            )
        };
        check(&text("made-up"), &text("<REDACTED>"));
    }
}
