//! Workers with a loop, driven as a loop drives them: one task at a time until it waits.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::*;
use crate::machine::backend_config::BackendConfig;
use crate::machine::worker::{Action, Failure, Identity, Interrupt, Payload, Report, State};
use crate::seed::Seed;

const GET: &[u8] = b"GET /big HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
const KEEP: &[u8] = b"GET /big HTTP/1.1\r\nHost: a\r\n\r\n";
const CPU: &[u8] = b"GET /cpu HTTP/1.1\r\nHost: a\r\n\r\n";
const MAIN: u32 = 0;
const CONN: u32 = FIRST_CONN;

struct Rig {
    worker: HubWorker,
    now: Timestamp,
    at: BTreeMap<u32, Action>,
    beats: Vec<Timestamp>,
    closed: Vec<u32>,
    reports: Vec<Report>,
    logs: Vec<String>,
    pages: usize,
}

fn rig(class: &str, top: &str) -> Rig {
    let text = format!(
        "worker_class = \"{class}\"\n{top}\n[app.\"/big\"]\nresponse = \"1MiB\"\nwrite_size = \"1MiB\"\n\
         [app.\"/cpu\"]\ncpu = \"8s\"\nresponse = \"10B\""
    );
    let config: BackendConfig = toml::from_str(&text).unwrap();
    let worker = HubWorker::new(Orders {
        identity: Identity { age: 1, pid: 100 },
        config: Arc::new(config),
        seed: Seed(1),
        max_requests: None,
        own_cpu: Span::ZERO,
    });
    let mut rig = Rig {
        worker,
        now: Timestamp::ZERO,
        at: BTreeMap::new(),
        beats: Vec::new(),
        closed: Vec::new(),
        reports: Vec::new(),
        logs: Vec::new(),
        pages: 0,
    };
    rig.go(MAIN, Outcome::Done);
    rig
}

impl Rig {
    fn go(&mut self, task: u32, outcome: Outcome<'_>) {
        let mut step = self.worker.resume(TaskId(task), self.now, outcome);
        loop {
            match &step.action {
                Action::Beat => self.beats.push(self.now),
                Action::Close => self.closed.push(step.conn.unwrap().0),
                Action::Report(report) => self.reports.push(report.clone()),
                Action::Log(_, text) => self.logs.push(text.clone()),
                Action::SendNow(_) => self.pages += 1,
                Action::CheckParent
                | Action::Yield
                | Action::Access(_)
                | Action::CloseListener
                | Action::Listen { .. } => {}
                Action::Finished => {
                    self.at.remove(&task);
                    break;
                }
                _ => {
                    self.at.insert(task, step.action);
                    break;
                }
            }
            step = self.worker.resume(TaskId(task), self.now, Outcome::Done);
        }
        while let Some(woken) = self.worker.woken() {
            self.go(woken.0, Outcome::Done);
        }
    }

    fn accept(&mut self, conn: u32) {
        self.come_to_accept();
        self.go(1, Outcome::Accepted(ConnId(conn)));
    }

    fn fail_to_accept(&mut self, failed: Outcome<'_>) {
        self.come_to_accept();
        self.go(1, failed);
    }

    fn come_to_accept(&mut self) {
        if self.at[&1] == Action::AwaitAcceptable {
            self.go(1, Outcome::Done);
        }
        assert_eq!(self.at[&1], Action::Accept);
    }

    fn sleep(&mut self, span: Span) {
        self.now = self.now + span;
    }

    fn tick(&mut self) {
        let Action::Wait(span) = self.at[&MAIN] else {
            panic!("{:?}", self.at[&MAIN]);
        };
        self.sleep(span);
        self.go(MAIN, Outcome::Done);
    }

    fn exit(&self) -> Option<i32> {
        match self.at[&MAIN] {
            Action::Exit(code) => Some(code),
            _ => None,
        }
    }

    fn kept_by_process(&self) -> u64 {
        self.reports.last().unwrap().buffered_bytes
    }
}

