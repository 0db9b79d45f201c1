//! The workers: processes with tasks, each in one call at a time. This file knows who is there, who waits for connections, and who is told
//! that something has come of its call.

use std::collections::VecDeque;

use super::super::SIGKILL;
use super::super::ctx::Ctx;
use super::super::event::Event;
use super::cores::Cores;
use super::logging::AccessPipe;
use super::master::MASTER_PID;
use super::process::Process;
use super::task::{Blocked, Ready, TaskAt};
use crate::machine::arbiter::ExitStatus;
use crate::machine::herd::{Favour, Herd, Order};
use crate::machine::worker::{Model, Outcome, TaskId};
use crate::seed::{Seed, Stream};
use crate::time::{Span, Timestamp};

/// All workers that ever were, and the cores.
#[derive(Debug)]
pub(super) struct Workers {
    pub(super) seed: Seed,
    pub(super) all: Vec<Process>,
    /// Those that wait for connections, longest first.
    pub(super) idle: VecDeque<TaskAt>,
    /// Decides who of them takes a connection.
    chance: Stream,
    /// Whom the kernel favours, where it does.
    favour: Favour,
    pub(super) cores: Cores,
    /// Those of whose end the master has not heard.
    pub(super) ended: VecDeque<Ended>,
    /// Processes that have the listener open, masters included.
    pub(super) listeners: u32,
    /// Those that a fault has befallen.
    pub(super) sick: Vec<u32>,
    /// The access log, if it is a pipe.
    pub(super) access_pipe: Option<AccessPipe>,
}

/// A worker that is gone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Ended {
    /// Whose child it was.
    pub(super) master: u16,
    pub(super) pid: u32,
    pub(super) number: u32,
    pub(super) status: ExitStatus,
}

impl Workers {
    pub(super) fn new(seed: Seed, cores: u32) -> Workers {
        Workers {
            seed,
            all: Vec::new(),
            idle: VecDeque::new(),
            chance: seed.stream("backend/herd"),
            favour: Favour::default(),
            cores: Cores::new(cores),
            ended: VecDeque::new(),
            listeners: 1,
            sick: Vec::new(),
            access_pipe: None,
        }
    }

    /// Where a living worker is in the table. Both its place and its process id follow from its number.
    pub(super) fn index_of(&self, pid: u32) -> Option<u32> {
        let index = pid.checked_sub(MASTER_PID + 1)?;
        let worker = self.all.get(index as usize)?;
        assert_eq!(
            worker.pid, pid,
            "workers are numbered in the order of their forks"
        );
        (!worker.gone).then_some(index)
    }

    fn by_pid(&self, pid: u32) -> Option<&Process> {
        self.index_of(pid).map(|index| &self.all[index as usize])
    }

    /// When a living worker last beat its heart.
    pub(super) fn last_update(&self, pid: u32) -> Option<Timestamp> {
        self.by_pid(pid)?.last_update
    }

    /// The number of a living worker.
    pub(super) fn number(&self, pid: u32) -> Option<u32> {
        Some(self.by_pid(pid)?.number)
    }

    /// Workers that once waited for requests.
    pub(super) fn booted(&self) -> usize {
        self.all.iter().filter(|worker| worker.booted).count()
    }

    /// Whether there ever was one.
    pub(super) fn forked(&self) -> bool {
        !self.all.is_empty()
    }

    /// The next of those of whose end the master has to hear.
    pub(super) fn next_ended(&mut self) -> Option<Ended> {
        self.ended.pop_front()
    }

    pub(super) fn worker(&mut self, index: u32) -> &mut Process {
        &mut self.all[index as usize]
    }

    /// A connection has come: the kernel wakes all that wait, and one of them takes it. The losers' short way to `accept` and back costs
    /// nothing here.
    pub(super) fn wake_idle(&mut self, ctx: &mut Ctx<'_>) {
        if let Some(at) = self.next_taker(ctx.now()) {
            self.worker(at.worker).task(at.task).alarm.set(None);
            self.ready(ctx, at, Ready::Acceptable);
        }
    }

    fn next_taker(&mut self, now: Timestamp) -> Option<TaskAt> {
        // Where classes mix, as while a reload replaces one by another, the one that has waited longest has its rule.
        let first = self.idle.front()?;
        let herd: Herd = self.all[first.worker as usize].herd;
        if herd.order == Order::Favourite && self.idle.len() > 1 {
            self.favour.pass(now, &mut self.chance);
        }
        let place = herd.winner(self.idle.len(), &mut self.chance);
        let index = match herd.order {
            Order::LongestWaiting => place,
            Order::Oldest | Order::Favourite => {
                let mut in_order: Vec<usize> = (0..self.idle.len()).collect();
                let by = |index: &usize| self.favour.place(self.idle[*index].worker);
                *in_order.select_nth_unstable_by_key(place, by).1
            }
        };
        self.idle.remove(index)
    }

