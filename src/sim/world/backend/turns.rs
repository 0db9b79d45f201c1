//! Who computes. A process that serves several connections does one thing at a time: a loop stands still while a handler computes or
//! blocks, and threads share the interpreter's lock, a turn of 5 ms each.

use super::super::ctx::Ctx;
use super::task::{Blocked, Ready, TaskAt};
use super::workers::Workers;
use crate::machine::worker::{Action, Model, SWITCH_INTERVAL};
use crate::time::Span;

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

/// A thread that wants to compute.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Turn {
    pub(super) task: u16,
    pub(super) left: Compute,
}

impl Compute {
    /// How long its next turn is, and what is left for later ones.
    fn turn(self) -> (Compute, Option<Compute>) {
        match self {
            Compute::Burning(left) if left > SWITCH_INTERVAL => {
                let rest = left.saturating_sub(SWITCH_INTERVAL);
                (
                    Compute::Burning(SWITCH_INTERVAL),
                    Some(Compute::Burning(rest)),
                )
            }
            all => (all, None),
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

    fn span(self) -> Span {
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
            (Model::Threads, Compute::Burning(_) | Compute::Locked(_)) => {
                worker.task(at.task).blocked = blocked;
                let task = at.task;
                worker.turns.push_back(Turn {
                    task,
                    left: compute,
                });
            }
            _ => {
                worker.task(at.task).blocked = blocked;
                self.occupy(ctx, at, compute);
            }
        }
    }

    /// A thread that waits for its turn gets it; whether there was one.
    pub(super) fn next_turn(&mut self, ctx: &mut Ctx<'_>, index: u32) -> bool {
        let Some(Turn { task, left }) = self.worker(index).turns.pop_front() else {
            return false;
        };
        let (turn, rest) = left.turn();
        if let Some(left) = rest {
            self.worker(index).turns.push_back(Turn { task, left });
        }
        let worker = index;
        self.occupy(ctx, TaskAt { worker, task }, turn);
        true
    }

    /// From now on the process does nothing else.
    fn occupy(&mut self, ctx: &mut Ctx<'_>, at: TaskAt, turn: Compute) {
        let worker = self.worker(at.worker);
        worker.occupant = Some(at.task);
        worker.turn = turn;
        let waits_for_a_core = match turn {
            Compute::Asleep(_) => false,
            Compute::Burning(_) | Compute::Locked(_) => !self.cores.take(at),
        };
        if !waits_for_a_core {
            self.begin_turn(ctx, at);
        }
    }

    fn begin_turn(&mut self, ctx: &mut Ctx<'_>, at: TaskAt) {
        let span = self.worker(at.worker).turn.span();
        self.alarm_in(ctx, at, span);
    }

    /// The occupant's turn is over.
    pub(super) fn turn_over(&mut self, ctx: &mut Ctx<'_>, at: TaskAt) {
        self.vacate(ctx, at.worker);
        let worker = self.worker(at.worker);
        if worker.turns.iter().all(|turn| turn.task != at.task) {
            worker.ready.push_front((at.task, Ready::Computed));
        }
        self.run(ctx, at.worker);
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
