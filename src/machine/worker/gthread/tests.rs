//! The gthread worker against a small driver in virtual time: every task's last action is in `at`, and the test answers it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::*;
use crate::machine::backend_config::BackendConfig;
use crate::machine::worker::{Action, Identity, Interrupt, State};
use crate::seed::Seed;
use crate::time::Span;

const MAIN: u32 = 0;
const GET: &[u8] = b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n";
const KEEP: &[u8] = b"GET / HTTP/1.1\r\n\r\n";

struct Rig {
    worker: GthreadWorker,
    now: Timestamp,
    at: BTreeMap<u32, Action>,
    beats: Vec<Timestamp>,
    closed: Vec<u32>,
    states: Vec<(Option<u32>, State)>,
    logs: Vec<String>,
    exit: Option<i32>,
}

fn rig(top: &str) -> Rig {
    let text = format!("worker_class = \"gthread\"\n{top}\n[app.\"/\"]\nresponse = \"100B\"");
    let config: BackendConfig = toml::from_str(&text).unwrap();
    let worker = GthreadWorker::new(Orders {
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
        states: Vec::new(),
        logs: Vec::new(),
        exit: None,
    };
    for task in 0..rig.worker.tasks() {
        rig.go(task, Outcome::Done);
    }
    rig
}

impl Rig {
    /// Resumes a task and carries out whatever cannot block, until it waits for the test.
    fn go(&mut self, task: u32, outcome: Outcome<'_>) {
        let mut step = self.worker.resume(TaskId(task), self.now, outcome);
        loop {
            let outcome = match &step.action {
                Action::Beat => {
                    self.beats.push(self.now);
                    Outcome::Done
                }
                Action::Close => {
                    self.closed.push(step.conn.unwrap().0);
                    Outcome::Done
                }
                Action::Report(report) => {
                    self.states.push((report.slot, report.state));
                    Outcome::Done
                }
                Action::Log(_, text) => {
                    self.logs.push(text.clone());
                    Outcome::Done
                }
                Action::Exit(code) => {
                    self.exit = Some(*code);
                    self.at.insert(task, step.action);
                    return;
                }
                Action::CheckParent | Action::Access(_) | Action::SendNow(_) => Outcome::Done,
                Action::Brief(_) => Outcome::Done,
                Action::ShutdownWrite | Action::HandlerSleep(_) => Outcome::Done,
                _ => {
                    self.at.insert(task, step.action);
                    break;
                }
            };
            step = self.worker.resume(TaskId(task), self.now, outcome);
        }
        while let Some(woken) = self.worker.woken() {
            match self.at.get(&woken.0) {
                Some(Action::Park) => self.go(woken.0, Outcome::Done),
                Some(Action::Poll { .. }) => self.go(woken.0, nothing()),
                _ => {}
            }
        }
    }

    fn accept(&mut self, conn: u32) {
        assert!(
            matches!(self.at[&MAIN], Action::Poll { listener: true, .. }),
            "{:?}",
            self.at[&MAIN]
        );
        let conns = Vec::new();
        let listener = true;
        self.go(MAIN, Outcome::Polled { listener, conns });
        assert_eq!(self.at[&MAIN], Action::Accept);
        self.go(MAIN, Outcome::Accepted(ConnId(conn)));
    }

    /// The whole of a request by the thread that has it.
    fn serve(&mut self, thread: u32, head: &[u8]) {
        if matches!(self.at[&thread], Action::AwaitReadable { .. }) {
            self.go(thread, Outcome::Done);
        }
        self.go(thread, Outcome::Received(head));
        while matches!(self.at[&thread], Action::Send(_)) {
            self.go(thread, Outcome::Sent);
        }
    }

    fn sleep(&mut self, span: Span) {
        self.now = self.now + span;
    }

    fn stuck(&self, thread: u32) -> bool {
        matches!(self.at[&thread], Action::Send(_))
    }
}

fn nothing() -> Outcome<'static> {
    Outcome::Polled {
        listener: false,
        conns: Vec::new(),
    }
}

