//! From records to `summary.json`: counts, distributions, shares.
//!
//! A percentile is given only where the sample supports it: a quantile q needs at least 1 / (1 - q) values, that is 2 for the
//! median, 10 for p90, 100 for p99 and 1000 for p99.9. Failures stay in the distributions at the time that they took.
//! Limits: percentiles have three significant digits (HdrHistogram); minimum, mean and maximum are exact.

mod backend;
mod warnings;

use std::collections::BTreeMap;

pub(super) use backend::{QUEUE_FULL, is_busy};

use super::data::{RunData, VariantData};
use super::findings;
use crate::record::summary::{
    GroupSummary, HeldSummary, LatencySummary, ProxySummary, SCHEMA, Summary, VariantSummary,
};
use crate::record::{EventKind, Outcome, RequestRecord, hgrm};
use crate::time::{Span, Timestamp};

/// Every outcome, in the order of the summary.
const OUTCOMES: [Outcome; 7] = [
    Outcome::Complete,
    Outcome::Truncated,
    Outcome::Refused,
    Outcome::Reset,
    Outcome::Timeout,
    Outcome::Aborted,
    Outcome::Unfinished,
];

/// The numbers of a run, with findings and warnings. Expectations are judged by `expect::judge` and added by the caller.
pub fn summarize(run: &RunData) -> Summary {
    let mut summary = Summary {
        schema: SCHEMA,
        scenario: run.manifest.scenario.clone(),
        engine: run.manifest.engine.clone(),
        seed: run.manifest.seed,
        partial: run.manifest.partial,
        variants: run.variants.iter().map(summarize_variant).collect(),
        expectations: Vec::new(),
        findings: Vec::new(),
        warnings: warnings::warnings(run),
    };
    summary.findings = findings::find(run, &summary);
    summary
}

/// The numbers of one variant.
pub fn summarize_variant(variant: &VariantData) -> VariantSummary {
    VariantSummary {
        name: variant.plan.variant.clone(),
        groups: (variant.plan.groups.iter())
            .map(|group| summarize_group(variant, &group.name))
            .collect(),
        workers: backend::workers(variant),
        accept_queue: backend::accept_queue(variant),
        proxy: variant.has_proxy().then(|| summarize_proxy(variant)),
    }
}

fn summarize_group(variant: &VariantData, name: &str) -> GroupSummary {
    let rows: Vec<&RequestRecord> = variant.measured().filter(|row| row.group == name).collect();
    let mut outcomes: BTreeMap<Outcome, u64> = OUTCOMES.map(|outcome| (outcome, 0)).into();
    let (mut status, mut proxy_status) = (BTreeMap::new(), BTreeMap::new());
    for row in &rows {
        *outcomes.entry(row.outcome).or_default() += 1;
        if let Some(code) = row.status {
            *status.entry(code).or_default() += 1;
        }
        if let Some(code) = row.proxy_status {
            *proxy_status.entry(code).or_default() += 1;
        }
    }
    let spans = |of: fn(&RequestRecord) -> Option<Span>| {
        latency_summary(rows.iter().filter_map(|row| of(row)))
    };
    GroupSummary {
        name: name.to_owned(),
        requests: rows.len() as u64,
        complete: outcomes[&Outcome::Complete],
        outcomes,
        status,
        proxy_status,
        received_bytes: rows.iter().map(|row| row.received_bytes).sum(),
        zombies: rows.iter().filter(|row| row.is_zombie()).count() as u64,
        latency_us: spans(RequestRecord::latency),
        latency_from_send_us: spans(RequestRecord::latency_from_send),
        hold_us: spans(RequestRecord::hold),
        queue_wait_us: spans(queue_wait),
    }
}

/// From the connection to the backend being there to a worker taking it up. Without a proxy that connection is the
/// client's own.
pub fn queue_wait(row: &RequestRecord) -> Option<Span> {
    let connected_at = match row.proxy_accepted_at {
        Some(_) => row.upstream_connected_at,
        None => row.upstream_connected_at.or(row.connected_at),
    };
    Some(row.worker_accepted_at?.since(connected_at?))
}

fn summarize_proxy(variant: &VariantData) -> ProxySummary {
    let held: Vec<Span> = variant.measured().filter_map(upstream_held).collect();
    let sampled = variant.queues.iter().filter_map(|sample| {
        Some(sample.proxy_buffered_bytes? + sample.proxy_spilled_bytes.unwrap_or(0))
    });
    let single = variant.measured().filter_map(|row| row.peak_buffered_bytes);
    let mut timers_fired: BTreeMap<String, u64> = ["proxy_read_timeout", "send_timeout"]
        .map(|name| (name.to_owned(), 0))
        .into();
    for event in &variant.events {
        if event.kind == EventKind::TimerFired {
            let directive = event.text.split(':').next().unwrap_or_default().trim();
            *timers_fired.entry(directive.to_owned()).or_default() += 1;
        }
    }
    let held_us = latency_summary(held.iter().copied());
    ProxySummary {
        peak_buffered_bytes: sampled.chain(single).max(),
        spilled_bytes: variant.measured().filter_map(|row| row.spilled_bytes).sum(),
        upstream_held_s: HeldSummary {
            p50: held_us.p50.map(|us| us as f64 / 1e6),
            max: held.iter().max().map(|span| span.as_secs_f64()),
        },
        timers_fired,
    }
}

/// How long the proxy held its connection to the backend for a request.
pub fn upstream_held(row: &RequestRecord) -> Option<Span> {
    Some(row.upstream_released_at?.since(row.upstream_connected_at?))
}

/// A distribution of spans.
pub fn latency_summary(spans: impl Iterator<Item = Span>) -> LatencySummary {
    let mut histogram = hgrm::histogram();
    let (mut min, mut max, mut sum) = (u64::MAX, 0, 0_u128);
    for span in spans {
        hgrm::record(&mut histogram, span);
        let us = span.as_us();
        (min, max) = (min.min(us), max.max(us));
        sum += u128::from(us);
    }
    let count = histogram.len();
    if count == 0 {
        return LatencySummary::default();
    }
    let at = |quantile: f64, enough: u64| {
        // A bucket's upper edge may lie above the largest value.
        (count >= enough).then(|| histogram.value_at_quantile(quantile).clamp(min, max))
    };
    LatencySummary {
        count,
        min: Some(min),
        mean: u64::try_from(sum / u128::from(count)).ok(),
        p50: at(0.5, 2),
        p90: at(0.9, 10),
        p99: at(0.99, 100),
        p999: at(0.999, 1000),
        max: Some(max),
    }
}

/// The measured part of a variant: from the end of the warm-up to the end of the arrivals, or to the last thing seen if the run
/// was cut short.
pub fn window(variant: &VariantData) -> (Timestamp, Timestamp) {
    let from = Timestamp::ZERO + variant.plan.warmup;
    let planned = Timestamp::ZERO + variant.plan.duration;
    let seen = (variant.requests.iter().filter_map(|row| row.closed_at))
        .chain(variant.queues.iter().map(|sample| sample.at))
        .chain(variant.events.iter().map(|event| event.at))
        .chain(variant.workers.iter().map(|row| row.to.unwrap_or(row.from)))
        .max();
    let to = planned.min(seen.unwrap_or(planned));
    (from, to.max(from))
}

#[cfg(test)]
mod tests;
