use super::*;
use crate::limits::MAX_SECRET_BYTES;
use proptest::prelude::*;

fn entries<'a>(pairs: &[(&'a str, &'a str)]) -> Vec<Entry<'a>> {
    pairs.iter().map(|(key, value)| Entry { key, value }).collect()
}

/// What `CREATE` makes of the options: the connection as JSON, or every problem.
fn created(pairs: &[(&str, &str)]) -> String {
    match define(&entries(pairs), None) {
        Ok(definition) => serde_json::to_string(&definition.connection).unwrap(),
        Err(problems) => listed(&problems),
    }
}

fn listed(problems: &[Problem]) -> String {
    let lines = problems.iter().map(|p| {
        let hint = p.hint.as_deref().map_or(String::new(), |hint| format!(" ({hint})"));
        format!("{:?} {}: {}{hint}", p.place, p.code, p.message)
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn connection(pairs: &[(&str, &str)]) -> Connection {
    define(&entries(pairs), None).map_err(|problems| listed(&problems)).unwrap().connection
}

fn set(current: &Connection, pairs: &[(&str, &str)]) -> String {
    match set_options(current, &entries(pairs)) {
        Ok(a) => format!(
            "{} written {:?} removed {:?}",
            serde_json::to_string(&a.connection).unwrap(),
            a.written.keys().map(|k| k.name()).collect::<Vec<_>>(),
            a.removed
        ),
        Err(problems) => listed(&problems),
    }
}

const OPENAI: [(&str, &str); 3] =
    [("type", "openai"), ("endpoint", "https://api.openai.com/v1/embeddings"), ("api-key", "made-up")];
const OAUTH: [(&str, &str); 6] = [
    ("type", "rest"),
    ("endpoint", "https://api.example.com"),
    ("token-endpoint", "https://login.example.com/token"),
    ("client-id", "me"),
    ("client-secret", "made-up"),
    ("scope", "read"),
];

#[test]
fn keys_and_types_are_read_in_any_spelling() {
    insta::assert_snapshot!(created(&[
        ("TYPE", "OpenAI"), ("Endpoint", "https://api.openai.com/v1/embeddings"), ("api_key", "made-up"),
    ]), @r#"{"type":"OPENAI","endpoint":"https://api.openai.com/v1/embeddings","auth":"API_KEY","sealed":["api-key"]}"#);
}

#[test]
fn all_problems_are_reported_at_once() {
    insta::assert_snapshot!(created(&[
        ("type", "openia"), ("endpont", "x"), ("ap-key", "x"), ("password", ""), ("token", "<REDACTED>"),
        ("TOKEN", "a\nb"),
    ]), @r#"
    Value(0) unknown_type: not a connection type (did you mean "OPENAI"?)
    Key(1) unknown_option: no connection type has this option (did you mean "endpoint"?)
    Key(2) unknown_option: no connection type has this option (did you mean "api-key"?)
    Value(4) mask_as_value: the mask <REDACTED> is not a value (this is redacted SQL; put the secret in the mask's place)
    Key(5) duplicate_option: option "token" is given twice (case does not count, and `_` is the same as `-`)
    Value(5) control_character: the value of option "token" contains a line break or NUL (a copied line end is the usual reason)
    "#);
}

#[test]
fn options_must_fit_the_type() {
    insta::assert_snapshot!(created(&[
        ("type", "bedrock"), ("endpoint", "http://bedrock-runtime.us-east-1.amazonaws.com/"), ("api-key", "x"),
    ]), @r#"
    Value(1) endpoint_plain: option "endpoint" leads over an unencrypted "http" to another machine (use "https"; "http" is for localhost only)
    Key(2) option_not_allowed: option "api-key" does not fit connection type "BEDROCK" (its options are "aws-access-key", "aws-secret-key", "aws-session-token", "endpoint", "type")
    List missing_credential: connection type "BEDROCK" needs a credential (give "aws-access-key", "aws-secret-key")
    "#);
    insta::assert_snapshot!(created(&[
        ("type", "mongodb"), ("endpoint", "https://api.openai.com/v1"), ("username", "reader"),
    ]), @r#"
    Value(1) endpoint_scheme: the scheme of option "endpoint" does not fit (use "mongodb+srv", for example 'mongodb+srv://cluster0.example.mongodb.net/films')
    List missing_option: option "password" is missing (connection type "MONGODB" needs "username", "password" together)
    "#);
}

#[test]
fn exactly_one_way_to_authenticate() {
    let rest = [("type", "rest"), ("endpoint", "https://api.example.com")];
    insta::assert_snapshot!(created(&rest), @r#"List missing_credential: connection type "REST" needs a credential (give "username", "password", or "token", or "token-endpoint", "client-id", "client-secret", "scope"; if the service needs no credential, say so with 'token' = '')"#);
    insta::assert_snapshot!(created(&[rest[0], rest[1], ("token", "x"), ("username", "u"), ("password", "p")]), @r#"Key(3) several_auth_methods: options of more than one way to authenticate (give exactly one of "username", "password", or "token", or "token-endpoint", "client-id", "client-secret", "scope")"#);
    insta::assert_snapshot!(created(&[rest[0], rest[1], ("token", "")]), @r#"{"type":"REST","endpoint":"https://api.example.com"}"#);
    insta::assert_snapshot!(created(&[rest[0], rest[1], ("username", ""), ("password", "")]), @r#"{"type":"REST","endpoint":"https://api.example.com"}"#);
    insta::assert_snapshot!(created(&[rest[0], rest[1], ("username", "u"), ("password", "")]), @r#"Value(3) empty_value: the value of option "password" is empty (if the service needs no credential, say so with 'token' = '')"#);
    insta::assert_snapshot!(created(&[OPENAI[0], OPENAI[1], ("api-key", "")]), @r#"Value(2) empty_value: the value of option "api-key" is empty"#);
}

#[test]
fn mcp_servers_have_a_transport() {
    let base = [("type", "MCP_SERVER"), ("endpoint", "https://mcp.example.com"), ("token", "made-up")];
    let with = |more: &[(&'static str, &'static str)]| created(&[&base[..], more].concat());
    insta::assert_snapshot!(with(&[("transport-type", "streamable_http")]), @r#"{"type":"MCP_SERVER","endpoint":"https://mcp.example.com","options":{"transport-type":"STREAMABLE_HTTP"},"auth":"BEARER","sealed":["token"]}"#);
    insta::assert_snapshot!(with(&[("transport-type", "http")]), @r#"Value(3) invalid_choice: not a value of option "transport-type" (the values are "SSE", "STREAMABLE_HTTP")"#);
    insta::assert_snapshot!(with(&[("sse-endpoint", "https://mcp.example.com/sse")]), @r#"{"type":"MCP_SERVER","endpoint":"https://mcp.example.com","options":{"sse-endpoint":"https://mcp.example.com/sse"},"auth":"BEARER","sealed":["token"]}"#);
    insta::assert_snapshot!(with(&[("sse-endpoint", "https://mcp.example.net/sse")]), @r#"Value(3) sse_endpoint_origin: option "sse-endpoint" has another origin than "endpoint" (scheme, host and port must be the same: the credential goes nowhere else)"#);
    insta::assert_snapshot!(with(&[("sse-endpoint", "https://mcp.example.com/sse"), ("transport-type", "STREAMABLE_HTTP")]), @r#"Value(3) sse_endpoint_origin: option "sse-endpoint" does not fit transport type "STREAMABLE_HTTP" (leave "sse-endpoint" out, or use transport type "SSE")"#);
}

#[test]
fn set_merges_and_keeps_what_is_fixed() {
    let openai = connection(&OPENAI);
    insta::assert_snapshot!(set(&openai, &[("api-key", "made-up-2")]), @r#"{"type":"OPENAI","endpoint":"https://api.openai.com/v1/embeddings","auth":"API_KEY","sealed":["api-key"]} written ["api-key"] removed {}"#);
    insta::assert_snapshot!(set(&openai, &[("type", "rest"), ("ENDPOINT", "https://evil.example")]), @r#"
    Key(0) type_fixed: option "type" of a connection cannot be changed (use CREATE OR REPLACE CONNECTION and give the credential again: it never follows a changed endpoint)
    Key(1) endpoint_fixed: option "endpoint" of a connection cannot be changed (use CREATE OR REPLACE CONNECTION and give the credential again: it never follows a changed endpoint)
    "#);
    insta::assert_snapshot!(set(&openai, &[]), @"List nothing_to_change: the list of options is empty");
    let couchbase = connection(&[
        ("type", "couchbase"),
        ("endpoint", "couchbases://cb.example.com"),
        ("username", "u"),
        ("password", "p"),
    ]);
    insta::assert_snapshot!(set(&couchbase, &[("password", "p2")]), @r#"{"type":"COUCHBASE","endpoint":"couchbases://cb.example.com","auth":"BASIC","sealed":["password","username"]} written ["password"] removed {}"#);
}

#[test]
fn set_changes_the_way_to_authenticate_only_completely() {
    let rest = connection(&OAUTH);
    insta::assert_snapshot!(set(&rest, &[("token", "made-up")]), @r#"{"type":"REST","endpoint":"https://api.example.com","auth":"BEARER","sealed":["token"]} written ["token"] removed {ClientId, ClientSecret}"#);
    insta::assert_snapshot!(set(&rest, &[("password", "made-up")]), @r#"List missing_option: option "username" is missing (connection type "REST" needs "username", "password" together)"#);
    insta::assert_snapshot!(set(&rest, &[("token", "")]), @r#"{"type":"REST","endpoint":"https://api.example.com"} written [] removed {ClientId, ClientSecret}"#);
    insta::assert_snapshot!(set(&rest, &[("scope", "write")]), @r#"{"type":"REST","endpoint":"https://api.example.com","options":{"scope":"write","token-endpoint":"https://login.example.com/token"},"auth":"OAUTH2","sealed":["client-id","client-secret"]} written [] removed {}"#);
    insta::assert_snapshot!(set(&rest, &[("token-endpoint", "https://evil.example/token")]), @r#"Key(0) token_endpoint_fixed: option "token-endpoint" cannot be changed alone (give "client-id" and "client-secret" again in the same statement: they never follow a changed endpoint)"#);
}

#[test]
fn reset_takes_optional_keys_only() {
    let bedrock = connection(&[
        ("type", "bedrock"),
        ("endpoint", "https://bedrock-runtime.us-east-1.amazonaws.com/model/m/invoke"),
        ("aws-access-key", "a"),
        ("aws-secret-key", "b"),
        ("aws-session-token", "c"),
    ]);
    let reset = |keys: &[&str]| match reset_options(&bedrock, keys) {
        Ok(a) => format!("{:?} removed {:?}", a.connection.sealed, a.removed),
        Err(problems) => listed(&problems),
    };
    insta::assert_snapshot!(reset(&["aws_session_token"]), @"{AwsAccessKey, AwsSecretKey} removed {AwsSessionToken}");
    insta::assert_snapshot!(reset(&["aws-secret-key", "endpoint", "colour"]), @r#"
    Key(0) option_required: option "aws-secret-key" cannot be reset (a connection cannot be without it; change it with SET, or DROP the connection)
    Key(1) endpoint_fixed: option "endpoint" of a connection cannot be changed (use CREATE OR REPLACE CONNECTION and give the credential again: it never follows a changed endpoint)
    Key(2) unknown_option: no connection type has this option (the options are "api-key", "aws-access-key", "aws-secret-key", "aws-session-token", "client-id", "client-secret", "endpoint", "password", "scope", "service-key", "sse-endpoint", "token", "token-endpoint", "transport-type", "type", "username")
    "#);
}

#[test]
fn limits_count_bytes() {
    let fits = "é".repeat(MAX_SECRET_BYTES / 2);
    assert!(define(&entries(&[OPENAI[0], OPENAI[1], ("api-key", &fits)]), None).is_ok());
    let over = format!("{fits}x");
    insta::assert_snapshot!(created(&[OPENAI[0], OPENAI[1], ("api-key", &over)]), @r#"Value(2) secret_too_long: the value of option "api-key" has 4001 bytes, more than 4000"#);
    let comment = "c".repeat(MAX_COMMENT_BYTES + 1);
    let problems = define(&entries(&OPENAI), Some(&comment)).err().unwrap();
    insta::assert_snapshot!(listed(&problems), @"Comment comment_too_long: a comment of 4097 bytes is longer than 4096");
}

#[test]
fn every_type_takes_its_own_example() {
    for known in ConnectionType::ALL {
        for group in known.auth_groups() {
            let mut pairs = vec![("type", known.name()), ("endpoint", known.endpoint_form().example)];
            let value = |key: &OptionKey| match key {
                OptionKey::TokenEndpoint => "https://login.example.com/token",
                _ => "made-up",
            };
            pairs.extend(group.required().iter().map(|key| (key.name(), value(key))));
            let connection = connection(&pairs);
            assert_eq!(connection.auth, Some(*group), "{known}");
            let kept = serde_json::to_string(&connection).unwrap();
            assert_eq!(serde_json::from_str::<Connection>(&kept).unwrap(), connection, "{known}");
        }
    }
}

proptest! {
    /// No problem repeats what was written.
    #[test]
    fn problems_hold_no_input(values in proptest::collection::vec("[a-zA-Z0-9:/@.]{0,12}", 4), key in "[a-z-]{0,12}") {
        let canary = "Zq7Xw9Lm";
        let texts: Vec<String> = values.iter().map(|value| format!("{value}{canary}")).collect();
        let unknown = format!("{key}{canary}");
        let pairs = [
            ("type", texts[0].as_str()), ("endpoint", texts[1].as_str()), ("transport-type", texts[2].as_str()),
            (unknown.as_str(), texts[3].as_str()),
        ];
        prop_assert!(!created(&pairs).contains(canary));
        let pairs = [("type", "mcp_server"), ("endpoint", texts[1].as_str()), ("transport-type", texts[2].as_str()),
            ("sse-endpoint", texts[3].as_str())];
        let text = created(&pairs);
        // What is accepted is a plain option, and may be shown.
        let accepted = text.starts_with('{');
        prop_assert!(accepted || !text.contains(canary));
    }
}