#[test]
fn a_request_goes_from_the_main_thread_to_the_pool_and_back() {
    let mut rig = rig("threads = 2");
    rig.accept(7);
    assert!(matches!(rig.at[&1], Action::AwaitReadable { .. }));
    rig.serve(1, GET);
    assert_eq!(rig.at[&1], Action::Park);
    assert!(
        matches!(rig.at[&MAIN], Action::LingerRecv { .. }),
        "the main thread lingers"
    );
    rig.go(MAIN, Outcome::Eof);
    assert_eq!(rig.closed, [7]);
    assert_eq!(rig.worker.nr_conns, 0);
    use State::{App, Booting, Idle, Linger, Reading, Send};
    assert_eq!(
        rig.states,
        [
            (None, Booting),
            (None, Idle),
            (Some(0), Reading),
            (Some(0), App),
            (Some(0), Send),
            (Some(0), Send),
            (Some(0), Idle),
            (None, Linger),
            (None, Idle)
        ]
    );
}

#[test]
fn it_hoards_what_its_threads_cannot_take() {
    let mut rig = rig("threads = 2\nworker_connections = 10");
    for conn in 0..10 {
        rig.accept(conn);
    }
    assert_eq!(rig.worker.jobs.len(), 8);
    assert!(
        matches!(
            rig.at[&MAIN],
            Action::Poll {
                listener: false,
                ..
            }
        ),
        "worker_connections is the limit: {:?}",
        rig.at[&MAIN]
    );
}

#[test]
fn it_beats_while_all_threads_are_stuck() {
    let mut rig = rig("threads = 4");
    for conn in 0..4 {
        rig.accept(conn);
        rig.go(conn + 1, Outcome::Done);
        rig.go(conn + 1, Outcome::Received(GET));
        assert!(rig.stuck(conn + 1));
    }
    let before = rig.beats.len();
    for _ in 0..9 {
        rig.sleep(Span::from_secs(1));
        rig.go(MAIN, nothing());
    }
    assert_eq!(rig.beats.len(), before + 9);
}

#[test]
fn lingering_closes_run_one_after_another_without_a_beat() {
    let mut rig = rig("threads = 3");
    for conn in 0..3 {
        rig.accept(conn);
        rig.go(conn + 1, Outcome::Done);
        rig.go(conn + 1, Outcome::Received(GET));
    }
    // All three responses are complete while the main thread is busy with the first.
    for thread in 1..=3 {
        rig.go(thread, Outcome::Sent);
        rig.go(thread, Outcome::Sent);
    }
    let beats = rig.beats.len();
    for closed in 0..3 {
        assert_eq!(rig.closed.len(), closed);
        rig.sleep(Span::from_secs(2));
        rig.go(MAIN, Outcome::TimedOut);
    }
    assert_eq!(rig.closed.len(), 3);
    let between = rig.beats[beats..].to_vec();
    assert!(
        between
            .iter()
            .all(|at| *at >= Timestamp::ZERO + Span::from_secs(2)),
        "no beat inside of a linger: {between:?}"
    );
}

#[test]
fn silence_is_deferred_after_5_s_and_closed_after_keepalive() {
    let mut rig = rig("threads = 1");
    rig.accept(1);
    let until = Timestamp::ZERO + Span::from_secs(5);
    assert_eq!(rig.at[&1], Action::AwaitReadable { until });
    rig.now = until;
    rig.go(1, Outcome::TimedOut);
    assert_eq!(rig.at[&1], Action::Park, "the thread is free");
    let Action::Poll { conns, .. } = &rig.at[&MAIN] else {
        panic!("{:?}", rig.at[&MAIN]);
    };
    assert_eq!(*conns, [ConnId(1)], "the poller watches it");
    rig.sleep(Span::from_secs(1));
    rig.go(MAIN, nothing());
    assert!(rig.closed.is_empty());
    rig.sleep(Span::from_secs(1));
    rig.go(MAIN, nothing());
    assert_eq!(rig.closed, [1]);
}

#[test]
fn a_kept_connection_waits_in_the_poller_and_comes_back_ready() {
    let mut rig = rig("threads = 1");
    rig.accept(1);
    rig.serve(1, KEEP);
    assert!(rig.closed.is_empty());
    let conns = vec![ConnId(1)];
    let listener = false;
    rig.go(MAIN, Outcome::Polled { listener, conns });
    assert!(
        matches!(rig.at[&1], Action::Recv { .. }),
        "no wait for a first byte: {:?}",
        rig.at[&1]
    );
    rig.serve(1, KEEP);
    rig.sleep(Span::from_secs(2));
    rig.go(MAIN, nothing());
    assert_eq!(rig.closed, [1], "idle for `keepalive`");
}

