//! How the mask of a literal is written in what a statement is wrapped in.

use crate::edit::{NAME_MASK, QUOTED_MASK};
use crate::lex::Text;
use crate::lines::shell_quote;
use crate::wrapping::Layer;
use lockkeeper_model::MASK;

/// A mask with its quotes and the blanks around them, as the layer has them.
pub(crate) fn written(layer: Layer, with: &'static str) -> &'static str {
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

/// The mask of a literal whose first quote is written as in a shell, in a string or not.
pub(crate) fn shell_mask(text: &Text<'_>, quote: usize) -> Option<&'static str> {
    match shell_quote(text, quote)? - quote {
        4 => Some(r"'\''<REDACTED>'\''"),
        5 => Some(r"'\\''<REDACTED>'\\''"),
        7 => Some(r"'\\\\''<REDACTED>'\\\\''"),
        _ => None,
    }
}
