//! Several peers, kept connections, and what follows a failure (nginx.md section 8), in virtual time.

use std::sync::Arc;

use super::*;
use crate::machine::peers::{Choice, Peers};
use crate::machine::pipe::{BodyBytes, RequestBody};

const fn ms(at: u64) -> Timestamp {
    Timestamp::from_us(at * 1000)
}

/// What a peer does with a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Does {
    Refuse,
    /// Never answers.
    Hang,
    /// Closes without an answer.
    Close,
    Answer(u16),
}

/// A proxy before peers, each of which does the same to every request on a fresh connection.
struct Bench {
    config: Arc<ProxyConfig>,
    peers: Peers,
    names: Arc<[String]>,
    fresh: Vec<Does>,
    /// What becomes of a request on a kept connection.
    kept: Does,
    now: Timestamp,
    logs: Vec<String>,
}

impl Bench {
    fn new(text: &str, fresh: &[Does]) -> Bench {
        let config: ProxyConfig = toml::from_str(text).unwrap();
        Bench {
            peers: Peers::new(&config.upstream, fresh.len() as u32),
            config: Arc::new(config),
            names: (0..fresh.len())
                .map(|index| format!("peer {index}"))
                .collect(),
            fresh: fresh.to_vec(),
            kept: Does::Close,
            now: ms(0),
            logs: Vec::new(),
        }
    }

    /// The result of a request, and the statuses of its earlier attempts.
    fn ask(&mut self, idempotent: bool) -> (Finished, Vec<u16>) {
        let request = RequestHeadInfo {
            len: 100,
            body: RequestBody::None,
            preread: BodyBytes::default(),
            malformed: false,
            expects_continue: false,
            keep_alive: true,
            idempotent,
        };
        let (config, names) = (Arc::clone(&self.config), Arc::clone(&self.names));
        let mut exchange = Exchange::new(config, names, (request, 924), self.now);
        let mut does = Does::Hang;
        loop {
            match exchange.next(self.now) {
                Step::Connect => does = self.connect(&mut exchange),
                Step::CreateRequest { .. } => exchange.on_request_created(100),
                Step::WriteUpstream { max } => {
                    exchange.on_upstream_written(self.now, max, false);
                }
                Step::ReadUpstream { .. } => self.read(&mut exchange, does),
                Step::WriteDownstream { max, ahead: _ } => {
                    exchange.on_client_written(self.now, max, false);
                }
                Step::ErrorPage { .. } => exchange.on_error_page(self.now, 300),
                Step::CloseUpstream(release) => self.release(&mut exchange, release),
                Step::Log(line) => self.logs.push(line.text),
                Step::Wait(_) if !matches!(does, Does::Hang | Does::Refuse) => {
                    exchange.on_upstream_readable();
                }
                Step::Wait(wait) => {
                    self.now = wait.deadline.unwrap();
                    exchange.on_timer(self.now);
                }
                Step::Finish(finished) => {
                    let earlier = finished.earlier.iter().map(|attempt| attempt.status);
                    return ((*finished).clone(), earlier.collect());
                }
                step => panic!("{step:?} is not asked for here"),
            }
        }
    }

    fn connect(&mut self, exchange: &mut Exchange) -> Does {
        let choice = self.peers.choose(self.now, exchange.tried());
        exchange.on_choice(self.now, choice);
        let does = match choice {
            Choice::Kept { .. } => return self.kept,
            Choice::NoneAlive => return Does::Refuse,
            Choice::Fresh { peer } => self.fresh[peer as usize],
        };
        if does == Does::Refuse {
            let name = "Connection refused".to_owned();
            exchange.on_connect_failed(self.now, &OsError { code: 111, name });
        } else {
            exchange.on_connected(self.now);
        }
        does
    }

    fn read(&self, exchange: &mut Exchange, does: Does) {
        let Does::Answer(status) = does else {
            exchange.on_upstream_read(self.now, ReadResult::Closed);
            return;
        };
        let head = ResponseHeadInfo {
            status,
            upstream_head: 50,
            preread: 10,
            length: Some(10),
            upstream_chunked: None,
            downstream_head: 50,
            downstream_chunked: false,
            keep_alive: true,
            accel_buffering: None,
            upstream_keep_alive: true,
        };
        exchange.on_head(self.now, false, head);
    }

    fn release(&mut self, exchange: &mut Exchange, release: Release) {
        let Release { peer, failed, keep } = release;
        if self.peers.release(self.now, peer, failed) {
            exchange.on_peer_disabled();
        }
        if let Some(life) = keep {
            self.peers.pool.keep(self.now, peer, life);
        }
    }
}

