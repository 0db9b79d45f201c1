//! A task of a worker: which call it is in, and how it goes on when something comes of that.

use super::super::WAKE_UP;
use super::super::ctx::{Ctx, Owner};
use super::calls::Done;
use super::costs::overslept;
use super::door::nothing;
use super::passing::Passing;
use super::turns::Compute;
use super::workers::Workers;
use crate::machine::arbiter::ExitStatus;
use crate::machine::sickness::Sickness;
use crate::machine::worker::{Action, ConnId, Model, Outcome, Step, TaskId};
use crate::sim::alarm::Alarm;
use crate::time::Timestamp;

/// Which task of which worker.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct TaskAt {
    pub(super) worker: u32,
    pub(super) task: u16,
}

impl TaskAt {
    /// As the owner of a socket, in the instance of the backend that has its turn.
    pub(super) fn owner(self, ctx: &Ctx<'_>) -> Owner {
        Owner::Worker {
            instance: ctx.instance,
            worker: self.worker,
            task: self.task,
        }
    }
}

/// A task.
#[derive(Debug, Default)]
pub(super) struct Task {
    pub(super) blocked: Blocked,
    pub(super) alarm: Alarm,
    pub(super) passing: Passing,
    /// The connection of its last call on one.
    pub(super) conn: Option<ConnId>,
    /// A thread: what it has to compute before it goes on.
    pub(super) left: Option<Compute>,
    /// A thread: whether what it sends is the head of a response.
    pub(super) sends_a_head: bool,
}

/// In which call a task is.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) enum Blocked {
    /// Not there yet, or gone.
    #[default]
    Nowhere,
    Forking,
    Running,
    Selecting,
    Polling {
        listener: bool,
        conns: Vec<ConnId>,
    },
    AwaitingConnections,
    /// Has a connection, and is busy with taking it up.
    TakingUp(ConnId),
    Parked,
    Receiving(ConnId),
    AwaitingBytes(ConnId),
    Waiting,
    /// On a core, or waiting for one, or for its turn.
    Computing,
    Sending {
        conn: ConnId,
        left: u64,
        sent: u64,
    },
    /// All of it is in the kernel, and is paid for with time.
    PassingOn {
        sent: u64,
    },
    /// All of it is sent: a thread waits for the lock again.
    Sent,
    Draining(ConnId),
    Lingering {
        conn: ConnId,
        until: Timestamp,
    },
    InHandler,
    Sick(Sickness),
    /// In `write` to a pipe that is full.
    Logging,
}

/// What has come of a task's call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Ready {
    /// A connection waits in the accept queue.
    Acceptable,
    /// Its socket is readable or has room.
    Socket,
    /// Its time is up.
    Time,
    /// Another task has woken it.
    Woken,
    /// It has computed.
    Computed,
    /// The pipe has taken its line.
    Room,
}

impl Blocked {
    /// The connection that a call is on.
    pub(super) fn conn(&self) -> Option<ConnId> {
        match self {
            Blocked::Receiving(conn)
            | Blocked::AwaitingBytes(conn)
            | Blocked::Sending { conn, .. }
            | Blocked::Draining(conn)
            | Blocked::Lingering { conn, .. } => Some(*conn),
            _ => None,
        }
    }

    /// Whether it ends with the next connection.
    pub(super) fn is_for_connections(&self) -> bool {
        match self {
            Blocked::Selecting | Blocked::AwaitingConnections => true,
            Blocked::Polling { listener, .. } => *listener,
            _ => false,
        }
    }

    /// What a send has put out so far.
    pub(super) fn sent(&self) -> u64 {
        match self {
            Blocked::Sending { sent, .. } | Blocked::PassingOn { sent } => *sent,
            _ => 0,
        }
    }
}

impl Workers {
    /// Another task of the process wants it to go on.
    pub(super) fn wake_task(&mut self, ctx: &mut Ctx<'_>, at: TaskAt) {
        let worker = self.worker(at.worker);
        if worker.machine.model() == Model::Loop {
            worker.task(at.task);
            worker.ready.push_back((at.task, Ready::Woken));
            return;
        }
        // A futex, or a byte in a pipe.
        let until = ctx.now() + WAKE_UP;
        let earlier = worker.task(at.task).alarm.deadline();
        if earlier.is_none_or(|earlier| earlier > until) {
            self.alarm_in(ctx, at, WAKE_UP);
        }
    }

