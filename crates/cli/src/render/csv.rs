//! Comma-separated values by RFC 4180, with LF line ends.

use lockkeeper::redact::Clean;

/// A header and the rows.
pub(crate) fn csv(columns: &[&'static str], rows: &[Vec<Clean>]) -> Clean {
    let mut text = Clean::default();
    let header: Vec<Clean> = columns.iter().copied().map(Clean::literal).collect();
    for row in std::iter::once(&header).chain(rows) {
        for (column, cell) in row.iter().enumerate() {
            text.push(if column > 0 { "," } else { "" });
            if cell.as_ref().contains([',', '"', '\n', '\r']) {
                text.push("\"");
                text.push(cell.doubled('"'));
                text.push("\"");
            } else {
                text.push(cell);
            }
        }
        text.push("\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_where_needed() {
        let rows =
            [vec![Clean::literal("a,b"), Clean::literal("say \"hi\"\nthere")], vec![Clean::literal("c"); 2]];
        insta::assert_snapshot!(csv(&["Name", "Comment"], &rows), @r#"
        Name,Comment
        "a,b","say ""hi""
        there"
        c,c
        "#);
    }
}
