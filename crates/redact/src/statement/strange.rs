//! Lists whose quotes are other signs, as a keyboard of another country types them: `)ätypeä ´ äopenaiä`, `(#type# = #openai#)`.

use crate::sql::lex::Text;
use lockkeeper_model::OptionKey;

/// How far a list is looked at.
const AHEAD: usize = 256;
/// How long the name of an option is at most.
const LONGEST_NAME: usize = 32;

/// Whether the name of a connection's option stands in a list between two signs that are the same and no quotes.
pub(crate) fn opens(text: &Text<'_>, list: usize) -> bool {
    let said = text.ahead(list, AHEAD);
    let said = String::from_utf8_lossy(said);
    let mut before = None;
    let mut name = String::new();
    for sign in said.chars() {
        if sign.is_ascii_alphanumeric() || matches!(sign, '-' | '_') {
            name.push(sign);
            continue;
        }
        if before == Some(sign)
            && is_strange(sign)
            && name.len() <= LONGEST_NAME
            && OptionKey::find(name.as_bytes()).is_some()
        {
            return true;
        }
        before = Some(sign);
        name.clear();
    }
    false
}

/// Whether a sign stands neither for a quote nor between words.
fn is_strange(sign: char) -> bool {
    !sign.is_whitespace() && !"'\"`‘’“”()[]{}<>=,;:.".contains(sign)
}

#[cfg(test)]
mod tests {
    use crate::redact;

    #[test]
    fn nothing_stays_of_a_list_that_nobody_can_read() {
        for text in [
            "CREATE CONNECTION c WITH )ätypeä ´ äopenaiä, äapi-keyä ´ ämade-upä);",
            "ALTER CONNECTION c SET )øusernameø ´ ømade-upø,\nøxø ´ ømade-upø);",
            "CREATE CONNECTION c WITH (#type# = #openai#, #username# = #made-up#)\n",
            "CREATE CONNECTION c WITH (@endpoint@ 0 @https:&&h.example@, @username@ 0 @made-up@);",
        ] {
            let masked = redact(text);
            assert!(!masked.contains("made-up"), "{masked}");
            assert!(masked.contains("CONNECTION c"), "{masked}");
            assert_eq!(redact(&masked), masked);
        }
    }
}