#[test]
fn two_hung_peers_are_504_after_both_timers_and_then_nobody_is_left() {
    let mut bench = Bench::new("proxy_read_timeout = '2s'", &[Does::Hang, Does::Hang]);
    let (finished, earlier) = bench.ask(true);
    assert_eq!((finished.status, earlier), (504, vec![504]));
    assert_eq!(bench.now, ms(4_000));
    assert!(
        bench
            .logs
            .iter()
            .any(|line| line.starts_with("upstream server temporarily disabled"))
    );
    let (finished, earlier) = bench.ask(true);
    assert_eq!(
        (finished.status, finished.peer, earlier),
        (502, None, vec![])
    );
    assert_eq!(bench.now, ms(4_000), "at once");
    assert_eq!(finished.upstream_response_time, None);
    assert_eq!(
        bench.logs.last().unwrap(),
        "no live upstreams while connecting to upstream"
    );
}

#[test]
fn the_next_peer_saves_a_get_but_not_a_post_that_was_sent() {
    for (first, idempotent, expected) in [
        (Does::Close, true, (200, vec![502])),
        (Does::Close, false, (502, vec![])),
        (Does::Refuse, false, (200, vec![502])),
    ] {
        let mut bench = Bench::new("", &[first, Does::Answer(200)]);
        let (finished, earlier) = bench.ask(idempotent);
        assert_eq!(
            (finished.status, earlier),
            expected,
            "{first:?} {idempotent}"
        );
    }
    let text = "proxy_next_upstream = ['error', 'non_idempotent']";
    let mut bench = Bench::new(text, &[Does::Close, Does::Answer(200)]);
    assert_eq!(bench.ask(false).0.status, 200);
}

#[test]
fn the_words_and_limits_of_proxy_next_upstream() {
    let cases: [(&str, Does, u16, usize); 7] = [
        ("proxy_next_upstream = ['off']", Does::Close, 502, 0),
        ("proxy_next_upstream = ['timeout']", Does::Close, 502, 0),
        ("proxy_next_upstream_tries = 1", Does::Close, 502, 0),
        (
            "proxy_next_upstream = ['http_503']",
            Does::Answer(503),
            200,
            1,
        ),
        ("", Does::Answer(503), 503, 0),
        (
            "proxy_read_timeout = '2s'\nproxy_next_upstream_timeout = '2s'",
            Does::Hang,
            504,
            0,
        ),
        (
            "proxy_read_timeout = '2s'\nproxy_next_upstream_timeout = '3s'",
            Does::Hang,
            200,
            1,
        ),
    ];
    for (text, first, status, attempts) in cases {
        let mut bench = Bench::new(text, &[first, Does::Answer(200)]);
        let (finished, earlier) = bench.ask(true);
        assert_eq!(
            (finished.status, earlier.len()),
            (status, attempts),
            "{text} {first:?}"
        );
    }
}

#[test]
fn an_honest_404_is_passed_over_and_blames_nobody() {
    let mut bench = Bench::new(
        "proxy_next_upstream = ['http_404']",
        &[Does::Answer(404), Does::Answer(200)],
    );
    for _ in 0..3 {
        assert_eq!(bench.ask(true).0.status, 200);
    }
    assert_eq!(bench.logs, Vec::<String>::new());
}

#[test]
fn a_stale_kept_connection_costs_a_get_nothing_and_a_post_502() {
    // Section 8, measured on 1.22.1: GET 200 with $upstream_status "502, 200"; POST 502.
    let text = "upstream = { keepalive = 4 }\nproxy_http_version = '1.1'";
    for (off, idempotent, expected) in [
        ("", true, (200, vec![502])),
        ("", false, (502, vec![])),
        ("\nproxy_next_upstream = ['off']", true, (502, vec![])),
    ] {
        let mut bench = Bench::new(&format!("{text}{off}"), &[Does::Answer(200)]);
        let (first, _) = bench.ask(true);
        assert!(!first.reused && bench.peers.pool.len() == 1);
        let (finished, earlier) = bench.ask(idempotent);
        assert_eq!((finished.status, earlier), expected, "{off} {idempotent}");
    }
}

#[test]
fn a_kept_connection_serves_again_and_again() {
    let text = "upstream = { keepalive = 4, keepalive_requests = 3 }\nproxy_http_version = '1.1'";
    let mut bench = Bench::new(text, &[Does::Answer(200)]);
    bench.kept = Does::Answer(200);
    let reused: Vec<_> = (0..5).map(|_| bench.ask(true).0.reused).collect();
    assert_eq!(reused, [false, true, true, false, true]);
}

#[test]
fn without_a_pool_nothing_is_kept() {
    let mut bench = Bench::new("", &[Does::Answer(200)]);
    for _ in 0..2 {
        assert!(!bench.ask(true).0.reused);
    }
}
