//! A fleet against small servers of its own, on real sockets.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::unix::net::UnixListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::Receiver;
use std::thread::JoinHandle;

use super::*;
use crate::machine::arrival::Schedule;
use crate::machine::behavior::{
    Abort, Behavior, By, HalfClose, Healthy, Idle, KeepOpen, SlowHeader, SlowRead, Stall,
};
use crate::machine::http::Method;
use crate::net::Address;
use crate::plan::GroupPlan;
use crate::record::{ClientHalf, EndedBy, Event, EventKind, Gauges, Outcome, Report, Sink};
use crate::time::{Clock, Span, Timestamp};
use crate::units::{ByteRate, Bytes};

struct Lab {
    gauges: Arc<Gauges>,
    receiver: Receiver<Report>,
    fleet: Fleet,
}

fn start(groups: Vec<GroupPlan>, target: Address, duration: Span, drain: Span) -> Lab {
    let (sink, receiver) = Sink::new();
    let gauges = Arc::new(Gauges::default());
    let clock = Clock::start();
    let fleet = Fleet::start(FleetSpec {
        groups,
        targets: vec![target],
        through_proxy: true,
        start_at: Timestamp::ZERO,
        duration,
        drain,
        clock,
        sink,
        gauges: Arc::clone(&gauges),
        host: "lab.test".to_owned(),
        ear: None,
    })
    .unwrap();
    Lab {
        gauges,
        receiver,
        fleet,
    }
}

impl Lab {
    /// Waits for the end and returns what was reported, requests by id.
    fn finish(self) -> (Vec<ClientHalf>, Vec<Event>, FleetStats) {
        let stats = self.fleet.wait();
        let (mut halves, mut events) = (Vec::new(), Vec::new());
        for report in self.receiver {
            match report {
                Report::Client(half) => halves.push(*half),
                Report::Event(event) => events.push(event),
                other => panic!("a fleet does not report {other:?}"),
            }
        }
        halves.sort_by_key(|half| half.request_id);
        assert_eq!(self.gauges.held_connections.get(), 0);
        assert_eq!(self.gauges.requests_started.get(), halves.len() as u64);
        assert_eq!(stats.requests, halves.len() as u64);
        (halves, events, stats)
    }
}

fn group(behavior: Behavior, starts: &[u64]) -> GroupPlan {
    let at = starts.iter().map(|ms| Timestamp::from_us(ms * 1000));
    let schedule = Schedule::Starts { at: at.collect() };
    GroupPlan {
        name: "g".to_owned(),
        ..GroupPlan::asking("/p?q=1", behavior, schedule)
    }
}

pub(super) fn healthy(starts: &[u64]) -> GroupPlan {
    group(Behavior::Healthy(Healthy::default()), starts)
}

fn slow(rate: u64, rcvbuf: Option<u64>, starts: &[u64]) -> GroupPlan {
    let behavior = Behavior::SlowRead(SlowRead {
        rate: ByteRate(rate).into(),
        rcvbuf: rcvbuf.map(Bytes),
        mss: None,
    });
    group(behavior, starts)
}

/// Reads one request head; empty when the client has gone.
fn read_head(stream: &mut impl Read) -> String {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && matches!(stream.read(&mut byte), Ok(1)) {
        head.push(byte[0]);
    }
    String::from_utf8(head).unwrap()
}

/// A server that hands each of `count` connections, with its request's head, to `serve`.
fn server<F>(count: usize, serve: F) -> (Address, JoinHandle<()>)
where
    F: Fn(TcpStream, String) + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = Address::Tcp(listener.local_addr().unwrap());
    let thread = std::thread::spawn(move || {
        for _ in 0..count {
            let (mut stream, _) = listener.accept().unwrap();
            let head = read_head(&mut stream);
            serve(stream, head);
        }
    });
    (address, thread)
}

fn one_outcome(serve: impl Fn(TcpStream, String) + Send + 'static) -> ClientHalf {
    let (address, thread) = server(1, serve);
    let lab = start(
        vec![healthy(&[0])],
        address,
        Span::from_ms(1),
        Span::from_secs(10),
    );
    let (mut halves, _, _) = lab.finish();
    thread.join().unwrap();
    assert_eq!(halves.len(), 1);
    halves.remove(0)
}

