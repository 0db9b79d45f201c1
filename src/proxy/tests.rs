//! The driver over real sockets, with a blocking backend in the test's own threads. The rules themselves are proved in
//! `machine`; here it is that sockets, files and logs do what the machine said.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use rustix::process::Signal;
use socket2::{Domain, SockAddr, Socket, Type};

use super::{Proxy, ProxySpec};
use crate::leave::Leave;
use crate::machine::act::SignalName;
use crate::machine::http::ChunkedBody;
use crate::net::Address;
use crate::record::{EndedBy, Event, Gauges, ProxyHalf, Report, Sink};
use crate::tier::{ProxyId, Tier};
use crate::time::{Clock, Span};

/// No single thing that a test waits for takes longer, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

trait Stream: Read + Write + Send {}
impl<T: Read + Write + Send> Stream for T {}
type Handler = fn(&mut dyn Stream, &Sender<String>);

struct Lab {
    folder: tempfile::TempDir,
    proxy: Option<Proxy>,
    address: SocketAddr,
    gauges: Arc<Gauges>,
    reports: Receiver<Report>,
    said: Receiver<String>,
}

/// Reads a request and says it.
fn request(stream: &mut dyn Stream, say: &Sender<String>) {
    let mut seen = Vec::new();
    let mut byte = [0];
    while !seen.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap_or(0) == 1 {
        seen.push(byte[0]);
    }
    let _ = say.send(String::from_utf8(seen).unwrap());
}

fn serve<S: Stream + 'static>(
    mut accept: impl FnMut() -> S + Send + 'static,
    handler: Handler,
) -> Receiver<String> {
    let (say, said) = channel();
    std::thread::spawn(move || {
        loop {
            let (mut stream, say) = (accept(), say.clone());
            std::thread::spawn(move || handler(&mut stream, &say));
        }
    });
    said
}

impl Lab {
    fn tcp(config: &str, handler: Handler) -> Lab {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let upstream = Address::Tcp(listener.local_addr().unwrap());
        let said = serve(move || listener.accept().unwrap().0, handler);
        Lab::before(config, upstream, said)
    }

    fn unix(config: &str, handler: Handler) -> Lab {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("backend.sock");
        let listener = UnixListener::bind(&path).unwrap();
        let said = serve(
            move || {
                let _ = &folder;
                listener.accept().unwrap().0
            },
            handler,
        );
        Lab::before(config, Address::Unix(path), said)
    }

