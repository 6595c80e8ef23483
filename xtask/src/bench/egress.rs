//! Applying credentials, against the crate `aws-sigv4`; and the proxy, against nginx.

use crate::Failure;
use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use xshell::{Shell, cmd};

const TOKEN: &str = "made-up-token-0123456789-0123456789";
const KEY: &str = "made-up-key-0123456789-0123456789-0123456789";
/// Rounds in which nginx and the proxy take turns.
const ROUNDS: usize = 5;
const STREAMS: usize = 1000;

/// Prints the two tables.
pub(crate) fn run(shell: &Shell) -> Result<(), Failure> {
    let folder = crate::workspace().join("target/bench/egress");
    fs::create_dir_all(&folder)?;
    let folder = folder.canonicalize()?;
    signing(shell, &folder)?;
    for program in ["nginx -v", "wrk -v"] {
        let name = program.split(' ').next().unwrap_or_default();
        if Command::new(name).arg("-v").stdout(Stdio::null()).stderr(Stdio::null()).status().is_err() {
            return Err(
                format!("this benchmark needs {name} (Debian: apt-get install nginx-light wrk)").into()
            );
        }
    }
    proxy(shell, &folder)
}

/// Builds and runs the comparison in a package of its own.
fn signing(shell: &Shell, folder: &Path) -> Result<(), Failure> {
    let package = folder.join("signing");
    fs::create_dir_all(package.join("src"))?;
    fs::write(package.join("src/main.rs"), include_str!("egress/signing.rs"))?;
    let crates = crate::workspace().join("crates").canonicalize()?;
    let manifest = format!(
        "[package]\nname = \"signing\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n[dependencies]\n\
         aws-credential-types = {{ version = \"1\", features = [\"hardcoded-credentials\"] }}\n\
         aws-sigv4 = {{ version = \"=1.6.4\", default-features = false, features = [\"http1\", \"sign-http\"] }}\n\
         http = \"1\"\njiff = {{ version = \"1\", default-features = false, features = [\"std\"] }}\n\
         lockkeeper-egress = {{ path = \"{0}/egress\" }}\nlockkeeper-model = {{ path = \"{0}/model\" }}\n",
        crates.display()
    );
    fs::write(package.join("Cargo.toml"), manifest)?;
    let manifest = package.join("Cargo.toml");
    Ok(cmd!(shell, "cargo run --quiet --release --manifest-path {manifest}").quiet().run()?)
}

/// A process that ends with its handle.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn proxy(shell: &Shell, folder: &Path) -> Result<(), Failure> {
    cmd!(shell, "cargo build --quiet --release --package lockkeeper-egress --all-features --example egress")
        .run()?;
    let [upstream, theirs, ours] = [free_port()?, free_port()?, free_port()?];
    let streams = open_streams()?;
    let answer = "return 200 '{\"object\":\"list\",\"data\":[{\"id\":\"m\"}]}';";
    let _upstream = nginx(folder, "upstream", upstream, "", answer)?;
    let pool = format!(
        "upstream u {{ server 127.0.0.1:{upstream}; keepalive 128; keepalive_requests 1000000000; }}"
    );
    let pass = format!(
        "proxy_pass http://u/; proxy_http_version 1.1; proxy_set_header Connection \"\"; \
         proxy_set_header Authorization \"Bearer {KEY}\";"
    );
    let _theirs = nginx(folder, "proxy", theirs, &pool, &pass)?;
    let connections = folder.join("connections.json");
    let connection = |port| {
        format!(
            "{{\"type\":\"openai\",\"endpoint\":\"http://127.0.0.1:{port}/v1/embeddings\",\"api-key\":\"{KEY}\"}}"
        )
    };
    fs::write(&connections, format!("{{\"c\":{},\"s\":{}}}", connection(upstream), connection(streams)))?;
    let program = crate::workspace().join("target/release/examples/egress");
    let mut command = Command::new(program);
    command.arg(&connections).args(["proxy", &format!("127.0.0.1:{ours}"), TOKEN]).stdout(Stdio::null());
    let our_process = Running(command.spawn()?);
    for port in [upstream, theirs, ours] {
        wait_for(port)?;
    }
    let warm = [load(shell, theirs, "")?, load(shell, ours, "/c")?];
    let before = resident(&our_process)?;
    let mut results = [vec![], vec![]];
    let mut requests = warm[1].requests;
    for _ in 0..ROUNDS {
        results[0].push(load(shell, theirs, "")?);
        let ours = load(shell, ours, "/c")?;
        requests += ours.requests;
        results[1].push(ours);
    }
    while requests < 100_000 {
        requests += load(shell, ours, "/c")?.requests;
    }
    let after = resident(&our_process)?;
    let [theirs_, ours_] = results.map(median);
    println!("\n| one worker, 64 callers | requests/s | ratio | p99 | ratio |");
    println!("|---|---|---|---|---|");
    println!("| nginx that sets the header | {:.0} | 1 × | {:.2?} | 1 × |", theirs_.per_second, theirs_.p99);
    println!(
        "| the proxy | {:.0} | {:.2} × | {:.2?} | {:.2} × |",
        ours_.per_second,
        ours_.per_second / theirs_.per_second,
        ours_.p99,
        ours_.p99.as_secs_f64() / theirs_.p99.as_secs_f64()
    );
    let held = hold_streams(ours)?;
    let with_streams = resident(&our_process)?;
    println!("\n| memory of the proxy | MiB |\n|---|---|");
    println!("| after the first requests | {before:.1} |");
    println!("| after {requests} requests | {after:.1} |");
    println!("| with {} open streams | {with_streams:.1} |", held.len());
    Ok(())
}

