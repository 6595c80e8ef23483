//! Signing of 1 KiB against the crate `aws-sigv4`, and applying a token that is at hand. Built by `cargo xtask bench
//! egress` outside of the workspace, because the peer brings another TLS stack and is no dependency of ours.

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use jiff::Timestamp;
use lockkeeper_egress::{Apply, Given, HeaderCredential, PathRules, SigV4};
use lockkeeper_model::SecretValue;
use std::hint::black_box;
use std::time::{Duration, Instant, SystemTime};

const URL: &str = "https://bedrock-runtime.us-east-1.amazonaws.com/model/amazon.titan-embed-text-v1/invoke";
const ID: &str = "AKIDEXAMPLE";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

fn request() -> http::Request<()> {
    http::Request::post(URL).header("content-type", "application/json").body(()).unwrap()
}

fn main() {
    let body = vec![b'x'; 1024];
    let [id, secret] = [ID, SECRET].map(SecretValue::copy_of);
    let signer = SigV4::new(&id, &secret, None, "us-east-1", "bedrock", PathRules::USUAL).unwrap();
    let token = HeaderCredential::bearer(&SecretValue::copy_of("made-up-0123456789-0123456789")).unwrap();
    let identity = Credentials::new(ID, SECRET, None, None, "bench").into();

    let ours = || {
        let mut parts = request().into_parts().0;
        let given = Given { now: Timestamp::now(), body: &body, token: None };
        drop(black_box(signer.apply(&mut parts, &given)));
        drop(black_box(parts));
    };
    let theirs = || {
        let mut request = request();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region("us-east-1")
            .name("bedrock")
            .time(SystemTime::now())
            .settings(SigningSettings::default())
            .build()
            .unwrap()
            .into();
        let headers = request.headers().iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap()));
        let signable = SignableRequest::new("POST", URL, headers, SignableBody::Bytes(&body)).unwrap();
        let (instructions, _) = sign(signable, &parameters).unwrap().into_parts();
        instructions.apply_to_request_http1x(&mut request);
        drop(black_box(request));
    };
    let empty = || drop(black_box(request().into_parts().0));
    let bearer = || {
        let mut parts = request().into_parts().0;
        let given = Given { now: Timestamp::UNIX_EPOCH, body: b"", token: None };
        drop(black_box(token.apply(&mut parts, &given)));
        drop(black_box(parts));
    };
    let [ours, theirs, empty, bearer] = in_turns([&ours, &theirs, &empty, &bearer]);
    let per_second = |time: Duration| 1.0 / time.as_secs_f64();
    println!("| applied to one request | time | per second | ratio |");
    println!("|---|---|---|---|");
    println!("| SigV4, POST of 1 KiB | {ours:.2?} | {:.0} | {:.2} × |", per_second(ours), theirs.as_secs_f64() / ours.as_secs_f64());
    println!("| the crate `aws-sigv4` 1.6.4 | {theirs:.2?} | {:.0} | 1 × |", per_second(theirs));
    let applied = bearer.saturating_sub(empty);
    println!("| a bearer token at hand | {applied:.2?} | {:.0} | |", per_second(applied.max(Duration::from_nanos(1))));
}

/// The medians of rounds in which the contestants take turns.
fn in_turns<const N: usize>(contestants: [&dyn Fn(); N]) -> [Duration; N] {
    let mut times: [Vec<Duration>; N] = std::array::from_fn(|_| Vec::new());
    for round in 0..31 {
        for (contestant, times) in contestants.iter().zip(&mut times) {
            let start = Instant::now();
            (0..2000).for_each(|_| contestant());
            if round > 0 {
                times.push(start.elapsed() / 2000);
            }
        }
    }
    times.map(|mut times| {
        times.sort_unstable();
        times[times.len() / 2]
    })
}
