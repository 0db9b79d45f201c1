//! How the sim engine scales: N slow clients for a minute of virtual time, on one core. Cost per event must not grow with N, but for what
//! a larger world costs the processor's caches.
//!
//! `cargo bench --bench sim_scale` runs 1 000 to 100 000; `cargo bench --bench sim_scale -- 1000000` a size of your own. Prints events, wall
//! time, cost per event and peak memory, so that the curve can be seen. Promised: 100 000 in 20 s and 2 GiB.

#![expect(
    clippy::print_stdout,
    reason = "a bench prints its result on standard output"
)]

use slowlab::machine::arrival::{Arrival, Once};
use slowlab::plan::Plan;
use slowlab::record::Report;
use slowlab::seed::Seed;
use slowlab::sim;
use slowlab::time::{Clock, Span, Timestamp};

/// A buffering proxy holds them: each reads 64 KiB at 1 KiB/s; they come within the first ten seconds. It has as many event loops as it takes to relay 61 GiB in
/// that time, at 1.4 us a KiB.
const PLAN: &str = r#"
scenario = "scale"
variant = "baseline"
seed = 7
duration = "60s"
warmup = "0s"
drain = "0s"

[backend]
bind = "unix"
workers = 512
backlog = 4096
[backend.app."/"]
wait = "2ms"
response = "64KiB"

[proxy]
listen = { sndbuf = "16KiB", backlog = 4096 }
worker_processes = 16
worker_connections = 2000000

[[groups]]
name = "slow"
path = "/"
keepalive = false
behavior.slow-read = { rate = "1KiB/s", rcvbuf = "4KiB" }
schedule.starts = { at = [] }
"#;

fn plan(clients: u32) -> Plan {
    let mut plan: Plan = toml::from_str(PLAN).expect("a good plan");
    let arrival = Arrival::Once(Once {
        count: clients,
        start: Span::ZERO,
        spread: Span::from_secs(10),
    });
    let mut chance = Seed(7).stream("unused");
    plan.groups[0].schedule = arrival.draw(plan.duration, &mut chance);
    plan
}

/// CPU time of this process so far.
fn cpu_time() -> Timestamp {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Timestamp::from_ns(time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64)
}

/// Peak resident memory of this process so far, in MiB.
fn peak_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kib.unwrap_or(0) / 1024
}

fn main() {
    let asked: Vec<u32> = std::env::args()
        .filter_map(|argument| argument.parse().ok())
        .collect();
    let sizes = if asked.is_empty() {
        vec![1_000, 10_000, 100_000]
    } else {
        asked
    };
    println!(
        "{:>9} {:>12} {:>9} {:>9} {:>10} {:>10} {:>9} {:>9}",
        "clients", "events", "wall", "cpu", "ns/event", "peak MiB", "requests", "reports"
    );
    for clients in sizes {
        let plan = plan(clients);
        let clock = Clock::start();
        let cpu_before = cpu_time();
        let (mut reports, mut requests, mut served) = (0_u64, 0_u64, 0_u64);
        // So many that the backend's cores, at 400 us a request, are not what is measured.
        let options = sim::Options {
            cores: 256,
            ..sim::Options::default()
        };
        let stats = sim::run(&plan, options, &mut |report| {
            reports += 1;
            if let Report::Client(half) = report {
                requests += 1;
                served += u64::from(half.status == Some(200));
            }
        });
        // Who is turned away costs nothing, and is not what is measured.
        assert_eq!(served, requests, "everybody is let in");
        let wall = clock.now().since(Timestamp::ZERO);
        // Of the CPU, not of the wall: others may be using this machine.
        let cpu = cpu_time().since(cpu_before);
        println!(
            "{clients:>9} {:>12} {:>8.2}s {:>8.2}s {:>10.0} {:>10} {requests:>9} {reports:>9}",
            stats.events,
            wall.as_secs_f64(),
            cpu.as_secs_f64(),
            cpu.as_ns() as f64 / stats.events as f64,
            peak_mib(),
        );
    }
}
