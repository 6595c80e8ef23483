//! What the crate promises as a whole; parts have their tests beside them.

mod flink;
