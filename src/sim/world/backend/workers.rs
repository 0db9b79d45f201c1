//! The workers: processes that block, each in one call at a time, and go on when it returns.

use std::collections::VecDeque;
use std::sync::Arc;

use super::super::ctx::{Ctx, Owner};
use super::super::event::Event;
use super::cores::Cores;
use super::master::MASTER_PID;
use crate::machine::arbiter::ExitStatus;
use crate::machine::backend_config::BackendConfig;
use crate::machine::worker::{Action, ConnId, Interrupt, Outcome, TaskId, Worker as Machine};
use crate::record::WorkerState;
use crate::sim::alarm::{Alarm, Ring};
use crate::sim::kernel::SocketId;
use crate::time::{Span, Timestamp};

/// A sync worker does one thing at a time.
const ONLY_TASK: u16 = 0;

/// All workers that ever were, and the cores.
#[derive(Debug)]
pub(super) struct Workers {
    pub(super) config: Arc<BackendConfig>,
    pub(super) all: Vec<Worker>,
    /// Those in their select, longest first.
    pub(super) idle: VecDeque<u32>,
    pub(super) cores: Cores,
    /// Those of whose end the master has not heard.
    pub(super) ended: VecDeque<Ended>,
}

/// A process that is gone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Ended {
    pub(super) pid: u32,
    pub(super) age: u32,
    pub(super) status: ExitStatus,
}

/// A worker process.
#[derive(Debug)]
pub(super) struct Worker {
    pub(super) machine: Machine,
    pub(super) age: u32,
    pub(super) pid: u32,
    last_update: Option<Timestamp>,
    pub(super) state: WorkerState,
    pub(super) booted: bool,
    pub(super) blocked: Blocked,
    pub(super) socket: Option<SocketId>,
    /// A signal that arrived where it could not unwind anything.
    pub(super) pending: Option<Interrupt>,
    pub(super) alarm: Alarm,
    /// What the gauges count it as: busy, sending.
    gauged: (bool, bool),
}

/// In which call a worker is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Blocked {
    Forking,
    No,
    Selecting,
    Receiving,
    Waiting,
    Burning,
    /// Burning, but there is no core.
    ForACore(Span),
    Sending {
        left: u64,
        sent: u64,
    },
    Lingering {
        until: Timestamp,
    },
    InHandler,
    Dead,
}

/// What came of a call that did not block.
pub(super) enum Done {
    Plain(Outcome<'static>),
    Bytes(Vec<u8>),
}

impl Worker {
    /// A process that was just forked.
    pub(super) fn new(machine: Machine, age: u32, pid: u32) -> Worker {
        Worker {
            machine,
            age,
            pid,
            last_update: None,
            state: WorkerState::Booting,
            booted: false,
            blocked: Blocked::Forking,
            socket: None,
            pending: None,
            alarm: Alarm::default(),
            gauged: (false, false),
        }
    }

    /// Brings the gauges up to date with what its slot does.
    pub(super) fn gauge(&mut self, ctx: &mut Ctx<'_>) {
        let busy = self.socket.is_some();
        let sending = busy && self.state == WorkerState::Send;
        let before = std::mem::replace(&mut self.gauged, (busy, sending));
        let gauges = &mut ctx.gauges;
        gauges.busy_slots = gauges.busy_slots + u64::from(busy) - u64::from(before.0);
        gauges.sending_slots = gauges.sending_slots + u64::from(sending) - u64::from(before.1);
    }
}

impl Workers {
    pub(super) fn new(config: &BackendConfig, cores: u32) -> Workers {
        Workers {
            config: Arc::new(config.clone()),
            all: Vec::new(),
            idle: VecDeque::new(),
            cores: Cores::new(cores),
            ended: VecDeque::new(),
        }
    }

