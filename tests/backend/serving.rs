//! Requests and responses.

use std::io::Write;

use slowlab::record::{Report, WorkerState};

use crate::support::{Lab, eventually, read_response, wchan};

const APP: &str = r#"
[app."/"]
response = "2KiB"
[app."/wait"]
wait = "20ms"
cpu = "5ms"
response = "10B"
[app."/big"]
response = "20MiB"
"#;

fn lab(top: &str) -> Lab {
    Lab::start(&format!("{top}\n{APP}"))
}

#[test]
fn serves_over_both_families() {
    for bind in ["tcp", "unix"] {
        let mut lab = lab(&format!("bind = \"{bind}\"\nworkers = 2"));
        assert_eq!(lab.backend().worker_pids().len(), 2);
        assert_eq!(lab.get("/"), (200, 2048));
        assert_eq!(lab.get("/wait?x=1"), (200, 10));
        assert_eq!(lab.get("/nowhere"), (404, 0));
        assert_eq!(lab.get("/big"), (200, 20 << 20));
        lab.stop();
        let log = lab.log();
        assert!(log.contains("Shutting down: Master"), "{log}");
        assert!(log.contains("\"GET /big HTTP/1.1\" 200 20971520"), "{log}");
    }
}

#[test]
fn a_body_is_the_pattern_whatever_the_pieces() {
    let lab = Lab::start("[app.\"/\"]\nresponse = \"10000B\"\nwrite_size = \"77B\"");
    let mut stream = lab.request("/", 1);
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    let body = &bytes[bytes.len() - 10_000..];
    let pattern = slowlab::machine::worker::BODY_PATTERN;
    assert!(body.iter().zip(pattern.iter().cycle()).all(|(a, b)| a == b));
}

#[test]
fn bad_requests_get_error_pages_and_the_worker_goes_on() {
    let lab = lab("bind = \"unix\"");
    for (head, status) in [
        ("nonsense\r\n\r\n".to_owned(), 400),
        (format!("GET /{} HTTP/1.1\r\n\r\n", "x".repeat(5000)), 414),
        (
            format!("GET / HTTP/1.1\r\n{}\r\n", "a: b\r\n".repeat(101)),
            431,
        ),
    ] {
        let mut stream = lab.connect();
        stream.write_all(head.as_bytes()).unwrap();
        assert_eq!(read_response(&mut *stream).0, status);
    }
    drop(lab.connect());
    assert_eq!(lab.get("/").0, 200);
    assert_eq!(lab.backend().worker_pids().len(), 1);
}

#[test]
fn requests_spread_over_idle_workers() {
    let mut lab = lab("workers = 3\nbind = \"tcp\"");
    let mut served = std::collections::BTreeMap::new();
    for id in 1..=120 {
        read_response(&mut *lab.request("/", id));
        let pid = lab.wait_for_state(WorkerState::App, Some(id)).pid;
        *served.entry(pid).or_insert(0) += 1;
    }
    assert_eq!(served.len(), 3, "{served:?}");
}

#[test]
fn a_client_that_does_not_read_holds_its_worker_in_send() {
    for (bind, sleep) in [("tcp", "wait_woken"), ("unix", "sock_alloc_send_pskb")] {
        let mut lab = lab(&format!("workers = 1\nbind = \"{bind}\""));
        let mut held = lab.request("/big", 1);
        let pid = lab.wait_for_state(WorkerState::Send, Some(1)).pid;
        eventually(&format!("{pid} sleeps in {sleep}"), || {
            let wchan = wchan(pid);
            // Kernels without wchan show `0`: then the state report alone must do.
            wchan.contains(sleep) || wchan == "0"
        });
        let mut waiting = lab.request("/", 2);
        assert_eq!(read_response(&mut *held), (200, 20 << 20));
        assert_eq!(read_response(&mut *waiting), (200, 2048));
        let linger = lab.wait_for_state(WorkerState::Linger, Some(1));
        assert_eq!(linger.sent_bytes, 20 << 20);
        assert!(!linger.send_blocked.is_zero());
        let send = lab.wait_for_state(WorkerState::Send, Some(1));
        assert!(linger.send_blocked <= linger.at.since(send.at));
        let next = lab.wait_for_state(WorkerState::App, Some(2));
        assert!(next.at >= linger.at, "one request at a time");
    }
}

/// 64 KiB fit three times into a Unix socket's default buffer, and not once into one of 16 KiB.
#[test]
fn a_small_send_buffer_holds_the_worker_over_unix() {
    let app = "[app.\"/\"]\nresponse = \"64KiB\"\nwrite_size = \"4KiB\"";
    for (socket, held) in [("", false), ("socket.sndbuf = \"16KiB\"\n", true)] {
        let mut lab = Lab::start(&format!("workers = 1\nbind = \"unix\"\n{socket}{app}"));
        let mut unread = lab.request("/", 1);
        let pid = lab.wait_for_state(WorkerState::Send, Some(1)).pid;
        if held {
            eventually(&format!("{pid} sleeps in send"), || {
                let wchan = wchan(pid);
                wchan.contains("sock_alloc_send_pskb") || wchan == "0"
            });
            assert_eq!(read_response(&mut *unread), (200, 64 << 10));
        }
        let linger = lab.wait_for_state(WorkerState::Linger, Some(1));
        assert_eq!(linger.sent_bytes, 64 << 10);
    }
}

#[test]
fn a_client_that_leaves_costs_nothing_but_the_response() {
    let mut lab = lab("workers = 1");
    let held = lab.request("/big", 1);
    lab.wait_for_state(WorkerState::Send, Some(1));
    drop(held);
    assert_eq!(lab.get("/"), (200, 2048));
    assert_eq!(lab.backend().worker_pids().len(), 1);
    let deaths = lab.seen.iter().filter(
        |report| matches!(report, Report::Worker(worker) if worker.state == WorkerState::Dead),
    );
    assert_eq!(deaths.count(), 0);
}

#[test]
fn the_linger_waits_for_the_client_to_close() {
    let mut lab = lab("workers = 1\nlinger = \"700ms\"");
    let mut kept = lab.request("/", 1);
    assert_eq!(read_response(&mut *kept), (200, 2048));
    let linger = lab.wait_for_state(WorkerState::Linger, Some(1));
    let mut next = lab.request("/", 2);
    assert_eq!(read_response(&mut *next), (200, 2048));
    let app = lab.wait_for_state(WorkerState::App, Some(2));
    let waited = app.at.since(linger.at).as_ms();
    assert!(waited >= 700, "{waited} ms");
    drop(kept);
}

#[test]
fn the_accept_queue_takes_backlog_plus_one() {
    let lab =
        Lab::start("bind = \"unix\"\nworkers = 1\nbacklog = 5\n[app.\"/\"]\nwait = \"60s\"\n");
    let _held = lab.request("/", 1);
    let mut lab = lab;
    lab.wait_for_state(WorkerState::App, Some(1));
    let slowlab::net::Address::Unix(path) = lab.backend().address().clone() else {
        panic!("a Unix socket was asked for");
    };
    let mut queued = Vec::new();
    let refused = loop {
        let socket = socket2::Socket::new(socket2::Domain::UNIX, socket2::Type::STREAM, None);
        let socket = socket.unwrap();
        socket.set_nonblocking(true).unwrap();
        match socket.connect(&socket2::SockAddr::unix(&path).unwrap()) {
            Ok(()) => queued.push(socket),
            Err(error) => break error,
        }
    };
    assert_eq!(queued.len(), 6);
    assert_eq!(refused.kind(), std::io::ErrorKind::WouldBlock);
    lab.backend.take().unwrap().quit();
}
