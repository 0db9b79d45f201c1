//! The master: the arbiter's machine, its signals and its children.

use std::collections::VecDeque;
use std::sync::Arc;

use super::super::WAKE_UP;
use super::super::ctx::Ctx;
use super::super::event::Event;
use super::super::stages::name_of;
use super::masters::Shared;
use super::workers::{Ended, Workers};
use crate::attribution::exit_status;
use crate::machine::arbiter::{Action, Arbiter, ExitStatus, Level, Signal, WorkerSignal, greeting};
use crate::machine::backend_config::{BackendConfig, Bind};
use crate::record::{EventKind, Report, Source, WorkerReport};
use crate::seed::Seed;
use crate::sim::alarm::Alarm;
use crate::time::{Span, Timestamp};

/// Process ids are made up: the first master has this one, later ones those before it; a worker's follows from its number.
pub(super) const MASTER_PID: u32 = 1000;

/// Ours: what it takes to run the binary again for a second master.
const EXEC: Span = Span::from_ms(5);

/// gunicorn's master process.
#[derive(Debug)]
pub(super) struct Master {
    /// How many were started before it.
    ordinal: u16,
    arbiter: Arbiter,
    /// What workers are forked with.
    config: Arc<BackendConfig>,
    pause: Pause,
    alarm: Alarm,
    /// Children that ended and were not yet waited for.
    ended: VecDeque<Child>,
    /// Whether it has the listener open.
    has_listener: bool,
    /// The master that started it, while that is there.
    pub(super) parent: Option<u16>,
}

/// A child that is gone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Child {
    Worker(Ended),
    /// A master that this one started.
    Master {
        pid: u32,
        status: ExitStatus,
    },
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Pause {
    /// The binary is being run again.
    Starting,
    No,
    /// Any signal ends it.
    Waiting,
    /// Deaf.
    Sleeping,
    /// SIGSTOP: deaf, and whether it was being started.
    Stopped {
        starting: bool,
    },
    Gone,
}

impl Master {
    /// The first.
    pub(super) fn new(config: &BackendConfig, seed: Seed) -> Master {
        Master {
            ordinal: 0,
            arbiter: Arbiter::new(config, seed),
            config: Arc::new(config.clone()),
            pause: Pause::No,
            alarm: Alarm::default(),
            ended: VecDeque::new(),
            has_listener: true,
            parent: None,
        }
    }

    /// One that takes the place of others that have ended.
    pub(super) fn anew(config: &BackendConfig, seed: Seed, ordinal: u16) -> Master {
        Master {
            ordinal,
            ..Master::new(config, seed)
        }
    }

    pub(super) fn is_gone(&self) -> bool {
        self.pause == Pause::Gone
    }

    pub(super) fn pid(&self) -> u32 {
        MASTER_PID - u32::from(self.ordinal)
    }

    /// The master starts.
    pub(super) fn start(&mut self, ctx: &mut Ctx<'_>, shared: &mut Shared) {
        let class = self.config.class();
        let listening_at = listening_at(self.config.bind, ctx.instance);
        for line in greeting(&listening_at, self.pid(), class) {
            ctx.event((Source::Master, EventKind::MasterLog { line }), None, None);
        }
        self.run(ctx, shared);
    }

