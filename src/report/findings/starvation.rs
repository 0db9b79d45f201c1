//! Starvation: every worker held, and somebody waiting.

use std::collections::BTreeMap;

use super::Seen;
use super::view::{View, WAIT};
use crate::record::{RequestRecord, WorkerState};
use crate::report::summarize::queue_wait;
use crate::tier::Tier;
use crate::time::{Span, Timestamp};

/// All workers busy for less than this is an ordinary peak.
const STRETCH: Span = Span::from_ms(250);
/// Who holds less than one in so many of a stretch is not named beside its main holder.
const BESIDE: f64 = 4.0;
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
    let rows = victims.iter().map(|(row, _)| *row);
    let hoarded = rows.clone().filter(|row| view.is_hoarded(row)).count();
    let place = match hoarded {
        0 => "queue",
        n if n == victims.len() => "worker",
        _ => "both",
    };
    let workers = view.variant.plan.backend.all_workers();
    let all = match (workers, slots) {
        (1, 1) => "worker",
        (n, _) if n == slots => "workers",
        _ => "slots",
    };
    let seen = Seen::new("starvation", from)
        .instant("to_s", to)
        .span("lasted_us", to.since(from))
        .with("all", all)
        .with("workers", workers)
        .with("slots", slots)
        .with("holder_group", holder.group)
        .with("beside_group", holder.beside)
        .with("doing", holder.doing())
        .with("doing_ratio", holder.share)
        .with("stretches", stretches.len())
        .befell(rows)
        .with("place", place)
        .with("hoarded", hoarded)
        .with("accept_queue_peak", depth)
        .span("longest_wait_us", longest);
    vec![seen]
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
    /// Who else held much of it.
    beside: Option<&'a str>,
    /// What its workers did for most of that time.
    state: WorkerState,
    /// For which share of it.
    share: f64,
}

impl Holder<'_> {
    fn doing(&self) -> &'static str {
        match self.state {
            WorkerState::Send => "send",
            WorkerState::Linger => "linger",
            WorkerState::Reading | WorkerState::Body => "reading",
            _ => "handler",
        }
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
    let mut sums: Vec<(Span, Option<&str>)> = (held.iter())
        .map(|(group, states)| (all(states), *group))
        .collect();
    sums.sort_by_key(|(sum, _)| std::cmp::Reverse(*sum));
    let total: f64 = sums.iter().map(|(sum, _)| sum.as_secs_f64()).sum();
    let beside = (sums.get(1)).filter(|(sum, _)| sum.as_secs_f64() * BESIDE >= total);
    let beside = beside.and_then(|(_, group)| *group);
    let (group, states) = held.into_iter().max_by_key(|(_, states)| all(states))?;
    let whole = all(&states);
    let (state, most) = states.into_iter().max_by_key(|(_, span)| *span)?;
    (!whole.is_zero()).then(|| Holder {
        group,
        beside,
        state,
        share: most.as_secs_f64() / whole.as_secs_f64(),
    })
}
