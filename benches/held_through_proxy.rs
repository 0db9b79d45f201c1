//! What a held connection costs on both sides: thousands of slow readers through the buffering proxy, in front of a real backend.
//!
//! `cargo bench --bench held_through_proxy [-- CLIENTS SECONDS]` starts the backend and the proxy in a process of their own (this
//! program again, with `--stack`), so that each side's memory can be told apart. Once all clients are held and every response
//! is in the proxy, it looks at CPU and memory twice, SECONDS apart. The rate of a client is taken over its whole hold, which is
//! at least SECONDS long: from its connection to its last read, the head included, because the pace counts it too.
//! Targets: each rate within 2 %, clients and proxy together below a fifth of a core, 4 KiB of user-space memory per
//! connection on either side beyond the configured buffers. A response that spilled has all of them allocated, by nginx's rule
//! (the temp file is used only when all are), so they count whole; the bytes that are in them are printed beside it.

#![expect(clippy::print_stdout, reason = "the figures are the point")]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Lines, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitCode, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};

use slowlab::backend::{Backend, BackendSpec};
use slowlab::clients::{Fleet, FleetSpec, fd_need};
use slowlab::leave::Leave;
use slowlab::machine::arrival::Schedule;
use slowlab::machine::behavior::{Behavior, SlowRead};
use slowlab::net::Address;
use slowlab::observe::limits;
use slowlab::plan::GroupPlan;
use slowlab::proxy::{Proxy, ProxySpec};
use slowlab::record::{ClientHalf, Event, EventKind, Gauges, Outcome, Report, Sink, Source};
use slowlab::seed::Seed;
use slowlab::tier::{ProxyId, Tier};
use slowlab::time::{Clock, Span, Timestamp};
use slowlab::units::{ByteRate, Bytes};

/// Rates of the clients, in equal parts.
const RATES: [u64; 4] = [1024, 2048, 3072, 4096];
/// Clients that start per second: no faster than the backend answers.
const STARTS_PER_SEC: u64 = 1000;
/// How long the backend may need for its last answers after the last start.
const FILL_LIMIT: Span = Span::from_secs(20);

const MOST_RATE_ERROR: f64 = 2.0;
const MOST_CPU: f64 = 20.0;
const MOST_MEMORY: f64 = 4096.0;
/// nginx's defaults, as configured below: `proxy_buffer_size` 4k and `proxy_buffers` 8 4k.
const BUFFERS: f64 = 36_864.0;

/// More than a client at 4 KiB/s reads in half a minute; twice what buffers and sockets hold, so that it spills.
const BACKEND: &str = "
bind = 'unix'
workers = 2
app.'/' = { response = '160KiB' }
";
const PROXY: &str = "
listen = { sndbuf = '16KiB', backlog = 4096 }
";
const CLIENT_RCVBUF: Bytes = Bytes::kib(4);

