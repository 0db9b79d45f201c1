//! The sync worker against scripted outcomes in virtual time.

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::machine::arbiter::Level;
use crate::machine::backend_config::BackendConfig;
use crate::machine::http::Framing;
use crate::machine::worker::{ConnId, Failure, Identity, Payload, QUIT_SLEEP, Report};
use crate::seed::Seed;
use crate::time::{Span, Timestamp};

const APP: &str = r#"
[app."/"]
response = "100B"
[app."/big"]
response = "1MiB"
[app."/stream"]
response = "100B"
write_size = "60B"
content_length = false
[app."/work"]
wait = "20ms"
cpu = "5ms"
response = "10B"
"#;

/// A worker and its driver: each action takes the time that the test says and is written down.
struct Rig {
    worker: SyncWorker,
    now: Timestamp,
    next: Action,
    done: Vec<Action>,
}

fn rig(top: &str) -> Rig {
    rig_with(top, None)
}

fn rig_with(top: &str, max_requests: Option<u32>) -> Rig {
    let config: BackendConfig = toml::from_str(&format!("{top}\n{APP}")).unwrap();
    let identity = Identity { age: 1, pid: 100 };
    let mut worker = SyncWorker::new(Orders {
        identity,
        config: Arc::new(config),
        seed: Seed(1),
        max_requests,
        own_cpu: Span::ZERO,
    });
    let next = worker.resume(Timestamp::ZERO, Outcome::Done).action;
    Rig {
        worker,
        now: Timestamp::ZERO,
        next,
        done: Vec::new(),
    }
}

impl Rig {
    /// Answers the action at hand.
    fn answer(&mut self, outcome: Outcome<'_>) {
        let next = self.worker.resume(self.now, outcome).action;
        self.done.push(std::mem::replace(&mut self.next, next));
    }

    /// Goes on, with the plainest answers, until `stop` is at hand.
    fn until(&mut self, stop: impl Fn(&Action) -> bool) -> &mut Rig {
        for _ in 0..10_000 {
            if stop(&self.next) {
                return self;
            }
            assert!(
                !matches!(self.next, Action::Exit(_)),
                "ended: {:?}",
                self.done
            );
            let outcome = match &self.next {
                Action::Accept => Outcome::Accepted(ConnId(1)),
                Action::Send(_) => Outcome::Sent,
                Action::Recv { .. } => Outcome::Received(b"GET / HTTP/1.1\r\n\r\n"),
                Action::LingerRecv { .. } => Outcome::Eof,
                Action::Wait(span) | Action::Burn(span) | Action::HandlerSleep(span) => {
                    self.now = self.now + *span;
                    Outcome::Done
                }
                _ => Outcome::Done,
            };
            self.answer(outcome);
        }
        panic!("not reached");
    }

    fn request(&mut self, head: &str) -> &mut Rig {
        self.until(|action| matches!(action, Action::Recv { .. }));
        self.answer(Outcome::Received(head.as_bytes()));
        self
    }

    fn interrupt(&mut self, by: Interrupt, sent: u64) -> &mut Rig {
        self.answer(Outcome::Interrupted { by, sent });
        self
    }

    fn exit(&mut self) -> i32 {
        self.until(|action| matches!(action, Action::Exit(_)));
        match self.next {
            Action::Exit(code) => code,
            _ => unreachable!("until stopped there"),
        }
    }

    fn states(&self) -> Vec<State> {
        let reports = self.done.iter().filter_map(|action| match action {
            Action::Report(report) => Some(report.state),
            _ => None,
        });
        reports.collect()
    }

    fn last_report(&self, state: State) -> Report {
        let reports = self.done.iter().rev().find_map(|action| match action {
            Action::Report(report) if report.state == state => Some(report.clone()),
            _ => None,
        });
        reports.expect("the state was reported")
    }

    fn access(&self) -> Vec<(u16, u64)> {
        let lines = self.done.iter().filter_map(|action| match action {
            Action::Access(access) => Some((access.status, access.bytes)),
            _ => None,
        });
        lines.collect()
    }

    fn logged(&self, level: Level, text: &str) -> bool {
        self.done.contains(&Action::Log(level, text.to_owned()))
    }

    fn page(&self) -> Option<u16> {
        self.done.iter().find_map(|action| match action {
            Action::SendNow(Payload::ErrorPage { status, .. }) => Some(*status),
            _ => None,
        })
    }
}

fn sends_body(action: &Action) -> bool {
    matches!(action, Action::Send(Payload::Body { .. }))
}

