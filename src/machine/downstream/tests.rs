//! Heads by table, and connections in virtual time.

use proptest::prelude::*;

use super::*;
use crate::machine::event_loop::Hail;
use crate::machine::exchange::{
    self, BodyRead, Ending, ReadResult, ReadWait, RequestHeadInfo, ResponseHeadInfo, Wait,
};
use crate::machine::peers::Choice;
use crate::machine::pipe::{BodyBytes, RequestBody};

/// What `nginx/1.22.1` answered to the same bytes; 200 stands for a request that was passed on.
fn status(bytes: &[u8]) -> Option<u16> {
    match judge(bytes) {
        HeadVerdict::More { .. } => None,
        HeadVerdict::Head(..) => Some(200),
        HeadVerdict::Refused(refusal) => Some(refusal.status),
    }
}

fn of(line: &str, fields: &str) -> Option<u16> {
    status(format!("{line}\r\n{fields}\r\n").as_bytes())
}

#[test]
fn request_lines_get_nginxs_statuses() {
    let long = format!("GET /{} HTTP/1.1", "a".repeat(9000));
    let within = format!("GET /{} HTTP/1.1", "a".repeat(5000));
    for (line, expected) in [
        ("GET / HTTP/1.1", 200),
        ("GET  /  HTTP/1.1", 200),
        ("FOO / HTTP/1.1", 200),
        ("get / HTTP/1.1", 400),
        ("G=T / HTTP/1.1", 400),
        ("TRACE / HTTP/1.1", 405),
        ("CONNECT a.test:80 HTTP/1.1", 400),
        ("CONNECT / HTTP/1.1", 405),
        ("OPTIONS * HTTP/1.1", 400),
        ("GET foo HTTP/1.1", 400),
        ("GET http://b.test/ HTTP/1.1", 200),
        ("GET /../../etc/passwd HTTP/1.1", 400),
        ("GET /%2e%2e/%2e%2e/etc HTTP/1.1", 400),
        ("GET /%00 HTTP/1.1", 400),
        ("GET /%zz HTTP/1.1", 400),
        ("GET /#frag HTTP/1.1", 200),
        ("GET /a b HTTP/1.1", 400),
        ("GET /a\tb HTTP/1.1", 400),
        ("GET /a\0b HTTP/1.1", 400),
        ("GET /한글 HTTP/1.1", 200),
        ("GET /\"<script>' HTTP/1.1", 200),
        ("GET / HTTP/1.2", 200),
        ("GET / HTTP/1.10", 200),
        ("GET / HTTP/1.1  ", 200),
        ("GET / HTTP/01.1", 400),
        ("GET / HTTP/2.0", 505),
        ("GET / HTTP/10.0", 505),
        ("GET http://a..b/ HTTP/1.1", 400),
        ("GET http:///x HTTP/1.1", 400),
        ("GET http://[::1]:80/x HTTP/1.1", 200),
        ("GET / http/1.1", 400),
        ("PRI * HTTP/2.0", 400),
        ("\r\n\r\nGET / HTTP/1.1", 200),
        (long.as_str(), 414),
        (within.as_str(), 200),
    ] {
        assert_eq!(of(line, "Host: a.test\r\n"), Some(expected), "{line:.40}");
    }
    assert_eq!(status(b"GET /\xff HTTP/1.1\r\nHost: a\r\n\r\n"), Some(200));
    assert_eq!(status(b"GET / HTTP/1.1\nHost: a\n\n"), Some(200));
    assert_eq!(status(b"GET /\r\n"), Some(200), "HTTP/0.9");
    // What can be no request any more is refused at once.
    for (bytes, expected) in [
        (&b"\x16\x03\x01"[..], 400),
        (b"GET / HTTP/2", 505),
        (b"GET foo ", 400),
        (b"POST /\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n", 400),
        (b"GET / HTTP/1.1\r\nX A", 400),
    ] {
        assert_eq!(status(bytes), Some(expected), "{bytes:?}");
    }
}

#[test]
fn the_target_goes_upstream_as_it_came_but_for_its_host() {
    for (target, sent) in [
        ("/a/../b%20c?d#e", "/a/../b%20c?d#e"),
        ("http://b.test/x?y", "/x?y"),
        ("http://b.test", "/"),
        ("http://b.test?", "/"),
        ("http://b.test?x=1#y", "/?x=1"),
    ] {
        let text = format!("GET {target} HTTP/1.1\r\nHost: a\r\n\r\n");
        let HeadVerdict::Head(granted) = judge(text.as_bytes()) else {
            panic!("{target}")
        };
        assert_eq!(granted.head.target, sent);
    }
}

