//! Validation against services that accept, refuse, misbehave or are not there.

use super::*;
use crate::client::Settings;
use crate::dial::AddressPolicy;
use crate::upstream::{Act, Upstream, answer};
use lockkeeper_model::{AuthGroup, Endpoint, SecretValue};

async fn validated(connection_type: ConnectionType, auth: AuthGroup, endpoint: &str) -> Verdict {
    let sealed = auth.required().iter().copied().filter(|key| key.is_sealed());
    let connection = Connection {
        connection_type,
        endpoint: Endpoint::parse(endpoint).unwrap(),
        options: Default::default(),
        auth: Some(auth),
        sealed: sealed.clone().collect(),
        comment: None,
    };
    // Base64, so that it is also a key for Cosmos DB.
    let credential = sealed.map(|key| (key, SecretValue::copy_of("bWFkZS11cA=="))).collect();
    let client = Client::new(Settings::new(AddressPolicy::PERSONAL)).unwrap();
    let identity = Identity { uid: [0; 16], secret_version: 1 };
    client.validate(identity, &connection, &credential, Duration::from_millis(500)).await
}

/// The verdict, and the calls that led to it.
async fn check(connection_type: ConnectionType, auth: AuthGroup, path: &str, status: &'static str) -> String {
    let upstream = Upstream::start(move |_| {
        Act::Send(answer(status, "x-amzn-errortype: AccessDeniedException:x\r\n", "echo"))
    })
    .await;
    let verdict = validated(connection_type, auth, &upstream.url(path)).await;
    let calls: Vec<String> = upstream
        .requests()
        .iter()
        .map(|r| r.lines().next().unwrap_or_default().replace(" HTTP/1.1", ""))
        .collect();
    format!("{} | {} | {}", calls.join(", "), verdict.status, verdict.detail)
}

#[tokio::test]
async fn every_type_has_its_call() {
    use AuthGroup::{ApiKey, Aws, Bearer};
    use ConnectionType as Type;
    let ready = async |connection_type, auth, path: &str| {
        let text = check(connection_type, auth, path, "200 OK").await;
        assert!(text.ends_with("READY | the service answered 200 and took the credential"), "{text}");
        text.split(" | ").next().unwrap().to_owned()
    };
    let calls = [
        ready(Type::Openai, ApiKey, "/v1/chat/completions").await,
        ready(Type::Fireworksai, ApiKey, "/inference/v1/chat/completions").await,
        ready(Type::Azureopenai, ApiKey, "/openai/deployments/d/chat/completions?api-version=2025-01-01")
            .await,
        ready(Type::Anthropic, ApiKey, "/v1/messages").await,
        ready(Type::Googleai, ApiKey, "/v1beta/models/m:generateContent").await,
        ready(Type::Azureml, ApiKey, "/score").await,
        ready(Type::Bedrock, Aws, "/model/m/invoke").await,
        ready(Type::Sagemaker, Aws, "/endpoints/e/invocations").await,
        ready(Type::S3vectors, Aws, "").await,
        ready(Type::Elastic, ApiKey, "").await,
        ready(Type::Pinecone, ApiKey, "/query").await,
        ready(Type::Cosmosdb, ApiKey, "/").await,
        ready(Type::Rest, Bearer, "/base").await,
        ready(Type::McpServer, Bearer, "/mcp").await,
        ready(Type::A2a, Bearer, "/agent").await,
    ];
    insta::assert_snapshot!(calls.join("\n"), @"
    GET /v1/models
    GET /inference/v1/models
    GET /openai/models?api-version=2025-01-01
    GET /v1/models?limit=1
    GET /v1beta/models?pageSize=1
    GET /
    GET /async-invoke?maxResults=1
    POST /endpoints/lockkeeper-validation-only/invocations
    POST /ListVectorBuckets
    GET /_security/_authenticate
    POST /describe_index_stats
    GET /dbs
    GET /base
    GET /sse
    POST /agent
    ");
}

#[tokio::test]
async fn answers_are_read() {
    use AuthGroup::{ApiKey, Aws, Bearer};
    use ConnectionType as Type;
    let path = "/v1/chat/completions";
    insta::assert_snapshot!(check(Type::Openai, ApiKey, path, "401 x").await, @"GET /v1/models | INVALID_AUTH | the service answered 401 and refused the credential");
    insta::assert_snapshot!(check(Type::Openai, ApiKey, path, "404 x").await, @"GET /v1/models | UNSUPPORTED | the service answered 404 to a call that services of this type know");
    insta::assert_snapshot!(check(Type::Openai, ApiKey, path, "503 x").await, @"GET /v1/models | UNREACHABLE | the service answered 503");
    insta::assert_snapshot!(check(Type::Openai, ApiKey, path, "302 x").await, @"GET /v1/models | UNSUPPORTED | the service answered 302, a redirect, which is not followed with a credential");
    insta::assert_snapshot!(check(Type::Rest, Bearer, "/", "404 x").await, @"GET / | READY | the service answered 404 and did not refuse the credential");
    insta::assert_snapshot!(check(Type::Googleai, ApiKey, "/v1/models", "400 x").await, @"GET /v1/models?pageSize=1 | INVALID_AUTH | the service answered 400, as Google does to a key that it does not know");
    insta::assert_snapshot!(check(Type::Bedrock, Aws, "/", "403 x").await, @"GET /async-invoke?maxResults=1 | READY | AWS answered 403: the signature was accepted, but the key may not make this call");
}

#[tokio::test]
async fn nobody_there_and_nobody_answering() {
    use AuthGroup::{ApiKey, Basic};
    use ConnectionType as Type;
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let text = |verdict: Verdict| {
        format!("{} | {}", verdict.status, verdict.detail).replace(&closed.to_string(), "PORT")
    };
    let openai = validated(Type::Openai, ApiKey, &format!("http://127.0.0.1:{closed}/v1")).await;
    insta::assert_snapshot!(text(openai), @r#"UNREACHABLE | the host "127.0.0.1" did not accept a connection on port PORT: connection refused"#);
    let mongodb = validated(Type::Mongodb, Basic, &format!("mongodb://127.0.0.1:{closed}/d")).await;
    insta::assert_snapshot!(text(mongodb), @r#"UNREACHABLE | the host "127.0.0.1" did not accept a connection on port PORT: connection refused"#);
    let silent = Upstream::start(|_| Act::SendAndStall(Vec::new())).await;
    let stalled = validated(Type::Openai, ApiKey, &silent.url("/v1")).await;
    insta::assert_snapshot!(text(stalled), @"UNREACHABLE | no result within 0.5 seconds");
    let open =
        validated(Type::ConfluentJdbc, Basic, &format!("jdbc:mysql://127.0.0.1:{}/d", silent.port)).await;
    insta::assert_snapshot!(text(open), @"READY | the port is open; only a driver can try the login");
    let plain = validated(Type::Couchbase, Basic, &format!("couchbases://127.0.0.1:{}", silent.port)).await;
    assert_eq!(plain.status, ValidationStatus::Unreachable);
    let metadata = validated(Type::Couchbase, Basic, "couchbases://169.254.169.254").await;
    insta::assert_snapshot!(text(metadata), @r#"UNREACHABLE | the host "169.254.169.254" has a link-local, metadata, multicast or unspecified address, which is not called"#);
    let unnamed = validated(Type::Bedrock, AuthGroup::Aws, "https://bedrock.invalid/").await;
    insta::assert_snapshot!(text(unnamed), @"UNSUPPORTED | the host of the endpoint does not name an AWS region");
}
