//! The arbiter: an agenda of gunicorn's verbs, worked off one action at a time.

use std::collections::{BTreeMap, VecDeque};

use super::reexec::Second;
use super::reload::Settings;
use super::stop::Stop;
use super::{Action, FORK_PAUSE, Level, QUICK_LIMIT, Signal, TURN, WorkerSignal};
use crate::machine::backend_config::BackendConfig;
use crate::seed::{Seed, Stream};
use crate::time::{Span, Timestamp};

/// Signals that may wait; TTIN and TTOU beyond this are lost and counted, a stop never is.
const SIGNAL_LIMIT: usize = 256;
/// How long the last reap waits for SIGKILLed workers.
const KILLED_LIMIT: Span = Span::from_secs(1);
/// How often it looks.
const KILLED_POLL: Span = Span::from_ms(5);

/// gunicorn's master, without hands.
#[derive(Debug)]
pub struct Arbiter {
    /// What it read last.
    pub(super) settings: Settings,
    pub(super) seed: Seed,
    pub(super) pauses: Stream,
    pub(super) num_workers: u32,
    pub(super) worker_age: u32,
    pub(super) workers: BTreeMap<u32, Worker>,
    pub(super) signals: VecDeque<Signal>,
    pub(super) signals_dropped: u64,
    pub(super) agenda: VecDeque<Task>,
    pub(super) actions: VecDeque<Action>,
    pub(super) phase: Phase,
    pub(super) second: Second,
}

/// How far the master is, told by what becomes of an exception that is raised now (`HaltServer`, from reaping).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Phase {
    /// `run` catches it and halts.
    Serving,
    /// It stops for INT or QUIT, still inside the `try` of `run`: as before.
    QuickStop,
    /// It halts, in an `except` of `run`: nobody catches it, and Python ends with 1.
    Halting,
    /// That has happened.
    Gone,
}

#[derive(Debug)]
pub(super) struct Worker {
    pub(super) age: u32,
    pub(super) aborted: bool,
}

/// What is still to be done, in order. Each is a line or a loop of `arbiter.py`.
#[derive(Debug)]
pub(super) enum Task {
    Wait,
    Turn,
    Handle(Signal),
    Murder,
    Manage,
    Spawn {
        pause: bool,
    },
    TermSurplus,
    Sleep(Span),
    Reloaded,
    AwaitOld {
        deadline: Timestamp,
        last_age: u32,
    },
    AwaitGone {
        limit: Timestamp,
        quick: bool,
    },
    KillRest,
    AwaitKilled {
        limit: Timestamp,
    },
    Halted {
        code: i32,
        reason: Option<&'static str>,
    },
    Abandoned,
    Exit(i32),
}

impl Arbiter {
    /// A master about to fork its first workers. `seed` decides fork pauses and `max_requests_jitter`.
    pub fn new(config: &BackendConfig, seed: Seed) -> Arbiter {
        let settings = Settings::from(config);
        Arbiter {
            settings,
            seed,
            pauses: seed.stream("arbiter.fork_pause"),
            num_workers: settings.workers,
            worker_age: 0,
            workers: BTreeMap::new(),
            signals: VecDeque::new(),
            signals_dropped: 0,
            agenda: VecDeque::from([Task::Manage]),
            actions: VecDeque::new(),
            phase: Phase::Serving,
            second: Second::None,
        }
    }

    /// The next thing to do. `last_update` is when the worker with that pid last beat; `None` if it has not beaten yet, which
    /// is never held against it (its heartbeat file carries the wall clock until then, far ahead of the monotonic one).
    pub fn next(
        &mut self,
        now: Timestamp,
        last_update: &dyn Fn(u32) -> Option<Timestamp>,
    ) -> Action {
        loop {
            if let Some(action) = self.actions.pop_front() {
                return action;
            }
            let task = self.agenda.pop_front().unwrap_or(Task::Wait);
            self.perform(task, now, last_update);
        }
    }

    /// A signal has arrived. It is looked at when gunicorn would look at it.
    pub fn signal(&mut self, signal: Signal) {
        let counts = matches!(signal, Signal::Ttin | Signal::Ttou);
        if signal == Signal::ParentGone && self.phase == Phase::Serving {
            // Ours, and so not bound by gunicorn's deafness: a hundred forks with their pauses take five seconds.
            let forks = |action: &Action| matches!(action, Action::Spawn { .. } | Action::Sleep(_));
            self.actions.retain(|action| !forks(action));
            self.first([Task::Handle(signal)]);
            return;
        }
        // One of a kind is enough where a second adds nothing; this also bounds the queue.
        if !counts && self.signals.contains(&signal) {
            return;
        }
        if counts && self.signals.len() >= SIGNAL_LIMIT {
            self.signals_dropped += 1;
            return;
        }
        self.signals.push_back(signal);
    }

