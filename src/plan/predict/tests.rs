//! The arithmetic against measurements on real nginx and gunicorn.

use super::*;
use crate::machine::arrival::Schedule;
use crate::machine::backend_config::{BackendConfig, WorkerClass};
use crate::machine::behavior::{Behavior, Idle, KeepOpen, SlowRead, Stall};
use crate::machine::handler::Handler;
use crate::machine::proxy_config::ProxyConfig;
use crate::plan::{GroupPlan, Plan};
use crate::seed::Seed;
use crate::units::{ByteRate, Bytes};

fn backend(bind: &str, response: u64, write_size: u64) -> BackendConfig {
    let mut backend: BackendConfig =
        toml::from_str(&format!("bind = \"{bind}\"\nlinger = \"0s\"")).unwrap();
    let handler = Handler {
        response: Bytes(response).into(),
        write_size: Bytes(write_size),
        ..Handler::default()
    };
    backend.timeout = Span::ZERO;
    backend.app.insert("/".to_string(), handler);
    backend
}

fn plan(backend: BackendConfig, proxy: Option<&str>, behavior: Behavior) -> Plan {
    let group = GroupPlan {
        name: "slow".to_string(),
        ..GroupPlan::asking(
            "/",
            behavior,
            Schedule::Starts {
                at: vec![Timestamp::ZERO; 4],
            },
        )
    };
    Plan {
        scenario: "test".to_string(),
        variant: "baseline".to_string(),
        seed: Seed(1),
        duration: Span::from_secs(60),
        warmup: Span::ZERO,
        drain: Span::ZERO,
        backend,
        edge: None,
        proxy: proxy.map(|text| toml::from_str::<ProxyConfig>(text).unwrap()),
        groups: vec![group],
        acts: Vec::new(),
        probes: Vec::new(),
        pipeline: None,
    }
}

fn reader(rate: u64, rcvbuf: Option<u64>) -> Behavior {
    Behavior::SlowRead(SlowRead {
        rate: ByteRate(rate).into(),
        rcvbuf: rcvbuf.map(Bytes),
        mss: None,
    })
}

fn hold_s(plan: &Plan) -> f64 {
    predict(plan).slow[0].client.hold.as_secs_f64()
}

#[test]
fn holds_of_gunicorn_without_a_proxy() {
    // Measured: 8 MiB in 64 KiB items at 1 MB/s holds the worker 4.29 s over TCP and 8.26 s over Unix.
    for (bind, measured) in [("tcp", 4.29), ("unix", 8.26)] {
        let backend = backend(bind, 8 << 20, 65_536);
        let hold = hold_s(&plan(backend, None, reader(1_000_000, None)));
        assert!(
            (hold / measured - 1.0).abs() < 0.05,
            "{bind}: {hold} for {measured}"
        );
    }
}

#[test]
fn holds_behind_nginx() {
    const OFF: &str = "proxy_buffering = false\nlisten.sndbuf = \"16KiB\"";
    const NO_TEMP: &str = "proxy_max_temp_file_size = \"0B\"\nlisten.sndbuf = \"16KiB\"";
    const TEMP: &str = "listen.sndbuf = \"16KiB\"";
    // Measured last successful `send` (E-HOLD); the client reads at size / 16 s, in fact some 5 % slower.
    let measured = [
        (256 << 10, "tcp", OFF, 0.0),
        (256 << 10, "tcp", NO_TEMP, 0.0),
        (256 << 10, "unix", OFF, 10.8),
        (1 << 20, "tcp", OFF, 0.0),
        (1 << 20, "unix", OFF, 14.7),
        (1 << 20, "tcp", NO_TEMP, 0.0),
        (1 << 20, "unix", NO_TEMP, 14.2),
        (1 << 20, "unix", TEMP, 0.0),
        (6 << 20, "tcp", OFF, 7.8),
        (6 << 20, "unix", OFF, 16.6),
        (6 << 20, "tcp", NO_TEMP, 7.7),
        (6 << 20, "unix", NO_TEMP, 16.7),
        (6 << 20, "tcp", TEMP, 0.0),
    ];
    for (size, bind, proxy, seconds) in measured {
        let plan = plan(
            backend(bind, size, 8192),
            Some(proxy),
            reader(size / 16, Some(4096)),
        );
        let hold = hold_s(&plan);
        let error = (hold - seconds).abs();
        assert!(
            error <= 0.2 * seconds + 0.05,
            "{size} {bind} {proxy}: {hold} for {seconds}"
        );
    }
}