fn say(text: &'static str) -> impl Fn(TcpStream, String) + Send + 'static {
    move |mut stream, _| stream.write_all(text.as_bytes()).unwrap()
}

#[test]
fn how_requests_end() {
    let complete = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
    let gateway = "HTTP/1.1 504 Gateway Time-out\r\nContent-Length: 3\r\n\r\nbad";
    let cut = "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nhello";
    let endless = "HTTP/1.1 200 OK\r\n\r\nto the end";
    let cases = [
        (
            complete,
            Outcome::Complete,
            EndedBy::Completion,
            Some(200),
            5,
        ),
        (
            gateway,
            Outcome::Complete,
            EndedBy::Completion,
            Some(504),
            3,
        ),
        (
            endless,
            Outcome::Complete,
            EndedBy::Completion,
            Some(200),
            10,
        ),
        (cut, Outcome::Truncated, EndedBy::Proxy, Some(200), 5),
        ("", Outcome::Reset, EndedBy::Proxy, None, 0),
        ("HTTP/1.1 2", Outcome::Reset, EndedBy::Proxy, None, 0),
        ("220 smtp\r\n", Outcome::Aborted, EndedBy::Client, None, 0),
    ];
    for (text, outcome, by, status, received) in cases {
        let half = one_outcome(say(text));
        assert_eq!((half.outcome, half.ended_by), (outcome, by), "{text:?}");
        assert_eq!(
            (half.status, half.received_bytes),
            (status, received),
            "{text:?}"
        );
        let known = [Some(half.started_at), half.connected_at, half.first_byte_at];
        let known: Vec<Timestamp> = known.into_iter().flatten().collect();
        assert!(
            known.is_sorted() && *known.last().unwrap() <= half.closed_at,
            "{half:?}"
        );
    }
}

#[test]
fn a_reset_in_the_body_is_a_reset() {
    let half = one_outcome(|mut stream, _| {
        let head = b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nhello";
        stream.write_all(head).unwrap();
        socket2::SockRef::from(&stream)
            .set_linger(Some(std::time::Duration::ZERO))
            .unwrap();
    });
    assert_eq!(half.outcome, Outcome::Reset);
    assert_eq!(half.status.is_some(), half.received_bytes > 0);
}

#[test]
fn the_request_says_who_it_is() {
    let (sender, heads) = std::sync::mpsc::channel();
    let (address, thread) = server(3, move |mut stream, head| {
        sender.send(head).unwrap();
        stream
            .write_all(b"HTTP/1.1 204 No Content\r\n\r\n")
            .unwrap();
    });
    let lab = start(
        vec![healthy(&[0]), healthy(&[20, 40])],
        address,
        Span::from_ms(50),
        Span::from_secs(10),
    );
    let (halves, events, _) = lab.finish();
    thread.join().unwrap();
    let heads: Vec<String> = heads.iter().collect();
    let version = env!("CARGO_PKG_VERSION");
    let first = format!(
        "GET /p?q=1 HTTP/1.1\r\nHost: lab.test\r\nUser-Agent: slowlab/{version}\r\n\
         x-slowlab-request: 1\r\nConnection: close\r\n\r\n"
    );
    assert_eq!(heads[0], first);
    assert!(heads[2].contains("x-slowlab-request: 3\r\n"));
    let ids: Vec<(u64, u32)> = halves
        .iter()
        .map(|half| (half.request_id, half.client))
        .collect();
    assert_eq!(ids, [(1, 0), (2, 0), (3, 1)]);
    assert!(halves.iter().all(|half| half.client_port.is_some()));
    let names: Vec<String> = events.iter().map(|event| event.kind.name()).collect();
    assert_eq!(names, ["clients_started", "drain_started", "generated"]);
}

/// A start whose time has come is made even if the duration has passed when the scheduler gets to it.
#[test]
fn a_late_fleet_still_makes_its_starts() {
    let half = {
        let (address, thread) = server(1, say("HTTP/1.1 204 No Content\r\n\r\n"));
        let lab = start(
            vec![healthy(&[0])],
            address,
            Span::from_ns(1),
            Span::from_secs(10),
        );
        let (mut halves, _, _) = lab.finish();
        thread.join().unwrap();
        halves.remove(0)
    };
    assert_eq!(half.outcome, Outcome::Complete);
}

#[test]
fn nobody_listening_is_refused_and_told_once() {
    let address = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        Address::Tcp(listener.local_addr().unwrap())
    };
    let lab = start(
        vec![healthy(&[0, 1, 2])],
        address,
        Span::from_ms(5),
        Span::from_secs(5),
    );
    let (halves, events, _) = lab.finish();
    assert!(halves.iter().all(|half| half.outcome == Outcome::Refused
        && half.ended_by == EndedBy::Proxy
        && half.connected_at.is_none()));
    let counts: Vec<u64> = events
        .iter()
        .filter_map(|event| match event.kind {
            EventKind::ClientProblem { count, .. } => Some(count),
            _ => None,
        })
        .collect();
    assert_eq!(counts, [1, 3], "{events:?}");
}

