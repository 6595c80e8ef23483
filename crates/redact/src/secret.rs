//! What tells a secret: its name, its shape, or that it is one of a known issuer.

pub(crate) mod issuers;
pub(crate) mod lone;
pub(crate) mod names;
pub(crate) mod password;
pub(crate) mod pem;
pub(crate) mod shape;