#[test]
fn a_request_from_accept_to_accept() {
    let mut rig = rig("");
    rig.request("GET /work HTTP/1.1\r\nX-Slowlab-Request: 17\r\n\r\n");
    rig.until(|action| *action == Action::Accept);
    use State::{App, Booting, Idle, Linger, Reading, Send};
    assert_eq!(
        rig.states(),
        [Booting, Idle, Reading, App, Send, Linger, Idle]
    );
    assert_eq!(rig.last_report(Linger).request_id, Some(17));
    assert_eq!(rig.last_report(Linger).sent_bytes, 10);
    assert_eq!(rig.access(), [(200, 10)]);
    let order = |wanted: &Action| rig.done.iter().position(|action| action == wanted);
    let access = rig
        .done
        .iter()
        .position(|action| matches!(action, Action::Access(_)));
    assert!(
        access < order(&Action::ShutdownWrite),
        "the log is written before the linger"
    );
}

#[test]
fn a_server_with_an_interpreter_computes_before_and_behind_the_application() {
    let mut rig = rig("cpu_per_request = \"900us\"");
    rig.request("GET /work HTTP/1.1\r\n\r\n")
        .until(|action| matches!(action, Action::Send(_)));
    let times: Vec<&Action> = (rig.done.iter())
        .filter(|action| matches!(action, Action::Wait(_) | Action::Burn(_)))
        .collect();
    // A half each, of a process that has not slept; the first request of its life costs more.
    let own = Action::Burn(Span::from_ns(148_500));
    let first = Action::Burn(Span::from_ns(1_348_500));
    let handler = [
        Action::Wait(Span::from_ms(20)),
        Action::Burn(Span::from_ms(5)),
    ];
    assert_eq!(times, [&first, &handler[0], &handler[1], &own]);
}

#[test]
fn no_select_between_two_requests_that_wait() {
    let mut rig = rig("");
    rig.request("GET / HTTP/1.1\r\n\r\n");
    rig.until(|action| *action == Action::Close);
    let before = rig.done.len();
    rig.until(|action| *action == Action::Accept);
    let between = &rig.done[before..];
    assert!(between.contains(&Action::Beat));
    assert!(
        !between
            .iter()
            .any(|a| matches!(a, Action::Select { .. } | Action::CheckParent))
    );
}

#[test]
fn an_idle_worker_beats_every_half_timeout() {
    for (timeout, expected) in [("30s", Span::from_secs(15)), ("0s", Span::from_ms(500))] {
        let mut rig = rig(&format!("timeout = \"{timeout}\""));
        rig.until(|action| *action == Action::Accept);
        rig.answer(Outcome::Empty);
        assert_eq!(rig.next, Action::CheckParent);
        rig.answer(Outcome::Done);
        assert_eq!(rig.next, Action::Beat);
        rig.answer(Outcome::Done);
        assert_eq!(rig.next, Action::Select { timeout: expected });
    }
}

#[test]
fn an_orphan_ends() {
    let mut rig = rig("");
    rig.until(|action| *action == Action::Accept);
    rig.answer(Outcome::Empty);
    rig.answer(Outcome::Orphaned);
    assert_eq!(rig.exit(), 0);
    assert!(rig.logged(Level::Info, "Parent changed, shutting down: <Worker 100>"));
}

#[test]
fn term_finishes_the_request_in_hand() {
    let mut rig = rig("");
    rig.request("GET /big HTTP/1.1\r\n\r\n").until(sends_body);
    rig.worker.base.alive = false;
    assert_eq!(rig.exit(), 0);
    assert_eq!(rig.access(), [(200, 1 << 20)]);
    assert!(rig.logged(Level::Info, "Worker exiting (pid: 100)"));
}

#[test]
fn abort_in_send_truncates_and_logs_200() {
    let mut rig = rig("");
    rig.request("GET /big HTTP/1.1\r\n\r\n");
    rig.until(sends_body).answer(Outcome::Sent);
    rig.now = rig.now + Span::from_secs(3);
    rig.interrupt(Interrupt::Abort, 1000);
    rig.until(|action| matches!(action, Action::LingerRecv { .. }));
    assert_eq!(rig.access(), [(200, 2 * 65_536)], "counted before the send");
    assert!(rig.logged(Level::Error, "Error handling request"));
    assert_eq!(rig.page(), None, "no 500 in the middle of a body");
    let linger = rig.last_report(State::Linger);
    assert_eq!(linger.sent_bytes, 65_536 + 1000);
    assert_eq!(linger.send_blocked, Span::from_secs(3));
    assert_eq!(rig.exit(), 0);
}

