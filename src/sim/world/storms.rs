//! Random plans: whatever is configured, a run ends, reports every request once, and its books balance.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::machine::act::{Act, SignalName, SignalTo, Target};
use crate::machine::arrival::Schedule;
use crate::machine::backend_config::{BackendConfig, Bind, WorkerClass};
use crate::machine::behavior::{
    Abort, Behavior, Burst, By, HalfClose, Healthy, Idle, KeepOpen, SlowHeader, SlowRead, Stall,
    Vanish,
};
use crate::machine::handler::Handler;
use crate::machine::link::Link;
use crate::machine::probe::{ProbeConfig, ProbeKind};
use crate::machine::proxy_config::{ProxyBuffers, ProxyConfig, ReadTimer};
use crate::machine::visit::{Retry, Trouble};
use crate::plan::{GroupPlan, Plan};
use crate::record::{Outcome, Report};
use crate::seed::Seed;
use crate::tier::Tier;
use crate::time::Timestamp;
use crate::units::{ByteRate, Bytes};

pub(super) fn span_ms(from: u64, to: u64) -> impl Strategy<Value = Span> {
    (from..to).prop_map(Span::from_ms)
}

/// How workers serve; all else as it is when nothing is said.
fn class() -> impl Strategy<Value = BackendConfig> {
    use WorkerClass::{Asgi, Gevent, Gthread, Sync, Uvicorn};
    let class = prop::sample::select(&[Sync, Gthread, Gevent, Asgi, Uvicorn][..]);
    let limits = (1..4_u32, 1..8_u32, span_ms(0, 2500), span_ms(0, 3));
    (class, limits).prop_map(|(class, limits)| {
        let mut config: BackendConfig = toml::from_str("").expect("all defaults");
        config.worker_class = class;
        (config.threads, config.keepalive) = (limits.0, limits.2);
        config.cpu_per_request = limits.3;
        // gunicorn asks for no fewer connections than threads either.
        config.worker_connections = limits.1.max(limits.0);
        config
    })
}

/// What is done to the stack meanwhile; a reload may find another number of workers in its configuration.
fn acts() -> impl Strategy<Value = Vec<(Act, u32)>> {
    use SignalName::{Abrt, Hup, Int, Kill, Quit, Term, Ttin, Ttou, Usr1, Usr2, Winch};
    let names = [
        Term, Int, Quit, Hup, Usr1, Usr2, Ttin, Ttou, Winch, Abrt, Kill,
    ];
    let masters = [
        Target::Backend,
        Target::NewBackend,
        Target::Proxy,
        Target::Edge,
    ];
    let targets = masters.into_iter().chain((1..8).map(Target::Worker));
    let all = targets.flat_map(|to| names.map(|name| SignalTo { to, name }));
    let taken: Vec<SignalTo> = all
        .filter(|one| one.name.refused_by(one.to).is_none())
        .collect();
    let to = Target::Backend;
    let of_master = move |name| SignalTo { to, name };
    let signal = prop_oneof![
        2 => prop::sample::select(&[Hup, Usr2, Ttin, Ttou][..]).prop_map(of_master),
        1 => prop::sample::select(taken),
    ];
    let act = (span_ms(0, 5000), signal, 0..5_u32).prop_map(|(at, signal, workers)| {
        let act = Act {
            signal: Some(signal),
            ..Act::nothing(at)
        };
        (act, workers)
    });
    prop::collection::vec(act, 0..5)
}

fn backend() -> impl Strategy<Value = BackendConfig> {
    let handler = (0..30_u64, 0..10_u64, 0..3_000_000_u64, 1..200_000_u64);
    let worker = (
        1..5_u32,
        span_ms(0, 4000),
        0..6_u32,
        span_ms(0, 2500),
        0..4_u32,
    );
    let socket = prop::option::of(1..300_000_u64);
    let served = (any::<bool>(), class(), worker, handler, socket);
    served.prop_map(|(unix, class, worker, handler, sndbuf)| {
        let mut config = class;
        config.bind = if unix { Bind::Unix } else { Bind::Tcp };
        (config.workers, config.timeout, config.backlog) = (worker.0, worker.1, worker.2);
        (config.linger, config.max_requests) = (worker.3, worker.4);
        config.graceful_timeout = Span::from_secs(2);
        config.socket.sndbuf = sndbuf.map(Bytes);
        let (wait, cpu, response, write_size) = handler;
        config.app = BTreeMap::from([(
            "/".to_owned(),
            Handler {
                wait: Span::from_ms(wait).into(),
                cpu: Span::from_ms(cpu).into(),
                response: Bytes(response).into(),
                write_size: Bytes(write_size),
                ..Handler::default()
            },
        )]);
        config
    })
}