#[test]
fn absorbed_bytes_behind_nginx() {
    // Measured (nginx 1.22, client SO_RCVBUF 4096): bytes taken from the backend in all.
    let measured = [
        (
            "unix",
            "proxy_buffering = false\nlisten.sndbuf = \"16KiB\"",
            233_000.0,
        ),
        (
            "unix",
            "proxy_max_temp_file_size = \"0B\"\nlisten.sndbuf = \"16KiB\"",
            262_000.0,
        ),
        (
            "unix",
            "proxy_max_temp_file_size = \"1MiB\"\nlisten.sndbuf = \"16KiB\"",
            1_330_000.0,
        ),
        (
            "tcp",
            "proxy_buffering = false\nlisten.sndbuf = \"16KiB\"",
            4_260_000.0,
        ),
        ("tcp", "proxy_buffering = false", 7_270_000.0),
    ];
    for (bind, proxy, bytes) in measured {
        let plan = plan(
            backend(bind, 20 << 20, 8192),
            Some(proxy),
            reader(1000, Some(4096)),
        );
        let total = predict(&plan).slow[0].client.absorbed.total() as f64;
        assert!(
            (total / bytes - 1.0).abs() < 0.1,
            "{bind} {proxy}: {total} for {bytes}"
        );
    }
}

#[test]
fn a_stall_holds_until_something_ends_it() {
    let stall = Behavior::Stall(Stall {
        rcvbuf: Some(Bytes(4096)),
        ..Stall::default()
    });
    let proxy = "proxy_buffering = false\nlisten.sndbuf = \"16KiB\"";
    let mut plan = plan(backend("unix", 1 << 20, 65_536), Some(proxy), stall);
    let client = predict(&plan).slow[0].client;
    assert_eq!(
        (client.cut, client.hold),
        (Some(Cut::SendTimeout), Span::from_secs(60))
    );
    plan.backend.timeout = Span::from_secs(5);
    let client = predict(&plan).slow[0].client;
    assert_eq!(
        (client.cut, client.hold),
        (Some(Cut::WorkerTimeout), Span::from_secs(5))
    );
    plan.proxy.as_mut().unwrap().proxy_buffering = true;
    let client = predict(&plan).slow[0].client;
    assert_eq!(client.hold, Span::ZERO);
}

#[test]
fn as_many_holds_as_workers_starve_the_others() {
    let proxy = "proxy_buffering = false\nlisten.sndbuf = \"16KiB\"";
    let mut plan = plan(
        backend("unix", 1 << 20, 65_536),
        Some(proxy),
        reader(1 << 18, Some(4096)),
    );
    plan.backend.workers = 5;
    assert_eq!(predict(&plan).starved, None);
    plan.backend.workers = 4;
    let (from, to) = predict(&plan).starved.unwrap();
    assert_eq!(from, Timestamp::ZERO);
    assert!((to.as_secs_f64() - 3.3).abs() < 0.7, "{to}");
}

#[test]
fn a_burst_larger_than_the_backlog_overflows() {
    let quick = Behavior::Healthy(crate::machine::behavior::Healthy::default());
    let mut plan = plan(backend("unix", 1024, 65_536), Some(""), quick);
    plan.backend.app.get_mut("/").unwrap().wait = Span::from_ms(200).into();
    plan.groups[0].schedule = Schedule::Starts {
        at: vec![Timestamp::ZERO; 20],
    };
    plan.backend.workers = 4;
    assert_eq!(predict(&plan).overflow, 0);
    plan.backend.backlog = 4;
    // Four in the workers, backlog + 1 in the queue.
    assert_eq!(predict(&plan).overflow, 20 - 4 - 5);
}

