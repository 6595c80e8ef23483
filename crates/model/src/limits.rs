//! Limits of a connection's parts, and the mask.

/// The one mask that stands for a secret wherever text leaves; refused as a value, so redacted SQL never runs.
pub const MASK: &str = "<REDACTED>";

/// Longest secret, in bytes of UTF-8 after unescaping (Confluent: CREATE CONNECTION page).
pub const MAX_SECRET_BYTES: usize = 4000;

/// Longest endpoint, in bytes (Confluent REST specification: 16384).
pub const MAX_ENDPOINT_BYTES: usize = 16_384;

/// Longest value of any other plain option, in bytes.
pub const MAX_OPTION_BYTES: usize = 4096;

/// Longest name of a connection, database or catalog, in characters (Confluent REST specification: 100).
pub const MAX_NAME_CHARACTERS: usize = 100;

/// Longest comment, in bytes.
pub const MAX_COMMENT_BYTES: usize = 4096;