#[test]
fn what_is_left_of_a_refused_head_is_heard_out() {
    let unread = |bytes: &[u8]| match judge(bytes) {
        HeadVerdict::Refused(refusal) => refusal.unread,
        other => panic!("{other:?}"),
    };
    assert!(unread(b"get"));
    assert!(
        !unread(b"GET / HTTP/1.1\r\n\r\n"),
        "no host, and all of it read"
    );
    assert!(unread(b"GET / HTTP/1.1\r\n\r\nmore"));
    assert!(!unread(b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n"));
    assert!(unread(b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"));
    let left = |bytes: &[u8]| match judge(bytes) {
        HeadVerdict::Refused(refusal) => refusal.left,
        other => panic!("{other:?}"),
    };
    let both = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n";
    assert_eq!(
        (
            left(both),
            left(b"POST / HTTP/1.1\r\nContent-Length: 6\r\n\r\n")
        ),
        (3, 0)
    );
    assert!(
        !unread(&[&b"GET /"[..], &[b'a'; 9000]].concat()),
        "the buffer is full"
    );
}

#[test]
fn a_glimpse_of_a_refused_request() {
    let long = [&b"GET /"[..], &[b'a'; 9000]].concat();
    for (bytes, line, is_head, simple) in [
        (
            &b"\r\nHEAD / HTTP/1.1\r\n\r\n"[..],
            &b"HEAD / HTTP/1.1"[..],
            true,
            false,
        ),
        (b"GET /../ \r\n", b"GET /../ ", false, true),
        (b"POST /\n", b"POST /", false, true),
        (b"\x16\x03", b"\x16\x03", false, false),
        (b"\r\n", b"", false, false),
        (&long, &long[..8192], false, false),
    ] {
        let seen = glimpse(bytes);
        assert_eq!(
            (seen.line, seen.is_head, seen.simple),
            (line, is_head, simple)
        );
    }
    let seen = glimpse(b"GET / HTTP/1.1\r\nReferer: r\r\nUser-Agent: u\r\nHost: a/b\r\n\r\n");
    assert_eq!(
        (seen.referer, seen.user_agent),
        (Some(&b"r"[..]), Some(&b"u"[..]))
    );
    let cut = b"GET / HTTP/1.1\r\nX-Slowlab-Request: 7\r\nConn";
    assert_eq!(glimpse(cut).request_id, Some(7));
    assert_eq!(glimpse(&cut[..37]).request_id, None);
}

#[test]
fn fields_get_nginxs_statuses() {
    let long = format!("X-A: {}\r\n", "a".repeat(9000));
    let of_7k = |count: usize| -> String {
        (0..count)
            .map(|i| format!("X-{i}: {}\r\n", "a".repeat(7000)))
            .collect()
    };
    let many: String = (0..250).map(|i| format!("X-{i}: a\r\n")).collect();
    for (fields, expected) in [
        ("X-A: a", 200),
        ("nonsense", 200),
        ("X(a): v", 200),
        (": v", 400),
        ("X-A : v", 400),
        (" folded", 400),
        ("X-A: a\r\r", 200),
        ("X-A: a\rb", 400),
        ("Expect: 100-continue\r\nExpect: 100-continue", 400),
        ("If-Match: a\r\nIf-Match: a", 400),
        ("Cookie: a\r\nCookie: b", 200),
        ("X-A: a\0b", 400),
        ("Content_Length: 2", 200),
        ("Host: b.test", 400),
        ("Content-Length: 2", 200),
        ("Content-Length: 2\r\nContent-Length: 2", 400),
        ("Content-Length: 2, 2", 400),
        ("Content-Length: +2", 400),
        ("Content-Length: -1", 400),
        ("Content-Length: ", 400),
        ("Content-Length: 18446744073709551616", 400),
        ("Transfer-Encoding: chunked", 200),
        ("Transfer-Encoding: gzip", 501),
        ("Transfer-Encoding: gzip, chunked", 501),
        ("Transfer-Encoding: identity\r\nContent-Length: 2", 501),
        ("Transfer-Encoding: \x0bchunked", 501),
        (
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
            400,
        ),
        ("Content-Length: 6\r\nTransfer-Encoding: chunked", 400),
        ("Expect: 200-maybe", 200),
        (long.trim_end(), 494),
        (of_7k(4).trim_end(), 200),
        (of_7k(5).trim_end(), 494),
        (many.trim_end(), 200),
    ] {
        let fields = format!("Host: a.test\r\n{fields}\r\n");
        assert_eq!(
            of("POST / HTTP/1.1", &fields),
            Some(expected),
            "{fields:.60}"
        );
    }
    for (line, fields, expected) in [
        ("GET / HTTP/1.1", "", 400),
        ("GET / HTTP/1.0", "", 200),
        ("GET / HTTP/1.1", "Host:\r\n", 400),
        ("GET / HTTP/1.1", "Host: a/b c\r\n", 400),
        ("GET / HTTP/1.1", "Host: .\r\n", 400),
        ("GET / HTTP/1.1", "Host: a..b\r\n", 400),
        ("GET / HTTP/1.1", "Host: :80\r\n", 400),
        ("GET http://b/ HTTP/1.1", "", 400),
        ("POST / HTTP/1.0", "Transfer-Encoding: chunked\r\n", 400),
    ] {
        assert_eq!(of(line, fields), Some(expected), "{line} {fields}");
    }
}

#[test]
fn every_prefix_of_a_head_asks_for_more() {
    let head = b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n";
    for end in 0..head.len() {
        let line = end >= 18;
        assert_eq!(judge(&head[..end]), HeadVerdict::More { line }, "{end}");
    }
    let HeadVerdict::Head(granted) = judge(&[&head[..], b"abc"].concat()) else {
        panic!("a head")
    };
    let expected = (head.len(), RequestBody::Length(3), 0..16);
    assert_eq!((granted.head.len, granted.body, granted.line), expected);
    assert_eq!(
        status(&[&b"GET /"[..], &[b'a'; 9000]].concat()),
        Some(414),
        "an endless line is refused early"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100_000))]

    /// 100 000 mutated heads: bytes of a good one overwritten, removed or doubled. What is given stays what it is, whatever follows.
    #[test]
    fn mutated_heads_are_judged_once(edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3u8), 1..6)) {
        let mut bytes = b"POST /a/../b%20?c HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n".to_vec();
        for (index, byte, kind) in edits {
            let at = index.index(bytes.len());
            match kind {
                0 => bytes[at] = byte,
                1 => { bytes.remove(at); }
                _ => bytes.insert(at, byte),
            }
        }
        let _ = glimpse(&bytes);
        match judge(&bytes) {
            HeadVerdict::Head(granted) => {
                let len = granted.head.len;
                prop_assert_eq!(judge(&bytes[..len]), HeadVerdict::Head(granted));
                let is_head = matches!(judge(&bytes[..len - 1]), HeadVerdict::Head(_));
                prop_assert!(!is_head);
            }
            HeadVerdict::Refused(refusal) => {
                bytes.extend_from_slice(b"\r\n\r\n");
                let refused = matches!(judge(&bytes), HeadVerdict::Refused(again) if again.status == refusal.status);
                prop_assert!(refused);
            }
            HeadVerdict::More { .. } => {}
        }
    }
}