    fn before(config: &str, upstream: Address, said: Receiver<String>) -> Lab {
        let folder = tempfile::tempdir().unwrap();
        let (sink, reports) = Sink::new();
        let gauges = Arc::new(Gauges::default());
        let proxy = Proxy::start(ProxySpec {
            config: toml::from_str(config).unwrap(),
            upstreams: vec![upstream],
            temp_dir: folder.path().join("temp"),
            access_log: folder.path().join("access.log"),
            error_log: folder.path().join("error.log"),
            clock: Clock::start(),
            sink,
            leave: Leave::default(),
            gauges: gauges.clone(),
            listen: "127.0.0.1:0".parse().unwrap(),
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
        .unwrap();
        Lab {
            address: proxy.address(),
            folder,
            proxy: Some(proxy),
            gauges,
            reports,
            said,
        }
    }

    fn alone(config: &str, upstream: Address) -> Lab {
        Lab::before(config, upstream, channel().1)
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    /// A connection whose receive buffer is small and which has sent a GET.
    fn slow_client(&self) -> TcpStream {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        socket.set_recv_buffer_size(4096).unwrap();
        socket.connect(&SockAddr::from(self.address)).unwrap();
        let mut stream = TcpStream::from(socket);
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(GET).unwrap();
        stream
    }

    /// One GET on a connection of its own; the whole answer.
    fn get(&self) -> String {
        let mut stream = self.connect();
        stream.write_all(GET).unwrap();
        rest(&mut stream)
    }

    fn said(&self) -> String {
        self.said.recv_timeout(PATIENCE).unwrap()
    }

    fn half(&self) -> ProxyHalf {
        loop {
            if let Report::Proxy(half) = self.reports.recv_timeout(PATIENCE).unwrap() {
                return *half;
            }
        }
    }

    fn event(&self, kind: &str) -> Event {
        loop {
            match self.reports.recv_timeout(PATIENCE).unwrap() {
                Report::Event(event) if event.kind.name() == kind => return event,
                _ => {}
            }
        }
    }

    /// Stops the proxy; its access and error log.
    fn stop(mut self) -> (String, String) {
        self.proxy.take().unwrap().stop();
        for gauge in [
            &self.gauges.proxy_buffered_bytes,
            &self.gauges.proxy_spilled_bytes,
            &self.gauges.upstream_connections,
        ] {
            assert_eq!(gauge.get(), 0, "everything is settled: {:?}", self.gauges);
        }
        let temp = self.folder.path().join("temp");
        assert_eq!(std::fs::read_dir(temp).unwrap().count(), 0);
        let read = |name: &str| std::fs::read_to_string(self.folder.path().join(name)).unwrap();
        (read("access.log"), read("error.log"))
    }
}

const GET: &[u8] =
    b"GET /x HTTP/1.1\r\nHost: site\r\nX-Slowlab-Request: 7\r\nConnection: close\r\n\r\n";

fn rest(stream: &mut TcpStream) -> String {
    let mut all = Vec::new();
    stream.read_to_end(&mut all).unwrap();
    String::from_utf8(all).unwrap()
}

fn body(response: &str) -> &str {
    response.split_once("\r\n\r\n").unwrap().1
}

fn hello(stream: &mut dyn Stream, say: &Sender<String>) {
    request(stream, say);
    let _ = stream.write_all(b"HTTP/1.0 200 OK\r\nContent-Length: 5\r\nX-A: b\r\n\r\nhello");
}

/// 6 MB: more than TCP's kernel buffers take.
fn large(stream: &mut dyn Stream, say: &Sender<String>) {
    request(stream, say);
    let _ = stream.write_all(b"HTTP/1.0 200 OK\r\nContent-Length: 6000000\r\n\r\n");
    let outcome = stream.write_all(&vec![b'x'; 6_000_000]);
    let _ = say.send(format!("written: {}", outcome.is_ok()));
}

fn silent(stream: &mut dyn Stream, say: &Sender<String>) {
    request(stream, say);
    let gone = stream.read(&mut [0]).map_or(0, |n| n);
    let _ = say.send(format!("read {gone}"));
}

#[test]
fn passes_on_request_and_response() {
    for lab in [Lab::tcp("", hello), Lab::unix("", hello)] {
        let response = lab.get();
        assert!(response.starts_with("HTTP/1.1 200 OK\r\nServer: slowlab\r\nDate: "));
        assert!(response.contains("Content-Length: 5\r\n") && response.contains("X-A: b\r\n"));
        assert!(response.contains("Connection: close\r\n"));
        assert_eq!(body(&response), "hello");
        let request = lab.said();
        assert!(
            request.starts_with("GET /x HTTP/1.0\r\nHost: "),
            "{request}"
        );
        assert!(request.contains("X-Slowlab-Request: 7\r\n"));
        assert_eq!(request.matches("Connection: close\r\n").count(), 1);
        let half = lab.half();
        assert_eq!((half.request_id, half.status, half.sent_bytes), (7, 200, 5));
        assert_eq!(half.ended_by, EndedBy::Completion);
        let order = [
            Some(half.accepted_at),
            half.upstream_connected_at,
            half.upstream_header_at,
            half.upstream_released_at,
        ];
        assert!(
            order.is_sorted() && order.iter().all(Option::is_some),
            "{order:?}"
        );
        let (access, error) = lab.stop();
        assert!(
            access.contains("\"GET /x HTTP/1.1\" 200 5 \"-\" \"-\" request_time=0.0"),
            "{access}"
        );
        assert!(access.contains(" upstream_response_time=0.0"), "{access}");
        assert_eq!(error, "");
    }
}

#[test]
fn connections_that_fail_are_502_at_once() {
    let gone = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing");
    let full = folder.path().join("full");
    let listener = Socket::new(Domain::UNIX, Type::STREAM, None).unwrap();
    listener.bind(&SockAddr::unix(&full).unwrap()).unwrap();
    listener.listen(0).unwrap();
    // A backlog of 0 holds one connection.
    let _held = std::os::unix::net::UnixStream::connect(&full).unwrap();
    let unix = |path: &Path| format!("connect() to unix:{} failed ", path.display());
    for (address, level, text) in [
        (
            Address::Tcp(gone),
            "[error]",
            "connect() failed (111: Connection refused)".to_owned(),
        ),
        (
            Address::Unix(missing.clone()),
            "[crit]",
            unix(&missing) + "(2: No such file or directory)",
        ),
        (
            Address::Unix(full.clone()),
            "[error]",
            unix(&full) + "(11: Resource temporarily unavailable)",
        ),
    ] {
        let lab = Lab::alone("proxy_connect_timeout = '60s'", address);
        let response = lab.get();
        assert!(
            response.starts_with("HTTP/1.1 502 Bad Gateway\r\n"),
            "{response}"
        );
        assert!(response.contains("<h1>502 Bad Gateway</h1>"));
        let half = lab.half();
        assert_eq!((half.status, half.ended_by), (502, EndedBy::Proxy));
        assert_eq!(half.upstream_connected_at, None);
        let (access, error) = lab.stop();
        assert!(access.contains(" 502 "), "{access}");
        assert!(error.contains(level) && error.contains(&text), "{error}");
        assert!(error.contains(
            " while connecting to upstream, client: 127.0.0.1, server: , request: \"GET /x HTTP/1.1\", upstream: \"http://"
        ));
        assert!(error.ends_with("host: \"site\"\n"), "{error}");
    }
}

#[test]
fn a_silent_backend_is_504_after_proxy_read_timeout() {
    for lab in [
        Lab::tcp("proxy_read_timeout = '400ms'", silent),
        Lab::unix("proxy_read_timeout = '400ms'", silent),
    ] {
        assert!(lab.get().starts_with("HTTP/1.1 504 Gateway Time-out\r\n"));
        lab.said();
        assert_eq!(lab.said(), "read 0", "the upstream was closed");
        let event = lab.event("timer_fired");
        let text = "upstream timed out (110: Connection timed out) while reading response header from upstream";
        assert_eq!(event.kind.text(), format!("proxy_read_timeout: {text}"));
        assert_eq!(event.request_id, Some(7));
        let half = lab.half();
        assert_eq!(
            (half.status, half.ended_by),
            (504, EndedBy::ProxyReadTimeout)
        );
        let held = half
            .upstream_released_at
            .unwrap()
            .since(half.upstream_connected_at.unwrap());
        assert!(
            held >= Span::from_ms(399) && held < Span::from_secs(10),
            "{held}"
        );
        assert!(lab.stop().1.contains(text));
    }
}

#[test]
fn a_short_body_keeps_its_status() {
    let lab = Lab::tcp("", |stream, say| {
        request(stream, say);
        let _ = stream.write_all(b"HTTP/1.0 200 OK\r\nContent-Length: 50\r\n\r\nonly this");
    });
    let response = lab.get();
    assert!(response.starts_with("HTTP/1.1 200 OK"));
    assert_eq!(body(&response), "only this");
    let half = lab.half();
    assert_eq!(
        (half.status, half.ended_by, half.sent_bytes),
        (200, EndedBy::Upstream, 9)
    );
    assert!(
        lab.stop()
            .1
            .contains("upstream prematurely closed connection while reading upstream")
    );
}

#[test]
fn buffering_frees_the_backend_while_the_client_stalls() {
    let lab = Lab::unix("listen.sndbuf = '16KiB'", large);
    let mut client = lab.slow_client();
    lab.said();
    assert_eq!(
        lab.said(),
        "written: true",
        "with not a byte read by the client"
    );
    assert!(
        lab.event("spill_started")
            .kind
            .text()
            .contains("temporary file")
    );
    assert_eq!(body(&rest(&mut client)).len(), 6_000_000);
    let half = lab.half();
    assert_eq!(half.sent_bytes, 6_000_000);
    assert!(half.spilled_bytes > Some(5_000_000) && half.peak_buffered_bytes >= half.spilled_bytes);
    assert!(lab.stop().1.contains("[warn]"));
}

#[test]
fn without_buffering_the_client_holds_the_backend() {
    for config in ["proxy_buffering = false", "proxy_max_temp_file_size = '0B'"] {
        let lab = Lab::unix(&format!("{config}\nlisten.sndbuf = '16KiB'"), large);
        let mut client = lab.slow_client();
        lab.said();
        lab.event("upstream_blocked");
        assert!(
            lab.said.try_recv().is_err(),
            "the backend is still in write"
        );
        assert_eq!(lab.gauges.upstream_connections.get(), 1);
        assert!(lab.gauges.proxy_buffered_bytes.get() <= 36_864);
        assert_eq!(body(&rest(&mut client)).len(), 6_000_000);
        assert_eq!(lab.said(), "written: true");
        let half = lab.half();
        assert_eq!((half.sent_bytes, half.spilled_bytes), (6_000_000, Some(0)));
        assert!(half.peak_buffered_bytes <= Some(36_864));
        assert_eq!(lab.stop().1, "");
    }
}

/// More than what a client has to take whole until it is written to ahead.
const LONG: usize = 32 * 1024 * 1024;

#[test]
fn a_client_that_keeps_up_and_then_does_not_gets_every_byte_in_order() {
    let long: Handler = |stream, say| {
        request(stream, say);
        let head = format!("HTTP/1.0 200 OK\r\nContent-Length: {LONG}\r\n\r\n");
        let _ = stream.write_all(head.as_bytes());
        let _ = stream.write_all(&upload(0, LONG));
    };
    for lab in [Lab::tcp("", long), Lab::unix("", long)] {
        let mut client = lab.connect();
        client.write_all(GET).unwrap();
        let mut got = vec![0; LONG / 2];
        client.read_exact(&mut got).unwrap();
        lab.event("spill_started");
        client.read_to_end(&mut got).unwrap();
        let head = got.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
        assert!(got[head..] == upload(0, LONG), "{} bytes", got.len());
        assert_eq!(lab.half().sent_bytes, LONG as u64);
    }
}

#[test]
fn send_timeout_cuts_a_stalled_client() {
    let lab = Lab::unix(
        "proxy_buffering = false\nlisten.sndbuf = '16KiB'\nsend_timeout = '400ms'\nreset_timedout_connection = true",
        large,
    );
    let mut client = lab.slow_client();
    assert!(lab.event("timer_fired").kind.is_timer("send_timeout"));
    assert!(client.read_to_end(&mut Vec::new()).is_err(), "a reset");
    let half = lab.half();
    assert_eq!((half.status, half.ended_by), (200, EndedBy::SendTimeout));
    assert!(half.sent_bytes < 6_000_000);
    lab.said();
    assert_eq!(lab.said(), "written: false");
}

#[test]
fn unknown_lengths_go_out_in_chunks() {
    let until_close: Handler = |stream, say| {
        request(stream, say);
        let _ = stream.write_all(b"HTTP/1.0 200 OK\r\n\r\n");
        let _ = stream.write_all(&[b'y'; 10_000]);
    };
    let chunks: Handler = |stream, say| {
        request(stream, say);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        for _ in 0..10 {
            let _ = stream.write_all(b"3e8\r\n");
            let _ = stream.write_all(&[b'y'; 1_000]);
            let _ = stream.write_all(b"\r\n");
        }
        let _ = stream.write_all(b"0\r\n\r\n");
        let _ = stream.read(&mut [0]);
    };
    for handler in [until_close, chunks] {
        for config in ["", "proxy_buffering = false"] {
            let lab = Lab::tcp(config, handler);
            let response = lab.get();
            assert!(
                response.contains("Transfer-Encoding: chunked\r\n"),
                "{response}"
            );
            let progress = ChunkedBody::default()
                .feed(body(&response).as_bytes())
                .unwrap();
            assert_eq!((progress.payload, progress.done), (10_000, true));
            assert_eq!(progress.consumed, body(&response).len());

            let mut old = lab.connect();
            old.write_all(b"GET / HTTP/1.0\r\n\r\n").unwrap();
            let response = rest(&mut old);
            assert!(!response.contains("chunked"));
            assert_eq!(body(&response), "y".repeat(10_000));
            lab.stop();
        }
    }
}

#[test]
fn connections_are_kept() {
    let lab = Lab::tcp("", hello);
    let mut client = lab.connect();
    let get = b"GET / HTTP/1.1\r\nHost: s\r\nX-Slowlab-Request: 1\r\n\r\n";
    for _ in 0..3 {
        client.write_all(get).unwrap();
        let mut response = Vec::new();
        let mut byte = [0];
        while !response.ends_with(b"hello") {
            client.read_exact(&mut byte).unwrap();
            response.push(byte[0]);
        }
        let response = String::from_utf8(response).unwrap();
        assert!(response.contains("Connection: keep-alive\r\n"));
        lab.half();
    }
    // Two at once: the second waits in the proxy.
    client.write_all(&[get.as_slice(), GET].concat()).unwrap();
    assert_eq!(rest(&mut client).matches("hello").count(), 2);
    let off = Lab::tcp("keepalive_timeout = '0s'", hello);
    let mut client = off.connect();
    client.write_all(get).unwrap();
    assert!(rest(&mut client).contains("Connection: close\r\n"));
}

#[test]
fn a_client_that_leaves_is_499() {
    let lab = Lab::tcp("", silent);
    for half_close in [false, true] {
        let mut client = lab.connect();
        client.write_all(GET).unwrap();
        lab.said();
        if half_close {
            client.shutdown(Shutdown::Write).unwrap();
        } else {
            drop(client);
        }
        assert_eq!(lab.said(), "read 0", "the upstream was closed at once");
        let half = lab.half();
        assert_eq!((half.status, half.ended_by), (499, EndedBy::Client));
    }
    let (access, error) = lab.stop();
    assert_eq!(access.matches(" 499 0 ").count(), 2, "{access}");
    assert!(error.contains("[info]"), "{error}");
    assert!(
        error.contains("so upstream connection is closed too while sending request to upstream")
    );
}

#[test]
fn request_bodies_are_read_in_full_first() {
    let lab = Lab::tcp("client_max_body_size = '1KiB'", |stream, say| {
        request(stream, say);
        let mut body = [0; 5];
        stream.read_exact(&mut body).unwrap();
        let _ = say.send(String::from_utf8(body.to_vec()).unwrap());
        let _ = stream.write_all(b"HTTP/1.0 204 No Content\r\n\r\n");
    });
    for sent in [
        "Content-Length: 5\r\n\r\nhello",
        "Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n",
    ] {
        let mut client = lab.connect();
        write!(
            client,
            "POST / HTTP/1.1\r\nHost: s\r\nConnection: close\r\n{sent}"
        )
        .unwrap();
        assert!(rest(&mut client).starts_with("HTTP/1.1 204 No Content\r\n"));
        assert!(lab.said().contains("Content-Length: 5\r\n"));
        assert_eq!(lab.said(), "hello");
    }
    let mut client = lab.connect();
    write!(
        client,
        "POST / HTTP/1.1\r\nHost: s\r\nContent-Length: 1025\r\n\r\n"
    )
    .unwrap();
    client.shutdown(Shutdown::Write).unwrap();
    assert!(rest(&mut client).starts_with("HTTP/1.1 413 Request Entity Too Large\r\n"));
    let mut client = lab.connect();
    client.write_all(b"nonsense\r\n\r\n").unwrap();
    client.shutdown(Shutdown::Write).unwrap();
    assert!(rest(&mut client).starts_with("HTTP/1.1 400 Bad Request\r\n"));
    assert!(
        lab.said.try_recv().is_err(),
        "the backend saw none of these"
    );
}

#[test]
fn a_slow_head_is_cut_without_an_answer() {
    let lab = Lab::tcp("client_header_timeout = '400ms'", hello);
    let mut client = lab.connect();
    client.write_all(b"GET / HTTP/1.1\r\nX-A: ").unwrap();
    assert_eq!(rest(&mut client), "");
    let (access, error) = lab.stop();
    assert!(
        access.contains("\" 408 0 ") || access.contains(" 408 0 "),
        "{access}"
    );
    assert!(
        error.contains("[info]")
            && error.contains(
                "client timed out (110: Connection timed out) while reading client request"
            ),
        "{error}"
    );
}

#[test]
fn heads_have_no_body() {
    let lab = Lab::tcp("", |stream, say| {
        request(stream, say);
        let _ = stream.write_all(b"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n");
    });
    let mut client = lab.connect();
    client
        .write_all(b"HEAD / HTTP/1.1\r\nHost: s\r\nConnection: close\r\n\r\n")
        .unwrap();
    let response = rest(&mut client);
    assert!(response.contains("Content-Length: 5\r\n") && response.ends_with("\r\n\r\n"));
    assert_eq!(lab.stop().1, "");
}

#[test]
fn a_held_connection_is_small() {
    // 4 KiB per held connection are allowed beyond the configured buffers: this future, the request's strings, tokio's share.
    fn size_of_output<A, B, C, F>(_: fn(A, B, C) -> F) -> usize {
        size_of::<F>()
    }
    let held = size_of_output(crate::proxy::client::serve);
    assert!(held <= 2_560, "{held}");
}

#[test]
fn stopping_reports_what_was_under_way() {
    let mut lab = Lab::tcp("worker_processes = 2", silent);
    let mut client = lab.connect();
    client.write_all(GET).unwrap();
    lab.said();
    lab.proxy.take().unwrap().stop();
    assert_eq!(rest(&mut client), "");
    assert_eq!(lab.half().ended_by, EndedBy::RunEnd);
    assert_eq!(lab.gauges.upstream_connections.get(), 0);
    assert!(TcpStream::connect(lab.address).is_err());
}

/// Reads a request with its body, and says how it came.
fn take_upload(stream: &mut dyn Stream, say: &Sender<String>) -> Option<usize> {
    let (mut seen, mut piece) = (Vec::new(), [0; 65_536]);
    let head = loop {
        let n = stream.read(&mut piece).ok().filter(|n| *n > 0)?;
        seen.extend_from_slice(&piece[..n]);
        if let Some(end) = seen.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
    };
    let text = String::from_utf8_lossy(&seen[..head]).into_owned();
    let length = text.split_once("Content-Length: ")?.1.lines().next()?;
    let length: usize = length.parse().ok()?;
    let _ = say.send(text);
    while seen.len() < head + length {
        let n = stream.read(&mut piece).unwrap_or(0);
        if n == 0 {
            let _ = say.send(format!("eof after {}", seen.len() - head));
            return None;
        }
        seen.extend_from_slice(&piece[..n]);
    }
    assert!(
        seen[head..]
            .iter()
            .zip(0..)
            .all(|(byte, at): (&u8, usize)| *byte == pattern(at))
    );
    Some(length)
}

fn pattern(at: usize) -> u8 {
    (at % 251) as u8
}

fn upload(from: usize, to: usize) -> Vec<u8> {
    (from..to).map(pattern).collect()
}

fn uploads(stream: &mut dyn Stream, say: &Sender<String>) {
    if let Some(length) = take_upload(stream, say) {
        let _ = say.send(format!("body of {length}"));
        let _ = stream.write_all(b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok");
    }
}

fn post(length: usize, more: &str) -> Vec<u8> {
    format!(
        "POST /up HTTP/1.1\r\nHost: s\r\nX-Slowlab-Request: 7\r\nConnection: close\r\n{more}Content-Length: {length}\r\n\r\n"
    )
    .into_bytes()
}

#[test]
fn a_large_upload_waits_in_a_temp_file_and_goes_up_in_order() {
    for lab in [Lab::tcp("", uploads), Lab::unix("", uploads)] {
        let length = 900_000;
        let mut client = lab.connect();
        client.write_all(&post(length, "")).unwrap();
        client.write_all(&upload(0, length - 1)).unwrap();
        lab.event("body_spill_started");
        assert!(
            lab.said.try_recv().is_err(),
            "the backend is not contacted yet"
        );
        client.write_all(&upload(length - 1, length)).unwrap();
        assert!(rest(&mut client).ends_with("\r\n\r\nok"));
        assert!(lab.said().contains("Content-Length: 900000\r\n"));
        assert_eq!(lab.said(), "body of 900000");
        assert_eq!(lab.half().status, 200);
        let (_, error) = lab.stop();
        let text = "[warn] ";
        assert!(error.contains(text), "{error}");
        let text = "a client request body is buffered to a temporary file ";
        assert!(
            error.contains(text) && !error.contains("upstream: "),
            "{error}"
        );
    }
}

#[test]
fn without_request_buffering_an_upload_streams() {
    let config = "proxy_request_buffering = false\nclient_body_timeout = '60s'";
    for lab in [Lab::tcp(config, uploads), Lab::unix(config, uploads)] {
        let length = 700_000;
        let mut client = lab.connect();
        client.write_all(&post(length, "")).unwrap();
        assert!(lab.said().contains("Content-Length: 700000\r\n"), "at once");
        for from in (0..length).step_by(70_000) {
            client.write_all(&upload(from, from + 70_000)).unwrap();
        }
        assert!(rest(&mut client).ends_with("\r\n\r\nok"));
        assert_eq!(lab.said(), "body of 700000");
        assert_eq!(lab.stop().1, "");
    }
}

#[test]
fn uploads_that_end_early_are_seen_by_the_backend_only_if_they_streamed() {
    let config = "client_body_timeout = '400ms'";
    for (config, streams) in [
        (config.to_owned(), false),
        (format!("{config}\nproxy_request_buffering = false"), true),
    ] {
        let lab = Lab::tcp(&config, uploads);
        for leaves in [true, false] {
            let mut client = lab.connect();
            client.write_all(&post(100, "")).unwrap();
            client.write_all(&upload(0, 10)).unwrap();
            if streams {
                lab.said();
            }
            if leaves {
                drop(client);
            } else {
                assert_eq!(rest(&mut client), "");
            }
            let half = lab.half();
            let (status, ended_by) = match leaves {
                true => (400, EndedBy::Client),
                false => (408, EndedBy::ClientBodyTimeout),
            };
            assert_eq!(
                (half.status, half.ended_by, half.sent_bytes),
                (status, ended_by, 0)
            );
            if streams {
                assert_eq!(lab.said(), "eof after 10");
            }
        }
        assert!(lab.said.try_recv().is_err());
        let (access, error) = lab.stop();
        assert!(access.contains("\"POST /up HTTP/1.1\" 400 0 "), "{access}");
        assert!(access.contains("\"POST /up HTTP/1.1\" 408 0 "), "{access}");
        let text = match streams {
            true => "client prematurely closed connection while sending request to upstream, ",
            false => "client prematurely closed connection, client: ",
        };
        assert!(error.contains(text), "{error}");
    }
}

#[test]
fn an_early_answer_goes_out_while_the_client_still_sends_and_it_is_heard_out() {
    let config = "proxy_request_buffering = false\nlingering_timeout = '300ms'";
    let lab = Lab::unix(config, |stream, say| {
        request(stream, say);
        let _ = stream.write_all(b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok");
        let _ = say.send("answered".to_owned());
        // The rest of the body stays unread until the proxy lets go.
        let mut gone = Vec::new();
        let _ = stream.read_to_end(&mut gone);
    });
    let mut client = lab.connect();
    client.write_all(&post(1_000_000, "")).unwrap();
    let response = rest(&mut client);
    assert!(
        response.starts_with("HTTP/1.1 200 OK\r\n") && response.ends_with("ok"),
        "{response}"
    );
    lab.said();
    assert_eq!(lab.said(), "answered");
    let half = lab.half();
    assert_eq!((half.status, half.ended_by), (200, EndedBy::Completion));
}

#[test]
fn a_client_that_asks_is_told_to_continue() {
    let lab = Lab::tcp(
        "client_max_body_size = '1KiB'\nlingering_timeout = '200ms'",
        uploads,
    );
    let mut client = lab.connect();
    client
        .write_all(&post(5, "Expect: 100-continue\r\n"))
        .unwrap();
    let mut interim = [0; 25];
    client.read_exact(&mut interim).unwrap();
    assert_eq!(&interim, b"HTTP/1.1 100 Continue\r\n\r\n");
    client.write_all(&upload(0, 5)).unwrap();
    assert!(rest(&mut client).ends_with("ok"));
    assert!(!lab.said().contains("Expect"));
    // Nobody is told to go on with what is too large.
    let mut client = lab.connect();
    client
        .write_all(&post(5_000, "Expect: 100-continue\r\n"))
        .unwrap();
    assert!(rest(&mut client).starts_with("HTTP/1.1 413 Request Entity Too Large\r\n"));
}

#[test]
fn malformed_requests_get_nginxs_pages() {
    let lab = Lab::tcp(
        "lingering_timeout = '200ms'\nclient_max_body_size = '1MiB'",
        uploads,
    );
    let head = "POST / HTTP/1.1\r\nHost: s\r\nConnection: close\r\n";
    let chunked = format!("{head}Transfer-Encoding: chunked\r\n\r\n");
    let long = format!("GET /{} HTTP/1.1\r\nHost: s\r\n\r\n", "a".repeat(9_000));
    for (request, status) in [
        (format!("{chunked}zz\r\n"), "400 Bad Request"),
        (
            format!("{chunked} 2 \r\nhi\r\n0\r\n\r\n"),
            "400 Bad Request",
        ),
        (format!("{chunked}-1\r\n"), "400 Bad Request"),
        (format!("{chunked}7fffffffffffffff\r\nx"), "400 Bad Request"),
        (
            format!("{chunked}200000\r\nx"),
            "413 Request Entity Too Large",
        ),
        (format!("{chunked}2\nhi\n0\n\n"), "200 OK"),
        (
            format!("{chunked}2;a=\"b\"\r\nhi\r\n0\r\nX: y\r\n\r\n"),
            "200 OK",
        ),
        (
            format!("{head}Transfer-Encoding: gzip\r\n\r\n"),
            "501 Not Implemented",
        ),
        (
            "GET / HTTP/2.0\r\nHost: s\r\n\r\n".to_owned(),
            "505 HTTP Version Not Supported",
        ),
        (
            "TRACE / HTTP/1.1\r\nHost: s\r\n\r\n".to_owned(),
            "405 Not Allowed",
        ),
        (long, "414 Request-URI Too Large"),
    ] {
        let mut client = lab.connect();
        client
            .write_all(request.replace("hi", "\0\u{1}").as_bytes())
            .unwrap();
        let response = rest(&mut client);
        assert!(
            response.starts_with(&format!("HTTP/1.1 {status}\r\n")),
            "{request:.80}: {response}"
        );
    }
}

/// Answers, keeps the connection, and closes it when it is used again.
fn closes_on_reuse(stream: &mut dyn Stream, say: &Sender<String>) {
    request(stream, say);
    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
    request(stream, say);
}

/// Answers every request on the same connection.
fn keeps(stream: &mut dyn Stream, say: &Sender<String>) {
    for _ in 0..3 {
        request(stream, say);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
    }
}

const POOL: &str = "proxy_http_version = '1.1'\nupstream = { keepalive = 4 }";

#[test]
fn a_kept_connection_serves_the_next_request() {
    for lab in [Lab::tcp(POOL, keeps), Lab::unix(POOL, keeps)] {
        for reused in [false, true, true] {
            assert_eq!(body(&lab.get()), "hello");
            let request = lab.said();
            let opening = "GET /x HTTP/1.1\r\nHost: backend\r\n";
            assert!(request.starts_with(opening), "{request}");
            assert!(!request.contains("Connection:"), "{request}");
            assert_eq!(lab.half().reused, Some(reused));
        }
        let (_, error) = lab.stop();
        assert_eq!(error, "");
    }
}

#[test]
fn a_stale_connection_costs_a_get_nothing_and_a_post_a_502() {
    for lab in [
        Lab::tcp(POOL, closes_on_reuse),
        Lab::unix(POOL, closes_on_reuse),
    ] {
        assert_eq!(body(&lab.get()), "hello");
        assert_eq!(lab.half().earlier, []);
        assert_eq!(body(&lab.get()), "hello");
        let half = lab.half();
        let attempt = half.earlier[0];
        assert_eq!((attempt.status, attempt.reused), (502, Some(true)));
        assert_eq!((half.status, half.reused), (200, Some(false)));
        let mut stream = lab.connect();
        stream
            .write_all(b"POST /x HTTP/1.1\r\nHost: s\r\nX-Slowlab-Request: 8\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
            .unwrap();
        assert!(rest(&mut stream).starts_with("HTTP/1.1 502 Bad Gateway\r\n"));
        let (_, error) = lab.stop();
        let text =
            "upstream prematurely closed connection while reading response header from upstream";
        assert_eq!(error.matches(text).count(), 2, "{error}");
    }
}

#[test]
fn who_speaks_does_not_make_room_for_its_own_upstream() {
    // Of five slots the listener and the master have two, a request and its upstream two more.
    let lab = Lab::tcp("worker_connections = 5", silent);
    let mut last = lab.connect();
    let mut first = lab.connect();
    first.write_all(GET).unwrap();
    lab.said();
    last.write_all(GET).unwrap();
    let response = rest(&mut last);
    assert!(response.starts_with("HTTP/1.1 500"), "{response}");
    let log = lab.stop().1;
    let line = "5 worker_connections are not enough while connecting to upstream";
    assert!(log.contains("[alert]") && log.contains(line), "{log}");
}

#[test]
fn a_reload_serves_old_clients_to_the_end_and_new_ones_by_the_new_configuration() {
    let mut lab = Lab::tcp("client_max_body_size = '1KiB'", |stream, say| {
        request(stream, say);
        let _ = stream.write_all(b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi");
    });
    // Accepted before the other one, whose request has come through.
    let mut half = lab.connect();
    half.write_all(b"GET / HT").unwrap();
    let mut kept = lab.connect();
    kept.write_all(b"GET / HTTP/1.1\r\nHost: s\r\n\r\n")
        .unwrap();
    lab.said();
    let proxy = lab.proxy.as_mut().unwrap();
    let later = toml::from_str("client_max_body_size = '1MiB'").unwrap();
    proxy.says(&later).unwrap();
    proxy.signal(SignalName::Hup, Signal::HUP).unwrap();
    assert!(rest(&mut kept).ends_with("hi"), "and is closed then");
    let upload = format!(
        "POST / HTTP/1.1\r\nHost: s\r\nContent-Length: 2000\r\nConnection: close\r\n\r\n{}",
        "x".repeat(2000)
    );
    let mut fresh = lab.connect();
    fresh.write_all(upload.as_bytes()).unwrap();
    assert!(rest(&mut fresh).ends_with("hi"));
    half.write_all(b"TP/1.1\r\nHost: s\r\n\r\n").unwrap();
    assert!(
        rest(&mut half).ends_with("hi"),
        "an old client, on a connection that is not kept"
    );
    lab.stop();
}
