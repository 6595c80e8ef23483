//! What the crate promises as a whole; parts have their tests beside them.

mod flink;
mod linear;
mod messages;
mod others;
mod roundtrip;
