//! Suites that run the real program; see `suites/main.rs`. There is nothing here to depend on.
