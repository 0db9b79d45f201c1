//! Who computes. A process that serves several connections does one thing at a time: a loop stands still while a handler computes or
//! blocks, and of threads the one computes that has the interpreter's lock.

use super::super::ctx::Ctx;
use super::task::{Blocked, Ready, TaskAt};
use super::workers::Workers;
use crate::machine::worker::{Action, Model};
use crate::time::Span;

/// Ours: for how long a thread computes before others that wait for a core get it.
const ON_A_CORE: Span = Span::from_ms(5);

/// How a task computes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Compute {
    /// On a core.
    Burning(Span),
    /// On a core, without a turn for anybody else.
    Locked(Span),
    /// On no core.
    Asleep(Span),
}

impl Compute {
    /// How much of it a process does before others may have its core.
    pub(super) fn turn(self) -> Compute {
        match self {
            Compute::Burning(left) => Compute::Burning(left.min(ON_A_CORE)),
            all => all,
        }
    }

    /// What is left of it after so long.
    fn after(self, done: Span) -> Option<Compute> {
        match self {
            Compute::Burning(left) if left > done => {
                Some(Compute::Burning(left.saturating_sub(done)))
            }
            _ => None,
        }
    }

    /// So much of it, if it can be interrupted.
    pub(super) fn cut(self, done: Span) -> Compute {
        match self {
            Compute::Burning(span) => Compute::Burning(span.min(done)),
            all => all,
        }
    }

    /// The call that it stands for.
    pub(super) fn as_action(self) -> Action {
        match self {
            Compute::Burning(span) => Action::Burn(span),
            Compute::Locked(span) => Action::BurnLocked(span),
            Compute::Asleep(span) => Action::Block(span),
        }
    }

    pub(super) fn span(self) -> Span {
        match self {
            Compute::Burning(span) | Compute::Locked(span) | Compute::Asleep(span) => span,
        }
    }
}

impl Workers {
    /// A task begins to compute.
    pub(super) fn compute(
        &mut self,
        ctx: &mut Ctx<'_>,
        at: TaskAt,
        compute: Compute,
        blocked: Blocked,
    ) {
        let worker = self.worker(at.worker);
        let taking_up = matches!(blocked, Blocked::TakingUp(_));
        match (worker.machine.model(), compute) {
            (Model::Alone | Model::Threads, Compute::Asleep(span)) if !taking_up => {
                self.sleep(ctx, at, span, Blocked::Waiting);
            }
            (Model::Threads, _) => {
                let task = worker.task(at.task);
                (task.blocked, task.left) = (blocked, Some(compute));
                self.want_lock(ctx, at);
            }
            _ => {
                worker.task(at.task).blocked = blocked;
                self.occupy(ctx, at, compute);
            }
        }
    }

    /// From now on the process does nothing else.
    pub(super) fn occupy(&mut self, ctx: &mut Ctx<'_>, at: TaskAt, turn: Compute) {
        let worker = self.worker(at.worker);
        worker.occupant = Some(at.task);
        (worker.turn, worker.turn_began) = (turn, None);
        let waits_for_a_core = match turn {
            Compute::Asleep(_) => false,
            Compute::Burning(_) | Compute::Locked(_) => {
                !std::mem::take(&mut worker.has_core) && !self.cores.take(at)
            }
        };
        if !waits_for_a_core {
            self.begin_turn(ctx, at);
        }
    }

    fn begin_turn(&mut self, ctx: &mut Ctx<'_>, at: TaskAt) {
        let now = ctx.now();
        let worker = self.worker(at.worker);
        worker.turn_began = Some(now);
        if worker.gil.is_wanted() {
            // It has waited for a core, and another thread for it.
            worker.turn = worker.turn.cut(Span::ZERO);
        }
        let span = worker.turn.span();
        self.alarm_in(ctx, at, span);
    }

    /// The occupant's turn is over.
    pub(super) fn turn_over(&mut self, ctx: &mut Ctx<'_>, at: TaskAt) {
        let worker = self.worker(at.worker);
        let turn = worker.turn;
        let task = worker.task(at.task);
        task.left = task.left.and_then(|left| left.after(turn.span()));
        if task.left.is_none() {
            worker.ready.push_front((at.task, Ready::Computed));
            if !worker.gil.is_wanted() {
                return self.see_what_is_next(ctx, at.worker, turn);
            }
        }
        self.vacate(ctx, at.worker);
        if self.worker(at.worker).gil.is_wanted() {
            self.let_go(ctx, at.worker);
            self.want_lock(ctx, at);
        }
        self.run(ctx, at.worker);
    }

    /// Whoever has computed and computes again keeps its core meanwhile: nothing has put it to sleep.
    fn see_what_is_next(&mut self, ctx: &mut Ctx<'_>, index: u32, turn: Compute) {
        let worker = self.worker(index);
        worker.occupant = None;
        worker.has_core = !matches!(turn, Compute::Asleep(_));
        self.run(ctx, index);
        if std::mem::take(&mut self.worker(index).has_core)
            && let Some(next) = self.cores.release()
        {
            self.begin_turn(ctx, next);
        }
    }

    /// Nobody occupies the process any more; a core that it had goes to whoever waits longest for one.
    pub(super) fn vacate(&mut self, ctx: &mut Ctx<'_>, index: u32) {
        let worker = self.worker(index);
        let Some(task) = worker.occupant.take() else {
            return;
        };
        let at = TaskAt {
            worker: index,
            task,
        };
        let had_a_core = !matches!(worker.turn, Compute::Asleep(_));
        if had_a_core
            && !self.cores.give_up(at)
            && let Some(next) = self.cores.release()
        {
            self.begin_turn(ctx, next);
        }
    }
}
