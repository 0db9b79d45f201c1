//! What the proxy did: timers on slow clients, short responses under a good status, temp files.

use std::collections::BTreeSet;

use super::Seen;
use super::view::View;
use crate::machine::timers::Directive;
use crate::record::summary::LatencySummary;
use crate::record::{EndedBy, Outcome, RequestRecord};
use crate::report::data::VariantData;
use crate::report::summarize::{latency_summary, upstream_held};
use crate::time::Timestamp;

/// The read timer fired on a client that was the brake itself, while the backend was in `send`.
pub(super) fn wall_clock_misfire(view: &View<'_>) -> Vec<Seen> {
    let cut: Vec<(&RequestRecord, Timestamp)> = (view.variant.requests.iter())
        .filter(|row| row.ended_by == EndedBy::ProxyReadTimeout)
        .filter_map(|row| Some((row, view.blamed(row)?.at.or(row.closed_at)?)))
        .filter(|(row, fired_at)| view.was_sending(row, *fired_at))
        .collect();
    let Some((example, fired_at, blamed)) = view.first_blamed(&cut) else {
        return Vec::new();
    };
    // nginx's rule is the default; the other kind of proxy counts on.
    let timer = match blamed.config.read_timer == Default::default() {
        true => "nginx",
        false => "wall-clock",
    };
    let seen = Seen::new("wall_clock_misfire", fired_at)
        .with("tier", blamed.whose)
        .span("timeout_us", blamed.config.proxy_read_timeout)
        .with("timer", timer)
        .befell(cut.iter().map(|(row, _)| *row))
        .with("example", example.request_id)
        .with("received_bytes", example.received_bytes)
        .with("expected_bytes", example.expected_bytes);
    vec![seen]
}

/// `send_timeout`: the timer that does guard against slow clients.
pub(super) fn send_timeout(view: &View<'_>) -> Vec<Seen> {
    let cut: Vec<&RequestRecord> = cut_by_send_timeout(view.variant).collect();
    let timers = view.variant.events.iter();
    let timers = timers.filter(|event| event.kind.is_timer(Directive::SendTimeout.name()));
    let fired = timers.map(|event| event.at).min();
    let first = fired.or(cut.iter().filter_map(|row| row.closed_at).min());
    let blamed = cut.first().and_then(|row| view.blamed(row));
    let Some((first, blamed)) = first.zip(blamed) else {
        return Vec::new();
    };
    // A client that read until less than half the timeout before the end was slow, not gone.
    let reading = cut.iter().filter(|row| {
        let gone = row.upstream_released_at.or(row.closed_at);
        let idle = gone
            .zip(row.last_byte_at)
            .map(|(gone, last)| gone.since(last));
        idle.is_some_and(|idle| idle.as_ns() < blamed.config.send_timeout.as_ns() / 2)
    });
    let seen = Seen::new("send_timeout", first)
        .with("tier", blamed.whose)
        .span("timeout_us", blamed.config.send_timeout)
        .befell(cut.iter().copied())
        .with("reading", reading.count());
    vec![seen]
}

/// The requests that it cut, also those whose clients still read what had been sent when the run ended.
pub(in crate::report) fn cut_by_send_timeout(
    variant: &VariantData,
) -> impl Iterator<Item = &RequestRecord> {
    let hops = variant.hops.iter();
    let told: BTreeSet<u64> = hops
        .filter(|hop| hop.ended_by == EndedBy::SendTimeout)
        .map(|hop| hop.request_id)
        .collect();
    (variant.requests.iter()).filter(move |row| match row.ended_by {
        EndedBy::SendTimeout => true,
        EndedBy::RunEnd => told.contains(&row.request_id),
        _ => false,
    })
}

/// Responses cut short that the log calls 200.
pub(super) fn hidden_truncation(view: &View<'_>) -> Vec<Seen> {
    let cut: Vec<&RequestRecord> = (view.variant.requests.iter())
        .filter(|row| row.outcome == Outcome::Truncated)
        .filter(|row| row.proxy_status.or(row.status) == Some(200))
        .collect();
    let Some(first) = cut.iter().filter_map(|row| row.closed_at).min() else {
        return Vec::new();
    };
    let received: u64 = cut.iter().map(|row| row.received_bytes).sum();
    let expected: u64 = cut.iter().filter_map(|row| row.expected_bytes).sum();
    let log = match (view.variant.has_proxy(), &view.variant.plan.edge) {
        (_, Some(_)) => "edge",
        (true, None) => "proxy",
        (false, None) => "none",
    };
    let seen = Seen::new("hidden_truncation", first)
        .befell(cut.iter().copied())
        .with("received_bytes", received)
        .with("expected_bytes", expected)
        .with("log", log);
    vec![seen]
}

/// Responses that went through a temp file: the worker is free, the disk is not.
pub(super) fn spill(view: &View<'_>) -> Vec<Seen> {
    let spilled: Vec<&RequestRecord> = (view.variant.requests.iter())
        .filter(|row| row.spilled_bytes.is_some_and(|bytes| bytes > 0))
        .collect();
    let Some(first) = spilled.iter().map(|row| row.started_at).min() else {
        return Vec::new();
    };
    let bytes: u64 = spilled.iter().filter_map(|row| row.spilled_bytes).sum();
    let held = latency_summary(spilled.iter().filter_map(|row| upstream_held(row)));
    let served = latency_summary(spilled.iter().filter_map(|row| row.latency_from_send()));
    let typical = |numbers: &LatencySummary| numbers.p50.or(numbers.max);
    let known = typical(&held).zip(typical(&served));
    let seen = Seen::new("spill", first)
        .befell(spilled.iter().copied())
        .with("spilled_bytes", bytes)
        .with("backend_us", known.map(|(held, _)| held))
        .with("client_us", known.map(|(_, served)| served));
    vec![seen]
}
