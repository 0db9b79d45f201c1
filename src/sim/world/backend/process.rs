//! A worker as a process: its birth, signals, its end, and what it reports.

use std::sync::Arc;

use super::super::WAKE_UP;
use super::super::ctx::Ctx;
use super::workers::{Blocked, Ended, Worker, Workers};
use crate::attribution::worker_state;
use crate::machine::arbiter::{ExitStatus, Level, WorkerSignal};
use crate::machine::worker::{self, Identity, Interrupt, Orders, Outcome, Worker as Machine};
use crate::record::{EventKind, Report, Source, WorkerReport, WorkerState};
use crate::time::Span;

/// Ours: what a fork and the first steps of a worker take.
const FORK: Span = Span::from_ms(1);

/// A sync worker has one slot.
const ONLY_SLOT: u32 = 0;
const SIGKILL: i32 = 9;
const SIGABRT: i32 = 6;

impl Workers {
    /// The master forks.
    pub(super) fn fork(
        &mut self,
        ctx: &mut Ctx<'_>,
        (age, pid): (u32, u32),
        max_requests: Option<u32>,
    ) {
        let machine = Machine::new(Orders {
            identity: Identity { age, pid },
            config: Arc::clone(&self.config),
            seed: ctx.plan.seed,
            max_requests,
        });
        let index = u32::try_from(self.all.len()).expect("fewer than 2^32 forks");
        self.all.push(Worker::new(machine, age, pid));
        self.sleep(ctx, index, FORK, Blocked::Forking);
    }

    /// The master sends a signal; whether the process was there.
    pub(super) fn signal(&mut self, ctx: &mut Ctx<'_>, pid: u32, signal: WorkerSignal) -> bool {
        let Some(index) = self.index_of(pid) else {
            return false;
        };
        match signal {
            WorkerSignal::Usr1 => {}
            WorkerSignal::Kill => self.end(ctx, index, ExitStatus::Signal(SIGKILL)),
            WorkerSignal::Term => {
                self.worker(index).machine.terminate();
                if self.worker(index).blocked == Blocked::Selecting {
                    self.sleep(ctx, index, WAKE_UP, Blocked::Selecting);
                }
            }
            WorkerSignal::Abrt => self.interrupt(ctx, index, Interrupt::Abort),
            WorkerSignal::Quit => self.interrupt(ctx, index, Interrupt::Quit),
        }
        true
    }

    /// A signal that unwinds what the worker is doing.
    fn interrupt(&mut self, ctx: &mut Ctx<'_>, index: u32, by: Interrupt) {
        let blocked = self.worker(index).blocked;
        match blocked {
            // Before its handlers are in place the default action is to die.
            Blocked::Forking => return self.end(ctx, index, ExitStatus::Signal(SIGABRT)),
            Blocked::InHandler | Blocked::No | Blocked::Dead => {
                self.worker(index).pending = Some(by);
                return;
            }
            _ => self.leave(ctx, index),
        }
        self.worker(index).alarm.set(None);
        let sent = match blocked {
            Blocked::Sending { sent, .. } => sent,
            _ => 0,
        };
        self.resume(ctx, index, Outcome::Interrupted { by, sent });
    }

    /// The process is gone; its sockets are closed by the kernel, and its master will hear of it.
    pub(super) fn end(&mut self, ctx: &mut Ctx<'_>, index: u32, status: ExitStatus) {
        self.leave(ctx, index);
        self.close(ctx, index);
        let worker = self.worker(index);
        worker.alarm.set(None);
        worker.blocked = Blocked::Dead;
        worker.state = WorkerState::Dead;
        let (pid, age) = (worker.pid, worker.age);
        self.ended.push_back(Ended { pid, age, status });
    }

    /// Takes a worker out of what it shares with others: the wait for connections, and the cores.
    fn leave(&mut self, ctx: &mut Ctx<'_>, index: u32) {
        match self.worker(index).blocked {
            Blocked::Selecting => self.leave_select(index),
            Blocked::Burning => self.release_core(ctx),
            Blocked::ForACore(_) => self.cores.give_up(index),
            _ => {}
        }
    }

    pub(super) fn tell(&mut self, ctx: &mut Ctx<'_>, index: u32, report: &worker::Report) {
        let state = worker_state(report.state);
        let worker = self.worker(index);
        worker.state = state;
        worker.booted |= state == WorkerState::Idle;
        worker.gauge(ctx);
        let at = ctx.told(ctx.now());
        let report = WorkerReport {
            request_id: report.request_id,
            sent_bytes: report.sent_bytes,
            send_blocked: report.send_blocked,
            ..WorkerReport::bare(worker.age, worker.pid, Some(ONLY_SLOT), at, state)
        };
        ctx.report(Report::Worker(report));
    }

    pub(super) fn log(&mut self, ctx: &mut Ctx<'_>, index: u32, level: Level, text: String) {
        let age = self.worker(index).age;
        if level >= Level::Info {
            let what = (Source::Worker, EventKind::WorkerLog { line: text });
            ctx.event(what, None, Some(age));
        }
    }
}
