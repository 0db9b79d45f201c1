//! The pipe against what was measured, and against any order of events.

use proptest::prelude::*;

use super::*;
use crate::machine::proxy_config::{ProxyBuffers, ProxyConfig};
use crate::units::Bytes;

const HEAD: u64 = 44;

fn config(text: &str) -> ProxyConfig {
    toml::from_str(text).unwrap()
}

fn start(length: Option<u64>) -> BodyStart {
    BodyStart {
        upstream_head: HEAD,
        preread: 0,
        length,
        upstream_chunked: false,
        downstream_head: HEAD,
        downstream_chunked: false,
    }
}

/// A pipe between an upstream that offers bytes and a client that has room for some.
struct Bench {
    pipe: Pipe,
    config: ProxyConfig,
    offered: u64,
    room: u64,
    file_bytes: u64,
    spills: u64,
    /// Two of nginx's calls in one.
    writes_ahead: bool,
}

impl Bench {
    fn new(text: &str, length: Option<u64>) -> Bench {
        let config = config(text);
        Bench {
            pipe: Pipe::new((&config, config.proxy_buffering), start(length)),
            config,
            offered: 0,
            room: 0,
            file_bytes: 0,
            spills: 0,
            writes_ahead: false,
        }
    }

    /// Pumps until nothing more can be done; what the client did not take keeps it blocked.
    fn pump(&mut self, by_client: bool) -> Action {
        self.pipe.start_pump(by_client);
        loop {
            let action = self.pipe.next(self.offered > 0, self.room > 0);
            match action {
                Action::Read { max } => {
                    let n = max.min(self.offered);
                    self.offered -= n;
                    self.pipe.on_read(n, false);
                }
                Action::Write => {
                    let ahead = if self.writes_ahead {
                        self.pipe.ahead()
                    } else {
                        0
                    };
                    let n = (self.pipe.outgoing().unsent() + ahead).min(self.room);
                    self.room -= n;
                    let memory = self.pipe.ledger().memory;
                    let gone = self.pipe.on_written(n);
                    assert_eq!(memory - gone, self.pipe.ledger().memory);
                }
                Action::Spill(spill) => {
                    assert_eq!(spill.at, self.file_bytes, "the file grows at its end");
                    self.file_bytes += spill.bytes;
                    self.spills += 1;
                    self.pipe.on_spilled(spill);
                }
                Action::Idle { .. } | Action::Finished => {
                    self.check();
                    return action;
                }
            }
            self.check();
        }
    }

    fn happen(&mut self, happening: &Happening) -> Action {
        match *happening {
            Happening::Arrives(n) => self.offered += n,
            Happening::Drains(n) => self.room += n,
            Happening::Eof => self.pipe.on_eof(),
            Happening::Reset => self.pipe.on_read_error(),
            Happening::Timeout => {
                self.pipe.on_timeout();
                self.check();
                return Action::Finished;
            }
        }
        self.pump(matches!(happening, Happening::Drains(_)))
    }

    fn check(&self) {
        let ledger = self.pipe.ledger();
        assert_eq!(
            ledger.read,
            ledger.memory + ledger.file + ledger.sent + ledger.dropped,
            "bytes are conserved: {ledger:?}"
        );
        assert!(ledger.memory <= self.config.memory_limit().0, "{ledger:?}");
        assert!(ledger.spilled <= self.config.proxy_max_temp_file_size.0);
    }

    /// Bytes taken from an endless upstream while the client's path takes `path` bytes, head included.
    fn absorbed(text: &str, path: u64) -> u64 {
        let mut bench = Bench::new(text, None);
        (bench.offered, bench.room) = (100 << 20, path);
        assert_eq!(bench.pump(false), Action::Idle { blocked: true });
        bench.pipe.ledger().read + HEAD
    }
}

#[test]
fn what_a_stalled_client_leaves_in_user_space() {
    // nginx.md section 6, and the P + num x size rule of section 2.
    for (text, path, absorbed) in [
        ("proxy_max_temp_file_size = '0B'", 28_672, 65_536),
        (
            "proxy_max_temp_file_size = '0B'\nproxy_buffers = { count = 3, size = '4KiB' }",
            28_672,
            45_056,
        ),
        ("proxy_max_temp_file_size = '1MiB'", 28_672, 1_114_112),
        ("proxy_buffering = false", 28_672, 32_768),
        ("proxy_buffering = false", 28_750, 32_768),
        ("proxy_buffering = false", 0, 4_096),
    ] {
        assert_eq!(Bench::absorbed(text, path), absorbed, "{text}");
    }
}

#[test]
fn the_temp_file_begins_where_memory_ends() {
    for (body, spills) in [(65_536 - HEAD, 0), (65_537 - HEAD, 1)] {
        let mut bench = Bench::new("", Some(body));
        (bench.offered, bench.room) = (body, 28_672);
        assert_eq!(bench.pump(false), Action::Finished);
        assert_eq!(bench.spills, spills, "body of {body}");
    }
}