    /// Where a living worker is in the table. Both its place and its process id follow from its age.
    pub(super) fn index_of(&self, pid: u32) -> Option<u32> {
        let index = pid.checked_sub(MASTER_PID + 1)?;
        let worker = self.all.get(index as usize)?;
        assert_eq!(
            worker.pid, pid,
            "workers are forked in the order of their ages"
        );
        (worker.blocked != Blocked::Dead).then_some(index)
    }

    fn by_pid(&self, pid: u32) -> Option<&Worker> {
        self.index_of(pid).map(|index| &self.all[index as usize])
    }

    /// When a living worker last beat its heart.
    pub(super) fn last_update(&self, pid: u32) -> Option<Timestamp> {
        self.by_pid(pid)?.last_update
    }

    /// The age of a living worker.
    pub(super) fn age(&self, pid: u32) -> Option<u32> {
        Some(self.by_pid(pid)?.age)
    }

    /// Workers that once waited for requests.
    pub(super) fn booted(&self) -> usize {
        self.all.iter().filter(|worker| worker.booted).count()
    }

    /// The next of those of whose end the master has to hear.
    pub(super) fn next_ended(&mut self) -> Option<Ended> {
        self.ended.pop_front()
    }

    pub(super) fn worker(&mut self, index: u32) -> &mut Worker {
        &mut self.all[index as usize]
    }

    /// The worker goes on with what came of its last call, until it blocks again.
    pub(super) fn resume(&mut self, ctx: &mut Ctx<'_>, index: u32, outcome: Outcome<'_>) {
        let now = ctx.now();
        self.worker(index).blocked = Blocked::No;
        let machine = &mut self.worker(index).machine;
        let mut action = machine.resume(TaskId::MAIN, now, outcome).action;
        loop {
            if let Action::Exit(code) = action {
                return self.end(ctx, index, ExitStatus::Code(code));
            }
            let Some(done) = self.perform(ctx, index, action) else {
                return;
            };
            let machine = &mut self.worker(index).machine;
            action = match done {
                Done::Plain(outcome) => machine.resume(TaskId::MAIN, now, outcome),
                Done::Bytes(bytes) => machine.resume(TaskId::MAIN, now, Outcome::Received(&bytes)),
            }
            .action;
        }
    }

    /// Carries an action out; `None` if the worker is now blocked in it.
    fn perform(&mut self, ctx: &mut Ctx<'_>, index: u32, action: Action) -> Option<Done> {
        if let Some(by) = self.worker(index).pending
            && action.may_block()
        {
            self.worker(index).pending = None;
            return Some(Done::Plain(Outcome::Interrupted { by, sent: 0 }));
        }
        match action {
            Action::Beat => self.worker(index).last_update = Some(ctx.now()),
            Action::Accept => return Some(Done::Plain(self.accept(ctx, index))),
            Action::Select { timeout } => return self.select(ctx, index, timeout),
            Action::Recv { .. } => return self.receive(ctx, index),
            Action::LingerRecv { until } => return self.linger(ctx, index, until),
            Action::Wait(span) | Action::Block(span) => {
                self.sleep(ctx, index, span, Blocked::Waiting);
                return None;
            }
            Action::Burn(span) | Action::BurnLocked(span) => {
                self.burn(ctx, index, span);
                return None;
            }
            Action::Send(payload) => {
                let left = self.begin_send(ctx, index, &payload);
                return self.send_on(ctx, index, left, 0).map(Done::Plain);
            }
            Action::SendNow(payload) => {
                let left = self.begin_send(ctx, index, &payload);
                if let Some(socket) = self.worker(index).socket {
                    // Its result is ignored, a full buffer included.
                    let _ = ctx.kernel.send(socket, left);
                }
            }
            Action::ShutdownWrite => return Some(Done::Plain(self.shutdown_write(ctx, index))),
            Action::Close => self.close(ctx, index),
            Action::HandlerSleep(span) => {
                self.sleep(ctx, index, span, Blocked::InHandler);
                return None;
            }
            Action::Report(report) => self.tell(ctx, index, &report),
            Action::Log(level, text) => self.log(ctx, index, level, text),
            _ => {}
        }
        Some(Done::Plain(Outcome::Done))
    }