    /// The answer to [`Action::Spawn`].
    ///
    /// # Panics
    /// If a live worker already has that pid: the driver did not hand over a reaped status.
    pub fn spawned(&mut self, age: u32, pid: u32) {
        let worker = Worker {
            age,
            aborted: false,
        };
        let earlier = self.workers.insert(pid, worker);
        assert!(earlier.is_none(), "pid {pid} forked twice");
    }

    /// The other answer to [`Action::Spawn`]: the kernel refused. gunicorn lets the exception end the master.
    pub fn spawn_failed(&mut self, now: Timestamp, why: &str) {
        self.log(Level::Error, "Unhandled exception in main loop".to_owned());
        self.log(Level::Error, format!("fork: {why}"));
        self.stop(now, Stop::quick(self.settings.graceful_timeout, 255));
    }

    /// A signal could not be sent because the process is gone (`ESRCH`): gunicorn forgets the worker without a word.
    pub fn vanished(&mut self, pid: u32) {
        self.workers.remove(&pid);
    }

    /// Live workers as the master believes them to be: pid and age.
    pub fn workers(&self) -> impl Iterator<Item = (u32, u32)> {
        self.workers.iter().map(|(pid, worker)| (*pid, worker.age))
    }

    /// How many workers there should be (`num_workers`).
    pub fn num_workers(&self) -> u32 {
        self.num_workers
    }

    /// TTIN and TTOU that were lost to a full queue.
    pub fn signals_dropped(&self) -> u64 {
        self.signals_dropped
    }

    fn perform(
        &mut self,
        task: Task,
        now: Timestamp,
        last_update: &dyn Fn(u32) -> Option<Timestamp>,
    ) {
        match task {
            Task::Wait => {
                if self.second == Second::Parent {
                    self.actions.push_back(Action::CheckParent);
                }
                if self.signals.is_empty() {
                    self.actions.push_back(Action::Wait(TURN));
                }
                self.agenda.push_back(Task::Turn);
            }
            Task::Turn => {
                let arrived = std::mem::take(&mut self.signals);
                self.agenda.extend(arrived.into_iter().map(Task::Handle));
                self.agenda.extend([Task::Murder, Task::Manage, Task::Wait]);
            }
            Task::Handle(signal) => self.handle(now, signal),
            Task::Murder => self.murder(now, last_update),
            Task::Manage => self.manage(),
            Task::Spawn { pause } => self.spawn(pause),
            Task::TermSurplus => self.term_surplus(),
            Task::Sleep(span) => self.actions.push_back(Action::Sleep(span)),
            Task::Reloaded => self.reloaded(now),
            Task::AwaitOld { deadline, last_age } => self.await_old(now, deadline, last_age),
            Task::AwaitGone { limit, quick } => self.await_gone(now, limit, quick),
            Task::KillRest => {
                self.kill_workers(WorkerSignal::Kill);
                let limit = now + KILLED_LIMIT;
                self.first([Task::AwaitKilled { limit }]);
            }
            Task::AwaitKilled { limit } => {
                if !self.workers.is_empty() && now < limit {
                    self.actions.push_back(Action::Reap);
                    self.first([Task::Sleep(KILLED_POLL), Task::AwaitKilled { limit }]);
                }
            }
            Task::Halted { code, reason } => self.halted(code, reason),
            Task::Abandoned => self.abandoned(),
            Task::Exit(code) => {
                self.actions.push_back(Action::Exit(code));
                self.first([Task::Exit(code)]);
            }
        }
    }

