//! A line per column.

use super::printable;
use lockkeeper::redact::Clean;
use unicode_width::UnicodeWidthStr;

/// Rows one under the other, each with its number.
pub(crate) fn vertical(columns: &[&'static str], rows: &[Vec<Clean>]) -> Clean {
    let width = columns.iter().map(|name| name.width()).max().unwrap_or(0);
    let mut text = Clean::default();
    for (number, row) in rows.iter().enumerate() {
        text.push("-[ ROW ");
        text.push(Clean::from(number as u64 + 1));
        text.push(" ]\n");
        for (name, cell) in columns.iter().zip(row) {
            for (at, line) in printable(cell).lines().iter().enumerate() {
                let name = if at == 0 { name } else { "" };
                text.push(name);
                text.push(Clean::repeated(" ", width - name.width() + 1));
                text.push(if line.is_empty() { "|" } else { "| " });
                text.push(line);
                text.push("\n");
            }
        }
    }
    text.push("(");
    text.push(Clean::from(rows.len() as u64));
    text.push(if rows.len() == 1 { " row)\n" } else { " rows)\n" });
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_has_its_line() {
        let rows = [vec![Clean::literal("a"), Clean::literal("one\ntwo")]];
        insta::assert_snapshot!(vertical(&["Name", "Comment"], &rows), @r"
        -[ ROW 1 ]
        Name    | a
        Comment | one
                | two
        (1 row)
        ");
    }
}
