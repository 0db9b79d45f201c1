//! A simulated row as text: what a reader of a diff needs to see what moved. Times in microseconds.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use slowlab::record::RequestRecord;
use slowlab::record::summary::{GroupSummary, LatencySummary, VariantSummary};
use slowlab::time::{Span, Timestamp};

use crate::play::Played;
use crate::row::Row;

/// Groups of up to so many requests are listed in full.
const LISTED: u64 = 12;

/// The whole table of a row.
pub(crate) fn table(row: &Row, played: &Played) -> String {
    let mut text = format!("{}\n", row.question);
    for group in &played.summary.groups {
        describe_group(&mut text, group);
    }
    describe_stack(&mut text, &played.summary);
    let mut kinds = BTreeMap::new();
    for event in &played.data.events {
        *kinds.entry(event.kind.name()).or_insert(0) += 1;
    }
    let _ = writeln!(text, "events: {}", counts(&kinds));
    for group in &played.summary.groups {
        if group.requests <= LISTED {
            list_requests(&mut text, group, &played.data.requests);
        }
    }
    text
}

fn describe_group(text: &mut String, group: &GroupSummary) {
    let named = |map: BTreeMap<String, u64>| {
        let seen: BTreeMap<String, u64> = map.into_iter().filter(|(_, count)| *count > 0).collect();
        counts(&seen)
    };
    let outcomes = group
        .outcomes
        .iter()
        .map(|(outcome, n)| (word(outcome), *n));
    let status = |map: &BTreeMap<u16, u64>| {
        named(map.iter().map(|(code, n)| (code.to_string(), *n)).collect())
    };
    let _ = writeln!(text, "\n{}: {} requests", group.name, group.requests);
    let _ = writeln!(text, "  outcomes      {}", named(outcomes.collect()));
    let _ = writeln!(text, "  status        {}", status(&group.status));
    let _ = writeln!(text, "  proxy status  {}", status(&group.proxy_status));
    let _ = writeln!(text, "  received      {} bytes", group.received_bytes);
    let _ = writeln!(text, "  zombies       {}", group.zombies);
    for (name, of) in [
        ("latency", &group.latency_us),
        ("hold", &group.hold_us),
        ("queue wait", &group.queue_wait_us),
    ] {
        let _ = writeln!(text, "  {name:<12}  {}", distribution(of));
    }
    let absorbed = &group.absorbed_bytes;
    if absorbed.count > 0 {
        let _ = writeln!(
            text,
            "  absorbed      {} bytes: upstream {}, proxy {}, downstream {}",
            optional(absorbed.total),
            optional(absorbed.upstream),
            optional(absorbed.proxy),
            optional(absorbed.downstream)
        );
    }
}

fn describe_stack(text: &mut String, summary: &VariantSummary) {
    let (workers, queue) = (&summary.workers, &summary.accept_queue);
    let _ = writeln!(
        text,
        "\nworkers: {} of {} spawned killed by timeout, {} us in send",
        workers.killed_by_timeout,
        workers.spawned,
        workers.blocked_in_send_s.map_or("-".to_owned(), us)
    );
    for (group, held) in &workers.held_s_by_group {
        let _ = writeln!(text, "  held by {group}: {} us", us(*held));
    }
    let _ = writeln!(
        text,
        "accept queue: at most {} of {}, {} turned away",
        optional(queue.max),
        optional(queue.limit),
        queue.refused
    );
    for (name, proxy) in [("edge", &summary.edge), ("proxy", &summary.proxy)] {
        let Some(proxy) = proxy else {
            continue;
        };
        let held = &proxy.upstream_held_s;
        let _ = writeln!(
            text,
            "{name}: {} bytes at once, {} spilled, upstream held for {} us (median {}), timers: {}",
            optional(proxy.peak_buffered_bytes),
            optional(proxy.spilled_bytes),
            held.max.map_or("-".to_owned(), us),
            held.p50.map_or("-".to_owned(), us),
            counts(&proxy.timers_fired)
        );
    }
}

fn list_requests(text: &mut String, group: &GroupSummary, requests: &[RequestRecord]) {
    let _ = writeln!(
        text,
        "\n{:<10} {:>9} {:>6} {:>9} {:>9} {:>9} {:>9} {:>9} {:>6} {:<10} {:<18} {:>9} {:>9}",
        group.name,
        "started",
        "worker",
        "accepted",
        "app done",
        "released",
        "1st byte",
        "closed",
        "status",
        "outcome",
        "ended by",
        "received",
        "sent"
    );
    for row in requests.iter().filter(|row| row.group == group.name) {
        let _ = writeln!(
            text,
            "{:<10} {:>9} {:>6} {:>9} {:>9} {:>9} {:>9} {:>9} {:>6} {:<10} {:<18} {:>9} {:>9}",
            row.request_id,
            row.started_at.as_us(),
            optional(row.worker),
            instant(row.worker_accepted_at),
            instant(row.app_done_at),
            instant(row.worker_released_at),
            instant(row.first_byte_at),
            instant(row.closed_at),
            optional(row.status),
            word(&row.outcome),
            word(&row.ended_by),
            row.received_bytes,
            optional(row.sent_bytes)
        );
    }
}

fn distribution(of: &LatencySummary) -> String {
    format!(
        "{} values, min {}, p50 {}, p90 {}, max {}",
        of.count,
        optional(of.min),
        optional(of.p50),
        optional(of.p90),
        optional(of.max)
    )
}

fn counts<K: AsRef<str>>(map: &BTreeMap<K, u64>) -> String {
    if map.is_empty() {
        return "none".to_owned();
    }
    let each = map.iter().map(|(name, n)| format!("{} {n}", name.as_ref()));
    each.collect::<Vec<_>>().join(", ")
}

fn us(seconds: f64) -> String {
    Span::from_secs_f64(seconds).as_us().to_string()
}

fn instant(at: Option<Timestamp>) -> String {
    optional(at.map(Timestamp::as_us))
}

fn optional<T: ToString>(value: Option<T>) -> String {
    value.map_or("-".to_owned(), |value| value.to_string())
}

/// A value as the result files write it.
fn word<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_value(value)
        .unwrap()
        .as_str()
        .unwrap()
        .to_owned()
}