#[test]
fn a_slow_request_holds_whoever_reads_it() {
    let behavior = |text: &str| -> Behavior { toml::from_str(text).unwrap() };
    let head = || behavior("slow-header.rate = \"20B/s\"");
    let body = || behavior("slow-body.rate = \"50KiB/s\"");
    let off = "proxy_request_buffering = false";
    // (class, proxy, behaviour, whether it holds a slot, whether the master kills it)
    let cases = [
        ("sync", None, head(), Some(true)),
        ("gthread", None, head(), Some(false)),
        ("gevent", None, head(), None),
        ("sync", Some(""), head(), None),
        ("sync", None, body(), Some(true)),
        ("sync", Some(""), body(), None),
        ("sync", Some(off), body(), Some(true)),
        ("gthread", Some(off), body(), Some(false)),
    ];
    for (class, proxy, behavior, killed) in cases {
        let what = format!("{class} {proxy:?} {behavior:?}");
        let text =
            format!("worker_class = \"{class}\"\ntimeout = \"1s\"\n[app.\"/\"]\nwait = \"5ms\"");
        let mut plan = plan(toml::from_str(&text).unwrap(), proxy, behavior);
        plan.groups[0].body = Bytes::kib(100);
        let prediction = predict(&plan);
        let client = prediction.slow.first().map(|slow| slow.client);
        let cut = client.map(|client| client.cut == Some(Cut::WorkerTimeout));
        assert_eq!(cut, killed, "{what}");
        if let (Some(client), Behavior::SlowBody(_)) = (client, &plan.groups[0].behavior) {
            assert_eq!(client.uncut, Span::from_ms(2005), "{what}");
        }
    }
}

#[test]
fn silent_clients_and_those_that_do_not_close() {
    let sync = |timeout: &str| -> BackendConfig {
        toml::from_str(&format!(
            "{timeout}\n[app.\"/\"]\nwait = \"5ms\"\nresponse = \"2KiB\""
        ))
        .unwrap()
    };
    let idle = || Behavior::Idle(Idle::default());
    // (backend, proxy, behaviour, hold of a worker in seconds; none if it holds nobody)
    let cases = [
        ("timeout = \"3s\"", None, idle(), Some(3.0)),
        ("worker_class = \"gthread\"", None, idle(), Some(5.0)),
        ("worker_class = \"gevent\"", None, idle(), None),
        ("timeout = \"3s\"", Some(""), idle(), None),
        (
            "timeout = \"3s\"",
            None,
            Behavior::KeepOpen(KeepOpen::default()),
            Some(2.005),
        ),
        (
            "linger = \"0s\"",
            None,
            Behavior::KeepOpen(KeepOpen::default()),
            None,
        ),
        ("", Some(""), Behavior::KeepOpen(KeepOpen::default()), None),
    ];
    for (backend, proxy, behavior, expected) in cases {
        let prediction = predict(&plan(sync(backend), proxy, behavior));
        let hold = prediction
            .slow
            .first()
            .map(|slow| slow.client.hold.as_secs_f64());
        assert_eq!(hold, expected, "{backend} {proxy:?}");
    }
}

#[test]
fn only_sync_workers_linger_for_one_client_and_only_they_are_killed_for_it() {
    // 2 MiB over TCP fit, and are read in four seconds: what comes after the last send is the close.
    let closing = |class: &str, reader: Behavior| {
        let mut backend = backend("tcp", 2 << 20, 65_536);
        backend.worker_class = WorkerClass::named(class).unwrap();
        backend.linger = Span::from_secs(2);
        backend.timeout = Span::from_secs(1);
        predict(&plan(backend, None, reader))
    };
    // (class, hold of a slot, wait of the main thread)
    let cases = [
        ("sync", 1.0, 0.0),
        ("gthread", 0.0, 2.0),
        ("gevent", 0.0, 0.0),
        ("asgi", 0.0, 0.0),
        ("uvicorn", 0.0, 0.0),
    ];
    for (class, hold, main_thread) in cases {
        let prediction = closing(class, reader(1 << 19, None));
        let client = prediction.slow[0].client;
        assert_eq!(client.hold.as_secs_f64(), hold, "{class}");
        assert_eq!(client.main_thread.as_secs_f64(), main_thread, "{class}");
        let killed = (class == "sync").then_some(Cut::WorkerTimeout);
        assert_eq!(client.cut, killed, "{class}");
        let waits = prediction
            .claims()
            .contains(&Claim::Slow(Slow::MainThreadWaits(Span::from_secs(2))));
        assert_eq!(waits, class == "gthread", "{:?}", prediction.claims());
    }
}