    /// A task goes on, if what has come is what it waits for.
    pub(super) fn go_on(&mut self, ctx: &mut Ctx<'_>, at: TaskAt, why: Ready) {
        let blocked = self.worker(at.worker).task(at.task).blocked.clone();
        let done = match (blocked, why) {
            (Blocked::Forking, Ready::Time) => return self.begin(ctx, at.worker),
            (Blocked::Nowhere, Ready::Woken) => Done::Plain(Outcome::Done),
            (
                Blocked::Selecting | Blocked::AwaitingConnections,
                Ready::Time | Ready::Acceptable | Ready::Woken,
            ) => {
                // Whoever takes a connection has been taken out already: hundreds may wait beside it.
                if why != Ready::Acceptable {
                    self.leave_idle(at);
                }
                Done::Plain(Outcome::Done)
            }
            (Blocked::Polling { listener, conns }, why) => {
                let found = self.found(ctx, at, listener, &conns);
                if why == Ready::Socket && found == nothing() {
                    return;
                }
                self.leave_idle(at);
                Done::Plain(found)
            }
            (Blocked::TakingUp(conn), Ready::Computed) => Done::Plain(Outcome::Accepted(conn)),
            (Blocked::Parked | Blocked::Waiting | Blocked::InHandler, Ready::Time)
            | (Blocked::Parked | Blocked::Receiving(_), Ready::Woken)
            | (Blocked::Computing, Ready::Computed)
            | (Blocked::Logging, Ready::Room) => Done::Plain(Outcome::Done),
            (Blocked::Sent, Ready::Time) => Done::Plain(Outcome::Sent),
            (
                Blocked::Receiving(_) | Blocked::AwaitingBytes(_) | Blocked::Lingering { .. },
                Ready::Time,
            ) => Done::Plain(Outcome::TimedOut),
            (Blocked::PassingOn { sent }, Ready::Computed | Ready::Time) => {
                match self.pass_on(ctx, at, sent) {
                    Some(done) => done,
                    None => return,
                }
            }
            (Blocked::Sending { .. }, Ready::Time) => match self.relayed(ctx, at) {
                Some(done) => done,
                None => return,
            },
            (_, Ready::Socket) => match self.socket_ready(ctx, at) {
                Some(done) => done,
                None => return,
            },
            _ => return,
        };
        self.worker(at.worker).task(at.task).alarm.set(None);
        match done {
            Done::Plain(outcome) => self.resume(ctx, at, outcome),
            Done::Bytes(bytes) => self.resume(ctx, at, Outcome::Received(&bytes)),
        }
    }

    /// The task goes on with what came of its last call, until it blocks again.
    pub(super) fn resume(&mut self, ctx: &mut Ctx<'_>, at: TaskAt, outcome: Outcome<'_>) {
        let now = ctx.now();
        let task = TaskId(u32::from(at.task));
        self.worker(at.worker).task(at.task).blocked = Blocked::Running;
        let mut step = self.worker(at.worker).machine.resume(task, now, outcome);
        loop {
            match step.action {
                Action::Exit(code) => return self.end(ctx, at.worker, ExitStatus::Code(code)),
                Action::Finished => {
                    self.worker(at.worker).task(at.task).blocked = Blocked::Nowhere;
                    break;
                }
                _ => {}
            }
            let Some(done) = self.perform(ctx, at, step) else {
                break;
            };
            let machine = &mut self.worker(at.worker).machine;
            step = match done {
                Done::Plain(outcome) => machine.resume(task, now, outcome),
                Done::Bytes(bytes) => machine.resume(task, now, Outcome::Received(&bytes)),
            };
        }
        self.wake_tasks(ctx, at.worker);
    }

    /// Carries an action out; `None` if the task is now blocked in it.
    fn perform(&mut self, ctx: &mut Ctx<'_>, at: TaskAt, step: Step) -> Option<Done> {
        let Step { conn, action } = step;
        if at.task == 0 && action.may_block() && self.worker(at.worker).pending.is_some() {
            let by = self.worker(at.worker).pending.take()?;
            return Some(Done::Plain(Outcome::Interrupted { by, sent: 0 }));
        }
        let span_of = |compute| (compute, Blocked::Computing);
        let (compute, blocked) = match action {
            Action::Beat => {
                self.worker(at.worker).last_update = Some(ctx.now());
                return Some(Done::Plain(Outcome::Done));
            }
            Action::Brief(calls) => return self.call_briefly(ctx, at, calls),
            Action::Accept => return self.accept(ctx, at),
            Action::Select { timeout } => return self.select(ctx, at, timeout),
            Action::AwaitAcceptable => return self.await_connections(ctx, at),
            Action::Poll {
                timeout,
                listener,
                conns,
            } => return self.poll(ctx, at, (timeout, listener, conns)),
            Action::Yield | Action::Park => {
                let worker = self.worker(at.worker);
                worker.task(at.task).blocked = Blocked::Parked;
                if action == Action::Yield {
                    worker.ready.push_back((at.task, Ready::Woken));
                }
                return None;
            }
            Action::Wait(span) => {
                self.sleep(ctx, at, overslept(span), Blocked::Waiting);
                return None;
            }
            Action::HandlerSleep(span) => {
                self.sleep(ctx, at, span, Blocked::InHandler);
                return None;
            }
            Action::Suffer(sickness) => return self.suffer(ctx, at, sickness),
            Action::Block(span) => span_of(Compute::Asleep(overslept(span))),
            Action::Burn(span) => span_of(Compute::Burning(span)),
            Action::BurnLocked(span) => span_of(Compute::Locked(span)),
            Action::Report(report) => {
                self.tell(ctx, at.worker, &report);
                return Some(Done::Plain(Outcome::Done));
            }
            Action::Log(level, text) => {
                self.log(ctx, at.worker, level, text);
                return Some(Done::Plain(Outcome::Done));
            }
            Action::CloseListener => {
                self.give_up_listener(ctx, at.worker);
                return Some(Done::Plain(Outcome::Done));
            }
            Action::Listen { backlog } => {
                ctx.kernel.listen_again(ctx.back, backlog);
                return Some(Done::Plain(Outcome::Done));
            }
            Action::CheckParent if self.worker(at.worker).orphaned => {
                return Some(Done::Plain(Outcome::Orphaned));
            }
            Action::Access(access) => return self.write_access(ctx, at, &access),
            // Descriptors have no limit here.
            Action::CheckParent | Action::Leak(_) => {
                return Some(Done::Plain(Outcome::Done));
            }
            action => return self.call(ctx, at, (conn, action)),
        };
        self.compute(ctx, at, compute, blocked);
        None
    }
}