fn proxy() -> impl Strategy<Value = Option<ProxyConfig>> {
    let flags = any::<[bool; 5]>();
    let times = prop::collection::vec(span_ms(1, 3000), 4);
    let buffers = (2..10_u32, 1..5_u64, 0..2_000_000_u64);
    let listen = (0..20_u32, prop::option::of(1..100_000_u64));
    let config = (flags, times, buffers, listen).prop_map(|(flags, times, buffers, listen)| {
        let mut config: ProxyConfig = toml::from_str("").expect("all defaults");
        [
            config.proxy_buffering,
            config.proxy_ignore_client_abort,
            config.reset_timedout_connection,
            ..,
        ] = flags;
        if flags[3] {
            config.read_timer = ReadTimer::WallClock;
        }
        if flags[4] {
            config.keepalive_timeout = Span::ZERO;
        }
        config.proxy_connect_timeout = times[0];
        config.proxy_send_timeout = times[1];
        config.proxy_read_timeout = times[2];
        config.send_timeout = times[3];
        let (count, pages, temp) = buffers;
        config.instances = 1 + count % 3;
        config.proxy_buffers = ProxyBuffers {
            count: count + 2,
            size: Bytes::kib(4 * pages),
        };
        config.proxy_max_temp_file_size = Bytes(temp);
        config.temp_disk = flags[0].then_some(Bytes(temp));
        config.limit_rate = ByteRate(if flags[0] { 50_000 * pages } else { 0 });
        config.proxy_limit_rate = ByteRate(if flags[1] { 80_000 * pages } else { 0 });
        (config.listen.backlog, config.listen.sndbuf) = (listen.0, listen.1.map(Bytes));
        if flags[2] {
            config.worker_connections = 4 + 5 * count;
            config.limit_conn = count % 4;
        }
        if flags[1] {
            config.worker_shutdown_timeout = times[3];
        }
        config
    });
    prop::option::weighted(0.8, config)
}

fn behavior() -> impl Strategy<Value = Behavior> {
    let rcvbuf = || prop::option::of((1..100_000_u64).prop_map(Bytes));
    let mss = || prop::option::of(88..1500_u32);
    prop_oneof![
        rcvbuf().prop_map(|rcvbuf| Behavior::Healthy(Healthy { rcvbuf })),
        (1..2_000_000_u64, rcvbuf(), mss()).prop_map(|(rate, rcvbuf, mss)| {
            let rate = ByteRate(rate).into();
            Behavior::SlowRead(SlowRead { rate, rcvbuf, mss })
        }),
        (
            0..50_000_u64,
            prop::option::of(span_ms(0, 3000)),
            rcvbuf(),
            mss()
        )
            .prop_map(|(after, duration, rcvbuf, mss)| Behavior::Stall(Stall {
                after: Bytes(after),
                duration,
                rcvbuf,
                mss,
            })),
        (0..3_u32).prop_map(|after| Behavior::Idle(Idle { after })),
        (span_ms(1, 500), span_ms(1, 900), rcvbuf(), mss()).prop_map(|(on, off, rcvbuf, mss)| {
            Behavior::Burst(Burst {
                on,
                off,
                rcvbuf,
                mss,
            })
        }),
        (10..5000_u64).prop_map(|rate| {
            let rate = ByteRate(rate).into();
            Behavior::SlowHeader(SlowHeader { rate })
        }),
        (0..50_000_u64, any::<[bool; 2]>(), rcvbuf()).prop_map(|(n, [early, resets], rcvbuf)| {
            let by = if resets { By::Rst } else { By::Fin };
            Behavior::Abort(Abort {
                after: early.then_some(Bytes(n)),
                sent: None,
                at: (!early).then_some(Span::from_us(n * 50)),
                by,
                rcvbuf,
            })
        }),
        rcvbuf().prop_map(|rcvbuf| Behavior::HalfClose(HalfClose { rcvbuf })),
        (0..50_000_u64, rcvbuf()).prop_map(|(after, rcvbuf)| {
            let after = Bytes(after);
            Behavior::Vanish(Vanish {
                after,
                length: None,
                rcvbuf,
            })
        }),
        rcvbuf().prop_map(|rcvbuf| Behavior::KeepOpen(KeepOpen { rcvbuf })),
    ]
}

/// Few are far away.
fn link() -> impl Strategy<Value = Option<Link>> {
    let line = (
        1000..2_000_000_u64,
        0..800_u64,
        prop_oneof![2 => Just(0.0), 1 => 0.0..0.3_f64],
    );
    prop::option::weighted(
        0.3,
        line.prop_map(|(rate, rtt, loss)| Link::plain(ByteRate(rate), Span::from_ms(rtt), loss)),
    )
}

