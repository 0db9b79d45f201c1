//! The orchestrator's hand: TERM, a grace period, SIGKILL, and the backend anew. One restart at a time.

use crate::time::{Span, Timestamp};

/// What an orchestrator is at.
#[derive(Clone, Debug, Default)]
pub struct Restart {
    ending: Option<Ending>,
}

/// A backend that is to end.
#[derive(Clone, Copy, Debug)]
struct Ending {
    /// For which probe.
    probe: usize,
    asked_at: Timestamp,
    kill_at: Timestamp,
    forced: bool,
}

/// What is to be done to the backend for it to end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Order {
    /// TERM to its master.
    Term,
    /// SIGKILL to all of its processes.
    Kill,
}

/// A restart that has come to its end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Restarted {
    /// For which probe.
    pub probe: usize,
    /// From TERM to the end of the last process.
    pub took: Span,
    /// Whether it had to be killed.
    pub forced: bool,
}

impl Restart {
    /// A probe wants the backend restarted; nothing more is done if it is being restarted already.
    pub fn ask(&mut self, now: Timestamp, probe: usize, grace: Span) -> Option<Order> {
        if self.ending.is_some() {
            return None;
        }
        self.ending = Some(Ending {
            probe,
            asked_at: now,
            kill_at: now + grace,
            forced: false,
        });
        Some(Order::Term)
    }

    /// When [`Restart::on_time`] is to be called.
    pub fn due(&self) -> Option<Timestamp> {
        let ending = self.ending?;
        (!ending.forced).then_some(ending.kill_at)
    }

    /// The grace period may be over.
    pub fn on_time(&mut self, now: Timestamp) -> Option<Order> {
        let ending = self.ending.as_mut()?;
        if ending.forced || now < ending.kill_at {
            return None;
        }
        ending.forced = true;
        Some(Order::Kill)
    }

    /// Nothing of the backend is left. If that was wanted, it is to be started anew, on the same address and with what its
    /// configuration says by now.
    pub fn on_ended(&mut self, now: Timestamp) -> Option<Restarted> {
        let ending = self.ending.take()?;
        Some(Restarted {
            probe: ending.probe,
            took: now.since(ending.asked_at),
            forced: ending.forced,
        })
    }

    /// Whether a restart is under way, so that the end of the backend is wanted.
    pub fn is_under_way(&self) -> bool {
        self.ending.is_some()
    }
}
