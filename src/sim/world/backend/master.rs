//! The master: the arbiter's machine, its signals and its children.

use std::collections::VecDeque;
use std::sync::Arc;

use super::super::WAKE_UP;
use super::super::ctx::Ctx;
use super::super::event::Event;
use super::workers::{Ended, Workers};
use crate::attribution::exit_status;
use crate::machine::arbiter::{Action, Arbiter, Level, Signal, WorkerSignal, greeting};
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
    ended: VecDeque<Ended>,
    /// What the configuration says by now, until a reload takes it over.
    on_file: Option<BackendConfig>,
    /// Whether an orchestrator has told it to end: then its end is no surprise.
    told_to_end: bool,
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
            on_file: None,
            told_to_end: false,
        }
    }

    /// The same where `before` workers were forked by masters before this one.
    pub(super) fn after(self, before: u32) -> Master {
        let arbiter = self.arbiter.after(before);
        Master { arbiter, ..self }
    }

    /// The next master takes its place. The alarm stays, so that what is still queued for the old one is stale.
    pub(super) fn gives_way_to(&mut self, next: Master) {
        self.alarm.reset();
        let alarm = self.alarm;
        *self = Master { alarm, ..next };
    }

    /// An orchestrator wants its end.
    pub(super) fn is_to_end(&mut self) {
        self.told_to_end = true;
    }

    /// SIGKILL; the children that it had not waited for.
    pub(super) fn killed(&mut self) -> VecDeque<Ended> {
        self.pause = Pause::Gone;
        self.alarm.set(None);
        std::mem::take(&mut self.ended)
    }

    /// What the configuration says, if no master has read it yet.
    pub(super) fn on_file(&mut self) -> Option<BackendConfig> {
        self.on_file.take()
    }

    pub(super) fn is_gone(&self) -> bool {
        self.pause == Pause::Gone
    }

    /// The master starts.
    pub(super) fn start(&mut self, ctx: &mut Ctx<'_>, workers: &mut Workers, listening_at: &str) {
        let class = ctx.plan.backend.class();
        for line in greeting(listening_at, MASTER_PID, class) {
            ctx.event((Source::Master, EventKind::MasterLog { line }), None, None);
        }
        self.run(ctx, workers);
    }

    /// Does what the arbiter says until it pauses.
    fn run(&mut self, ctx: &mut Ctx<'_>, workers: &mut Workers) {
        self.pause = Pause::No;
        loop {
            let now = ctx.now();
            match self.arbiter.next(now, &|pid| workers.last_update(pid)) {
                Action::Spawn { age, max_requests } => {
                    let pid = MASTER_PID + age;
                    workers.fork(ctx, (age, pid), max_requests);
                    self.arbiter.spawned(age, pid);
                    let what = (Source::Master, EventKind::WorkerSpawned { pid });
                    ctx.event(what, None, Some(age));
                }
                Action::Kill { pid, signal } => self.kill(ctx, workers, (pid, signal)),
                Action::Log(level, text) => log(ctx, level, text),
                Action::Handling(signal) => {
                    let signal = signal.to_owned();
                    let kind = EventKind::SignalHandled { signal };
                    ctx.event((Source::Master, kind), None, None);
                }
                Action::Reap => self.reap(ctx),
                Action::CloseListener => {
                    ctx.kernel.unlink(ctx.back);
                    workers.close_listener(ctx);
                }
                Action::TakeOver => {
                    if let Some(config) = self.on_file.take() {
                        workers.config = Arc::new(config);
                    }
                }
                Action::ReopenLog => {}
                Action::Wait(span) => return self.pause(ctx, span, Pause::Waiting),
                Action::Sleep(span) => return self.pause(ctx, span, Pause::Sleeping),
                Action::Exit(code) => {
                    self.pause = Pause::Gone;
                    if ctx.stage.has_clients() && !self.told_to_end {
                        let kind = EventKind::MasterExited { code };
                        ctx.event((Source::Lab, kind), None, None);
                    }
                    return;
                }
            }
        }
    }

    /// What the configuration says from now on.
    pub(super) fn says(&mut self, config: &BackendConfig) {
        self.arbiter.says(config);
        self.on_file = Some(config.clone());
    }

    fn pause(&mut self, ctx: &mut Ctx<'_>, span: Span, pause: Pause) {
        self.pause = pause;
        let at = ctx.now() + span;
        self.wake_at(ctx, at);
    }

    fn wake_at(&mut self, ctx: &mut Ctx<'_>, at: Timestamp) {
        let ticket = self.alarm.set(Some(at));
        ctx.push_ticket(ticket, |generation| Event::Master { generation });
    }

    pub(super) fn on_timer(&mut self, ctx: &mut Ctx<'_>, workers: &mut Workers, generation: u32) {
        match self.alarm.ring(ctx.now(), generation) {
            Ring::Stale => {}
            Ring::Again(ticket) => {
                ctx.push_ticket(Some(ticket), |generation| Event::Master { generation });
            }
            Ring::Due => self.run(ctx, workers),
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

    /// A worker's process ended.
    pub(super) fn child_ended(&mut self, ctx: &mut Ctx<'_>, child: Ended) {
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
            && let Some(age) = workers.age(pid)
        {
            let what = (Source::Master, EventKind::WorkerTimeout { pid });
            ctx.event(what, None, Some(age));
        }
        let is_zombie = self.ended.iter().any(|child| child.pid == pid);
        if !is_zombie && !workers.signal(ctx, pid, signal) {
            self.arbiter.vanished(pid);
        }
        while let Some(child) = workers.next_ended() {
            self.child_ended(ctx, child);
        }
    }

    fn reap(&mut self, ctx: &mut Ctx<'_>) {
        let now = ctx.now();
        while let Some(Ended { pid, age, status }) = self.ended.pop_front() {
            let at = ctx.told(now);
            ctx.report(Report::Worker(WorkerReport::gone(age, pid, at)));
            let kind = EventKind::WorkerExited {
                pid,
                status: exit_status(status),
            };
            ctx.event((Source::Master, kind), None, Some(age));
            self.arbiter.reaped(now, pid, status);
        }
    }
}

fn log(ctx: &mut Ctx<'_>, level: Level, text: String) {
    if level.is_told() {
        let kind = EventKind::MasterLog { line: text };
        ctx.event((Source::Master, kind), None, None);
    }
}