const fn ms(at: u64) -> Timestamp {
    Timestamp::from_us(at * 1000)
}

const HEAD: u64 = 100;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Happening {
    /// The client sends so many bytes.
    Sends(u64),
    /// It closes, or shuts its sending side.
    Closes,
    /// The upstream answers, with so many bytes of body, all of it.
    Answers(u64),
    /// The upstream takes so many more bytes.
    Takes(u64),
    /// The event loop says something.
    Hails(Hail),
}
use Happening::{Answers, Closes, Hails, Sends, Takes};

/// A connection whose first request has a head of [`HEAD`] bytes and a body; an upstream that takes what it may and answers a request once
/// it is whole, or earlier.
struct World {
    machine: Downstream,
    now: Timestamp,
    schedule: Vec<(u64, Happening)>,
    body: RequestBody,
    inbox: u64,
    head_read: bool,
    unread: u64,
    /// Bytes of a chunked body that were thrown away.
    discarded: u64,
    closed: bool,
    /// Bytes that the upstream's socket takes.
    room: u64,
    /// Bytes of the upstream's request, and those that it has.
    request: u64,
    taken: u64,
    answer: Option<u64>,
    answers_itself: bool,
    /// Requests that are admitted.
    admits: u32,
    /// What happened, in milliseconds.
    seen: Vec<(u64, String)>,
    finished: Vec<Finished>,
}

impl World {
    fn new(config: &str, body: RequestBody, schedule: &[(u64, Happening)]) -> World {
        let config = Arc::new(toml::from_str(config).unwrap());
        World {
            machine: Downstream::new(config, Arc::from(["127.0.0.1:80".to_owned()]), ms(0)),
            now: ms(0),
            schedule: schedule.to_vec(),
            body,
            inbox: 0,
            head_read: false,
            unread: 0,
            discarded: 0,
            closed: false,
            room: 1 << 40,
            request: 0,
            taken: 0,
            answer: None,
            answers_itself: true,
            admits: 1,
            seen: Vec::new(),
            finished: Vec::new(),
        }
    }

    fn see(&mut self, what: impl Into<String>) {
        self.seen.push((self.now.as_us() / 1000, what.into()));
    }

    /// When something was seen first.
    fn at(&self, what: &str) -> Option<u64> {
        let found = self.seen.iter().find(|(_, seen)| seen.contains(what));
        found.map(|(at, _)| *at)
    }

    fn run(mut self) -> World {
        for _ in 0..100_000 {
            match self.machine.next(self.now) {
                Step::Close { .. } => {
                    self.see("gone");
                    return self;
                }
                Step::Wait(wait) => {
                    if !self.sleep(wait) {
                        return self;
                    }
                }
                step => self.act(step),
            }
        }
        panic!("the connection does not end")
    }