fn group() -> impl Strategy<Value = GroupPlan> {
    let starts = prop::collection::vec(0..3000_u64, 0..20);
    let think = prop::option::of(span_ms(0, 200));
    let patience = prop::option::of(span_ms(1, 3000));
    let path = prop_oneof![4 => Just("/"), 1 => Just("/nowhere")];
    (
        starts,
        think,
        patience,
        any::<bool>(),
        path,
        behavior(),
        link(),
        prop::option::weighted(0.3, (1..4_u32, 0..300_u64)),
    )
        .prop_map(
            |(mut starts, think, timeout, keepalive, path, behavior, link, again)| {
                starts.sort_unstable();
                let at: Vec<Timestamp> = starts
                    .iter()
                    .map(|ms| Timestamp::from_us(ms * 1000))
                    .collect();
                let schedule = match think {
                    // Few loops: without think time each makes thousands of requests.
                    Some(think) => Schedule::Loops {
                        at: at.into_iter().take(3).collect(),
                        think: think.max(Span::from_ms(5)),
                    },
                    None => Schedule::Starts { at },
                };
                let retry = again.map(|(max, ms)| Retry {
                    max,
                    on: vec![Trouble::Status(502), Trouble::Timeout, Trouble::Reset],
                    backoff: Span::from_ms(ms),
                    growth: 2.0,
                    most: Span::from_secs(1),
                    jitter: ms % 2 == 0,
                });
                GroupPlan {
                    timeout,
                    keepalive,
                    link,
                    retry,
                    ..GroupPlan::asking(path, behavior, schedule)
                }
            },
        )
}

fn probe() -> impl Strategy<Value = ProbeConfig> {
    let kind = prop_oneof![4 => Just(ProbeKind::Http), 1 => Just(ProbeKind::Tcp)];
    let to = prop_oneof![3 => Just(Tier::Backend), 1 => Just(Tier::Proxy), 1 => Just(Tier::Edge)];
    let spans = (span_ms(10, 1000), span_ms(1, 1000), span_ms(0, 1500));
    let limit = prop::option::weighted(0.8, 1..4_u32);
    (kind, to, spans, limit).prop_map(|(kind, to, (every, timeout, grace), kill_after)| {
        let fresh: ProbeConfig = toml::from_str("name = \"probe\"").expect("all defaults");
        ProbeConfig {
            kind,
            to,
            every,
            timeout,
            grace,
            kill_after,
            ..fresh
        }
    })
}

/// In order, with what a reload finds; no workers are as many as there were.
fn timeline(mut acts: Vec<(Act, u32)>, backend: &BackendConfig) -> Vec<Act> {
    acts.sort_by_key(|(act, _)| act.at);
    let configured = |(act, workers): (Act, u32)| {
        let reads = act
            .signal
            .is_some_and(|signal| signal.name.has_configuration_read());
        let changed = (reads && workers > 0).then(|| BackendConfig {
            workers,
            ..backend.clone()
        });
        Act {
            backend: changed,
            ..act
        }
    };
    acts.into_iter().map(configured).collect()
}

/// A plan of whatever can be configured.
pub(super) fn storm() -> impl Strategy<Value = Plan> {
    let parts = (
        backend(),
        (proxy(), proxy()),
        prop::collection::vec(group(), 1..4),
        prop::option::weighted(0.3, probe()),
        acts(),
        any::<u64>(),
    );
    parts.prop_map(|(backend, (proxy, edge), groups, probe, acts, seed)| {
        let edge = edge.filter(|_| proxy.is_some());
        let probed = probe.filter(|probe| match probe.to {
            Tier::Edge => edge.is_some(),
            Tier::Proxy => proxy.is_some(),
            Tier::Backend => true,
        });
        Plan {
            scenario: "storm".to_owned(),
            variant: "baseline".to_owned(),
            seed: Seed(seed),
            duration: Span::from_ms(3500),
            warmup: Span::ZERO,
            drain: Span::from_secs(2),
            edge,
            proxy,
            groups,
            acts: timeline(acts, &backend),
            backend,
            probes: probed.into_iter().collect(),
            pipeline: None,
        }
    })
}

/// Plays a plan. Every request is reported once, and the run ends; the kernel's and the pipes' books are asserted on the way.
pub(super) fn play(plan: &Plan, options: Options, sink: &mut dyn FnMut(Report)) {
    let (mut ended, mut at_proxy) = (BTreeMap::new(), BTreeMap::new());
    let mut last = Timestamp::ZERO;
    let stats = run(plan, options, &mut |report| {
        match &report {
            Report::Client(half) => {
                *ended.entry(half.request_id).or_insert(0) += 1;
                assert!(half.closed_at >= half.started_at && half.started_at >= half.intended_at);
                if half.outcome == Outcome::Complete {
                    assert_eq!(Some(half.received_bytes), half.expected_bytes);
                }
                last = last.max(half.closed_at);
            }
            Report::Proxy(half) => {
                *at_proxy.entry((half.tier, half.request_id)).or_insert(0) += 1;
            }
            Report::Event(event) => last = last.max(event.at),
            _ => {}
        }
        sink(report);
    });
    assert_eq!(ended.len() as u64, stats.requests);
    assert!(ended.values().all(|times| *times == 1));
    // A request that went over a kept connection which turned out to be closed is sent again.
    // So does an edge, and its own may have come twice.
    let most = |tier: &Tier| match (*tier, plan.edge.is_some()) {
        (Tier::Proxy, true) => 4,
        _ => 2,
    };
    assert!(
        at_proxy
            .iter()
            .all(|((tier, _), times)| *times <= most(tier))
    );
    assert!(last < Timestamp::from_us(30_000_000), "it ended at {last}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn a_run_ends_and_reports_every_request_once(plan in storm()) {
        play(&plan, Options::default(), &mut |_| {});
    }
}