#[test]
fn a_slow_client_holds_its_slot_and_nobody_else() {
    let mut rig = rig("gevent", "");
    rig.accept(1);
    rig.go(CONN, Outcome::Received(GET));
    rig.go(CONN, Outcome::Sent);
    assert!(matches!(rig.at[&CONN], Action::Send(Payload::Body { .. })));
    rig.accept(2);
    rig.go(CONN + 1, Outcome::Received(GET));
    rig.go(CONN + 1, Outcome::Sent);
    rig.go(CONN + 1, Outcome::Sent);
    assert_eq!(rig.closed, [2]);
    for _ in 0..9 {
        rig.tick();
    }
    assert!(rig.beats.len() >= 10, "{:?}", rig.beats);
    rig.accept(3);
    assert!(
        rig.at.contains_key(&(CONN + 1)),
        "the free slot is given again"
    );
}

#[test]
fn gevent_stops_accepting_when_its_pool_is_full() {
    let mut rig = rig("gevent", "worker_connections = 2");
    rig.accept(1);
    rig.accept(2);
    assert_eq!(rig.at[&1], Action::Park);
    rig.go(CONN, Outcome::Eof);
    assert_ne!(rig.at[&1], Action::Park, "a greenlet has ended");
    let mut unlimited = self::rig("asgi", "worker_connections = 2");
    for conn in 0..5 {
        unlimited.accept(conn);
    }
    assert_ne!(unlimited.at[&1], Action::Park);
}

#[test]
fn gevent_takes_one_at_a_time_beside_siblings() {
    let mut alone = rig("gevent", "workers = 1");
    alone.accept(1);
    assert_eq!(alone.at[&1], Action::Accept);
    let mut beside = rig("gevent", "workers = 2");
    beside.accept(1);
    assert_eq!(beside.at[&1], Action::AwaitAcceptable);
}

#[test]
fn gevent_closes_a_silent_connection_after_keepalive_and_asgi_does_not() {
    let mut rig = rig("gevent", "");
    rig.accept(1);
    let until = Some(Timestamp::ZERO + Span::from_secs(2));
    assert!(matches!(rig.at[&CONN], Action::Recv { until: at, .. } if at == until));
    rig.sleep(Span::from_secs(2));
    rig.go(CONN, Outcome::TimedOut);
    assert_eq!((rig.closed.as_slice(), rig.pages), ([1].as_slice(), 0));
    for class in ["asgi", "uvicorn"] {
        let mut rig = self::rig(class, "");
        rig.accept(1);
        assert!(
            matches!(rig.at[&CONN], Action::Recv { until: None, .. }),
            "{class}"
        );
    }
}

#[test]
fn an_abort_is_swallowed_by_the_busy_greenlet_and_the_worker_drains() {
    let mut rig = rig("gevent", "timeout = \"3s\"");
    rig.accept(1);
    rig.go(CONN, Outcome::Received(CPU));
    assert!(matches!(rig.at[&CONN], Action::Burn(_)));
    assert!(
        rig.reports
            .iter()
            .any(|report| report.slot.is_none() && report.state == State::App),
        "the loop is occupied"
    );
    rig.sleep(Span::from_secs(3));
    let (beats, by) = (rig.beats.len(), Interrupt::Abort);
    rig.go(CONN, Outcome::Interrupted { by, sent: 0 });
    assert_eq!(rig.pages, 0, "no 500");
    assert!(
        matches!(rig.at[&CONN], Action::Recv { .. }),
        "the connection waits for another request"
    );
    rig.go(MAIN, Outcome::Done);
    assert!(rig.beats.len() > beats, "it beats again");
    assert_eq!(rig.exit(), None);
    rig.sleep(Span::from_secs(2));
    rig.go(CONN, Outcome::TimedOut);
    assert_eq!(rig.closed, [1], "an empty reply");
    rig.tick();
    assert_eq!(rig.exit(), Some(0));
}