    fn act(&mut self, step: Step) {
        match step {
            Step::DiscardBody { max } => {
                let read = match self.take(max) {
                    Some(0) => BodyRead::Closed,
                    Some(n) => BodyRead::Bytes {
                        bytes: self.body_bytes(n),
                        filled: n == max,
                    },
                    None => BodyRead::WouldBlock,
                };
                self.machine.on_body_discarded(self.now, &read);
            }
            Step::Receive { max } | Step::Discard { max } => {
                let keeps = matches!(step, Step::Receive { .. });
                let received = match self.take(max) {
                    Some(0) => Received::Closed,
                    Some(n) => Received::Bytes {
                        n,
                        filled: n == max,
                    },
                    None => Received::WouldBlock,
                };
                if let (Received::Bytes { n, .. }, true) = (&received, keeps) {
                    self.inbox += n;
                }
                self.machine.on_received(self.now, &received);
            }
            Step::Judge => {
                let judged = self.judge();
                self.machine.on_judged(self.now, judged);
            }
            Step::Admit => {
                let admitted = self.admits > 0;
                self.admits = self.admits.saturating_sub(1);
                self.machine.on_admitted(self.now, admitted);
            }
            Step::Exchange(step) => self.exchange(step),
            Step::Peek => {
                let unread = self.unread > 0 || self.closed;
                self.machine.on_peeked(self.now, unread);
            }
            Step::ShutdownWrite => self.see("shutdown"),
            Step::Log(line) => self.see(line.text),
            Step::Finish(finished) => {
                self.see("finish");
                if self.machine.stops_counting() {
                    self.see("counts no longer");
                }
                self.finished.push(*finished);
            }
            Step::Wait(_) | Step::Close { .. } => unreachable!(),
        }
    }

    /// Reads from the client's socket: nothing yet, its end (0), or bytes.
    fn take(&mut self, max: u64) -> Option<u64> {
        let n = self.unread.min(max);
        self.unread -= n;
        (n > 0 || self.closed).then_some(n)
    }

    /// What `n` bytes are of a body that is to be discarded; of chunks the last byte of 50 is the last one.
    fn body_bytes(&mut self, n: u64) -> BodyBytes {
        let RequestBody::Chunked = self.body else {
            let (wire, payload) = (n, n);
            return BodyBytes {
                wire,
                payload,
                ..BodyBytes::default()
            };
        };
        let wire = n.min(50 - self.discarded);
        self.discarded += wire;
        BodyBytes {
            wire,
            payload: wire,
            last: self.discarded == 50,
            beyond: n - wire,
            ..BodyBytes::default()
        }
    }

    fn judge(&mut self) -> Judged {
        if self.inbox < HEAD {
            return Judged::More {
                line: self.inbox > 20,
            };
        }
        let rest = self.inbox - HEAD;
        let length = match self.body {
            RequestBody::Length(length) => length,
            _ => 0,
        };
        let payload = rest.min(length);
        self.inbox = rest - payload;
        self.head_read = true;
        Judged::Head(RequestHeadInfo {
            len: HEAD,
            body: self.body,
            preread: BodyBytes {
                wire: payload,
                payload,
                beyond: rest - payload,
                ..BodyBytes::default()
            },
            malformed: false,
            expects_continue: false,
            keep_alive: true,
            idempotent: true,
        })
    }

    fn exchange(&mut self, step: exchange::Step) {
        use exchange::Step as Do;
        let now = self.now;
        match step {
            Do::ReadBody { max } => {
                let read = match self.take(max) {
                    Some(0) => BodyRead::Closed,
                    Some(n) => BodyRead::Bytes {
                        bytes: BodyBytes {
                            wire: n,
                            payload: n,
                            ..BodyBytes::default()
                        },
                        filled: n == max,
                    },
                    None => BodyRead::WouldBlock,
                };
                self.machine.exchange().on_body_read(now, read);
            }
            Do::SpillBody(spill) => self.machine.exchange().on_body_spilled(spill),
            Do::CreateRequest { body } => {
                (self.request, self.taken) = (HEAD + body.unwrap_or(0), 0);
                self.machine.exchange().on_request_created(HEAD);
            }
            Do::Connect => {
                self.see("connect");
                let choice = Choice::Fresh { peer: 0 };
                self.machine.exchange().on_choice(now, choice);
                self.machine.exchange().on_connected(now);
            }
            Do::WriteUpstream { max } => {
                let n = max.min(self.room);
                self.room -= n;
                self.taken += n;
                self.machine.exchange().on_upstream_written(now, n, n < max);
                if self.taken == self.request && self.answers_itself {
                    self.answer = Some(2);
                }
            }
            Do::ReadUpstream { .. } => self.read_upstream(),
            Do::WriteDownstream { max, ahead: _ } => {
                self.machine.exchange().on_client_written(now, max, false);
            }
            Do::Spill(spill) => self.machine.exchange().on_spilled(spill),
            Do::ErrorPage { status, .. } => {
                self.see(format!("page {status}"));
                self.machine.exchange().on_error_page(now, 300);
            }
            Do::CloseUpstream(_) => self.see("upstream closed"),
            Do::Log(line) => self.see(line.text),
            Do::Note(note) => self.see(format!("{note:?}")),
            Do::Continue => self.see("continue"),
            Do::Wait(_) | Do::Finish(_) => unreachable!(),
        }
    }

