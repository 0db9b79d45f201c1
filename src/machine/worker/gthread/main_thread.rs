//! The main thread's loop (`run` in `workers/gthread.py`), and its end.

use super::super::{Action, ConnId, Interrupt, Outcome, Step};
use super::dispatch::MainStage;
use super::{GthreadWorker, Idle};
use crate::time::{Span, Timestamp};

/// The longest wait for events (`wait_for_and_dispatch_events(timeout=1.0)`).
const TURN: Span = Span::from_secs(1);

impl GthreadWorker {
    pub(super) fn resume_main(&mut self, now: Timestamp, outcome: Outcome<'_>) -> Step {
        if let Outcome::Interrupted { by, .. } = outcome {
            self.main.clear();
            self.interrupted(by);
        } else if self.main.is_empty() {
            self.advance_main(now, outcome);
        }
        self.main.next(now)
    }

    fn advance_main(&mut self, now: Timestamp, outcome: Outcome<'_>) {
        loop {
            match std::mem::replace(&mut self.stage, MainStage::Top) {
                MainStage::Boot if self.base.boot(&mut self.main, None) => {
                    self.stage = MainStage::Importing;
                }
                MainStage::Boot | MainStage::Importing => {
                    if let Some(code) = self.base.imported(&mut self.main, None) {
                        self.stage = MainStage::Ended(code);
                    }
                }
                MainStage::Top => self.top(now),
                MainStage::Polling => self.polled(now, &outcome),
                MainStage::Accepting => self.accepted(now, &outcome),
                MainStage::TakingUp(conn, accepted_at) => self.taken_up((conn, accepted_at)),
                MainStage::Lingering(linger, request) => {
                    self.linger(now, (linger, request), &outcome);
                }
                MainStage::Closing => self.dispatch(now),
                MainStage::CheckingParent => self.parent_checked(now, &outcome),
                MainStage::Joining(code) => self.join(code),
                MainStage::Ended(code) => {
                    self.main.push(Action::Exit(code));
                    self.stage = MainStage::Ended(code);
                }
            }
            if !self.main.is_empty() {
                return;
            }
        }
    }

    fn top(&mut self, now: Timestamp) {
        if !self.base.alive && self.draining.is_none() {
            self.cap_kept(now);
            self.draining = Some(now + self.base.config().graceful_timeout);
        }
        if let Some(deadline) = self.draining
            && (self.nr_conns == 0 || now > deadline)
        {
            self.murder_idle(now, true);
            return self.exit(0);
        }
        self.main.push(Action::Beat);
        // `utime`.
        self.main.push(Action::Brief(1));
        let until_expiry = match (self.draining, self.kept.front()) {
            (Some(_), Some(idle)) => idle.until.since(now),
            _ => TURN,
        };
        let listener =
            self.draining.is_none() && self.nr_conns < self.base.config().worker_connections;
        let timeout = match self.returned.is_empty() {
            true => TURN.min(until_expiry),
            false => Span::ZERO,
        };
        let idle = self.kept.iter().chain(&self.pending);
        let conns: Vec<ConnId> = idle.map(|Idle { conn, .. }| *conn).collect();
        self.main.push(Action::Poll {
            timeout,
            listener,
            conns,
        });
        self.stage = MainStage::Polling;
    }

    /// Everything that was found has been dealt with.
    pub(super) fn dispatched(&mut self, now: Timestamp) {
        if self.draining.is_some() {
            self.murder_idle(now, false);
            self.stage = MainStage::Top;
        } else {
            self.main.push(Action::CheckParent);
            self.stage = MainStage::CheckingParent;
        }
    }

    fn parent_checked(&mut self, now: Timestamp, outcome: &Outcome<'_>) {
        if *outcome == Outcome::Orphaned {
            self.base.orphaned(&mut self.main);
            self.base.alive = false;
        } else {
            self.murder_idle(now, false);
        }
    }

    /// `SystemExit` in the main thread: nothing catches it.
    fn interrupted(&mut self, by: Interrupt) {
        let code = self.base.unwound(&mut self.main, by);
        self.exit(code);
    }

    /// The log says so before the interpreter waits for the pool's threads, which may be stuck for ever.
    pub(super) fn exit(&mut self, code: i32) {
        self.base.exiting(&mut self.main);
        self.stage = MainStage::Joining(code);
    }

    fn join(&mut self, code: i32) {
        let done = self.jobs.is_empty() && self.pool.iter().all(super::pool::Thread::is_free);
        if done {
            self.main.push(Action::Exit(code));
            self.stage = MainStage::Ended(code);
        } else {
            self.main.push(Action::Park);
            self.stage = MainStage::Joining(code);
        }
    }
}
