//! Validation by HTTP.

use crate::client::{Body, Client};
use crate::error::EgressError;
use crate::target::Target;
use crate::validate::{ValidationStatus, Verdict};
use http::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use http::{Method, Request, StatusCode};
use lockkeeper_model::{ConnectionType, OptionKey};

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const MCP_ACCEPT: HeaderValue = HeaderValue::from_static("application/json, text/event-stream");
const MCP_SESSION: HeaderName = HeaderName::from_static("mcp-session-id");

/// A call and how its answer is read.
struct Call {
    method: Method,
    path: String,
    headers: HeaderMap,
    body: &'static str,
    reading: Reading,
}

/// What an answer means that is neither 2xx nor a refusal of the credential.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reading {
    /// The call exists wherever the type is right: anything else says that the endpoint is another service.
    Known,
    /// Nothing is known of the service: any answer that does not refuse the credential will do.
    Anything,
    /// AWS checks the signature before everything else, and says by a header what was wrong.
    Aws,
    /// The token was granted before; the call only shows that the service is there.
    Google,
}

pub(super) async fn validate(client: &Client, target: &Target) -> Verdict {
    let call = match call(target) {
        Some(call) => call,
        None => {
            return Verdict::new(
                ValidationStatus::Unsupported,
                "there is no harmless call for this endpoint",
            );
        }
    };
    match send(client, target, &call).await {
        Ok((status, headers)) => {
            end_session(client, target, &call, &headers).await;
            read(target, call.reading, status, &headers)
        }
        Err(error) => Verdict::of_error(&error),
    }
}

/// The body of the answer is not read: closing the connection is cheaper than some of them are long.
async fn send(client: &Client, target: &Target, call: &Call) -> Result<(StatusCode, HeaderMap), EgressError> {
    let mut request = Request::new(Body::from(call.body));
    *request.method_mut() = call.method.clone();
    *request.uri_mut() = target.url(Some(&call.path))?;
    *request.headers_mut() = call.headers.clone();
    let (parts, _) = client.send(target, request).await?.into_parts();
    Ok((parts.status, parts.headers))
}

/// An MCP server that opened a session for us may close it.
async fn end_session(client: &Client, target: &Target, call: &Call, answer: &HeaderMap) {
    let Some(session) =
        answer.get(MCP_SESSION).filter(|_| target.connection_type() == ConnectionType::McpServer)
    else {
        return;
    };
    let headers = HeaderMap::from_iter([(MCP_SESSION, session.clone())]);
    let end = Call {
        method: Method::DELETE,
        path: call.path.clone(),
        headers,
        body: "",
        reading: Reading::Anything,
    };
    // Servers may refuse to (405); the session then ends by itself.
    let _ = send(client, target, &end).await;
}

/// The call for a type; `None` if the endpoint does not show how it would be.
fn call(target: &Target) -> Option<Call> {
    use ConnectionType as Type;
    let path = target.endpoint().path();
    let get = |path: &str, reading| Call::new(Method::GET, path, "", reading);
    let post = |path: &str, body, reading| Call::new(Method::POST, path, body, reading);
    Some(match target.connection_type() {
        Type::Openai | Type::Fireworksai => get(&models_path(path), Reading::Known),
        Type::Azureopenai => {
            let version = query_value(target.endpoint().query(), "api-version").unwrap_or("2024-10-21");
            get(&format!("/openai/models?api-version={version}"), Reading::Known)
        }
        Type::Anthropic => get("/v1/models?limit=1", Reading::Known),
        Type::Googleai => {
            let version = path.split('/').nth(1).filter(|part| part.starts_with('v')).unwrap_or("v1beta");
            get(&format!("/{version}/models?pageSize=1"), Reading::Known)
        }
        Type::Vertexai => get(location_path(path)?.as_str(), Reading::Google),
        Type::Azureml => get("/", Reading::Known),
        Type::Bedrock => get("/async-invoke?maxResults=1", Reading::Aws),
        Type::Sagemaker => post("/endpoints/lockkeeper-validation-only/invocations", "{}", Reading::Aws),
        Type::S3vectors => post("/ListVectorBuckets", "{\"maxResults\":1}", Reading::Aws),
        Type::Elastic => get("/_security/_authenticate", Reading::Known),
        Type::Pinecone => post("/describe_index_stats", "{}", Reading::Known),
        Type::Cosmosdb => get("/dbs", Reading::Known),
        Type::Rest => get("", Reading::Anything),
        Type::McpServer => mcp_call(target)?,
        Type::A2a => post(
            "",
            r#"{"jsonrpc":"2.0","id":1,"method":"tasks/get","params":{"id":"lockkeeper-validation-only"}}"#,
            Reading::Known,
        ),
        _ => return None,
    })
}

impl Call {
    fn new(method: Method, path: &str, body: &'static str, reading: Reading) -> Self {
        let mut headers =
            HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static("application/json, */*;q=0.1"))]);
        if !body.is_empty() {
            headers.insert(CONTENT_TYPE, JSON);
        }
        Self { method, path: path.to_owned(), headers, body, reading }
    }
}

