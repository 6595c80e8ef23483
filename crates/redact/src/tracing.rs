//! Cleans what an application logs.

use crate::RedactingWriter;
use tracing_subscriber::fmt::MakeWriter;

/// Redacts what `tracing_subscriber::fmt` writes, one whole event at a time.
///
/// An event's fields, spans and error chains have become text by then, so none of them gets past.
///
/// ```
/// use lockkeeper_redact::CleanLog;
/// let subscriber = tracing_subscriber::fmt().with_writer(CleanLog::new(std::io::stderr)).finish();
/// # drop(subscriber);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct CleanLog<M>(M);

impl<M> CleanLog<M> {
    /// Wraps what makes the writers.
    pub const fn new(inner: M) -> Self {
        Self(inner)
    }
}

impl<'a, M: MakeWriter<'a>> MakeWriter<'a> for CleanLog<M> {
    type Writer = RedactingWriter<M::Writer>;

    fn make_writer(&'a self) -> Self::Writer {
        RedactingWriter::new(self.0.make_writer())
    }

    fn make_writer_for(&'a self, meta: &::tracing::Metadata<'_>) -> Self::Writer {
        RedactingWriter::new(self.0.make_writer_for(meta))
    }
}