    fn handle(&mut self, now: Timestamp, signal: Signal) {
        if let Some(name) = signal.name() {
            self.actions.push_back(Action::Handling(name));
        }
        match signal {
            Signal::Chld => self.actions.push_back(Action::Reap),
            Signal::Term => {
                self.stop(now, Stop::graceful(self.settings.graceful_timeout, 0));
            }
            Signal::Int | Signal::Quit => {
                self.stop(now, Stop::quick(self.settings.graceful_timeout, 0));
            }
            Signal::ParentGone => {
                self.log(
                    Level::Warning,
                    "The process that started the master is gone".to_owned(),
                );
                let limit = self.settings.graceful_timeout.min(QUICK_LIMIT);
                self.stop(now, Stop::quick(limit, 0));
            }
            Signal::Hup => self.reload(),
            Signal::Usr2 => self.reexec(),
            Signal::Ttin => {
                self.num_workers += 1;
                self.first([Task::Manage]);
            }
            Signal::Ttou if self.num_workers > 1 => {
                self.num_workers -= 1;
                self.first([Task::Manage]);
            }
            Signal::Ttou => {}
            Signal::Winch => {
                let text = "SIGWINCH ignored. Not daemonized".to_owned();
                self.log(Level::Debug, text);
            }
            Signal::Usr1 => {
                self.actions.push_back(Action::ReopenLog);
                self.kill_workers(WorkerSignal::Usr1);
            }
        }
    }

    fn murder(&mut self, now: Timestamp, last_update: &dyn Fn(u32) -> Option<Timestamp>) {
        let timeout = self.settings.timeout;
        if timeout.is_zero() {
            return;
        }
        for (pid, worker) in &mut self.workers {
            let Some(beat) = last_update(*pid) else {
                continue;
            };
            if now.since(beat) <= timeout {
                continue;
            }
            let signal = if worker.aborted {
                WorkerSignal::Kill
            } else {
                worker.aborted = true;
                let text = format!("WORKER TIMEOUT (pid:{pid})");
                self.actions.push_back(Action::Log(Level::Critical, text));
                WorkerSignal::Abrt
            };
            self.actions.push_back(Action::Kill { pid: *pid, signal });
        }
    }

    fn manage(&mut self) {
        let missing = self.num_workers.saturating_sub(self.count());
        self.first(
            (0..missing)
                .map(|_| Task::Spawn { pause: true })
                .chain([Task::TermSurplus]),
        );
    }

    fn spawn(&mut self, pause: bool) {
        self.worker_age += 1;
        let age = self.worker_age;
        let Settings {
            max_requests,
            max_requests_jitter,
            ..
        } = self.settings;
        let max_requests = (max_requests > 0).then(|| {
            let mut jitter = self.seed.stream(&format!("worker.{age}.max_requests"));
            let extra = jitter.up_to(u64::from(max_requests_jitter));
            max_requests.saturating_add(u32::try_from(extra).unwrap_or(u32::MAX))
        });
        self.actions.push_back(Action::Spawn { age, max_requests });
        if pause {
            let ns = FORK_PAUSE.as_ns() as f64 * self.pauses.uniform();
            self.actions
                .push_back(Action::Sleep(Span::from_ns(ns as u64)));
        }
    }

    /// TERM to the oldest of those that are too many; sent anew each turn until they are gone.
    fn term_surplus(&mut self) {
        let mut oldest: Vec<(u32, u32)> = self.workers().map(|(pid, age)| (age, pid)).collect();
        oldest.sort_unstable();
        let surplus = oldest.len().saturating_sub(self.num_workers as usize);
        for (_, pid) in &oldest[..surplus] {
            let signal = WorkerSignal::Term;
            self.actions.push_back(Action::Kill { pid: *pid, signal });
        }
    }

    pub(super) fn kill_workers(&mut self, signal: WorkerSignal) {
        let kills = self
            .workers
            .keys()
            .map(|pid| Action::Kill { pid: *pid, signal });
        self.actions.extend(kills);
    }

    pub(super) fn log(&mut self, level: Level, text: String) {
        self.actions.push_back(Action::Log(level, text));
    }

    /// Puts tasks before all others, in their order.
    pub(super) fn first(&mut self, tasks: impl IntoIterator<Item = Task>) {
        let mut agenda: VecDeque<Task> = tasks.into_iter().collect();
        agenda.append(&mut self.agenda);
        self.agenda = agenda;
    }

    fn count(&self) -> u32 {
        u32::try_from(self.workers.len()).unwrap_or(u32::MAX)
    }
}

impl Signal {
    /// The name in "Handling signal: ...": SIGCHLD is too frequent to be worth a line.
    fn name(self) -> Option<&'static str> {
        match self {
            Signal::Term => Some("term"),
            Signal::Int => Some("int"),
            Signal::Quit => Some("quit"),
            Signal::Hup => Some("hup"),
            Signal::Ttin => Some("ttin"),
            Signal::Ttou => Some("ttou"),
            Signal::Usr1 => Some("usr1"),
            Signal::Usr2 => Some("usr2"),
            Signal::Winch => Some("winch"),
            Signal::Chld | Signal::ParentGone => None,
        }
    }
}
