//! `stop` and `halt`: how the master ends.

use super::master::{Phase, Task};
use super::reexec::Second;
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
        if self.phase != Phase::Serving {
            return;
        }
        self.begin_stop(now, how);
    }

    fn begin_stop(&mut self, now: Timestamp, how: Stop) {
        // INT and QUIT stop in their handler; all others from where `run` catches what was raised.
        self.phase = match how.quick && how.code == 0 {
            true => Phase::QuickStop,
            false => Phase::Halting,
        };
        self.agenda.clear();
        let unlink = self.second == Second::None;
        self.actions.push_back(Action::CloseListener { unlink });
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

    /// `HaltServer` is raised: by a worker that could not boot, wherever the master reaps it.
    pub(super) fn halt(&mut self, now: Timestamp, code: i32, reason: &'static str) {
        match self.phase {
            Phase::Serving | Phase::QuickStop => {
                let mut how = Stop::graceful(self.settings.graceful_timeout, code);
                how.reason = Some(reason);
                self.begin_stop(now, how);
            }
            // Raised within the `except` that halts: nobody is there to catch it, nobody kills what is left.
            Phase::Halting => {
                self.phase = Phase::Gone;
                self.agenda.clear();
                let text = format!("gunicorn.errors.HaltServer: <HaltServer '{reason}' {code}>");
                self.log(Level::Error, text);
                self.agenda.push_back(Task::Abandoned);
            }
            Phase::Gone => {}
        }
    }

    /// Nobody is in charge any more: workers that were told to end do so when they can. Ours: this process stays until then, because
    /// they would die with it; a further signal to end it makes short work of them.
    pub(super) fn abandoned(&mut self) {
        let hurried = self.signals.drain(..).any(|signal| {
            use Signal::{Int, ParentGone, Quit, Term};
            matches!(signal, Term | Int | Quit | ParentGone)
        });
        if hurried {
            self.kill_workers(WorkerSignal::Kill);
        }
        if self.workers.is_empty() || hurried {
            self.first([Task::Exit(1)]);
        } else {
            self.actions.push_back(Action::Reap);
            self.first([Task::Sleep(POLL), Task::Abandoned]);
        }
    }

    pub(super) fn halted(&mut self, code: i32, reason: Option<&'static str>) {
        let level = if code == 0 { Level::Info } else { Level::Error };
        self.log(level, format!("Shutting down: {}", self.name()));
        if let Some(reason) = reason {
            self.log(level, format!("Reason: {reason}"));
        }
    }
}
