//! The main job of the README.

use crate::program::Program;
use lockkeeper::model::ConnectionType;
use std::fs;
use std::path::Path;

fn script() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/examples/quickstart.sql")).unwrap()
}

/// Every made-up secret of the script.
fn secrets(script: &str) -> Vec<&str> {
    script.split(['\'', '"']).filter(|text| text.starts_with("made-up-")).collect()
}

#[test]
fn it_has_every_type_and_runs_again_and_again() {
    let script = script();
    for known in ConnectionType::ALL {
        let option = format!("'type' = '{}'", known.name().to_lowercase());
        assert!(script.contains(&option), "{known}");
    }
    let program = Program::new();
    let first = program.sql(&script).done();
    // But for the times at which things were made.
    let stable = |output: &str| -> Vec<String> {
        let lines =
            output.lines().filter(|line| !line.starts_with(" created") && !line.starts_with(" altered"));
        lines.map(str::to_owned).collect()
    };
    assert_eq!(stable(&program.sql(&script).done()), stable(&first));
    insta::assert_snapshot!(first.lines().take(4).collect::<Vec<_>>().join("\n"), @r"
    created database `quickstart`
    using database `quickstart`
    put connection `chat_openai`
    put connection `chat-azure`
    ");
}

#[test]
fn no_secret_of_it_is_anywhere() {
    let script = script();
    let secrets = secrets(&script);
    assert!(secrets.len() >= 25, "{} secrets", secrets.len());
    // Stopped before the clean-up, so that the store is full; the log says all it can say.
    let (filled, _) = script.split_once("-- Clean up.").unwrap();
    for format in ["table", "vertical", "json", "csv"] {
        let program = Program::new();
        let ran = program.run(&["sql", "--format", format, "--log", "trace"], filled);
        assert_eq!(ran.status, 0, "{ran}");
        let mut sinks =
            vec![("standard output", ran.stdout.into_bytes()), ("the log", ran.stderr.into_bytes())];
        for folder in ["store", "key"] {
            for entry in fs::read_dir(program.folder().join(folder)).unwrap() {
                sinks.push((folder, fs::read(entry.unwrap().path()).unwrap()));
            }
        }
        for (sink, bytes) in sinks {
            let text = String::from_utf8_lossy(&bytes);
            for (number, secret) in secrets.iter().enumerate() {
                assert!(!text.contains(secret), "secret {number} stands in {sink}");
            }
        }
    }
}