    fn read_upstream(&mut self) {
        let now = self.now;
        let exchange = self.machine.exchange();
        let Some(length) = self.answer.take() else {
            exchange.on_upstream_read(now, ReadResult::WouldBlock);
            return;
        };
        let keep_alive = exchange.wants_keep_alive();
        exchange.on_head(
            now,
            false,
            ResponseHeadInfo {
                status: 200,
                upstream_head: HEAD,
                preread: length.min(2),
                length: Some(length),
                upstream_chunked: None,
                downstream_head: HEAD,
                downstream_chunked: false,
                keep_alive,
                accel_buffering: None,
                upstream_keep_alive: false,
            },
        );
    }

    /// Jumps to what comes next; false when nothing ever does.
    fn sleep(&mut self, wait: Wait) -> bool {
        if wait.upstream_read != ReadWait::No && self.answer.is_some() {
            self.machine.exchange().on_upstream_readable();
            return true;
        }
        let next = self.schedule.first().map(|(at, _)| ms(*at));
        match (next, wait.deadline) {
            (Some(at), deadline) if deadline.is_none_or(|deadline| at <= deadline) => {
                self.now = self.now.max(at);
                let (_, happening) = self.schedule.remove(0);
                self.happen(happening, wait);
            }
            (_, Some(deadline)) => {
                self.now = deadline;
                self.machine.on_timer(deadline);
            }
            _ => return false,
        }
        true
    }

    fn happen(&mut self, happening: Happening, wait: Wait) {
        match happening {
            Sends(n) => self.unread += n,
            Closes => self.closed = true,
            Hails(hail) => return self.machine.on_hailed(self.now, hail),
            Takes(n) => {
                self.room += n;
                if wait.upstream_write {
                    self.machine.exchange().on_upstream_writable();
                }
                return;
            }
            Answers(length) => {
                self.answer = Some(length);
                if wait.upstream_read != ReadWait::No {
                    self.machine.exchange().on_upstream_readable();
                }
                return;
            }
        }
        if wait.client_read {
            self.machine.on_client_readable();
        } else if wait.client_closed && self.closed {
            self.machine.exchange().on_client_closed(self.now);
        }
    }
}

fn pieces(from: u64, every: u64, count: u64, n: u64) -> impl Iterator<Item = (u64, Happening)> {
    (0..count).map(move |i| (from + i * every, Sends(n)))
}

#[test]
fn the_header_timer_is_total_and_silence_is_closed_silently() {
    let config = "client_header_timeout = '3s'";
    let trickle: Vec<_> = pieces(0, 500, 20, 1).collect();
    let world = World::new(config, RequestBody::None, &trickle).run();
    assert_eq!(world.at("gone"), Some(3_000));
    let text = "client timed out (110: Connection timed out) while reading client request line";
    assert_eq!(world.at(text), Some(3_000));
    let finished = &world.finished[0];
    let told = (finished.status, finished.ending, finished.bytes_sent);
    assert_eq!(told, (408, Ending::HeaderTimeout, 0));

    let world = World::new(config, RequestBody::None, &[]).run();
    assert_eq!(world.at("while waiting for request"), Some(3_000));
    assert_eq!((world.at("gone"), world.finished.len()), (Some(3_000), 0));

    let world = World::new(config, RequestBody::None, &[(0, Sends(60)), (900, Closes)]).run();
    let text = "client prematurely closed connection while reading client request headers";
    assert_eq!(world.at(text), Some(900));
    assert_eq!(world.finished[0].status, 400);
}

#[test]
fn a_buffered_upload_reaches_the_upstream_with_its_last_byte() {
    // R.U.D.Y.: 1 byte each 2 s under a timeout of 3 s.
    let mut schedule = vec![(0, Sends(HEAD))];
    schedule.extend(pieces(2_000, 2_000, 5, 1));
    let config = "client_body_timeout = '3s'\nkeepalive_timeout = '1s'";
    let world = World::new(config, RequestBody::Length(5), &schedule).run();
    assert_eq!(world.at("connect"), Some(10_000));
    assert_eq!(world.finished[0].status, 200);
    assert_eq!(world.finished[0].request_body, 5);

    let world = World::new(config, RequestBody::Length(5), &schedule[..2]).run();
    let finished = &world.finished[0];
    assert_eq!(
        (finished.status, finished.ending, finished.bytes_sent),
        (408, Ending::BodyTimeout, 0)
    );
    assert_eq!((world.at("gone"), world.at("connect")), (Some(5_000), None));
}

