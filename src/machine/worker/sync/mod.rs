//! The sync worker (`workers/sync.py`): beat, accept, handle, linger. The simplest class: one task, one connection at a time, and a
//! beat only at the top of the loop and before the select. So nothing beats while a request is handled, and `timeout` is in effect a
//! limit on requests.

#[cfg(test)]
mod tests;

use super::base::{Base, Orders, Todo, Turn};
use super::handling::{End, Handling};
use super::linger::Linger;
use super::manners::Manners;
use super::serving::Serving;
use super::{Action, Interrupt, Outcome, State, Step};
use crate::time::Timestamp;

/// Its only slot.
const SLOT: u32 = 0;

/// A sync worker, without hands.
#[derive(Debug)]
pub struct SyncWorker {
    pub(super) base: Base,
    todo: Todo,
    stage: Stage,
}

/// Where in the loop the worker waits for an outcome.
#[derive(Debug)]
enum Stage {
    Boot,
    Importing,
    Top,
    Accepting,
    CheckingParent,
    Selecting,
    Handling(Handling),
    Lingering(Linger),
    Ended(i32),
}

impl SyncWorker {
    /// A worker that was just forked.
    pub fn new(orders: Orders) -> SyncWorker {
        SyncWorker {
            base: Base::new(orders),
            todo: Todo::default(),
            stage: Stage::Boot,
        }
    }

    /// Goes on with what came of the last action ([`Outcome::Done`] the first time).
    pub fn resume(&mut self, now: Timestamp, outcome: Outcome<'_>) -> Step {
        if matches!(outcome, Outcome::Interrupted { .. }) {
            self.todo.clear();
        }
        if self.todo.is_empty() {
            self.advance(now, outcome);
        }
        self.todo.next(now)
    }

    fn advance(&mut self, now: Timestamp, outcome: Outcome<'_>) {
        let stage = std::mem::replace(&mut self.stage, Stage::Ended(0));
        if let Outcome::Interrupted { by, sent } = outcome {
            return self.interrupted(now, stage, (by, sent));
        }
        match stage {
            Stage::Boot => self.boot(),
            Stage::Importing => self.imported(),
            Stage::Top | Stage::Selecting => self.top(),
            Stage::Accepting => self.accepted(now, outcome),
            Stage::CheckingParent => self.parent_checked(&outcome),
            Stage::Handling(handling) => self.handle(now, handling, outcome),
            Stage::Lingering(linger) => {
                let limit = self.base.config().linger;
                match linger.resume(now, limit, &outcome, &mut self.todo) {
                    Some(linger) => self.stage = Stage::Lingering(linger),
                    None => self.close(),
                }
            }
            Stage::Ended(code) => self.act(Action::Exit(code), Stage::Ended(code)),
        }
    }

    fn boot(&mut self) {
        match self.base.boot(&mut self.todo, Some(SLOT)) {
            true => self.stage = Stage::Importing,
            false => self.imported(),
        }
    }

    fn imported(&mut self) {
        self.stage = match self.base.imported(&mut self.todo, Some(SLOT)) {
            Some(code) => Stage::Ended(code),
            None => Stage::Top,
        };
    }

    fn idle(&mut self) {
        self.todo.state(Some(SLOT), State::Idle);
        self.stage = Stage::Top;
    }

    fn top(&mut self) {
        if !self.base.alive {
            return self.exit(0);
        }
        self.todo.push(Action::Beat);
        self.act(Action::Accept, Stage::Accepting);
    }

    fn accepted(&mut self, now: Timestamp, outcome: Outcome<'_>) {
        match outcome {
            Outcome::Accepted(conn) => {
                self.todo.conn = Some(conn);
                let manners = Manners::of(self.base.config(), self.base.orders.own_cpu);
                let mut handling = Handling::new(manners, SLOT, None);
                let mut turn = self.turn(now);
                handling.report_taken(&mut turn);
                handling.read(&mut turn, true);
                self.stage = Stage::Handling(handling);
            }
            Outcome::Failed { failure, .. } => {
                self.todo.accept_failed(&failure);
                self.exit(255);
            }
            _ => self.act(Action::CheckParent, Stage::CheckingParent),
        }
    }

    fn parent_checked(&mut self, outcome: &Outcome<'_>) {
        if *outcome == Outcome::Orphaned {
            self.base.orphaned(&mut self.todo);
            return self.exit(0);
        }
        let timeout = self.base.half_timeout();
        self.todo.push(Action::Beat);
        self.act(Action::Select { timeout }, Stage::Selecting);
    }

    fn handle(&mut self, now: Timestamp, mut handling: Handling, outcome: Outcome<'_>) {
        match handling.resume(&mut self.turn(now), outcome) {
            None => self.stage = Stage::Handling(handling),
            Some(end) => self.begin_close(end),
        }
    }

    /// `close_graceful`. After a response the report that ends `Send` carries what the kernel took.
    fn begin_close(&mut self, end: End) {
        let serving: Option<Box<Serving>> = match end {
            End::Kept(serving) => Some(serving),
            End::Close(serving) | End::Drop(serving) => serving,
        };
        let lingers = !self.base.config().linger.is_zero();
        match serving {
            Some(serving) => {
                let state = if lingers { State::Linger } else { State::Send };
                self.todo.push(Action::Report(serving.report(state)));
            }
            None if lingers => self.todo.state(Some(SLOT), State::Linger),
            None => {}
        }
        if lingers {
            self.stage = Stage::Lingering(Linger::begin(&mut self.todo));
        } else {
            self.close();
        }
    }

    fn interrupted(&mut self, now: Timestamp, stage: Stage, (by, sent): (Interrupt, u64)) {
        let code = self.base.unwound(&mut self.todo, by);
        match stage {
            Stage::Handling(mut handling) => {
                let end = handling.interrupted(&mut self.turn(now), by, sent);
                self.begin_close(end);
            }
            // Nothing catches the exception in the linger: the process ends with its code.
            Stage::Lingering(_) => {
                self.todo.push(Action::Close);
                self.exit(code);
            }
            Stage::Ended(code) => self.exit(code),
            Stage::Boot | Stage::Importing | Stage::Top | Stage::Accepting => self.exit(code),
            Stage::CheckingParent | Stage::Selecting => self.exit(code),
        }
    }

    fn close(&mut self) {
        self.todo.push(Action::Close);
        self.todo.conn = None;
        self.idle();
    }

    fn exit(&mut self, code: i32) {
        self.base.exiting(&mut self.todo);
        self.act(Action::Exit(code), Stage::Ended(code));
    }

    fn turn(&mut self, now: Timestamp) -> Turn<'_> {
        Turn {
            base: &mut self.base,
            todo: &mut self.todo,
            now,
        }
    }

    /// The last action of a stage, and where its outcome goes.
    fn act(&mut self, action: Action, stage: Stage) {
        self.todo.push(action);
        self.stage = stage;
    }
}