#[test]
fn a_full_unix_queue_refuses_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s");
    let listener =
        socket2::Socket::new(socket2::Domain::UNIX, socket2::Type::STREAM, None).unwrap();
    listener
        .bind(&socket2::SockAddr::unix(&path).unwrap())
        .unwrap();
    listener.listen(1).unwrap();
    let lab = start(
        vec![healthy(&[0, 1, 2, 3])],
        Address::Unix(path),
        Span::from_ms(30),
        Span::from_ms(20),
    );
    let (halves, _, _) = lab.finish();
    let count = |outcome| halves.iter().filter(|half| half.outcome == outcome).count();
    // A backlog of one holds two.
    assert_eq!(
        (count(Outcome::Unfinished), count(Outcome::Refused)),
        (2, 2)
    );
}

#[test]
fn patience_counts_from_the_intended_start() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = Address::Tcp(listener.local_addr().unwrap());
    let stall = Behavior::Stall(Stall::default());
    let mut groups = vec![healthy(&[10]), group(stall, &[10])];
    for group in &mut groups {
        group.timeout = Some(Span::from_ms(60));
    }
    let lab = start(groups, address, Span::from_ms(20), Span::from_secs(10));
    let (halves, _, _) = lab.finish();
    assert_eq!(halves.len(), 2);
    for half in halves {
        assert_eq!(
            (half.outcome, half.ended_by),
            (Outcome::Timeout, EndedBy::ClientTimeout)
        );
        assert_eq!(half.intended_at, Timestamp::from_us(10_000));
        assert!(half.closed_at >= half.intended_at + Span::from_ms(60));
        assert!(half.connected_at.is_some());
    }
}

#[test]
fn an_idle_client_says_nothing_until_the_server_closes() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = Address::Tcp(listener.local_addr().unwrap());
    let thread = std::thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        let began = std::time::Duration::from_millis(30);
        stream.set_read_timeout(Some(began)).unwrap();
        let said = (&stream).read(&mut [0; 16]);
        assert!(said.is_err(), "an idle client said {said:?}");
    });
    let groups = vec![group(Behavior::Idle(Idle::default()), &[0])];
    let lab = start(groups, address, Span::from_ms(1), Span::from_secs(10));
    let (halves, _, _) = lab.finish();
    thread.join().unwrap();
    let half = &halves[0];
    assert_eq!(
        (half.outcome, half.ended_by),
        (Outcome::Reset, EndedBy::Proxy)
    );
    assert_eq!((half.status, half.first_byte_at), (None, None));
    assert!(half.closed_at >= half.intended_at + Span::from_ms(30));
}

#[test]
fn an_idle_client_falls_silent_after_its_requests() {
    const REPLY: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = Address::Tcp(listener.local_addr().unwrap());
    let thread = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        for _ in 0..2 {
            assert!(read_head(&mut stream).starts_with("GET /p"));
            stream.write_all(REPLY).unwrap();
        }
        // The client's patience with its own silence ends this.
        assert_eq!(read_head(&mut stream), "");
    });
    let mut idle = group(Behavior::Idle(Idle { after: 2 }), &[]);
    (idle.keepalive, idle.timeout) = (true, Some(Span::from_ms(1200)));
    idle.schedule = Schedule::Loops {
        at: vec![Timestamp::ZERO],
        think: Span::ZERO,
    };
    let lab = start(vec![idle], address, Span::from_secs(1), Span::from_secs(10));
    let (halves, _, _) = lab.finish();
    thread.join().unwrap();
    let outcomes: Vec<_> = halves.iter().map(|half| half.outcome).collect();
    assert_eq!(
        outcomes,
        [Outcome::Complete, Outcome::Complete, Outcome::Timeout]
    );
}

