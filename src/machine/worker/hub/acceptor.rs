//! The task that takes connections up: gevent's `StreamServer`, asyncio's `_accept_connection`.

use super::super::base::Todo;
use super::super::{Action, Outcome, Step};
use super::HubWorker;
use crate::time::{Span, Timestamp};

/// The accepting side of a worker.
#[derive(Debug, Default)]
pub(super) struct Acceptor {
    todo: Todo,
    stage: Stage,
    /// Taken up since the listener was found readable.
    taken: u32,
    /// How long it rested after the last failure; nothing since it took a connection up.
    rested: Option<Span>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum Stage {
    #[default]
    Waiting,
    Accepting,
    /// The pool is full.
    Full,
    /// A failure is a while ago, and the listener may be readable all the time.
    Resting,
    Over,
}

impl Acceptor {
    pub(super) fn waits_for_room(&self) -> bool {
        self.stage == Stage::Full
    }

    /// The listener is closed.
    pub(super) fn stop(&mut self) {
        self.stage = Stage::Over;
        self.todo.clear();
    }
}

impl HubWorker {
    pub(super) fn resume_acceptor(&mut self, now: Timestamp, outcome: &Outcome<'_>) -> Step {
        if self.acceptor.todo.is_empty() {
            self.advance_acceptor(now, outcome);
        }
        self.acceptor.todo.next(now)
    }

    fn advance_acceptor(&mut self, now: Timestamp, outcome: &Outcome<'_>) {
        match self.acceptor.stage {
            Stage::Resting => self.wait(),
            Stage::Waiting | Stage::Full if !self.ticker.is_up() => self.wait(),
            Stage::Waiting | Stage::Full => {
                self.acceptor.taken = 0;
                self.accept();
            }
            Stage::Accepting => match outcome {
                Outcome::Accepted(conn) => {
                    self.spawn(*conn, now);
                    self.acceptor.taken += 1;
                    self.acceptor.rested = None;
                    let workers = self.base.config().workers;
                    match self.acceptor.taken < self.flavour.most_accepts(workers) {
                        true => self.accept(),
                        false => self.wait(),
                    }
                }
                Outcome::Failed { failure, .. } => {
                    self.acceptor.todo.accept_failed(failure);
                    self.rest();
                }
                _ => self.wait(),
            },
            Stage::Over => self.acceptor.todo.push(Action::Finished),
        }
    }

    fn accept(&mut self) {
        self.if_room(Stage::Accepting, Action::Accept);
    }

    fn wait(&mut self) {
        self.if_room(Stage::Waiting, Action::AwaitAcceptable);
    }

    /// Does not accept for a while.
    fn rest(&mut self) {
        let rest = self.flavour.rest(self.acceptor.rested);
        self.acceptor.rested = Some(rest);
        self.acceptor.stage = Stage::Resting;
        self.acceptor.todo.push(Action::Wait(rest));
    }

    /// Does so if the pool has room, else waits for room.
    fn if_room(&mut self, stage: Stage, action: Action) {
        let (stage, action) = match self.has_room() {
            true => (stage, action),
            false => (Stage::Full, Action::Park),
        };
        self.acceptor.stage = stage;
        self.acceptor.todo.push(action);
    }
}
