//! Connections as data, for whoever builds on Lockkeeper's layers: names, the nineteen connection types, the one
//! table of their options, validation, and secret values.
//!
//! Everything that depends on which option is secret is derived from [`OptionKey`]; there is no second list. This
//! crate knows nothing about SQL text, storage or the network. To run statements, see the `lockkeeper` crate; to
//! parse them, `lockkeeper-grammar`; to keep connections, `lockkeeper-store`.

mod checks;
mod connection;
mod connection_type;
mod definition;
mod endpoint;
mod limits;
mod name;
mod nearest;
mod option;
mod problem;
mod secret;
mod secret_words;

pub use connection::{Connection, Credential, Definition};
pub use connection_type::{AuthGroup, ConnectionType, EndpointForm};
pub use definition::{Alteration, define, reset_options, set_options};
pub use endpoint::{
    Endpoint, EndpointError, Host, Origin, is_loopback_name, is_never_a_target, percent_decoded,
};
pub use limits::{
    MASK, MAX_COMMENT_BYTES, MAX_ENDPOINT_BYTES, MAX_NAME_CHARACTERS, MAX_OPTION_BYTES, MAX_SECRET_BYTES,
};
pub use name::{ConnectionPath, DatabasePath, Identifier, NameError};
pub use nearest::nearest;
pub use option::{Class, Entry, OptionKey, ValueForm};
pub use problem::{Place, Problem, ProblemCode};
pub use secret::SecretValue;
pub use secret_words::{SECRET_PARTS, SECRET_WORDS, denotes_secret};