    /// Does what the arbiter says until it pauses.
    fn run(&mut self, ctx: &mut Ctx<'_>, shared: &mut Shared) {
        self.pause = Pause::No;
        loop {
            let now = ctx.now();
            let workers = &mut shared.workers;
            match self.arbiter.next(now, &|pid| workers.last_update(pid)) {
                Action::Spawn { age, max_requests } => {
                    let by = (self.ordinal, &self.config);
                    let (pid, number) = workers.fork(ctx, by, max_requests);
                    self.arbiter.spawned(age, pid);
                    let what = (Source::Master, EventKind::WorkerSpawned { pid });
                    ctx.event(what, None, Some(number));
                }
                Action::Kill { pid, signal } => self.kill(ctx, workers, (pid, signal)),
                Action::Log(level, text) => log(ctx, level, text),
                Action::Handling(signal) => {
                    let signal = signal.to_owned();
                    let kind = EventKind::SignalHandled { signal };
                    ctx.event((Source::Master, kind), None, None);
                }
                Action::Reap => self.reap(ctx),
                Action::CloseListener { unlink } => {
                    if unlink {
                        ctx.kernel.unlink(ctx.back);
                    }
                    self.has_listener = false;
                    workers.close_listener(ctx);
                }
                Action::TakeOver => {
                    if let Some(config) = &shared.on_file {
                        self.arbiter.says(config);
                        self.config = Arc::new(config.clone());
                    }
                }
                Action::Reexec => self.reexec(ctx, shared),
                Action::CheckParent => {
                    if self.parent.is_none() {
                        self.arbiter.promoted();
                    }
                }
                Action::ReopenLog => {}
                Action::Wait(span) => return self.pause(ctx, span, Pause::Waiting),
                Action::Sleep(span) => return self.pause(ctx, span, Pause::Sleeping),
                Action::Exit(code) => {
                    self.pause = Pause::Gone;
                    shared.exited.push((self.ordinal, ExitStatus::Code(code)));
                    if ctx.stage.has_clients() && !shared.is_to_end {
                        let kind = EventKind::MasterExited { code };
                        ctx.event((Source::Lab, kind), None, None);
                    }
                    return;
                }
            }
        }
    }

    /// Starts a second master with what the configuration says by now.
    fn reexec(&mut self, ctx: &mut Ctx<'_>, shared: &mut Shared) {
        let config = shared.on_file.as_ref().unwrap_or(&ctx.plan.backend);
        let mut second = Master {
            ordinal: shared.masters,
            arbiter: Arbiter::successor(config, ctx.plan.seed),
            parent: Some(self.ordinal),
            ..Master::new(config, ctx.plan.seed)
        };
        second.pause(ctx, EXEC, Pause::Starting);
        shared.masters += 1;
        shared.workers.listeners += 1;
        self.arbiter.reexecuted(second.pid());
        shared.started.push(second);
    }

    /// It is killed, and does nothing more.
    pub(super) fn die(&mut self, ctx: &mut Ctx<'_>, shared: &mut Shared, by: i32) {
        for child in self.killed(ctx, &mut shared.workers) {
            self.child_ended(ctx, child);
        }
        shared.exited.push((self.ordinal, ExitStatus::Signal(by)));
        let kind = EventKind::MasterKilled { pid: self.pid() };
        ctx.event((Source::Lab, kind), None, None);
    }

    /// It is gone from one instant to the next; its children that it had not waited for.
    pub(super) fn killed(&mut self, ctx: &mut Ctx<'_>, workers: &mut Workers) -> VecDeque<Child> {
        self.pause = Pause::Gone;
        self.alarm.set(None);
        if std::mem::take(&mut self.has_listener) {
            workers.close_listener(ctx);
        }
        std::mem::take(&mut self.ended)
    }

    fn pause(&mut self, ctx: &mut Ctx<'_>, span: Span, pause: Pause) {
        self.pause = pause;
        let at = ctx.now() + span;
        self.wake_at(ctx, at);
    }

    fn wake_at(&mut self, ctx: &mut Ctx<'_>, at: Timestamp) {
        let (ticket, master) = (self.alarm.set(Some(at)), self.ordinal);
        let instance = ctx.instance;
        ctx.push_ticket(ticket, |generation| Event::Master {
            instance,
            master,
            generation,
        });
    }

    pub(super) fn on_timer(&mut self, ctx: &mut Ctx<'_>, shared: &mut Shared, generation: u32) {
        let (instance, master) = (ctx.instance, self.ordinal);
        let event = |generation| Event::Master {
            instance,
            master,
            generation,
        };
        if !ctx.rings(&mut self.alarm, generation, event) {
            return;
        }
        match self.pause {
            Pause::Starting => self.start(ctx, shared),
            _ => self.run(ctx, shared),
        }
    }