/// Takes one connection and reads to its end; what came, and whether that was a reset.
fn swallow(listener: TcpListener) -> JoinHandle<(Vec<u8>, bool)> {
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut all = Vec::new();
        let reset = stream.read_to_end(&mut all).is_err();
        (all, reset)
    })
}

fn one(group: GroupPlan, listener: &TcpListener) -> ClientHalf {
    let address = Address::Tcp(listener.local_addr().unwrap());
    let lab = start(vec![group], address, Span::from_ms(1), Span::from_secs(10));
    let (mut halves, _, _) = lab.finish();
    assert_eq!(halves.len(), 1);
    halves.remove(0)
}

#[test]
fn a_body_is_sent_as_it_was_announced() {
    for chunked in [false, true] {
        let (sender, bodies) = std::sync::mpsc::channel();
        let (address, thread) = server(1, move |mut stream, head| {
            let announced = if chunked {
                "Transfer-Encoding: chunked"
            } else {
                "Content-Length: 200000"
            };
            assert!(
                head.starts_with("POST /p") && head.contains(announced),
                "{head}"
            );
            let length = crate::machine::http::Upload {
                bytes: 200_000,
                chunked,
            }
            .wire_bytes();
            let mut body = vec![0; length as usize];
            stream.read_exact(&mut body).unwrap();
            sender.send(body).unwrap();
            stream
                .write_all(b"HTTP/1.1 204 No Content\r\n\r\n")
                .unwrap();
        });
        let mut group = healthy(&[0]);
        (group.method, group.body, group.chunked) = (Method::Post, Bytes(200_000), chunked);
        let lab = start(vec![group], address, Span::from_ms(1), Span::from_secs(10));
        let (halves, _, _) = lab.finish();
        thread.join().unwrap();
        assert_eq!(
            (halves[0].outcome, halves[0].status),
            (Outcome::Complete, Some(204))
        );
        let body = bodies.recv().unwrap();
        let data = body.iter().filter(|byte| **byte == b'x').count();
        assert_eq!((data, body.ends_with(b"0\r\n\r\n")), (200_000, chunked));
    }
}

#[test]
fn who_leaves_in_the_middle_of_a_body_leaves_as_it_says() {
    for by in [By::Fin, By::Rst] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut leaver = group(
            Behavior::Abort(Abort {
                sent: Some(Bytes(5000)),
                by,
                ..Abort::default()
            }),
            &[0],
        );
        (leaver.method, leaver.body) = (Method::Put, Bytes(1_000_000));
        let thread = swallow(listener.try_clone().unwrap());
        let half = one(leaver, &listener);
        let (all, reset) = thread.join().unwrap();
        assert_eq!(
            (half.outcome, half.ended_by),
            (Outcome::Aborted, EndedBy::Client)
        );
        assert!(all.starts_with(b"PUT /p") || reset);
        assert!(
            reset == (by == By::Rst) && (reset || all.len() == 5000),
            "{} {by:?}",
            all.len()
        );
    }
}

#[test]
fn a_half_closed_client_still_reads() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let server = listener.try_clone().unwrap();
    let thread = std::thread::spawn(move || {
        let (mut stream, _) = server.accept().unwrap();
        let mut all = String::new();
        stream.read_to_string(&mut all).unwrap();
        assert!(all.ends_with("\r\n\r\n"), "{all}");
        stream
            .write_all(b"HTTP/1.1 204 No Content\r\n\r\n")
            .unwrap();
    });
    let half = one(
        group(Behavior::HalfClose(HalfClose::default()), &[0]),
        &listener,
    );
    thread.join().unwrap();
    assert_eq!((half.outcome, half.status), (Outcome::Complete, Some(204)));
}

