//! Strings that look drawn where the first words of a statement should stand: `CREATE OR '…' CONNECTION`.

use crate::edit::{Edits, Rule};
use crate::sql::lex::{Text, is_blank, last_word};
use crate::statement::recognise::is_any;
use crate::statement::written::is_no_name;

/// How far before the first words of a statement such a string is looked for.
const LONGEST: usize = 160;
/// Words that may stand between it and CONNECTION.
const WORDS: &[&str] = &["OR", "REPLACE", "TEMPORARY", "SYSTEM", "CREATE", "ALTER"];

/// Masks the string that stands before the first words of a statement, or between them, if nobody would write it there.
pub(crate) fn mask_before(text: &Text<'_>, floor: usize, start: usize, edits: &mut Edits) {
    let floor = floor.max(start.saturating_sub(LONGEST));
    let mut before = text.slice(floor..start);
    for _ in 0..=WORDS.len() {
        let said = before.trim_ascii_end();
        if let Some(open) = said.strip_suffix(b"'") {
            let Some(quote) = memchr::memrchr(b'\'', open) else { return };
            let content = floor + quote + 1..floor + open.len();
            // Not the end of one literal and the beginning of the next.
            let opens = open[..quote].last().is_none_or(|byte| is_blank(*byte)) && said.len() < before.len();
            if opens
                && !text.slice(content.clone()).contains(&b'\n')
                && is_no_name(text.slice(content.clone()))
            {
                edits.mask(content, Rule::ConnectionLiteral);
            }
            return;
        }
        let word = last_word(said);
        if !is_any(word, WORDS) {
            return;
        }
        before = &said[..said.len() - word.len()];
    }
}

#[cfg(test)]
mod tests {
    use crate::expect::redacted_for_good as check;

    #[test]
    fn what_looks_drawn_in_the_place_of_a_word_is_masked() {
        for (text, masked) in [
            (
                "CREATE OR 'eGnNzGSbYxQ' CONNECTION c WITH ('type' = 'rest')",
                "CREATE OR '<REDACTED>' CONNECTION c WITH ('type' = 'rest')",
            ),
            (
                "'Vessel988 Vessel757 Dune91' CONNECTION c WITH ('type' = 'rest')",
                "'<REDACTED>' CONNECTION c WITH ('type' = 'rest')",
            ),
            (
                "'8l1LDoby.YaLvms5' OR REPLACE CONNECTION c WITH ('type' = 'rest')",
                "'<REDACTED>' OR REPLACE CONNECTION c WITH ('type' = 'rest')",
            ),
        ] {
            check(text, masked);
        }
        let text = "'films' CONNECTION c WITH ('type' = 'rest')";
        check(text, text);
    }

    #[test]
    fn what_looks_drawn_in_the_place_of_a_name_is_masked() {
        for (text, masked) in [
            (
                "Alter Connection '!GUH''i''K..u''TrPlu' Set (    )",
                "Alter Connection '<REDACTED>' Set (    )",
            ),
            (
                "CREATE CONNECTION `a``b`.scoring$prod.'GZlKOAUnhYLnz.hwFDjj7F' WITH('type' = 'rest')",
                "CREATE CONNECTION `a``b`.scoring$prod.'<REDACTED>' WITH('type' = 'rest')",
            ),
            (
                "CREATE CONNECTION 'P6DPdOcqcY.jG3PkTlPwIZ1.igZYmY0nXkY4g' ('type'='rest')",
                "CREATE CONNECTION '<REDACTED>' ('type'='rest')",
            ),
        ] {
            check(text, masked);
        }
        for name in ["prod.films_2024", "customer-main", "Größe orders", "team$stock"] {
            let text = format!("CREATE CONNECTION '{name}' WITH ('type' = 'rest')");
            check(&text, &text);
        }
    }
}
