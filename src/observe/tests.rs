//! An observer against listeners of its own, on the real kernel.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::Duration;

use super::*;
use crate::net::Address;
use crate::record::{
    BytePlace, ByteSample, Direction, Endpoint, Gauges, Holder, ProcRole, QueueSample, Report,
    Sink, SocketSample,
};
use crate::tier::Tier;
use crate::time::{Clock, Span};

fn observe(backend: Address, proxies: &[std::net::SocketAddr]) -> (Observer, Receiver<Report>) {
    observe_with(Gauges::default(), backend, proxies)
}

fn observe_with(
    gauges: Gauges,
    backend: Address,
    proxies: &[std::net::SocketAddr],
) -> (Observer, Receiver<Report>) {
    let (sink, receiver) = Sink::new();
    let gauges = Arc::new(gauges);
    gauges.held_connections.set(3);
    let observed = |(index, address): (u64, &std::net::SocketAddr)| {
        let gauges = Arc::new(Gauges::default());
        gauges.upstream_connections.set(10 + index);
        ObservedProxy {
            address: *address,
            gauges: Some(gauges),
        }
    };
    let tier = |proxies| ObservedTier {
        tier: Tier::Proxy,
        proxies,
    };
    let proxies: Vec<_> = (0..).zip(proxies).map(observed).collect();
    let tiers = Some(proxies).filter(|proxies| !proxies.is_empty());
    let tiers = tiers.into_iter().map(tier).collect();
    let observer = Observer::start(ObserverSpec {
        clock: Clock::start(),
        sink,
        gauges,
        interval: Span::from_ms(10),
        backends: vec![backend],
        tiers,
        processes: Arc::new(|| {
            let worker = |pid| WatchedProcess {
                role: ProcRole::Worker,
                worker: None,
                pid,
                log: None,
            };
            [std::process::id(), u32::MAX].map(worker).to_vec()
        }),
        groups: vec!["visitors".to_owned()],
        sample_sockets: true,
        also: Also {
            beyond: false,
            load: true,
            logs: true,
        },
    })
    .unwrap();
    (observer, receiver)
}

/// The first thing that `pick` accepts.
fn first<T>(receiver: &Receiver<Report>, pick: impl Fn(Report) -> Option<T>) -> T {
    loop {
        let report = receiver
            .recv_timeout(Duration::from_secs(20))
            .expect("the observer reports what is waited for");
        if let Some(found) = pick(report) {
            return found;
        }
    }
}

fn queue(report: Report) -> Option<QueueSample> {
    match report {
        Report::Queue(sample) => Some(sample),
        _ => None,
    }
}

#[test]
fn the_accept_queue_of_a_tcp_listener_is_what_has_connected() {
    let listener =
        socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    let any: std::net::SocketAddr = "127.0.0.1:0".parse().unwrap();
    listener.bind(&any.into()).unwrap();
    listener.listen(9).unwrap();
    let address = listener.local_addr().unwrap().as_socket().unwrap();
    let clients: Vec<TcpStream> = (0..4)
        .map(|_| TcpStream::connect(address).unwrap())
        .collect();
    let (observer, receiver) = observe(Address::Tcp(address), &[]);
    let sample = first(&receiver, queue);
    assert_eq!(
        (sample.accept_queue, sample.accept_queue_limit),
        (Some(4), Some(9))
    );
    assert_eq!(
        (sample.held_connections, sample.buffered_bytes),
        (Some(3), None)
    );
    for _ in 0..4 {
        listener.accept().unwrap();
    }
    first(&receiver, |report| {
        queue(report).filter(|sample| sample.accept_queue == Some(0))
    });
    observer.stop();
    drop(clients);
}

#[test]
fn the_accept_queue_of_a_unix_listener_is_what_has_connected() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s");
    let listener =
        socket2::Socket::new(socket2::Domain::UNIX, socket2::Type::STREAM, None).unwrap();
    listener
        .bind(&socket2::SockAddr::unix(&path).unwrap())
        .unwrap();
    listener.listen(7).unwrap();
    let clients: Vec<UnixStream> = (0..5)
        .map(|_| UnixStream::connect(&path).unwrap())
        .collect();
    let (observer, receiver) = observe(Address::Unix(path), &[]);
    let sample = first(&receiver, queue);
    assert_eq!(
        (sample.accept_queue, sample.accept_queue_limit),
        (Some(5), Some(7))
    );
    observer.stop();
    drop((clients, listener));
}

#[test]
fn a_blocked_sender_shows_in_its_socket() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let client = TcpStream::connect(address).unwrap();
    let (mut server, _) = listener.accept().unwrap();
    server.set_nonblocking(true).unwrap();
    while server.write(&[0; 65_536]).is_ok() {}
    let unused = Address::Unix("/nobody/listens/here".into());
    let (observer, receiver) = observe(unused, &[address]);
    let hop = |name: &'static str| {
        move |report| match report {
            Report::Socket(sample) if sample.hop == name => Some(*sample),
            _ => None,
        }
    };
    let ends: [SocketSample; 2] = [
        first(&receiver, hop("client")),
        first(&receiver, hop("proxy_downstream")),
    ];
    let port = client.local_addr().unwrap().port();
    assert!(ends.iter().all(|end| end.port == port), "{ends:?}");
    assert!(ends[0].recv_q_bytes > 0, "{ends:?}");
    assert!(
        ends[1].send_q_bytes > 0 && ends[1].busy_time_us.is_some(),
        "{ends:?}"
    );
    assert!(
        ends[1].snd_wnd_bytes.is_some() && ends[1].rtt_us.is_some(),
        "{ends:?}"
    );
    observer.stop();
}

