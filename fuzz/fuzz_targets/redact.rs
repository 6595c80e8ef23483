//! For any bytes: no panic, the same in one piece and in many, all line ends, and no secret behind a well-formed statement.
#![no_main]

use libfuzzer_sys::fuzz_target;
use lockkeeper_redact::{Redactor, check_bytes, redact_bytes};

fuzz_target!(|data: &[u8]| {
    let clean = redact_bytes(data).into_owned();
    let mut streamed = Vec::new();
    let mut redactor = Redactor::new();
    for piece in data.chunks(1 + data.len() / 7) {
        redactor.push(piece, &mut streamed);
    }
    redactor.finish(&mut streamed);
    assert!(streamed == clean, "the stream differs");
    let lines = |text: &[u8]| text.iter().filter(|byte| **byte == b'\n').count();
    assert!(lines(&clean) == lines(data), "a line end is lost");
    for finding in check_bytes(data) {
        assert!(finding.span.start < finding.span.end && finding.span.end <= data.len() as u64);
    }
    let mut text = b"CREATE CONNECTION c WITH ('type' = 'rest', 'token' = 'zqjvxkwyzqjv');\n".to_vec();
    text.extend_from_slice(data);
    let clean = redact_bytes(&text).into_owned();
    assert!(!clean.windows(6).any(|window| window == b"zqjvxk") || data.windows(6).any(|window| window == b"zqjvxk"));
});