fn main() -> ExitCode {
    limits::raise_nofile().expect("the soft limit may reach the hard one");
    if std::env::args().any(|arg| arg == "--stack") {
        run_stack();
        return ExitCode::SUCCESS;
    }
    let (count, secs) = size();
    let mut stack = Stack::start();
    let held = hold(&mut stack, count, secs);
    let passed = [
        judge_rates(&held),
        judge_cpu(&held),
        judge_memory(&held, count),
    ];
    match passed.iter().all(|passed| *passed) {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}

/// Clients and seconds: as told, otherwise 5 000 for 10 s under `cargo bench`, and a moment of it when run as a test.
fn size() -> (usize, u64) {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let (count, secs) = match args.iter().any(|arg| arg == "--bench") {
        true => (5000, 10),
        false => (100, 1),
    };
    let mut numbers = args.iter().filter_map(|arg| arg.parse::<u32>().ok());
    (
        numbers.next().map_or(count, |count| count as usize),
        numbers.next().map_or(secs, u64::from),
    )
}

/// What a process of this bench looks like at one instant.
#[derive(Clone, Copy, Debug, Default)]
struct Look {
    /// Anonymous resident memory.
    memory_bytes: u64,
    /// CPU seconds of the threads in question.
    cpu_secs: f64,
    /// What the configured buffers hold.
    buffered_bytes: u64,
    spilled_bytes: u64,
    upstream_connections: u64,
}

/// Everything that was seen.
struct Held {
    halves: Vec<ClientHalf>,
    window_secs: f64,
    clients: [Look; 3],
    proxy: [Look; 3],
    held_at_both_ends: bool,
}

/// Holds `count` clients for `secs` seconds.
fn hold(stack: &mut Stack, count: usize, secs: u64) -> Held {
    let groups = groups(count);
    let (limit, _) = limits::raise_nofile().expect("the soft limit may reach the hard one");
    // Client sockets here; accepted sockets and temp files there.
    let need = 2 * fd_need(&groups) as u64 + 64;
    assert!(
        need <= limit,
        "{need} descriptors are needed, {limit} are allowed"
    );
    let clock = Clock::start();
    let (sink, reports) = touched_sink(clock);
    let gauges = Arc::new(Gauges::default());
    let before = (look_here("clients"), stack.look());
    let fleet = Fleet::start(FleetSpec {
        groups,
        targets: vec![Address::Tcp(stack.address)],
        through_proxy: true,
        start_at: clock.now(),
        duration: Span::from_secs(secs + 600),
        drain: Span::ZERO,
        clock,
        sink,
        gauges: Arc::clone(&gauges),
        host: "localhost".to_owned(),
        ear: None,
    })
    .expect("the fleet starts");
    let mut halves = Vec::with_capacity(count);
    let filled_by = clock.now() + Span::from_secs(count as u64 / STARTS_PER_SEC) + FILL_LIMIT;
    let mut filled = false;
    while !filled && clock.now() < filled_by {
        collect(
            &reports,
            &mut halves,
            clock.now() + Span::from_ms(500),
            clock,
        );
        filled =
            gauges.held_connections.get() == count as u64 && stack.look().upstream_connections == 0;
    }
    let from = (look_here("clients"), stack.look());
    let from_at = clock.now();
    let all_before = gauges.held_connections.get() == count as u64;
    collect(
        &reports,
        &mut halves,
        from_at + Span::from_secs(secs),
        clock,
    );
    let to = (look_here("clients"), stack.look());
    let to_at = clock.now();
    let all_after = gauges.held_connections.get() == count as u64;
    fleet.stop();
    let stats = fleet.wait();
    halves.extend(reports.iter().filter_map(client_half));
    println!(
        "{count} clients held for {secs} s after {:.1} s of starting; {} requests; latest start {:.1} ms late",
        from_at.as_secs_f64(),
        stats.requests,
        stats.latest_start.as_secs_f64() * 1e3,
    );
    Held {
        halves,
        window_secs: to_at.since(from_at).as_secs_f64(),
        clients: [before.0, from.0, to.0],
        proxy: [before.1, from.1, to.1],
        held_at_both_ends: filled && all_before && all_after,
    }
}

/// A queue of reports all of whose places have been used once. It is as large as it is however many clients there are, but
/// becomes resident only as reports go through it, which would look like memory per client.
fn touched_sink(clock: Clock) -> (Sink, Receiver<Report>) {
    let (sink, reports) = Sink::new();
    while sink.dropped() == 0 {
        let kind = EventKind::ClientsStarted {};
        sink.event(Event::new(clock.now(), Source::Lab, kind));
    }
    while reports.try_recv().is_ok() {}
    (sink, reports)
}

/// Takes in reports until an instant.
fn collect(
    reports: &Receiver<Report>,
    halves: &mut Vec<ClientHalf>,
    until: Timestamp,
    clock: Clock,
) {
    loop {
        match reports.recv_timeout(clock.until(until)) {
            Ok(report) => halves.extend(client_half(report)),
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return,
        }
    }
}

fn client_half(report: Report) -> Option<ClientHalf> {
    match report {
        Report::Client(half) => Some(*half),
        _ => None,
    }
}

fn groups(count: usize) -> Vec<GroupPlan> {
    let rates = RATES.len() as u64;
    (0..)
        .zip(RATES)
        .map(|(index, rate): (u64, u64)| GroupPlan {
            name: rate.to_string(),
            timeout: Some(Span::from_secs(600)),
            ..GroupPlan::asking(
                "/",
                Behavior::SlowRead(SlowRead {
                    rate: ByteRate(rate).into(),
                    rcvbuf: Some(CLIENT_RCVBUF),
                    mss: None,
                }),
                Schedule::Starts {
                    at: (0..count as u64 / rates)
                        .map(|n| (n * rates + index) * 1_000_000 / STARTS_PER_SEC)
                        .map(Timestamp::from_us)
                        .collect(),
                },
            )
        })
        .collect()
}

/// The rate of each client over its hold, in per cent of what was asked for.
fn judge_rates(held: &Held) -> bool {
    let mut errors: BTreeMap<u64, Vec<f64>> = BTreeMap::new();
    let mut others = 0;
    for half in &held.halves {
        let rate: u64 = half.group.parse().expect("groups are named by their rates");
        match rate_error(half, rate) {
            Some(error) => errors.entry(rate).or_default().push(error),
            None => others += 1,
        }
    }
    let mut worst: f64 = 0.0;
    for (rate, errors) in &mut errors {
        errors.sort_by(f64::total_cmp);
        let (least, most) = (errors[0], errors[errors.len() - 1]);
        println!(
            "  {rate} B/s, {} clients: rate error min {least:+.2} %, median {:+.2} %, max {most:+.2} %",
            errors.len(),
            errors[errors.len() / 2],
        );
        worst = worst.max(least.abs()).max(most.abs());
    }
    if others > 0 || !held.held_at_both_ends {
        println!("  {others} requests did not last; not all clients were held all the time");
    }
    let passed = worst <= MOST_RATE_ERROR && others == 0 && held.held_at_both_ends;
    verdict(
        passed,
        format!("the rate of each client: {worst:.2} % off at most (limit {MOST_RATE_ERROR} %)"),
    )
}

/// `None` for a request that was not held to the end.
fn rate_error(half: &ClientHalf, rate: u64) -> Option<f64> {
    if half.outcome != Outcome::Unfinished {
        println!("  request {}: {:?}", half.request_id, half.outcome);
        return None;
    }
    let held_time = half.last_byte_at?.since(half.connected_at?);
    let head_bytes = HEAD_BYTES.with(|bytes| bytes.get());
    let measured = (half.received_bytes + head_bytes) as f64 / held_time.as_secs_f64();
    Some((measured / rate as f64 - 1.0) * 100.0)
}

fn judge_cpu(held: &Held) -> bool {
    let share =
        |looks: &[Look; 3]| (looks[2].cpu_secs - looks[1].cpu_secs) / held.window_secs * 100.0;
    let (clients, proxy) = (share(&held.clients), share(&held.proxy));
    let both = clients + proxy;
    verdict(
        both < MOST_CPU,
        format!(
            "CPU: {clients:.1} % of a core for the clients, {proxy:.1} % for the proxy, {both:.1} % together (limit {MOST_CPU} %)"
        ),
    )
}

fn judge_memory(held: &Held, count: usize) -> bool {
    let each = |looks: &[Look; 3]| {
        let grown = looks[2].memory_bytes.saturating_sub(looks[0].memory_bytes);
        grown as f64 / count as f64
    };
    let (clients, proxy) = (each(&held.clients), each(&held.proxy));
    let buffered = held.proxy[2].buffered_bytes as f64 / count as f64;
    println!(
        "  in the proxy per connection: {proxy:.0} bytes resident; buffers of {BUFFERS} bytes with {buffered:.0} in them; {:.0} bytes in temp files",
        held.proxy[2].spilled_bytes as f64 / count as f64,
    );
    assert!(
        held.proxy[2].spilled_bytes > 0,
        "nothing spilled: the buffers are not all allocated"
    );
    let beyond = (proxy - BUFFERS).max(0.0);
    verdict(
        clients <= MOST_MEMORY && beyond <= MOST_MEMORY,
        format!(
            "memory per held connection: {clients:.0} bytes in the clients, {beyond:.0} in the proxy beyond its buffers (limit {MOST_MEMORY})"
        ),
    )
}

fn verdict(passed: bool, text: String) -> bool {
    println!("{} {text}", if passed { "PASS" } else { "FAIL" });
    passed
}

thread_local! {
    /// The length of the response head, asked for once: the proxy's heads are all of one length.
    static HEAD_BYTES: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
}

/// Backend and proxy in a process of their own.
struct Stack {
    child: Child,
    ask: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
    address: SocketAddr,
}

impl Stack {
    fn start() -> Stack {
        let mut child = Command::new(std::env::current_exe().expect("a program has a path"))
            .arg("--stack")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("this program starts again");
        let ask = child.stdin.take().expect("it is piped");
        let mut answers = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        let address = answers
            .next()
            .expect("the stack starts")
            .expect("it says where")
            .parse()
            .expect("that is an address");
        HEAD_BYTES.with(|bytes| bytes.set(head_bytes(address)));
        Stack {
            child,
            ask,
            answers,
            address,
        }
    }

    fn look(&mut self) -> Look {
        writeln!(self.ask, "look").expect("the stack is there");
        let answer = self
            .answers
            .next()
            .expect("the stack answers")
            .expect("in text");
        let mut numbers = answer.split(' ').map(|number| {
            number
                .parse::<u64>()
                .expect("the stack answers with numbers")
        });
        let mut next = || numbers.next().expect("there are five");
        Look {
            memory_bytes: next(),
            cpu_secs: next() as f64 / 1e9,
            buffered_bytes: next(),
            spilled_bytes: next(),
            upstream_connections: next(),
        }
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        let _ = writeln!(self.ask, "end");
        let _ = self.child.wait();
    }
}

/// One request by hand: how long the head of a response is. It warms the stack up as well.
fn head_bytes(address: SocketAddr) -> u64 {
    use std::io::Read;
    let mut stream = std::net::TcpStream::connect(address).expect("the proxy listens");
    stream
        .write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        .expect("a request fits");
    let mut response = Vec::new();
    stream.read_to_end(&mut response).expect("it is answered");
    let head = response.windows(4).position(|four| four == b"\r\n\r\n");
    head.expect("a response has a head") as u64 + 4
}

/// The other process: starts the stack, prints its address, and answers until it is told to end.
fn run_stack() {
    let dir = tempfile::tempdir().expect("there is a folder for temporary files");
    let clock = Clock::start();
    let (sink, reports) = touched_sink(clock);
    let gauges = Arc::new(Gauges::default());
    let backend = Backend::start(BackendSpec {
        config: toml::from_str(BACKEND).expect("the backend's configuration is valid"),
        leaves_orphans: false,
        may_be_traced: false,
        seed: Seed(7),
        listen: None,
        runtime_dir: dir.path().join("run"),
        worker_tmp_dir: None,
        held_file: None,
        log: dir.path().join("backend.log"),
        clock,
        sink: sink.clone(),
        leave: Leave::default(),
        executable: PathBuf::from(env!("CARGO_BIN_EXE_slowlab")),
    })
    .expect("the backend starts");
    let proxy = Proxy::start(ProxySpec {
        config: toml::from_str(PROXY).expect("the proxy's configuration is valid"),
        upstreams: vec![backend.address().clone()],
        temp_dir: dir.path().to_owned(),
        access_log: dir.path().join("access.log"),
        error_log: dir.path().join("error.log"),
        clock,
        sink,
        leave: Leave::default(),
        gauges: Arc::clone(&gauges),
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        id: ProxyId {
            tier: Tier::Proxy,
            instance: 0,
        },
        source: None,
        is_nobody: false,
        held_file: None,
        may_be_traced: false,
        executable: PathBuf::new(),
    })
    .expect("the proxy starts");
    let drain = std::thread::spawn(move || for _ in reports.iter() {});
    println!("{}", proxy.address());
    for line in std::io::stdin().lines() {
        if !line.is_ok_and(|line| line == "look") {
            break;
        }
        let look = look_here("proxy-");
        println!(
            "{} {} {} {} {}",
            look.memory_bytes,
            (look.cpu_secs * 1e9) as u64,
            gauges.proxy_buffered_bytes.get(),
            gauges.proxy_spilled_bytes.get(),
            gauges.upstream_connections.get(),
        );
    }
    proxy.stop();
    backend.stop();
    let _ = drain.join();
}

/// This process: its anonymous memory, and the CPU time of the threads whose names begin so.
fn look_here(threads: &str) -> Look {
    let status = std::fs::read_to_string("/proc/self/status").expect("there is a /proc");
    let memory_kib = status
        .lines()
        .find_map(|line| line.strip_prefix("RssAnon:"))
        .and_then(|text| text.trim().strip_suffix(" kB"))
        .and_then(|text| text.parse::<u64>().ok())
        .expect("the kernel counts anonymous memory");
    let cpu_ns: u64 = std::fs::read_dir("/proc/self/task")
        .expect("a process has threads")
        .filter_map(|task| {
            let dir = task.ok()?.path();
            let name = std::fs::read_to_string(dir.join("comm")).ok()?;
            // The scheduler's own count in nanoseconds; `stat` has only hundredths of a second.
            let spent = std::fs::read_to_string(dir.join("schedstat")).ok()?;
            let ns = spent.split(' ').next()?.parse::<u64>().ok()?;
            name.starts_with(threads).then_some(ns)
        })
        .sum();
    Look {
        memory_bytes: memory_kib * 1024,
        cpu_secs: cpu_ns as f64 / 1e9,
        ..Look::default()
    }
}
