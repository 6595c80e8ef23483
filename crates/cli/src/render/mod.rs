//! How results look.

pub(crate) mod csv;
pub(crate) mod json;
pub(crate) mod summary;
pub(crate) mod table;
pub(crate) mod vertical;

use lockkeeper::redact::Clean;

/// A cell in which control characters, which could rewrite a terminal, are shown as escapes; line breaks stay.
fn printable(cell: &Clean) -> Clean {
    cell.escape_controls()
}
