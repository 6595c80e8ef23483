//! Tokens of well-known issuers in comments, where nothing beside them says what they are.

use crate::anchors::Finder;
use crate::edit::{Edits, Rule};
use crate::secret::shape::{is_known_token, is_token_byte};
use crate::seen::Seen;
use crate::sql::lex::Text;

/// How much of a comment is looked at, and how long a token may be.
const LONGEST: usize = 1024;
const LONGEST_TOKEN: usize = 65_536;

/// Masks the tokens in the comment that begins at a sign, `--` or `/*`, up to the end of its first line. Returns where to go on.
pub(crate) fn mask(text: &Text<'_>, sign: usize, seen: &mut Seen, edits: &mut Edits) -> usize {
    let start = sign + 2;
    let mut at = start.max(seen.remarks);
    while at < start + LONGEST && !matches!(text.at(at), 0 | b'\n') && !text.has(at, b"*/") {
        if !is_token_byte(text.at(at)) {
            at += 1;
            continue;
        }
        let end = at + (at..at + LONGEST_TOKEN).take_while(|at| is_token_byte(text.at(*at))).count();
        if is_known_token(text.slice(at..end)) {
            // What else is worth a look stands before it: a commented statement, or the name that it belongs to.
            let before = text.slice(start..at);
            let signed = before.iter().any(|byte| b"'\"`=:(".contains(byte));
            if signed && Finder::default().next(before, 0).is_some() {
                return start;
            }
            edits.mask(at..end, Rule::KnownToken);
            return end;
        }
        at = end;
    }
    seen.remarks = at;
    start
}

#[cfg(test)]
mod tests {
    use crate::expect::redacted_for_good as check;

    #[test]
    fn tokens_in_comments_are_masked() {
        for token in [
            "hf_mAde7Up4made9Up2mAde7",
            "xoxb-4711-mAde7Up4made9",
            "glpat-mAde7Up4made9Up2mA",
            "gho_mAde7Up4made9Up2mAde7",
        ] {
            for (before, behind) in [
                ("-- ask ", " for it\nSHOW TABLES;"),
                ("/* x: ", " */ SHOW TABLES;"),
                ("SHOW TABLES; -- ", ""),
            ] {
                check(&format!("{before}{token}{behind}"), &format!("{before}<REDACTED>{behind}"));
            }
        }
        for text in
            ["run --hf_home=/data/hf_cache --x", "a -- b --- c", "/* see hf_hub_download_everything */"]
        {
            check(text, text);
        }
    }
}
