//! Why a statement failed.

use crate::code::Code;
use crate::policy::Denied;
use lockkeeper_grammar::{ParseError, Span};
use lockkeeper_model::{NameError, Place, Problem};
use lockkeeper_redact::Clean;
use lockkeeper_store::StoreError;
use std::fmt;

/// A statement failed, and changed nothing.
///
/// Neither `Display` nor `Debug` shows any text of the statement.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The statement is wrong, or not allowed: for its author to mend.
    #[error("{}", Listed(.0))]
    Rejected(Vec<Diagnostic>),
    /// The store or the key failed: for the operator to mend.
    #[error("{source}")]
    Storage {
        /// Where in the statement.
        span: Span,
        /// What failed.
        source: StoreError,
    },
}

/// One thing that is wrong with a statement.
#[derive(Clone, Debug)]
pub struct Diagnostic {
    /// Which rule is broken.
    pub code: Code,
    /// What is wrong: lower case, no full stop.
    pub message: Clean,
    /// What to do.
    pub hint: Option<Clean>,
    /// Where, in bytes of the statement's text.
    pub span: Span,
}

impl Error {
    /// All that is wrong, in the order of the text; never empty.
    pub fn diagnostics(&self) -> Vec<Diagnostic> {
        match self {
            Self::Rejected(diagnostics) => diagnostics.clone(),
            Self::Storage { span, source } => vec![Diagnostic {
                code: Code::of_store(source),
                message: Clean::text(&source.to_string()),
                hint: source.hint().map(Clean::literal),
                span: *span,
            }],
        }
    }

    /// The code of the first thing that is wrong.
    pub fn code(&self) -> Code {
        match self {
            Self::Rejected(diagnostics) => {
                diagnostics.first().map_or(Code::NOT_SUPPORTED, |diagnostic| diagnostic.code)
            }
            Self::Storage { source, .. } => Code::of_store(source),
        }
    }

    /// Whether the store or the key failed, and not the statement.
    pub fn is_environment(&self) -> bool {
        matches!(self, Self::Storage { .. })
    }

    pub(crate) fn one(code: Code, span: Span, message: Clean, hint: Option<Clean>) -> Self {
        Self::Rejected(vec![Diagnostic { code, message, hint, span }])
    }

    /// Sorts a store's error: what names already say is the author's to mend, the rest the operator's.
    pub(crate) fn of_store(source: StoreError, span: Span) -> Self {
        match &source {
            StoreError::Exists { .. } | StoreError::Missing { .. } | StoreError::NotEmpty { .. } => {
                Self::one(
                    Code::of_store(&source),
                    span,
                    Clean::text(&source.to_string()),
                    source.hint().map(Clean::literal),
                )
            }
            _ => Self::Storage { span, source },
        }
    }

    pub(crate) fn denied(denied: Denied, span: Span) -> Self {
        let hint = "ask an administrator of the environment for a role that has it";
        Self::one(Code::PERMISSION_DENIED, span, Clean::text(&denied.to_string()), Some(Clean::literal(hint)))
    }

    pub(crate) fn name(error: NameError, span: Span) -> Self {
        let code = match error {
            NameError::TooLong { .. } => Code::NAME_TOO_LONG,
            _ => Code::NAME_INVALID,
        };
        Self::one(code, span, Clean::text(&error.to_string()), None)
    }

    /// Puts places of entries in the place of indexes into them.
    pub(crate) fn problems(problems: Vec<Problem>, span_of: impl Fn(Place) -> Span) -> Self {
        let diagnostic = |problem: Problem| Diagnostic {
            code: Code::Problem(problem.code),
            message: Clean::text(&problem.message),
            hint: problem.hint.as_deref().map(Clean::text),
            span: span_of(problem.place),
        };
        Self::Rejected(problems.into_iter().map(diagnostic).collect())
    }
}

impl From<ParseError> for Error {
    fn from(error: ParseError) -> Self {
        Self::one(
            Code::Syntax(error.code()),
            error.span,
            Clean::text(&error.to_string()),
            error.hint().map(Clean::literal),
        )
    }
}

struct Listed<'a>(&'a [Diagnostic]);

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, diagnostic) in self.0.iter().enumerate() {
            let separator = if index > 0 { "; " } else { "" };
            write!(f, "{separator}{}", diagnostic.message)?;
        }
        Ok(())
    }
}
