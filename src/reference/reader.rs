//! The thread that reads what a gunicorn's hooks, application and log tell, and forwards it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use crate::machine::arbiter::{APP_LOAD_ERROR, WORKER_BOOT_ERROR};
use crate::machine::backend_config::WorkerClass;
use crate::masters::Masters;
use crate::record::{
    Event, EventKind, ExitStatus, Report, Sink, Source, WorkerReport, WorkerState,
};
use crate::time::{Clock, Span, Timestamp};

use super::export::{GUNICORN_LOG, INSTANTS};
use super::follow::Tail;
use super::gunicorn_log::{self, News};
use super::instants::{Said, Workers};
use super::wall::WallClock;

/// What is known of the processes, shared with the thread that reads.
#[derive(Debug, Default)]
pub(super) struct Shared {
    known: Mutex<Known>,
    changed: Condvar,
}

/// What is known of them.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub(super) listening: Option<Option<u16>>,
    /// Ages of workers that have reached their loop.
    pub(super) booted: BTreeSet<u32>,
    /// Live workers: age and pid.
    pub(super) workers: BTreeMap<u32, u32>,
    /// Whether a worker was ever forked.
    pub(super) forked: bool,
    pub(super) masters: Masters,
}

impl Shared {
    pub(super) fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn wait(&self, limit: Span, done: impl Fn(&Known) -> bool) -> MutexGuard<'_, Known> {
        let waited = self
            .changed
            .wait_timeout_while(self.lock(), limit.to_duration(), |known| !done(known));
        waited.unwrap_or_else(PoisonError::into_inner).0
    }

    fn change<T>(&self, change: impl FnOnce(&mut Known) -> T) -> T {
        let changed = change(&mut self.lock());
        self.changed.notify_all();
        changed
    }
}

/// Reads both files and forwards what they say.
#[derive(Debug)]
pub(super) struct Reader {
    instants: Tail,
    log: Tail,
    workers: Workers,
    /// Processes that log as masters.
    masters: BTreeSet<u32>,
    /// How a worker ended, by pid: the log says it just before the hook tells that it is gone.
    endings: BTreeMap<u32, ExitStatus>,
    /// Those of whose end only the log tells: the hook does not run, because the master halts instead.
    never_booted: Vec<(u32, Timestamp)>,
    /// Workers whose master is gone: nobody is there to tell their end.
    orphans: BTreeSet<u32>,
    wall: WallClock,
    clock: Clock,
    sink: Sink,
    shared: Arc<Shared>,
}

impl Reader {
    /// Reads below `folder` what the master of this pid and its workers leave there.
    pub(super) fn new(
        (folder, class): (&Path, WorkerClass),
        master: u32,
        clock: Clock,
        sink: Sink,
        shared: Arc<Shared>,
    ) -> Reader {
        Reader {
            instants: Tail::new(folder.join(INSTANTS)),
            log: Tail::new(folder.join(GUNICORN_LOG)),
            workers: Workers::of(class),
            masters: BTreeSet::from([master]),
            endings: BTreeMap::new(),
            never_booted: Vec::new(),
            orphans: BTreeSet::new(),
            wall: WallClock::compare(clock),
            clock,
            sink,
            shared,
        }
    }

    /// All masters and workers are gone: killed, if nobody has told of their ends.
    pub(super) fn all_gone(&mut self) {
        self.look();
        for report in self.workers.all_gone(self.clock.now()) {
            let killed = ExitStatus::Signal(libc::SIGKILL);
            self.endings.entry(report.pid).or_insert(killed);
            self.worker(report);
        }
        self.endings.clear();
    }

    /// A process that logs as a master.
    pub(super) fn add_master(&mut self, pid: u32) {
        self.masters.insert(pid);
    }