#[test]
fn an_unbuffered_upload_holds_the_upstream_and_trips_no_timer_of_its() {
    let mut schedule = vec![(0, Sends(HEAD))];
    schedule.extend(pieces(3_000, 3_000, 3, 1000));
    let config = "proxy_request_buffering = false\nproxy_send_timeout = '2s'\n\
                  proxy_read_timeout = '2s'\nkeepalive_timeout = '1s'";
    let world = World::new(config, RequestBody::Length(3_000), &schedule).run();
    assert_eq!(world.at("connect"), Some(0));
    assert_eq!(world.at("upstream closed"), Some(9_000));
    let finished = &world.finished[0];
    assert_eq!((finished.status, finished.ending), (200, Ending::Completed));

    let config = format!("{config}\nclient_body_timeout = '2s'");
    let world = World::new(&config, RequestBody::Length(3_000), &schedule).run();
    assert_eq!(world.finished[0].status, 408);
    assert_eq!(world.at("upstream closed"), Some(2_000));
}

#[test]
fn an_upstream_that_takes_nothing_is_a_send_timeout_and_stops_the_body_timer() {
    for (buffering, ends) in [(true, 2_000), (false, 2_000)] {
        let config = format!(
            "proxy_request_buffering = {buffering}\nproxy_send_timeout = '2s'\n\
             client_body_timeout = '1s'\nclient_body_buffer_size = '8KiB'"
        );
        let schedule = [(0, Sends(100_000 + HEAD))];
        let mut world = World::new(&config, RequestBody::Length(100_000), &schedule);
        world.room = 10_000;
        let world = world.run();
        let text =
            "upstream timed out (110: Connection timed out) while sending request to upstream";
        assert_eq!(world.at(text), Some(ends), "{:?}", world.seen);
        assert_eq!(world.finished[0].status, 504);
        assert_eq!(world.finished[0].unread, !buffering);

        // Each time it takes something the timer starts anew.
        let mut schedule = vec![(0, Sends(100_000 + HEAD))];
        schedule.extend((1..=9).map(|i| (i * 1_500, Takes(10_100))));
        let mut world = World::new(&config, RequestBody::Length(100_000), &schedule);
        world.room = 10_000;
        let world = world.run();
        assert_eq!(
            world.finished[0].ending,
            Ending::Completed,
            "{:?}",
            world.seen
        );
    }
}

#[test]
fn an_early_answer_lets_the_clients_pauses_be_blamed_on_the_upstream() {
    let config =
        "proxy_request_buffering = false\nproxy_read_timeout = '2s'\nkeepalive_timeout = '1s'";
    let body = RequestBody::Length(10_000);
    for (gap, ending) in [(3_000, Ending::ReadTimeout), (250, Ending::Completed)] {
        let mut schedule = vec![(0, Sends(HEAD)), (100, Answers(5_000))];
        schedule.extend(pieces(100 + gap, gap, 10, 1_000));
        let mut world = World::new(config, body, &schedule);
        world.answers_itself = false;
        // The rest of the answer never comes: what ends the exchange is a timer, or the upload's end with nothing to re-arm it.
        let world = world.run();
        let at = world.at("upstream timed out (110: Connection timed out) while reading upstream");
        let last = if ending == Ending::Completed {
            2_600
        } else {
            100
        };
        assert_eq!(at, Some(last + 2_000), "{:?}", world.seen);
        assert_eq!(world.finished[0].unread, ending != Ending::Completed);
    }
}

#[test]
fn a_client_that_leaves_in_its_body_is_400_without_an_answer() {
    for (buffering, text) in [
        (true, "client prematurely closed connection"),
        (
            false,
            "client prematurely closed connection while sending request to upstream",
        ),
    ] {
        let config = format!("proxy_request_buffering = {buffering}");
        let schedule = [(0, Sends(HEAD + 10)), (500, Closes)];
        let world = World::new(&config, RequestBody::Length(100), &schedule).run();
        assert!(
            world.seen.contains(&(500, text.to_owned())),
            "{:?}",
            world.seen
        );
        let finished = &world.finished[0];
        assert_eq!(
            (finished.status, finished.ending, finished.bytes_sent),
            (400, Ending::ClientClosed, 0)
        );
        let upstream = (!buffering).then_some(500);
        assert_eq!(
            (world.at("upstream closed"), world.at("gone")),
            (upstream, Some(500))
        );
    }
}

