//! A connection's task: a greenlet (`base_async.py:handle`), an asyncio task (`_handle_connection`).

use super::super::base::{Todo, Turn};
use super::super::handling::{End, Handling};
use super::super::manners::Manners;
use super::super::serving::Serving;
use super::super::{Action, ConnId, Outcome, Report, State, Step};
use super::HubWorker;
use crate::time::Timestamp;

/// A connection and the task that serves it.
#[derive(Debug)]
pub(super) struct Conn {
    slot: u32,
    todo: Todo,
    handling: Handling,
    stage: Stage,
    /// Whether the loop stands still for this task.
    occupies: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Stage {
    New,
    Handling,
    Over,
}

impl Conn {
    pub(super) fn new(
        conn: ConnId,
        (manners, slot): (Manners, u32),
        accepted_at: Timestamp,
    ) -> Conn {
        Conn {
            slot,
            todo: Todo::with(conn),
            handling: Handling::new(manners, slot, Some(accepted_at)),
            stage: Stage::New,
            occupies: false,
        }
    }

    /// Whether it waits for a request and has none in hand.
    pub(super) fn is_idle(&self) -> bool {
        self.stage == Stage::Handling && self.handling.is_reading_head()
    }

    /// The worker closes it: whatever the task waits for, it does no more.
    pub(super) fn hang_up(&mut self) {
        self.todo.clear();
        self.end(None);
    }

    fn end(&mut self, serving: Option<&Serving>) {
        if let Some(serving) = serving {
            self.todo.push(Action::Report(serving.report(State::Send)));
        }
        if self.handling.closes_later() {
            self.todo.push(Action::Yield);
        }
        self.todo.push(Action::Close);
        self.todo.state(Some(self.slot), State::Idle);
        self.todo.push(Action::Finished);
        self.stage = Stage::Over;
    }
}

impl HubWorker {
    pub(super) fn resume_conn(&mut self, slot: u32, now: Timestamp, outcome: Outcome<'_>) -> Step {
        let HubWorker { base, conns, .. } = self;
        let finished = Step {
            conn: None,
            action: Action::Finished,
        };
        let Some(conn) = conns.get_mut(&slot) else {
            return finished;
        };
        if matches!(outcome, Outcome::Interrupted { .. }) {
            conn.todo.clear();
        }
        if conn.todo.is_empty() {
            advance(base, conn, now, outcome);
        }
        let step = conn.todo.next(now);
        if step.action == Action::Finished {
            self.release(slot);
        }
        step
    }
}

fn advance(base: &mut super::Base, conn: &mut Conn, now: Timestamp, outcome: Outcome<'_>) {
    if std::mem::take(&mut conn.occupies) {
        conn.todo.state(None, State::Idle);
    }
    let mut turn = Turn {
        base,
        todo: &mut conn.todo,
        now,
    };
    let end = match (conn.stage, outcome) {
        (Stage::New, _) => {
            conn.handling.report_taken(&mut turn);
            conn.handling.go_round(&mut turn);
            conn.handling.read(&mut turn, true);
            conn.stage = Stage::Handling;
            None
        }
        (Stage::Handling, Outcome::Interrupted { by, sent }) => {
            turn.base.alive = false;
            Some(conn.handling.interrupted(&mut turn, by, sent))
        }
        (Stage::Handling, outcome) => conn.handling.resume(&mut turn, outcome),
        (Stage::Over, _) => return conn.todo.push(Action::Finished),
    };
    match end {
        None => {}
        Some(End::Kept(serving)) => {
            turn.todo.push(Action::Report(serving.report(State::Send)));
            conn.handling.report_taken(&mut turn);
            conn.handling.read(&mut turn, false);
        }
        Some(End::Close(serving) | End::Drop(serving)) => conn.end(serving.as_deref()),
    }
    tell_if_occupied(conn);
}

/// While a task computes or blocks, the process does nothing else.
fn tell_if_occupied(conn: &mut Conn) {
    let occupies = matches!(
        conn.todo.last(),
        Some(Action::Burn(_) | Action::BurnLocked(_) | Action::Block(_))
    );
    if occupies {
        conn.occupies = true;
        conn.todo.report_before_last(Report {
            request_id: conn.handling.request_id(),
            ..Report::plain(None, State::App)
        });
    }
}
