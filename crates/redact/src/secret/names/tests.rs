use super::*;

#[track_caller]
fn check(name: &str, expected: Secrecy) {
    assert_eq!(Folded::of(name.as_bytes()).secrecy(), expected, "{name}");
}

#[test]
fn secret_names_are_seen_in_any_spelling() {
    for name in [
        "password",
        "PASSWORD",
        "db.password",
        "pasword",
        "passwrod",
        "toekn",
        "api_key",
        "ap-key",
        "Api.Key",
        "p\u{200b}assword",
        "pаssword",
        "ｐａｓｓｗｏｒｄ",
        "sql.secrets.mine",
        "clientSecret",
        "x-api-key",
        "ssl.keystore.passwrd",
        "credentails",
        "sasl.jaas.config",
        "jaaz.config",
        "http-headers",
        "my.eaders",
    ] {
        check(name, Secrecy::Secret);
    }
}

#[test]
fn other_names_are_not_secret() {
    for name in [
        "topic",
        "time-taken",
        "monkey",
        "keyspace",
        "author",
        "connection",
        "endpoint",
        "region",
        "n.readers",
    ] {
        check(name, Secrecy::None);
    }
    check("key", Secrecy::Weak);
    check("token-endpoint", Secrecy::About);
    check("max_tokens", Secrecy::About);
    check("params.max_tokens_to_sample", Secrecy::About);
    check("secretary", Secrecy::None);
    check("aws.credentials.provider", Secrecy::Place);
    check("sink.shard-key", Secrecy::Place);
    check("sql.secrets.provider", Secrecy::Secret);
    for name in ["topic", "properties.bootstrap.servers", "client-id", "message.key", "primary-key", "server"]
    {
        assert!(!Folded::of(name.as_bytes()).may_be_secret(), "{name}");
    }
}

#[test]
fn two_slips_are_known_in_long_words() {
    for name in ["passwobdd", "db.pssswrd", "private-kye1", "authroisation", "pasphrse"] {
        assert!(Folded::of(name.as_bytes()).may_be_secret(), "{name}");
    }
}
