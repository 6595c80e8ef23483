//! What a diff puts in the place of a masked value whose name stands on a line before: `- = '…',` and `+ = '…',`.

use crate::anchors::is_anchored;
use crate::edit::{Edit, Edits, Rule, holds_mask};
use crate::sql::lex::{Text, is_blank, separator};
use crate::statement::broken;
use crate::wrapping::lines::line_start;
use lockkeeper_model::MASK;

/// How many signs a quote of a shell and the blanks behind it are.
const GAP: usize = 8;
/// How far from the mark of its line a value begins.
const INDENT: usize = 31;
/// How many lines are taken out together.
const LINES: usize = 16;

/// Masks the literal with which the lines that were put in begin, if those that were taken out begin with one of the edits from the
/// given one on; of a CONNECTION statement, what follows it, too. Returns the end of what was read.
pub(crate) fn mask(text: &Text<'_>, first: usize, edits: &mut Edits) -> Option<usize> {
    let masked = edits.as_slice().get(first..)?;
    let Edit { range, rule, .. } = masked.iter().find(|edit| begins_line(text, edit.range.start))?.clone();
    let behind = text.line_end(range.end) + 1;
    let mut line = behind;
    for _ in 0..LINES {
        if text.at(line) != b'-' {
            break;
        }
        line = text.line_end(line) + 1;
    }
    // What stands on the lines between the two is looked at by itself.
    if text.at(line) != b'+' || is_anchored(text.slice(behind..line)) {
        return None;
    }
    let open = text.skip_space(separator(text, text.skip_space(line + 1)));
    let literal = text.literal(open).filter(|literal| literal.closed)?;
    // Rather the name of the next: as a shell has them, quotes are more than one sign.
    let quotes = text.ahead(literal.end, GAP).iter().take_while(|byte| b"'\\ ".contains(byte)).count();
    let named = separator(text, literal.end + quotes) > literal.end + quotes;
    let known = edits.reach_into(&(literal.start..literal.end));
    if named || known || holds_mask(text.slice(literal.content.clone())) {
        return None;
    }
    if rule != Rule::ConnectionLiteral {
        edits.cover(literal.content, MASK, rule);
        return Some(literal.end);
    }
    Some(broken::mask_from_value(text, literal.start..literal.end, edits))
}

/// Whether nothing but the mark of a diff and the sign of an entry stand before a mask on its line.
fn begins_line(text: &Text<'_>, mask: usize) -> bool {
    let line = line_start(text, mask);
    let before = text.slice(line..mask);
    before.strip_prefix(b"-").is_some_and(|before| {
        before.iter().all(|byte| is_blank(*byte) || b"=:>'\"`\\".contains(byte)) && before.len() <= INDENT
    })
}

#[cfg(test)]
mod tests {
    use crate::expect::redacted_for_good as check;

    #[test]
    fn a_new_value_goes_with_the_old_one() {
        for text in [
            " SET 'sql.secrets.a'\n-  = '{}';\n+  = '{}';\n",
            " ALTER TABLE t SET ('x' = 'y', 'secret'\n-  = '{}', 'a' = 'b',\n+  = '{}', 'a' = 'c',\n   'd' = 'e');\n",
            " WITH ('password' =\n- '{}',\n- 'a' = 'b', 'c'\n+ '{}',\n+ 'a' = 'c', 'c'\n   = 'e');\n",
            " CREATE CONNECTION c WITH ('x' =\n- '{}');\n+ '{}');\n",
            " CREATE CONNECTION c WITH ('x' =\n- '{}','username' = '{}');\n+ '{}','username' = '{}');\n",
        ] {
            check(&text.replace("{}", "made-up"), &text.replace("{}", "<REDACTED>"));
        }
        let text = " a\n- = 'b'\n+ = 'c'\n";
        check(text, text);
        let text = |value: &str| {
            format!(
                "-  'password' = /* x */\n-'{value}',\n+  'password' = '{value}',\n-  '\\''token'\\'' =\n-'\\''{value}'\\''\n+  '\\''token'\\''='\\''{value}'\\''\n"
            )
        };
        check(&text("made-up"), &text("<REDACTED>"));
    }
}