#[test]
fn the_temp_file_limit_counts_what_was_ever_written() {
    let mut bench = Bench::new("proxy_max_temp_file_size = '64KiB'", None);
    (bench.offered, bench.room) = (10 << 20, 0);
    bench.pump(false);
    // The first buffer (behind the head) and 15 whole ones; a 16th would pass the limit.
    assert_eq!(bench.pipe.ledger().spilled, 65_536 - HEAD);
    for _ in 0..50 {
        bench.room = 20_000;
        bench.pump(true);
    }
    assert_eq!(bench.pipe.ledger().file, 0, "drained");
    assert!(bench.pipe.ledger().spilled <= 65_536);
}

#[test]
fn only_whole_buffers_reach_the_client() {
    let mut bench = Bench::new("", None);
    bench.room = 1 << 20;
    for _ in 0..8 {
        bench.offered = 500;
        bench.pump(false);
        assert_eq!(
            bench.pipe.outgoing().head_sent(),
            0,
            "the head waits for the first whole buffer"
        );
    }
    bench.offered = 500;
    bench.pump(false);
    assert_eq!(bench.pipe.outgoing().head_sent(), HEAD);
    assert_eq!(bench.pipe.ledger().sent, 4_096 - HEAD);
}

#[test]
fn the_rest_of_an_announced_length_does_not_wait() {
    let mut bench = Bench::new("", Some(100));
    (bench.offered, bench.room) = (100, 1 << 20);
    assert_eq!(bench.pump(false), Action::Finished);
    assert_eq!(bench.pipe.outgoing().unsent(), HEAD + 100);
    assert!(bench.pipe.is_complete());
}

#[test]
fn a_timeout_drops_all_that_is_not_on_its_way() {
    // Measured on 1.22.1: 400 000 bytes spilled, upstream hangs, client wakes up later: 32 724 = 8 buffers less the head.
    let mut bench = Bench::new("", Some(1_000_000));
    (bench.offered, bench.room) = (400_000, 28_000);
    assert_eq!(bench.pump(false), Action::Idle { blocked: false });
    bench.pipe.on_timeout();
    bench.check();
    let outgoing = bench.pipe.outgoing();
    assert_eq!(outgoing.body_sent() + outgoing.memory(), 32_724);
    assert_eq!(outgoing.file(), 0);
}

#[test]
fn a_fin_flushes_and_a_reset_drops_the_partly_filled_buffer() {
    // Measured on 1.22.1 with 45 000 bytes read: FIN delivers 45 000, RST 40 917 (head of 43 bytes).
    for (fin, delivered) in [(true, 45_000), (false, 40_960 - HEAD)] {
        let mut bench = Bench::new("proxy_max_temp_file_size = '0B'", Some(100_000));
        (bench.offered, bench.room) = (45_000, 1 << 20);
        bench.pump(false);
        if fin {
            bench.pipe.on_eof();
        } else {
            bench.pipe.on_read_error();
        }
        assert_eq!(bench.pump(false), Action::Finished);
        let outgoing = bench.pipe.outgoing();
        assert_eq!(outgoing.body_sent() + outgoing.memory(), delivered);
        assert!(!bench.pipe.is_complete());
    }
}

#[test]
fn unbuffered_space_returns_only_when_all_is_sent() {
    let mut bench = Bench::new("proxy_buffering = false", None);
    (bench.offered, bench.room) = (10_000, 4_095);
    assert_eq!(bench.pump(false), Action::Idle { blocked: true });
    assert_eq!(bench.pipe.ledger().read, 4_096 - HEAD);
    bench.room = 1;
    assert_eq!(bench.pump(true), Action::Idle { blocked: true });
    assert_eq!(bench.pipe.ledger().read, 4_096 - HEAD + 4_096);
}

#[test]
fn unbuffered_holds_upstream_until_the_last_byte_is_sent() {
    let mut bench = Bench::new("proxy_buffering = false", Some(3_000));
    (bench.offered, bench.room) = (3_000, 1_000);
    assert_eq!(bench.pump(false), Action::Idle { blocked: false });
    assert_eq!(bench.pipe.upstream_end(), UpstreamEnd::Done);
    bench.room = 2_043;
    assert_ne!(bench.pump(true), Action::Finished, "one byte is missing");
    bench.room = 1;
    assert_eq!(bench.pump(true), Action::Finished);
}

