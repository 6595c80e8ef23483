//! AWS's own vectors.

use super::*;
use crate::apply::sigv4::canonical::push_path;
use serde::Deserialize;

/// One case of AWS's suite; see `tests-data/README.md`.
#[derive(Deserialize)]
struct Vector {
    name: String,
    access_key: String,
    secret_key: String,
    session_token: Option<String>,
    region: String,
    service: String,
    normalize: bool,
    encode_again: bool,
    sign_body: bool,
    timestamp: String,
    request: String,
    canonical_request: String,
    string_to_sign: Option<String>,
    signature: Option<String>,
}

fn vectors() -> Vec<Vector> {
    let lines = include_str!("../../../tests-data/sigv4.jsonl").lines();
    lines.map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Reads a request as it would stand on the wire, with folded headers.
fn read_request(text: &str) -> (Parts, String) {
    let (head, body) = text.split_once("\n\n").unwrap_or((text, ""));
    let head = head.replace("\n ", " ");
    let mut lines = head.lines();
    let (method, rest) = lines.next().unwrap().split_once(' ').unwrap();
    let target = rest.strip_suffix(" HTTP/1.1").unwrap().replace(' ', "%20");
    let mut request = http::Request::builder().method(method).uri(target);
    for line in lines.filter(|line| !line.is_empty()) {
        let (name, value) = line.split_once(':').unwrap();
        request = request.header(name, value.trim());
    }
    (request.body(()).unwrap().into_parts().0, body.to_owned())
}

fn signer(vector: &Vector, token: Option<&SecretValue>) -> SigV4 {
    let paths = PathRules { normalize: vector.normalize, encode_again: vector.encode_again };
    let [access, secret] = [&vector.access_key, &vector.secret_key].map(|key| SecretValue::copy_of(key));
    let mut signer = SigV4::new(&access, &secret, token, &vector.region, &vector.service, paths).unwrap();
    signer.signs = |_| true;
    signer
}

#[test]
fn awss_vectors_pass() {
    let vectors = vectors();
    assert_eq!(vectors.len(), 40);
    for vector in vectors {
        let token = vector.session_token.as_deref().map(SecretValue::copy_of);
        let signer = signer(&vector, token.as_ref());
        let (mut parts, body) = read_request(&vector.request);
        if vector.sign_body {
            let mut hash = String::new();
            push_hex(&mut hash, digest::digest(&digest::SHA256, body.as_bytes()).as_ref());
            parts.headers.insert("x-amz-content-sha256", hash.parse().unwrap());
        }
        let now: Timestamp = vector.timestamp.parse().unwrap();
        let given = Given { now, body: body.as_bytes(), token: None };
        let one_time = signer.apply(&mut parts, &given).unwrap();
        let authorization = parts.headers.remove(AUTHORIZATION).unwrap();
        let (canonical, _) = canonical_request(&parts, body.as_bytes(), signer.paths, signer.signs).unwrap();
        assert_eq!(canonical.as_str(), vector.canonical_request, "{}", vector.name);
        assert!(authorization.is_sensitive(), "{}", vector.name);
        let (Some(expected), Some(signature)) = (vector.string_to_sign, vector.signature) else {
            continue;
        };
        let time = basic_format(now);
        let scope = signer.scope(&String::from_utf8_lossy(&time[..8]));
        assert_eq!(signer.string_to_sign(&time, &scope, canonical.as_bytes()), expected, "{}", vector.name);
        assert!(authorization.to_str().unwrap().ends_with(&signature), "{}", vector.name);
        assert_eq!(one_time[0].expose(), signature, "{}", vector.name);
    }
}

#[test]
fn a_days_key_is_kept_and_the_next_day_has_another() {
    let vector = vectors().swap_remove(0);
    let signer = signer(&vector, None);
    let sign = |time: &str| {
        let (mut parts, _) = read_request(&vector.request);
        let given = Given { now: time.parse().unwrap(), body: b"", token: None };
        signer.apply(&mut parts, &given).unwrap().swap_remove(0)
    };
    let first = sign("2026-11-23T10:00:00Z");
    assert!(first.expose() != sign("2026-11-24T10:00:00Z").expose());
    assert!(first.expose() == sign("2026-11-23T10:00:00Z").expose());
}

#[test]
fn a_model_id_is_encoded_twice() {
    let mut text = String::new();
    push_path(&mut text, "/model/amazon.titan%3A0/invoke", PathRules::USUAL);
    assert_eq!(text, "/model/amazon.titan%253A0/invoke");
}