#[test]
fn without_keepalive_every_connection_is_closed() {
    let mut rig = rig("threads = 1\nkeepalive = \"0s\"\nlinger = \"0s\"");
    rig.accept(1);
    rig.serve(1, KEEP);
    assert_eq!(rig.closed, [1]);
}

#[test]
fn term_drains_with_beats_and_a_stuck_thread_keeps_the_process() {
    let mut rig = rig("threads = 2\ngraceful_timeout = \"3s\"");
    rig.accept(1);
    rig.go(1, Outcome::Done);
    rig.go(1, Outcome::Received(GET));
    rig.worker.terminate();
    let woken = rig.worker.woken().unwrap();
    rig.go(woken.0, nothing());
    let before = rig.beats.len();
    for _ in 0..4 {
        assert!(matches!(
            rig.at[&MAIN],
            Action::Poll {
                listener: false,
                ..
            }
        ));
        rig.sleep(Span::from_secs(1));
        rig.go(MAIN, nothing());
    }
    assert_eq!(rig.beats.len(), before + 3);
    assert!(rig.logs.contains(&"Worker exiting (pid: 100)".to_owned()));
    assert_eq!(rig.at[&MAIN], Action::Park, "joins its threads");
    assert_eq!(rig.exit, None);
    rig.go(1, Outcome::Sent);
    rig.go(1, Outcome::Sent);
    assert_eq!(rig.exit, Some(0));
}

#[test]
fn an_abort_ends_the_main_thread_with_1() {
    let mut rig = rig("threads = 1");
    let by = Interrupt::Abort;
    rig.go(MAIN, Outcome::Interrupted { by, sent: 0 });
    assert_eq!(rig.exit, Some(1));
}

#[test]
fn max_requests_is_exact() {
    let mut rig = rig("threads = 1\nlinger = \"0s\"");
    rig.worker.base.orders.max_requests = Some(2);
    rig.accept(1);
    rig.serve(1, KEEP);
    assert_eq!(rig.exit, None);
    rig.go(
        MAIN,
        Outcome::Polled {
            listener: false,
            conns: vec![ConnId(1)],
        },
    );
    rig.serve(1, KEEP);
    rig.go(MAIN, nothing());
    assert_eq!(rig.closed, [1], "the last response closes");
    assert_eq!(rig.exit, Some(0));
}

#[test]
fn a_handler_may_close_what_is_used_again() {
    let mut rig = rig("threads = 1\nlinger = \"0s\"\n[app.\"/stale\"]\nfault = \"close-on-reuse\"");
    let stale = b"GET /stale HTTP/1.1\r\n\r\n";
    rig.accept(7);
    rig.serve(1, stale);
    assert!(rig.closed.is_empty(), "the first request is answered");
    let conns = vec![ConnId(7)];
    let listener = false;
    rig.go(MAIN, Outcome::Polled { listener, conns });
    rig.go(1, Outcome::Received(stale));
    assert_eq!(rig.at[&1], Action::Park, "nothing was sent");
    assert_eq!(rig.closed, [7]);
}

#[test]
fn the_first_jobs_cost_a_python_process_a_thread_each() {
    let starts = |top: &str, jobs: usize| -> Vec<Span> {
        let mut rig = rig(&format!("threads = 2\n{top}"));
        (0..jobs)
            .map(|_| {
                let start = rig.worker.starting_a_thread();
                rig.worker.submit(Job {
                    conn: ConnId(1),
                    accepted_at: Timestamp::ZERO,
                    ready: false,
                    kept: false,
                    rest: Vec::new(),
                });
                start
            })
            .collect()
    };
    let start = Span::from_us(190);
    let python = starts("cpu_per_request = '1us'", 3);
    assert_eq!(python, [start, start, Span::ZERO], "there are two");
    assert_eq!(starts("", 3), [Span::ZERO; 3], "the lab's own worker");
}
