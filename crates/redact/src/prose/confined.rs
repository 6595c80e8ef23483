//! Comments that hold all of a statement or of its pairs: nothing behind them belongs to it.

use crate::sql::lex::Text;

/// How far before a position its comment begins, and how far behind it that ends.
const LONGEST: usize = 4096;

/// The end of the comment that a position stands in, if what is read there ends with it, too; nothing before `floor` is read.
pub(crate) fn end(text: &Text<'_>, floor: usize, at: usize) -> Option<usize> {
    let from = floor.max(at.saturating_sub(LONGEST));
    let before = text.slice(from..at);
    // Quotes before it do not count, as they do for `open_comment`: other comments of the line have apostrophes.
    let open = memchr::memrchr_iter(b'*', before).find(|star| before[..*star].ends_with(b"/"));
    if let Some(open) = open.filter(|open| memchr::memmem::find(&before[*open + 1..], b"*/").is_none()) {
        let ahead = text.ahead(at, LONGEST);
        let length =
            memchr::memmem::find(ahead, b"*/").filter(|length| paired(&ahead[..*length], &before[open..]));
        return length.map(|length| at + length);
    }
    let dashes = memchr::memmem::find(before, b"-- ").filter(|dashes| paired(&before[..*dashes], b""))?;
    // One that is a line's own goes on where the next is one, too.
    if before[..dashes].trim_ascii().is_empty() {
        return None;
    }
    let end = text.find_either([b'\n'; 2], at, LONGEST)?;
    let said = text.slice(at..end).trim_ascii_end();
    let ends = said.ends_with(b")") || said.ends_with(b";");
    (ends && paired(said, &before[dashes..])).then_some(end)
}

/// Whether all quotes in two parts of a text have a partner.
fn paired(a: &[u8], b: &[u8]) -> bool {
    let count = |part| memchr::memchr_iter(b'\'', part).count();
    (count(a) + count(b)).is_multiple_of(2)
}

#[cfg(test)]
mod tests {
    use crate::expect::redacted_for_good as check;

    #[test]
    fn what_stands_behind_a_comment_is_none_of_it() {
        for text in [
            "CREATE TOOL t USING CONNECTION c WITH ('type' = 'mcp', -- CREATE CONNECTION r WITH ('x' = 'made-up')\n 'y' = 'z', 'b' = '30');",
            "SELECT /* 'password' = 'made-up', 'username' = 'made-up' */ a FROM t WHERE x = 'y'; SELECT b FROM c",
            "create /* 'password'='made-up', 'username'='made-up' */ model m input (a int) with ('provider' = 'openai');",
            "SELECT 1 /* CREATE CONNECTION c WITH ('x' = 'made-up') */ FROM t WHERE x = 'y';",
        ] {
            check(text, &text.replace("made-up", "<REDACTED>"));
        }
    }
}