    pub(super) fn look(&mut self) {
        // What the log says of an instant was written before it: read later, it is surely there; taken in first, it is known.
        let instants = self.instants.lines();
        for line in self.log.lines() {
            self.log_line(&line);
        }
        for line in instants {
            match self.workers.read(&line, self.clock.origin_ns()) {
                Said::Listening {
                    pid,
                    at,
                    port,
                    gunicorn,
                    python,
                } => {
                    self.shared.change(|known| {
                        known.listening = Some(port);
                        known.masters.meet(pid);
                    });
                    let line = format!("gunicorn {gunicorn} on Python {python}");
                    self.event(at, EventKind::MasterLog { line }, None);
                }
                Said::Halted { pid, code } => self.shared.change(|known| {
                    if let Some(ordinal) = known.masters.ordinal(pid) {
                        known.masters.exits(ordinal, code);
                    }
                }),
                Said::Worker(report) => self.worker(report),
                Said::Nothing => {}
            }
        }
        // Last, since the hook that tells of their begin may have been read after the log.
        for (pid, at) in std::mem::take(&mut self.never_booted) {
            if let Some(report) = self.workers.ended(pid, at) {
                self.worker(report);
            }
        }
    }

    fn worker(&mut self, report: WorkerReport) {
        let (age, pid, at) = (report.worker, report.pid, report.at);
        match report.state {
            WorkerState::Booting => {
                self.shared.change(|known| {
                    known.forked = true;
                    known.workers.insert(age, pid)
                });
                self.event(at, EventKind::WorkerSpawned { pid }, Some(age));
            }
            WorkerState::Idle => {
                self.shared.change(|known| known.booted.insert(age));
            }
            WorkerState::Dead => {
                self.shared.change(|known| known.workers.remove(&age));
                // gunicorn writes no line about a worker that ended as it should.
                let status = self.endings.remove(&pid).unwrap_or(ExitStatus::Code(0));
                self.event(at, EventKind::WorkerExited { pid, status }, Some(age));
            }
            _ => {}
        }
        self.sink.send(Report::Worker(report));
    }

    fn log_line(&mut self, line: &str) {
        let Some(line) = gunicorn_log::parse(line) else {
            return;
        };
        let at = self
            .wall
            .at(line.seconds)
            .unwrap_or_else(|| self.clock.now());
        let text = line.text.to_owned();
        if text.starts_with("Starting gunicorn ") {
            self.masters.insert(line.pid);
        }
        match line.news {
            News::Timeout { pid } => {
                let age = self.workers.number_of(pid);
                self.event(at, EventKind::WorkerTimeout { pid }, age);
            }
            News::Ended { pid, status } => {
                self.endings.insert(pid, status);
                if let ExitStatus::Code(WORKER_BOOT_ERROR | APP_LOAD_ERROR) = status {
                    self.never_booted.push((pid, at));
                }
            }
            News::Orphaned => {
                self.orphans.insert(line.pid);
                self.worker_log(at, line.pid, text);
            }
            News::Exiting => {
                self.worker_log(at, line.pid, text);
                if self.orphans.remove(&line.pid)
                    && let Some(report) = self.workers.ended(line.pid, at)
                {
                    self.worker(report);
                }
            }
            News::Signal { name } if self.masters.contains(&line.pid) => {
                self.event(at, EventKind::SignalHandled { signal: name }, None);
            }
            News::Other | News::Signal { .. } if self.masters.contains(&line.pid) => {
                self.event(at, EventKind::MasterLog { line: text }, None);
            }
            News::Other | News::Signal { .. } => self.worker_log(at, line.pid, text),
        }
    }

    fn worker_log(&self, at: Timestamp, pid: u32, line: String) {
        let number = self.workers.number_of(pid);
        self.event(at, EventKind::WorkerLog { line }, number);
    }

    fn event(&self, at: Timestamp, kind: EventKind, worker: Option<u32>) {
        let source = match kind {
            EventKind::WorkerLog { .. } => Source::Worker,
            _ => Source::Master,
        };
        self.sink
            .event(Event::new(at, source, kind).of_worker(worker));
    }
}
