//! `lockkeeper request`: one call with a connection's credential, like a curl that knows the connection.

use crate::arguments::Request;
use crate::failure::Failure;
use crate::local::{Local, Open, block_on};
use crate::network::{client, identity};
use crate::output::{Output, note};
use http_body_util::BodyExt;
use lockkeeper::grammar::Name;
use lockkeeper::redact::{Clean, clean};
use lockkeeper_egress::{Body, Target};
use std::io::Read;

/// Sends the request, and writes the answer's body to standard output as it comes.
pub(crate) fn run(open: Open<'_>, arguments: Request) -> Result<(), Failure> {
    block_on(send(open, arguments))
}

async fn send(open: Open<'_>, arguments: Request) -> Result<(), Failure> {
    let local = Local::open(open, arguments.store)?;
    let session = local.session_in(&arguments.recording, arguments.beginning).await?;
    let resolved =
        session.resolve(&Name::new([arguments.name.as_str()])).await.map_err(Failure::of_session)?;
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

    let answer = client()?.send(&target, request).await?;
    let status = answer.status();
    if arguments.include {
        note(&clean!("HTTP {}", status.as_u16()));
        for (name, value) in answer.headers() {
            let value = String::from_utf8_lossy(value.as_bytes());
            note(&clean!("{}: {}", Clean::text(name.as_str()), Clean::text(&value)));
        }
    }
    let mut output = Output::new();
    let mut body = answer.into_body().scrubbed();
    while let Some(frame) = body.frame().await {
        if let Ok(data) = frame?.into_data() {
            output.answer(&data)?;
            // Events are read as they come, by whoever stands behind the pipe.
            if arguments.stream {
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