#[test]
fn abort_before_the_head_is_a_500() {
    for (head, line, access) in [
        ("GET /wo", "Error handling request (no URI read)", vec![]),
        (
            "GET /work HTTP/1.1\r\n\r\n",
            "Error handling request GET /work",
            vec![(500, 0)],
        ),
        (
            "POST /work HTTP/1.1\r\nContent-Length: 9\r\n\r\nabc",
            "Error handling request POST /work",
            vec![(500, 0)],
        ),
    ] {
        let mut rig = rig("");
        rig.request(head);
        rig.until(|action| matches!(action, Action::Wait(_) | Action::Recv { .. }));
        rig.interrupt(Interrupt::Abort, 0);
        assert_eq!(rig.exit(), 0, "SystemExit is swallowed: {head}");
        assert_eq!(rig.page(), Some(500));
        assert!(rig.logged(Level::Error, line), "{line}");
        assert_eq!(rig.access(), access);
        assert!(rig.done.contains(&Action::Close));
    }
}

#[test]
fn abort_in_idle_or_linger_is_exit_code_1() {
    let mut idle = rig("");
    idle.until(|action| *action == Action::Accept);
    idle.interrupt(Interrupt::Abort, 0);
    assert_eq!(idle.exit(), 1);
    let mut lingering = rig("");
    lingering.until(|action| matches!(action, Action::LingerRecv { .. }));
    lingering.interrupt(Interrupt::Abort, 0);
    assert_eq!(lingering.next, Action::Close);
    assert_eq!(lingering.exit(), 1);
}

#[test]
fn quit_sleeps_a_moment_and_unwinds_with_0() {
    let mut rig = rig("");
    rig.request("GET /big HTTP/1.1\r\n\r\n").until(sends_body);
    rig.interrupt(Interrupt::Quit, 0);
    assert_eq!(rig.next, Action::HandlerSleep(QUIT_SLEEP));
    assert_eq!(rig.exit(), 0);
    assert_eq!(rig.access(), [(200, 65_536)]);
}

#[test]
fn a_client_that_is_gone_is_no_error() {
    let gone = || Outcome::Failed {
        failure: Failure::Gone,
        sent: 7,
    };
    let mut rig = rig("");
    rig.request("GET /big HTTP/1.1\r\n\r\n").until(sends_body);
    rig.answer(gone());
    rig.until(|action| *action == Action::Accept);
    assert!(rig.worker.base.alive);
    assert!(
        !rig.done
            .iter()
            .any(|action| matches!(action, Action::Log(Level::Error, _)))
    );
    assert_eq!(rig.last_report(State::Linger).sent_bytes, 7);
    rig.until(|action| matches!(action, Action::Recv { .. }));
    rig.answer(Outcome::Eof);
    rig.until(|action| *action == Action::Accept);
    assert_eq!(
        rig.worker.base.nr, 1,
        "a connection without a request is none"
    );
}

#[test]
fn linger_zero_closes_at_once_and_says_what_was_sent() {
    let mut rig = rig("linger = \"0s\"");
    rig.until(|action| *action == Action::Close);
    assert!(!rig.done.contains(&Action::ShutdownWrite));
    assert_eq!(rig.last_report(State::Send).sent_bytes, 100);
}

#[test]
fn the_linger_drains_64_kib_or_its_time() {
    let mut drained = rig("");
    drained.until(|action| matches!(action, Action::LingerRecv { .. }));
    for _ in 0..15 {
        drained.answer(Outcome::Received(&[0; 4096]));
        assert!(matches!(drained.next, Action::LingerRecv { .. }));
    }
    drained.answer(Outcome::Received(&[0; 4096]));
    assert_eq!(drained.next, Action::Close);

    let mut timed = rig("");
    timed.until(|action| matches!(action, Action::LingerRecv { .. }));
    let until = timed.now + Span::from_secs(2);
    assert_eq!(timed.next, Action::LingerRecv { until });
    timed.now = until;
    timed.answer(Outcome::TimedOut);
    assert_eq!(timed.next, Action::Close);
}

