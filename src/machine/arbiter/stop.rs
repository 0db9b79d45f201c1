//! `stop` and `halt`: how the master ends.

use super::master::Task;
use super::{Action, Arbiter, Level, POLL, QUICK_LIMIT, Signal, WorkerSignal};
use crate::time::{Span, Timestamp};

/// How to stop.
pub(super) struct Stop {
    quick: bool,
    limit: Span,
    code: i32,
    reason: Option<&'static str>,
}

impl Stop {
    pub(super) fn graceful(limit: Span, code: i32) -> Stop {
        Stop {
            quick: false,
            limit,
            code,
            reason: None,
        }
    }

    pub(super) fn quick(limit: Span, code: i32) -> Stop {
        Stop {
            quick: true,
            ..Stop::graceful(limit, code)
        }
    }
}

impl Arbiter {
    pub(super) fn stop(&mut self, now: Timestamp, how: Stop) {
        if self.stopping {
            return;
        }
        self.stopping = true;
        self.agenda.clear();
        self.actions.push_back(Action::CloseListener);
        self.kill_workers(if how.quick {
            WorkerSignal::Quit
        } else {
            WorkerSignal::Term
        });
        let limit = now + how.limit;
        self.agenda.extend([
            Task::AwaitGone {
                limit,
                quick: how.quick,
            },
            Task::KillRest,
            Task::Halted {
                code: how.code,
                reason: how.reason,
            },
            Task::Exit(how.code),
        ]);
    }

    pub(super) fn await_gone(&mut self, now: Timestamp, limit: Timestamp, quick: bool) {
        if self.workers.is_empty() || now >= limit {
            return;
        }
        let heard = self
            .signals
            .drain(..)
            .any(|signal| matches!(signal, Signal::Int | Signal::Quit | Signal::ParentGone));
        let (mut limit, mut quick) = (limit, quick);
        if heard && !quick {
            self.log(Level::Info, "Quick shutdown requested".to_owned());
            self.kill_workers(WorkerSignal::Quit);
            (limit, quick) = (now + QUICK_LIMIT, true);
        }
        self.actions.push_back(Action::Reap);
        self.first([Task::Sleep(POLL), Task::AwaitGone { limit, quick }]);
    }

    pub(super) fn halt(&mut self, now: Timestamp, code: i32, reason: &'static str) {
        let mut how = Stop::graceful(self.graceful_timeout, code);
        how.reason = Some(reason);
        self.stop(now, how);
    }

    pub(super) fn halted(&mut self, code: i32, reason: Option<&'static str>) {
        let level = if code == 0 { Level::Info } else { Level::Error };
        self.log(level, "Shutting down: Master".to_owned());
        if let Some(reason) = reason {
            self.log(level, format!("Reason: {reason}"));
        }
    }
}
