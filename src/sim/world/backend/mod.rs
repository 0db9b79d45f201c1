//! The backend: a master process and the workers it forks, one party because they call each other as processes do, without a wait.
//!
//! The rest of the world knows [`Backend`] alone, and of the backend's inside it keeps a pair: which worker, and which of its tasks, a
//! socket or a timer belongs to. The master sees of its workers a fork, a signal and a last beat; what they tell it is that one ended.

mod acts;
mod calls;
mod cores;
mod master;
mod passing;
mod process;
mod restart;
mod task;
mod turns;
mod workers;

use super::ctx::Ctx;
use crate::machine::arbiter::Signal;
use crate::plan::Plan;

use master::Master;
use task::TaskAt;
use workers::Workers;

/// The backend's processes.
#[derive(Debug)]
pub(super) struct Backend {
    master: Master,
    workers: Workers,
    /// As a log names it.
    listening_at: String,
}

/// What happens to a backend.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum BackendEvent {
    /// A connection has joined the accept queue.
    Acceptable,
    /// Something arrived on a task's socket, or there is room.
    Wake { worker: u32, task: u16 },
    /// A task's time is up.
    Timer {
        worker: u32,
        task: u16,
        generation: u32,
    },
    /// The master goes on.
    Master { generation: u32 },
    /// An act of the plan is due.
    Act { index: u16 },
}

impl Backend {
    /// No process yet.
    pub(super) fn new(plan: &Plan, cores: u32) -> Backend {
        Backend {
            master: Master::new(&plan.backend, plan.seed),
            workers: Workers::new(&plan.backend, plan.seed, cores),
            listening_at: String::new(),
        }
    }

    /// The master starts, and forks.
    pub(super) fn start(&mut self, ctx: &mut Ctx<'_>, listening_at: &str) {
        self.listening_at = listening_at.to_owned();
        self.master.start(ctx, &mut self.workers, listening_at);
    }

    pub(super) fn on_event(&mut self, ctx: &mut Ctx<'_>, event: BackendEvent) {
        match event {
            BackendEvent::Acceptable => self.workers.wake_idle(ctx),
            BackendEvent::Wake { worker, task } => {
                self.workers.wake(ctx, TaskAt { worker, task });
            }
            BackendEvent::Timer {
                worker,
                task,
                generation,
            } => self
                .workers
                .on_timer(ctx, TaskAt { worker, task }, generation),
            BackendEvent::Master { generation } => {
                self.master.on_timer(ctx, &mut self.workers, generation);
            }
            BackendEvent::Act { index } => self.act(ctx, index),
        }
        while let Some(child) = self.workers.next_ended() {
            self.master.child_ended(ctx, child);
        }
    }

    /// A signal for the master.
    pub(super) fn signal(&mut self, ctx: &mut Ctx<'_>, signal: Signal) {
        self.master.signal(ctx, signal);
    }

    /// Workers that once waited for requests.
    pub(super) fn booted(&self) -> usize {
        self.workers.booted()
    }

    /// Whether a worker was ever forked.
    pub(super) fn forked(&self) -> bool {
        self.workers.forked()
    }

    /// Whether the master has ended.
    pub(super) fn is_gone(&self) -> bool {
        self.master.is_gone()
    }
}
