//! A mistake as people see it: the line of the statement, through the redactor, with a caret.

use lockkeeper::Diagnostic;
use lockkeeper::grammar::{Position, Span};
use lockkeeper::redact::{Clean, Located, Pointed, clean};
use unicode_width::UnicodeWidthStr;

/// The text that a statement stands in.
pub(crate) struct Source<'a> {
    /// The name of the input.
    pub(crate) name: &'a Clean,
    /// A part of the input.
    pub(crate) text: &'a str,
    /// Where the part begins.
    pub(crate) start: Position,
    /// Where in the part the statement stands.
    pub(crate) piece: Span,
}

impl Source<'_> {
    /// Where a part of the statement stands in the input.
    pub(crate) fn position(&self, span: Span) -> Position {
        let Position { line, column } = span.shifted(self.piece.start).position(self.text);
        match line {
            1 => Position { line: self.start.line, column: self.start.column + column - 1 },
            _ => Position { line: self.start.line + line - 1, column },
        }
    }

    fn statement(&self) -> &str {
        &self.text[self.piece.start..self.piece.end]
    }
}

/// The mistake, the line it stands in, a caret under it, and what to do.
pub(crate) fn describe(source: &Source<'_>, diagnostic: &Diagnostic) -> Clean {
    let position = source.position(diagnostic.span);
    let number = Clean::from(position.line);
    let margin = Clean::repeated(" ", number.as_ref().len());
    let mut text = clean!(
        "error[{}]: {}\n{}--> {}:{}:{}\n",
        diagnostic.code.as_str(),
        &diagnostic.message,
        &margin,
        source.name,
        position.line,
        position.column
    );
    // The statement is redacted as a whole, and only then cut into lines: half of it would look like something else.
    let Pointed { before, part, after } =
        Located::new(source.statement()).point_at(diagnostic.span.start..diagnostic.span.end);
    let [before, part, after] = [before, part, after].map(|text| text.escape_controls());
    text.push(clean!("{} |\n{} | {}{}{}\n", &margin, number, &before, &part, after));
    text.push(clean!(
        "{} | {}{}\n",
        &margin,
        Clean::repeated(" ", before.as_str().width()),
        Clean::repeated("^", part.as_str().width().max(1))
    ));
    if let Some(hint) = &diagnostic.hint {
        text.push(clean!("{} = help: {}\n", &margin, hint));
    }
    text
}