#[test]
fn chunks_frame_the_payload() {
    let mut begin = start(None);
    begin.downstream_chunked = true;
    let mut pipe = Pipe::new((&config("proxy_buffering = false"), false), begin);
    pipe.on_read(300, false);
    let texts = |pipe: &Pipe| {
        pipe.outgoing()
            .pieces()
            .map(|piece| match piece {
                Piece::Framing { framing, .. } => framing.text(),
                other => format!("{other:?}"),
            })
            .collect::<Vec<_>>()
            .join("|")
    };
    assert_eq!(
        texts(&pipe),
        "Head { from: 0, len: 44 }|12c\r\n|Memory { len: 300 }|\r\n"
    );
    assert_eq!(pipe.outgoing().unsent(), 44 + 5 + 300 + 2);
    pipe.on_eof();
    pipe.on_written(44 + 5 + 300 + 2);
    assert_eq!(pipe.next(false, true), Action::Finished);
    assert_eq!(texts(&pipe), "0\r\n\r\n");
}

#[test]
fn bytes_beyond_the_announced_length_are_refused() {
    for text in ["", "proxy_buffering = false"] {
        let config = config(text);
        let mut pipe = Pipe::new((&config, config.proxy_buffering), start(Some(100)));
        assert_eq!(pipe.on_read(60, false), 60, "{text}");
        assert_eq!(pipe.on_read(60, false), 40, "{text}");
        assert!(pipe.is_complete());
    }
}

#[derive(Clone, Debug)]
enum Happening {
    Arrives(u64),
    Drains(u64),
    Eof,
    Reset,
    Timeout,
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        8 => (1..40_000u64).prop_map(Happening::Arrives),
        8 => (1..40_000u64).prop_map(Happening::Drains),
        1 => Just(Happening::Eof),
        1 => Just(Happening::Reset),
        1 => Just(Happening::Timeout),
    ]
}

proptest! {
    /// Conservation and limits are checked after every action by [`Bench::check`].
    #[test]
    fn any_order_of_events(
        buffering in any::<bool>(),
        (count, size) in (2..6u32, 512..9_000u64),
        (first, temp) in (512..9_000u64, 0..100_000u64),
        length in prop::option::of(1..200_000u64),
        happenings in prop::collection::vec(happening(), 1..80),
    ) {
        let mut bench = Bench::new("", length);
        bench.config.proxy_buffering = buffering;
        bench.config.proxy_buffers = ProxyBuffers { count, size: Bytes(size) };
        bench.config.proxy_buffer_size = Bytes(first);
        bench.config.proxy_max_temp_file_size = Bytes(temp);
        bench.pipe = Pipe::new((&bench.config, buffering), start(length));
        let mut finished = false;
        for happening in happenings {
            let unsent = bench.pipe.outgoing().unsent();
            let before = bench.pipe.ledger();
            let action = bench.happen(&happening);
            if !buffering && before.read > 0 && bench.pipe.ledger().read > before.read + first {
                prop_assert!(bench.pipe.ledger().sent + HEAD >= unsent, "refilled before it was drained");
            }
            if action == Action::Finished { finished = true; break }
        }
        if finished {
            let left = bench.pipe.outgoing().unsent();
            bench.pipe.on_written(left);
            bench.check();
            let ledger = bench.pipe.ledger();
            prop_assert_eq!(ledger.read, ledger.sent + ledger.dropped);
            prop_assert!(ledger.sent <= length.unwrap_or(u64::MAX));
            if bench.pipe.is_complete() {
                prop_assert_eq!(ledger.dropped, 0);
                prop_assert_eq!(length.unwrap_or(ledger.sent), ledger.sent);
            }
        }
    }

    /// What is written ahead counts as a call of its own: whatever the socket takes, the pipe is as it would be after nginx's calls.
    #[test]
    fn two_calls_in_one_leave_the_pipe_as_two(
        (count, size, busy) in (3..9u32, 512..9_000u64, 1..5u64),
        (first, temp, chunked) in (512..9_000u64, 0..100_000u64, any::<bool>()),
        length in prop::option::of(1..400_000u64),
        happenings in prop::collection::vec(happening(), 1..80),
    ) {
        let mut benches = [false, true].map(|writes_ahead| {
            let mut bench = Bench::new("", length);
            bench.config.proxy_buffers = ProxyBuffers { count, size: Bytes(size) };
            bench.config.proxy_busy_buffers_size = Some(Bytes(busy * size));
            bench.config.proxy_buffer_size = Bytes(first);
            bench.config.proxy_max_temp_file_size = Bytes(temp);
            let start = BodyStart { downstream_chunked: chunked, ..start(length) };
            bench.pipe = Pipe::new((&bench.config, true), start);
            Bench { writes_ahead, ..bench }
        });
        for happening in happenings {
            let [one, two] = benches.each_mut().map(|bench| bench.happen(&happening));
            prop_assert_eq!(one, two);
            let [one, two] = benches.each_ref().map(|bench| format!("{:?} {}", bench.pipe, bench.room));
            prop_assert_eq!(one, two);
            if matches!(happening, Happening::Timeout) || benches[0].pipe.upstream_end() != UpstreamEnd::Open { break }
        }
    }
}