#[test]
fn bodies_are_read_before_the_handler_runs() {
    for (head, rest) in [
        ("POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nab", "cde"),
        (
            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
            "cde\r\n0\r\n\r\n",
        ),
    ] {
        let mut rig = rig("");
        rig.request(head);
        rig.until(|action| matches!(action, Action::Recv { .. }));
        assert!(rig.states().ends_with(&[State::Reading, State::Body]));
        rig.answer(Outcome::Received(rest.as_bytes()));
        rig.until(|action| *action == Action::Close);
        assert_eq!(rig.access(), [(200, 100)]);
    }
    let mut expecting = rig("");
    expecting.request("POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    assert_eq!(expecting.next, Action::SendNow(Payload::Continue));
}

#[test]
fn a_slow_body_holds_the_worker_and_timeout_ends_it_with_a_500() {
    let mut rig = rig("");
    rig.request("POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\na");
    for piece in [b"b", b"c", b"d"] {
        rig.until(|action| matches!(action, Action::Recv { until: None, .. }));
        rig.now = rig.now + Span::from_secs(2);
        rig.answer(Outcome::Received(piece));
    }
    rig.until(|action| matches!(action, Action::Recv { .. }));
    rig.now = rig.now + Span::from_secs(1);
    rig.answer(Outcome::Received(b"e"));
    rig.until(|action| *action == Action::Close);
    assert_eq!(
        rig.last_report(State::App).recv_blocked,
        Span::from_secs(7),
        "every wait for a piece counts, and nothing beats meanwhile"
    );

    let mut murdered = self::rig("");
    murdered.request("POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\na");
    murdered.until(|action| matches!(action, Action::Recv { .. }));
    murdered.interrupt(Interrupt::Abort, 0);
    murdered.until(|action| matches!(action, Action::LingerRecv { .. }));
    assert_eq!(murdered.page(), Some(500));
    assert!(murdered.logged(Level::Error, "Error handling request POST /"));
}

#[test]
fn an_early_reply_reads_no_body_and_closes() {
    let mut rig = rig("[app.\"/early\"]\nfault = \"early-reply\"\nresponse = \"10B\"");
    rig.request("POST /early HTTP/1.1\r\nContent-Length: 100000\r\n\r\nab");
    rig.until(|action| matches!(action, Action::Recv { .. } | Action::LingerRecv { .. }));
    assert!(
        matches!(rig.next, Action::LingerRecv { .. }),
        "{:?}",
        rig.next
    );
    assert_eq!(rig.access(), [(200, 10)]);
    assert!(!rig.states().contains(&State::Body));
}

#[test]
fn refusals_are_pages_and_unknown_paths_are_404() {
    for (head, status) in [
        ("rubbish\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nExpect: x\r\n\r\n", 417),
    ] {
        let mut rig = rig("");
        rig.request(head);
        rig.until(|action| *action == Action::Accept);
        assert_eq!(rig.page(), Some(status));
        assert_eq!(rig.worker.base.nr, 0);
    }
    let mut unknown = rig("");
    unknown.request("GET /x HTTP/1.1\r\n\r\n");
    unknown.until(|action| *action == Action::Close);
    assert_eq!(unknown.access(), [(404, 0)]);
}

#[test]
fn a_head_request_has_no_body() {
    let mut rig = rig("");
    rig.request("HEAD /big HTTP/1.1\r\n\r\n");
    rig.until(|action| *action == Action::Close);
    assert!(!rig.done.iter().any(sends_body));
    let length = 1 << 20;
    assert!(rig.done.contains(&Action::Send(Payload::Head {
        status: 200,
        version: 1,
        framing: Framing::Length(length),
        headers: std::collections::BTreeMap::new(),
        keep_alive: false,
    })));
}

#[test]
fn a_body_of_unknown_length_goes_in_chunks_or_until_the_close() {
    use Payload::{Body, Chunk, LastChunk};
    let sent = |request: &str| {
        let mut rig = rig("");
        rig.request(request);
        rig.until(|action| *action == Action::Close);
        let sent = rig.done.iter().filter_map(|action| match action {
            Action::Send(payload) => Some(payload.clone()),
            _ => None,
        });
        let mut sent: Vec<Payload> = sent.collect();
        assert_eq!(rig.access().last().map(|line| line.0), Some(200));
        let Payload::Head { framing, .. } = sent.remove(0) else {
            panic!("no head: {sent:?}")
        };
        (framing, sent)
    };
    let pieces = [(0, 60), (60, 40)];
    let (framing, body) = sent("GET /stream HTTP/1.1\r\n\r\n");
    let [first, second] = pieces.map(|(offset, len)| Chunk { offset, len });
    assert_eq!(
        (framing, body),
        (Framing::Chunked, vec![first, second, LastChunk])
    );
    let (framing, body) = sent("GET /stream HTTP/1.0\r\n\r\n");
    let [first, second] = pieces.map(|(offset, len)| Body { offset, len });
    assert_eq!((framing, body), (Framing::UntilClose, vec![first, second]));
    let (framing, body) = sent("HEAD /stream HTTP/1.1\r\n\r\n");
    assert_eq!((framing, body), (Framing::None, Vec::new()));
}

#[test]
fn one_that_is_killed_sends_no_last_chunk() {
    let mut rig = rig("");
    rig.request("GET /stream HTTP/1.1\r\n\r\n");
    rig.until(|action| matches!(action, Action::Send(Payload::Chunk { offset: 60, .. })));
    let failure = Failure::Gone;
    rig.answer(Outcome::Failed { failure, sent: 3 });
    rig.until(|action| *action == Action::Close);
    assert!(!rig.done.contains(&Action::Send(Payload::LastChunk)));
}

#[test]
fn max_requests_is_exact() {
    for limit in 1..6 {
        let mut rig = rig_with("", Some(limit));
        assert_eq!(rig.exit(), 0);
        assert_eq!(rig.worker.base.nr, limit);
        assert_eq!(rig.access().len(), limit as usize);
        assert!(rig.logged(Level::Info, "Autorestarting worker after current request."));
    }
}

proptest! {
    /// Whatever the answers: never a second connection while one is held, no beat while a request is in hand, every byte sent
    /// once and in order, everything accepted is closed, and after TERM or a signal the worker ends.
    #[test]
    fn one_thing_at_a_time(answers in prop::collection::vec((0..100u8, any::<u16>()), 1..300), linger in any::<bool>()) {
        let mut rig = rig(if linger { "" } else { "linger = \"0s\"" });
        let (mut held, mut offset, mut interrupted) = (false, 0, false);
        for (choice, number) in answers {
            rig.now = rig.now + Span::from_us(u64::from(number));
            let blocking = !matches!(rig.next, Action::Report(_) | Action::Log(..) | Action::Access(_)
                | Action::Beat | Action::Close | Action::SendNow(_) | Action::HandlerSleep(_)
                | Action::CheckParent | Action::ShutdownWrite | Action::Exit(_));
            if choice == 0 && blocking {
                interrupted = true;
                let by = if number % 2 == 0 { Interrupt::Abort } else { Interrupt::Quit };
                rig.interrupt(by, 0);
                continue;
            }
            if choice == 1 {
                rig.worker.base.alive = false;
                interrupted = true;
            }
            let gone = || Outcome::Failed { failure: Failure::Gone, sent: 0 };
            match rig.next.clone() {
                Action::Accept => {
                    prop_assert!(!held, "took work that it cannot start");
                    held = choice < 60;
                    offset = 0;
                    rig.answer(if held { Outcome::Accepted(ConnId(1)) } else { Outcome::Empty });
                }
                Action::Beat => {
                    prop_assert!(!held, "beat in the middle of a request");
                    rig.answer(Outcome::Done);
                }
                Action::Select { .. } => {
                    prop_assert!(!held);
                    rig.answer(Outcome::Done);
                }
                Action::Close => {
                    prop_assert!(held);
                    held = false;
                    rig.answer(Outcome::Done);
                }
                Action::Recv { .. } => match choice {
                    0..70 => rig.answer(Outcome::Received(b"GET /big HTTP/1.1\r\n\r\n")),
                    70..85 => rig.answer(Outcome::Received(b"G")),
                    85..95 => rig.answer(Outcome::Eof),
                    _ => rig.answer(gone()),
                },
                Action::Send(Payload::Body { offset: at, len }) => {
                    prop_assert!(held);
                    prop_assert_eq!(at, offset, "in order, no gap");
                    offset += len;
                    rig.answer(if choice < 97 { Outcome::Sent } else { gone() });
                }
                Action::Send(_) => rig.answer(if choice < 97 { Outcome::Sent } else { gone() }),
                Action::LingerRecv { .. } => {
                    prop_assert!(held);
                    rig.answer(if choice < 50 { Outcome::Eof } else { Outcome::Received(&[0; 4096]) });
                }
                Action::ShutdownWrite => rig.answer(if choice < 90 { Outcome::Done } else { gone() }),
                Action::Exit(_) => {
                    prop_assert!(!held && interrupted);
                    return Ok(());
                }
                _ => rig.answer(Outcome::Done),
            }
        }
        rig.worker.base.alive = false;
        rig.exit();
    }
}
