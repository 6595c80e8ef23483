//! Suites that run the real `lockkeeper` program, and look at everything it leaves behind.

mod audit;
mod backup;
mod canary;
mod concurrency;
mod environment;
mod formats;
mod keys;
mod leaks;
mod parse;
mod program;
mod proxy;
mod proxy_hostile;
mod quickstart;
mod refusals;
mod request;
mod request_hostile;
mod samples;
mod serving;
mod upstream;
mod validate;