#[test]
fn a_slow_header_takes_its_time() {
    let (address, thread) = server(1, say("HTTP/1.1 204 No Content\r\n\r\n"));
    let rate = ByteRate(500).into();
    let groups = vec![group(Behavior::SlowHeader(SlowHeader { rate }), &[0])];
    let lab = start(groups, address, Span::from_ms(1), Span::from_secs(10));
    let (halves, _, _) = lab.finish();
    thread.join().unwrap();
    let took = halves[0]
        .first_byte_at
        .unwrap()
        .since(halves[0].connected_at.unwrap());
    // Some 110 bytes.
    assert!(
        (Span::from_ms(190)..Span::from_secs(3)).contains(&took),
        "{took}"
    );
}

#[test]
fn what_failed_is_asked_again_from_the_same_address() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = Address::Tcp(listener.local_addr().unwrap());
    let thread = std::thread::spawn(move || {
        let mut peers = Vec::new();
        for status in ["503 Busy", "503 Busy", "204 No Content"] {
            let (mut stream, peer) = listener.accept().unwrap();
            peers.push(peer.ip().to_string());
            let head = read_head(&mut stream);
            peers.push(
                head.lines()
                    .find(|line| line.starts_with("x-slow"))
                    .unwrap()
                    .to_owned(),
            );
            let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n");
            stream.write_all(answer.as_bytes()).unwrap();
        }
        peers
    });
    let mut group = healthy(&[0]);
    group.retry = toml::from_str("max = 5\non = [\"503\"]\nbackoff = \"20ms\"").ok();
    group.addresses = 9;
    let lab = start(
        vec![group],
        address,
        Span::from_secs(1),
        Span::from_secs(10),
    );
    let (halves, _, _) = lab.finish();
    let peers = thread.join().unwrap();
    let own = "127.1.0.1";
    let ids = [
        "x-slowlab-request: 1",
        "x-slowlab-request: 2",
        "x-slowlab-request: 3",
    ];
    assert_eq!(peers, [own, ids[0], own, ids[1], own, ids[2]]);
    let attempts: Vec<_> = halves
        .iter()
        .map(|half| (half.attempt, half.status))
        .collect();
    assert_eq!(attempts, [(1, Some(503)), (2, Some(503)), (3, Some(204))]);
    assert!(halves[1].intended_at >= halves[0].closed_at + Span::from_ms(20));
}

#[test]
fn a_keep_open_client_has_it_all_and_does_not_close() {
    let (address, thread) = server(2, |mut stream, _| {
        stream
            .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
            .unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        // The end of the client's stream comes with its close; the halves say when that was.
        assert_eq!(stream.read(&mut [0; 16]).unwrap(), 0);
    });
    let open = || group(Behavior::KeepOpen(KeepOpen::default()), &[0]);
    let mut patient = open();
    patient.timeout = Some(Span::from_ms(60));
    // The first is ended by its patience, the second by the run.
    let (duration, drain) = (Span::from_ms(1), Span::from_ms(300));
    let lab = start(vec![patient, open()], address, duration, drain);
    let (halves, _, _) = lab.finish();
    thread.join().unwrap();
    for (half, least) in halves.iter().zip([60, 300]) {
        let end = (half.outcome, half.ended_by, half.received_bytes);
        assert_eq!(end, (Outcome::Complete, EndedBy::Completion, 5));
        assert!(half.last_byte_at.unwrap() < half.closed_at);
        assert!(half.closed_at >= Timestamp::ZERO + Span::from_ms(least));
    }
}

/// A listener that never answers: every arrival starts in time, and all are unfinished when the drain is over.
#[test]
fn open_arrivals_do_not_wait_for_anyone() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = Address::Tcp(listener.local_addr().unwrap());
    let starts: Vec<u64> = (0..100).map(|n| n * 3).collect();
    let lab = start(
        vec![healthy(&starts)],
        address,
        Span::from_ms(300),
        Span::from_ms(50),
    );
    let (halves, _, stats) = lab.finish();
    assert_eq!(halves.len(), 100);
    assert!(halves.iter().all(|half| half.outcome == Outcome::Unfinished
        && half.ended_by == EndedBy::RunEnd
        && half.closed_at >= Timestamp::from_us(350_000)));
    let mut late: Vec<Span> = halves
        .iter()
        .map(|half| half.started_at.since(half.intended_at))
        .collect();
    late.sort_unstable();
    assert_eq!(stats.latest_start, late[99]);
    assert!(late[50] < Span::from_ms(20), "median lateness {}", late[50]);
}

