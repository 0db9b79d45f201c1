//! The backend: a master process, or two after USR2, and the workers it forks, one party because they call each other as processes do, without a wait.
//!
//! The rest of the world knows [`Backend`] alone, and of the backend's inside it keeps a pair: which worker, and which of its tasks, a
//! socket or a timer belongs to. The master sees of its workers a fork, a signal and a last beat; what they tell it is that one ended.

mod acts;
mod calls;
mod cores;
mod costs;
mod door;
mod gil;
mod logging;
mod master;
mod masters;
mod passing;
mod process;
mod restart;
mod sick;
mod task;
mod turns;
mod workers;

use super::ctx::Ctx;
use crate::plan::Plan;

use logging::AccessPipe;
use master::Master;
use masters::Shared;
use task::TaskAt;
use workers::Workers;

/// The backend's processes.
#[derive(Debug)]
pub(super) struct Backend {
    /// All that ever were; there is more than one after USR2 only.
    masters: Vec<Master>,
    shared: Shared,
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
    /// A master goes on.
    Master { master: u16, generation: u32 },
    /// Whoever reads the access log's pipe comes round.
    LogReader,
    /// An act of the plan is due. If it is for proxies, they have performed it, or nobody of them was there any more.
    Act { index: u16, is_taken: bool },
    /// Whoever this act has stopped goes on.
    GoesOn { index: u16 },
}

impl Backend {
    /// No process yet.
    pub(super) fn new(plan: &Plan, cores: u32) -> Backend {
        let mut workers = Workers::new(plan.seed, cores);
        workers.access_pipe = plan.backend.accesslog.pipe.map(AccessPipe::new);
        Backend {
            masters: vec![Master::new(&plan.backend, plan.seed)],
            shared: Shared {
                workers,
                on_file: None,
                masters: 1,
                started: Vec::new(),
                exited: Vec::new(),
                is_to_end: false,
            },
        }
    }

    /// The master starts, and forks.
    pub(super) fn start(&mut self, ctx: &mut Ctx<'_>) {
        self.masters[0].start(ctx, &mut self.shared);
    }

    pub(super) fn on_event(&mut self, ctx: &mut Ctx<'_>, event: BackendEvent) {
        let workers = &mut self.shared.workers;
        match event {
            BackendEvent::Acceptable => workers.wake_idle(ctx),
            BackendEvent::Wake { worker, task } => {
                workers.wake(ctx, TaskAt { worker, task });
            }
            BackendEvent::Timer {
                worker,
                task,
                generation,
            } => workers.on_timer(ctx, TaskAt { worker, task }, generation),
            BackendEvent::Master { master, generation } => {
                let master = &mut self.masters[usize::from(master)];
                master.on_timer(ctx, &mut self.shared, generation);
            }
            BackendEvent::LogReader => workers.read_access(ctx),
            BackendEvent::Act { index, is_taken } => self.act(ctx, index, is_taken),
            BackendEvent::GoesOn { index } => self.go_on(ctx, index),
        }
        self.bring_home(ctx);
    }

    /// Workers that once waited for requests.
    pub(super) fn booted(&self) -> usize {
        self.shared.workers.booted()
    }

    /// Whether a worker was ever forked.
    pub(super) fn forked(&self) -> bool {
        self.shared.workers.forked()
    }
}
