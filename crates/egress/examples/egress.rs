//! The crate as a small program, for trying it out: a proxy, a request or a validation.
//!
//! `egress CONNECTIONS.json proxy ADDRESS TOKEN`, `egress CONNECTIONS.json request NAME METHOD PATH [BODY]`,
//! `egress CONNECTIONS.json validate NAME`. The file maps names to options as they stand in `WITH`; it is for made-up
//! credentials only, because nothing seals them.

use async_trait::async_trait;
use http::Request;
use http_body_util::BodyExt;
use lockkeeper_egress::{
    AddressPolicy, Body, CallerToken, Client, ConnectionSource, Identity, Proxy, ProxySettings, Resolved,
    Settings, SourceError, Target, UseOutcome, VALIDATION_DEADLINE, Version,
};
use lockkeeper_model::{Definition, Entry, SecretValue, define};
use std::collections::BTreeMap;
use std::error::Error;
use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Connections out of a file.
struct File(BTreeMap<String, BTreeMap<String, String>>);

impl File {
    fn definition(&self, name: &str) -> Option<Definition> {
        let options = self.0.get(name)?;
        let entries: Vec<Entry<'_>> = options.iter().map(|(key, value)| Entry { key, value }).collect();
        define(&entries, None).ok()
    }
}

const VERSION: Version = Version { uid: [1; 16], revision: 1, secret_version: 1 };

/// Every connection needs an identity of its own: here, out of its name.
fn version_of(name: &str) -> Version {
    let mut uid = [0; 16];
    uid.iter_mut().zip(name.bytes()).for_each(|(to, from)| *to = from);
    Version { uid, ..VERSION }
}

#[async_trait]
impl ConnectionSource for File {
    async fn resolve(&self, name: &str) -> std::result::Result<Option<Resolved>, SourceError> {
        Ok(self.definition(name).map(|Definition { connection, credential }| Resolved {
            version: version_of(name),
            connection,
            credential,
        }))
    }

    async fn version(&self, name: &str) -> std::result::Result<Option<Version>, SourceError> {
        Ok(self.0.contains_key(name).then(|| version_of(name)))
    }

    /// Made-up credentials need no log.
    async fn used(&self, _: &str, _: &Version, _: UseOutcome) -> std::result::Result<(), SourceError> {
        Ok(())
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // There is nowhere left to say that this failed.
            let _ = writeln!(std::io::stderr(), "{error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let [file, command @ ..] = arguments.as_slice() else { return Err("give a file of connections".into()) };
    let file = File(serde_json::from_slice(&std::fs::read(file)?)?);
    let client = Client::new(Settings::new(AddressPolicy::PERSONAL))?;
    match command {
        ["proxy", address, token] => {
            let token = CallerToken::new(SecretValue::copy_of(token)).ok_or("the token is too short")?;
            let listener = tokio::net::TcpListener::bind(address).await?;
            writeln!(std::io::stdout(), "listening on {}", listener.local_addr()?)?;
            let proxy = Proxy::new(client, Arc::new(file), ProxySettings::default());
            Ok(proxy.serve_tcp(listener, token, std::future::pending()).await?)
        }
        ["request", name, method, path, body @ ..] => {
            let found =
                file.definition(name).ok_or("there is no such connection, or it is not well-formed")?;
            let target = Target::new(identity(name), &found.connection, &found.credential)?;
            let body = Body::from(body.concat());
            let request = Request::builder().method(*method).uri(target.url(Some(path))?).body(body)?;
            let answer = client.send(&target, request).await?;
            let mut out = std::io::stdout();
            writeln!(out, "{}", answer.status().as_u16())?;
            let mut body = answer.into_body().scrubbed();
            while let Some(frame) = body.frame().await {
                if let Ok(data) = frame?.into_data() {
                    out.write_all(&data)?;
                    out.flush()?;
                }
            }
            Ok(())
        }
        ["validate", name] => {
            let found =
                file.definition(name).ok_or("there is no such connection, or it is not well-formed")?;
            let verdict = client
                .validate(identity(name), &found.connection, &found.credential, VALIDATION_DEADLINE)
                .await;
            writeln!(std::io::stdout(), "{} {}", verdict.status, verdict.detail)?;
            Ok(())
        }
        _ => Err("give proxy, request or validate".into()),
    }
}

fn identity(name: &str) -> Identity {
    let Version { uid, secret_version, .. } = version_of(name);
    Identity { uid, secret_version }
}