fn nginx(folder: &Path, name: &str, port: u16, http: &str, location: &str) -> Result<Running, Failure> {
    let folder = folder.display();
    let file = format!("{folder}/{name}.conf");
    // One process, so that nothing outlives the handle.
    let text = format!(
        "master_process off; worker_processes 1; pid {folder}/{name}.pid; error_log {folder}/{name}.log; daemon off;\n\
         events {{ worker_connections 4096; }}\nhttp {{ access_log off; keepalive_requests 1000000000; {http}\n\
         server {{ listen 127.0.0.1:{port}; default_type application/json; location / {{ {location} }} }} }}\n"
    );
    fs::write(&file, text)?;
    Ok(Running(Command::new("nginx").args(["-c", &file]).stderr(Stdio::null()).spawn()?))
}

/// What `wrk` measured.
struct Load {
    requests: u64,
    per_second: f64,
    p99: Duration,
}

fn load(shell: &Shell, port: u16, prefix: &str) -> Result<Load, Failure> {
    let header = format!("Authorization: Bearer {TOKEN}");
    let url = format!("http://127.0.0.1:{port}{prefix}/v1/models");
    let text = cmd!(shell, "wrk -t1 -c64 -d3s --latency -H {header} {url}").quiet().read()?;
    if text.contains("Non-2xx") {
        return Err("some answers were errors".into());
    }
    let value = |name: &str| text.lines().find_map(|line| line.trim().strip_prefix(name)).map(str::trim);
    let requests = text
        .lines()
        .find(|line| line.contains(" requests in "))
        .and_then(|line| line.split_whitespace().next());
    let (Some(Ok(requests)), Some(Ok(per_second)), Some(p99)) =
        (requests.map(str::parse), value("Requests/sec:").map(str::parse), value("99%").and_then(duration))
    else {
        return Err("the output of wrk is not as expected".into());
    };
    Ok(Load { requests, per_second, p99 })
}

/// Reads `750.00us`, `1.20ms` or `2.00s`.
fn duration(text: &str) -> Option<Duration> {
    let (number, unit) = text.split_at(text.find(|c: char| c.is_ascii_alphabetic())?);
    let scale = match unit {
        "us" => 1e-6,
        "ms" => 1e-3,
        "s" => 1.0,
        _ => return None,
    };
    number.parse::<f64>().ok().map(|number| Duration::from_secs_f64(number * scale))
}

fn median(mut loads: Vec<Load>) -> Load {
    loads.sort_by(|a, b| a.per_second.total_cmp(&b.per_second));
    loads.swap_remove(loads.len() / 2)
}

/// A service that begins streams of events and keeps them open.
fn open_streams() -> Result<u16, Failure> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port();
    std::thread::spawn(move || {
        let mut open = Vec::new();
        for mut stream in listener.incoming().flatten() {
            let mut head = [0; 4096];
            let head = stream.read(&mut head).is_ok();
            let event = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\ndata: 1\n\n";
            if head && stream.write_all(event).is_ok() {
                open.push(stream);
            }
        }
    });
    Ok(port)
}

fn hold_streams(port: u16) -> Result<Vec<TcpStream>, Failure> {
    let request = format!("GET /s/events HTTP/1.1\r\nhost: p\r\nauthorization: Bearer {TOKEN}\r\n\r\n");
    let mut held = Vec::new();
    for _ in 0..STREAMS {
        let mut stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        stream.write_all(request.as_bytes())?;
        let mut seen = Vec::new();
        while !seen.ends_with(b"data: 1\n\n\r\n") {
            let mut part = [0; 1024];
            let size = stream.read(&mut part)?;
            if size == 0 {
                return Err("a stream ended".into());
            }
            seen.extend_from_slice(&part[..size]);
        }
        held.push(stream);
    }
    Ok(held)
}

/// Resident memory in MiB.
fn resident(process: &Running) -> Result<f64, Failure> {
    let status = fs::read_to_string(format!("/proc/{}/status", process.0.id()))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
    let kilobytes: f64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kilobytes / 1024.0)
}

fn free_port() -> Result<u16, Failure> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

fn wait_for(port: u16) -> Result<(), Failure> {
    let start = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        if start.elapsed() > Duration::from_secs(10) {
            return Err(format!("nothing listens on port {port}").into());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}