#[test]
fn asgi_waits_with_its_object_and_uvicorn_leaves_the_copy_to_the_transport() {
    let (mib, left) = (1 << 20, 900_000);
    let mut asgi = rig("asgi", "");
    asgi.accept(1);
    asgi.go(CONN, Outcome::Received(KEEP));
    asgi.go(CONN, Outcome::Written { left: 0 });
    asgi.go(CONN, Outcome::Written { left });
    assert_eq!(asgi.at[&CONN], Action::Drain);
    assert_eq!(asgi.kept_by_process(), left + mib, "about 2N");
    let mut uvicorn = rig("uvicorn", "");
    uvicorn.accept(1);
    uvicorn.go(CONN, Outcome::Received(KEEP));
    uvicorn.go(CONN, Outcome::Written { left: 0 });
    uvicorn.go(CONN, Outcome::Written { left });
    assert_eq!(uvicorn.at[&CONN], Action::Drain);
    assert_eq!(uvicorn.kept_by_process(), left, "about N");
}

#[test]
fn writing_pauses_above_64_kib_and_goes_on_at_a_quarter_of_it() {
    let mut rig = rig("asgi", "");
    let text = "worker_class = \"asgi\"\n[app.\"/big\"]\nresponse = \"1MiB\"";
    rig.worker.base.orders.config = Arc::new(toml::from_str(text).unwrap());
    rig.accept(1);
    rig.go(CONN, Outcome::Received(KEEP));
    rig.go(CONN, Outcome::Written { left: 0 });
    rig.go(CONN, Outcome::Written { left: 65_536 });
    assert!(matches!(rig.at[&CONN], Action::Write(_)), "not above it");
    rig.go(CONN, Outcome::Written { left: 65_537 });
    assert_eq!(rig.at[&CONN], Action::Drain);
    rig.go(CONN, Outcome::Written { left: 16_385 });
    assert_eq!(rig.at[&CONN], Action::Drain);
    rig.go(CONN, Outcome::Written { left: 16_384 });
    assert!(matches!(rig.at[&CONN], Action::Write(_)));
}

#[test]
fn term_closes_the_listener_and_waits_as_the_class_does() {
    for (class, beats, ends) in [
        ("gevent", true, true),
        ("asgi", false, true),
        ("uvicorn", false, false),
    ] {
        let mut rig = rig(class, "graceful_timeout = \"3s\"");
        rig.accept(1);
        rig.go(CONN, Outcome::Received(GET));
        rig.worker.terminate();
        rig.tick();
        assert!(!rig.at.contains_key(&1), "{class}: nobody accepts");
        let before = rig.beats.len();
        for _ in 0..60 {
            if rig.exit().is_none() {
                rig.tick();
            }
        }
        assert_eq!(rig.beats.len() > before, beats, "{class}");
        assert_eq!(rig.exit(), ends.then_some(0), "{class}");
    }
}

#[test]
fn a_loop_callback_ends_asgi_with_1() {
    let mut rig = rig("asgi", "");
    let by = Interrupt::Abort;
    rig.go(MAIN, Outcome::Interrupted { by, sent: 0 });
    assert_eq!(rig.exit(), Some(1));
}

#[test]
fn uvicorn_closes_idle_connections_when_it_shuts_down() {
    let mut rig = rig("uvicorn", "");
    rig.accept(1);
    rig.go(CONN, Outcome::Received(KEEP));
    while rig.closed.is_empty() && !matches!(rig.at[&CONN], Action::Recv { .. }) {
        rig.go(CONN, Outcome::Written { left: 0 });
    }
    rig.worker.terminate();
    rig.tick();
    assert_eq!(rig.closed, [1]);
    rig.tick();
    assert_eq!(rig.exit(), Some(0));
}

#[test]
fn who_cannot_accept_rests_before_trying_again() {
    let failed = || Outcome::Failed {
        failure: Failure::Other("Too many open files".to_owned()),
        sent: 0,
    };
    for (class, rests) in [
        ("gevent", [10, 20, 40, 80, 160, 320, 640, 1000, 1000]),
        ("asgi", [1000; 9]),
        ("uvicorn", [1000; 9]),
    ] {
        let mut rig = rig(class, "");
        for rest in rests {
            rig.fail_to_accept(failed());
            assert_eq!(rig.at[&1], Action::Wait(Span::from_ms(rest)), "{class}");
            rig.go(1, Outcome::Done);
            assert_eq!(rig.at[&1], Action::AwaitAcceptable, "{class}");
        }
        rig.accept(1);
        rig.fail_to_accept(failed());
        assert_eq!(rig.at[&1], Action::Wait(Span::from_ms(rests[0])), "{class}");
    }
}
