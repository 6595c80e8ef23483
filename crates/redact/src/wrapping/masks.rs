//! How the mask of a literal is written in what a statement is wrapped in.

use crate::edit::{NAME_MASK, QUOTED_MASK};
use crate::sql::lex::{Text, is_single_quote};
use crate::wrapping::Layer;
use crate::wrapping::shell::{SHELL_QUOTE, shell_quote};
use crate::wrapping::spelling::Spelling;
use lockkeeper_model::MASK;
use std::ops::Range;

/// What of a source is masked, and how its signs are spelt.
pub(crate) struct Source<'t, 'a> {
    pub(crate) text: &'t Text<'a>,
    pub(crate) range: Range<usize>,
    /// Where the quote stands behind the prefix of a literal.
    pub(crate) quote: usize,
    pub(crate) spelling: &'t Spelling,
}

impl Source<'_, '_> {
    /// A mask as it is written there.
    pub(crate) fn written(&self, layer: Layer, with: &'static str) -> &'static str {
        let Self { text, ref range, quote, spelling } = *self;
        let quoted = || text.slice(range.clone()).contains(&b'\'');
        match (layer, with) {
            // The quotes of the source stand where they are written as they are.
            (Layer::Any, QUOTED_MASK) if let Some(end) = shell_quote(text, range.start) => {
                shelled(end - range.start - 3, with)
            }
            (Layer::Any | Layer::Shell, QUOTED_MASK) if text.has(range.start, SHELL_QUOTE) => {
                r#"'"'"'<REDACTED>'"'"'"#
            }
            (Layer::Escaped(Some(b'"') | None), with) if spelling.shell > 0 && with.contains('\'') => {
                shelled(spelling.shell, with)
            }
            (Layer::Escaped(Some(b'"') | None), with) if spelling.spliced && with.contains('\'') => {
                spliced(with)
            }
            // What tells how quotes are spelt has to stay, or what follows is read in another way.
            (Layer::Any | Layer::Escaped(_), with) if spelling.slashed && quoted() => {
                written(Layer::Escaped(Some(b'\'')), with)
            }
            (Layer::Escaped(_), "\"<REDACTED>\"") if text.has(range.start, b"\"\"") => "\"\"<REDACTED>\"\"",
            (Layer::Any, with) if quoted() => with,
            (Layer::Percent, QUOTED_MASK) if text.at(quote) == b'\'' => with,
            (Layer::Any, with) if spelling.typographic && is_single_quote(text, range.start) => with,
            (Layer::Any, QUOTED_MASK) if text.has(quote, b"&apos;") => "&apos;<REDACTED>&apos;",
            (Layer::Any, QUOTED_MASK) if text.has(quote, b"&#39;") => "&#39;<REDACTED>&#39;",
            (Layer::Any, QUOTED_MASK) if text.has(quote, b"&#039;") => "&#039;<REDACTED>&#039;",
            (Layer::Any, QUOTED_MASK) if text.has(quote, b"&#x27;") => "&#x27;<REDACTED>&#x27;",
            (Layer::Any, QUOTED_MASK) if text.has(quote, b"&amp;#x27;") => "&amp;#x27;<REDACTED>&amp;#x27;",
            (Layer::Any, QUOTED_MASK) if text.has(quote, b"&amp;apos;") => "&amp;apos;<REDACTED>&amp;apos;",
            (Layer::Any, QUOTED_MASK) if text.has(quote, b"&amp;#39;") => "&amp;#39;<REDACTED>&amp;#39;",
            (Layer::Any, QUOTED_MASK) if text.has(quote, b"%27") => "%27<REDACTED>%27",
            (Layer::Any, QUOTED_MASK) if text.has(quote, br"\u0027") => r"\u0027<REDACTED>\u0027",
            (Layer::Escaped(_), QUOTED_MASK) if text.has(range.start, br"\u0027") => {
                r"\u0027<REDACTED>\u0027"
            }
            (Layer::Any | Layer::Escaped(_), QUOTED_MASK) if text.has(quote, br"\x27") => {
                r"\x27<REDACTED>\x27"
            }
            (Layer::Any | Layer::Escaped(_), "\"<REDACTED>\"") if text.has(range.start, br"\x22") => {
                r"\x22<REDACTED>\x22"
            }
            (Layer::Any, _) => MASK,
            (Layer::Records(true), with) => written(Layer::Escaped(Some(b'"')), with),
            (layer, with) => written(layer, with),
        }
    }
}

/// A mask with its quotes and the blanks around them, as the layer has them.
fn written(layer: Layer, with: &'static str) -> &'static str {
    match (layer, with) {
        (Layer::Shell, QUOTED_MASK) => r"'\''<REDACTED>'\''",
        (Layer::Shell, "'<REDACTED>' ") => r"'\''<REDACTED>'\'' ",
        (Layer::Shell, " '<REDACTED>'") => r" '\''<REDACTED>'\''",
        (Layer::Shell, " '<REDACTED>' ") => r" '\''<REDACTED>'\'' ",
        (Layer::Doubled(2), QUOTED_MASK) => "''<REDACTED>''",
        (Layer::Doubled(2), "'<REDACTED>' ") => "''<REDACTED>'' ",
        (Layer::Doubled(2), " '<REDACTED>'") => " ''<REDACTED>''",
        (Layer::Doubled(2), " '<REDACTED>' ") => " ''<REDACTED>'' ",
        (Layer::Escaped(Some(b'"')), "\"<REDACTED>\"") => "\\\"<REDACTED>\\\"",
        (Layer::Escaped(Some(b'\'')), QUOTED_MASK) => r"\'<REDACTED>\'",
        (Layer::Escaped(Some(b'\'')), "'<REDACTED>' ") => r"\'<REDACTED>\' ",
        (Layer::Escaped(Some(b'\'')), " '<REDACTED>'") => r" \'<REDACTED>\'",
        (Layer::Escaped(Some(b'\'')), " '<REDACTED>' ") => r" \'<REDACTED>\' ",
        (Layer::Escaped(_), NAME_MASK) => "<REDACTED>",
        (Layer::Piped, QUOTED_MASK) => "|'<REDACTED>|'",
        (Layer::Piped, "'<REDACTED>' ") => "|'<REDACTED>|' ",
        (Layer::Piped, " '<REDACTED>'") => " |'<REDACTED>|'",
        (Layer::Piped, " '<REDACTED>' ") => " |'<REDACTED>|' ",
        (Layer::Percent, QUOTED_MASK) => "%27<REDACTED>%27",
        (Layer::Percent, " '<REDACTED>'") => "%20%27<REDACTED>%27",
        (Layer::Percent, "'<REDACTED>' ") => "%27<REDACTED>%27%20",
        (Layer::Percent, " '<REDACTED>' ") => "%20%27<REDACTED>%27%20",
        (Layer::Entities(_), QUOTED_MASK) => "&apos;<REDACTED>&apos;",
        (Layer::Entities(_), " '<REDACTED>'") => " &apos;<REDACTED>&apos;",
        (Layer::Entities(_), "'<REDACTED>' ") => "&apos;<REDACTED>&apos; ",
        (Layer::Entities(_), " '<REDACTED>' ") => " &apos;<REDACTED>&apos; ",
        (Layer::Percent | Layer::Piped | Layer::Entities(_) | Layer::Doubled(_), _) => MASK,
        (_, with) => with,
    }
}

/// A mask whose quotes are written as in a shell, between quotation marks in a string.
fn spliced(with: &'static str) -> &'static str {
    match with {
        QUOTED_MASK => r#"'\"'\"'<REDACTED>'\"'\"'"#,
        "'<REDACTED>' " => r#"'\"'\"'<REDACTED>'\"'\"' "#,
        " '<REDACTED>'" => r#" '\"'\"'<REDACTED>'\"'\"'"#,
        " '<REDACTED>' " => r#" '\"'\"'<REDACTED>'\"'\"' "#,
        _ => MASK,
    }
}

/// A mask whose quotes are written as in a shell, behind so many backslashes.
fn shelled(slashes: usize, with: &'static str) -> &'static str {
    match (slashes, with) {
        (1, with) => written(Layer::Shell, with),
        (2, QUOTED_MASK) => r"'\\''<REDACTED>'\\''",
        (2, "'<REDACTED>' ") => r"'\\''<REDACTED>'\\'' ",
        (2, " '<REDACTED>'") => r" '\\''<REDACTED>'\\''",
        (2, " '<REDACTED>' ") => r" '\\''<REDACTED>'\\'' ",
        (_, QUOTED_MASK) => r"'\\\\''<REDACTED>'\\\\''",
        _ => MASK,
    }
}
