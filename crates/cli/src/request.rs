//! `lockkeeper request`: one call with a connection's credential, like a curl that knows the connection.

use crate::arguments::Request;
use crate::failure::Failure;
use crate::local::{Open, block_on, session};
use crate::network::{client_within, identity};
use crate::output::{Output, note};
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http_body_util::BodyExt;
use lockkeeper::grammar::Name;
use lockkeeper::redact::{Clean, clean};
use lockkeeper::{Session, Use};
use lockkeeper_egress::{Body, Target, UseOutcome};
use std::io::Read;
use std::time::Duration;

/// Sends the request, and writes the answer's body to standard output as it comes.
pub(crate) fn run(open: Open<'_>, arguments: Request) -> Result<(), Failure> {
    block_on(send(open, arguments))
}

async fn send(open: Open<'_>, arguments: Request) -> Result<(), Failure> {
    let session = session(open, arguments.access).await?;
    let name = Name::new([arguments.name.as_str()]);
    let resolved = match session.resolve(&name).await {
        Ok(resolved) => resolved,
        Err(error) => {
            record(&session, &name, error.code().as_str(), None).await?;
            return Err(Failure::of_session(error));
        }
    };
    let revision = Some(resolved.version.revision);
    let target = Target::new(identity(resolved.version), &resolved.connection, &resolved.credential)?;
    let body = arguments.data.as_deref().map(read_data).transpose()?;
    let method = arguments.method.as_deref().unwrap_or(if body.is_some() { "POST" } else { "GET" });
    let mut request = http::Request::builder().method(method).uri(target.url(arguments.path.as_deref())?);
    for header in &arguments.headers {
        let (name, value) =
            header.split_once(':').ok_or_else(|| usage("a header has the form 'Name: value'"))?;
        request = request.header(name.trim(), value.trim());
    }
    let request = request
        .body(Body::from(body.unwrap_or_default()))
        .map_err(|_| usage("the method, a header or the path is not one of HTTP"))?;
    drop(resolved);

    let client = client_within(arguments.max_time.map(Duration::from_secs))?;
    let answer = client.send(&target, request).await;
    let outcome = match &answer {
        Ok(answer) => UseOutcome::of_status(answer.status()),
        Err(error) => UseOutcome::of_error(error),
    };
    // Recorded before anything of the answer is shown: what is not recorded must not be done.
    record(&session, &name, outcome.as_str(), revision).await?;
    let answer = answer?;
    let status = answer.status();
    if arguments.include {
        note(&clean!("HTTP {}", status.as_u16()));
        for (name, value) in answer.headers() {
            let value = String::from_utf8_lossy(value.as_bytes());
            note(&clean!("{}: {}", Clean::text(name.as_str()), Clean::text(&value)));
        }
    }
    if is_compressed(answer.headers()) {
        return Err(Failure::Compressed);
    }
    let streams = arguments.stream || is_events(answer.headers());
    let mut output = Output::new();
    let mut body = answer.into_body().scrubbed();
    while let Some(frame) = body.frame().await {
        if let Ok(data) = frame?.into_data() {
            output.answer(&data)?;
            // Events are read as they come, by whoever stands behind the pipe.
            if streams {
                output.flush()?;
            }
        }
    }
    output.flush()?;
    match status.is_client_error() || status.is_server_error() {
        true => Err(Failure::Answer { status: status.as_u16() }),
        false => Ok(()),
    }
}

async fn record(
    session: &Session,
    name: &Name,
    outcome: &'static str,
    revision: Option<u64>,
) -> Result<(), Failure> {
    let used = Use { name, action: "REQUEST", outcome, revision };
    session.record_use(&used).await.map_err(Failure::of_session)
}

/// Whether the credential could not be found in the body.
fn is_compressed(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_ENCODING).is_some_and(|encoding| encoding != "identity")
}

fn is_events(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream"))
}

/// The body: text as it is, or the content of a file after `@`; `@-` is standard input.
fn read_data(data: &str) -> Result<Vec<u8>, Failure> {
    match data.strip_prefix('@') {
        None => Ok(data.as_bytes().to_vec()),
        Some("-") => {
            let mut bytes = Vec::new();
            std::io::stdin().lock().read_to_end(&mut bytes)?;
            Ok(bytes)
        }
        Some(path) => std::fs::read(path).map_err(|error| Failure::file(path.as_ref(), error)),
    }
}

fn usage(message: &'static str) -> Failure {
    Failure::Usage { message: Clean::literal(message), hint: None }
}