/// Streamable HTTP: the first message of every session. SSE: opening the stream.
fn mcp_call(target: &Target) -> Option<Call> {
    let streamable =
        target.option(OptionKey::TransportType).is_some_and(|transport| transport == "STREAMABLE_HTTP");
    if streamable {
        let body = r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"lockkeeper","version":"0.1.0"}}}"#;
        let mut call = Call::new(Method::POST, "", body, Reading::Known);
        call.headers.insert(ACCEPT, MCP_ACCEPT);
        return Some(call);
    }
    // The origin is the endpoint's: that is checked when the connection is defined, and again before sending.
    let path = match target.option(OptionKey::SseEndpoint) {
        Some(url) => lockkeeper_model::Endpoint::parse(url).ok()?.path().to_owned(),
        None => "/sse".to_owned(),
    };
    let mut call = Call::new(Method::GET, if path.is_empty() { "/" } else { &path }, "", Reading::Known);
    call.headers.insert(ACCEPT, HeaderValue::from_static("text/event-stream"));
    Some(call)
}

fn read(target: &Target, reading: Reading, status: StatusCode, headers: &HeaderMap) -> Verdict {
    use ValidationStatus::{InvalidAuth, Ready, Unreachable, Unsupported};
    let code = status.as_u16();
    let credential = if target.has_credential() { "the credential" } else { "the call without a credential" };
    match (code, reading) {
        (200..=299, _) => Verdict::new(Ready, format!("the service answered {code} and took {credential}")),
        (_, Reading::Aws) if code < 500 => read_aws(code, headers),
        (403 | 404, Reading::Google) => Verdict::new(
            Ready,
            format!("Google granted a token; the service answered {code} to a look at the location"),
        ),
        (401 | 403 | 407, _) => {
            Verdict::new(InvalidAuth, format!("the service answered {code} and refused {credential}"))
        }
        (429, _) => Verdict::new(Unreachable, "the service answered 429: too many requests at the moment"),
        (500.., _) => Verdict::new(Unreachable, format!("the service answered {code}")),
        (300..=399, Reading::Known) => Verdict::new(
            Unsupported,
            format!("the service answered {code}, a redirect, which is not followed with a credential"),
        ),
        (400, _) if target.connection_type() == ConnectionType::Googleai => {
            // Google answers 400 and not 401 to an API key that it does not know.
            Verdict::new(
                InvalidAuth,
                "the service answered 400, as Google does to a key that it does not know",
            )
        }
        (_, Reading::Anything | Reading::Google) => {
            Verdict::new(Ready, format!("the service answered {code} and did not refuse {credential}"))
        }
        (_, Reading::Known | Reading::Aws) => Verdict::new(
            Unsupported,
            format!("the service answered {code} to a call that services of this type know"),
        ),
    }
}

/// Says by AWS's own error names whether the signature was accepted.
fn read_aws(code: u16, headers: &HeaderMap) -> Verdict {
    use ValidationStatus::{InvalidAuth, Ready, Unsupported};
    let name = headers.get("x-amzn-errortype").and_then(|value| value.to_str().ok()).unwrap_or_default();
    // The name may be followed by a colon and a URL.
    let name = name.split(':').next().unwrap_or_default();
    match (code, name) {
        (_, "AccessDeniedException" | "AccessDenied") => Verdict::new(
            Ready,
            format!("AWS answered {code}: the signature was accepted, but the key may not make this call"),
        ),
        (
            _,
            "ValidationException" | "ValidationError" | "ResourceNotFoundException" | "NotFoundException",
        ) => Verdict::new(Ready, format!("AWS answered {code}: the signature was accepted")),
        (401 | 403, _) => Verdict::new(InvalidAuth, format!("AWS answered {code} and refused the signature")),
        (
            _,
            "UnrecognizedClientException"
            | "InvalidSignatureException"
            | "ExpiredTokenException"
            | "InvalidClientTokenId"
            | "SignatureDoesNotMatch"
            | "MissingAuthenticationTokenException",
        ) => Verdict::new(InvalidAuth, format!("AWS answered {code} and refused the signature")),
        _ => Verdict::new(Unsupported, format!("the service answered {code} to a call that AWS knows")),
    }
}

/// `/v1/models` for `/v1/chat/completions`, also behind a prefix.
fn models_path(path: &str) -> String {
    let calls = ["/chat/completions", "/completions", "/embeddings", "/responses", "/models"];
    let path = path.trim_end_matches('/');
    match calls.iter().find_map(|call| path.strip_suffix(call)) {
        Some(base) => format!("{base}/models"),
        None if path.rsplit('/').next().is_some_and(|last| last.starts_with('v')) => format!("{path}/models"),
        None => "/v1/models".to_owned(),
    }
}

/// `/v1/projects/p/locations/l` out of a model's path.
fn location_path(path: &str) -> Option<String> {
    let parts: Vec<&str> = path.split('/').collect();
    match parts.as_slice() {
        ["", version, "projects", project, "locations", location, ..] => {
            Some(format!("/{version}/projects/{project}/locations/{location}"))
        }
        _ => None,
    }
}

fn query_value<'a>(query: Option<&'a str>, name: &str) -> Option<&'a str> {
    query?
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .find_map(|(key, value)| (key == name).then_some(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_derived_from_the_endpoint() {
        for (path, expected) in [
            ("/v1/chat/completions", "/v1/models"),
            ("/openai/v1/embeddings", "/openai/v1/models"),
            ("/inference/v1/chat/completions", "/inference/v1/models"),
            ("/api/v1/", "/api/v1/models"),
            ("", "/v1/models"),
        ] {
            assert_eq!(models_path(path), expected, "{path}");
        }
        let model = "/v1/projects/p/locations/l/publishers/google/models/m:predict";
        assert_eq!(location_path(model).as_deref(), Some("/v1/projects/p/locations/l"));
        assert_eq!(location_path("/v1/models"), None);
        assert_eq!(query_value(Some("a=b&api-version=2025-01-01"), "api-version"), Some("2025-01-01"));
    }
}
