//! Tokens, literals and key words of SQL, of all dialects, and as people misspell them.

pub(crate) mod column;
pub(crate) mod keyword;
pub(crate) mod lex;
pub(crate) mod literal;
pub(crate) mod lookalike;
pub(crate) mod prefix;
pub(crate) mod slips;