#[test]
fn stopping_reports_what_is_in_flight_and_nothing_else() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = Address::Tcp(listener.local_addr().unwrap());
    let minute = 60_000;
    let lab = start(
        vec![healthy(&[0, 0, minute])],
        address,
        Span::from_secs(120),
        Span::ZERO,
    );
    wait_until(|| lab.gauges.held_connections.get() == 2);
    assert!(!lab.fleet.is_finished());
    lab.fleet.stop();
    let (halves, _, _) = lab.finish();
    assert_eq!(halves.len(), 2);
    assert!(
        halves
            .iter()
            .all(|half| half.outcome == Outcome::Unfinished)
    );
}

fn wait_until(condition: impl Fn() -> bool) {
    let clock = Clock::start();
    while !condition() {
        assert!(
            clock.now() < Timestamp::from_us(20_000_000),
            "waited in vain"
        );
        std::thread::yield_now();
    }
}

/// Serves at most three requests per connection, as a server with a limit would, until the test's process ends.
fn serve_three_each(listener: TcpListener, connections: Arc<AtomicUsize>) {
    std::thread::spawn(move || {
        while let Ok((mut stream, _)) = listener.accept() {
            connections.fetch_add(1, Ordering::Relaxed);
            for _ in 0..3 {
                let head = read_head(&mut stream);
                let answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
                if head.is_empty() || stream.write_all(answer.as_bytes()).is_err() {
                    break;
                }
                if head.contains("Connection: close") {
                    break;
                }
            }
        }
    });
}

#[test]
fn looping_clients_follow_on_and_keep_their_connection() {
    for keepalive in [false, true] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = Address::Tcp(listener.local_addr().unwrap());
        let connections = Arc::new(AtomicUsize::new(0));
        serve_three_each(listener, Arc::clone(&connections));
        let mut looping = healthy(&[]);
        looping.keepalive = keepalive;
        looping.schedule = Schedule::Loops {
            at: vec![Timestamp::ZERO],
            think: Span::from_ms(5),
        };
        let lab = start(
            vec![looping],
            address,
            Span::from_ms(300),
            Span::from_secs(10),
        );
        let (halves, _, _) = lab.finish();
        assert!(halves.len() >= 6, "{} requests", halves.len());
        assert!(
            halves.iter().all(|half| half.outcome == Outcome::Complete),
            "{halves:?}"
        );
        assert!(halves.windows(2).all(|pair| {
            pair[1].request_id == pair[0].request_id + 1
                && pair[1].intended_at >= pair[0].closed_at + Span::from_ms(5)
        }));
        let per_connection = if keepalive { 3 } else { 1 };
        assert_eq!(
            connections.load(Ordering::Relaxed),
            halves.len().div_ceil(per_connection)
        );
    }
}

#[test]
fn the_receive_buffer_is_asked_for_and_read_back() {
    let (address, thread) = server(2, |mut stream, _| {
        stream
            .write_all(b"HTTP/1.1 204 No Content\r\n\r\n")
            .unwrap();
    });
    let groups = vec![
        slow(1_000_000, Some(4096), &[0]),
        slow(1_000_000, None, &[20]),
    ];
    let lab = start(groups, address, Span::from_ms(30), Span::from_secs(10));
    let (halves, _, _) = lab.finish();
    thread.join().unwrap();
    assert_eq!(halves[0].rcvbuf_requested_bytes, Some(4096));
    assert_eq!(halves[0].rcvbuf_granted_bytes, Some(8192));
    assert_eq!(halves[1].rcvbuf_requested_bytes, None);
    assert!(halves[1].rcvbuf_granted_bytes.unwrap() > 8192);
}

