//! Starvation: every worker held, and somebody waiting.

use std::collections::BTreeMap;

use super::Seen;
use super::view::{View, WAIT, clock, many, names};
use crate::record::{RequestRecord, WorkerState};
use crate::report::summarize::queue_wait;
use crate::tier::Tier;
use crate::time::{Span, Timestamp};

/// All workers busy for less than this is an ordinary peak.
const STRETCH: Span = Span::from_ms(250);
/// A worker that is free for less than this between two requests does not end a stretch.
const GAP: Span = Span::from_ms(20);

/// All workers held by one group while another waits in the accept queue.
pub(super) fn starvation(view: &View<'_>) -> Vec<Seen> {
    // Where nothing limits how many connections a worker serves, nobody waits for a slot.
    let Some(slots) = view.variant.plan.backend.slots() else {
        return Vec::new();
    };
    let stretches = all_busy(view, slots);
    let Some((from, to)) = stretches
        .iter()
        .copied()
        .max_by_key(|(from, to)| to.since(*from))
    else {
        return Vec::new();
    };
    let Some(holder) = main_holder(view, from, to) else {
        return Vec::new();
    };
    let victims: Vec<(&RequestRecord, Span)> = (view.variant.requests.iter())
        .filter(|row| holder.group != Some(row.group.as_str()) && view.asks(&row.group))
        .filter_map(|row| waited(view, row, from, to).map(|wait| (row, wait)))
        .filter(|(_, wait)| *wait >= WAIT)
        .collect();
    let Some(longest) = victims.iter().map(|(_, wait)| *wait).max() else {
        return Vec::new();
    };
    let depth = (view.variant.queues.iter())
        .filter(|sample| sample.is_whole(Tier::Backend))
        .filter(|sample| sample.at >= from && sample.at <= to)
        .filter_map(|sample| sample.accept_queue)
        .max();
    let peaked = depth.map_or(String::new(), |depth| format!(", which peaked at {depth}"));
    let hoarded = (victims.iter()).filter(|(row, _)| view.is_hoarded(row));
    let place = match hoarded.count() {
        0 => format!("in the accept queue{peaked}"),
        n if n == victims.len() => "inside a worker that had accepted them".to_owned(),
        n => format!(
            "for a slot, {n} of them inside a worker that had accepted them, the others in the accept queue{peaked}"
        ),
    };
    let again = match stretches.len() {
        1 => String::new(),
        n => format!(" (the longest of {n} such stretches)"),
    };
    let workers = view.variant.plan.backend.all_workers();
    let all_workers = match (workers, slots) {
        (1, 1) => "the only worker was".to_owned(),
        (n, _) if n == slots => format!("all {n} workers were"),
        _ => format!(
            "all {slots} slots of {} were",
            many(workers as usize, "worker")
        ),
    };
    let text = format!(
        "from {} to {} {all_workers} held by {}{again}; {} of {} waited {place}, up to {}",
        clock(from),
        clock(to),
        holder.text(),
        many(victims.len(), "request"),
        names(victims.iter().map(|(row, _)| row.group.as_str())),
        longest.human(),
    );
    vec![Seen {
        kind: "starvation",
        at: from,
        text,
    }]
}

/// How long a request waited for a worker in a stretch: until one took it up, or until it was given up.
fn waited(view: &View<'_>, row: &RequestRecord, from: Timestamp, to: Timestamp) -> Option<Span> {
    let queued_at = match view.variant.has_proxy() {
        true => row.upstream_connected_at?,
        false => row.connected_at?,
    };
    let given_up = row.upstream_released_at.or(row.closed_at);
    let wait = match (queue_wait(row), given_up) {
        (Some(wait), Some(gone)) => wait.min(gone.since(queued_at)),
        (Some(wait), None) => wait,
        (None, Some(gone)) => gone.since(queued_at),
        (None, None) => return None,
    };
    (queued_at < to && queued_at + wait > from).then_some(wait)
}

/// The stretches in which every slot of a worker was held, small gaps closed.
fn all_busy(view: &View<'_>, slots: u64) -> Vec<(Timestamp, Timestamp)> {
    let end = view.end();
    let mut changes: BTreeMap<Timestamp, i64> = BTreeMap::new();
    for row in view.variant.workers.iter().filter(|row| row.is_hold()) {
        *changes.entry(row.from).or_default() += 1;
        *changes.entry(row.to.unwrap_or(end)).or_default() -= 1;
    }
    let all = i64::try_from(slots).unwrap_or(i64::MAX);
    let (mut busy, mut since) = (0, None);
    let mut stretches: Vec<(Timestamp, Timestamp)> = Vec::new();
    for (at, change) in changes {
        busy += change;
        match since {
            None if busy >= all => since = Some(at),
            Some(from) if busy < all => {
                since = None;
                match stretches.last_mut() {
                    Some(last) if from.since(last.1) <= GAP => last.1 = at,
                    _ => stretches.push((from, at)),
                }
            }
            _ => {}
        }
    }
    stretches.retain(|(from, to)| to.since(*from) >= STRETCH);
    stretches
}

/// Who held most worker time in a stretch.
struct Holder<'a> {
    /// The group; connections that sent no request belong to none.
    group: Option<&'a str>,
    /// What its workers did for most of that time.
    state: WorkerState,
    /// For which share of it.
    share: f64,
}

impl Holder<'_> {
    fn text(&self) -> String {
        let Some(group) = self.group else {
            return "connections that sent no request".to_owned();
        };
        let doing = match self.state {
            WorkerState::Send => "in send",
            WorkerState::Linger => "waiting for the client to close",
            WorkerState::Reading | WorkerState::Body => "waiting for the request",
            _ => "in the handler",
        };
        format!("`{group}` ({:.0} % of it {doing})", self.share * 100.0)
    }
}

fn main_holder<'a>(view: &View<'a>, from: Timestamp, to: Timestamp) -> Option<Holder<'a>> {
    let mut held: BTreeMap<Option<&str>, BTreeMap<WorkerState, Span>> = BTreeMap::new();
    for row in view.variant.workers.iter().filter(|row| row.is_hold()) {
        let part = row.to.unwrap_or(to).min(to).since(row.from.max(from));
        let states = held.entry(view.group_of(row)).or_default();
        let held = states.entry(row.state).or_default();
        *held = held.saturating_add(part);
    }
    let all = |states: &BTreeMap<WorkerState, Span>| -> Span {
        let spans = states.values();
        spans.fold(Span::ZERO, |sum, span| sum.saturating_add(*span))
    };
    let (group, states) = held.into_iter().max_by_key(|(_, states)| all(states))?;
    let whole = all(&states);
    let (state, most) = states.into_iter().max_by_key(|(_, span)| *span)?;
    (!whole.is_zero()).then(|| Holder {
        group,
        state,
        share: most.as_secs_f64() / whole.as_secs_f64(),
    })
}