    /// SIGSTOP.
    pub(super) fn freeze(&mut self) {
        if !matches!(self.pause, Pause::Stopped { .. }) {
            let starting = self.pause == Pause::Starting;
            self.pause = Pause::Stopped { starting };
        }
        self.alarm.set(None);
    }

    /// SIGCONT: it takes what has come meanwhile.
    pub(super) fn thaw(&mut self, ctx: &mut Ctx<'_>) {
        match self.pause {
            Pause::Stopped { starting: true } => self.pause(ctx, EXEC, Pause::Starting),
            Pause::Stopped { starting: false } => self.pause(ctx, WAKE_UP, Pause::Waiting),
            _ => {}
        }
    }

    /// A signal ends a wait, not a sleep.
    pub(super) fn signal(&mut self, ctx: &mut Ctx<'_>, signal: Signal) {
        self.arbiter.signal(signal);
        if self.pause == Pause::Waiting {
            let soon = ctx.now() + WAKE_UP;
            self.wake_at(ctx, soon);
        }
    }

    /// A child of this master ended.
    pub(super) fn child_ended(&mut self, ctx: &mut Ctx<'_>, child: Child) {
        if self.is_gone() {
            // A worker without a master tells its end itself.
            if let Child::Worker(worker) = child {
                worker_gone(ctx, Source::Worker, worker);
            }
            return;
        }
        self.ended.push_back(child);
        self.signal(ctx, Signal::Chld);
    }

    fn kill(
        &mut self,
        ctx: &mut Ctx<'_>,
        workers: &mut Workers,
        (pid, signal): (u32, WorkerSignal),
    ) {
        if signal == WorkerSignal::Abrt
            && let Some(number) = workers.number(pid)
        {
            let what = (Source::Master, EventKind::WorkerTimeout { pid });
            ctx.event(what, None, Some(number));
        }
        let mut zombies = self.ended.iter();
        let is_zombie =
            zombies.any(|child| matches!(child, Child::Worker(worker) if worker.pid == pid));
        if !is_zombie && !workers.signal(ctx, pid, signal) {
            self.arbiter.vanished(pid);
        }
        while let Some(child) = workers.next_ended() {
            self.child_ended(ctx, Child::Worker(child));
        }
    }

    fn reap(&mut self, ctx: &mut Ctx<'_>) {
        let now = ctx.now();
        while let Some(child) = self.ended.pop_front() {
            let (pid, status) = match child {
                Child::Master { pid, status } => (pid, status),
                Child::Worker(worker) => {
                    worker_gone(ctx, Source::Master, worker);
                    (worker.pid, worker.status)
                }
            };
            self.arbiter.reaped(now, pid, status);
        }
    }
}

/// A worker's end is told.
pub(super) fn worker_gone(ctx: &mut Ctx<'_>, source: Source, worker: Ended) {
    let Ended {
        pid,
        number,
        status,
        ..
    } = worker;
    let at = ctx.told(ctx.now());
    ctx.report(Report::Worker(WorkerReport::gone(number, pid, at)));
    let status = exit_status(status);
    let kind = EventKind::WorkerExited { pid, status };
    ctx.event((source, kind), None, Some(number));
}

/// Where a backend listens, as gunicorn's log says it.
fn listening_at(bind: Bind, instance: u8) -> String {
    let instance = u32::from(instance);
    match bind {
        Bind::Unix => name_of(true, instance),
        Bind::Tcp => format!("http://{}", name_of(false, instance)),
    }
}

fn log(ctx: &mut Ctx<'_>, level: Level, text: String) {
    if level.is_told() {
        let kind = EventKind::MasterLog { line: text };
        ctx.event((Source::Master, kind), None, None);
    }
}
