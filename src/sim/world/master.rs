//! The master: the arbiter's machine, its signals and its children.

use std::collections::VecDeque;

use super::World;
use super::event::Event;
use crate::attribution::exit_status;
use crate::machine::arbiter::{Action, Arbiter, ExitStatus, Level, Signal, WorkerSignal};
use crate::machine::backend_config::BackendConfig;
use crate::record::{EventKind, Report, Source, WorkerReport};
use crate::seed::Seed;
use crate::sim::alarm::{Alarm, Ring};
use crate::time::{Span, Timestamp};

/// Process ids are made up: the master has the first, a worker's follows from its age.
pub(super) const MASTER_PID: u32 = 1000;

/// gunicorn's master process.
#[derive(Debug)]
pub(super) struct Master {
    arbiter: Arbiter,
    pause: Pause,
    alarm: Alarm,
    /// Children that ended and were not yet waited for.
    ended: VecDeque<(u32, u32, ExitStatus)>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Pause {
    No,
    /// Any signal ends it.
    Waiting,
    /// Deaf.
    Sleeping,
    Gone,
}

impl Master {
    pub(super) fn new(config: &BackendConfig, seed: Seed) -> Master {
        Master {
            arbiter: Arbiter::new(config, seed),
            pause: Pause::No,
            alarm: Alarm::default(),
            ended: VecDeque::new(),
        }
    }

    pub(super) fn is_gone(&self) -> bool {
        self.pause == Pause::Gone
    }
}

impl World<'_> {
    /// The master starts.
    pub(super) fn start_master(&mut self, listening_at: &str) {
        for line in [
            format!("Starting slowlab {}", env!("CARGO_PKG_VERSION")),
            format!("Listening at: {listening_at} ({MASTER_PID})"),
            format!("Using worker: {}", self.backend.class().name()),
        ] {
            self.event((Source::Master, EventKind::MasterLog { line }), None, None);
        }
        self.run_master();
    }

    /// Does what the arbiter says until it pauses.
    fn run_master(&mut self) {
        self.master.pause = Pause::No;
        loop {
            let now = self.now();
            let workers = &self.workers;
            let last_update = |pid| workers.by_pid(pid)?.last_update;
            match self.master.arbiter.next(now, &last_update) {
                Action::Spawn { age, max_requests } => {
                    let pid = MASTER_PID + age;
                    self.fork_worker(age, pid, max_requests);
                    self.master.arbiter.spawned(age, pid);
                    let what = (Source::Master, EventKind::WorkerSpawned { pid });
                    self.event(what, None, Some(age));
                }
                Action::Kill { pid, signal } => self.kill(pid, signal),
                Action::Log(level, text) => self.master_log(level, text),
                Action::Handling(signal) => {
                    let signal = signal.to_owned();
                    let kind = EventKind::SignalHandled { signal };
                    self.event((Source::Master, kind), None, None);
                }
                Action::Reap => self.reap(),
                Action::CloseListener => {
                    let now = self.now();
                    self.kernel.close_listener(now, self.back);
                }
                Action::ReopenLog | Action::TakeOver => {}
                Action::Wait(span) => return self.pause_master(span, Pause::Waiting),
                Action::Sleep(span) => return self.pause_master(span, Pause::Sleeping),
                Action::Exit(_) => {
                    self.master.pause = Pause::Gone;
                    return;
                }
            }
        }
    }

    fn pause_master(&mut self, span: Span, pause: Pause) {
        self.master.pause = pause;
        let at = self.now() + span;
        self.wake_master_at(at);
    }

    fn wake_master_at(&mut self, at: Timestamp) {
        let ticket = self.master.alarm.set(Some(at));
        self.push_ticket(ticket, |generation| Event::Master { generation });
    }

    pub(super) fn on_master_timer(&mut self, generation: u32) {
        let now = self.now();
        match self.master.alarm.ring(now, generation) {
            Ring::Stale => {}
            Ring::Again(ticket) => {
                self.push_ticket(Some(ticket), |generation| Event::Master { generation });
            }
            Ring::Due => self.run_master(),
        }
    }

    /// A signal for the master: it ends a wait, not a sleep.
    pub(super) fn signal_master(&mut self, signal: Signal) {
        self.master.arbiter.signal(signal);
        if self.master.pause == Pause::Waiting {
            let soon = self.now() + super::WAKE_UP;
            self.wake_master_at(soon);
        }
    }

    /// A worker's process ended.
    pub(super) fn child_ended(&mut self, pid: u32, age: u32, status: ExitStatus) {
        self.master.ended.push_back((pid, age, status));
        self.signal_master(Signal::Chld);
    }

    fn kill(&mut self, pid: u32, signal: WorkerSignal) {
        if signal == WorkerSignal::Abrt
            && let Some(worker) = self.workers.by_pid(pid)
        {
            let age = worker.age;
            let what = (Source::Master, EventKind::WorkerTimeout { pid });
            self.event(what, None, Some(age));
        }
        let is_zombie = self.master.ended.iter().any(|(ended, ..)| *ended == pid);
        if !is_zombie && !self.signal_worker(pid, signal) {
            self.master.arbiter.vanished(pid);
        }
    }

    fn reap(&mut self) {
        let now = self.now();
        while let Some((pid, age, status)) = self.master.ended.pop_front() {
            let at = self.told(now);
            self.report(Report::Worker(WorkerReport::gone(age, pid, at)));
            let kind = EventKind::WorkerExited {
                pid,
                status: exit_status(status),
            };
            self.event((Source::Master, kind), None, Some(age));
            self.master.arbiter.reaped(now, pid, status);
        }
    }

    fn master_log(&mut self, level: Level, text: String) {
        // A worker timeout has an event of its own, which names the worker.
        if level >= Level::Info && level != Level::Critical {
            let kind = EventKind::MasterLog { line: text };
            self.event((Source::Master, kind), None, None);
        }
    }
}