#[test]
fn nobody_listening_is_not_measured_and_processes_are_seen() {
    let unused = Address::Unix("/nobody/listens/here".into());
    let (observer, receiver) = observe(unused, &[]);
    let sample = first(&receiver, queue);
    assert_eq!(
        (sample.accept_queue, sample.accept_queue_limit),
        (None, None)
    );
    let process = first(&receiver, |report| match report {
        Report::Proc(sample) => Some(sample),
        _ => None,
    });
    assert_eq!(process.pid, std::process::id());
    observer.stop();
}

#[test]
fn several_proxies_are_told_apart_and_summed_up() {
    let listeners: Vec<TcpListener> = (0..2)
        .map(|_| TcpListener::bind("127.0.0.1:0").unwrap())
        .collect();
    let addresses: Vec<_> = listeners
        .iter()
        .map(|listener| listener.local_addr().unwrap())
        .collect();
    let client = TcpStream::connect(addresses[1]).unwrap();
    let unused = Address::Unix("/nobody/listens/here".into());
    let (observer, receiver) = observe(unused, &addresses);
    let of = |tier, instance| {
        first(&receiver, |report| {
            queue(report).filter(|sample| (sample.tier, sample.instance) == (tier, instance))
        })
    };
    assert_eq!(of(Tier::Backend, None).held_connections, Some(21));
    let whole = of(Tier::Proxy, None);
    assert_eq!(
        (
            whole.held_connections,
            whole.upstream_connections,
            whole.accept_queue
        ),
        (Some(3), Some(21), Some(1))
    );
    let second = of(Tier::Proxy, Some(1));
    assert_eq!(
        (second.accept_queue, second.upstream_connections),
        (Some(1), Some(11))
    );
    observer.stop();
    drop(client);
}

/// Waits for a look whose rows `accepts`.
fn ledger(receiver: &Receiver<Report>, accepts: impl Fn(&[ByteSample]) -> bool) -> Vec<ByteSample> {
    first(receiver, |report| match report {
        Report::Bytes(rows) if accepts(&rows) => Some(rows),
        _ => None,
    })
}

fn sum(rows: &[ByteSample], direction: Direction) -> u64 {
    let places = rows.iter().filter(|row| row.direction == direction);
    places.map(|row| row.bytes).sum()
}

#[test]
fn queues_of_a_tcp_connection_are_what_one_end_wrote_and_the_other_did_not_read() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let mut client = TcpStream::connect(address).unwrap();
    let (mut server, _) = listener.accept().unwrap();
    server.set_nonblocking(true).unwrap();
    let mut written = 0;
    while let Ok(n) = server.write(&[0; 65_536]) {
        written += n as u64;
    }
    let mut taken = vec![0; 100_000];
    client.read_exact(&mut taken).unwrap();
    client.write_all(&[0; 700]).unwrap();
    let gauges = Gauges::default();
    let end = Endpoint::Tcp(client.local_addr().unwrap());
    gauges.visitors.enter(end, 0);
    let (observer, receiver) = observe_with(gauges, Address::Tcp(address), &[]);
    let unread = written - 100_000;
    let rows = ledger(&receiver, |rows| {
        (
            sum(rows, Direction::Response),
            sum(rows, Direction::Request),
        ) == (unread, 700)
    });
    assert!(
        rows.iter()
            .all(|row| row.group.as_deref() == Some("visitors"))
    );
    let at = |tier, place| {
        let mut rows = rows.iter();
        rows.any(|row| (row.tier, row.place) == (tier, place) && row.bytes > 0)
    };
    assert!(at(Holder::Backend, BytePlace::SendQueue), "{rows:?}");
    assert!(at(Holder::Client, BytePlace::ReceiveQueue), "{rows:?}");
    assert!(at(Holder::Backend, BytePlace::ReceiveQueue), "{rows:?}");
    // The end of a stream is no byte.
    drop(client);
    observer.stop();
}

#[test]
fn a_unix_connection_has_one_queue_each_way() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s");
    let listener = std::os::unix::net::UnixListener::bind(&path).unwrap();
    let mut client = UnixStream::connect(&path).unwrap();
    let (mut server, _) = listener.accept().unwrap();
    server.write_all(&[0; 3_000]).unwrap();
    client.write_all(&[0; 700]).unwrap();
    let gauges = Gauges::default();
    let inode = crate::net::inode_of(&client).unwrap();
    gauges.visitors.enter(Endpoint::Unix(inode), 0);
    gauges.visitors.delivered(0).add(55);
    let (observer, receiver) = observe_with(gauges, Address::Unix(path), &[]);
    let rows = ledger(&receiver, |rows| rows.len() >= 3);
    let told: Vec<_> = (rows.iter())
        .map(|row| {
            (
                row.group.as_deref(),
                row.direction,
                row.tier,
                row.place,
                row.bytes,
            )
        })
        .collect();
    let (of, response) = (Some("visitors"), Direction::Response);
    let queue = BytePlace::ReceiveQueue;
    assert_eq!(
        told,
        [
            (of, Direction::Request, Holder::Backend, queue, 700),
            (of, response, Holder::Client, queue, 3_000),
            (of, response, Holder::Client, BytePlace::Delivered, 55),
        ]
    );
    observer.stop();
}
