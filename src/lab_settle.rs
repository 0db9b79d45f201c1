//! The end of a run: what nobody waits for any more is worked off.

use crate::lab::{Phase, Status, Wish};
use crate::leave::pause;
use crate::machine::stages::SETTLE_LIMIT;
use crate::time::{Clock, Span};

/// How often the run is looked at: progress, interruption, a dead master.
pub(crate) const LOOK_INTERVAL: Span = Span::from_ms(100);

/// Lets the workers run what is still in the accept queue: requests that nobody waits for.
pub(crate) fn settle(
    clock: Clock,
    status: &mut Status,
    look: &mut dyn FnMut(&Status) -> Wish,
) -> Wish {
    status.phase = Phase::Settling;
    let deadline = clock.now() + SETTLE_LIMIT;
    let mut quiet_looks = 0;
    // Two looks in a row, because between two requests every worker is idle for an instant.
    while quiet_looks < 2 && clock.now() < deadline {
        pause(LOOK_INTERVAL);
        let busy = status.gauges.busy_slots.get() + status.gauges.accept_queue.get();
        quiet_looks = if busy == 0 { quiet_looks + 1 } else { 0 };
        if look(status) == Wish::Stop {
            return Wish::Stop;
        }
    }
    Wish::GoOn
}