    /// A task does not wait for connections any more.
    pub(super) fn leave_idle(&mut self, at: TaskAt) {
        self.idle.retain(|other| *other != at);
    }

    /// A process closes its copy of the listener; with the last one, what still waits there is reset.
    pub(super) fn close_listener(&mut self, ctx: &mut Ctx<'_>) {
        self.listeners -= 1;
        if self.listeners == 0 {
            let (now, back) = (ctx.now(), ctx.back);
            ctx.kernel.close_listener(now, back);
        }
    }

    /// SIGKILL to all.
    pub(super) fn kill_all(&mut self, ctx: &mut Ctx<'_>) {
        for index in 0..self.all.len() as u32 {
            if !self.worker(index).gone {
                self.end(ctx, index, ExitStatus::Signal(SIGKILL));
            }
        }
    }

    /// The next master has a listener of its own.
    pub(super) fn begin_anew(&mut self) {
        assert_eq!(self.listeners, 0, "all who had the last one are gone");
        self.listeners = 1;
    }

    /// Something has come of a task's call: it goes on as soon as its process can.
    pub(super) fn ready(&mut self, ctx: &mut Ctx<'_>, at: TaskAt, why: Ready) {
        self.worker(at.worker).ready.push_back((at.task, why));
        if self.worker(at.worker).machine.model() == Model::Threads {
            self.want_lock(ctx, at);
        }
        self.run(ctx, at.worker);
    }

    /// Lets a process go on until nothing of it can, or one task occupies it.
    pub(super) fn run(&mut self, ctx: &mut Ctx<'_>, index: u32) {
        loop {
            let worker = self.worker(index);
            if worker.gone || worker.frozen || worker.occupant.is_some() {
                return;
            }
            if worker.pending.is_some() && self.deliver(ctx, index) {
                continue;
            }
            if self.worker(index).machine.model() == Model::Threads {
                match self.holder_goes_on(ctx, index) {
                    true => continue,
                    false => return,
                }
            }
            let Some((task, why)) = self.worker(index).ready.pop_front() else {
                return;
            };
            let worker = index;
            self.go_on(ctx, TaskAt { worker, task }, why);
        }
    }

    /// Puts a task into a call that takes so long at most.
    pub(super) fn sleep(&mut self, ctx: &mut Ctx<'_>, at: TaskAt, span: Span, blocked: Blocked) {
        self.worker(at.worker).task(at.task).blocked = blocked;
        self.alarm_in(ctx, at, span);
    }

    /// The call that a task is in takes so long at most.
    pub(super) fn alarm_in(&mut self, ctx: &mut Ctx<'_>, at: TaskAt, span: Span) {
        let until = ctx.now() + span;
        let ticket = self.worker(at.worker).task(at.task).alarm.set(Some(until));
        let instance = ctx.instance;
        ctx.push_ticket(ticket, |generation| timer(instance, at, generation));
    }

    pub(super) fn on_timer(&mut self, ctx: &mut Ctx<'_>, at: TaskAt, generation: u32) {
        let worker = self.worker(at.worker);
        if worker.gone {
            return;
        }
        let instance = ctx.instance;
        let event = |generation| timer(instance, at, generation);
        if !ctx.rings(&mut worker.task(at.task).alarm, generation, event) {
            return;
        }
        if worker.is_lock(at.task) {
            self.look_at_the_lock(ctx, at.worker);
        } else if worker.occupant == Some(at.task) {
            self.turn_over(ctx, at);
        } else {
            self.ready(ctx, at, Ready::Time);
        }
    }

    /// Something arrived on a task's socket, or there is room.
    pub(super) fn wake(&mut self, ctx: &mut Ctx<'_>, at: TaskAt) {
        if !self.worker(at.worker).gone {
            self.ready(ctx, at, Ready::Socket);
        }
    }

    /// The tasks that a machine wants woken.
    pub(super) fn wake_tasks(&mut self, ctx: &mut Ctx<'_>, index: u32) {
        while let Some(TaskId(task)) = self.worker(index).machine.woken() {
            let task = u16::try_from(task).expect("fewer than 2^16 tasks in a process");
            let at = TaskAt {
                worker: index,
                task,
            };
            self.wake_task(ctx, at);
        }
    }

    /// The worker has been forked and is in place: every task that exists from the start begins.
    pub(super) fn begin(&mut self, ctx: &mut Ctx<'_>, index: u32) {
        for task in 0..self.worker(index).machine.first_tasks() {
            let task = u16::try_from(task).expect("fewer than 2^16 tasks in a process");
            let at = TaskAt {
                worker: index,
                task,
            };
            self.resume(ctx, at, Outcome::Done);
        }
    }
}

/// The queue's entry for a task's timer.
fn timer(instance: u8, at: TaskAt, generation: u32) -> Event {
    Event::Worker {
        instance,
        worker: at.worker,
        task: at.task,
        generation,
    }
}
