//! The lingering close (`util.close_graceful`, 26.0 and later): shut the sending side, then wait for the client to close.

use super::base::Todo;
use super::{Action, LINGER_DRAIN, Outcome};
use crate::time::{Span, Timestamp};

/// How far a lingering close has come.
#[derive(Debug)]
pub(super) enum Linger {
    Shutting,
    Draining { until: Timestamp, drained: u64 },
}

impl Linger {
    pub(super) fn begin(todo: &mut Todo) -> Linger {
        todo.push(Action::ShutdownWrite);
        Linger::Shutting
    }

    /// Goes on; `None` when the connection is to be closed now. `limit` is how long it may take from the shutdown on.
    pub(super) fn resume(
        self,
        now: Timestamp,
        limit: Span,
        outcome: &Outcome<'_>,
        todo: &mut Todo,
    ) -> Option<Linger> {
        match (self, outcome) {
            (Linger::Shutting, Outcome::Failed { .. }) => None,
            (Linger::Shutting, _) => Some(Linger::drain(now + limit, 0, todo)),
            (Linger::Draining { until, drained }, Outcome::Received(bytes)) => {
                let drained = drained + bytes.len() as u64;
                (drained < LINGER_DRAIN && now < until).then(|| Linger::drain(until, drained, todo))
            }
            (Linger::Draining { .. }, _) => None,
        }
    }

    fn drain(until: Timestamp, drained: u64, todo: &mut Todo) -> Linger {
        todo.push(Action::LingerRecv { until });
        Linger::Draining { until, drained }
    }
}