    fn accept(&mut self, ctx: &mut Ctx<'_>, index: u32) -> Outcome<'static> {
        let Some(socket) = ctx.kernel.accept(ctx.back) else {
            return Outcome::Empty;
        };
        let owner = Owner::Worker {
            worker: index,
            task: ONLY_TASK,
        };
        ctx.own(socket, owner);
        let worker = self.worker(index);
        worker.socket = Some(socket);
        worker.gauge(ctx);
        Outcome::Accepted(ConnId(0))
    }

    pub(super) fn close(&mut self, ctx: &mut Ctx<'_>, index: u32) {
        let worker = self.worker(index);
        if let Some(socket) = worker.socket.take() {
            ctx.close(socket);
            worker.gauge(ctx);
        }
    }

    fn select(&mut self, ctx: &mut Ctx<'_>, index: u32, timeout: Span) -> Option<Done> {
        if ctx.kernel.listener(ctx.back).depth() > 0 {
            return Some(Done::Plain(Outcome::Done));
        }
        self.sleep(ctx, index, timeout, Blocked::Selecting);
        self.idle.push_back(index);
        None
    }

    pub(super) fn leave_select(&mut self, index: u32) {
        self.idle.retain(|other| *other != index);
    }

    /// A connection has come: the kernel wakes one of those that wait.
    pub(super) fn wake_idle(&mut self, ctx: &mut Ctx<'_>) {
        if let Some(index) = self.idle.pop_front() {
            self.worker(index).alarm.set(None);
            self.resume(ctx, index, Outcome::Done);
        }
    }

    fn burn(&mut self, ctx: &mut Ctx<'_>, index: u32, span: Span) {
        if self.cores.take(index) {
            self.sleep(ctx, index, span, Blocked::Burning);
        } else {
            self.worker(index).blocked = Blocked::ForACore(span);
        }
    }

    pub(super) fn release_core(&mut self, ctx: &mut Ctx<'_>) {
        if let Some(next) = self.cores.release()
            && let Blocked::ForACore(span) = self.worker(next).blocked
        {
            self.sleep(ctx, next, span, Blocked::Burning);
        }
    }

    pub(super) fn sleep(&mut self, ctx: &mut Ctx<'_>, index: u32, span: Span, blocked: Blocked) {
        let at = ctx.now() + span;
        let worker = self.worker(index);
        worker.blocked = blocked;
        let ticket = worker.alarm.set(Some(at));
        ctx.push_ticket(ticket, |generation| timer(index, generation));
    }

    pub(super) fn on_timer(&mut self, ctx: &mut Ctx<'_>, index: u32, generation: u32) {
        match self.worker(index).alarm.ring(ctx.now(), generation) {
            Ring::Stale => {}
            Ring::Again(ticket) => {
                ctx.push_ticket(Some(ticket), |generation| timer(index, generation));
            }
            Ring::Due => self.time_is_up(ctx, index),
        }
    }

    fn time_is_up(&mut self, ctx: &mut Ctx<'_>, index: u32) {
        let outcome = match self.worker(index).blocked {
            Blocked::Selecting => {
                self.leave_select(index);
                Outcome::Done
            }
            Blocked::Burning => {
                self.release_core(ctx);
                Outcome::Done
            }
            Blocked::Lingering { .. } => Outcome::TimedOut,
            Blocked::Forking | Blocked::Waiting | Blocked::InHandler => Outcome::Done,
            other => panic!("no timer runs for a worker that is {other:?}"),
        };
        self.resume(ctx, index, outcome);
    }
}

/// The queue's entry for a worker's timer.
fn timer(worker: u32, generation: u32) -> Event {
    Event::Worker {
        worker,
        task: ONLY_TASK,
        generation,
    }
}
