//! What a held client costs: thousands of slow readers against a simple server in this process.
//!
//! `cargo bench --bench held_clients [-- CLIENTS SECONDS]` prints the error of each client's rate, the CPU of the clients' thread
//! and the memory per held client. Both ends live in this process: two descriptors per client.

#![expect(clippy::print_stdout, reason = "the figures are the point")]

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use slowlab::clients::{Fleet, FleetSpec, fd_need};
use slowlab::machine::arrival::Schedule;
use slowlab::machine::behavior::{Behavior, SlowRead};
use slowlab::net::Address;
use slowlab::observe::limits;
use slowlab::plan::GroupPlan;
use slowlab::record::{ClientHalf, Gauges, Report, Sink};
use slowlab::time::{Clock, Span, Timestamp};
use slowlab::units::{ByteRate, Bytes};

/// Rates of the clients, in equal parts.
const RATES: [u64; 4] = [1024, 2048, 3072, 4096];
/// Small on both sides, as in a scenario of this size: default buffers would absorb 4 MB per client.
const SOCKET_BUFFER_BYTES: usize = 4096;
/// More body than anybody will read.
const HEAD: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 1099511627776\r\n\r\n";

fn main() {
    let (count, secs) = size();
    let (soft, _) = limits::raise_nofile().expect("the soft limit may reach the hard one");
    let groups = groups(count);
    let need = 2 * fd_need(&groups) as u64;
    assert!(
        need <= soft,
        "{need} descriptors are needed, {soft} are allowed"
    );

    let listener = listen();
    let target = Address::Tcp(listener.local_addr().expect("it is bound"));
    let done = Arc::new(AtomicBool::new(false));
    let server = {
        let done = Arc::clone(&done);
        let mut connections = Vec::with_capacity(count);
        std::thread::spawn(move || serve(&listener, &mut connections, &done))
    };

    let (sink, receiver) = Sink::new();
    let gauges = Arc::new(Gauges::default());
    let clock = Clock::start();
    let memory_before = resident_bytes();
    let fleet = Fleet::start(FleetSpec {
        groups,
        targets: vec![target],
        through_proxy: false,
        start_at: clock.now(),
        duration: Span::from_secs(secs),
        drain: Span::ZERO,
        clock,
        sink,
        gauges: Arc::clone(&gauges),
        host: "localhost".to_owned(),
    })
    .expect("the fleet starts");
    let mut memory_held = 0;
    let halves = collect(&receiver, || {
        if gauges.held_connections.get() == count as u64 {
            memory_held = resident_bytes();
        }
    });
    let stats = fleet.wait();
    done.store(true, Ordering::Relaxed);
    let server_cpu = server.join().expect("the server ends");

    println!("{count} clients for {secs} s, {} requests", halves.len());
    print_rates(&halves);
    let cpu = stats.cpu_time.as_secs_f64() / stats.wall_time.as_secs_f64();
    let late = stats.latest_start.as_secs_f64() * 1e3;
    let memory = memory_held.saturating_sub(memory_before) / count as u64;
    println!(
        "CPU of the clients' thread: {:.1} % of a core (server: {server_cpu:.2} s)",
        cpu * 100.0
    );
    println!("latest start after its intended instant: {late:.1} ms");
    match memory_held {
        0 => println!("never were all clients held at once: no memory figure"),
        _ => println!(
            "resident memory per held client: {memory} bytes (whole process, server included)"
        ),
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

/// What the clients report; calls `idle` whenever nothing came for a while.
fn collect(receiver: &Receiver<Report>, mut idle: impl FnMut()) -> Vec<ClientHalf> {
    let mut halves = Vec::new();
    loop {
        match receiver.recv_timeout(Duration::from_millis(100)) {
            Ok(Report::Client(half)) => halves.push(*half),
            Ok(_) => {}
            Err(RecvTimeoutError::Timeout) => idle(),
            Err(RecvTimeoutError::Disconnected) => return halves,
        }
    }
}

fn groups(count: usize) -> Vec<GroupPlan> {
    RATES
        .iter()
        .map(|rate| GroupPlan {
            name: rate.to_string(),
            path: "/".to_owned(),
            timeout: Some(Span::from_secs(600)),
            keepalive: false,
            behavior: Behavior::SlowRead(SlowRead {
                rate: ByteRate(*rate),
                rcvbuf: Some(Bytes(SOCKET_BUFFER_BYTES as u64)),
                mss: None,
            }),
            schedule: Schedule::Starts {
                // Over one second, so that the accept queue holds.
                at: (0..count / RATES.len())
                    .map(|n| Timestamp::from_us((n * 1_000_000 * RATES.len() / count) as u64))
                    .collect(),
            },
        })
        .collect()
}

fn listen() -> TcpListener {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None)
        .expect("a socket can be made");
    socket
        .set_send_buffer_size(SOCKET_BUFFER_BYTES)
        .expect("any size is taken");
    let any: std::net::SocketAddr = "127.0.0.1:0".parse().expect("it is an address");
    socket.bind(&any.into()).expect("some port is free");
    socket.listen(4096).expect("it can listen");
    socket.set_nonblocking(true).expect("it can be polled");
    socket.into()
}

/// Keeps every connection's send buffer full, by trying all of them twenty times a second. Returns its CPU time in seconds.
fn serve(listener: &TcpListener, connections: &mut Vec<TcpStream>, done: &AtomicBool) -> f64 {
    let piece = [b'x'; 16 * 1024];
    let (never, pause) = std::sync::mpsc::channel::<()>();
    while !done.load(Ordering::Relaxed) {
        while let Ok((mut stream, _)) = listener.accept() {
            stream.set_nonblocking(true).expect("it can be polled");
            stream.write_all(HEAD).expect("a head fits");
            connections.push(stream);
        }
        for stream in connections.iter_mut() {
            let _ = stream.write(&piece);
        }
        let _ = pause.recv_timeout(Duration::from_millis(50));
    }
    drop(never);
    let mut request = [0; 512];
    let alive = connections
        .iter_mut()
        .filter_map(|stream| stream.read(&mut request).ok())
        .count();
    assert_eq!(
        alive,
        connections.len(),
        "every client has sent its request"
    );
    cpu_seconds()
}

fn print_rates(halves: &[ClientHalf]) {
    let mut errors: BTreeMap<u64, Vec<f64>> = BTreeMap::new();
    for half in halves {
        let rate: u64 = half.group.parse().expect("groups are named by their rates");
        let (Some(from), Some(to)) = (half.connected_at, half.last_byte_at) else {
            println!(
                "request {} got nothing: {:?}",
                half.request_id, half.outcome
            );
            continue;
        };
        // The head counts for the pace but not as body.
        let read_bytes = half.received_bytes + HEAD.len() as u64;
        let measured = read_bytes as f64 / to.since(from).as_secs_f64();
        errors
            .entry(rate)
            .or_default()
            .push((measured / rate as f64 - 1.0) * 100.0);
    }
    for (rate, mut errors) in errors {
        errors.sort_by(f64::total_cmp);
        let n = errors.len();
        println!(
            "{rate} B/s, {n} clients: rate error min {:+.2} %, median {:+.2} %, max {:+.2} %",
            errors[0],
            errors[n / 2],
            errors[n - 1]
        );
    }
}

fn resident_bytes() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").expect("there is a /proc");
    let pages: u64 = statm
        .split(' ')
        .nth(1)
        .and_then(|pages| pages.parse().ok())
        .expect("the second number is the resident set");
    pages * rustix::param::page_size() as u64
}

fn cpu_seconds() -> f64 {
    let used = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    used.tv_sec as f64 + used.tv_nsec as f64 / 1e9
}
