//! A loop that stands still: one handler computes or blocks, and everybody else on the same loop, or behind the same interpreter lock, waits.

use super::Seen;
use super::view::{View, WAIT};
use crate::record::{RequestRecord, WorkerState};
use crate::time::{Span, Timestamp};

/// Shorter stretches are the price of any handler.
const STRETCH: Span = Span::from_ms(250);
/// A handler that computes again that soon gave nobody a turn that was worth having.
const GAP: Span = Span::from_ms(5);

/// One handler's time on a worker's loop, turns that follow one another taken together.
struct Stall {
    worker: u32,
    request_id: Option<u64>,
    from: Timestamp,
    to: Timestamp,
}

impl Stall {
    fn lasted(&self) -> Span {
        self.to.since(self.from)
    }
}

/// The longest stretch for which one handler kept a worker of many slots from everything else, and who waited meanwhile.
pub(super) fn loop_stalled(view: &View<'_>) -> Vec<Seen> {
    let stalls = stalls(view);
    let Some(longest) = stalls.iter().max_by_key(|stall| stall.lasted()) else {
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
        .span("lasted_us", longest.lasted())
        .with("stalls", stalls.len())
        .befell(waited.iter().copied());
    vec![seen]
}

/// What of a worker's loop belonged to one handler for long.
fn stalls(view: &View<'_>) -> Vec<Stall> {
    let rows = view.variant.workers.iter();
    let mut turns: Vec<Stall> = rows
        .filter(|row| row.slot.is_none() && row.state == WorkerState::App)
        .filter_map(|row| {
            Some(Stall {
                worker: row.worker,
                request_id: row.request_id,
                from: row.from,
                to: row.to?,
            })
        })
        .collect();
    turns.sort_by_key(|turn| (turn.worker, turn.from));
    let mut stalls: Vec<Stall> = Vec::new();
    for turn in turns {
        match stalls.last_mut() {
            Some(last)
                if (last.worker, last.request_id) == (turn.worker, turn.request_id)
                    && turn.from.since(last.to) <= GAP =>
            {
                last.to = turn.to;
            }
            _ => stalls.push(turn),
        }
    }
    stalls.retain(|stall| stall.lasted() >= STRETCH);
    stalls
}

/// Whether a request spent a good part of a stall waiting: for the same worker, or to be taken up by one.
fn waits(row: &RequestRecord, stalls: &[Stall]) -> bool {
    let Some(end) = row.closed_at else {
        return false;
    };
    stalls.iter().any(|stall| {
        let of_it = row.worker.is_none_or(|worker| worker == stall.worker);
        let from = row.started_at.max(stall.from);
        of_it && end.min(stall.to).since(from) >= WAIT
    })
}
