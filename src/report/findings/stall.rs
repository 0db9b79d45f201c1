//! A loop that stands still: one handler computes or blocks, and everybody else on the same loop, or behind the same interpreter lock, waits.

use super::Seen;
use super::view::{View, WAIT};
use crate::record::{RequestRecord, WorkerInterval, WorkerState};
use crate::time::{Span, Timestamp};

/// Shorter stretches are the price of any handler.
const STRETCH: Span = Span::from_ms(250);

/// The longest stretch for which one handler kept a worker of many slots from everything else, and who waited meanwhile.
pub(super) fn loop_stalled(view: &View<'_>) -> Vec<Seen> {
    let stalls: Vec<(&WorkerInterval, Timestamp)> = (view.variant.workers.iter())
        .filter(|row| row.slot.is_none() && row.state == WorkerState::App)
        .filter_map(|row| Some((row, row.to?)))
        .filter(|(row, to)| to.since(row.from) >= STRETCH)
        .collect();
    let Some((longest, to)) = stalls.iter().max_by_key(|(row, to)| to.since(row.from)) else {
        return Vec::new();
    };
    let culprit = view.request(longest.request_id);
    let waited: Vec<&RequestRecord> = (view.variant.requests.iter())
        .filter(|row| Some(row.request_id) != longest.request_id)
        .filter(|row| waits(row, &stalls))
        .collect();
    if waited.is_empty() {
        return Vec::new();
    }
    let seen = Seen::new("loop_stalled", longest.from)
        .with("worker", longest.worker)
        .with("holder_group", culprit.map(|row| row.group.as_str()))
        .span("lasted_us", to.since(longest.from))
        .with("stalls", stalls.len())
        .befell(waited.iter().copied());
    vec![seen]
}

/// Whether a request spent a good part of a stall waiting: for the same worker, or to be taken up by one.
fn waits(row: &RequestRecord, stalls: &[(&WorkerInterval, Timestamp)]) -> bool {
    let Some(end) = row.closed_at else {
        return false;
    };
    stalls.iter().any(|(stall, to)| {
        let of_it = row.worker.is_none_or(|worker| worker == stall.worker);
        let from = row.started_at.max(stall.from);
        of_it && end.min(*to).since(from) >= WAIT
    })
}
