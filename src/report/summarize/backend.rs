//! Workers and accept queue: shares of time, depths, who was turned away.

use std::collections::{BTreeMap, BTreeSet};

use super::window;
use crate::record::summary::{AcceptQueueSummary, WorkersSummary};
use crate::record::{EventKind, Outcome, WorkerInterval, WorkerState};
use crate::report::data::VariantData;
use crate::time::{Span, Timestamp};

/// nginx's words for a full accept queue of a Unix socket.
pub(in crate::report) const QUEUE_FULL: &str = "(11: Resource temporarily unavailable)";

/// Whether a worker in this state holds a connection.
pub(in crate::report) fn is_busy(state: WorkerState) -> bool {
    matches!(
        state,
        WorkerState::Reading | WorkerState::App | WorkerState::Send | WorkerState::Linger
    )
}

/// The part of a stretch that lies between `from` and `to`; an open one lasts until `to`.
pub(in crate::report) fn clipped(row: &WorkerInterval, from: Timestamp, to: Timestamp) -> Span {
    row.to.unwrap_or(to).min(to).since(row.from.max(from))
}

/// The group that a stretch served: as recorded, or found by its request (a run that was cut short has no groups yet).
pub(in crate::report) fn groups_of_requests(variant: &VariantData) -> BTreeMap<u64, &str> {
    let rows = variant.requests.iter();
    rows.map(|row| (row.request_id, row.group.as_str()))
        .collect()
}

pub(super) fn workers(variant: &VariantData) -> WorkersSummary {
    let (from, to) = window(variant);
    let groups = groups_of_requests(variant);
    let count = u64::from(variant.plan.backend.workers);
    let (mut busy, mut sending) = (Span::ZERO, Span::ZERO);
    let mut held: BTreeMap<String, Span> = (variant.plan.groups.iter())
        .map(|group| (group.name.clone(), Span::ZERO))
        .collect();
    for row in variant.workers.iter().filter(|row| is_busy(row.state)) {
        let part = clipped(row, from, to);
        busy = busy.saturating_add(part);
        if row.state == WorkerState::Send {
            sending = sending.saturating_add(part);
        }
        let by_request = row.request_id.and_then(|id| groups.get(&id).copied());
        if let Some(group) = row.group.as_deref().or(by_request) {
            let sum = held.entry(group.to_owned()).or_default();
            *sum = sum.saturating_add(part);
        }
    }
    let known = !variant.workers.is_empty();
    let capacity_s = count as f64 * to.since(from).as_secs_f64();
    let of_kind = |kind| {
        variant
            .events
            .iter()
            .filter(move |event| event.kind == kind)
    };
    let killed: BTreeSet<_> = of_kind(EventKind::WorkerTimeout)
        .map(|event| (event.worker, event.worker.is_none().then_some(event.at)))
        .collect();
    WorkersSummary {
        count,
        busy_ratio: (known && capacity_s > 0.0).then(|| (busy.as_secs_f64() / capacity_s).min(1.0)),
        held_s_by_group: match known {
            true => held
                .into_iter()
                .map(|(name, span)| (name, span.as_secs_f64()))
                .collect(),
            false => BTreeMap::new(),
        },
        blocked_in_send_s: known.then(|| sending.as_secs_f64()),
        spawned: of_kind(EventKind::WorkerSpawned).count() as u64,
        killed_by_timeout: killed.len() as u64,
    }
}

pub(super) fn accept_queue(variant: &VariantData) -> AcceptQueueSummary {
    let (from, to) = window(variant);
    let depths: Vec<u64> = (variant.queues.iter())
        .filter(|sample| sample.at >= from && sample.at <= to)
        .filter_map(|sample| sample.accept_queue)
        .collect();
    AcceptQueueSummary {
        max: depths.iter().copied().max(),
        mean: (!depths.is_empty()).then(|| depths.iter().sum::<u64>() as f64 / depths.len() as f64),
        limit: variant
            .queues
            .iter()
            .rev()
            .find_map(|sample| sample.accept_queue_limit),
        refused: refused(variant),
    }
}

/// Connections to the backend that found its queue full: refused at once (Unix) or timed out connecting (TCP). Without a
/// proxy these are the clients' own.
fn refused(variant: &VariantData) -> u64 {
    let of_proxy = variant.events.iter().filter(|event| match event.kind {
        EventKind::ProxyError => event.text.contains(QUEUE_FULL),
        EventKind::TimerFired => event.text.starts_with("proxy_connect_timeout"),
        _ => false,
    });
    let of_clients = variant.requests.iter().filter(|row| match row.outcome {
        Outcome::Refused => true,
        Outcome::Timeout => row.connected_at.is_none(),
        _ => false,
    });
    match variant.has_proxy() {
        true => of_proxy.count() as u64,
        false => of_clients.count() as u64,
    }
}
