//! Aligned tables.

use super::printable;
use lockkeeper::redact::Clean;
use unicode_width::UnicodeWidthStr;

/// Rows under their column names, and how many there are.
pub(crate) fn table(columns: &[&'static str], rows: &[Vec<Clean>]) -> Clean {
    let header: Vec<Clean> = columns.iter().copied().map(Clean::literal).collect();
    let rows: Vec<Vec<Clean>> = rows.iter().map(|row| row.iter().map(printable).collect()).collect();
    let widths: Vec<usize> = (0..columns.len())
        .map(|column| {
            let cells = rows.iter().filter_map(|row| row.get(column)).chain(header.get(column));
            cells.flat_map(|cell| cell.as_ref().lines().map(UnicodeWidthStr::width)).max().unwrap_or(0)
        })
        .collect();
    let mut text = Clean::default();
    push_row(&mut text, &header, &widths);
    for (column, width) in widths.iter().enumerate() {
        text.push(if column > 0 { "+" } else { "" });
        text.push(Clean::repeated("-", width + 2));
    }
    text.push("\n");
    for row in &rows {
        push_row(&mut text, row, &widths);
    }
    text.push("(");
    text.push(Clean::from(rows.len() as u64));
    text.push(if rows.len() == 1 { " row)\n" } else { " rows)\n" });
    text
}

/// A row, over as many lines as its longest cell has.
fn push_row(text: &mut Clean, row: &[Clean], widths: &[usize]) {
    let lines: Vec<Vec<Clean>> = row.iter().map(Clean::lines).collect();
    let height = lines.iter().map(Vec::len).max().unwrap_or(1).max(1);
    for at in 0..height {
        for (column, width) in widths.iter().enumerate() {
            text.push(if column > 0 { "|" } else { "" });
            let line = lines.get(column).and_then(|lines| lines.get(at)).cloned().unwrap_or_default();
            let used = line.as_ref().width();
            // Nobody wants white space at the ends of lines.
            if !line.is_empty() || column + 1 < widths.len() {
                text.push(" ");
                text.push(line);
            }
            if column + 1 < widths.len() {
                text.push(Clean::repeated(" ", width - used + 1));
            }
        }
        text.push("\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned() {
        let row = |cells: [&str; 2]| cells.map(Clean::text).to_vec();
        let rows = [row(["a", "one\ntwo"]), row(["连接", "x\u{1b}[2J"]), row(["long-name", ""])];
        insta::assert_snapshot!(table(&["Name", "Comment"], &rows), @r"
         Name      | Comment
        -----------+------------
         a         | one
                   | two
         连接      | x\u{1b}[2J
         long-name |
        (3 rows)
        ");
    }
}