#[test]
fn a_body_that_is_too_large_is_refused_and_heard_out() {
    let body = RequestBody::Length(2_000_000);
    let world = World::new("", body, &[(0, Sends(HEAD))]).run();
    assert_eq!(
        world.at("client intended to send too large body: 2000000 bytes"),
        Some(0)
    );
    assert_eq!((world.at("page 413"), world.at("connect")), (Some(0), None));
    assert_eq!(
        (world.at("shutdown"), world.at("gone")),
        (None, Some(5_000))
    );
    assert_eq!(
        world.at("finish"),
        Some(5_000),
        "the access log waits for the end"
    );

    // A client that goes on sending is heard for lingering_time at most, and let go with its last byte.
    let mut schedule = vec![(0, Sends(HEAD))];
    schedule.extend(pieces(1_000, 1_000, 60, 1_000));
    let world = World::new("", body, &schedule).run();
    assert_eq!(world.at("gone"), Some(30_000));
    schedule[1] = (1_000, Sends(2_000_000));
    assert_eq!(
        World::new("", body, &schedule).run().at("gone"),
        Some(1_000)
    );

    // What comes behind it is heard out like what comes behind any other answer.
    schedule.truncate(2);
    schedule[1] = (1_000, Sends(2_000_001));
    let at = |config: &str| {
        let world = World::new(config, body, &schedule).run();
        (world.at("shutdown"), world.at("gone"))
    };
    assert_eq!(at(""), (Some(1_000), Some(6_000)));
    assert_eq!(at("lingering_close = 'off'"), (None, Some(1_000)));
}

#[test]
fn kept_connections_end_by_count_or_by_time() {
    let config = "keepalive_requests = 2\nkeepalive_timeout = '10s'";
    let schedule = [(0, Sends(HEAD)), (4_000, Sends(HEAD)), (5_000, Sends(HEAD))];
    let world = World::new(config, RequestBody::None, &schedule).run();
    assert_eq!((world.finished.len(), world.at("gone")), (2, Some(4_000)));
    assert_eq!(world.machine.accepted_at(), ms(4_000));
    let world = World::new(
        "keepalive_timeout = '10s'",
        RequestBody::None,
        &schedule[..1],
    )
    .run();
    assert_eq!((world.finished.len(), world.at("gone")), (1, Some(10_000)));
}

#[test]
fn pipelined_requests_are_answered_one_after_the_other() {
    let schedule = [(0, Sends(3 * HEAD))];
    let world = World::new("keepalive_timeout = '10s'", RequestBody::None, &schedule).run();
    assert_eq!((world.finished.len(), world.at("gone")), (3, Some(10_000)));
}

#[test]
fn lingering_close_hears_out_whom_it_is_told_to() {
    for (mode, shutdown, close) in [
        ("off", None, Some(0)),
        ("on", Some(0), Some(5_000)),
        ("always", Some(0), Some(5_000)),
    ] {
        let config = format!("keepalive_timeout = '0s'\nlingering_close = '{mode}'");
        // A second request lies there unread.
        let schedule = [(0, Sends(HEAD + 50))];
        let world = World::new(&config, RequestBody::None, &schedule).run();
        assert_eq!(
            (world.at("shutdown"), world.at("gone")),
            (shutdown, close),
            "{mode}"
        );
    }
    for (mode, close) in [("on", Some(0)), ("always", Some(5_000))] {
        let config = format!("keepalive_timeout = '0s'\nlingering_close = '{mode}'");
        let world = World::new(&config, RequestBody::None, &[(0, Sends(HEAD))]).run();
        assert_eq!(world.at("gone"), close, "{mode}");
    }
}

/// A connection whose upstream answers when it is told to, and what its event loop says meanwhile.
fn hailed(config: &str, schedule: &[(u64, Happening)]) -> World {
    let config = format!("keepalive_timeout = '10s'\n{config}");
    let mut world = World::new(&config, RequestBody::None, schedule);
    world.answers_itself = false;
    world.run()
}

#[test]
fn a_loop_that_quits_closes_idle_connections_and_keeps_none() {
    // As measured: idle keep-alive connections at once, silent ones and heads that are half there not at all.
    let used = [
        (0, Sends(HEAD)),
        (100, Answers(2)),
        (500, Hails(Hail::Quit)),
    ];
    assert_eq!(hailed("", &used).at("gone"), Some(500));
    let silent = hailed("client_header_timeout = '3s'", &used[2..]);
    assert_eq!(silent.at("gone"), Some(3_000));
    // A request that is under way is answered, and the connection closed.
    let under_way = [
        (0, Sends(HEAD)),
        (500, Hails(Hail::Quit)),
        (1_000, Answers(2)),
    ];
    let world = hailed("", &under_way);
    assert_eq!((world.at("gone"), world.finished.len()), (Some(1_000), 1));
    assert_eq!(world.finished[0].ending, Ending::Completed);
}

