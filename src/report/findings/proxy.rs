//! What the proxy did: timers on slow clients, short responses under a good status, temp files.

use super::Seen;
use super::view::{View, many, names};
use crate::record::{EndedBy, Outcome, RequestRecord};
use crate::report::summarize::{latency_summary, upstream_held};
use crate::time::{Span, Timestamp};
use crate::units::human_bytes;

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
    let counted = match blamed.config.read_timer == Default::default() {
        true => "expired",
        false => "counted while the proxy itself refused to read",
    };
    let got = match example.expected_bytes {
        Some(bytes) => format!(
            "{} of {}",
            human_bytes(example.received_bytes),
            human_bytes(bytes)
        ),
        None => human_bytes(example.received_bytes),
    };
    let text = format!(
        "{}proxy_read_timeout ({}) {counted} and cut {} of {} whose backend was ready and in send: the upstream is blamed for a slow client; request {} got {got}",
        blamed.whose,
        blamed.config.proxy_read_timeout.human(),
        many(cut.len(), "request"),
        names(cut.iter().map(|(row, _)| row.group.as_str())),
        example.request_id,
    );
    vec![Seen {
        kind: "wall_clock_misfire",
        at: fired_at,
        text,
    }]
}

/// `send_timeout`: the timer that does guard against slow clients.
pub(super) fn send_timeout(view: &View<'_>) -> Vec<Seen> {
    let cut: Vec<&RequestRecord> = (view.variant.requests.iter())
        .filter(|row| row.ended_by == EndedBy::SendTimeout)
        .collect();
    let first = cut.iter().filter_map(|row| row.closed_at).min();
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
    let still = match reading.count() {
        0 => String::new(),
        n => format!(
            "; {n} of them had been reading to the end, only too slowly to make the socket writable in time"
        ),
    };
    let text = format!(
        "{}send_timeout ({}) cut {} of {}{still}",
        blamed.whose,
        blamed.config.send_timeout.human(),
        many(cut.len(), "request"),
        names(cut.iter().map(|row| row.group.as_str())),
    );
    vec![Seen {
        kind: "send_timeout",
        at: first,
        text,
    }]
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
    let whose_log = match (view.variant.has_proxy(), &view.variant.plan.edge) {
        (_, Some(_)) => "the edge's log says 200 for each",
        (true, None) => "the proxy's log says 200 for each",
        (false, None) => "each had the status 200",
    };
    let text = format!(
        "{} of {} ended short ({} of {}), yet {whose_log}",
        many(cut.len(), "response"),
        names(cut.iter().map(|row| row.group.as_str())),
        human_bytes(received),
        human_bytes(expected),
    );
    vec![Seen {
        kind: "hidden_truncation",
        at: first,
        text,
    }]
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
    let typical = |numbers: &crate::record::summary::LatencySummary| {
        numbers
            .p50
            .or(numbers.max)
            .map(|us| Span::from_us(us).human())
    };
    let freed = match (typical(&held), typical(&served)) {
        (Some(held), Some(served)) => {
            format!(": the backend was let go after {held} (median), the clients took {served}")
        }
        _ => String::new(),
    };
    let text = format!(
        "{} of {} went through temp files, {} in all{freed}",
        many(spilled.len(), "response"),
        names(spilled.iter().map(|row| row.group.as_str())),
        human_bytes(bytes),
    );
    vec![Seen {
        kind: "spill",
        at: first,
        text,
    }]
}
