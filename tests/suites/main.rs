//! Suites that run the real `lockkeeper` program, and look at everything it leaves behind.

mod audit;
mod backup;
mod canary;
mod concurrency;
mod coprocess;
mod environment;
mod formats;
mod key_command;
mod key_files;
mod keys;
mod leaks;
mod leaks_http;
mod parse;
mod program;
mod proxy;
mod proxy_hostile;
mod quickstart;
mod redact_program;
mod redaction;
mod refusals;
mod request;
mod request_hostile;
mod samples;
mod serving;
mod upstream;
mod validate;