#[test]
fn the_shutdown_timeout_breaks_off_all_but_a_head_that_is_half_there() {
    let timeout = (500, Hails(Hail::ShutdownTimeout));
    let silent = hailed("", &[timeout]);
    assert_eq!((silent.at("gone"), silent.finished.len()), (Some(500), 0));
    let half = hailed(
        "client_header_timeout = '3s'",
        &[(0, Sends(HEAD / 2)), timeout],
    );
    assert_eq!(half.at("gone"), Some(3_000));
    // The log shows 000 where there was no answer yet, and nobody hears why.
    let waiting = hailed("", &[(0, Sends(HEAD)), timeout]);
    assert_eq!((waiting.at("gone"), waiting.at("page")), (Some(500), None));
    let finished = &waiting.finished[0];
    let told = (finished.status, finished.ending, finished.bytes_sent);
    assert_eq!(told, (0, Ending::ShutdownTimeout, 0));
    // A response that has begun keeps its status.
    let begun = hailed("", &[(0, Sends(HEAD)), (100, Answers(90_000)), timeout]);
    assert_eq!(begun.at("upstream closed"), Some(500));
    let finished = &begun.finished[0];
    assert_eq!(
        (finished.status, finished.ending),
        (200, Ending::ShutdownTimeout)
    );
}

#[test]
fn who_says_nothing_and_who_is_heard_out_make_room() {
    let evicted = (500, Hails(Hail::Evicted));
    let silent = hailed("", &[evicted]);
    assert_eq!((silent.at("gone"), silent.finished.len()), (Some(500), 0));
    let kept = hailed("", &[(0, Sends(HEAD)), (100, Answers(2)), evicted]);
    assert_eq!((kept.at("gone"), kept.finished.len()), (Some(500), 1));
    let config = "keepalive_timeout = '0s'\nlingering_close = 'always'";
    let world = World::new(config, RequestBody::None, &[(0, Sends(HEAD)), evicted]).run();
    assert_eq!(
        (world.at("shutdown"), world.at("gone")),
        (Some(0), Some(500))
    );
    let machine = World::new("", RequestBody::None, &[]).machine;
    assert!(machine.is_reusable(), "before its first byte");
}

#[test]
fn a_request_too_many_of_one_address_gets_503_and_may_ask_again() {
    let config = "limit_conn = 1\nkeepalive_timeout = '10s'";
    let asks = [(0, Sends(HEAD)), (1_000, Sends(HEAD))];
    let mut world = World::new(config, RequestBody::None, &asks);
    world.admits = 0;
    let world = world.run();
    let text = "limiting connections by zone \"addr\"";
    assert_eq!(
        (world.at(text), world.at("upstream closed")),
        (Some(0), None)
    );
    let statuses: Vec<u16> = world.finished.iter().map(|one| one.status).collect();
    assert_eq!((statuses, world.at("gone")), (vec![503, 503], Some(11_000)));
    assert_eq!(world.at("counts no longer"), None);
    let world = World::new(config, RequestBody::None, &asks[..1]).run();
    assert_eq!(world.at("counts no longer"), Some(0));
}

/// nginx reads it without wanting it (`ngx_http_discard_request_body`), and then goes on with the connection.
#[test]
fn behind_the_body_of_a_refused_request_the_connection_goes_on() {
    let config = "limit_conn = 1\nkeepalive_timeout = '10s'";
    let refused = |body, schedule: &[(u64, Happening)]| {
        let mut world = World::new(config, body, schedule);
        world.admits = 0;
        world.run()
    };
    let length = RequestBody::Length(50);
    // All of it is there.
    let at_once = refused(length, &[(0, Sends(HEAD + 50))]);
    assert_eq!(
        (at_once.at("finish"), at_once.at("gone")),
        (Some(0), Some(10_000))
    );
    // It comes in time.
    let schedule = [(0, Sends(HEAD + 3)), (3_000, Sends(40)), (7_000, Sends(7))];
    let pieces = refused(length, &schedule);
    assert_eq!(
        (pieces.at("page 503"), pieces.at("finish")),
        (Some(0), Some(7_000))
    );
    assert_eq!(pieces.at("gone"), Some(17_000));
    // It does not.
    let silent = refused(length, &schedule[..1]);
    assert_eq!(
        (silent.at("finish"), silent.at("gone")),
        (Some(5_000), Some(5_000))
    );
    let gone = refused(length, &[(0, Sends(HEAD + 3)), (1_000, Closes)]);
    assert_eq!(gone.at("gone"), Some(1_000));
    // Chunks, to the last one.
    let schedule = [(0, Sends(HEAD)), (1_000, Sends(20)), (2_000, Sends(30))];
    let chunks = refused(RequestBody::Chunked, &schedule);
    assert_eq!(
        (chunks.at("finish"), chunks.at("gone")),
        (Some(2_000), Some(12_000))
    );
}
