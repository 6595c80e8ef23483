//! Values elsewhere, which are masked when their name denotes a secret.

pub(crate) mod apart;
pub(crate) mod beside;
pub(crate) mod block;
pub(crate) mod cells;
pub(crate) mod command;
pub(crate) mod curl;
pub(crate) mod elements;
pub(crate) mod encoded;
pub(crate) mod expression;
pub(crate) mod harmless;
pub(crate) mod header;
pub(crate) mod listed;
pub(crate) mod loose;
pub(crate) mod mentioned;
pub(crate) mod misquoted;
pub(crate) mod named;
pub(crate) mod nested;
pub(crate) mod pairs;
pub(crate) mod place;
pub(crate) mod rows;
pub(crate) mod sequel;
pub(crate) mod set;
pub(crate) mod sign;
pub(crate) mod typed;
pub(crate) mod values;
