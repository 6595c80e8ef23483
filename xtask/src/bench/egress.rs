//! Applying credentials, against the crate `aws-sigv4`; and the proxy, against nginx.

use crate::Failure;
use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use xshell::{Shell, cmd};

const TOKEN: &str = "made-up-token-0123456789-0123456789";
const KEY: &str = "made-up-key-0123456789-0123456789-0123456789";
/// Rounds in which nginx and the proxy take turns.
const ROUNDS: usize = 5;
const STREAMS: usize = 1000;
const STREAM_ROUNDS: usize = 4;
const REQUESTS: u64 = 100_000;
/// What an allocator may keep; a leak of 50 bytes a request would be more.
const MOST_GROWTH_MIB: f64 = 4.0;

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
    cmd!(shell, "cargo build --quiet --release --package lockkeeper-cli").run()?;
    let [upstream, theirs] = [free_port()?, free_port()?];
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
    let store = define_connections(folder, upstream, streams)?;
    let proxy = |audit| our_proxy(&store, audit);
    let (ours, all) = (proxy("changes")?, proxy("all")?);
    for port in [upstream, theirs] {
        wait_for(port)?;
    }
    // Each warms up, and then they take turns.
    let ways: [(&str, u16, &str); 3] = [
        ("nginx that sets the header", theirs, ""),
        ("the proxy", ours.port, "/c"),
        ("the proxy, with a record of every call", all.port, "/c"),
    ];
    for (_, port, prefix) in ways {
        load(shell, port, prefix)?;
    }
    let before = memory(&ours)?;
    let mut results = [vec![], vec![], vec![]];
    for _ in 0..ROUNDS {
        for ((_, port, prefix), results) in ways.iter().zip(&mut results) {
            results.push(load(shell, *port, prefix)?);
        }
    }
    let mut requests: u64 = results[1].iter().map(|load| load.requests).sum();
    while requests < REQUESTS {
        requests += load(shell, ours.port, "/c")?.requests;
    }
    let after = memory(&ours)?;
    let results = results.map(median);
    println!("\n| one worker, 64 callers | requests/s | ratio | p99 | ratio |");
    println!("|---|---|---|---|---|");
    for ((name, _, _), load) in ways.iter().zip(&results) {
        println!(
            "| {name} | {:.0} | {:.2} × | {:.2?} | {:.2} × |",
            load.per_second,
            load.per_second / results[0].per_second,
            load.p99,
            load.p99.as_secs_f64() / results[0].p99.as_secs_f64()
        );
    }
    let mut with_streams = Vec::new();
    for _ in 0..2 * STREAM_ROUNDS {
        let held = hold_streams(ours.port)?;
        with_streams.push(memory(&ours)?);
        drop(held);
        std::thread::sleep(Duration::from_secs(1));
    }
    // An allocator takes some rounds to find its size.
    let (early, late) = (with_streams[STREAM_ROUNDS - 1], with_streams[2 * STREAM_ROUNDS - 1]);
    println!("\n| memory of the proxy | MiB | growth | peak |\n|---|---|---|---|");
    let row = |what: String, now: Memory, then: Memory| {
        println!("| {what} | {:.1} | {:+.1} | {:.1} |", now.resident, now.resident - then.resident, now.peak);
    };
    row("after the first requests".to_owned(), before, before);
    row(format!("after {requests} further requests"), after, before);
    row(format!("with {STREAMS} open streams"), with_streams[0], after);
    row(format!("with {STREAMS} others, {STREAM_ROUNDS} rounds"), early, with_streams[0]);
    row(format!("with {STREAMS} others, {STREAM_ROUNDS} more rounds"), late, early);
    let growth = (after.resident - before.resident).max(late.resident - early.resident);
    match growth > MOST_GROWTH_MIB {
        true => Err(format!("memory grew by {growth:.1} MiB").into()),
        false => Ok(()),
    }
}

/// The program as a proxy with one thread.
struct OurProxy {
    process: Running,
    port: u16,
}

/// A store with a connection `c` to a service that answers and `s` to one that streams, and a file with the token.
fn define_connections(folder: &Path, upstream: u16, streams: u16) -> Result<PathBuf, Failure> {
    let store = folder.join("store");
    if store.exists() {
        fs::remove_dir_all(&store)?;
    }
    fs::create_dir_all(&store)?;
    let create = |name, port| {
        format!(
            "CREATE CONNECTION {name} WITH ('type' = 'openai', 'endpoint' = 'http://127.0.0.1:{port}/v1/embeddings', \
             'api-key' = '{KEY}');"
        )
    };
    let script = format!("{}{}", create("c", upstream), create("s", streams));
    if !program(&store).args(["sql", "-e", &script]).stdout(Stdio::null()).status()?.success() {
        return Err("the connections were not made".into());
    }
    let token = store.join("token");
    fs::write(&token, TOKEN)?;
    fs::set_permissions(&token, fs::Permissions::from_mode(0o600))?;
    Ok(store)
}

fn our_proxy(store: &Path, audit: &str) -> Result<OurProxy, Failure> {
    let port = free_port()?;
    let mut command = program(store);
    command.args(["proxy", "--threads", "1", "--audit", audit, "--listen", &format!("127.0.0.1:{port}")]);
    let process = Running(command.stderr(Stdio::null()).spawn()?);
    wait_for(port)?;
    Ok(OurProxy { process, port })
}

fn program(store: &Path) -> Command {
    let mut command = Command::new(crate::workspace().join("target/release/lockkeeper"));
    command
        .env("LOCKKEEPER_STORE", store.join("store.db"))
        .env("LOCKKEEPER_KEY_FILE", store.join("key"))
        .env("LOCKKEEPER_TOKEN_FILE", store.join("token"));
    command
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

/// Memory of a process in MiB.
#[derive(Clone, Copy)]
struct Memory {
    resident: f64,
    /// The most there ever was.
    peak: f64,
}

fn memory(proxy: &OurProxy) -> Result<Memory, Failure> {
    let status = fs::read_to_string(format!("/proc/{}/status", proxy.process.0.id()))?;
    let value = |name: &'static str| -> Result<f64, Failure> {
        let line = status.lines().find_map(|line| line.strip_prefix(name)).ok_or("no such figure")?;
        let kilobytes: f64 = line.trim().trim_end_matches(" kB").parse()?;
        Ok(kilobytes / 1024.0)
    };
    Ok(Memory { resident: value("VmRSS:")?, peak: value("VmHWM:")? })
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