/// Over TCP with a small window and over Unix: a slow reader gets its rate, not less by lost quota and not more by catching up.
#[test]
fn slow_readers_keep_their_rate() {
    const BODY: usize = 40_000;
    fn respond(stream: &mut impl Write) {
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {BODY}\r\n\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(&[b'x'; BODY]).unwrap();
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s");
    let unix = UnixListener::bind(&path).unwrap();
    let unix_thread = std::thread::spawn(move || {
        let (mut stream, _) = unix.accept().unwrap();
        read_head(&mut stream);
        respond(&mut stream);
    });
    let (tcp, tcp_thread) = server(1, |mut stream, _| respond(&mut stream));
    for target in [tcp, Address::Unix(path)] {
        let lab = start(
            vec![slow(40_000, Some(4096), &[0])],
            target.clone(),
            Span::from_ms(1),
            Span::from_secs(20),
        );
        let (halves, _, _) = lab.finish();
        let half = &halves[0];
        assert_eq!(half.outcome, Outcome::Complete);
        let took = half.last_byte_at.unwrap().since(half.connected_at.unwrap());
        let rate = half.received_bytes as f64 / took.as_secs_f64();
        assert!(
            (36_000.0..=40_100.0).contains(&rate),
            "{rate} B/s at {target}"
        );
    }
    unix_thread.join().unwrap();
    tcp_thread.join().unwrap();
}

#[test]
fn a_target_elsewhere_is_refused() {
    let (sink, _receiver) = Sink::new();
    let elsewhere: SocketAddr = "192.0.2.1:80".parse().unwrap();
    let refused = Fleet::start(FleetSpec {
        groups: Vec::new(),
        targets: vec![Address::Tcp(elsewhere)],
        through_proxy: true,
        start_at: Timestamp::ZERO,
        duration: Span::ZERO,
        drain: Span::ZERO,
        clock: Clock::start(),
        sink,
        gauges: Arc::default(),
        host: String::new(),
        ear: None,
    });
    let error = refused.unwrap_err().to_string();
    assert!(
        error.contains("192.0.2.1:80") && error.contains("hint:"),
        "{error}"
    );
}

#[test]
fn a_healthy_client_does_not_keep_others_from_their_turn() {
    // One endless fast response beside a short one: the short one must come to its end.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = Address::Tcp(listener.local_addr().unwrap());
    let server = std::thread::spawn(move || {
        let (mut endless, _) = listener.accept().unwrap();
        read_head(&mut endless);
        let flood = std::thread::spawn(move || {
            let _ = endless.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
            while endless.write_all(&[0; 65_536]).is_ok() {}
        });
        let (mut short, _) = listener.accept().unwrap();
        read_head(&mut short);
        short.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").unwrap();
        short.shutdown(Shutdown::Both).unwrap();
        flood.join().unwrap();
    });
    let lab = start(
        vec![healthy(&[0, 50])],
        address,
        Span::from_ms(100),
        Span::from_ms(600),
    );
    let (halves, _, _) = lab.finish();
    server.join().unwrap();
    assert_eq!(halves[0].outcome, Outcome::Unfinished);
    assert!(
        halves[0].received_bytes > 1_000_000,
        "{}",
        halves[0].received_bytes
    );
    assert_eq!(halves[1].outcome, Outcome::Complete);
}

/// The promise is 4 KiB of user space per held client; the task is the larger part of it.
#[test]
fn a_client_is_small() {
    let future_bytes = fleet::client_future_bytes();
    println!("a client is {future_bytes} bytes");
    assert!(future_bytes <= 2048, "{future_bytes} bytes");
}

/// An MSS that the kernel refuses is the client's own fault, and a loop that is refused does not spin.
#[test]
fn what_is_lacking_here_is_not_blamed_on_the_peer() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = Address::Tcp(listener.local_addr().unwrap());
    let behavior = Behavior::SlowRead(SlowRead {
        rate: ByteRate(1000).into(),
        rcvbuf: None,
        mss: Some(1),
    });
    let mut looping = group(behavior, &[]);
    looping.schedule = Schedule::Loops {
        at: vec![Timestamp::ZERO],
        think: Span::ZERO,
    };
    let lab = start(vec![looping], address, Span::from_ms(100), Span::ZERO);
    let (halves, events, _) = lab.finish();
    assert!(
        (1..=10).contains(&halves.len()),
        "{} requests",
        halves.len()
    );
    assert!(
        halves
            .iter()
            .all(|half| (half.outcome, half.ended_by) == (Outcome::Refused, EndedBy::Client))
    );
    assert!(
        events
            .iter()
            .any(|event| event.kind.text().contains("Invalid argument")),
        "{events:?}"
    );
}
