//! What a look at an anchor gave.

/// Where to go on, and whether what stands before that is decided.
pub(crate) enum Found {
    /// Go on at this position.
    Nothing(usize),
    /// Everything up to this position is decided.
    Secret(usize),
    /// The same, and nothing is left to look for: it is a whole statement, as it should be written.
    Statement(usize),
}

impl Found {
    /// Up to where everything is decided.
    pub(crate) fn end(&self) -> Option<usize> {
        match self {
            Self::Nothing(_) => None,
            Self::Secret(end) | Self::Statement(end) => Some(*end),
        }
    }
}
